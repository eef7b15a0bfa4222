"""The cluster from what people bring: its hive, and listings of cluster.exe; each noted as the source of its facts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.offline.folder import complete, export
from tests.offline.test_files import capture, facts, listing, node, reason, reg, text
from vcaudit.lab.scenario import load, shipped
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import ClusterView

__all__ = ["node"]  # the fixture


@pytest.mark.parametrize("name", shipped())
@pytest.mark.parametrize("listings", [True, False])
def test_every_scenario_has_its_cluster(name: str, listings: bool, tmp_path: Path):
    """With listings nodes and states too, but for names that the console cannot write; without, what the hive has."""
    scenario = load(name)
    for each, description in scenario.nodes.items():
        found = facts(export(tmp_path / each, each, complete(each, description), listings=listings)).cluster
        assert isinstance(found, ClusterView)
        assert isinstance(found.resources, tuple)
        assert isinstance(found.groups, tuple)
        assert isinstance(found.nodes, Missing) is not listings
        assert {isinstance(one.type, str) for one in found.resources} == {True}
        known = {isinstance(one.state, str) for one in found.resources}
        assert known == {listings and name != "german-2003"}
        assert {source.source for source in found.sources} <= {"hive", "cluster.exe"}
        assert found.sources


def test_listings_become_facts(node: Callable[..., Path]):
    groups = listing("group").replace("abc1db1", "Disk Group").replace("resource group 'Disk Group'", "all groups")
    groups = groups.replace("Disk Group              NOD1DB1", "Disk Group           NODEAPG1A      ")
    second = groups.rstrip().rstrip("\n") + "\nCluster Group        NODEAPG1B       Offline\n"
    folder = node(**{"n.txt": listing("node"), "r.txt": listing("res"), "g.txt": second})
    found = facts(folder).cluster
    assert isinstance(found, ClusterView)
    assert [(one.name, one.state) for one in found.nodes] == [("NODEAPG1A", "up"), ("NODEAPG1B", "up")]  # type: ignore[union-attr]
    assert [(one.name, one.owner) for one in found.groups] == [  # type: ignore[union-attr]
        ("Disk Group", "NODEAPG1A"), ("Cluster Group", "NODEAPG1B"),
    ]  # fmt: skip
    resources = {one.name: (one.group, one.state) for one in found.resources}  # type: ignore[union-attr]
    assert resources["DHCP Service"] == ("Disk Group", "online")
    assert len(resources) == 8
    assert {reason(one.type) for one in found.resources} == {"not_asked"}  # type: ignore[union-attr]


def test_names_that_the_console_could_not_write_are_not_taken(node: Callable[..., Path]):
    guid = "a1b2c3d4-0000-4000-8000-0000000000a{}"
    hive = reg(**{"Cluster": {"ClusterName": text("X")}, rf"Cluster\Groups\{guid.format(1)}": {"Name": text("Süd „1“")},
                  rf"Cluster\Groups\{guid.format(2)}": {"Name": text("Cluster Group")}})  # fmt: skip
    groups = listing("group").replace("resource group 'abc1db1'", "all").replace("abc1db1 ", "S?d ?1? ")
    folder = node(**{"c.reg": hive, "g.txt": groups.rstrip() + "\nCluster Group        NODEAPG1B       Offline\n"})
    found = facts(folder).cluster
    assert isinstance(found, ClusterView)
    assert {one.name for one in found.groups} == {"Süd „1“", "Cluster Group"}  # type: ignore[union-attr]
    assert any("g.txt: not the groups of the hive" in warning for warning in capture(folder).warnings)
