"""`vcaudit doctor`: what it prints, for people and for programs, and its exit codes."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from vcaudit.cli.app import run
from vcaudit.lab.harness import Lab
from vcaudit.lab.scenario import load
from vcaudit.yamlfile import Document

ROOT = Path(__file__).resolve().parent.parent.parent
STATES = {"ok", "warning", "failed", "not_tried"}
BROKEN: Mapping[str, Any] = {"nodes": {"VCNODE2": {"denied": [r"SOFTWARE\VMware, Inc."], "clock_skew": -420}}}


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Lab]:
    monkeypatch.chdir(tmp_path)
    with Lab(load("quorum-disk-2003").patched(BROKEN, Document("broken")), {"VCNODE1": "wrong-password"}) as running:
        for name, value in running.environment.items():
            monkeypatch.setenv(name, value)
        yield running


def settled(text: str) -> str:
    """Without what differs from run to run."""
    text = re.sub(r"port \d+ of", "port 5985 of", text)
    return re.sub(r"after \d+ ms", "after 0 ms", re.sub(r"4[12]\d s behind", "420 s behind", text))


def test_all_is_well(at_lab: Lab, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor"]) == 0
    out, err = capfd.readouterr()
    assert out.count("✓ Everything a scan needs is there.") == 2
    assert (err, "\x1b" in out) == ("", False)
    assert [each.open_shells for each in at_lab.endpoints.values()] == [0, 0]


def test_the_documented_example_is_what_the_command_prints(broken: Lab, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor", "vcnode2"]) == 3
    out = capfd.readouterr().out
    shown = re.findall(r"^```text\n(.*?)^```", (ROOT / "docs/doctor.md").read_text(encoding="utf-8"), re.M | re.S)
    assert settled(out) == settled(shown[0])


def test_the_step_that_fails_first_stands_on_top(broken: Lab, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor", "VCNODE1"]) == 3
    head = capfd.readouterr().out.split("\n\n")[1]
    assert head.splitlines()[0] == "  ✗ Logon: failed"
    assert "      mend   net user vcaudit /domain" in head


def test_for_programs(broken: Lab, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor", "--json"]) == 3
    document = json.loads(capfd.readouterr().out)
    assert document["schema"] == 1
    assert [node["node"] for node in document["nodes"]] == ["VCNODE1", "VCNODE2"]
    for node in document["nodes"]:
        assert set(node) == {"cluster", "node", "address", "route", "user", "steps", "certificates"}
        for step in node["steps"]:
            assert set(step) == {"id", "title", "state", "detail", "means", "mend"}
            assert step["state"] in STATES
            assert bool(step["mend"]) == (step["state"] in ("failed", "warning")), step
    assert broken.password not in json.dumps(document)


def test_every_step_is_documented() -> None:
    from vcaudit.collect.doctor import TITLES

    text = (ROOT / "docs/doctor.md").read_text(encoding="utf-8")
    assert [id for id in TITLES if f"`{id}`" not in text] == []


def test_a_warning_alone_is_a_warning(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    late = {"nodes": {"VCNODE2": {"clock_skew": 400}}}
    with Lab(load("quorum-disk-2003").patched(late, Document("late"))) as lab:
        for name, value in lab.environment.items():
            monkeypatch.setenv(name, value)
        assert run(["doctor"]) == 1


@pytest.mark.parametrize(
    ("fault", "failed", "mend"),
    [
        (None, None, ""),
        ("wrong-password", "authentication", "net user vcaudit /domain"),
        ("access-denied", "shell", 'net localgroup "Remote Management Users"'),
        ("quota", "quota", "winrm enumerate shell"),
        ("drop-connection:2", None, ""),
    ],
)
def test_over_powershell_remoting(
    fault: str | None, failed: str | None, mend: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    psrp = {"inventory": {"winrm": {"protocol": "psrp"}}}
    faults = {"VCN-B": fault} if fault else {}
    with Lab(load("quorum-disk-2008").patched(psrp, Document("psrp")), faults) as lab:
        for name, value in lab.environment.items():
            monkeypatch.setenv(name, value)
        assert run(["doctor", "VCN-B", "--json"]) == (3 if failed else 0)
    (node,) = json.loads(capfd.readouterr().out)["nodes"]
    assert [step["id"] for step in node["steps"] if step["state"] == "failed"] == ([failed] if failed else [])
    assert [step for step in node["steps"] if step["state"] == "failed" and mend not in step["mend"]] == []
    assert "shell" in [step["id"] for step in node["steps"]]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["VCNODE3"], "the inventory has no node VCNODE3 (did you mean VCNODE"),
        (["--cluster", "other"], "the inventory has no cluster other"),
    ],
)
def test_a_name_that_is_not_there(
    at_lab: Lab, arguments: list[str], said: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(["doctor", *arguments]) == 3
    out, err = capfd.readouterr()
    assert (said in err, out) == (True, "")


def test_without_a_password_it_still_looks(
    at_lab: Lab, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for name in at_lab.environment:
        if name.endswith("PASSWORD"):
            monkeypatch.delenv(name)
    assert run(["doctor"]) == 3
    out = capfd.readouterr().out
    assert "on this machine: export VCAUDIT_LAB_PASSWORD=…" in out
    assert "✓ WinRM answers" in out


def test_ascii_where_a_terminal_has_nothing_else() -> None:
    from vcaudit.cli.doctor_text import render
    from vcaudit.collect.doctor import Examination, Step

    steps = (Step(id="tcp", title="TCP", state="failed", detail="ä\x1b[2J", means="m", mend="a\x07"),)
    found = Examination(cluster="C", node="N", address="a", route="r", user="", steps=steps)
    plain = render([found], width=20, colour=False, unicode=False)
    assert plain.isascii()
    assert not re.search(rb"[\x00-\x09\x0b-\x1f]", plain)
    assert b"x " in plain
    assert b"\x1b[31m" in render([found], width=80, colour=True, unicode=True)


def test_interrupted_it_leaves_no_shell(tmp_path: Path) -> None:
    with Lab(load("quorum-disk-2003"), {"VCNODE2": "slow"}) as lab:
        slow = lab.endpoints["VCNODE2"]
        with subprocess.Popen([sys.executable, "-m", "vcaudit", "doctor"], cwd=tmp_path, stderr=subprocess.PIPE,
                              env={**os.environ, **lab.environment}) as program:  # fmt: skip
            deadline = time.monotonic() + 20
            while slow.requests["Receive"] + slow.requests["Send"] == 0 and time.monotonic() < deadline:
                time.sleep(0.05)
            program.send_signal(signal.SIGINT)
            assert program.wait(10) == 130
        assert slow.open_shells == 0
