"""`vcaudit rules new` and `rules test`: from nothing to a rule that is tried."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.evaluate.packs import cluster_rule, rule, write
from vcaudit.cli.app import run
from vcaudit.evaluate.lint import lint
from vcaudit.evaluate.loader import load_pack


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_what_is_written_loads_and_holds(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules", "new", "SHOP-001"]) == 0
    assert run(["rules", "new", "SHOP-002"]) == 0
    pack = load_pack(Path("ours"))
    assert ([each.id for each in pack.rules], pack.name, lint(pack)) == (["SHOP-001", "SHOP-002"], "ours", [])
    said = capsys.readouterr().err
    assert "wrote ours/pack.yaml" in said
    assert said.count("pack.yaml") == 1
    assert run(["rules", "test", "ours"]) == 0
    assert capsys.readouterr().out.count("ok ") == 4


def test_a_pack_elsewhere_gets_a_name_of_its_own() -> None:
    assert run(["rules", "new", "SHOP-001", "--pack", "deep/2 Tokyo!"]) == 0
    assert load_pack(Path("deep/2 Tokyo!")).name == "ours-2-tokyo"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("disk-1", "such as DISK-1"),
        ("disk", "such as DISK"),
        ("7", "such as OURS-7"),
        ("VC-RES-001", "VC-RES-001 is a rule of tn019"),
        ("../X-1", "is no id"),
    ],
)
def test_an_id_that_cannot_be(name: str, said: str, capsys: pytest.CaptureFixture[str], elsewhere: Path) -> None:
    assert run(["rules", "new", name]) == 3
    assert said in capsys.readouterr().err
    assert list(elsewhere.iterdir()) == []


def test_nothing_is_overwritten(capsys: pytest.CaptureFixture[str]) -> None:
    run(["rules", "new", "SHOP-001"])
    Path("ours/SHOP-001.yaml").write_text("mine")
    assert run(["rules", "new", "SHOP-001"]) == 3
    assert "is there already" in capsys.readouterr().err
    assert Path("ours/SHOP-001.yaml").read_text() == "mine"


def test_an_example_that_is_not_as_stated(capsys: pytest.CaptureFixture[str]) -> None:
    shares = {"each": {"separate": False}}
    examples = {"pass": [shares, {"each": {"seperate": True}}], "fail": [shares]}
    write(Path("ours"), rule(id="OURS-001", examples=examples))
    assert run(["rules", "test", "ours"]) == 3
    first, second, third = capsys.readouterr().out.splitlines()
    assert first.startswith("WRONG OURS-001  pass example 1 (line ")
    assert first.endswith("is fail: VCNODE1 shares its monitor")
    assert "is defect: each.seperate: there is no such field (did you mean separate?)" in second
    assert third.startswith("ok    OURS-001  fail example 1")


def test_rules_are_picked_by_id(capsys: pytest.CaptureFixture[str]) -> None:
    write(Path("ours"), rule(id="OURS-001"), cluster_rule(id="OURS-002"))
    assert run(["rules", "test", "ours-002", "--pack", "./ours"]) == 0
    assert {line.split()[1] for line in capsys.readouterr().out.splitlines()} == {"OURS-002"}
    assert run(["rules", "test", "OURS-003", "--pack", "./ours"]) == 3
    assert "(did you mean OURS-00" in capsys.readouterr().err
    assert run(["rules", "test", "./none"]) == 3
    assert "./none: is no folder" in capsys.readouterr().err


def test_what_it_says_of_a_simulated_cluster(capsys: pytest.CaptureFixture[str]) -> None:
    call = ["rules", "test", "VC-RES-001", "--scenario", "quorum-disk-2003", "--fault", "monitor-not-separate"]
    assert run(call) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert {line[0] for line in lines if line and line[0] in ("pass", "fail")} == {"pass", "fail"}
    assert run(["rules", "test", "VC-RES-001", "--fault", "monitor-not-separate"]) == 3
    assert "need a --scenario" in capsys.readouterr().err


def test_list_and_explain_show_what_a_pack_changes(capsys: pytest.CaptureFixture[str]) -> None:
    change = {"rule": "VC-RES-001", "severity": "low", "reason": "rarely matters"}
    write(Path("ours"), rule(id="OURS-001"), name="ours", overrides=[change])
    assert run(["rules", "list", "--pack", "./ours", "--json"]) == 0
    assert [(each["id"], each["pack"]) for each in json.loads(capsys.readouterr().out)] == [("OURS-001", "ours")]
    assert run(["rules", "explain", "VC-RES-001", "--pack", "tn019,./ours"]) == 0
    said = capsys.readouterr().out
    assert "severity      low" in said
    assert "pack          tn019 1.0" in said
    assert "severity low instead of high, set by pack ours: rarely matters" in said
    assert run(["rules", "explain", "OURS-001", "--pack", "./ours"]) == 0
    assert "pack          ours 1" in capsys.readouterr().out
