"""Which machine of the inventory is which member of the cluster: names are the cluster's from here on."""

from __future__ import annotations

from dataclasses import dataclass

from vcaudit.evaluate.cluster import Merged
from vcaudit.evaluate.known import among, same
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import ClusterNode, Host
from vcaudit.snapshot.model import NodeSnapshot, Provenance, Snapshot

_SECTIONS = (
    "host", "software", "services", "files", "registry", "database", "accounts", "names", "cluster",
    "synchronization",
)


@dataclass(frozen=True)
class Node:
    """A declared node, or a member of the cluster that is not declared."""

    name: str
    """As the cluster spells it."""
    facts: NodeSnapshot
    """All Missing for an undeclared member."""
    declared: bool
    member: bool | Missing
    state: str | Missing
    """What the cluster says of it; `not a member`."""
    identified: bool
    """Its computer name is known, or its name is a member's."""

    @property
    def host(self) -> Host | Missing:
        """Facts about the machine itself."""
        return self.facts.host

    @property
    def names(self) -> tuple[str, ...]:
        """Everything the machine is called."""
        spellings = [self.name, self.facts.name]
        if not isinstance(self.host, Missing) and not isinstance(self.host.computer_name, Missing):
            spellings.append(self.host.computer_name)
        return tuple(dict.fromkeys(spellings))


def identify(snapshot: Snapshot, merged: Merged) -> tuple[Node, ...]:
    """All declared nodes in the inventory's order, then the members nobody declared."""
    members = () if isinstance(merged.nodes, Missing) else merged.nodes
    claims = [_claim(node, members) for node in snapshot.nodes]
    open_members = [m for m in members if m not in claims]
    silent = [i for i, node in enumerate(snapshot.nodes) if claims[i] is None and _silent(node)]
    # A machine that told nothing and whose name in the inventory is made up can only be the one member left over;
    # nothing but its name depends on it.
    if len(silent) == len(open_members) == 1:
        claims[silent[0]] = open_members.pop()
    nodes = [_declared(node, claim, merged) for node, claim in zip(snapshot.nodes, claims, strict=True)]
    return (*nodes, *(_undeclared(member) for member in open_members))


def undeclared(name: str) -> Missing:
    """Why nothing is known of a member that is not in the inventory."""
    return Missing(reason="unreachable", detail=f"{name} is not in the inventory", where=name)


def _claim(node: NodeSnapshot, members: tuple[ClusterNode, ...]) -> ClusterNode | None:
    computer = _computer_name(node)
    if computer is not None:
        return next((m for m in members if same(m.name, computer)), None)
    spellings = (node.name, node.name.split(".")[0])
    return next((m for m in members if among(m.name, spellings)), None)


def _computer_name(node: NodeSnapshot) -> str | None:
    if isinstance(node.host, Missing) or isinstance(node.host.computer_name, Missing):
        return None
    return node.host.computer_name


def _silent(node: NodeSnapshot) -> bool:
    return all(isinstance(getattr(node, section), Missing) for section in _SECTIONS)


def _declared(node: NodeSnapshot, claim: ClusterNode | None, merged: Merged) -> Node:
    computer = _computer_name(node)
    if claim is not None:
        return Node(claim.name, node, True, True, claim.state, identified=True)
    name = computer or node.name
    if isinstance(merged.nodes, Missing):
        return Node(name, node, True, merged.nodes, merged.nodes, identified=computer is not None)
    if computer is None:
        gap = _gap(node)
        return Node(name, node, True, gap, gap, identified=False)
    return Node(name, node, True, False, "not a member", identified=True)


def _gap(node: NodeSnapshot) -> Missing:
    if isinstance(node.host, Missing):
        return node.host
    return node.host.computer_name if isinstance(node.host.computer_name, Missing) else undeclared(node.name)


def _undeclared(member: ClusterNode) -> Node:
    gap = undeclared(member.name)
    facts = NodeSnapshot(
        name=member.name,
        provenance=Provenance(
            route="none", address="", user="", started="", seconds=0.0, requests=0, bytes_sent=0, bytes_received=0,
            script_sha256="", requests_sha256="",
        ),
        **dict.fromkeys(_SECTIONS, gap),
    )  # fmt: skip
    return Node(member.name, facts, False, True, member.state, identified=True)
