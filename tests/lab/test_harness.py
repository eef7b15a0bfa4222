"""A running lab: its endpoints, its inventory, its password, and what is left when it ends."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path

import pytest

from vcaudit.collect.runner import resolve_names
from vcaudit.errors import UsageError
from vcaudit.inventory.loader import load_inventory
from vcaudit.inventory.types import Cluster
from vcaudit.lab.harness import PASSWORD_VARIABLE, Lab
from vcaudit.lab.merge import merge
from vcaudit.lab.scenario import Scenario, load
from vcaudit.sections import read_permissions


def cluster(lab: Lab) -> Cluster:
    assert lab.inventory
    [one] = load_inventory(lab.inventory).clusters
    return one


def test_the_inventory_reaches_every_node_of_the_scenario() -> None:
    scenario = load("three-nodes-2008")
    with Lab(scenario) as lab:
        one = cluster(lab)
        assert one.name == "three-nodes-2008"
        assert {node.name: node.address for node in one.nodes} == dict.fromkeys(scenario.nodes, "127.0.0.1")
        assert {node.name: node.port for node in one.nodes} == {n: e.port for n, e in lab.endpoints.items()}
        assert len({node.port for node in one.nodes}) == 3
        assert one.declared.virtual_address == "192.0.2.50"
        assert (one.credential.source, one.credential.place) == ("env", PASSWORD_VARIABLE)
        assert lab.environment == {PASSWORD_VARIABLE: lab.password, "VCAUDIT_INVENTORY": str(lab.inventory)}


def test_the_password_is_in_the_environment_only() -> None:
    with Lab(load("quorum-disk-2003")) as lab:
        assert lab.inventory
        for file in lab.inventory.parent.iterdir():
            assert lab.password not in file.read_text(encoding="utf-8")
        assert len(lab.password) >= 20
    with Lab(load("quorum-disk-2003")) as other:
        assert other.password != lab.password


def test_nothing_is_left_of_a_lab_that_ended() -> None:
    with Lab(load("quorum-disk-2003")) as lab:
        assert lab.inventory
        folder = lab.inventory.parent
        ports = [endpoint.port for endpoint in lab.endpoints.values()]
    assert not folder.exists()
    import socket

    for port in ports:
        with pytest.raises(OSError, match=r"refused"):
            socket.create_connection(("127.0.0.1", port), timeout=1)


def test_an_inventory_with_its_password_in_a_private_file(tmp_path: Path) -> None:
    with Lab(load("quorum-disk-2003"), password="s3cret") as lab:
        out, secret = tmp_path / "lab.yaml", tmp_path / "lab.password"
        lab.write_inventory(out, secret)
        assert stat.S_IMODE(secret.stat().st_mode) == 0o600
        assert secret.read_text(encoding="utf-8") == "s3cret\n"
        assert "s3cret" not in out.read_text(encoding="utf-8")
        assert load_inventory(out).clusters[0].credential.place == str(secret)


def test_a_password_file_that_was_open_to_others_becomes_private(tmp_path: Path) -> None:
    secret = tmp_path / "p"
    secret.write_text("old")
    secret.chmod(0o644)
    with Lab(load("quorum-disk-2003")) as lab:
        lab.write_inventory(tmp_path / "i.yaml", secret)
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600


def test_the_export_of_role_holders_reads_back() -> None:
    with Lab(load("german-2003")) as lab:
        path = cluster(lab).permissions
        assert path is not None
        read = read_permissions(path)
        assert isinstance(read, tuple)
        assert [row.principal for row in read] == ["Administratoren", "VC-Bediener", "vcadmin", "FIRMA\\VC Admins"]
        assert [row.is_group for row in read] == [True, True, False, True]
    with Lab(load("minimal-2003")) as lab:
        assert cluster(lab).permissions is None


def test_the_name_server_answers_the_scenarios_names() -> None:
    with Lab(load("quorum-disk-2003")) as lab:
        found = resolve_names(("VCVIRTUAL", "vcvirtual.corp.example", "nobody"), cluster(lab).dns)
    assert [resolution.addresses for resolution in found] == [("192.0.2.50",), ("192.0.2.50",), ()]


def test_a_node_may_have_an_account_of_its_own() -> None:
    scenario = load("quorum-disk-2003")
    nodes = {**scenario.nodes, "VCNODE2": {**scenario.nodes["VCNODE2"], "user": "OTHER\\auditor"}}
    with Lab(replace(scenario, nodes=nodes)) as lab:
        one = cluster(lab)
        assert {node.name: one.credential_of(node).user for node in one.nodes} == {
            "VCNODE1": "CORP\\vcaudit",
            "VCNODE2": "OTHER\\auditor",
        }


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_https_comes_with_the_authority_to_trust(scheme: str) -> None:
    scenario = load("quorum-disk-2003")
    scenario = replace(scenario, inventory=merge(scenario.inventory, {"winrm": {"scheme": scheme}}))
    with Lab(scenario) as lab:
        winrm = cluster(lab).winrm
        assert winrm.scheme == scheme
        assert (winrm.ca is not None) == (scheme == "https")


def test_a_scenario_may_say_anything_an_inventory_may() -> None:
    scenario: Scenario = load("quorum-disk-2003")
    scenario = replace(scenario, inventory=merge(scenario.inventory, {"timeout": 33, "synchronisation": "manual"}))
    with Lab(scenario) as lab:
        assert cluster(lab).timeout == 33
        assert cluster(lab).declared.synchronisation == "manual"


def test_a_group_that_cannot_move_stays_where_it_is() -> None:
    with Lab(load("quorum-disk-2003")) as lab:
        before = lab.scenario
        with pytest.raises(UsageError, match="no node `VCNODE9`"):
            lab.move("VCNODE9")
        assert lab.scenario == before
