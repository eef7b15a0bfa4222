"""Whom did we talk to? Every target must be a distinct member of one cluster (architecture, "The collector").

The virtual server's address answers as whichever node owns it: a node compared with itself is always identical, and
everything would pass. Only what was seen is judged here; a fact that is Missing proves nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from vcaudit.errors import TargetError
from vcaudit.evaluate.known import same
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import ClusterView
from vcaudit.snapshot.model import NodeSnapshot, Snapshot


def check_targets(snapshot: Snapshot) -> None:
    """Raises TargetError with what each target said, and what to write into the inventory instead."""
    checks: tuple[Callable[[Snapshot], Iterator[str]], ...] = (_twice, _virtual, _clusters, _strangers, _swapped)
    for check in checks:
        wrong = list(check(snapshot))
        if wrong:
            said = "\n".join(f"  {_said(node)}" for node in snapshot.nodes)
            raise TargetError(f"{wrong[0]}\n{said}", where=f"cluster {snapshot.cluster}", hint=_hint(snapshot))


def _twice(snapshot: Snapshot) -> Iterator[str]:
    """The same machine behind two targets."""
    seen: dict[str, NodeSnapshot] = {}
    for node in snapshot.nodes:
        name = _computer(node)
        if name and (first := seen.setdefault(name.casefold(), node)) is not node:
            yield f"targets {first.name} and {node.name} are the same machine, {name}"


def _virtual(snapshot: Snapshot) -> Iterator[str]:
    """A target's address is that of a virtual server."""
    addresses = _virtual_addresses(snapshot)
    for node in snapshot.nodes:
        host = _host(node.provenance.address)
        if host.casefold() in addresses or _short(host) in {_short(one) for one in addresses if not _numeric(one)}:
            yield f"target {node.name} is the virtual server ({host}): it is whichever node owns it at the time"


def _virtual_addresses(snapshot: Snapshot) -> set[str]:
    """Addresses and names of the virtual servers, as declared and as any node's cluster knows them."""
    found = {snapshot.declared.virtual_address, snapshot.declared.network_name}
    for _, view in _with_views(snapshot):
        for resource in () if isinstance(view.resources, Missing) else view.resources:
            wanted = {"IP Address": "address", "Network Name": "name"}.get(str(resource.type))
            for one in () if isinstance(resource.properties, Missing) else resource.properties:
                if one.name.lower() == wanted:
                    found.add(str(one.value))
    named = {str(name).casefold() for name in found if name}
    resolved = snapshot.auditor.names if isinstance(snapshot.auditor.names, tuple) else ()
    # a node's own name may resolve to anything; a virtual server's name resolves to its address
    return named | {
        address
        for one in resolved
        if one.name.casefold() in named and isinstance(one.addresses, tuple)
        for address in one.addresses
        if not address.startswith("127.")
    }


def _clusters(snapshot: Snapshot) -> Iterator[str]:
    """Members of two clusters; a cluster that was renamed between two answers still has its identity."""
    for what in ("identity", "name"):
        said = [(node, str(getattr(view, what))) for node, view in _with_views(snapshot) if _known(view, what)]
        first = said[0] if said else None
        for node, value in said[1:]:
            if first and not same(value, first[1]) and not _same_identity(first[0], node):
                yield f"targets {first[0].name} and {node.name} are members of two clusters: {first[1]} and {value}"


def _strangers(snapshot: Snapshot) -> Iterator[str]:
    """A machine that the cluster of the others (or its own) does not list."""
    for node in snapshot.nodes:
        name = _computer(node)
        for other, view in _with_views(snapshot):
            members = _members(view)
            if name and members and name.casefold() not in map(str.casefold, members):
                those = ", ".join(members)
                yield f"target {node.name} answered as {name}, no member of the cluster of {other.name} ({those})"


def _swapped(snapshot: Snapshot) -> Iterator[str]:
    """A target that bears the name of another member than the one that answered."""
    members = {member.casefold() for _, view in _with_views(snapshot) for member in _members(view)}
    for node in snapshot.nodes:
        name = _computer(node)
        if name and _short(node.name) in members and not same(_short(node.name), name):
            yield f"target {node.name} answered as {name}: its address is that of another node"


def _said(node: NodeSnapshot) -> str:
    """What a target told of itself."""
    if isinstance(node.host, Missing):
        return f"{node.name} ({node.provenance.address}): no answer"
    view = node.cluster if isinstance(node.cluster, ClusterView) else None
    name = view.name if view and isinstance(view.name, str) else "could not be asked"
    identity = f" {view.identity}" if view and isinstance(view.identity, str) else ""
    return f"{node.name} ({node.provenance.address}): computer {_computer(node)}, cluster {name}{identity}"


def _hint(snapshot: Snapshot) -> str:
    """The nodes as they belong into the inventory: with the addresses that the cluster knows as their own."""
    known: dict[str, str] = {}
    for _, view in _with_views(snapshot):
        for one in view.interfaces if isinstance(view.interfaces, tuple) else ():
            known.setdefault(one.node, one.address)
        for member in _members(view):
            known.setdefault(member, "…")
    if not known:
        return "Write each node once into the inventory, with its own address, never that of the virtual server."
    listed = ", ".join(f"{name}: {address}" for name, address in known.items())
    return f"Write the nodes themselves into the inventory, each with its own address: nodes: {{{listed}}}"


def _computer(node: NodeSnapshot) -> str:
    """The computer name that answered; empty when none did."""
    name = "" if isinstance(node.host, Missing) else node.host.computer_name
    return "" if isinstance(name, Missing) else name


def _with_views(snapshot: Snapshot) -> Iterator[tuple[NodeSnapshot, ClusterView]]:
    for node in snapshot.nodes:
        if isinstance(node.cluster, ClusterView):
            yield node, node.cluster


def _members(view: ClusterView) -> tuple[str, ...]:
    return () if isinstance(view.nodes, Missing) else tuple(node.name for node in view.nodes)


def _known(view: ClusterView, what: str) -> bool:
    return isinstance(getattr(view, what), str)


def _same_identity(one: NodeSnapshot, other: NodeSnapshot) -> bool:
    views = [node.cluster for node in (one, other) if isinstance(node.cluster, ClusterView)]
    identities = [view.identity for view in views if isinstance(view.identity, str)]
    return len(identities) == 2 and same(*identities)


def _host(address: str) -> str:
    """Without a port; an IPv6 address keeps its colons."""
    host, colon, port = address.rpartition(":")
    return host.strip("[]") if colon and port.isdigit() and (":" not in host or "]" in host) else address


def _short(name: str) -> str:
    """First label of a host name, in lower case; addresses stay whole."""
    return name.casefold() if _numeric(name) else name.partition(".")[0].casefold()


def _numeric(name: str) -> bool:
    return ":" in name or name.replace(".", "").isdigit()
