"""Equality and order as PowerShell's comparison operators see them: the left side decides."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from vcaudit.lab.powershell.convert import number_of, parse_number
from vcaudit.lab.powershell.errors import PSThrow, Unsupported
from vcaudit.lab.powershell.objects import CI, EnumV, Obj
from vcaudit.lab.powershell.values import Char, Num, is_arr, is_int, is_num, items, text, truth, type_name

Test = Callable[[Any, Any], bool]


def equal(left: Any, right: Any) -> bool:
    """-eq between two values."""
    if left is None or right is None:
        return left is right
    if isinstance(left, bool):
        return left == truth(right)
    if isinstance(left, Char):
        return _char_equal(left, right)
    if isinstance(left, str):
        return strings_equal(left, text(right))
    if isinstance(left, EnumV):
        return _enum_equal(left, right)
    if is_num(left):
        return _number_equal(left, right)
    if isinstance(left, (CI, Obj, type)):
        return left is right
    raise Unsupported(f"comparison of {type_name(left)}")


def strings_equal(left: str, right: str) -> bool:
    """Equality without case; where a culture would have a say, only what is equal anyway is decided."""
    if left == right or left.lower() == right.lower():
        return True
    _plain(left + right)
    return False


def equal_case(left: Any, right: Any) -> bool:
    """-ceq between two values."""
    if not isinstance(left, str):
        return equal(left, right)
    if isinstance(left, Char) or not isinstance(right, str) or isinstance(right, Char):
        raise Unsupported(f"case-sensitive comparison of {type_name(left)} and {type_name(right)}")
    if left != right:
        _plain(left + right)
    return left == right


def _plain(value: str) -> None:
    """A NUL or a soft hyphen weighs nothing in some cultures, and a sharp s may equal ss."""
    if not (value.isascii() and value.isprintable()):
        raise Unsupported("culture-sensitive comparison of control or non-ASCII characters")


def _char_equal(left: Char, right: Any) -> bool:
    if isinstance(right, str) and len(right) == 1:
        return left.lower() == right.lower()
    if is_int(right):
        return bool(ord(left) == right)
    raise Unsupported("comparison of a Char")


def _enum_equal(left: EnumV, right: Any) -> bool:
    if isinstance(right, EnumV) and right.ty is left.ty:
        return int(left) == int(right)
    if is_int(right) and (not isinstance(right, Num) or right.signed):
        return int(left) == int(right)
    if isinstance(right, str) and right.lower() in (name.lower() for name, _ in left.ty.names):
        return left.label().lower() == right.lower()
    raise Unsupported("comparison of an enum")


def _number_equal(left: Any, right: Any) -> bool:
    if is_num(right) or isinstance(right, bool):
        return bool(left == right)
    if isinstance(right, str) and not isinstance(right, Char):
        try:
            return bool(left == parse_number(right))
        except PSThrow:
            return False
    if is_arr(right) or isinstance(right, CI):
        return False
    raise Unsupported(f"comparison with {type_name(right)}")


def order(left: Any, right: Any) -> int:
    """Negative, zero or positive, as the left value comes before, with or after the right one."""
    if right is None:
        raise Unsupported(f"order of {type_name(left)} and $null")
    if isinstance(left, str) and not isinstance(left, Char):
        first, second = _sortable(left), _sortable(text(right))
        return (first > second) - (first < second)
    if is_num(left):
        number = number_of(right)
        return bool(left > number) - bool(left < number)
    raise Unsupported(f"order of {type_name(left)} and {type_name(right)}")


def _sortable(value: str) -> str:
    """Only letters, digits and spaces have the same order in every culture table and Windows version."""
    if not re.fullmatch(r"[A-Za-z0-9 ]*", value):
        raise Unsupported(f"culture-sensitive order of '{value}'")
    return value.lower()


def contains(left: Any, right: Any) -> bool:
    """-contains: whether any element equals the right value."""
    return any(equal(item, right) for item in (items(left) if is_arr(left) else [left]))


def filtering(test: Test) -> Callable[[Any, Any], Any]:
    """A comparison operator: with an array on its left it returns the elements that pass."""

    def compare(left: Any, right: Any) -> Any:
        if is_arr(left):
            return [item for item in items(left) if test(item, right)]
        return test(left, right)

    return compare


_TESTS: dict[str, Test] = {
    "eq": equal,
    "ne": lambda left, right: not equal(left, right),
    "gt": lambda left, right: order(left, right) > 0,
    "ge": lambda left, right: order(left, right) >= 0,
    "lt": lambda left, right: order(left, right) < 0,
    "le": lambda left, right: order(left, right) <= 0,
}
COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    **{f"-{prefix}{name}": filtering(test) for name, test in _TESTS.items() for prefix in ("", "i")},
    "-ceq": filtering(equal_case),
    "-cne": filtering(lambda left, right: not equal_case(left, right)),
    "-contains": contains,
    "-notcontains": lambda left, right: not contains(left, right),
}
"""Operators as they are written, in lower case."""
