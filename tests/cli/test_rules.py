"""`vcaudit rules`, as it is typed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.evaluate.packs import rule, write
from vcaudit.cli.app import run
from vcaudit.evaluate.loader import load_pack
from vcaudit.resources import rules_dir

SHIPPED = [(pack.name, item) for folder in sorted(rules_dir().glob("*/pack.yaml"))
           if (pack := load_pack(folder.parent)) for item in pack.rules]  # fmt: skip


def test_list_as_json_is_what_other_programs_lean_on(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules", "list", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [(item["pack"], item["id"]) for item in found] == [(name, item.id) for name, item in SHIPPED]
    assert all(set(item) == {"id", "title", "severity", "requirements", "pack"} for item in found)


def test_list_has_a_line_for_each(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(SHIPPED)
    assert all(item.id in line and item.title in line for (_, item), line in zip(SHIPPED, lines, strict=True))


@pytest.mark.parametrize("as_json", [False, True])
def test_explain_says_everything(capsys: pytest.CaptureFixture[str], as_json: bool) -> None:
    for _, item in SHIPPED:
        assert run(["rules", "explain", item.id.lower(), *(["--json"] if as_json else [])]) == 0
        text = capsys.readouterr().out
        said = json.dumps(json.loads(text), ensure_ascii=False) if as_json else " ".join(text.split())
        for part in (item.id, item.title, item.source.section, item.file):
            assert part in said or " ".join(part.split()) in said


def test_explain_knows_what_was_meant(capsys: pytest.CaptureFixture[str]) -> None:
    name = SHIPPED[0][1].id
    assert run(["rules", "explain", name[:-1]]) == 3
    assert "did you mean" in capsys.readouterr().err


def test_lint(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules", "lint"]) == 0
    assert capsys.readouterr().out == f"{len(SHIPPED)} rules, no problems\n"
    write(tmp_path, rule(expression="each.seperate"))
    assert run(["rules", "lint", str(tmp_path)]) == 3
    assert f"{tmp_path}/VC-RES-001.yaml:11: expression: each has no field seperate" in capsys.readouterr().out
    write(tmp_path, rule(params={"spare": 1}))
    assert run(["rules", "lint", str(tmp_path), "--json"]) == 3
    (problem,) = json.loads(capsys.readouterr().out)
    assert problem["file"].endswith("VC-RES-001.yaml")
    assert (problem["line"] > 1, problem["message"]) == (True, "params.spare: nothing in the rule reads it")
    assert run(["rules", "lint", str(tmp_path / "none")]) == 3
    assert "it has no pack.yaml" in capsys.readouterr().out


WRONG = [{"rule": "VC-RES-0001", "severity": "low", "reason": "x"},
         {"rule": "VC-SYN-003", "params": {"hour": 48}, "reason": "x"}]  # fmt: skip


@pytest.mark.parametrize("verb", [["lint"], ["test"], ["explain", "VC-SYN-003", "--pack", "tn019", "--pack"]])
def test_overrides_are_held_against_the_shipped_rules(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], verb: list[str]
) -> None:
    folder = write(tmp_path / "ours", name="ours", overrides=WRONG)
    assert run(["rules", *verb, str(folder)]) == 3
    captured = capsys.readouterr()
    said = captured.out + captured.err
    assert f"{folder}/pack.yaml:5: overrides: there is no rule VC-RES-0001" in said
    assert "(did you mean VC-RES-001?)" in said
    assert f"{folder}/pack.yaml:9: overrides: VC-SYN-003 has no parameter hour" in said


def test_overrides_of_any_shipped_pack_are_right(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    right = [{"rule": name, "severity": "low", "reason": "x"} for name in ("VC-DRIFT-001", "REC-CRT-001")]
    folder = write(tmp_path / "ours", name="ours", overrides=right)
    for verb in (["lint", str(folder)], ["test", str(folder)], ["explain", "VC-RES-001", "--pack", f"tn019,{folder}"]):
        assert run(["rules", *verb]) == 0, capsys.readouterr()


@pytest.mark.parametrize("name", ["ours", "./ours", "ours/", "./deep/../ours"])
def test_a_folder_is_named_in_any_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "ours", rule(), name="ours")
    (tmp_path / "deep").mkdir()
    assert run(["rules", "test", name]) == 0


def test_help_does_not_load_the_rule_language() -> None:
    heavy = "('cel_expr_python', 'yaml', 'msgspec')"
    code = f"import sys, vcaudit.cli.rules; print([name for name in {heavy} if name in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out == "[]\n"
