"""Table 1 on real (simulated) nodes: known places, the owner's place, links, denial, and what must not be sent."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from vcaudit.capture import Locations
from vcaudit.sections import certificate
from vcaudit.snapshot.base import Missing

from .nodes import patched

DATA = r"C:\Documents and Settings\All Users\Application Data\VMware\VMware VirtualCenter"
LICENSES = r"C:\Program Files\VMware\VMware License Server\Licenses"
INSTALL = r"C:\Program Files\VMware\VMware VirtualCenter 2.0"
SHELL = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Explorer\Shell Folders"
FLEX = r"SOFTWARE\FLEXlm License Manager\VMware License Server"


def gone(*paths: str) -> dict[str, Any]:
    return {"files": dict.fromkeys(paths)}


def test_settings_without_the_secret() -> None:
    found = patched({}).files.vpxd_cfg
    settings = {setting.path: setting.value for setting in found.settings}
    assert settings["config/vpxd/managedip"] == "192.0.2.50"
    assert settings["config/vpxd/password"] == "***"
    assert found.path == rf"{DATA}\vpxd.cfg"


def test_absent_is_none_only_when_every_place_was_looked_at() -> None:
    assert patched(gone(rf"{DATA}\vpxd.cfg")).files.vpxd_cfg is None
    denied = patched({**gone(rf"{DATA}\vpxd.cfg"), "denied": [SHELL]}).files
    assert denied.vpxd_cfg.reason == "access_denied"
    assert denied.ssl.path == rf"{DATA}\SSL", "another place leads to the same folder"


def test_a_denied_file_is_not_absent() -> None:
    found = patched({"denied": [rf"{DATA}\vpxd.cfg", rf"{DATA}\SSL", LICENSES]}).files
    assert {found.vpxd_cfg.reason, found.ssl.reason, found.licenses.reason} == {"access_denied"}
    assert not isinstance(found.upgrade, Missing)


def test_a_german_2003_keeps_its_data_where_the_registry_says() -> None:
    found = patched({}, "german-2003").files.vpxd_cfg
    assert (
        found.path == r"C:\Dokumente und Einstellungen\All Users\Anwendungsdaten\VMware\VMware VirtualCenter\vpxd.cfg"
    )


@pytest.mark.parametrize("place", [r"D:\flex", r"D:\flex\\"[:-1]])
def test_the_owners_place_is_the_only_one(place: str) -> None:
    files = {r"D:\flex\vc.lic": "SERVER this_host ANY 27000\n", r"D:\flex\readme.txt": "x"}
    found = patched({"files": files}, locations=Locations(licenses=place, ssl=r"D:\nowhere")).files
    assert [one.name for one in found.licenses.files] == ["readme.txt", "vc.lic"]
    assert [one.name for one in found.licenses.parsed] == ["vc.lic"]
    assert found.ssl is None


def test_licences_lie_where_the_service_is_told() -> None:
    patch = {"files": {r"E:\lic\a.lic": "USE_SERVER\n"}, "registry": {FLEX: {"License": r"E:\lic"}}}
    assert patched(patch).files.licenses.path == r"E:\lic"


def test_a_registered_place_that_does_not_exist_is_not_the_last_word() -> None:
    assert patched({"registry": {FLEX: {"License": r"E:\gone"}}}).files.licenses.path == LICENSES
    assert patched({"registry": {FLEX: {"License": None}}}).files.licenses.path == LICENSES


def test_a_place_that_cannot_be_looked_at_is_not_replaced_by_an_old_copy() -> None:
    """The service reads E:\\lic; what lies at the default place is left over from before."""
    moved = {"files": {r"E:\lic\a.lic": "USE_SERVER\n"}, "registry": {FLEX: {"License": r"E:\lic"}}}
    for denied in (r"E:\lic", FLEX):
        assert patched({**moved, "denied": [denied]}).files.licenses.reason == "access_denied"


def test_only_lic_files_of_the_folder_itself_are_licences() -> None:
    files = {
        rf"{LICENSES}\old\x.lic": "nonsense",
        rf"{LICENSES}\README.LIC.txt": "x",
        rf"{LICENSES}\UPPER.LIC": "USE_SERVER",
    }
    found = patched({"files": files}).files.licenses
    assert [one.name for one in found.parsed] == ["UPPER.LIC", "vmotion.lic", "vmware.lic"]
    assert r"old\x.lic" in [one.name for one in found.files]
    assert all(isinstance(one.sha256, str) for one in found.files)


def test_a_file_too_large_is_not_parsed_and_says_so() -> None:
    large = {"text": "<config/>", "size": 52_428_800}
    found = patched({"files": {rf"{DATA}\vpxd.cfg": large}}).files.vpxd_cfg
    assert (found.settings.reason, found.settings.detail) == ("bad_output", "too large")
    assert found.size == 52_428_800
    lic = patched({"files": {rf"{LICENSES}\vmware.lic": large}}).files.licenses
    assert lic.parsed.detail == "too large"
    assert len(lic.files) == 2


def test_a_file_that_is_not_well_formed_is_a_fact_with_its_problem() -> None:
    found = patched({"files": {rf"{DATA}\vpxd.cfg": "<config>\n<vpxd>\n<password>CANARY</passwd>"}}).files.vpxd_cfg
    assert found.settings is None
    assert found.problems[0].line == 3
    assert "CANARY" not in repr(found)
    assert isinstance(found.sha256, str)


def test_upgrade_files_lie_beside_the_program_that_the_service_starts() -> None:
    service = {"wmi": {r"root\cimv2": {"Win32_Service": {"vpxd": {"PathName": r"D:\VC\vpxd.exe -x"}}}}}
    found = patched({**service, "files": {r"D:\VC\upgrade\deep\a.bin": "1", r"D:\VC\vpxd.exe": "MZ"}}).files.upgrade
    assert (found.path, [one.name for one in found.files]) == (r"D:\VC\upgrade", [r"deep\a.bin"])


def test_a_key_is_hashed_and_stays() -> None:
    found = patched({}).files.ssl
    assert [one.name for one in found.files] == ["rui.crt", "rui.key", "rui.pfx"]
    assert found.certificate.subject == "CN=VirtualCenter,O=Example Corp."
    assert found.certificate.names[:2] == ("VirtualCenter", "vcvirtual.corp.example")
    assert found.key_modulus == found.certificate.modulus


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (None, None),
        ("no certificate at all", None),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "bad_output"),
        ("-----BEGIN CERTIFICATE-----\nMIIC", "bad_output"),
        ({"base64": "MIICAAAA"}, "bad_output"),
        ("-----BEGIN RSA PRI" + "VATE KEY-----\nQUJD\n-----END", "bad_output"),
    ],
)
def test_a_certificate_that_is_none(content: Any, expected: str | None) -> None:
    found = patched({"files": {rf"{DATA}\SSL\rui.crt": content}}).files.ssl.certificate
    assert (found.reason if isinstance(found, Missing) else found) == expected


def make_certificate() -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "vc.corp.example")])
    begin = datetime.datetime(2007, 6, 19, 8, tzinfo=datetime.UTC)
    key = ec.generate_private_key(ec.SECP256R1())
    builder = x509.CertificateBuilder(name, name, key.public_key(), 0xABC, begin, begin + datetime.timedelta(days=1))
    return builder.sign(key, hashes.SHA256())


@pytest.mark.parametrize("encoding", [serialization.Encoding.PEM, serialization.Encoding.DER])
@pytest.mark.parametrize("around", [b"", b"Certificate:\r\n  Data\r\n"])
def test_certificates(encoding: serialization.Encoding, around: bytes) -> None:
    made = make_certificate()
    content = (around if encoding is serialization.Encoding.PEM else b"") + made.public_bytes(encoding)
    found = certificate.read(content, "rui.crt")
    assert (found.subject, found.serial) == ("CN=vc.corp.example", "abc")
    assert (found.not_before, found.not_after) == ("2007-06-19T08:00:00Z", "2007-06-20T08:00:00Z")
    assert found.sha256 == made.fingerprint(hashes.SHA256()).hex()


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_a_cut_certificate_is_broken_not_absent(cut: int) -> None:
    content = make_certificate().public_bytes(serialization.Encoding.DER)[:-cut]
    assert certificate.read(content, "rui.crt").reason == "bad_output"


FILE = r"C:\Program Files\VMware\vmware.lic"


@pytest.mark.parametrize("named", [FILE, f'"{FILE}"', f" {FILE} ;", rf"C:\gone.lic;{FILE}"])
def test_flex_may_name_a_file(named: str) -> None:
    """Before 2.0.1 Patch 2 there was a single one."""
    found = patched({"files": {FILE: "USE_SERVER\n"}, "registry": {FLEX: {"License": named}}}).files.licenses
    assert (found.path, [one.name for one in found.files]) == (FILE, ["vmware.lic"])
    assert [one.name for one in found.parsed] == ["vmware.lic"], "and not what lies in the default folder"


def test_flex_may_name_files_and_folders() -> None:
    files = {FILE: "USE_SERVER\n", r"E:\lic\a.lic": "USE_SERVER\n", r"E:\lic\a.txt": "", r"E:\b.lic": "USE_SERVER\n"}
    named = rf"{FILE};E:\lic;E:\b.lic"
    found = patched({"files": files, "registry": {FLEX: {"License": named}}}).files.licenses
    assert found.path == named
    assert [one.name for one in found.files] == ["vmware.lic", "a.lic", "a.txt", "b.lic"]
    assert [one.name for one in found.parsed] == ["vmware.lic", "a.lic", "b.lic"]


def test_a_license_file_that_could_not_be_read_hides_the_others() -> None:
    files = {FILE: "USE_SERVER\n", r"E:\b.lic": "USE_SERVER\n"}
    patch = {"files": files, "registry": {FLEX: {"License": rf"E:\b.lic;{FILE}"}}, "denied": [FILE]}
    assert patched(patch).files.licenses.reason == "access_denied"


def test_the_owner_may_name_a_license_file() -> None:
    found = patched({"files": {FILE: "USE_SERVER\n"}}, locations=Locations(licenses=FILE)).files.licenses
    assert (found.path, [one.name for one in found.parsed]) == (FILE, ["vmware.lic"])


def test_a_license_file_that_is_gone_leads_to_the_known_places() -> None:
    assert patched({"registry": {FLEX: {"License": r"E:\gone.lic"}}}).files.licenses.path == LICENSES
