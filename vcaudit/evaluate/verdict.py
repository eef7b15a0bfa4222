"""The answer to the one question, per node and for the cluster, in sentences a person would say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias

from vcaudit.evaluate.findings import REASONS
from vcaudit.evaluate.placeholders import visible
from vcaudit.evaluate.readiness import is_broken
from vcaudit.evaluate.rule import Pack
from vcaudit.evaluate.schema import NodeVar, RuleView
from vcaudit.results import Cell, NodeVerdict, Outcome, Readiness, Result, Severity, Verdict
from vcaudit.snapshot.base import Missing

Answer: TypeAlias = Literal["yes", "degraded", "no", "unknown"]
_WORST: tuple[Answer, ...] = ("no", "unknown", "degraded", "yes")
CORE = ("ip", "name", "vpxd")
"""Without these there is no VirtualCenter; without the others it runs and lacks something."""
WHOLE_NODE = {
    "unreachable": "could not be reached", "authentication": "did not accept the logon", "timeout": "took too long",
    "refused": "had no room for the question", "bad_output": "gave an answer that was damaged",
}  # fmt: skip
"""Reasons that mostly take all facts of a node at once, in words about it."""


def verdict(
    results: Sequence[Result], cells: Sequence[Cell], view: RuleView, pack: Pack, exit_code: int
) -> Verdict:
    """Per node, and the worst of the nodes that do not hold the group now."""
    owner = None if isinstance(view.cluster.owner, Missing) else view.cluster.owner
    silent = {rule.id for rule in pack.rules if not rule.blocks and not rule.degrades}
    lost = {node.name: _lost(node) for node in view.nodes}
    nodes = [_node(node.name, node.name == owner, results, cells, silent, lost) for node in view.nodes]
    others = [node for node in nodes if not node.owner]
    if not others:
        answer, sentence = _alone(view)
    else:
        worst = min(others, key=lambda node: _WORST.index(node.answer))
        answer, sentence = worst.answer, worst.sentence
    ordered = [*others, *(node for node in nodes if node.owner)]
    return Verdict(answer=answer, sentence=sentence, nodes=tuple(ordered), exit_code=exit_code)


def _alone(view: RuleView) -> tuple[Answer, str]:
    if isinstance(view.cluster.members, Missing):
        return "unknown", "Cannot tell whether another node would take over: the members of the cluster are not known."
    return "no", "No other node would take over: the cluster has only one."


def _node(
    node: str, owner: bool, results: Sequence[Result], cells: Sequence[Cell], silent: set[str],
    lost: Mapping[str, str | None],
) -> NodeVerdict:  # fmt: skip
    own = [cell for cell in cells if cell.node == node]
    by_anchor = {result.anchor: result for result in results}
    blocked = [cell for cell in own if cell.state is Readiness.NO_GO]
    unknown = [cell for cell in own if cell.state is Readiness.UNKNOWN]
    answer: Answer
    if any(cell.role in CORE for cell in blocked):
        answer, because = "no", _worst(blocked, by_anchor)
    elif unknown:
        answer, because = "unknown", _worst(unknown, by_anchor)
    else:
        # A critical failure that keeps no role from starting (accounts, quorum) still costs something.
        costly = [result for result in results if result.rule in silent and _costs(result, node)]
        weak = blocked or [cell for cell in own if cell.state is Readiness.DEGRADED]
        because = _worst(weak, by_anchor) or _first(costly)
        answer = "degraded" if weak or costly else "yes"
    said = _unread(node, because, lost) if answer == "unknown" else _said(because)
    return NodeVerdict(node=node, owner=owner, answer=answer, sentence=_sentence(node, owner, answer, said))


def _lost(node: NodeVar) -> str | None:
    """Why nothing at all is known of a node: words about it, None when it told what it is."""
    if not node.declared:
        return "is not in the inventory"
    return WHOLE_NODE.get(node.os_version.reason) if isinstance(node.os_version, Missing) else None


def _costs(result: Result, node: str) -> bool:
    return is_broken(result) and result.severity is Severity.CRITICAL and result.node in (None, node)


def _worst(cells: Sequence[Cell], by_anchor: Mapping[str, Result]) -> Result | None:
    return _first([by_anchor[anchor] for cell in cells for anchor in cell.because if anchor in by_anchor])


def _first(results: Sequence[Result]) -> Result | None:
    """The worst by severity; what names this very node before what is about the cluster."""
    return min(results, key=lambda result: (result.severity.rank, result.node is None), default=None)


def _sentence(node: str, owner: bool, answer: Answer, said: str) -> str:
    if answer == "yes":
        return f"{node} holds the group now and could start it again." if owner else f"{node} would take over."
    if answer == "unknown":
        return f"Cannot tell whether {node} would {'start it again' if owner else 'take over'}{said}."
    if answer == "no":
        holds = f"{node} holds the group now and would not start it again"
        return f"{holds if owner else f'{node} would not take over'}{said}."
    return f"{node} {'holds the group now' if owner else 'would take over'}, but{said.removeprefix(':')}."


def _unread(node: str, because: Result | None, lost: Mapping[str, str | None]) -> str:
    """Why it cannot be told: the node that told nothing (the owner, with which it would be compared, among them)."""
    own = lost.get(node)
    if own:
        return f": it {own}"
    if because is None:
        return ": no rule that was applied says whether it could"
    reason = None if because is None else WHOLE_NODE.get(because.reason or "")
    other = next((name for name, words in lost.items() if words and words == reason), None)
    return f": {other} {reason}" if other else _said(because)


def _said(because: Result | None) -> str:
    if because is None:
        return ": something it needs is in the way"
    if because.outcome is Outcome.UNKNOWN:
        reason = next((words for key, words in REASONS.items() if key == because.reason), "it could not be looked at")
        # The whole story stands under "unknown".
        return f": {reason} ({because.subject})"
    text = (because.impact or because.message).rstrip(".")
    waiver = because.waiver
    return f": {text}" + (f" (waived until {waiver.expires}: {visible(waiver.id)})" if waiver else "")
