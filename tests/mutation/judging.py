"""Judges a snapshot again after one change: only the rules that can see it, and they say what changed.

A rule sees nothing but the parts of the view that its expressions name; where those are equal to before, so is what
it says. `test_the_short_way_is_the_whole_way` holds that against the engine's own way through all rules.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from vcaudit.evaluate.accept import unknown_rules
from vcaudit.evaluate.context import Context
from vcaudit.evaluate.engine import judge
from vcaudit.evaluate.expression import Expression
from vcaudit.evaluate.projections import PROJECTIONS
from vcaudit.evaluate.rule import Identical, Judgement, Pack, Rule
from vcaudit.evaluate.view import build_view
from vcaudit.results import Result, Severity
from vcaudit.snapshot.model import Snapshot

Effect: TypeAlias = tuple[str, str]
"""Rule and what it says now: an outcome, `shown` (an info rule shows something else), `fewer` (a result is gone)."""


@dataclass
class Judge:
    """A snapshot with what every rule says of it."""

    snapshot: Snapshot
    pack: Pack

    def __post_init__(self) -> None:
        self.context = self.of(self.snapshot)
        self.results = {rule.id: judge(rule, self.context) for rule in self.pack.rules}
        self.needs = {rule.id: _needs(rule) for rule in self.pack.rules}
        self.projected = {rule.id: _projected(rule, self.context) for rule in self.pack.rules}
        self.mentioned = {rule.id: self.context.rule_params(rule) for rule in self.pack.rules}

    def of(self, snapshot: Snapshot) -> Context:
        return Context(snapshot, build_view(snapshot), self.pack)

    def again(self, snapshot: Snapshot) -> tuple[dict[str, list[Result]], list[str]]:
        """What the rules that can see the change say now, and defects of rules."""
        context = self.of(snapshot)
        results = {rule.id: judge(rule, context) for rule in self.pack.rules if self._sees(rule, context)}
        return results, [*context.defects, *unknown_rules(snapshot.declared.exceptions, self.pack)]

    def _sees(self, rule: Rule, after: Context) -> bool:
        before = self.context
        if rule.version_bound and before.outside(rule.pack) != after.outside(rule.pack):
            return True
        if self.mentioned[rule.id] != after.rule_params(rule):
            return True
        if isinstance(rule.body, Identical):
            compared = (after.owner, after.nodes, _projected(rule, after))
            if compared != (before.owner, before.nodes, self.projected[rule.id]):
                return True
        return self._differs(rule, after)

    def _differs(self, rule: Rule, after: Context) -> bool:
        return any(_part(self.context, rule, *need) != _part(after, rule, *need) for need in self.needs[rule.id])

    def effects(self, after: dict[str, list[Result]]) -> frozenset[Effect]:
        """What became of the outcomes of these rules."""
        return frozenset(
            (rule, what) for rule, results in after.items() for what in changes(self.results[rule], results)
        )


def _projected(rule: Rule, context: Context) -> list[object] | None:
    if not isinstance(rule.body, Identical):
        return None
    project = PROJECTIONS[rule.body.path]
    return [project(facts, context.view) for _, facts in context.compared]


def _needs(rule: Rule) -> frozenset[tuple[str, str]]:
    body = rule.body
    items: list[Expression | None] = [rule.when]
    if isinstance(body, Judgement):
        items += [body.for_each, *body.expressions]
    tops = [top for item in items if item is not None for top in item.top.items()]
    return frozenset((name, field) for name, fields in tops if name not in ("each", "params") for field in fields)


def _part(context: Context, rule: Rule, name: str, field: str) -> Any:
    value = context.variable(name, rule.pack)
    return value if field == "*" else getattr(value, field, value)


def changes(before: Sequence[Result], after: Sequence[Result]) -> set[str]:
    """What one rule says that it did not say before, subject by subject; a new name of a subject is no change."""
    old, new = _keyed(before), _keyed(after)
    out = {one.outcome.value for key, one in new.items() if key in old and one.outcome != old[key].outcome}
    lost = Counter(one.outcome for key, one in old.items() if key not in new)
    came = Counter(one.outcome for key, one in new.items() if key not in old)
    out |= {outcome.value for outcome in came - lost}
    if lost - came and not came - lost:
        out.add("fewer")
    info = {one.severity for one in (*before, *after)} == {Severity.INFO}
    if not out and info and _shown(before) != _shown(after):
        out.add("shown")
    return out


def _keyed(results: Iterable[Result]) -> dict[Any, Result]:
    out: dict[Any, Result] = {}
    for one in results:
        key = (one.subject, one.node)
        while key in out:
            key = (*key, "")  # type: ignore[assignment]  # two results of one name
        out[key] = one
    return out


def _shown(results: Iterable[Result]) -> list[tuple[str, str | None, str | None]]:
    return sorted(((one.subject, one.node, one.observed) for one in results), key=repr)
