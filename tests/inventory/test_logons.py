"""Who we are to a node, how it is told, and what TLS may be weakened to: from the file to the Target."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from vcaudit.collect.runner import target_of
from vcaudit.errors import InventoryError
from vcaudit.inventory import Inventory, load_inventory
from vcaudit.secrets import Secret, resolve
from vcaudit.transport.base import Target
from vcaudit.transport.policy import TlsPolicy


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("audit.keytab", "audit.pem", "audit.key", "secret.txt"):
        file = tmp_path / name
        file.touch(0o600)
        file.write_text("phrase\n")
    return tmp_path


def load(folder: Path, credential: dict[str, Any], winrm: dict[str, Any], **nodes: Any) -> Inventory:
    text = yaml.safe_dump({
        "clusters": {"C": {"nodes": nodes or {"N": "vcnode1.corp.example"}, "winrm": winrm}},
        "credentials": {"audit": credential},
    })  # fmt: skip
    return load_inventory(folder / "vcaudit.yaml", text)


def targets(inventory: Inventory) -> list[Target]:
    cluster = inventory.clusters[0]
    return [target_of(cluster, node, resolve(cluster.credential_of(node))) for node in cluster.nodes]


def said(folder: Path, credential: dict[str, Any], winrm: dict[str, Any], **nodes: Any) -> str:
    with pytest.raises(InventoryError) as caught:
        load(folder, credential, winrm, **nodes)
    return str(caught.value)


def test_a_ticket(folder: Path) -> None:
    (target,) = targets(load(folder, {"user": "a@CORP.EXAMPLE", "ticket": True}, {"transport": "kerberos"}))
    assert (target.authentication, target.scheme, target.port) == ("kerberos", "http", 5985)
    assert (target.ticket, target.keytab, target.secret) == (True, None, Secret(""))
    assert target.route == "winrm kerberos http"


def test_a_keytab_and_another_name(folder: Path) -> None:
    names = {"service": "WSMAN", "hostname_override": "other.corp.example"}
    winrm = {"transport": "kerberos", "kerberos": names, "scheme": "https"}
    (target,) = targets(load(folder, {"user": "a@CORP.EXAMPLE", "keytab": "audit.keytab"}, winrm))
    assert target.keytab == str(folder / "audit.keytab")
    assert (target.service, target.hostname_override) == ("WSMAN", "other.corp.example")
    assert target.route == "winrm kerberos https"


@pytest.mark.parametrize("password", [{}, {"password_file": "secret.txt"}])
def test_a_certificate_with_and_without_a_pass_phrase(folder: Path, password: dict[str, str]) -> None:
    credential = {"user": "audit", "certificate": "audit.pem", "key": "audit.key", **password}
    (target,) = targets(load(folder, credential, {"transport": "certificate"}))
    assert (target.certificate, target.key) == (str(folder / "audit.pem"), str(folder / "audit.key"))
    assert (target.scheme, target.port) == ("https", 5986)
    assert target.secret == Secret("phrase" if password else "")


def test_tls_is_each_nodes_own(folder: Path) -> None:
    old = {"minimum": "1.0", "security_level": 0, "common_name": True, "legacy_renegotiation": True}
    nodes = {
        "A": "a.example",
        "B": {"address": "b.example", "winrm": {"tls": old}},
        "C": {"address": "c.example", "winrm": {"scheme": "http"}},
    }
    made = targets(load(folder, {"user": "a", "password_file": "secret.txt"}, {"tls": {"minimum": "1.1"}}, **nodes))
    assert [target.tls for target in made] == [TlsPolicy(minimum="1.1"), TlsPolicy(**old), TlsPolicy()]
    assert [target.scheme for target in made] == ["https", "https", "http"]
    assert [len(target.tls.weakened) for target in made] == [1, 4, 0]


def test_without_tls_nothing_is_weakened(folder: Path) -> None:
    (target,) = targets(load(folder, {"user": "a", "password_file": "secret.txt"}, {"scheme": "https"}))
    assert target.tls == TlsPolicy()
    assert target.tls.weakened == ()


@pytest.mark.parametrize(
    ("credential", "winrm", "words"),
    [
        ({"ticket": True}, {}, "ticket of credential audit is for transport: kerberos, and this is ntlm"),
        ({"keytab": "audit.keytab"}, {"transport": "basic"}, "keytab of credential audit is for transport: kerberos"),
        ({"keytab": "none.keytab"}, {"transport": "kerberos"}, "there is no readable file"),
        ({"ticket": True, "keytab": "audit.keytab"}, {"transport": "kerberos"}, "has keytab and ticket: keep one"),
        ({"ticket": True, "certificate": "audit.pem"}, {"transport": "kerberos"}, "make two of it"),
        ({"ticket": False}, {"transport": "kerberos"}, "ticket must be true"),
        ({"certificate": "audit.pem"}, {}, "certificate of credential audit is for transport: certificate"),
        ({"certificate": "none.pem"}, {"transport": "certificate"}, "certificate: there is no readable file"),
        ({"key": "audit.key", "prompt": True}, {}, "has a key and no certificate"),
        ({}, {"transport": "certificate"}, "does not say where the password is"),
    ],
)
def test_what_does_not_go_together(
    folder: Path, credential: dict[str, Any], winrm: dict[str, Any], words: str
) -> None:
    assert words in said(folder, {"user": "audit@CORP.EXAMPLE", **credential}, winrm)


def test_virtualcenter_takes_a_password(folder: Path) -> None:
    text = yaml.safe_dump({
        "clusters": {"C": {"nodes": {"N": "n.example"}, "winrm": {"transport": "kerberos"}, "credential": "audit",
                           "virtualcenter": {"address": "vc.example", "credential": "audit"}}},
        "credentials": {"audit": {"user": "a@CORP.EXAMPLE", "ticket": True}},
    })  # fmt: skip
    with pytest.raises(InventoryError, match="virtualcenter is logged on to with a password"):
        load_inventory(folder / "vcaudit.yaml", text)


def test_one_mistake_of_a_cluster_is_told_once(folder: Path) -> None:
    found = said(folder, {"user": "CORP\\a", "password_file": "secret.txt"}, {"transport": "kerberos"},
                 A="a.example", B="b.example")  # fmt: skip
    assert found.count("name@REALM") == 1
