"""The networks of the cluster: over which the nodes hear each other, and over which clients come."""

from __future__ import annotations

from vcaudit.evaluate.cluster import Merged
from vcaudit.evaluate.known import apply, same, stated
from vcaudit.evaluate.properties import text
from vcaudit.evaluate.roles import Roles
from vcaudit.evaluate.schema_upkeep import AddressNetwork, NetworkView
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import Network, Resource


def networks(merged: Merged) -> tuple[NetworkView, ...] | Missing:
    """Every network that the cluster knows."""
    if isinstance(merged.networks, Missing):
        return merged.networks
    return tuple(
        NetworkView(
            name=one.name,
            role=one.role,
            heartbeat=apply(lambda role: role in {"internal", "both"}, one.role),
            clients=apply(lambda role: role in {"client", "both"}, one.role),
            lacking=_lacking(one, merged),
            state=stated(one.state, f"network {one.name}"),  # type: ignore[arg-type]  # it takes "unknown" out
        )
        for one in merged.networks
    )


def _lacking(network: Network, merged: Merged) -> tuple[str, ...] | Missing:
    if isinstance(merged.nodes, Missing):
        return merged.nodes
    if isinstance(merged.interfaces, Missing):
        return merged.interfaces
    here = {one.node.casefold() for one in merged.interfaces if same(one.network, network.name)}
    return tuple(member.name for member in merged.nodes if member.name.casefold() not in here)


def address_networks(roles: Roles, merged: Merged) -> tuple[AddressNetwork, ...] | Missing:
    """Where the addresses of the virtual server are."""
    bound = roles.known()
    if isinstance(bound, Missing):
        return bound
    return tuple(
        _of_address(resource, role, merged) for role, resource in bound if role in {"ip", "license_ip"}
    )  # fmt: skip


def _of_address(resource: Resource, role: str, merged: Merged) -> AddressNetwork:
    named = apply(lambda name: (name or "").strip(), text(resource, "Network"))
    return AddressNetwork(
        resource=resource.name,
        role=role,  # type: ignore[arg-type]  # one of the two above
        network=named,
        clients=_clients(named, merged.networks),
    )


def _clients(named: str | Missing, known: tuple[Network, ...] | Missing) -> bool | Missing:
    if isinstance(named, Missing):
        return named
    if isinstance(known, Missing):
        return known
    role = next((one.role for one in known if same(one.name, named)), "none")
    return role if isinstance(role, Missing) else role in {"client", "both"}
