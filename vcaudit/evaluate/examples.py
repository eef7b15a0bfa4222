"""The examples of a rule: read with it, run by `rules lint` (a scan does not pay for them)."""

from __future__ import annotations

from typing import Any, Literal

from vcaudit.evaluate.reader import Reader
from vcaudit.evaluate.rule import Example
from vcaudit.evaluate.shapes import Shape, variables

_OUTCOMES: tuple[Literal["pass", "fail"], ...] = ("pass", "fail")


def read_examples(reader: Reader, element: Shape | None) -> tuple[Example, ...]:
    """`examples: {pass: [{vars, each}], fail: […]}`; what is inside `vars` and `each` is checked when they run."""
    inner = reader.inner("examples")
    if inner is None:
        return ()
    inner.keys(_OUTCOMES)
    out: list[Example] = []
    for outcome in _OUTCOMES:
        for entry in inner.items(outcome):
            entry.keys(("vars", "each"), None if element else {"each": "the rule has no forEach"})
            given: Any = entry.value.get("vars", {})
            if not isinstance(given, dict):
                entry.problem("vars", "is written as `variable: value` lines")
                continue
            for name in given:
                if name != "params" and name not in variables():
                    entry.problem(("vars", name), f"is no variable; there are {', '.join(variables())}, params")
            line = entry.document.line(entry.path)
            out.append(Example(outcome, line, given, entry.value.get("each"), "each" in entry.value))
    return tuple(out)
