"""`vcaudit rules coverage`: every requirement of the note is answered, and each answer proved; it says where not."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from vcaudit.cli.app import run
from vcaudit.cli.packs import loaded
from vcaudit.cli.rules_coverage import Coverage, as_text, coverage, page, summary
from vcaudit.evaluate.catalogue import REFUSED, REQUIREMENTS, VIEWS
from vcaudit.lab.faults import Fault, load_faults

PACKS = loaded(())
FAULTS = tuple(load_faults().values())
COUNTS = {"A": 10, "B": 5, "C": 4, "D": 6, "E": 5, "F": 9, "G": 3, "H": 5}
"""Requirements of each chapter of the catalogue: A servers, B the group, C every resource, D parameters, E the address,
F the data, G the license server's own group, H working failover."""


def whole() -> Coverage:
    return coverage(PACKS, FAULTS)


def without(*names: str) -> tuple[Fault, ...]:
    return tuple(fault for fault in FAULTS if fault.name not in names)


def test_the_catalogue_is_complete_and_in_order() -> None:
    ids = [f"{letter}{number}" for letter, many in COUNTS.items() for number in range(1, many + 1)]
    assert list(REQUIREMENTS) == ids
    assert all(REQUIREMENTS.values())


def test_everything_is_covered() -> None:
    found = whole()
    assert [each.id for each in found.requirements] == list(REQUIREMENTS)
    assert [each.id for each in found.requirements if not each.covered] == []
    assert [proof.rule for proof in found.proofs if not proof.how] == []
    assert (found.percent, found.whole) == (100, True)
    assert {proof.rule for proof in found.proofs} == {rule.id for pack in PACKS for rule in pack.rules}


def test_a_reason_stands_only_where_no_rule_and_no_fault_does() -> None:
    found = whole()
    assert {each.id for each in found.requirements if not each.rules} == set(VIEWS)
    assert {proof.rule for proof in found.proofs if proof.how == "refused"} == set(REFUSED)


def test_a_rule_that_no_fault_proves_is_named() -> None:
    found = coverage(PACKS, without("netbios-off"))
    assert (found.percent, found.whole) == (97, False)
    assert [each.id for each in found.requirements if not each.covered] == ["D1"]
    assert summary(found).endswith("(not: VC-PAR-003)")
    assert any("VC-PAR-003" in line and "nothing proves it" in line for line in as_text(found))


def test_a_rule_beyond_the_note_that_no_fault_proves_leaves_the_requirements_covered() -> None:
    found = coverage(PACKS, without("other-domain"))
    assert (found.percent, found.whole) == (100, False)
    assert [proof.rule for proof in found.proofs if not proof.how] == ["VC-DRIFT-017"]


def test_a_requirement_that_nothing_answers_is_not_covered() -> None:
    packs = [replace(pack, rules=tuple(rule for rule in pack.rules if "A2" not in rule.requirements)) for pack in PACKS]
    found = coverage(packs, FAULTS)
    assert [each.id for each in found.requirements if not each.covered] == ["A2"]
    assert "     nothing answers it" in list(as_text(found))


def test_a_transport_fault_proves_nothing() -> None:
    """With it rules are unknown."""
    found = coverage(PACKS, (load_faults()["down"],))
    assert {proof.how for proof in found.proofs} == {"", "refused"}


def test_a_scored_rule_is_not_proved_by_what_it_shows() -> None:
    fault = replace(load_faults()["netbios-off"], rules=(), shows=("VC-PAR-003",))
    assert next(proof for proof in coverage(PACKS, (fault,)).proofs if proof.rule == "VC-PAR-003").how == ""


def test_the_table_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules", "coverage"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "A1   The cluster has two member nodes, and both are up"
    assert "     VC-RES-002   critical owner-missing-address, owner-missing-license" in lines
    assert "     VC-IP-007    info     shows: managedip-in-ignored-view" in lines
    assert "left to people" in lines
    assert lines[-1] == summary(whole())
    assert max(map(len, lines)) <= 110


def test_the_table_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules", "coverage", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["summary"]["percent"] == 100
    assert found["summary"]["requirements"] == found["summary"]["covered"] == len(REQUIREMENTS)
    first = found["requirements"][0]
    assert (first["id"], first["covered"]) == ("A1", True)
    assert {"rule", "pack", "severity", "title", "how", "faults", "why"} == set(first["rules"][0])
    cables = {"what": "Cabling, and certification of the storage", "reason": "nothing on a node says it"}
    assert cables in found["manual"]
    assert {proof["pack"] for proof in found["beyond"]} >= {"drift", "recommended"}


def test_what_is_not_whole_is_exit_code_3(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("vcaudit.lab.faults.load_faults", dict)
    assert run(["rules", "coverage"]) == 3
    assert "nothing proves it" in capsys.readouterr().out


def test_the_page_leads_to_every_rule() -> None:
    text = page(whole())
    for proof in whole().proofs:
        assert f"[{proof.rule}]({proof.rule}.md)" in text
