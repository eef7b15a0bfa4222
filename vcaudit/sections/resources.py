"""Resources of the cluster, with their relations, private properties and registry checkpoints (field facts, 4 to 6).

WMI first; what it does not give comes from cluster.exe where its output is recorded, then from the hive, each noted.
"""

from __future__ import annotations

from typing import Literal, TypeVar

from vcaudit.collect.answer import Answer, Properties, Row
from vcaudit.collect.clusterexe import ResourceRow
from vcaudit.sections import listings, relations
from vcaudit.sections.hive import Hive, StoredResource, hive, relative
from vcaudit.sections.properties import of_wmi
from vcaudit.sections.reading import coded, flag, items, listed, needed, number, same, where
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import Property, Resource
from vcaudit.snapshot.sources import Told

RESOURCES = "resources"
GROUP_OF = "resource_group"
OWNERS = "possible_owners"
DEPENDENCIES = "dependencies"

_State = Literal[
    "inherited", "initializing", "online", "offline", "failed",
    "pending", "online pending", "offline pending", "unknown",
]  # fmt: skip
_S = TypeVar("_S", bound=str)
_STATES: dict[int, _State] = {
    -1: "unknown",
    0: "inherited",
    1: "initializing",
    2: "online",
    3: "offline",
    4: "failed",
    128: "pending",
    129: "online pending",
    130: "offline pending",
}
_RESTARTS: dict[int, Literal["none", "restart", "restart and fail over"]] = {
    0: "none",
    1: "restart",
    2: "restart and fail over",
}
_WORDS: dict[str, _State] = {state: state for state in _STATES.values()}


def read(answer: Answer) -> tuple[Resource, ...] | Missing:
    """All resources of the cluster, as this node's cluster service knows them."""
    rows = listed(answer, RESOURCES)
    everything = _Relations(answer)
    if isinstance(rows, Missing):
        return _without_wmi(answer, rows, everything)
    out: list[Resource] = []
    for row in rows:
        name = needed(row, "Name")
        if isinstance(name, Missing):
            return name
        out.append(_resource(answer, row, name, everything))
    return tuple(out)


class _Relations:
    """The relations between resources and what they belong to, read once; and the hive."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._group = relations.pairs(answer, GROUP_OF, "MSCluster_ResourceGroupToResource")
        self._owners = relations.pairs(answer, OWNERS, "MSCluster_ResourceToPossibleOwner")
        self._dependencies = relations.pairs(answer, DEPENDENCIES, "MSCluster_ResourceToDependentResource")
        self.hive: Hive | Missing = hive(answer)
        everything = self.hive if isinstance(self.hive, Missing) else self.hive.resources()
        self.stored: tuple[StoredResource, ...] | Missing = everything
        self.rows: tuple[ResourceRow, ...] | Missing = listings.resources(answer)

    def in_hive(self, name: str) -> StoredResource | Missing:
        """One resource of the hive."""
        return self.hive if isinstance(self.hive, Missing) else self.hive.resource(name)

    def group(self, name: str) -> str | None | Missing:
        """The group that a resource is in."""
        if not isinstance(self._group, Missing):
            return relations.source(self._group, name)
        if not isinstance(self.rows, Missing):
            return next((row.group for row in self.rows if same(row.name, name)), None)
        stored = self.in_hive(name)
        return self._group if isinstance(stored, Missing) else stored.group

    def owners(self, name: str) -> tuple[str, ...] | Missing:
        """Possible owners of a resource."""
        if not isinstance(self._owners, Missing):
            return relations.targets(self._owners, name)
        found = listings.owners(self._answer, name)
        return self._owners if isinstance(found, Missing) else found

    def dependencies(self, name: str) -> tuple[str, ...] | Missing:
        """What a resource depends on: only WMI tells."""
        return relations.targets(self._dependencies, name)


def _resource(answer: Answer, row: Row, name: str, relation: _Relations) -> Resource:
    checkpoints, checkpoints_from = _checkpoints(row, name, relation)
    properties, properties_from = _properties(row, name, relation)
    return Resource(
        name=name,
        type=needed(row, "Type"),
        state=state(answer, row, RESOURCES, _STATES),
        group=relation.group(name),
        separate_monitor=flag(row, "SeparateMonitor"),
        monitor_process=_monitor(row),
        possible_owners=relation.owners(name),
        depends_on=relation.dependencies(name),
        properties=properties,
        properties_from=properties_from,
        checkpoints=checkpoints,
        checkpoints_from=checkpoints_from,
        restart=coded(row, "RestartAction", _RESTARTS),
        restart_threshold=_number(row, "RestartThreshold"),
        restart_period=_number(row, "RestartPeriod"),
    )


def _without_wmi(answer: Answer, gap: Missing, relation: _Relations) -> tuple[Resource, ...] | Missing:
    """What cluster.exe and the hive tell; what neither does keeps WMI's reason."""
    if not isinstance(relation.rows, Missing):
        return tuple(_told(answer, gap, row.name, row, relation) for row in relation.rows)
    if isinstance(relation.stored, Missing):
        return gap
    return tuple(_told(answer, gap, one.name, None, relation) for one in relation.stored)


def _told(answer: Answer, gap: Missing, name: str, row: ResourceRow | None, relation: _Relations) -> Resource:
    stored = relation.in_hive(name)
    printed = listings.properties(answer, name)
    kept = stored if isinstance(stored, Missing) else stored.properties
    properties = kept if isinstance(printed, Missing) else printed
    checkpoints = stored if isinstance(stored, Missing) else stored.checkpoints
    return Resource(
        name=name,
        type=gap if isinstance(stored, Missing) else stored.type,
        state=listings.state(row.status, _WORDS) if row else gap,
        group=relation.group(name),
        separate_monitor=gap if isinstance(stored, Missing) else stored.separate_monitor,
        monitor_process=gap,
        possible_owners=relation.owners(name),
        depends_on=relation.dependencies(name),
        properties=properties,
        properties_from=_known(properties, "hive" if isinstance(printed, Missing) else "cluster.exe"),
        checkpoints=checkpoints,
        restart=gap,
        restart_threshold=gap,
        restart_period=gap,
        checkpoints_from="hive" if isinstance(checkpoints, tuple) else None,
    )


def _known(value: object, source: Told) -> Told | None:
    return None if isinstance(value, Missing) else source


def state(answer: Answer, row: Row, probe: str, states: dict[int, _S]) -> _S | Missing:
    """A state by its number; -1 arrives as 4294967295 where the property is unsigned."""
    value = number(row, "State")
    if isinstance(value, Missing):
        return value
    known = None if value is None else states.get(value - (1 << 32) if value >= 1 << 31 else value)
    detail = f"state {value} is none that is documented"
    return known or Missing(reason="bad_output", detail=detail, where=where(answer, "wmi", probe))


def _number(row: Row, name: str) -> int | Missing:
    value = number(row, name)
    return Missing(reason="not_found", detail=f"property {name} has no value") if value is None else value


def _monitor(row: Row) -> int | None | Missing:
    """None also where this Windows has no such property, which an older one may (field facts, section 5)."""
    value = number(row, "MonitorProcessId")
    if isinstance(value, Missing):
        return None if value.reason == "not_found" else value
    return value or None


def _properties(row: Row, name: str, relation: _Relations) -> tuple[tuple[Property, ...] | Missing, Told | None]:
    """From WMI, or from the hive where this Windows' WMI has no such property or leaves it without a value."""
    found = row["PrivateProperties"]
    if isinstance(found, Properties):
        return of_wmi(found), "wmi"
    if isinstance(found, Missing) and found.reason != "not_found":
        return found, None
    if found is not None and found != () and not isinstance(found, Missing):
        return Missing(reason="bad_output", detail="PrivateProperties is no object"), None
    stored = relation.in_hive(name)
    if isinstance(stored, Missing):
        return (found, None) if isinstance(found, Missing) else ((), "wmi")
    return stored.properties, _known(stored.properties, "hive")


def _checkpoints(
    row: Row, name: str, relation: _Relations
) -> tuple[tuple[str, ...] | Missing, Literal["wmi", "hive"] | None]:  # fmt: skip
    """From WMI, or from the hive where this Windows' WMI has no such property or leaves it without a value."""
    found = items(row, "RegistryCheckpoints")
    if isinstance(found, tuple):
        return tuple(map(relative, found)), "wmi"
    if found is not None and found.reason != "not_found":
        return found, None
    stored = relation.in_hive(name)
    checkpoints = stored if isinstance(stored, Missing) else stored.checkpoints
    return checkpoints, None if isinstance(checkpoints, Missing) else "hive"
