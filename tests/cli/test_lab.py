"""`vcaudit lab`: everything a simulated cluster can do, through the command line."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from vcaudit.cli.app import run
from vcaudit.inventory.loader import load_inventory
from vcaudit.lab.faults import load_faults
from vcaudit.lab.scenario import load, shipped

VCAUDIT = [sys.executable, "-m", "vcaudit"]
PYTHON = sys.executable
Capture = pytest.CaptureFixture[str]


def lab(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*VCAUDIT, "lab", *arguments], capture_output=True, text=True, timeout=60, **options)


def printed(capfd: Capture, *arguments: str) -> Any:
    assert run(["lab", *arguments]) == 0
    return json.loads(capfd.readouterr().out)


def test_list_as_json_has_the_shape_others_lean_on(capfd: Capture) -> None:
    rows = printed(capfd, "list", "--json")
    assert [row["name"] for row in rows] == list(shipped())
    for row in rows:
        assert {"name", "title", "nodes"} <= set(row)
        assert row["nodes"] == list(load(row["name"]).nodes)


def test_faults_as_json_have_the_shape_others_lean_on(capfd: Capture) -> None:
    rows = printed(capfd, "faults", "--json", "--pack", "all")
    assert {row["name"] for row in rows} == set(load_faults())
    # What a plain scan must notice is what is listed plainly.
    plain = printed(capfd, "faults", "--json")
    assert not [row for row in plain if any(rule.startswith("REC-") for rule in row["rules"])]
    others = printed(capfd, "faults", "--json", "--pack", "recommended")
    assert others
    assert len(plain) + len(others) == len(rows)
    for row in rows:
        assert {"name", "requirements", "rules", "scenarios", "nodes", "exit", "kind"} <= set(row)
        assert set(row["scenarios"]) <= set(shipped())
        assert row["kind"] in ("model", "transport")
        assert row["exit"] in (0, 1, 2, 3)
        assert row["rules"] or row["shows"]
    assert {row["name"] for row in rows if row["kind"] == "transport"} >= {"down", "refused", "wrong-password"}


def test_lists_for_people_have_a_line_each(capfd: Capture) -> None:
    assert run(["lab", "list"]) == 0
    assert len(capfd.readouterr().out.splitlines()) == len(shipped())
    assert run(["lab", "faults", "--pack", "all"]) == 0
    out = capfd.readouterr().out
    assert len(out.splitlines()) == len(load_faults())
    assert "${" not in out


def test_show_prints_a_scenario_with_fault_patch_and_move_that_loads_back(tmp_path: Path, capfd: Capture) -> None:
    patch = tmp_path / "patch.yaml"
    patch.write_text("every_node: {dns: {extra: ['${address}']}}\nnodes: {'${standby}': {clock_skew: 5}}\n")
    arguments = ["quorum-disk-2003", "--fault", "vpxd-automatic:VCNODE1", "--patch", str(patch), "--move", "VCNODE2"]
    assert run(["lab", "show", *arguments]) == 0
    shown = tmp_path / "shown.yaml"
    shown.write_text(capfd.readouterr().out, encoding="utf-8")
    scenario = load(str(shown))
    services = {name: node["wmi"]["root\\cimv2"]["Win32_Service"]["vpxd"] for name, node in scenario.nodes.items()}
    assert services["VCNODE1"]["StartMode"] == "Auto"
    assert services["VCNODE2"]["State"] == "Running"
    assert [node["dns"]["extra"] for node in scenario.nodes.values()] == [["192.0.2.50"], ["192.0.2.50"]]
    assert scenario.nodes["VCNODE2"]["clock_skew"] == 5


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["show", "quorum-disc-2003"], "did you mean quorum-disk-2003?"),
        (["show", "quorum-disk-2003", "--fault", "nope"], "no fault `nope`"),
        (["show", "quorum-disk-2003", "--fault", "vpxd-disabled:C"], "no node `C`"),
        (["show", "quorum-disk-2003", "--move", "C"], "no node `C`"),
        (["show", "quorum-disk-2003", "--patch", "missing.yaml"], "missing.yaml: cannot be read"),
        (["run", "quorum-disk-2003", "--", "no-such-program"], "cannot run `no-such-program`"),
        (["run", "quorum-disk-2003"], "COMMAND"),
        (["up", "quorum-disk-2003", "--inventory-out", "no/such/folder.yaml"], "no/such/folder.yaml"),
    ],
)
def test_what_cannot_be_is_said_and_ends_with_3(
    arguments: list[str], said: str, capfd: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = signal.getsignal(signal.SIGTERM)
    try:
        assert run(["lab", *arguments]) == 3
    finally:
        signal.signal(signal.SIGTERM, before)
    err = capfd.readouterr().err
    assert said in err
    assert "Traceback" not in err


@pytest.mark.parametrize("code", [0, 7])
def test_run_ends_as_its_command_does(code: int) -> None:
    assert lab("run", "quorum-disk-2003", "--", PYTHON, "-c", f"raise SystemExit({code})").returncode == code


def test_run_tells_of_a_command_that_was_killed_as_a_shell_does() -> None:
    assert lab("run", "quorum-disk-2003", "--", PYTHON, "-c", "import os; os.kill(os.getpid(), 15)").returncode == 143


def test_run_sets_its_variables_and_changes_nothing_else(tmp_path: Path) -> None:
    script = "import json, os; print(json.dumps([dict(os.environ), os.getcwd()]))"
    environment = {**os.environ, "VCAUDIT_INVENTORY": "mine.yaml", "LAB_TEST": "x"}
    done = lab("run", "quorum-disk-2003", "--", PYTHON, "-c", script, env=environment, cwd=tmp_path)
    seen, folder = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (0, "")
    assert Path(folder) == tmp_path
    changed = {name for name in {*seen, *environment} if seen.get(name) != environment.get(name)}
    assert changed - {"LC_CTYPE"} == {"VCAUDIT_INVENTORY", "VCAUDIT_LAB_PASSWORD"}
    assert list(tmp_path.iterdir()) == []
    assert not Path(seen["VCAUDIT_INVENTORY"]).exists(), "the lab is over"


@pytest.mark.parametrize(
    ("fault", "code"), [(None, 0), ("netbios-off", 1), ("ssl-differs:VCNODE2", 2), ("wrong-password:owner", 3)]
)
def test_a_scan_in_a_lab_has_the_exit_code_of_the_fault(fault: str | None, code: int) -> None:
    faults = ["--fault", fault] if fault else []
    done = lab("run", "quorum-disk-2003", *faults, "--", *VCAUDIT, "scan", "--format", "json")
    assert done.returncode == code, done.stderr
    document = json.loads(done.stdout)
    assert document["clusters"][0]["verdict"]["exit_code"] == code


def test_a_scenario_of_ones_own_is_run_like_a_shipped_one(tmp_path: Path) -> None:
    own = tmp_path / "mine.yaml"
    own.write_text("title: mine\nextends: majority-2008\nvars: {node1: OTHER1}\n", encoding="utf-8")
    done = lab("run", str(own), "--", *VCAUDIT, "scan", "--format", "json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["clusters"][0]["name"] == "mine"


class Up:
    """`lab up` in a process of its own."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.out, self.secret = folder / "lab.yaml", folder / "lab.yaml.password"
        command = [*VCAUDIT, "lab", "up", *arguments, "--inventory-out", str(self.out)]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stderr=pipe, text=True)
        self.until("Ctrl-C ends the lab")

    def until(self, text: str) -> str:
        assert self.process.stderr
        for line in self.process.stderr:
            if text in line:
                return line
        raise AssertionError(f"ended without saying {text!r}")

    def say(self, text: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()

    def owner(self) -> str:
        done = subprocess.run(
            [*VCAUDIT, "scan", "-i", str(self.out), "--format", "json"], capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stderr
        return str(json.loads(done.stdout)["clusters"][0]["owner"])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_up_obeys_moves_and_leaves_no_password_behind(tmp_path: Path, number: signal.Signals) -> None:
    up = Up(tmp_path, "quorum-disk-2003-registry")
    try:
        assert stat.S_IMODE(up.secret.stat().st_mode) == 0o600
        assert load_inventory(up.out).clusters[0].name == "quorum-disk-2003-registry"
        if number is signal.SIGTERM:
            assert up.owner() == "VCNODE1"
            up.say("move VC Group=VCNODE2")
            up.until("moved VC Group to VCNODE2")
            assert up.owner() == "VCNODE2"
        up.say("dance")
        up.until("known commands: move [GROUP=]NODE")
        up.say("move VCNODE7")
        up.until("no node `VCNODE7`")
    finally:
        up.process.send_signal(number)
        code = up.process.wait(timeout=20)
    assert code == 0
    assert not up.secret.exists()


def test_up_keeps_running_when_nothing_more_comes_on_standard_input(tmp_path: Path) -> None:
    up = Up(tmp_path, "quorum-disk-2003")
    assert up.process.stdin
    up.process.stdin.close()
    time.sleep(0.3)
    assert up.process.poll() is None
    up.process.terminate()
    assert up.process.wait(timeout=20) == 0
    assert not up.secret.exists()


def test_a_fault_that_is_made_for_other_scenarios_is_put_in_with_a_warning(capfd: Capture, tmp_path: Path) -> None:
    assert run(["lab", "show", "quorum-disk-2003", "--fault", "sync-replication-in-error"]) == 0
    said = capfd.readouterr()
    assert said.err.startswith("vcaudit: the fault sync-replication-in-error is made for majority-2008, ")
    assert "not for quorum-disk-2003" in said.err
    assert "DfsrReplicatedFolderInfo" in said.out
    own = tmp_path / "own.yaml"
    own.write_text("name: own\nextends: quorum-disk-2003\n")
    for scenario in (str(own), "majority-2008"):
        assert run(["lab", "show", scenario, "--fault", "sync-replication-in-error"]) == 0
        assert capfd.readouterr().err == ""


def test_a_fault_of_what_the_scenario_does_not_have_says_where_there_is(capfd: Capture) -> None:
    assert run(["lab", "show", "quorum-disk-2003", "--fault", "anti-affinity-differs"]) == 3
    said = capfd.readouterr().err
    assert "`${license_group}` stands for nothing" in said
    assert "the fault anti-affinity-differs is made for license-group-2003, license-group-2008" in said
