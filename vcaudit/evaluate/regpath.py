"""Paths of registry keys below HKEY_LOCAL_MACHINE (field facts, sections 2 and 4)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from vcaudit.evaluate.contents import view
from vcaudit.evaluate.known import same
from vcaudit.evaluate.nodes import Node
from vcaudit.snapshot.base import Missing

_DEFAULT: dict[str, str] = {
    "native": r"SOFTWARE\VMware, Inc.\VMware VirtualCenter",
    "wow6432": r"SOFTWARE\Wow6432Node\VMware, Inc.\VMware VirtualCenter",
}
_HIVE = re.compile(r"^(HKEY_LOCAL_MACHINE|HKLM)\\", re.IGNORECASE)


def normal(path: str) -> str:
    """A path below HKEY_LOCAL_MACHINE in one spelling, for comparing."""
    return _HIVE.sub("", path.strip().strip("\\")).casefold()


def covers(checkpoint: str, key: str) -> bool:
    """Whether a checkpoint holds a key: it covers the whole subtree of its own."""
    upper, lower = normal(checkpoint), normal(key)
    return upper == lower or lower.startswith(upper + "\\")


def vpxd_key(nodes: Sequence[Node], owner: str | None | Missing) -> str | Missing:
    """The key that vpxd reads on the owner: the one registry replication has to cover (Table 4, step 6)."""
    if isinstance(owner, Missing):
        return owner
    node = next((n for n in nodes if same(n.name, owner)), None)
    if node is None:
        return Missing(reason="not_found", detail="no node holds the VirtualCenter group", where="cluster")
    seen = view(node.facts)
    if isinstance(seen, Missing):
        return seen
    registry = node.facts.registry
    if isinstance(registry, Missing):
        return registry
    tree = registry.native if seen == "native" else registry.wow6432
    if isinstance(tree, Missing):
        return tree
    return _DEFAULT[seen] if tree is None else tree.path


