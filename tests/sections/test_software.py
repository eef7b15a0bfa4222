"""Host, software, services, DSN and accounts, each with the odd ways of the world that field notes tell of."""

from __future__ import annotations

from typing import Any

import pytest

from vcaudit.sections import accounts, host, services
from vcaudit.snapshot.base import Missing

from . import nodes
from .nodes import patched, probe, rows

INSTALL = r"C:\Program Files\VMware\VMware VirtualCenter 2.0"
VC = r"SOFTWARE\VMware, Inc.\VMware VirtualCenter"
ENVIRONMENT = r"SYSTEM\CurrentControlSet\Control\Session Manager\Environment"


def service(name: str, about: dict[str, Any] | None) -> dict[str, Any]:
    return {"wmi": {r"root\cimv2": {"Win32_Service": {name: about}}}}


def test_the_programs_own_version() -> None:
    found = patched({}).software.vpxd
    assert (found.path, found.version, found.build) == (rf"{INSTALL}\vpxd.exe", "2.0.1", 42389)


def test_a_program_that_cannot_be_read_has_the_installers_version_and_no_build() -> None:
    denied = patched({"denied": [rf"{INSTALL}\vpxd.exe"]}).software.vpxd
    assert (denied.version, denied.build.reason) == ("2.0.1", "access_denied")


GONE: dict[str, Any] = {rf"{INSTALL}\vpxd.exe": None}
OTHER: dict[str, Any] = {r"C:\VC\vpxd.exe": {"text": "MZ", "version": "2.0.1.42389"}}


@pytest.mark.parametrize(
    ("command", "there", "expected"),
    [
        (rf'"{INSTALL}\vpxd.exe"', {}, INSTALL),
        (rf'"{INSTALL}\vpxd.exe"', GONE, None),
        (r"C:\VC\vpxd.exe", {}, None),  # what lies at the usual place is not what the service starts
        (r"C:\VC\vpxd.exe -s", {**GONE, **OTHER}, r"C:\VC"),
        ("vpxd.exe", GONE, "vpxd.exe bad_output"),  # no path: nobody knows where it was to be looked for
    ],
)
def test_a_service_without_its_program(command: str, there: dict[str, Any], expected: str | None) -> None:
    found = patched({**service("vpxd", {"PathName": command}), "files": there}).software.vpxd
    if found is None or not isinstance(found.build, Missing):
        assert (found and found.path.rpartition("\\")[0]) == expected
    else:
        assert f"{found.path} {found.build.reason}" == expected


def test_a_program_that_was_not_looked_for_is_not_gone() -> None:
    denied = patched({"denied": [r"C:\VC"], **service("vpxd", {"PathName": r"C:\VC\vpxd.exe"})}).software.vpxd
    assert (denied.path, denied.build.reason) == (r"C:\VC\vpxd.exe", "access_denied")


@pytest.mark.parametrize(
    ("version", "expected"),
    [("2.0.2.50618", ("2.0.2", 50618)), ("2.5.0.0", ("2.5.0", "not_found")), (None, ("2.0.1", "bad_output"))],
)
def test_versions(version: str | None, expected: tuple[str, Any]) -> None:
    found = patched({"files": {rf"{INSTALL}\vpxd.exe": {"text": "MZ", "version": version}}}).software.vpxd
    assert (found.version, found.build.reason if isinstance(found.build, Missing) else found.build) == expected


def test_installed_is_the_service_or_the_program() -> None:
    without_service = patched(service("vpxd", None)).software.vpxd
    assert without_service.path == rf"{INSTALL}\vpxd.exe"
    nothing = patched({**service("vpxd", None), "files": {rf"{INSTALL}\vpxd.exe": None}}).software
    assert (nothing.vpxd, nothing.web, nothing.license) == (None, True, True)
    assert patched(service("webAccess", None)).software.web is False
    assert patched(service("webAccess", {"Name": "WEBACCESS"})).software.web is True


def test_services_that_could_not_be_asked_are_unknown_not_absent() -> None:
    found = patched({"denied": [r"root\cimv2"]})
    assert found.services.reason == "access_denied"
    assert found.software.web.reason == "access_denied"
    assert found.host.domain.reason == "access_denied"
    assert found.software.vpxd.reason == "access_denied", "which program the service starts is not known"
    assert found.files.upgrade.reason == "access_denied"


def test_a_service_keeps_what_it_says() -> None:
    found = {one.name: one for one in patched(service("vpxd", {"DisplayName": "VC „Süd“"})).services}
    assert (found["vpxd"].account, found["vpxd"].display_name) == ("LocalSystem", "VC „Süd“")
    driver = {
        "Name": "drv",
        "DisplayName": None,
        "State": "Running",
        "StartMode": "Boot",
        "StartName": None,
        "PathName": ...,
    }
    odd = services.read(nodes.answer(rows("services", driver)))[0]
    assert (odd.display_name, odd.account, odd.path.reason) == (None, None, "not_found")
    assert services.read(nodes.answer(rows("services"))).reason == "unavailable"


@pytest.mark.parametrize(
    ("patch", "expected"),
    [
        ({VC: {"LicenseServer": None}}, []),
        ({VC: {"LicenseServer": "27000@lic1; 27000@lic2"}}, ["27000@lic1", "27000@lic2"]),
        ({VC: {"LicenseServer": ["x", "1700@lic3"]}}, ["1700@lic3"]),
        ({VC: {"LicenseServer": "user@host", "Url": "http://27000@host/"}}, []),
        ({VC: {"LicenseServer": None}, rf"{VC}\Deep\er": {"": "27000@deep"}}, ["27000@deep"]),
        ({VC: {"LicenseServer": None}, ENVIRONMENT: {"vmwarelm_license_file": r"27000@env;C:\x.lic"}}, ["27000@env"]),
        (
            {VC: {"LicenseServer": None}, r"SOFTWARE\FLEXlm License Manager": {"VMWARELM_LICENSE_FILE": "27000@flex"}},
            ["27000@flex"],
        ),
        ({VC: {"LicenseServer": None}, ENVIRONMENT: {"OTHER": "27000@no"}}, []),
    ],
)
def test_license_sources(patch: dict[str, Any], expected: list[str]) -> None:
    assert [source.value for source in patched({"registry": patch}).software.license_sources] == expected


def test_a_license_source_in_vpxd_cfg_says_where() -> None:
    config = r"C:\Documents and Settings\All Users\Application Data\VMware\VMware VirtualCenter\vpxd.cfg"
    patch = {"registry": {VC: {"LicenseServer": None}}, "files": {config: "<config><l>27000@cfg</l></config>"}}
    source = patched(patch).software.license_sources[0]
    assert (source.value, source.place) == ("27000@cfg", f"{config} config/l")
    patch["files"][config] = "<config>"
    assert patched(patch).software.license_sources.reason == "bad_output"


def test_the_dsn_in_the_view_that_vpxd_reads() -> None:
    found = patched({}, "registry-2008").database
    assert (found.dsn, found.server) == ("VirtualCenter DB", "sqlprod2.ad.example,1450")
    other = {"registry": {r"SOFTWARE\ODBC\ODBC.INI\VirtualCenter DB": {"Server": "WRONG"}}}
    assert patched(other, "registry-2008").database == found


@pytest.mark.parametrize(
    ("patch", "expected"),
    [
        ({rf"{VC}\DB": {"1": None}}, (None, None, None)),
        ({rf"{VC}\DB": None}, (None, None, None)),
        ({r"SOFTWARE\ODBC\ODBC.INI\VMware VirtualCenter": None}, ("VMware VirtualCenter", None, None)),
        (
            {r"SOFTWARE\ODBC\ODBC.INI\VMware VirtualCenter": {"Server": None, "ServerName": "ORA1", "Database": None}},
            ("VMware VirtualCenter", "ORA1", None),
        ),
    ],
)
def test_databases(patch: dict[str, Any], expected: tuple[Any, ...]) -> None:
    found = patched({"registry": patch}).database
    assert (found.dsn, found.server, found.database) == expected


def test_a_denied_dsn_is_unknown() -> None:
    found = patched({"denied": [r"SOFTWARE\ODBC\ODBC.INI\VMware VirtualCenter"]}).database
    assert (found.dsn, found.server.reason, found.driver.reason) == (
        "VMware VirtualCenter",
        "access_denied",
        "access_denied",
    )
    found = patched({"denied": [VC]}).database
    assert found.dsn.reason == "access_denied"


def test_the_host() -> None:
    found = patched({"clock_skew": 3600}).host
    assert (found.computer_name, found.domain, found.service_pack, found.architecture) == (
        "VCNODE1",
        "corp.example",
        2,
        "x86",
    )
    assert found.mac_addresses == ("0017a4000011", "0017a4000012")
    assert found.addresses == ("192.0.2.11", "192.0.2.50", "10.255.0.1")
    workgroup = {"wmi": {r"root\cimv2": {"Win32_ComputerSystem": {"computer": {"PartOfDomain": False}}}}}
    assert patched(workgroup).host.domain is None


def test_clock_skew_is_against_the_moment_the_answer_came() -> None:
    """The node's script began at 12:00:01 by its own clock and ran 0.5 s; the answer was here at 12:00:02."""
    one = nodes.capture(nodes.document())
    found = nodes.snapshot((one,)).nodes[0].host
    assert (found.clock, found.clock_skew) == ("2026-11-22T12:00:01Z", -0.5)


@pytest.mark.parametrize(
    ("bits", "system", "expected"),
    [(64, None, "x64"), (32, "x64-based PC", "x64"), (32, "X86-basierter PC", "x86"), (32, "Itanium", "bad_output")],
)
def test_architectures(bits: int, system: str | None, expected: str) -> None:
    parts = [rows("computer", {"SystemType": system})] if system else []
    found = host.architecture(nodes.answer(*parts, bits=bits))
    assert (found.reason if isinstance(found, Missing) else found) == expected


def test_accounts_in_the_order_of_names() -> None:
    found = patched({}).accounts
    assert [user.name for user in found.users] == ["Administrator", "vcadmin"]
    group = next(one for one in found.groups if one.name == "VC Operators")
    assert [(member.domain, member.name, member.is_group) for member in group.members] == [
        ("CORP", "VC Operators", True),
        ("VCNODE1", "vcadmin", False),
    ]


def test_users_and_groups_fail_each_by_itself() -> None:
    user = '<l n="User"><u n="b" sid="S-1-5-21-1-1" flags="2" pwexpired="0" /></l>'
    found = accounts.read(nodes.answer(probe("accounts", "accounts", user + '<l n="Group" err="X 80070005: no" />')))
    assert found.groups.reason == "access_denied"
    assert [(one.name, one.disabled, one.locked, one.expired) for one in found.users] == [("b", True, False, False)]
