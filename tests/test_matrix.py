"""Scenarios × faults, from the collector's own text to the exit code: healthy means silent, broken means named.

`make test` takes each fault through a few scenarios, another few for each fault; `make soak` takes all.
"""

from __future__ import annotations

import functools
import itertools
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest
from _pytest.mark import ParameterSet

from tests.inprocess import beyond, both, judged, of_outcome, pack, told
from tests.mutation.judging import changes
from vcaudit.cli.packs import loaded
from vcaudit.errors import TargetError
from vcaudit.evaluate.catalogue import REFUSED
from vcaudit.lab.faults import Fault, apply, load_faults
from vcaudit.lab.merge import merge
from vcaudit.lab.scenario import Scenario, load, shipped
from vcaudit.results import AuditResults, Outcome, Result, Severity
from vcaudit.snapshot.base import Missing

FAULTS = load_faults()
MODEL = [fault for fault in FAULTS.values() if fault.kind == "model"]
BEYOND = [fault for fault in MODEL if not fault.requirements]
"""Faults that break no requirement of the note; rules of the pack `recommended` find them."""
LICENSES = {"VC-DATA-001", "VC-DATA-002", "VC-DATA-010", "VC-SW-008"}
"""In design G the standby holds the license group, so what differs there is named of the other node."""
EACH = 2
"""Scenarios of one fault in `make test`."""
DEAD = Missing(reason="unreachable", detail="no answer", where="test")


def cases() -> Iterator[ParameterSet]:
    """Every fault in every scenario and on every node it can be put on; those of `make soak` are marked so."""
    for number, fault in enumerate(MODEL):
        first = number % len(fault.scenarios)
        chosen = {fault.scenarios[(first + step * 5) % len(fault.scenarios)] for step in range(EACH)}
        for scenario in fault.scenarios:
            marks = [pytest.mark.xdist_group(scenario), *([] if scenario in chosen else [pytest.mark.soak])]
            more = ("VCN-C",) if scenario == "three-nodes-2008" and "standby" in fault.nodes else ()
            for node in (*fault.nodes, *more) or (None,):
                name = f"{scenario}-{fault.name}" + (f"-{node}" if node else "")
                yield pytest.param(scenario, fault, node, id=name, marks=marks)


def exit_code(results: AuditResults) -> int:
    return results.clusters[0].verdict.exit_code


@functools.cache
def healthy_results(scenario: str) -> AuditResults:
    return judged(load(scenario), rules=both())


def of_rule(results: AuditResults, rule: str) -> list[Result]:
    return [result for result in results.results if result.rule == rule]


def rules_of(results: list[Result]) -> set[str]:
    return {result.rule for result in results}


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in shipped()])
def test_a_healthy_cluster_is_silent(name: str) -> None:
    results = judged(load(name), rules=both())
    bad = of_outcome(results, Outcome.FAIL, Outcome.UNKNOWN)
    assert not bad, told(bad)
    assert results.defects == ()
    assert exit_code(results) == 0
    assert {score.compliance.upper for score in results.clusters[0].scores} == {1.0}
    assert results.clusters[0].verdict.answer == "yes"
    asked = rules_of(of_outcome(results, Outcome.NOT_ASKED))
    # Only the owner who declares nothing is asked for anything.
    nobody_said = {"VC-ACC-001", "VC-ACC-002", "VC-ACC-003", "VC-ACC-004", "VC-PAR-002",
                   "VC-DRL-001", "VC-DRL-002", "VC-DRL-003"}
    assert asked == (nobody_said if name == "minimal-2003" else set())


@pytest.mark.parametrize(("scenario", "fault", "node"), list(cases()))
def test_a_fault_is_named_and_nothing_else(scenario: str, fault: Fault, node: str | None) -> None:
    healthy = load(scenario)
    results = judged(apply(healthy, fault.name, node)[0], rules=both())
    bad = of_outcome(results, Outcome.FAIL, Outcome.UNKNOWN)
    failed = of_outcome(results, Outcome.FAIL)
    assert results.defects == ()
    assert set(fault.rules) <= rules_of(failed), told(bad)
    if node:
        own = [result for result in failed if result.rule in fault.rules]
        if node == "standby" and LICENSES & set(fault.rules) and scenario.startswith("license-group"):
            node = "owner"
        assert {result.node for result in own} <= {healthy.words.get(node, node), None}, told(own)
    unrelated = [result for result in bad if result.rule not in (*fault.rules, *fault.also)]
    assert not unrelated, told(unrelated)
    assert exit_code(results) == fault.exit, told(bad)
    note, *others = (score.compliance.upper for score in results.clusters[0].scores)
    assert (note < 1.0) == bool(fault.rules and fault not in BEYOND)
    assert all(score < 1.0 for score in others if fault in BEYOND)
    for rule in fault.shows:
        before = of_rule(healthy_results(scenario), rule)
        assert changes(before, of_rule(results, rule)), f"{rule} shows nothing new"


def consequences() -> Iterator[ParameterSet]:
    for fault in FAULTS.values():
        if fault.also and fault.kind == "model":
            yield pytest.param(fault, id=fault.name, marks=pytest.mark.xdist_group(fault.scenarios[0]))


@pytest.mark.parametrize("fault", list(consequences()))
def test_what_a_fault_drags_along_is_not_more_than_that(fault: Fault) -> None:
    """Every rule of `also` is needed somewhere; mostly the first scenario shows it."""
    left = set(fault.also)
    for scenario, node in itertools.product(fault.scenarios, fault.nodes or (None,)):
        results = judged(apply(load(scenario), fault.name, node)[0], rules=both())
        left -= rules_of(of_outcome(results, Outcome.FAIL, Outcome.UNKNOWN))
        if not left:
            break
    assert not left, "is dragged along no more"


def test_every_consequence_has_a_reason() -> None:
    bare = {f"{fault.name}: {rule}" for fault in FAULTS.values() for rule in fault.also if not fault.reasons[rule]}
    assert not bare, f"say why: {sorted(bare)}"


ONE_WINDOWS = {
    "VC-QUO-003": "the witness share of Server 2003 takes a hotfix, later ones need none",
}
"""Rules that can fail on one generation of Windows only, and why."""


def test_every_rule_that_can_fail_has_a_fault_that_makes_it_fail_on_each_windows() -> None:
    noticed: dict[str, set[bool]] = defaultdict(set)
    for fault in MODEL:
        for rule in (*fault.rules, *fault.drift):
            noticed[rule] |= {"2008" in scenario for scenario in fault.scenarios}
    scored = {rule.id for each in loaded(()) for rule in each.rules if rule.scored}
    assert set(noticed) <= scored, "a fault names a rule that is not there"
    # What these would find is refused before anything is judged: test_a_node_that_left_the_cluster.
    assert scored - set(noticed) == set(REFUSED)
    assert {rule for rule, windows in noticed.items() if len(windows) < 2} == set(ONE_WINDOWS)


def test_every_rule_that_never_fails_has_a_fault_with_which_it_shows_something() -> None:
    shown = {rule for fault in MODEL for rule in fault.shows}
    assert shown == {rule.id for each in loaded(()) for rule in each.rules if not rule.scored}


def test_faults_name_rules_and_requirements_that_exist() -> None:
    known = {rule.id: set(rule.requirements) for each in loaded(()) for rule in each.rules}
    for fault in FAULTS.values():
        assert {*fault.rules, *fault.also, *fault.shows, *fault.drift} <= set(known), fault.name
        assert not set(fault.rules) & set(fault.also), fault.name
        answered = set().union(*(known[rule] for rule in (*fault.rules, *fault.shows)))
        assert set(fault.requirements) <= answered, fault.name
    own = {rule.id for rule in beyond().rules}
    assert [fault.name for fault in BEYOND if not set(fault.rules) <= own] == []


def test_every_requirement_a_rule_answers_is_broken_by_a_fault() -> None:
    answered = {ids for rule in pack().rules if rule.severity is not Severity.INFO for ids in rule.requirements}
    assert {ids for fault in MODEL for ids in fault.requirements} == answered


# A node that gives no answer


def without(name: str, who: str, broken: Mapping[str, str] | None = None) -> tuple[Scenario, str, AuditResults]:
    scenario = load(name)
    target = scenario.words[who]
    for fault, node in (broken or {}).items():
        scenario, _ = apply(scenario, fault, node)
    return scenario, target, judged(scenario, {target: DEAD})


@pytest.mark.parametrize("who", ["standby", "owner"])
@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in shipped()])
def test_a_node_that_is_only_unreachable_makes_the_scan_unknown(name: str, who: str) -> None:
    scenario, target, results = without(name, who)
    assert exit_code(results) == 3
    failed = of_outcome(results, Outcome.FAIL)
    assert not failed, told(failed)
    unknown = of_outcome(results, Outcome.UNKNOWN)
    fault = FAULTS["down"]
    assert rules_of(unknown) <= {*fault.rules, *fault.also}
    for rule in fault.rules:
        assert any(result.rule == rule and result.node == target for result in unknown), rule
    # The others' own facts are judged as ever.
    for other in set(scenario.nodes) - {target}:
        passed = rules_of([r for r in of_outcome(results, Outcome.PASS) if r.node == other])
        assert {"VC-SW-001", "VC-RUN-001", "VC-DATA-006", "VC-LIC-001"} <= passed
        # Under a checkpoint the owner's registry tells which data source a standby would use.
        assert ("VC-DB-003" in passed) == (who == "standby" or "registry" not in name)


@pytest.mark.parametrize("name", ["quorum-disk-2003", "license-group-2008", "three-nodes-2008"])
def test_a_node_that_the_cluster_calls_down_too_is_a_failure(name: str) -> None:
    _, target, results = without(name, "standby", {"node-down": "standby"})
    assert exit_code(results) == 2
    assert [(r.rule, r.node) for r in of_outcome(results, Outcome.FAIL)] == [("VC-CLU-002", target)]


def test_what_is_wrong_on_the_other_node_is_still_said() -> None:
    scenario, _, results = without("quorum-disk-2003", "standby", {"vpxd-disabled": "owner", "netbios-off": ""})
    failed = {(r.rule, r.node) for r in of_outcome(results, Outcome.FAIL)}
    assert failed == {("VC-RUN-003", scenario.words["owner"]), ("VC-PAR-003", None)}
    assert exit_code(results) == 2


def test_no_answer_at_all_is_unknown_and_no_failure() -> None:
    scenario = load("quorum-disk-2003")
    results = judged(scenario, dict.fromkeys(scenario.nodes, DEAD))
    assert of_outcome(results, Outcome.FAIL) == []
    assert exit_code(results) == 3
    assert results.clusters[0].verdict.answer == "unknown"


def evicted(scenario: Scenario, gone: str) -> Scenario:
    """The cluster as the others see it after they have evicted a node."""
    out = {}
    for name, node in scenario.nodes.items():
        classes = dict(node["wmi"]["root\\MSCluster"])
        for kind in ("MSCluster_Node", "MSCluster_ClusterToNode", "MSCluster_ResourceToPossibleOwner"):
            classes[kind] = {key: row for key, row in classes[kind].items() if gone not in str(row)}
        out[name] = {**node, "wmi": {**node["wmi"], "root\\MSCluster": classes}}
    return replace(scenario, nodes=out)


def test_a_node_that_left_the_cluster() -> None:
    scenario = evicted(load("three-nodes-2008"), "VCN-B")
    with pytest.raises(TargetError, match="VCN-B answered as VCN-B, no member of the cluster"):
        judged(scenario)
    # Off, it may be anything: a name in an inventory is the owner's choice.
    results = judged(scenario, {"VCN-B": DEAD})
    assert of_outcome(results, Outcome.FAIL) == []
    assert {"VC-CLU-003"} <= {r.rule for r in of_outcome(results, Outcome.UNKNOWN) if r.node == "VCN-B"}
    assert exit_code(results) == 3


# WMI of the cluster that never answers


def hanging(name: str, who: tuple[str, ...], *more: str) -> AuditResults:
    scenario = load(name)
    nodes = {
        node: merge(about, {"hanging": ["root\\MSCluster", *more]}) if node in who else about
        for node, about in scenario.nodes.items()
    }
    return judged(replace(scenario, nodes=nodes))


@pytest.mark.parametrize("who", ["standby", "owner"])
@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in shipped()])
def test_wmi_that_hangs_on_one_node_leaves_only_its_own_account_open(name: str, who: str) -> None:
    target = load(name).words[who]
    results = hanging(name, (target,))
    bad = of_outcome(results, Outcome.FAIL, Outcome.UNKNOWN)
    assert {(r.rule, r.node, r.outcome, r.reason) for r in bad} == {
        ("VC-CLU-004", None, Outcome.UNKNOWN, "timeout"), ("VC-CLU-006", target, Outcome.UNKNOWN, "timeout"),
    }, told(bad)  # fmt: skip
    assert results.clusters[0].owner == load(name).words["owner"]


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in shipped()])
def test_wmi_that_hangs_everywhere_leaves_what_only_it_tells(name: str) -> None:
    """Dependencies, preferred owners, monitors, the quorum: recorded neither of cluster.exe nor of the hive."""
    results = hanging(name, tuple(load(name).nodes))
    bad = of_outcome(results, Outcome.FAIL, Outcome.UNKNOWN)
    only = {
        "VC-CLU-004", "VC-CLU-006", "VC-GRP-003", "VC-RES-001", "VC-RES-003", "VC-RES-004", "VC-RES-005",
        "VC-QUO-001", "VC-QUO-002", "VC-QUO-003", "VC-QUO-004", "VC-QUO-005", "VC-CLU-008",
    }  # fmt: skip
    assert {(r.outcome, r.reason) for r in bad} == {(Outcome.UNKNOWN, "timeout")}, told(bad)
    # With two addresses and two names, dependencies are what tells which of them is whose.
    if not name.startswith("license-group"):
        assert rules_of(bad) <= only, told(bad)
        assert results.clusters[0].owner == load(name).words["owner"]


@pytest.mark.parametrize("name", ["quorum-disk-2003", "registry-2008"])
def test_when_cluster_exe_hangs_too_nothing_is_made_up(name: str) -> None:
    results = hanging(name, tuple(load(name).nodes), "cluster.exe")
    assert not of_outcome(results, Outcome.FAIL), told(of_outcome(results, Outcome.FAIL))
    assert results.clusters[0].owner is None
    passed = rules_of(of_outcome(results, Outcome.PASS))
    assert {"VC-PAR-001", "VC-PAR-007", "VC-DATA-003"} <= passed, "the hive tells parameters"
    assert {"VC-RES-002", "VC-RES-007", "VC-RUN-001"} <= rules_of(of_outcome(results, Outcome.UNKNOWN))
