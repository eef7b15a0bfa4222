"""Stand-ins for System.Text.RegularExpressions, for patterns that .NET and Python read alike."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from vcaudit.lab.powershell import EnumV, Obj, Unsupported, make_enum, units, want
from vcaudit.lab.windows import errors

OPTIONS = make_enum(
    "System.Text.RegularExpressions.RegexOptions",
    {"None_": 0, "IgnoreCase": 1, "Multiline": 2, "Singleline": 16, "CultureInvariant": 512},
    flags=True,
)

_UNLIKE = re.compile(r"\(\?<|\\[pPzZGkKXRN]|\[[^\]]*-\[|[*+?}]\+|\(\?[aiLmsux]*[aLu]|\(\?[>#(]")
"""Constructs that .NET and Python read differently, or that only one of them knows."""


@lru_cache(maxsize=256)
def _compiled(pattern: str, ignore_case: bool) -> re.Pattern[str]:
    if _UNLIKE.search(pattern):
        raise Unsupported(f"regular expression {pattern}")
    try:
        return re.compile(pattern, re.IGNORECASE if ignore_case else 0)
    except re.error as error:
        raise errors.net("ArgumentException", f'parsing "{pattern}" - {error}', 0x80070057) from error


class Regex(Obj):
    """System.Text.RegularExpressions.Regex, for patterns that .NET and Python read alike."""

    net = "System.Text.RegularExpressions.Regex"

    def __init__(self, pattern: re.Pattern[str]) -> None:
        self._pattern = pattern
        self._search = pattern.search

    @staticmethod
    def new(_: Any, pattern: str, options: Any = 0) -> Regex:
        """Ignoring case without CultureInvariant would follow the node's culture: refused."""
        ignore = int(options)
        if ignore not in (0, 1 | 512) or (ignore and not isinstance(options, EnumV)):
            raise Unsupported(f"regular expression options {ignore}")
        return Regex(_compiled(want(pattern), bool(ignore)))

    def ismatch(self, value: Any) -> bool:
        """Whether it occurs anywhere."""
        if value is None:
            raise errors.argument_null()
        return self._search(units(value)) is not None

    def match(self, value: Any) -> Match:
        """The first match."""
        if value is None:
            raise errors.argument_null()
        return Match(self._pattern, units(value), 0)

    def matches(self, value: str) -> Matches:
        """All of them."""
        return Matches(self._pattern, units(want(value)))


class Matches(Obj):
    """MatchCollection."""

    net = "System.Text.RegularExpressions.MatchCollection"

    def __init__(self, pattern: re.Pattern[str], value: str) -> None:
        self._pattern, self._value = pattern, value

    def __iter__(self) -> Iterator[Match]:
        match = Match(self._pattern, self._value, 0)
        while match.success:
            yield match
            match = match.nextmatch()


def _whole(value: str) -> str:
    """A string with its surrogate pairs as one character again, as all other stand-ins hold it."""
    if value.isascii():
        return value
    return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


class Captured(Obj):
    """Group: what one pair of parentheses matched."""

    net = "System.Text.RegularExpressions.Group"

    def __init__(self, found: re.Match[str] | None, number: int) -> None:
        start, end = (-1, -1) if found is None or number > len(found.groups()) else found.span(number)
        self.success = start >= 0
        self.index = max(start, 0)
        self.length = end - start if self.success else 0
        self.value = _whole(found[number]) if found is not None and self.success else ""


class Groups(Obj):
    """GroupCollection; a number that does not exist is a group without success."""

    net = "System.Text.RegularExpressions.GroupCollection"

    def __init__(self, pattern: re.Pattern[str], found: re.Match[str] | None) -> None:
        self._found = found
        self.count = 1 if found is None else pattern.groups + 1

    def item(self, number: int) -> Captured:
        """The group of a number."""
        return Captured(self._found, number)


class Match(Captured):
    """Match, which is also its group 0."""

    net = "System.Text.RegularExpressions.Match"

    def __init__(self, pattern: re.Pattern[str], value: str, at: int) -> None:
        found = pattern.search(value, at) if at <= len(value) else None
        super().__init__(found, 0)
        self._pattern, self._text, self._found = pattern, value, found

    @property
    def groups(self) -> Groups:
        """All groups."""
        return Groups(self._pattern, self._found)

    def nextmatch(self) -> Match:
        """The match after this one; behind an empty one the search goes one character on."""
        at = self.index + (self.length or 1) if self.success else len(self._text) + 1
        return Match(self._pattern, self._text, at)
