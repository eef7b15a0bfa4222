"""Plain values: how .NET numbers, characters and arrays are held in Python, their type names, texts and truth.

None, bool, int (an Int32), float (a Double), str, list (an Object[]) and bytes or bytearray (a Byte[]) stand for
themselves; the classes below stand for what Python has no type of its own for.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, ClassVar

from vcaudit.lab.powershell.errors import Unsupported
from vcaudit.lab.powershell.objects import CI, EnumV, Obj

VOID: Any = object()
"""The result of a call that wrote nothing: it vanishes in a pipeline and is $null everywhere else."""


class Num(int):
    """Base of the .NET integers; a plain int is an Int32."""

    net: ClassVar[str] = "System.Int32"
    bits: ClassVar[int] = 32
    signed: ClassVar[bool] = True


class Long(Num):
    """Int64."""

    net, bits = "System.Int64", 64


class UInt64(Num):
    """UInt64."""

    net, bits, signed = "System.UInt64", 64, False


class UInt32(Num):
    """UInt32."""

    net, signed = "System.UInt32", False


class Int16(Num):
    """Int16."""

    net, bits = "System.Int16", 16


class UInt16(Num):
    """UInt16."""

    net, bits, signed = "System.UInt16", 16, False


class SByte(Num):
    """SByte."""

    net, bits = "System.SByte", 8


class Byte(Num):
    """Byte."""

    net, bits, signed = "System.Byte", 8, False


class Char(str):
    """One UTF-16 unit."""

    net = "System.Char"


class StrArr(list[Any]):
    """String[]."""

    net = "System.String[]"


class CharArr(list[Any]):
    """Char[]."""

    net = "System.Char[]"


INTEGERS: dict[str, type[Num]] = {
    "int": Num,
    "int32": Num,
    "long": Long,
    "int64": Long,
    "byte": Byte,
    "sbyte": SByte,
    "int16": Int16,
    "uint16": UInt16,
    "uint32": UInt32,
    "uint64": UInt64,
}
"""Type names as a cast writes them, without `System.`."""


def is_int(value: Any) -> bool:
    """Whether it is an integer; Boolean and enumerations are not."""
    return isinstance(value, int) and not isinstance(value, (bool, EnumV))


def is_num(value: Any) -> bool:
    """Whether it is an integer or a Double."""
    return isinstance(value, float) or is_int(value)


def is_arr(value: Any) -> bool:
    """Whether it is an array, which a pipeline unrolls."""
    return isinstance(value, (list, bytes, bytearray))


def items(value: Any) -> Sequence[Any]:
    """The elements of an array, with the types they have in .NET."""
    return [Byte(unit) for unit in value] if isinstance(value, (bytes, bytearray)) else value


def elements(value: Any) -> Sequence[Any]:
    """The elements of an array; anything else counts as one element."""
    return items(value) if is_arr(value) else [value]


def type_name(value: Any) -> str | None:
    """The full .NET type name; None for $null."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "System.Boolean"
    net: str | None = getattr(value, "net", None)
    if net is not None:
        return net
    if isinstance(value, int):
        if -(1 << 31) <= value < 1 << 31:
            return "System.Int32"
        raise Unsupported("an Int64 from a stand-in must be a Long")
    for python, name in _PLAIN:
        if isinstance(value, python):
            return name
    raise Unsupported(f"type of {type(value).__name__}")


_PLAIN: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (float, "System.Double"),
    (str, "System.String"),
    ((bytes, bytearray), "System.Byte[]"),
    (list, "System.Object[]"),
)


def text(value: Any, nested: bool = False) -> str:
    """What [string] makes of it; `nested`: as an element of something else, where arrays show their type only."""
    if isinstance(value, str):
        return str(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "True" if value else "False"
    if isinstance(value, EnumV):
        return value.label()
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, float):
        return _double_text(value)
    if is_arr(value):
        return str(type_name(value)) if nested else " ".join(text(item, nested=True) for item in items(value))
    if isinstance(value, (CI, type)):
        return str(value.net)  # type: ignore[union-attr]
    if isinstance(value, Obj):
        return value.tostring()
    raise Unsupported(f"text of {type(value).__name__}")


def _double_text(value: float) -> str:
    """15 digits, as .NET Framework writes a Double."""
    if value != value or value in (float("inf"), float("-inf")) or str(value) == "-0.0":
        raise Unsupported(f"text of the Double {value}")
    return re.sub(r"e([+-])(\d+)", lambda match: f"E{match[1]}{int(match[2]):02d}", f"{value:.15g}")


def truth(value: Any) -> bool:
    """What [bool] makes of it: an array of one element is as true as that element."""
    if value is True or value is False:
        return bool(value)
    if is_arr(value):
        return len(value) > 1 or (len(value) == 1 and truth(items(value)[0]))
    if isinstance(value, Char):
        return value != "\0"
    if isinstance(value, (Obj, CI, type)):
        return True
    return bool(value)


def unwrap(written: list[Any]) -> Any:
    """What a caller receives of everything that was written: nothing, the one value, or all as an array."""
    if len(written) == 1:
        return written[0]
    return written if written else VOID


def units(value: str) -> str:
    """A string with one character for each UTF-16 unit, which is what .NET counts and indexes."""
    if value.isascii():
        return value
    return "".join(map(chr, memoryview(value.encode("utf-16-le", "surrogatepass")).cast("H")))


def bmp(value: str) -> str:
    """A string whose indexes mean the same in Python and .NET."""
    if not value.isascii() and any(ord(char) > 0xFFFF for char in value):
        raise Unsupported("index into a string with surrogate pairs")
    return value


def want(value: Any) -> str:
    """A string argument of a stand-in; PowerShell would convert others by rules that are not played here."""
    if not isinstance(value, str):
        raise Unsupported(f"string argument of type {type_name(value)}")
    return value
