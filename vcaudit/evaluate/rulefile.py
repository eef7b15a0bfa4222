"""One rule file → Rule: what can be known to be wrong without values is refused, all at once, each with its line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, get_args

from vcaudit.errors import Problem
from vcaudit.evaluate import expression, placeholders, schema, shapes
from vcaudit.evaluate.advice import read_advice
from vcaudit.evaluate.catalogue import REQUIREMENTS
from vcaudit.evaluate.check import NO_EACH, Scope
from vcaudit.evaluate.examples import read_examples
from vcaudit.evaluate.expression import Expression, ExpressionError
from vcaudit.evaluate.overrides import read_params
from vcaudit.evaluate.pattern import Pattern, wrong_patterns
from vcaudit.evaluate.placeholders import Language, Template
from vcaudit.evaluate.reader import Reader, read_document
from vcaudit.evaluate.rule import Advice, Asks, Identical, Ignore, Judgement, Rule, Unchanged
from vcaudit.evaluate.shapes import ANY, BOOL, STRING, Shape
from vcaudit.results import Severity, Source

ROLES: tuple[str, ...] = get_args(schema.Role)
_COMMON = (
    "id", "title", "severity", "requirements", "blocks", "degrades", "source", "params", "versionBound", "kind", "when",
    "subject", "message", "passMessage", "impact", "remediation", "evidence", "examples",
)  # fmt: skip
_EXPRESSION = ("forEach", "node", "role", "asks", "expression", "observed", "expected", "messageExpression")
_IDENTICAL = ("path", "ignore")
DOCUMENT = Source(section="").document
"""The tech note."""
_KINDS = ("expression", "identical", "unchanged")
ID = re.compile(r"[A-Z][A-Z0-9]*(-[A-Z0-9]+)+\Z")


@dataclass(frozen=True)
class About:
    """What a rule takes from its pack."""

    document: str = DOCUMENT
    """What it cites unless it says so itself."""
    extra: Shape | None = None
    """Type of the variable `extra`, where the pack collects anything."""


def load_rule(
    file: Path, text: str | bytes | None = None, about: About = About()
) -> tuple[Rule | None, list[Problem]]:
    """One rule file, or None, and everything that is wrong with it."""
    document = read_document(file, text)
    if document.problems and document.value is None:
        return None, document.problems
    reader = Reader(document, document.value)
    if not isinstance(document.value, dict):  # no rule at all: what it lacks is no news
        return None, document.problems
    rule = _RuleFile(reader, file, about).rule()
    return (None if document.problems else rule), document.problems


class _RuleFile:
    """Reads one rule. The order matters: params and forEach give the types that all else is checked against."""

    def __init__(self, reader: Reader, file: Path, about: About) -> None:
        self.reader, self.file, self.about = reader, file, about
        self.kind = reader.choice("kind", _KINDS, "expression")
        self.params = read_params(reader)
        known = {**shapes.variables(), "extra": about.extra} if about.extra else shapes.variables()
        self.scope = Scope(known, {name: shapes.of_value(value) for name, value in self.params.items()})
        self.unsure = False
        """A forEach is there, and is wrong: nothing can be said about `each`."""

    @cached_property
    def severity(self) -> Severity:
        return Severity(self.reader.choice("severity", [item.value for item in Severity]))

    def rule(self) -> Rule:
        reader = self.reader
        self.check_keys()
        for_each = self.for_each()
        body = self.judgement(for_each) if self.kind == "expression" else self.identical()
        rule = Rule(
            id=self.id(),
            title=reader.text("title", required=True),
            severity=self.severity,
            requirements=self.requirements(),
            blocks=reader.choices("blocks", ROLES),
            degrades=reader.choices("degrades", ROLES),
            source=self.source(),
            params=self.params,
            version_bound=reader.truth("versionBound"),
            when=self.when(),
            body=body,
            message=self.template("message"),
            pass_message=self.template("passMessage"),
            impact=self.template("impact", required=self.severity is not Severity.INFO),
            remediation=self.advice(),
            evidence=self.evidence(),
            examples=read_examples(reader, {**self.scope.variables, **({"each": ANY} if self.unsure else {})}),
            file=str(self.file),
            lines={key: reader.document.line((key,)) for key in ("id", *reader.value)},
            element=self.scope.variables.get("each"),
        )
        self.check_sense(rule)
        return rule

    def check_keys(self) -> None:
        own, other = (_EXPRESSION, _IDENTICAL) if self.kind == "expression" else (_IDENTICAL, _EXPRESSION)
        refused = dict.fromkeys(other, f"does not belong to a rule of kind {self.kind}")
        self.reader.keys((*_COMMON, *own), refused)

    def check_sense(self, rule: Rule) -> None:
        """What is right by itself and makes no sense together."""
        if isinstance(rule.body, Identical):
            if rule.examples:
                self.reader.problem("examples", f"a rule of kind {self.kind} has none: the faults of the lab try it")
            return
        if not rule.scored and rule.body.expression.text != "true":
            self.reader.problem("expression", 'a rule of severity info never fails: its expression is "true"')
        if rule.scored and rule.message is None and rule.body.message_expression is None:
            self.reader.lacking("message (or messageExpression)")
        if rule.message is not None and rule.body.message_expression is not None:
            self.reader.problem("messageExpression", "message says it already: keep one of the two")
        for outcome in ("pass", "fail"):
            if rule.scored and not any(example.outcome == outcome for example in rule.examples):
                self.reader.problem("examples", f"one that must {outcome} is needed at least")
            if not rule.scored and outcome == "fail" and any(e.outcome == "fail" for e in rule.examples):
                self.reader.problem("examples", "a rule of severity info never fails")

    def id(self) -> str:
        value = self.reader.text("id", required=True)
        if value and not ID.match(value):
            self.reader.problem("id", "is written in capitals with dashes: VC-RES-001")
        elif value and value != self.file.stem:
            self.reader.problem("id", f"must be the name of the file without .yaml: {self.file.stem}")
        return value

    def requirements(self) -> tuple[str, ...]:
        given = self.reader.texts("requirements")
        if not given and "requirements" in self.reader.value:
            self.reader.problem("requirements", "must not be empty: leave it out where the catalogue asks for none")
        for index, item in enumerate(given):
            if item not in REQUIREMENTS:
                like = [name for name in REQUIREMENTS if name[0] == item[0].upper()] or list(REQUIREMENTS)
                self.reader.problem(("requirements", index), f"{item} is no requirement id of the note's catalogue: "
                                    f"{', '.join(like)}; a rule that answers to none of them leaves requirements out")
        return given

    def source(self) -> Source:
        inner = self.reader.inner("source")
        if inner is None:
            self.reader.lacking("source")
            return Source(section="")
        inner.keys(("document", "section", "table"))
        document = inner.text("document") or self.about.document
        return Source(
            document=document, section=inner.text("section", required=True), table=inner.text("table") or None
        )

    def for_each(self) -> Expression | None:
        found = self.compiled("forEach") if self.kind == "expression" else None
        if found is None:
            self.unsure = "forEach" in self.reader.value
            return None
        if found.shape.kind != "list" or found.shape.item is None:
            self.reader.problem("forEach", f"must be a list, and is {found.shape}")
            self.unsure = True
            return None
        self.scope = Scope({**self.scope.variables, "each": found.shape.item}, self.scope.params)
        return found

    def when(self) -> Expression | None:
        found = self.compiled("when", BOOL)
        return None if found is None or found.text == "true" else found

    def judgement(self, for_each: Expression | None) -> Judgement:
        scored = self.severity is not Severity.INFO
        return Judgement(
            for_each=for_each,
            subject=self.compiled("subject", STRING) or _constant("cluster.name"),
            node=self.compiled("node", STRING),
            role=self.compiled("role", STRING),
            asks=self.asks(),
            expression=self.compiled("expression", BOOL, required=True) or _constant("true"),
            observed=self.compiled("observed", required=True),
            expected=self.compiled("expected", required=scored),
            message_expression=self.compiled("messageExpression", STRING),
        )

    def identical(self) -> Identical:
        """What is compared: between the nodes, or with the approved snapshot."""
        from vcaudit.drift.aspects import ASPECTS
        from vcaudit.evaluate.projections import PROJECTIONS

        path = self.reader.choice("path", tuple(ASPECTS if self.kind == "unchanged" else PROJECTIONS))
        ignore = []
        for entry in self.reader.items("ignore"):
            entry.keys(("path", "reason"))
            pattern, reason = entry.text("path", required=True), entry.text("reason", required=True)
            try:
                ignore.append(Ignore(Pattern(pattern), reason))
            except ExpressionError as error:
                entry.problem("path", str(error))
        made = Unchanged if self.kind == "unchanged" else Identical
        return made(path, self.template("subject", required=True) or Template(()), tuple(ignore))

    def asks(self) -> Asks | None:
        inner = self.reader.inner("asks")
        if inner is None:
            return None
        inner.keys(("when", "give"))
        when = self.compile(inner, "when", BOOL, required=True)
        give = self.parse(inner, "give", required=True)
        return Asks(when, give) if when and give else None

    def advice(self) -> Advice | None:
        inner = self.reader.inner("remediation")
        if inner is None:
            if self.severity is not Severity.INFO:
                self.reader.lacking("remediation")
            return None
        return read_advice(inner, self.kind, self.parse, self.action_field)

    def action_field(self, reader: Reader, key: str) -> Expression | None:
        return self.compile(reader, key, BOOL if key == "when" else None)

    def evidence(self) -> tuple[Template, ...]:
        given = self.reader.texts("evidence")
        return tuple(self.cut(self.reader, ("evidence", index), item) for index, item in enumerate(given))

    def compiled(self, key: str, wanted: Shape | None = None, *, required: bool = False) -> Expression | None:
        return self.compile(self.reader, key, wanted, required=required)

    def compile(self, reader: Reader, key: str, wanted: Shape | None, *, required: bool = False) -> Expression | None:
        text = reader.expression(key, required=required)
        if not text:
            return None
        try:
            found = expression.compile(text, self.scope)
        except ExpressionError as error:
            for reason in self.sure(error):
                reader.problem(key, reason)
            return None
        for reason in wrong_patterns(found.tree, self.params):
            reader.problem(key, reason)
        # A node or a role may be null in so many words: the cluster is meant, or no role.
        accepted = ("any", "null") if key in ("node", "role") else ("any",)
        if wanted is not None and found.shape.kind not in (wanted.kind, *accepted):
            reader.problem(key, f"must be {wanted}, and is {found.shape}")
        elif wanted is None and key != "forEach" and found.shape.holds_struct:
            reader.problem(key, f"is {found.shape}: name the fields that are meant")
        return found

    def sure(self, error: ExpressionError) -> list[str]:
        """Its reasons, without those that come of a forEach which is itself wrong."""
        return [reason for reason in error.reasons if not (self.unsure and reason == NO_EACH)]

    def template(self, key: str, *, required: bool = False) -> Template | None:
        return self.parse(self.reader, key, required=required)

    def parse(
        self, reader: Reader, key: str, language: Language = "text", *, required: bool = False
    ) -> Template | None:
        text = reader.text(key, required=required)
        return self.cut(reader, (key,), text, language) if text else None

    def cut(self, reader: Reader, path: tuple[Any, ...], text: str, language: Language = "text") -> Template:
        found = placeholders.parse(text, language, lambda message: reader.problem(path, message))
        for name in found.names:
            if problem := self.unknown(name):
                reader.problem(path, problem)
        return found

    def unknown(self, name: str) -> str:
        """What is wrong with the name of a placeholder."""
        first = name.partition(".")[0]
        if first in ("each", "params"):
            if self.kind != "expression" and first == "each":
                return f"{{{name}}}: a rule of kind {self.kind} has no each"
            try:
                found = expression.compile(name, self.scope)
            except ExpressionError as error:
                return "; ".join(self.sure(error))
            return f"{{{name}}} is a whole {found.shape}: name a field" if found.shape.holds_struct else ""
        if name in placeholders.NAMES:
            return ""
        near = self.reader.document.near(name, placeholders.NAMES)
        known = ", ".join((*placeholders.NAMES, "params.NAME", "each.FIELD"))
        return f"there is no placeholder {{{name}}}{near}; there are {known}"


def _constant(text: str) -> Expression:
    return expression.compile(text, Scope(shapes.variables(), {}))
