"""Bytes of a file to text, and text to lines, as Windows programs would take them."""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


class Decoded(NamedTuple):
    """Text, and how it was written."""

    text: str
    encoding: str
    marked: bool
    """A byte order mark said so."""


def decode(content: bytes) -> Decoded:
    """By byte order mark, else UTF-8 where it is, else Windows' Western code page: never fails."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return Decoded(content[len(mark) :].decode(encoding, "replace"), encoding, True)
    try:
        return Decoded(content.decode("utf-8"), "utf-8", False)
    except UnicodeDecodeError:
        # latin-1 knows the five bytes that cp1252 leaves undefined
        return Decoded(content.decode("latin-1"), "latin-1", False)


def lines(text: str) -> list[str]:
    """At CR LF, LF and CR only: `str.splitlines` would also split at form feeds and Unicode separators."""
    every = re.split(r"\r\n|\n|\r", text)
    return every if every[-1] else every[:-1]
