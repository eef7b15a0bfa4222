"""When WMI does not tell of the cluster: cluster.exe and the hive tell the same, noted, and the rest is Missing."""

from __future__ import annotations

from typing import Any

import pytest

from vcaudit.lab.merge import merge
from vcaudit.lab.scenario import shipped
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import ClusterView

from . import nodes

HANGING = {"hanging": ["root\\MSCluster"]}
NO_PROGRAM = {"hanging": ["root\\MSCluster"], "broken": {"cluster.exe": "2"}}
ONLY_WMI = {"monitor_process", "depends_on", "restart", "restart_threshold", "restart_period"}
ORIGINS = {"properties_from", "checkpoints_from"}
RESOURCES = "MSCluster_Resource"
PARAMETERS = "Cluster\\Resources\\a1b2c3d4-0000-4000-8000-00000000000{}\\Parameters"


def view(patch: dict[str, Any], name: str = "quorum-disk-2003") -> ClusterView:
    found = nodes.patched(patch, name).cluster
    assert isinstance(found, ClusterView)
    return found


def told(found: ClusterView) -> dict[str, str]:
    return {one.what: one.source for one in found.sources}


@pytest.mark.parametrize("name", shipped())
def test_cluster_exe_tells_what_wmi_would(name: str) -> None:
    whole, found = view({}, name), view(HANGING, name)
    assert found.nodes == whole.nodes
    assert not isinstance(found.groups, Missing)
    assert not isinstance(whole.groups, Missing)
    assert [(g.name, g.state, g.owner) for g in found.groups] == [(g.name, g.state, g.owner) for g in whole.groups]
    assert {g.preferred_owners.reason for g in found.groups} == {"timeout"}  # type: ignore[union-attr]
    for name in ("anti_affinity", "failback", "failover_threshold", "failover_period"):
        assert {getattr(g, name).reason for g in found.groups} == {"timeout"}
    for one, other in zip(found.resources, whole.resources, strict=True):  # type: ignore[arg-type]
        for field in set(one.__struct_fields__) - ONLY_WMI - ORIGINS - {"possible_owners"}:
            assert getattr(one, field) == getattr(other, field), (one.name, field)
        assert set(one.possible_owners) == set(other.possible_owners)
        assert {getattr(one, field).reason for field in ONLY_WMI} == {"timeout"}
        assert (one.properties_from, one.checkpoints_from) == ("cluster.exe", "hive")
    assert told(found) == {
        "nodes": "cluster.exe", "groups": "cluster.exe", "resources": "cluster.exe",
        "types and separate monitors": "hive", "groups of resources": "cluster.exe", "possible owners": "cluster.exe",
        "private properties": "cluster.exe", "checkpoints": "hive",
    }  # fmt: skip
    for field in ("name", "quorum_resource", "quorum_type", "interfaces", "networks", "conflicts"):
        assert getattr(found, field).reason == "timeout", field


@pytest.mark.parametrize("name", shipped())
def test_the_hive_tells_what_is_recorded_of_it(name: str) -> None:
    whole, found = view({}, name), view(NO_PROGRAM, name)
    assert found.nodes.reason == "timeout"  # type: ignore[union-attr]
    assert {g.name: g.owner.reason for g in found.groups} == dict.fromkeys(  # type: ignore[union-attr]
        [g.name for g in whole.groups], "timeout"  # type: ignore[union-attr]
    )
    kept = {one.name: one for one in found.resources}  # type: ignore[union-attr]
    for other in whole.resources:  # type: ignore[union-attr]
        one = kept[other.name]
        same = ("type", "group", "separate_monitor", "properties", "checkpoints")
        assert [getattr(one, field) for field in same] == [getattr(other, field) for field in same]
        assert {one.state.reason, one.possible_owners.reason, one.depends_on.reason} == {"timeout"}
    assert set(told(found).values()) == {"hive"}


def test_without_either_everything_has_wmis_reason() -> None:
    found = view({**NO_PROGRAM, "denied": ["Cluster"]})
    for field in ("nodes", "groups", "resources"):
        assert getattr(found, field).reason == "timeout"
    assert found.sources == ()
    assert found.identity.reason == "access_denied"  # type: ignore[union-attr]


def test_names_are_resolved_as_the_hive_has_them() -> None:
    whole, found = nodes.patched({}).names, nodes.patched(NO_PROGRAM).names
    assert found == whole
    assert nodes.patched({**NO_PROGRAM, "denied": ["Cluster"]}).names.reason == "timeout"  # type: ignore[union-attr]


def test_one_class_that_fails_takes_no_other_along() -> None:
    whole = view({})
    found = view({"broken": {"root\\MSCluster:MSCluster_ResourceToPossibleOwner": "80041004"}})
    assert [set(one.possible_owners) for one in found.resources] == [  # type: ignore[union-attr,arg-type]
        set(one.possible_owners) for one in whole.resources  # type: ignore[union-attr,arg-type]
    ]  # fmt: skip
    assert told(found) == {"possible owners": "cluster.exe"}
    assert [one.depends_on for one in found.resources] == [one.depends_on for one in whole.resources]  # type: ignore[union-attr]


@pytest.mark.parametrize("value", [None, {"value": None}], ids=["no such property", "no value"])
def test_a_windows_whose_wmi_has_no_private_properties(value: Any) -> None:
    whole = {one.name: one.properties for one in view({}).resources}  # type: ignore[union-attr]
    about = nodes.lab_nodes("quorum-disk-2003")["VCNODE1"]
    kept = {
        PARAMETERS.format(3): {"ServiceName": "vpxd", "StartupParameters": "", "UseNetworkName": 1},
        PARAMETERS.format(1): {
            "Address": "192.0.2.50", "SubnetMask": "255.255.255.0", "EnableNetBIOS": 1, "Network": "Public",
        },
    }  # fmt: skip
    for change in (None, value):
        rows = {name: {"PrivateProperties": change} for name in ("VC Server", "VC IP Address")}
        about = merge(about, {"registry": kept, "wmi": {"root\\MSCluster": {RESOURCES: rows}}})
    found = nodes.snapshot((nodes.run("VCNODE1", about),)).nodes[0].cluster
    assert isinstance(found, ClusterView)
    assert told(found) == {"private properties": "hive"}
    assert {one.name: one.properties for one in found.resources} == whole  # type: ignore[union-attr]
    assert found.conflicts == (), "there is only one source of them"


def test_a_state_in_another_language_is_unknown_and_nothing_else_is() -> None:
    xml = nodes.unpacked(nodes.run("VCNODE1", nodes.merged(nodes.lab_nodes("quorum-disk-2003")["VCNODE1"], HANGING)))
    import base64
    import re

    def translated(match: re.Match[str]) -> str:
        # bytes, because not all that is read is text
        listed = base64.b64decode(match[1]).replace(b"Online", b"Ein").replace(b"Up", b"Oben")
        return f'b64="{base64.b64encode(listed).decode()}"'

    read = nodes.snapshot((nodes.capture(nodes.packed(re.sub(r'b64="([^"]+)"', translated, xml))),)).nodes[0].cluster
    assert isinstance(read, ClusterView)
    assert {one.state.reason for one in read.resources} == {"bad_output"}  # type: ignore[union-attr]
    assert {one.group for one in read.resources} == {"Cluster Group", "VC Group"}  # type: ignore[union-attr]
    assert {node.name for node in read.nodes} == {"VCNODE1", "VCNODE2"}  # type: ignore[union-attr]


# Two sources on one node

@pytest.mark.parametrize(
    ("registry", "subject", "said"),
    [
        ({PARAMETERS.format(1): {"Address": "192.0.2.77"}},
         "VC IP Address: Address", "WMI: 192.0.2.50; hive: 192.0.2.77"),
        ({PARAMETERS.format(3): {"UseNetworkName": 0}}, "VC Server: UseNetworkName", "WMI: 1; hive: 0"),
        ({PARAMETERS.format(3): {"StartupParameters": "-s"}}, "VC Server: StartupParameters", "WMI: empty; hive: -s"),
        ({PARAMETERS.format(3).replace("Parameters", "RegSync"): {"00000001": "SOFTWARE\\X"}},
         "VC Server: registry checkpoints", "WMI: none; hive: SOFTWARE\\X"),
    ],
)  # fmt: skip
def test_what_wmi_and_the_hive_tell_differently(registry: dict[str, Any], subject: str, said: str) -> None:
    (found,) = view({"registry": registry}).conflicts  # type: ignore[misc]
    assert (found.subject, found.said) == (subject, said)


@pytest.mark.parametrize(
    "registry",
    [
        {PARAMETERS.format(1): {"Network": "3f2504e0-4f89-11d3-9a0c-0305e82c3302"}},
        {PARAMETERS.format(1): {"Address": " 192.0.2.50 "}},
        {PARAMETERS.format(3): {"ServiceName": "VPXD", "Unknown": "x"}},
        {PARAMETERS.format(2): {"ResourceData": {"type": "REG_BINARY", "data": "00"}}},
    ],
)
def test_what_is_no_contradiction(registry: dict[str, Any]) -> None:
    assert view({"registry": registry}).conflicts == ()


def test_a_resource_that_the_hive_lacks() -> None:
    name = "Cluster\\Resources\\a1b2c3d4-0000-4000-8000-000000000003"
    old = nodes.lab_nodes("quorum-disk-2003")["VCNODE1"]
    kept = 'n="Name" t="String" d="{}"'
    xml = nodes.unpacked(nodes.run("VCNODE1", old)).replace(kept.format("VC Server"), kept.format("X"))
    found = nodes.snapshot((nodes.capture(nodes.packed(xml)),)).nodes[0].cluster
    assert name in xml
    assert ("VC Server", "WMI: there; hive: not there") in [(c.subject, c.said) for c in found.conflicts]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("patch", "reason"),
    [({"denied": ["Cluster"]}, "access_denied"), ({"denied": [PARAMETERS.format(3)]}, "access_denied"),
     ({"broken": {"root\\MSCluster": "800706ba"}}, "unavailable")],
)  # fmt: skip
def test_one_source_alone_is_not_agreement(patch: dict[str, Any], reason: str) -> None:
    assert view(patch).conflicts.reason == reason  # type: ignore[union-attr]
