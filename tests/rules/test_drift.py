"""The pack drift against what the lab breaks: each fault names what has changed, and nothing else has."""

from __future__ import annotations

from functools import cache

import pytest

from tests import inprocess
from vcaudit.evaluate import evaluate
from vcaudit.evaluate.baseline import Baseline
from vcaudit.evaluate.lint import lint
from vcaudit.evaluate.loader import load_pack
from vcaudit.evaluate.rule import Pack, Unchanged
from vcaudit.lab.faults import apply, load_faults
from vcaudit.lab.move import move
from vcaudit.lab.scenario import load, shipped
from vcaudit.resources import rules_dir
from vcaudit.results import Outcome, Result
from vcaudit.snapshot.model import Snapshot

HEALTHY = [name for name in shipped() if not name.startswith("_")]


@cache
def pack() -> Pack:
    return load_pack(rules_dir() / "drift")


@cache
def healthy(scenario: str) -> Snapshot:
    return inprocess.snapshot(load(scenario))


def judged(before: Snapshot, now: Snapshot) -> list[Result]:
    approved = Baseline(snapshot=before, file="approved.json", sha256="00")
    return list(evaluate(now, pack(), baseline=approved).results)


FAULTS = {fault.name: set(fault.drift) for fault in load_faults().values() if fault.drift}
"""Fault of the lab → rules of the pack."""
QUIET = ("web-runs-on-standby", "node-paused", "settings-written-otherwise", "license-file-renamed", "vpxd-failed")
"""Running and stopped things are none of theirs."""


SCENARIOS = {"checkpoint-missing": "quorum-disk-2003-registry"}


@pytest.mark.parametrize("fault", [*FAULTS, *QUIET])
def test_a_fault_changes_what_it_is_about(fault: str) -> None:
    fits = [name for name in HEALTHY if _fits(name, fault)]
    assert fits, load_faults()[fault]
    scenario = next(name for name in (SCENARIOS.get(fault, "quorum-disk-2003"), fits[0]) if name in fits)
    broken, _ = apply(load(scenario), fault)
    results = judged(healthy(scenario), inprocess.snapshot(broken))
    failed = {one.rule for one in results if one.outcome is Outcome.FAIL}
    assert failed == FAULTS.get(fault, set()), inprocess.told(one for one in results if one.outcome is Outcome.FAIL)
    assert {one.outcome for one in results} <= {Outcome.PASS, Outcome.FAIL, Outcome.NOT_ASKED}


def _fits(scenario: str, fault: str) -> bool:
    from vcaudit.errors import VcauditError

    try:
        apply(load(scenario), fault)
    except VcauditError:
        return False
    return True


@pytest.mark.parametrize("scenario", HEALTHY)
def test_a_healthy_cluster_is_as_approved_wherever_its_groups_are(scenario: str) -> None:
    start = load(scenario)
    last = list(start.nodes)[-1]
    for now in (healthy(scenario), inprocess.snapshot(move(start, last))):
        results = judged(healthy(scenario), now)
        wrong = [one for one in results if one.outcome not in (Outcome.PASS, Outcome.NOT_ASKED)]
        assert wrong == [], inprocess.told(wrong)


def test_the_pack_lints_and_holds_nothing_but_changes() -> None:
    assert lint(pack()) == []
    assert all(isinstance(rule.body, Unchanged) for rule in pack().rules)
    # Off the note's score: changed is not wrong.
    assert not any(rule.requirements or rule.blocks or rule.degrades for rule in pack().rules)
    assert not {rule.id for rule in pack().rules} - {f"VC-DRIFT-{number:03}" for number in range(1, 100)}
