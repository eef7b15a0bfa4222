"""Bound resources joined with what Table 4 asks: monitors, dependencies, owners, parameters."""

from __future__ import annotations

from typing import Any

import pytest

from tests.evaluate.build import EVERY_NODE, GONE, change, healthy, separate_license_group
from vcaudit.evaluate.schema import ResourceVar
from vcaudit.evaluate.view import build_view
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.model import Snapshot

RESOURCES = EVERY_NODE + "resources."


def found(snapshot: Snapshot, role: str) -> ResourceVar:
    resources = build_view(snapshot).vc.resources
    assert not isinstance(resources, Missing)
    return next(r for r in resources if r.role == role)


def shared(*changes: tuple[str, Any]) -> Snapshot:
    """VC Web Access and VC Name in one monitor process, and more."""
    snapshot = change(healthy(), RESOURCES + "VC Web Access.monitor_process", 7)
    snapshot = change(snapshot, RESOURCES + "VC Name.monitor_process", 7)
    for path, value in changes:
        snapshot = change(snapshot, path, value)
    return snapshot


@pytest.mark.parametrize(
    ("changes", "separate", "sharing"),
    [
        ([], False, ("VC Name",)),
        ([(RESOURCES + "VC Name.state", "offline")], True, ()),
        ([(RESOURCES + "VC Name.monitor_process", None)], True, ()),
        ([(RESOURCES + "*.monitor_process", None)], True, ()),
        ([(RESOURCES + "*.monitor_process", 0)], True, ()),
        ([(RESOURCES + "VC Name.group", "Cluster Group"), (EVERY_NODE + "groups.Cluster Group.owner", "VCNODE2")],
         True, ()),
        ([(RESOURCES + "VC Web Access.separate_monitor", False)], False, ("VC Name",)),
        ([(RESOURCES + "VC Name.state", GONE)], GONE, GONE),
        ([(RESOURCES + "VC Name.monitor_process", GONE)], GONE, GONE),
        ([(RESOURCES + "VC Web Access.separate_monitor", GONE)], False, ("VC Name",)),
        ([(RESOURCES + "VC Name.monitor_process", 8), (RESOURCES + "VC Web Access.separate_monitor", GONE)], GONE, ()),
        ([(RESOURCES + "VC Name.state", GONE), (RESOURCES + "VC Web Access.separate_monitor", False)], False, GONE),
    ],
)  # fmt: skip
def test_separate_monitors(changes: list[tuple[str, Any]], separate: object, sharing: object) -> None:
    web = found(shared(*changes), "web")
    assert web.separate == separate
    assert web.shares_monitor_with == sharing


@pytest.mark.parametrize(
    ("role", "name", "depends_on", "missing", "extra", "variant"),
    [
        ("ip", "VC IP", (), (), (), False),
        ("ip", "VC IP", ("Disk Q:",), (), ("Disk Q:",), False),
        ("name", "VC Name", (), ("VC IP",), (), False),
        ("vpxd", "VC Server", ("vc name",), (), (), False),
        ("vpxd", "VC Server", ("VC IP",), ("VC Name",), ("VC IP",), False),
        ("license", "VC License Server", ("VC Server",), ("VC Name",), ("VC Server",), True),
        ("license", "VC License Server", ("VC Server", "VC Name"), (), ("VC Server",), True),
        ("license", "VC License Server", ("VC Server", "deleted"), ("VC Name",), ("VC Server",), True),
        ("license", "VC License Server", ("VC Server", "VC IP"), ("VC Name",), ("VC Server", "VC IP"), False),
        ("license", "VC License Server", ("VC Server", "VC Name", "VC IP"), (), ("VC Server", "VC IP"), False),
        ("web", "VC Web Access", ("VC Server", "VC Name"), (), ("VC Name",), False),
        ("web", "VC Web Access", ("VC Name",), ("VC Server",), ("VC Name",), False),
    ],
)
def test_dependencies_against_table_4(
    role: str, name: str, depends_on: tuple[str, ...], missing: object, extra: object, variant: bool
) -> None:
    resource = found(change(healthy(), f"{RESOURCES}{name}.depends_on", depends_on), role)
    assert (resource.missing_dependencies, resource.extra_dependencies, resource.text_variant) == (
        missing, extra, variant,
    )  # fmt: skip


def test_a_role_that_nothing_fills_stands_in_words() -> None:
    snapshot = change(healthy(), EVERY_NODE + "resources", lambda rs: tuple(r for r in rs if r.name != "VC Name"))
    assert found(snapshot, "vpxd").required_on == ("(no Network Name)",)


@pytest.mark.parametrize(
    ("name", "key", "value", "field", "seen"),
    [
        ("VC IP", "Address", " 192.0.2.50 ", "address", "192.0.2.50"),
        ("VC IP", "Address", "", "address", None),
        ("VC IP", "SubnetMask", GONE, "netmask", GONE),
        ("VC IP", "EnableNetBIOS", 0, "netbios", False),
        ("VC IP", "EnableNetBIOS", True, "netbios", True),
        ("VC IP", "EnableNetBIOS", "1", "netbios", True),
        ("VC Name", "Name", None, "network_name", None),
        ("VC Server", "ServiceName", "VPXD", "service_key", "vpxd"),
        ("VC Server", "StartupParameters", None, "start_parameters", ""),
        ("VC Server", "StartupParameters", "-v", "start_parameters", "-v"),
        ("VC Server", "UseNetworkName", False, "use_network_name", False),
    ],
)
def test_parameters(name: str, key: str, value: object, field: str, seen: object) -> None:
    role = {"VC IP": "ip", "VC Name": "name", "VC Server": "vpxd"}[name]
    resource = found(change(healthy(), f"{RESOURCES}{name}.properties.{key}.value", value), role)
    assert getattr(resource, field) == seen


def test_an_absent_netbios_switch_decides_nothing() -> None:
    path = f"{RESOURCES}VC IP.properties"
    netbios = found(change(healthy(), path, lambda properties: properties[:2]), "ip").netbios
    assert isinstance(netbios, Missing)
    assert netbios.reason == "not_found"


@pytest.mark.parametrize(
    ("declared", "fits"),
    [("vcvirtual", True), ("vcvirtual.corp.example", True), ("VCOTHER", False), ("vcvirtual2", False), (None, None)],
)
def test_the_declared_name_may_be_bare_or_full(declared: str | None, fits: bool | None) -> None:
    resource = found(change(healthy(), "declared.network_name", declared), "name")
    assert resource.network_name_as_declared is fits


def test_every_resource_is_paired_with_every_member() -> None:
    snapshot = change(healthy(), RESOURCES + "VC License Server.possible_owners", ("vcnode1",))
    pairs = build_view(snapshot).vc.owner_pairs
    assert not isinstance(pairs, Missing)
    assert len(pairs) == 10
    assert [(p.resource, p.node) for p in pairs if not p.possible] == [("VC License Server", "VCNODE2")]
    assert build_view(change(healthy(), EVERY_NODE + "nodes", GONE)).vc.owner_pairs == GONE


def test_groups_are_told_with_what_else_they_hold() -> None:
    snapshot = change(separate_license_group(), EVERY_NODE + "groups.VC Group.preferred_owners", ("VCNODE1",))
    snapshot = change(snapshot, RESOURCES + "Disk Q:.group", "VC Group")
    groups = build_view(snapshot).vc.groups
    assert not isinstance(groups, Missing)
    assert [(g.preferred_owners, g.roles, [o.name for o in g.others]) for g in groups] == [
        (("VCNODE1",), ("ip", "name", "vpxd", "web"), ["Disk Q:"]),
        ((), ("license", "license_ip", "license_name"), []),
    ]
