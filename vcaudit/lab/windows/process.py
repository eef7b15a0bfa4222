"""Stand-ins for System.Diagnostics.Process: the one program that a simulated node has is cluster.exe."""

from __future__ import annotations

import re
from typing import Any

from vcaudit.lab.powershell import Obj, Unsupported, nullable, want
from vcaudit.lab.windows import clusterexe, errors
from vcaudit.lab.windows.session import Session

OEM_KEY = "SYSTEM\\CurrentControlSet\\Control\\Nls\\CodePage"
_PATH = re.compile(r"(sysnative|cluster|system32)\\cluster\.exe", re.IGNORECASE)
_LINES = re.compile(r'node|group|resource|resource "[^"/=]+" (/priv|/listowners)')
_STARTING_MS = 60.0
"""What a program takes to start, connect to the cluster service and end."""


def is_there(session: Session, path: str) -> bool:
    """Whether a path is that of the node's cluster.exe, as a shell of its bitness sees the disk."""
    root = session.node.expand("%SystemRoot%") + "\\"
    found = _PATH.fullmatch(path[len(root) :]) if path.lower().startswith(root.lower()) else None
    if found is None or clusterexe.NAMESPACE not in session.node.wmi or session.code_of(clusterexe.NAME) == 2:
        return False
    redirected = session.node.bits == 32 and session.node.is_x64(32)
    return found[1].lower() == ("sysnative" if redirected else "system32")


class StartInfo(Obj):
    """ProcessStartInfo."""

    net = "System.Diagnostics.ProcessStartInfo"
    useshellexecute: Any = True
    createnowindow: Any = False
    redirectstandardinput: Any = False
    redirectstandardoutput: Any = False
    redirectstandarderror: Any = False

    def __init__(self, path: str, line: str) -> None:
        self.path_, self.line_ = path, line

    @staticmethod
    def new(_: Any, path: str, line: str) -> StartInfo:
        """A program and the rest of its command line."""
        return StartInfo(want(path), want(line))


class Processes(Obj):
    """Process' own method."""

    net = "System.Diagnostics.Process"

    def __init__(self, session: Session) -> None:
        self._session = session

    def start(self, info: StartInfo) -> Process:
        """Only cluster.exe, only to list, without a shell and with all of its streams held."""
        held = (info.redirectstandardinput, info.redirectstandardoutput, info.redirectstandarderror)
        if info.useshellexecute is not False or info.createnowindow is not True or held != (True, True, True):
            raise Unsupported("a program started in other ways than the collector's")
        if not is_there(self._session, info.path_) or not _LINES.fullmatch(info.line_):
            raise Unsupported(f"a program that a collector may not start: {info.path_} {info.line_}")
        if self._session.denies(clusterexe.NAME):
            raise errors.net("ComponentModel.Win32Exception", "Access is denied", 0x80004005)
        self._session.started.append(info.line_)
        return Process(self._session, info.line_)


class Process(Obj):
    """A program that runs."""

    net = "System.Diagnostics.Process"

    def __init__(self, session: Session, line: str) -> None:
        self._session = session
        self._hangs = clusterexe.NAME in session.node.hanging
        code = session.code_of(clusterexe.NAME)
        text, self.exitcode = clusterexe.listing(session.node, line) if code is None else ("", code)
        session.running += 1
        self.hasexited = False
        self.standardinput = _Input()
        self.standardoutput = _Output(session, _encoded(session, text), self._hangs)

    def waitforexit(self, milliseconds: int) -> bool:
        """Whether it ended in time."""
        if self._hangs:
            self._session.spend(milliseconds)
        elif not self.hasexited:
            self._end()
        return self.hasexited

    def kill(self) -> None:
        """Ends it."""
        if self.hasexited:
            raise errors.net("InvalidOperationException", "the process has exited", 0x80131509)
        self._end()

    def close(self) -> None:
        """Lets go of it."""

    def _end(self) -> None:
        self.hasexited = True
        self._session.running -= 1


def _encoded(session: Session, text: str) -> bytes:
    """As a console program writes: in the node's OEM code page."""
    key = session.node.key(OEM_KEY)
    stored = key.values.get("oemcp") if key else None
    page = stored[1].raw.decode("utf-16-le").rstrip("\0") if stored else "437"
    return text.encode(f"cp{page}", "replace")


class _Input(Obj):
    net = "System.IO.StreamWriter"

    def close(self) -> None:
        """Nothing is written to it."""


class _Output(Obj):
    net = "System.IO.StreamReader"

    def __init__(self, session: Session, data: bytes, hangs: bool) -> None:
        self.basestream = _Stream(session, data, hangs)


class _Stream(Obj):
    """The pipe behind standard output."""

    net = "System.IO.FileStream"

    def __init__(self, session: Session, data: bytes, hangs: bool) -> None:
        self._session, self._data, self._hangs = session, data, hangs
        self._waited = False

    def beginread(self, target: bytearray, at: int, count: int, callback: Any, state: Any) -> _Pending:
        """Asynchronous, for a program may say nothing for ever."""
        if callback is not None or state is not None or at:
            raise Unsupported("BeginRead with a callback: a script block needs a runspace of its own")
        if not self._waited:
            self._waited = True
            self._session.spend(_STARTING_MS)
        piece, self._data = self._data[:count], self._data[count:]
        target[: len(piece)] = piece
        return _Pending(self._session, len(piece), self._hangs)

    def endread(self, pending: _Pending) -> int:
        """How many bytes came; 0: the program has closed its output."""
        return pending.count_


class _Pending(Obj):
    """IAsyncResult, and its wait handle."""

    net = "System.IAsyncResult"

    def __init__(self, session: Session, count: int, hangs: bool) -> None:
        self._session, self.count_, self._hangs = session, count, hangs

    @property
    def asyncwaithandle(self) -> _Pending:
        """What is waited for."""
        return self

    @nullable
    def waitone(self, milliseconds: int, leave: bool) -> bool:
        """Whether something came in time."""
        if self._hangs:
            self._session.spend(milliseconds)
        return not self._hangs
