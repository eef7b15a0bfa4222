"""What a rule says when it runs, tried before it meets a cluster: its examples, and every null it may touch.

`rules lint` does this and a scan does not: everything that makes a rule unsafe is already refused when it loads.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from vcaudit.errors import Problem
from vcaudit.evaluate import reference
from vcaudit.evaluate.context import SECONDS, Context
from vcaudit.evaluate.engine import judge, judge_element
from vcaudit.evaluate.expression import Expression
from vcaudit.evaluate.placeholders import Template, names_in
from vcaudit.evaluate.rule import Advice, Example, Judgement, Pack, ParamValue, Rule
from vcaudit.evaluate.schema import RuleView
from vcaudit.evaluate.shapes import Shape, fields, of_value, variables
from vcaudit.evaluate.syntax import params_in
from vcaudit.results import Outcome, Result
from vcaudit.snapshot.base import Fact
from vcaudit.snapshot.model import Auditor, Declared, Snapshot
from vcaudit.yamlfile import suggest

_EMPTY = Snapshot(
    cluster="EXAMPLE", taken_at="2026-01-01T00:00:00Z", declared=Declared(nodes=()),
    auditor=Auditor(version="", names=(), resolver=""), nodes=(), permissions=(),
)  # fmt: skip


class TimeUp(Exception):
    """The time for all of them is up, and a rule is left that was not tried, or not to its end."""

    def __str__(self) -> str:
        return f"trying the rules has taken longer than {SECONDS} s"


def lint(*packs: Pack) -> list[Problem]:
    """Everything wrong with the rules of loaded packs that shows only when they run."""
    started = time.monotonic()
    out: list[Problem] = []
    for pack in packs:
        # Examples are about the rule, not about the software they would have been seen on.
        about_any = replace(pack, versions=None)
        for rule in pack.rules:
            found: dict[Problem, None] = {}
            try:
                found.update((problem, None) for problem in _rule(rule, about_any, started))
            except TimeUp as up:
                rest = "what is left of this rule and all rules after it were not tried"
                return [*out, *found, Problem(rule.file, rule.lines.get("id", 1), f"{up}: {rest}")]
            out += found
    return out


def _rule(rule: Rule, pack: Pack, started: float) -> Iterator[Problem]:
    yield from _unused_params(rule)
    if not isinstance(rule.body, Judgement):
        return
    model = _Case(rule, pack, reference.view(), {}, started=started)
    model.run()
    yield from model.problems()
    yield from _emptied(rule, model)
    for example in rule.examples:
        case = prepared(rule, pack, example, started)
        yield from _outcome(rule, case, example)
        # Only where the rule applies does it reach its expression, and that is what examples are.
        yield from _emptied(rule, case)


class _Case:
    """One evaluation of a rule: a model of the variables, perhaps an element."""

    def __init__(
        self, rule: Rule, pack: Pack, view: RuleView, params: dict[str, ParamValue], each: object = None,
        extra: Fact | None = None, started: float = 0,
    ) -> None:  # fmt: skip
        self.started = started or time.monotonic()
        """When the first of all the cases began."""
        self.rule, self.pack, self.view, self.params, self.each = rule, pack, view, params, each
        self.extra = extra or _extra(rule, pack)
        self.wrong: list[str] = []
        """What is wrong with the example itself."""
        self.defects: list[str] = []

    def run(self) -> list[Result]:
        """Raises TimeUp."""
        if time.monotonic() - self.started > SECONDS:
            raise TimeUp
        rule = replace(self.rule, params={**self.rule.params, **self.params})
        context = Context(_EMPTY, self.view, self.pack, started=self.started)
        if self.extra is not None:
            context.extras[self.rule.pack] = self.extra
        results = judge(rule, context) if self.each is None else judge_element(rule, context, self.each)
        self.defects = context.defects
        return results

    def problems(self) -> Iterator[Problem]:
        for defect in self.defects:
            yield Problem(self.rule.file, self.rule.lines.get("expression", 1), defect.partition("evaluated: ")[2])

    def without(self, kind: type[Fact], name: str) -> _Case:
        """The same with one field null or an empty list."""
        each, extra = reference.emptied(self.each, kind, name), reference.emptied(self.extra, kind, name)
        view = reference.emptied(self.view, kind, name)
        return _Case(self.rule, self.pack, view, self.params, each, extra, self.started)


def _extra(rule: Rule, pack: Pack) -> Fact | None:
    """The model of the variable `extra`, where the rule's pack collects anything."""
    kind = next((each.kind for each in pack.collect if each.pack == rule.pack), None)
    model: Fact | None = reference.struct(kind) if kind else None
    return model


def prepared(rule: Rule, pack: Pack, example: Example, started: float = 0) -> _Case:
    """An example laid over the model, ready to run; what is wrong with the example itself stands in `wrong`."""
    wrong: list[str] = []

    def complain(path: str, message: str) -> None:
        wrong.append(f"{path}: {message}")

    view = reference.view()
    params: dict[str, ParamValue] = {}
    extra = _extra(rule, pack)
    for name, given in example.vars.items():
        if name == "extra" and extra is not None:
            extra = reference.merged(Shape("struct", struct=type(extra)), extra, given, complain, name)
        elif name != "params":
            laid = reference.merged(variables()[name], getattr(view, name), given, complain, name)
            view = msgspec.structs.replace(view, **{name: laid})
        else:
            params = _params(rule, given, complain)
    each = None
    if example.has_each and rule.element is not None:
        each = reference.merged(rule.element, reference.value(rule.element), example.each, complain, "each")
    case = _Case(rule, pack, view, params, each, extra, started)
    case.wrong = wrong
    return case


def _params(rule: Rule, given: Any, complain: reference.Complain) -> dict[str, ParamValue]:
    """The parameters that an example sets."""
    out: dict[str, ParamValue] = {}
    for param, value in given.items() if isinstance(given, dict) else ():
        known = of_value(rule.params[param]) if param in rule.params else None
        if known is None:
            complain(f"params.{param}", f"the rule has no such parameter{suggest(param, rule.params)}")
        else:
            out[param] = reference.merged(known, None, value, complain, f"params.{param}")
    if not isinstance(given, dict):
        complain("params", "is written as `name: value` lines")
    return out


def _outcome(rule: Rule, case: _Case, example: Example) -> Iterator[Problem]:
    """The stated outcome is what comes out: one failure makes a failure of several results."""
    for text in case.wrong:
        yield Problem(rule.file, example.line, f"example, {text}")
    if case.wrong:
        return
    results = case.run()
    yield from (Problem(p.file, example.line, f"example, {p.message}") for p in case.problems())
    found = outcome_of(results)
    if found != example.outcome and not case.defects:
        yield Problem(rule.file, example.line, f"this example must {example.outcome}, and is {found}")


def outcome_of(results: Sequence[Result]) -> str:
    """Of an example: one failure makes a failure of several results."""
    outcomes = {result.outcome for result in results}
    if Outcome.FAIL in outcomes or len(outcomes) == 1:
        return (Outcome.FAIL if Outcome.FAIL in outcomes else outcomes.pop()).value
    return "of several kinds" if results else "no result"


def _emptied(rule: Rule, case: _Case) -> Iterator[Problem]:
    """A null or an empty list that the rule does not expect would be a defect on some cluster."""
    for kind, name in sorted(_may_be_empty(rule), key=lambda pair: (pair[0].__name__, pair[1])):
        other = case.without(kind, name)
        other.run()
        what = "null" if fields(kind)[name].nullable else "an empty list"
        for found in other.problems():
            yield Problem(found.file, found.line, f"{found.message}, where {name} of {kind.__name__} is {what}")


def _may_be_empty(rule: Rule) -> set[tuple[type[Fact], str]]:
    selected = {pair for item in _expressions(rule) for pair in item.selected}
    return {(kind, name) for kind, name in selected
            if fields(kind)[name].nullable or fields(kind)[name].kind == "list"}  # fmt: skip


def _expressions(rule: Rule) -> tuple[Expression, ...]:
    if not isinstance(rule.body, Judgement):
        return (rule.when,) if rule.when else ()
    advice = rule.remediation.expressions if rule.remediation else ()
    some = (rule.body.for_each, rule.when, *rule.body.expressions, *advice)
    return tuple(item for item in some if item is not None)


def _unused_params(rule: Rule) -> Iterator[Problem]:
    """A parameter that nothing reads: somebody would set it in vain."""
    advice = rule.remediation or Advice(Template(()))
    texts = (rule.message, rule.pass_message, rule.impact, *advice.texts)
    used = set(names_in(*texts, *rule.evidence))
    for item in _expressions(rule):
        used |= {f"params.{name}" for name in params_in(item.tree)}
    for name in rule.params:
        if f"params.{name}" not in used:
            yield Problem(rule.file, rule.lines["params"], f"params.{name}: nothing in the rule reads it")
