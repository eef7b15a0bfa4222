"""`actions:` of a remediation: what the loader refuses, and what becomes of them in a result."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.evaluate.packs import IDENTICAL, pack, results, rule, with_resources
from vcaudit.errors import RuleError
from vcaudit.evaluate.actions import KINDS
from vcaudit.results import Action, Outcome
from vcaudit.snapshot.base import Missing

SET = {"do": "property", "on": "each.name", "group": "each.group", "name": "SeparateMonitor", "value": 1,
       "was": "each.separate_flag", "offline": True}  # fmt: skip


def with_actions(*actions: Any, base: dict[str, Any] | None = None) -> dict[str, Any]:
    return rule(*([base] if base else []), remediation={"text": "x", "actions": list(actions)})


@pytest.mark.parametrize(
    ("action", "problem"),
    [
        ({"do": "paramter"}, "must be one of parameter, property"),
        ({"on": "each.name"}, "do is missing"),
        ({**SET, "nmae": "x"}, "nmae: unknown key"),
        ({**SET, "on": "each.nmae"}, "nmae"),
        ({**SET, "when": "each.name"}, "when: must be bool, and is string"),
        ({**SET, "value": "each"}, "value: is ResourceVar: name the fields that are meant"),
        ({key: item for key, item in SET.items() if key != "value"}, "value is missing"),
        ({key: item for key, item in SET.items() if key != "name"}, "name is missing"),
        ({**SET, "offline": "yes"}, "offline: must be true or false"),
        ({"do": "owner", "on": "each.name"}, "node is missing"),
        ({"do": "owner", "on": "each.name", "node": "each.owner", "offline": True}, "offline: unknown key"),
        ({"do": "dependencies", "on": "each.name"}, "says what to add or what to remove"),
        ({"do": "copy", "what": "database"}, "what: must be one of ssl, vpxd.cfg, licenses, upgrade, registry"),
        ({"do": "copy", "what": "ssl", "on": "each.name"}, "on: unknown key"),
        ("cluster res", "an entry of actions is written as"),
    ],
)
def test_a_wrong_action_is_refused_with_its_line(action: Any, problem: str, tmp_path: Path) -> None:
    with pytest.raises(RuleError) as error:
        pack(tmp_path, with_actions(action))
    assert problem in str(error.value)
    assert ".yaml:" in str(error.value)


def test_a_rule_that_compares_can_only_copy(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="its action is copy"):
        pack(tmp_path, with_actions(SET, base=IDENTICAL))


def of(tmp_path: Path, *actions: Any, **each: Any) -> tuple[Action, ...]:
    """What the one failing resource of the model gets."""
    (result,) = [
        r for r in results(tmp_path, with_actions(*actions), with_resources(each)) if r.outcome is Outcome.FAIL
    ]
    assert result.remediation
    return result.remediation.actions


FAILING: dict[str, Any] = {"name": 'a "b" $(c)', "group": "G", "separate": False, "separate_flag": False}


def test_names_come_as_they_are_and_numbers_as_numbers(tmp_path: Path) -> None:
    assert of(tmp_path, SET, **FAILING) == (
        Action(do="property", on='a "b" $(c)', group="G", name="SeparateMonitor", value=1, was=0, offline=True),
    )


def test_one_that_does_not_apply_is_left_out(tmp_path: Path) -> None:
    assert of(tmp_path, {**SET, "when": "each.separate_flag"}, **FAILING) == ()
    assert len(of(tmp_path, SET, {**SET, "when": "each.separate_flag"}, **FAILING)) == 1


def test_a_start_mode_that_is_not_known_is_not_manual(tmp_path: Path) -> None:
    mode = {"do": "start_mode", "on": "each.name", "node": "each.group"}
    assert of(tmp_path, {**mode, "value": '"Auto"'}, **FAILING)[0].value == "Auto"
    assert of(tmp_path, mode, **FAILING)[0].value is None
    assert of(tmp_path, {**mode, "value": "each.owner"}, **{**FAILING, "owner": Missing(reason="timeout")}) == ()


def test_what_is_not_known_leaves_all_of_it_to_people(tmp_path: Path) -> None:
    owner = {"do": "owner", "on": "each.name", "node": "each.owner"}
    assert of(tmp_path, SET, owner, **FAILING, owner=None) == ()
    gap = Missing(reason="timeout", detail="", where="")
    assert of(tmp_path, SET, owner, **FAILING, owner=gap) == ()
    assert of(tmp_path, {**owner, "when": 'each.owner == "A"'}, **FAILING, owner=gap) == ()
    assert len(of(tmp_path, SET, owner, **FAILING, owner="A")) == 2


def test_a_value_from_before_may_be_unknown(tmp_path: Path) -> None:
    gap = Missing(reason="timeout", detail="", where="")
    (action,) = of(tmp_path, SET, **{**FAILING, "separate_flag": gap})
    assert action.was is None


def test_names_that_no_results_file_can_hold_make_no_action(tmp_path: Path) -> None:
    assert of(tmp_path, SET, **{**FAILING, "name": "a\0b"}) == ()


def test_nothing_to_add_is_no_action(tmp_path: Path) -> None:
    action = {"do": "dependencies", "on": "each.name", "add": "each.missing_dependencies"}
    assert of(tmp_path, action, **FAILING, missing_dependencies=()) == ()
    (found,) = of(tmp_path, action, **FAILING, missing_dependencies=("IP", "Name"))
    assert (found.add, found.offline) == (("IP", "Name"), True)


def test_every_operation_is_documented() -> None:
    text = (Path(__file__).parents[2] / "docs" / "rules.md").read_text(encoding="utf-8")
    section = text.partition("## What a script can do about it")[2].partition("\n## ")[0]
    assert [do for do in KINDS if f"`{do}`" not in section] == []
