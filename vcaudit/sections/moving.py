"""Whether VirtualCenter was on its way while it was looked at: then what the nodes told belongs to no one moment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vcaudit.capture import Capture
from vcaudit.collect.answer import decode
from vcaudit.errors import BadOutput
from vcaudit.sections import cluster
from vcaudit.sections.reading import same
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import ClusterView, Resource, ResourceGroup

SERVICES = frozenset({"vpxd", "webaccess", "vmware license server"})
"""Services of VirtualCenter, in lower case: a group with one of them is one of its groups."""
UNDER_WAY = frozenset({"initializing", "pending", "online pending", "offline pending"})


def moving(captures: Sequence[Capture]) -> str | None:
    """What says that a group of VirtualCenter is between two states or two nodes; None: nothing does."""
    views = [(capture.node, view) for capture in captures if (view := _view(capture)) is not None]
    groups = {group.casefold() for _, view in views for group in _groups_of_virtualcenter(view)}
    found = [*_pending(views, groups), *_owners(views, groups)]
    return "; ".join(dict.fromkeys(found)) or None


def _view(capture: Capture) -> ClusterView | None:
    try:
        return None if capture.failure else cluster.read(decode(capture.stdout))
    except BadOutput:
        return None


def _groups_of_virtualcenter(view: ClusterView) -> Iterator[str]:
    for resource in _resources(view):
        properties = () if isinstance(resource.properties, Missing) else resource.properties
        service = next((one.value for one in properties if same(one.name, "ServiceName")), "")
        if str(service).casefold() in SERVICES and isinstance(resource.group, str):
            yield resource.group


def _pending(views: Sequence[tuple[str, ClusterView]], groups: set[str]) -> Iterator[str]:
    for _, view in views:
        for group in _groups(view):
            if group.name.casefold() in groups and group.state in UNDER_WAY:
                yield f"{group.name} is {group.state}"
        for resource in _resources(view):
            if str(resource.group).casefold() in groups and resource.state in UNDER_WAY:
                yield f"{resource.name} is {resource.state}"


def _owners(views: Sequence[tuple[str, ClusterView]], groups: set[str]) -> Iterator[str]:
    for name in sorted(groups):
        told = [
            (node, group) for node, view in views for group in _groups(view)
            if group.name.casefold() == name and not isinstance(group.owner, Missing)
        ]  # fmt: skip
        if len({str(group.owner).casefold() for _, group in told}) > 1:
            said = ", ".join(f"{node} says {group.owner or 'nobody'}" for node, group in told)
            yield f"the nodes do not agree who holds {told[0][1].name} ({said})"


def _groups(view: ClusterView) -> tuple[ResourceGroup, ...]:
    return () if isinstance(view.groups, Missing) else view.groups


def _resources(view: ClusterView) -> tuple[Resource, ...]:
    return () if isinstance(view.resources, Missing) else view.resources
