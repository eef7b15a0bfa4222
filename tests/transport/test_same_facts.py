"""From the inventory's file to the snapshot: however one logs on, and over whatever old TLS, the facts are the same."""

from __future__ import annotations

import ssl
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from kdc import PASSWORD, USER, Kdc

from vcaudit import pipeline
from vcaudit.evaluate.against import Against
from vcaudit.inventory.loader import load_inventory
from vcaudit.lab.faults import apply
from vcaudit.lab.harness import Lab
from vcaudit.lab.merge import merge
from vcaudit.lab.scenario import load
from vcaudit.lab.server import Endpoint
from vcaudit.lab.server.tls import Authority, Look, authority, pem
from vcaudit.secrets import Credentials
from vcaudit.snapshot.model import NodeSnapshot, Snapshot

SCENARIO = "quorum-disk-2008"
UPN = "vcaudit@corp.example"
OWN = Authority("users of the lab")
OLD = {"minimum": "1.0", "security_level": 0}


class Routed(Lab):
    """A lab whose nodes are logged on to in another way; what makes the difference is given as the inventory has it."""

    def __init__(self, winrm: dict[str, Any], credential: dict[str, Any], **endpoint: Any) -> None:
        scenario, _ = apply(load(SCENARIO), "settings-differ")
        super().__init__(replace(scenario, inventory=merge(scenario.inventory, {"winrm": winrm})), password=PASSWORD)
        self._credential, self._options = credential, endpoint

    def _endpoint(self, name: str) -> Endpoint:
        settings = {"tls": self._winrm.get("scheme") == "https", **self._options}
        users = {self._user(name): self.password, USER: "not asked for"}
        return Endpoint(lambda line, stdin: self._run(name, line, stdin), users, **settings)

    def _inventory(self, place: Any) -> dict[str, Any]:
        document = super()._inventory(place)
        if self._credential:
            document["credentials"]["lab"] = self._credential
        return document


def looked(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Snapshot:
    with lab:
        for name, value in lab.environment.items():
            monkeypatch.setenv(name, value)
        assert lab.inventory
        cluster = load_inventory(lab.inventory).clusters[0]
        found = pipeline.look(cluster, Credentials(), pipeline.Connections())
        assert [endpoint.open_shells for endpoint in lab.endpoints.values()] == [0] * len(lab.endpoints)
    return found


def facts(node: NodeSnapshot) -> dict[str, Any]:
    """All but what tells how they came, and the clock, which goes on between two looks."""
    built: dict[str, Any] = msgspec.to_builtins(node)
    assert built["host"].pop("clock")
    assert abs(built["host"].pop("clock_skew")) < 60
    del built["provenance"]
    return built


def certificate(folder: Path) -> dict[str, str]:
    made, key = OWN.issue("vcaudit", upn=UPN)
    (folder / "audit.pem").touch(0o600)
    (folder / "audit.pem").write_bytes(made.public_bytes(Encoding.PEM) + pem(key))
    return {"user": UPN, "certificate": str(folder / "audit.pem")}


def routed(name: str, kdc: Kdc, folder: Path) -> Lab:
    kerberos, keytab = {"transport": "kerberos"}, {"keytab": str(kdc.keytab)}
    https = {"scheme": "https", "ca": str(authority().ca_file)}
    if name == "ticket":
        kdc.kinit(folder / "no-tickets")
        return Routed(kerberos, {"user": USER, "ticket": True}, **keytab)
    if name == "keytab":
        return Routed({**kerberos, **https}, {"user": USER, "keytab": str(kdc.user_keytab)}, **keytab)
    if name == "password":
        return Routed(kerberos, {"user": USER, "password_env": "VCAUDIT_LAB_PASSWORD"}, **keytab)
    if name == "certificate":
        return Routed({"transport": "certificate", **https}, certificate(folder), certificates={UPN: "vcaudit"},
                      identity=authority().identity(clients=OWN.ca_file))  # fmt: skip
    if name == "credssp":
        return Routed({"transport": "credssp"}, {}, schemes=("CredSSP",))
    old = Look(version=ssl.TLSVersion.TLSv1)
    return Routed({**https, "tls": OLD}, {}, identity=authority().identity(look=old))


ROUTES = {
    "ticket": ("winrm kerberos http", 6), "keytab": ("winrm kerberos https", 6), "password": ("winrm kerberos http", 6),
    "certificate": ("winrm certificate https", 5), "credssp": ("winrm credssp http", 10),
    "old tls": ("winrm ntlm https", 6),
}  # fmt: skip


@pytest.mark.parametrize("name", ROUTES)
def test_the_facts_are_the_same_however_one_logs_on(name, kdc, tmp_path, monkeypatch):
    usual = looked(Routed({}, {}), monkeypatch)
    other = looked(routed(name, kdc, tmp_path), monkeypatch)
    assert [facts(node) for node in other.nodes] == [facts(node) for node in usual.nodes]
    assert {(node.provenance.route, node.provenance.requests) for node in other.nodes} == {ROUTES[name]}
    warned = {len(node.provenance.warnings) for node in other.nodes}
    assert warned == {2 if name == "old tls" else 0}


def test_weakening_is_named_in_the_results(kdc, tmp_path, monkeypatch):
    from tests.inprocess import pack

    results = pipeline.judge(looked(routed("old tls", kdc, tmp_path), monkeypatch), Against(pack=pack()))
    for node in results.clusters[0].provenance.nodes:
        assert [each.partition(": ")[0] for each in node.warnings] == ["TLS weakened by the inventory"] * 2
