"""PowerShell remoting behind an endpoint: runspace pools and pipelines, in the same shells and under the same limits.

The messages (MS-PSRP) are psrpcore's; which session configurations there are, and what runs in them, is the node's.
"""

from __future__ import annotations

import base64
import logging
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import psrpcore
from psrpcore.types import ErrorCategoryInfo, ErrorRecord, NETException, PipelineState, PSInvocationState

from vcaudit.lab.server.faults import spoil
from vcaudit.lab.server.shells import SLICE, Command, Shell, Shells
from vcaudit.lab.server.wsman import SHELL, Envelope, WsmanFault

# At debug level psrpcore logs whole messages: scripts and answers.
logging.getLogger("psrpcore").setLevel(logging.INFO)

POWERSHELL = "http://schemas.microsoft.com/powershell/"


class Call(NamedTuple):
    """One command of a pipeline."""

    text: str
    """A script, or the name of a command."""
    is_script: bool
    arguments: tuple[tuple[str | None, Any], ...]
    """Parameter name, or None for one by position; value."""


class Outcome(NamedTuple):
    """What came of a pipeline."""

    output: tuple[str, ...] = ()
    error: str = ""
    """Text of the error that ended it; empty: it came to its end."""
    error_id: str = ""
    """FullyQualifiedErrorId."""


Session = Callable[[Sequence[Call]], Outcome]
Sessions = Mapping[str, Session]
"""Session configurations of a node, by lower-case name."""


class Runspace(Shell):
    """A runspace pool; `commands` are its pipelines, and under the empty name the pool itself."""

    def __init__(self, owner: str, idle: float, session: Session) -> None:
        super().__init__(owner, idle)
        self.session = session
        self.pool = psrpcore.ServerRunspacePool()
        self.lock = threading.Lock()
        self.add("")

    def add(self, identifier: str) -> Command:
        """A place for what is said in the name of a pipeline."""
        command = self.commands[identifier] = Command("")
        command.started = True  # there is no command line that could
        return command

    def pump(self) -> None:
        """Hands on what psrpcore has to say."""
        while payload := self.pool.data_to_send(SLICE):
            identifier = str(payload.pipeline_id).upper() if payload.pipeline_id else ""
            command = self.commands.get(identifier)
            if command is not None:
                with command.changed:
                    command.output.append(("stdout", payload.data))
                    command.changed.notify_all()


class PowerShells(Shells):
    """Shells of both kinds."""

    def __init__(self, *args: Any, sessions: Sessions, administrators: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        self._sessions, self._administrators = sessions, administrators

    def create(self, request: Envelope, user: str) -> tuple[str, str]:
        """Opens a runspace pool under the name that the client gives it."""
        uri = request.header("w:ResourceURI")
        if not uri.startswith(POWERSHELL):
            if not self._administrators:
                raise WsmanFault(5, "w:AccessDenied", "Access is denied. ")
            return super().create(request, user)
        session = self._sessions.get(uri.removeprefix(POWERSHELL).lower())
        if session is None:
            text = f"The resource URI ({uri}) was not found in the WS-Management catalog."
            raise WsmanFault(2150858811, "w:DestinationUnreachable", text)
        element = request.body("rsp:Shell")
        identifier = (element.get("ShellId", "") if element is not None else "") or str(uuid.uuid4())
        shell = Runspace(user, self._idle(request), session)
        self._feed(shell, "".join(request.texts("rsp:Shell/{http://schemas.microsoft.com/powershell}creationXml")))
        return self._admit(shell, identifier.upper(), uri)

    def command(self, request: Envelope, user: str) -> tuple[str, str]:
        """Takes the first fragment of a pipeline."""
        shell = self._shell(request)
        if not isinstance(shell, Runspace):
            return super().command(request, user)
        line = request.body("rsp:CommandLine")
        identifier = ((line.get("CommandId", "") if line is not None else "") or str(uuid.uuid4())).upper()
        shell.add(identifier)
        psrpcore.ServerPipeline(shell.pool, uuid.UUID(identifier))
        self._feed(shell, "".join(request.texts("rsp:CommandLine/rsp:Arguments")), identifier)
        return f"{SHELL}/CommandResponse", (
            f"<rsp:CommandResponse><rsp:CommandId>{identifier}</rsp:CommandId></rsp:CommandResponse>"
        )

    def send(self, request: Envelope, user: str) -> tuple[str, str]:
        """Takes the next fragment."""
        shell, stream = self._shell(request), request.body("rsp:Send/rsp:Stream")
        if not isinstance(shell, Runspace) or stream is None:
            return super().send(request, user)
        self._feed(shell, stream.text or "", stream.get("CommandId", ""))
        return f"{SHELL}/SendResponse", "<rsp:SendResponse/>"

    def _feed(self, shell: Runspace, text: str, identifier: str = "") -> None:
        with shell.lock:
            try:
                pipeline = uuid.UUID(identifier) if identifier else None
                data = base64.b64decode(text, validate=True)
                shell.pool.receive_data(psrpcore.PSRPPayload(data, psrpcore.StreamType.default, pipeline))
                while event := shell.pool.next_event():
                    if isinstance(event, psrpcore.CreatePipelineEvent):
                        self._begin(shell, shell.pool.pipeline_table[event.pipeline_id])
            except (psrpcore.PSRPCoreError, ValueError) as error:
                raise WsmanFault(87, "w:InvalidParameter", f"The parameter is incorrect: {error}") from error
            shell.pump()

    def _begin(self, shell: Runspace, pipeline: psrpcore.ServerPipeline) -> None:
        described: Any = pipeline.metadata
        calls = [Call(each.command_text, bool(each.is_script), tuple(each.parameters)) for each in described.commands]
        work = threading.Thread(target=self._work, args=(shell, pipeline, calls), name="lab pipeline", daemon=True)
        work.start()

    def _work(self, shell: Runspace, pipeline: psrpcore.ServerPipeline, calls: Sequence[Call]) -> None:
        try:
            outcome = shell.session(calls)
        except Exception as error:
            self.crashes.append(error)
            outcome = Outcome(error=f"{type(error).__name__}: {error}", error_id=type(error).__name__)
        if "slow" in self._faults:
            return
        with shell.lock:
            pipeline.start()
            for text in outcome.output:
                pipeline.write_output(spoil(self._faults, text.encode("latin-1", "replace")).decode("latin-1"))
            if outcome.error:
                pipeline.prepare_message(_ended_by(outcome))
            else:
                pipeline.complete()
            shell.pump()
        command = shell.commands.get(str(pipeline.pipeline_id).upper())
        if command is not None:
            command.finish(b"", b"", 0)


def _ended_by(outcome: Outcome) -> PipelineState:
    error = ErrorRecord(
        Exception=NETException(Message=outcome.error), CategoryInfo=ErrorCategoryInfo(),
        FullyQualifiedErrorId=outcome.error_id or outcome.error,
    )  # fmt: skip
    return PipelineState(PipelineState=int(PSInvocationState.Failed), ExceptionAsErrorRecord=error)
