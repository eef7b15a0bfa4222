"""PowerShell remoting with every other way to log on: the connection is the one of WinRS, so all of them work."""

from __future__ import annotations

from pathlib import Path

import kdc as kerberos
import pytest
from cryptography.hazmat.primitives import serialization
from psrpkit import SCRIPT, at, remoting
from wirekit import PASSWORD, USER

from vcaudit.errors import AuthenticationFailed
from vcaudit.lab.server import authority
from vcaudit.lab.server.tls import pem
from vcaudit.secrets import Secret
from vcaudit.transport.base import TlsPolicy
from vcaudit.transport.psrp import Psrp


@pytest.mark.parametrize("route", ["kerberos http", "kerberos https"])
@pytest.mark.parametrize("configuration", [None, "Vcaudit"])
def test_kerberos(kdc, route, configuration):
    with remoting(route, users={kerberos.USER: "not asked for"}, keytab=str(kdc.keytab)) as node:
        to = at(node, route, user=kerberos.USER, secret=Secret(kerberos.PASSWORD), configuration=configuration)
        result = Psrp(to).run(SCRIPT, 10)
        assert b"UmVxdWVzdA==" in result.stdout
        assert result.requests == sum(node.requests.values()) == 6
        assert (result.warnings, node.open_shells) == ((), 0)


def test_credssp():
    with remoting("credssp https", schemes=("CredSSP",)) as node:
        result = Psrp(at(node, "credssp https")).run(SCRIPT, 10)
        assert b"UmVxdWVzdA==" in result.stdout
        assert node.open_shells == 0


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    certificate, key = authority().issue("vcaudit", upn="vcaudit@corp.example")
    file = tmp_path / "ours.pem"
    file.touch(0o600)
    file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + pem(key))
    return file


@pytest.mark.parametrize("known", [True, False])
def test_a_client_certificate(ours, known):
    users = {"vcaudit@corp.example": USER} if known else {}
    identity = authority().identity(clients=authority().ca_file)
    with remoting("certificate https", identity=identity, certificates=users) as node:
        transport = Psrp(at(node, "certificate https", certificate=str(ours), secret=Secret("")))
        if known:
            assert transport.run(SCRIPT, 10).requests == 5
        else:
            with pytest.raises(AuthenticationFailed):
                transport.run(SCRIPT, 10)
        assert node.open_shells == 0


def test_weakened_tls_is_said():
    with remoting("basic https") as node:
        result = Psrp(at(node, "basic https", tls=TlsPolicy(security_level=0))).run(SCRIPT, 10)
    assert result.warnings
    assert PASSWORD not in repr(result.warnings)
