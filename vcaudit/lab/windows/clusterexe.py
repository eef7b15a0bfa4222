"""cluster.exe of a simulated node: what it lists is what the node's root\\MSCluster holds, in the recorded formats.

Columns are filled up with blanks, and what is longer than its column pushes the rest of the row to the right (field
facts, section 6). Headings are English here; the parser never looks at them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from vcaudit.lab.node import Node

NAMESPACE = "root\\mscluster"
NAME = "cluster.exe"
"""What it is called in `denied`, `broken` and `hanging`."""
NOT_RUNNING = 1753
"""The end point mapper knows no cluster service."""
RESOURCE_NOT_FOUND = 5007

_REFERENCE = re.compile(r'Name="((?:[^"\\]|\\.)*)"$')
_RESOURCE = {-1: "Unknown", 0: "Inherited", 1: "Initializing", 2: "Online", 3: "Offline", 4: "Failed", 128: "Pending",
             129: "Online Pending", 130: "Offline Pending"}  # fmt: skip
_GROUP = {-1: "Unknown", 0: "Online", 1: "Offline", 2: "Failed", 3: "Partially Online", 4: "Pending"}
_NODE = {-1: "Unknown", 0: "Up", 1: "Down", 2: "Paused", 3: "Joining"}


def listing(node: Node, line: str) -> tuple[str, int]:
    """What it prints for one command line, and its exit code."""
    classes = node.wmi.get(NAMESPACE, {})
    if not classes.get("mscluster_node"):
        return "System error 1753 has occurred (0x000006d9).\r\n", NOT_RUNNING
    found = re.fullmatch(r'resource "([^"]*)" (/priv|/listowners)', line)
    if found:
        return _one(classes, found[1], found[2])
    lists = {"node": _nodes, "group": _groups, "resource": _resources}
    return "\r\n".join(lists[line](classes)), 0


def _one(classes: Mapping[str, Any], name: str, what: str) -> tuple[str, int]:
    row = next((row for row in _rows(classes, "resource") if str(row.get("Name")).lower() == name.lower()), None)
    if row is None:
        return f"System error {RESOURCE_NOT_FOUND} has occurred (0x0000138f).\r\n", RESOURCE_NOT_FOUND
    print_ = _priv if what == "/priv" else _owners
    return "\r\n".join(print_(classes, row)), 0


def _nodes(classes: Mapping[str, Any]) -> Iterator[str]:
    rows = [
        (f"{row['Name']:<14}", f"{number:>7}", _NODE[_state(row)])
        for number, row in enumerate(_rows(classes, "node"), 1)
    ]
    return _table("Listing status for all available nodes:", ("Node", "Node ID", "Status"), (14, 7, 21), rows)


def _groups(classes: Mapping[str, Any]) -> Iterator[str]:
    rows = [
        (f"{row['Name']:<20}", f"{_whole(classes, 'nodetoactivegroup', row):<15}", _GROUP[_state(row)])
        for row in _rows(classes, "resourcegroup")
    ]
    return _table("Listing status for all available resource groups:", ("Group", "Node", "Status"), (20, 15, 6), rows)


def _resources(classes: Mapping[str, Any]) -> Iterator[str]:
    rows = []
    for row in _rows(classes, "resource"):
        group, node = (_whole(classes, name, row) for name in ("resourcegrouptoresource", "nodetoactiveresource"))
        rows.append((f"{row['Name']:<20}", f"{group:<20}", f"{node:<15}", _RESOURCE[_state(row)]))
    heads = ("Resource", "Group", "Node", "Status")
    return _table("Listing status for all available resources:", heads, (20, 20, 15, 6), rows)


def _priv(classes: Mapping[str, Any], row: Mapping[str, Any]) -> Iterator[str]:
    name = row["Name"]
    properties = row.get("PrivateProperties") or {}
    rows = [
        (f"{letter:<2}", f"{name:<20}", f"{key:<30}", text)
        for key, value in properties.items() for letter, text in _printed(value)
    ]  # fmt: skip
    heads = ("T", "Resource", "Name", "Value")
    return _table(f"Listing private properties for '{name}':", heads, (2, 20, 30, 23), rows)


def _owners(classes: Mapping[str, Any], row: Mapping[str, Any]) -> Iterator[str]:
    rows = [(node,) for node in _related(classes, "resourcetopossibleowner", row)]
    return _table(f"Listing possible owners for resource '{row['Name']}':", ("Possible Owner Nodes",), (20,), rows)


def _printed(value: Any) -> list[tuple[str, str]]:
    if isinstance(value, bool | int):
        return [("D", f"{int(value)} (0x{int(value) & 0xFFFFFFFF:x})")]
    if isinstance(value, list):
        return [("M", str(item)) for item in value]
    return [("S", str(value or ""))]


def _table(
    title: str, heads: Sequence[str], widths: Sequence[int], rows: Sequence[tuple[str, ...]]
) -> Iterator[str]:  # fmt: skip
    yield from (title, "")
    yield " ".join(f"{head:<{width}}" for head, width in zip(heads, widths, strict=True))
    yield " ".join("-" * width for width in widths)
    yield from (" ".join(row) for row in rows)
    yield ""


def _rows(classes: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    return [row for row in classes.get(f"mscluster_{name}") or () if isinstance(row, dict)]


def _state(row: Mapping[str, Any]) -> int:
    state = int(row.get("State") or 0)
    return state - (1 << 32) if state >= 1 << 31 else state


def _whole(classes: Mapping[str, Any], relation: str, part: Mapping[str, Any]) -> str:
    """The one that a group or resource belongs to."""
    ends = [(_named(row.get("GroupComponent")), _named(row.get("PartComponent"))) for row in _rows(classes, relation)]
    return next((whole for whole, name in ends if name.lower() == str(part["Name"]).lower()), "")


def _related(classes: Mapping[str, Any], relation: str, whole: Mapping[str, Any]) -> list[str]:
    ends = [(_named(row.get("GroupComponent")), _named(row.get("PartComponent"))) for row in _rows(classes, relation)]
    return [name for one, name in ends if one.lower() == str(whole["Name"]).lower()]


def _named(reference: Any) -> str:
    found = _REFERENCE.search(str(reference))
    return re.sub(r"\\(.)", r"\1", found[1]) if found else ""
