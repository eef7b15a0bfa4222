"""The same property over what the lab's nodes answer: every shipped scenario, healthy and with faults."""

from __future__ import annotations

import random

import pytest

from tests import inprocess
from tests.evaluate.missing import broken_laws, without, worsened
from tests.evaluate.test_missing import judged
from vcaudit.errors import VcauditError
from vcaudit.lab.faults import apply, load_faults
from vcaudit.lab.scenario import Scenario, load, shipped

FAULTS = sorted(
    name for name, fault in load_faults().items()
    # Two views that contradict each other are unknown; without one of them the other is believed.
    if fault.kind == "model" and name != "views-disagree"
)  # fmt: skip


def broken(scenario: Scenario, dice: random.Random, rounds: int) -> list[str]:
    """Takes facts away from a scenario, several times; how that broke the law."""
    snapshot = inprocess.snapshot(scenario)
    before, cells, defects = judged(snapshot)
    found = list(defects)
    for _ in range(rounds):
        changed, taken = without(snapshot, dice)
        after, after_cells, defects = judged(changed)
        wrong = [*broken_laws(before, after), *worsened(cells, after_cells), *defects]
        found += [f"{item}, without {taken}" for item in wrong]
    return found


def faulty(scenario: Scenario, dice: random.Random) -> Scenario:
    """The scenario with a random fault that can be put into it."""
    return next(found for name in dice.sample(FAULTS, len(FAULTS)) if (found := _with(scenario, name)) is not None)


@pytest.mark.parametrize("name", shipped())
def test_the_law_holds_over_the_lab(name: str) -> None:
    dice = random.Random(name)
    scenario = load(name)
    assert broken(scenario, dice, 4) == []
    for _ in range(2):
        assert broken(faulty(scenario, dice), dice, 3) == []


@pytest.mark.soak
@pytest.mark.parametrize("fault", FAULTS)
def test_the_law_holds_over_every_fault(fault: str) -> None:
    fitting = [scenario for name in shipped() if (scenario := _with(load(name), fault)) is not None]
    assert fitting
    for scenario in fitting:
        assert broken(scenario, random.Random(f"{scenario.name} {fault}"), 10) == []


def _with(scenario: Scenario, fault: str) -> Scenario | None:
    """None: the fault is about another design."""
    try:
        return apply(scenario, fault)[0]
    except VcauditError:
        return None
