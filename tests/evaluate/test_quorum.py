"""The quorum: told by its resource, counted by its voters, with the witness share where it really lies."""

from __future__ import annotations

from typing import Any

import pytest

from tests.evaluate.build import EVERY_NODE, GONE, change, healthy, resource
from vcaudit.evaluate.quorum import EVERY_NODE as OF_EACH
from vcaudit.evaluate.schema import QuorumView
from vcaudit.evaluate.view import build_view
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import Resolution
from vcaudit.snapshot.model import Snapshot
from vcaudit.snapshot.unc import host_of

RESOURCES = EVERY_NODE + "resources."


def quorum(snapshot: Snapshot) -> QuorumView:
    return build_view(snapshot).cluster.quorum


def held_by(kind: str, **properties: Any) -> Snapshot:
    """The quorum with a resource of another type."""
    other = resource("Q", kind, (), "Cluster Group", **properties)
    snapshot = change(healthy(), RESOURCES.rstrip("."), lambda known: (*known, other))
    return change(snapshot, EVERY_NODE + "quorum_resource", "Q")


def shared(path: str, kind: str = "File Share Witness", name: str = "SharePath") -> Snapshot:
    return held_by(kind, **{name: path})


def test_a_quorum_disk() -> None:
    found = quorum(healthy())
    assert (found.kind, found.shown, found.state) == ("disk", "Disk Q: (Physical Disk)", "online")
    assert isinstance(found.owners, tuple)
    assert [(one.node, one.possible) for one in found.owners] == [("VCNODE1", True), ("VCNODE2", True)]
    assert (found.share, found.host, found.on, found.as_declared) == (None, None, None, None)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("Physical Disk", "disk"), ("Volume Manager Disk Group", "disk"), ("Majority Node Set", "majority"),
        ("MAJORITY NODE SET", "majority"), ("File Share Witness", "majority"), ("Local Quorum", "local"),
    ],
)  # fmt: skip
def test_the_type_of_the_resource_decides(kind: str, expected: str) -> None:
    for named in ("Node Majority", "Local Quorum Disk", None):
        assert quorum(change(held_by(kind), EVERY_NODE + "quorum_type", named)).kind == expected


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ("Node Majority", "majority"), ("NODE MAJORITY", "majority"), ("No Majority: Disk Only", "none"),
        ("Node and Disk Majority", "none"), ("Disk Q:\\MSCS", "none"), ("", "none"), (None, "none"),
    ],
)  # fmt: skip
def test_without_a_resource_only_node_majority_is_a_quorum(named: str | None, expected: str) -> None:
    snapshot = change(change(healthy(), EVERY_NODE + "quorum_resource", None), EVERY_NODE + "quorum_type", named)
    found = quorum(snapshot)
    assert (found.kind, found.shown, found.owners) == (expected, "no quorum resource", ())


def test_a_node_that_cannot_hold_the_disk_is_named() -> None:
    found = quorum(change(healthy(), RESOURCES + "Disk Q:.possible_owners", ("vcnode1",)))
    assert isinstance(found.owners, tuple)
    assert [(one.node, one.possible) for one in found.owners] == [("VCNODE1", True), ("VCNODE2", False)]


@pytest.mark.parametrize(
    ("path", "host"),
    [
        ("\\\\FILESRV1\\quorum", "FILESRV1"), ("\\\\nas1.corp.example\\a\\b", "nas1.corp.example"),
        (" \\\\192.0.2.70\\q$ ", "192.0.2.70"), ("//filesrv1/quorum", "filesrv1"),
        ("\\\\?\\UNC\\filesrv1\\quorum", "filesrv1"), ("C:\\quorum", None), ("quorum", None), ("\\\\filesrv1", None),
        ("\\\\\\quorum", None), ("", None),
    ],
)  # fmt: skip
def test_the_server_of_a_path(path: str, host: str | None) -> None:
    assert host_of(path) == host


@pytest.mark.parametrize(
    ("path", "on"),
    [
        ("\\\\FILESRV1\\q", None), ("\\\\vcnode2\\q", "VCNODE2"), ("\\\\VCNODE1.corp.example\\q", "VCNODE1"),
        ("\\\\192.0.2.12\\q", "VCNODE2"), ("\\\\vcvirtual\\q", "VCVIRTUAL"), ("\\\\192.0.2.50\\q", "192.0.2.50"),
        ("\\\\clu\\q", "CLU"), ("\\\\localhost\\q", OF_EACH), ("\\\\127.0.0.1\\q", OF_EACH), ("C:\\q", OF_EACH),
        ("\\\\192.0.2.99\\q", None),
    ],
)  # fmt: skip
def test_where_the_witness_share_lies(path: str, on: str | None) -> None:
    assert quorum(shared(path)).on == on
    assert quorum(shared(path, "Majority Node Set", "mnsFileShare")).on == on


@pytest.mark.parametrize(
    ("addresses", "on"),
    [
        (("192.0.2.70",), None), ((), None), (("192.0.2.70", "192.0.2.12"), "VCNODE2"), (("192.0.2.50",), "192.0.2.50"),
        (("127.0.0.1",), OF_EACH), (GONE, GONE),
    ],
)  # fmt: skip
def test_an_alias_of_a_node_is_that_node(addresses: tuple[str, ...] | Missing, on: str | Missing | None) -> None:
    known = (Resolution(name="VCVIRTUAL", addresses=("192.0.2.50",)), Resolution(name="Witness", addresses=addresses))
    assert quorum(change(shared("\\\\witness\\q"), "auditor.names", known)).on == on


def test_a_name_that_nobody_resolved_is_taken_as_it_stands() -> None:
    by_hand = Missing(reason="not_asked", detail="an import reaches no network")
    assert quorum(change(shared("\\\\witness\\q"), "auditor.names", by_hand)).on is None
    assert quorum(change(shared("\\\\witness\\q"), "auditor.names", GONE)).on == GONE
    assert quorum(change(shared("\\\\vcnode2\\q"), "auditor.names", GONE)).on == "VCNODE2"


@pytest.mark.parametrize("path", ["", "   ", None])
def test_an_empty_share_is_none(path: str | None) -> None:
    found = quorum(held_by("Majority Node Set", MNSFileShare=path))
    assert (found.kind, found.share, found.host, found.on) == ("majority", None, None, None)


@pytest.mark.parametrize(
    ("path", "witness", "expected"),
    [
        ("\\\\filesrv1\\q", "FILESRV1", True), ("\\\\filesrv1.corp.example\\q", "filesrv1", True),
        ("\\\\filesrv1\\q", "FILESRV9", False), ("\\\\filesrv1\\q", None, None), ("C:\\q", "FILESRV1", None),
        ("\\\\192.0.2.70\\q", "192.0.2.71", False),
        ("\\\\192.0.2.70\\q", "FILESRV1", True),
    ],
)  # fmt: skip
def test_it_is_held_against_what_the_owner_says(path: str, witness: str | None, expected: bool | None) -> None:
    """A name and an address are not compared: nobody here resolves them."""
    assert quorum(change(shared(path), "declared.witness", witness)).as_declared is expected


@pytest.mark.parametrize(
    ("gap", "known", "open_"),
    [
        (EVERY_NODE + "quorum_resource", (), ("kind", "shown", "owners", "share", "on")),
        (EVERY_NODE + "resources", (), ("kind", "shown", "owners", "share", "on")),
        (RESOURCES + "Q.type", (), ("kind", "owners", "share")),
        (RESOURCES + "Q.properties", ("kind", "owners"), ("share", "host", "on", "as_declared")),
        (RESOURCES + "Q.state", ("kind", "share", "on"), ("state",)),
        ("nodes.VCNODE2.host", ("kind", "share", "host"), ("on",)),
        (EVERY_NODE + "quorum_type", ("kind", "share", "on"), ("named",)),
    ],
)
def test_what_could_not_be_looked_at_stays_open(gap: str, known: tuple[str, ...], open_: tuple[str, ...]) -> None:
    found = quorum(change(shared("\\\\192.0.2.77\\q"), gap, GONE))
    assert {name for name in (*known, *open_) if isinstance(getattr(found, name), Missing)} == set(open_)


def test_a_quorum_resource_that_nobody_lists_is_a_gap() -> None:
    found = quorum(change(healthy(), EVERY_NODE + "quorum_resource", "Disk X:"))
    assert isinstance(found.kind, Missing)
    assert "Disk X:" in found.kind.detail


def test_an_unread_owner_list_leaves_the_pairs_open_and_the_kind_known() -> None:
    found = quorum(change(healthy(), RESOURCES + "Disk Q:.possible_owners", GONE))
    assert isinstance(found.owners, tuple)
    assert [one.possible for one in found.owners] == [GONE, GONE]
    assert found.kind == "disk"
