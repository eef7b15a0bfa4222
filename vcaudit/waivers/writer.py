"""Adds waivers to a file and leaves every other byte of it as it is: order, comments, line ends.

The new text is put behind the last waiver and the whole is read again before it counts: unless every old value is still
there and the new ones are what they should be, nothing is written.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from vcaudit.errors import UsageError, WaiverError
from vcaudit.waivers.loader import HINT, parse
from vcaudit.yamlfile import Document, dump
from vcaudit.yamlfile import load as load_yaml

HEAD: Final = """# Failures that somebody takes on for a time. The names in here are asserted, not verified.
waivers:
"""
_EMPTY = re.compile(r"^(waivers:)[ \t]*\[[ \t]*\][ \t]*(#.*)?$", re.MULTILINE)


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Waits until nobody else adds to a file in this folder; where the system has no such lock, it goes on."""
    try:
        import fcntl
    except ImportError:  # Windows
        yield
        return
    folder = os.open(path.resolve().parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)  # gives the lock back


def appended(name: str, content: bytes | None, entries: Sequence[dict[str, Any]]) -> bytes:
    """The file with more waivers in it; `content` is None for a file that is not there yet.

    Raises WaiverError when the file is wrong as it is or would be, UsageError when it is written in a way that cannot
    be added to.
    """
    old = _text(name, content) if content is not None else HEAD
    before = load_yaml(name, old, dates=True)
    _check(name, old.encode())
    new = _with(old, before, entries)
    known = before.value if isinstance(before.value, dict) else {}
    if load_yaml(name, new, dates=True).value != {**known, "waivers": [*_listed(known), *entries]}:
        raise UsageError("is written in a way that nothing can be added to", where=name,
                         hint="write `waivers:` as a list with a dash for each, or add this by hand:\n"
                              + _indented(entries, ""))  # fmt: skip
    _check(name, new.encode())
    mark = b"\xef\xbb\xbf" if content is not None and content.startswith(b"\xef\xbb\xbf") else b""
    return mark + new.encode()


def _text(name: str, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError("is not UTF-8 text", where=name, hint="save the file as UTF-8 first") from None


def _check(name: str, text: bytes) -> None:
    problems = parse(name, text).document.problems
    if problems:
        raise WaiverError(sorted(set(problems), key=lambda one: (one.line, one.message)), hint=HINT)


def _listed(value: dict[str, Any]) -> list[Any]:
    return value.get("waivers") or []


def _with(old: str, document: Document, entries: Sequence[dict[str, Any]]) -> str:
    end = "\r\n" if "\r\n" in old else "\n"
    text = _EMPTY.sub(lambda match: match[1] + (f"  {match[2]}" if match[2] else ""), old, count=1)
    rows = text.splitlines(keepends=True)
    place = _place(document, rows)
    if rows and not rows[-1].endswith(("\n", "\r")):
        rows[-1] += end
    first = document.line(("waivers", 0)) if document.lines.get(("waivers", 0)) else 0
    dash = rows[first - 1] if first else ""
    indent = dash[: len(dash) - len(dash.lstrip(" "))] if dash.lstrip(" ").startswith("-") else ""
    added = _indented(entries, indent).replace("\n", end)
    return "".join([*rows[:place], added, *rows[place:]])


def _place(document: Document, rows: Sequence[str]) -> int:
    """How many rows stand before the new waivers: behind the last one, before the comment of the next key."""
    start = document.lines.get(("waivers",), 0)
    later = [line for path, line in document.lines.items() if len(path) == 1 and line > start]
    if not later:
        return len(rows)
    place = min(later) - 1
    while place > start and (not rows[place - 1].strip() or rows[place - 1].startswith("#")):
        place -= 1
    return place


def _indented(entries: Sequence[dict[str, Any]], indent: str) -> str:
    rows = dump(list(entries)).splitlines(keepends=True)
    return "".join(indent + row if row.strip() else row for row in rows)
