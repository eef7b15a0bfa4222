"""One simulated node by every route: the same facts, but for how they were had."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from localkit import here, install_node

from tests.inprocess import cluster, pack, snapshot
from tests.offline.compare import differences
from tests.offline.folder import complete, export
from vcaudit import offline, sections, yamlfile
from vcaudit.capture import Capture
from vcaudit.cli.app import run as cli
from vcaudit.collect.kit import build_kit
from vcaudit.collect.script import build
from vcaudit.evaluate import evaluate
from vcaudit.inventory.types import Cluster
from vcaudit.lab.harness import Lab
from vcaudit.lab.node import Node
from vcaudit.lab.scenario import Scenario, load, shipped
from vcaudit.lab.windows import Session, run
from vcaudit.results import Outcome
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.codec import decode
from vcaudit.snapshot.model import Auditor, NodeSnapshot, Snapshot
from vcaudit.transport.local import Local

SCENARIOS = shipped()
HELD = (
    "host.computer_name", "host.os_version", "host.service_pack", "host.architecture", "software.view", "software.vpxd",
    "software.license_sources", "files.licenses.files", "files.licenses.parsed", "files.vpxd_cfg.settings",
    "files.ssl.files", "files.ssl.certificate", "files.upgrade.files", "registry.native", "registry.wow6432",
    "database.dsn", "database.server", "cluster.name", "cluster.identity",
)  # fmt: skip
"""What a folder of these things always gives."""


def seen(scenario: Scenario) -> tuple[Scenario, Snapshot]:
    """A scenario whose registry has what every Windows has, and what a scan sees of it."""
    import dataclasses

    nodes = {name: complete(name, node) for name, node in scenario.nodes.items()}
    whole = dataclasses.replace(scenario, nodes=nodes)
    return whole, snapshot(whole)


def read(capture: Capture, declared: Cluster) -> NodeSnapshot:
    return sections.read(
        [capture], cluster="x", declared=declared.declared, permissions=(), taken_at="2026-11-24T06:00:00Z",
        auditor=Auditor(version="1", names=(), resolver=""),
    ).nodes[0]  # fmt: skip


def kit_output(node: Node, declared: Cluster) -> bytes:
    """What the kit of this cluster prints on a node."""
    stdout, stderr, code = run(Session(node), build_kit(sections.requests(declared.locations), declared.limits))
    assert (stderr, code) == (b"", 0)
    return stdout


def fact(node: Any, path: str) -> Any:
    for name in path.split("."):
        node = node if node is None or isinstance(node, Missing) else getattr(node, name)
    return node


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_folder_says_nothing_else_than_a_scan(name: str, tmp_path: Path):
    scenario, scanned = seen(load(name))
    declared = cluster(scenario)
    for node in scenario.nodes:
        export(tmp_path / node, node, scenario.nodes[node])
    sources = [offline.Source(tmp_path / node) for node in scenario.nodes]
    imported = offline.snapshot(sources, cluster=declared, name=declared.name)
    assert [node.name for node in imported.nodes] == [node.name for node in scanned.nodes]
    for one, other in zip(scanned.nodes, imported.nodes, strict=True):
        assert list(differences(one, other, one.name, gaps=True)) == []
        assert [path for path in HELD if isinstance(fact(other, path), Missing)] == []
        assert other.provenance.route == "files"
        assert other.provenance.warnings[0].startswith(f"read from files in {tmp_path / other.name}: registry from ")


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_kit_says_what_a_scan_says(name: str, tmp_path: Path):
    scenario, scanned = seen(load(name))
    declared = cluster(scenario)
    for node, description in scenario.nodes.items():
        (tmp_path / f"{node}.vca").write_bytes(kit_output(Node.from_description(node, description), declared))
    sources = [offline.Source(tmp_path / f"{node}.vca") for node in scenario.nodes]
    imported = offline.snapshot(sources, cluster=declared, name=declared.name)
    for one, other in zip(scanned.nodes, imported.nodes, strict=True):
        found = [line for line in differences(one, other, one.name) if ".host.clock" not in line]
        assert found == []
        assert fact(other, "host.clock_skew").reason == "not_asked"


@pytest.mark.parametrize("name", ["quorum-disk-2003", "registry-2008"])
def test_the_local_powershell_says_what_a_scan_says(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    scenario, scanned = seen(load(name))
    declared = cluster(scenario)
    requests = sections.requests(declared.locations)
    for one in scanned.nodes:
        install_node(monkeypatch, tmp_path / one.name, one.name, scenario.nodes[one.name])
        script = build(requests, declared.limits)
        result = Local(here(node=one.name)).run(script, 60)
        capture = Capture(
            node=one.name, route="local", address="", user="me", started="2026-11-24T06:00:00Z",
            finished="2026-11-24T06:00:00Z", seconds=1, requests=0, bytes_sent=0, bytes_received=0,
            script_sha256=script.sha256, asked=requests, stdout=result.stdout,
        )  # fmt: skip
        found = [line for line in differences(one, read(capture, declared), one.name) if ".host.clock" not in line]
        assert found == []


def test_a_kit_and_a_folder_are_judged_as_a_scan_is(tmp_path: Path):
    """The kit may not read the license folder on one node; somebody brings the folder."""
    scenario, _ = seen(load("quorum-disk-2003"))
    declared = cluster(scenario)
    folder = r"C:\Program Files\VMware\VMware License Server\Licenses"
    locked = {**scenario.nodes["VCNODE2"], "denied": [folder]}
    for node, description in {**scenario.nodes, "VCNODE2": locked}.items():
        (tmp_path / f"{node}.vca").write_bytes(kit_output(Node.from_description(node, description), declared))
    without = offline.snapshot(
        [offline.Source(tmp_path / f"{node}.vca") for node in scenario.nodes], cluster=declared, name="x"
    )
    assert isinstance(fact(without.nodes[1], "files.licenses"), Missing)
    export(tmp_path / "VCNODE2", "VCNODE2", scenario.nodes["VCNODE2"])
    for gone in ("software.reg", "cluster.reg", "cluster.txt"):
        (tmp_path / "VCNODE2" / gone).unlink()
    sources = [offline.Source(tmp_path / f"{node}.vca") for node in scenario.nodes]
    both = offline.snapshot([*sources, offline.Source(tmp_path / "VCNODE2")], cluster=declared, name="x")
    assert list(differences(snapshot(scenario).nodes[1].files, both.nodes[1].files)) == []
    assert both.nodes[1].provenance.route == "kit + files"
    judged, scanned = evaluate(both, pack()).results, evaluate(snapshot(scenario), pack()).results
    assert [one for one in judged if one.outcome is Outcome.FAIL] == []
    about = {(one.rule, one.node): one.outcome for one in scanned if one.rule.startswith("VC-DATA")}
    assert about
    assert {(one.rule, one.node): one.outcome for one in judged if one.rule.startswith("VC-DATA")} == about


def test_one_node_here_and_one_over_the_wire(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """From the inventory to the snapshot: vcaudit runs on VCNODE1 and asks VCNODE2 over WinRM."""
    scenario = load("quorum-disk-2003")
    install_node(monkeypatch, tmp_path / "bin", "VCNODE1", scenario.nodes["VCNODE1"])
    with Lab(scenario) as lab:
        for name, value in lab.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.chdir(tmp_path)
        assert cli(["collect", "-o", "wire.json"]) == 0
        inventory = yamlfile.load(lab.inventory).value
        assert isinstance(inventory, dict)
        inventory["clusters"][scenario.name]["nodes"]["VCNODE1"]["winrm"] = {"transport": "local"}
        Path("here.yaml").write_text(yamlfile.dump(inventory), encoding="utf-8")
        assert cli(["collect", "-i", "here.yaml", "-o", "here.json"]) == 0
    wire, here_ = (decode(Path(name).read_bytes(), name) for name in ("wire.json", "here.json"))
    assert [node.provenance.route for node in here_.nodes] == ["local", "winrm ntlm http"]
    assert here_.nodes[0].provenance.requests == 0
    for one, other in zip(wire.nodes, here_.nodes, strict=True):
        assert [line for line in differences(one, other, one.name) if ".host.clock" not in line] == []
