"""Addresses of the nodes themselves (E4), told from those that the cluster brings up on whichever node holds a group.

A node's adapters list both. The cluster's own list of interfaces (MSCluster_NetworkInterface) has one address of a node
on each cluster network: that is the node's own. An IP Address resource has the address that it was given last; one
that was changed while it was online (D1) still has the old one up, which nothing but this module would explain.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from vcaudit.evaluate.cluster import Merged
from vcaudit.evaluate.hosts import own_addresses
from vcaudit.evaluate.known import all_of, apply, same, whole
from vcaudit.evaluate.nodes import Node, undeclared
from vcaudit.evaluate.properties import IP_ADDRESS, is_type, text
from vcaudit.evaluate.resources import owner_of
from vcaudit.evaluate.schema import NodeAddress
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import Resource
from vcaudit.snapshot.model import Declared

_UP = frozenset({"online", "pending", "online pending", "offline pending"})
"""States in which an address is up, or was a moment ago."""


def node_addresses(
    nodes: Sequence[Node], merged: Merged, declared: Declared
) -> tuple[NodeAddress, ...] | Missing:
    """Every address that is a node's own, or Missing when one of them cannot be told from a virtual one."""
    fronts = _fronts(merged)
    if isinstance(fronts, Missing):
        return fronts
    out: list[NodeAddress] = []
    for node in nodes:
        own = _own(node, fronts, merged, declared)
        if isinstance(own, Missing):
            return own
        out += [NodeAddress(node=node.name, address=address) for address in own]
    # An interface may have an address that an IP Address resource wrongly repeats: it stays the node's own.
    interfaces = () if isinstance(merged.interfaces, Missing) else merged.interfaces
    out += [NodeAddress(node=i.node, address=i.address) for i in interfaces]
    return tuple(dict.fromkeys(out))


_Front = tuple[Resource, str]
"""An IP Address resource and the address it was given."""


def _fronts(merged: Merged) -> tuple[_Front, ...] | Missing:
    if isinstance(merged.resources, Missing):
        return merged.resources
    out: list[_Front] = []
    for resource in merged.resources:
        kind = is_type(resource, IP_ADDRESS)
        address = kind if isinstance(kind, Missing) else text(resource, "Address") if kind else None
        if isinstance(address, Missing):
            return address
        if address is not None:
            out.append((resource, address.strip()))
    return tuple(out)


def _own(node: Node, fronts: Sequence[_Front], merged: Merged, declared: Declared) -> Sequence[str] | Missing:
    """Of the adapters of one node."""
    if not node.declared:
        return undeclared(node.name)
    listed = node.host if isinstance(node.host, Missing) else node.host.addresses
    if isinstance(listed, Missing):
        return listed
    found = own_addresses(listed, [address for _, address in fronts])
    if isinstance(merged.interfaces, Missing):
        known: list[str] = []
        doubtful = found
    else:
        known = [i.address for i in merged.interfaces if i.address in found]
        doubtful = [address for address in found if address not in known]
    # What the owner says is the virtual server's is no node's own, unless the cluster says so.
    former = [address for address in doubtful if address == declared.virtual_address]
    if former and isinstance(merged.interfaces, Missing):
        return merged.interfaces
    doubtful = [address for address in doubtful if address not in former]
    lost = [resource for resource, address in fronts if address not in listed]
    virtual = _former_addresses(node, doubtful, lost, len(former), merged) if doubtful else ()
    return apply(lambda gone: [a for a in (*known, *doubtful) if a not in gone], virtual)


def _former_addresses(
    node: Node, doubtful: Sequence[str], lost: Sequence[Resource], explained: int, merged: Merged
) -> Sequence[str] | Missing:
    """Those that resources had before they were changed. `lost`: their address is on no adapter of the node."""
    up = whole(_is_up(resource, node, merged) for resource in lost)
    if isinstance(up, Missing):
        return up
    online = [resource for resource, is_up in zip(lost, up, strict=True) if is_up]
    if isinstance(merged.interfaces, Missing):
        # On each of its networks a node has at least one address of its own: one that is alone there is that.
        several = any(_near(a, [b for b in doubtful if b != a], one) for a in doubtful for one in online)
        return merged.interfaces if several else ()
    mine = [i.address for i in merged.interfaces if same(i.node, node.name)]
    near = [address for address in doubtful if any(_near(address, mine, one) for one in online)]
    if len(near) <= max(0, len(online) - explained):
        return near
    detail = f"which of {', '.join(near)} are the node's own, and which an IP Address resource had before, nobody says"
    return Missing(reason="not_found", detail=detail, where=f"{node.name}: addresses")


def _is_up(resource: Resource, node: Node, merged: Merged) -> bool | Missing:
    """Whether a resource may have an address up on a node."""
    here = apply(lambda name: same(name, node.name), owner_of(resource.group, merged))
    return all_of((here, apply(lambda state: state in _UP, resource.state)))


def _near(address: str, others: Sequence[str], resource: Resource) -> bool:
    """Whether a resource could have had the address: on the network of one of the others, as far as its mask tells."""
    mask = text(resource, "SubnetMask")
    if isinstance(mask, Missing) or mask is None:
        return bool(others)
    try:
        network = ipaddress.IPv4Network((address, mask.strip()), strict=False)
        return any(ipaddress.IPv4Address(one) in network for one in others)
    except ValueError:
        return bool(others)
