"""The node that vcaudit runs on: a real process, its pipes, its exit code, and nothing of it left behind."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from pathlib import Path

import pytest
from localkit import here, install, install_node

from vcaudit.capture import Limits, Request
from vcaudit.collect.answer import decode
from vcaudit.collect.script import build
from vcaudit.errors import BadOutput, TimedOut, TransportError, Unreachable
from vcaudit.transport import local
from vcaudit.transport.base import BOOTSTRAP, Script
from vcaudit.transport.local import ARGUMENTS, Local
from vcaudit.transport.routes import connect

SCRIPT = Script(text=b"collector " * 30_000, sha256="5c", requests_sha256="7e")
ECHO = """
text = sys.stdin.buffer.read()
print(os.getpid(), len(text), len(sys.argv))
sys.stderr.write("a word on the side")
sys.exit(3)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "bin"


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_the_command_line_is_the_reviewed_one():
    assert subprocess.list2cmdline(["powershell.exe", *ARGUMENTS]) == BOOTSTRAP


def test_a_node_answers_as_it_does_over_the_wire(monkeypatch, folder):
    description = {"registry": {r"SOFTWARE\VMware, Inc.": {"Version": "2.0.1"}}}
    install_node(monkeypatch, folder, "VCNODE1", description)
    script = build([Request("registry", "vc", (r"SOFTWARE\VMware, Inc.",))], Limits())
    transport = connect(here())
    assert isinstance(transport, Local)
    result = transport.run(script, 30)
    answer = decode(result.stdout)
    assert answer.host == "VCNODE1"
    keys = answer.registry("vc")
    assert isinstance(keys, tuple)
    assert [(value.name, value.data) for value in keys[0].values] == [("Version", "2.0.1")]
    assert (result.exit_code, result.stderr, result.requests, result.warnings) == (0, b"", 0, ())
    assert (transport.spent.bytes_sent, transport.spent.bytes_received) == (len(script.text), len(result.stdout))


def test_stdin_exit_code_and_stderr_come_through(monkeypatch, folder):
    install(monkeypatch, folder, ECHO)
    result = Local(here()).run(SCRIPT, 10)
    pid, length, arguments = map(int, result.stdout.split())
    assert (length, arguments) == (len(SCRIPT.text), 1 + len(ARGUMENTS))
    assert (result.exit_code, result.stderr) == (3, b"a word on the side")
    assert result.warnings == ("the script ended with exit code 3: a word on the side",)
    assert gone(pid)


def test_much_on_both_pipes_does_not_lock(monkeypatch, folder):
    install(monkeypatch, folder, """
sys.stderr.write("e" * 300_000)
sys.stdout.write("o" * 300_000)
sys.stdout.write(str(len(sys.stdin.buffer.read())))
""")  # fmt: skip
    result = Local(here()).run(SCRIPT, 10)
    assert result.stdout.decode() == "o" * 300_000 + str(len(SCRIPT.text))
    assert len(result.stderr) == 300_000


def test_one_that_reads_nothing_is_no_crash(monkeypatch, folder):
    install(monkeypatch, folder, "os.close(0); print('done')")
    assert Local(here()).run(SCRIPT, 10).stdout == b"done\n"


def test_the_deadline_holds_and_the_process_ends(monkeypatch, folder, tmp_path):
    pid = tmp_path / "pid"
    write = f"open({str(pid)!r}, 'w').write(str(os.getpid()))"
    install(monkeypatch, folder, f"{write}; print('x', flush=True); time.sleep(60)")
    begun = time.monotonic()
    with pytest.raises(TimedOut) as caught:
        Local(here()).run(SCRIPT, 0.7)
    assert time.monotonic() - begun < 5
    assert "raise `timeout`" in str(caught.value)
    assert gone(int(pid.read_text()))


def test_a_child_that_holds_the_pipe_does_not_hold_us(monkeypatch, folder):
    install(monkeypatch, folder, "import subprocess; subprocess.Popen(['/bin/sleep', '4']); print('x')")
    begun = time.monotonic()
    with pytest.raises(TimedOut):
        Local(here()).run(SCRIPT, 0.7)
    assert time.monotonic() - begun < 3


def test_too_much_output_is_given_up(monkeypatch, folder):
    install(monkeypatch, folder, "while True: sys.stdout.write('x' * 65536)")
    with pytest.raises(BadOutput, match="longer than 1000000 bytes"):
        Local(here(max_output=1_000_000)).run(SCRIPT, 20)


def test_no_output_says_why(monkeypatch, folder):
    said = "Cannot invoke \x1b[1mmethod\nmore"
    install(monkeypatch, folder, f"sys.stdin.read(); sys.stderr.write({said!r}); sys.exit(1)")
    with pytest.raises(BadOutput) as caught:
        Local(here()).run(SCRIPT, 10)
    assert "exit code 1: Cannot invoke [1mmethod" in str(caught.value)
    assert "\x1b" not in str(caught.value)


def test_progress_records_are_no_message(monkeypatch, folder):
    install(monkeypatch, folder, "sys.stdin.read(); sys.stderr.write('#< CLIXML\\n<Objs/>'); print('x')")
    assert Local(here()).run(SCRIPT, 10).warnings == ("the script ended with exit code 0",)


def test_it_can_be_interrupted(monkeypatch, folder):
    install(monkeypatch, folder, "time.sleep(60)")
    transport = Local(here())
    threading.Timer(0.4, transport.cancel).start()
    with pytest.raises(Unreachable, match="interrupted"):
        transport.run(SCRIPT, 30)


def test_interrupted_before_it_began(monkeypatch, folder):
    install(monkeypatch, folder, "time.sleep(60)")
    transport = Local(here())
    transport.cancel()
    with pytest.raises(Unreachable, match="interrupted"):
        transport.run(SCRIPT, 30)


def test_without_powershell(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(TransportError) as caught:
        Local(here()).run(SCRIPT, 10)
    assert caught.value.reason == "unreachable"
    assert "no powershell.exe on this machine" in str(caught.value)
    assert "vcaudit kit" in str(caught.value)


def test_one_that_does_not_start(monkeypatch, folder):
    install(monkeypatch, folder, "").write_text("#!/no/such/interpreter\n")
    with pytest.raises(Unreachable, match="does not start"):
        Local(here()).run(SCRIPT, 10)


def test_windows_finds_its_own_and_never_one_beside_it(monkeypatch, tmp_path):
    """The 64-bit one from a 32-bit Python, too; what lies in the current folder is never started."""
    monkeypatch.setattr(local.os, "name", "nt")
    monkeypatch.setattr(local, "Path", type(tmp_path))
    monkeypatch.setenv("SYSTEMROOT", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "powershell.exe").touch()
    assert local._program() is None
    for folder in ("System32", "Sysnative"):
        own = tmp_path / folder / "WindowsPowerShell" / "v1.0" / "powershell.exe"
        own.parent.mkdir(parents=True)
        own.touch()
        assert local._program() == str(own)


def test_nothing_is_written(monkeypatch, folder, tmp_path):
    install_node(monkeypatch, folder, "VCNODE1", {})
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    Local(here()).run(build([], Limits()), 30)
    assert list((tmp_path / "temporary").iterdir()) == []
    assert json.loads((folder / "node.json").read_text())[0] == "VCNODE1"
