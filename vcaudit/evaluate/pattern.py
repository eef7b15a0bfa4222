"""Regular expressions that a pack brings: RE2's, through CEL, which take no more time than a text is long."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from vcaudit.evaluate import shapes
from vcaudit.evaluate.check import Scope
from vcaudit.evaluate.expression import Expression, ExpressionError, Failure, activation, compile
from vcaudit.evaluate.variables import escaped

_MATCHES = "params.text.matches(params.pattern)"


@dataclass(frozen=True)
class Pattern:
    """One regular expression. Raises ExpressionError when it is none."""

    pattern: str

    def __post_init__(self) -> None:
        found = self._matches("")
        if isinstance(found, Failure):
            said = found.text.rpartition("regular expression: ")[2]
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
