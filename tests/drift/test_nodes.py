"""Two nodes of one snapshot: what makes them two machines is no difference, what one of them lacks is."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from tests import inprocess
from tests.evaluate.build import change, healthy
from vcaudit.drift.facts import of_nodes
from vcaudit.drift.report import Source
from vcaudit.drift.report import of_nodes as report
from vcaudit.lab.scenario import load, shipped
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import ReplicationConnection
from vcaudit.snapshot.model import Snapshot

GROUP = "8d2c0000-0000-4000-8000-000000000000"
CONNECTIONS = "nodes.{}.synchronization.connections"
GAP = Missing(reason="timeout", detail="no answer", where="test")


def connection(partner: str, inbound: Any = True, enabled: bool = True) -> ReplicationConnection:
    return ReplicationConnection(group=GROUP, partner=partner, inbound=inbound, enabled=enabled)


def connected(one: tuple[ReplicationConnection, ...], other: tuple[ReplicationConnection, ...]) -> Snapshot:
    """A cluster whose nodes VCNODE1 and VCNODE2 hold these."""
    snapshot: Snapshot = change(healthy(), CONNECTIONS.format("VCNODE1"), one)
    changed: Snapshot = change(snapshot, CONNECTIONS.format("VCNODE2"), other)
    return changed


def differing(snapshot: Snapshot) -> list[tuple[str, ...]]:
    """What of the connections differs, from there on."""
    found = of_nodes(*snapshot.nodes)
    return [fact.leaf.path[2:] for fact in found.changed if fact.leaf.path[:2] == ("synchronization", "connections")]


def both_ways(partner: str) -> tuple[ReplicationConnection, ...]:
    return connection(partner), connection(partner, inbound=False)


@pytest.mark.parametrize("scenario", shipped())
def test_any_two_nodes_of_a_healthy_cluster_are_the_same(scenario: str) -> None:
    snapshot = inprocess.snapshot(load(scenario))
    for pair in itertools.combinations([node.name for node in snapshot.nodes], 2):
        found = report(Source(snapshot, "a.json", ""), pair)
        assert (found.same, found.changes, found.cannot_tell) == (True, (), ())


@pytest.mark.parametrize("partner", ["VCNODE1", "vcnode1", "VCNODE1.corp.example"])
def test_each_has_the_other_as_its_partner(partner: str) -> None:
    assert differing(connected(both_ways("VCNODE2"), both_ways(partner))) == []


def test_what_one_of_them_lacks_still_differs() -> None:
    one_way = connected((connection("VCNODE2", inbound=False),), (connection("VCNODE1"),))
    assert differing(one_way) == [(f"{GROUP} the other node out",), (f"{GROUP} the other node in",)]
    off = connected((connection("VCNODE2"),), (connection("VCNODE1", enabled=False),))
    assert differing(off) == [(f"{GROUP} the other node in", "enabled")]
    elsewhere = connected((connection("VCNODE2"),), (connection("VCNODE3"),))
    assert differing(elsewhere) == [(f"{GROUP} the other node in",), (f"{GROUP} VCNODE3 in",)]


def test_a_third_is_a_partner_of_both() -> None:
    assert differing(connected(both_ways("VCNODE3"), both_ways("VCNODE3"))) == []
    assert differing(connected(both_ways("VCNODE3"), ())) != []


def test_a_machine_that_does_not_tell_its_name_may_be_the_partner() -> None:
    renamed = change(connected(both_ways("VCNODE2"), both_ways("VCNODE1")), "nodes.VCNODE1.name", "first")
    assert differing(renamed) == []
    silent = change(renamed, "nodes.first.host", GAP)
    assert differing(silent) == []
    gaps = [gap.hole for gap in of_nodes(*silent.nodes).gaps if gap.hole.path[0] == "synchronization"]
    assert [(hole.path, hole.gap) for hole in gaps] == [(("synchronization", "connections"), GAP)]


@pytest.mark.parametrize("lost", ["partner", "inbound"])
def test_what_was_not_looked_at_is_no_difference(lost: str) -> None:
    whole = connected(both_ways("VCNODE2"), both_ways("VCNODE1"))
    less = change(whole, f"{CONNECTIONS.format('VCNODE2')}.@0.{lost}", GAP)
    assert differing(less) == []
    assert differing(change(less, CONNECTIONS.format("VCNODE1"), GAP)) == []
