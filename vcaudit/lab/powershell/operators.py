"""Operators on two values, and those on one."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

from vcaudit.lab.powershell.compare import COMPARISONS
from vcaudit.lab.powershell.convert import number_of, sized, to_int
from vcaudit.lab.powershell.errors import Unsupported, in_bounds
from vcaudit.lab.powershell.formats import composite
from vcaudit.lab.powershell.objects import EnumV, NetExc, fail
from vcaudit.lab.powershell.values import Char, CharArr, Long, is_arr, is_int, items, text, truth, type_name

Binary = Callable[[Any, Any], Any]
Unary = Callable[[Any], Any]


def arithmetic(op: str, left: Any, right: Any) -> int | float:
    """+ - * / % of two numbers, or of what can be made into numbers."""
    first, second = number_of(left), number_of(right)
    if isinstance(first, float) or isinstance(second, float):
        return _double_arithmetic(op, float(first), float(second))
    if op in "/%":
        return _divide(op, first, second)
    return _fit(_INTEGER_OPS[op](first, second), first, second)


_INTEGER_OPS: dict[str, Callable[[int, int], int]] = {"+": operator.add, "-": operator.sub, "*": operator.mul}
_DOUBLE_OPS: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "%": math.fmod,
}


def _double_arithmetic(op: str, left: float, right: float) -> float:
    if op in "/%" and right == 0:
        raise Unsupported("floating point division by zero")
    return _DOUBLE_OPS[op](left, right)


def _divide(op: str, left: int, right: int) -> int | float:
    if right == 0:
        why = "Attempted to divide by zero."
        raise fail(why, NetExc("System.DivideByZeroException", why))
    quotient = abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1)  # towards zero, unlike Python
    if op == "%":
        return _fit(left - quotient * right, left, right)
    return _fit(quotient, left, right) if quotient * right == left else left / right


def _fit(result: int, left: int, right: int) -> int | float:
    """The result in the wider type of both operands; the engine turns an overflow into a Double."""
    wide = isinstance(left, Long) or isinstance(right, Long)
    limit = 1 << (63 if wide else 31)
    if not -limit <= result < limit:
        return float(result)
    return Long(result) if wide else int(result)


def add(left: Any, right: Any) -> Any:
    """+: strings and arrays grow, anything else is counted."""
    if type(left) is int and type(right) is int:
        return _fit(left + right, left, right)
    if isinstance(left, Char):
        raise Unsupported("Char + ")
    if isinstance(left, str):
        return left + text(right)
    if is_arr(left):
        return [*items(left), *(items(right) if is_arr(right) else [right])]
    if left is None:
        return right
    return arithmetic("+", left, right)


def multiply(left: Any, right: Any) -> Any:
    """*: strings and arrays are repeated."""
    if left is None:
        return None
    if isinstance(left, bool):
        raise Unsupported("Boolean * ")
    if isinstance(left, (str, list)) and not isinstance(left, Char):
        times = to_int(right)
        if times < 0:
            raise Unsupported("repeated a negative number of times")
        in_bounds(times * len(left))
        return str(left) * times if isinstance(left, str) else list(left) * times
    return arithmetic("*", left, right)


def join(left: Any, right: Any) -> str:
    """-join."""
    return text(right).join(text(item, nested=True) for item in items(left)) if is_arr(left) else text(left)


def span(left: Any, right: Any) -> list[int]:
    """..: from one integer to another, either way."""
    if not (is_int(left) and is_int(right)):
        raise Unsupported(f"range of {type_name(left)}")
    in_bounds(abs(right - left))
    return list(range(left, right + 1)) if left <= right else list(range(left, right - 1, -1))


def format_operator(left: Any, right: Any) -> str:
    """-f."""
    return composite(text(left), right if isinstance(right, list) and not isinstance(right, CharArr) else [right])


def _bitwise(op: Callable[[int, int], int]) -> Binary:
    def apply(left: Any, right: Any) -> int:
        if isinstance(left, EnumV) and isinstance(right, EnumV) and left.ty is right.ty:
            return EnumV(op(int(left), int(right)), left.ty)
        first, second = number_of(left), number_of(right)
        if isinstance(first, float) or isinstance(second, float):
            raise Unsupported("bitwise operator on a Double")
        result = op(int(first), int(second))
        return Long(result) if isinstance(first, Long) or isinstance(second, Long) else sized(result)

    return apply


def _arithmetic(op: str) -> Binary:
    return lambda left, right: arithmetic(op, left, right)


BINARY: dict[str, Binary] = {
    **COMPARISONS,
    "+": add,
    "-": _arithmetic("-"),
    "*": multiply,
    "/": _arithmetic("/"),
    "%": _arithmetic("%"),
    "-band": _bitwise(operator.and_),
    "-bor": _bitwise(operator.or_),
    "-bxor": _bitwise(operator.xor),
    "-xor": lambda left, right: truth(left) != truth(right),
    "-join": join,
    "..": span,
    "-f": format_operator,
}
"""Operators as they are written, in lower case; -and and -or are the compiler's, for they may skip their right side."""


def negate(value: Any) -> int | float:
    """- in front of a value that is not a literal."""
    return arithmetic("-", 0, value)


UNARY: dict[str, Unary] = {
    "-not": lambda value: not truth(value),
    "!": lambda value: not truth(value),
    "-": negate,
    "+": number_of,
    ",": lambda value: [value],
    "-join": lambda value: join(value, ""),
}
"""Operators in front of their operand."""
