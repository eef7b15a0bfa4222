"""One script on one node over WinRM: one connection, a constant number of requests, nothing left behind.

Create, Command, Send, Receive, Delete are one request each; NTLM adds two when it seals (http) and one otherwise.
pywinrm and requests are imported when the first node is about to be asked, not before.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from vcaudit.errors import BadOutput, TransportError, Unreachable
from vcaudit.transport.backoff import patiently
from vcaudit.transport.base import BOOTSTRAP, CommandResult, Script, Spent, Target
from vcaudit.transport.checks import check

if TYPE_CHECKING:
    from winrm.protocol import Protocol

    from vcaudit.transport.wire import Wire

PIECE = 102_400
"""Bytes of stdin in one request: base64 and sealing keep it below the 150 kB envelope of WinRM 2.0."""
IDLE = "PT180S"
"""After which the node itself deletes a shell that we could not: WinRM 2.0's own limit."""
LONGEST_WAIT = 50
"""Seconds of one Receive: MaxTimeoutms is 60 s."""
CLOSING = 3.0
"""Seconds kept back from the deadline for deleting the shell; less when the deadline is short."""
CODE_PAGE = 437
"""The answer is ASCII; UTF-8 (65001) breaks stdin of PowerShell 2.0."""


class WinRm:
    """A Transport. One object serves one run at a time; `cancel` may be called from another thread.

    Every shell whose id arrived here is deleted. One whose Create was carried out and whose answer was lost on the way
    cannot be named in WinRM 2.0: the node deletes it itself after 180 s.
    """

    def __init__(self, target: Target) -> None:
        """Raises UsageError for settings that cannot be used: see checks.py."""
        check(target)
        # Here, and once for all nodes: a third of a second that would otherwise be taken from the deadline of the run.
        import vcaudit.transport.mapping
        import vcaudit.transport.session  # noqa: F401

        self._target = target
        self._spent = Spent()
        self._stopped = threading.Event()
        self._wire: Wire | None = None
        self._lock = threading.Lock()
        self._shells: list[str] = []
        self._warnings = list(target.tls.weakened)

    @property
    def spent(self) -> Spent:
        """Cost of the run so far."""
        return self._spent

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader of the report should know about this run."""
        return tuple(self._warnings)

    def cancel(self) -> None:
        """Ends the run soon, from another thread: it still deletes its shell, then raises Unreachable."""
        with self._lock:
            self._stopped.set()
            if self._wire:
                self._wire.cut()

    def run(self, script: Script, deadline: float) -> CommandResult:
        """Runs `script`, within `deadline` seconds. Raises TransportError."""
        started = time.monotonic()
        end = started + deadline
        self._spent, self._warnings, self._shells = Spent(), list(self._target.tls.weakened), []
        until = end - min(CLOSING, 0.2 * deadline)
        try:
            stdout, stderr, exit_code = patiently(
                lambda: self._restarting(script, until, end), until, self._stopped, self._warnings.append
            )
        finally:
            self._sweep(end)
        _check_output(self._target, stdout, stderr, exit_code)
        self._note_stderr(stderr, exit_code)
        return CommandResult(
            stdout=stdout, stderr=stderr, exit_code=exit_code, requests=self._spent.requests,
            bytes_sent=self._spent.bytes_sent, bytes_received=self._spent.bytes_received,
            seconds=time.monotonic() - started, warnings=self.warnings,
        )  # fmt: skip

    def _note_stderr(self, stderr: bytes, exit_code: int) -> None:
        if exit_code or stderr.strip():
            self._warnings.append(f"the script ended with exit code {exit_code}{_said(stderr)}")

    def _restarting(self, script: Script, until: float, end: float) -> tuple[bytes, bytes, int]:
        """A scan only reads, so it can be repeated: once, when the connection broke and there is time."""
        try:
            return self._attempt(script, until, end)
        except TransportError as error:
            if not error.retry or self._stopped.is_set() or time.monotonic() >= until:
                raise
            self._warnings.append(f"restarted once: {error.what}")
            return self._attempt(script, until, end)

    def _attempt(self, script: Script, until: float, end: float) -> tuple[bytes, bytes, int]:
        with self._session(until) as (protocol, wire):
            # Those of a broken attempt first: an account has five shells.
            self._delete_shells(protocol, wire)
            shell: str = self._ask(wire, protocol.open_shell, codepage=CODE_PAGE, noprofile=True, idle_timeout=IDLE)
            self._shells.append(shell)
            try:
                return self._converse(protocol, wire, shell, script)
            finally:
                if wire.settled and not wire.cut_off:
                    # The connection is still good for one more request.
                    wire.limit(end)
                    self._delete_shells(protocol, wire)

    def _converse(self, protocol: Protocol, wire: Wire, shell: str, script: Script) -> tuple[bytes, bytes, int]:
        command: str = self._ask(wire, protocol.run_command, shell, BOOTSTRAP, console_mode_stdin=False)
        pieces = [script.text[at : at + PIECE] for at in range(0, len(script.text), PIECE)] or [b""]
        for number, piece in enumerate(pieces, 1):
            self._ask(wire, protocol.send_command_input, shell, command, piece, end=number == len(pieces))
        out, err, size = [], [], 0
        while True:
            stdout, stderr, exit_code, done = self._receive(protocol, wire, shell, command)
            out.append(stdout)
            err.append(stderr)
            size += len(stdout) + len(stderr)
            if size > self._target.max_output:
                raise BadOutput(
                    f"the output is longer than {self._target.max_output} bytes", where=self._target.place,
                    hint="the node has far more to say than any that was seen; narrow what is asked for",
                )  # fmt: skip
            if done:
                return b"".join(out), b"".join(err), exit_code

    def _receive(self, protocol: Protocol, wire: Wire, shell: str, command: str) -> tuple[bytes, bytes, int, bool]:
        from winrm.exceptions import WinRMOperationTimeoutError

        from vcaudit.transport.mapping import timed_out

        while True:
            if time.monotonic() >= wire.until:
                raise timed_out(self._target)
            # The node gives up before we do, so that the connection can still carry the Delete.
            protocol.operation_timeout_sec = max(1, min(LONGEST_WAIT, int(wire.left())))
            try:
                answer: tuple[bytes, bytes, int, bool] = self._ask(
                    wire, protocol.get_command_output_raw, shell, command, through=(WinRMOperationTimeoutError,)
                )
            except WinRMOperationTimeoutError:
                continue
            return answer

    def _ask(
        self,
        wire: Wire,
        call: Callable[..., Any],
        *args: Any,
        through: tuple[type[Exception], ...] = (),
        **options: Any,
    ) -> Any:
        """One pywinrm call; its errors become ours, but for those that go `through` to the caller."""
        from vcaudit.transport.mapping import translate

        try:
            return call(*args, **options)
        except through:
            raise
        except Exception as error:
            # Everything: a server that answers nonsense makes pywinrm raise whatever Python raises then.
            if self._stopped.is_set() and wire.cut_off:
                raise Unreachable("interrupted", where=self._target.place) from None
            # Not chained: the library's errors hold requests, and those hold Authorization headers.
            raise translate(error, wire) from None

    @contextmanager
    def _session(self, until: float, *, closing: bool = False) -> Iterator[tuple[Protocol, Wire]]:
        """A connection of its own; `closing` works after `cancel` as well."""
        from vcaudit.transport.session import protocol
        from vcaudit.transport.wire import Wire

        wire = Wire(self._target, self._spent, until)
        made = protocol(wire)
        with self._lock:
            self._wire = wire
            if self._stopped.is_set() and not closing:
                wire.cut()
        try:
            yield made, wire
        finally:
            with self._lock:
                self._wire = None
            wire.close()
            made.transport.close_session()

    def _delete_shells(self, protocol: Protocol, wire: Wire) -> None:
        """Deletes what this run has opened, over a connection at hand; `_sweep` tries again what stays."""
        from vcaudit.transport.mapping import NO_SHELL

        while self._shells:
            try:
                self._delete(protocol, wire, self._shells[0])
            except TransportError as error:
                # One that the node has lost in a restart is gone, and must not keep us from the next.
                if error.code != NO_SHELL:
                    return
            del self._shells[0]

    def _delete(self, protocol: Protocol, wire: Wire, shell: str) -> None:
        with wire.beyond_budget():
            self._ask(wire, protocol.close_shell, shell, close_session=False)

    def _sweep(self, end: float) -> None:
        """Deletes shells over a connection of its own, when theirs broke or was cut off."""
        if not self._shells:
            return
        if self._stopped.is_set():
            # Whoever interrupts does not wait for a node that has stopped answering.
            end = min(end, time.monotonic() + CLOSING)
        with self._session(end, closing=True) as (protocol, wire):
            self._delete_shells(protocol, wire)
        if self._shells:
            self._warnings.append("a shell could not be deleted; the node deletes it itself after 180 s")


def _said(stderr: bytes) -> str:
    """The first line of stderr, for a message; PowerShell's progress records (CLIXML) say nothing to people."""
    from vcaudit.transport.mapping import plain

    text = stderr.decode("ascii", "replace").strip()
    return "" if not text or text.startswith("#< CLIXML") else f": {plain(text.splitlines()[0])}"


def _check_output(target: Target, stdout: bytes, stderr: bytes, exit_code: int) -> None:
    if stdout.strip():
        return
    if exit_code == 0:
        what = f"the command ended without output and with exit code 0{_said(stderr)}"
        hint = "cmd.exe does that with a command line that it cut; does something on the node replace PowerShell?"
    else:
        what = f"the command ended without output, exit code {exit_code}{_said(stderr)}"
        hint = "PowerShell may be missing, blocked by policy, or restricted to ConstrainedLanguage on the node"
    said = stderr.decode("ascii", "replace")
    raise BadOutput(what, where=target.place, hint=hint, code=exit_code, said=said)
