"""The note's rule pack as a whole: every requirement is answered, with the catalogue's severity, and reads well."""

from __future__ import annotations

import pytest

from vcaudit.evaluate.lint import lint
from vcaudit.evaluate.loader import load_pack
from vcaudit.evaluate.placeholders import Template
from vcaudit.evaluate.rule import Identical, Rule
from vcaudit.resources import rules_dir
from vcaudit.results import Severity

PACK = load_pack(rules_dir() / "tn019")
C, H, M, L = "critical", "high", "medium", "low"
CATALOGUE: dict[str, set[str]] = {
    "A1": {C}, "A2": {H}, "A3": {C}, "A4": {C}, "A5": {H}, "A6": {C}, "A7": {C}, "A8": {C}, "A9": {H}, "A10": {M},
    "B1": {C}, "B2": {C}, "B3": {M}, "B4": {H}, "B5": set(),
    "C1": {H}, "C2": {C}, "C3": {C, M}, "C4": {C},
    "D1": {C, H, M}, "D2": {C, L}, "D3": {C, M, H}, "D4": {C, M, H}, "D5": {C, H}, "D6": {C, H},
    "E1": {C}, "E2": {C}, "E3": {H}, "E4": {C}, "E5": set(),
    "F1": {C, L}, "F2": {C, L}, "F3": {C}, "F4": {H}, "F5": {H}, "F6": {C}, "F7": {H}, "F8": {H}, "F9": {C},
    "G1": {C}, "G2": {M}, "G3": {L},
    "H1": {C, M}, "H2": {H}, "H3": {M}, "H4": set(), "H5": {C, H},
}  # fmt: skip
"""Every requirement and its severities; info is none. H4 is the readiness matrix, a fold over the other results."""
FOLD = {"H4"}
LATER: set[str] = set()
# What costs something without keeping a role from starting; the verdict says so of critical failures by itself.
# VC-RES-008: a synchronisation task fills no role, so no role waits for it.
# VC-QUO-005: what else runs on the witness keeps no role from starting.
NEITHER = {"VC-CLU-001", "VC-CLU-004", "VC-GRP-002", "VC-GRP-006", "VC-RES-008", "VC-QUO-005"}
# Whether clients reach it now says nothing of whether it would start on a node.
NEITHER |= {"VC-PRB-001", "VC-PRB-002", "VC-PRB-003"}
# What keeps the data the same is no data: whether it is the same now is what F1 to F4 judge, role by role.
NEITHER |= {f"VC-SYN-00{number}" for number in range(1, 8)}


def answered(requirement: str) -> list[Rule]:
    return [rule for rule in PACK.rules if requirement in rule.requirements]


@pytest.mark.parametrize("requirement", sorted(CATALOGUE))
def test_every_requirement_is_answered_or_left_with_a_reason(requirement: str) -> None:
    left = [entry for entry in PACK.not_looked if entry.requirement == requirement]
    rules = answered(requirement)
    assert bool(rules) != bool(left) or requirement in FOLD
    assert all(entry.reason for entry in left)
    assert bool(left) == (requirement in LATER)


@pytest.mark.parametrize("requirement", sorted(set(CATALOGUE) - LATER - FOLD))
def test_severities_are_the_catalogues(requirement: str) -> None:
    assert {rule.severity.value for rule in answered(requirement) if rule.scored} == CATALOGUE[requirement]


def test_no_rule_answers_what_is_no_requirement() -> None:
    assert {name for rule in PACK.rules for name in rule.requirements} <= set(CATALOGUE)


def test_what_is_left_to_people_is_said() -> None:
    assert len([entry for entry in PACK.not_looked if entry.requirement is None]) == 7


def test_the_pack_passes_its_own_lint() -> None:
    assert lint(PACK) == []


@pytest.mark.parametrize("rule", PACK.rules, ids=lambda rule: rule.id)
def test_a_rule_reads_well(rule: Rule) -> None:
    assert not rule.title.endswith(".")
    assert len(rule.title) <= 110
    if not rule.scored:
        return
    assert rule.impact is not None
    first = rule.impact.parts[0]
    clause = "".join(part for part in rule.impact.parts if isinstance(part, str))
    # It ends "VCNODE2 would not take over: …", so it is a clause and no sentence of its own.
    assert not clause.rstrip().endswith(".")
    assert not isinstance(first, str) or first[0].islower() or first.startswith(("VirtualCenter", "ESX", "Web access"))
    assert rule.remediation is not None
    assert sum(len(part) for part in rule.remediation.text.parts if isinstance(part, str)) >= 15
    assert rule.evidence


@pytest.mark.parametrize("rule", [r for r in PACK.rules if r.scored], ids=lambda rule: rule.id)
def test_a_rule_says_what_it_costs(rule: Rule) -> None:
    serious = rule.severity in (Severity.CRITICAL, Severity.HIGH)
    assert rule.blocks or rule.degrades or not serious or rule.id in NEITHER
    assert not rule.blocks & rule.degrades


@pytest.mark.parametrize(
    "rule", [r for r in PACK.rules if r.scored and not isinstance(r.body, Identical)], ids=lambda rule: rule.id
)
def test_what_is_about_a_resource_comes_with_commands(rule: Rule) -> None:
    advice = rule.remediation
    assert advice is not None
    if not rule.id.startswith(("VC-RES", "VC-PAR", "VC-RUN")) or rule.id in ("VC-PAR-004", "VC-PAR-005"):
        return
    ways = [one for one in (advice, *(case.advice for case in advice.cases)) if one.cluster_exe or one.powershell]
    assert ways
    for command in (command for one in ways for command in (one.cluster_exe, one.powershell)):
        assert isinstance(command, Template)
        assert {"subject", "each.service", "each.resource"} & set(command.names)


def test_files_are_named_after_their_rules() -> None:
    files = {path.stem for path in (rules_dir() / "tn019").glob("*.yaml")} - {"pack"}
    assert files == {rule.id for rule in PACK.rules}
