"""What was judged: results, readiness, verdict, and the data of the pictures. All reports read only this."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Literal

import msgspec

SCHEMA = 1


class Severity(StrEnum):
    """Of a rule; one rule, one severity."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 is the worst."""
        return list(Severity).index(self)


class Outcome(StrEnum):
    """Of one rule on one subject. Unknown and not_asked are never a pass and never a fail."""

    PASS = "pass"  # noqa: S105  (an outcome, not a password)
    FAIL = "fail"
    UNKNOWN = "unknown"
    NOT_ASKED = "not_asked"
    NOT_APPLICABLE = "not_applicable"
    WAIVED = "waived"


class Readiness(StrEnum):
    """Whether a role could start on a node now."""

    GO = "go"
    DEGRADED = "degraded"
    NO_GO = "no-go"
    UNKNOWN = "unknown"


class Remediation(msgspec.Struct, frozen=True, kw_only=True):
    """What to do, with the observed names filled in; commands are ready to copy."""

    text: str
    cluster_exe: str | None = None
    powershell: str | None = None


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """Where the note asks for it."""

    document: str = "TN-019-PRD-01-01"
    section: str
    table: str | None = None


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One element that differs between the reference node and a deviating node."""

    path: str
    """Element of vpxd.cfg, licence, file name, registry value, …"""
    change: Literal["added", "removed", "changed"]
    """As seen from the reference: `added` is only on the deviating node."""
    reference: str | None
    deviating: str | None


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """One rule on one subject."""

    cluster: str
    rule: str
    title: str
    severity: Severity
    requirements: tuple[str, ...]
    subject: str
    """What was judged: a resource, a group, a file; the cluster's name when the whole is meant."""
    node: str | None
    """The node it is about; None: the cluster."""
    role: str | None
    """ip, name, vpxd, web, license (license_ip, license_name in the second group of design G)."""
    outcome: Outcome
    observed: str | None
    expected: str | None
    message: str
    """A sentence about what is wrong (or right) here."""
    reason: str | None
    """For unknown and not_asked: the Missing's reason, for waived: the waiver's."""
    detail: str | None = None
    """For unknown: what happened, where; for not_asked: how to give it."""
    impact: str | None = None
    remediation: Remediation | None = None
    source: Source | None = None
    evidence: tuple[str, ...] = ()
    """Where it was seen: WMI class, registry path, file, with the node."""
    differences: tuple[Difference, ...] = ()
    anchor: str = ""
    """Stable within a report: rule id and subject, safe in a URL."""


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """One role on one node."""

    role: str
    node: str
    state: Readiness
    because: tuple[str, ...] = ()
    """Anchors of the results that make it so."""
    note: str = ""


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
    applicable: int
    failed: int
    undecided: int
    formula: str = "requirement ids without a failure ÷ applicable scored requirement ids"


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of results."""

    failed: dict[str, int]
    """By severity, every severity present; info is never here."""
    passed: int
    unknown: int
    not_asked: int
    not_applicable: int
    waived: int


class NodeBudget(msgspec.Struct, frozen=True, kw_only=True):
    """What one scan was allowed to spend on one node."""

    seconds: float
    """From connecting to closing."""
    requests: int
    received_bytes: int
    script_seconds: int
    """Run time of the script on the node."""
    wmi_seconds: int
    """One question to WMI or to cluster.exe."""
    registry_values: int
    file_bytes: int


class NodeProvenance(msgspec.Struct, frozen=True, kw_only=True):
    """What was spent on one node."""

    node: str
    route: str
    address: str
    user: str
    started: str
    seconds: float
    requests: int
    bytes_sent: int
    bytes_received: int
    collector_milliseconds: int | None
    script_sha256: str
    warnings: tuple[str, ...]
    budget: NodeBudget | None = None
    """None: nothing was asked of the node itself."""
    sources: tuple[str, ...] = ()
    """Facts of the cluster that WMI did not give, and what gave them: `possible owners: cluster.exe`."""


class ProvenanceRecord(msgspec.Struct, frozen=True, kw_only=True):
    """When, from where, with what."""

    taken_at: str
    judged_by: str
    """vcaudit and its version."""
    rule_pack: str
    """Name and version."""
    rule_pack_sha256: str
    snapshot_sha256: str
    nodes: tuple[NodeProvenance, ...]
    resolver: str
    declared: tuple[str, ...] = ()
    """What the owner declared, a line each."""


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


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Table 1 as a table."""

    nodes: tuple[str, ...]
    rows: tuple[Row, ...]


class Pictures(msgspec.Struct, frozen=True, kw_only=True):
    """The data of what reports draw."""

    groups: tuple[GroupPicture, ...]
    comparison: Comparison


class NotLooked(msgspec.Struct, frozen=True, kw_only=True):
    """A requirement no rule of this pack judges, and why."""

    requirement: str | None
    what: str
    reason: str


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


class Tool(msgspec.Struct, frozen=True, kw_only=True):
    """What wrote the results."""

    name: str
    version: str


class AuditResults(msgspec.Struct, frozen=True, kw_only=True):
    """The results document (schema published in docs/)."""

    schema: int = SCHEMA
    tool: Tool
    clusters: tuple[ClusterResult, ...]
    results: tuple[Result, ...]
    """Flat however many clusters; the pack's order, then subject, then node."""
    defects: tuple[str, ...] = ()
    """Rules that could not be evaluated for a fault of their own; exit 3."""


def merge(several: Sequence[AuditResults]) -> AuditResults:
    """Results of several clusters as one document; anchors get the cluster's number in front, to stay unique."""
    if len(several) == 1:
        return several[0]
    marked = [_marked(one, f"c{number}-") for number, one in enumerate(several, 1)]
    return AuditResults(
        tool=several[0].tool,
        clusters=tuple(cluster for one in marked for cluster in one.clusters),
        results=tuple(result for one in marked for result in one.results),
        defects=tuple(dict.fromkeys(defect for one in several for defect in one.defects)),
    )


def _marked(one: AuditResults, mark: str) -> AuditResults:
    replace = msgspec.structs.replace
    clusters = []
    for cluster in one.clusters:
        cells = (replace(cell, because=tuple(mark + anchor for anchor in cell.because)) for cell in cluster.readiness)
        clusters.append(replace(cluster, readiness=tuple(cells)))
    results = tuple(replace(result, anchor=mark + result.anchor) for result in one.results)
    return replace(one, clusters=tuple(clusters), results=results)
