"""Probes and drills from the command line: asked for, kept in a snapshot, judged later."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from vcaudit.cli.app import run
from vcaudit.collect import probe
from vcaudit.lab.faults import apply
from vcaudit.lab.harness import Lab
from vcaudit.lab.scenario import load

Capture = pytest.CaptureFixture[str]
SCENARIO = "license-group-2003"
PROBES = ("VC-PRB-001", "VC-PRB-002", "VC-PRB-003")
LATER = {"started": "2020-01-01T00:00:00Z", "resources_online": "2020-01-01T00:00:10Z",
         "address_answered": "2020-01-01T00:09:00Z"}  # fmt: skip
DRILLS = ("VC-DRL-001", "VC-DRL-002", "VC-DRL-003")


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab(load(SCENARIO)) as running:
        yield running


def outcomes(out: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for each in json.loads(out)["results"]:
        found.setdefault(each["rule"], set()).add(each["outcome"])
    return found


def all_of(found: Mapping[str, set[str]], *rules: str) -> set[str]:
    return set().union(*(found[rule] for rule in rules))


def told(capfd: Capture, *arguments: str, code: int = 0) -> Mapping[str, set[str]]:
    capfd.readouterr()
    assert run([*arguments, "--format", "json"]) == code
    return outcomes(capfd.readouterr().out)


def test_nothing_is_tried_unless_it_is_asked_for(at_lab: Lab, capfd: Capture) -> None:
    found = told(capfd, "scan")
    assert all_of(found, *PROBES) == {"not_asked"}


def test_what_answers_and_the_drills_that_the_inventory_names(at_lab: Lab, capfd: Capture) -> None:
    found = told(capfd, "scan", "--probe")
    assert all_of(found, *PROBES, *DRILLS) == {"pass"}


def test_a_snapshot_keeps_what_was_tried_and_the_drills(at_lab: Lab, capfd: Capture) -> None:
    assert run(["collect", "--probe", "-o", "s.json"]) == 0
    kept = json.loads(Path("s.json").read_bytes())
    assert {each["outcome"] for each in kept["auditor"]["probes"]} == {"answered"}
    assert len(kept["declared"]["drills"]) == 4
    found = told(capfd, "evaluate", "s.json")
    assert all_of(found, *PROBES, *DRILLS) == {"pass"}
    later = record(at_lab, **LATER)
    assert "fail" in told(capfd, "evaluate", "s.json", "--drill", later, code=1)["VC-DRL-002"]


def test_whose_certificate_clients_see_is_evidence(at_lab: Lab, capfd: Capture) -> None:
    assert run(["scan", "--probe", "--format", "json"]) == 0
    shown = [each["evidence"] for each in json.loads(capfd.readouterr().out)["results"] if each["rule"] == "VC-PRB-001"]
    assert ["certificate that was shown there: rui.crt of VCNODE1" in lines for lines in shown] == [True, False]


def test_ports_follow_a_group_that_moves(at_lab: Lab, capfd: Capture) -> None:
    at_lab.move("VCNODE2", "VC Group")
    try:
        # Both groups are on one node now, which two groups with one anti-affinity class should not be.
        found = told(capfd, "scan", "--probe")
    finally:
        at_lab.move("VCNODE1", "VC Group")
    assert all_of(found, *PROBES) == {"pass"}


@pytest.mark.parametrize(("fault", "rule"), [("vpxd-hangs", "VC-PRB-001"), ("license-port-closed", "VC-PRB-003")])
def test_what_does_not_answer_is_critical(
    fault: str, rule: str, capfd: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probe, "HELLO", 0.5)
    with Lab(apply(load(SCENARIO), fault)[0]) as broken:
        for name, value in broken.environment.items():
            monkeypatch.setenv(name, value)
        assert "fail" in told(capfd, "scan", "--probe", code=2)[rule]
        assert told(capfd, "scan")[rule] == {"not_asked"}


def record(lab: Lab, name: str = "there", **changed: Any) -> str:
    assert lab.inventory
    value = json.loads((lab.inventory.parent / f"drill-{name}.json").read_bytes())
    path = Path("own.json")
    path.write_text(json.dumps({**value, **changed}, indent=1))
    return str(path)


@pytest.mark.parametrize("verb", [["scan"], ["evaluate", "s.json"]])
def test_the_record_of_another_cluster_is_a_mistake(verb: list[str], at_lab: Lab, capfd: Capture) -> None:
    assert run(["collect", "-o", "s.json"]) == 0
    capfd.readouterr()
    assert run([*verb, "--drill", record(at_lab, cluster="license-group-2008")]) == 3
    said = capfd.readouterr()
    assert "own.json:23: cluster: there is no cluster license-group-2008 (did you mean license-group-2003?)" in said.err
    assert said.out == ""


def test_records_beside_those_of_the_inventory(at_lab: Lab, capfd: Capture) -> None:
    assert "fail" in told(capfd, "scan", "--drill", record(at_lab, **LATER), code=1)["VC-DRL-002"]


def test_a_record_that_is_not_there(at_lab: Lab, capfd: Capture) -> None:
    assert run(["scan", "--drill", "none.json"]) == 3
    assert "none.json: cannot be read: No such file or directory" in capfd.readouterr().err


def test_what_was_done_is_logged(at_lab: Lab, capfd: Capture) -> None:
    assert run(["scan", "-v", "--probe"]) == 0
    assert "probe of license at 127.0.0.1" in capfd.readouterr().err
