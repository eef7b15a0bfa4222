"""Which node holds the group of a role: in design G the license server's is another's than VirtualCenter's (Fig. 5)."""

from __future__ import annotations

from collections.abc import Sequence

from vcaudit.evaluate.known import same
from vcaudit.evaluate.schema import GroupVar, RequiredRole
from vcaudit.snapshot.base import Missing


def holder(
    role: str | None,
    required: Sequence[RequiredRole],
    groups: Sequence[GroupVar] | Missing,
    owner: str | None | Missing,
) -> str | None | Missing:
    """The node that holds the group of a role; `owner`, VirtualCenter's, where nothing fills the role.

    None: nobody holds it. Missing: nobody knows which group it is, or who holds it.
    """
    rows = {row.role: row for row in required}
    row = next((row for row in required if row.role == role), None)
    main = rows["vpxd"].group if "vpxd" in rows else None
    if row is None or row.resource is None or row.group is None:
        return owner
    for gap in (row.resource, row.group):
        if isinstance(gap, Missing):
            return gap
    if isinstance(row.group, str) and isinstance(main, str) and same(row.group, main):
        return owner
    if isinstance(groups, Missing):
        return groups
    return next((group.owner for group in groups if role in group.roles), owner)
