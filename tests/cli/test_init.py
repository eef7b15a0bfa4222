"""`vcaudit init`: a starter that is valid as it is, and one that a node filled in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from vcaudit.cli.app import run
from vcaudit.cli.init import VARIABLE
from vcaudit.inventory import load_inventory
from vcaudit.inventory.starter import Known, starter
from vcaudit.lab.harness import Lab


def test_the_starter_is_an_inventory(tmp_path: Path) -> None:
    (cluster,) = load_inventory(tmp_path / "vcaudit.yaml", starter(Known())).clusters
    assert [node.name for node in cluster.nodes] == ["VCNODE1", "VCNODE2"]
    assert cluster.credential.place == VARIABLE


def test_every_comment_of_the_starter_is_right_when_it_is_used(tmp_path: Path) -> None:
    """Uncommented, all of it is still an inventory."""
    (tmp_path / "roles.csv").write_text("")
    (tmp_path / "ca.pem").write_text("")
    lines = []
    for line in starter(Known()).splitlines():
        body = line.lstrip()
        lines.append(line.replace("# ", "", 1) if body.startswith("# ") and ":" in body.split("#")[1] else line)
    text = "\n".join(line for line in lines if not line.startswith(("yaml-language", "Editors", "All settings")))
    text = text.replace("    - {rule", "    - {rule").replace("    What you know", "    # What you know")
    (cluster,) = load_inventory(tmp_path / "vcaudit.yaml", text).clusters
    assert cluster.declared.managedip_place == "file"
    assert cluster.declared.exceptions[0].rule
    assert (cluster.winrm.scheme, cluster.dns) == ("https", "192.0.2.1")


NAMES = ("VC-KNOTEN-Ä", "no", "a: b", "it's", "#x", "12", "1.5", "{x}", "*a", "- x", "\u202ex")


@pytest.mark.parametrize("name", NAMES)
def test_names_stay_what_they_are(tmp_path: Path, name: str) -> None:
    known = Known(cluster=name, nodes={name: "192.0.2.1", "Other": "192.0.2.2"}, user=name, network_name=name,
                  notes=(f"see {name}\nx: 1",))  # fmt: skip
    (cluster,) = load_inventory(tmp_path / "vcaudit.yaml", starter(known)).clusters
    assert (cluster.name, cluster.nodes[0].name, cluster.credential.user) == (name, name, name)
    assert cluster.declared.network_name == name


def test_it_is_written_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["init"]) == 0
    Path("vcaudit.yaml").write_text("mine")
    assert run(["init"]) == 3
    assert "vcaudit.yaml: is there already\n  overwrite with --force" in capfd.readouterr().err
    assert Path("vcaudit.yaml").read_text() == "mine"
    assert run(["init", "--force"]) == 0
    assert load_inventory(Path("vcaudit.yaml")).clusters


def test_it_can_go_to_stdout(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["init", "-o", "-"]) == 0
    assert capfd.readouterr().out == starter(Known())


def test_the_schema_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["init", "--schema"]) == 0
    assert json.loads(capfd.readouterr().out)["title"] == "vcaudit inventory"


def ask(lab: Lab, *more: str) -> int:
    name, endpoint = next(iter(lab.endpoints.items()))
    user = str(lab.scenario.nodes[name].get("user") or "vcaudit")
    return run(["init", "--node", "127.0.0.1", "--port", str(endpoint.port), "--user", user, *more])


def test_a_node_fills_it_in(at_lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, at_lab.password)
    assert ask(at_lab) == 0
    (cluster,) = load_inventory(Path("vcaudit.yaml")).clusters
    assert {node.name for node in cluster.nodes} == set(at_lab.scenario.nodes)
    declared = cluster.declared
    told = (declared.virtual_address, declared.netmask, declared.network_name)
    assert told == ("192.0.2.50", "255.255.255.0", "VCVIRTUAL")
    assert at_lab.password not in Path("vcaudit.yaml").read_text()


def test_a_node_that_does_not_answer_writes_nothing(
    at_lab: Lab, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(VARIABLE, "wrong")
    assert ask(at_lab) == 3
    assert "the node did not answer: authentication" in capfd.readouterr().err
    assert not Path("vcaudit.yaml").exists()


def test_settings_of_the_command_line_go_through_the_same_checks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(VARIABLE, "x")
    arguments = ["init", "--node", "192.0.2.1", "--user", "x", "--transport", "basic", "--scheme", "http"]
    assert run(arguments) == 3
    assert "Basic over http would send the password readable" in capfd.readouterr().err


def test_settings_that_worked_are_written_down(tmp_path: Path) -> None:
    text = starter(Known(winrm={"transport": "basic", "port": 15986, "fingerprint": "ab" * 32}))
    (cluster,) = load_inventory(tmp_path / "vcaudit.yaml", text).clusters
    assert (cluster.winrm.transport, cluster.winrm.scheme, cluster.nodes[0].port) == ("basic", "https", 15986)


def test_the_license_servers_own_netmask_is_written_where_it_has_one(tmp_path: Path) -> None:
    assert "license_netmask" not in starter(Known())
    (cluster,) = load_inventory(tmp_path / "vcaudit.yaml", starter(Known(license_netmask="255.255.0.0"))).clusters
    assert cluster.declared.license_netmask == "255.255.0.0"
