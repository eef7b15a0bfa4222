"""A rule file of kind unchanged: what it may say, and what is refused with the line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from vcaudit.drift.aspects import ASPECTS
from vcaudit.evaluate.rule import Unchanged
from vcaudit.evaluate.rulefile import load_rule
from vcaudit.yamlfile import dump

RULE: dict[str, Any] = {
    "id": "OURS-001", "title": "The services are as approved", "severity": "medium",
    "source": {"section": "Deploy the Database"}, "kind": "unchanged", "path": "services", "subject": "services",
    "ignore": [{"path": "display name$", "reason": "a label"}], "impact": "nobody knows",
    "remediation": {"text": "Look."},
}  # fmt: skip


def loaded(**changes: Any) -> tuple[Any, list[str]]:
    text = dump({key: value for key, value in {**RULE, **changes}.items() if value is not None})
    rule, problems = load_rule(Path("OURS-001.yaml"), text)
    return rule, [problem.message for problem in problems]


def test_a_rule_without_requirement_role_or_example_is_enough() -> None:
    rule, problems = loaded()
    assert problems == []
    assert isinstance(rule.body, Unchanged)
    assert rule.body.path == "services"
    assert rule.body.ignore[0].reason == "a label"


@pytest.mark.parametrize("path", ASPECTS)
def test_every_aspect_can_be_named(path: str) -> None:
    assert loaded(path=path)[1] == []


@pytest.mark.parametrize(("changes", "message"), [
    ({"path": "servces"}, "path: must be one of"), ({"path": None}, "path is missing"),
    ({"path": "servces"}, "services"), ({"subject": None}, "subject is missing"),
    ({"forEach": "nodes"}, "does not belong to a rule of kind unchanged"),
    ({"expression": "true"}, "does not belong to a rule of kind unchanged"),
    ({"ignore": [{"path": "(", "reason": "x"}]}, "path"), ({"ignore": [{"path": "x"}]}, "reason is missing"),
    ({"examples": {"pass": [{"vars": {}}]}}, "a rule of kind unchanged has none"),
    ({"message": "{each.name}"}, "a rule of kind unchanged has no each"),
    ({"remediation": {"text": "x", "actions": [{"do": "copy"}]}}, "people decide what is right"),
])  # fmt: skip
def test_what_makes_no_sense_is_refused(changes: dict[str, Any], message: str) -> None:
    rule, problems = loaded(**changes)
    assert rule is None
    assert any(message in problem for problem in problems), problems
