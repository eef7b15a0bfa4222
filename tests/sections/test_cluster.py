"""The cluster's view: states, relations by escaped names, what old Windows lacks, and the hive beside WMI."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vcaudit.sections import cluster, names, references
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import ClusterView, Interface, Resource

from . import nodes
from .nodes import key, probe, rows

ODD = ['a "quoted" name', "back\\slash", 'both \\" of them', "Süd – „VC“", "x.Name=y", "comma, and = sign", " blank "]


def escaped(name: str) -> str:
    return name.replace("\\", "\\\\").replace('"', '\\"')


def reference(classname: str, name: str, head: str = "") -> str:
    return f'{head}{classname}.Name="{escaped(name)}"'


def test_references() -> None:
    for head in ("", r"\\VCNODE1\root\MSCluster:", "root\\MSCluster:", r"\\.\root\mscluster:"):
        for name in ODD:
            found = references.parse(reference("MSCluster_Resource", name, head))
            assert found is not None
            assert (found.classname, found.name) == ("MSCluster_Resource", name)


@pytest.mark.parametrize(
    "text", ["", "x", 'A.Name="x', 'A.Name="x"y', "A.Name=x", 'A.Id="x"', 'Name="x"', 'A.Name="x\\"']
)
def test_what_is_no_reference(text: str) -> None:
    assert references.parse(text) is None


@settings(max_examples=100, deadline=None)
@given(name=st.text(max_size=40), head=st.sampled_from(["", r"\\N\root\MSCluster:"]))
def test_every_name_comes_back_from_its_reference(name: str, head: str) -> None:
    found = references.parse(reference("MSCluster_Node", name, head))
    assert found is not None
    assert found.name == name


@settings(max_examples=100, deadline=None)
@given(text=st.text("AName.=\"\\'x:,\n", max_size=60))
def test_no_text_breaks_the_reader_of_references(text: str) -> None:
    found = references.parse(text)
    assert found is None or "name" in found.keys


def resource(name: str = "VC", **more: Any) -> dict[str, Any]:
    """One row of MSCluster_Resource."""
    row = {
        "Name": name, "Type": "Generic Service", "State": 2, "SeparateMonitor": "True", "MonitorProcessId": 2011,
        "RegistryCheckpoints": [], "PrivateProperties": {"ServiceName": "vpxd", "UseNetworkName": "1"},
    }  # fmt: skip
    return {**row, **more}


def whole(*resources: dict[str, Any], extra: str = "", **relations: list[tuple[str, str]]) -> ClusterView:
    """A view made of these resources and relations; everything else is there and says nothing."""
    ends = {
        "resource_group": ("GroupComponent", "MSCluster_ResourceGroup", "PartComponent", "MSCluster_Resource"),
        "possible_owners": ("GroupComponent", "MSCluster_Resource", "PartComponent", "MSCluster_Node"),
        "dependencies": ("Antecedent", "MSCluster_Resource", "Dependent", "MSCluster_Resource"),
        "active_groups": ("GroupComponent", "MSCluster_Node", "PartComponent", "MSCluster_ResourceGroup"),
        "preferred_owners": ("GroupComponent", "MSCluster_ResourceGroup", "PartComponent", "MSCluster_Node"),
        "quorum": ("GroupComponent", "MSCluster_Cluster", "PartComponent", "MSCluster_Resource"),
    }
    parts = [rows("resources", *resources)]
    for id, (one, one_class, other, other_class) in ends.items():
        pairs = relations.get(id, [])
        parts.append(rows(id, *({one: reference(one_class, a), other: reference(other_class, b)} for a, b in pairs)))
    return cluster.read(nodes.answer(*parts, extra))


def one(*args: Any, **kwargs: Any) -> Resource:
    found = whole(*args, **kwargs).resources
    assert isinstance(found, tuple)
    return found[0]


def test_relations_are_joined_by_odd_names() -> None:
    for name in ODD:
        found = one(
            resource(name),
            resource_group=[(f"group of {name}", name)],
            possible_owners=[(name, "VCNODE1"), ("other", "VCNODE3"), (name, "VCNODE2")],
            dependencies=[(name, "Network"), ("Network", name)],
        )
        assert found.group == f"group of {name}"
        assert found.possible_owners == ("VCNODE1", "VCNODE2")
        assert found.depends_on == ("Network",), "the antecedent is the resource, against the usual sense"


@pytest.mark.parametrize(
    ("state", "expected"),
    [("-1", "unknown"), ("4294967295", "unknown"), ("0", "inherited"), ("1", "initializing"), ("2", "online"),
     ("3", "offline"), ("4", "failed"), ("128", "pending"), ("129", "online pending"), ("130", "offline pending")],
)  # fmt: skip
def test_states_of_resources(state: str, expected: str) -> None:
    assert one(resource(State=state)).state == expected


@pytest.mark.parametrize("state", ["7", "131", "abc", "", None, ..., ["2"]])
def test_a_state_that_is_none_is_missing(state: Any) -> None:
    assert isinstance(one(resource(State=state)).state, Missing)


@pytest.mark.parametrize(
    ("rows_id", "states"),
    [
        ("nodes", {"0": "up", "1": "down", "2": "paused", "3": "joining", "4294967295": "unknown"}),
        (
            "groups",
            {"0": "online", "1": "offline", "2": "failed", "3": "partial online", "4": "pending", "-1": "unknown"},
        ),
    ],
)
def test_states_of_nodes_and_groups(rows_id: str, states: dict[str, str]) -> None:
    for number, expected in states.items():
        view = cluster.read(nodes.answer(rows(rows_id, {"Name": "x", "State": number, "AntiAffinityClassNames": None})))
        assert getattr(view, rows_id)[0].state == expected


def test_a_group_has_an_owner_or_none() -> None:
    groups = rows(
        "groups",
        {"Name": "G", "State": 0, "AntiAffinityClassNames": ["VC"]},
        {"Name": "H", "State": 1, "AntiAffinityClassNames": []},
    )
    found = whole(
        resource(), extra=groups, active_groups=[("VCNODE2", "g")], preferred_owners=[("G", "VCNODE1")]
    ).groups
    assert [(group.owner, group.preferred_owners, group.anti_affinity) for group in found] == [
        ("VCNODE2", ("VCNODE1",), ("VC",)),
        (None, (), ()),
    ]


@pytest.mark.parametrize(("given_", "expected"), [("2011", 2011), ("0", None), (None, None), (..., None)])
def test_monitor_processes(given_: Any, expected: int | None) -> None:
    assert one(resource(MonitorProcessId=given_)).monitor_process == expected


@pytest.mark.parametrize(("given_", "expected"), [("True", True), ("False", False), ("true", True)])
def test_separate_monitors(given_: str, expected: bool) -> None:
    assert one(resource(SeparateMonitor=given_)).separate_monitor is expected
    assert isinstance(one(resource(SeparateMonitor=...)).separate_monitor, Missing)


def test_private_properties_keep_their_kind_and_their_secrets() -> None:
    private = {
        "Name": "0815",
        "EnableNetBIOS": "1",
        "UseNetworkName": "True",
        "ResourceData": "raw",
        "List": ["a"],
        "X": None,
    }
    found = {prop.name: prop.value for prop in one(resource(PrivateProperties=private)).properties}
    assert found == {
        "Name": "0815", "EnableNetBIOS": 1, "UseNetworkName": 1, "ResourceData": "***", "List": ("a",), "X": None,
    }  # fmt: skip


GUID = r"Cluster\Resources\a1b2"


def hive(*, sync: str = "", name: str = "VC") -> str:
    return probe("registry", "hive", key("Cluster") + key(GUID, Name=name) + sync)


SYNC = key(rf"{GUID}\RegSync", **{"00000002": "\\B", "00000001": r"HKEY_LOCAL_MACHINE\SOFTWARE\A"})


@pytest.mark.parametrize(
    ("told", "sync", "expected", "source"),
    [
        ([r"SOFTWARE\W", r"HKLM\X"], SYNC, (r"SOFTWARE\W", "X"), "wmi"),
        ([], SYNC, (), "wmi"),
        (..., SYNC, (r"SOFTWARE\A", "B"), "hive"),
        (None, SYNC, (r"SOFTWARE\A", "B"), "hive"),
        (..., "", (), "hive"),
        (..., key(rf"{GUID}\RegSync", "not found"), (), "hive"),
    ],
)
def test_checkpoints(told: Any, sync: str, expected: tuple[str, ...], source: str) -> None:
    found = one(resource(name="vc", RegistryCheckpoints=told), extra=hive(sync=sync))
    assert (found.checkpoints, found.checkpoints_from) == (expected, source)


@pytest.mark.parametrize(
    ("extra", "reason"),
    [
        ("", "bad_output"),
        (hive(name="another"), "not_found"),
        (probe("registry", "hive", key("Cluster", "not found")), "not_found"),
        (hive(sync=key(rf"{GUID}\RegSync", "SecurityException 8013150a: x")), "access_denied"),
    ],
)
def test_no_checkpoints_is_only_what_was_looked_at(extra: str, reason: str) -> None:
    found = one(resource(RegistryCheckpoints=...), extra=extra)
    assert (found.checkpoints.reason, found.checkpoints_from) == (reason, None)


def test_identity() -> None:
    def read(part: str) -> Any:
        return cluster.read(nodes.answer(probe("registry", "hive", part))).identity

    assert read(key("Cluster", clusterinstanceid="{3F25-04E0}")) == "3f25-04e0"
    assert read(key("Cluster", ClusterName="x")) is None
    assert read(key("Cluster", "not found")).reason == "not_found"


def test_a_stopped_cluster_service_that_answers_nothing_is_no_empty_cluster() -> None:
    """MSCluster without instances: not a cluster without nodes, groups and resources."""
    view = whole(extra="".join(rows(id) for id in ("cluster", "nodes", "groups", "interfaces")))
    for field in ("name", "nodes", "groups", "resources", "interfaces"):
        assert getattr(view, field).reason == "unavailable", field


@pytest.mark.parametrize("broken", ["possible_owners", "dependencies", "resource_group"])
def test_a_relation_with_one_row_that_cannot_be_read_is_missing_whole(broken: str) -> None:
    ends = {"dependencies": ("Antecedent", "Dependent")}.get(broken, ("GroupComponent", "PartComponent"))
    bad = rows(broken, {ends[0]: "nonsense", ends[1]: reference("MSCluster_Node", "VCNODE1")})
    parts = [rows("resources", resource()), bad]
    found = cluster.read(nodes.answer(*parts)).resources[0]
    field = {"possible_owners": found.possible_owners, "dependencies": found.depends_on, "resource_group": found.group}
    assert field[broken].reason == "bad_output"
    assert found.type == "Generic Service"


def test_quorum_and_interfaces() -> None:
    interfaces = rows("interfaces", {"Name": "i", "Node": "VCNODE1", "Network": "Public", "Address": "192.0.2.11"})
    view = whole(
        resource("Disk Q:"),
        extra=interfaces + rows("cluster", {"Name": "VC", "QuorumType": ...}),
        quorum=[("VC", "Disk Q:")],
    )
    assert (view.quorum_resource, view.quorum_type, view.name) == ("Disk Q:", None, "VC")
    assert view.interfaces == (Interface(node="VCNODE1", network="Public", address="192.0.2.11"),)
    assert whole(resource()).quorum_resource is None


def test_names_are_those_of_network_name_resources() -> None:
    asked = rows("network_names", {"Name": "r", "PrivateProperties": {"Name": "VCVIRTUAL"}})
    resolved = probe("names", "names", '<h n="VCVIRTUAL"><i d="192.0.2.50" /></h>')
    found = names.read(nodes.answer(asked, resolved))
    assert [(name.name, name.addresses) for name in found] == [("VCVIRTUAL", ("192.0.2.50",))]
    assert names.read(nodes.answer(rows("network_names"))) == ()
    unread = rows("network_names", {"Name": "r", "PrivateProperties": ...})
    assert isinstance(names.read(nodes.answer(unread, resolved)), Missing)
