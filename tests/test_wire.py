"""The same clusters over real WinRM: what the wire brings is what the nodes hold, and a node it fails on is unknown."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from tests.inprocess import judged, of_outcome, pack, told
from vcaudit import pipeline
from vcaudit.evaluate.against import Against
from vcaudit.inventory.loader import load_inventory
from vcaudit.lab.faults import apply, load_faults
from vcaudit.lab.harness import Lab
from vcaudit.lab.merge import merge
from vcaudit.lab.scenario import Scenario, load, shipped
from vcaudit.results import AuditResults, Outcome
from vcaudit.secrets import Credentials

FAULTS = {name: fault for name, fault in load_faults().items() if fault.kind == "transport"}
DEADLINE = 3.0
"""Seconds for a node in these tests."""
TLS = {"inventory": {"winrm": {"scheme": "https"}}}
BASIC = {"inventory": {"winrm": {"scheme": "https", "transport": "basic"}}}


def scanned(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> AuditResults:
    for name, value in lab.environment.items():
        monkeypatch.setenv(name, value)
    assert lab.inventory
    cluster = load_inventory(lab.inventory).clusters[0]
    return pipeline.scan(cluster, Against(pack=pack()), Credentials(), pipeline.Connections())


def outcomes(results: AuditResults) -> set[tuple[str, str, str | None, str, str | None]]:
    """But for what only a probe answers, which is made here and not by a plain scan."""
    judged_alike = (r for r in results.results if not r.rule.startswith("VC-PRB-"))
    return {(r.rule, r.subject, r.node, r.outcome.value, r.observed) for r in judged_alike}


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in shipped()])
def test_the_wire_brings_what_the_nodes_hold(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = load(name)
    with Lab(scenario) as lab:
        results = scanned(lab, monkeypatch)
    bad = of_outcome(results, Outcome.FAIL, Outcome.UNKNOWN)
    assert not bad, told(bad)
    assert outcomes(results) == outcomes(judged(scenario))
    spent = {node.node: node.requests for node in results.clusters[0].provenance.nodes}
    assert set(spent) == set(scenario.nodes)
    assert set(spent.values()) <= set(range(5, 9)), spent
    assert len(set(spent.values())) == 1, "the number of requests depends on nothing"


@pytest.mark.parametrize(("patch", "most"), [({}, 8), (TLS, 7), (BASIC, 7)], ids=["ntlm-http", "ntlm-https", "basic"])
def test_every_route_brings_the_same_within_its_requests(
    patch: dict[str, object], most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario, _ = apply(load("quorum-disk-2008"), "settings-differ")
    scenario = replace(scenario, inventory=merge(scenario.inventory, patch.get("inventory", {})))
    with Lab(scenario) as lab:
        results = scanned(lab, monkeypatch)
    assert outcomes(results) == outcomes(judged(scenario))
    assert {node.requests <= most for node in results.clusters[0].provenance.nodes} == {True}


def impatient(scenario: Scenario) -> Scenario:
    return replace(scenario, inventory=merge(scenario.inventory, {"timeout": DEADLINE}))


@pytest.mark.parametrize("who", ["standby", "owner"])
@pytest.mark.parametrize("name", sorted(FAULTS))
def test_a_fault_of_the_wire_leaves_one_node_unknown(name: str, who: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fault = FAULTS[name]
    first = sorted(FAULTS).index(name) + (5 if who == "owner" else 0)
    scenario = impatient(load(fault.scenarios[first % len(fault.scenarios)]))
    scenario, transport = apply(scenario, name, who)
    target = scenario.words[who]
    assert transport == {target: fault.transport}
    with Lab(scenario, transport) as lab:
        started = time.monotonic()
        results = scanned(lab, monkeypatch)
        took = time.monotonic() - started
    assert took < DEADLINE + 4, "the deadline does not hold"
    bad = of_outcome(results, Outcome.FAIL, Outcome.UNKNOWN)
    assert not of_outcome(results, Outcome.FAIL), told(bad)
    assert results.clusters[0].verdict.exit_code == fault.exit == 3
    assert {r.rule for r in bad} <= {*fault.rules, *fault.also}, told(bad)
    for rule in fault.rules:
        assert any(r.rule == rule and r.node in (target, None) for r in bad), rule
    other = next(node for node in scenario.nodes if node != target)
    passed = {r.rule for r in of_outcome(results, Outcome.PASS) if r.node == other}
    assert {"VC-SW-001", "VC-RUN-001", "VC-DATA-006", "VC-LIC-001"} <= passed
    # Under a checkpoint the owner's registry tells which data source a standby would use.
    assert ("VC-DB-003" in passed) == (who == "standby" or "registry" not in scenario.name)


REASONS = {"down": "unreachable", "refused": "unreachable", "wrong-password": "authentication", "slow": "timeout",
           "cut-output": "bad_output", "garbage-output": "bad_output", "hanging-wmi": "timeout"}  # fmt: skip


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_the_reason_is_told(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    scenario, transport = apply(impatient(load("quorum-disk-2003")), name)
    with Lab(scenario, transport) as lab:
        unknown = of_outcome(scanned(lab, monkeypatch), Outcome.UNKNOWN)
    own = {result.reason for result in unknown if result.node == "VCNODE2"}
    assert own == {REASONS[name]}


def test_a_moved_group_is_seen_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    with Lab(load("quorum-disk-2003-registry")) as lab:
        before = scanned(lab, monkeypatch)
        lab.move("VCNODE2")
        after = scanned(lab, monkeypatch)
    assert (before.clusters[0].owner, after.clusters[0].owner) == ("VCNODE1", "VCNODE2")
    assert not of_outcome(after, Outcome.FAIL, Outcome.UNKNOWN)
