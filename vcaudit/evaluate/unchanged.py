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
from vcaudit.drift.document import Line
from vcaudit.drift.facts import Fact
from vcaudit.drift.lines import Wording, lines
from vcaudit.evaluate.baseline import Since
from vcaudit.evaluate.findings import Finding
from vcaudit.evaluate.placeholders import visible
from vcaudit.evaluate.rule import Unchanged
from vcaudit.results import Difference, Result
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.model import NodeSnapshot
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
    out = [_changed(replace(finding, node=node), found, each) for node, each in changed.items() if each]
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
        self.unpaired = {pair.name: pair.before or pair.after for pair in pairs if not (pair.before and pair.after)}
        self.certain: dict[str | None, list[Fact]] = {}
        self.open: dict[str | None, Missing] = {}
        """A change that may be none, by node."""

    def changes(self, node: str | None) -> tuple[Difference, ...]:
        """What is certain to have changed."""
        out: dict[tuple[object, ...], Difference] = {}
        for fact in self.facts(node):
            known = _difference(fact)
            if not self.ignored(known.path):
                excused = self.since.excused(fact)
                if excused is False:
                    out[known.path, known.reference, known.deviating] = known
                    self.certain.setdefault(node, []).append(fact)
                elif isinstance(excused, Missing):
                    self.open.setdefault(node, excused)
        return tuple(sorted(out.values(), key=lambda one: (one.path, one.change)))

    def lines(self, node: str | None) -> tuple[Line, ...]:
        """The same, in as many lines as they are things."""
        return lines(((fact, "") for fact in self.certain[node]), self.since.facts.pairs, Wording())

    def facts(self, node: str | None) -> Iterable[Fact]:
        return (fact for fact in self.since.facts.changed
                if (self.cluster or fact.node == node) and self.aspect.has(fact.leaf.path))  # fmt: skip

    def ignored(self, path: str) -> bool:
        return any(rule.path.search(path) for rule in self.body.ignore)

    def strangers(self, node: str | None) -> list[str]:
        """Nodes that only one of the snapshots has. The others tell of the cluster, unless it may be one of them."""
        if not self.cluster:
            return [name for name in self.unpaired if name == node]
        return [name for name, one in self.unpaired.items() if one is None or _nameless(one)]

    def gap(self, node: str | None) -> Missing | None:
        """Why nobody can tell; what could not be looked at outranks what nobody was asked for."""
        gaps = [gap.hole.gap for gap in self.since.facts.gaps
                if (self.cluster or gap.node == node) and self.aspect.touches(gap.hole.path)
                and not self.ignored(_path(gap.hole.path))]  # fmt: skip
        gaps += [self.open[node]] if node in self.open else []
        gaps += [_stranger(name) for name in self.strangers(node)]
        return min(gaps, key=lambda gap: gap.reason == "not_asked", default=None)


def _nameless(node: NodeSnapshot) -> bool:
    return isinstance(node.host, Missing) or isinstance(node.host.computer_name, Missing)


def _path(path: tuple[str, ...]) -> str:
    name = words.name_of(path)
    return f"{name.subject}: {' '.join(name.what)}" if name.what else name.subject


def _difference(fact: Fact) -> Difference:
    leaf = fact.leaf
    left, right = (None if one is ABSENT else words.shown(one) for one in (leaf.before, leaf.after))
    return Difference(
        path=_path(leaf.path), change=leaf.change, reference=left, deviating=right, against="approved"
    )


def _stranger(node: str) -> Missing:
    detail = f"{node} is in one of the two snapshots only: approve a new one of all nodes"
    return Missing(reason="not_asked", detail=detail, where="baseline")


def _changed(finding: Finding, found: _Found, differences: tuple[Difference, ...]) -> Result:
    """Told as `vcaudit diff` tells it."""
    said = [f"{line.subject}: {line.text}" for line in found.lines(finding.node)]
    more = f"; and {len(said) - _NAMED} more" if len(said) > _NAMED else ""
    finding.differences = differences
    finding.observed, finding.expected = visible("; ".join(said[:_NAMED])) + more, "as approved"
    on, where = (f" on {finding.node}", f"{finding.node} ") if finding.node else ("", "")
    plain = f"{finding.subject}{on}: {len(said)} changes since the approval"
    return finding.failed(None if finding.rule.message else where + visible(said[0]) if len(said) == 1 else plain)
