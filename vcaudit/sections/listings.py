"""What cluster.exe listed where WMI failed: nodes, groups, resources, possible owners, private properties.

What it says of dependencies, quorum and preferred owners is recorded nowhere, so it is not asked for those (field
facts, section 6).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from vcaudit.capture import Locations, Request
from vcaudit.collect import clusterexe
from vcaudit.collect.answer import Answer
from vcaudit.collect.clusterexe import GroupRow, NodeRow, ResourceRow
from vcaudit.collect.element import Damaged
from vcaudit.sections.hive import hive
from vcaudit.sections.properties import as_property
from vcaudit.sections.reading import same, where, whole
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import Property

NODES, GROUPS, RESOURCES, OWNERS, PROPERTIES = "exe_nodes", "exe_groups", "exe_resources", "exe_owners", "exe_private"

_EACH = r"${hive:Resources\*\Name}"
_T = TypeVar("_T")
_R = TypeVar("_R", GroupRow, ResourceRow)
_S = TypeVar("_S", bound=str)


def requests(locations: Locations) -> tuple[Request, ...]:
    """Each stands in for WMI queries of `cluster`, and runs only where one of them failed. They are the last ones of
    the list, because starting programs takes a node longer than anything else."""
    return (
        Request("program", NODES, ("node", ""), ("nodes",)),
        Request("program", GROUPS, ("group", ""), ("groups", "active_groups", "resources", "resource_group")),
        Request("program", RESOURCES, ("resource", ""), ("resources", "resource_group")),
        Request("program", OWNERS, ("listowners", _EACH), ("possible_owners",)),
        Request("program", PROPERTIES, ("priv", _EACH), ("resources",)),
    )


def nodes(answer: Answer) -> tuple[NodeRow, ...] | Missing:
    """`cluster node`."""
    return _parsed(answer, NODES, clusterexe.nodes)


def groups(answer: Answer) -> tuple[GroupRow, ...] | Missing:
    """`cluster group`, with the names as the hive has them."""
    rows, kept = _parsed(answer, GROUPS, clusterexe.groups), hive(answer)
    names = kept if isinstance(kept, Missing) else kept.groups()
    if isinstance(rows, Missing):
        return rows
    return whole([_named(answer, GROUPS, row, names) for row in rows])


def resources(answer: Answer) -> tuple[ResourceRow, ...] | Missing:
    """`cluster resource`, with the names as the hive has them; they also tell a long name from the group behind it."""
    printed, known, kept = _parsed(answer, GROUPS, clusterexe.groups), groups(answer), hive(answer)
    if isinstance(printed, Missing) or isinstance(known, Missing):
        return known if isinstance(known, Missing) else Missing(reason="bad_output")
    stored = kept if isinstance(kept, Missing) else kept.resources()
    names = stored if isinstance(stored, Missing) else tuple(one.name for one in stored)
    listed = [row.name for row in printed]
    rows = _parsed(answer, RESOURCES, lambda text: clusterexe.resources(
        text, listed, () if isinstance(names, Missing) else names
    ))  # fmt: skip
    if isinstance(rows, Missing):
        return rows
    group = {one.name: other.name for one, other in zip(printed, known, strict=True)}
    return whole([_named(answer, RESOURCES, row._replace(group=group[row.group]), names) for row in rows])


def _named(answer: Answer, probe: str, row: _R, names: tuple[str, ...] | Missing) -> _R | Missing:
    """The row under the name that the hive has. A `?` may be any letter, so without the hive it is no name."""
    name = None if isinstance(names, Missing) else clusterexe.spelled(row.name, names)
    if name is None and ("?" in row.name or not isinstance(names, Missing)):
        detail = f"cluster.exe lists {row.name}, which cannot be told from the cluster hive"
        return Missing(reason="bad_output", detail=detail, where=where(answer, "program", probe))
    return row._replace(name=name or row.name)


def owners(answer: Answer, resource: str) -> tuple[str, ...] | Missing:
    """`cluster resource NAME /listowners`."""
    return _parsed(answer, OWNERS, clusterexe.owners, resource)


def properties(answer: Answer, resource: str) -> tuple[Property, ...] | Missing:
    """`cluster resource NAME /priv`."""
    found = _parsed(answer, PROPERTIES, lambda text: clusterexe.properties(text, resource), resource)
    if isinstance(found, Missing):
        return found
    part = Missing(reason="bad_output", detail="cluster.exe shows only the beginning of bytes")
    return tuple(
        Property(name=row.name, value=part) if row.value is None else as_property(row.name, row.value) for row in found
    )


def state(word: str, states: Mapping[str, _S]) -> _S | Missing:
    """A status by its word; those of other languages are recorded nowhere."""
    found = states.get(word.casefold())
    return found or Missing(reason="bad_output", detail=f"cluster.exe says {word}, a status that is not known")


def _parsed(answer: Answer, probe: str, parse: Callable[[str], _T], name: str = "") -> _T | Missing:
    found = answer.listings(probe)
    if isinstance(found, Missing):
        return found
    here = where(answer, "program", probe)
    one = next((listing for listing in found if same(listing.name, name)), None)
    if one is None or one.text is None:
        nothing = Missing(reason="not_found", detail=f"cluster.exe was not asked about {name}", where=here)
        return (one.failure if one else None) or nothing
    try:
        return parse(one.text)
    except Damaged as error:
        return Missing(reason="bad_output", detail=f"cluster.exe: {error}", where=here)
