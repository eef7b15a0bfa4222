"""Judges one rule over one snapshot: pure, and "could not be looked at" is never anything but unknown.

Order: `when` → `asks` → `expression`. An error of CEL is a touched gap: it becomes unknown with the reason of the
Missing that lies where the expression selects; when there is none, it is a defect of the rule, and reported as such.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from vcaudit.evaluate import expression
from vcaudit.evaluate.actions import filled
from vcaudit.evaluate.advice import suited
from vcaudit.evaluate.context import SECONDS, Context
from vcaudit.evaluate.expression import Expression, Failure
from vcaudit.evaluate.findings import Finding
from vcaudit.evaluate.identical import compare
from vcaudit.evaluate.placeholders import shown
from vcaudit.evaluate.rule import Advice, Identical, Judgement, ParamValue, Rule, Unchanged
from vcaudit.results import Action, Result
from vcaudit.snapshot.base import Missing

MOST_ELEMENTS = 10_000
"""For which one rule is judged."""


class Defect(Exception):
    """The rule itself is wrong: an expression failed where nothing is Missing."""


@dataclass(frozen=True)
class _Scope:
    """Where the expressions of a rule are evaluated: the variables they name, and the element."""

    context: Context
    activation: Any
    each: object = None
    pack: str = ""
    """Of the rule: what `extra` is, each pack says for itself."""

    def value(self, item: Expression) -> object:
        """The value, or the Missing it touched; raises Defect."""
        found = item.evaluate(self.activation)
        if not isinstance(found, Failure):
            return found
        gap = self._gap(item, found.key)
        if gap is None:
            raise Defect(f"`{item.text}`: {found.text}")
        return gap

    def _gap(self, item: Expression, key: str | None) -> Missing | None:
        """The Missing that the expression touched: of the very key CEL did not find before any other."""
        named = sorted(item.names - {"each", "params"})
        roots = [self.each] + [self.context.variable(name, self.pack) for name in named]
        gaps = [gap for root in roots for gap in expression.missing_in(root, item.selected)]
        # Something that could not be looked at outranks something that only the owner can give.
        ranked = sorted(gaps, key=lambda gap: (gap[0] != key, gap[1].reason == "not_asked"))
        return ranked[0][1] if ranked else None


def judge(rule: Rule, context: Context) -> list[Result]:
    """All results of one rule; its defects go to the context."""
    finding = Finding(context, rule, context.rule_params(rule))
    if rule.version_bound and (outside := context.outside(rule.pack)) is not False:
        if isinstance(outside, Missing):
            return [finding.undecided(outside)]
        return [finding.not_applicable(f"Not judged on this version: {rule.title}")]
    try:
        if isinstance(rule.body, Identical):
            return _identical(rule, rule.body, finding)
        return list(_elements(rule, rule.body, finding))
    except Defect as defect:
        _report(context, rule, defect)
        return []


def judge_element(rule: Rule, context: Context, each: object) -> list[Result]:
    """The same for one given element (or for none), whatever forEach would find."""
    assert isinstance(rule.body, Judgement)
    finding = Finding(context, rule, context.rule_params(rule), each=each)
    data = {**_data(rule, finding, rule.body.expressions), "each": context.variables.convert(each)}
    try:
        return list(_judged(rule, rule.body, finding, _Scope(context, expression.activation(data), each, rule.pack)))
    except Defect as defect:
        _report(context, rule, defect)
        return []


def _identical(rule: Rule, body: Identical, finding: Finding) -> list[Result]:
    when = _Scope(finding.context, _activation(rule, finding), pack=rule.pack).value(rule.when) if rule.when else True
    if isinstance(when, Missing):
        return [finding.undecided(when)]
    if not when:
        return [finding.not_applicable()]
    if not isinstance(body, Unchanged):
        return compare(body, finding)
    from vcaudit.evaluate.unchanged import judge_unchanged  # late: few runs have an approved snapshot

    return judge_unchanged(body, finding)


def _elements(rule: Rule, body: Judgement, finding: Finding) -> Iterator[Result]:
    context = finding.context
    if body.for_each is None:
        yield from _judged(rule, body, finding, _Scope(context, _activation(rule, finding), pack=rule.pack))
        return
    scope = _Scope(context, _activation(rule, finding, body.for_each), pack=rule.pack)
    elements = scope.value(body.for_each)
    if isinstance(elements, Missing):
        yield finding.undecided(elements)
        return
    assert isinstance(elements, list)
    if not elements:
        yield finding.not_applicable()
    if len(elements) > MOST_ELEMENTS:
        raise Defect(f"`{body.for_each.text}` gives {len(elements)} elements, and {MOST_ELEMENTS} are the most")
    data = _data(rule, finding, body.expressions)
    for element in elements:
        fact, plain = context.variables.element(element)
        inner = _Scope(context, expression.activation({**data, "each": plain}), fact, rule.pack)
        own = Finding(context, rule, finding.params, each=fact)
        try:
            yield from _judged(rule, body, own, inner)
        except Defect as defect:
            _report(context, rule, defect)


def _judged(rule: Rule, body: Judgement, finding: Finding, scope: _Scope) -> Iterator[Result]:
    """One element: exactly one result."""
    if finding.context.late:
        raise Defect(f"judging has taken longer than {SECONDS} s")
    gaps = _name(body, finding, scope)
    when = scope.value(rule.when) if rule.when else True
    if when is False:
        yield finding.not_applicable()
        return
    # Each step guards the next: what `when` rules out may be null, so nothing is evaluated after a gap.
    asked = scope.value(body.asks.when) if body.asks and when is True else False
    if asked is True and body.asks:
        yield finding.asked_for(body.asks.give)
        return
    gaps += [gap for gap in (when, asked) if isinstance(gap, Missing)]
    if not gaps:
        verdict = scope.value(body.expression)
        finding.observed, finding.expected = _text(body.observed, scope), _text(body.expected, scope)
        if verdict is True:
            yield finding.passed()
            return
        if verdict is False:
            finding.actions, advice = _remedy(rule, finding, scope)
            yield finding.failed(_message(body, scope), advice)
            return
        if not isinstance(verdict, Missing):
            raise Defect(f"`{body.expression.text}` gives {verdict!r}, and true or false is needed")
        gaps = [verdict]
    yield finding.undecided(min(gaps, key=lambda gap: gap.reason == "not_asked"))


def _remedy(rule: Rule, finding: Finding, scope: _Scope) -> tuple[tuple[Action, ...], Advice | None]:
    """What would mend a failure; its variables are converted now, because most results are no failures."""
    advice = rule.remediation
    if advice is None or not (advice.actions or advice.cases):
        return (), advice
    data = _data(rule, finding, advice.expressions)
    if scope.each is not None:
        data["each"] = scope.context.variables.convert(scope.each)
    value = _Scope(scope.context, expression.activation(data), scope.each, scope.pack).value
    return filled(advice.actions, finding, value), suited(advice, value)


def _name(body: Judgement, finding: Finding, scope: _Scope) -> list[Missing]:
    """Fills in subject, node and role; gives back what of them could not be looked at."""
    subject = scope.value(body.subject)
    node = scope.value(body.node) if body.node else None
    role = scope.value(body.role) if body.role else None
    finding.subject = str(subject) if subject is not None and not isinstance(subject, Missing) else ""
    finding.node = str(node) if node is not None and not isinstance(node, Missing) else None
    finding.role = str(role) if role is not None and not isinstance(role, Missing) else None
    return [value for value in (subject, node, role) if isinstance(value, Missing)]


def _text(item: Expression | None, scope: _Scope) -> str | None:
    return shown(scope.value(item)) if item is not None else None


def _message(body: Judgement, scope: _Scope) -> str | None:
    value = scope.value(body.message_expression) if body.message_expression else None
    return shown(value) if value is not None and not isinstance(value, Missing) else None


def _activation(rule: Rule, finding: Finding, *more: Expression) -> Any:
    own = rule.body.expressions if isinstance(rule.body, Judgement) else ()
    return expression.activation(_data(rule, finding, more or own))


def _data(rule: Rule, finding: Finding, items: tuple[Expression, ...]) -> dict[str, object]:
    """The variables that some expressions (and `when`) name, each with no more than the fields they select."""
    wanted: dict[str, set[str]] = {}
    for item in (*items, *((rule.when,) if rule.when else ())):
        for name, fields in item.top.items():
            wanted.setdefault(name, set()).update(fields)
    variables = finding.context.variables
    data = {name: variables.root(name, fields) for name, fields in wanted.items() if name not in ("each", "extra")}
    if "extra" in wanted:
        extra = finding.context.variable("extra", rule.pack)
        data["extra"] = variables.part(f"extra {rule.pack}", extra, wanted["extra"])
    return {**data, "params": _plain(finding.params, finding)}


def _plain(params: Mapping[str, ParamValue], finding: Finding) -> dict[str, object]:
    return {name: finding.context.variables.convert(value) for name, value in params.items()}


def _report(context: Context, rule: Rule, defect: Defect) -> None:
    line = f"{rule.file}:{rule.lines.get('expression', 1)}: {rule.id} cannot be evaluated: {defect}"
    if line not in context.defects:
        context.defects.append(line)
