"""Paths of shares: `\\\\server\\share\\folder`."""

from __future__ import annotations

import re
from typing import Final

_UNC: Final = re.compile(r"[\\/]{2}(?:[?.][\\/]UNC[\\/])?([^\\/?*:<>|\"\s]+)[\\/]+[^\\/]", re.IGNORECASE)

SHARES: Final = {"majority node set": "MNSFileShare", "file share witness": "SharePath"}
"""Type of a quorum resource in lower case → the private property that holds its share (field facts, section 5)."""


def host_of(path: str) -> str | None:
    """The server of a path; None where it names none."""
    found = _UNC.match(path.strip())
    return found[1] if found else None
