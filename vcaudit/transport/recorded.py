"""Replays what a node once answered: same contract as the wire, without one."""

from __future__ import annotations

from vcaudit.capture import Capture
from vcaudit.errors import (
    AccessDenied,
    AuthenticationFailed,
    BadOutput,
    Refused,
    TimedOut,
    TransportError,
    Unreachable,
)
from vcaudit.transport.base import CommandResult, Script, Spent

ERRORS: dict[str, type[TransportError]] = {
    kind.reason: kind for kind in (Unreachable, AuthenticationFailed, AccessDenied, TimedOut, BadOutput, Refused)
}
"""Missing reason → the error that has it."""


class Recorded:
    """A Transport whose node is a saved Capture."""

    def __init__(self, capture: Capture) -> None:
        self._capture = capture
        self._warnings = list(capture.warnings)

    @property
    def spent(self) -> Spent:
        """What the recording had cost when it was made."""
        saved = self._capture
        return Spent(saved.requests, saved.bytes_sent, saved.bytes_received)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Those of the recording, and whether it was made with another script."""
        return tuple(self._warnings)

    def cancel(self) -> None:
        """Nothing goes on."""

    def run(self, script: Script, deadline: float) -> CommandResult:
        """The recorded answer, or the recorded failure as the error it was. Raises TransportError."""
        saved = self._capture
        if saved.failure is not None:
            kind = ERRORS.get(saved.failure.reason, Unreachable)
            raise kind(saved.failure.detail, where=saved.failure.where)
        if saved.script_sha256 != script.sha256:
            self._warnings.append(f"recorded with another script (SHA-256 {saved.script_sha256 or 'unknown'})")
        return CommandResult(
            stdout=saved.stdout, stderr=b"", exit_code=0, requests=saved.requests, bytes_sent=saved.bytes_sent,
            bytes_received=saved.bytes_received, seconds=saved.seconds, warnings=self.warnings,
        )  # fmt: skip
