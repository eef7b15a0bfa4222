"""Every fact of healthy clusters, different in every way: what the rules say of it is a reviewed table.

`make soak` (and `make ci`) hold the whole table, `make test` a sample of it; VCAUDIT_UPDATE_GOLDEN=1 writes it anew.
"""

from __future__ import annotations

import functools
import os
import random
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from tests.evaluate.missing import broken_laws
from tests.inprocess import both, snapshot
from tests.mutation.judging import Effect, Judge
from tests.mutation.mutants import CLUSTER, Mutant, mutants, spelled
from tests.mutation.table import Change, Effects, Fact, Rows, Table, written
from vcaudit import yamlfile
from vcaudit.evaluate import evaluate
from vcaudit.lab.scenario import load

HERE = Path(__file__).parent
TABLE = HERE / "table.txt"
UNNOTICED = HERE / "unnoticed.yaml"
SCENARIOS = (
    "quorum-disk-2003", "quorum-disk-2003-registry", "license-group-2008", "majority-node-set-2003", "majority-2008",
    "three-nodes-2008",
)  # fmt: skip
ONE_IN = 60
"""Mutants that `make test` tries."""
EACH = [pytest.param(name, marks=pytest.mark.xdist_group(f"mutation {name}")) for name in SCENARIOS]


@functools.cache
def judged(scenario: str) -> Judge:
    return Judge(snapshot(load(scenario)), both())


@functools.cache
def all_of(scenario: str) -> tuple[Mutant, ...]:
    return tuple(mutants(judged(scenario).snapshot, load(scenario).words))


@functools.cache
def facts(scenario: str) -> frozenset[Fact]:
    return frozenset(mutant.fact for mutant in all_of(scenario))


@functools.cache
def table() -> Table:
    return Table(TABLE.read_text(encoding="utf-8"))


def told(scenario: str, mutant: Mutant) -> Effects:
    """What the table says."""
    return table().effects(scenario, mutant.fact, mutant.change, {SCENARIOS[0]: facts(SCENARIOS[0])})


def seen(scenario: str, mutant: Mutant) -> Effects:
    """What the rules say, which keeps to the law."""
    judge = judged(scenario)
    after, defects = judge.again(mutant.make())
    effects = judge.effects(after)
    if mutant.change[0] == "missing":
        before = [result for rule in after for result in judge.results[rule]]
        laws = broken_laws(before, [result for results in after.values() for result in results])
        assert laws == [], mutant.name
        assert {what for _, what in effects} <= {"unknown", "not_asked", "fewer", "shown"}, mutant.name
    if mutant.fact[0] in ("declared.params", "declared.exceptions"):
        return effects | ({("VC-INVENTORY", "defect")} if defects else set())
    assert defects == [], mutant.name
    return effects


def rows(scenario: str) -> Rows:
    out: Rows = defaultdict(dict)
    for mutant in all_of(scenario):
        out[mutant.fact][mutant.change] = seen(scenario, mutant)
    return dict(out)


def differences(scenario: str, chosen: Iterable[Mutant]) -> list[str]:
    out = []
    for mutant in chosen:
        expected, found = told(scenario, mutant), seen(scenario, mutant)
        if expected != found:
            out.append(f"{scenario}: {mutant.name}: {_shown(found - expected)} came, {_shown(expected - found)} went")
    return out


def _shown(effects: Iterable[Effect]) -> str:
    return ", ".join(f"{rule} {what}" for rule, what in sorted(effects)) or "nothing"


if os.environ.get("VCAUDIT_UPDATE_GOLDEN"):  # once, and not again for each test that reads it

    @pytest.mark.soak
    def test_write_the_table() -> None:
        text = written({name: rows(name) for name in SCENARIOS})
        TABLE.write_text(text, encoding="utf-8", newline="\n")
        assert table().scenarios == SCENARIOS


@pytest.mark.parametrize("scenario", EACH)
def test_a_sample_is_as_the_table_says(scenario: str) -> None:
    """Every kind of change, and facts all over the snapshot."""
    every = list(all_of(scenario))
    chosen = random.Random(scenario).sample(every, len(every) // ONE_IN)
    found = differences(scenario, chosen)
    assert not found, "\n".join(found[:20])


@pytest.mark.soak
@pytest.mark.parametrize("scenario", EACH)
def test_everything_is_as_the_table_says(scenario: str) -> None:
    found = differences(scenario, all_of(scenario))
    assert not found, f"{len(found)} differ; is it meant? VCAUDIT_UPDATE_GOLDEN=1\n" + "\n".join(found[:40])


@pytest.mark.parametrize("scenario", EACH)
def test_the_short_way_is_the_whole_way(scenario: str) -> None:
    """Rules that cannot see the change are not judged again: nothing of them would have changed."""
    judge = judged(scenario)
    for mutant in random.Random(f"whole {scenario}").sample(all_of(scenario), 12):
        changed = mutant.make()
        whole: dict[str, list[object]] = {rule.id: [] for rule in judge.pack.rules}
        for result in evaluate(changed, judge.pack).results:
            whole[result.rule].append((result.subject, result.node, result.outcome))
        after = {**judge.results, **judge.again(changed)[0]}
        short = {rule: [(one.subject, one.node, one.outcome) for one in results] for rule, results in after.items()}
        assert {rule: sorted(found, key=repr) for rule, found in short.items()} == {
            rule: sorted(found, key=repr) for rule, found in whole.items()
        }, mutant.name


# What no rule notices


LOUD = {"fail", "unknown", "not_asked", "shown", "defect"}
"""What a person notices. A result that is `fewer`, `not_applicable` or one more `pass` says nothing."""
WAY = " -> "


@functools.cache
def reasons() -> Mapping[str, str]:
    """Pattern of facts, or of a fact and how it is different → why no rule needs them."""
    document = yamlfile.load(UNNOTICED)
    assert not document.problems, document.problems
    assert isinstance(document.value, dict)
    return {str(pattern): str(why) for pattern, why in document.value.items()}


def _matcher(patterns: Iterable[str]) -> Mapping[str, re.Pattern[str]]:
    """`*`: anything; `(a|b)`: one or the other."""
    signs = ((r"\*", ".*"), (r"\(", "(?:"), (r"\|", "|"), (r"\)", ")"))
    return {one: re.compile(functools.reduce(lambda text, sign: text.replace(*sign), signs, re.escape(one)), re.DOTALL)
            for one in patterns}  # fmt: skip


@functools.cache
def noticed() -> Mapping[str, bool]:
    """Fact, and fact with each way to be different → whether a rule fails, does not know or shows something else.

    A fact: however it is different, on one node or on all, in any scenario. A way: on all nodes. What all nodes tell of
    the cluster is one fact: that two of them contradict each other says nothing about it.
    """
    facts: dict[str, bool] = defaultdict(bool)
    ways: dict[tuple[str, str], bool] = defaultdict(bool)
    for scenario in SCENARIOS:
        for mutant in all_of(scenario):
            (how, where), fact = mutant.change, spelled(*mutant.fact)
            if how == "missing" or (fact.startswith("cluster.") and where in ("owner", "standby")):
                continue
            loud = any(what in LOUD for _, what in told(scenario, mutant))
            facts[fact] |= loud
            if where in ("every", CLUSTER):
                ways[fact, how] |= loud
    return facts | {f"{fact}{WAY}{how}": loud for (fact, how), loud in ways.items() if facts[fact]}


def test_what_no_rule_notices_has_a_reason() -> None:
    """Facts that may take any value, and of the others what all nodes may say, without anybody noticing."""
    silent = [name for name, loud in noticed().items() if not loud]
    covered = {one: _taken(one, pattern, silent) for one, pattern in _matcher(reasons()).items()}
    unlisted = set(silent).difference(*covered.values())
    assert not unlisted, "no rule notices:\n" + "\n".join(name for name in silent if name in unlisted)
    idle = [one for one, found in covered.items() if not found]
    assert not idle, f"noticed by now, or no fact: {idle}"


def test_no_reason_is_given_for_what_is_noticed() -> None:
    loud = [name for name, found in noticed().items() if found]
    for one, pattern in _matcher(reasons()).items():
        taken = sorted(_taken(one, pattern, loud))
        assert not taken, f"{one}: {taken[:5]}"


def _taken(one: str, pattern: re.Pattern[str], names: Iterable[str]) -> list[str]:
    """A pattern of facts takes no way of theirs."""
    return [name for name in names if (WAY in name) == (WAY in one) and pattern.fullmatch(name)]


def test_what_a_rule_needs_is_unknown_when_it_is_missing() -> None:
    """Of every fact that a rule fails for: taken away in the same place, it leaves that rule's outcome open."""
    open_ = {"unknown", "not_asked"}
    excused, used, wrong = _matcher(OTHERWISE), set(), []
    for scenario in SCENARIOS:
        by: dict[Fact, dict[Change, Effects]] = defaultdict(dict)
        for mutant in all_of(scenario):
            by[mutant.fact][mutant.change] = told(scenario, mutant)
        for fact, found in by.items():
            where = "every" if ("missing", "every") in found else "-"
            gone = found.get(("missing", where))
            needed = {rule for change, effects in found.items() if change[1] == where for rule, what in effects
                      if what == "fail"}  # fmt: skip
            left = needed - {rule for rule, what in gone or () if what in open_}
            if gone is not None and left:
                why = {one for one, pattern in excused.items() if pattern.fullmatch(spelled(*fact))}
                used |= why
                wrong += [] if why else [f"{scenario}: {spelled(*fact)}: {', '.join(sorted(left))}"]
    assert not wrong, "rules that fail for a fact, and do without it:\n" + "\n".join(wrong)
    assert used == set(OTHERWISE)


OTHERWISE: Mapping[str, str] = {
    "host.computer_name": "the name of the inventory stands in for it, where the cluster knows a node of that name",
    "synchronization.scripts[*].sha256": "null says that there is no script; what there is says its lines",
}
"""Pattern of facts → why the rules that fail for what they say do not need them."""
