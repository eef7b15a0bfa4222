"""Expected output kept in files: `VCAUDIT_UPDATE_GOLDEN=1 pytest tests/report` writes them, the diff is reviewed."""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path(__file__).parent / "golden"


def expected(name: str, actual: bytes) -> bytes:
    """What the file holds; with the variable set, first what was just made."""
    path = FOLDER / name
    if os.environ.get("VCAUDIT_UPDATE_GOLDEN"):
        path.write_bytes(actual)
    return path.read_bytes()
