"""What keeps a cluster ready beyond what the note asks: the variable `upkeep`, one function a relation; pure.

The law of the view holds here too: a fact that becomes Missing makes what is joined from it Missing, and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence

from vcaudit.evaluate.cluster import Merged
from vcaudit.evaluate.nodes import Node
from vcaudit.evaluate.roles import Roles
from vcaudit.evaluate.schema import GroupVar, ResourceVar
from vcaudit.evaluate.schema_upkeep import UpkeepVar
from vcaudit.evaluate.upkeep import certificates, licences, machines, networks, policies
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.model import Snapshot


def upkeep(
    snapshot: Snapshot, merged: Merged, nodes: Sequence[Node], roles: Roles, owner: str | None | Missing,
    bound: tuple[ResourceVar, ...] | Missing, groups: tuple[GroupVar, ...] | Missing,
) -> UpkeepVar:  # fmt: skip
    """The whole of it; `bound` and `groups` are those of `vc`."""
    return UpkeepVar(
        certificates=certificates.certificates(nodes, bound, snapshot.declared, snapshot.taken_at),
        licenses=licences.license_sets(nodes, snapshot.taken_at),
        disks=machines.disks(nodes),
        clocks=machines.clocks(nodes, owner),
        restarts=machines.restarts(nodes),
        cluster_services=machines.cluster_services(nodes),
        networks=networks.networks(merged),
        address_networks=networks.address_networks(roles, merged),
        groups=policies.groups(groups, merged),
        resources=policies.resources(roles),
        checkpoints=policies.checkpoints(merged),
    )
