"""Conversions: strings to numbers, and casts such as [int]$x."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from vcaudit.lab.powershell.errors import PSThrow, Unsupported
from vcaudit.lab.powershell.objects import CI, EnumType, EnumV, NetExc, Obj, fail
from vcaudit.lab.powershell.values import (
    INTEGERS,
    VOID,
    Byte,
    Char,
    CharArr,
    Long,
    Num,
    StrArr,
    UInt16,
    elements,
    is_arr,
    is_int,
    text,
    truth,
    type_name,
    units,
)

if TYPE_CHECKING:
    from vcaudit.lab.powershell.machine import Machine

Cast = Callable[["Machine", Any], Any]

CAST_EXCEPTION = "System.Management.Automation.PSInvalidCastException"
NOT_A_NUMBER = "Input string was not in a correct format."
_HEX = re.compile(r"0[xX][0-9a-fA-F]{1,8}")
_INTEGER = re.compile(r"[+-]?[0-9]+")
_DOUBLE = re.compile(r"[+-]?([0-9]+\.[0-9]*|\.?[0-9]+)([eE][+-]?[0-9]+)?")


def cast_failure(value: Any, net: str, why: str = "") -> PSThrow:
    """The error of a conversion that PowerShell refuses."""
    if is_arr(value) or isinstance(value, (CI, Obj)):
        message = f'Cannot convert the "{text(value)}" value of type "{type_name(value)}" to type "{net}".'
    else:
        message = f'Cannot convert value "{text(value)}" to type "{net}". Error: "{why}"'
    return fail(message, NetExc(CAST_EXCEPTION, message))


def sized(value: int) -> int:
    """An integer of the smallest type that holds it, as a literal gets it."""
    if -(1 << 31) <= value < 1 << 31:
        return int(value)
    if -(1 << 63) <= value < 1 << 63:
        return Long(value)
    raise Unsupported("number beyond Int64")


def parse_number(value: str, net: str = "System.Int32") -> int | float:
    """A string as the engine turns it into a number."""
    digits = value.strip()
    if not digits:
        return 0
    if _HEX.fullmatch(digits):
        number = int(digits, 16)
        return number - (1 << 32) if number >> 31 else number
    if _INTEGER.fullmatch(digits):
        return sized(int(digits))
    if _DOUBLE.fullmatch(digits):
        return float(digits)
    if re.search(r"\d", digits):  # thousands separators, suffixes, other digits: by rules that are not played here
        raise Unsupported(f"number from the string '{value}'")
    raise cast_failure(value, net, NOT_A_NUMBER)


def number_of(value: Any, net: str = "System.Int32") -> int | float:
    """An operand of an arithmetic operator."""
    if value is None:
        return 0
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, float):
        return value
    if is_int(value) and (not isinstance(value, Num) or type(value) in (Num, Long)):
        return int(value) if type(value) is Num else value
    if isinstance(value, str) and not isinstance(value, Char):
        return parse_number(value, net)
    raise Unsupported(f"arithmetic with {type_name(value)}")


def to_int(value: Any, cls: type[Num] = Num) -> int:
    """A conversion to one of the integer types; halves go to the even neighbour."""
    net = cls.net
    if value is None:
        return _held(0, cls)
    if is_arr(value) or isinstance(value, (CI, Obj)):
        raise cast_failure(value, net)
    if isinstance(value, Char):
        value = ord(value)
    elif isinstance(value, str):
        value = parse_number(value, net)
    if isinstance(value, float):
        if value != value or abs(value) > 2.0**80:
            raise cast_failure(value, net, "too large")
        value = round(value)
    number = int(value)
    low = -(1 << (cls.bits - 1)) if cls.signed else 0
    if not low <= number < low + (1 << cls.bits):
        shown = number if abs(number) < 1 << 31 else float(number)
        raise cast_failure(shown, net, f"Value was either too large or too small for an {net.removeprefix('System.')}.")
    return _held(number, cls)


def _held(number: int, cls: type[Num]) -> int:
    return number if cls is Num else cls(number)


def to_char(value: Any) -> Char:
    """[char]: a code or a string of one character."""
    if value is None:
        return Char("\0")
    if isinstance(value, EnumV):
        raise Unsupported("enum to Char")
    if is_int(value):
        return Char(chr(to_int(value, UInt16)))
    if isinstance(value, str) and len(value) == 1:
        return Char(value)
    raise cast_failure(value, "System.Char", "String must be exactly one character long.")


def to_enum(value: Any, ty: EnumType) -> EnumV:
    """A conversion to an enumeration, from itself, a name or a number that it defines."""
    if isinstance(value, EnumV):
        if value.ty is not ty:
            raise Unsupported("cast between enums")
        return value
    if isinstance(value, str):
        for name, number in ty.names:
            if name.lower() == value.lower():
                return EnumV(number, ty)
        raise Unsupported(f"enum value {value}")
    if is_int(value):
        every = 0
        for _, number in ty.names:
            every |= number
        if value in [number for _, number in ty.names] or (ty.flags and not int(value) & ~every):
            return EnumV(int(value), ty)
        raise cast_failure(value, ty.net, "not a valid enumeration value")
    raise Unsupported(f"cast [{ty.net}]")


def _to_string_array(value: Any) -> StrArr:
    return StrArr(text(item) for item in elements(value))


def _to_byte_array(value: Any) -> bytearray:
    return bytearray(int(to_int(item, Byte)) for item in elements(value))


def _to_char_array(value: Any) -> CharArr:
    if not isinstance(value, str):
        raise Unsupported("cast [char[]]")
    return CharArr(Char(char) for char in units(value))


_SIMPLE: dict[str, Callable[[Any], Any]] = {
    "void": lambda value: VOID,
    "string": text,
    "bool": truth,
    "boolean": truth,
    "double": lambda value: float(number_of(value, "System.Double")),
    "char": to_char,
}
_ARRAYS: dict[str, Callable[[Any], Any]] = {
    "string[]": _to_string_array,
    "byte[]": _to_byte_array,
    "char[]": _to_char_array,
}


def type_key(written: str) -> str:
    """A type name as it is looked up."""
    return "".join(written.split()).lower()


def caster(written: str) -> Cast:
    """The conversion that a cast to the type `written` performs."""
    name = type_key(written)
    short = name.removeprefix("system.")
    if short in INTEGERS:
        cls = INTEGERS[short]
        return lambda machine, value: to_int(value, cls)
    if short in _SIMPLE:
        simple = _SIMPLE[short]
        return lambda machine, value: simple(value)
    if short.endswith("[]"):
        array = _ARRAYS.get(short, _unknown_array(short))
        return lambda machine, value: None if value is None else array(value)

    def other(machine: Machine, value: Any) -> Any:
        ty = machine.find_type(name)
        if isinstance(ty, EnumType):
            return to_enum(value, ty)
        raise Unsupported(f"cast [{written}]")

    return other


def _unknown_array(name: str) -> Callable[[Any], Any]:
    def refuse(value: Any) -> Any:
        raise Unsupported(f"cast [{name}]")

    return refuse
