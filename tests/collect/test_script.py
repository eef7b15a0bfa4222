"""What is sent to a node: the list as data, and no list that the collector could misunderstand."""

from __future__ import annotations

import base64
import hashlib

import pytest

from vcaudit.capture import Limits, Request
from vcaudit.collect.script import ARGUMENTS, MAX_FILE_BYTES, build, collector

REGISTRY = Request("registry", "vc", ("SOFTWARE\\X",))


def test_the_script_with_its_list_in_front() -> None:
    script = build((Request("deny", "d", ("text", "ü'")), REGISTRY), Limits(seconds=5, file_bytes=6, registry_values=7))
    head, body = script.text.split(b"\n", 1)
    assert body == collector()
    assert script.sha256 == hashlib.sha256(body).hexdigest()
    listed = base64.b64decode(head.removeprefix(b"$CfgB64 = '").removesuffix(b"'"))
    assert listed.decode() == "5\t6\t7\t20\ndeny\td\ttext\tü'\nregistry\tvc\tSOFTWARE\\X\nend\t2"
    assert script.requests_sha256 == hashlib.sha256(listed).hexdigest()
    assert script.text.isascii()


def test_the_same_list_is_the_same_script() -> None:
    assert build((REGISTRY,), Limits()) == build((REGISTRY,), Limits())
    assert build((REGISTRY,), Limits()) != build((REGISTRY,), Limits(seconds=61))


def test_it_fits_into_one_request_of_winrm_2() -> None:
    """A 150 kB envelope holds about 110 kB of input (base64)."""
    assert len(build((REGISTRY,), Limits()).text) < 40_000


@pytest.mark.parametrize(
    ("request_", "says"),
    [
        (Request("registry", "vc", ()), "takes 1 arguments, not 0"),
        (Request("file", "f", ("C:\\x",)), "takes 2 arguments, not 1"),
        (Request("registry", "vc", ("",)), "first argument is empty"),
        (Request("registry", "v c", ("x",)), "an id is"),
        (Request("registry", "", ("x",)), "an id is"),
        (Request("registry", "vc", ("a\tb",)), "control character"),
        (Request("registry", "vc", ("a\nb",)), "control character"),
        (Request("registry", "vc", ("a\ud800",)), "half a character"),
        (Request("file", "f", ("C:\\x", "1")), "file modes"),
        (Request("folder", "f", ("C:\\x", "", "-1")), "depth"),
        (Request("folder", "f", ("C:\\x", "", "²")), "depth"),
        (Request("accounts", "a", ("domain",)), "local"),
        (Request("wmi", "w", ("root\\x", "SELECT * FROM X", "A, B")), "without blanks"),
        (Request("wmi", "w", ("root\\x", "SELECT * FROM X", "")), "without blanks"),
        (Request("deny", "d", ("files", "x")), "deny knows"),
        (Request("registry", "r", ("${vc:x}",)), "refers to no earlier request"),
        (Request("registry", "r", ("${r:x}",)), "refers to no earlier request"),
        (Request("registry", "r", ("${vc}",)), "a reference is"),
        (Request("registry", "r", ("x${",)), "a reference is"),
    ],
)
def test_a_list_that_could_be_misunderstood_is_refused(request_: Request, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        build((request_,), Limits())


@pytest.mark.parametrize("pattern", ["(", "[z-a]", "*"])
def test_a_pattern_that_does_not_compile_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="no regular expression"):
        build((Request("deny", "d", ("text", pattern)),), Limits())


def test_order() -> None:
    with pytest.raises(ValueError, match="used twice"):
        build((REGISTRY, Request("names", "VC", ("x",))), Limits())
    with pytest.raises(ValueError, match="deny comes before"):
        build((REGISTRY, Request("deny", "d", ("text", "x"))), Limits())
    with pytest.raises(ValueError, match="filters are beside, code, folder, list, program, script, not parent"):
        build((REGISTRY, Request("file", "f", ("${vc:x|parent}", "hash"))), Limits())
    assert build((REGISTRY, Request("file", "f", ("${VC:x|folder}\\y", "hash"))), Limits())


@pytest.mark.parametrize(
    "limits",
    [Limits(seconds=0), Limits(file_bytes=0), Limits(file_bytes=MAX_FILE_BYTES + 1), Limits(registry_values=-1)],
)
def test_limits_beyond_what_can_come_back(limits: Limits) -> None:
    with pytest.raises(ValueError, match="out of range"):
        build((REGISTRY,), limits)


def test_the_collector_counts_the_same_arguments() -> None:
    for kind, count in ARGUMENTS.items():
        assert f"    {kind} = @{{ fields = {count + 2}; ".encode() in collector()
