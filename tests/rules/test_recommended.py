"""The pack recommended: beside the note and off its score, silent about what nobody looked at."""

from __future__ import annotations

import pytest

from tests import inprocess
from tests.evaluate.build import healthy
from tests.evaluate.missing import broken_laws, without
from tests.evaluate.test_upkeep import older, ready
from tests.inprocess import beyond, both, of_outcome, pack, told
from vcaudit.evaluate import evaluate
from vcaudit.evaluate.lint import lint
from vcaudit.lab.faults import apply, load_faults
from vcaudit.lab.scenario import load
from vcaudit.results import Outcome, Severity

FAULTS = [name for name, fault in load_faults().items() if any(rule.startswith("REC-") for rule in fault.rules)]


def test_the_pack_lints_and_answers_to_no_requirement_of_the_note() -> None:
    assert lint(beyond()) == []
    assert not any(rule.requirements for rule in beyond().rules)
    assert {rule.id.split("-")[0] for rule in beyond().rules} == {"REC"}
    # [I] facts carry no critical rule: nobody has seen what a mismatched key does to vpxd.
    assert not any(rule.severity is Severity.CRITICAL for rule in beyond().rules)


def test_it_has_a_score_of_its_own_and_leaves_the_notes_alone() -> None:
    scenario = load("quorum-disk-2003")
    alone = evaluate(inprocess.snapshot(scenario), pack()).clusters[0]
    broken, _ = apply(scenario, "group-never-moves")
    together = evaluate(inprocess.snapshot(broken), both()).clusters[0]
    assert together.compliance == alone.compliance
    note, other = together.scores
    assert (note.pack, note.compliance) == ("tn019", alone.compliance)
    assert (other.pack, other.compliance.failed) == ("recommended", 1)
    assert other.compliance.applicable > 15


def test_alone_it_judges_alone() -> None:
    results = evaluate(inprocess.snapshot(load("license-group-2008")), beyond())
    assert {result.outcome for result in results.results} <= {Outcome.PASS, Outcome.NOT_APPLICABLE}
    assert [score.pack for score in results.clusters[0].scores] == ["recommended"]


def test_a_snapshot_of_an_older_version_is_not_asked_for_what_it_lacks() -> None:
    results = evaluate(older(healthy()), beyond())
    assert results.defects == ()
    assert of_outcome(results, Outcome.UNKNOWN) == []
    unasked = {one.rule for one in of_outcome(results, Outcome.NOT_ASKED)}
    assert unasked >= {"REC-DSK-001", "REC-RBT-001", "REC-NET-001", "REC-POL-001", "REC-CRT-004"}


def test_the_small_snapshot_fails_in_nothing_but_its_one_interface() -> None:
    failed = of_outcome(evaluate(ready(), beyond()), Outcome.FAIL)
    assert {one.rule for one in failed} == {"REC-NET-004"}, told(failed)


@pytest.mark.parametrize("fault", FAULTS)
def test_what_a_fault_says_is_a_sentence_with_everything_filled_in(fault: str) -> None:
    own = load_faults()[fault]
    results = evaluate(inprocess.snapshot(apply(load(own.scenarios[0]), fault)[0]), both())
    failures = [one for one in of_outcome(results, Outcome.FAIL) if one.rule in own.rules]
    assert failures
    for one in failures:
        for text in (one.message, one.impact, one.remediation.text if one.remediation else None):
            assert text
            assert "(unknown)" not in text
            assert "{" not in text
        assert one.evidence


@pytest.mark.parametrize("fault", ["one-heartbeat-network", "disk-full", "key-of-another-certificate", "clock-differs"])
def test_gaps_decide_nothing(fault: str) -> None:
    import random

    seen = inprocess.snapshot(apply(load("quorum-disk-2008"), fault)[0])
    before = evaluate(seen, beyond())
    for seed in range(12):
        less, taken = without(seen, random.Random(f"{fault} {seed}"))
        after = evaluate(less, beyond())
        assert (broken_laws(before.results, after.results), after.defects) == ([], ()), taken
