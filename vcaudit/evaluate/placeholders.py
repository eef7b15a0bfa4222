"""Texts of rules with `{placeholders}`: a closed table, never `str.format`, and quoting that names cannot leave.

In commands every placeholder stands in quotes and says for whom it is quoted: `"{subject|cmd}"` for cmd.exe and
cluster.exe, `'{subject|ps}'` for PowerShell. What cannot be quoted there at all makes no command (see `render`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from vcaudit.snapshot.base import Missing

Language: TypeAlias = Literal["text", "cmd", "ps"]

NAMES = ("subject", "node", "role", "observed", "expected", "cluster", "owner", "standby")
"""Besides `params.NAME` and `each.FIELD` (or `each` itself where it is a plain value)."""
UNKNOWN = "(unknown)"

_PIECE = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_PLACEHOLDER = re.compile(r"([a-z_]+(?:\.[A-Za-z_][A-Za-z0-9_]*)*)(?:\|([a-z]+))?\Z")
_QUOTE: Mapping[Language, str] = {"cmd": '"', "ps": "'"}
# PowerShell takes the typographic quotes for the plain one.
_PS_QUOTES = re.compile("(['\u2018\u2019\u201a\u201b])")
_HIDDEN = ("Cc", "Cs", "Zl", "Zp")
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class Unquotable(ValueError):
    """A name that no quotes of the language can hold."""


@dataclass(frozen=True)
class Placeholder:
    """`{name|filter}`."""

    name: str
    language: Language


@dataclass(frozen=True)
class Template:
    """A text, cut at its placeholders."""

    parts: tuple[str | Placeholder, ...]

    def __str__(self) -> str:
        return "".join(part if isinstance(part, str) else f"{{{part.name}}}" for part in self.parts)

    @property
    def names(self) -> tuple[str, ...]:
        """Of its placeholders."""
        return tuple(part.name for part in self.parts if isinstance(part, Placeholder))

    def render(self, values: Callable[[str], object]) -> str:
        """The text with its values; raises Unquotable when a command cannot be written safely."""
        return "".join(part if isinstance(part, str) else _quoted(part, values(part.name)) for part in self.parts)


def parse(text: str, language: Language, problem: Callable[[str], None]) -> Template:
    """Cuts a text at its placeholders and says what is wrong with their form; their names are the loader's to check."""
    parts: list[str | Placeholder] = []
    at = 0
    for match in _PIECE.finditer(text):
        parts.append(text[at : match.start()])
        at = match.end()
        if match[0] in ("{{", "}}"):
            parts.append(match[0][0])
        elif match[1] is None:
            problem(f"a single {match[0]}: write it twice when it is meant")
        elif found := _PLACEHOLDER.match(match[1]):
            parts.append(_placeholder(found, language, text[: match.start()], problem))
        else:
            problem(f"{{{match[1]}}} is no placeholder: {{name}}, or {{name|{'ps' if language == 'ps' else 'cmd'}}}")
    parts.append(text[at:])
    return Template(tuple(part for part in parts if part != ""))


def _placeholder(found: re.Match[str], language: Language, before: str, problem: Callable[[str], None]) -> Placeholder:
    name, chosen = found[1], found[2] or "text"
    if chosen not in ("text", "cmd", "ps"):
        problem(f"{{{name}|{chosen}}}: the filters are cmd and ps")
    elif chosen != language:
        wanted = f"{{{name}|{language}}}" if language != "text" else f"{{{name}}}"
        problem(f"{{{found[0]}}}: written {wanted} here")
    elif language != "text" and before.rpartition("\n")[2].count(_QUOTE[language]) % 2 == 0:
        problem(f"{{{found[0]}}} must stand between {_QUOTE[language]} and {_QUOTE[language]}")
    return Placeholder(name, language)


def shown(value: object) -> str:
    """A value in a text for people: a list with commas, yes and no, and no character that hides or moves others."""
    if isinstance(value, Missing):
        return UNKNOWN
    if value is None or value == []:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(shown(item) for item in value) or "none"
    return visible(str(value)) if value != "" else "(empty)"


def visible(text: str) -> str:
    """Control characters, line ends, lone surrogates and bidirectional controls as `\\u202e`."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(f"\\u{ord(char):04x}" if _hidden(char) else char for char in text)


def hidden(text: str) -> bool:
    """Whether a text holds such characters."""
    return any(map(_hidden, text))


def _hidden(char: str) -> bool:
    return char in _BIDI or unicodedata.category(char) in _HIDDEN


def _quoted(part: Placeholder, value: object) -> str:
    if part.language == "text":
        return shown(value)
    if value is None or isinstance(value, Missing):
        return UNKNOWN
    text = ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    if hidden(text):
        raise Unquotable(text)
    if part.language == "ps":
        return _PS_QUOTES.sub(r"\1\1", text)
    # cmd.exe ends quotes at every " and expands %NAME% inside them: there is no escape for either at its prompt.
    if '"' in text or "%" in text:
        raise Unquotable(text)
    # A backslash before the closing quote would escape it.
    return text + "\\" * (len(text) - len(text.rstrip("\\")))


def names_in(*templates: Template | None) -> Iterator[str]:
    """Every placeholder of several texts."""
    for template in templates:
        if template is not None:
            yield from template.names
