"""Nodes that hold too much, or what nobody expects in a name: each value comes back as it is, or is unknown."""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest

from tests.chaos.stage import Stage, Tally, facts
from vcaudit.lab.merge import merge
from vcaudit.lab.scenario import Scenario, load
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.codec import decode, encode
from vcaudit.snapshot.facts import RegistryTree
from vcaudit.snapshot.model import NodeSnapshot

Note = Callable[[str, object], None]
KEY = r"SOFTWARE\VMware, Inc.\VMware VirtualCenter"
LICENSES = r"C:\Program Files\VMware\VMware License Server\Licenses"
DATA = r"C:\Documents and Settings\All Users\Application Data\VMware\VMware VirtualCenter"
MB = 1 << 20


def node_with(patch: Mapping[str, Any]) -> Scenario:
    """A healthy cluster whose first node holds something more."""
    scenario = load("quorum-disk-2003")
    return replace(scenario, nodes=merge(scenario.nodes, {next(iter(scenario.nodes)): patch}))


def many(count: int) -> dict[str, Any]:
    """So many values of all kinds."""
    kinds: list[Callable[[int], Any]] = [
        lambda i: i, lambda i: f"text {i}", lambda i: [f"a{i}", "", "b"],
        lambda i: {"type": "REG_EXPAND_SZ", "data": f"%X%\\{i}"}, lambda i: {"type": "REG_QWORD", "data": 1 << 40 | i},
    ]  # fmt: skip
    return {f"Value {i:05}": kinds[i % len(kinds)](i) for i in range(count)}


def read_back(node: NodeSnapshot, key: str) -> dict[str, Any]:
    """Name to data of one key below the VirtualCenter key."""
    tree = node.registry.native  # type: ignore[union-attr]
    assert isinstance(tree, RegistryTree)
    assert not isinstance(tree.keys, Missing)
    found = next(one for one in tree.keys if one.path == key)
    assert not isinstance(found.values, Missing), found.values
    return {value.name: value.data for value in found.values}


def held(values: Mapping[str, Any]) -> dict[str, Any]:
    """What a node with these values should be seen to hold."""
    data = {name: value["data"] if isinstance(value, dict) else value for name, value in values.items()}
    return {name: tuple(value) if isinstance(value, list) else value for name, value in data.items()}


def noise(size: int, seed: int = 4) -> str:
    """Text that no compression makes small."""
    return "".join(random.Random(seed).choices(string.ascii_letters + string.digits, k=size))


def test_ten_thousand_registry_values(record_property: Note) -> None:
    tally, values = Tally("10,000 registry values"), many(10_000)
    with Stage(scenario=node_with({"registry": {rf"{KEY}\Many": values}})) as stage:
        assert read_back(stage.whole.nodes[0], "Many") == held(values)
        stage.check(tally, "once more", stage.scan(), ("whole",))
    tally.note(record_property)


@pytest.mark.soak
def test_more_registry_values_than_the_limit_allows() -> None:
    with Stage(scenario=node_with({"registry": {rf"{KEY}\Many": many(20_500)}}), whole=False) as stage:
        registry = stage.whole.nodes[0].registry
        assert not isinstance(registry, Missing)
        assert isinstance(registry.native, Missing)
        assert "limit" in (registry.native.detail or "")


BIG: dict[str, Any] = {
    "Text": "x" * (5 * MB),
    "Noise": noise(5 * MB // 2),
    "List": ["y" * 1000] * 5000,
    "Binary": {"type": "REG_BINARY", "data": "00 01 ff 7e " * (5 * MB // 4)},
}


def test_values_of_five_megabytes(record_property: Note) -> None:
    tally = Tally("values of 5 MB")
    with Stage(scenario=node_with({"registry": {rf"{KEY}\Big": BIG}})) as stage:
        seen = read_back(stage.whole.nodes[0], "Big")
        # Binary data beyond the limit travel as their hash.
        assert seen.pop("Binary") == f"sha256:{sha256(bytes.fromhex(BIG['Binary']['data'])).hexdigest()}"
        assert seen == {name: data for name, data in held(BIG).items() if name != "Binary"}
        stage.check(tally, "once more", stage.scan(), ("whole",))
    tally.note(record_property)


def test_files_of_five_megabytes(record_property: Note) -> None:
    tally = Tally("files of 5 MB")
    files = {
        rf"{LICENSES}\huge.lic": {"text": "# comment\n" * (MB // 2)},
        rf"{DATA}\SSL\huge.bin": {"text": "MZ", "size": 5 * MB},
        rf"{DATA}\vpxd.cfg": {"text": f"<config><a>{'x' * (5 * MB)}</a></config>"},
    }
    with Stage(scenario=node_with({"files": files}), whole=False) as stage:
        found = stage.whole.nodes[0].files
        assert not isinstance(found, Missing)
        ssl = {one.name: one for one in found.ssl.files}  # type: ignore[union-attr]
        assert ssl["huge.bin"].size == 5 * MB
        assert len(ssl["huge.bin"].sha256) == 64
        # Too large to be sent: not looked at, which is neither "no licences" nor "no settings".
        for part in (found.licenses.parsed, found.vpxd_cfg.settings):  # type: ignore[union-attr]
            assert isinstance(part, Missing)
            assert "large" in (part.detail or "")
        stage.check(tally, "once more", stage.scan(), ("whole",))
    tally.note(record_property)


AWKWARD = [
    *(chr(code) for code in range(1, 0x21)), *"\"'`$&<>;|%^*?:,=(){}[]#~@!\x7f\x80\x85\x9f\xa0\xad\xff",
    "\u200b", "\u200e", "\u2028", "\u2029", "\u202e", "\ufeff", "\ufffd", "\ufffe", "\uffff",
    "\ud800", "\udfff", "\udc00\ud800",
    "\U0001f4a9", "e\u0301", "é", "ß", "ﬁ", "中", "a\tb\r\nc", "]]>", "<!--", "&amp;", "&#0;",
    "%PATH%", "${x}", "$(x)", "***",
    "<<<VCA1 AAAA VCA1>>>", " VCA1>>>", "' -or 1", '" ; exit',
    "@'\n", "-", "--", "/priv", "null", "true", "0", "~", "a" * 240,
    "\\u0041", " leading", "trailing ", "..", "con", "desktop.ini", "CON.txt",
]  # fmt: skip
"""What a careless script or reader stumbles over; for names of values and for data."""
IN_FILES = [name for name in AWKWARD
            if not set(name) & set('\\/:*?"<>|') and name.strip(" .") == name and min(name) > " "]  # fmt: skip
"""What NTFS allows in the name of a file."""


def awkward_values(names: list[str]) -> dict[str, Any]:
    return {name: f"{name}|{number}" for number, name in enumerate(names)}


def test_awkward_names_and_data_in_the_registry(record_property: Note) -> None:
    tally = Tally("awkward names: registry")
    values = awkward_values(AWKWARD)
    lists = {f"list {number}": [name, "end"] for number, name in enumerate(AWKWARD)}
    keys = {rf"{KEY}\Awkward {name} key": {"v": name} for name in AWKWARD if "\\" not in name}
    patch = {"registry": {rf"{KEY}\Names": values, rf"{KEY}\Lists": lists, **keys}}
    with Stage(scenario=node_with(patch)) as stage:
        node = stage.whole.nodes[0]
        assert read_back(node, "Names") == values
        assert read_back(node, "Lists") == held(lists)
        for name in AWKWARD:
            if "\\" not in name:
                assert read_back(node, f"Awkward {name} key") == {"v": name}
        stage.check(tally, "once more", stage.scan(), ("whole",))
        assert facts(decode(encode(stage.whole), "s.json").nodes[0]) == facts(node)
    tally.note(record_property)


def test_awkward_names_of_files_and_accounts(record_property: Note) -> None:
    tally = Tally("awkward names: files, accounts")
    sid = "S-1-5-21-1-2-3-"
    users = {f"u{name}": {"sid": f"{sid}{2000 + number}"} for number, name in enumerate(IN_FILES)}
    groups = {f"g{name}": {"sid": f"{sid}{5000 + number}", "members": {f"VCNODE1\\u{name}": f"{sid}{2000 + number}"}}
              for number, name in enumerate(IN_FILES)}  # fmt: skip
    patch = {
        "files": {rf"{DATA}\SSL\f{name}.x": {"text": "x"} for name in IN_FILES if len(name) < 200},
        "accounts": {"users": users, "groups": groups},
    }
    with Stage(scenario=node_with(patch)) as stage:
        node = stage.whole.nodes[0]
        ssl = {one.name: one for one in node.files.ssl.files}  # type: ignore[union-attr]
        assert {f"f{name}.x" for name in IN_FILES if len(name) < 200} <= set(ssl)
        accounts = node.accounts
        assert set(users) <= {user.name for user in accounts.users}  # type: ignore[union-attr]
        members = {group.name: group.members for group in accounts.groups}  # type: ignore[union-attr]
        for name in IN_FILES:
            assert [member.name for member in members[f"g{name}"]] == [f"u{name}"]
        stage.check(tally, "once more", stage.scan(), ("whole",))
    tally.note(record_property)


@pytest.mark.parametrize("skew", [-400_000_000, -3600, -1, 1, 3600, 400_000_000])
def test_clocks_that_disagree(skew: int, record_property: Note) -> None:
    tally = Tally("clock skew")
    with Stage(scenario=node_with({"clock_skew": skew})) as stage, Stage() as right:
        assert facts(stage.whole.nodes[0]) == facts(right.whole.nodes[0])
        assert abs(stage.whole.nodes[0].host.clock_skew - skew) < 5  # type: ignore[union-attr, operator]
        stage.check(tally, f"{skew} s", stage.scan(), ("whole",))
    tally.note(record_property)
