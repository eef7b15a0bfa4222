r"""The cluster hive of a simulated node: it and `root\MSCluster` show one database, so one follows from the other.

What a scenario says of the hive itself stays as it says; everything else is what WMI tells (field facts, section 4).
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from vcaudit.lab.regdata import stored

if TYPE_CHECKING:
    from vcaudit.lab.node import Key, Node

NAMESPACE = "root\\mscluster"
BYTES = "resourcedata"
"""A private property that scenarios give as text and the hive holds as bytes."""

_NAME = re.compile(r'Name="((?:[^"\\]|\\.)*)"$')


def complete(node: Node) -> None:
    """Adds what a node with a cluster service has in its hive, and its description does not list."""
    classes = node.wmi.get(NAMESPACE, {})
    keys: dict[str, Key] = {}
    for row in _rows(classes, "resource"):
        keys[str(row["Name"]).lower()] = _resource(node, row)
    for row in _rows(classes, "resourcegroup"):
        key = _key(node, "Groups", str(row["Name"]))
        inside = [keys[name].name for name in _contains(classes, str(row["Name"])) if name in keys]
        _default(key, "Contains", inside)


def _resource(node: Node, row: Mapping[str, Any]) -> Key:
    key = _key(node, "Resources", str(row["Name"]))
    _default(key, "Type", str(row.get("Type") or ""))
    if row.get("SeparateMonitor") is True:
        _default(key, "SeparateMonitor", 1)
    _parameters(_below(key, "Parameters"), row.get("PrivateProperties"))
    checkpoints = row.get("RegistryCheckpoints")
    if isinstance(checkpoints, list) and checkpoints and "regsync" not in key.keys:
        for number, path in enumerate(checkpoints, 1):
            _default(_below(key, "RegSync"), f"{number:08}", str(path))
    return key


def _parameters(key: Key, properties: Any) -> None:
    """In WMI's order, with what the description says of them in its place."""
    said, key.values = key.values, {}
    for name, value in properties.items() if isinstance(properties, Mapping) else ():
        if (own := said.pop(str(name).lower(), None)) is not None:
            key.values[str(name).lower()] = own
        elif str(name).lower() == BYTES:
            _default(key, str(name), {"type": "REG_BINARY", "data": str(value).encode().hex()})
        elif isinstance(value, str | int | list):
            _default(key, str(name), int(value) if isinstance(value, bool) else value)
    key.values |= said


def _key(node: Node, kind: str, name: str) -> Key:
    """The key of a group or resource: the one that has its name, else one of its own."""
    for key in node.make_key(f"Cluster\\{kind}").keys.values():
        value = key.values.get("name")
        if value and value[1].raw.decode("utf-16-le", "replace").rstrip("\0").lower() == name.lower():
            return key
    identity = uuid.uuid5(uuid.NAMESPACE_OID, f"{kind}/{name.lower()}")
    key = node.make_key(f"Cluster\\{kind}\\{identity}")
    _default(key, "Name", name)
    return key


def _below(key: Key, name: str) -> Key:
    return key.keys.setdefault(name.lower(), type(key)(name))


def _default(key: Key, name: str, value: Any) -> None:
    key.values.setdefault(name.lower(), (name, stored(value)))


def _rows(classes: Mapping[str, Any], name: str) -> Iterator[Mapping[str, Any]]:
    return (row for row in classes.get(f"mscluster_{name}") or () if isinstance(row, Mapping) and row.get("Name"))


def _contains(classes: Mapping[str, Any], group: str) -> Iterator[str]:
    """Names of a group's resources, in lower case."""
    for row in classes.get("mscluster_resourcegrouptoresource") or ():
        ends = [_NAME.search(str(row.get(end))) for end in ("GroupComponent", "PartComponent")]
        one, other = (re.sub(r"\\(.)", r"\1", end[1]).lower() if end else "" for end in ends)
        if one == group.lower():
            yield other
