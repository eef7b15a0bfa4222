"""What holds whatever the cluster: a move, a name and a gap change nothing that they are not about."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from _pytest.mark import ParameterSet

from tests import inprocess
from tests.evaluate.missing import broken_laws, without, worsened
from tests.inprocess import both, of_outcome, snapshot, told
from vcaudit.errors import UsageError
from vcaudit.evaluate import evaluate
from vcaudit.lab.faults import Fault, apply, load_faults
from vcaudit.lab.move import move
from vcaudit.lab.scenario import Scenario, load, shipped
from vcaudit.results import AuditResults, Outcome

MODEL = [fault for fault in load_faults().values() if fault.kind == "model"]
Outcomes = dict[tuple[str, str, str | None], Outcome]


def judged(scenario: Scenario) -> AuditResults:
    """By the note's rules, and by those beyond it."""
    return inprocess.judged(scenario, rules=both())


def outcomes(results: AuditResults) -> Outcomes:
    return {(r.rule, r.subject, r.node): r.outcome for r in results.results}


def in_turn(cases: list[tuple[str, Fault]], one_in: int) -> Iterator[ParameterSet]:
    """All cases; those that are not every `one_in`-th are for `make soak`."""
    for number, (scenario, fault) in enumerate(cases):
        marks = [pytest.mark.xdist_group(scenario), *([pytest.mark.soak] if number % one_in else [])]
        yield pytest.param(scenario, fault, id=f"{scenario}-{fault.name}", marks=marks)


def each_scenario() -> list[ParameterSet]:
    return [pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in shipped()]


ALL = [(scenario, fault) for fault in MODEL for scenario in fault.scenarios]

# Moves

OWNERS_OWN = {
    "VC-IP-001", "VC-IP-002", "VC-IP-003", "VC-IP-004", "VC-IP-005", "VC-IP-006",
    "VC-DATA-009",
}  # fmt: skip
"""Under a registry checkpoint (E1, F5) the owner's copy is judged, a standby's is shown: which node is which moves."""


COMPARED = {"VC-SW-006", "VC-SW-007", "VC-SW-008", "REC-CLK-001"}
"""The other nodes are held against the owner: which ones those are moves."""


def moved(scenario: Scenario, target: str) -> Scenario:
    """The groups at their next nodes: a license group that is kept apart from VirtualCenter goes the other way."""
    there = move(scenario, target)
    apart = scenario.words.get("license_group")
    return move(there, scenario.words["owner"], apart) if apart else there


@pytest.mark.parametrize("name", each_scenario())
def test_a_move_leaves_a_healthy_cluster_as_it_was(name: str) -> None:
    healthy = load(name)
    before = outcomes(judged(healthy))
    for target in set(healthy.nodes) - {healthy.words["owner"]}:
        results = judged(moved(healthy, target))
        after = outcomes(results)
        changed = {key for key in {*before, *after} if before.get(key) != after.get(key)}
        assert {rule for rule, _, _ in changed} <= OWNERS_OWN | COMPARED
        bad = of_outcome(results, Outcome.FAIL, Outcome.UNKNOWN)
        assert not bad, told(bad)
        assert results.clusters[0].verdict.exit_code == 0
        assert results.clusters[0].owner == target


ABOUT_THE_OWNER = {
    "vpxd-runs-on-standby": "the cluster starts there what ran there anyway",
    "vpxd-starting-on-standby": "the same",
    "web-runs-on-standby": "the same",
    "license-server-not-installed": "what is not there cannot start",
    "vpxd-not-installed": "the same",
    "vpxd-service-gone": "the same",
    "web-not-installed": "the same",
    "vpxd-disabled": "what is disabled cannot start",
    "license-server-disabled": "the same",
    "vpxd-service-name": "a service that is not there cannot start, and nobody stops the one that is",
    "web-service-name": "the same",
    "license-service-name": "the same",
    "checkpoint-missing": "nothing carries the address along",
    "managedip-other-address-registry": "the checkpoint carries the wrong address along",
    "managedip-in-different-places": "where the owner has it decides whether a checkpoint is needed",
    "groups-on-one-node": "a move of one of them parts them",
    "license-port-differs": "which ports should answer is what the owner's license files say",
    "web-in-license-group": "it moves with the license server, and is started where it was stopped",
}
"""Faults that a move mends or adds to."""
MOVABLE = [case for case in ALL if case[1].name not in (*ABOUT_THE_OWNER, "one-node")]


OF_THE_OWNER = {
    "no-license-resource": ({"VC-PRB-003"}, "what no resource starts stays behind when the address moves"),
    "no-web-resource": ({"VC-PRB-002"}, "what no resource starts stays behind when the address moves"),
    "registry-differs": ({"VC-PRB-001", "VC-PRB-002"}, "which ports should answer is what the owner's registry says"),
}
"""Rules that such a fault breaks on one owner and not on the other, and why; of all others nothing may change."""


@pytest.mark.parametrize(("scenario", "fault"), list(in_turn(MOVABLE, 9)))
def test_a_move_leaves_a_broken_cluster_as_broken(scenario: str, fault: Fault) -> None:
    broken, _ = apply(load(scenario), fault.name)
    target = broken.words["standby"]
    before = judged(broken)
    try:
        after = judged(moved(broken, target))
    except UsageError:
        # The cluster refuses what the fault says it cannot do, and nothing else.
        if "C2" not in fault.requirements:
            raise
        return
    assert after.clusters[0].verdict.exit_code == before.clusters[0].verdict.exit_code
    own, _ = OF_THE_OWNER.get(fault.name, (set(), ""))
    failing = [{each for each in rules_failing(one) if each[0] not in own} for one in (before, after)]
    assert failing[0] == failing[1]


def rules_failing(results: AuditResults) -> set[tuple[str, str]]:
    """A comparison names the nodes that deviate from the owner: which node that is may move with it."""
    return {(r.rule, "" if r.node else r.subject) for r in of_outcome(results, Outcome.FAIL, Outcome.UNKNOWN)}


# Gaps


def assert_lawful(before: AuditResults, after: AuditResults, what: object) -> None:
    laws = broken_laws(before.results, after.results)
    assert not laws, (what, laws)
    cells = worsened(before.clusters[0].readiness, after.clusters[0].readiness)
    assert not cells, (what, cells)
    assert after.defects == (), what


@pytest.mark.parametrize("name", each_scenario())
def test_facts_that_go_missing_leave_only_gaps_in_a_healthy_cluster(name: str) -> None:
    seen = snapshot(load(name))
    before = evaluate(seen, both())
    for seed in range(4):
        after, taken = without(seen, random.Random(f"{name} {seed}"))
        assert_lawful(before, evaluate(after, both()), taken)


AGREED = [case for case in ALL if case[1].name != "views-disagree"]
"""Of two nodes that contradict each other, one that falls silent leaves the other's word: unknown becomes known."""


@pytest.mark.parametrize(("scenario", "fault"), list(in_turn(AGREED, 17)))
def test_facts_that_go_missing_leave_only_gaps_in_a_broken_cluster(scenario: str, fault: Fault) -> None:
    seen = snapshot(apply(load(scenario), fault.name)[0])
    before = evaluate(seen, both())
    for seed in range(2):
        after, taken = without(seen, random.Random(f"{scenario} {fault.name} {seed}"))
        assert_lawful(before, evaluate(after, both()), taken)


CIM = (
    "Win32_OperatingSystem", "Win32_ComputerSystem", "Win32_NetworkAdapterConfiguration", "Win32_Service",
    "Win32_QuickFixEngineering", "Win32_LogicalDisk",
)  # fmt: skip
CLUSTER = (
    "Cluster", "Node", "ResourceGroup", "Resource", "NetworkInterface", "Network", "ResourceGroupToResource",
    "NodeToActiveGroup",
    "ResourceToPossibleOwner", "ResourceToDependentResource", "ResourceGroupToPreferredNode", "ClusterToQuorumResource",
)  # fmt: skip
PLACES = [
    *(f"root\\cimv2:{name}" for name in CIM), "root\\cimv2", *(f"root\\MSCluster:MSCluster_{name}" for name in CLUSTER),
    "root\\MSCluster", "accounts", "dns", "Cluster", "${key}", "${key}\\DB", "${odbc}\\${dsn}",
    "${software}\\VMware, Inc.", "${software}\\FLEXlm License Manager",
    "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Explorer\\Shell Folders", "${appdata}",
    "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\WindowsUpdate",
    "SYSTEM\\CurrentControlSet\\Control\\Session Manager",
    "${appdata}\\vpxd.cfg", "${appdata}\\SSL", "${appdata}\\SSL\\rui.key", "${license_folder}",
    "${license_folder}\\vmotion.lic", "${install}\\vpxd.exe", "${install}\\upgrade",
]  # fmt: skip
"""Everything a node is asked for, and folders and keys above it."""
GAPS: Mapping[str, Callable[[str], dict[str, Any]]] = {
    "denied": lambda place: {"denied": [place]},
    "broken": lambda place: {"broken": {place: "800706ba" if "root" in place else "80070020"}},
    "hanging": lambda place: {"hanging": [place]},
}


def gaps() -> Iterator[ParameterSet]:
    """Every place and every way of not giving it; two scenarios in `make test`, each a third of them."""
    for index, name in enumerate(shipped()):
        for number, place in enumerate(PLACES):
            for step, kind in enumerate(GAPS):
                chosen = (index, (number + step) % 3) in ((3, 0), (9, 1))
                marks = [pytest.mark.xdist_group(name), *([] if chosen else [pytest.mark.soak])]
                yield pytest.param(name, place, kind, id=f"{name}-{kind}-{place}", marks=marks)


def filled(place: str, scenario: Scenario) -> str:
    from vcaudit.lab.merge import fill

    return str(fill(place, scenario.words, lambda word, path: pytest.fail(f"no word {word}")))


@pytest.mark.parametrize(("name", "place", "kind"), list(gaps()))
def test_what_a_node_does_not_give_is_unknown_and_nothing_else(name: str, place: str, kind: str) -> None:
    scenario = load(name)
    before = judged(scenario)
    node = scenario.words["standby" if len(place) % 2 else "owner"]
    gap = GAPS[kind](filled(place, scenario))
    after = judged(replace(scenario, nodes={**scenario.nodes, node: {**scenario.nodes[node], **gap}}))
    failed = of_outcome(after, Outcome.FAIL)
    assert not failed, told(failed)
    assert_lawful(before, after, (node, gap))
    assert after.clusters[0].verdict.exit_code in (0, 3)


# Names

NASTY = [
    'Say "when"', "back\\slash\\", "<script>alert(1)</script>", "O'Reilly & Söhne", "${owner} $${x} {0} %s", "a" * 200,
    "=cmd|' /C calc'!A0", "\u202eevil", "percent %PATH%", "Name=\"x\"", "comma, semi; colon:", "  spaced  out ",
    "line one\nline two", "tab\there", "ÄÖÜ ß €", "[0]", "null", "true", "-", "\\\\server\\share",
]  # fmt: skip
"""Display names that Windows would take."""


def renamed(scenario: Scenario, names: Mapping[str, str]) -> Scenario:
    """The scenario with other display names, in rows, in the references between them, and in records of drills."""
    return replace(scenario, nodes=_renamed(scenario.nodes, names), drills=_renamed(scenario.drills, names))


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _renamed(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [_renamed(item, names) for item in value]
    if not isinstance(value, str):
        return value
    for old, new in names.items():
        if value == old:
            return new
        for kind in ("Resource", "ResourceGroup"):
            if value == f'MSCluster_{kind}.Name="{old}"':
                quoted = new.replace("\\", "\\\\").replace('"', '\\"')
                return f'MSCluster_{kind}.Name="{quoted}"'
    return value


@pytest.mark.parametrize("name", each_scenario())
@pytest.mark.parametrize("seed", range(2))
def test_display_names_decide_nothing(name: str, seed: int) -> None:
    healthy = load(name)
    dice = random.Random(f"{name} {seed}")
    old = [text for word, text in healthy.words.items() if word.endswith(("_resource", "group"))]
    names = dict(zip(old, dice.sample(NASTY, len(old)), strict=True))
    results = judged(renamed(healthy, names))
    bad = of_outcome(results, Outcome.FAIL, Outcome.UNKNOWN)
    assert not bad, told(bad)
    before = {(rule, names.get(subject, subject), node): outcome
              for (rule, subject, node), outcome in outcomes(judged(healthy)).items()}  # fmt: skip
    assert len(outcomes(results)) == len(before)
    assert sorted(o for o in outcomes(results).values()) == sorted(o for o in before.values())


@pytest.mark.parametrize("nasty", NASTY)
def test_a_fault_of_a_resource_with_any_name_is_named_after_it(nasty: str) -> None:
    healthy = renamed(load("quorum-disk-2003"), {"VC Web Access": nasty})
    broken = healthy.patched({"every_node": {"wmi": {"root\\MSCluster": {"MSCluster_Resource": {
        "${web_resource}": {"PrivateProperties": {"UseNetworkName": 0}}}}}}}, _document())  # fmt: skip
    [failure] = of_outcome(judged(broken), Outcome.FAIL)
    assert (failure.rule, failure.subject) == ("VC-PAR-022", nasty)


def _document() -> Any:
    from vcaudit.yamlfile import Document

    return Document("test")
