"""pypsrp's runspaces over pywinrm's transport: one connection, one logon, one TLS policy for both protocols.

Imports both libraries: only `psrp.py` imports this module, and only when a scan starts.
"""

from __future__ import annotations

import logging
import time
import warnings
from typing import TYPE_CHECKING, Any, NamedTuple
from xml.etree.ElementTree import Element

from pypsrp.complex_objects import PSInvocationState
from pypsrp.exceptions import WinRMTransportError as NoAnswer
from pypsrp.exceptions import WSManFaultError
from pypsrp.powershell import DEFAULT_CONFIGURATION_NAME, PowerShell, RunspacePool, RunspacePoolWarning
from pypsrp.wsman import NAMESPACES, SelectorSet, WSMan
from winrm.exceptions import WinRMTransportError

from vcaudit.transport.mapping import NO_SHELL, plain, timed_out
from vcaudit.transport.winrm import LONGEST_WAIT

if TYPE_CHECKING:
    from winrm.transport import Transport

    from vcaudit.transport.wire import Wire

RUNNING: int = PSInvocationState.RUNNING
SERVER_ERROR = 500
OPERATION_TIMED_OUT = 2150858793
ENVELOPE = 150_000
"""Bytes of one message. Below WinRM 2.0's 153,600: sealing adds to it, and pypsrp would raise exactly that number."""
RESOURCE = "http://schemas.microsoft.com/powershell/"

# At debug level pypsrp logs whole messages: what was read on a node has no place in a log.
logging.getLogger("pypsrp").setLevel(logging.INFO)
# What the profile of a node has to warn of would end up in the middle of a report.
warnings.simplefilter("ignore", RunspacePoolWarning)


class Channel:
    """Takes the place of pypsrp's own HTTP: pywinrm's transport with our authentication, sealing and limits."""

    def __init__(self, transport: Transport) -> None:
        self.endpoint: str = transport.endpoint
        self._transport = transport

    def send(self, message: bytes, *, retries_on_read_timeout: int = 0, timeout: object = None) -> bytes:
        """One request and its answer; a node that says no does so in pypsrp's words. The wire watches the time."""
        try:
            answer: bytes = self._transport.send_message(message)
        except WinRMTransportError as error:
            if error.code != SERVER_ERROR:
                raise  # no fault of WS-Management's: whatever it says, it is not for pypsrp to read
            raise NoAnswer("http", error.code, error.response_text) from None
        return answer

    def close(self) -> None:
        """The connection is closed by whoever opened it."""


class Remote(WSMan):
    """pypsrp's WS-Management on one wire, within its deadline."""

    def __init__(self, transport: Transport, wire: Wire) -> None:
        target = wire.target
        # Basic without a name and a password: what pypsrp makes of them is replaced in the next line.
        super().__init__(
            target.address, port=target.port, ssl=target.scheme == "https", auth="basic", encryption="never",
            max_envelope_size=ENVELOPE, operation_timeout=LONGEST_WAIT,
        )  # fmt: skip
        self.transport = Channel(transport)  # type: ignore[assignment]  # has what is used of pypsrp's
        self.received = 0
        """Bytes of the streams that came, a long object that is not whole yet included."""
        self._wire = wire

    def receive(self, *args: Any, **options: Any) -> Element:
        """What the node has to say; asked again as long as it is silent and there is time."""
        while True:
            if time.monotonic() >= self._wire.until:
                raise timed_out(self._wire.target)
            # The node gives up before we do, so that the connection can still carry the Delete.
            self.operation_timeout = max(1, min(LONGEST_WAIT, int(self._wire.left())))
            try:
                body = super().receive(*args, **{**options, "timeout": None})
            except WSManFaultError as error:
                if error.code != OPERATION_TIMED_OUT:
                    raise
                continue
            self.received += sum(len(each.text or "") for each in body.iterfind(".//rsp:Stream", NAMESPACES)) * 3 // 4
            return body

    def delete_shell(self, configuration: str | None, shell: str) -> None:
        """Ends a runspace pool by its id; one that is not there is none that is left."""
        chosen = SelectorSet()
        chosen.add_option("ShellId", shell)
        try:
            self.delete(RESOURCE + (configuration or DEFAULT_CONFIGURATION_NAME), selector_set=chosen)
        except WSManFaultError as error:
            if error.code != NO_SHELL:
                raise


class Said(NamedTuple):
    """One error of a pipeline."""

    id: str
    """FullyQualifiedErrorId, the same in every language; the text itself for what a script throws."""
    text: str


def runspace_pool(remote: Remote, configuration: str | None, idle: int) -> RunspacePool:
    """One runspace, not open yet."""
    name = configuration or DEFAULT_CONFIGURATION_NAME
    return RunspacePool(remote, configuration_name=name, no_profile=True, idle_timeout=idle)


def pipeline(pool: RunspacePool) -> PowerShell:
    """An empty pipeline in it."""
    return PowerShell(pool)


def output_of(shell: PowerShell) -> bytes:
    """Everything that came down the pipeline, as text."""
    return "\r\n".join(map(str, shell.output)).encode("ascii", "replace")


def errors_of(shell: PowerShell) -> list[Said]:
    """What went wrong in it."""
    return [Said(plain(each.fq_error), plain(each)) for each in shell.streams.error]
