"""Ways of synchronisation joined for rules: what keeps Table 1 alike on all nodes, its last run, its direction (F7)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from vcaudit.evaluate import contents
from vcaudit.evaluate.contents import Contents
from vcaudit.evaluate.hosts import Hosts
from vcaudit.evaluate.known import all_of, any_of, apply, first_missing, whole
from vcaudit.evaluate.nodes import Node
from vcaudit.evaluate.roles import Roles
from vcaudit.evaluate.schema_sync import SyncThing, SyncUnclear, SyncWay
from vcaudit.evaluate.sync import replication
from vcaudit.evaluate.sync.applications import Applications, applications
from vcaudit.evaluate.sync.places import Around
from vcaudit.evaluate.sync.runs import age_hours, result
from vcaudit.evaluate.sync.things import THINGS, Thing, needed
from vcaudit.evaluate.sync.ways import Way, of_tasks
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import ReplicatedFolder, Resource
from vcaudit.snapshot.model import NodeSnapshot

_CONTENTS: dict[str, Callable[[NodeSnapshot], Contents]] = {
    "F1": contents.licenses, "F2": contents.vpxd_settings, "F3": contents.ssl, "F4": contents.upgrade,
}  # fmt: skip

Takes = Mapping[str, bool | Missing]
"""Whether a way takes any of a thing along, by the thing's requirement id."""


@dataclass(frozen=True)
class Synchronising:
    """Everything that may keep the nodes synchronised, found once."""

    nodes: Sequence[Node]
    hosts: Hosts
    tasks: tuple[tuple[Node, tuple[Way, ...] | Missing], ...]
    """By node."""
    applications: Applications | Missing
    """Synchronisation resources (F8)."""

    @classmethod
    def find(cls, nodes: Sequence[Node], hosts: Hosts, roles: Roles) -> Synchronising:
        """From the facts of all nodes."""
        around = Around(hosts, roles)
        tasks = tuple((node, of_tasks(node, around)) for node in nodes)
        return cls(nodes, hosts, tasks, applications(nodes, around))

    def things(self) -> tuple[SyncThing, ...]:
        """The four things of Table 1."""
        return tuple(self._thing(thing) for thing in THINGS)

    def _thing(self, thing: Thing) -> SyncThing:
        pairs = [(one, other) for one in self.nodes for other in self.nodes if one is not other]
        told = [self._brought(thing, one, other) for one, other in pairs]
        return SyncThing(
            what=thing.what,
            requirement=thing.requirement,
            needed=needed(thing, self.nodes),
            alike=alike(self.nodes, _CONTENTS[thing.requirement]),
            covered=all_of(told),
            uncovered=first_missing(*told) or tuple(
                f"from {one.name} to {other.name}"
                for (one, other), found in zip(pairs, told, strict=True) if not found
            ),
            by=self._by(thing),
            unclear=apply(lambda found: tuple(f"{one.what} ({one.why})" for one in found), self.unclear),
        )  # fmt: skip

    def _by(self, thing: Thing) -> tuple[str, ...] | Missing:
        told = [(way.what, takes[thing.requirement]) for way, takes in self._told]
        return first_missing(*(takes for _, takes in told)) or tuple(what for what, takes in told if takes)

    def _brought(self, thing: Thing, one: Node, other: Node) -> bool | Missing:
        told: list[bool | Missing] = [way.brings(thing, one, other) for way in self._all]
        told += [found for _, found in self.tasks if isinstance(found, Missing)]
        if isinstance(self.applications, Missing):
            told.append(self.applications)
        return any_of((*told, replication.brings(thing, one, other, self.nodes, self.hosts)))

    @cached_property
    def _all(self) -> list[Way]:
        """Tasks and resources, each on each node."""
        found = [way for _, listed in self.tasks if not isinstance(listed, Missing) for way in listed]
        if not isinstance(self.applications, Missing):
            found += [way for _, on in self.applications for way in on]
        return found

    @property
    def ways(self) -> tuple[SyncWay, ...]:
        """All that take something of Table 1 along; what could not be looked at stands there as one that is unknown."""
        return tuple(way for way, _ in self._told)

    @cached_property
    def _told(self) -> tuple[tuple[SyncWay, Takes], ...]:
        found = [*self._tasks(), *self._resources(), *(one for node in self.nodes for one in self._replicated(node))]
        return tuple((way, takes) for way, takes in found if way.covers_any is not False)

    def _tasks(self) -> Iterator[tuple[SyncWay, Takes]]:
        for node, listed in self.tasks:
            if isinstance(listed, Missing):
                yield _unknown("task", "the scheduled tasks", node, listed)
                continue
            for way in listed:
                if way.enabled is not False:
                    takes = self._takes(way)
                    yield self._of_task(way, takes), takes

    def _resources(self) -> Iterator[tuple[SyncWay, Takes]]:
        if isinstance(self.applications, Missing):
            yield _unknown("resource", "the cluster resources", None, self.applications)
            return
        for one, on in self.applications:
            takes = self._takes(*on)
            yield self._of_resource(one, on, takes), takes

    def _takes(self, *on: Way) -> Takes:
        return {thing.requirement: any_of(way.touches(thing, self.nodes) for way in on) for thing in THINGS}

    def _of_task(self, way: Way, takes: Takes) -> SyncWay:
        assert way.task is not None
        works, state = result(way.task, way)
        overwrites, how = way.overwrites(self.nodes)
        return SyncWay(
            kind="task", name=way.name, node=way.node.name, what=_said(way), covers=_covers(takes),
            covers_any=any_of(takes.values()), works=works, state=state,
            last_run=way.task.last_run, last_result=way.task.last_result,
            age_hours=age_hours(way.task.last_run, way.node),
            continuous=all_of((way.task.running, way.endless)),
            overwrites_newer=overwrites, overwrites=how,
        )  # fmt: skip

    def _of_resource(self, one: Resource, on: Sequence[Way], takes: Takes) -> SyncWay:
        told = [way.overwrites(self.nodes) for way in on]
        endless = any_of(way.endless for way in on)
        said = f"{one.name} copies once, when it is brought online: nobody says when"
        once = Missing(reason="not_found", detail=said)
        return SyncWay(
            kind="resource", name=one.name, node=None, what=f"cluster resource {one.name}", covers=_covers(takes),
            covers_any=any_of(takes.values()), works=apply(lambda state: state == "online", one.state),
            state=one.state, last_run=None, last_result=None, age_hours=None, continuous=endless or once,
            overwrites_newer=any_of(answer for answer, _ in told),
            overwrites=apply(lambda every: tuple(dict.fromkeys(words for how in every for words in how)),
                             whole(how for _, how in told)),
        )  # fmt: skip

    def _replicated(self, node: Node) -> Iterator[tuple[SyncWay, Takes]]:
        listed = replication.folders(node)
        if isinstance(listed, Missing):
            yield _unknown("dfsr", "DFS replication", node, listed)
            return
        for folder in listed:
            if folder.enabled is not False:
                takes = {thing.requirement: replication.touches(folder, thing, node) for thing in THINGS}
                yield _of_folder(folder, node, takes), takes

    @cached_property
    def unclear(self) -> tuple[SyncUnclear, ...] | Missing:
        """What is not understood, or is disabled: shown, because it is not counted."""
        gap = first_missing(self.applications, *(found for _, found in self.tasks), *(way.gap for way in self._all))
        if gap is not None:
            return gap
        out: list[SyncUnclear] = []
        for way in self._all:
            why = list(way.unclear)
            if way.enabled is False and way.kind == "task" and any_of(self._takes(way).values()) is not False:
                why = ["disabled"]
            if why:
                node = way.node.name if way.kind == "task" else None
                out.append(SyncUnclear(name=way.name, node=node, what=_said(way), why=", ".join(why)))
        return tuple(dict.fromkeys(out))


def alike(nodes: Sequence[Node], told: Callable[[NodeSnapshot], Contents]) -> bool | Missing:
    """False as soon as two nodes differ; true only when all are known."""
    every = [told(node.facts) for node in nodes]
    known = [found for found in every if not isinstance(found, Missing)]
    if any(found != known[0] for found in known):
        return False
    return first_missing(*every) or True


def _said(way: Way) -> str:
    return f"scheduled task {way.name} on {way.node.name}" if way.kind == "task" else f"cluster resource {way.name}"


def _covers(takes: Takes) -> tuple[str, ...] | Missing:
    return first_missing(*takes.values()) or tuple(name for name, found in takes.items() if found is True)


def _unknown(kind: str, what: str, node: Node | None, gap: Missing) -> tuple[SyncWay, Takes]:
    """In the place of ways that nobody could look for."""
    name = what if node is None else f"{what} on {node.name}"
    way = SyncWay(
        kind=kind, name=what, node=node and node.name, what=name, covers=gap, covers_any=gap, works=gap,  # type: ignore[arg-type]
        state=gap, last_run=gap, last_result=gap, age_hours=gap, continuous=gap, overwrites_newer=gap, overwrites=(),
    )  # fmt: skip
    return way, {thing.requirement: gap for thing in THINGS}


def _of_folder(folder: ReplicatedFolder, node: Node, takes: Takes) -> SyncWay:
    normal = apply(lambda state: state == "normal", folder.state)
    error = apply(lambda code: not code, folder.last_error)
    state: str | Missing = "the service tells nothing of it" if folder.state is None else folder.state
    if isinstance(folder.last_error, int) and folder.last_error and isinstance(state, str):
        state = f"{state}, last error {folder.last_error}"
    return SyncWay(
        kind="dfsr", name=folder.name, node=node.name, what=f"replicated folder {folder.name} on {node.name}",
        covers=_covers(takes), covers_any=any_of(takes.values()), works=all_of((normal, error)), state=state,
        last_run=None, last_result=None, age_hours=None, continuous=True, overwrites_newer=False, overwrites=(),
    )  # fmt: skip

