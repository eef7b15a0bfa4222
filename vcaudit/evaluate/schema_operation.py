"""What answers at the virtual server, and which failovers were tried, as types (null and Missing: see `schema.py`)."""

from __future__ import annotations

from typing import Literal

from vcaudit.snapshot.base import Fact, Missing


class AnswerView(Fact, frozen=True, kw_only=True):
    """A port of the virtual server, tried from the machine that vcaudit ran on (`--probe`).

    From: Connections made from the auditor, with `--probe`.
    """

    role: Literal["vpxd", "web", "license"]
    """The role that should answer."""
    what: str
    """In words: VirtualCenter Server."""
    at: str | Missing
    """`192.0.2.50:443`."""
    via: str | Missing
    """What was connected to, where that is not the same; else empty."""
    told_by: str
    """Where the port was learnt: inventory, registry of VCNODE1, SERVER line of VCNODE1, default."""
    answers: bool | Missing
    """Missing as well when no way leads there from here, and when a port that had to be guessed does not answer."""
    said: str | Missing
    """`answered after 3 ms`, `refused the connection after 1 ms (ECONNREFUSED)`."""
    state: str | None | Missing
    """Of the role's resource; None: there is none."""
    certificate: str | None
    """SHA-256 of the certificate that was shown; None: none was."""
    known_as: str | None | Missing
    """What that certificate is: `rui.crt of VCNODE1`, `another certificate than rui.crt of VCNODE1`."""


class DrillVar(Fact, frozen=True, kw_only=True):
    """An element of variable `drills`: the record of a failover that somebody tried, newest first.

    From: The files that the inventory or `--drill` names.
    """

    file: str
    """Name of the record."""
    digest: str
    """SHA-256 of the file."""
    group: str
    """The group that was moved."""
    source: str
    """Node that held the group before."""
    target: str
    """Node that was to take it over."""
    started: str
    """RFC 3339 UTC."""
    operator: str
    """As the record says; nobody has verified it."""
    tool: str
    """What wrote the record."""
    counts: bool | Missing
    """It is of a VirtualCenter group and of nodes of this cluster, and not from after the snapshot."""
    why_not: str | Missing
    """Empty when it counts."""
    text: str
    """`VC Group from VCNODE1 to VCNODE2 on 2026-05-02`."""


class TakeoverView(Fact, frozen=True, kw_only=True):
    """A VirtualCenter group and a node that must be able to take it over: the newest drill of that.

    From: Drill records, held against the groups and nodes of the cluster.
    """

    group: str
    """The group."""
    node: str
    """The node that must be able to take it over."""
    vpxd: bool
    """VirtualCenter Server is in the group."""
    recorded: bool | Missing
    """There is a record of such a drill."""
    file: str | None | Missing
    """None, here and below: no drill of this is recorded."""
    date: str | None | Missing
    """Day on which it began."""
    age: int | None | Missing
    """Full days between the drill and the snapshot."""
    online: bool | None | Missing
    """Its resources came online."""
    seconds: int | None | Missing
    """From all resources online to VirtualCenter answering; None as well when it never did, or nobody wrote it down."""
    operator: str | None | Missing
    """Who did it, as the record says."""


class DrillStep(Fact, frozen=True, kw_only=True):
    """A step of the note's test, in the newest drill of a group onto a node.

    From: Drill records.
    """

    group: str
    """The group that was moved."""
    node: str
    """The node that took it over."""
    what: str
    """In words: a managed ESX host is in the inventory and connected."""
    recorded: bool | Missing
    """A drill of this group onto this node is recorded."""
    result: Literal["pass", "fail"] | None | Missing
    """None: the record does not say."""
    said: str | Missing
    """`pass (operator J. Doe: esx01 connected)`; `not recorded`."""
