"""Addresses of the nodes themselves, told from virtual ones, also where the IP Address resource was changed (E4)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.evaluate.build import ADDRESS, EVERY_NODE, GONE, change, healthy
from vcaudit.evaluate.view import build_view
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import Interface
from vcaudit.snapshot.model import Snapshot

RESOURCE = EVERY_NODE + "resources.VC IP."
OWN = ("192.0.2.11", ADDRESS, "127.0.0.1")
STALE: tuple[str, Any] = (RESOURCE + "properties.Address.value", "192.0.2.51")
"""The resource has another address now; it did not come online anew, so the one before is still up."""
UNDECLARED: tuple[str, Any] = ("declared.virtual_address", None)


def changed(*changes: tuple[str, Any]) -> Snapshot:
    snapshot = healthy()
    for path, value in changes:
        snapshot = change(snapshot, path, value)
    return snapshot


def own(*changes: tuple[str, Any]) -> list[str] | str:
    """Those of VCNODE1, or the reason why they are not known."""
    found = build_view(changed(*changes)).vc.node_addresses
    return found.reason if isinstance(found, Missing) else [a.address for a in found if a.node == "VCNODE1"]


@pytest.mark.parametrize("declared", [(), (UNDECLARED,)])
def test_the_address_that_a_resource_had_before_is_no_nodes_own(declared: tuple[tuple[str, Any], ...]) -> None:
    assert own(STALE, *declared) == ["192.0.2.11"]


@pytest.mark.parametrize(
    "more",
    [
        (RESOURCE + "state", "offline"),
        (EVERY_NODE + "groups.VC Group.owner", "VCNODE2"),
        ("nodes.VCNODE1.host.addresses", (*OWN, "192.0.2.51")),
        (EVERY_NODE + "interfaces", (Interface(node="VCNODE1", network="Public", address=ADDRESS),)),
    ],
)  # fmt: skip
def test_where_no_resource_explains_it_an_address_is_the_nodes_own(more: tuple[str, Any]) -> None:
    # The cluster's own address is on no adapter of these nodes, so it is not online anywhere either.
    offline = (EVERY_NODE + "resources.Cluster IP.state", "offline")
    found = own(STALE, UNDECLARED, offline, more)
    assert ADDRESS in found


def test_an_address_on_another_network_is_the_nodes_own() -> None:
    assert own(STALE, UNDECLARED, ("nodes.VCNODE1.host.addresses", (*OWN, "10.9.8.7"))) == ["192.0.2.11", "10.9.8.7"]


def test_what_cannot_be_told_apart_is_unknown() -> None:
    several = ("nodes.VCNODE1.host.addresses", (*OWN, "192.0.2.98", "192.0.2.99"))
    assert own(STALE, UNDECLARED, several) == "not_found"
    unmasked = (RESOURCE + "properties.SubnetMask.value", None)
    alien = ("nodes.VCNODE1.host.addresses", (*OWN, "10.9.8.7", "10.9.8.8"))
    assert own(STALE, UNDECLARED, unmasked, alien) == "not_found"


@pytest.mark.parametrize("gap", [RESOURCE + "state", EVERY_NODE + "groups", EVERY_NODE + "interfaces"])
def test_a_gap_leaves_it_open(gap: str) -> None:
    assert own(STALE, UNDECLARED, (gap, GONE)) == GONE.reason


def test_without_the_interfaces_an_address_alone_on_its_network_is_the_nodes_own() -> None:
    assert own((EVERY_NODE + "interfaces", GONE)) == ["192.0.2.11"]
