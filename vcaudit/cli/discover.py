"""What one node's answer says about the whole cluster, for a first inventory."""

from __future__ import annotations

from collections.abc import Mapping

from vcaudit.errors import Unreachable, UsageError
from vcaudit.evaluate.schema import ResourceVar
from vcaudit.evaluate.view import build_view
from vcaudit.inventory.starter import Known
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import ClusterView
from vcaudit.snapshot.model import NodeSnapshot, Snapshot


def known(snapshot: Snapshot, address: str, user: str, settings: Mapping[str, str | int]) -> Known:
    """Names and addresses as the node tells them. Raises Unreachable when it told nothing."""
    (node,) = snapshot.nodes
    if isinstance(node.host, Missing):
        raise Unreachable(f"the node did not answer: {node.host.reason} {node.host.detail}".rstrip(), where=address)
    own = node.host.computer_name
    if isinstance(own, Missing):
        raise UsageError(f"the node did not tell its name: {own.detail or own.reason}", where=address)
    nodes = _nodes(node, own, address)
    notes = () if len(nodes) > 1 else ("The node told of no other member of its cluster: add the other node.",)
    name = node.cluster.name if isinstance(node.cluster, ClusterView) else None
    found = _resources(snapshot)
    return Known(
        cluster=name if isinstance(name, str) and name else "CLUSTER",
        nodes=nodes,
        user=user,
        virtual_address=_told(found.get("ip"), "address"),
        netmask=_told(found.get("ip"), "netmask"),
        license_netmask=_told(found.get("license_ip"), "netmask"),
        network_name=_told(found.get("name"), "network_name"),
        winrm=settings,
        notes=notes,
    )


def _nodes(node: NodeSnapshot, own: str, address: str) -> dict[str, str]:
    """Every member with its address on the network on which the asked node was reached; itself as it was reached."""
    out = {own: address}
    if isinstance(node.cluster, Missing) or isinstance(node.cluster.interfaces, Missing):
        return out
    interfaces = node.cluster.interfaces
    network = next((each.network for each in interfaces if each.address == address), None)
    on_network = [each for each in interfaces if network is None or each.network == network]
    for each in on_network:
        if each.node.lower() != own.lower():
            out.setdefault(each.node, each.address)
    return out


def _resources(snapshot: Snapshot) -> dict[str, ResourceVar]:
    resources = build_view(snapshot).vc.resources
    return {} if isinstance(resources, Missing) else {each.role: each for each in resources}


def _told(resource: ResourceVar | None, field: str) -> str | None:
    value = getattr(resource, field, None)
    return value if isinstance(value, str) and value else None
