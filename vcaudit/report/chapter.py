"""One cluster's results in the order a reader needs them: findings worst first, the unknown by cause, evidence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from vcaudit.report.escape import anchor
from vcaudit.results import (
    AuditResults,
    Blocker,
    Cell,
    ClusterResult,
    NodeVerdict,
    Outcome,
    Readiness,
    Result,
    Severity,
)

REASONS: Final = {
    "unreachable": ("the node could not be reached", "See that it is up and that its WinRM port answers from here."),
    "authentication": ("the node did not accept the account", "See that user and password are right on this node."),
    "access_denied": ("access was denied", "The account must be an administrator of this node."),
    "timeout": ("it took longer than allowed", "Try again; if it stays so, allow more time in the inventory."),
    "unavailable": ("what should answer on the node is broken", "Repair it there: what it said names it."),
    "not_installed": ("it is not installed there", "Install it on this node, or take the node out of the inventory."),
    "not_found": ("it is not there", "If it lies elsewhere, say where in the inventory."),
    "bad_output": (
        "what was read there is damaged",
        "Look at what is named; where it is the answer itself, try again, and then with -vv.",
    ),
    "refused": ("the node had no room for the question", "Close idle remote shells on it and try again."),
    "not_asked": ("only the owner can give it", ""),
}
"""Reason of a Missing: what it means, and what mends it."""


_GOOD: Final = {Outcome.PASS, Outcome.NOT_APPLICABLE}


@dataclass(frozen=True)
class Finding:
    """One rule and every place where it came out the same way."""

    results: tuple[Result, ...]

    @property
    def first(self) -> Result:
        """Carries what the places share: rule, title, severity, requirements, source."""
        return self.results[0]

    @property
    def headline(self) -> str:
        """What is wrong here; of several places the first, and how many more."""
        said = self.first.message or self.first.title
        return said if len(self.results) == 1 else f"{said.rstrip('.')}, and {len(self.results) - 1} more"

    def shared(self, field: str) -> str | None:
        """The value of a text field when all places have the same, so that it is said once."""
        values = {getattr(result, field) for result in self.results}
        value = values.pop()
        return None if values else value


@dataclass(frozen=True)
class Gap:
    """What could not be looked at for one and the same cause."""

    node: str | None
    reason: str
    detail: str
    results: tuple[Result, ...]

    @property
    def sentence(self) -> str:
        """Why, in words; what the node or the network said, when that begins with the same words."""
        known = REASONS.get(self.reason)
        words = known[0] if known else self.reason.replace("_", " ") or "the reason was not recorded"
        return self.detail.rstrip(".") if self.detail.startswith(words) else words

    @property
    def said(self) -> str:
        """What the node or the network said; empty when `sentence` says it already."""
        return "" if self.detail.rstrip(".") == self.sentence else self.detail

    @property
    def mend(self) -> str:
        """What to do about it; empty for a reason that is not ours."""
        return REASONS.get(self.reason, ("", ""))[1]

    @property
    def rules(self) -> tuple[str, ...]:
        """Each rule once, in the pack's order."""
        return tuple(dict.fromkeys(result.rule for result in self.results))


@dataclass(frozen=True)
class Chapter:
    """One cluster, its results in the order a reader needs them."""

    cluster: ClusterResult
    results: tuple[Result, ...]
    prefix: str
    """Before every anchor when several clusters share a document; empty otherwise."""

    def _with(self, outcome: Outcome) -> list[Result]:
        return [result for result in self.results if result.outcome is outcome]

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """Scored failures, worst first, then the pack's order."""
        failed = [result for result in self._with(Outcome.FAIL) if result.severity is not Severity.INFO]
        return _by_rule(sorted(failed, key=lambda result: result.severity.rank))

    @cached_property
    def notes(self) -> tuple[Finding, ...]:
        """Info: shown, never scored, never failed."""
        return _by_rule(result for result in self._with(Outcome.FAIL) if result.severity is Severity.INFO)

    @cached_property
    def waived(self) -> tuple[Finding, ...]:
        """Failures that somebody took on, worst first."""
        return _by_rule(sorted(self._with(Outcome.WAIVED), key=lambda result: result.severity.rank))

    @cached_property
    def passed(self) -> tuple[Finding, ...]:
        """In the pack's order, a rule once."""
        return _by_rule(self._with(Outcome.PASS))

    @cached_property
    def not_applicable(self) -> tuple[Finding, ...]:
        """In the pack's order, a rule once."""
        return _by_rule(self._with(Outcome.NOT_APPLICABLE))

    @cached_property
    def not_asked(self) -> tuple[tuple[str, tuple[Finding, ...]], ...]:
        """What only the owner can give and has not: how to give it, and everything that waits for it."""
        groups: dict[str, list[Result]] = {}
        for result in self._with(Outcome.NOT_ASKED):
            groups.setdefault(result.detail or "", []).append(result)
        return tuple((give, _by_rule(found)) for give, found in groups.items())

    @cached_property
    def gaps(self) -> tuple[Gap, ...]:
        """The unknown by cause: one broken node is one cause, however many rules it leaves open."""
        groups: dict[tuple[str, str, str], list[Result]] = {}
        for result in self._with(Outcome.UNKNOWN):
            about = "" if result.detail else result.node or ""  # a detail names the node that is to blame itself
            groups.setdefault((result.reason or "", result.detail or "", about), []).append(result)
        return tuple(Gap(_common(found), reason, detail, tuple(found)) for (reason, detail, _), found in groups.items())

    @cached_property
    def ids(self) -> dict[int, str]:
        """The anchor of each result by its place in `results`: safe, and each used once."""
        taken: dict[str, int] = {}
        out: dict[int, str] = {}
        for index, result in enumerate(self.results):
            base = self.prefix + anchor(result.anchor or f"{result.rule}.{result.subject}")
            taken[base] = count = taken.get(base, 0) + 1
            out[index] = base if count == 1 else f"{base}-{count}"
        return out

    @cached_property
    def _places(self) -> dict[int, int]:
        return {id(result): index for index, result in enumerate(self.results)}

    def id_of(self, result: Result) -> str:
        """The anchor of a result of this chapter."""
        return self.ids[self._places[id(result)]]

    def blockers(self, cell: Cell) -> list[tuple[str, Blocker]]:
        """What stands in the way of a cell, each with the anchor of its result here; worst first."""
        said = {each.anchor: each for each in cell.blocked_by}
        wanted = {*cell.because, *said}
        found = [
            (place, result)
            for place, result in enumerate(self.results)
            if result.anchor in wanted and result.outcome not in _GOOD
        ]
        found.sort(key=lambda each: each[1].severity.rank)
        return [(self.ids[place], said.get(result.anchor) or _blocker(result)) for place, result in found]

    @cached_property
    def ordered_verdicts(self) -> tuple[NodeVerdict, ...]:
        """The nodes that would have to take over first, the owner last."""
        return tuple(sorted(self.cluster.verdict.nodes, key=lambda verdict: verdict.owner))

    @cached_property
    def matrix(self) -> tuple[tuple[str, tuple[Cell, ...]], ...]:
        """Role by role, a cell for each of `matrix_nodes`; a cell that was not given is unknown."""
        cells = {(cell.role, cell.node): cell for cell in self.cluster.readiness}
        roles = dict.fromkeys(cell.role for cell in self.cluster.readiness)
        return tuple(
            (role, tuple(cells.get((role, node)) or _no_cell(role, node) for node in self.matrix_nodes))
            for role in roles
        )

    @cached_property
    def matrix_nodes(self) -> tuple[str, ...]:
        """Columns of the matrix."""
        return tuple(dict.fromkeys(cell.node for cell in self.cluster.readiness))


def _blocker(result: Result) -> Blocker:
    """Of results that were written before they said it themselves."""
    return Blocker(anchor=result.anchor, rule=result.rule, attribute=result.message or result.title, fix="")


def _no_cell(role: str, node: str) -> Cell:
    return Cell(role=role, node=node, state=Readiness.UNKNOWN)


def _common(results: Sequence[Result]) -> str | None:
    nodes = {result.node for result in results}
    return nodes.pop() if len(nodes) == 1 else None


def _by_rule(results: Iterable[Result]) -> tuple[Finding, ...]:
    groups: dict[str, list[Result]] = {}
    for result in results:
        groups.setdefault(result.rule, []).append(result)
    return tuple(Finding(tuple(group)) for group in groups.values())


def chapters(results: AuditResults) -> tuple[Chapter, ...]:
    """A chapter a cluster, in the inventory's order."""
    several = len(results.clusters) > 1
    found: dict[str, list[Result]] = {cluster.name: [] for cluster in results.clusters}
    for result in results.results:
        found.setdefault(result.cluster, []).append(result)
    return tuple(
        Chapter(cluster, tuple(found[cluster.name]), f"{anchor(cluster.name)}." if several else "")
        for cluster in results.clusters
    )
