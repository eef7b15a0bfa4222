"""One script on the machine that vcaudit itself runs on: the same text, the same command, a process and no network.

For a node where WinRM is not to be had. No shell, no temporary file: the script goes through the standard input of
powershell.exe as it does over WinRM.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import threading
import time
from pathlib import Path
from typing import IO

from vcaudit.errors import BadOutput, TimedOut, Unreachable
from vcaudit.transport.base import BOOTSTRAP, CommandResult, Script, Spent, Target

ARGUMENTS: tuple[str, ...] = tuple(shlex.split(BOOTSTRAP)[1:])
"""Of the bootstrap, as the program gets them; subprocess quotes them for Windows exactly as BOOTSTRAP is written."""
PIECE = 1 << 16
KILLED = 2.0
"""Seconds that a process may take to disappear after it was killed, before it is left behind."""


class Local:
    """A Transport without a wire. One run at a time; `cancel` may be called from another thread."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._spent = Spent()
        self._warnings: list[str] = []
        self._process: subprocess.Popen[bytes] | None = None
        self._cancelled = False

    @property
    def spent(self) -> Spent:
        """Bytes of the pipes; requests are none."""
        return self._spent

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader of the report should know about this run."""
        return tuple(self._warnings)

    def cancel(self) -> None:
        """Ends the run soon, from another thread: `run` raises Unreachable."""
        self._cancelled = True
        if self._process is not None:
            self._process.kill()

    def run(self, script: Script, deadline: float) -> CommandResult:
        """Runs `script` within `deadline` seconds. Raises TransportError; the process is gone afterwards."""
        started = time.monotonic()
        self._spent, self._warnings = Spent(), []
        self._process = process = self._start()
        if self._cancelled:  # between the two, and `cancel` saw no process yet
            process.kill()
        stdout, stderr, code = self._converse(process, script, started + deadline)
        _check_output(self._target, stdout, stderr, code)
        if code or stderr.strip():
            self._warnings.append(f"the script ended with exit code {code}{_said(stderr)}")
        return CommandResult(
            stdout=stdout, stderr=stderr, exit_code=code, requests=0, bytes_sent=self._spent.bytes_sent,
            bytes_received=self._spent.bytes_received, seconds=time.monotonic() - started, warnings=self.warnings,
        )  # fmt: skip

    def _start(self) -> subprocess.Popen[bytes]:
        program = _program()
        hint = "`transport: local` is for vcaudit running on the node itself; elsewhere use WinRM or `vcaudit kit`"
        if program is None:
            raise Unreachable("there is no powershell.exe on this machine", where=self._target.place, hint=hint)
        try:
            return subprocess.Popen(  # noqa: S603  (a fixed command line; the script is data on its stdin)
                [program, *ARGUMENTS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
            )
        except OSError as error:
            what = f"{program} does not start: {error.strerror}"
            raise Unreachable(what, where=self._target.place, hint=hint) from None

    def _converse(self, process: subprocess.Popen[bytes], script: Script, until: float) -> tuple[bytes, bytes, int]:
        """Feeds and drains the pipes, each by a thread of its own, so that none waits for another."""
        assert process.stdin
        assert process.stdout
        assert process.stderr
        drain = _Drain(process, self._target.max_output)
        threads = [
            threading.Thread(target=_feed, args=(process.stdin, script.text), daemon=True),
            threading.Thread(target=drain.read, args=(process.stdout, drain.stdout), daemon=True),
            threading.Thread(target=drain.read, args=(process.stderr, drain.stderr), daemon=True),
        ]
        late = False
        try:
            for thread in threads:
                thread.start()
            # The pipes, not the process: a child of it may hold them longer, and then there is more to come.
            for thread in threads:
                thread.join(max(0.0, until - time.monotonic()))
            process.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            late = True
        finally:
            self._end(process)
            self._spent = Spent(0, len(script.text), len(drain.stdout) + len(drain.stderr))
        late = late or any(thread.is_alive() for thread in threads[1:])
        self._check_end(drain, late)
        return bytes(drain.stdout), bytes(drain.stderr), process.returncode

    def _check_end(self, drain: _Drain, late: bool) -> None:
        where = self._target.place
        if self._cancelled:
            raise Unreachable("interrupted", where=where)
        if drain.too_much:
            raise BadOutput(
                f"the output is longer than {self._target.max_output} bytes", where=where,
                hint="the node has far more to say than any that was seen; narrow what is asked for",
            )  # fmt: skip
        if late:
            raise TimedOut(
                "the script did not end within the deadline", where=where,
                hint="raise `timeout` in the inventory, or --timeout",
            )  # fmt: skip

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        """Nothing of ours goes on, whatever happened."""
        if process.poll() is None:
            process.kill()
        try:
            process.wait(KILLED)
        except subprocess.TimeoutExpired:
            self._warnings.append(f"process {process.pid} could not be ended")
        self._process = None


class _Drain:
    """What a process writes, up to a limit for both streams together."""

    def __init__(self, process: subprocess.Popen[bytes], most: int) -> None:
        self._process, self._most = process, most
        self.stdout, self.stderr = bytearray(), bytearray()
        self.too_much = False

    def read(self, stream: IO[bytes], into: bytearray) -> None:
        """Until the end, or until there is too much, which ends the process."""
        with stream:
            while piece := os.read(stream.fileno(), PIECE):
                into += piece
                if len(self.stdout) + len(self.stderr) > self._most:
                    self.too_much = True
                    self._process.kill()
                    return


def _feed(stream: IO[bytes], text: bytes) -> None:
    try:
        with stream:
            stream.write(text)
    except OSError:
        return  # it ended without reading all: what it wrote and its exit code say why


def _program() -> str | None:
    """powershell.exe: of Windows itself, never one that lies in the current folder."""
    root = os.environ.get("SYSTEMROOT")
    if os.name == "nt" and root:
        # A 32-bit Python on x64 finds the 64-bit shell, which sees both registry views, under Sysnative only.
        for folder in ("Sysnative", "System32"):
            path = Path(root, folder, "WindowsPowerShell", "v1.0", "powershell.exe")
            if path.is_file():
                return str(path)
        return None
    return shutil.which("powershell.exe")


def _said(stderr: bytes) -> str:
    """The first line of stderr, for a message; progress records (CLIXML) say nothing to people."""
    lines = stderr.decode("ascii", "replace").strip().splitlines()
    if not lines or lines[0].startswith("#< CLIXML"):
        return ""
    return ": " + "".join(char for char in lines[0][:200] if char.isprintable())


def _check_output(target: Target, stdout: bytes, stderr: bytes, code: int) -> None:
    if not stdout.strip():
        raise BadOutput(
            f"powershell.exe ended without output, exit code {code}{_said(stderr)}", where=target.place,
            hint="PowerShell may be blocked by policy, or restricted to ConstrainedLanguage, on this machine",
            code=code, said=stderr.decode("ascii", "replace"),
        )  # fmt: skip
