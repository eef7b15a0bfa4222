"""Whose registry entries count on a node: under a checkpoint the owner's, written when vpxd comes online there.

What a checkpoint covers is judged on the owner (E1, F5): a standby's own copy is gone as soon as it would be read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from vcaudit.evaluate import regpath
from vcaudit.evaluate.known import apply, same
from vcaudit.evaluate.nodes import Node
from vcaudit.snapshot.base import Missing


@dataclass(frozen=True)
class Checkpoints:
    """Registry replication of the VirtualCenter Server resource, on the nodes of the cluster."""

    nodes: Sequence[Node]
    owner: str | None | Missing
    keys: tuple[str, ...] | Missing
    """Each with all that is below it."""

    def cover(self, path: str) -> bool | Missing:
        """Whether a key, or a value of one, is replicated."""
        return apply(lambda keys: any(regpath.covers(key, path) for key in keys), self.keys)

    def giver(self, node: Node, told: Callable[[Node], object], sub: str = "") -> Node | Missing:
        r"""The node whose VirtualCenter key (or `sub` of it, `\DB`) counts on a node: itself, or the owner.

        `told`: what is asked of it; where every node tells the same, it does not matter which of them counts.
        """
        mine = apply(lambda owner: same(owner, node.name), self.owner)
        if mine is True or self.keys == () or self._same_everywhere(told):
            return node
        if isinstance(self.keys, Missing):
            return self.keys
        here = regpath.vpxd_key(self.nodes, node.name)
        covered = here if isinstance(here, Missing) else self.cover(here + sub)
        if isinstance(covered, Missing) or not covered:
            return covered if isinstance(covered, Missing) else node
        return self._holder(here)

    def _same_everywhere(self, told: Callable[[Node], object]) -> bool:
        found = [told(node) for node in self.nodes]
        return not any(isinstance(each, Missing) for each in found) and all(each == found[0] for each in found)

    def _holder(self, here: str | Missing) -> Node | Missing:
        """The owner, where its vpxd reads what the checkpoint writes to `here`."""
        there = regpath.vpxd_key(self.nodes, self.owner)
        for gap in (here, there):
            if isinstance(gap, Missing):
                return gap
        if not same(here, there):  # type: ignore[arg-type]  # both are known
            detail = "the checkpoint brings what stands in a registry view that vpxd of the owner does not read"
            return Missing(reason="not_found", detail=detail, where=str(self.owner))
        return next(node for node in self.nodes if same(node.name, self.owner))  # type: ignore[arg-type]
