"""Stand-ins for text, numbers and time."""

from __future__ import annotations

import base64
import binascii
import re
from datetime import datetime
from typing import Any

from vcaudit.lab.powershell import CharArr, Obj, Unsupported, units, want
from vcaudit.lab.powershell import text as to_text
from vcaudit.lab.windows import errors

INVARIANT = "InvariantCulture"


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
        """The smaller of two integers."""
        _integers(first, second)
        return int(min(first, second))

    @staticmethod
    def max(first: Any, second: Any) -> int:
        """The larger of two integers."""
        _integers(first, second)
        return int(max(first, second))


def _integers(first: Any, second: Any) -> None:
    if not (type(first) is int and type(second) is int):
        raise Unsupported("System.Math of other than two Int32")


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

    @staticmethod
    def join(separator: str, parts: Any, first: int, count: int) -> str:
        """Some of the parts with something between them."""
        if not 0 <= first <= first + count <= len(parts):
            raise errors.net("ArgumentOutOfRangeException", "Index out of range.", 0x80131502)
        return want(separator).join(parts[first : first + count])
