"""Whether two snapshots are of one cluster: comparing two clusters would report everything as changed."""

from __future__ import annotations

from vcaudit.errors import UsageError
from vcaudit.snapshot.facts import ClusterView
from vcaudit.snapshot.model import Snapshot

_HINT = "compare snapshots of the same cluster; `vcaudit collect --cluster NAME -o FILE` takes one"


def other_cluster(before: Snapshot, after: Snapshot) -> str | None:
    """In which way two snapshots are of two clusters; None: as far as is known they are of one.

    The identity decides; a cluster without one (or whose identity could not be read) is known by its name.
    """
    what, left, right = _told(before, after)
    return f"{what} {', '.join(sorted(left))}, and {', '.join(sorted(right))}" if what and not left & right else None


def one_cluster(before: Snapshot, after: Snapshot) -> str | None:
    """What shows that two snapshots are of one cluster: `identity`, or `name` where one has none; else None."""
    what, left, right = _told(before, after)
    return what if left & right else None


def refuse(before: Snapshot, after: Snapshot, names: tuple[str, str]) -> None:
    """Raises UsageError for two clusters."""
    why = other_cluster(before, after)
    if why:
        raise UsageError(f"{names[0]} and {names[1]} are of two clusters: {why}", hint=_HINT)


def warnings(before: Snapshot, after: Snapshot) -> tuple[str, ...]:
    """What a reader should know before any difference."""
    out = []
    if before.cluster != after.cluster:
        out.append(f"the inventory calls the cluster {before.cluster} in the first and {after.cluster} in the second")
    if before.schema != after.schema:
        schemas = f"{before.schema} and {after.schema}"
        out.append(f"the snapshots have the schemas {schemas}: what one of them lacks is not compared")
    if before.taken_at > after.taken_at:
        out.append("the first was taken after the second: what is lost here was gained in time")
    return tuple(out)


def _told(before: Snapshot, after: Snapshot) -> tuple[str | None, set[str], set[str]]:
    """The first thing that both tell about themselves."""
    for what in ("identity", "name"):
        left, right = _said(before, what), _said(after, what)
        if left and right:
            return what, left, right
    return None, set(), set()


def _said(snapshot: Snapshot, what: str) -> set[str]:
    views = [node.cluster for node in snapshot.nodes if isinstance(node.cluster, ClusterView)]
    told = [getattr(view, what) for view in views]
    return {value.casefold() for value in told if isinstance(value, str) and value}
