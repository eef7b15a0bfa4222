"""H4: could each role start on each node now? A fold over the results, never scored and never in the exit code."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec

from vcaudit.evaluate.rule import Pack, Rule
from vcaudit.evaluate.schema import RuleView
from vcaudit.results import Blocker, Cell, Outcome, Readiness, Remediation, Result

NEEDS: Mapping[str, tuple[str, ...]] = {
    "name": ("ip",), "vpxd": ("name",), "web": ("vpxd",),
    "license_name": ("license_ip",), "license": ("license_name", "name"),
}  # fmt: skip
"""Table 4, Fig. 4 and Fig. 5: a role needs the first of these that the cluster has."""
_SPREADS = (Readiness.NO_GO, Readiness.UNKNOWN)
"""What also befalls the roles that need this one."""
_ORDER = (Readiness.GO, Readiness.DEGRADED, Readiness.UNKNOWN, Readiness.NO_GO)
"""Each outweighs those before it."""

_SENTENCE = re.compile(r"(?<=[.;])\s")
UNJUDGED = "no rule that was applied says whether it could start"
_OPEN = "something that could degrade it could not be looked at"


def readiness(
    results: Sequence[Result], view: RuleView, pack: Pack, partial: Collection[str] = ()
) -> tuple[Cell, ...]:
    """Role × node, in the pack's order of roles and the view's order of nodes; roles nobody needs are left out.

    `partial`: nodes that were not looked at themselves, but only what somebody brought of them. What is not among that
    was never asked, and so nobody knows whether it would keep a role from starting.
    """
    results = [_opened(result, partial) for result in results]
    needed = {row.role for row in view.vc.required if row.needed is not False}
    roles = [role for role in pack.roles if role in needed]
    rules = {rule.id: rule for rule in pack.rules}
    # A pack of one's own, alone, or one that switches these rules off: that nothing failed says nothing then.
    judged = {role for rule in pack.rules for role in rule.blocks}
    cells: dict[tuple[str, str], Cell] = {}
    for node in view.nodes:
        for role in sorted(roles, key=_depth):
            about = [result for result in results if result.node in (None, node.name)]
            cells[role, node.name] = _cell(role, node.name, about, rules, cells)
            if role not in judged and cells[role, node.name].state is Readiness.GO:
                cells[role, node.name] = Cell(role=role, node=node.name, state=Readiness.UNKNOWN, note=UNJUDGED)
    shown = {result.anchor: result for result in results}
    return tuple(_explained(cells[role, node.name], shown) for role in roles for node in view.nodes)


def _explained(cell: Cell, shown: Mapping[str, Result]) -> Cell:
    """With what stands in its way, and what to do about that."""
    blockers = [
        Blocker(anchor=anchor, rule=result.rule, attribute=result.message, fix=_fix(result))
        for anchor in cell.because
        if (result := shown[anchor]).outcome not in (Outcome.PASS, Outcome.NOT_APPLICABLE)
    ]
    return msgspec.structs.replace(cell, blocked_by=tuple(blockers))


def _fix(result: Result) -> str:
    advice = result.remediation
    if advice is None:
        return result.detail or ""
    if advice.cluster_exe and _mends(advice):
        return advice.cluster_exe
    return _SENTENCE.split(advice.text, maxsplit=1)[0].rstrip(";")


def _mends(advice: Remediation) -> bool:
    """Whether its command is all there is to do. A rule's actions say what mends what was found: without one of them a
    command only lists, or is a part of what a person does; and a command takes one name."""
    return bool(advice.actions) and all(len(act.add) <= 1 and len(act.remove) <= 1 for act in advice.actions)


def _opened(result: Result, partial: Collection[str]) -> Result:
    """What was not asked of such a node, or of all while one is such, is unknown here."""
    concerned = bool(partial) if result.node is None else result.node in partial
    if result.outcome is Outcome.NOT_ASKED and concerned:
        return msgspec.structs.replace(result, outcome=Outcome.UNKNOWN)
    return result


def _depth(role: str) -> int:
    """Links to the end of the chain, so that what a role needs is known before it."""
    return max((1 + _depth(other) for other in NEEDS.get(role, ())), default=0)


def _cell(
    role: str, node: str, about: Iterable[Result], rules: Mapping[str, Rule], cells: Mapping[tuple[str, str], Cell]
) -> Cell:
    about = tuple(about)
    states = {result.anchor: _state(role, result, rules.get(result.rule)) for result in about}
    worst = max(states.values(), key=_ORDER.index, default=Readiness.GO)
    because = tuple(anchor for anchor, state in states.items() if state is worst and state is not Readiness.GO)
    below = next((cells[other, node] for other in NEEDS.get(role, ()) if (other, node) in cells), None)
    if below is not None and below.state in _SPREADS and _ORDER.index(below.state) > _ORDER.index(worst):
        return Cell(role=role, node=node, state=below.state, because=below.because, note=f"needs {below.role}")
    if worst is not Readiness.GO:
        return Cell(role=role, node=node, state=worst, because=because, note=_granted(about, because))
    open_ones = tuple(result.anchor for result in about if _could_degrade(role, result, rules.get(result.rule)))
    return Cell(role=role, node=node, state=worst, because=open_ones, note=_OPEN if open_ones else "")


def _granted(about: Iterable[Result], because: Collection[str]) -> str:
    """That somebody took on everything that makes a cell what it is; the cell stays what it is."""
    waivers = [result.waiver for result in about if result.anchor in because]
    ids = dict.fromkeys(waiver.id for waiver in waivers if waiver is not None)
    return f"waived ({', '.join(ids)})" if ids and None not in waivers else ""


def is_broken(result: Result) -> bool:
    """A failure, waived or not: a waiver makes no failover work. What the inventory accepts is by design."""
    return result.outcome is Outcome.FAIL or (result.outcome is Outcome.WAIVED and result.waiver is not None)


def _could_degrade(role: str, result: Result, rule: Rule | None) -> bool:
    """What could only make it worse keeps no role from starting: its being unknown leaves `go`, and is said."""
    concerns = rule is not None and role in rule.degrades and result.role in (None, role)
    return concerns and result.outcome is Outcome.UNKNOWN


def _state(role: str, result: Result, rule: Rule | None) -> Readiness:
    """What one result means for a role; a result that names a role is about that one only."""
    if rule is None or result.role not in (None, role):
        return Readiness.GO
    if is_broken(result):
        if role in rule.blocks:
            # Nodes differ and nobody knows the owner: one of them could not start it, and nobody knows which.
            return Readiness.UNKNOWN if result.differences and result.node is None else Readiness.NO_GO
        return Readiness.DEGRADED if role in rule.degrades else Readiness.GO
    return Readiness.UNKNOWN if result.outcome is Outcome.UNKNOWN and role in rule.blocks else Readiness.GO
