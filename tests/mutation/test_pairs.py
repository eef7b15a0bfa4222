"""Two faults that are about different facts do not hide each other: each is found beside the other.

`make test` tries the pairs of a few faults, `make soak` all pairs of two scenarios.
"""

from __future__ import annotations

import functools
import itertools
import random
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.inprocess import both as both_packs
from tests.mutation.judging import Judge
from tests.mutation.pairs import Clash, both, broken, healthy, merge
from vcaudit import yamlfile
from vcaudit.lab.faults import Fault, load_faults
from vcaudit.results import Outcome

HIDES = Path(__file__).parent / "hides.yaml"
SCENARIOS = ("quorum-disk-2003", "license-group-2008")
SAMPLE = 9
"""Faults whose pairs `make test` tries."""
EACH = [pytest.param(name, marks=pytest.mark.xdist_group(f"mutation {name}")) for name in SCENARIOS]
Failure = tuple[str, str | None]
Hidden = tuple[str, str, Failure]
"""The fault that hides, the one that is hidden, and what of it."""


def faults(scenario: str) -> list[Fault]:
    return [one for one in load_faults().values() if one.kind == "model" and scenario in one.scenarios and one.rules]


@functools.cache
def judged(scenario: str) -> Judge:
    return Judge(healthy(scenario), both_packs())


def failing(scenario: str, snapshot: object) -> frozenset[Failure]:
    """Rule and node of every failure."""
    after, defects = judged(scenario).again(snapshot)  # type: ignore[arg-type]
    assert defects == []
    results = {**judged(scenario).results, **after}
    return frozenset((one.rule, one.node) for found in results.values() for one in found if one.outcome is Outcome.FAIL)


@functools.cache
def alone(scenario: str, name: str, rules: tuple[str, ...]) -> frozenset[Failure]:
    """What a fault is about."""
    return frozenset(one for one in failing(scenario, broken(scenario, name)) if one[0] in rules)


@functools.cache
def hides() -> Mapping[str, Mapping[str, str]]:
    """Fault → fault (or rule) that nobody sees beside it → why."""
    document = yamlfile.load(HIDES)
    assert not document.problems, document.problems
    assert isinstance(document.value, dict)
    return {str(name): dict(found) for name, found in document.value.items()}


def hidden(scenario: str, one: Fault, other: Fault) -> Iterator[Hidden]:
    """Failures that are gone."""
    try:
        found = failing(scenario, both(scenario, one, other))
    except Clash:
        return
    for hiding, lost in ((one, other), (other, one)):
        # A comparison may name the other node, where the fault moves what it compares with.
        moved = {rule for rule, _ in found} - set(hiding.rules)
        for failure in sorted(alone(scenario, lost.name, lost.rules) - found, key=repr):
            if failure[0] not in moved:
                yield hiding.name, lost.name, failure


def known_as(lost: str, failure: Failure) -> set[str]:
    """What stands for it in the file."""
    return {lost, failure[0]} | ({"version-bound"} if failure[0] in bound() else set())


@functools.cache
def bound() -> frozenset[str]:
    return frozenset(rule.id for rule in both_packs().rules if rule.version_bound)


def is_meant(hiding: str, lost: str, failure: Failure) -> bool:
    return bool(known_as(lost, failure) & set(hides().get(hiding, {})))


def told(found: Iterable[Hidden]) -> list[str]:
    return [f"{hiding} hides {lost}: {what}" for hiding, lost, what in found if not is_meant(hiding, lost, what)]


def of_pairs(scenario: str, chosen: list[Fault]) -> list[Hidden]:
    return [each for one, other in itertools.combinations(chosen, 2) for each in hidden(scenario, one, other)]


@functools.cache
def of_all(scenario: str) -> list[Hidden]:
    """Minutes."""
    return of_pairs(scenario, faults(scenario))


@pytest.mark.parametrize("scenario", EACH)
def test_a_few_faults_are_found_beside_each_other(scenario: str) -> None:
    assert told(of_pairs(scenario, random.Random(scenario).sample(faults(scenario), SAMPLE))) == []


@pytest.mark.soak
@pytest.mark.xdist_group("mutation pairs")
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_fault_is_found_beside_every_other(scenario: str) -> None:
    found = told(of_all(scenario))
    assert not found, f"{len(found)} hidden\n" + "\n".join(found)


@pytest.mark.soak
@pytest.mark.xdist_group("mutation pairs")
def test_nothing_is_said_to_hide_what_it_does_not() -> None:
    """Every reason is needed somewhere."""
    left = {(hiding, what) for hiding, found in hides().items() for what in found}
    for hiding, lost, failure in itertools.chain.from_iterable(map(of_all, SCENARIOS)):
        left -= {(hiding, what) for what in known_as(lost, failure)}
    assert not left


def test_what_both_sides_change_is_a_clash() -> None:
    base, one, other = healthy(SCENARIOS[0]), broken(SCENARIOS[0], "vpxd-disabled"), broken(SCENARIOS[0], "netbios-off")
    assert merge(base, one, one) == one
    assert merge(base, base, other) == other
    assert merge(base, one, other) not in (base, one, other)
    with pytest.raises(Clash):
        merge(base, one, broken(SCENARIOS[0], "vpxd-automatic"))
