"""Names from a cluster between the quotes of a shell, where nothing in them means anything; or not at all."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

LONGEST: Final = 1000
"""Characters of one name; a command line of cmd.exe ends at 8191."""
PAGES: Final = (
    "ascii", "cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1257", "cp1255", "cp1256", "cp1258", "cp874",
)  # fmt: skip
"""Code pages a batch file can be in. Those with two bytes a character are left out: their second byte may be a `|`."""
# Control, format (bidirectional and invisible), surrogates, private, unassigned; line and paragraph separators.
_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# PowerShell takes the typographic quotes for the plain one.
_PS_QUOTES: Final = re.compile("(['\u2018\u2019\u201a\u201b])")
_NODE: Final = re.compile(r"\w[\w-]{0,62}\Z")
_PROPERTY: Final = re.compile(r"[A-Za-z][A-Za-z0-9]{0,79}\Z")
_PATH: Final = re.compile(r"[A-Za-z]:((?:\\[^\\/:*?\"<>|]+)+)\Z")


class Unquotable(ValueError):
    """A name that no quotes can hold; the text says why, without the name."""


def plain(text: str) -> str:
    """A name without characters that hide, move or end others."""
    if len(text) > LONGEST:
        raise Unquotable("a name is too long for a command line")
    if any(unicodedata.category(char) in _HIDDEN for char in text):
        raise Unquotable("a name holds a character that does not show, or a line break")
    return text


def ps(text: str) -> str:
    """A string of PowerShell: single quotes end at nothing but a quote, which is doubled."""
    return "'" + _PS_QUOTES.sub(r"\1\1", plain(text)) + "'"


def cmd(text: str, *, name: bool = True) -> str:
    """Between quotes in a batch file; `name`: where an option could stand as well.

    In a batch file `%` is replaced everywhere and `"` ends quotes; no way to write either holds in cmd.exe and in the
    program it starts.
    """
    if '"' in plain(text):
        raise Unquotable("a name holds a quotation mark, which a batch file cannot pass on")
    if "%" in text:
        raise Unquotable("a name holds a percent sign, which a batch file replaces")
    if name and (not text or text[0] in "/-"):
        raise Unquotable("a name is empty or begins like an option")
    # Backslashes before the closing quote would escape it.
    return '"' + text + "\\" * (len(text) - len(text.rstrip("\\"))) + '"'


def node(text: str) -> str:
    """A computer's name, which is in paths and patterns too."""
    if not _NODE.match(text):
        raise Unquotable("a node has a name that no computer can have")
    return text


def property_name(text: str | None) -> str:
    """A property of a resource or group, which stands without quotes."""
    if text is None or not _PROPERTY.match(text):
        raise Unquotable("a property has a name that none can have")
    return text


def share(computer: str, path: str) -> str:
    """A path of a node as others reach it: `\\\\NODE\\C$\\Folder`."""
    found = _PATH.match(plain(path))
    if found is None or any(part.strip(". ") == "" for part in found[1].split("\\")[1:]):
        raise Unquotable("a path is not a whole one on a drive")
    return f"\\\\{node(computer)}\\{path[0]}${found[1]}"


def inside(name: str) -> str:
    """A file's name below a folder, which does not lead out of it."""
    if not _PATH.match("C:\\" + plain(name)) or any(part.strip(". ") == "" for part in name.split("\\")):
        raise Unquotable("a file's name leads out of its folder")
    return name
