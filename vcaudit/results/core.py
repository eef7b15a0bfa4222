"""One rule on one subject: severity, outcome, and everything a reader needs to see for it."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Literal

import msgspec

from vcaudit.results.actions import Action
from vcaudit.results.waivers import WaiverRecord


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


class Remediation(msgspec.Struct, frozen=True, kw_only=True):
    """What to do, with the observed names filled in; commands are ready to copy."""

    text: str
    cluster_exe: str | None = None
    powershell: str | None = None
    actions: tuple[Action, ...] = ()
    """What a script can do about it (`vcaudit remediate`); none: it is done by hand."""


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
    against: Literal["owner", "approved"] = "owner"
    """Whose the reference is: the node's that holds the group, or the approved snapshot's."""
    odd: str = ""
    """Of three or more nodes, the one that alone holds something else while all others agree; empty: there is none."""


def odd_in_all(differences: Sequence[Difference]) -> str:
    """The node that is odd in every one of them; empty when there is none, or not the same for all."""
    names = {each.odd for each in differences}
    return names.pop() if len(names) == 1 else ""


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
    pack: str = ""
    """Name of the rule pack; empty in results of versions that had only one."""
    anchor: str = ""
    """Stable within a report: rule id and subject, safe in a URL."""
    waiver: WaiverRecord | None = None
    """Of a waived failure; None when the inventory accepts it, which has no end."""
