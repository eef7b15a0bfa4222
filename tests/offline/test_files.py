"""A folder of whatever people have: which file is meant, what is not given, and that secrets stay where they are."""

from __future__ import annotations

import base64
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.offline.folder import fixed_info
from vcaudit import offline, sections
from vcaudit.capture import Capture, Limits, Locations, Request
from vcaudit.collect.answer import Answer, decode
from vcaudit.collect.deny import Deny
from vcaudit.collect.envelope import unwrap
from vcaudit.collect.files import read_files
from vcaudit.collect.listings import read_listings, split
from vcaudit.collect.tree import open_tree
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.codec import encode
from vcaudit.snapshot.facts import ClusterView, ConfigFile, Host, LicenseFolder, SslFolder
from vcaudit.snapshot.model import NodeSnapshot

SAMPLES = Path(__file__).parents[1] / "data" / "clusterexe"
REQUESTS = sections.requests(Locations())
LICENSE = "SERVER this_host ANY 27000\r\nINCREMENT PROD_VC VMWARELM 2005.05 permanent 1 SIGN=A5CD\r\n"
FLEX = r"SOFTWARE\FLEXlm License Manager\VMware License Server"


@pytest.fixture
def node(tmp_path: Path) -> Callable[..., Path]:
    """A folder with files in it, by their paths."""

    def make(**files: str | bytes) -> Path:
        for name, content in files.items():
            put(tmp_path / "VCNODE1" / name, content)
        return tmp_path / "VCNODE1"

    return make


def put(path: Path, content: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)


def reg(**keys: dict[str, str]) -> bytes:
    """An export; keys are given with their backslashes."""
    lines = ["Windows Registry Editor Version 5.00", ""]
    for key, values in keys.items():
        lines += [f"[HKEY_LOCAL_MACHINE\\{key}]", *(f'"{name}"={data}' for name, data in values.items()), ""]
    return b"\xff\xfe" + "\r\n".join([*lines, ""]).encode("utf-16-le")


def text(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def capture(folder: Path, locations: Locations | None = None, **limits: int) -> Capture:
    return read_files(None, open_tree(folder), sections.requests(locations or Locations()), Limits(**limits))


def answer(folder: Path, *requests: Request) -> Answer:
    return decode(read_files(None, open_tree(folder), requests or REQUESTS, Limits()).stdout)


def facts(folder: Path, locations: Locations | None = None) -> NodeSnapshot:
    from vcaudit.snapshot.model import Auditor, Declared

    return sections.read(
        [capture(folder, locations)], cluster="x", declared=Declared(nodes=("VCNODE1",)), permissions=(),
        auditor=Auditor(version="1", names=(), resolver=""), taken_at="2026-11-24T06:00:00Z",
    ).nodes[0]  # fmt: skip


def reason(value: object) -> str:
    assert isinstance(value, Missing), value
    return value.reason


# Nothing given


def test_of_an_empty_folder_nothing_was_asked(tmp_path: Path):
    found = facts(tmp_path)
    host, cluster = found.host, found.cluster
    assert isinstance(host, Host)
    assert isinstance(cluster, ClusterView)
    gaps = [host.computer_name, host.clock, host.clock_skew, host.bits, host.powershell, host.architecture,
            found.software.vpxd, found.services, found.registry.native, found.registry.wow6432, found.files.licenses,
            found.files.vpxd_cfg, found.files.ssl, found.files.upgrade, found.database.dsn, found.accounts.users,
            found.names, cluster.name, cluster.nodes, cluster.groups, cluster.resources, cluster.quorum_resource,
            cluster.interfaces]  # type: ignore[union-attr]  # fmt: skip
    assert {reason(gap) for gap in gaps} == {"not_asked"}
    assert capture(tmp_path).warnings == (f"read from files in {tmp_path}: nothing in it is known to vcaudit",)


def test_every_request_is_answered(tmp_path: Path):
    assert set(answer(tmp_path).probes) == {request.id for request in REQUESTS}


def test_the_documented_exports_answer_every_registry_request():
    document = (Path(__file__).parents[2] / "docs" / "offline.md").read_text(encoding="utf-8")
    exported = re.findall(r'^reg export "HKLM\\([^"]+)" \w+\.reg$', document, re.MULTILINE)
    for request in REQUESTS:
        if request.kind == "registry":
            path = request.args[0].partition("\\${")[0].lower()
            assert any(f"{path}\\".startswith(f"{key.lower()}\\") for key in exported), request
    assert len(exported) >= 10


# Files and folders


@pytest.mark.parametrize("path", [
    "vpxd.cfg", "VPXD.CFG", "deep/in/a/log bundle/vpxd.cfg",
    "C/Documents and Settings/All Users/Application Data/VMware/VMware VirtualCenter/vpxd.cfg",
    "C$/ProgramData/VMware/VMware VirtualCenter/vpxd.cfg", "files/D:/VC/vpxd.cfg",
])  # fmt: skip
def test_a_file_is_known_by_its_name(path: str, node: Callable[..., Path]):
    found = facts(node(**{path: "<config><vpxd><managedip>192.0.2.50</managedip></vpxd></config>"})).files.vpxd_cfg
    assert isinstance(found, ConfigFile)
    assert [(one.path, one.value) for one in found.settings] == [("config/vpxd/managedip", "192.0.2.50")]


@pytest.mark.parametrize(("path", "shown"), [
    ("vpxd.cfg", "vpxd.cfg"),
    ("C$/ProgramData/VMware/VMware VirtualCenter/vpxd.cfg", r"C:\ProgramData\VMware\VMware VirtualCenter\vpxd.cfg"),
    ("drives/e/VC/vpxd.cfg", r"E:\VC\vpxd.cfg"),
])  # fmt: skip
def test_its_path_is_that_on_the_node_where_known(path: str, shown: str, node: Callable[..., Path]):
    found = facts(node(**{path: "<config/>"})).files.vpxd_cfg
    assert isinstance(found, ConfigFile)
    assert found.path == shown


def test_two_that_differ_are_none(node: Callable[..., Path]):
    found = facts(node(**{"one/vpxd.cfg": "<config/>", "two/vpxd.cfg": "<config><x/></config>"})).files.vpxd_cfg
    assert reason(found) == "bad_output"
    assert "one/vpxd.cfg, two/vpxd.cfg" in found.detail  # type: ignore[union-attr]


def test_two_that_are_alike_are_one(node: Callable[..., Path]):
    folder = node(**{"one/vpxd.cfg": "<config/>", "two/vpxd.cfg": "<config/>"})
    assert isinstance(facts(folder).files.vpxd_cfg, ConfigFile)


def test_the_place_that_the_registry_names_is_the_one(node: Callable[..., Path]):
    folder = node(**{
        "flex.reg": reg(**{FLEX: {"License": text(r"D:\Licenses")}}),
        "D/Licenses/vmware.lic": LICENSE, "C/Program Files/VMware/VMware License Server/Licenses/old.lic": "OLD",
    })  # fmt: skip
    found = facts(folder).files.licenses
    assert isinstance(found, LicenseFolder)
    assert found.path == r"D:\Licenses"
    assert [one.name for one in found.files] == ["vmware.lic"]  # type: ignore[union-attr]


def test_another_place_than_the_registry_names_is_not_the_one(node: Callable[..., Path]):
    """The licenses in use lie on D, and nobody brought them: those of C may be old."""
    folder = node(**{
        "flex.reg": reg(**{FLEX: {"License": text(r"D:\Licenses")}}),
        "C/Program Files/VMware/VMware License Server/Licenses/old.lic": LICENSE,
    })  # fmt: skip
    assert reason(facts(folder).files.licenses) == "not_asked"


def test_loose_license_files_are_the_folder_and_that_is_said(node: Callable[..., Path]):
    folder = node(**{"vmware.lic": LICENSE, "vpxd.cfg": "<config/>", "x.reg": reg(A={}), "notes.txt": "n"})
    found = facts(folder).files.licenses
    assert isinstance(found, LicenseFolder)
    assert [one.name for one in found.files] == ["vmware.lic"]  # type: ignore[union-attr]
    assert [one.feature for file in found.parsed for one in file.licenses] == ["PROD_VC"]  # type: ignore[union-attr]
    assert any("1 files in . are taken to be the whole folder" in warning for warning in capture(folder).warnings)
    (folder / "vmwarelm.opt").write_text("MAX 4 PROD_ESX_FULL HOST esx1\n")
    assert [one.name for one in facts(folder).files.licenses.files] == ["vmware.lic", "vmwarelm.opt"]  # type: ignore[union-attr]


@pytest.mark.parametrize("named", [r"D:\flex\vmware.lic", r"D:\flex\vmware.lic;D:\other.lic"])
def test_the_options_file_beside_a_license_file_that_was_mirrored(node: Callable[..., Path], named: str):
    folder = node(**{"flex.reg": reg(**{FLEX: {"License": text(named)}})})
    (folder / "D" / "flex").mkdir(parents=True)
    (folder / "D" / "flex" / "vmware.lic").write_text("SERVER this_host ANY\nVENDOR VMWARELM\nUSE_SERVER\n")
    (folder / "D" / "flex" / "VMWARELM.opt").write_text("MAX 4 PROD_ESX_FULL HOST esx1\n")
    (folder / "D" / "old").mkdir()
    (folder / "D" / "old" / "VMWARELM.opt").write_text("MAX 5 PROD_ESX_FULL HOST esx1\n")
    found = facts(folder).files.licenses
    assert isinstance(found, LicenseFolder)
    assert [one.vendor for one in found.options] == ["VMWARELM"]  # type: ignore[union-attr]


def test_an_empty_folder_that_was_mirrored_is_empty(node: Callable[..., Path]):
    folder = node(**{"flex.reg": reg(**{FLEX: {"License": text(r"D:\Licenses")}})})
    (folder / "D" / "Licenses").mkdir(parents=True)
    found = facts(folder).files.licenses
    assert isinstance(found, LicenseFolder)
    assert (found.files, found.parsed) == ((), ())


def test_a_copy_without_the_key_says_nothing_of_other_files(node: Callable[..., Path]):
    pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    found = facts(node(**{"SSL/rui.crt": pem})).files.ssl
    assert isinstance(found, SslFolder)
    assert reason(found.files) == "not_asked"
    whole = facts(node(**{"SSL/rui.key": "-----BEGIN RSA PRIVATE KEY-----\nCANARY\n"})).files.ssl
    assert isinstance(whole, SslFolder)
    assert [one.name for one in whole.files] == ["rui.crt", "rui.key"]  # type: ignore[union-attr]


def test_where_the_owner_says_it_is(node: Callable[..., Path]):
    folder = node(**{"D/VC/lic/a.lic": LICENSE, "C/Program Files/VMware/VMware License Server/Licenses/b.lic": LICENSE})
    found = facts(folder, Locations(licenses=r"D:\VC\lic")).files.licenses
    assert isinstance(found, LicenseFolder)
    assert [one.name for one in found.files] == ["a.lic"]  # type: ignore[union-attr]


@pytest.mark.parametrize(("content", "version"), [
    (b"MZ" + fixed_info((2, 0, 1, 42389)), "2.0.1"), (b"MZ", None),
    (b"MZ" + fixed_info((2, 0, 1, 1)) + fixed_info((2, 5, 0, 1)), None), (b"MZ" + fixed_info((2, 0, 1, 1))[:20], None),
], ids=["one", "none", "two", "cut"])  # fmt: skip
def test_the_version_of_a_program(content: bytes, version: str | None, node: Callable[..., Path]):
    found = facts(node(**{"vpxd.exe": content})).software.vpxd  # type: ignore[union-attr]
    assert (found.version if version else reason(found.version)) == (version or "bad_output")  # type: ignore[union-attr]


def test_large_files_are_hashed_and_not_read(node: Callable[..., Path]):
    folder = node(**{"vpxd.cfg": "<config>" + "x" * 5000})
    found = decode(capture(folder, file_bytes=4000).stdout).files("vpxd_cfg.1")
    assert isinstance(found, tuple)
    assert (found[0].content, found[0].withheld, found[0].size) == (None, "too large", 5008)
    assert found[0].sha256


def test_what_cannot_be_read_is_said_and_the_rest_goes_on(node: Callable[..., Path], monkeypatch: pytest.MonkeyPatch):
    from vcaudit.collect import tree

    folder = node(**{"Licenses/a.lic": LICENSE, "vpxd.cfg": "<config/>"})
    real = tree.os.open

    def denied(path: Any, *rest: Any) -> int:
        if str(path).endswith("a.lic"):
            raise PermissionError(13, "Permission denied")
        return real(path, *rest)

    monkeypatch.setattr(tree.os, "open", denied)
    found = facts(folder)
    assert reason(found.files.licenses.parsed) == "access_denied"  # type: ignore[union-attr]
    assert isinstance(found.files.vpxd_cfg, ConfigFile)


# WMI


SERVICES = r"SYSTEM\CurrentControlSet\Services"
CONTROL = r"SYSTEM\CurrentControlSet\Control"


def test_services_from_the_registry(node: Callable[..., Path]):
    vpxd = {"Type": "dword:00000010", "Start": "dword:00000003", "ObjectName": text("LocalSystem"),
            "ImagePath": text(r"%SystemRoot%\vpxd.exe"), "DisplayName": text("VirtualCenter")}  # fmt: skip
    odd = {"Type": "dword:00000120", "Start": "dword:00000004", "ImagePath": text("odd.exe"),
           "DisplayName": text("@odd.dll,-1")}  # fmt: skip
    disk = {"Type": "dword:00000001", "Start": "dword:00000000", "ImagePath": text("disk.sys")}
    windows = {r"SOFTWARE\Microsoft\Windows NT\CurrentVersion": {"SystemRoot": text(r"C:\WINDOWS")}}
    services = {SERVICES: {}, rf"{SERVICES}\vpxd": vpxd, rf"{SERVICES}\disk": disk, rf"{SERVICES}\odd": odd}
    found = facts(node(**{"a.reg": reg(**services), "b.reg": reg(**windows)}))
    assert isinstance(found.services, tuple)
    assert [(one.name, one.start_mode, one.account, one.path, one.display_name) for one in found.services] == [
        ("odd", "Disabled", found.services[0].account, "odd.exe", None),
        ("vpxd", "Manual", "LocalSystem", r"C:\WINDOWS\vpxd.exe", "VirtualCenter"),
    ]
    assert {reason(one.state) for one in found.services} == {"not_asked"}


def test_windows_from_the_registry(node: Callable[..., Path]):
    version = {"CurrentVersion": text("5.2"), "CurrentBuildNumber": text("3790"), "CSDVersion": text("Service Pack 2")}
    host = facts(node(**{
        "a.reg": reg(**{r"SOFTWARE\Microsoft\Windows NT\CurrentVersion": version}),
        "b.reg": reg(**{rf"{CONTROL}\ComputerName\ComputerName": {"ComputerName": text("VCX")}}),
        "c.reg": reg(**{rf"{CONTROL}\Session Manager\Environment": {"PROCESSOR_ARCHITECTURE": text("AMD64")}}),
    })).host  # fmt: skip
    assert isinstance(host, Host)
    assert (host.computer_name, host.os_version, host.service_pack, host.architecture) == ("VCX", "5.2.3790", 2, "x64")
    assert (reason(host.os_name), reason(host.domain)) == ("not_asked", "not_asked")


def test_one_service_alone_is_not_all_of_them(node: Callable[..., Path]):
    """Its own query is answered, and the place of its program with it."""
    key = r"SYSTEM\CurrentControlSet\Services\vpxd"
    folder = node(**{
        "a.reg": reg(**{key: {"Type": "dword:00000010", "ImagePath": text(r'"D:\VC\vpxd.exe" -s')}}),
        "D/VC/upgrade/bundle.xml": "x", "D/VC/vpxd.exe": b"MZ" + fixed_info((2, 0, 1, 3)),
    })  # fmt: skip
    found = facts(folder)
    assert reason(found.services) == "not_asked"
    assert found.software.vpxd.path == r"D:\VC\vpxd.exe"  # type: ignore[union-attr]
    assert found.files.upgrade.path == r"D:\VC\upgrade"  # type: ignore[union-attr]


@pytest.mark.parametrize("wql", [
    "SELECT Name FROM Win32_Service WHERE Name LIKE 'v%'", "SELECT * FROM", "nonsense", "SELECT Name FROM Win32_Fan",
])  # fmt: skip
def test_other_queries_are_not_given(wql: str, tmp_path: Path):
    assert reason(answer(tmp_path, Request("wmi", "x", (r"root\cimv2", wql, "Name"))).wmi("x")) == "not_asked"


# cluster.exe


def listing(name: str, newline: str = "\n") -> str:
    return (SAMPLES / f"{name}.txt").read_text().replace("\n", newline)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(("name", "found"), [
    ("node", [("node", "")]),
    ("res", [("resource", "")]),
    ("listowners", [("listowners", "SQL Server (SQL01DBA3)")]),
    ("priv", [("priv", "Disk Q:")]),
    ("group", []),  # of one group only
    ("prop_line", []),
])  # fmt: skip
def test_recorded_listings_are_known_by_their_columns(name: str, found: list[tuple[str, str]], newline: str):
    assert [(one.verb, one.name) for one in split("x", listing(name, newline))] == found


def test_dashes_in_other_texts_are_no_listing():
    text = "Log\n--------------------\nerror 'x':\n\nTitle 'abc'\n----\nrow\n"
    assert split("x", text) == []


def test_the_newer_of_two_listings_counts_and_the_difference_is_said():
    old = listing("node").replace("2 Up", "2 Down")
    found = read_listings({"old.txt": old, "new.txt": listing("node"), "same.txt": listing("node")})
    assert found.found["node", ""].source == "same.txt"
    assert found.notes == ["old.txt and new.txt list node differently: new.txt is newer and counts"]


@given(st.text(st.sampled_from("- \n'aB9:()\t"), max_size=200))
@settings(max_examples=100, deadline=None)
def test_any_text_is_no_crash(text: str):
    found = read_listings({"x": text, "y": f"Title 'a'\n\nA B\n-------------------- --------------- ------\n{text}"})
    assert all(one.text and (one.name or one.verb in ("node", "group", "resource")) for one in found.found.values())


# Secrets


def test_no_secret_of_the_files_reaches_a_snapshot(node: Callable[..., Path]):
    vc = r"SOFTWARE\VMware, Inc.\VMware VirtualCenter"
    folder = node(**{
        "vc.reg": reg(**{vc: {"Serial": text("CANARY-1")}, rf"{vc}\DB": {"3": text("*CANARY-2")},
                         rf"{vc}\Password": {"x": text("CANARY-3")}}),
        "cluster.reg": reg(**{"Cluster": {"Security": "hex:43,41"}, r"Cluster\Resources\a\Parameters":
                              {"ResourceData": text("CANARY-4")}}),
        "vpxd.cfg": "<config><password>CANARY-5</password><x>*CANARY-6-abcdefgh</x></config>",
        "SSL/rui.key": "-----BEGIN RSA PRIVATE KEY-----\nCANARY-7\n-----END RSA PRIVATE KEY-----\n",
        "SSL/rui.crt": "-----BEGIN PRIVATE KEY-----\nCANARY-8\n", "SSL/rui.pfx": b"CANARY-9",
        "Licenses/a.lic": "-----BEGIN PRIVATE KEY-----\nCANARY-0\n",
        "priv.txt": listing("priv").replace("1415371731 (0x545cdbd3)", "CANARY"),
    })  # fmt: skip
    found = offline.snapshot([offline.Source(folder)], cluster=None, name="x")
    assert b"CANARY" not in encode(found)
    assert b"CANARY" not in unwrap(capture(folder).stdout)
    assert "CANARY" not in str(capture(folder).warnings)


DENIED = [Request("deny", "d1", ("text", "secret=(\\w+)")), Request("deny", "d2", ("text", "TOKEN"))]


@pytest.mark.parametrize(("data", "expected"), [
    (b"a secret=abc b TOKEN", b"a secret=*** b ***"),
    ("a secret=abc".encode("utf-16"), "a secret=***".encode("utf-16")),
    (b"\xfe\xff" + "TOKEN".encode("utf-16-be"), b"\xfe\xff" + "***".encode("utf-16-be")),
    (b"\xff\xfeodd", b"\xff\xfeodd"),
    # as the file of a scheduled task, which holds lengths
    ("a secret=abcd".encode("utf-16-le"), "a secret=****".encode("utf-16-le")),
    (b"plain \xe9", b"plain \xe9"),
])  # fmt: skip
def test_content_is_covered_as_on_a_node(data: bytes, expected: bytes):
    found = Deny(DENIED).content(data)
    assert base64.b64decode(found.b64 or "") == expected
    assert found.redacted == (expected != data)


def test_content_that_cannot_be_searched_is_withheld():
    assert Deny(DENIED).content("secret=abc".encode("utf-16-be")).withheld == "unknown encoding"
    assert Deny(DENIED).content("-----BEGIN PRIVATE KEY".encode("utf-16")).withheld == "private key"


def test_the_folder_itself_is_left_as_it_was(node: Callable[..., Path], tmp_path: Path):
    folder = node(**{"vpxd.cfg": "<config/>", "a.reg": reg(A={})})
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    shutil.copytree(folder, tmp_path / "copy")
    facts(folder)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before
