"""Licences that are usable on every node (F9)."""

from __future__ import annotations

import pytest

from tests.evaluate.build import EVERY_NODE, GONE, change, front, healthy, separate_license_group
from vcaudit.evaluate.schema import LicenseServerView, LicenseSourceView
from vcaudit.evaluate.view import build_view
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import LicenseServerLine, LicenseSource
from vcaudit.snapshot.model import Snapshot

LINES = "nodes.*.files.licenses.parsed.@0.servers"
SOURCES = "nodes.*.software.license_sources"


def servers(snapshot: Snapshot) -> LicenseServerView:
    found = build_view(snapshot).vc.license_servers
    assert not isinstance(found, Missing)
    return found[1]


def source(snapshot: Snapshot) -> LicenseSourceView:
    found = build_view(snapshot).vc.license_sources
    assert not isinstance(found, Missing)
    return found[1]


def line(host: str = "this_host", host_id: str = "ANY") -> tuple[LicenseServerLine, ...]:
    return (LicenseServerLine(host=host, host_id=host_id, port=27000),)


@pytest.mark.parametrize(
    ("host", "fits"),
    [
        ("this_host", True), ("localhost", True), ("VCVIRTUAL", True), ("vcvirtual.corp.example", True),
        ("192.0.2.50", True), ("VCNODE1", False), ("192.0.2.11", False), ("elsewhere", False),
    ],
)  # fmt: skip
def test_hosts_of_server_lines(host: str, fits: bool) -> None:
    found = servers(change(healthy(), LINES, line(host)))
    assert found.hosts_fit is fits
    assert found.lines == (f"vc.lic: SERVER {host} ANY",)
    assert found.other_hosts == (() if fits else found.lines)


@pytest.mark.parametrize(
    ("host_id", "fits"),
    [
        ("any", True), ("DEMO", True), ("005056000001", False), ('"005056000001 005056000002"', True),
        ("00-50-56-00-00-09", False), ("HOSTNAME=vcvirtual", True), ("HOSTNAME=VCNODE1", False),
        ("INTERNET=192.0.2.50", True),
    ],
)  # fmt: skip
def test_host_ids_of_server_lines(host_id: str, fits: bool) -> None:
    found = servers(change(healthy(), LINES, line(host_id=host_id)))
    assert (found.host_ids_fit, found.other_ids) == (fits, () if fits else found.lines)


@pytest.mark.parametrize(
    ("host_id", "fits"),
    [(None, True), ("ANY", True), ("005056000001", False), ("005056000001 005056000002", True),
     ("HOSTNAME=VCNODE1", False)],
)  # fmt: skip
def test_a_licence_may_name_a_machine_itself(host_id: str | None, fits: bool) -> None:
    found = servers(change(healthy(), "nodes.*.files.licenses.parsed.@0.licenses.@0.host_id", host_id))
    named = () if host_id is None else (f"vc.lic: PROD_VC HOSTID={host_id}",)
    assert found.bindings == (*found.lines, *named)
    assert (found.host_ids_fit, found.other_ids) == (fits, () if fits else named)
    assert found.hosts_fit is True


def test_a_licence_without_a_server_is_bound_by_its_own_id() -> None:
    alone = change(healthy(), LINES, ())
    found = servers(change(alone, "nodes.*.files.licenses.parsed.@0.licenses.@0.host_id", "005056000002"))
    assert (found.lines, found.host_ids_fit) == ((), False)


@pytest.mark.parametrize(("count", "counted"), [(1, ("vc.lic: PROD_VC",)), (None, ()), (0, ())])
def test_licences_that_a_server_has_to_give_out(count: int | None, counted: tuple[str, ...]) -> None:
    path = "nodes.*.files.licenses.parsed.@0.licenses.@0.count"
    assert servers(change(healthy(), path, count)).counted == counted


def test_a_host_id_that_every_node_has_fits() -> None:
    snapshot = change(healthy(), "nodes.*.host.mac_addresses", ("005056000007",))
    assert servers(change(snapshot, LINES, line(host_id="00505600:0007"))).host_ids_fit is True


@pytest.mark.parametrize(
    ("snapshot", "hosts_fit", "host_ids_fit"),
    [
        (change(healthy(), LINES, line(host_id="DISK_SERIAL_NUM=1")), True, "missing"),
        (change(healthy(), LINES, line(host_id="")), True, "missing"),
        (change(change(healthy(), LINES, line(host_id="005056000001")), "nodes.VCNODE1.host", GONE), True, False),
        (change(change(healthy(), LINES, line(host_id="005056000002")), "nodes.VCNODE1.host", GONE), True, "missing"),
        (change(change(healthy(), LINES, line("elsewhere")), EVERY_NODE + "resources", GONE), "missing", True),
        (change(healthy(), "nodes.VCNODE2.files", GONE), "missing", "missing"),
        (change(healthy(), "nodes.VCNODE2.files.licenses", None), True, True),
    ],
)
def test_what_could_not_be_looked_at(snapshot: Snapshot, hosts_fit: object, host_ids_fit: object) -> None:
    found = servers(snapshot)
    for seen, wanted in ((found.hosts_fit, hosts_fit), (found.host_ids_fit, host_ids_fit)):
        assert isinstance(seen, Missing) if wanted == "missing" else seen is wanted


@pytest.mark.parametrize(
    ("value", "kinds", "tied"),
    [
        ("27000@localhost", ("local",), False),
        ("27000@", ("local",), False),
        ("C:\\Program Files\\VMware\\VMware License Server\\Licenses", ("local",), False),
        ("vmware.lic", ("local",), False),
        ("27000@vcvirtual.corp.example", ("virtual",), False),
        ("27000@192.0.2.50", ("virtual",), False),
        ("27000@VCNODE2", ("node",), True),
        ("27000@vcnode1.corp.example", ("node",), True),
        ("27000@licenses", ("remote",), False),
        ("27000@licenses,27000@VCNODE1", ("remote", "node"), True),
    ],
)
def test_where_virtualcenter_looks_for_licences(value: str, kinds: object, tied: bool) -> None:
    found = source(change(healthy(), SOURCES, (LicenseSource(value=value, place="registry"),)))
    assert (found.kinds, found.tied) == (kinds, tied)


PRINT = front("192.0.2.70", "PRINT", "Print Group", "P")
STRAY = change(healthy(), EVERY_NODE + "resources", lambda resources: (*resources, *PRINT))
"""With a virtual server of somebody else's."""


@pytest.mark.parametrize(
    ("snapshot", "host", "kind"),
    [
        (separate_license_group(), "LSVIRTUAL", "virtual"), (separate_license_group(), "192.0.2.60", "virtual"),
        (separate_license_group(), "vcvirtual", "stray"), (separate_license_group(), "192.0.2.50", "stray"),
        (separate_license_group(), "localhost", "stray"), (separate_license_group(), "licenses", "remote"),
        (STRAY, "PRINT", "stray"), (STRAY, "192.0.2.70", "stray"), (STRAY, "VCVIRTUAL", "virtual"),
        (STRAY, "localhost", "local"),
    ],
)  # fmt: skip
def test_only_what_moves_with_the_license_server_is_where_it_is(snapshot: Snapshot, host: str, kind: str) -> None:
    found = source(change(snapshot, SOURCES, (LicenseSource(value=f"27000@{host}", place="registry"),)))
    assert (found.kinds, found.tied, found.remote_hosts) == (
        (kind,), kind == "stray", (host,) if kind == "remote" else (),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("snapshot", "host", "fits"),
    [
        (separate_license_group(), "LSVIRTUAL", True), (separate_license_group(), "this_host", True),
        (separate_license_group(), "VCVIRTUAL", False), (STRAY, "PRINT", False), (STRAY, "VCVIRTUAL", True),
    ],
)  # fmt: skip
def test_a_license_file_names_the_server_of_its_own_group(snapshot: Snapshot, host: str, fits: bool) -> None:
    found = servers(change(snapshot, LINES, line(host, f"HOSTNAME={host}" if host != "this_host" else "ANY")))
    assert (found.hosts_fit, found.host_ids_fit) == (fits, fits)


@pytest.mark.parametrize("host", ["localhost", "vcvirtual", "LSVIRTUAL"])
@pytest.mark.parametrize("path", ["resources", "resources.VC License Server.group"])
def test_a_license_server_whose_group_was_not_seen_may_be_anywhere(host: str, path: str) -> None:
    snapshot = change(separate_license_group(), SOURCES, (LicenseSource(value=f"27000@{host}", place="registry"),))
    assert isinstance(source(change(snapshot, EVERY_NODE + path, GONE)).tied, Missing)


PORTS = LINES + ".@0.port"
UNKNOWN = object()


@pytest.mark.parametrize(
    ("value", "port", "ports", "reached"),
    [
        ("27000@localhost", 27000, (27000,), True),
        ("27000@vcvirtual", 27005, (27000,), False),
        ("27005@192.0.2.50", 27005, (27005,), True),
        ("27000@localhost", None, (27000,), True),
        ("27005@localhost", None, (27005,), UNKNOWN),
        ("27010@localhost", None, (27010,), False),
        ("27000@licenses", 27005, (), True),
        ("27000@VCNODE2", 27005, (), True),
        ("C:\\Licenses", 27005, (), True),
        ("27000@localhost,27005@localhost", 27005, (27000, 27005), UNKNOWN),
        ("27000@localhost,27000@licenses", 27005, (27000,), UNKNOWN),
        ("27000@localhost,27001@localhost", 27005, (27000, 27001), False),
    ],
)
def test_at_which_port_it_asks(value: str, port: int | None, ports: tuple[int, ...], reached: object) -> None:
    snapshot = change(healthy(), SOURCES, (LicenseSource(value=value, place="registry"),))
    found = source(change(snapshot, PORTS, port))
    assert (found.ports, found.served) == (ports, (port or 27000,))
    assert isinstance(found.reached, Missing) if reached is UNKNOWN else found.reached is reached


def test_of_several_ports_in_the_license_files_one_is_listened_at() -> None:
    two = change(healthy(), LINES, (*line(), LicenseServerLine(host="this_host", host_id="ANY", port=27005)))
    assert isinstance(source(two).reached, Missing)
    neither = change(two, SOURCES + ".@0.value", "27009@localhost")
    assert (source(neither).served, source(neither).reached) == ((27000, 27005), False)


def test_the_server_that_the_inventory_names_is_the_one_whose_port_counts() -> None:
    snapshot = change(healthy(), PORTS, 27005)
    assert source(change(snapshot, "declared.license_server", "27005@vcvirtual")).reached is True
    assert source(change(snapshot, "declared.license_server", "27000@vcvirtual")).reached is False


@pytest.mark.parametrize("path", ["nodes.*.files", SOURCES, EVERY_NODE + "resources"])
def test_a_port_that_was_not_seen_is_no_wrong_one(path: str) -> None:
    snapshot = change(change(healthy(), SOURCES + ".@0.value", "27000@vcvirtual"), PORTS, 27005)
    assert isinstance(source(change(snapshot, path, GONE)).reached, Missing)


def test_what_the_owner_declares_counts_on_every_node() -> None:
    snapshot = change(change(healthy(), SOURCES, ()), "declared.license_server", "27000@vcnode1")
    assert source(snapshot).values == ("27000@vcnode1 (inventory)",)
    assert source(snapshot).tied is True


def test_no_source_anywhere_is_unknown_not_well() -> None:
    tied = source(change(healthy(), SOURCES, ())).tied
    assert isinstance(tied, Missing)
    assert tied.reason == "not_found"
    assert source(change(healthy(), SOURCES, GONE)).tied == GONE
