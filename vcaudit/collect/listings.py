"""Text files with listings of cluster.exe in them: which listing each is, by its columns and never by its words.

A file may hold one listing or everything that a batch file printed. Each goes to the request that the collector would
have answered with it; whether it can be read is found out where every answer is read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from vcaudit.capture import Request
from vcaudit.collect import clusterexe
from vcaudit.collect.element import Damaged

LARGEST = 4 << 20
"""Bytes of a text file that is looked into."""

_DASHES = re.compile(r"-{1,2}(?: +-+){3}|-{5,}(?: +-+){2,3}|-{20}")
_QUOTED = re.compile(r"'(.+)'")
_PROMPT = re.compile(r"#|[A-Za-z]:\\[^>]*>")
_COMMON = re.compile(r"^\S{1,2} .* (?:SeparateMonitor|RestartAction|LooksAlivePollInterval) ", re.I | re.M)
"""Properties that every resource has: one of them makes a listing that of the common properties, which is not asked."""
_PROPERTIES, _NODES = 2, 7
"""Widths of columns that only one listing has: the type letter of a property, the number of a node."""


@dataclass(frozen=True)
class Listing:
    """One listing."""

    source: str
    verb: str
    """What was asked, in the words of the request: `node`, `priv`, …"""
    name: str
    """Of the one resource it is about; empty: of everything."""
    text: str
    """Title, columns and rows."""


@dataclass
class Listings:
    """The listings of one source; of several of the same kind, the newest."""

    found: dict[tuple[str, str], Listing] = field(default_factory=dict)
    """By verb, and name in lower case."""
    notes: list[str] = field(default_factory=list)

    def hold_against(self, resources: Sequence[str], groups: Sequence[str]) -> None:
        """Leaves out listings of all groups or resources that have other names than the cluster's hive: of another
        time, or in letters that the console could not write. The hive has the names as they are."""
        for verb, known in (("group", groups), ("resource", resources)):
            one = self.found.get((verb, ""))
            if one is None:
                continue
            try:
                rows = clusterexe.groups(one.text) if verb == "group" else clusterexe.resources(one.text, groups, known)
                same = {row.name.casefold() for row in rows} == {name.casefold() for name in known}
            except Damaged:
                same = False
            if not same:
                self.notes.append(f"{one.source}: not the {verb}s of the hive, or not as it writes them: left out")
                del self.found[verb, ""]

    def of(self, request: Request) -> list[Listing]:
        """What answers a request, which may be for each of many resources."""
        verb, name = request.args
        return [one for one in self.found.values() if one.verb == verb and bool(one.name) == bool(name)]


def read_listings(texts: Mapping[str, str]) -> Listings:
    """All listings of some files, given from the oldest to the newest."""
    out = Listings()
    for source, text in texts.items():
        for one in split(source, text):
            key = (one.verb, one.name.lower())
            older = out.found.get(key)
            if older and _rows(older.text) != _rows(one.text):
                what = " ".join(filter(None, key))
                out.notes.append(f"{older.source} and {source} list {what} differently: {source} is newer and counts")
            out.found[key] = one
    return out


def split(source: str, text: str) -> list[Listing]:
    """The listings in a text: from a line of dashes to the next empty line, with the lines above that name it."""
    lines = [line.rstrip() for line in text.replace("\r\n", "\n").split("\n")]
    out: list[Listing] = []
    for at, line in enumerate(lines):
        if at == 0 or not lines[at - 1] or not _DASHES.fullmatch(line):
            continue
        end = next((row for row in range(at + 1, len(lines)) if not lines[row]), len(lines))
        above = [one for one in lines[max(0, at - 4) : at] if one and not _PROMPT.match(one)]
        quoted = _QUOTED.search("\n".join(above[:-1]))
        verb = _verb(line, lines[at + 1 : end], quoted[1] if quoted else "")
        if verb:
            name = quoted[1] if quoted and verb in ("priv", "listowners") else ""
            out.append(Listing(source, verb, name, "\n".join([*above, *lines[at:end], ""])))
    return out


def _verb(dashes: str, rows: list[str], quoted: str) -> str | None:
    """Which listing the columns are of; None: of none that is asked for."""
    widths = [len(part) for part in dashes.split()]
    if widths == [20]:
        return "listowners" if quoted else None
    if len(widths) == 4 and widths[0] <= _PROPERTIES:
        return "priv" if quoted and not _COMMON.search("\n".join(rows)) else None
    # Of one node, group or resource only: its name stands in quotes above. A single row proves nothing either.
    if quoted or len(rows) < 2:
        return None
    if len(widths) == 4:
        return "resource"
    return "node" if widths[1] == _NODES else "group"


def _rows(text: str) -> list[str]:
    return sorted(" ".join(line.split()) for line in text.split("\n"))
