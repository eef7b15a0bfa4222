"""Two snapshots (or two nodes) fact by fact: sections of equal hash never get as far as deepdiff."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from vcaudit.drift import volatile
from vcaudit.drift.licences import ELSEWHERE, each_licence, elsewhere
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.model import NodeSnapshot, Snapshot
from vcaudit.snapshot.tree import ABSENT, Hole, Leaf, compare

_MISSING: Final = b'"fact":"missing"'
"""How a Missing looks in JSON; inside a text the quotes would be escaped."""
OTHER_NODE: Final = "the other node"
"""In place of its name, where two nodes are compared that each name the other."""


@dataclass(frozen=True)
class Pair:
    """One node on both sides."""

    name: str
    before: NodeSnapshot | None
    after: NodeSnapshot | None


@dataclass(frozen=True)
class Fact:
    """One fact that differs, and where."""

    node: str | None
    """None: of the snapshot as a whole."""
    leaf: Leaf


@dataclass(frozen=True)
class Gap:
    """One fact that cannot be compared, and where."""

    node: str | None
    hole: Hole


@dataclass(frozen=True)
class Facts:
    """Everything that differs, what does so by nature, and what cannot be told."""

    pairs: tuple[Pair, ...]
    changed: tuple[Fact, ...]
    volatile: tuple[tuple[Fact, str], ...]
    """With the reason."""
    gaps: tuple[Gap, ...]


def between(before: Snapshot, after: Snapshot) -> Facts:
    """Two snapshots of one cluster, node by node."""
    pairs = tuple(_pairs(before.nodes, after.nodes))
    leaves: list[Fact] = []
    gaps: list[Gap] = []
    for pair in pairs:
        if pair.before is None or pair.after is None:
            sides = (ABSENT if pair.before is None else pair.before, ABSENT if pair.after is None else pair.after)
            leaves.append(Fact(pair.name, Leaf(("node",), *sides)))
            continue
        _node(pair.name, pair.before, pair.after, leaves, gaps)
    for name in _names(after):
        if name != "nodes":
            _section(None, ("snapshot", name), getattr(before, name), getattr(after, name), leaves, gaps)
    return _sorted_out(pairs, leaves, gaps, nodes=False)


def of_nodes(before: NodeSnapshot, after: NodeSnapshot) -> Facts:
    """Two nodes of one snapshot."""
    pair = Pair(f"{before.name}, {after.name}", before, after)
    leaves: list[Fact] = []
    gaps: list[Gap] = []
    _node(None, _towards(_bare(before), after), _towards(_bare(after), before), leaves, gaps)
    return _sorted_out((pair,), leaves, gaps, nodes=True)


def called(node: NodeSnapshot) -> tuple[str, ...]:
    """Everything a machine is called, in one spelling; what it says itself first."""
    own = None if isinstance(node.host, Missing) else node.host.computer_name
    names = (own, node.name, node.name.partition(".")[0])
    return tuple(dict.fromkeys(name.casefold() for name in names if isinstance(name, str)))


def _names(record: Any) -> tuple[str, ...]:
    names: tuple[str, ...] = record.__struct_fields__
    return names


def _pairs(before: Sequence[NodeSnapshot], after: Sequence[NodeSnapshot]) -> Iterator[Pair]:
    """By what each machine calls itself, then by what the inventory calls it."""
    left = list(before)
    for node in after:
        names = called(node)
        ranked = [(min(names.index(n) for n in called(one) if n in names), i) for i, one in enumerate(left)
                  if set(names) & set(called(one))]  # fmt: skip
        yield Pair(node.name, left.pop(min(ranked)[1]) if ranked else None, node)
    for node in left:
        yield Pair(node.name, node, None)


def _node(
    name: str | None, before: NodeSnapshot, after: NodeSnapshot, leaves: list[Fact], gaps: list[Gap]
) -> None:
    for section in _names(after):
        _section(name, (section,), getattr(before, section), getattr(after, section), leaves, gaps)


def _section(
    node: str | None, path: tuple[str, ...], before: object, after: object, leaves: list[Fact], gaps: list[Gap]
) -> None:
    left, right = _bytes(before), _bytes(after)
    holes = _MISSING in left or _MISSING in right
    if _digest(left) == _digest(right) and not holes:
        return
    found, missing = compare(before, after, path, holes=holes)
    leaves += (Fact(node, leaf) for leaf in each_licence(found))
    gaps += (Gap(node, hole) for hole in missing)


def _bytes(value: object) -> bytes:
    """A section in one spelling: what is equal in it has equal bytes."""
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:  # lone surrogates, which names in a registry may hold
        return _MISSING + repr(value).encode("utf-8", "surrogatepass")


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def _sorted_out(pairs: tuple[Pair, ...], leaves: list[Fact], gaps: list[Gap], *, nodes: bool) -> Facts:
    changed, by_nature = [], []
    files = {None if nodes else pair.name: pair for pair in pairs}
    for fact in leaves:
        why = volatile.reason(fact.leaf.path, nodes=nodes)
        pair = files.get(fact.node)
        if why is None and pair and pair.before and pair.after:
            why = ELSEWHERE if elsewhere(fact.leaf, pair.before.files, pair.after.files) else None
        if why is None:
            changed.append(fact)
        else:
            by_nature.append((fact, why))
    told = tuple(gap for gap in gaps if volatile.reason(gap.hole.path, nodes=nodes) is None)
    return Facts(pairs, tuple(changed), tuple(by_nature), told)


def _bare(node: NodeSnapshot) -> NodeSnapshot:
    """Accounts of the machine itself under one name, so that those of two machines can be compared."""
    accounts = node.accounts
    if isinstance(accounts, Missing) or isinstance(accounts.groups, Missing):
        return node
    own, replace = called(node), msgspec.structs.replace
    groups = []
    for group in accounts.groups:
        members = group.members
        if not isinstance(members, Missing):
            local = (replace(one, domain=".") if (one.domain or "").casefold() in own else one for one in members)
            group = replace(group, members=tuple(local))
        groups.append(group)
    return replace(node, accounts=replace(accounts, groups=tuple(groups)))


def _towards(node: NodeSnapshot, other: NodeSnapshot) -> NodeSnapshot:
    """Connections of DFS replication to `other` under one name: each of the two has the other as its partner.

    What one of them holds and the other does not, one direction alone for instance, still differs.
    """
    known, replace = node.synchronization, msgspec.structs.replace
    if isinstance(known, Missing) or isinstance(known.connections, Missing):
        return node
    own = [replace(one, partner=_partner(one.partner, other)) for one in known.connections]
    return replace(node, synchronization=replace(known, connections=tuple(own)))


def _partner(partner: str | Missing, other: NodeSnapshot) -> str | Missing:
    if isinstance(partner, Missing):
        return partner
    names = {partner.casefold(), partner.partition(".")[0].casefold()}
    if names & set(called(other)):
        return OTHER_NODE
    host = other.host
    own = host if isinstance(host, Missing) else host.computer_name
    # A machine that does not tell its name may be anybody's partner.
    return own if isinstance(own, Missing) else partner
