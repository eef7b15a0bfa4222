"""Stand-ins for the machine itself: clock, environment, collections, hashes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from vcaudit.lab.powershell import EnumV, Long, NetExc, Obj, Unsupported, is_int, want
from vcaudit.lab.windows import errors
from vcaudit.lab.windows.session import Session
from vcaudit.lab.windows.text import DateTime

GENERAL = 0x80131501
"""The code of an exception that has none of its own."""
SYSTEM_CORE = "System.Core, Version=3.5.0.0, Culture=neutral, PublicKeyToken=b77a5c561934e089"


class Stopwatch(Obj):
    """System.Diagnostics.Stopwatch, on the session's clock."""

    net = "System.Diagnostics.Stopwatch"

    def __init__(self, session: Session) -> None:
        self._session = session

    def startnew(self) -> Stopwatch:
        """A running one."""
        return self

    @property
    def elapsedmilliseconds(self) -> Long:
        """As the session counts."""
        return Long(int(self._session.clock))


class OSVersion(Obj):
    """System.OperatingSystem."""

    net = "System.OperatingSystem"

    def __init__(self, text: str) -> None:
        self.versionstring = text


class Environment(Obj):
    """System.Environment."""

    net = "System.Environment"

    def __init__(self, session: Session) -> None:
        self._node = session.node
        self.machinename = session.node.name
        self.version = "4.0.30319.42000" if session.modern else "2.0.50727.3662"
        self.osversion = OSVersion(session.node.os_version)

    def expandenvironmentvariables(self, value: str) -> str:
        """%NAME% becomes its value; what is not set stays as it is."""
        return self._node.expand(want(value))


class Clock(Obj):
    """System.DateTime's own properties."""

    net = "System.DateTime"

    def __init__(self, session: Session) -> None:
        self._session = session

    @property
    def utcnow(self) -> DateTime:
        """The node's clock, which may be wrong."""
        return DateTime(self._session.node.now())


class IntPtr(Obj):
    """System.IntPtr."""

    net = "System.IntPtr"

    def __init__(self, session: Session) -> None:
        self.size = session.node.bits // 8


class Marshal(Obj):
    """System.Runtime.InteropServices.Marshal."""

    net = "System.Runtime.InteropServices.Marshal"

    @staticmethod
    def gethrforexception(error: Any) -> int:
        """The HRESULT; what the engine throws itself has the general one."""
        if not isinstance(error, NetExc):
            raise Unsupported("HRESULT of something else than an exception")
        if error.hresult is None:
            return GENERAL - (1 << 32)
        return int(error.hresult)


class ArrayList(Obj):
    """System.Collections.ArrayList."""

    net = "System.Collections.ArrayList"

    def __init__(self) -> None:
        self._items: list[Any] = []

    @staticmethod
    def new(_: Any) -> ArrayList:
        """An empty one."""
        return ArrayList()

    def add(self, value: Any) -> int:
        """Its index, which a script must throw away."""
        self._items.append(value)
        return len(self._items) - 1

    @property
    def count(self) -> int:
        """How many."""
        return len(self._items)

    def __iter__(self) -> Iterator[Any]:
        before = len(self._items)
        for item in self._items:
            if len(self._items) != before:
                raise errors.net("InvalidOperationException", "Collection was modified.", 0x80131509)
            yield item


class Stack(Obj):
    """System.Collections.Stack."""

    net = "System.Collections.Stack"

    def __init__(self) -> None:
        self._items: list[Any] = []

    @staticmethod
    def new(_: Any) -> Stack:
        """An empty one."""
        return Stack()

    def push(self, value: Any) -> None:
        """On top."""
        self._items.append(value)

    def pop(self) -> Any:
        """From the top."""
        if not self._items:
            raise errors.net("InvalidOperationException", "Stack empty.", 0x80131509)
        return self._items.pop()

    @property
    def count(self) -> int:
        """How many."""
        return len(self._items)


class Assembly(Obj):
    """System.Reflection.Assembly."""

    net = "System.Reflection.Assembly"

    def __init__(self, session: Session) -> None:
        self._session = session

    def load(self, name: str) -> str:
        """System.Core and nothing else."""
        if name != SYSTEM_CORE:
            raise Unsupported(f"assembly {name}")
        self._session.provider_loaded = True
        return name


class Sha256(Obj):
    """A SHA-256."""

    net = "System.Security.Cryptography.SHA256Managed"

    def computehash(self, source: Any, offset: Any = 0, count: Any = None) -> bytes:
        """Of bytes, of a part of them, or of what is left of a stream."""
        if count is not None:
            return hashlib.sha256(bytes(source)[int(offset) : int(offset) + int(count)]).digest()
        return hashlib.sha256(source.rest_() if hasattr(source, "rest_") else bytes(source)).digest()


class Sha256Managed(Obj):
    """SHA256Managed, which the FIPS policy forbids."""

    net = "System.Security.Cryptography.SHA256Managed"

    def __init__(self, session: Session) -> None:
        self._session = session

    def new(self, _: Any) -> Sha256:
        """A new one."""
        if self._session.fips:
            why = "This implementation is not part of the Windows Platform FIPS validated cryptographic algorithms."
            raise errors.net("InvalidOperationException", why, 0x80131509)
        return Sha256()


class Sha256Provider(Obj):
    """SHA256CryptoServiceProvider, which needs System.Core."""

    net = "System.Security.Cryptography.SHA256CryptoServiceProvider"

    def __init__(self, session: Session) -> None:
        self._session = session

    def new(self, _: Any) -> Sha256:
        """A new one."""
        if not self._session.provider_loaded:
            raise Unsupported("SHA256CryptoServiceProvider without System.Core")
        return Sha256()


def number(value: Any) -> int:
    """An integer argument; PowerShell would convert others by rules that are not played here."""
    if not is_int(value) or isinstance(value, EnumV):
        raise Unsupported("integer argument")
    return int(value)
