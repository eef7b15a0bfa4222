"""Table 1 in canonical form: equal where it means the same, named element by element where it does not."""

from __future__ import annotations

from typing import Any

import pytest

from tests.evaluate.build import GONE, change, healthy
from vcaudit.evaluate import contents
from vcaudit.evaluate.projections import PROJECTIONS
from vcaudit.evaluate.view import build_view
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import (
    File,
    License,
    LicenseFile,
    LicenseOptions,
    LineProblem,
    RegistryKey,
    RegistryTree,
    RegistryValue,
)
from vcaudit.snapshot.model import Snapshot


def project(name: str, snapshot: Snapshot) -> Any:
    return PROJECTIONS[name](snapshot.nodes[1], build_view(snapshot))


def changed(path: str, value: Any) -> Snapshot:
    return change(healthy(), f"nodes.VCNODE2.{path}", value)


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("version", {"version": "2.0.1", "build": "42000"}),
        ("vpxd_settings", {"config/vpxd/managedip": "192.0.2.50", "config/log/level": "info"}),
        ("vpxd_bytes", {"vpxd.cfg": "sha256 eeeeeeeeeeeeeeee"}),
        ("upgrade", {"vpx-upgrade.tar.gz": "sha256 9999999999999999"}),
        ("license_names", {"vc.lic": "sha256 dddddddddddddddd"}),
        ("registry", {"installedversion": "REG_SZ 2.0.1", "db\\1": "REG_SZ VirtualCenter", "db\\3": contents.WITHHELD}),
        ("database", {"data source": "virtualcenter", "database": "vcdb", "server": "sql1\\vc,1444"}),
    ],
)
def test_what_is_compared(name: str, seen: object) -> None:
    assert project(name, healthy()) == seen


@pytest.mark.parametrize("name", ["VMWARELM.opt", "readme.txt", "vc.lic.bak", "old\\vc.lic"])
def test_all_files_of_the_license_folder_are_compared(name: str) -> None:
    more = File(name=name, size=1, modified="2007-06-19T10:00:00Z", sha256="a" * 64)
    seen = project("license_names", changed("files.licenses.files", lambda files: (*files, more)))
    assert seen == {"vc.lic": "sha256 dddddddddddddddd", name.casefold(): "sha256 aaaaaaaaaaaaaaaa"}


def test_a_log_of_the_license_server_is_its_own() -> None:
    log = File(name="lmgrd.LOG", size=GONE, modified=GONE, sha256=GONE)
    seen = project("license_names", changed("files.licenses.files", lambda files: (*files, log)))
    assert seen == {"vc.lic": "sha256 dddddddddddddddd"}


def test_a_license_file_of_any_name_is_compared_where_the_server_is_told_it() -> None:
    renamed = change(changed("files.licenses.files.@0.name", "flex.txt"), "nodes.VCNODE2.files.licenses.parsed.@0.name",
                     "flex.txt")  # fmt: skip
    assert project("license_names", renamed) == {"flex.txt": "sha256 dddddddddddddddd"}


def test_ssl_files_are_told_with_the_certificate() -> None:
    seen = project("ssl", healthy())
    assert list(seen)[:3] == ["rui.crt", "rui.key", "rui.pfx"]
    assert seen["rui.crt: subject"] == "CN=vc.corp.example"
    assert "sha256" in seen["rui.key"]
    assert list(project("ssl", changed("files.ssl.certificate", None))) == ["rui.crt", "rui.key", "rui.pfx"]


@pytest.mark.parametrize(
    ("name", "path", "value"),
    [
        ("ssl", "files.ssl.files.@0.name", "RUI.CRT"),
        ("upgrade", "files.upgrade.path", "D:\\elsewhere"),
        ("licenses", "files.licenses.parsed.@0.name", "other.lic"),
        ("licenses", "files.licenses.parsed.@0.servers.@0.host", "VCNODE1"),
        ("licenses", "files.licenses.parsed.@0.servers.@0.port", 27005),
        ("licenses", "files.licenses.parsed.@0.servers.@0.host_id", "any"),
        ("vpxd_settings", "files.vpxd_cfg.sha256", "0" * 64),
        ("registry", "registry.native.keys.DB.path", "db"),
        ("registry", "registry.native.keys", lambda keys: tuple(reversed(keys))),
        ("registry", "registry.wow6432", GONE),
    ],
)
def test_the_same_written_otherwise_is_the_same(name: str, path: str, value: Any) -> None:
    assert project(name, changed(path, value)) == project(name, healthy())


def licence(identity: str) -> License:
    return License(
        feature="VC_DRS", version="2005.05", vendor="VMWARELM", expires=None, count=4, host_id=None, identity=identity
    )


def test_licences_are_one_set_however_they_are_spread_over_files() -> None:
    def spread(parsed: tuple[LicenseFile, ...]) -> tuple[LicenseFile, ...]:
        more = LicenseFile(
            name="z.lic", sha256="0", servers=parsed[0].servers, use_server=False, problems=(),
            licenses=(licence("x"), *parsed[0].licenses),
        )  # fmt: skip
        return (more, *parsed)

    together = changed("files.licenses.parsed.@0.licenses", lambda found: (*found, licence("x")))
    assert project("licenses", changed("files.licenses.parsed", spread)) == project("licenses", together)
    other = changed("files.licenses.parsed.@0.licenses", lambda found: (*found, licence("y")))
    assert set(project("licenses", together)) ^ set(project("licenses", other)), "another identity, another licence"


@pytest.mark.parametrize(
    ("host_id", "seen"), [("HOSTNAME=VCVIRTUAL", "HOSTNAME=VCVIRTUAL"), ("0017a4000011", "0017A4000011")]
)
def test_the_host_id_of_the_server_makes_other_licences(host_id: str, seen: str) -> None:
    assert project("licenses", healthy())[contents.HOST_ID] == "ANY"
    server = "files.licenses.parsed.@0.servers"
    assert project("licenses", changed(f"{server}.@0.host_id", host_id))[contents.HOST_ID] == seen
    assert contents.HOST_ID not in project("licenses", changed(server, ()))


def test_options_of_the_license_server_are_told_by_what_they_say() -> None:
    path = "files.licenses.options"
    assert project("license_options", healthy()) == {}
    one = LicenseOptions(vendor="vmwarelm", identity="f" * 64)
    assert project("license_options", changed(path, (one,))) == {"options of VMWARELM": "sha256 ffffffffffffffff"}
    two = (one, LicenseOptions(vendor="VMWARELM", identity="e" * 64))
    said = {"options of VMWARELM": "sha256 eeeeeeeeeeeeeeee, sha256 ffffffffffffffff"}
    assert project("license_options", changed(path, two)) == said
    assert project("license_options", changed(path, GONE)) == GONE
    assert project("license_options", changed("files.licenses", None)) is None


def test_a_line_that_is_no_licence_is_compared_too() -> None:
    broken = changed("files.licenses.parsed.@0.problems", (LineProblem(line=7, text="an INCREMENT without a version"),))
    assert "line that is no licence: an INCREMENT without a version" in project("licenses", broken)


def test_a_file_that_does_not_parse_is_compared_as_a_whole() -> None:
    snapshot = changed("files.vpxd_cfg.settings", None)
    snapshot = change(snapshot, "nodes.VCNODE2.files.vpxd_cfg.problems", (LineProblem(line=3, text="no end"),))
    assert project("vpxd_settings", snapshot) == {contents.NOT_WELL_FORMED: "eeeeeeeeeeeeeeee line 3: no end"}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (RegistryValue(name="A", type="REG_DWORD", data=443), "REG_DWORD 443"),
        (RegistryValue(name="A", type="REG_MULTI_SZ", data=("a", "b")), "REG_MULTI_SZ a, b"),
        (RegistryValue(name="A", type="REG_SZ", data=""), "REG_SZ"),
        (RegistryValue(name="A", type="REG_SZ", data=None, redacted=True), contents.WITHHELD),
        (RegistryValue(name="A", type="REG_SZ", data=GONE), GONE),
    ],
)
def test_registry_values(value: RegistryValue, text: object) -> None:
    tree = RegistryTree(path="X", keys=(RegistryKey(path="", values=(value,)), RegistryKey(path="Empty", values=())))
    seen = project("registry", changed("registry.native", tree))
    assert seen == (GONE if text == GONE else {"a": text, "empty\\": "(key)"})


def test_the_default_value_has_a_name() -> None:
    key = RegistryKey(path="Tomcat", values=(RegistryValue(name="", type="REG_SZ", data="x"),))
    assert project("registry", changed("registry.native.keys", (key,))) == {"tomcat\\(default)": "REG_SZ x"}


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("version", "software.vpxd"), ("licenses", "files.licenses"), ("license_names", "files.licenses"),
        ("vpxd_settings", "files.vpxd_cfg"), ("vpxd_bytes", "files.vpxd_cfg"), ("ssl", "files.ssl"),
        ("upgrade", "files.upgrade"), ("registry", "registry.native"),
    ],
)  # fmt: skip
def test_absent_is_none_and_unseen_is_missing(name: str, path: str) -> None:
    assert project(name, changed(path, None)) is None
    assert project(name, changed(path, GONE)) == GONE
    assert isinstance(project(name, changed(path.split(".")[0], GONE)), Missing)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("version", "software.vpxd.build"), ("licenses", "files.licenses.parsed"),
        ("license_names", "files.licenses.files.@0.sha256"), ("vpxd_settings", "files.vpxd_cfg.settings"),
        ("ssl", "files.ssl.files"), ("ssl", "files.ssl.certificate"), ("registry", "registry.native.keys"),
        ("registry", "registry.native.keys.DB.values"),
    ],
)  # fmt: skip
def test_a_part_that_was_not_read_leaves_the_whole_unknown(name: str, path: str) -> None:
    assert project(name, changed(path, GONE)) == GONE


def test_the_registry_is_read_in_the_view_of_vpxd() -> None:
    snapshot = change(healthy(), "nodes.*.host.architecture", "x64")
    assert project("registry", change(snapshot, "nodes.*.software.view", "wow6432")) is None
    assert project("registry", change(snapshot, "nodes.*.software.view", GONE)) == GONE
    # Windows on x86 has one view, whatever could not be told of the software.
    assert project("registry", change(healthy(), "nodes.*.software.view", GONE)) == project("registry", healthy())
