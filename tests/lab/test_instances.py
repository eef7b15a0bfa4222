"""What Windows has of its own, whether or not a scenario lists it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.inprocess import judged, of_outcome, snapshot, told
from vcaudit.lab.instances import complete
from vcaudit.lab.merge import merge
from vcaudit.lab.scenario import Scenario, load
from vcaudit.results import Outcome
from vcaudit.snapshot.base import Missing
from vcaudit.yamlfile import Document, dump


def test_an_instance_is_called_as_the_scenario_calls_it() -> None:
    rows: dict[str, Any] = {"vpxd": {"State": "Running"}, "x": {"name": "y"}}
    node = complete("A1", {"wmi": {"root\\cimv2": {"Win32_Service": rows}}})
    assert node["wmi"]["root\\cimv2"]["Win32_Service"] == {
        "vpxd": {"Name": "vpxd", "State": "Running"},
        "x": {"name": "y"},
    }
    rows = {"a -> b": {"GroupComponent": "x"}}
    node = complete("A1", {"wmi": {"root\\MSCluster": {"MSCluster_ResourceToPossibleOwner": rows}}})
    assert node["wmi"]["root\\MSCluster"]["MSCluster_ResourceToPossibleOwner"] == rows
    assert complete("A1", {"user": "x"}) == {"user": "x"}


def sparse(scenario: Scenario) -> Scenario:
    """The same cluster by someone who lists what is particular about it, and nothing that goes without saying."""
    gone: dict[str, Any] = {"ResourceToPreferredNode": None, "MSCluster_ResourceGroupToPreferredNode": None}
    gone |= {"MSCluster_NodeToActiveResource": None, "MSCluster_NetworkInterface": None}
    patch = {"every_node": {"registry": {"SYSTEM": None}, "wmi": {"root\\MSCluster": gone, "root\\cimv2": {
        "Win32_NetworkAdapterConfiguration": {"Public": {"IPEnabled": None}, "Private": {"IPEnabled": None}},
        "Win32_ComputerSystem": {"computer": {"PartOfDomain": None, "Manufacturer": None}},
        "Win32_OperatingSystem": {"os": {"CSDVersion": None}},
    }}}}  # fmt: skip
    out = scenario.patched(patch, Document("sparse"))
    services = {name: {"DisplayName": None} for name in ("vpxd", "webAccess")}
    return out.patched({"every_node": {"wmi": {"root\\cimv2": {"Win32_Service": services}}}}, Document("sparse"))


@pytest.mark.parametrize("name", ["quorum-disk-2003", "registry-2008", "license-group-2008"])
def test_a_sparse_description_of_a_healthy_cluster_is_healthy(name: str) -> None:
    scenario = sparse(load(name))
    bad = of_outcome(judged(scenario), Outcome.FAIL, Outcome.UNKNOWN)
    assert not bad, told(bad)
    host = snapshot(scenario).nodes[0].host
    assert not isinstance(host, Missing)
    assert not isinstance(host.addresses, Missing)
    assert "192.0.2.11" in host.addresses


def test_a_property_without_a_value_is_read_as_none(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    row = {"VC Web Access": {"MonitorProcessId": {"value": None}}}
    patch = {"every_node": {"wmi": {"root\\MSCluster": {"MSCluster_Resource": row}}}}
    path.write_text(dump(merge({"extends": "quorum-disk-2003"}, patch)), encoding="utf-8")
    scenario = load(str(path))
    assert not of_outcome(judged(scenario), Outcome.FAIL, Outcome.UNKNOWN)
    shown = tmp_path / "shown.yaml"
    shown.write_text(dump(scenario.document()), encoding="utf-8")
    assert load(str(shown)).nodes == scenario.nodes


def test_an_account_that_does_not_say_its_sid_has_one() -> None:
    def accounts(node: str) -> dict[str, Any]:
        members = {f"{node}\\bob": {}, f"{node}\\gone": {}, "CORP\\Ops": {"group": True}, "CORP\\x": "S-1-5-21-7"}
        told = {"users": {"bob": {}, "Administrator": {"sid": "S-1-5-21-1-1-1-500"}}}
        done = complete(node, {"accounts": {**told, "groups": {"Administrators": {}, "Ops": {"members": members}}}})
        return dict(done["accounts"])

    one, other = accounts("A1"), accounts("A2")
    assert one["users"]["bob"]["sid"] != other["users"]["bob"]["sid"]
    assert one["users"]["Administrator"]["sid"] == "S-1-5-21-1-1-1-500"
    assert one["groups"]["Administrators"]["sid"] == "S-1-5-32-544"
    assert one["groups"]["Ops"]["sid"] not in (one["users"]["bob"]["sid"], other["groups"]["Ops"]["sid"])
    members = one["groups"]["Ops"]["members"]
    assert members["CORP\\Ops"] == {"group": True, "sid": other["groups"]["Ops"]["members"]["CORP\\Ops"]["sid"]}
    assert members["CORP\\x"] == "S-1-5-21-7"
    # Whom the node does not know any more stays unknown.
    assert members["A1\\gone"] == {}


def test_checkpoints_that_nobody_speaks_of_are_none() -> None:
    wmi = {"root\\MSCluster": {"MSCluster_Resource": {"V": {"Type": "Generic Service"}}}}
    row = complete("A1", {"wmi": wmi})["wmi"]["root\\MSCluster"]["MSCluster_Resource"]["V"]
    assert row == {"Name": "V", "Type": "Generic Service", "RegistryCheckpoints": []}
    hive = {"Cluster\\Resources\\x": {"Name": "V"}}
    row = complete("A1", {"wmi": wmi, "registry": hive})["wmi"]["root\\MSCluster"]["MSCluster_Resource"]["V"]
    assert "RegistryCheckpoints" not in row
