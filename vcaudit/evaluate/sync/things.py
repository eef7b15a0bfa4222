"""The four things of Table 1 that have to be kept the same: where they lie, and whether a copy brings them there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from vcaudit.evaluate.contents import SSL_FILES
from vcaudit.evaluate.known import apply, same
from vcaudit.evaluate.nodes import Node
from vcaudit.evaluate.sync.copying import Copy
from vcaudit.evaluate.sync.places import End, below, canonical, ending, equal, local
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import ConfigFile, Folder, LicenseFolder, SslFolder


@dataclass(frozen=True)
class Thing:
    """One of them."""

    requirement: str
    what: str
    field: str
    """Of `Files`."""


THINGS: Final = (
    Thing("F1", "License files", "licenses"),
    Thing("F2", "vpxd.cfg", "vpxd_cfg"),
    Thing("F3", "SSL files", "ssl"),
    Thing("F4", "Upgrade files", "upgrade"),
)


@dataclass(frozen=True)
class Spot:
    """Where a thing lies on a node."""

    folder: str
    """In canonical form: the folder itself, or the one that holds the file."""
    names: tuple[str, ...] | Missing
    """Paths of its files below that folder, as far as a copy has to bring them."""


_DECISIVE: Final = {"licenses": ("*.lic", "*.opt"), "ssl": SSL_FILES}
"""What the programs read, in the folder itself; of other things it is every file."""
_LEFT_BEHIND: Final = ("~*", "*.bak", "*.tmp")
"""What DFS replication leaves out unless told otherwise, and no program reads."""


def _decides(thing: Thing, name: str) -> bool:
    """Whether a file has to be kept the same."""
    wanted, last = _DECISIVE.get(thing.field), name.rpartition("\\")[2]
    if wanted is not None:
        return last == name and any(fnmatchcase(name, pattern) for pattern in wanted)
    return not any(fnmatchcase(last, pattern) for pattern in _LEFT_BEHIND)


def spot(thing: Thing, node: Node) -> Spot | None | Missing:
    """None: it is not there."""
    files = node.facts.files
    found = files if isinstance(files, Missing) else getattr(files, thing.field)
    if isinstance(found, ConfigFile):
        folder, _, name = canonical(found.path).rpartition("\\")
        return Spot(folder, (name,))
    if isinstance(found, LicenseFolder | SslFolder | Folder):
        names = apply(lambda listed: tuple(one.name.casefold() for one in listed), found.files)
        decisive = apply(lambda listed: tuple(name for name in listed if _decides(thing, name)), names)
        return Spot(canonical(found.path), decisive)
    return found if isinstance(found, Missing) else None


def needed(thing: Thing, nodes: Sequence[Node]) -> bool | Missing:
    """False: no node has it."""
    spots = [spot(thing, node) for node in nodes]
    if any(isinstance(found, Spot) for found in spots):
        return True
    return next((found for found in spots if isinstance(found, Missing)), False)


Takes = Callable[[str], bool]
"""Whether a file with this path below the source goes along."""


@dataclass(frozen=True)
class Transfer:
    """What goes from one node's disk to another's, in canonical paths."""

    source: str
    target: str
    takes: Takes

    def brings(self, name: str, folder: str, wanted: str) -> bool:
        """One file, by a copy of the folder it lies in or of one above it, or of itself."""
        path, place = f"{folder}\\{name}", f"{wanted}\\{name}"
        if equal(path, self.source):
            last = name.rpartition("\\")[2]
            return equal(self.target, place) or equal(f"{self.target}\\{last}", place)
        inner = below(path, self.source)
        return bool(inner) and self.takes(str(inner)) and equal(f"{self.target}\\{inner}", place)

    def passes(self, folder: str) -> bool:
        """Whether anything of a folder can be among it."""
        return below(folder, self.source) is not None or below(self.source, folder) is not None

    def brings_folder(self, folder: str, wanted: str) -> bool:
        """A folder in which nothing lies yet."""
        inner = below(folder, self.source)
        return inner is not None and equal(f"{self.target}\\{inner}".rstrip("\\"), wanted)


def carried(transfers: Sequence[Transfer], thing: Thing, one: Node, other: Node) -> bool | Missing:
    """Whether transfers from one node to another bring a thing to its place there, all of them together."""
    here, there = spot(thing, one), spot(thing, other)
    if here is None:
        return True  # what is not there needs no copy
    if isinstance(here, Missing):
        return here
    if isinstance(there, Missing):
        return there if any(t.passes(here.folder) for t in transfers) else False
    wanted = here.folder if there is None else there.folder
    names = here.names
    if isinstance(names, Missing):
        return names if any(t.passes(here.folder) for t in transfers) else False
    if not names:
        return any(t.brings_folder(here.folder, wanted) for t in transfers)
    return all(any(t.brings(name, here.folder, wanted) for t in transfers) for name in names)


def transfers(
    copy: Copy, source: End, target: End, thing: Thing, one: Node, other: Node
) -> tuple[Transfer, ...] | Missing:
    """What a copy moves from one node to another: nothing if it is about other machines, and all that is possible, as
    far as a thing is concerned, where nobody can tell what an end is."""
    if source.kind not in {"node", "virtual", "hidden"} or target.kind not in {"node", "hidden"}:
        return ()
    starts, goals = _paths(source, thing, one, other), _paths(target, thing, other, one)
    if isinstance(starts, Missing):
        return starts
    if isinstance(goals, Missing):
        return goals
    return tuple(Transfer(start, goal, copy.takes) for start in starts for goal in goals)


def _paths(place: End, thing: Thing, node: Node, other: Node) -> tuple[str, ...] | Missing:
    """An end on a node's own disks."""
    if place.kind == "hidden":
        found = spot(thing, node) or spot(thing, other)
        return apply(lambda lies: () if lies is None else _behind(lies, place.path), found)
    if place.kind == "node" and not same(place.node, node.name):
        return ()
    return apply(lambda path: () if path is None else (path,), local(place, node))


def _behind(lies: Spot, tail: str) -> tuple[str, ...]:
    """What may stand behind a letter, so that a thing is among it."""
    names = () if isinstance(lies.names, Missing) else lies.names
    files = (lies.folder, *(f"{lies.folder}\\{name}" for name in names))
    return tuple(dict.fromkeys(path for file in files for path in ending(file, canonical(tail))))


def part(moved: Transfer, thing: Thing, one: Node, other: Node) -> bool | Missing:
    """Whether it brings any of a thing's files."""
    here, there = spot(thing, one), spot(thing, other)
    if here is None:
        return False
    if isinstance(here, Missing):
        return here
    if not moved.passes(here.folder):
        return False
    if isinstance(there, Missing):
        return there
    wanted = here.folder if there is None else there.folder
    if isinstance(here.names, Missing):
        return here.names
    return moved.brings_folder(here.folder, wanted) or any(
        moved.brings(name, here.folder, wanted) for name in here.names
    )
