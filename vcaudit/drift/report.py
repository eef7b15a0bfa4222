"""Two snapshots, or two nodes of one → the document of `vcaudit diff`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from vcaudit import __version__
from vcaudit.drift import document, facts, words
from vcaudit.drift.facts import Fact, Facts, Gap, Pair
from vcaudit.drift.lines import Wording, lines
from vcaudit.drift.moves import Move, moves, placed
from vcaudit.errors import UsageError
from vcaudit.snapshot.model import NodeSnapshot, Snapshot
from vcaudit.snapshot.tree import at


@dataclass(frozen=True)
class Source:
    """A snapshot and the file it came from."""

    snapshot: Snapshot
    name: str
    sha256: str


def of_snapshots(before: Source, after: Source) -> document.Drift:
    """What changed from one snapshot to the other. Raises UsageError when they are of two clusters."""
    from vcaudit.drift.identity import refuse, warnings

    refuse(before.snapshot, after.snapshot, (before.name, after.name))
    found = facts.between(before.snapshot, after.snapshot)
    moved = moves(before.snapshot.nodes, after.snapshot.nodes)
    sides = tuple(_side(one, one.name) for one in (before, after))
    return _document(found, moved, Wording(), sides, "snapshots", warnings(before.snapshot, after.snapshot))


def of_nodes(source: Source, names: Sequence[str]) -> document.Drift:
    """What differs between two nodes of a snapshot. Raises UsageError for a node it does not have."""
    before, after = (_node(source, name) for name in names)
    if before is after:
        raise UsageError(f"{names[0]} and {names[1]} are the same node", where=source.name)
    found = facts.of_nodes(before, after)
    sides = tuple(_side(source, node.name) for node in (before, after))
    return _document(found, placed(before, after), Wording(before.name, after.name, nodes=True), sides, "nodes")


def _document(
    found: Facts, moved: Sequence[Move], wording: Wording, sides: Sequence[document.Side], compared: str,
    warnings: tuple[str, ...] = (),
) -> document.Drift:  # fmt: skip
    own, of_moves = _parted(found, moved)
    groups = tuple(
        document.MovedGroup(
            group=move.group.name, source=move.source, target=move.target,
            lines=lines(((fact, "") for fact in part), found.pairs, wording),
        )
        for move, part in zip(moved, of_moves, strict=True)
    )  # fmt: skip
    changes = lines(((fact, "") for fact in own), found.pairs, wording)
    gaps, not_asked = _cannot_tell(found.gaps)
    # Between two nodes it is no difference that a group is on one of them.
    differs = bool(changes) or (bool(groups) and not wording.nodes)
    return document.Drift(
        vcaudit=__version__, compared="nodes" if compared == "nodes" else "snapshots", before=sides[0], after=sides[1],
        same=False if differs else None if gaps else True, changes=changes, moves=groups, cannot_tell=gaps,
        not_asked=not_asked, volatile=lines(found.volatile, found.pairs, wording), warnings=warnings,
    )  # fmt: skip


def _parted(found: Facts, moved: Sequence[Move]) -> tuple[list[Fact], list[list[Fact]]]:
    """What differs by itself, and what follows from each move."""
    own: list[Fact] = []
    parts: list[list[Fact]] = [[] for _ in moved]
    pairs = {pair.name: pair for pair in found.pairs}
    for fact in found.changed:
        # Two nodes are one pair, and stand under no name.
        pair = pairs.get(fact.node or "", found.pairs[0] if len(found.pairs) == 1 else None)
        number = next((n for n, move in enumerate(moved) if pair and _explains(move, fact, pair, found.pairs)), None)
        (own if number is None else parts[number]).append(fact)
    return own, parts


def _explains(move: Move, fact: Fact, pair: Pair, pairs: Sequence[Pair]) -> bool:
    def held(path: tuple[str, ...]) -> object:
        source = next((one.before for one in pairs if move.came_from(one)), None)
        return at(source, path)

    return move.explains(fact, pair, held)


def _cannot_tell(
    gaps: Iterable[Gap],
) -> tuple[tuple[document.CannotTell, ...], tuple[document.CannotTell, ...]]:
    """By cause: a node that did not answer is one line, however many facts that takes."""
    causes: dict[tuple[object, ...], list[Gap]] = {}
    for gap in gaps:
        hole = gap.hole
        side = "both" if hole.before and hole.after else "before" if hole.before else "after"
        causes.setdefault((gap.node, side, hole.gap.reason, hole.gap.detail), []).append(gap)
    told = [_told(found, str(side)) for (_, side, _, _), found in causes.items()]
    return tuple(one for one in told if not _idle(one)), tuple(one for one in told if _idle(one))


def _idle(one: document.CannotTell) -> bool:
    """Nobody asked; or what would tell is installed at neither time, so that there was nothing to look at."""
    return one.reason == "not_asked" or (one.reason == "not_installed" and one.side == "both")


def _told(found: Sequence[Gap], side: str) -> document.CannotTell:
    names = [words.name_of(gap.hole.path) for gap in found]
    what = [": ".join((name.subject, " ".join(name.what))) if name.what else name.subject for name in names]
    gap = found[0].hole.gap
    return document.CannotTell(
        node=found[0].node, side="both" if side == "both" else "before" if side == "before" else "after",
        what=tuple(dict.fromkeys(what)), paths=tuple(one.hole.path for one in found), reason=gap.reason,
        detail=f"{gap.where}: {gap.detail}" if gap.where and gap.detail else gap.detail or gap.where,
    )  # fmt: skip


def _side(source: Source, name: str) -> document.Side:
    snapshot = source.snapshot
    return document.Side(name=name, cluster=snapshot.cluster, taken_at=snapshot.taken_at, sha256=source.sha256)


def _node(source: Source, name: str) -> NodeSnapshot:
    nodes = source.snapshot.nodes
    found = next((node for node in nodes if name.casefold() in facts.called(node)), None)
    if found is None:
        hint = f"it has: {', '.join(node.name for node in nodes)}"
        raise UsageError(f"has no node {name}", where=source.name, hint=hint)
    return found
