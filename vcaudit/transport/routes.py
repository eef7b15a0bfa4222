"""Which transport a target needs: one line for each."""

from __future__ import annotations

from vcaudit.transport.base import Target, Transport


def connect(target: Target) -> Transport:
    """The transport for a target; nothing is opened yet. Raises UsageError for settings that cannot be used."""
    if target.authentication == "local":
        from vcaudit.transport.local import Local

        return Local(target)
    if target.protocol == "psrp":
        from vcaudit.transport.psrp import Psrp

        return Psrp(target)
    from vcaudit.transport.winrm import WinRm

    return WinRm(target)
