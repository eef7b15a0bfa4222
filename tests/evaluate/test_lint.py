"""What `rules lint` finds that loading cannot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.evaluate.packs import IDENTICAL, cluster_rule, pack, rule
from vcaudit.errors import RuleError
from vcaudit.evaluate import reference
from vcaudit.evaluate.lint import lint
from vcaudit.evaluate.loader import load_pack
from vcaudit.evaluate.schema import NodeVar, RuleView
from vcaudit.evaluate.shapes import fields, structs, variables
from vcaudit.evaluate.trial import trials
from vcaudit.resources import rules_dir
from vcaudit.snapshot.base import Fact, Missing

PACKS = sorted(head.parent for head in rules_dir().glob("*/pack.yaml"))


def found(folder: Path, *rules: dict[str, Any]) -> list[str]:
    return [f"{problem.line}: {problem.message}" for problem in lint(pack(folder, *rules))]


@pytest.mark.parametrize("folder", PACKS, ids=lambda folder: folder.name)
def test_the_shipped_rules_are_right(folder: Path) -> None:
    assert lint(load_pack(folder)) == []


def test_a_good_rule(tmp_path: Path) -> None:
    assert found(tmp_path, rule(), cluster_rule(id="VC-A-001"), rule(IDENTICAL)) == []


def examples(good: Any = None, bad: Any = None) -> dict[str, Any]:
    good = {"each": {"separate": True}} if good is None else good
    return {"pass": [good], "fail": [{"each": {"separate": False}} if bad is None else bad]}


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"examples": examples({"each": {"separate": False}})}, "this example must pass, and is fail"),
        ({"examples": examples(None, {"each": {"separate": True}})}, "this example must fail, and is pass"),
        ({"examples": examples({"each": {"seperate": True}})}, "each.seperate: there is no such field (did you mean"),
        ({"examples": examples({"each": {"separate": "yes"}})}, "each.separate: must be bool"),
        ({"examples": examples({"each": {"role": "ipp"}})}, "each.role: must be one of ip, name"),
        ({"examples": examples({"each": {"name": None}})}, "each.name: is never null"),
        ({"examples": examples({"each": {"depends_on": "x"}})}, "each.depends_on: must be a list"),
        ({"examples": examples({"each": 3})}, "each: is written as `field: value` lines"),
        ({"examples": examples({"vars": {"vc": {"resources": [{"nme": "x"}]}}})}, "vc.resources[0].nme: there is no"),
        ({"examples": examples({"vars": {"params": {"x": 1}}})}, "params.x: the rule has no such parameter"),
        ({"when": "each.state == 'online'"}, "this example must pass, and is not_applicable"),
        ({"expression": "each.separate && each.address.size() > 1"}, "where address of ResourceVar is null"),
        ({"observed": "each.depends_on[0]"}, "where depends_on of ResourceVar is an empty list"),
        ({"when": "each.address == null", "expression": "each.address.size() > 1 && each.separate"}, "where address"),
        ({"params": {"spare": 1}}, "params.spare: nothing in the rule reads it"),
        ({"expression": "each.separate && 'x'.matches(each.name + '(')"}, "missing )"),
    ],
)
def test_found(tmp_path: Path, changes: dict[str, Any], problem: str) -> None:
    problems = found(tmp_path, rule(**changes))
    assert any(problem in text for text in problems), problems
    assert all(int(text.split(":")[0]) > 1 for text in problems)


@pytest.mark.parametrize(
    "changes",
    [
        {"expression": "each.separate && (each.address == null || each.address.size() > 1)"},
        {"when": "each.address != null", "expression": "each.separate && each.address.size() > 1"},
        {"params": {"names": ["x"]}, "expression": "each.separate || each.name in params.names"},
        {"params": {"hours": 3}, "impact": "after {params.hours} hours"},
        {"examples": examples({"vars": {"vc": {"resources": [{"separate": True}, {"separate": True}]}}},
                              {"vars": {"vc": {"resources": [{"separate": True}, {"separate": False}]}}})},
        {"params": {"names": []}, "expression": "each.separate || each.name in params.names",
         "examples": examples({"each": {"separate": False, "name": "A"}, "vars": {"params": {"names": ["A"]}}})},
    ],
)  # fmt: skip
def test_fine(tmp_path: Path, changes: dict[str, Any]) -> None:
    assert found(tmp_path, rule(**changes)) == []


def test_the_model_is_complete() -> None:
    """Every struct there is occurs in it, with nothing Missing, nothing null and no empty list."""
    seen: set[type[Fact]] = set()

    def walk(value: object) -> None:
        assert value is not None
        assert not isinstance(value, Missing)
        assert value != ()
        if isinstance(value, Fact):
            seen.add(type(value))
            for name in value.__struct_fields__:
                walk(getattr(value, name))
        for item in value if isinstance(value, tuple) else ():
            walk(item)

    walk(reference.view())
    assert seen - {RuleView} == {kind for shape in variables().values() for kind in structs(shape)}


def test_emptied_touches_one_field_everywhere() -> None:
    other = reference.emptied(reference.view(), NodeVar, "vpxd")
    assert [node.vpxd for node in other.nodes] == [None]
    assert other.vc == reference.view().vc
    assert reference.emptied(reference.view(), NodeVar, "ssl_missing").nodes[0].ssl_missing == ()
    assert fields(NodeVar)["vpxd"].nullable


def test_trying_rules_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One time for all packs, rules and examples of a call; what is left is a problem, never silence."""
    packs = [pack(tmp_path / name, rule(), cluster_rule(id="VC-X-002"), name=name) for name in ("one", "two")]
    rules = [each for one in packs for each in one.rules]
    assert lint(*packs) == []
    calls: list[float] = []
    last = 30.0

    def clock() -> float:
        calls.append(0)
        return len(calls)

    monkeypatch.setattr("vcaudit.evaluate.lint.time.monotonic", clock)
    monkeypatch.setattr("vcaudit.evaluate.lint.SECONDS", last)
    *_, problem = lint(*packs)
    assert problem.message == "trying the rules has taken longer than 30.0 s: " \
                              "what is left of this rule and all rules after it were not tried"  # fmt: skip
    assert problem.file in [each.file for each in rules[1:]]
    found = [trial.found for trial in trials(packs[0], packs[0].rules, started=-1000.0)]
    assert found == ["not run: trying the rules has taken longer than 30.0 s"] * 4
    assert not any(trial.right for trial in trials(packs[0], packs[0].rules, started=-1000.0))


def test_examples_have_an_end(tmp_path: Path) -> None:
    good, bad = {"each": {"separate": True}}, {"each": {"separate": False}}
    pack(tmp_path, rule(examples={"pass": [good] * 49, "fail": [bad]}))
    with pytest.raises(RuleError, match="examples: 51 of them, and 50 are the most"):
        pack(tmp_path, rule(examples={"pass": [good] * 50, "fail": [bad]}))
