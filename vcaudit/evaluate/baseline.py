"""The approved snapshot that a cluster is held against, and what has changed since."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from vcaudit.drift.facts import Fact, Facts, between, called
from vcaudit.drift.identity import one_cluster, other_cluster
from vcaudit.drift.moves import replicated
from vcaudit.errors import Problem, SnapshotError
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.model import NodeSnapshot, Snapshot
from vcaudit.snapshot.tree import at

_HINT = "approve a snapshot of this cluster: docs/drift.md says how"


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """An approved snapshot."""

    snapshot: Snapshot
    file: str
    """Path as given."""
    sha256: str
    """Of the file."""

    def check(self, now: Snapshot) -> None:
        """Raises SnapshotError when it is of another cluster: by its own word, or by the inventory's without one."""
        why = other_cluster(self.snapshot, now)
        if self.snapshot.cluster != now.cluster and one_cluster(self.snapshot, now) is None:
            why = why or f"the inventory calls this one {now.cluster} and that one {self.snapshot.cluster}"
        if why:
            raise SnapshotError([Problem(self.file, 0, f"is the baseline of another cluster: {why}")], hint=_HINT)


def chosen(baselines: Sequence[Baseline], now: Snapshot, clusters: Container[str]) -> Baseline | None:
    """The one of a cluster: by its identity, so that it may be renamed; where one of the two has none, by its names.

    `clusters`: what the inventory calls those it has; a baseline of one of them goes to nobody who has only its name.
    """
    def namesake(one: Baseline) -> bool:
        return one.snapshot.cluster == now.cluster

    shown = [(one, one_cluster(one.snapshot, now)) for one in sorted(baselines, key=namesake, reverse=True)]
    ranks = (
        (one for one, what in shown if what == "identity"),
        (one for one, _ in shown if namesake(one)),
        (one for one, what in shown if what == "name" and one.snapshot.cluster not in clusters),
    )
    return next(chain.from_iterable(ranks), None)


@dataclass(frozen=True)
class Since:
    """What has changed since the approval."""

    baseline: Baseline
    now: Snapshot

    @cached_property
    def facts(self) -> Facts:
        """Every fact that differs; compared once for all rules."""
        return between(self.baseline.snapshot, self.now)

    def excused(self, fact: Fact) -> bool | Missing:
        """Whether a checkpoint wrote it there from an owner whose copy is approved (E1): then it is no change.

        Missing when that cannot be told. A registry value under a checkpoint belongs to the group, not to the node.
        """
        path, after = fact.leaf.path, fact.leaf.after
        if path[0] != "registry":
            return False
        node = next((pair.after for pair in self.facts.pairs if pair.name == fact.node), None)
        owners = self._owners_of(path, node) if node is not None else ()
        if isinstance(owners, Missing):
            return owners
        gap: Missing | None = None
        for owner in owners:
            held = owner if isinstance(owner, Missing) else at(owner, path)
            if isinstance(held, Missing):
                gap = gap or held
            elif held == after:
                return True
        return gap or False

    def _owners_of(self, path: tuple[str, ...], node: NodeSnapshot) -> tuple[NodeSnapshot | Missing, ...] | Missing:
        """The approved owners of the groups whose checkpoints hold a path."""
        out: list[NodeSnapshot | Missing] = []
        for approved in self.baseline.snapshot.nodes:
            view = approved.cluster
            if isinstance(view, Missing):
                return view
            if isinstance(view.resources, Missing) or isinstance(view.groups, Missing):
                return view.resources if isinstance(view.resources, Missing) else view.groups  # type: ignore[return-value]
            owners = {group.name.casefold(): group.owner for group in view.groups}
            for resource in view.resources:
                if isinstance(resource.checkpoints, Missing):
                    return resource.checkpoints
                if not replicated(path, node, resource.checkpoints):
                    continue
                if isinstance(resource.group, Missing):
                    return resource.group
                out.append(self._approved(owners.get((resource.group or "").casefold())))
        return tuple(out)

    def _approved(self, owner: str | None | Missing) -> NodeSnapshot | Missing:
        if isinstance(owner, Missing):
            return owner
        nodes = self.baseline.snapshot.nodes
        found = next((node for node in nodes if owner and owner.casefold() in called(node)), None)
        return found or Missing(reason="not_found", detail=f"{owner or 'nobody'} held the group when it was approved")
