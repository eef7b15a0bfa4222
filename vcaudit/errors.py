"""Every error vcaudit raises on purpose, in one tree; each says what happened, where, and what to do next.

VcauditError                    exit 3 unless a class says otherwise
├── UsageError                  the call itself was wrong
├── DataError                   a file someone wrote is wrong; carries every Problem of that file
│   ├── InventoryError  RuleError  SnapshotError  ResultsError  PermissionsError  ScenarioError  SourceError
│   ├── DrillError  WaiverError
├── CredentialError             a password could not be had
├── TransportError              one node could not be asked; carries the Missing reason for all its facts
│   ├── Unreachable  AuthenticationFailed  AccessDenied  TimedOut  BadOutput  Refused  Busy
├── TargetError                 the targets are not distinct members of one cluster: nothing is judged
└── OutputError                 a report could not be written
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from vcaudit.redaction import wipe


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake in a file: where it is, what is wrong, and what would be right. Sorted by file and line."""

    file: str
    """Path as the user gave it."""
    line: int
    """1-based; 0 when the file as a whole is meant."""
    message: str
    """What is wrong and which values are allowed, without a full stop."""

    def __str__(self) -> str:
        text = f"{self.file}:{self.line}: {self.message}" if self.line else f"{self.file}: {self.message}"
        # Names of files and what stands in them are others' words; no terminal shall obey them.
        return text if text.isprintable() else "".join(_shown(char) for char in text)


def _shown(char: str) -> str:
    return char if char.isprintable() or char == "\n" else repr(char)[1:-1]


class VcauditError(Exception):
    """What happened, where, and what to do next."""

    exit_code: ClassVar[int] = 3

    def __init__(self, what: str, *, where: str = "", hint: str = "") -> None:
        # Whatever went into the message: no error of ours repeats a password that this run has looked up.
        self.what, self.where, self.hint = wipe(what), wipe(where), wipe(hint)
        super().__init__(self.what)

    def __str__(self) -> str:
        head = f"{self.where}: {self.what}" if self.where else self.what
        return f"{head}\n  {self.hint}" if self.hint else head


class UsageError(VcauditError):
    """The command line asks for something that cannot be."""


class DataError(VcauditError):
    """A file that someone wrote is wrong; all its problems at once."""

    def __init__(self, problems: Sequence[Problem], *, hint: str = "") -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)), hint=hint)


class InventoryError(DataError):
    """vcaudit.yaml."""


class RuleError(DataError):
    """A rule file, or several."""


class SnapshotError(DataError):
    """A saved snapshot."""


class ResultsError(DataError):
    """Saved results."""


class PermissionsError(DataError):
    """The CSV of VirtualCenter role holders."""


class DrillError(DataError):
    """The record of a drill, or several."""


class ScenarioError(DataError):
    """A lab scenario, fault or patch."""


class SourceError(DataError):
    """What `vcaudit import` was given: kit output, folders, archives."""


class WaiverError(DataError):
    """waivers.yaml, or what another tool calls its waivers."""


class CredentialError(VcauditError):
    """A password could not be had from where the inventory says it is."""


class TransportError(VcauditError):
    """One node could not be asked; `reason` becomes the Missing reason of all its facts."""

    reason: ClassVar[str] = "unreachable"

    def __init__(
        self, what: str, *, where: str = "", hint: str = "", retry: bool = False, code: int | None = None,
        said: str = "",
    ) -> None:  # fmt: skip
        super().__init__(what, where=where, hint=hint)
        self.retry = retry
        """Whether a fresh connection may succeed (a dropped keep-alive connection)."""
        self.code = code
        """The number by which causes are told apart: WS-Management fault, HTTP status, exit code or errno."""
        self.said = wipe(said)
        """What the other side said, as far as it tells causes apart: offers of a 401, stderr of the command."""


class Unreachable(TransportError):
    """No connection, or it broke."""


class AuthenticationFailed(TransportError):
    """The node answered and did not accept who we are."""

    reason = "authentication"


class AccessDenied(TransportError):
    """Who we are was accepted; what we asked was not allowed."""

    reason = "access_denied"


class TimedOut(TransportError):
    """The deadline of the whole script passed."""

    reason = "timeout"


class BadOutput(TransportError):
    """The node answered something that is not a complete answer of the collector."""

    reason = "bad_output"


class Refused(TransportError):
    """The node has no room for us, or we have no budget left for it."""

    reason = "refused"


class Busy(Refused):
    """The node has no room for us just now: shells, operations or users are used up, and may be given back."""


class TargetError(VcauditError):
    """The targets are not distinct members of one cluster, so comparing them would prove nothing."""


class OutputError(VcauditError):
    """A report could not be written."""
