"""What a writer gives for one action."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Commands:
    """One action in one language, ready to run."""

    do: tuple[str, ...]
    check: tuple[str, ...]
    """Shows whether it is still needed, or has worked."""
    undo: tuple[str, ...]
    """None: what was there before is not known."""
