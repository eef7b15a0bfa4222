"""What a writer gives for one action."""

from __future__ import annotations

from dataclasses import dataclass

from vcaudit.report.remediation.quote import Unquotable
from vcaudit.results import Action


@dataclass(frozen=True)
class Commands:
    """One action in one language, ready to run."""

    do: tuple[str, ...]
    check: tuple[str, ...]
    """Shows whether it is still needed, or has worked."""
    undo: tuple[str, ...]
    """None: what was there before is not known."""


def start_mode(action: Action) -> str:
    """`manual` or `automatic`."""
    wanted = {"none": "manual", "manual": "manual", "auto": "automatic"}.get(str(action.value).casefold())
    if wanted is None:
        raise Unquotable("a service gets a start mode that scripts do not set")
    return wanted
