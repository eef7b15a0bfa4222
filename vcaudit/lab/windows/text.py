"""Stand-ins for text, numbers, time and regular expressions."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from typing import Any

from vcaudit.lab.powershell import CharArr, EnumV, Obj, Unsupported, make_enum, units, want
from vcaudit.lab.powershell import text as to_text
from vcaudit.lab.windows import errors

INVARIANT = "InvariantCulture"
REGEX_OPTIONS = make_enum(
    "System.Text.RegularExpressions.RegexOptions",
    {"None_": 0, "IgnoreCase": 1, "Multiline": 2, "Singleline": 16, "CultureInvariant": 512},
    flags=True,
)


class Culture(Obj):
    """System.Globalization.CultureInfo."""

    net = "System.Globalization.CultureInfo"
    invariantculture = INVARIANT


class Encoder(Obj):
    """One encoding; what it cannot hold becomes its replacement character, without a word."""

    net = "System.Text.Encoding"

    def __init__(self, codec: str) -> None:
        self._codec = codec

    def getbytes(self, value: str) -> bytearray:
        """Half a surrogate pair becomes U+FFFD in every encoding."""
        whole = want(value).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        return bytearray(whole.encode(self._codec, "replace"))

    def getstring(self, octets: Any) -> str:
        """One character for each UTF-16 unit, as .NET counts them."""
        if not isinstance(octets, (bytes, bytearray)):
            raise errors.argument_null() if octets is None else Unsupported("GetString of something else than bytes")
        return units(bytes(octets).decode(self._codec, "replace"))


class Encoding(Obj):
    """System.Text.Encoding."""

    net = "System.Text.Encoding"
    utf8 = Encoder("utf-8")
    unicode = Encoder("utf-16-le")
    bigendianunicode = Encoder("utf-16-be")

    @staticmethod
    def getencoding(page: int) -> Encoder:
        """By code page; Latin-1 is the one that maps every byte to the character of the same number."""
        if page != 28591:
            raise Unsupported(f"code page {page}")
        return Encoder("latin-1")


class UTF8Encoding(Obj):
    """System.Text.UTF8Encoding."""

    net = "System.Text.UTF8Encoding"

    @staticmethod
    def new(_: Any, mark: bool = False) -> Encoder:
        """With a byte order mark, which an XML document behind gzip must not have here."""
        if mark:
            raise Unsupported("UTF-8 with a byte order mark")
        return Encoder("utf-8")


class Convert(Obj):
    """System.Convert."""

    net = "System.Convert"

    @staticmethod
    def frombase64string(value: Any) -> bytearray:
        """Strict, as in .NET; white space is skipped."""
        if value is None:
            raise errors.argument_null()
        try:
            return bytearray(base64.b64decode(re.sub(r"[ \t\r\n]", "", want(value)), validate=True))
        except (binascii.Error, ValueError) as error:
            raise errors.net("FormatException", "The input is not a valid Base-64 string", 0x80131537) from error

    @staticmethod
    def tobase64string(octets: Any) -> str:
        """Without line breaks."""
        return base64.b64encode(bytes(octets)).decode()

    @staticmethod
    def tostring(value: Any, culture: Any) -> str:
        """In the invariant culture."""
        if culture != INVARIANT:
            raise Unsupported("Convert.ToString in a culture of the node's, or with a base")
        if isinstance(value, float) and (abs(value) >= 1e15 or float(f"{value:.15g}") != value):
            raise Unsupported("the digits of this Double differ between .NET versions")
        return to_text(value, nested=True)


class Buffer(Obj):
    """System.Buffer."""

    net = "System.Buffer"

    @staticmethod
    def blockcopy(source: Any, source_at: int, target: bytearray, target_at: int, count: int) -> None:
        """Bytes as they lie in memory."""
        raw = "".join(source).encode("utf-16-le", "surrogatepass") if isinstance(source, CharArr) else bytes(source)
        outside = source_at + count > len(raw) or target_at + count > len(target)
        if outside or min(source_at, target_at, count) < 0:
            raise errors.net("ArgumentException", "Offset and length were out of bounds for the array", 0x80070057)
        target[target_at : target_at + count] = raw[source_at : source_at + count]


class BitConverter(Obj):
    """System.BitConverter."""

    net = "System.BitConverter"

    @staticmethod
    def tostring(octets: Any, start: int = 0, length: int | None = None) -> str:
        """Two digits a byte, with dashes between."""
        part = bytes(octets)[start : None if length is None else start + length]
        return "-".join(f"{octet:02X}" for octet in part)


class Math(Obj):
    """System.Math."""

    net = "System.Math"

    @staticmethod
    def min(first: Any, second: Any) -> int:
        """Of two integers."""
        if not (type(first) is int and type(second) is int):
            raise Unsupported("Math.Min of other than two Int32")
        return min(first, second)


class DateTime(Obj):
    """System.DateTime: a moment that was read; UTC on both sides, for the lab's nodes live there."""

    net = "System.DateTime"

    def __init__(self, moment: datetime) -> None:
        self._moment = moment

    def tostring(self, format: str = "", culture: Any = None) -> str:
        """The sortable form."""
        if format != "s" or culture != INVARIANT:
            raise Unsupported("DateTime in a form that depends on the node's culture")
        return self._moment.strftime("%Y-%m-%dT%H:%M:%S")

    def touniversaltime(self) -> DateTime:
        """The same moment."""
        return self


class TimeSpan(Obj):
    """System.TimeSpan."""

    net = "System.TimeSpan"

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    @staticmethod
    def fromseconds(seconds: float) -> TimeSpan:
        """A length of time."""
        return TimeSpan(float(seconds))

    @property
    def seconds_(self) -> float:
        """For other stand-ins."""
        return self._seconds


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


class StringBuilder(Obj):
    """System.Text.StringBuilder."""

    net = "System.Text.StringBuilder"

    def __init__(self) -> None:
        self._parts: list[str] = []

    @staticmethod
    def new(_: Any) -> StringBuilder:
        """An empty one."""
        return StringBuilder()

    def append(self, value: str) -> StringBuilder:
        """A text behind what is there."""
        self._parts.append(want(value))
        return self

    def tostring(self, *_: Any) -> str:
        """Everything."""
        return "".join(self._parts)


class String(Obj):
    """System.String."""

    net = "System.String"

    @staticmethod
    def isnullorempty(value: Any) -> bool:
        """Neither text nor anything else."""
        return value is None or want(value) == ""
