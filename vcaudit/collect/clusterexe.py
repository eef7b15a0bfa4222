r"""What cluster.exe lists, as rows: one parser for the program's output on a node and for listings that people send.

Headings are in the node's language and are never looked at; the line of dashes below them says where columns begin. A
name longer than its column is not cut but pushes the rest to the right, so rows are read from both ends (field facts,
section 6). A listing that cannot be read whole raises Damaged: half of it would look like a smaller cluster.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from vcaudit.collect.element import Damaged

__all__ = [
    "GroupRow", "NodeRow", "PropertyRow", "ResourceRow", "groups", "nodes", "owners", "properties", "resources",
    "spelled",
]  # fmt: skip

TWO_WORDS = frozenset({"online pending", "offline pending", "partially online", "partial online"})
"""Statuses of two words, in lower case; every other status is one word."""

_DASHES = re.compile(r"-+(?: +-+)*")
_NUMBER = re.compile(r"(-?\d+) \(0x[0-9A-Fa-f]+\)")


class ResourceRow(NamedTuple):
    """A row of `cluster res`."""

    name: str
    group: str
    node: str
    status: str
    """As printed, in the node's language."""


class GroupRow(NamedTuple):
    """A row of `cluster group`."""

    name: str
    node: str
    status: str


class NodeRow(NamedTuple):
    """A row of `cluster node`."""

    name: str
    id: int
    status: str


class PropertyRow(NamedTuple):
    """A row of `cluster res NAME /priv` or `/prop`."""

    type: str
    """D number, S text, M several texts, B bytes; other letters occur."""
    name: str
    value: str | int | tuple[str, ...] | None
    """None: bytes, of which only the beginning is shown."""


def nodes(text: str) -> tuple[NodeRow, ...]:
    """All nodes. Raises Damaged."""
    out: list[NodeRow] = []
    for line in _rows(text, 3):
        found = re.fullmatch(r"(\S+) +(\d+) +(\S+(?: \S+)*)", line)
        if not found:
            raise Damaged(f"no row of a node: {line[:80]}")
        out.append(NodeRow(found[1], int(found[2]), found[3]))
    return tuple(out)


def groups(text: str) -> tuple[GroupRow, ...]:
    """All groups. Raises Damaged."""
    return tuple(GroupRow(*_name_node_status(line)) for line in _rows(text, 3))


def resources(text: str, groups: Sequence[str] = (), names: Sequence[str] = ()) -> tuple[ResourceRow, ...]:
    """All resources. Raises Damaged.

    Without the names of the groups, and those of the resources where one is known from elsewhere, some rows with a
    long name could be read in two ways: then nothing is.
    """
    width = _starts(text, 4)[1] - 1
    out: list[ResourceRow] = []
    for line in _rows(text, 4):
        middle, node, status = _name_node_status(line)
        readings = [one for one in _readings(middle, groups, width) if not names or spelled(one[0], names)]
        if len(readings) != 1:
            raise Damaged(f"name and group cannot be told apart: {middle[:80]}")
        out.append(ResourceRow(*readings[0], node, status))
    return tuple(out)


def properties(text: str, resource: str) -> tuple[PropertyRow, ...]:
    """Private or common properties of one resource, whose name every row repeats. Raises Damaged."""
    out: dict[str, PropertyRow] = {}
    # A letter that the code page does not have was printed as another one.
    printed = "".join(re.escape(char) if char.isascii() else "." for char in resource)
    row = re.compile(rf"([A-Z]{{1,2}}) +{printed} +(\S+)(?: +(.*))?", re.IGNORECASE)
    for line in _rows(text, 4):
        found = row.fullmatch(line)
        if not found:
            raise Damaged(f"no row of {resource}: {line[:80]}")
        kind, name, shown = found[1].upper(), found[2], found[3] or ""
        # A second letter says that the property is read-only.
        one = PropertyRow(kind, name, _value(kind[0], shown))
        before = out.get(name.casefold())
        if before and isinstance(before.value, tuple) and isinstance(one.value, tuple):
            one = one._replace(value=before.value + one.value)
        elif before:
            raise Damaged(f"property {name} twice")
        out[name.casefold()] = one
    return tuple(out.values())


def owners(text: str) -> tuple[str, ...]:
    """Possible owners of one resource. Raises Damaged."""
    names = tuple(_rows(text, 1))
    if any(" " in name for name in names):
        raise Damaged("a node's name holds no blank")
    return names


def spelled(printed: str, names: Sequence[str]) -> str | None:
    """The one of some names that was printed so; None: none of them, or more than one could have been.

    Console programs print `?`, or a letter that looks alike, for what their code page does not have.
    """
    if exact := next((name for name in names if name.casefold() == printed.casefold()), None):
        return exact
    alike = [name for name in names if len(name) == len(printed) and all(map(_alike, name, printed))]
    return alike[0] if len(alike) == 1 else None


def _alike(char: str, printed: str) -> bool:
    return char.casefold() == printed.casefold() or not char.isascii()


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.replace("\r\n", "\n").split("\n")]


def _starts(text: str, columns: int) -> list[int]:
    """Where the columns begin, by the line of dashes."""
    for line in _lines(text):
        if _DASHES.fullmatch(line) and len(line.split()) == columns:
            return [found.start() for found in re.finditer("-+", line)]
    raise Damaged(f"no listing of {columns} columns")


def _rows(text: str, columns: int) -> Iterator[str]:
    """The rows below the dashes, down to an empty line; nothing may follow it."""
    lines = iter(_lines(text))
    for line in lines:
        if _DASHES.fullmatch(line) and len(line.split()) == columns:
            break
    else:
        raise Damaged(f"no listing of {columns} columns")
    for line in lines:
        if not line:
            break
        yield line.lstrip() if columns < 4 else line
    if rest := next((line for line in lines if line), None):
        raise Damaged(f"more than one listing: {rest[:80]}")


def _name_node_status(line: str) -> tuple[str, str, str]:
    """From the right: the status has one word or is one of the known two, the node none with a blank in it."""
    words = line.split()
    length = 2 if " ".join(words[-2:]).casefold() in TWO_WORDS else 1
    if len(words) < length + 2:
        raise Damaged(f"too few columns: {line[:80]}")
    status, node = " ".join(words[-length:]), words[-length - 1]
    tail = re.search(rf"{re.escape(node)} +{' +'.join(map(re.escape, status.split()))}$", line)
    if tail is None:
        raise Damaged(f"columns parted by something else than blanks: {line[:80]}")
    return line[: tail.start()].rstrip(), node, status


def _readings(middle: str, groups: Sequence[str], width: int) -> list[tuple[str, str]]:
    """Name and group of a resource: one blank behind the name, or as many as fill its column."""
    ends = [middle[-len(group) :] for group in groups if middle.casefold().endswith(f" {group.casefold()}")]
    if not groups and middle[width - 1 : width + 1] == "  ":
        # Nobody said which groups there are; a name that does not fill its column ends where the blanks begin.
        ends = [middle[width + 1 :]]
    found = [(middle[: -len(group)].rstrip(), group) for group in ends]
    # `Group` and `VC Group` both fit at the end; behind a short name, one of them stands where its column begins.
    return [(name, group) for name, group in found if "  " not in name and middle == f"{name:<{width}} {group}"]


def _value(kind: str, shown: str) -> str | int | tuple[str, ...] | None:
    if kind == "B":
        return None
    if kind == "D":
        number = _NUMBER.fullmatch(shown)
        if not number:
            raise Damaged(f"no number: {shown[:80]}")
        return int(number[1])
    return (shown,) if kind == "M" else shown
