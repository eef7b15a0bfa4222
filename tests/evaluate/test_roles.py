"""Roles by type and parameters: what is bound, what stands for it when several could be, and what a gap leaves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.evaluate.build import (
    EVERY_NODE,
    GONE,
    change,
    front,
    group,
    healthy,
    resource,
    separate_license_group,
    service,
)
from vcaudit.evaluate.schema import ResourceVar, RuleView
from vcaudit.evaluate.view import build_view
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import Resource, Service
from vcaudit.snapshot.model import Snapshot

Edit = Callable[[tuple[Resource, ...]], tuple[Resource, ...]]
RESOURCES = EVERY_NODE + "resources"


def license_server(view: RuleView) -> ResourceVar:
    assert not isinstance(view.vc.resources, Missing)
    return next(each for each in view.vc.resources if each.role == "license")


def bound(view: RuleView) -> dict[str, str | None]:
    return {row.role: row.resource for row in view.vc.required if not isinstance(row.resource, Missing)}


def edited(edit: Edit, snapshot: Snapshot | None = None) -> RuleView:
    return build_view(change(snapshot or healthy(), RESOURCES, edit))


def without(*names: str) -> Edit:
    return lambda found: tuple(r for r in found if r.name not in names)


def plus(*more: Resource) -> Edit:
    return lambda found: (*found, *more)


def test_names_do_not_matter() -> None:
    def renamed(found: tuple[Resource, ...]) -> tuple[Resource, ...]:
        new = {r.name: f"Ressource {i}" for i, r in enumerate(found)}
        return tuple(
            change(change(r, "name", new[r.name]), "depends_on", tuple(new[d] for d in r.depends_on))  # type: ignore[union-attr]
            for r in found
        )

    view = edited(renamed)
    assert bound(view) == {
        "ip": "Ressource 3", "name": "Ressource 4", "vpxd": "Ressource 5", "web": "Ressource 6",
        "license": "Ressource 7",
    }  # fmt: skip
    assert view.vc.design == "one group"


@pytest.mark.parametrize("spelling", ["VPXD", "vpxd", "VMware VirtualCenter Server", "vpxd2", None])
def test_vpxd_is_known_by_its_service_even_when_the_name_is_wrong(spelling: str | None) -> None:
    view = build_view(change(healthy(), f"{RESOURCES}.VC Server.properties.ServiceName.value", spelling))
    assert bound(view)["vpxd"] == "VC Server"


def test_vpxd_is_known_by_its_program_under_another_service_name() -> None:
    odd = Service(
        name="vc", display_name="VC", state="Stopped", start_mode="Manual", account=None,
        path='"C:\\VMware\\vpxd.exe" -s',
    )  # fmt: skip
    snapshot = change(healthy(), "nodes.*.services", lambda found: (*found, odd))
    view = build_view(change(snapshot, f"{RESOURCES}.VC Server.properties.ServiceName.value", "vc"))
    assert bound(view)["vpxd"] == "VC Server"


def test_a_misspelt_license_server_in_its_own_group_is_still_the_license_server() -> None:
    path = f"{RESOURCES}.VC License Server.properties.ServiceName.value"
    view = build_view(change(separate_license_group(), path, "FlexLM"))
    assert bound(view)["license"] == "VC License Server"
    assert view.vc.design == "separate license group"


def test_two_vacant_roles_are_not_guessed() -> None:
    snapshot = change(healthy(), f"{RESOURCES}.VC Server.properties.ServiceName.value", "one")
    view = build_view(change(snapshot, f"{RESOURCES}.VC Web Access.properties.ServiceName.value", "two"))
    assert bound(view)["vpxd"] is None
    assert bound(view)["web"] is None
    assert bound(view)["license"] == "VC License Server"


def test_a_service_of_something_else_is_nobody() -> None:
    backup = Service(
        name="Backup", display_name="Backup", state="Running", start_mode="Manual", account=None, path="C:\\b.exe"
    )
    snapshot = change(healthy(), "nodes.*.services", lambda found: (*found, backup))
    view = edited(lambda found: (*without("VC Web Access")(found), service("Saver", "Backup")), snapshot)
    assert bound(view)["web"] is None
    assert isinstance(view.vc.groups, tuple)
    assert [o.name for o in view.vc.groups[0].others] == ["Saver"]


@pytest.mark.parametrize("role", ["web", "license"])
def test_what_is_installed_nowhere_is_not_needed(role: str) -> None:
    name = {"web": "VC Web Access", "license": "VC License Server"}[role]
    snapshot = change(healthy(), f"nodes.*.software.{role}", False)
    rows = {row.role: row for row in edited(without(name), snapshot).vc.required}
    assert rows[role].needed is False
    rows = {row.role: row for row in edited(without(name)).vc.required}
    assert rows[role].needed is True
    assert rows[role].resource is None


@pytest.mark.parametrize(
    ("extra", "name", "ip", "names", "ips"),
    [
        (front("192.0.2.9", "FILES", "VC Group", "Files"), "VC Name", "VC IP", 1, 1),
        ((resource("Old IP", "IP Address", (), Address="192.0.2.9"),), "VC Name", "VC IP", 1, 1),
    ],
)
def test_other_names_and_addresses_in_the_group_are_told_apart(
    extra: tuple[Resource, ...], name: str, ip: str, names: int, ips: int
) -> None:
    view = edited(lambda found: (*extra, *found))
    rows = {row.role: row for row in view.vc.required}
    assert (rows["name"].resource, rows["ip"].resource) == (name, ip)
    assert [len(rows[r].candidates) for r in ("name", "ip")] == [names, ips]  # type: ignore[arg-type]


def test_a_second_address_that_vpxd_depends_on_is_a_second_candidate() -> None:
    snapshot = change(healthy(), f"{RESOURCES}.VC Server.depends_on", ("VC Name", "A IP"))
    view = edited(plus(resource("A IP", "IP Address", (), Address="192.0.2.9")), snapshot)
    row = next(row for row in view.vc.required if row.role == "ip")
    assert row.resource == "VC IP"
    assert sorted(row.candidates) == ["A IP", "VC IP"]  # type: ignore[arg-type]


def test_of_two_vpxd_the_one_tied_to_others_stands_for_both() -> None:
    view = edited(plus(service("A spare", "vpxd", group="Cluster Group")))
    row = next(row for row in view.vc.required if row.role == "vpxd")
    assert row.resource == "VC Server"
    assert row.candidates == ("VC Server", "A spare")


def test_the_cluster_group_can_hold_it_all() -> None:
    view = edited(lambda found: tuple(change(r, "group", "Cluster Group") for r in found))
    assert (bound(view)["name"], bound(view)["ip"], view.vc.design) == ("VC Name", "VC IP", "one group")


@pytest.mark.parametrize(
    ("gone", "group_name"),
    [
        (("VC Server",), "VC Group"),
        (("VC Server", "VC Web Access"), "VC Group"),
        (("VC Server", "VC Web Access", "VC License Server"), "VC Group"),
        (("VC IP", "VC Name", "VC Server", "VC Web Access", "VC License Server"), None),
    ],
)
def test_without_vpxd_the_group_is_found_by_what_is_left(gone: tuple[str, ...], group_name: str | None) -> None:
    view = edited(without(*gone))
    assert isinstance(view.vc.groups, tuple)
    assert [g.name for g in view.vc.groups] == ([group_name] if group_name else [])
    assert {role for role, name in bound(view).items() if name is None} >= {"vpxd"}


def test_design_g() -> None:
    view = build_view(separate_license_group())
    assert view.vc.design == "separate license group"
    assert bound(view)["license_ip"] == "LS IP"
    assert bound(view)["license_name"] == "LS Name"
    assert isinstance(view.vc.groups, tuple)
    assert [(g.name, g.owner) for g in view.vc.groups] == [("VC Group", "VCNODE1"), ("LS Group", "VCNODE2")]
    assert isinstance(view.vc.resources, tuple)
    license_server = next(r for r in view.vc.resources if r.role == "license")
    assert (license_server.required_on, license_server.owner) == (("LS Name",), "VCNODE2")


@pytest.mark.parametrize(
    ("path", "value", "scattered"),
    [
        ("VC Web Access.group", "Cluster Group", ("VC Web Access",)),
        ("VC Name.group", "Cluster Group", ("VC Name",)),
        # The cluster's own name and address are not the license server's own.
        ("VC License Server.group", "Cluster Group", ("VC License Server",)),
    ],
)
def test_scattered(path: str, value: str, scattered: tuple[str, ...]) -> None:
    vc = build_view(change(healthy(), f"{RESOURCES}.{path}", value)).vc
    assert (vc.design, vc.scattered) == ("scattered", scattered)


def test_a_license_group_without_a_name_of_its_own_is_scattered() -> None:
    view = edited(without("LS Name"), separate_license_group())
    assert (view.vc.design, view.vc.scattered) == ("scattered", ("VC License Server",))
    server = license_server(view)
    assert (server.required_on, server.extra_dependencies) == (("(no Network Name)",), ())
    assert bound(view)["license_ip"] == "LS IP"


def test_a_license_group_without_an_address_of_its_own_keeps_its_name() -> None:
    view = edited(without("LS IP"), separate_license_group())
    assert (view.vc.design, view.vc.scattered) == ("scattered", ("VC License Server",))
    server = license_server(view)
    assert (server.required_on, server.missing_dependencies, server.extra_dependencies) == (("LS Name",), (), ())


@pytest.mark.parametrize(
    "path",
    ["", ".VC Server.type", ".Disk Q:.type", ".Disk Q:.group", ".VC Server.properties",
     ".VC Server.properties.ServiceName.value", ".VC License Server.properties"],
)  # fmt: skip
def test_what_could_be_anything_leaves_all_roles_unknown(path: str) -> None:
    view = build_view(change(healthy(), RESOURCES + path, GONE))
    assert [row.role for row in view.vc.required] == ["ip", "name", "vpxd", "web", "license"]
    for value in (view.vc.resources, view.vc.groups, view.vc.design, view.cluster.owner, view.vc.services):
        assert value == GONE
    assert all(row.resource == GONE for row in view.vc.required)


@pytest.mark.parametrize("path", ["VC IP.properties", "VC Server.depends_on", "VC Server.state"])
def test_what_cannot_be_mistaken_leaves_the_roles_known(path: str) -> None:
    assert bound(build_view(change(healthy(), f"{RESOURCES}.{path}", GONE)))["vpxd"] == "VC Server"


def test_an_unknown_dependency_matters_where_there_is_a_choice() -> None:
    snapshot = change(healthy(), RESOURCES, plus(*front("192.0.2.9", "FILES", "VC Group", "Files")))
    view = build_view(change(snapshot, f"{RESOURCES}.VC Server.depends_on", GONE))
    rows: dict[str, Any] = {row.role: row.resource for row in view.vc.required}
    assert rows["name"] == GONE
    assert rows["vpxd"] == "VC Server"


def test_a_node_that_does_not_answer_leaves_known_services_known() -> None:
    snapshot = change(healthy(), "nodes.VCNODE2.services", GONE)
    assert bound(build_view(snapshot))["vpxd"] == "VC Server"
    misspelt = change(snapshot, f"{RESOURCES}.VC Server.properties.ServiceName.value", "vpxd2")
    assert build_view(misspelt).vc.resources == GONE


def test_an_owner_of_no_group() -> None:
    view = build_view(change(healthy(), EVERY_NODE + "groups", (group("Cluster Group"),)))
    assert view.cluster.owner is None
