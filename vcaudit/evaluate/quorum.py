"""Which quorum the cluster has, and where its witness share lies (Cluster Configuration; field facts, section 5).

The type of the quorum resource decides: what QuorumType says differs from Windows to Windows, and is only asked where
there is no resource, as with Node Majority.
"""

from __future__ import annotations

import re
from typing import Final, Literal

from vcaudit.evaluate import fronts
from vcaudit.evaluate.cluster import Merged
from vcaudit.evaluate.hosts import Hosts, Whereabouts, is_address
from vcaudit.evaluate.known import among, apply, first_missing, same
from vcaudit.evaluate.properties import text
from vcaudit.evaluate.schema_cluster import QuorumOwner, QuorumView
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import Resource
from vcaudit.snapshot.model import Auditor, Declared
from vcaudit.snapshot.unc import SHARES, host_of

Kind = Literal["disk", "majority", "local", "none"]

_KINDS: Final[dict[str, Kind]] = {
    "majority node set": "majority", "file share witness": "majority", "local quorum": "local",
}  # fmt: skip
"""Types of resources; every other that can hold the quorum is a disk, whoever makes it."""
_OF_NODES: Final = re.compile(r"\bnode majority\b|\bmajority node set\b", re.IGNORECASE)
EVERY_NODE: Final = "each node itself"


def quorum(merged: Merged, hosts: Hosts, declared: Declared, auditor: Auditor) -> QuorumView:
    """The quorum, as far as it could be looked at."""
    found = _resource(merged)
    type_ = found if found is None or isinstance(found, Missing) else found.type
    kind = _kind(type_, merged.quorum_type)
    share = _share(found)
    host = apply(lambda path: host_of(path) if path else None, share)
    return QuorumView(
        kind=kind,
        named=merged.quorum_type,
        resource=merged.quorum_resource,
        type=type_,
        shown=apply(lambda of: f"{merged.quorum_resource} ({of})" if of else "no quorum resource", type_),
        state=found if found is None or isinstance(found, Missing) else found.state,
        owners=_owners(kind, found, merged),
        share=share,
        host=host,
        on=_on(share, host, hosts, auditor),
        as_declared=apply(lambda name: _as_declared(name, declared), host),
    )


def _resource(merged: Merged) -> Resource | None | Missing:
    name, resources = merged.quorum_resource, merged.resources
    if name is None or isinstance(name, Missing):
        return name
    if isinstance(resources, Missing):
        return resources
    gap = Missing(reason="not_found", detail=f"no node lists the quorum resource {name}", where="cluster")
    return next((r for r in resources if same(r.name, name)), gap)


def _kind(type_: str | None | Missing, named: str | None | Missing) -> Kind | Missing:
    if isinstance(type_, Missing):
        return type_
    if type_ is not None:
        return _KINDS.get(type_.casefold(), "disk")
    return apply(lambda said: "majority" if said and _OF_NODES.search(said) else "none", named)


def _owners(
    kind: Kind | Missing, found: Resource | None | Missing, merged: Merged
) -> tuple[QuorumOwner, ...] | Missing:
    if isinstance(kind, Missing):
        return kind
    # A witness is a resource as a disk is: a node that cannot own it cannot go on without the others.
    if kind not in ("disk", "majority") or not isinstance(found, Resource):
        return ()
    if isinstance(merged.nodes, Missing):
        return merged.nodes
    owners = found.possible_owners
    return tuple(
        QuorumOwner(resource=found.name, node=member.name, possible=_possible(member.name, owners))
        for member in merged.nodes
    )


def _possible(node: str, owners: tuple[str, ...] | Missing) -> bool | Missing:
    return owners if isinstance(owners, Missing) else among(node, owners)


def _share(found: Resource | None | Missing) -> str | None | Missing:
    if found is None or isinstance(found, Missing):
        return found
    if isinstance(found.type, Missing):
        return found.type
    name = SHARES.get(found.type.casefold())
    return None if name is None else apply(lambda path: (path or "").strip() or None, text(found, name))


def _on(
    share: str | None | Missing, host: str | None | Missing, hosts: Hosts, auditor: Auditor
) -> str | None | Missing:
    if share is None or isinstance(share, Missing):
        return share
    if isinstance(host, Missing):
        return host
    if host is None:
        return EVERY_NODE  # a path without a server is a folder of whoever reads it
    found = hosts.find(host, "")
    if not isinstance(found, Missing) and found.kind != "other":
        return EVERY_NODE if found.kind == "self" else found.name
    # By its name it is another machine; the name may be an alias.
    behind = [_named(hosts.find(address, "")) for address in _addresses(host, auditor)]
    named = next((name for name in behind if isinstance(name, str)), None)
    return named or first_missing(found, _unresolved(host, auditor), *behind)


def _named(found: Whereabouts | Missing) -> str | None | Missing:
    return found if isinstance(found, Missing) else EVERY_NODE if found.kind == "self" else found.name


def _resolved(host: str, auditor: Auditor) -> tuple[str, ...] | Missing:
    """The addresses that the name has here; none where it was not asked for, or does not exist."""
    if isinstance(auditor.names, Missing):
        # Facts that were carried by hand: nobody resolved anything, and the name alone has to do (A4).
        return () if auditor.names.reason == "not_asked" else auditor.names
    return next((one.addresses for one in auditor.names if same(one.name, host)), ())


def _addresses(host: str, auditor: Auditor) -> tuple[str, ...]:
    found = _resolved(host, auditor)
    return () if isinstance(found, Missing) else found


def _unresolved(host: str, auditor: Auditor) -> Missing | None:
    found = _resolved(host, auditor)
    return found if isinstance(found, Missing) and not is_address(host) else None


def _as_declared(host: str | None, declared: Declared) -> bool | None:
    """A name and an address cannot be held against each other here, so they are taken for the same machine."""
    if host is None or declared.witness is None:
        return None
    return is_address(host) != is_address(declared.witness) or fronts.is_called(host, declared.witness)
