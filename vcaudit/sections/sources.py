"""Which facts of the cluster WMI did not give, and what gave them instead: for the report."""

from __future__ import annotations

from collections.abc import Iterator

from vcaudit.collect.answer import Answer
from vcaudit.sections import listings, resources
from vcaudit.sections.reading import listed
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import ClusterNode, Resource, ResourceGroup
from vcaudit.snapshot.sources import Source, Told


def sources(
    answer: Answer,
    nodes: tuple[ClusterNode, ...] | Missing,
    groups: tuple[ResourceGroup, ...] | Missing,
    found: tuple[Resource, ...] | Missing,
) -> tuple[Source, ...]:
    """In the order in which a reader would ask."""
    out: list[tuple[str, Told]] = []
    if isinstance(nodes, tuple) and _failed(answer, "nodes"):
        out.append(("nodes", "cluster.exe"))
    if isinstance(groups, tuple) and _failed(answer, "groups"):
        out.append(("groups", _told(listings.groups(answer))))
    elif isinstance(groups, tuple) and _failed(answer, "active_groups") and _known(groups, "owner"):
        out.append(("owners of groups", "cluster.exe"))
    if isinstance(found, tuple):
        out += _of_resources(answer, found)
    return tuple(Source(what=what, source=source) for what, source in dict.fromkeys(out))


def _of_resources(answer: Answer, found: tuple[Resource, ...]) -> Iterator[tuple[str, Told]]:
    printed = _told(listings.resources(answer))
    if _failed(answer, resources.RESOURCES):
        yield "resources", printed
        yield "types and separate monitors", "hive"
    if _failed(answer, resources.GROUP_OF) and _known(found, "group"):
        yield "groups of resources", printed
    if _failed(answer, resources.OWNERS) and _known(found, "possible_owners"):
        yield "possible owners", "cluster.exe"
    for one in found:
        if one.properties_from not in (None, "wmi"):
            yield "private properties", one.properties_from
        if one.checkpoints_from == "hive":
            yield "checkpoints", "hive"


def _failed(answer: Answer, probe: str) -> bool:
    """Whether WMI gave nothing; a class without instances counts, as everywhere."""
    never_empty = probe in ("nodes", "groups", "resources")
    return isinstance(listed(answer, probe) if never_empty else answer.wmi(probe), Missing)


def _told(printed: object) -> Told:
    return "hive" if isinstance(printed, Missing) else "cluster.exe"


def _known(found: tuple[Resource, ...] | tuple[ResourceGroup, ...], name: str) -> bool:
    return any(not isinstance(getattr(one, name), Missing) for one in found)
