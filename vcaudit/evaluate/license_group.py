"""The license server's own group, against Fig. 5 (Separate Resource Group for the License Server).

A license server that somebody moved into the cluster's own group has no group of its own: that is B2's matter.
"""

from __future__ import annotations

from typing import TypeAlias

from vcaudit.evaluate import fronts
from vcaudit.evaluate.cluster import Merged
from vcaudit.evaluate.known import among, apply, same, unless_missing
from vcaudit.evaluate.properties import IP_ADDRESS, NETWORK_NAME
from vcaudit.evaluate.resources import group_named, owner_of
from vcaudit.evaluate.roles import Roles
from vcaudit.evaluate.schema_cluster import LicenseGroupView
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import Resource

_Front: TypeAlias = tuple[Resource | None, Resource | None]
"""Its own IP Address and Network Name."""


def license_groups(roles: Roles, merged: Merged) -> tuple[LicenseGroupView, ...] | Missing:
    """One at most; none where the license server is in VirtualCenter's group, in the cluster's own, or nowhere."""
    bound = roles.known()
    if isinstance(bound, Missing):
        return bound
    found = dict(bound)
    server = found.get("license")
    for gap in (roles.group, roles.resources, merged.groups):
        if isinstance(gap, Missing):
            return gap
    if server is None or not isinstance(server.group, str) or same(server.group, unless_missing(roles.group)):
        return ()
    assert not isinstance(roles.resources, Missing)
    address, name = found.get("license_ip"), found.get("license_name")
    if address is None and name is None:
        core = fronts.is_core(server.group, roles.resources, merged.name)
        if core:
            return core if isinstance(core, Missing) else ()
    return (_view(server, (address, name), found.get("web"), roles, merged),)


def _view(server: Resource, front: _Front, web: Resource | None, roles: Roles, merged: Merged) -> LicenseGroupView:
    lacks = zip((IP_ADDRESS, NETWORK_NAME), front, strict=True)
    here, there = _classes(server.group, merged), _classes(roles.group, merged)
    shared = here if isinstance(here, Missing) else apply(lambda names: tuple(c for c in here if c in names), there)
    return LicenseGroupView(
        name=str(server.group),
        resource=server.name,
        lacks=tuple(kind for kind, found in lacks if found is None),
        unchained=_unchained(server, front),
        web=web.name if web is not None and same(str(web.group), str(server.group)) else None,
        anti_affinity=here,
        vc_anti_affinity=there,
        shared_classes=shared,
        vc_group=str(roles.group),
        owner=owner_of(server.group, merged),
        vc_owner=owner_of(roles.group, merged),
    )


def _unchained(server: Resource, front: _Front) -> tuple[str, ...] | Missing:
    """Links of Fig. 5 that are not there, among the resources that are."""
    out: list[str] = []
    address, name = front
    for one, other in ((server, name), (name, address)):
        if one is None or other is None:
            continue
        if isinstance(one.depends_on, Missing):
            return one.depends_on
        if not among(other.name, one.depends_on):
            out.append(f"{one.name} does not depend on {other.name}")
    return tuple(out)


def _classes(group: str | None | Missing, merged: Merged) -> tuple[str, ...] | Missing:
    """As they stand: groups keep apart where a string of one is identical to one of the other. A multi-string may hold
    empty items, which are no class."""
    found = group_named(unless_missing(group), merged)
    if found is None:
        return Missing(reason="not_found", detail=f"no node lists the group {group}", where="cluster")
    return apply(lambda names: tuple(name for name in names if name.strip()), found.anti_affinity)
