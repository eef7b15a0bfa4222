"""What a stream can show, as options of the text format."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from typing import Any, Final, TextIO

WIDTH: Final = 80
"""Columns without a terminal."""
_SIGNS = "✓✗·–…"


def options_for(stream: TextIO, environ: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Width, colour and unicode for `render("text", …)` on this stream.

    A pipe or a file gets 80 columns without colour, so that a log holds the same text everywhere; NO_COLOR with any
    value and TERM=dumb turn colour off on a terminal too. ASCII where the stream's encoding lacks the signs.
    """
    given = os.environ if environ is None else environ
    terminal = stream.isatty()
    plain = bool(given.get("NO_COLOR")) or given.get("TERM") == "dumb"
    return {
        "width": _columns(stream, given) if terminal else WIDTH,
        "colour": terminal and not plain,
        "unicode": _holds(stream.encoding),
    }


def _columns(stream: TextIO, environ: Mapping[str, str]) -> int:
    if environ.get("COLUMNS", "").isdecimal():
        return int(environ["COLUMNS"]) or WIDTH
    try:
        return os.get_terminal_size(stream.fileno()).columns or WIDTH
    except OSError:  # a terminal that does not tell, or no file behind the stream
        return shutil.get_terminal_size((WIDTH, 24)).columns


def _holds(encoding: str | None) -> bool:
    # The report is written as UTF-8 bytes, so an encoding that has the signs elsewhere does not help.
    try:
        return bool(encoding) and _SIGNS.encode(encoding or "ascii") == _SIGNS.encode()
    except (UnicodeEncodeError, LookupError):
        return False
