"""What a checkpoint covers is judged on the owner, and befalls every node: address, license server, data source."""

from __future__ import annotations

from typing import Any

import pytest

from tests.evaluate.build import EVERY_NODE, GONE, KEY, change, registry_mode
from tests.evaluate.test_missing import judged
from vcaudit.evaluate.schema import DatabaseView, LicenseSourceView
from vcaudit.evaluate.view import build_view
from vcaudit.results import Outcome
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import LicenseSource
from vcaudit.snapshot.model import Snapshot

PLACE = KEY + "\\LicenseServer"
CHECKPOINTS = EVERY_NODE + "resources.VC Server.checkpoints"
SOURCES = "software.license_sources"
CARRIED = f"{PLACE}, which the checkpoint brings from VCNODE1"


def sources(*values: str, place: str = PLACE) -> tuple[LicenseSource, ...]:
    return tuple(LicenseSource(value=value, place=place) for value in values)


def told(owner: str, standby: str) -> Snapshot:
    """Registry mode, and the license server that each node's registry names."""
    snapshot = change(registry_mode(), f"nodes.VCNODE1.{SOURCES}", sources(owner))
    return change(snapshot, f"nodes.VCNODE2.{SOURCES}", sources(standby))  # type: ignore[no-any-return]


def source(snapshot: Snapshot) -> LicenseSourceView:
    found = build_view(snapshot).vc.license_sources
    assert not isinstance(found, Missing)
    return found[1]


def database(snapshot: Snapshot) -> DatabaseView | Missing:
    return build_view(snapshot).nodes[1].database


def with_address(value: str) -> Snapshot:
    path = "nodes.VCNODE1.registry.native.keys.@0.values.managedip.data"
    return change(registry_mode(), path, value)  # type: ignore[no-any-return]


def cells(snapshot: Snapshot, role: str) -> dict[str, str]:
    return {cell.node: cell.state.value for cell in judged(snapshot)[1] if cell.role == role}


def failed(snapshot: Snapshot, rule: str) -> list[str | None]:
    return [r.node for r in judged(snapshot)[0] if r.rule == rule and r.outcome is Outcome.FAIL]


@pytest.mark.parametrize(
    ("address", "rule", "state"), [("192.0.2.51", "VC-IP-002", "no-go"), ("192.0.2.11", "VC-IP-004", "no-go")]
)
def test_an_address_that_the_checkpoint_takes_along_is_wrong_on_every_node(address: str, rule: str, state: str) -> None:
    snapshot = with_address(address)
    assert cells(snapshot, "vpxd") == {"VCNODE1": state, "VCNODE2": state}
    assert failed(snapshot, rule) == [None]
    said = next(r.message for r in judged(snapshot)[0] if r.rule == rule and r.outcome is Outcome.FAIL)
    assert said.startswith("managedip on VCNODE1 is ")


def test_a_place_that_was_not_meant_is_it_on_every_node() -> None:
    snapshot = change(registry_mode(), "declared.managedip_place", "file")
    assert failed(snapshot, "VC-IP-001") == [None]
    assert set(cells(snapshot, "vpxd").values()) == {"no-go"}


def test_without_a_checkpoint_each_node_has_its_own_address() -> None:
    values = build_view(with_address("192.0.2.51")).vc.managedip.copies
    assert [copy.everywhere for copy in values] == [True, False]
    own = build_view(change(with_address("192.0.2.51"), CHECKPOINTS, ())).vc.managedip.copies
    assert [copy.everywhere for copy in own] == [False, False]


@pytest.mark.parametrize("path", ["nodes.VCNODE1.registry", "nodes.VCNODE1.files", CHECKPOINTS])
def test_what_the_checkpoint_takes_along_and_nobody_saw_is_unknown_on_every_node(path: str) -> None:
    assert set(cells(change(with_address("192.0.2.51"), path, GONE), "vpxd").values()) == {"unknown"}


def test_the_owners_license_server_is_asked_after_a_failover() -> None:
    found = source(told("27000@VCNODE1", "27000@localhost"))
    assert (found.values, found.tied) == ((f"27000@VCNODE1 ({CARRIED})",), True)
    assert set(cells(told("27000@VCNODE1", "27000@localhost"), "license").values()) == {"no-go"}


def test_what_a_standby_still_holds_is_renewed() -> None:
    snapshot = told("27000@localhost", "27000@VCNODE2")
    assert (source(snapshot).tied, failed(snapshot, "VC-LIC-003")) == (False, [])
    uncovered = change(snapshot, CHECKPOINTS, ())
    assert (source(uncovered).tied, failed(uncovered, "VC-LIC-003")) == (True, ["VCNODE2"])


def test_what_no_checkpoint_covers_stays_the_nodes_own() -> None:
    mixed = (*sources("27000@localhost"), *sources("27000@VCNODE2", place="variable LM_LICENSE_FILE"))
    snapshot = change(told("27000@VCVIRTUAL", ""), f"nodes.VCNODE2.{SOURCES}", mixed)
    assert source(snapshot).values == (f"27000@VCVIRTUAL ({CARRIED})", "27000@VCNODE2 (variable LM_LICENSE_FILE)")
    assert source(snapshot).tied is True


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (f"nodes.VCNODE1.{SOURCES}", GONE), ("nodes.VCNODE1.software", GONE), (CHECKPOINTS, GONE),
        (EVERY_NODE + "groups.VC Group.owner", GONE), ("nodes.VCNODE2.registry", GONE),
    ],
)  # fmt: skip
def test_whose_license_server_counts_may_not_be_known(path: str, value: Any) -> None:
    assert isinstance(source(change(told("27000@localhost", "27000@VCNODE2"), path, value)).tied, Missing)


@pytest.mark.parametrize("path", [CHECKPOINTS, EVERY_NODE + "groups.VC Group.owner"])
def test_where_every_node_says_the_same_it_does_not_matter_whose_counts(path: str) -> None:
    snapshot = change(told("27000@localhost", "27000@localhost"), path, GONE)
    assert source(snapshot).tied is False
    found = database(snapshot)
    assert isinstance(found, DatabaseView)
    assert found.server == "SQL1\\VC,1444"


def test_the_checkpoint_of_a_view_that_the_owner_does_not_read_brings_nobody_knows_what() -> None:
    snapshot = change(told("27000@localhost", "27000@VCNODE2"), "nodes.*.host.architecture", "x64")
    snapshot = change(snapshot, "nodes.VCNODE1.software.view", "wow6432")
    tied = source(snapshot).tied
    assert isinstance(tied, Missing)
    assert "does not read" in tied.detail


def test_the_name_of_the_data_source_is_the_owners() -> None:
    same = change(registry_mode(), "nodes.VCNODE2.database.dsn", "VIRTUALCENTER")
    assert database(same) == build_view(change(same, CHECKPOINTS, ())).nodes[1].database
    other = change(registry_mode(), "nodes.VCNODE2.database.dsn", "Old")
    found = database(other)
    assert isinstance(found, DatabaseView)
    assert (found.dsn, isinstance(found.server, Missing)) == ("VirtualCenter", True)
    assert [failed(other, rule) for rule in ("VC-DB-001", "VC-DB-002", "VC-DB-003")] == [[], [], []]
    assert failed(change(other, CHECKPOINTS, ()), "VC-DB-002") == ["VCNODE2"]
    # A checkpoint of the sub key alone brings it, too.
    assert database(change(other, CHECKPOINTS, (KEY + "\\DB",))) == found


def test_an_owner_without_a_data_source_leaves_every_node_without() -> None:
    snapshot = change(registry_mode(), "nodes.VCNODE1.database.dsn", None)
    assert failed(snapshot, "VC-DB-003") == ["VCNODE1", "VCNODE2"]


@pytest.mark.parametrize("path", ["nodes.VCNODE1.database", "nodes.VCNODE1.database.dsn", "nodes.VCNODE1.registry"])
def test_the_owners_data_source_that_nobody_saw_leaves_a_standby_unknown(path: str) -> None:
    snapshot = change(change(registry_mode(), "nodes.VCNODE2.database.dsn", "Old"), path, GONE)
    assert database(snapshot) == GONE
