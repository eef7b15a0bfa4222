"""Everything about one cluster but its results: verdict, readiness, scores."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

import msgspec

from vcaudit.results.pictures import Pictures
from vcaudit.results.provenance import ProvenanceRecord
from vcaudit.results.waivers import WaiverState


class Readiness(StrEnum):
    """Whether a role could start on a node now."""

    GO = "go"
    DEGRADED = "degraded"
    NO_GO = "no-go"
    UNKNOWN = "unknown"


class Blocker(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in the way of a role on a node."""

    anchor: str
    """Of the result."""
    rule: str
    attribute: str
    """What is wrong there, or could not be looked at: `vpxd is disabled on VCNODE2`."""
    fix: str
    """The command of cluster.exe or sc.exe that mends it, where one does it all; else what to do, in a sentence."""


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """One role on one node."""

    role: str
    node: str
    state: Readiness
    because: tuple[str, ...] = ()
    """Anchors of the results that make it so."""
    note: str = ""
    blocked_by: tuple[Blocker, ...] = ()
    """The same results, said shortly."""


class NodeVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """Would this node take over?"""

    node: str
    owner: bool
    """Whether it holds the VirtualCenter group now."""
    answer: Literal["yes", "degraded", "no", "unknown"]
    sentence: str
    """`VCNODE2 would not take over: every ESX host would refuse its certificate.`"""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to the one question."""

    answer: Literal["yes", "degraded", "no", "unknown"]
    """The worst of the nodes that do not own the group now."""
    sentence: str
    nodes: tuple[NodeVerdict, ...]
    exit_code: int
    """With the default thresholds."""


class Compliance(msgspec.Struct, frozen=True, kw_only=True):
    """Applicable scored requirement ids without a failure ÷ applicable scored ids; unknown counts both ways."""

    lower: float
    """0 to 1; unknown and not_asked count as failed."""
    upper: float
    """0 to 1; they count as passed."""
    without_waivers: float
    """`upper` if nothing were waived."""
    applicable: int
    failed: int
    undecided: int
    lower_without_waivers: float | None = None
    """`lower` if nothing were waived; None in results of versions that did not tell."""
    formula: str = "requirement ids without a failure ÷ applicable scored requirement ids"


class PackScore(msgspec.Struct, frozen=True, kw_only=True):
    """What one rule pack makes of the cluster; its rules without a requirement count by their own ids."""

    pack: str
    title: str
    version: str
    sha256: str
    """Of all files of the pack."""
    compliance: Compliance


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of results."""

    failed: dict[str, int]
    """By severity, every severity present; info is never here."""
    passed: int
    unknown: int
    not_asked: int
    not_applicable: int
    waived: int


class NotLooked(msgspec.Struct, frozen=True, kw_only=True):
    """What no rule judged, and why."""

    requirement: str | None
    what: str
    reason: str
    rule: str | None = None
    """A rule that was switched off; None: there is no rule for it."""


class ClusterResult(msgspec.Struct, frozen=True, kw_only=True):
    """Everything about one cluster but its results."""

    name: str
    taken_at: str
    owner: str | None
    verdict: Verdict
    readiness: tuple[Cell, ...]
    compliance: Compliance
    summary: Summary
    provenance: ProvenanceRecord
    pictures: Pictures
    not_looked: tuple[NotLooked, ...]
    accepted: tuple[str, ...] = ()
    """Declared exceptions, with their reasons."""
    banner: str | None = None
    """When the software is outside what the pack is about."""
    scores: tuple[PackScore, ...] = ()
    """One for each rule pack, the one of `compliance` first; empty in results of versions that had only one."""
    waivers: tuple[WaiverState, ...] = ()
    """Every waiver that is about this cluster, whether it applied or not."""
