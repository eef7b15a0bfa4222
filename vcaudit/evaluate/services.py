"""The clustered services on each node, and the virtual server's names as each node resolves them."""

from __future__ import annotations

from collections.abc import Sequence

from vcaudit.evaluate.cluster import Merged
from vcaudit.evaluate.known import apply, same
from vcaudit.evaluate.nodes import Node
from vcaudit.evaluate.programs import SERVICE_NAMES, SERVICE_ROLES, service_of
from vcaudit.evaluate.properties import text
from vcaudit.evaluate.resources import owner_of
from vcaudit.evaluate.roles import Roles
from vcaudit.evaluate.schema import Lookup, ResourceVar, ServiceCopy
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import Resolution, Resource, Service
from vcaudit.snapshot.model import Auditor


def services(roles: Roles, merged: Merged, nodes: Sequence[Node]) -> tuple[ServiceCopy, ...] | Missing:
    """Every bound service on every node (H1, H5)."""
    bound = roles.known()
    if isinstance(bound, Missing):
        return bound
    return tuple(
        _copy(role, resource, node, merged) for role, resource in bound if role in SERVICE_ROLES for node in nodes
    )


def _copy(role: str, resource: Resource, node: Node, merged: Merged) -> ServiceCopy:
    found = service_of(role, resource, node)  # type: ignore[arg-type]  # role is one of SERVICE_ROLES
    holder = owner_of(resource.group, merged)
    return ServiceCopy(
        role=role,  # type: ignore[arg-type]
        resource=resource.name,
        service=_shown(role, resource),
        node=node.name,
        owner=apply(lambda name: same(name, node.name), holder),
        exists=apply(lambda s: s is not None, found),
        state=_of(found, "state"),
        running=apply(lambda s: same(s, "Running"), _of(found, "state")),
        stopped=apply(lambda s: s is None or same(s, "Stopped"), _of(found, "state")),
        start_mode=_of(found, "start_mode"),
        account=_of(found, "account"),
    )


def _shown(role: str, resource: Resource) -> str:
    name = text(resource, "ServiceName")
    return name if isinstance(name, str) else SERVICE_NAMES[role]


def _of(service: Service | None | Missing, name: str) -> str | None | Missing:
    if service is None or isinstance(service, Missing):
        return service
    found: str | None | Missing = getattr(service, name)
    return found


def lookups(resources: tuple[ResourceVar, ...] | Missing, nodes: Sequence[Node]) -> tuple[Lookup, ...] | Missing:
    """The virtual server's names as the nodes resolve them (D2)."""
    wanted = _wanted(resources)
    if isinstance(wanted, Missing):
        return wanted
    return tuple(
        _lookup(resource, name, address, node.name, node.facts.names) for resource, name, address in wanted
        for node in nodes
    )  # fmt: skip


def auditor_lookups(resources: tuple[ResourceVar, ...] | Missing, auditor: Auditor) -> tuple[Lookup, ...] | Missing:
    """The same names as they resolve here."""
    wanted = _wanted(resources)
    if isinstance(wanted, Missing):
        return wanted
    return tuple(_lookup(resource, name, address, None, auditor.names) for resource, name, address in wanted)


def _wanted(
    resources: tuple[ResourceVar, ...] | Missing,
) -> tuple[tuple[ResourceVar, str, str | None | Missing], ...] | Missing:
    if isinstance(resources, Missing):
        return resources
    out = []
    for resource in resources:
        if resource.role not in {"name", "license_name"}:
            continue
        if isinstance(resource.network_name, Missing):
            return resource.network_name
        if resource.network_name is not None:
            behind = "ip" if resource.role == "name" else "license_ip"
            address = next((r.address for r in resources if r.role == behind), None)
            out.append((resource, resource.network_name, address))
    return tuple(out)


def _lookup(
    resource: ResourceVar, name: str, address: str | None | Missing, node: str | None,
    names: tuple[Resolution, ...] | Missing,
) -> Lookup:  # fmt: skip
    where = f"{node or 'the auditor'}: name {name}"
    unasked = Missing(reason="not_found", detail="the name was not asked for", where=where)
    told = names if isinstance(names, Missing) else next((n.addresses for n in names if same(n.name, name)), unasked)
    return Lookup(name=name, role=resource.role, node=node, addresses=told, address=address)
