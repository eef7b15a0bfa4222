"""Moving a group: what the cluster service would take along."""

from __future__ import annotations

from typing import Any

import pytest

from vcaudit.errors import UsageError
from vcaudit.lab.move import CIM, CLUSTER, move
from vcaudit.lab.scenario import Scenario, load, shipped

KEY = r"SOFTWARE\VMware, Inc.\VMware VirtualCenter"


def rows(scenario: Scenario, node: str, namespace: str, name: str) -> dict[str, dict[str, Any]]:
    return dict(scenario.nodes[node]["wmi"][namespace][name])


def running(scenario: Scenario, node: str) -> set[str]:
    services = rows(scenario, node, CIM, "Win32_Service")
    return {n for n in ("vpxd", "webAccess", "VMware License Server") if services[n]["State"] == "Running"}


def owner(scenario: Scenario, group: str) -> set[str]:
    """What the nodes say, all of them."""
    found = {rows(scenario, node, CLUSTER, "MSCluster_NodeToActiveGroup")[group]["GroupComponent"]
             for node in scenario.nodes}  # fmt: skip
    return {reference.split('"')[1] for reference in found}


def addresses(scenario: Scenario, node: str) -> list[str]:
    return list(rows(scenario, node, CIM, "Win32_NetworkAdapterConfiguration")["Public"]["IPAddress"])


@pytest.mark.parametrize("name", shipped())
def test_services_and_addresses_follow_the_group_to_each_node(name: str) -> None:
    healthy = load(name)
    for target in healthy.nodes:
        moved = move(healthy, target)
        assert running(moved, target) == {"vpxd", "webAccess", "VMware License Server"}
        assert owner(moved, moved.words["group"]) == {target}
        assert moved.words["address"] in addresses(moved, target)
        for other in set(healthy.nodes) - {target}:
            assert running(moved, other) == set()
            assert moved.words["address"] not in addresses(moved, other)


def test_there_and_back_is_as_before_but_for_the_monitors() -> None:
    healthy = load("quorum-disk-2003")
    back = move(move(healthy, "VCNODE2"), "VCNODE1")
    resources = rows(back, "VCNODE1", CLUSTER, "MSCluster_Resource")
    pids = [resources[healthy.words[f"{r}_resource"]]["MonitorProcessId"] for r in ("ip", "name", "vpxd", "web")]
    assert len(set(pids)) == 4
    assert set(pids).isdisjoint({2011, 2012, 2013, 2014, 2015})
    for node in back.nodes:
        for name, row in rows(back, node, CLUSTER, "MSCluster_Resource").items():
            row["MonitorProcessId"] = rows(healthy, node, CLUSTER, "MSCluster_Resource")[name]["MonitorProcessId"]
    assert back == healthy


def test_the_first_scenario_is_not_changed() -> None:
    healthy = load("quorum-disk-2003")
    move(healthy, "VCNODE2")
    assert healthy == load("quorum-disk-2003")


def test_the_nodes_ids_of_monitors_stay_those_of_what_does_not_move() -> None:
    moved = rows(move(load("quorum-disk-2003"), "VCNODE2"), "VCNODE1", CLUSTER, "MSCluster_Resource")
    assert moved["Disk Q"]["MonitorProcessId"] == 1500
    assert moved["VC Server"]["MonitorProcessId"] == 6013


@pytest.mark.parametrize(("name", "hive"), [("quorum-disk-2003-registry", False), ("registry-standby-never", True)])
def test_checkpoints_are_written_where_the_resource_comes_online(name: str, hive: bool) -> None:
    healthy = load(name)
    resource = rows(healthy, "VCNODE1", CLUSTER, "MSCluster_Resource")["VC Server"]
    assert ("RegistryCheckpoints" in resource) is not hive
    healthy.nodes["VCNODE1"]["registry"][KEY]["HttpsPort"] = 9443
    moved = move(healthy, "VCNODE2")
    assert moved.nodes["VCNODE2"]["registry"][KEY]["managedip"] == "192.0.2.50"
    taken, there = healthy.nodes["VCNODE1"]["registry"], moved.nodes["VCNODE2"]["registry"]
    assert there[KEY]["HttpsPort"] == 9443
    assert there[KEY + "\\Tomcat"] == taken[KEY + "\\Tomcat"]


def test_a_checkpoint_takes_away_what_the_owner_does_not_have() -> None:
    healthy = load("quorum-disk-2003-registry")
    healthy.nodes["VCNODE2"]["registry"][KEY]["Old"] = "x"
    healthy.nodes["VCNODE2"]["registry"][KEY + "\\Sub"] = {"a": 1}
    moved = move(healthy, "VCNODE2")
    assert "Old" not in moved.nodes["VCNODE2"]["registry"][KEY]
    assert KEY + "\\Sub" not in moved.nodes["VCNODE2"]["registry"]


def test_without_a_checkpoint_the_registry_stays_where_it_is() -> None:
    healthy = load("quorum-disk-2003")
    healthy.nodes["VCNODE1"]["registry"][KEY]["HttpsPort"] = 9443
    assert move(healthy, "VCNODE2").nodes["VCNODE2"]["registry"][KEY]["HttpsPort"] == 443


def test_one_group_of_two_moves_alone() -> None:
    moved = move(load("license-group-2003"), "vcnode1", "ls group")
    assert running(moved, "VCNODE1") == {"vpxd", "webAccess", "VMware License Server"}
    assert owner(moved, "LS Group") == owner(moved, "VC Group") == {"VCNODE1"}
    assert {"192.0.2.50", "192.0.2.60"} <= set(addresses(moved, "VCNODE1"))


def test_a_disabled_service_does_not_start() -> None:
    healthy = load("quorum-disk-2003")
    rows(healthy, "VCNODE2", CIM, "Win32_Service")["vpxd"]["StartMode"] = "Disabled"
    assert running(move(healthy, "VCNODE2"), "VCNODE2") == {"webAccess", "VMware License Server"}


@pytest.mark.parametrize(
    ("node", "group", "message"),
    [
        ("VCNODE3", None, r"no node `VCNODE3` in this scenario \(did you mean VCNODE"),
        ("VCNODE2", "VC Grup", r"no group `VC Grup` in this scenario \(did you mean VC Group\?\)"),
    ],
)
def test_what_is_not_there_is_met_with_a_guess(node: str, group: str | None, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        move(load("quorum-disk-2003"), node, group)


def test_a_node_that_is_no_possible_owner_is_refused() -> None:
    healthy = load("quorum-disk-2003")
    for node in healthy.nodes:
        del rows(healthy, node, CLUSTER, "MSCluster_ResourceToPossibleOwner")["VC License -> VCNODE2"]
        del healthy.nodes[node]["wmi"][CLUSTER]["MSCluster_ResourceToPossibleOwner"]["VC License -> VCNODE2"]
    with pytest.raises(UsageError, match="VCNODE2 is no possible owner of VC License"):
        move(healthy, "VCNODE2")


def test_machines_without_a_cluster_have_nothing_to_move() -> None:
    alone = Scenario(name="", title="", words={}, nodes={"A1": {}}, auditor={}, permissions=None, inventory={})
    with pytest.raises(UsageError, match="has no cluster"):
        move(alone, "A1")


def test_a_service_that_two_resources_name_moves_once() -> None:
    from vcaudit.lab.faults import apply

    broken, _ = apply(load("quorum-disk-2003"), "second-vpxd-resource")
    moved = move(broken, "VCNODE2")
    assert "vpxd" in running(moved, "VCNODE2")
    assert "vpxd" not in running(moved, "VCNODE1")
