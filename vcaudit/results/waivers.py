"""Failures that somebody took on for a time: what the waiver says, and what became of it.

Every name in a waiver is what a file states; nobody verified it. What is not asserted stands beside it: the SHA-256 of
the file, and the user of the system that vcaudit ran as.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

WaiverOutcome: TypeAlias = Literal[
    "applied", "expired", "not started", "value changed", "matched nothing", "undecided", "not judged", "invalid"
]
"""undecided: what it is about could not be looked at; not judged: no pack of this run has its rule,
or nobody knows its cluster; invalid: it lacks something, lives too long, or was approved by whoever asked for it."""


class WaiverRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A waiver as its file states it, and where that was read."""

    id: str
    rule: str
    cluster: str | None = None
    """Scope; None: every cluster."""
    node: str | None = None
    """Scope; None: every node, and what is about the cluster."""
    subject: str | None = None
    """Scope; None: every subject of the rule."""
    justification: str = ""
    ticket: str = ""
    requested_by: str = ""
    """As asserted, like `approved_by`."""
    approved_by: str = ""
    created: str = ""
    """A day, YYYY-MM-DD, UTC, as the next two; empty when the file does not say."""
    starts: str = ""
    expires: str
    """The last day, to its end."""
    file: str = ""
    line: int = 0
    file_sha256: str = ""
    run_as: str = ""
    """User of the system that vcaudit ran as when it read the file."""
    together_with: tuple[str, ...] = ()
    """Ids of further waivers that cover the same failure."""


class WaiverState(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a waiver when one cluster was judged."""

    waiver: WaiverRecord
    state: WaiverOutcome
    detail: str
    """A sentence: why it did not apply; of an applied one what it does not cover, or empty."""
    results: tuple[str, ...] = ()
    """Anchors of the failures it covers."""

    @property
    def sentence(self) -> str:
        """`waiver W-12 did not apply: …`; of an applied one what it covers."""
        if self.state == "applied":
            count = len(self.results)
            more = f"; {self.detail}" if self.detail else ""
            covers = f"covers {count} failure{'' if count == 1 else 's'}"
            return f"waiver {self.waiver.id} {covers} until {self.waiver.expires}{more}"
        return f"waiver {self.waiver.id} did not apply: {self.detail}"


class WaiverFileUsed(msgspec.Struct, frozen=True, kw_only=True):
    """A file of waivers that was read."""

    file: str
    """As it was named."""
    sha256: str
    max_days: int
    """How long a waiver of it may live."""
    waivers: int
    """How many it holds."""
