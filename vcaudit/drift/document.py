"""What `vcaudit diff` found, as one document: printed for people, or as JSON."""

from __future__ import annotations

from typing import Literal

import msgspec

SCHEMA = 1


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """One fact that differs; a secret is never among the values."""

    node: str | None
    """None: of the snapshot as a whole, or of the two nodes compared."""
    path: tuple[str, ...]
    """Section, then names of fields and keys of records: `cluster`, `resources`, `VC Server`, `possible_owners`, …"""
    change: Literal["added", "removed", "changed"]
    before: str | None
    """None: not there."""
    after: str | None


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One difference as people speak of it; several facts where they are one thing."""

    nodes: tuple[str, ...]
    """Where; empty: the cluster as a whole."""
    subject: str
    text: str
    facts: tuple[Fact, ...]
    reason: str = ""
    """Why it is volatile; empty where it is not."""


class MovedGroup(msgspec.Struct, frozen=True, kw_only=True):
    """One group that is on another node than before, with all that follows from it."""

    group: str
    source: str
    target: str
    lines: tuple[Line, ...]


class CannotTell(msgspec.Struct, frozen=True, kw_only=True):
    """Facts that could not be looked at on a side at least, for one cause."""

    node: str | None
    side: Literal["before", "after", "both"]
    what: tuple[str, ...]
    """The facts, in words."""
    paths: tuple[tuple[str, ...], ...]
    reason: str
    detail: str


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """One of the two things compared."""

    name: str
    """File, or node."""
    cluster: str
    taken_at: str
    sha256: str
    """Of the file."""


class Drift(msgspec.Struct, frozen=True, kw_only=True):
    """The document."""

    schema: int = SCHEMA
    vcaudit: str
    compared: Literal["snapshots", "nodes"]
    before: Side
    after: Side
    same: bool | None
    """None: nothing differs as far as can be told, and something could not be compared."""
    changes: tuple[Line, ...]
    moves: tuple[MovedGroup, ...]
    cannot_tell: tuple[CannotTell, ...]
    not_asked: tuple[CannotTell, ...]
    """Facts that nobody asked for, on one side at least: no role export was given, the version knew no such fact. And
    those of what is installed on neither side."""
    volatile: tuple[Line, ...]
    warnings: tuple[str, ...] = ()
