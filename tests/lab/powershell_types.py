"""Stand-ins for the .NET types that the recorded rows use: just enough of each to answer them."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator
from typing import Any

from vcaudit.lab.powershell import (
    CharArr,
    Long,
    NetError,
    Obj,
    Unsupported,
    items,
    make_enum,
    prop,
    text,
    units,
    want,
)

INVALID_OPERATION = "System.InvalidOperationException"


class String(Obj):
    net = "System.String"

    @staticmethod
    def isnullorempty(value: Any) -> bool:
        return value is None or want(value) == ""

    @staticmethod
    def join(separator: Any, values: Any) -> str:
        return text(separator).join(text(value, nested=True) for value in items(values))


class Culture(Obj):
    net = "System.Globalization.CultureInfo"
    invariantculture = "invariant"


class Stopwatch(Obj):
    net = "System.Diagnostics.Stopwatch"
    elapsedmilliseconds = Long(5)

    @staticmethod
    def startnew() -> Stopwatch:
        return Stopwatch()


class Encoding(Obj):
    net = "System.Text.Encoding"

    def __init__(self, codec: str) -> None:
        self._codec = codec

    @staticmethod
    def new(machine: Any, bom: bool) -> Encoding:
        if bom:
            raise Unsupported("byte order mark")
        return Encoding("utf-8")

    def getbytes(self, value: str) -> bytearray:
        """A lone surrogate becomes U+FFFD, as in .NET."""
        joined = value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
        return bytearray(re.sub("[\ud800-\udfff]", "\ufffd", joined).encode(self._codec, "replace"))

    def getstring(self, raw: bytes) -> str:
        return bytes(raw).decode(self._codec, "replace").replace("\ufffd", "?" if self._codec == "ascii" else "\ufffd")


class Encodings(Obj):
    net = "System.Text.Encoding"
    utf8, unicode, ascii = Encoding("utf-8"), Encoding("utf-16-le"), Encoding("ascii")


class Convert(Obj):
    net = "System.Convert"

    @staticmethod
    def frombase64string(value: str) -> bytearray:
        try:
            return bytearray(base64.b64decode(value, validate=True))
        except binascii.Error:
            raise NetError("System.FormatException", "The input is not a valid Base-64 string") from None

    @staticmethod
    def tobase64string(raw: bytes) -> str:
        return base64.b64encode(bytes(raw)).decode()

    @staticmethod
    def tostring(value: Any, culture: Any = None) -> str:
        if culture not in (None, Culture.invariantculture):
            raise Unsupported("Convert.ToString with a base")
        return text(value, nested=True)


class Buffer(Obj):
    net = "System.Buffer"

    @staticmethod
    def blockcopy(source: Any, start: int, target: bytearray, at: int, count: int) -> None:
        raw = "".join(source).encode("utf-16-le", "surrogatepass") if isinstance(source, CharArr) else bytes(source)
        if start + count > len(raw) or at + count > len(target):
            raise NetError("System.ArgumentException", "Offset and length were out of bounds for the array")
        target[at : at + count] = raw[start : start + count]


class Regex(Obj):
    net = "System.Text.RegularExpressions.Regex"

    def __init__(self, pattern: str) -> None:
        self._pattern = re.compile(pattern)

    @staticmethod
    def new(machine: Any, pattern: str) -> Regex:
        return Regex(pattern)

    def ismatch(self, value: Any) -> bool:
        return self._pattern.search(units(value or "")) is not None


class BitConverter(Obj):
    net = "System.BitConverter"

    @staticmethod
    def tostring(raw: bytes) -> str:
        return "-".join(f"{octet:02X}" for octet in raw)


class IntPtr(Obj):
    net = "System.IntPtr"
    size = 8


class Environment(Obj):
    net = "System.Environment"
    machinename = "NODE1"

    @staticmethod
    def expandenvironmentvariables(value: str) -> str:
        return value


class Moment(Obj):
    net = "System.DateTime"

    def tostring(self, *_: Any) -> str:
        return "2020-01-02T03:04:05"


class DateTime(Obj):
    net = "System.DateTime"

    @staticmethod
    @prop
    def utcnow() -> Moment:
        return Moment()


class Stack(Obj):
    net = "System.Collections.Stack"

    def __init__(self) -> None:
        self._values: list[Any] = []

    @staticmethod
    def new(machine: Any) -> Stack:
        return Stack()

    def push(self, value: Any) -> None:
        self._values.append(value)

    def pop(self) -> Any:
        if not self._values:
            raise NetError(INVALID_OPERATION, "Stack empty.")
        return self._values.pop()

    @property
    def count(self) -> int:
        return len(self._values)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._values[::-1])


class Sha256(Obj):
    net = "System.Security.Cryptography.SHA256Managed"

    @staticmethod
    def new(machine: Any) -> Sha256:
        return Sha256()

    def computehash(self, raw: bytes) -> bytes:
        return hashlib.sha256(bytes(raw)).digest()


class StringWriter(Obj):
    net = "System.IO.StringWriter"

    def __init__(self) -> None:
        self._parts: list[str] = []

    @staticmethod
    def new(machine: Any) -> StringWriter:
        return StringWriter()

    def write_(self, part: str) -> None:
        self._parts.append(part)

    def tostring(self, *_: Any) -> str:
        return "".join(self._parts)


class XmlTextWriter(Obj):
    """Attributes right after a start tag only; Close() completes the document unless a write has failed."""

    net = "System.Xml.XmlTextWriter"

    def __init__(self, target: StringWriter) -> None:
        self._target, self._open, self._state = target, list[str](), "content"

    @staticmethod
    def new(machine: Any, target: StringWriter) -> XmlTextWriter:
        return XmlTextWriter(target)

    def _failed(self) -> NetError:
        self._state = "error"
        return NetError(INVALID_OPERATION, "would result in an invalid XML document")

    def _ready(self) -> None:
        if self._state in ("error", "closed"):
            raise NetError(INVALID_OPERATION, "The Writer is closed or in error.")

    def _content(self) -> None:
        self._ready()
        if self._state == "tag":
            self._target.write_(">")
        self._state = "content"

    def writestartelement(self, name: str) -> None:
        self._content()
        self._target.write_(f"<{name}")
        self._open.append(name)
        self._state = "tag"

    def writeattributestring(self, name: str, value: str) -> None:
        self._ready()
        if self._state != "tag":
            raise self._failed()
        if f' {name}="' in self._target.tostring().rpartition("<")[2] or re.search("[\ud800-\udfff]", value):
            raise Unsupported("a document that .NET writes, and that is not well-formed")
        for char, entity in zip('&<>"\r\n', ("&amp;", "&lt;", "&gt;", "&quot;", "&#xD;", "&#xA;"), strict=True):
            value = value.replace(char, entity)
        value = re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f]", lambda char: f"&#x{ord(char[0]):X};", value)
        self._target.write_(f' {name}="{value}"')

    def writeraw(self, part: str) -> None:
        self._content()
        self._target.write_(part)

    def writeendelement(self) -> None:
        self._ready()
        if not self._open:
            raise self._failed()
        name = self._open.pop()
        self._target.write_(" />" if self._state == "tag" else f"</{name}>")
        self._state = "content"

    def close(self) -> None:
        while self._open and self._state != "error":
            self.writeendelement()
        self._state = "closed"


ENUMS: tuple[tuple[str, bool, dict[str, int]], ...] = (
    (
        "System.IO.FileShare",
        True,
        {"None": 0, "Read": 1, "Write": 2, "ReadWrite": 3, "Delete": 4, "Inheritable": 16},
    ),
    (
        "System.IO.FileMode",
        False,
        {"CreateNew": 1, "Create": 2, "Open": 3, "OpenOrCreate": 4, "Truncate": 5, "Append": 6},
    ),
)


def type_table() -> dict[str, Any]:
    """Every stand-in by its name, as the interpreter wants them."""
    table: dict[str, Any] = {"system.text.utf8encoding": Encoding, "system.text.encoding": Encodings}
    for stand_in in (
        String,
        Culture,
        Stopwatch,
        Convert,
        Buffer,
        Regex,
        BitConverter,
        IntPtr,
        Environment,
        DateTime,
        Stack,
        Sha256,
        StringWriter,
        XmlTextWriter,
    ):
        table[stand_in.net.lower()] = stand_in
    for net, flags, names in ENUMS:
        table[net.lower()] = make_enum(net, names, flags)
    return table
