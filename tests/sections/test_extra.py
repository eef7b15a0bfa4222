"""What packs ask for, from the collector over a lab node to facts: asked last, and nothing kept beside it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sections.nodes import capture, lab_nodes, merged, packed, snapshot, unpacked, without
from vcaudit import sections
from vcaudit.capture import Capture, Limits, Locations
from vcaudit.collect.script import BOOTSTRAP, build
from vcaudit.lab.node import Node
from vcaudit.lab.windows import execute
from vcaudit.sections import extra
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts.extra import Ask, ExtraFact, ExtraValue
from vcaudit.snapshot.model import NodeSnapshot

PRODUCT = r"SOFTWARE\Vendor\Product"
HOSTS = r"%SystemRoot%\system32\drivers\etc\hosts"
REGISTRY = Ask(kind="registry", target=(PRODUCT,), names=("Name", "Count", "List", "Gone", r"Sub\Deep", ""))
DISKS = Ask(kind="wmi", target=(r"root\cimv2", "Win32_LogicalDisk WHERE DriveType = 3"), names=("DeviceID", "Nothing"))
LINES = Ask(kind="file", target=(HOSTS, "text"))
PROGRAM = Ask(kind="file", target=(r"C:\Tools\tool.txt", "hash"))
ASKS = (REGISTRY, DISKS, LINES, PROGRAM)
PATCH: dict[str, Any] = {
    "registry": {
        PRODUCT: {"Name": "it", "Count": 7, "List": ["a", "b"], "": "default", "Unasked": "CANARY-unasked",
                  "AdminPassword": "CANARY-password"},
        rf"{PRODUCT}\Sub": {"Deep": "down", "Key_x": "CANARY-key"},
    },
    "files": {r"C:\WINDOWS\system32\drivers\etc\hosts": "127.0.0.1 localhost\r\n# vc\r\n",
              r"C:\Tools\tool.txt": "x"},
    "wmi": {r"root\cimv2": {"Win32_LogicalDisk": {
        "C:": {"DeviceID": "C:", "DriveType": 3}, "D:": {"DeviceID": "D:", "DriveType": 5}}}},
}  # fmt: skip


def looked(patch: dict[str, Any] | None = None, asks: tuple[Ask, ...] = ASKS) -> Capture:
    """The collector's own text over a node."""
    name, about = next(iter(lab_nodes("quorum-disk-2003").items()))
    node = Node.from_description(name, merged(about, PATCH if patch is None else patch))
    asked = sections.requests(Locations(), asks)
    stdout, stderr, code = execute(node, BOOTSTRAP, build(asked, Limits()).text)
    assert code == 0, stderr
    return capture(stdout, name, asked)


def read(one: Capture, asks: tuple[Ask, ...] = ASKS) -> NodeSnapshot:
    return snapshot((one,), asks=asks).nodes[0]


def found(node: NodeSnapshot, ask: Ask) -> ExtraFact:
    assert not isinstance(node.extra, Missing)
    return next(fact for fact in node.extra if fact.ask.key == ask.key)


def cells(fact: ExtraFact) -> list[dict[str, ExtraValue]]:
    assert not isinstance(fact.rows, Missing)
    return [{cell.name: cell.value for cell in row.cells} for row in fact.rows]


@pytest.fixture(scope="module")
def node() -> NodeSnapshot:
    return read(looked())


def test_values_of_the_registry(node: NodeSnapshot) -> None:
    assert cells(found(node, REGISTRY)) == [
        {"Name": "it", "Count": 7, "List": ("a", "b"), "Gone": None, r"Sub\Deep": "down", "": "default"}
    ]


def test_a_key_that_is_not_there() -> None:
    assert found(read(looked({})), REGISTRY).rows == ()


def test_instances(node: NodeSnapshot) -> None:
    (disk,) = cells(found(node, DISKS))
    assert disk["DeviceID"] == "C:"
    assert isinstance(disk["Nothing"], Missing)  # this Windows lacks the property: that costs no other


def test_lines_and_hashes(node: NodeSnapshot) -> None:
    (lines,) = cells(found(node, LINES))
    assert (lines["lines"], lines["size"]) == (("127.0.0.1 localhost", "# vc"), 27)
    (tool,) = cells(found(node, PROGRAM))
    assert tool["sha256"] == "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
    assert "lines" not in tool
    assert found(read(looked({})), PROGRAM).rows == ()


def test_nothing_is_kept_but_what_was_named(node: NodeSnapshot) -> None:
    """The deny list holds on the node; what else lies below the key comes here and no further."""
    answer = unpacked(looked())
    assert "CANARY-password" not in answer
    assert "CANARY-key" not in answer
    assert "CANARY" not in repr(node)


def test_a_secret_that_is_asked_for_all_the_same_stays_there() -> None:
    """Loading a pack refuses it; were it to come this far, the node itself would withhold it."""
    ask = Ask(kind="registry", target=(PRODUCT,), names=("AdminPassword", r"Sub\Key_x"))
    (values,) = cells(found(read(looked(asks=(ask,)), (ask,)), ask))
    assert {value.reason for value in values.values() if isinstance(value, Missing)} == {"refused"}
    assert all(isinstance(value, Missing) for value in values.values())


def test_it_comes_last_and_changes_nothing_else(node: NodeSnapshot) -> None:
    plain, more = sections.requests(Locations()), sections.requests(Locations(), ASKS)
    assert more[: len(plain)] == plain
    assert len(more) == len(plain) + len(ASKS)
    bare = read(looked(asks=()), ())
    for field in node.__struct_fields__:
        if field not in ("extra", "provenance", "host"):  # the clock is among the facts of the host
            assert getattr(node, field) == getattr(bare, field), field


def test_one_request_serves_all_packs_that_want_it() -> None:
    twice = (REGISTRY, Ask(kind="registry", target=(PRODUCT,), names=("Other", "Name")))
    (request,) = extra.requests(twice)
    assert request.kind == "registry"
    (ask,) = extra.merged(twice)
    assert ask.names == (*REGISTRY.names, "Other")


def test_what_the_source_was_not_asked_is_no_fact() -> None:
    """As with a kit that was made without the pack: not damaged, but never asked."""
    assert read(looked(asks=(REGISTRY,)), ASKS).extra == read(looked(asks=(REGISTRY,)), (REGISTRY,)).extra


def test_a_part_that_did_not_come_back_is_missing() -> None:
    one = looked()
    (request,) = extra.requests((REGISTRY,))
    cut = capture(packed(without(unpacked(one), request.id)), one.node, one.asked)
    gap = found(read(cut), REGISTRY).rows
    assert isinstance(gap, Missing)
    assert gap.reason == "bad_output"


def test_a_node_that_gave_no_answer() -> None:
    gap = Missing(reason="unreachable")
    dark = capture(b"", failure=gap)
    assert read(dark).extra == gap
    assert read(dark, ()).extra == ()


def test_there_is_an_end_to_what_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extra, "LONGEST", 5)
    monkeypatch.setattr(extra, "MOST_ROWS", 0)
    node = read(looked())
    gap = found(node, DISKS).rows
    assert isinstance(gap, Missing)
    assert (gap.reason, "1 instances, and 0 are the most" in gap.detail) == ("refused", True)
    monkeypatch.setattr(extra, "MOST_ROWS", 10)
    (values,) = cells(found(read(looked()), REGISTRY))
    assert values["Name"] == "it"
    assert isinstance(values[""], Missing)
