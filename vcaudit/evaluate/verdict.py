"""The answer to the one question, per node and for the cluster, in sentences a person would say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias

from msgspec.structs import replace

from vcaudit.evaluate.findings import REASONS
from vcaudit.evaluate.rule import Pack
from vcaudit.evaluate.schema import RuleView
from vcaudit.results import Cell, NodeVerdict, Outcome, Readiness, Result, Severity, Verdict
from vcaudit.snapshot.base import Missing

Answer: TypeAlias = Literal["yes", "degraded", "no", "unknown"]
_WORST: tuple[Answer, ...] = ("no", "unknown", "degraded", "yes")
CORE = ("ip", "name", "vpxd")
"""Without these there is no VirtualCenter; without the others it runs and lacks something."""
WHOLE_NODE = ("unreachable", "authentication", "timeout", "refused")
"""Reasons that mostly take all facts of a node at once."""


def verdict(
    results: Sequence[Result], cells: Sequence[Cell], view: RuleView, pack: Pack, exit_code: int
) -> Verdict:
    """Per node, and the worst of the nodes that do not hold the group now."""
    owner = None if isinstance(view.cluster.owner, Missing) else view.cluster.owner
    silent = {rule.id for rule in pack.rules if not rule.blocks and not rule.degrades}
    nodes = [_node(node.name, node.name == owner, results, cells, silent) for node in view.nodes]
    nodes = [_undeclared(said) if not node.declared else said for node, said in zip(view.nodes, nodes, strict=True)]
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
    node: str, owner: bool, results: Sequence[Result], cells: Sequence[Cell], silent: set[str]
) -> NodeVerdict:
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
    return NodeVerdict(node=node, owner=owner, answer=answer, sentence=_sentence(node, owner, answer, because))


def _undeclared(said: NodeVerdict) -> NodeVerdict:
    """Nobody tried to reach a member that the inventory does not name."""
    if said.answer != "unknown":
        return said
    doing = "start it again" if said.owner else "take over"
    return replace(said, sentence=f"Cannot tell whether {said.node} would {doing}: it is not in the inventory.")


def _costs(result: Result, node: str) -> bool:
    critical = result.outcome is Outcome.FAIL and result.severity is Severity.CRITICAL
    return critical and result.node in (None, node)


def _worst(cells: Sequence[Cell], by_anchor: Mapping[str, Result]) -> Result | None:
    return _first([by_anchor[anchor] for cell in cells for anchor in cell.because if anchor in by_anchor])


def _first(results: Sequence[Result]) -> Result | None:
    """The worst by severity; what names this very node before what is about the cluster."""
    return min(results, key=lambda result: (result.severity.rank, result.node is None), default=None)


def _sentence(node: str, owner: bool, answer: Answer, because: Result | None) -> str:
    said = _said(because)
    if answer == "yes":
        return f"{node} holds the group now and could start it again." if owner else f"{node} would take over."
    if answer == "unknown":
        return f"Cannot tell whether {node} would {'start it again' if owner else 'take over'}{said}."
    if answer == "no":
        holds = f"{node} holds the group now and would not start it again"
        return f"{holds if owner else f'{node} would not take over'}{said}."
    return f"{node} {'holds the group now' if owner else 'would take over'}, but{said.removeprefix(':')}."


def _said(because: Result | None) -> str:
    if because is None:
        return ": something it needs is in the way"
    if because.outcome is Outcome.UNKNOWN:
        reason = next((words for key, words in REASONS.items() if key == because.reason), "it could not be looked at")
        # The whole story stands under "unknown"; what befell the whole node needs no subject.
        return f": {reason}" if because.reason in WHOLE_NODE else f": {reason} ({because.subject})"
    text = (because.impact or because.message).rstrip(".")
    return f": {text}"
