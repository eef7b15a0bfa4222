"""How long the texts that an expression makes could become: `cel.bind(a, x + x, cel.bind(b, a + a, …))` doubles them.

CEL itself goes through no more than 10,000 elements in one evaluation and nests no deeper than 32, and its regular
expressions take no more time than their text is long. What is left to bound is the length of what is built.
"""

from __future__ import annotations

from collections.abc import Mapping

from vcaudit.evaluate.syntax import Call, Const, Ident, ListOf, Loop, Node, Select

MOST = 50_000_000
"""Characters."""
SHORT = 80
"""An expression of no more characters cannot make that much."""
_TEXT = 1000
"""What a text of the cluster is taken to have."""
_ITEMS, _ITEMS_BELOW = 1000, 10
"""Elements of a list, and of one within the loop over another: about as many as CEL goes through."""
_MADE = frozenset({"_+_", "replace", "join", "format", "split", "lowerAscii", "upperAscii", "trim", "substring",
                   "reverse", "string", "charAt"})  # fmt: skip
"""What makes a text or a list; everything else gives a number, true or false, or hands on what is there."""
_PASSED = frozenset({"_?_:_", "_[_]"})


def too_much(tree: Node) -> bool:
    """Whether an expression could make more than `MOST` characters, in all: nothing is freed before it ends."""
    estimate = _Estimate()
    estimate.size(tree, {}, 1)
    return estimate.made > MOST


class _Estimate:
    """What one evaluation makes."""

    def __init__(self) -> None:
        self.made = 0.0
        """Characters, so far."""

    def size(self, node: Node, known: Mapping[str, float], times: int) -> float:
        """Characters of a value, which is made so many times."""
        match node:
            case Const(value):
                return len(value) if isinstance(value, str | bytes) else 1
            case Ident(name):
                return known.get(name, _TEXT)
            case Select(operand):
                self.size(operand, known, times)
                return _TEXT
            case ListOf(parts):
                return sum(self.size(part, known, times) for part in parts)
            case Call():
                return self.call(node, known, times)
            case Loop():
                return self.loop(node, known, times)
            case _:
                return _TEXT

    def call(self, node: Call, known: Mapping[str, float], times: int) -> float:
        parts = [self.size(part, known, times) for part in ((node.target,) if node.target else ()) + node.args]
        if node.function in _PASSED:
            return max(parts)
        if node.function not in _MADE:
            return 1
        out = sum(parts)
        if node.function == "replace" and len(parts) > 2:
            out = parts[0] * (parts[2] + 1)
        elif node.function == "join":
            out = parts[0] + _ITEMS * sum(parts[1:])
        self.made += out * times
        return out

    def loop(self, node: Loop, known: Mapping[str, float], times: int) -> float:
        start = self.size(node.start, known, times)
        if isinstance(node.over, ListOf) and not node.over.items:  # cel.bind
            return self.size(node.result, {**known, node.result_name: start}, times)
        over = self.size(node.over, known, times)
        items = _ITEMS if times == 1 else _ITEMS_BELOW
        inside = {**known, node.variable: min(over, _TEXT), node.result_name: 0.0}
        step = self.size(node.step, inside, times * items) * items
        return max(over, step)
