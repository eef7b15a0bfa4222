"""The law of vcaudit: facts that become Missing may turn an outcome into unknown, and never into another.

`broken_laws(before, after)` names every result that breaks it; `without(snapshot, dice)` takes facts away.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence

from tests.evaluate.build import change, paths
from vcaudit.results import Cell, Outcome, Readiness, Result
from vcaudit.snapshot.base import Missing, Reason
from vcaudit.snapshot.model import Snapshot

REASONS: tuple[Reason, ...] = ("unreachable", "access_denied", "timeout", "bad_output", "not_found", "not_installed")
"""Not `not_asked`: that is said of what the owner gives, and stops no role."""
OPEN = (Outcome.UNKNOWN, Outcome.NOT_ASKED)


def places(snapshot: Snapshot) -> list[str]:
    """The path of every fact that could be Missing and is not yet."""
    return list(paths(snapshot))


def take(snapshot: Snapshot, taken: Iterable[str], reason: Reason = "timeout") -> Snapshot:
    """The snapshot without some facts."""
    gap = Missing(reason=reason, detail="taken away", where="test")
    # Inner facts first: what lies in a fact that is gone cannot be taken any more.
    for path in sorted(taken, key=len, reverse=True):
        snapshot = change(snapshot, path, gap)
    return snapshot


def without(snapshot: Snapshot, dice: random.Random) -> tuple[Snapshot, list[str]]:
    """Takes a few facts, or many, or a whole kind of fact on every node; says which."""
    known = places(snapshot)
    if dice.random() < 0.3:
        ending = dice.choice(known).rpartition(".")[2]
        taken = [path for path in known if path.endswith("." + ending)]
    else:
        taken = dice.sample(known, min(len(known), dice.choice([1, 2, 5, 20, 80])))
    return take(snapshot, taken, dice.choice(REASONS)), taken


def broken_laws(before: Sequence[Result], after: Sequence[Result]) -> list[str]:
    """Results that say something else than before, although nothing but facts was taken away."""
    decided = _by_subject(before)
    undecided = {result.rule for result in after if result.outcome in OPEN}
    out = []
    failed = {(result.rule, result.subject) for result in before if result.outcome is Outcome.FAIL}
    for result in after:
        key = (result.rule, result.subject, result.node)
        if _whole(result) and key[:2] in failed:
            continue
        if result.outcome not in (*OPEN, *decided.get(key, ())):
            out.append(f"{key} is {result.outcome.value}, and was {sorted(decided.get(key, set()))}")
    # A result that is gone must have left an undecided one of its rule behind, or the failure of the whole cluster.
    undecided |= {result.rule for result in after if _whole(result)}
    gone = {key[0] for key in decided if key not in _by_subject(after)}
    return out + [f"{rule} lost a result and has none that is unknown" for rule in sorted(gone - undecided)]


def _whole(result: Result) -> bool:
    """Nodes differ and nobody knows the owner: nobody knows which of them deviates."""
    return result.node is None and bool(result.differences)


Key = tuple[str, str, str | None]


def _by_subject(results: Iterable[Result]) -> dict[Key, set[Outcome]]:
    out: dict[Key, set[Outcome]] = defaultdict(set)
    for result in results:
        out[result.rule, result.subject, result.node].add(result.outcome)
    return out


def worsened(before: Sequence[Cell], after: Sequence[Cell]) -> list[str]:
    """Cells of the readiness matrix that are anything else than before, but for unknown."""
    known = {(cell.role, cell.node): cell.state for cell in before}
    return [f"{cell.role} on {cell.node} is {cell.state.value}" for cell in after
            if not _as_good(cell, known.get((cell.role, cell.node), Readiness.GO))]  # fmt: skip


def _as_good(cell: Cell, before: Readiness) -> bool:
    if cell.state is Readiness.GO and before is Readiness.DEGRADED:
        return "could not be looked at" in cell.note
    return cell.state in (Readiness.UNKNOWN, before)
