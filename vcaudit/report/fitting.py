"""How much of a text goes into a box: by the widths of its letters, because a drawing does not wrap or clip."""

from __future__ import annotations

import unicodedata
from typing import Final

from vcaudit.report.escape import line

_TABLE: Final = """
    35 46 53 84 70 101 88 31 46 46 53 84 38 42 38 37 70 70 70
    70 70 70 70 70 70 70 40 40 84 84 84 59 100 78 77 74 84 69
    69 83 84 38 38 78 64 100 84 86 74 86 78 73 69 82 78 111 78
    73 73 46 37 46 84 50 50 68 72 60 72 68 44 72 72 35 35 67
    35 105 72 69 72 72 50 60 48 72 66 93 65 66 59 72 37 72 84
"""
_ASCII: Final = tuple(int(width) / 100 for width in _TABLE.split())
"""Of the characters from the blank on, in DejaVu Sans Bold; the regular letters are no wider."""
_OTHER: Final = 1.4
"""Of any other letter: none of Latin, Greek, Cyrillic or the East is wider, but for a few ligatures."""


def ems(text: str) -> float:
    """The room that a text takes at most, in the height of its font."""
    return sum(map(_width, text))


def _width(char: str) -> float:
    if " " <= char <= "~":
        return _ASCII[ord(char) - 32]
    if char == "…":
        return 1.0
    # An accent does not make a letter wider.
    base = unicodedata.normalize("NFD", char)[0]
    return _ASCII[ord(base) - 32] if " " <= base <= "~" else _OTHER


def fitted(text: str, room: float) -> str:
    """As much of a text as goes into `room`, on one line; what is cut ends in an ellipsis."""
    shown = line(text, 10_000)
    if ems(shown) <= room:
        return shown
    left, kept = room - ems("…"), 0
    for char in shown:
        left -= _width(char)
        if left < 0:
            break
        kept += 1
    return f"{shown[:kept]}…"
