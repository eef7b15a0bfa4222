"""Clustered services on each node, names as they resolve, and the nodes' own addresses."""

from __future__ import annotations

import pytest

from tests.evaluate.build import EVERY_NODE, GONE, change, healthy, separate_license_group
from vcaudit.evaluate.schema import ServiceCopy
from vcaudit.evaluate.view import build_view
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import Interface
from vcaudit.snapshot.model import Snapshot


def services(snapshot: Snapshot) -> dict[tuple[str, str], ServiceCopy]:
    found = build_view(snapshot).vc.services
    assert not isinstance(found, Missing)
    return {(s.role, s.node): s for s in found}


def test_each_bound_service_on_each_node() -> None:
    found = services(healthy())
    assert len(found) == 6
    vpxd = found["vpxd", "VCNODE1"]
    assert (vpxd.resource, vpxd.service, vpxd.owner, vpxd.exists, vpxd.running) == (
        "VC Server", "vpxd", True, True, True,
    )  # fmt: skip
    assert (found["vpxd", "VCNODE2"].owner, found["vpxd", "VCNODE2"].running) == (False, False)


@pytest.mark.parametrize("state", ["Start Pending", "Stop Pending", "Paused", "Stopped"])
def test_only_running_is_running_and_only_stopped_is_stopped(state: str) -> None:
    found = services(change(healthy(), "nodes.VCNODE2.services.vpxd.state", state))["vpxd", "VCNODE2"]
    assert (found.running, found.stopped, found.state) == (False, state == "Stopped", state)


def test_a_service_that_is_not_there_and_one_that_was_not_looked_at() -> None:
    snapshot = change(healthy(), "nodes.VCNODE2.services", lambda found: found[1:])
    gone = services(snapshot)["vpxd", "VCNODE2"]
    assert (gone.exists, gone.state, gone.running, gone.start_mode) == (False, None, False, None)
    unseen = services(change(snapshot, "nodes.VCNODE2.services", GONE))["vpxd", "VCNODE2"]
    assert (unseen.exists, unseen.running, unseen.start_mode) == (GONE, GONE, GONE)


def test_a_misspelt_service_is_looked_up_by_what_it_is_meant_to_be() -> None:
    path = EVERY_NODE + "resources.VC Server.properties.ServiceName.value"
    found = services(change(healthy(), path, "vpxd2"))["vpxd", "VCNODE1"]
    assert (found.service, found.exists) == ("vpxd2", True)


def test_each_group_has_its_own_owner() -> None:
    found = services(separate_license_group())
    assert [n for (role, n), s in found.items() if s.owner and role == "license"] == ["VCNODE2"]
    assert [n for (role, n), s in found.items() if s.owner and role == "vpxd"] == ["VCNODE1"]


def test_names_are_looked_up_with_the_address_of_their_group() -> None:
    lookups = build_view(separate_license_group()).vc.lookups
    assert not isinstance(lookups, Missing)
    assert {(x.name, x.node, x.address, x.addresses) for x in lookups} == {
        (name, node, address, (address,))
        for name, address in (("VCVIRTUAL", "192.0.2.50"), ("LSVIRTUAL", "192.0.2.60"))
        for node in ("VCNODE1", "VCNODE2")
    }


@pytest.mark.parametrize(
    ("path", "value", "addresses"),
    [
        ("nodes.VCNODE2.names.@0.name", "vcvirtual", ("192.0.2.50",)),
        ("nodes.VCNODE2.names.@0.addresses", (), ()),
        ("nodes.VCNODE2.names.@0.addresses", GONE, GONE),
        ("nodes.VCNODE2.names", GONE, GONE),
    ],
)
def test_a_name_as_one_node_resolves_it(path: str, value: object, addresses: object) -> None:
    lookups = build_view(change(healthy(), path, value)).vc.lookups
    assert not isinstance(lookups, Missing)
    assert lookups[1].addresses == addresses


def test_a_name_that_was_not_asked_for_is_not_one_without_address() -> None:
    lookups = build_view(change(healthy(), "auditor.names", ())).vc.auditor_lookups
    assert not isinstance(lookups, Missing)
    (lookup,) = lookups
    assert lookup.node is None
    assert isinstance(lookup.addresses, Missing)


def test_node_addresses_are_without_virtual_and_loopback_ones() -> None:
    addresses = build_view(healthy()).vc.node_addresses
    assert not isinstance(addresses, Missing)
    assert [(a.node, a.address) for a in addresses] == [("VCNODE1", "192.0.2.11"), ("VCNODE2", "192.0.2.12")]


def test_a_virtual_address_that_is_also_a_nodes_own_stays() -> None:
    doubled = (Interface(node="VCNODE1", network="Public", address="192.0.2.50"),)
    addresses = build_view(change(healthy(), EVERY_NODE + "interfaces", doubled)).vc.node_addresses
    assert not isinstance(addresses, Missing)
    assert ("VCNODE1", "192.0.2.50") in [(a.node, a.address) for a in addresses]


def test_the_address_that_the_owner_declares_is_no_nodes_own_until_the_cluster_says_so() -> None:
    # The resource's address was changed, and it did not come online anew: the old one is still up.
    stale = change(healthy(), EVERY_NODE + "resources.VC IP.properties.Address.value", "192.0.2.51")
    addresses = build_view(stale).vc.node_addresses
    assert not isinstance(addresses, Missing)
    assert "192.0.2.50" not in [a.address for a in addresses]
    assert build_view(change(stale, EVERY_NODE + "interfaces", GONE)).vc.node_addresses == GONE


@pytest.mark.parametrize(
    "path", ["nodes.VCNODE2.host", "nodes.VCNODE2.host.addresses", EVERY_NODE + "resources",
             EVERY_NODE + "resources.Cluster IP.properties"],
)  # fmt: skip
def test_node_addresses_are_whole_or_missing(path: str) -> None:
    assert build_view(change(healthy(), path, GONE)).vc.node_addresses == GONE
