"""The examples of a rule: read with it, run by `rules lint` (a scan does not pay for them)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from vcaudit.evaluate.reader import Reader
from vcaudit.evaluate.rule import Example
from vcaudit.evaluate.shapes import Shape

MOST_EXAMPLES = 50
"""Of one rule: each is run, and again with every null and every empty list it may meet."""
_OUTCOMES: tuple[Literal["pass", "fail"], ...] = ("pass", "fail")


def read_examples(reader: Reader, variables: Mapping[str, Shape]) -> tuple[Example, ...]:
    """`examples: {pass: [{vars, each}], fail: […]}`; what is inside `vars` and `each` is checked when they run."""
    known = [name for name in (*variables, "params") if name != "each"]
    inner = reader.inner("examples")
    if inner is None:
        return ()
    inner.keys(_OUTCOMES)
    out: list[Example] = []
    for outcome in _OUTCOMES:
        for entry in inner.items(outcome):
            entry.keys(("vars", "each"), None if "each" in variables else {"each": "the rule has no forEach"})
            given: Any = entry.value.get("vars", {})
            if not isinstance(given, dict):
                entry.problem("vars", "is written as `variable: value` lines")
                continue
            for name in given:
                if name not in known:
                    near = entry.document.near(name, known)
                    entry.problem(("vars", name), f"is no variable{near}; there are {', '.join(known)}")
            line = entry.document.line(entry.path)
            out.append(Example(outcome, line, given, entry.value.get("each"), "each" in entry.value))
    if len(out) > MOST_EXAMPLES:
        reader.problem("examples", f"{len(out)} of them, and {MOST_EXAMPLES} are the most")
    return tuple(out)
