"""Ctrl-C ends the program within a moment, wherever it falls."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from vcaudit.errors import TimedOut, TransportError
from vcaudit.lab.harness import Lab
from vcaudit.lab.scenario import load
from vcaudit.parallel import side_by_side
from vcaudit.secrets import Secret
from vcaudit.transport.base import Script, Target
from vcaudit.transport.waiting import GivenUp, within
from vcaudit.transport.winrm import WinRm

VCAUDIT = [sys.executable, "-m", "vcaudit"]
SLOW_MODULE = """
import os, signal, time
os.kill(os.getpid(), signal.SIGINT)
time.sleep(0.05)
print("imported", flush=True)
"""
IMPORTING = """
import sys, time
from vcaudit.cli import interrupts
interrupts.begin()
try:
    import slow_module
    time.sleep(5)
except KeyboardInterrupt:
    print("interrupted")
"""
HANGING = """
import sys, threading, time
from vcaudit import parallel
parallel.LEAVING = 0.2
def fail():
    raise KeyboardInterrupt
try:
    parallel.side_by_side([1, 2, 3], lambda item: time.sleep(30), meanwhile=fail, jobs=2)
except KeyboardInterrupt:
    print("out")
"""


def python(code: str, folder: Path) -> tuple[str, float]:
    begin = time.monotonic()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=20,
                          env={**os.environ, "PYTHONPATH": str(folder)})  # fmt: skip
    assert done.stderr == ""
    return done.stdout, time.monotonic() - begin


def test_an_import_is_finished_before_the_interrupt_is_raised(tmp_path: Path) -> None:
    """Python 3.11 can leave a lock of the import system held otherwise, and then no thread ends."""
    (tmp_path / "slow_module.py").write_text(SLOW_MODULE)
    said, seconds = python(IMPORTING, tmp_path)
    assert said == "imported\ninterrupted\n"
    assert seconds < 4, "it is not forgotten either"


def test_who_ignores_ctrl_c_goes_on_ignoring_it() -> None:
    """As a shell has a program in the background do."""
    code = "from vcaudit.cli import interrupts; import os, signal\ninterrupts.begin()\n" \
           "os.kill(os.getpid(), signal.SIGINT); print('still here')"  # fmt: skip
    done = subprocess.run(["sh", "-c", 'trap "" INT; exec "$@"', "sh", sys.executable, "-c", code],
                          capture_output=True, text=True, check=True)  # fmt: skip
    assert done.stdout == "still here\n"


def test_work_that_hangs_does_not_hold_the_program(tmp_path: Path) -> None:
    said, seconds = python(HANGING, tmp_path)
    assert said == "out\n"
    assert seconds < 5


def test_what_has_not_begun_is_not_begun_after_a_failure() -> None:
    begun: list[int] = []

    def work(item: int) -> None:
        begun.append(item)
        time.sleep(0.2)

    def fail() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        side_by_side([1, 2, 3, 4], work, meanwhile=fail, jobs=1)
    assert len(begun) <= 1


@pytest.mark.parametrize("delay", [0.1, 0.3, 0.5, 0.9])
def test_an_interrupt_while_a_node_does_not_answer_ends_soon(delay: float) -> None:
    with Lab(load("quorum-disk-2003"), {"VCNODE2": "down"}, script_seconds=3) as lab:
        process = subprocess.Popen([*VCAUDIT, "collect", "-o", "-"], env={**os.environ, **lab.environment},
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # fmt: skip
        time.sleep(delay)
        process.send_signal(signal.SIGINT)
        begin = time.monotonic()
        out, err = process.communicate(timeout=10)
        # A second on an idle machine; 3.4 and more before connecting could be given up.
        assert time.monotonic() - begin < 2.5
        assert (process.returncode, out, err) == (130, b"", b"vcaudit: interrupted\n")
        assert lab.endpoints["VCNODE1"].open_shells == 0


def test_a_name_that_never_resolves_ends_with_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: time.sleep(5) or [])
    target = Target(node="VCNODE1", address="vcnode1.corp.example", port=5985, user="u", secret=Secret("p"))
    transport = WinRm(target)
    threading.Timer(0.3, transport.cancel).start()
    begin = time.monotonic()
    with pytest.raises(TransportError):
        transport.run(Script(text=b"x", sha256="", requests_sha256=""), 30)
    assert time.monotonic() - begin < 2

    begin = time.monotonic()
    with pytest.raises(TimedOut, match="looking up its name"):
        WinRm(target).run(Script(text=b"x", sha256="", requests_sha256=""), 1)
    assert time.monotonic() - begin < 2.5


def test_a_call_is_waited_for_or_given_up() -> None:
    def fail() -> None:
        raise ValueError("of the call's own")

    assert within(lambda: 7, "seven", lambda: True) == 7
    with pytest.raises(ValueError, match="own"):
        within(fail, "fails", lambda: False)
    begin = time.monotonic()
    with pytest.raises(GivenUp):
        within(lambda: time.sleep(5), "slow", lambda: time.monotonic() > begin + 0.15)
    assert time.monotonic() - begin < 1
