"""What a rule says to do about its failure (`remediation:`), read, and the case of it that suits what was seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final, Protocol

from vcaudit.evaluate.actions import read_actions
from vcaudit.evaluate.expression import Expression
from vcaudit.evaluate.placeholders import Language, Template
from vcaudit.evaluate.reader import Reader
from vcaudit.evaluate.rule import Advice, AdviceCase

_OWN: Final = ("text", "cluster_exe", "powershell")
_KEYS: Final = {"unchanged": _OWN, "identical": (*_OWN, "actions"), "expression": (*_OWN, "actions", "cases")}
_REFUSED: Final = {
    # From the owner to the others is not from what was approved to what is: nothing there could be copied.
    "actions": "does not belong to a rule of kind unchanged: people decide what is right",
    "cases": "belongs to a rule of kind expression only: another one has no expressions to tell them apart",
}


class Parse(Protocol):
    """Cuts a text of a rule at its placeholders."""

    def __call__(
        self, reader: Reader, key: str, language: Language = ..., *, required: bool = ...
    ) -> Template | None: ...


Compile = Callable[[Reader, str], Expression | None]


def read_advice(reader: Reader, kind: str, parse: Parse, compiled: Compile) -> Advice:
    """`remediation:` of a rule; what is wrong is noted."""
    reader.keys(_KEYS[kind], _REFUSED)
    cases = [_case(item, parse, compiled) for item in reader.items("cases")] if kind == "expression" else []
    actions = read_actions(reader, compiled, identical=kind != "expression")
    return replace(_said(reader, parse), actions=actions, cases=tuple(case for case in cases if case is not None))


def _said(reader: Reader, parse: Parse) -> Advice:
    text = parse(reader, "text", required=True) or Template(())
    return Advice(text, parse(reader, "cluster_exe", "cmd"), parse(reader, "powershell", "ps"))


def _case(reader: Reader, parse: Parse, compiled: Compile) -> AdviceCase | None:
    reader.keys(("when", *_OWN))
    if "when" not in reader.value:
        reader.lacking("when")
    when, advice = compiled(reader, "when"), _said(reader, parse)
    return AdviceCase(when, advice) if when is not None else None


def suited(advice: Advice, value: Callable[[Expression], object]) -> Advice:
    """The first case that holds, else what is said in general; what cannot be told is no case."""
    return next((case.advice for case in advice.cases if value(case.when) is True), advice)
