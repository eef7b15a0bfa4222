"""What must stay on the node stays there, damage never looks like an answer, and any text survives the way."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vcaudit.capture import Limits, Request
from vcaudit.collect.answer import decode
from vcaudit.collect.envelope import unwrap
from vcaudit.collect.script import build
from vcaudit.lab.node import Node
from vcaudit.lab.windows import Session, run
from vcaudit.sections.secrets import requests as deny_list
from vcaudit.snapshot.base import Missing

from . import samples
from .rich import DENY, NODE, VC, changed, reason, service

# What must stay on the node


def everything() -> tuple[Request, ...]:
    return (
        Request("registry", "vc", (VC,)), service("vpxd", "vpxd"),
        Request("wmi", "r", ("root\\MSCluster", "SELECT * FROM MSCluster_Resource", "Name,PrivateProperties")),
        Request("folder", "d", ("C:\\Programs", ".", "9")), Request("file", "f", ("C:\\All Users\\vpxd.cfg", "text")),
        Request("registry", "steal", ("SOFTWARE\\${vc:DB\\3}",)),
        Request("names", "n", ("${r:PrivateProperties.ResourceData}",)),
    )  # fmt: skip


def test_no_secret_leaves() -> None:
    built = Session(Node.from_description("VCNODE1", NODE))
    stdout, _, _ = run(built, build((*DENY, *everything()), Limits()).text)
    assert built.open_files == 0, "and no file stays open"
    answer = decode(stdout)
    seen = unwrap(stdout) + repr(answer).encode()
    for files in (answer.files("f"), answer.folder("d").files):  # type: ignore[union-attr]
        seen += b"".join(file.content or b"" for file in files)  # type: ignore[union-attr]
    assert b"CANARY" not in seen
    assert answer.files("f")[0].redacted  # type: ignore[index]


def test_the_canaries_can_be_seen_without_the_deny_list() -> None:
    built = Session(Node.from_description("VCNODE1", NODE))
    stdout, _, _ = run(built, build(everything(), Limits()).text)
    seen = unwrap(stdout)
    for canary in (b"CANARY-serial", b"CANARY-password", b"CANARY-resource"):
        assert canary in seen
    assert decode(stdout).files("f")[0].content == b"<config><password>CANARY-config</password><a>1</a></config>\r\n"  # type: ignore[index]


def test_no_secret_in_a_text_of_the_registry_leaves() -> None:
    """By the list that is shipped; what comes back is covered before anything decodes it."""
    stored = {
        "Conn": "DSN=x;PWD=CANARY 1;A=1", "Many": ["a=1", "pwd=CANARY"], "Url": "http://u:CANARY@proxy:8080",
        "ApiToken": "CANARY", "ServicePass": "CANARY", "PassiveMode": "yes", "ProxyBypass": "*.corp.example",
    }  # fmt: skip
    node = Node.from_description("VCNODE1", changed(registry={"SOFTWARE\\Acme": stored}))
    requests = (*deny_list(), Request("registry", "p", ("SOFTWARE\\Acme",)))
    stdout, _, _ = run(Session(node), build(requests, Limits()).text)
    assert b"CANARY" not in unwrap(stdout)
    (key,) = decode(stdout).registry("p")  # type: ignore[misc]
    assert {value.name: value.data for value in key.values} == {
        "Conn": "DSN=x;PWD=***;A=1", "Many": ("a=1", "pwd=***"), "Url": "http://u:***@proxy:8080",
        "ApiToken": None, "ServicePass": None, "PassiveMode": "yes", "ProxyBypass": "*.corp.example",
    }  # fmt: skip


# Damage on the way to the node


@pytest.mark.parametrize("keep", [0, 10, 300, 4000, 9000, 15_000, 20_100, -30, -3])
def test_a_cut_script_says_nothing(keep: int) -> None:
    text = build((*DENY, Request("registry", "vc", (VC,))), Limits()).text
    stdout, stderr, _ = run(Session(Node.from_description("VCNODE1", NODE)), text[:keep])
    assert b"VCA1>>>" not in stdout
    assert keep == 0 or stderr or not stdout


@pytest.mark.parametrize(
    "lines",
    [
        "60\t9\t9\t9\nregistry\tvc\tSOFTWARE\nend\t2",
        "60\t9\t9\t9\nregistry\tvc\tSOFTWARE\nend\t0",
        "60\t9\t9\t9\nregistry\tvc\tSOFTWARE",
        "60\t9\t9\nend\t0",
        "60\t9\t9\t9\nend",
        "60\t9\t9\t9",
        "",
        "sixty\t9\t9\t9\nend\t0",
        "60\t9\t9\t9\ndeny\td\tregistry\nend\t1",
        "60\t9\t9\t9\ndeny\td\tnone\tx\nend\t1",
        "60\t9\t9\t9\ndeny\td\ttext\t(\nend\t1",
    ],
)
def test_a_damaged_request_ends_the_script(lines: str) -> None:
    text = b"$CfgB64 = '" + base64.b64encode(lines.encode()) + b"'\n" + samples.collector()
    stdout, stderr, code = run(Session(Node("N1")), text)
    assert (stdout, code) == (b"", 1)
    assert stderr


@pytest.mark.parametrize("head", [b"$CfgB64 = $null\n", b"$CfgB64 = 'AA'\n", b"$CfgB64 = ''\n", b"$CfgB64 = 'A='\n"])
def test_no_request_list_at_all(head: bytes) -> None:
    stdout, _, code = run(Session(Node("N1")), head + samples.collector())
    assert (stdout, code) == (b"", 1)


# Any text


TEXT = st.text(
    st.characters(codec="utf-16", exclude_categories=())
    | st.sampled_from("\0\x01\x1f\t\r\n\ud800\udfff\ufffe\uffff<&\"'")
)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(TEXT, TEXT, max_size=5))
def test_odd_text_comes_back_as_it_was(values: dict[str, str]) -> None:
    node = Node("N1", powershell="5.1")
    key = node.make_key("SOFTWARE\\X")
    for name, text in values.items():
        key.values[name.lower()] = (name, samples.stored("String", {"u16": encoded(text)}))
    found = decode(samples.collected(Session(node), [("registry", "x", "SOFTWARE\\X")])).registry("x")
    assert not isinstance(found, Missing)
    read = {value.name: value for value in found[0].values}
    for name, data in key.values.values():
        if "\0" in name:
            assert reason(read[whole(name)].failure) == "not_found"
        else:
            text = data.raw.decode("utf-16-le", "surrogatepass").split("\0")[0]
            assert read[whole(name)].data == text


@settings(max_examples=40, deadline=None)
@given(TEXT, st.lists(TEXT, max_size=3))
def test_odd_text_of_wmi_comes_back_as_it_was(text: str, items: list[str]) -> None:
    node = Node("N1", wmi={"root\\x": {"c": [{"A": text, "B": items, "C": {"D": text}}]}})
    rows = decode(samples.collected(Session(node), [("wmi", "x", "root\\x", "SELECT * FROM C", "A,B,C")])).wmi("x")
    assert not isinstance(rows, Missing)
    expected = whole(text)
    assert (rows[0]["A"], rows[0]["B"], dict(rows[0]["C"])) == (  # type: ignore[arg-type]
        expected, tuple(map(whole, items)), {"D": expected},
    )  # fmt: skip


def whole(text: str) -> str:
    """Neighbouring halves of a pair are one character in UTF-16, whatever Python thinks."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def encoded(text: str) -> str:
    return base64.b64encode(text.encode("utf-16-le", "surrogatepass")).decode()
