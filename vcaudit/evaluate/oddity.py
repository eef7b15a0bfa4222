"""Which node is the odd one out: of three or more, the one that alone holds something else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

import msgspec

from vcaudit.results import Difference

FEWEST = 3
"""Of two nodes that differ, nobody can say which is odd."""


Key = TypeVar("Key")


def odd_one_out(values: Mapping[Key, Hashable]) -> Key | None:
    """The node whose value nobody shares while all others agree; None where there is no such node.

    `values`: node → what it holds. Needs what every node holds: leave out none of them.
    """
    holders: dict[Hashable, list[Key]] = defaultdict(list)
    for node, value in values.items():
        holders[value].append(node)
    if len(values) < FEWEST or len(holders) != 2:
        return None
    alone = [nodes[0] for nodes in holders.values() if len(nodes) == 1]
    return alone[0] if len(alone) == 1 else None


def marked(
    reference: str, nodes: Sequence[str], found: Mapping[str, Sequence[Difference]]
) -> dict[str, tuple[Difference, ...]]:
    """The same differences, each with its odd one out.

    `found`: deviating node → its differences from `reference`; a node of `nodes` without any is like the reference.
    """
    held: dict[str, dict[str, str | None]] = {}
    for node, differences in found.items():
        for one in differences:
            held.setdefault(one.path, dict.fromkeys(nodes, one.reference))[node] = one.deviating
    odd = {path: odd_one_out(values) or "" for path, values in held.items()}
    return {node: tuple(msgspec.structs.replace(one, odd=odd[one.path]) for one in differences)
            for node, differences in found.items()}  # fmt: skip
