"""What CEL says of names it does not know, as a rule's author needs it: which function or variable was meant."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from vcaudit.evaluate import shapes
from vcaudit.evaluate.functions import RESULTS
from vcaudit.yamlfile import suggest

HAS: Final = "has() is refused: it takes `not looked at` for absent; compare with null"
_MACROS = ("all", "exists", "exists_one", "filter", "map", "cel.bind")
_UNKNOWN = re.compile(r"undeclared reference to '(?:.*\.)??([^'.]+)(\.[^']*)?' \(in container ''\)")
_HELPED = 10
"""Mistakes of one expression for which the nearest right name is looked for."""


def explained(text: str, errors: Iterable[tuple[str, str]]) -> list[str]:
    """The sentences of CEL (column, sentence) about an expression, each with what was meant where a name is unknown."""
    said: list[tuple[str, str]] = []
    functions: list[tuple[str, str]] = []
    for column, reason in errors:
        match = _UNKNOWN.search(reason)
        if "'*error*'" in reason:
            continue  # what became of another mistake
        if match is None:
            said.append((column, HAS if reason.startswith("has()") else reason))
        elif match[2] is None and re.search(rf"\b{re.escape(match[1])}\s*\(", text):
            functions.append((column, _function(match[1], len(functions) < _HELPED)))
        else:
            said.append((column, _variable(match[1], len(said) < _HELPED)))
    # A loop that is none declares no variable: what is said of that one would lead astray.
    return [f"column {column}: {reason}" for column, reason in functions or said]


def _function(name: str, helped: bool) -> str:
    known: Sequence[str] = [each for each in (*RESULTS, *_MACROS) if each.isidentifier()]
    if name == "has":
        return HAS
    if name in known:
        return f"{name}(…) is given other arguments than it takes: see docs/rules.md"
    return f"{name} is no function of the rule language{suggest(name, known) if helped else ''}"


def _variable(name: str, helped: bool) -> str:
    known = (*shapes.variables(), "each", "params", "extra")
    return f"there is no variable {name}{suggest(name, known) if helped else ''}"
