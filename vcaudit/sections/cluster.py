"""The cluster as one node sees it: root\\MSCluster, and the hive where WMI has gaps (field facts, sections 4 and 5).

Nothing is guessed from the other nodes here: what each of them says is compared later, so that two views that differ
are found rather than merged.
"""

from __future__ import annotations

from typing import Literal

from vcaudit.capture import Locations, Request
from vcaudit.collect.answer import Answer, Row
from vcaudit.sections import listings, relations, resources
from vcaudit.sections.conflicts import conflicts
from vcaudit.sections.hive import HIVE, hive
from vcaudit.sections.reading import coded, items, listed, needed, number, only_row, query, same, text, whole
from vcaudit.sections.sources import sources
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import ClusterNode, ClusterView, Interface, Network, ResourceGroup

CLUSTER = "cluster"
NODES = "nodes"
GROUPS = "groups"
OWNER_OF = "active_groups"
PREFERRED = "preferred_owners"
QUORUM = "quorum"
INTERFACES = "interfaces"
NETWORKS = "networks"

_NODE_STATES: dict[int, Literal["up", "down", "paused", "joining", "unknown"]] = {
    -1: "unknown",
    0: "up",
    1: "down",
    2: "paused",
    3: "joining",
}
_GROUP_STATES: dict[int, Literal["online", "offline", "failed", "partial online", "pending", "unknown"]] = {
    -1: "unknown",
    0: "online",
    1: "offline",
    2: "failed",
    3: "partial online",
    4: "pending",
}
_FAILBACK = {0: False, 1: True}
_NETWORK_ROLES: dict[int, Literal["none", "internal", "client", "both"]] = {
    0: "none", 1: "internal", 2: "client", 3: "both",
}  # fmt: skip
_NETWORK_STATES: dict[int, Literal["up", "down", "partitioned", "unavailable", "unknown"]] = {
    -1: "unknown", 0: "unavailable", 1: "down", 2: "partitioned", 3: "up",
}  # fmt: skip
_NODE_WORDS = {str(state): state for state in _NODE_STATES.values()}
_GROUP_WORDS = {str(state): state for state in _GROUP_STATES.values()} | {"partially online": _GROUP_STATES[3]}
_RELATIONS = {
    resources.GROUP_OF: "MSCluster_ResourceGroupToResource",
    resources.OWNERS: "MSCluster_ResourceToPossibleOwner",
    resources.DEPENDENCIES: "MSCluster_ResourceToDependentResource",
    OWNER_OF: "MSCluster_NodeToActiveGroup",
    PREFERRED: "MSCluster_ResourceGroupToPreferredNode",
    QUORUM: "MSCluster_ClusterToQuorumResource",
}
_CLASSES = {
    CLUSTER: ("MSCluster_Cluster", "Name,QuorumType"),
    NODES: ("MSCluster_Node", "Name,State"),
    GROUPS: (
        "MSCluster_ResourceGroup",
        "Name,State,AntiAffinityClassNames,AutoFailbackType,FailoverThreshold,FailoverPeriod",
    ),
    resources.RESOURCES: (
        "MSCluster_Resource",
        "Name,Type,State,SeparateMonitor,MonitorProcessId,RestartAction,RestartThreshold,RestartPeriod,"
        "RegistryCheckpoints,PrivateProperties",
    ),
    NETWORKS: ("MSCluster_Network", "Name,Role,State"),
    INTERFACES: ("MSCluster_NetworkInterface", "Name,Node,Network,Address"),
    **{probe: (name, ",".join(relations.ENDS[name])) for probe, name in _RELATIONS.items()},
}


def requests(locations: Locations) -> tuple[Request, ...]:
    """The hive, classes and associations; `listings` asks cluster.exe, in case one of those fails."""
    return (
        # First: it answers at once, and names the resources that cluster.exe may have to be asked about.
        Request("registry", HIVE, ("Cluster",)),
        *(
            query(probe, r"root\MSCluster", name, properties, everything=True)
            for probe, (name, properties) in _CLASSES.items()
        ),
    )


def read(answer: Answer) -> ClusterView:
    """Every part by itself: a node whose cluster service is down still says what its hive says."""
    cluster = only_row(answer, CLUSTER)
    quorum = relations.pairs(answer, QUORUM, _RELATIONS[QUORUM])
    kind = text(cluster, "QuorumType")
    nodes, groups, found = _nodes(answer), _groups(answer), resources.read(answer)
    told = listed(answer, resources.RESOURCES)
    return ClusterView(
        name=needed(cluster, "Name"),
        identity=_identity(answer),
        nodes=nodes,
        groups=groups,
        resources=found,
        quorum_resource=quorum if isinstance(quorum, Missing) else next((name for _, name in quorum), None),
        quorum_type=None if isinstance(kind, Missing) and kind.reason == "not_found" else kind,
        interfaces=_interfaces(answer),
        networks=_networks(answer),
        sources=sources(answer, nodes, groups, found),
        conflicts=conflicts(answer, found, told if isinstance(told, Missing) else None),
    )


def _identity(answer: Answer) -> str | None | Missing:
    """None where the hive is there and holds none; on a node whose cluster service is down there is no hive."""
    keys = answer.registry(HIVE)
    if isinstance(keys, Missing):
        return keys
    root = keys[0]
    if root.failure is not None:
        return root.failure
    value = next((value for value in root.values if same(value.name, "ClusterInstanceID")), None)
    if value is None:
        return None
    return value.failure or str(value.data).strip("{} ").lower() or None


def _nodes(answer: Answer) -> tuple[ClusterNode, ...] | Missing:
    rows = listed(answer, NODES)
    if isinstance(rows, Missing):
        printed = listings.nodes(answer)
        if isinstance(printed, Missing):
            return rows
        return tuple(ClusterNode(name=row.name, state=listings.state(row.status, _NODE_WORDS)) for row in printed)
    return whole([_node(answer, row) for row in rows])


def _node(answer: Answer, row: Row) -> ClusterNode | Missing:
    name = needed(row, "Name")
    if isinstance(name, Missing):
        return name
    return ClusterNode(name=name, state=resources.state(answer, row, NODES, _NODE_STATES))


def _groups(answer: Answer) -> tuple[ResourceGroup, ...] | Missing:
    rows = listed(answer, GROUPS)
    owners = relations.pairs(answer, OWNER_OF, _RELATIONS[OWNER_OF])
    if isinstance(owners, Missing):
        printed = listings.groups(answer)
        owners = owners if isinstance(printed, Missing) else tuple((row.node, row.name) for row in printed)
    preferred = relations.pairs(answer, PREFERRED, _RELATIONS[PREFERRED])
    if isinstance(rows, Missing):
        return _groups_without_wmi(answer, rows, owners, preferred)
    return whole([_group(answer, row, owners, preferred) for row in rows])


def _groups_without_wmi(
    answer: Answer, gap: Missing, owners: relations.Pairs | Missing, preferred: relations.Pairs | Missing
) -> tuple[ResourceGroup, ...] | Missing:
    """As cluster.exe lists them, else at least their names from the hive."""
    printed, stored = listings.groups(answer), hive(answer)
    states = {} if isinstance(printed, Missing) else {row.name: row.status for row in printed}
    kept = stored if isinstance(stored, Missing) else stored.groups()
    names = tuple(states) or kept
    if isinstance(names, Missing):
        return gap
    return tuple(
        ResourceGroup(
            name=name,
            state=listings.state(states[name], _GROUP_WORDS) if name in states else gap,
            owner=relations.source(owners, name),
            preferred_owners=relations.targets(preferred, name),
            anti_affinity=gap,
            failback=gap,
            failover_threshold=gap,
            failover_period=gap,
        )
        for name in names
    )


def _group(
    answer: Answer, row: Row, owners: relations.Pairs | Missing, preferred: relations.Pairs | Missing
) -> ResourceGroup | Missing:
    name = needed(row, "Name")
    if isinstance(name, Missing):
        return name
    classes = items(row, "AntiAffinityClassNames")
    return ResourceGroup(
        name=name,
        state=resources.state(answer, row, GROUPS, _GROUP_STATES),
        owner=relations.source(owners, name),
        preferred_owners=relations.targets(preferred, name),
        anti_affinity=() if classes is None else classes,
        failback=coded(row, "AutoFailbackType", _FAILBACK),
        failover_threshold=_count(row, "FailoverThreshold"),
        failover_period=_count(row, "FailoverPeriod"),
    )


def _count(row: Row, name: str) -> int | Missing:
    found = number(row, name)
    return Missing(reason="not_found", detail=f"property {name} has no value") if found is None else found


def _interfaces(answer: Answer) -> tuple[Interface, ...] | Missing:
    rows = listed(answer, INTERFACES)
    if isinstance(rows, Missing):
        return rows
    return whole([_interface(row) for row in rows])


def _interface(row: Row) -> Interface | Missing:
    node, network, address = needed(row, "Node"), needed(row, "Network"), needed(row, "Address")
    for part in (node, network, address):
        if isinstance(part, Missing):
            return part
    return Interface(node=str(node), network=str(network), address=str(address))


def _networks(answer: Answer) -> tuple[Network, ...] | Missing:
    rows = listed(answer, NETWORKS)
    if isinstance(rows, Missing):
        return rows
    return whole([_network(answer, row) for row in rows])


def _network(answer: Answer, row: Row) -> Network | Missing:
    name = needed(row, "Name")
    if isinstance(name, Missing):
        return name
    state = resources.state(answer, row, NETWORKS, _NETWORK_STATES)
    return Network(name=name, role=coded(row, "Role", _NETWORK_ROLES), state=state)
