"""Client certificates, and CredSSP: over real TLS, with everything that the other side may have against us."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from wirekit import PASSWORD, SCRIPT, USER, USERS, endpoint, target

from vcaudit.errors import AuthenticationFailed, UsageError
from vcaudit.lab.server.accounts import principal
from vcaudit.lab.server.tls import Authority, Look, authority, pem
from vcaudit.secrets import Secret
from vcaudit.transport.base import BOOTSTRAP, Script
from vcaudit.transport.winrm import WinRm

ROUTE = "certificate https"
UPN = "vcaudit@corp.example"
VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]
OWN = Authority("users of the lab")


def files(folder: Path, upn: str = UPN, signer: Authority = OWN, phrase: str = "", **options: Any) -> dict[str, Any]:
    """A certificate and its key on disk, as a target names them."""
    certificate, key = signer.issue("vcaudit", upn=upn, **options)
    (folder / "audit.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    (folder / "audit.key").touch(0o600)
    (folder / "audit.key").write_bytes(pem(key, phrase))
    return {"certificate": str(folder / "audit.pem"), "key": str(folder / "audit.key"), "secret": Secret(phrase)}


def node(version: ssl.TLSVersion | None = None, **options: Any):
    identity = authority().identity(clients=OWN.ca_file, look=Look(version=version))
    return endpoint(ROUTE, identity=identity, certificates={UPN: USER}, **options)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("phrase", ["", "canary-phrase-ü"])
def test_the_certificate_is_the_logon(tmp_path, version, phrase):
    with node(version) as place:
        result = WinRm(target(place, ROUTE, **files(tmp_path, phrase=phrase))).run(SCRIPT, 10)
        assert result.stdout == BOOTSTRAP.encode() + b"|" + SCRIPT.text
        assert result.requests == sum(place.requests.values()) == 5
        assert (result.warnings, place.open_shells, place.requests["auth"]) == ((), 0, 0)


def test_key_and_certificate_in_one_file(tmp_path):
    made = files(tmp_path)
    both = tmp_path / "both.pem"
    both.touch(0o600)
    both.write_bytes(Path(made["key"]).read_bytes() + Path(made["certificate"]).read_bytes())
    with node() as place:
        aimed = target(place, ROUTE, certificate=str(both), secret=Secret(""))
        assert WinRm(aimed).run(SCRIPT, 10).requests == 5


def test_a_pinned_node_and_a_certificate(tmp_path):
    with node() as place:
        aimed = target(place, ROUTE, **files(tmp_path), fingerprint=place.fingerprint, ca=None)
        assert WinRm(aimed).run(SCRIPT, 10).requests == 5


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("options", "what", "hint"),
    [
        ({"upn": "other@corp.example"}, "did not accept the certificate", "certmapping"),
        ({"expired": True}, "has expired", "openssl x509 -in"),
        ({"signer": Authority("strangers")}, "does not know the authority", "LocalMachine store"),
    ],
    ids=["unmapped", "expired", "unknown"],
)
def test_what_the_node_has_against_it(tmp_path, version, options, what, hint):
    with node(version) as place, pytest.raises(AuthenticationFailed) as caught:
        WinRm(target(place, ROUTE, **files(tmp_path, **options))).run(SCRIPT, 10)
    assert what in caught.value.what
    assert "audit.pem" in caught.value.what
    assert hint in caught.value.hint
    assert not caught.value.retry


def test_a_node_that_asks_for_no_certificate(tmp_path):
    with endpoint("ntlm https") as place, pytest.raises(AuthenticationFailed, match="did not accept the certificate"):
        WinRm(target(place, ROUTE, **files(tmp_path))).run(SCRIPT, 10)


def loose(made: dict[str, Any], folder: Path) -> dict[str, Any]:
    Path(made["key"]).chmod(0o644)
    return made


def other_key(made: dict[str, Any], folder: Path) -> dict[str, Any]:
    (folder / "other").mkdir()
    return {**made, "key": files(folder / "other")["key"]}


def no_pem(made: dict[str, Any], folder: Path) -> dict[str, Any]:
    Path(made["certificate"]).write_bytes(b"\x30\x82 not PEM")
    return made


@pytest.mark.parametrize(
    ("spoil", "what", "hint"),
    [
        (loose, "can be read by others", "chmod 600"),
        (other_key, "is not the key of the certificate", "`certificate` and `key`"),
        (no_pem, "holds no PEM", "openssl pkcs12"),
        (lambda made, folder: {**made, "key": str(folder / "none")}, "No such file", "credential"),
        (lambda made, folder: {**made, "certificate": None}, "no certificate to show", "`certificate`"),
        (lambda made, folder: {**made, "scheme": "http"}, "shown in TLS", "scheme: https"),
        (lambda made, folder: {**files(folder, phrase="right"), "secret": Secret("wrong")}, "pass phrase", "password"),
        (lambda made, folder: {**files(folder, phrase="right"), "secret": Secret("")}, "pass phrase", "password"),
    ],
)
def test_what_is_wrong_here_is_said_before_anything_is_sent(tmp_path, spoil, what, hint):
    options = spoil(files(tmp_path), tmp_path)
    with node() as place, pytest.raises(UsageError) as caught:
        WinRm(target(place, ROUTE, **options))
    assert what in caught.value.what
    assert hint in caught.value.hint
    assert place.served == []
    assert "right" not in str(caught.value)


@pytest.mark.parametrize(("upn", "name"), [(UPN, UPN), (None, "vcaudit")])
def test_whom_a_certificate_names(upn, name):
    certificate, _ = OWN.issue("vcaudit", upn=upn)
    assert principal(certificate.public_bytes(Encoding.DER)) == name


CREDSSP = {"credssp http": 10, "credssp https": 9}
"""Requests of a scan."""


@pytest.mark.parametrize("route", CREDSSP)
def test_credssp(route):
    with endpoint(route, schemes=("CredSSP",)) as place:
        result = WinRm(target(place, route)).run(SCRIPT, 10)
        assert result.stdout == BOOTSTRAP.encode() + b"|" + SCRIPT.text
        assert result.requests == sum(place.requests.values()) == CREDSSP[route]
        assert (result.warnings, place.open_shells) == ((), 0)
        assert len({served.connection for served in place.served}) == 1


@pytest.mark.parametrize("route", CREDSSP)
def test_credssp_cuts_long_messages_into_records(route):
    script = Script(text=b"collector " * 20_000, sha256="", requests_sha256="")
    with endpoint(route, schemes=("CredSSP",), run=lambda line, stdin: (stdin * 2, b"", 0)) as place:
        assert WinRm(target(place, route)).run(script, 10).stdout == script.text * 2


@pytest.mark.parametrize("route", CREDSSP)
def test_credssp_with_a_wrong_password(route):
    with endpoint(route, schemes=("CredSSP",)) as place, pytest.raises(AuthenticationFailed) as caught:
        WinRm(target(place, route, secret=Secret("wrong"))).run(SCRIPT, 10)
    assert "the node did not accept CORP\\vcaudit" in caught.value.what
    assert "check name and password" in caught.value.hint


def test_a_node_without_credssp():
    with endpoint() as place, pytest.raises(AuthenticationFailed, match="does not accept credssp; it offers Negotiate"):
        WinRm(target(place, "credssp http")).run(SCRIPT, 10)


def test_somebody_who_takes_everything_does_not_get_the_password(monkeypatch):
    from vcaudit.lab.server.connection import Connection

    def careless(self: Connection, credentials: str, scheme: str) -> bool:
        self.user = USER
        return True

    monkeypatch.setattr(Connection, "_negotiate", careless)
    with endpoint(schemes=("CredSSP",)) as place, pytest.raises(AuthenticationFailed, match="did not prove who it is"):
        WinRm(target(place, "credssp http")).run(SCRIPT, 10)


def test_credssp_breaks_and_begins_anew():
    with endpoint(schemes=("CredSSP",), faults=["drop-connection:8"], users=USERS) as place:
        result = WinRm(target(place, "credssp http")).run(SCRIPT, 10)
        assert result.warnings == ("restarted once: the node closed the connection",)
        assert place.open_shells == 0
    assert PASSWORD not in repr(result)
