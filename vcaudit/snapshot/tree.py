"""Two values of a snapshot side by side: what is equal falls away, what is left goes to deepdiff under its names.

Lists of records are keyed by name and lists of texts are sets, so that their order does not matter; where it does (the
first preferred owner is tried first) the list is one value. Names ignore case as Windows does, and are shown as the
first side spells them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

from vcaudit.snapshot.base import Fact, Missing
from vcaudit.snapshot.diff import changed_keys
from vcaudit.snapshot.drills import Recorded
from vcaudit.snapshot.facts import (
    Action,
    Interface,
    License,
    LicenseOptions,
    LicenseServerLine,
    LicenseSource,
    LineProblem,
    Member,
    Permission,
    Probe,
    RegistryKey,
    RegistryValue,
    ReplicationConnection,
    Restart,
    Script,
    Setting,
)
from vcaudit.snapshot.facts.extra import ExtraFact, ExtraRow
from vcaudit.snapshot.model import AcceptedException, Param
from vcaudit.snapshot.sources import Source, SourceConflict

Path: TypeAlias = tuple[str, ...]
_Keyed: TypeAlias = dict[str, tuple[str, Any]]

WITHHELD: Final = "(withheld)"
PRESENT: Final = "(not withheld)"
"""What stands for a value whose other side is withheld: it may be the same secret, so neither is shown."""
MARK: Final = "***"
"""In place of a secret, written where it was read."""


class Absent:
    """On this side there is no such record."""

    def __repr__(self) -> str:
        return "(not there)"


ABSENT: Final = Absent()


@dataclass(frozen=True)
class Leaf:
    """One fact that is known on both sides and differs."""

    path: Path
    """Names of fields and keys of records, from the section on."""
    before: object
    """ABSENT: there is no such record; a Fact where the other side has none."""
    after: object

    @property
    def change(self) -> Literal["added", "removed", "changed"]:
        """As seen from the first side."""
        if self.before is ABSENT:
            return "added"
        return "removed" if self.after is ABSENT else "changed"


@dataclass(frozen=True)
class Hole:
    """One fact that is Missing on a side at least: neither the same nor different."""

    path: Path
    before: Missing | None
    after: Missing | None

    @property
    def gap(self) -> Missing:
        """Why; what could not be looked at outranks what nobody was asked for."""
        gaps = [one for one in (self.after, self.before) if one is not None]
        return min(gaps, key=lambda one: one.reason == "not_asked")


_KEYS: Final[Mapping[type, Callable[[Any], str | Missing]]] = {
    AcceptedException: lambda one: f"{one.rule} {one.subject or ''}".strip(),
    Action: lambda one: one.command,
    ExtraFact: lambda one: " ".join((one.ask.kind, *one.ask.target, *sorted(one.ask.names))),
    ExtraRow: lambda one: _cells(one),
    Interface: lambda one: f"{one.node} {one.network}",
    # The identity holds the signature's hash: of two licences for the same feature each keeps its own name.
    License: lambda one: f"{one.feature} {one.version} ({_digest(one.identity)})",
    LicenseOptions: lambda one: one.vendor,
    LicenseServerLine: lambda one: f"{one.host}",
    LicenseSource: lambda one: f"{one.value} in {one.place}",
    LineProblem: lambda one: f"line {one.line}",
    Member: lambda one: f"{one.domain}\\{one.name}" if one.domain else one.name,
    Param: lambda one: f"{one.rule} {one.name}",
    Permission: lambda one: f"{one.principal} as {one.role} on {one.entity}",
    Probe: lambda one: _words(one.door.role, one.door.port, "at", one.door.address),
    Recorded: lambda one: one.file,
    RegistryKey: lambda one: one.path,
    Restart: lambda one: one.place,
    ReplicationConnection: lambda one: _words(
        one.group, one.partner, one.inbound if isinstance(one.inbound, Missing) else "in" if one.inbound else "out"
    ),
    Script: lambda one: one.path,
    Setting: lambda one: one.path,
    Source: lambda one: one.what,
    SourceConflict: lambda one: one.subject,
}
"""What a record is called among its like, where that is not its `name`; Missing when that could not be looked at."""

_ORDERED: Final = frozenset({"preferred_owners", "data", "value", "lines", "target"})
"""Lists of texts whose order says something: owners by preference, lines of a REG_MULTI_SZ or of a script."""


def key_of(record: Fact) -> str | Missing:
    """What a record is called among its like; Missing: it may be any of them."""
    own = _KEYS.get(type(record))
    if own is not None:
        return own(record)
    name = getattr(record, "name", None)
    # A kind of record that nobody named is its own name: a change shows as one gone and one new.
    return name if isinstance(name, str) else repr(record)


def compare(before: object, after: object, path: Path, *, holes: bool) -> tuple[list[Leaf], list[Hole]]:
    """Everything that differs below `path`, and everything that cannot be compared.

    `holes`: whether either side may hold a Missing where both are equal; looking for them takes a walk.
    """
    walk = _Walk(look=holes)
    walk.pair(before, after, path, "")
    return list(walk.differing()), walk.holes


@dataclass
class _Walk:
    look: bool
    unequal: list[Leaf] = field(default_factory=list)
    """What is left when everything equal has fallen away."""
    holes: list[Hole] = field(default_factory=list)

    def differing(self) -> Iterator[Leaf]:
        """Flat, because deepdiff takes three times as long for the same leaves in their branches."""
        left = {n: _flat(leaf.before) for n, leaf in enumerate(self.unequal) if leaf.before is not ABSENT}
        right = {n: _flat(leaf.after) for n, leaf in enumerate(self.unequal) if leaf.after is not ABSENT}
        if left or right:
            yield from (self.unequal[number] for number in sorted(changed_keys(left, right)))

    def pair(self, before: object, after: object, path: Path, name: str) -> None:
        """Whatever differs between two values; `name` is that of the field."""
        if isinstance(before, Missing) or isinstance(after, Missing):
            gaps = (one if isinstance(one, Missing) else None for one in (before, after))
            self.holes.append(Hole(path, *gaps))
        elif before is ABSENT or after is ABSENT:
            self.unequal.append(Leaf(path, before, after))
        elif before == after:
            if self.look:
                self.holes += (Hole((*path, *rest), gap, gap) for rest, gap in missing_in(before))
        elif isinstance(before, Fact) and type(before) is type(after):
            for each in _fields(before, after):
                self.pair(getattr(before, each), getattr(after, each), (*path, each), each)
        elif isinstance(before, tuple) and isinstance(after, tuple) and name not in _ORDERED:
            self.lists(before, after, path)
        else:
            self.unequal.append(Leaf(path, *_withheld(before, after)))


    def lists(self, before: tuple[Any, ...], after: tuple[Any, ...], path: Path) -> None:
        """Record by record. A record whose name is not known may be any of the other side's: then nobody can tell."""
        left, right = _keyed(before), _keyed(after)
        if isinstance(left, Missing) or isinstance(right, Missing):
            gaps = (one if isinstance(one, Missing) else None for one in (left, right))
            self.holes.append(Hole(path, *gaps))
        elif len(left) == len(right) == 1 and all(isinstance(one[0], ExtraRow) for one in (before, after)):
            self.pair(before[0], after[0], (*path, ""), "")  # a key or a file, which has one row whatever is in it
        else:
            for each, one, other in _matched(left, right):
                self.pair(one, other, (*path, each), "")


def _fields(before: Fact, after: object) -> tuple[str, ...]:
    """A value that is withheld on either side is compared by presence and type alone."""
    if isinstance(before, RegistryValue) and isinstance(after, RegistryValue) and (before.redacted or after.redacted):
        return tuple(name for name in before.__struct_fields__ if name != "data")
    return before.__struct_fields__


def missing_in(value: object) -> Iterator[tuple[Path, Missing]]:
    """Every Missing below a value, with the path to it."""
    if isinstance(value, Missing):
        yield (), value
    elif isinstance(value, Fact):
        for name in value.__struct_fields__:
            yield from (((name, *rest), gap) for rest, gap in missing_in(getattr(value, name)))
    elif isinstance(value, tuple) and value and isinstance(value[0], Fact):
        known = _keyed(value)
        if isinstance(known, Missing):
            yield (), known
            return
        for name, record in known.values():
            yield from (((name, *rest), gap) for rest, gap in missing_in(record))


def at(value: object, path: Path) -> object:
    """What lies at a path that `compare` gave, in one value: ABSENT where there is nothing, Missing where unknown."""
    for name in path:
        if isinstance(value, Missing):
            return value
        if isinstance(value, tuple):
            known = _keyed(value)
            value = known if isinstance(known, Missing) else known.get(name.casefold(), ("", ABSENT))[1]
        elif isinstance(value, Fact):
            value = getattr(value, name, ABSENT)
        else:
            return ABSENT
    return value


def _matched(left: _Keyed, right: _Keyed) -> Iterator[tuple[str, object, object]]:
    for key, (name, value) in left.items():
        yield name, value, right[key][1] if key in right else ABSENT
    for key, (name, value) in right.items():
        if key not in left:
            yield name, ABSENT, value


def _keyed(values: tuple[Any, ...]) -> _Keyed | Missing:
    """Name in one spelling → name as it is, and the record. Several of one name are numbered, whatever their order."""
    out: _Keyed = {}
    several: dict[str, list[tuple[str, Any]]] = {}
    for value in values:
        name = key_of(value) if isinstance(value, Fact) else str(value)
        if isinstance(name, Missing):
            return name
        key = name.casefold()
        if key in out:
            several.setdefault(key, [out[key]]).append((name, value))
        else:
            out[key] = (name, value)
    for key, found in several.items():
        gap = next((gap for _, value in found for _, gap in missing_in(value)), None)
        if gap is not None:  # which of them is which depends on what is in them
            return gap
        for number, (name, value) in enumerate(sorted(found, key=lambda pair: repr(pair[1])), 1):
            numbered = name if number == 1 else f"{name} ({number})"
            out[key if number == 1 else f"{key} ({number})"] = (numbered, value)
    return out


def _words(*parts: object) -> str | Missing:
    """A name out of several facts, or the first of them that could not be looked at."""
    gap = next((part for part in parts if isinstance(part, Missing)), None)
    return gap or " ".join(map(str, parts))


def _cells(row: ExtraRow) -> str | Missing:
    """An instance has no name that is known here: it is what is in it."""
    gap = next((cell.value for cell in row.cells if isinstance(cell.value, Missing)), None)
    return gap or " ".join(sorted(f"{cell.name}={cell.value}" for cell in row.cells))


def _withheld(before: object, after: object) -> tuple[object, object]:
    """A secret on one side alone: what the other side shows may be the very secret."""
    left, right = (isinstance(one, str) and MARK in one for one in (before, after))
    if left == right:
        return before, after
    return (WITHHELD if left else PRESENT), (WITHHELD if right else PRESENT)


def _flat(value: object) -> object:
    return value if isinstance(value, str | int | float | bool | None) else repr(value)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
