"""Separate Resource Monitors (Create the remaining resources), by the stored flag and by what runs.

The flag acts only after an offline and online, so two online resources of one node that share a process are not
separate whatever it says.
"""

from __future__ import annotations

from vcaudit.evaluate.known import all_of, any_of, same
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import Resource, ResourceGroup


def separate(
    resource: Resource, resources: tuple[Resource, ...] | Missing, groups: tuple[ResourceGroup, ...] | Missing
) -> bool | Missing:
    """The flag is set, and nothing else runs in the resource's monitor."""
    if isinstance(resources, Missing):
        return resources
    shares = any_of(_shares(resource, other, groups) for other in resources if other.name != resource.name)
    return all_of((resource.separate_monitor, shares if isinstance(shares, Missing) else not shares))


def sharing(
    resource: Resource, resources: tuple[Resource, ...] | Missing, groups: tuple[ResourceGroup, ...] | Missing
) -> tuple[str, ...] | Missing:
    """Names of the resources that run in the same monitor process."""
    if isinstance(resources, Missing):
        return resources
    out = []
    for other in resources:
        shares = _shares(resource, other, groups) if other.name != resource.name else False
        if isinstance(shares, Missing):
            return shares
        if shares:
            out.append(other.name)
    return tuple(out)


def _shares(left: Resource, right: Resource, groups: tuple[ResourceGroup, ...] | Missing) -> bool | Missing:
    """Process ids are per node: equal ones on two nodes mean nothing."""
    return all_of((_online(left), _online(right), _same_process(left, right), _same_node(left, right, groups)))


def _online(resource: Resource) -> bool | Missing:
    return resource.state if isinstance(resource.state, Missing) else resource.state == "online"


def _same_process(left: Resource, right: Resource) -> bool | Missing:
    # Without the property (None) the flag alone is left to judge by.
    for process in (left.monitor_process, right.monitor_process):
        if process is None or process == 0:
            return False
    for process in (left.monitor_process, right.monitor_process):
        if isinstance(process, Missing):
            return process
    return left.monitor_process == right.monitor_process


def _same_node(left: Resource, right: Resource, groups: tuple[ResourceGroup, ...] | Missing) -> bool | Missing:
    owners = [_owner(resource, groups) for resource in (left, right)]
    for owner in owners:
        if isinstance(owner, Missing):
            return owner
    first, second = owners
    if isinstance(first, str) and isinstance(second, str):
        return same(first, second)
    return False


def _owner(resource: Resource, groups: tuple[ResourceGroup, ...] | Missing) -> str | None | Missing:
    if isinstance(resource.group, Missing):
        return resource.group
    if isinstance(groups, Missing):
        return groups
    group = next((g for g in groups if same(g.name, resource.group)), None)
    return group.owner if group is not None else None
