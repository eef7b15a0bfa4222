"""The synchronisation task as a cluster resource (Data Synchronization Task as a Cluster Resource).

It is known by what it does: a Generic Application in a VirtualCenter group whose command line copies or runs a script.
"""

from __future__ import annotations

import re

from vcaudit.evaluate.cluster import Merged
from vcaudit.evaluate.known import all_of, any_of, same, whole
from vcaudit.evaluate.monitors import separate, sharing
from vcaudit.evaluate.properties import is_type, text
from vcaudit.evaluate.roles import Roles
from vcaudit.evaluate.schema import SyncResource
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import Resource

GENERIC_APPLICATION = "Generic Application"
_COPIES = re.compile(r"\b(?:robocopy|xcopy|copy|cmd)\b|\.(?:cmd|bat|vbs|js|ps1)\b", re.IGNORECASE)


def sync_resources(roles: Roles, merged: Merged) -> tuple[SyncResource, ...] | Missing:
    """Those in the VirtualCenter group and in the license server's own; Missing unless it is certain which they are."""
    for gap in (roles.resources, roles.group, roles.license_group):
        if isinstance(gap, Missing):
            return gap
    assert not isinstance(roles.resources, Missing)
    found = [(resource, _is_sync(resource, roles)) for resource in roles.resources]
    return whole(is_one if isinstance(is_one, Missing) else _joined(r, roles, merged) for r, is_one in found if is_one)


def _is_sync(resource: Resource, roles: Roles) -> bool | Missing:
    return all_of((_here(resource, roles), is_type(resource, GENERIC_APPLICATION), _copies(resource)))


def _here(resource: Resource, roles: Roles) -> bool | Missing:
    if isinstance(resource.group, Missing):
        return resource.group
    return any_of(isinstance(g, str) and same(resource.group, g) for g in (roles.group, roles.license_group))


def _copies(resource: Resource) -> bool | Missing:
    line = text(resource, "CommandLine")
    return line if isinstance(line, Missing) else line is not None and _COPIES.search(line) is not None


def _joined(resource: Resource, roles: Roles, merged: Merged) -> SyncResource:
    return SyncResource(
        name=resource.name,
        group=str(resource.group),
        separate=separate(resource, roles.resources, merged.groups),
        separate_flag=resource.separate_monitor,
        shares_monitor_with=sharing(resource, roles.resources, merged.groups),
    )
