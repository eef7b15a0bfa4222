"""The data of what reports draw."""

from __future__ import annotations

from typing import Literal

import msgspec


class Box(msgspec.Struct, frozen=True, kw_only=True):
    """A resource of the drawn group."""

    role: str
    """Key of the box; for other resources their name."""
    label: str
    """Display name; for a role that nothing fills, what is missing."""
    type: str
    state: str
    owner: str | None
    separate_monitor: bool | None
    group: str | None
    present: bool
    bad: bool
    """A failed result is about it."""


class Arrow(msgspec.Struct, frozen=True, kw_only=True):
    """`source` depends on `target` (roles)."""

    source: str
    target: str
    kind: Literal["required", "missing", "extra"]
    """Required and there; required and missing; there and not in Table 4."""


class GroupPicture(msgspec.Struct, frozen=True, kw_only=True):
    """Fig. 4 or Fig. 5, as observed against as required."""

    name: str
    state: str
    owner: str | None
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One thing of Table 1, side by side."""

    thing: str
    same: bool | None
    """None: could not be compared."""
    cells: tuple[str, ...]
    """One per node, in the order of `Comparison.nodes`."""
    odd: int | None = None
    """Which cell, of three or more, alone says something else while all others agree; None: there is none."""


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Table 1 as a table."""

    nodes: tuple[str, ...]
    rows: tuple[Row, ...]


class Depends(msgspec.Struct, frozen=True, kw_only=True):
    """What one resource of the cluster depends on, as it is, drawn or not."""

    resource: str
    group: str | None
    """None: not known."""
    on: tuple[str, ...] | None
    """Names of resources; None: not known."""
    online: bool | None = None
    """False: it was offline, or had failed; None: not known, or just changing."""


class Pictures(msgspec.Struct, frozen=True, kw_only=True):
    """The data of what reports draw."""

    groups: tuple[GroupPicture, ...]
    comparison: Comparison
    depends: tuple[Depends, ...] | None = None
    """Every resource of the cluster: what goes offline with another; None: the resources are not known."""
