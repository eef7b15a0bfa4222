"""What reports draw: the groups as Figs. 4 and 5 have them, observed against required, and Table 1 side by side."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from vcaudit.evaluate.cluster import Merged, merge
from vcaudit.evaluate.comparison import comparison
from vcaudit.evaluate.known import among, same, unless_missing
from vcaudit.evaluate.monitors import separate
from vcaudit.evaluate.readiness import is_broken
from vcaudit.evaluate.schema import GroupVar, OtherResource, RequiredRole, ResourceVar, RuleView
from vcaudit.results import Arrow, Box, Depends, GroupPicture, Pictures, Result
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.model import Snapshot

UNKNOWN = "unknown"
_ONLINE = {"online": True, "offline": False, "failed": False}
"""Of a resource's state; what is just changing is neither."""
_LICENSE_GROUP = frozenset({"license", "license_ip", "license_name"})


def pictures(snapshot: Snapshot, view: RuleView, results: Sequence[Result]) -> Pictures:
    """Groups whose roles are not known are not drawn: a picture of a guess would be believed."""
    failed = [result for result in results if is_broken(result)]
    merged = merge(snapshot.nodes)
    return Pictures(
        groups=_groups(view, failed, merged), comparison=comparison(snapshot, view), depends=_depends(merged)
    )


def _depends(merged: Merged) -> tuple[Depends, ...] | None:
    """Of roles and of others alike: what nobody drew goes offline all the same."""
    if isinstance(merged.resources, Missing):
        return None
    return tuple(
        Depends(resource=each.name, group=unless_missing(each.group), on=unless_missing(each.depends_on),
                online=_ONLINE.get(str(each.state)))
        for each in merged.resources
    )


def _groups(view: RuleView, failed: Sequence[Result], merged: Merged) -> tuple[GroupPicture, ...]:
    groups, resources = view.vc.groups, view.vc.resources
    if isinstance(groups, Missing) or isinstance(resources, Missing):
        return ()
    rows = [row for row in view.vc.required if row.needed is not False]
    if not groups:
        boxes = tuple(_vacant(row, failed) for row in rows)
        return (GroupPicture(name="(no VirtualCenter group)", state="none", owner=None, boxes=boxes, arrows=()),)
    apart = len(groups) > 1
    out = []
    for index, group in enumerate(groups):
        here = [row for row in rows if not apart or (row.role in _LICENSE_GROUP) == (index > 0)]
        out.append(_group(group, here, resources, failed, merged))
    return tuple(out)


def _group(
    group: GroupVar, rows: Sequence[RequiredRole], resources: Sequence[ResourceVar], failed: Sequence[Result],
    merged: Merged,
) -> GroupPicture:  # fmt: skip
    bound = {r.role: r for r in resources if r.role in {row.role for row in rows}}
    boxes = [_bound(bound[row.role], group, failed) if row.role in bound else _vacant(row, failed) for row in rows]
    boxes += [_other(other, group, merged) for other in group.others]
    keys = {r.name: r.role for r in bound.values()} | {other.name: other.name for other in group.others}
    arrows = [arrow for resource in bound.values() for arrow in _arrows(resource, keys, rows)]
    return GroupPicture(
        name=group.name, state=unless_missing(group.state) or UNKNOWN, owner=unless_missing(group.owner),
        boxes=tuple(boxes), arrows=tuple(arrows),
    )  # fmt: skip


def _bound(resource: ResourceVar, group: GroupVar, failed: Iterable[Result]) -> Box:
    return Box(
        role=resource.role,
        label=resource.name,
        type=resource.type,
        state=resource.state if isinstance(resource.state, str) else UNKNOWN,
        owner=unless_missing(resource.owner),
        separate_monitor=unless_missing(resource.separate),
        group=resource.group,
        present=True,
        bad=any(same(result.subject, resource.name) for result in failed),
    )


def _other(other: OtherResource, group: GroupVar, merged: Merged) -> Box:
    """A resource that fills no role; that it has a monitor of its own is asked of nobody, and shown."""
    told = () if isinstance(merged.resources, Missing) else merged.resources
    found = next((resource for resource in told if resource.name == other.name), None)
    apart = None if found is None else separate(found, told, merged.groups)
    return Box(
        role=other.name, label=other.name, type=other.type,
        state=found.state if found is not None and isinstance(found.state, str) else UNKNOWN,
        owner=unless_missing(group.owner), separate_monitor=unless_missing(apart), group=other.group,
        present=True, bad=False,
    )  # fmt: skip


def _vacant(row: RequiredRole, failed: Iterable[Result]) -> Box:
    return Box(
        role=row.role, label=row.what, type=row.type, state="", owner=None, separate_monitor=None,
        group=unless_missing(row.group), present=False, bad=any(same(result.subject, row.what) for result in failed),
    )  # fmt: skip


def _arrows(resource: ResourceVar, keys: dict[str, str], rows: Sequence[RequiredRole]) -> Iterable[Arrow]:
    """Required ones that are there or missing, and those that Table 4 does not have."""
    if isinstance(resource.depends_on, Missing):
        return
    for name in resource.required_on:
        target = next((role for other, role in keys.items() if same(other, name)), None)
        vacant = next((row.role for row in rows if name == f"(no {row.type})" and row.resource is None), None)
        there = among(name, resource.depends_on)
        if target or vacant:
            yield Arrow(source=resource.role, target=target or vacant or "", kind="required" if there else "missing")
    for name in resource.depends_on:
        target = next((role for other, role in keys.items() if same(other, name)), None)
        # What hangs on a resource outside the picture has nothing to point at; the findings name it.
        if target and not among(name, resource.required_on):
            yield Arrow(source=resource.role, target=target, kind="extra")
