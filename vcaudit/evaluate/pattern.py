"""Regular expressions that a pack brings: RE2's, through CEL, which take no more time than a text is long."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from vcaudit.evaluate import shapes
from vcaudit.evaluate.check import Scope
from vcaudit.evaluate.expression import Expression, ExpressionError, Failure, activation, compile
from vcaudit.evaluate.syntax import Const, Ident, Node, Select, calls
from vcaudit.evaluate.variables import escaped

_MATCHES = "params.text.matches(params.pattern)"


@dataclass(frozen=True)
class Pattern:
    """One regular expression. Raises ExpressionError when it is none."""

    pattern: str

    def __post_init__(self) -> None:
        found = self._matches("")
        if isinstance(found, Failure):
            said = found.text.rpartition("regular expression: ")[2].replace(": (?i)", ": ", 1)
            perl = "perl operator" in said or "escape" in said
            hint = " (look-around and references back are not part of it)" if perl else ""
            raise ExpressionError([f"is no regular expression of RE2: {said}{hint}"])

    def search(self, text: str) -> bool:
        """Whether it matches anywhere in a text, without regard to case."""
        return self._matches(text) is True

    def _matches(self, text: str) -> object | Failure:
        data = {"params": {"text": escaped(text), "pattern": f"(?i){self.pattern}"}}
        return self._expression.evaluate(activation(data))

    @cached_property
    def _expression(self) -> Expression:
        scope = Scope(shapes.variables(), {"text": shapes.STRING, "pattern": shapes.STRING})
        return compile(_MATCHES, scope)


def wrong_patterns(tree: Node, params: Mapping[str, object]) -> Iterator[str]:
    """A sentence for each pattern of `matches` that can be told wrong without a cluster: literals, and parameters."""
    for call in calls(tree, "matches"):
        match call.args[-1] if call.args else None:
            case Const(str(pattern)):
                name = "the pattern of matches"
            case Select(Ident("params"), param) if isinstance(value := params.get(param), str):
                pattern, name = value, f"params.{param}"
            case _:
                continue
        try:
            Pattern(pattern)
        except ExpressionError as error:
            yield f"{name} {error}"
