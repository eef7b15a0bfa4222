"""The bound resources and their groups, with everything Table 4 asks of them joined."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from vcaudit.evaluate import fronts
from vcaudit.evaluate.cluster import Merged
from vcaudit.evaluate.known import among, apply, same
from vcaudit.evaluate.monitors import separate, sharing
from vcaudit.evaluate.nodes import Node
from vcaudit.evaluate.programs import installed_anywhere
from vcaudit.evaluate.properties import GENERIC_SERVICE, IP_ADDRESS, NETWORK_NAME, flag, text
from vcaudit.evaluate.roles import Roles
from vcaudit.evaluate.schema import GroupVar, OtherResource, OwnerPair, RequiredRole, ResourceVar, Role
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import Resource, ResourceGroup
from vcaudit.snapshot.model import Declared

WORDS: Final[Mapping[Role, str]] = {
    "ip": "VirtualCenter IP address", "name": "VirtualCenter network name", "vpxd": "VirtualCenter Server",
    "web": "VirtualCenter Web access server", "license": "VirtualCenter license server",
    "license_ip": "license server IP address", "license_name": "license server network name",
}  # fmt: skip
TYPES: Final[Mapping[Role, str]] = {
    "ip": IP_ADDRESS, "name": NETWORK_NAME, "vpxd": GENERIC_SERVICE, "web": GENERIC_SERVICE,
    "license": GENERIC_SERVICE, "license_ip": IP_ADDRESS, "license_name": NETWORK_NAME,
}  # fmt: skip
_TABLE_4: Final[Mapping[Role, Role | None]] = {
    "ip": None, "name": "ip", "vpxd": "name", "web": "vpxd", "license": "name",
    "license_ip": None, "license_name": "license_ip",
}  # fmt: skip


def needs(role: Role, roles: Roles) -> Role | None:
    """What Table 4 makes a role depend on; in design G the license server hangs on its own name (Fig. 5)."""
    own = "license_name" in roles.bound or "license_ip" in roles.bound
    return "license_name" if role == "license" and own else _TABLE_4[role]


def required(roles: Roles, nodes: Sequence[Node]) -> tuple[RequiredRole, ...]:
    """The rows of Table 2, and again those of the license group."""
    out: list[RequiredRole] = []
    for role, found in roles.bound.items():
        resource = found.name if isinstance(found, Resource) else found
        group = roles.license_group if role.startswith("license") and roles.license_group else roles.group
        if isinstance(found, Resource):
            group = found.group
        known = resource if isinstance(resource, Missing) else None
        out.append(RequiredRole(
            role=role, type=TYPES[role], what=WORDS[role], needed=_needed(role, found, nodes), resource=resource,
            candidates=known or roles.candidates.get(role, ()), group=group,
        ))  # fmt: skip
    return tuple(out)


def _needed(role: Role, found: Resource | None | Missing, nodes: Sequence[Node]) -> bool | Missing:
    if role not in {"web", "license"} or isinstance(found, Resource):
        return True
    here = installed_anywhere(role, nodes)
    return here if here is True or found is None else found


def bound_resources(roles: Roles, merged: Merged, declared: Declared) -> tuple[ResourceVar, ...] | Missing:
    """Every bound resource, in the order of Table 2."""
    bound = roles.known()
    if isinstance(bound, Missing):
        return bound
    return tuple(_resource(role, resource, roles, merged, declared) for role, resource in bound)


def _resource(role: Role, resource: Resource, roles: Roles, merged: Merged, declared: Declared) -> ResourceVar:
    wanted = _required_on(role, roles)
    own = resource.depends_on
    name = text(resource, "Name") if TYPES[role] == NETWORK_NAME else None
    service = text(resource, "ServiceName") if TYPES[role] == GENERIC_SERVICE else None
    shared = sharing(resource, roles.resources, merged.groups)
    return ResourceVar(
        name=resource.name,
        role=role,
        type=TYPES[role],
        group=resource.group if isinstance(resource.group, str) else "",
        owner=owner_of(resource.group, merged),
        state=resource.state,
        separate=separate(resource, roles.resources, merged.groups),
        separate_flag=resource.separate_monitor,
        shares_monitor_with=shared,
        possible_owners=resource.possible_owners,
        depends_on=own,
        required_on=wanted,
        missing_dependencies=apply(lambda on: tuple(w for w in wanted if not among(w, on)), own),
        extra_dependencies=apply(lambda on: tuple(d for d in on if _is_extra(d, role, wanted, roles)), own),
        text_variant=apply(lambda on: _text_variant(role, on, wanted, roles), own),
        address=apply(_trim, text(resource, "Address")) if TYPES[role] == IP_ADDRESS else None,
        netmask=apply(_trim, text(resource, "SubnetMask")) if TYPES[role] == IP_ADDRESS else None,
        netbios=_netbios(resource) if TYPES[role] == IP_ADDRESS else False,
        network_name=name,
        network_name_as_declared=apply(lambda n: _as_declared(role, n, declared), name),
        service_name=service,
        service_key=apply(lambda s: s.casefold() if s else None, service),
        start_parameters=apply(lambda p: (p or "").strip(), text(resource, "StartupParameters")),
        use_network_name=flag(resource, "UseNetworkName", default=False),
        checkpoints=resource.checkpoints,
    )


def _is_extra(name: str, role: Role, wanted: tuple[str, ...], roles: Roles) -> bool:
    """A dependency that Table 4 does not have. On its own address, where it has no name of its own, is G1's matter."""
    own = roles.bound.get("license_ip") if role == "license" and "license_name" not in roles.bound else None
    return not (among(name, wanted) or (isinstance(own, Resource) and same(own.name, name))) and _exists(name, roles)


def _exists(name: str, roles: Roles) -> bool:
    """A dependency on a resource that was deleted is none; that it is gone is B1's matter."""
    return isinstance(roles.resources, Missing) or among(name, (r.name for r in roles.resources))


def _trim(value: str | None) -> str | None:
    return value.strip() if value else value


def _netbios(resource: Resource) -> bool | Missing:
    # No public page says what an absent EnableNetBIOS means on every Windows, so absence decides nothing.
    absent = Missing(reason="not_found", detail="no property EnableNetBIOS", where=f"cluster resource {resource.name}")
    return flag(resource, "EnableNetBIOS", default=absent)


def _as_declared(role: Role, name: str | None, declared: Declared) -> bool | None:
    if role != "name" or declared.network_name is None:
        return None
    return fronts.is_called(name, declared.network_name)


def _required_on(role: Role, roles: Roles) -> tuple[str, ...]:
    target = needs(role, roles)
    if target is None:
        return ()
    found = roles.bound.get(target)
    return (found.name if isinstance(found, Resource) else f"(no {TYPES[target]})",)


def _text_variant(role: Role, depends_on: tuple[str, ...], wanted: tuple[str, ...], roles: Roles) -> bool:
    """On VirtualCenter Server, as the note's text has it, alone or beside what Table 4 asks: the effect is the same."""
    vpxd = roles.bound.get("vpxd")
    if role != "license" or not isinstance(vpxd, Resource) or not among(vpxd.name, depends_on):
        return False
    return all(same(name, vpxd.name) or among(name, wanted) or not _exists(name, roles) for name in depends_on)


def owner_pairs(resources: tuple[ResourceVar, ...] | Missing, merged: Merged) -> tuple[OwnerPair, ...] | Missing:
    """Every bound resource with every member of the cluster."""
    if isinstance(resources, Missing):
        return resources
    if isinstance(merged.nodes, Missing):
        return merged.nodes
    return tuple(_pair(resource, member.name) for resource in resources for member in merged.nodes)


def _pair(resource: ResourceVar, node: str) -> OwnerPair:
    owners = resource.possible_owners
    possible = owners if isinstance(owners, Missing) else among(node, owners)
    return OwnerPair(resource=resource.name, role=resource.role, node=node, possible=possible, possible_owners=owners)


def groups(
    roles: Roles, resources: tuple[ResourceVar, ...] | Missing, merged: Merged
) -> tuple[GroupVar, ...] | Missing:
    """The VirtualCenter group, and the license server's own in design G."""
    for gap in (resources, roles.group, roles.license_group, roles.resources, merged.groups):
        if isinstance(gap, Missing):
            return gap
    assert not isinstance(resources, Missing)
    wanted = [g for g in (roles.group, roles.license_group) if isinstance(g, str)]
    return tuple(_group(name, roles, resources, merged) for name in wanted)


def _group(name: str, roles: Roles, resources: tuple[ResourceVar, ...], merged: Merged) -> GroupVar:
    told = group_named(name, merged)
    gap = Missing(reason="not_found", detail=f"no node lists the group {name}", where="cluster")
    bound = [r for r in resources if same(r.group, name)]
    taken = [r.name for r in bound]
    everything = () if isinstance(roles.resources, Missing) else roles.resources
    others = [r for r in everything if not isinstance(r.group, Missing) and same(r.group, name) and r.name not in taken]
    return GroupVar(
        name=name,
        state=told.state if told else gap,
        owner=told.owner if told else gap,
        preferred_owners=told.preferred_owners if told else gap,
        anti_affinity=told.anti_affinity if told else gap,
        roles=tuple(r.role for r in bound),
        others=tuple(OtherResource(name=r.name, type=str(r.type), group=name) for r in others),
    )


def group_named(name: str | None, merged: Merged) -> ResourceGroup | None:
    """A group of the cluster; None when it is not listed, or the groups are Missing."""
    found = () if isinstance(merged.groups, Missing) else merged.groups
    return next((g for g in found if same(g.name, name)), None)


def owner_of(name: str | None | Missing, merged: Merged) -> str | None | Missing:
    """The node that holds a group; None without a group, or when nobody holds it."""
    if name is None or isinstance(name, Missing):
        return name
    if isinstance(merged.groups, Missing):
        return merged.groups
    group = group_named(name, merged)
    return group.owner if group is not None else None
