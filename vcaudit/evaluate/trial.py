"""The examples of rules, run one by one: what came out, and what should have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from vcaudit.evaluate.lint import outcome_of, prepared
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


def trials(pack: Pack, rules: tuple[Rule, ...]) -> Iterator[Trial]:
    """Every example of some rules of a pack."""
    about_any = replace(pack, versions=None, parts=())
    for rule in rules:
        counted = dict.fromkeys(("pass", "fail"), 0)
        for example in rule.examples:
            counted[example.outcome] += 1
            case = prepared(rule, about_any, example)
            results = () if case.wrong else case.run()
            wrong = [*case.wrong, *(problem.message for problem in case.problems())]
            said = next((r.message for r in results if r.outcome == outcome_of(results)), "")
            found = outcome_of(results) if not wrong else f"defect: {'; '.join(wrong)}"
            yield Trial(rule, example, counted[example.outcome], found, said)
