r"""Exports of the registry (.reg) as keys and the bytes of their values: `Version 5.00` (Unicode) and REGEDIT4 (ANSI).

Lines end at a line feed only: every other character that Unicode calls a line end may stand in a name or a text, and a
text in quotes may run over several lines. What does not parse is a problem with its line, and takes with it whatever it
may have belonged to: a value that lost its continuation is unreadable, never shorter.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from vcaudit.collect.decoding import ansi_text, encoding_of, is_utf8, plain_text

LARGEST = 128 << 20
"""Bytes of a file; an export of the whole SOFTWARE hive of a server is half of it."""

MOST_DELETED = 1000
"""Keys; an export deletes none, a patch a few."""

SZ, EXPAND_SZ, BINARY, DWORD, MULTI_SZ = 1, 2, 3, 4, 7
"""As in winnt.h."""

_HEADS = {"Windows Registry Editor Version 5.00": False, "REGEDIT4": True}
_MACHINE = re.compile(r"(?:HKEY_LOCAL_MACHINE|HKLM)(?:\\|$)", re.IGNORECASE)
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES = {"\\": "\\", '"': '"', "n": "\n", "r": "\r", "0": "\0"}
_EQUALS = re.compile(r"[ \t]*=[ \t]*")
_REST = re.compile(r"[ \t]*(?:;[^\n]*)?\r?(?:\n|\Z)")
_WHOLE = re.compile(r"\n\r?\n\s*\Z")
_LINE = re.compile(r"([^\n]*?)\r?(?:\n|\Z)")
_DWORD = re.compile(r"dword:([0-9a-f]{1,8})(?![0-9a-f])", re.IGNORECASE)
_HEX = re.compile(r"hex(?:\(([0-9a-f]{1,8})\))?:", re.IGNORECASE)
# Octets with commas between them; a backslash at the end of a line says that there is more on the next.
_OCTETS = re.compile(
    r"[ \t]*(?:[0-9a-f]{1,2}(?:[ \t]*,[ \t]*(?:\\[ \t]*\r?\n[ \t]*)?[0-9a-f]{1,2})*)?", re.IGNORECASE
)


class RegValue(NamedTuple):
    """One value: its type and all its bytes."""

    name: str
    """Empty: the default value."""
    type: int
    raw: bytes | None
    """None: it stands there and cannot be read."""


@dataclass
class RegKey:
    """One key as the export has it."""

    path: str
    """Below HKEY_LOCAL_MACHINE."""
    values: dict[str, RegValue] = field(default_factory=dict)
    """By name in lower case."""
    damaged: str = ""
    """Something in it could not be read, so that values may be missing: `line 12: …`."""


@dataclass
class RegFile:
    """One export."""

    keys: dict[str, RegKey] = field(default_factory=dict)
    """By path in lower case, in the order of the file."""
    roots: list[str] = field(default_factory=list)
    """Paths (lower case) that were exported with everything below them."""
    deleted: list[str] = field(default_factory=list)
    """Keys (lower case) that the file says are to be deleted, with everything below them."""
    lost: list[str] = field(default_factory=list)
    """Keys (lower case; empty: none yet) behind which others are missing: a heading that cannot be read, or the end."""
    problems: list[tuple[int, str]] = field(default_factory=list)
    """Line, and what is wrong with it; line 0: with the whole."""
    ansi: bool = False
    """Letters beyond ASCII were read in the Western code page, which may not be the one they were written in."""


def is_reg(data: bytes) -> bool:
    """Whether a file begins as an export does."""
    first = plain_text(data[:256]).lstrip("\ufeff \t\r\n").split("\n", 1)[0]
    return first.strip() in _HEADS


def parse_reg(data: bytes) -> RegFile:
    """An export; never raises: what is wrong stands in `problems`."""
    if len(data) > LARGEST:
        return RegFile(problems=[(0, f"is larger than {LARGEST >> 20} MB")])
    name, skip = encoding_of(data)
    text = plain_text(data) if name != "latin-1" else ansi_text(data[skip:])
    reader = _Reader(text.replace("\ufeff", "", 1) if text.startswith("\ufeff") else text)
    reader.file.ansi = name == "latin-1" and not is_utf8(data[skip:])
    reader.run()
    return reader.file


class _Reader:
    """Goes through the text once."""

    def __init__(self, text: str) -> None:
        self.file = RegFile()
        self._text, self._at = text, 0
        self._key: RegKey | None = None
        self._narrow = False
        """Texts in hex are ANSI, as REGEDIT4 has them."""
        self._last = ""
        self._roots: set[str] = set()
        self._counted, self._line = 0, 1

    def run(self) -> None:
        """The head, then key by key."""
        head = ""
        while not head and self._at < len(self._text):
            head = self._take().strip()
        if head not in _HEADS:
            self.file.problems.append((1, "does not begin as an export of the registry"))
            return
        self._narrow = _HEADS[head]
        while self._at < len(self._text):
            self._entry()
        if self._key is not None and not _WHOLE.search(self._text):
            self.file.lost.append(self._last)
            self._wrong(len(self._text), "ends without the empty line that every export ends with: it may be cut")

    def _take(self) -> str:
        """The rest of the line."""
        line = _LINE.match(self._text, self._at)
        assert line is not None
        self._at = line.end()
        return line[1]

    def _here(self, at: int) -> int:
        """The number of the line of a place; places are asked for from front to back."""
        self._line += self._text.count("\n", self._counted, at)
        self._counted = max(at, self._counted)
        return self._line

    def _entry(self) -> None:
        start = self._at
        first = self._text[start]
        if first == "[":
            self._head(self._take().rstrip(), start)
        elif first in '@"':
            self._value(start)
        else:
            line = self._take().strip()
            if line and not line.startswith(";"):
                self._wrong(start, "is neither a key nor a value")

    def _wrong(self, start: int, what: str) -> None:
        """A problem; the key it stands in is not whole any more."""
        line = self._here(start)
        self.file.problems.append((line, what))
        if self._key is not None and not self._key.damaged:
            self._key.damaged = f"line {line}: {what}"

    def _head(self, line: str, start: int) -> None:
        self._key = None
        if not line.endswith("]"):
            self.file.lost.append(self._last)
            self._wrong(start, "a key without its closing bracket")
            # what follows belongs to a key whose name is not known
            self._key = RegKey("")
            return
        path = line[1:-1]
        gone = path.startswith("-")
        path = path.removeprefix("-")
        machine = _MACHINE.match(path)
        if machine is None:
            self._key = RegKey("")  # another hive: read over
            return
        path = path[machine.end() :].strip("\\")
        if gone:
            self._delete(path.lower(), start)
        else:
            self._open(path)

    def _open(self, path: str) -> None:
        low = path.lower()
        self._key = self.file.keys.setdefault(low, RegKey(path))
        self._last = low
        if not any(above in self._roots for above in parents(low)):
            self._roots.add(low)
            self.file.roots.append(low)

    def _delete(self, low: str, start: int) -> None:
        if len(self.file.deleted) >= MOST_DELETED:
            self._wrong(start, "deletes more keys than any file that was seen")
            return
        self.file.deleted.append(low)
        for path in [path for path in self.file.keys if below(path, low)]:
            del self.file.keys[path]
        self._key = RegKey("")

    def _value(self, start: int) -> None:
        name = self._name()
        equals = _EQUALS.match(self._text, self._at) if name is not None else None
        if name is None or equals is None:
            self._at = start
            self._take()
            self._wrong(start, "a value without a name, or without what it is")
            return
        self._at = equals.end()
        if self._key is None:
            self._take()
            self._wrong(start, "a value before any key")
            return
        before = self._at
        value = self._data(name)
        rest = _REST.match(self._text, self._at)
        if value is None or rest is None:
            self._at = before
            self._skip()
            self._wrong(start, "data that cannot be read")
            self._key.values[name.lower()] = RegValue(name, BINARY, None)
            return
        self._at = rest.end()
        if value == "gone":
            self._key.values.pop(name.lower(), None)
        else:
            assert isinstance(value, RegValue)
            self._key.values[name.lower()] = value

    def _skip(self) -> None:
        """To the end of the line, and of those that continue it."""
        while self._take().rstrip().endswith("\\") and self._at < len(self._text):
            continue

    def _name(self) -> str | None:
        if self._text[self._at] == "@":
            self._at += 1
            return ""
        return self._string()

    def _string(self) -> str | None:
        """A text in quotes; None when it is none, or has an escape that no export has."""
        found = _STRING.match(self._text, self._at)
        if found is None or any(escape not in _ESCAPES for escape in _ESCAPED.findall(found[1])):
            return None
        self._at = found.end()
        return _ESCAPED.sub(lambda escape: _ESCAPES[escape[1]], found[1])

    def _data(self, name: str) -> RegValue | str | None:
        """A value, `gone` for a deletion, or None for what is neither."""
        text, at = self._text, self._at
        if text.startswith("-", at):
            self._at += 1
            return "gone"
        if text.startswith('"', at):
            plain = self._string()
            return None if plain is None else RegValue(name, SZ, f"{plain}\0".encode("utf-16-le", "surrogatepass"))
        if number := _DWORD.match(text, at):
            self._at = number.end()
            return RegValue(name, DWORD, int(number[1], 16).to_bytes(4, "little"))
        if (kind := _HEX.match(text, at)) is None:
            return None
        octets = _OCTETS.match(text, kind.end())
        assert octets is not None
        self._at = octets.end()
        raw = bytes(int(octet, 16) for octet in re.findall(r"[0-9a-fA-F]+", octets[0]))
        return RegValue(name, type_ := int(kind[1] or "3", 16), self._wide(type_, raw))

    def _wide(self, type_: int, raw: bytes) -> bytes:
        """Texts as Windows keeps them; REGEDIT4 writes those of some types in the ANSI code page."""
        if not self._narrow or type_ not in (SZ, EXPAND_SZ, MULTI_SZ):
            return raw
        self.file.ansi = self.file.ansi or not is_utf8(raw)
        return ansi_text(raw).encode("utf-16-le")


def parents(path: str) -> list[str]:
    """A path and everything above it, itself first."""
    parts = path.split("\\")
    return ["\\".join(parts[:count]) for count in range(len(parts), 0, -1)]


def below(path: str, root: str) -> bool:
    """Whether a path is a key or stands below it; both in lower case."""
    return path == root or not root or path.startswith(f"{root}\\")
