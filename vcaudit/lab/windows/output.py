"""Stand-ins for streams, the XML writer and the console."""

from __future__ import annotations

import gzip
import re
from typing import Any

from vcaudit.lab.powershell import Long, Obj, Unsupported, make_enum, want
from vcaudit.lab.windows import errors

COMPRESSION_MODE = make_enum("System.IO.Compression.CompressionMode", {"Decompress": 0, "Compress": 1})

_MARKUP = re.compile(r'[&<>"]')
_BREAKS = re.compile("[\x00-\x1f\ud800-\udfff\ufffe\uffff]")
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}


class MemoryStream(Obj):
    """System.IO.MemoryStream."""

    net = "System.IO.MemoryStream"

    def __init__(self) -> None:
        self._content = bytearray()

    @staticmethod
    def new(_: Any) -> MemoryStream:
        """An empty one."""
        return MemoryStream()

    def put_(self, octets: bytes) -> None:
        """For other stand-ins."""
        self._content += octets

    def write(self, octets: Any, at: int, count: int) -> None:
        """Bytes of an array."""
        self._content += bytes(octets)[at : at + count]

    @property
    def length(self) -> Long:
        """Bytes."""
        return Long(len(self._content))

    def toarray(self) -> bytes:
        """A copy of everything."""
        return bytes(self._content)


class GZipStream(Obj):
    """System.IO.Compression.GZipStream, compressing."""

    net = "System.IO.Compression.GZipStream"

    def __init__(self, target: MemoryStream) -> None:
        self._target = target
        self._parts: list[str] = []

    @staticmethod
    def new(_: Any, target: MemoryStream, mode: Any, leave_open: bool = False) -> GZipStream:
        """Over a stream that stays open, for it is read afterwards."""
        if mode.label() != "Compress" or not leave_open:
            raise Unsupported("GZipStream in other ways than the collector's")
        return GZipStream(target)

    def put_(self, value: str) -> None:
        """For the XML writer, which encodes as UTF-8."""
        self._parts.append(value)

    def close_(self) -> None:
        """Everything arrives at the target when the stream is closed."""
        self._target.put_(gzip.compress("".join(self._parts).encode("utf-8"), compresslevel=3))


class StringWriter(Obj):
    """System.IO.StringWriter."""

    net = "System.IO.StringWriter"

    def __init__(self) -> None:
        self._parts: list[str] = []

    @staticmethod
    def new(_: Any, culture: Any) -> StringWriter:
        """With a culture, for the default one is the node's."""
        return StringWriter()

    def put_(self, value: str) -> None:
        """For the XML writer."""
        self._parts.append(value)

    def write(self, value: str) -> None:
        """A text."""
        self._parts.append(want(value))

    def writeline(self, value: str) -> None:
        """A text and a line break."""
        self._parts.append(want(value) + "\r\n")

    def close_(self) -> None:
        """Nothing: the text can be taken afterwards."""

    def tostring(self, *_: Any) -> str:
        """Everything written so far."""
        return "".join(self._parts)


class XmlTextWriter(Obj):
    """System.Xml.XmlTextWriter.

    A state machine: attributes only right behind a start tag. Close() completes open elements, but not after a failed
    write. What .NET writes without a word and no parser takes (controls, half surrogates, doubled attributes) is loud.
    """

    net = "System.Xml.XmlTextWriter"

    def __init__(self, target: GZipStream | StringWriter) -> None:
        self._target, self._put = target, target.put_
        self._open: list[str] = []
        self._in_tag = self._closed = False
        self._attributes: set[str] = set()

    @staticmethod
    def new(_: Any, target: GZipStream | StringWriter, encoding: Any = None) -> XmlTextWriter:
        """Over a text writer, or over a stream with its encoding."""
        if isinstance(target, StringWriter) is not (encoding is None):
            raise Unsupported("XmlTextWriter with an encoding where none belongs, or without one")
        return XmlTextWriter(target)

    def writestartelement(self, name: str) -> None:
        """An element."""
        self._ready()
        self._put(f"<{want(name)}")
        self._open.append(name)
        self._in_tag, self._attributes = True, set()

    def writeattributestring(self, name: str, value: Any) -> None:
        """An attribute of the element that was just begun."""
        if not self._in_tag or self._closed:
            raise Unsupported("an attribute behind content: .NET throws, and the document stays cut")
        if name in self._attributes:
            raise Unsupported(f"attribute {name} twice: XmlTextWriter writes it, and no parser takes it")
        self._attributes.add(name)
        self._put(f' {name}="{_escaped(want(value))}"')

    def writeraw(self, value: str) -> None:
        """Markup as it is."""
        self._ready()
        self._put(want(value))

    def writeendelement(self) -> None:
        """The end of the innermost element."""
        if self._closed or not self._open:
            raise Unsupported("an end without a beginning: .NET throws, and the document stays cut")
        name = self._open.pop()
        self._put(" />" if self._in_tag else f"</{name}>")
        self._in_tag = False

    def close(self) -> None:
        """Complete what is open, and close what is below."""
        while self._open:
            self.writeendelement()
        self._closed = True
        self._target.close_()

    def _ready(self) -> None:
        if self._closed:
            raise errors.net("InvalidOperationException", "The Writer is closed.", 0x80131509)
        if self._in_tag:
            self._put(">")
            self._in_tag = False


def _escaped(value: str) -> str:
    if value.isalnum():
        return value
    if _BREAKS.search(value):
        raise Unsupported("a character that XML cannot carry: .NET writes what no parser takes")
    return _MARKUP.sub(lambda found: _ESCAPES[found[0]], value)


class ConsoleOut(Obj):
    """Console.Out of a process whose output is redirected: in the console's code page, CRLF."""

    net = "System.IO.TextWriter"

    def __init__(self, stdout: bytearray) -> None:
        self._stdout = stdout

    def write(self, value: str) -> None:
        """A text."""
        self._stdout += want(value).encode("cp437", "replace")

    def writeline(self, value: str) -> None:
        """A text and a line break."""
        self._stdout += want(value).encode("cp437", "replace") + b"\r\n"


class Console(Obj):
    """System.Console."""

    net = "System.Console"

    def __init__(self, stdout: bytearray) -> None:
        self.out: ConsoleOut | StringWriter = ConsoleOut(stdout)

    def setout(self, writer: ConsoleOut | StringWriter) -> None:
        """What is written goes elsewhere from now on."""
        self.out = writer
