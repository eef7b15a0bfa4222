"""Every fact of a snapshot, and what it could be instead: nothing, null, empty, another value, twice, on one node.

A fact is named by fields and by what its records are called, so that it is the same fact on every node and in every
scenario: `cluster.resources[VC Server].state`.
"""

from __future__ import annotations

import itertools
import re
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, Union

import msgspec

from tests.drift.sample import Path, put
from vcaudit.snapshot.base import Fact, Missing
from vcaudit.snapshot.model import NodeSnapshot, Snapshot
from vcaudit.snapshot.tree import key_of

GAP: Final = Missing(reason="timeout", detail="taken away", where="test")
NODE: Final = "{node}"
"""In the name of a record: the machine's own name."""
WORDS: Final = (
    "owner", "standby", "cluster", "network_name", "netbios_domain", "address", "group", "ip_resource", "name_resource",
    "vpxd_resource", "web_resource", "license_resource", "sync_resource", "license_group", "license_ip_resource",
    "license_name_resource", "license_address", "license_name", "license_source", "administrators", "operators", "key",
    "windows",
)  # fmt: skip
"""Words of a scenario that stand in names of records for what they are: `VC Server` is {vpxd_resource}."""
OWNER, STANDBY, EVERYWHERE, CLUSTER = "owner", "standby", "every", "-"
OWN, OTHER = "{own}", "{other}"
"""The registry view that vpxd reads, and the one it does not."""


@dataclass(frozen=True)
class Spot:
    """A fact where it lies."""

    path: Path
    kind: Any
    """Its declared type; of an element of a list, that of the element."""
    value: Any
    fields: str
    """Its path without names of records: `cluster.resources[].state`."""
    keys: tuple[str, ...]
    """What the records on the way are called."""
    record: Fact | None = None
    """The element of a list that it is a field of."""

    @property
    def own_name(self) -> bool:
        """What a record is called among its like: another name is `removed` and `twin`.

        The path of a script is one; that of a service, which has a name, is a fact like any other.
        """
        name = self.path[-1]
        if self.record is None or name not in ("name", "path") or not isinstance(self.value, str):
            return False
        return key_of(msgspec.structs.replace(self.record, **{name: f"{self.value}x"})) != key_of(self.record)

    @property
    def listed(self) -> bool:
        """It is an element of a list."""
        return isinstance(self.path[-1], int)


@dataclass(frozen=True)
class Mutant:
    """One thing that is different in a snapshot."""

    fact: tuple[str, tuple[str, ...]]
    """Fields, and names of records."""
    change: tuple[str, str]
    """How: missing, null, empty, changed, less, more, removed, twin, a word that it becomes (`=Auto`) or that is added.
    Where: owner, standby, every (node), or - for what is no node's."""
    make: Callable[[], Snapshot]

    @property
    def name(self) -> str:
        return f"{spelled(*self.fact)} {self.change[0]} @{self.change[1]}"


def spelled(fields: str, keys: tuple[str, ...]) -> str:
    """`cluster.resources[].state` with its names."""
    given = iter(keys)
    return re.sub(r"\[\]", lambda _: f"[{next(given)}]", fields)


# Other values

_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "Running": ("Stopped",), "Stopped": ("Running",), "Manual": ("Auto", "Disabled"), "Auto": ("Disabled",),
    "LocalSystem": (".\\vcsvc",), "Physical Disk": ("Local Quorum",),
    "online": ("offline", "failed"), "up": ("down", "paused"), "answered": ("refused", "silent"),
}  # fmt: skip
"""Words of Windows and of ours, and what else they could be."""
TIMES: Final = ("expires", "last_run", "resources_online", "address_answered")
"""Texts that are times, where they may be null."""
A_TIME: Final = "2020-03-01T00:00:00Z"
_ADDRESS: Final = re.compile(r"\d+\.\d+\.\d+\.\d+\Z")
_VERSION: Final = re.compile(r"(.*\d+\.)(\d+)\Z")
_TIME: Final = re.compile(r"(\d{4})(-\d\d-\d\dT.*)\Z")
_NUMBER: Final = re.compile(r"(.*-)?(\d+)\Z")


def _text(value: str) -> str:
    """Another text of the same kind."""
    if _ADDRESS.match(value):
        return "203.0.113.77"
    if found := _TIME.match(value):
        return f"{int(found[1]) - 1}{found[2]}"
    if found := _VERSION.match(value) or _NUMBER.match(value):
        return f"{found[1] or ''}{int(found[2]) + 1}"
    if re.fullmatch(r"[0-9a-f]{64}", value):
        return ("0" if value[0] != "0" else "1") + value[1:]
    return f"{value}x"


def _made(kind: Any) -> Any:
    """A value of a type, for a fact that is null."""
    if typing.get_origin(kind) is Literal:
        return typing.get_args(kind)[0]
    if typing.get_origin(kind) in (Union, types.UnionType):
        return _made(next(one for one in typing.get_args(kind) if one not in (type(None), Missing)))
    if typing.get_origin(kind) is tuple:
        return (_made(typing.get_args(kind)[0]),)
    if typing.get_origin(kind) is Mapping:
        return {}
    if kind in (bool, int, float):
        return kind(1)
    if kind is str:
        return "text"
    hints = typing.get_type_hints(kind)
    return kind(**{name: _made(hints[name]) for name in kind.__struct_fields__})


def fitting(spot: Spot, snapshot: Snapshot) -> Iterator[tuple[str, Any]]:
    """Values that mean something to this cluster, where a made-up one means nothing."""
    name = spot.path[-1]
    view = next((node.cluster for node in snapshot.nodes if not isinstance(node.cluster, Missing)), None)
    virtual, quorum = snapshot.declared.virtual_address, view.quorum_resource if view else None
    if name == "last_result":
        yield "=16", 16  # robocopy: nothing was copied
    if name == "monitor_process" and view and not isinstance(view.resources, Missing):
        own = view.resources[int(spot.path[-2])]
        beside = (one.monitor_process for one in view.resources if one.group == own.group and one is not own)
        yield from (("=shared", one) for one in itertools.islice(beside, 1))
    if name == "maker":
        yield "=VMware", "VMware, Inc."
    if name in ("file_filter", "directory_filter"):
        yield "=all", "*"
    if name == "depends_on" and isinstance(quorum, str):
        yield "+quorum", (*spot.value, quorum)
    if name in ("address", "server") and virtual:
        yield "=virtual", virtual
    if name == "addresses" and virtual and not isinstance(spot.value, Missing):
        yield "+virtual", tuple(dict.fromkeys((*spot.value, virtual)))
    if name == "preferred_owners":
        yield "+node", (*spot.value, snapshot.nodes[-1].name)


def others(spot: Spot) -> Iterator[tuple[str, Any]]:
    """How it is different, and the value it has then."""
    kinds = typing.get_args(spot.kind)
    value = spot.value
    if Missing in kinds and not isinstance(value, Missing):
        yield "missing", GAP
    if type(None) in kinds and value is not None and not isinstance(value, Missing):
        yield "null", None
    match value:
        case None:
            yield "changed", A_TIME if spot.path[-1] in TIMES else _made(spot.kind)
        case bool():
            yield "changed", not value
        case float():
            yield "changed", value + 3600
        case int():
            yield "changed", 1 - value if value in (0, 1) else value + 1
            if value > 1:
                yield "=0", 0
        case str():
            yield from _texts(value, kinds if Literal not in map(typing.get_origin, (spot.kind, *kinds)) else None)
        case tuple():
            yield from _lists(value, next(one for one in (spot.kind, *kinds) if typing.get_origin(one) is tuple))


def _texts(value: str, kinds: Any) -> Iterator[tuple[str, Any]]:
    if kinds is not None and value and not _TIME.match(value):  # no reader gives a time that is none
        yield "empty", ""
    if words := _WORDS.get(value):
        yield from ((f"={word}", word) for word in words)
    elif kinds is not None:
        yield "changed", _text(value) if value else "text"


def _lists(value: tuple[Any, ...], kind: Any) -> Iterator[tuple[str, Any]]:
    """Records are taken out and doubled one by one."""
    if value:
        yield "empty", ()
    if len(value) > 1 and not isinstance(value[0], Fact):
        yield "less", value[:-1]
    if not value or not isinstance(value[0], Fact):
        element = typing.get_args(kind)[0]
        yield "more", (*value, "one more" if element is str else _made(element))


def _literals(spot: Spot) -> Iterator[tuple[str, Any]]:
    """The other words of a closed list, where `_WORDS` does not choose."""
    if not isinstance(spot.value, str) or spot.value in _WORDS:
        return
    words = [word for one in (spot.kind, *typing.get_args(spot.kind)) if typing.get_origin(one) is Literal
             for word in typing.get_args(one)]  # fmt: skip
    other = next((word for word in words if word != spot.value), None)
    if other is not None:
        yield f"={other}", other


def _renamed(record: Fact) -> Fact:
    """The same record under another name: another in every text that could be one."""
    for name in ("name", "path", "principal", "value", "host", "what", "subject", "feature", "address", "line"):
        held = getattr(record, name, None)
        if isinstance(held, str | int):
            other = f"{held} twin" if isinstance(held, str) and not _ADDRESS.match(held) else _text(str(held))
            return msgspec.structs.replace(record, **{name: type(held)(other)})
    return record


# Where they are


def spots(
    value: Any, kind: Any, path: Path = (), fields: str = "", keys: tuple[str, ...] = (), record: Fact | None = None
) -> Iterator[Spot]:
    """Every fact below a value; `record`: the element of a list that it is a field of."""
    if fields:
        yield Spot(path, kind, value, fields, keys, record)
    if isinstance(value, tuple):
        seen: dict[str, int] = {}
        for index, item in enumerate(value):
            if isinstance(item, Fact):
                name = str(key_of(item))
                seen[name] = number = seen.get(name, 0) + 1
                own = name if number == 1 else f"{name} ({number})"
                yield from spots(item, type(item), (*path, index), f"{fields}[]", (*keys, own))
    elif isinstance(value, Fact) and not isinstance(value, Missing):
        hints, listed = _hints(type(value)), value if fields.endswith("[]") else None
        for name in value.__struct_fields__:
            if (type(value), name) != (Snapshot, "nodes"):
                inner = f"{fields}.{name}" if fields else name
                yield from spots(getattr(value, name), hints[name], (*path, name), inner, keys, listed)


def _hints(kind: type) -> dict[str, Any]:
    if kind not in _HINTS:
        _HINTS[kind] = typing.get_type_hints(kind)
    return _HINTS[kind]


_HINTS: dict[type, dict[str, Any]] = {}


def mutants(snapshot: Snapshot, words: Mapping[str, str]) -> Iterator[Mutant]:
    """Everything that could be different, one thing at a time."""
    owner, named = words["owner"], _named(words)
    for spot in (replace(one, keys=named(one.keys, one.fields)) for one in spots(snapshot, Snapshot)):
        for how, change in _changes(spot, snapshot):
            yield _maker(snapshot, how, CLUSTER, [(spot, change)])
    for found in _of_nodes(snapshot, named).values():
        ways: dict[str, dict[str, tuple[Spot, Change]]] = {}
        for name, spot in found.items():
            for how, change in _changes(spot, snapshot):
                ways.setdefault(how, {})[name] = (spot, change)
        standby = next((name for name in found if name != owner), None)
        for how, at in ways.items():
            if owner in at:
                yield _maker(snapshot, how, OWNER, [at[owner]])
            if standby in at:
                yield _maker(snapshot, how, STANDBY, [at[standby]])
            if len(at) == len(snapshot.nodes) > 1:
                yield _maker(snapshot, how, EVERYWHERE, list(at.values()))


Naming = Callable[[tuple[str, ...], str], tuple[str, ...]]


def _named(words: Mapping[str, str]) -> Naming:
    """The scenario's own words in place of the names that it gives."""
    known = {words[word].casefold(): f"{{{word}}}" for word in reversed(WORDS) if words.get(word)}
    longest = sorted(known, key=len, reverse=True)
    found = re.compile(rf"(?<![\w.])(?:{'|'.join(map(re.escape, longest))})(?![\w.])", re.IGNORECASE)

    def named(keys: tuple[str, ...], fields: str) -> tuple[str, ...]:
        if fields.startswith("cluster.groups"):  # which may be called like something else
            keys = tuple(f"{{{word}}}" if (word := _group(key, words)) else key for key in keys)
        return tuple(found.sub(lambda match: known[match[0].casefold()], key) for key in keys)

    return named


def _group(name: str, words: Mapping[str, str]) -> str | None:
    return next((word for word in ("group", "license_group") if words.get(word) == name), None)


def _of_nodes(
    snapshot: Snapshot, named: Naming
) -> dict[tuple[str, tuple[str, ...]], dict[str, Spot]]:
    """Fact → node → where it lies there."""
    out: dict[tuple[str, tuple[str, ...]], dict[str, Spot]] = {}
    for index, node in enumerate(snapshot.nodes):
        own = "native" if isinstance(node.software, Missing) else str(node.software.view)
        for spot in spots(node, NodeSnapshot, ("nodes", index), ""):
            keys, fields = spot.keys, spot.fields
            if not fields.startswith("cluster"):
                keys = tuple(re.sub(re.escape(node.name), NODE, key, flags=re.IGNORECASE) for key in keys)
            keys = named(keys, fields)
            for view in ("native", "wow6432"):
                # Which of the two views vpxd reads is what counts, not what it is called on this Windows.
                fields = re.sub(rf"^registry\.{view}\b", f"registry.{OWN if view == own else OTHER}", fields)
            if node.name in out.get((fields, keys), {}):
                keys = spot.keys
            out.setdefault((fields, keys), {})[node.name] = replace(spot, fields=fields, keys=keys)
    return out


Change = Callable[[Snapshot], Snapshot]


def _changes(spot: Spot, snapshot: Snapshot) -> Iterator[tuple[str, Change]]:
    if spot.own_name:
        return
    for how, value in (*others(spot), *_literals(spot), *fitting(spot, snapshot)):
        if value != spot.value:
            yield how, lambda snapshot, value=value: put(snapshot, spot.path, value)
    if spot.listed:
        index = int(spot.path[-1])
        yield "removed", lambda snapshot: _relisted(snapshot, spot.path, lambda all_: all_[:index] + all_[index + 1:])
        yield "twin", lambda snapshot: _relisted(snapshot, spot.path, lambda all_: (*all_, _renamed(all_[index])))


def _relisted(snapshot: Snapshot, path: Path, change: Callable[[tuple[Any, ...]], tuple[Any, ...]]) -> Snapshot:
    held: Any = snapshot
    for part in path[:-1]:
        held = held[part] if isinstance(part, int) else getattr(held, part)
    changed: Snapshot = put(snapshot, path[:-1], change(held))
    return changed


def _maker(snapshot: Snapshot, how: str, where: str, changes: list[tuple[Spot, Change]]) -> Mutant:
    spot = changes[0][0]

    def make() -> Snapshot:
        changed = snapshot
        for _, change in changes:
            changed = change(changed)
        return changed

    return Mutant((spot.fields, spot.keys), (how, where), make)
