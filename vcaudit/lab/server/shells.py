"""The remote shell behind an endpoint: shells, commands and the limits of WinRM 2.0 (field facts, section 7)."""

from __future__ import annotations

import base64
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from xml.sax.saxutils import escape

import msgspec

from vcaudit.lab.server import wsman
from vcaudit.lab.server.faults import Faults, spoil
from vcaudit.lab.server.wsman import SHELL, TRANSFER, Envelope, WsmanFault

Run = Callable[[str, bytes], tuple[bytes, bytes, int]]
"""Command line, stdin → stdout, stderr, exit code: the node itself."""

ENVELOPE_RESERVE = 4096  # header, sealing and XML around the streams of one answer
SLICE = 32_768  # bytes of output in one Stream element


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What WinRM 2.0 allows; tests shrink it."""

    envelope: int = 153_600
    """Bytes of one request or answer."""
    command_line: int = 8_191
    """Characters: cmd.exe's own end; what is longer is cut and comes back with nothing and exit code 0."""
    shells: int = 5
    """Per user."""
    operations: int = 15
    """At the same time, per user."""
    idle: float = 180.0
    """Seconds after which a shell nobody uses is deleted."""
    operation_timeout: float = 60.0
    """Seconds that one request may take at most (MaxTimeoutms)."""


class Command:
    """One started command line."""

    def __init__(self, line: str) -> None:
        self.line = line
        self.stdin = bytearray()
        self.started = False
        self.changed = threading.Condition()
        self.output: deque[tuple[str, bytes]] = deque()
        self.exit_code: int | None = None
        self.aborted = False

    def finish(self, stdout: bytes, stderr: bytes, exit_code: int) -> None:
        """Hands over the result."""
        with self.changed:
            for name, data in (("stdout", stdout), ("stderr", stderr)):
                self.output.extend((name, data[i : i + SLICE]) for i in range(0, len(data), SLICE))
            self.exit_code = exit_code
            self.changed.notify_all()

    def abort(self) -> None:
        """Wakes whoever waits for output of a shell that is gone."""
        with self.changed:
            self.aborted = True
            self.changed.notify_all()


class Shell:
    """One open shell."""

    def __init__(self, owner: str, idle: float) -> None:
        self.owner, self.idle = owner, idle
        self.commands: dict[str, Command] = {}
        self.used = time.monotonic()


class Shells:
    """Answers the six operations; raises WsmanFault."""

    def __init__(self, run: Run, faults: Faults, limits: Limits, closing: threading.Event, *, late: bool) -> None:
        self._run, self._faults, self._limits, self._closing, self._late = run, faults, limits, closing, late
        self._lock = threading.Lock()
        self._shells: dict[str, Shell] = {}
        self._busy: dict[str, int] = {}
        self.crashes: list[BaseException] = []
        """What `run` raised: a defect of the lab, which the client sees as stderr and exit code 1."""

    def open(self) -> int:
        """Shells that are still there."""
        with self._lock:
            self._forget_idle()
            return len(self._shells)

    def perform(self, request: Envelope, user: str) -> bytes:
        """The answer to one request of an authenticated user."""
        operation: Operation | None = getattr(self, OPERATIONS.get(request.header("a:Action"), ""), None)
        if operation is None:
            raise WsmanFault(2150858751, "a:ActionNotSupported", "The action is not supported by the service.")
        if "access-denied" in self._faults:
            raise WsmanFault(5, "w:AccessDenied", "Access is denied. ")
        with self._operation(user):
            action, body = operation(request, user)
        return wsman.answer(action, request, body)

    @contextmanager
    def _operation(self, user: str) -> Iterator[None]:
        with self._lock:
            if self._busy.get(user, 0) >= self._limits.operations:
                raise _quota(2150859174, self._limits.operations, "operations")
            self._busy[user] = self._busy.get(user, 0) + 1
        try:
            yield
        finally:
            with self._lock:
                self._busy[user] -= 1

    def _forget_idle(self) -> None:
        now = time.monotonic()
        for name in [n for n, shell in self._shells.items() if now - shell.used > shell.idle]:
            for command in self._shells.pop(name).commands.values():
                command.abort()

    def _shell(self, request: Envelope) -> Shell:
        with self._lock:
            self._forget_idle()
            shell = self._shells.get(request.shell_id)
            if shell is None:
                raise WsmanFault(2150858843, "w:InvalidSelectors", "The shell was not found on the server.")
            shell.used = time.monotonic()
            return shell

    def _command(self, request: Envelope, identifier: str | None) -> Command:
        command = self._shell(request).commands.get(identifier or "")
        if command is None:
            raise WsmanFault(2150858843, "w:InvalidSelectors", "The command identifier does not exist.")
        return command

    def create(self, request: Envelope, user: str) -> tuple[str, str]:
        """Opens a shell."""
        if request.header("w:ResourceURI") != wsman.COMMAND_SHELL:
            raise WsmanFault(2150858752, "w:DestinationUnreachable", "The resource URI was not found.")
        return self._admit(Shell(user, self._idle(request)), str(uuid.uuid4()).upper(), wsman.COMMAND_SHELL)

    def _idle(self, request: Envelope) -> float:
        """Seconds that the client wants its shell to outlive it, as far as the node allows."""
        text = "".join(request.texts("rsp:Shell/rsp:IdleTimeOut"))
        return min(wsman.seconds(text, self._limits.idle), self._limits.idle)

    def _admit(self, shell: Shell, identifier: str, uri: str) -> tuple[str, str]:
        """Takes a shell in, if its owner may have one more; the answer that says so."""
        with self._lock:
            self._forget_idle()
            mine = sum(other.owner == shell.owner for other in self._shells.values())
            if mine >= self._limits.shells or "quota" in self._faults:
                raise _quota(2150859173, self._limits.shells, "shells")
            self._shells[identifier] = shell
        return f"{TRANSFER}/CreateResponse", (
            f"<x:ResourceCreated><a:ReferenceParameters><w:ResourceURI>{escape(uri)}</w:ResourceURI>"
            f'<w:SelectorSet><w:Selector Name="ShellId">{identifier}</w:Selector></w:SelectorSet>'
            f"</a:ReferenceParameters></x:ResourceCreated><rsp:Shell><rsp:ShellId>{identifier}</rsp:ShellId>"
            f"<rsp:Owner>{escape(shell.owner)}</rsp:Owner></rsp:Shell>"
        )

    def command(self, request: Envelope, user: str) -> tuple[str, str]:
        """Starts a command line; it runs once its stdin is complete."""
        line = " ".join(request.texts("rsp:CommandLine/rsp:Command") + request.texts("rsp:CommandLine/rsp:Arguments"))
        command = Command(line)
        if len(line) > self._limits.command_line:
            command.started = True
            command.finish(b"", b"", 0)
        identifier = str(uuid.uuid4()).upper()
        self._shell(request).commands[identifier] = command
        return f"{SHELL}/CommandResponse", (
            f"<rsp:CommandResponse><rsp:CommandId>{identifier}</rsp:CommandId></rsp:CommandResponse>"
        )

    def send(self, request: Envelope, user: str) -> tuple[str, str]:
        """Takes a piece of stdin."""
        stream = request.body("rsp:Send/rsp:Stream")
        command = self._command(request, None if stream is None else stream.get("CommandId"))
        assert stream is not None
        command.stdin += base64.b64decode(stream.text or "")
        if stream.get("End", "").lower() in {"true", "1"}:
            self._start(command)
        return f"{SHELL}/SendResponse", "<rsp:SendResponse/>"

    def _start(self, command: Command) -> None:
        if command.started:
            return
        command.started = True

        def work() -> None:
            try:
                stdout, stderr, exit_code = self._run(command.line, bytes(command.stdin))
            except Exception as error:
                self.crashes.append(error)
                stdout, stderr, exit_code = b"", f"{type(error).__name__}: {error}".encode(), 1
            if "slow" not in self._faults:
                command.finish(spoil(self._faults, stdout), stderr, exit_code)

        threading.Thread(target=work, name="lab command", daemon=True).start()

    def receive(self, request: Envelope, user: str) -> tuple[str, str]:
        """Waits for output and gives what fits into one envelope."""
        desired = request.body("rsp:Receive/rsp:DesiredStream")
        identifier = None if desired is None else desired.get("CommandId")
        command = self._command(request, identifier)
        if not command.stdin:
            # A command that reads no stdin is not kept waiting for its end.
            self._start(command)
        self._wait(command, request)
        room = min(request.max_envelope, self._limits.envelope) - ENVELOPE_RESERVE
        with command.changed:
            parts = _take(command, identifier or "", room)
            done = command.exit_code is not None and not command.output and not (self._late and parts)
        self._shell(request)
        if identifier is not None:  # not a runspace pool that speaks for itself: it has no state that could be told
            parts += _state(identifier, command.exit_code if done else None)
        body = "".join(parts)
        return f"{SHELL}/ReceiveResponse", f"<rsp:ReceiveResponse>{body}</rsp:ReceiveResponse>"

    def _wait(self, command: Command, request: Envelope) -> None:
        limit = min(request.operation_timeout, self._limits.operation_timeout)
        if "slow" in self._faults:
            # Slower than any time limit of the client, the one it asked for included.
            self._closing.wait()
            command.abort()
        with command.changed:
            ready = command.changed.wait_for(
                lambda: bool(command.output) or command.exit_code is not None or command.aborted, limit
            )
        if command.aborted:
            raise WsmanFault(995, "w:InternalError", "The I/O operation has been aborted.", sender=False)
        if not ready:
            raise WsmanFault(
                2150858793, "w:TimedOut", "The operation did not complete in OperationTimeout.", sender=False
            )

    def signal(self, request: Envelope, user: str) -> tuple[str, str]:
        """Ends a command."""
        element = request.body("rsp:Signal")
        identifier = None if element is None else element.get("CommandId")
        self._command(request, identifier).abort()
        self._shell(request).commands.pop(identifier or "", None)
        return f"{SHELL}/SignalResponse", "<rsp:SignalResponse/>"

    def delete(self, request: Envelope, user: str) -> tuple[str, str]:
        """Closes a shell and ends what runs in it."""
        shell = self._shell(request)
        with self._lock:
            self._shells.pop(request.shell_id, None)
        for command in shell.commands.values():
            command.abort()
        return f"{TRANSFER}/DeleteResponse", ""


Operation = Callable[[Envelope, str], tuple[str, str]]
OPERATIONS = {
    f"{TRANSFER}/Create": "create",
    f"{SHELL}/Command": "command",
    f"{SHELL}/Send": "send",
    f"{SHELL}/Receive": "receive",
    f"{SHELL}/Signal": "signal",
    f"{TRANSFER}/Delete": "delete",
}
"""Action → method; by name, because the shells of PowerShell override some."""


def _take(command: Command, identifier: str, room: int) -> list[str]:
    """Stream elements for as much output as has room; at least one."""
    parts: list[str] = []
    while command.output:
        name, data = command.output[0]
        of = f' CommandId="{identifier}"' if identifier else ""
        part = f'<rsp:Stream Name="{name}"{of}>{base64.b64encode(data).decode()}</rsp:Stream>'
        if parts and len(part) > room:
            break
        command.output.popleft()
        parts.append(part)
        room -= len(part)
    return parts


def _state(identifier: str, exit_code: int | None) -> list[str]:
    """How far a command is; its streams end with it."""
    state = f'<rsp:CommandState CommandId="{identifier}" State="{SHELL}/CommandState/'
    if exit_code is None:
        return [f'{state}Running"></rsp:CommandState>']
    ends = [f'<rsp:Stream Name="{name}" CommandId="{identifier}" End="true"></rsp:Stream>'
            for name in ("stdout", "stderr")]  # fmt: skip
    return [*ends, f'{state}Done"><rsp:ExitCode>{exit_code & 0xFFFFFFFF}</rsp:ExitCode></rsp:CommandState>']


def _quota(code: int, number: int, what: str) -> WsmanFault:
    text = f"The WS-Management service cannot process the request. The maximum number of concurrent {what} ({number})"
    return WsmanFault(code, "w:QuotaLimit", f"{text} for this user has been exceeded.")
