"""One script on one node over PowerShell remoting: what WinRm does, in a runspace in the place of cmd.exe's shell.

Connection, authentication, TLS, deadline, restart and clean-up are WinRm's own. Create, Receive (the runspace opens),
Command, Receive (the answer), Delete are one request each. pypsrp is imported when the first node is about to be asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vcaudit.errors import UsageError
from vcaudit.transport.base import JEA_COMMAND, PSRP_BOOTSTRAP, Script, Target
from vcaudit.transport.winrm import WinRm

if TYPE_CHECKING:
    from collections.abc import Callable

    from pypsrp.powershell import PowerShell, RunspacePool
    from winrm.protocol import Protocol

    from vcaudit.transport.psrp_session import Remote
    from vcaudit.transport.wire import Wire

IDLE = 180
"""Seconds after which the node itself closes a runspace that we could not."""


class Psrp(WinRm):
    """A Transport, used as WinRm is.

    The client names the shell here, so one whose Create was carried out and whose answer was lost is deleted as well.
    """

    def __init__(self, target: Target) -> None:
        """Raises UsageError as WinRm does, and when pypsrp is not installed."""
        super().__init__(target)
        try:
            import vcaudit.transport.psrp_errors
            import vcaudit.transport.psrp_session  # noqa: F401
        except ImportError as error:
            raise UsageError(
                f"`protocol: psrp` needs a library that is not installed ({error.name})", where=target.place,
                hint="pip install 'vcaudit[psrp]', or use `protocol: winrs`",
            ) from None  # fmt: skip

    def _attempt(self, script: Script, until: float, end: float) -> tuple[bytes, bytes, int]:
        from vcaudit.transport.psrp_session import Remote, runspace_pool

        with self._session(until) as (protocol, wire):
            # Those of a broken attempt first: an account has five shells.
            self._delete_shells(protocol, wire)
            remote = Remote(protocol.transport, wire)
            pool = runspace_pool(remote, self._target.configuration, IDLE)
            try:
                self._open(pool, wire)
                return self._converse_in(pool, remote, wire, script)
            finally:
                if wire.settled and not wire.cut_off:
                    # The connection is still good for one more request.
                    wire.limit(end)
                    self._delete_shells(protocol, wire)

    def _open(self, pool: RunspacePool, wire: Wire) -> None:
        name: str = pool.id
        try:
            self._ask(wire, pool.open)
        finally:
            # A Create that was refused has left nothing; one whose answer never came may have.
            if pool.shell.opened:
                self._shells.append(str(pool.shell.id))
            elif wire.reached and not wire.settled:
                self._shells.append(name)

    def _converse_in(
        self, pool: RunspacePool, remote: Remote, wire: Wire, script: Script
    ) -> tuple[bytes, bytes, int]:
        from vcaudit.transport.psrp_errors import failed, too_long
        from vcaudit.transport.psrp_session import RUNNING, errors_of, output_of, pipeline

        shell = self._pipeline(pipeline(pool), script)
        self._ask(wire, shell.begin_invoke, remote_stream_options=0)
        while shell.state == RUNNING:
            self._ask(wire, shell.poll_invoke)
            if remote.received > self._target.max_output:
                raise too_long(self._target)
        stdout, errors = output_of(shell), errors_of(shell)
        if not stdout.strip():
            raise failed(self._target, errors)
        said = "\n".join(error.text for error in errors)
        return stdout, said.encode("ascii", "replace"), int(shell.had_errors)

    def _pipeline(self, shell: PowerShell, script: Script) -> PowerShell:
        if self._target.configuration is None:
            return shell.add_script(PSRP_BOOTSTRAP).add_argument(script.text.decode("ascii"))
        # A JEA endpoint has the collector; its hash goes along, so that another one refuses to answer for ours.
        return shell.add_cmdlet(JEA_COMMAND).add_parameters({"Request": script.request, "Collector": script.sha256})

    def _ask(
        self,
        wire: Wire,
        call: Callable[..., Any],
        *args: Any,
        through: tuple[type[Exception], ...] = (),
        **options: Any,
    ) -> Any:
        from vcaudit.transport.psrp_errors import translated

        return super()._ask(wire, translated(call, wire), *args, through=through, **options)

    def _delete(self, protocol: Protocol, wire: Wire, shell: str) -> None:
        from vcaudit.transport.psrp_session import Remote

        with wire.beyond_budget():
            self._ask(wire, Remote(protocol.transport, wire).delete_shell, self._target.configuration, shell)
