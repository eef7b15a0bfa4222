"""Targets that would compare a node with itself, or two clusters with each other, are refused; doubt is not."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from vcaudit.errors import TargetError
from vcaudit.evaluate.targets import check_targets
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import ClusterNode, Resolution
from vcaudit.snapshot.model import Auditor, Declared, NodeSnapshot, Snapshot

from . import nodes

UNSEEN = Missing(reason="access_denied")


def seen() -> Snapshot:
    return nodes.snapshot(nodes.captures("quorum-disk-2003"))


def change(snapshot: Snapshot, which: int, **fields: Any) -> Snapshot:
    """The snapshot with fields of one node's host, cluster or provenance changed; `_name` is the target's own."""
    node: NodeSnapshot = snapshot.nodes[which]
    for name, value in fields.items():
        part, _, field = name.partition("__")
        whole = msgspec.structs.replace(getattr(node, part), **{field: value}) if field else value
        node = msgspec.structs.replace(node, **{part: whole})
    every = tuple(node if index == which else other for index, other in enumerate(snapshot.nodes))
    return msgspec.structs.replace(snapshot, nodes=every)


def refused(snapshot: Snapshot) -> str:
    with pytest.raises(TargetError) as caught:
        check_targets(snapshot)
    return str(caught.value)


@pytest.mark.parametrize("name", ["quorum-disk-2003", "german-2003", "three-nodes-2008", "license-group-2003"])
def test_healthy_clusters_pass(name: str) -> None:
    check_targets(nodes.snapshot(nodes.captures(name)))


def test_the_same_machine_twice_says_what_each_said_and_what_to_write() -> None:
    text = refused(nodes.snapshot((nodes.captures("quorum-disk-2003")[0],) * 2))
    assert "are the same machine, VCNODE1" in text
    assert text.count("computer VCNODE1, cluster VCCLUSTER 3f2504e0") == 2
    assert "nodes: {VCNODE1: 192.0.2.11, VCNODE2: 192.0.2.12}" in text
    assert "cluster vc-prod" in text


@pytest.mark.parametrize(
    "address", ["192.0.2.50:5985", "VCVIRTUAL:5985", "vcvirtual.corp.example:5986", "192.0.2.40", "vccluster"]
)
def test_a_virtual_server_is_no_node(address: str) -> None:
    assert "is the virtual server" in refused(change(seen(), 1, provenance__address=address))


def test_the_virtual_server_is_known_from_the_inventory_and_from_its_name() -> None:
    blind = change(change(seen(), 0, cluster__resources=UNSEEN), 1, cluster__resources=UNSEEN)
    for declared, address in (
        (Declared(nodes=(), virtual_address="198.51.100.7"), "198.51.100.7:5985"),
        (Declared(nodes=(), network_name="vc.example"), "vc.example:5985"),
    ):
        told = msgspec.structs.replace(blind, declared=declared)
        assert "is the virtual server" in refused(change(told, 0, provenance__address=address))
    names = (Resolution(name="vc.example", addresses=("198.51.100.9",)),)
    auditor = Auditor(version="0", names=names, resolver="system")
    told = msgspec.structs.replace(blind, auditor=auditor, declared=Declared(nodes=(), network_name="vc.example"))
    assert "is the virtual server" in refused(change(told, 0, provenance__address="198.51.100.9:5985"))


def test_members_of_two_clusters() -> None:
    text = refused(change(seen(), 1, cluster__identity="ffffffff-0000"))
    assert "are members of two clusters: 3f2504e0-4f89-11d3-9a0c-0305e82c3301 and ffffffff-0000" in text
    other = change(change(seen(), 0, cluster__identity=None), 1, cluster__name="ELSEWHERE")
    assert "two clusters: VCCLUSTER and ELSEWHERE" in refused(other)


def test_a_renamed_cluster_is_still_one() -> None:
    check_targets(change(seen(), 1, cluster__name="NEWNAME"))


def test_a_machine_that_the_others_do_not_know() -> None:
    stranger = change(seen(), 1, host__computer_name="FILESRV", cluster=UNSEEN)
    assert "answered as FILESRV, no member of the cluster of VCNODE1 (VCNODE1, VCNODE2)" in refused(stranger)


def test_a_target_with_the_name_of_another_member() -> None:
    swapped = change(change(seen(), 0, name="VCNODE2.corp.example"), 1, name="VCNODE1")
    assert "its address is that of another node" in refused(swapped)
    check_targets(change(seen(), 0, name="left-hand-node"))


def test_what_is_missing_proves_nothing() -> None:
    blind = seen()
    for which in (0, 1):
        blind = change(blind, which, cluster=UNSEEN, host__computer_name=UNSEEN)
    check_targets(blind)
    check_targets(change(seen(), 1, host=UNSEEN, cluster=UNSEEN))
    check_targets(change(seen(), 1, cluster__nodes=UNSEEN, cluster__name=UNSEEN, cluster__identity=UNSEEN))
    dead = nodes.capture(b"", "VCNODE2", failure=Missing(reason="unreachable"))
    check_targets(nodes.snapshot((nodes.captures("quorum-disk-2003")[0], dead)))


def test_names_of_computers_ignore_case() -> None:
    lower = tuple(ClusterNode(name=name, state="up") for name in ("vcnode1", "vcnode2"))
    check_targets(change(seen(), 0, cluster__nodes=lower))
    assert "the same machine" in refused(change(seen(), 1, host__computer_name="vcnode1"))
