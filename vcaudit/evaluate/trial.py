"""The examples of rules, run one by one: what came out, and what should have."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from vcaudit.evaluate.lint import TimeUp, outcome_of, prepared
from vcaudit.evaluate.rule import Example, Pack, Rule


class Trial(NamedTuple):
    """One example."""

    rule: Rule
    example: Example
    number: int
    """Among those of the rule with the same outcome, from 1."""
    found: str
    """Outcome, or what kept it from having one."""
    message: str
    """The sentence that a report would show."""

    @property
    def right(self) -> bool:
        """It came out as the author says."""
        return self.found == self.example.outcome


def trials(pack: Pack, rules: tuple[Rule, ...], started: float = 0) -> Iterator[Trial]:
    """Every example of some rules of a pack; `started`: when the first of all examples began, if not now."""
    about_any = replace(pack, versions=None, parts=())
    started = started or time.monotonic()
    for rule in rules:
        counted = dict.fromkeys(("pass", "fail"), 0)
        for example in rule.examples:
            counted[example.outcome] += 1
            yield Trial(rule, example, counted[example.outcome], *_tried(rule, about_any, example, started))


def _tried(rule: Rule, pack: Pack, example: Example, started: float) -> tuple[str, str]:
    """What was found, and the sentence about it."""
    case = prepared(rule, pack, example, started)
    try:
        results = () if case.wrong else case.run()
    except TimeUp as up:
        return f"not run: {up}", ""
    wrong = [*case.wrong, *(problem.message for problem in case.problems())]
    said = next((r.message for r in results if r.outcome == outcome_of(results)), "")
    return outcome_of(results) if not wrong else f"defect: {'; '.join(wrong)}", said
