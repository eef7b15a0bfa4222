"""What the cluster does when something fails, and what it replicates on the way."""

from __future__ import annotations

from vcaudit.evaluate import regpath
from vcaudit.evaluate.cluster import Merged
from vcaudit.evaluate.known import apply
from vcaudit.evaluate.resources import group_named
from vcaudit.evaluate.roles import Roles
from vcaudit.evaluate.schema import GroupVar
from vcaudit.evaluate.schema_upkeep import CheckpointKey, GroupPolicy, RestartPolicy
from vcaudit.snapshot.base import Missing


def groups(known: tuple[GroupVar, ...] | Missing, merged: Merged) -> tuple[GroupPolicy, ...] | Missing:
    """Of every VirtualCenter group."""
    if isinstance(known, Missing):
        return known
    return tuple(_group(one.name, merged) for one in known)


def _group(name: str, merged: Merged) -> GroupPolicy:
    told = group_named(name, merged)
    if told is None:
        gap = Missing(reason="not_found", detail=f"no node lists the group {name}", where="cluster")
        return GroupPolicy(name=name, failback=gap, moves=gap, hours=gap)
    return GroupPolicy(
        name=name, failback=told.failback, moves=told.failover_threshold, hours=told.failover_period
    )  # fmt: skip


def resources(roles: Roles) -> tuple[RestartPolicy, ...] | Missing:
    """Of every bound resource."""
    bound = roles.known()
    if isinstance(bound, Missing):
        return bound
    return tuple(
        RestartPolicy(
            name=one.name,
            role=role,
            action=one.restart,
            restarts=one.restart_threshold,
            seconds=apply(lambda period: period // 1000, one.restart_period),
        )
        for role, one in bound
    )


def checkpoints(merged: Merged) -> tuple[CheckpointKey, ...] | Missing:
    """Every replicated key once, with all checkpoints that cover it: one of a key above it does, too."""
    if isinstance(merged.resources, Missing):
        return merged.resources
    listed: list[tuple[str, str]] = []
    for resource in merged.resources:
        if isinstance(resource.checkpoints, Missing):
            return resource.checkpoints
        listed += [(resource.name, key) for key in resource.checkpoints]
    keys = {regpath.normal(key): key for _, key in reversed(listed)}
    return tuple(
        CheckpointKey(
            key=key, copied_by=tuple(f"{name}: {other}" for name, other in listed if regpath.covers(other, key))
        )
        for key in reversed(keys.values())
    )
