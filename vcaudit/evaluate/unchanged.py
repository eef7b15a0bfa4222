"""`kind: unchanged`: what must be as it is in the approved snapshot (`--baseline`).

Facts of the cluster give one result, whoever of the nodes tells them; facts of a node give one for each node. A change
that is certain fails whatever else is unknown; without one, any fact that cannot be compared leaves it unknown.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from vcaudit.drift import words
from vcaudit.drift.aspects import ASPECTS, Aspect
from vcaudit.drift.facts import Fact
from vcaudit.evaluate.baseline import Since
from vcaudit.evaluate.findings import Finding
from vcaudit.evaluate.placeholders import visible
from vcaudit.evaluate.rule import Unchanged
from vcaudit.results import Difference, Result
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.tree import ABSENT

_NAMED: Final = 5
"""Differences named in the short text; all of them stand in the result."""
NO_BASELINE: Final = Missing(
    reason="not_asked",
    detail="no approved snapshot of this cluster: take one with `vcaudit collect -o approved.json`, review it, and "
    "give it with --baseline approved.json",
    where="baseline",
)


def judge_unchanged(body: Unchanged, finding: Finding) -> list[Result]:
    """One failure for each node (or for the cluster) with changes, one pass when there are none."""
    finding.subject = body.subject.render(finding.value)
    since = finding.context.since
    if since is None:
        return [finding.undecided(NO_BASELINE)]
    approved = f"approved: {since.baseline.file}, taken {since.baseline.snapshot.taken_at}"
    ignored = (f"not compared: {item.path.pattern} ({item.reason})" for item in body.ignore)
    finding.notes = (approved, *ignored)
    found = _Found(since, ASPECTS[body.path], body)
    changed = {node: found.changes(node) for node in found.nodes}
    out = [_changed(replace(finding, node=node), differences) for node, differences in changed.items() if differences]
    gaps = {node: gap for node in found.nodes if not changed[node] and (gap := found.gap(node)) is not None}
    out += [replace(finding, node=node).undecided(gap) for node, gap in gaps.items()]
    return out or [finding.passed()]


class _Found:
    """Changes and gaps of one aspect, by node; None is the cluster."""

    def __init__(self, since: Since, aspect: Aspect, body: Unchanged) -> None:
        self.since, self.aspect, self.body = since, aspect, body
        self.cluster = any(one.parts[0] in ("cluster", "snapshot") for one in aspect.include)
        pairs = since.facts.pairs
        self.nodes: tuple[str | None, ...] = (None,) if self.cluster else tuple(pair.name for pair in pairs)
        self.unpaired = {pair.name for pair in pairs if pair.before is None or pair.after is None}
        self.open: dict[str | None, Missing] = {}
        """A change that may be none, by node."""

    def changes(self, node: str | None) -> tuple[Difference, ...]:
        """What is certain to have changed."""
        out: dict[tuple[object, ...], Difference] = {}
        for fact in self.facts(node):
            path, known = self.named(fact)
            if not any(rule.path.search(path) for rule in self.body.ignore):
                excused = self.since.excused(fact)
                if excused is False:
                    out[path, known.reference, known.deviating] = known
                elif isinstance(excused, Missing):
                    self.open.setdefault(node, excused)
        return tuple(sorted(out.values(), key=lambda one: (one.path, one.change)))

    def facts(self, node: str | None) -> Iterable[Fact]:
        return (fact for fact in self.since.facts.changed
                if (self.cluster or fact.node == node) and self.aspect.has(fact.leaf.path))  # fmt: skip

    def named(self, fact: Fact) -> tuple[str, Difference]:
        leaf, name = fact.leaf, words.name_of(fact.leaf.path)
        path = f"{name.subject}: {' '.join(name.what)}" if name.what else name.subject
        left, right = (None if one is ABSENT else words.shown(one) for one in (leaf.before, leaf.after))
        return path, Difference(
            path=path, change=leaf.change, reference=left, deviating=right, against="approved"
        )

    def gap(self, node: str | None) -> Missing | None:
        """Why nobody can tell; what could not be looked at outranks what nobody was asked for."""
        gaps = [gap.hole.gap for gap in self.since.facts.gaps
                if (self.cluster or gap.node == node) and self.aspect.touches(gap.hole.path)]  # fmt: skip
        gaps += [self.open[node]] if node in self.open else []
        strangers = self.unpaired if self.cluster else self.unpaired & {node}
        gaps += [_stranger(name) for name in sorted(filter(None, strangers))]
        return min(gaps, key=lambda gap: gap.reason == "not_asked", default=None)


def _stranger(node: str) -> Missing:
    detail = f"{node} is in one of the two snapshots only: approve a new one of all nodes"
    return Missing(reason="not_asked", detail=detail, where="baseline")


def _changed(finding: Finding, found: tuple[Difference, ...]) -> Result:
    named = ", ".join(visible(item.path) for item in found[:_NAMED])
    more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    finding.differences = found
    finding.observed, finding.expected = f"changed: {named}{more}", "as approved"
    where = named if len(found) == 1 else f"{len(found)} places"
    on = f" on {finding.node}" if finding.node else ""
    return finding.failed(None if finding.rule.message else f"{finding.subject}{on}: not as approved in {where}")
