"""Every error of pypsrp becomes one of ours, by way of pywinrm's of the same meaning where there is one.

Imports both libraries: only `psrp.py` imports this module, and only when a scan starts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from pypsrp import exceptions as psrp
from winrm import exceptions as winrm

from vcaudit.errors import AccessDenied, BadOutput, Refused, TransportError
from vcaudit.transport.base import JEA_COMMAND, Target
from vcaudit.transport.mapping import DENIED, nonsense, plain, timed_out, translate

if TYPE_CHECKING:
    from vcaudit.transport.psrp_session import Said
    from vcaudit.transport.wire import Wire

NO_CONFIGURATION = frozenset({2150858811, 2150858752})
"""Not in WS-Management's catalogue, and not there at all: no session configuration of this name."""
OTHER_COLLECTOR = "other collector "
"""Begins what JEA_COMMAND throws when it is asked for another collector than it holds; its SHA-256 follows."""

OTHER_REQUESTS = "other requests"
"""What it throws when it is asked what it was not made for."""


def translated(call: Callable[..., Any], wire: Wire) -> Callable[..., Any]:
    """The call, with pypsrp's errors as ours; all others are left to `mapping.translate`."""

    def ours(*args: Any, **options: Any) -> Any:
        try:
            return call(*args, **options)
        except psrp.WinRMError as error:
            raise converted(error, wire) from None

    return ours


def converted(error: psrp.WinRMError, wire: Wire) -> TransportError:
    """Our error for one of pypsrp's."""
    if wire.cut_off:
        return timed_out(wire.target)
    if isinstance(error, psrp.AuthenticationError):
        return translate(winrm.InvalidCredentialsError("rejected"), wire)
    if isinstance(error, psrp.WSManFaultError) and error.args:
        return _fault(error, wire)
    if isinstance(error, psrp.WinRMTransportError) and error.args:
        return translate(winrm.WinRMTransportError("http", error.code, ""), wire)
    if isinstance(error, psrp.InvalidPSRPOperation):
        # The pool says that it is broken: the session configuration could not be set up.
        return BadOutput(
            "the node could not open a runspace", where=wire.target.place, said=plain(error),
            hint="see the PowerShell operational log on the node; a JEA endpoint needs the files of its role",
        )  # fmt: skip
    # States that do not fit, fragments and objects that cannot be read.
    return nonsense(error, wire)


def _fault(error: psrp.WSManFaultError, wire: Wire) -> TransportError:
    number = error.code if isinstance(error.code, int) else None
    name = "" if number is not None else str(error.code or "")
    where, configuration = wire.target.place, wire.target.configuration
    said = f"WS-Management fault {number}: {plain(error.reason)}"
    if number in NO_CONFIGURATION:
        what = f"there is no session configuration {configuration or 'Microsoft.PowerShell'} on the node"
        hint = "Get-PSSessionConfiguration on the node lists them; Enable-PSRemoting makes the usual one"
        return BadOutput(what, where=where, hint=hint, code=number, said=said)
    if number in DENIED or name.endswith("AccessDenied"):
        who = "those that its RoleDefinitions name" if configuration else "Administrators or Remote Management Users"
        hint = f"the account logged on and may not open a runspace: that takes membership in {who}"
        return AccessDenied(said, where=where, hint=hint, code=number)
    reason = str(error.reason or "")
    same = winrm.WSManFaultError(500, "", "", reason, wsman_fault_code=number, fault_subcode=name)
    return translate(same, wire)


def too_long(target: Target) -> BadOutput:
    """More than anybody asked for."""
    return BadOutput(
        f"the output is longer than {target.max_output} bytes", where=target.place,
        hint="the node has far more to say than any that was seen; narrow what is asked for",
    )  # fmt: skip


def failed(target: Target, errors: Sequence[Said]) -> TransportError:
    """Why a pipeline ended without output; the error's own name decides, for its text is in the node's language."""
    first = errors[0] if errors else None
    if first is None:
        what, hint = "the script ended without output and without an error", "does something replace PowerShell there?"
        return BadOutput(what, where=target.place, hint=hint)
    where, said = target.place, first.text
    if "ScriptsNotAllowed" in first.id:
        hint = "it is restricted to named commands; for one made with `vcaudit jea`, set `winrm.configuration_name`"
        return AccessDenied("the session configuration runs no scripts", where=where, hint=hint, said=said)
    if first.id.startswith("CommandNotFound"):
        what = f"the session configuration {target.configuration or ''} does not offer {JEA_COMMAND}"
        return AccessDenied(what, where=where, hint="install what `vcaudit jea` writes on the node", said=said)
    if first.id.startswith(OTHER_COLLECTOR):
        what = f"the endpoint holds another collector (SHA-256 {first.id.removeprefix(OTHER_COLLECTOR)[:64]})"
        hint = "write it anew with `vcaudit jea` of this version, and install it on the node"
        return Refused(what, where=where, hint=hint, said=said)
    if first.id.startswith(OTHER_REQUESTS):
        hint = "write it anew with `vcaudit jea -i` (and the same --pack) and this inventory, and install it"
        return Refused("the endpoint answers other requests than these", where=where, hint=hint, said=said)
    hint = "PowerShell may be blocked by policy, or restricted to ConstrainedLanguage, on the node"
    return BadOutput(f"the script ended without output: {said}", where=where, hint=hint, said=f"{first.id}: {said}")
