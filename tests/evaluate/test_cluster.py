"""The nodes' views of the cluster as one: agreeing, silent, and contradicting."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tests.evaluate.build import EVERY_NODE, GONE, NODES, change, cluster_view, healthy, service
from vcaudit.evaluate.cluster import Merged, merge
from vcaudit.evaluate.view import build_view
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import ClusterNode, Property, Resource
from vcaudit.snapshot.model import Snapshot

SECOND = "nodes.VCNODE2.cluster."


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("resources.VC Server.depends_on", ("vc name",)),
        ("resources.VC Server.possible_owners", tuple(reversed(NODES))),
        ("resources", lambda found: tuple(reversed(found))),
        ("resources.VC Server.properties", lambda found: tuple(reversed(found))),
        ("resources.VC Server.checkpoints_from", "hive"),
        ("quorum_resource", "DISK Q:"),
    ],
)
def test_the_same_told_otherwise_is_the_same(path: str, value: Any) -> None:
    view = build_view(change(healthy(), SECOND + path, value))
    assert view.cluster.disagreements == ()


@pytest.mark.parametrize(
    ("path", "value", "subject", "said"),
    [
        ("groups.VC Group.state", "failed", "group VC Group: state", "VCNODE1: online; VCNODE2: failed"),
        ("groups.VC Group.owner", "VCNODE2", "group VC Group: owner", "VCNODE1: VCNODE1; VCNODE2: VCNODE2"),
        ("nodes.VCNODE1.state", "down", "node VCNODE1: state", "VCNODE1: up; VCNODE2: down"),
        ("resources.VC IP.depends_on", ("Disk Q:",), "resource VC IP: depends on", "VCNODE1: none; VCNODE2: Disk Q:"),
        (
            "resources.VC IP.properties.Address.value", "192.0.2.9", "resource VC IP: properties Address: value",
            "VCNODE1: 192.0.2.50; VCNODE2: 192.0.2.9",
        ),
        (
            "resources", lambda found: (*found, service("More", "x")), "resource More",
            "VCNODE1: not there; VCNODE2: there",
        ),
    ],
)  # fmt: skip
def test_what_they_tell_differently_is_nobodys(path: str, value: Any, subject: str, said: str) -> None:
    snapshot = change(healthy(), SECOND + path, value)
    (found,) = build_view(snapshot).cluster.disagreements  # type: ignore[misc]
    assert (found.subject, found.said) == (subject, said)


def test_a_contradicted_fact_is_missing_with_who_said_what() -> None:
    groups = merge(change(healthy(), SECOND + "groups.VC Group.state", "failed").nodes).groups
    assert not isinstance(groups, Missing)
    state = groups[1].state
    assert isinstance(state, Missing)
    assert (state.reason, state.detail) == ("bad_output", "VCNODE1 says online, VCNODE2 says failed")


@pytest.mark.parametrize(
    ("path", "state"), [("groups.VC Group", "online"), ("resources.VC IP", "online"), ("nodes.VCNODE2", "up")]
)
def test_a_state_that_the_cluster_does_not_know_is_missing(path: str, state: str) -> None:
    snapshot = change(healthy(), f"{SECOND}{path}.state", "unknown")
    kind, name = path.split(".")

    def seen(of: Snapshot) -> Any:
        merged = merge(of.nodes)
        assert merged.disagreements == ()
        assert merged.unseen is None
        return next(each.state for each in getattr(merged, kind) if each.name == name)

    assert seen(snapshot) == state, "the other node knows it"
    nowhere = seen(change(snapshot, f"{EVERY_NODE}{path}.state", "unknown"))
    assert isinstance(nowhere, Missing)
    assert nowhere.reason == "unavailable"


def test_a_list_they_do_not_share_is_missing() -> None:
    merged = merge(change(healthy(), SECOND + "nodes", lambda found: found[:1]).nodes)
    assert isinstance(merged.nodes, Missing)


def test_one_more_property_only_costs_that_property() -> None:
    more = Property(name="Extra", value="1")
    path = SECOND + "resources.VC IP.properties"
    view = build_view(change(healthy(), path, lambda found: (*found, more)))
    assert view.vc.address == Missing(
        reason="bad_output", detail="VCNODE1 says not there, VCNODE2 says there",
        where="cluster: resource VC IP: properties Extra",
    )  # fmt: skip
    assert len(view.cluster.disagreements) == 1  # type: ignore[arg-type]


@pytest.mark.parametrize("path", ["", "resources", "groups.VC Group.state", "resources.VC IP.properties.Address.value"])
def test_what_one_node_cannot_tell_is_taken_from_the_other(path: str) -> None:
    snapshot = change(healthy(), (SECOND + path).rstrip("."), GONE)
    view = build_view(snapshot)
    assert view.vc.address == "192.0.2.50"
    assert view.cluster.owner == "VCNODE1"
    # It could be told differently there, so nobody can say that all nodes agree.
    assert isinstance(view.cluster.disagreements, Missing)


def test_a_difference_that_is_known_needs_no_complete_views() -> None:
    snapshot = change(healthy(), SECOND + "groups.VC Group.state", "failed")
    view = build_view(change(snapshot, SECOND + "resources", GONE))
    assert len(view.cluster.disagreements) == 1  # type: ignore[arg-type]


def test_interfaces_nobody_tells_hide_no_disagreement() -> None:
    view = build_view(change(healthy(), "nodes.*.cluster.interfaces", GONE))
    assert view.cluster.disagreements == ()


def test_one_view_alone_agrees_with_nobody() -> None:
    snapshot = change(healthy(), "nodes", lambda nodes: nodes[:1])
    view = build_view(change(snapshot, "nodes.*.cluster.nodes", (ClusterNode(name="VCNODE1", state="up"),)))
    assert isinstance(view.cluster.disagreements, Missing)
    assert "fewer than two" in view.cluster.disagreements.detail


def test_no_view_at_all() -> None:
    merged = merge(change(healthy(), "nodes.*.cluster", GONE).nodes)
    assert merged.resources == merged.nodes == merged.name == GONE


# Private properties had from different sources


def from_hive(*properties: Property) -> Resource:
    return msgspec.structs.replace(SERVER, properties=properties, properties_from="hive")


SERVER = msgspec.structs.replace(service("VC Server", "vpxd", "VC Name"), properties_from="wmi")


def merged_server(other: Resource) -> tuple[Resource, Merged]:
    snapshot = healthy()
    views = [msgspec.structs.replace(cluster_view(), resources=(one,)) for one in (other, SERVER)]
    nodes = [msgspec.structs.replace(n, cluster=v) for n, v in zip(snapshot.nodes, views, strict=True)]
    found = merge(nodes)
    assert not isinstance(found.resources, Missing)
    return found.resources[0], found


def test_a_property_that_only_wmi_lists_is_no_disagreement() -> None:
    resource, found = merged_server(from_hive(Property(name="ServiceName", value="vpxd")))
    assert not isinstance(resource.properties, Missing)
    assert {one.name: one.value for one in resource.properties} == {
        one.name: one.value for one in SERVER.properties  # type: ignore[union-attr]
    }  # fmt: skip
    assert found.disagreements == ()
    assert found.unseen is not None, "what that node holds is not known"


def test_a_property_that_only_the_hive_lists_does_not_count() -> None:
    extra = (*SERVER.properties, Property(name="Odd", value="x"))  # type: ignore[misc]
    resource, found = merged_server(from_hive(*extra))
    assert "Odd" not in [one.name for one in resource.properties]  # type: ignore[union-attr]
    assert found.disagreements == ()


def test_what_both_list_differently_is_a_disagreement() -> None:
    resource, found = merged_server(from_hive(Property(name="ServiceName", value="other")))
    assert [one.subject for one in found.disagreements] == ["resource VC Server: properties ServiceName: value"]
    assert isinstance(resource.properties[0].value, Missing)  # type: ignore[index]
