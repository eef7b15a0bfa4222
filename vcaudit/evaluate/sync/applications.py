"""Synchronisation as a cluster resource (Data Synchronization Task as a Cluster Resource): requirement F8.

Such a resource is known by what it does: a Generic Application in a VirtualCenter group whose command line copies or
runs a script, or that has none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeAlias

from vcaudit.evaluate.cluster import Merged
from vcaudit.evaluate.known import all_of, any_of, apply, first_missing, same, whole
from vcaudit.evaluate.monitors import separate, sharing
from vcaudit.evaluate.nodes import Node
from vcaudit.evaluate.properties import is_type, text
from vcaudit.evaluate.roles import Roles
from vcaudit.evaluate.schema_sync import SyncResource, SyncScript, SyncScripts
from vcaudit.evaluate.sync.places import Around, variables
from vcaudit.evaluate.sync.ways import Way, of_commands, script
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import Resource

GENERIC_APPLICATION = "Generic Application"
_COPIES = re.compile(r"\b(?:robocopy|xcopy|copy|cmd)\b|\.(?:cmd|bat|vbs|js|ps1)\b", re.IGNORECASE)

Applications: TypeAlias = "tuple[tuple[Resource, tuple[Way, ...]], ...]"
"""Each as it would run on every node, in the nodes' order."""


def applications(nodes: Sequence[Node], around: Around) -> Applications | Missing:
    """Those in the VirtualCenter group and in the license server's own; Missing unless it is certain which they are."""
    found = _applications(around.roles)
    return apply(lambda all_: tuple((one, tuple(_on(one, node, around) for node in nodes)) for one in all_), found)


def resources(found: Applications | Missing, roles: Roles, merged: Merged) -> tuple[SyncResource, ...] | Missing:
    """What rules see of them."""
    return apply(lambda all_: tuple(_resource(one, on, roles, merged) for one, on in all_), found)


def _resource(one: Resource, on: Sequence[Way], roles: Roles, merged: Merged) -> SyncResource:
    return SyncResource(
        name=one.name,
        group=str(one.group),
        separate=separate(one, roles.resources, merged.groups),
        separate_flag=one.separate_monitor,
        shares_monitor_with=sharing(one, roles.resources, merged.groups),
        command=str(text(one, "CommandLine") or "").strip(),
        ends=_ends(on),
    )


def scripts(found: Applications | Missing) -> tuple[SyncScript, ...] | Missing:
    """The scripts that they name, on every node."""
    gap = _unnamed(found)
    if isinstance(found, Missing) or gap is not None:
        return found if isinstance(found, Missing) else gap or ()
    return tuple(
        SyncScript(resource=one.name, script=path, node=way.node.name, exists=_exists(way.node, path))
        for one, on in found for way in on for path in _named(way)
    )  # fmt: skip


def script_sets(found: Applications | Missing, owner: str | None | Missing) -> tuple[SyncScripts, ...] | Missing:
    """The same, a resource with all its nodes."""
    gap = _unnamed(found)
    if isinstance(found, Missing) or gap is not None:
        return found if isinstance(found, Missing) else gap or ()
    return tuple(_script_set(one, on, owner) for one, on in found if any(map(_named, on)))


def _unnamed(found: Applications | Missing) -> Missing | None:
    """Why the path of a script might be another on some node."""
    if isinstance(found, Missing):
        return found
    return first_missing(*(variables(way.node) for _, on in found for way in on))


def _script_set(one: Resource, on: Sequence[Way], owner: str | None | Missing) -> SyncScripts:
    told = [(way.node.name, [_sha256(way.node, path) for path in _named(way)]) for way in on]
    told.sort(key=lambda pair: not (isinstance(owner, str) and same(pair[0], owner)))
    first = next((found for _, found in told if any(isinstance(sha, str) for sha in found)), told[0][1])
    differ = tuple(name for name, found in told if _unlike(found, first))
    gap = first_missing(*(sha for _, found in told for sha in found), *(way.gap for way in on))
    paths = dict.fromkeys(path for way in on for path in _named(way))
    return SyncScripts(
        resource=one.name, scripts=tuple(paths), identical=False if differ else gap or True, differ_on=gap or differ
    )


def _applications(roles: Roles) -> tuple[Resource, ...] | Missing:
    for gap in (roles.resources, roles.group, roles.license_group):
        if isinstance(gap, Missing):
            return gap
    assert not isinstance(roles.resources, Missing)
    found = [(resource, _is_sync(resource, roles)) for resource in roles.resources]
    return whole(is_one if isinstance(is_one, Missing) else resource for resource, is_one in found if is_one)


def _is_sync(resource: Resource, roles: Roles) -> bool | Missing:
    return all_of((_here(resource, roles), is_type(resource, GENERIC_APPLICATION), _copies(resource)))


def _here(resource: Resource, roles: Roles) -> bool | Missing:
    if isinstance(resource.group, Missing):
        return resource.group
    return any_of(isinstance(g, str) and same(resource.group, g) for g in (roles.group, roles.license_group))


def _copies(resource: Resource) -> bool | Missing:
    line = text(resource, "CommandLine")
    # Without a command line it has nothing to do at all, and nobody can tell what else it was meant for.
    return apply(lambda told: not told or not told.strip() or _COPIES.search(told) is not None, line)


def _on(resource: Resource, node: Node, around: Around) -> Way:
    """A resource as it runs where this node holds the group."""
    line, folder = text(resource, "CommandLine"), text(resource, "CurrentDirectory")
    gap = folder if isinstance(folder, Missing) else None
    way = of_commands("resource", resource.name, node, around, [(str(line or ""), "" if gap else str(folder or ""))])
    may = apply(lambda owners: any(same(owner, node.name) for owner in owners), resource.possible_owners)
    own = around.roles.license_group
    apart = isinstance(own, str) and isinstance(resource.group, str) and same(resource.group, own)
    return replace(way, enabled=may, gap=way.gap or gap, apart=apart)


def _ends(on: Sequence[Way]) -> bool | None | Missing:
    """Whether it is over at once on any node."""
    told = [_ends_here(way) for way in on]
    if any(found is True for found in told):
        return True
    gap = first_missing(*told)
    return gap if gap is not None else None if None in told else False


def _ends_here(way: Way) -> bool | None | Missing:
    if any(one.stays for one in way.played):
        return False
    if way.gap is not None:
        return way.gap
    return False if way.endless else None if way.unclear else True


def _named(way: Way) -> list[str]:
    return list(dict.fromkeys(path for one in way.played for path in one.scripts))


def _sha256(node: Node, path: str) -> str | None | Missing:
    found = script(node, path)
    return found if isinstance(found, Missing) else found.sha256


def _exists(node: Node, path: str) -> bool | Missing:
    return apply(lambda sha: sha is not None, _sha256(node, path))


def _unlike(one: Sequence[str | None | Missing], other: Sequence[str | None | Missing]) -> bool:
    return any(isinstance(a, str) and isinstance(b, str) and a != b for a, b in zip(one, other, strict=False))
