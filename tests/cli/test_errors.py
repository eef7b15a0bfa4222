"""Whatever goes wrong ends in a sentence and an exit code of the table."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from vcaudit import pipeline
from vcaudit.cli import VERBS, main
from vcaudit.cli.app import run
from vcaudit.errors import TargetError, VcauditError
from vcaudit.lab.harness import Lab
from vcaudit.lab.scenario import load

VCAUDIT = [sys.executable, "-m", "vcaudit"]
CANARY = "canary-77ab"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["scna"], "no verb scna (did you mean scan?)"),
        (["--nonsense"], "No such option"),
        (["scan", "--nonsense"], "No such option"),
        (["scan", "--fail-on", "bad"], "'bad' is not one of 'critical'"),
        (["scan", "--timeout", "nan"], "must be a number from 1 to 3600"),
        (["scan", "--format", "pdff"], "no format pdff (did you mean pdf?)"),
        (["scan", "--format", "json", "--format", "html"], "json and html cannot both go to standard output"),
        (["scan", "--format", "json:a", "--format", "html:./a"], "two reports cannot both go to"),
        (["scan", "--format", "json:no/such/a.json"], "there is no such folder"),
        (["scan"], "vcaudit.yaml: there is no inventory\n  write one with `vcaudit init`"),
        (["scan", "-i", "gone.yaml"], "gone.yaml: cannot be read: No such file"),
        (["collect"], "Missing option '-o'"),
        (["evaluate"], "Missing argument 'SNAPSHOT...'"),
        (["evaluate", "gone.json"], "gone.json: cannot be read: No such file"),
        (["evaluate", "."], ".: cannot be read: Is a directory"),
        (["report", "gone.json"], "gone.json: cannot be read: No such file"),
        (["init", "--user", "x"], "are for asking a node"),
        (["init", "--node", "x"], "--node needs --user"),
        (["init", "-o", "no/such/x.yaml"], "there is no such folder"),
        (["completion", "csh"], "'csh' is not one of"),
        (["scan", "--log-file", "no/such/log"], "no/such/log: the log cannot be written"),
    ],
)
def test_a_wrong_call_is_unknown_and_says_why(
    arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("VCAUDIT_INVENTORY", raising=False)
    assert run(arguments) == 3
    out, err = capfd.readouterr()
    assert said in err
    assert out == ""
    assert "Traceback" not in err


def test_nothing_was_asked_for(capfd: pytest.CaptureFixture[str]) -> None:
    assert run([]) == 3
    assert "Commands:" in capfd.readouterr().err


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help(verb: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert run([verb, "--help"]) == 0
    assert f"Usage: vcaudit {verb}" in capfd.readouterr().out


def test_version(capfd: pytest.CaptureFixture[str]) -> None:
    fast = subprocess.run([*VCAUDIT, "--version"], capture_output=True, text=True, check=True).stdout
    assert run(["--version"]) == 0
    assert capfd.readouterr().out == fast


def test_hostile_names_do_not_reach_the_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    run(["evaluate", "\x1b[2Jgone\u202e.json"])
    err = capfd.readouterr().err
    assert "\\x1b[2Jgone\\u202e.json" in err
    assert "\x1b" not in err


def test_a_defect_is_one_line_and_a_private_file_without_secrets(
    snapshot: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        secret = CANARY
        try:
            raise KeyError(secret)
        except KeyError as error:
            raise RuntimeError(f"password {secret}") from error

    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(pipeline, "rules", broken)
    assert run(["evaluate", str(snapshot)]) == 3
    err = capfd.readouterr().err
    assert err.startswith("vcaudit: this is a defect of vcaudit (RuntimeError)")
    assert err.count("\n") == 1
    (file,) = (tmp_path / "state").rglob("vcaudit-crash-*.txt")
    assert str(file) in err
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    text = file.read_text()
    assert CANARY not in text + err
    for part in ("builtins.RuntimeError", "builtins.KeyError", "in broken", "evaluate.py"):
        assert part in text


def test_a_defect_is_told_even_where_nothing_can_be_written(
    snapshot: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(pipeline, "rules", lambda *_: 1 / 0)
    monkeypatch.setattr("vcaudit.cli.crash._folder", lambda: Path("/dev/null"))
    assert run(["evaluate", str(snapshot)]) == 3
    assert "this is a defect of vcaudit (ZeroDivisionError); its trace could not be written" in capfd.readouterr().err


def test_one_cluster_that_cannot_be_judged_does_not_cost_the_others_theirs() -> None:
    def work(name: str) -> str:
        if name == "twins":
            raise TargetError("the same machine twice", where=name)
        return name.upper()

    done, errors = pipeline.side_by_side(["a", "twins", "b"], work)
    assert done == ["A", "B"]
    assert [str(error) for error in errors] == ["twins: the same machine twice"]


def test_a_defect_in_one_cluster_is_not_hidden() -> None:
    stopped = []
    with pytest.raises(ZeroDivisionError):
        pipeline.side_by_side([1, 0], lambda number: 1 // number, lambda: stopped.append(True))
    assert stopped == [True]


def test_every_error_says_what_where_and_what_next(capfd: pytest.CaptureFixture[str]) -> None:
    error = VcauditError("is wrong", where="x", hint="mend it")
    assert str(error) == "x: is wrong\n  mend it"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_scan_ends_soon_and_leaves_no_shell(number: int) -> None:
    with Lab(load("quorum-disk-2003"), script_seconds=8) as lab:
        environment = {**os.environ, **lab.environment}
        process = subprocess.Popen([*VCAUDIT, "collect", "-o", "-"], env=environment, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)  # fmt: skip
        until = time.monotonic() + 10
        while not all(end.open_shells for end in lab.endpoints.values()) and time.monotonic() < until:
            time.sleep(0.02)
        process.send_signal(number)
        out, err = process.communicate(timeout=6)
        assert (process.returncode, out, err) == (130, b"", b"vcaudit: interrupted\n")
        assert [end.open_shells for end in lab.endpoints.values()] == [0, 0]


def test_a_closed_pipe_is_no_traceback() -> None:
    process = subprocess.Popen([*VCAUDIT, "--help"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == b""
    assert process.wait() == 141


@pytest.mark.parametrize(("arguments", "code"), [("--help", 0), ("init -o -", 3)])
def test_a_closed_standard_output_is_no_traceback(arguments: str, code: int) -> None:
    # As a scheduler may start it. What has to be written says so; the help is read by nobody anyway.
    line = f"{sys.executable} -m vcaudit {arguments} >&-"
    done = subprocess.run(["sh", "-c", line], stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == code
    assert done.stderr == ("" if code == 0 else "vcaudit: standard output is closed\n")


def test_an_interrupt_while_the_program_is_loaded(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def interrupt(arguments: list[str]) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("vcaudit.cli.app.run", interrupt)
    monkeypatch.setattr(sys, "argv", ["vcaudit", "scan"])
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM)}
    with pytest.raises(SystemExit) as stop:
        main()
    for number, handler in handlers.items():
        signal.signal(number, handler)
    assert (stop.value.code, capfd.readouterr().err) == (130, "vcaudit: interrupted\n")


def test_a_full_device_is_an_error_of_ours(snapshot: Path) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run([*VCAUDIT, "--help"], stdout=full, stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr) == (3, b"vcaudit: standard output: No space left on device\n")
