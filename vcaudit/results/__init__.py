"""What was judged: results, readiness, verdict, and the data of the pictures. All reports read only this."""

from __future__ import annotations

from vcaudit.results.actions import Action, Copy, RegistryEntry
from vcaudit.results.cluster import (
    Blocker,
    Cell,
    ClusterResult,
    Compliance,
    NodeVerdict,
    NotLooked,
    PackScore,
    Readiness,
    Summary,
    Verdict,
)
from vcaudit.results.core import (
    Difference,
    Outcome,
    Remediation,
    Result,
    Severity,
    Source,
    odd_in_all,
)
from vcaudit.results.document import (
    SCHEMA,
    AuditResults,
    Tool,
    merge,
)
from vcaudit.results.pictures import (
    Arrow,
    Box,
    Comparison,
    Depends,
    GroupPicture,
    Pictures,
    Row,
)
from vcaudit.results.provenance import (
    BaselineUsed,
    NodeBudget,
    NodeProvenance,
    PackUsed,
    ProvenanceRecord,
)
from vcaudit.results.waivers import (
    WaiverFileUsed,
    WaiverOutcome,
    WaiverRecord,
    WaiverState,
)

__all__ = [
    "SCHEMA",
    "Action",
    "Arrow",
    "AuditResults",
    "BaselineUsed",
    "Blocker",
    "Box",
    "Cell",
    "ClusterResult",
    "Comparison",
    "Compliance",
    "Copy",
    "Depends",
    "Difference",
    "GroupPicture",
    "NodeBudget",
    "NodeProvenance",
    "NodeVerdict",
    "NotLooked",
    "Outcome",
    "PackScore",
    "PackUsed",
    "Pictures",
    "ProvenanceRecord",
    "Readiness",
    "RegistryEntry",
    "Remediation",
    "Result",
    "Row",
    "Severity",
    "Source",
    "Summary",
    "Tool",
    "Verdict",
    "WaiverFileUsed",
    "WaiverOutcome",
    "WaiverRecord",
    "WaiverState",
    "merge",
    "odd_in_all",
]
