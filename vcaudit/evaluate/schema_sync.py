"""Relations over the ways of synchronisation (Data Synchronization), as types: parts of the variable `vc`."""

from __future__ import annotations

from typing import Literal

from vcaudit.snapshot.base import Fact, Missing


class SyncResource(Fact, frozen=True, kw_only=True):
    """A synchronisation task in a VirtualCenter group (F8); C1 holds for it too."""

    name: str
    group: str
    separate: bool | Missing
    separate_flag: bool | Missing
    shares_monitor_with: tuple[str, ...] | Missing
    command: str
    """Its command line; secrets in it are `***`."""
    ends: bool | None | Missing
    """It is over as soon as it has copied; None: what it runs is not understood."""


class SyncScript(Fact, frozen=True, kw_only=True):
    """A script that the command line of a synchronisation resource names, on one node."""

    resource: str
    script: str
    """Its path there."""
    node: str
    exists: bool | Missing


class SyncScripts(Fact, frozen=True, kw_only=True):
    """The scripts of a synchronisation resource on all nodes."""

    resource: str
    scripts: tuple[str, ...]
    """Their paths."""
    identical: bool | Missing
    """Those that are there are the same, byte by byte."""
    differ_on: tuple[str, ...] | Missing
    """Nodes that have another than the owner of the group, or than the first node."""


class SyncWay(Fact, frozen=True, kw_only=True):
    """Something that keeps Table 1 the same on the nodes, wholly or in part."""

    kind: Literal["task", "resource", "dfsr"]
    name: str
    node: str | None
    """Where it runs; None: where the group is."""
    what: str
    """`scheduled task \\Copy on VCNODE1`"""
    covers: tuple[str, ...] | Missing
    """Requirement ids of what it takes along, wholly or in part, in some direction."""
    works: bool | Missing
    """The last run ended well; of a resource: it is online; of a replicated folder: its state is normal."""
    state: str | Missing
    """The same in words."""
    last_run: str | None | Missing
    """None: it goes on all the time, or never ran."""
    last_result: int | None | Missing
    age_hours: int | None | Missing
    """Whole hours from the last run to the scan, by the node's own clock; None: it never ran, or nobody says."""
    continuous: bool | Missing
    overwrites_newer: bool | Missing
    """A copy of it has a fixed source and can put older data over the owner's newer."""
    overwrites: tuple[str, ...] | Missing
    """How, in words."""


class SyncThing(Fact, frozen=True, kw_only=True):
    """One of the four things of Table 1 that F1 to F4 are about."""

    what: str
    requirement: str
    needed: bool | Missing
    """False: no node has it."""
    alike: bool | Missing
    """It is the same on every node now."""
    covered: bool | Missing
    """From whichever node holds the group, a way brings it to every other."""
    uncovered: tuple[str, ...] | Missing
    """`from VCNODE1 to VCNODE2`, where none does."""
    by: tuple[str, ...] | Missing
    """The ways that bring it anywhere, in words."""
    unclear: tuple[str, ...] | Missing
    """What might bring it, and is not counted: what of it is not understood, in words."""


class SyncUnclear(Fact, frozen=True, kw_only=True):
    """A task or a resource that is not counted as a way, because of what it runs is not all understood."""

    name: str
    node: str | None
    what: str
    why: str
    """`disabled`, or what is not understood."""
