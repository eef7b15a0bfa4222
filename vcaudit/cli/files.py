"""Files that a verb reads."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from vcaudit.errors import UsageError

LARGEST: Final = 512 << 20
"""Bytes of a snapshot or of results; more is another file."""


def read_input(name: str) -> bytes:
    """The content of a file, or of standard input for `-`. Raises UsageError."""
    try:
        if name == "-":
            data = sys.stdin.buffer.read(LARGEST + 1)
        else:
            with Path(name).open("rb") as file:
                data = file.read(LARGEST + 1)
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", where=name) from None
    if len(data) > LARGEST:
        raise UsageError(f"is larger than {LARGEST >> 20} MB", where=name)
    return data
