"""Composite formatting: the -f operator."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from vcaudit.lab.powershell.errors import Unsupported, in_bounds
from vcaudit.lab.powershell.objects import CI, Obj, fail
from vcaudit.lab.powershell.values import Num, is_arr, is_int, text, type_name

_ITEM = re.compile(r"\{(\d+)(?:,\s*(-?\d+))?(?::([^{}]*))?\}")
_SPEC = re.compile(r"([xXdD])(\d*)|(0+)")
_BAD_FORMAT = "Error formatting a string: Input string was not in a correct format."


def composite(pattern: str, arguments: Sequence[Any]) -> str:
    """`pattern` with its placeholders filled in."""
    out: list[str] = []
    at = 0
    while at < len(pattern):
        char = pattern[at]
        if char not in "{}":
            out.append(char)
            at += 1
        elif pattern[at + 1 : at + 2] == char:
            out.append(char)
            at += 2
        else:
            item = _ITEM.match(pattern, at)
            if item is None or int(item[1]) >= len(arguments):
                raise fail(_BAD_FORMAT)
            out.append(_aligned(_formatted(arguments[int(item[1])], item[3]), int(item[2] or 0)))
            at = item.end()
    return "".join(out)


def _aligned(value: str, width: int) -> str:
    in_bounds(abs(width))
    return value.rjust(width) if width >= 0 else value.ljust(-width)


def _formatted(value: Any, spec: str | None) -> str:
    """One argument in the format asked for; types without formats of their own ignore it."""
    if value is None:
        return ""
    if not spec or isinstance(value, (str, bool, CI)) or is_arr(value):
        return text(value, nested=True)
    parts = _SPEC.fullmatch(spec)
    if is_int(value) and parts:
        return _integer(value, parts[1], len(parts[3]) if parts[3] else int(parts[2] or 0))
    if isinstance(value, Obj):
        return value.tostring(spec)
    raise Unsupported(f"format {spec} of {type_name(value)}")


def _integer(value: int, letter: str | None, width: int) -> str:
    """Decimal or hexadecimal; a negative number in hexadecimal is its two's complement in the size of its type."""
    if letter in ("x", "X"):
        bits = value.bits if isinstance(value, Num) else 32
        return format(int(value) & ((1 << bits) - 1), letter).zfill(in_bounds(width))
    return ("-" if value < 0 else "") + str(abs(int(value))).zfill(in_bounds(width))
