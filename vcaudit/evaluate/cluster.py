"""The cluster as its nodes tell it, merged fact by fact: A1 is judged by what the cluster says, not by whom we reach.

A fact that some nodes could not tell is taken from the others. A fact that they tell differently is nobody's: it
becomes Missing, and the difference is kept as a disagreement of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

import msgspec

from vcaudit.evaluate.known import stated
from vcaudit.evaluate.schema import Disagreement
from vcaudit.snapshot.base import NOT_ASKED_THEN, Fact, Missing
from vcaudit.snapshot.facts import ClusterNode, ClusterView, Interface, Network, Property, Resource, ResourceGroup
from vcaudit.snapshot.model import NodeSnapshot

F = TypeVar("F", bound=Fact)

_UNCOMPARED = frozenset({"name", "checkpoints_from", "properties_from"})
"""Not what a node says of a resource: its name is known, and nodes may have had the same from different sources."""
_OF_SERVICES = "checkpoints"
"""Compared for resources that run a service: no rule asks what others replicate, and some Windows do not tell."""
_KEYED = frozenset({"properties"})
"""Facts that are lists of named things, merged name by name."""


_QUIET = frozenset({
    "failback", "failover_threshold", "failover_period", "restart", "restart_threshold", "restart_period",
})  # fmt: skip
"""Policies, which no rule of the note reads: what nodes do not tell, or tell differently, is nobody's disagreement."""


@dataclass(frozen=True)
class Merged:
    """One view of the cluster out of all the nodes' views."""

    name: str | Missing
    nodes: tuple[ClusterNode, ...] | Missing
    groups: tuple[ResourceGroup, ...] | Missing
    resources: tuple[Resource, ...] | Missing
    quorum_resource: str | None | Missing
    quorum_type: str | None | Missing
    interfaces: tuple[Interface, ...] | Missing
    disagreements: tuple[Disagreement, ...]
    unseen: Missing | None
    """A fact that a node which gave its view could not tell: it may hide a disagreement."""
    networks: tuple[Network, ...] | Missing = NOT_ASKED_THEN


@dataclass
class _Merge:
    disagreements: list[Disagreement] = field(default_factory=list)
    unseen: Missing | None = None

    def fact(self, subject: str, told: Sequence[tuple[str, object]], *, watched: bool = True) -> Any:
        """The value all who know agree on. `watched`: a gap here may hide a disagreement worth knowing."""
        present = [(node, value) for node, value in told if not isinstance(value, Missing)]
        gap = next((value for _, value in told if isinstance(value, Missing)), None)
        if gap is not None and watched:
            self.unseen = self.unseen or gap
        if not present:
            return gap
        if len({_key(value) for _, value in present}) == 1:
            return present[0][1]
        return self._differ(subject, [(node, _text(value)) for node, value in present])

    def _differ(self, subject: str, told: Sequence[tuple[str, str]]) -> Missing:
        said = "; ".join(f"{node}: {text}" for node, text in told)
        self.disagreements.append(Disagreement(subject=subject, said=said))
        detail = ", ".join(f"{node} says {text}" for node, text in told)
        return Missing(reason="bad_output", detail=detail, where=f"cluster: {subject}")

    def things(self, kind: str, told: Sequence[tuple[str, tuple[F, ...] | Missing]]) -> tuple[F, ...] | Missing:
        """A list of named things; Missing when the nodes do not know the same things."""
        lists: list[tuple[str, tuple[F, ...]]] = []
        for node, value in told:
            if isinstance(value, Missing):
                self.unseen = self.unseen or value
            else:
                lists.append((node, value))
        if not lists:
            return cast("Missing", told[0][1])
        merged, broken = [], None
        for name in _names(things for _, things in lists):
            copies = [(node, next((t for t in things if _name(t) == name), None)) for node, things in lists]
            known = [(node, thing) for node, thing in copies if thing is not None]
            subject = f"{kind} {_spelling(known[0][1])}"
            if len(known) < len(copies):
                told_text = [(node, "there" if thing is not None else "not there") for node, thing in copies]
                broken = self._differ(subject, told_text)
            merged.append(self._thing(subject, known))
        return broken or tuple(merged)

    def _thing(self, subject: str, copies: Sequence[tuple[str, F]]) -> F:
        first = copies[0][1]
        changes: dict[str, Any] = {}
        for name in first.__struct_fields__:
            if name in _UNCOMPARED or (name == _OF_SERVICES and not _runs_a_service(copies)):
                continue
            about = f"{subject}: {name.replace('_', ' ')}"
            told = [(node, getattr(thing, name)) for node, thing in copies]
            if name == "state":
                asked = any(isinstance(state, Missing) for _, state in told)
                known = [(node, stated(state, f"{node}: {about}")) for node, state in told]
                changes[name] = self.fact(about, known, watched=asked)
                continue
            if name in _QUIET:
                changes[name] = _agreed(about, told)
                continue
            if name in _KEYED:
                changes[name] = self.things(about, _alike(copies, told))
            else:
                changes[name] = self.fact(about, told)
        return msgspec.structs.replace(first, **changes)


def merge(nodes: Iterable[NodeSnapshot]) -> Merged:
    """Every node's view of the cluster, as one."""
    views: list[tuple[str, ClusterView]] = []
    gap = Missing(reason="not_found", detail="no node is declared")
    for node in nodes:
        if isinstance(node.cluster, Missing):
            gap = node.cluster
        else:
            views.append((label(node), node.cluster))
    if not views:
        return Merged(gap, gap, gap, gap, gap, gap, gap, (), gap, gap)
    work = _Merge()

    def told(name: str) -> list[tuple[str, Any]]:
        return [(node, getattr(view, name)) for node, view in views]

    return Merged(
        name=work.fact("name", told("name")),
        nodes=work.things("node", told("nodes")),
        groups=work.things("group", told("groups")),
        resources=work.things("resource", told("resources")),
        quorum_resource=work.fact("quorum resource", told("quorum_resource")),
        quorum_type=work.fact("quorum type", told("quorum_type")),
        # Network interfaces only add to what the nodes say of themselves: where the class is absent nothing is hidden.
        interfaces=work.fact("interfaces", told("interfaces"), watched=False),
        disagreements=tuple(work.disagreements),
        unseen=work.unseen,
        networks=_agreed("networks", told("networks")),
    )


def _agreed(subject: str, told: Sequence[tuple[str, Any]]) -> Any:
    """The value all who know agree on, and no word of those who do not."""
    return _Merge().fact(subject, told)


_SOURCES = ("wmi", "cluster.exe", "hive")
"""Of private properties, the best first."""


def _alike(copies: Sequence[tuple[str, Any]], told: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Private properties had from different sources, made comparable: one lists what another leaves at its default.

    What the best source lists counts; where a lesser one does not list it, what that node holds is not known.
    """
    source = {node: thing.properties_from for node, thing in copies if not isinstance(thing.properties, Missing)}
    if len(set(source.values())) < 2:
        return told
    ranked = sorted((node for node in source if source[node]), key=lambda node: _SOURCES.index(source[node]))
    if not ranked:
        return told
    best = source[ranked[0]]
    listed = next(value for node, value in told if node == ranked[0])
    return [(n, value if source.get(n, best) == best else _listed_as(listed, value, n)) for n, value in told]


def _listed_as(listed: tuple[Property, ...], own: tuple[Property, ...], node: str) -> tuple[Property, ...]:
    gap = Missing(reason="not_found", detail="not listed by what stood in for WMI", where=node)
    held = {_name(one): one for one in own}
    return tuple(held.get(_name(one), Property(name=one.name, value=gap)) for one in listed)


def label(node: NodeSnapshot) -> str:
    """What a node is called before the cluster's spelling is known."""
    if isinstance(node.host, Missing) or isinstance(node.host.computer_name, Missing):
        return node.name
    return node.host.computer_name


def _runs_a_service(copies: Sequence[tuple[str, F]]) -> bool:
    kinds = (getattr(thing, "type", None) for _, thing in copies)
    return any(isinstance(kind, str) and kind.casefold() == "generic service" for kind in kinds)


def _names(lists: Iterable[tuple[Fact, ...]]) -> list[str]:
    return list(dict.fromkeys(_name(thing) for things in lists for thing in things))


def _name(thing: Fact) -> str:
    return _spelling(thing).casefold()


def _spelling(thing: Fact) -> str:
    return str(getattr(thing, "name", ""))


def _key(value: object) -> object:
    """Equal for what Windows takes as equal: case of names and order of lists do not matter."""
    if isinstance(value, str):
        return value.casefold()
    if isinstance(value, tuple):
        return tuple(sorted((_key(item) for item in value), key=repr))
    if isinstance(value, Fact):
        return tuple(_key(getattr(value, name)) for name in value.__struct_fields__)
    return value


def _text(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, tuple):
        return ", ".join(_text(item) for item in value) or "none"
    if isinstance(value, Fact):
        return " ".join(_text(getattr(value, name)) for name in value.__struct_fields__)
    return str(value)
