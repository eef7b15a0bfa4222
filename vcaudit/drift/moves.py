"""A group that moved drags facts along: the services stop here and start there, the address follows, and the registry
under a checkpoint is written on the new owner (KB 174070; requirement E1). All of that is one change, not ten.

The same between two nodes: what sets an owner apart from a standby is that the group is there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from vcaudit.drift.facts import Fact, Pair, called
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import ClusterView, Resource, ResourceGroup
from vcaudit.snapshot.model import NodeSnapshot
from vcaudit.snapshot.tree import ABSENT, at

STOPPED: Final = "stopped"
RUNNING: Final = "running"


@dataclass(frozen=True)
class Group:
    """What a group takes along."""

    name: str
    services: frozenset[str] = field(default=frozenset())
    addresses: frozenset[str] = field(default=frozenset())
    checkpoints: tuple[str, ...] = ()


@dataclass(frozen=True)
class Move:
    """One group that is on another node than before."""

    group: Group
    source: str
    """The node that held it, as the cluster calls it."""
    target: str

    def explains(self, fact: Fact, pair: Pair, held: Callable[[tuple[str, ...]], object]) -> bool:
        """Whether a difference follows from the move. `held`: what the old owner had at a path."""
        path, before, after = fact.leaf.path, fact.leaf.before, fact.leaf.after
        match path:
            case ("cluster", "groups", name, "owner"):
                return _same(name, self.group.name) and _same(before, self.source) and _same(after, self.target)
            case ("services", name, "state"):
                states = (STOPPED, RUNNING) if self.to(pair) else (RUNNING, STOPPED)
                ours = name.casefold() in self.group.services and (self.to(pair) or self.came_from(pair))
                return ours and (_fold(before), _fold(after)) == states
            case ("host", "addresses", address):
                gone = self.came_from(pair) and after is ABSENT
                return address in self.group.addresses and (gone or (self.to(pair) and before is ABSENT))
            case ("registry", *_):
                return self.to(pair) and self.replicates(path, pair) and held(path) == after
            case _:
                return False

    def to(self, pair: Pair) -> bool:
        """Whether the group came to this node."""
        return _is(pair, self.target)

    def came_from(self, pair: Pair) -> bool:
        """Whether the group left this node."""
        return _is(pair, self.source)

    def replicates(self, path: tuple[str, ...], pair: Pair) -> bool:
        """Whether a checkpoint of the group holds what lies at a path of the registry."""
        return any(replicated(path, node, self.group.checkpoints) for node in (pair.after, pair.before) if node)


@dataclass(frozen=True)
class Held(Move):
    """One group that is on one of two nodes: what that makes differ between them."""

    by_first: bool = True
    """The first of the two holds it."""

    def explains(self, fact: Fact, pair: Pair, held: Callable[[tuple[str, ...]], object]) -> bool:
        """Whether a difference is that of an owner and a standby."""
        match fact.leaf.path:
            case ("services", name, "state"):
                states = (RUNNING, STOPPED) if self.by_first else (STOPPED, RUNNING)
                ours = name.casefold() in self.group.services
                return ours and (_fold(fact.leaf.before), _fold(fact.leaf.after)) == states
            case ("registry", *_):
                # The owner's copy comes with the group.
                return self.replicates(fact.leaf.path, pair)
            case _:
                return False


def replicated(path: tuple[str, ...], node: NodeSnapshot, checkpoints: Sequence[str]) -> bool:
    """Whether one of the checkpoints holds what lies at a path of the node's registry."""
    root = at(node, (*path[:2], "path"))
    if not isinstance(root, str):
        return False
    key = "\\".join(part for part in (root, path[3] if len(path) > 3 else "") if part).casefold()
    upper = [one.strip("\\").casefold() for one in checkpoints]
    return any(key == one or key.startswith(one + "\\") for one in upper)


def moves(before: Sequence[NodeSnapshot], after: Sequence[NodeSnapshot]) -> tuple[Move, ...]:
    """Every group whose owner is known on both sides, and is another one."""
    held, owners = _owners(before), _owners(after)
    groups = {group.name.casefold(): group for group in _groups((*before, *after))}
    return tuple(
        Move(groups[name], source, owners[name])
        for name, source in held.items()
        if name in owners and not _same(source, owners[name])
    )


def placed(node: NodeSnapshot, other: NodeSnapshot) -> tuple[Held, ...]:
    """Every group that one of two nodes holds."""
    groups = {group.name.casefold(): group for group in _groups((node, other))}
    out = []
    for name, owner in _owners((node, other)).items():
        here, there = owner.casefold() in called(node), owner.casefold() in called(other)
        if here or there:
            out.append(Held(groups[name], owner, (other if here else node).name, by_first=here))
    return tuple(out)


def _owners(nodes: Sequence[NodeSnapshot]) -> dict[str, str]:
    """Group → owner, of those that nobody tells otherwise."""
    told: dict[str, set[str]] = {}
    spelled: dict[str, str] = {}
    for view in _views(nodes):
        for group in _known(view.groups):
            assert isinstance(group, ResourceGroup)
            if isinstance(group.owner, str):
                told.setdefault(group.name.casefold(), set()).add(group.owner.casefold())
                spelled.setdefault(group.owner.casefold(), group.owner)
    return {name: spelled[next(iter(owners))] for name, owners in told.items() if len(owners) == 1}


def _groups(nodes: Sequence[NodeSnapshot]) -> Iterator[Group]:
    """With everything that any node says of them."""
    names: dict[str, str] = {}
    resources: list[Resource] = []
    for view in _views(nodes):
        names.update({group.name.casefold(): group.name for group in _known(view.groups)
                      if isinstance(group, ResourceGroup)})  # fmt: skip
        resources += (one for one in _known(view.resources) if isinstance(one, Resource))
    for name, spelling in names.items():
        own = [one for one in resources if isinstance(one.group, str) and one.group.casefold() == name]
        checkpoints = [text for one in own for text in _known(one.checkpoints)]
        yield Group(
            spelling,
            services=frozenset(value.casefold() for value in _properties(own, "ServiceName")),
            addresses=frozenset(_properties(own, "Address")),
            checkpoints=tuple(dict.fromkeys(map(str, checkpoints))),
        )


def _properties(resources: Sequence[Resource], name: str) -> Iterator[str]:
    for resource in resources:
        for each in () if isinstance(resource.properties, Missing) else resource.properties:
            if _same(each.name, name) and isinstance(each.value, str):
                yield each.value.strip()


def _views(nodes: Sequence[NodeSnapshot]) -> Iterator[ClusterView]:
    return (node.cluster for node in nodes if isinstance(node.cluster, ClusterView))


def _known(values: tuple[object, ...] | Missing) -> tuple[object, ...]:
    return () if isinstance(values, Missing) else values


def _is(pair: Pair, name: str) -> bool:
    return any(name.casefold() in called(node) for node in (pair.before, pair.after) if node is not None)


def _fold(value: object) -> str:
    return value.casefold() if isinstance(value, str) else ""


def _same(one: object, other: object) -> bool:
    return isinstance(one, str) and isinstance(other, str) and one.casefold() == other.casefold()
