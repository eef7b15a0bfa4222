"""MSCluster_Resource: relations, private properties, registry checkpoints (field facts, sections 4 and 5)."""

from __future__ import annotations

from typing import Literal, TypeVar

from vcaudit.collect.answer import Answer, KeyRead, Properties, Row
from vcaudit.sections import relations
from vcaudit.sections.reading import flag, items, listed, needed, number, same, text, where
from vcaudit.sections.secrets import STARS, wmi_secret
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import Property, Resource

RESOURCES = "resources"
HIVE = "hive"
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
# DWORDs among the private properties that rules read; everything else stays the text that it is
_NUMBERS = {"usenetworkname", "enablenetbios", "enabledhcp", "requiredns", "requirekerberos"}


def read(answer: Answer) -> tuple[Resource, ...] | Missing:
    """All resources of the cluster, as this node's cluster service knows them."""
    rows = listed(answer, RESOURCES)
    if isinstance(rows, Missing):
        return rows
    relation = _Relations(answer)
    out: list[Resource] = []
    for row in rows:
        name = needed(row, "Name")
        if isinstance(name, Missing):
            return name
        out.append(_resource(answer, row, name, relation))
    return tuple(out)


class _Relations:
    """The relations between resources and what they belong to, read once."""

    def __init__(self, answer: Answer) -> None:
        self.group = relations.pairs(answer, GROUP_OF, "MSCluster_ResourceGroupToResource")
        self.owners = relations.pairs(answer, OWNERS, "MSCluster_ResourceToPossibleOwner")
        self.dependencies = relations.pairs(answer, DEPENDENCIES, "MSCluster_ResourceToDependentResource")


def _resource(answer: Answer, row: Row, name: str, relation: _Relations) -> Resource:
    checkpoints, source = _checkpoints(answer, row, name)
    return Resource(
        name=name,
        type=needed(row, "Type"),
        state=state(answer, row, RESOURCES, _STATES),
        group=relations.source(relation.group, name),
        separate_monitor=flag(row, "SeparateMonitor"),
        monitor_process=_monitor(row),
        possible_owners=relations.targets(relation.owners, name),
        depends_on=relations.targets(relation.dependencies, name),
        properties=_properties(row),
        checkpoints=checkpoints,
        checkpoints_from=source,
    )


def state(answer: Answer, row: Row, probe: str, states: dict[int, _S]) -> _S | Missing:
    """A state by its number; -1 arrives as 4294967295 where the property is unsigned."""
    value = number(row, "State")
    if isinstance(value, Missing):
        return value
    known = None if value is None else states.get(value - (1 << 32) if value >= 1 << 31 else value)
    detail = f"state {value} is none that is documented"
    return known or Missing(reason="bad_output", detail=detail, where=where(answer, "wmi", probe))


def _monitor(row: Row) -> int | None | Missing:
    """None also where this Windows has no such property, which an older one may (field facts, section 5)."""
    value = number(row, "MonitorProcessId")
    if isinstance(value, Missing):
        return None if value.reason == "not_found" else value
    return value or None


def _properties(row: Row) -> tuple[Property, ...] | Missing:
    found = row["PrivateProperties"]
    if isinstance(found, Missing):
        return found
    if found is None or found == ():
        return ()
    if not isinstance(found, Properties):
        return Missing(reason="bad_output", detail="PrivateProperties is no object")
    return tuple(_property(found, name) for name in found)


def _property(found: Properties, name: str) -> Property:
    if wmi_secret(f"PrivateProperties.{name}"):
        return Property(name=name, value=STARS)
    if isinstance(found[name], tuple):
        return Property(name=name, value=items(found, name))
    value = text(found, name)
    if isinstance(value, str) and name.lower() in _NUMBERS and value != STARS:
        switch = {"true": 1, "false": 0}.get(value.lower())
        return Property(name=name, value=number(found, name) if switch is None else switch)
    return Property(name=name, value=value)


_From = Literal["wmi", "hive"]


def _checkpoints(answer: Answer, row: Row, name: str) -> tuple[tuple[str, ...] | Missing, _From | None]:
    """From WMI, or from the hive where this Windows' WMI has no such property or leaves it without a value."""
    found = items(row, "RegistryCheckpoints")
    if isinstance(found, tuple):
        return tuple(map(_relative, found)), "wmi"
    if found is not None and found.reason != "not_found":
        return found, None
    stored = _stored(answer, name)
    return stored, None if isinstance(stored, Missing) else "hive"


def _stored(answer: Answer, name: str) -> tuple[str, ...] | Missing:
    r"""`Resources\<guid>\RegSync`: value 00000001 and on, each a path below HKLM."""
    keys = answer.registry(HIVE)
    if isinstance(keys, Missing):
        return keys
    resource = next((key for key in keys if _is_resource(key) and same(_value(key, "Name"), name)), None)
    if resource is None:
        unread = next((key.failure for key in keys if key.failure), None)
        detail = f"the cluster hive has no resource {name}"
        return unread or Missing(reason="not_found", detail=detail, where=where(answer, "registry", HIVE))
    wanted = rf"{resource.path}\RegSync"
    sync = next((key for key in keys if same(key.path, wanted)), None)
    if sync is None or (sync.failure and sync.failure.reason == "not_found"):
        return ()
    failure = sync.failure or next((value.failure for value in sync.values if value.failure), None)
    if failure:
        return failure
    return tuple(_relative(_value(sync, value.name)) for value in sorted(sync.values, key=lambda value: value.name))


def _is_resource(key: KeyRead) -> bool:
    parts = key.path.split("\\")
    return len(parts) == 3 and same(parts[1], "Resources")


def _value(key: KeyRead, name: str) -> str:
    return next((str(value.data) for value in key.values if same(value.name, name) and value.data is not None), "")


def _relative(path: str) -> str:
    """Below HKEY_LOCAL_MACHINE, whichever way it was written."""
    plain = path.strip().strip("\\")
    head, _, rest = plain.partition("\\")
    return rest if head.upper() in {"HKEY_LOCAL_MACHINE", "HKLM"} else plain
