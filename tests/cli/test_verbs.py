"""The verbs against a running lab, each alone and together, through the same entry as the program."""

from __future__ import annotations

import io
import json
import os
import pty
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from vcaudit.cli.app import run
from vcaudit.lab.faults import apply
from vcaudit.lab.harness import Lab
from vcaudit.lab.scenario import load

VCAUDIT = [sys.executable, "-m", "vcaudit"]
Capture = pytest.CaptureFixture[str]


def mode(path: str) -> int:
    return stat.S_IMODE(Path(path).stat().st_mode)


def inventory(lab: Lab) -> dict[str, Any]:
    """The lab's inventory, to be changed and written as ./vcaudit.yaml."""
    assert lab.inventory is not None
    document: dict[str, Any] = yaml.safe_load(lab.inventory.read_text())
    return document


def scan_of(document: dict[str, Any], *arguments: str) -> int:
    Path("vcaudit.yaml").write_text(yaml.safe_dump(document))
    return run(["scan", "-i", "vcaudit.yaml", *arguments])


def only(document: dict[str, Any]) -> dict[str, Any]:
    """The one cluster of a lab's inventory."""
    (cluster,) = document["clusters"].values()
    assert isinstance(cluster, dict)
    return cluster


def test_a_healthy_cluster_is_ok_and_data_alone_is_on_stdout(at_lab: Lab, capfd: Capture) -> None:
    assert run(["scan"]) == 0
    out, err = capfd.readouterr()
    assert "would take over" in out
    assert err == ""
    assert "\x1b" not in out


def test_reports_go_where_they_are_asked_for(at_lab: Lab, capfd: Capture) -> None:
    os.umask(0o022)
    assert run(["scan", "--format", "json", "--format", "html:r.html", "--format", "text:r.txt", "--format",
                "pdf:r.pdf", "--format", "json:r.json"]) == 0  # fmt: skip
    out, err = capfd.readouterr()
    assert json.loads(out) == json.loads(Path("r.json").read_bytes())
    assert [mode(name) for name in ("r.json", "r.html", "r.pdf", "r.txt")] == [0o600] * 4
    assert err.splitlines() == [f"vcaudit: wrote r.{kind}" for kind in ("html", "txt", "pdf", "json")]
    assert sorted(os.listdir()) == ["r.html", "r.json", "r.pdf", "r.txt"]


def test_stage_by_stage_gives_what_scan_gives(at_lab: Lab, capfd: Capture) -> None:
    assert run(["collect", "-o", "s.json"]) == 0
    assert mode("s.json") == 0o600
    assert run(["evaluate", "s.json", "--format", "json:r.json"]) == 0
    capfd.readouterr()
    assert run(["report", "r.json", "--format", "json"]) == 0
    assert capfd.readouterr().out.encode() == Path("r.json").read_bytes()
    assert run(["scan", "--format", "json"]) == 0
    scanned, staged = json.loads(capfd.readouterr().out), json.loads(Path("r.json").read_bytes())
    assert judged(scanned) == judged(staged)


def judged(document: dict[str, Any]) -> list[tuple[str, ...]]:
    """What was found, without times."""
    return [tuple(str(result[key]) for key in ("rule", "subject", "node", "outcome")) for result in document["results"]]


def test_standard_input_and_output_join_the_stages(
    snapshot: Path, monkeypatch: pytest.MonkeyPatch, capfd: Capture
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(snapshot.read_bytes())))
    assert run(["evaluate", "-", "--format", "json"]) == 0
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(capfd.readouterr().out.encode())))
    assert run(["report", "-"]) == 0
    assert "would take over" in capfd.readouterr().out


def test_judging_reaches_no_network(snapshot: Path) -> None:
    code = f"""
import socket, sys
def refuse(*_): raise AssertionError("network")
socket.socket.connect = refuse
from vcaudit.cli.app import run
assert run(["evaluate", {str(snapshot)!r}]) == 0
print("MODULES", *sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    modules = set(done.stdout.rpartition("MODULES")[2].split())
    absent = {"winrm", "requests", "urllib3", "weasyprint", "jinja2", "dns", "spnego", "vcaudit.lab",
              "vcaudit.transport.winrm", "vcaudit.collect.runner", "vcaudit.inventory.loader"}  # fmt: skip
    assert modules & absent == set()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is no JSON, or was cut"),
        (b"{", "is no JSON, or was cut"),
        (b"[]", "is no snapshot"),
        (b'{"schema": 99}', "has schema 99"),
        (b'{"schema": 1, "fact": "snapshot"}', "is no snapshot"),
    ],
)
def test_what_is_no_snapshot_is_told(content: bytes, said: str, tmp_path: Path, capfd: Capture) -> None:
    (tmp_path / "s.json").write_bytes(content)
    assert run(["evaluate", str(tmp_path / "s.json")]) == 3
    out, err = capfd.readouterr()
    assert said in err
    assert (out, "Traceback" in err) == ("", False)


def test_two_snapshots_of_one_cluster_are_refused(snapshot: Path, capfd: Capture) -> None:
    assert run(["evaluate", str(snapshot), str(snapshot)]) == 3
    assert "two snapshots are of the cluster" in capfd.readouterr().err


def test_two_results_of_one_cluster_are_refused(snapshot: Path, tmp_path: Path, capfd: Capture) -> None:
    results = str(tmp_path / "results.json")
    assert run(["evaluate", str(snapshot), "--format", f"json:{results}"]) == 0
    assert run(["report", results]) == 0
    assert run(["report", results, results]) == 3
    assert "two results are of the cluster" in capfd.readouterr().err


def twins(lab: Lab) -> dict[str, Any]:
    """An inventory whose two nodes are the same machine, under two names of it."""
    document = inventory(lab)
    nodes = only(document)["nodes"]
    first, second = nodes
    nodes[second] = {**nodes[first], "address": "localhost"}
    return document


def test_the_same_machine_twice_is_refused(at_lab: Lab, capfd: Capture) -> None:
    assert scan_of(twins(at_lab), "--format", "json", "--exit-zero") == 3
    out, err = capfd.readouterr()
    assert out == ""
    assert err.startswith("vcaudit: ")
    assert "Traceback" not in err


def test_a_refused_cluster_does_not_cost_the_other_its_report(at_lab: Lab, capfd: Capture) -> None:
    with Lab(load("quorum-disk-2003"), password=at_lab.password) as other:
        document = inventory(other)
        document["clusters"] = {"good": only(document), "twins": only(twins(at_lab))}
        assert scan_of(document, "--format", "json") == 3
        out, err = capfd.readouterr()
        assert [each["name"] for each in json.loads(out)["clusters"]] == ["good"]
        assert err.startswith("vcaudit: ")
        assert scan_of(document, "--cluster", "good") == 0
        assert scan_of(document, "--cluster", "god") == 3
        assert "no cluster god (did you mean good?)" in capfd.readouterr().err


def test_several_clusters_make_one_report_and_a_snapshot_each(at_lab: Lab, capfd: Capture) -> None:
    with Lab(load("quorum-disk-2003"), password=at_lab.password) as other:
        document = inventory(at_lab)
        document["clusters"] = {"A/1": only(document), "B": only(inventory(other))}
        assert scan_of(document, "--format", "json") == 0
        assert [each["name"] for each in json.loads(capfd.readouterr().out)["clusters"]] == ["A/1", "B"]
        assert run(["collect", "-i", "vcaudit.yaml", "-o", "one.json"]) == 3
        assert "a snapshot is of one cluster, and these are 2" in capfd.readouterr().err
        assert run(["collect", "-i", "vcaudit.yaml", "-o", "snapshots/"]) == 3
        Path("snapshots").mkdir()
        assert run(["collect", "-i", "vcaudit.yaml", "-o", "snapshots"]) == 0
        assert sorted(os.listdir("snapshots")) == ["A_1.json", "B.json"]
        assert run(["evaluate", "snapshots/A_1.json", "snapshots/B.json"]) == 0


def test_a_node_that_is_down_is_saved_as_such(at_lab: Lab, capfd: Capture) -> None:
    document = inventory(at_lab)
    name = next(iter(only(document)["nodes"]))
    only(document)["nodes"][name]["port"] = 1
    Path("vcaudit.yaml").write_text(yaml.safe_dump(document))
    assert run(["collect", "-i", "vcaudit.yaml", "-o", "s.json"]) == 3
    assert f"{name}: unreachable" in capfd.readouterr().err
    assert run(["evaluate", "s.json"]) == 3


def test_a_broken_cluster_is_critical_and_thresholds_move_the_code(at_lab: Lab, capfd: Capture) -> None:
    scenario, _ = apply(load("quorum-disk-2003"), "preferred-owner")
    with Lab(scenario, password=at_lab.password) as broken:
        document = inventory(broken)
        assert scan_of(document) == 1
        assert scan_of(document, "--fail-on", "medium") == 2
        assert scan_of(document, "--warn-on", "high") == 0
        assert scan_of(document, "--warn-on", "high", "--strict") in (1, 3)
        assert scan_of(document, "--fail-on", "medium", "--exit-zero") == 0
        capfd.readouterr()
        rule = next(iter(load_rules(document)))
        only(document)["exceptions"] = [{"rule": rule, "reason": "agreed with the board"}]
        assert scan_of(document) == 0
        assert "agreed with the board" in capfd.readouterr().out


def load_rules(document: dict[str, Any]) -> list[str]:
    """Ids of the rules that fail."""
    scan_of(document, "--format", "json:r.json", "--exit-zero")
    results = json.loads(Path("r.json").read_bytes())["results"]
    return [result["rule"] for result in results if result["outcome"] == "fail"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"exceptions": [{"rule": "VC-RES-01", "reason": "x"}]}, "there is no rule VC-RES-01 (did you mean VC-RES-0"),
        ({"params": {"VC-NO-1": {"x": 1}}}, "there is no rule VC-NO-1"),
        ({"params": {"VC-CLU-001": {"x": 1}}}, "VC-CLU-001 has no parameter x"),
        ({"params": {"VC-SYN-003": {"hours": -48}}}, "VC-SYN-003 hours is below zero; its default is "),
        ({"params": {"VC-SYN-003": {"hour": 5}}}, "has no parameter hour (did you mean hours?)"),
    ],
)
def test_what_the_inventory_says_about_rules_is_checked(
    at_lab: Lab, change: dict[str, Any], said: str, capfd: Capture
) -> None:
    document = inventory(at_lab)
    only(document).update(change)
    assert scan_of(document) == 3
    err = capfd.readouterr().err
    assert said in err
    assert "vcaudit: vcaudit.yaml:" in err


def test_a_missing_password_is_told_before_anything_is_asked(
    at_lab: Lab, monkeypatch: pytest.MonkeyPatch, capfd: Capture
) -> None:
    monkeypatch.delenv("VCAUDIT_LAB_PASSWORD")
    asked = {name: len(endpoint.served) for name, endpoint in at_lab.endpoints.items()}
    assert run(["scan"]) == 3
    assert "the environment variable VCAUDIT_LAB_PASSWORD is not set" in capfd.readouterr().err
    assert asked == {name: len(endpoint.served) for name, endpoint in at_lab.endpoints.items()}


def test_messages_and_the_log_show_no_secret(at_lab: Lab, capfd: Capture) -> None:
    assert run(["scan", "-vv", "--log-file", "log"]) == 0
    out, err = capfd.readouterr()
    log = Path("log").read_text()
    assert mode("log") == 0o600
    assert "request 1: HTTP" in err
    assert "answered after" in log
    assert at_lab.password not in out + err + log
    assert "Authorization" not in err + log
    assert "Negotiate" not in err + log


def test_the_log_is_appended_to_and_becomes_private(at_lab: Lab) -> None:
    Path("log").write_text("before\n")
    Path("log").chmod(0o644)
    assert run(["collect", "-o", "-", "--log-file", "log"]) == 0
    assert Path("log").read_text().startswith("before\n")
    assert mode("log") == 0o600


def test_the_shell_completes_verbs_and_options() -> None:
    def complete(*words: str) -> str:
        environment = {**os.environ, "_VCAUDIT_COMPLETE": "bash_complete", "COMP_WORDS": " ".join(words),
                       "COMP_CWORD": str(len(words) - 1)}  # fmt: skip
        return subprocess.run(VCAUDIT, env=environment, capture_output=True, text=True, check=True).stdout

    assert complete("vcaudit", "sc") == "plain,scan\n"
    assert "plain,--format" in complete("vcaudit", "scan", "--f")
    assert "plain,critical" in complete("vcaudit", "scan", "--fail-on", "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_are_printed(shell: str, capfd: Capture) -> None:
    assert run(["completion", shell]) == 0
    assert "_VCAUDIT_COMPLETE" in capfd.readouterr().out


def test_progress_is_shown_on_a_terminal_only(at_lab: Lab) -> None:
    leader, follower = pty.openpty()
    environment = {**os.environ, "TERM": "xterm"}
    command = [*VCAUDIT, "collect", "-o", "-"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=follower)
    os.close(follower)
    out, _ = process.communicate(timeout=20)
    shown = b""
    try:
        while chunk := os.read(leader, 4096):
            shown += chunk
    except OSError:
        os.close(leader)  # Linux says so when the other end of a terminal is closed
    assert process.returncode == 0
    assert all(name.encode() in shown for name in at_lab.scenario.nodes)
    assert json.loads(out)["schema"] == 1


def test_a_pdf_is_not_for_a_terminal(at_lab: Lab, monkeypatch: pytest.MonkeyPatch, capfd: Capture) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    assert run(["scan", "--format", "pdf"]) == 3
    assert "--format pdf:report.pdf" in capfd.readouterr().err


def test_the_demo_writes_all_reports_twice_and_exits_zero(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Capture
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("VCAUDIT_LAB_PASSWORD", raising=False)
    for _ in range(2):
        assert run(["demo"]) == 0
        out, err = capfd.readouterr()
        assert "would not take over" in out
        assert "broken on purpose" in err
        assert sorted(os.listdir("demo-output")) == ["report.html", "report.json", "report.pdf"]
    assert "VCAUDIT_LAB_PASSWORD" not in os.environ


def test_the_demo_says_what_it_lacks(monkeypatch: pytest.MonkeyPatch, capfd: Capture) -> None:
    monkeypatch.setattr("vcaudit.cli.demo.find_spec", lambda _: None)
    assert run(["demo"]) == 3
    assert "pip install 'vcaudit[lab]'" in capfd.readouterr().err
