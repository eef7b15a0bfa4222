"""A rule and a rule pack, as loaded: every expression checked, every text cut at its placeholders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from vcaudit.evaluate.collect import Collect
from vcaudit.evaluate.expression import Expression
from vcaudit.evaluate.pattern import Pattern
from vcaudit.evaluate.placeholders import Template
from vcaudit.evaluate.shapes import Shape
from vcaudit.results import NotLooked, Severity, Source
from vcaudit.snapshot.facts.extra import Ask

ParamValue: TypeAlias = "str | int | float | bool | tuple[str, ...]"


@dataclass(frozen=True)
class Advice:
    """Remediation before its names are filled in."""

    text: Template
    cluster_exe: Template | None = None
    powershell: Template | None = None
    actions: tuple[ActionSpec, ...] = ()
    cases: tuple[AdviceCase, ...] = ()
    """Text and commands that stand for these where they suit better; the actions stay the rule's."""

    @property
    def expressions(self) -> tuple[Expression, ...]:
        """Those of its actions and cases."""
        return (*(item for spec in self.actions for item in spec.fields.values()), *(case.when for case in self.cases))

    @property
    def texts(self) -> tuple[Template | None, ...]:
        """Its text and commands, and those of its cases."""
        own = (self.text, self.cluster_exe, self.powershell)
        return (*own, *(text for case in self.cases for text in case.advice.texts))


@dataclass(frozen=True)
class AdviceCase:
    """What to do about one of the states that a rule fails on."""

    when: Expression
    advice: Advice


@dataclass(frozen=True)
class ActionSpec:
    """What a script can do about a failure: one operation of `actions.KINDS`."""

    do: str
    fields: Mapping[str, Expression] = field(default_factory=dict)
    """`when` among them."""
    name: str = ""
    """Of a property."""
    what: str = ""
    """Of a copy."""
    offline: bool = False
    """The resource must be offline for it, or it acts only after an offline and online."""


@dataclass(frozen=True)
class Asks:
    """What only the owner can give: while `when` holds the outcome is not_asked."""

    when: Expression
    give: Template
    """How to give it."""


@dataclass(frozen=True)
class Judgement:
    """Body of `kind: expression`."""

    for_each: Expression | None
    subject: Expression
    node: Expression | None
    role: Expression | None
    asks: Asks | None
    expression: Expression
    observed: Expression | None
    expected: Expression | None
    message_expression: Expression | None

    @property
    def expressions(self) -> tuple[Expression, ...]:
        """Those evaluated per element."""
        asks = self.asks.when if self.asks else None
        some = (self.subject, self.node, self.role, asks, self.expression, self.observed, self.expected,
                self.message_expression)  # fmt: skip
        return tuple(item for item in some if item is not None)


@dataclass(frozen=True)
class Ignore:
    """Differences that do not count, and why."""

    path: Pattern
    reason: str


@dataclass(frozen=True)
class Identical:
    """Body of `kind: identical`."""

    path: str
    """Name of a projection."""
    subject: Template
    ignore: tuple[Ignore, ...] = ()


@dataclass(frozen=True)
class Unchanged(Identical):
    """Body of `kind: unchanged`: the same, held against the approved snapshot instead of against the owner."""


@dataclass(frozen=True)
class Example:
    """A case the rule's author states the outcome of."""

    outcome: Literal["pass", "fail"]
    line: int
    vars: Mapping[str, Any]
    each: Any = None
    has_each: bool = False


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One file of a pack."""

    id: str
    title: str
    severity: Severity
    requirements: tuple[str, ...]
    blocks: frozenset[str]
    """Roles that cannot start where it fails."""
    degrades: frozenset[str]
    source: Source
    params: Mapping[str, ParamValue]
    """Defaults."""
    version_bound: bool
    """Not applicable outside the versions of the pack."""
    when: Expression | None
    body: Judgement | Identical
    message: Template | None
    """Of a failure."""
    pass_message: Template | None
    impact: Template | None
    remediation: Advice | None
    evidence: tuple[Template, ...]
    examples: tuple[Example, ...]
    file: str
    """Path as given."""
    lines: Mapping[str, int] = field(default_factory=dict)
    """Line of each key."""
    element: Shape | None = None
    """Type of `each`."""
    pack: str = ""
    """Name of the pack it came with."""
    overridden: tuple[str, ...] = ()
    """What other packs changed in it, in words, each with its reason."""

    @property
    def expressions(self) -> tuple[Expression, ...]:
        """All that judges: what it is gone through with, whether it applies, and what is asked of each element."""
        own = (self.body.for_each, *self.body.expressions) if isinstance(self.body, Judgement) else ()
        return tuple(item for item in (self.when, *own) if item is not None)

    @property
    def scored(self) -> bool:
        """Info is shown, never scored, never failed."""
        return self.severity is not Severity.INFO


@dataclass(frozen=True)
class Versions:
    """What a pack is about, as releases (2.0.1 is 2000001): `first` and above, below `end`."""

    first: int
    end: int
    text: str
    """In words."""


@dataclass(frozen=True, kw_only=True)
class Override:
    """What a pack changes in one rule, usually of another pack."""

    rule: str
    reason: str
    severity: Severity | None = None
    params: Mapping[str, ParamValue] = field(default_factory=dict)
    off: bool = False
    lines: Mapping[str, int] = field(default_factory=dict)
    """Line of each of its keys in the pack's pack.yaml; `rule` of the whole."""


@dataclass(frozen=True, kw_only=True)
class PackHead:
    """What a pack says about itself."""

    name: str
    title: str
    version: str
    sha256: str
    """Of all its files."""
    versions: Versions | None = None
    """Of the software it is about."""


@dataclass(frozen=True, kw_only=True)
class Pack:
    """A folder of rules, or several put together (`packs.together`)."""

    name: str
    title: str
    version: str
    sha256: str
    """Of all its files."""
    rules: tuple[Rule, ...]
    """In the order of their ids; of several packs one after the other."""
    not_looked: tuple[NotLooked, ...]
    roles: tuple[str, ...]
    """The order in which roles are shown."""
    versions: Versions | None = None
    folder: str = ""
    """Path as given."""
    collect: tuple[Collect, ...] = ()
    """What its rules see in the variable `extra`; of several packs, each its own."""
    overrides: tuple[Override, ...] = ()
    """What it changes in rules; done once packs are put together."""
    switched_off: tuple[Rule, ...] = ()
    """Rules that an override took out."""
    idle: tuple[str, ...] = ()
    """Overrides of rules that are not among these, in words: they change nothing here."""
    parts: tuple[PackHead, ...] = ()
    """Of which it was put together."""
    elsewhere: frozenset[str] = frozenset()
    """Ids of rules in shipped packs that were not asked for: an inventory may speak of them."""

    @property
    def heads(self) -> tuple[PackHead, ...]:
        """Every pack in it, the one that `compliance` is about first."""
        own = PackHead(name=self.name, title=self.title, version=self.version, sha256=self.sha256,
                       versions=self.versions)  # fmt: skip
        return self.parts or (own,)

    @property
    def asks(self) -> tuple[Ask, ...]:
        """What it asks of every node besides what every scan asks."""
        return tuple(ask for each in self.collect for ask in each.asks)

    @property
    def changes(self) -> tuple[str, ...]:
        """Every override, a line each: what was done, and what changes nothing here."""
        rules = sorted((*self.rules, *self.switched_off), key=lambda rule: rule.id)
        return (*(f"{rule.id} {text}" for rule in rules for text in rule.overridden), *self.idle)

    def rule(self, rule_id: str) -> Rule | None:
        """One rule, whatever the case of its id; also one that is switched off."""
        both = (*self.rules, *self.switched_off)
        return next((rule for rule in both if rule.id.lower() == rule_id.lower()), None)
