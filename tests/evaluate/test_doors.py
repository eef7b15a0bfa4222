"""Which ports `--probe` tries: stated in the inventory, told by the nodes, or guessed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.evaluate.build import ADDRESS, EVERY_NODE, GONE, change, healthy, separate_license_group
from vcaudit.evaluate.doors import doors
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import Door, RegistryValue
from vcaudit.snapshot.model import Snapshot

ROOT = "registry.native.keys.@0.values"


def told(snapshot: Snapshot, **ports: tuple[int, ...]) -> list[tuple[str, Any, int]]:
    return [(each.role, each.address, each.port) for each in doors(snapshot, ports)]


def of(snapshot: Snapshot, role: str, **ports: tuple[int, ...]) -> list[Door]:
    return [each for each in doors(snapshot, ports) if each.role == role]


def with_ports(snapshot: Snapshot, node: str, **ports: Any) -> Snapshot:
    values = tuple(RegistryValue(name=name, type="REG_DWORD", data=data) for name, data in ports.items())
    return change(snapshot, f"nodes.{node}.{ROOT}", lambda old: (*old, *values))  # type: ignore[no-any-return]


def without(snapshot: Snapshot, *names: str) -> Snapshot:
    return change(  # type: ignore[no-any-return]
        snapshot, EVERY_NODE + "resources", lambda found: tuple(r for r in found if r.name not in names)
    )


def test_the_usual_ports_of_all_three() -> None:
    assert told(healthy()) == [
        ("vpxd", ADDRESS, 443), ("vpxd", ADDRESS, 902), ("web", ADDRESS, 80), ("web", ADDRESS, 443),
        ("license", ADDRESS, 27000),
    ]  # fmt: skip
    assert all(each.expected is True for each in doors(healthy(), {}))


def test_tls_is_spoken_at_https_ports_only() -> None:
    assert [each.port for each in doors(healthy(), {}) if each.tls] == [443, 443]
    moved = with_ports(healthy(), "VCNODE1", HttpsPort=8443)
    assert [each.port for each in doors(moved, {}) if each.tls] == [8443, 8443]
    assert not any(each.tls for each in of(healthy(), "license", license=(443,)))


def test_the_license_server_of_design_g_is_at_its_own_address() -> None:
    assert told(separate_license_group())[-1] == ("license", "192.0.2.60", 27000)


def test_a_part_that_is_installed_nowhere_is_not_tried() -> None:
    snapshot = without(healthy(), "VC Web Access")
    for name in ("web", "services"):
        path = "software.web" if name == "web" else "services"
        value: Any = False if name == "web" else lambda found: tuple(s for s in found if s.name != "webAccess")
        snapshot = change(snapshot, f"nodes.*.{path}", value)
    assert {role for role, _, _ in told(snapshot)} == {"vpxd", "license"}


def test_ports_of_the_registry_before_the_usual_ones() -> None:
    snapshot = with_ports(healthy(), "VCNODE1", HttpsPort=8443, HttpPort=8080)
    assert [port for role, _, port in told(snapshot) if role != "license"] == [8443, 902, 8080, 8443]
    assert of(snapshot, "vpxd")[0].told_by == "registry of VCNODE1, HttpsPort"


def test_the_node_that_holds_the_group_is_asked_first() -> None:
    snapshot = with_ports(with_ports(healthy(), "VCNODE1", HttpsPort=1111), "VCNODE2", HttpsPort=2222)
    assert of(snapshot, "vpxd")[0].port == 1111
    moved = change(snapshot, EVERY_NODE + "groups.VC Group.owner", "vcnode2")
    assert of(moved, "vpxd")[0].port == 2222


@pytest.mark.parametrize("data", ["8443", 0, 70000, None])
def test_a_value_that_is_no_port_says_nothing(data: Any) -> None:
    assert of(with_ports(healthy(), "VCNODE1", HttpsPort=data), "vpxd")[0].port == 443


def test_a_registry_that_could_not_be_read_leaves_the_port_uncertain() -> None:
    first = of(change(healthy(), "nodes.VCNODE1.registry", GONE), "vpxd")[0]
    assert (first.port, first.expected) == (443, GONE)
    # The other node has the same (F5), so its word is enough.
    told_there = with_ports(change(healthy(), "nodes.VCNODE1.registry", GONE), "VCNODE2", HttpsPort=8443)
    assert (of(told_there, "vpxd")[0].port, of(told_there, "vpxd")[0].expected) == (8443, True)


@pytest.mark.parametrize("version", ["2.5.0", "2.5.1", "3.0.0"])
def test_902_is_the_vi_clients_before_2_5(version: str) -> None:
    snapshot = change(healthy(), "nodes.*.software.vpxd.version", version)
    assert [each.port for each in of(snapshot, "vpxd")] == [443]


def test_902_is_uncertain_where_no_version_is_known() -> None:
    snapshot = change(healthy(), "nodes.*.software.vpxd.version", GONE)
    assert [(each.port, each.expected) for each in of(snapshot, "vpxd")] == [(443, True), (902, GONE)]
    one = change(healthy(), "nodes.VCNODE1.software.vpxd.version", GONE)
    assert [each.expected for each in of(one, "vpxd")] == [True, True]


def test_the_port_of_the_server_line_then_of_the_license_source_then_the_usual_one() -> None:
    path = "files.licenses.parsed.@0.servers.@0.port"
    line = change(healthy(), "nodes.VCNODE1." + path, 27005)
    line = change(line, "nodes.VCNODE1.software.license_sources.@0.value", "27005@vcvirtual")
    assert [(each.port, each.told_by) for each in of(line, "license")] == [(27005, "SERVER line of VCNODE1")]
    none = change(healthy(), "nodes.*." + path, None)
    source = change(none, "nodes.*.software.license_sources.@0.value", "27009@vcvirtual")
    assert [(each.port, each.told_by) for each in of(source, "license")] == [(27009, "license source of VCNODE1")]
    stated = change(source, "declared.license_server", "27010@vcvirtual")
    assert [(each.port, each.told_by) for each in of(stated, "license")] == [(27010, "inventory, license_server")]
    nothing = change(none, "nodes.*.software.license_sources", ())
    assert [(each.port, each.told_by) for each in of(nothing, "license")] == [(27000, "default")]


def test_the_license_server_is_tried_where_virtualcenter_asks_as_well() -> None:
    moved = change(healthy(), "nodes.*.files.licenses.parsed.@0.servers.@0.port", 27005)
    assert [(each.port, each.told_by, each.expected) for each in of(moved, "license")] == [
        (27005, "SERVER line of VCNODE1", True), (27000, "license source of VCNODE1", True),
    ]  # fmt: skip
    # Nothing but what is known to be wrong, and nothing of a node that does not run VirtualCenter.
    standby = change(healthy(), "nodes.VCNODE2.software.license_sources.@0.value", "27009@localhost")
    elsewhere = change(moved, "nodes.*.software.license_sources.@0.value", "27000@licenses")
    assert [[each.port for each in of(each, "license")] for each in (standby, elsewhere)] == [[27000], [27005]]
    assert [each.port for each in of(moved, "license", license=(27005,))] == [27005]


def test_license_files_that_could_not_be_read_leave_the_port_uncertain() -> None:
    [found] = of(change(healthy(), "nodes.*.files.licenses", GONE), "license")
    assert (found.port, found.expected) == (27000, GONE)


def test_what_the_inventory_states_is_certain() -> None:
    snapshot = change(change(healthy(), "nodes.*.registry", GONE), "nodes.*.files", GONE)
    found = doors(snapshot, {"vpxd": (8443,), "web": (8080,), "license": (27005,)})
    assert [(each.port, each.told_by, each.expected) for each in found] == [
        (8443, "inventory", True), (8080, "inventory", True), (27005, "inventory", True),
    ]  # fmt: skip


def test_without_the_resources_the_declared_address_is_tried() -> None:
    found = doors(change(healthy(), "nodes.*.cluster", GONE), {})
    assert {each.address for each in found} == {ADDRESS}
    sure = {(each.role, each.port): each.expected for each in found}
    assert sure["vpxd", 443] is True
    # Whether they are installed, and in which group, nobody knows.
    assert isinstance(sure["web", 80], Missing)
    assert isinstance(sure["license", 27000], Missing)


def test_without_any_address_nothing_can_be_tried() -> None:
    blind = change(change(healthy(), "nodes.*.cluster", GONE), "declared.virtual_address", None)
    assert {each.address for each in doors(blind, {})} == {GONE}
    bare = change(without(healthy(), "VC IP"), "declared.virtual_address", None)
    assert all(isinstance(each.address, Missing) for each in doors(bare, {}))


def test_the_resources_address_counts_before_the_declared_one() -> None:
    snapshot = change(healthy(), "declared.virtual_address", "192.0.2.99")
    assert {each.address for each in doors(snapshot, {})} == {ADDRESS}
