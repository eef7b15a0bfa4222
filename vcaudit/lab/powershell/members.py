"""Members of strings, numbers, arrays and hashtables: properties and methods that are the same in every version."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Any

from vcaudit.lab.powershell.errors import NetError, Unsupported, in_bounds
from vcaudit.lab.powershell.objects import CI, MISSING, TypeInfo
from vcaudit.lab.powershell.values import Char, CharArr, StrArr, bmp, is_arr, text, type_name, units, want

Method = Callable[..., Any]

_SIZES = frozenset({"length", "count"})


def native_property(value: Any, key: str) -> Any:
    """A property of a value that is not a stand-in, or MISSING."""
    if key not in _SIZES:
        return MISSING
    if is_arr(value):
        return len(value)
    if isinstance(value, str) and not isinstance(value, Char) and key == "length":
        return len(units(value))
    if isinstance(value, CI) and key == "count":
        return len(value)
    raise Unsupported(f".{key} of a scalar: $null in PowerShell 2.0, 1 from 3.0 on")


def native_method(value: Any, key: str) -> Method | None:
    """A method of a value that is not a stand-in: a function whose first argument is the value."""
    if key in _ANY:
        return _ANY[key]
    if isinstance(value, CI):
        return _TABLE.get(key)
    if isinstance(value, str) and not isinstance(value, Char):
        return _STRING.get(key)
    return None


def _separators(argument: Any) -> str:
    """A char[] argument; a string of several characters means different things in .NET Framework and .NET."""
    if isinstance(argument, list) and all(isinstance(char, str) and len(char) == 1 for char in argument):
        return "".join(argument)
    if isinstance(argument, str) and len(argument) == 1:
        return argument
    raise Unsupported("char[] argument")


def _replace(value: str, old: Any, new: Any) -> str:
    if not want(old):
        raise Unsupported("Replace of an empty string")
    return value.replace(old, want(new))


def _split(value: str, separators: Any) -> StrArr:
    chars = _separators(separators)
    if not chars:
        raise Unsupported("Split without separators")
    return StrArr(re.split(f"[{re.escape(chars)}]", value))


def _substring(value: str, start: int, length: int | None = None) -> str:
    end = len(bmp(value)) if length is None else start + length
    if start < 0 or end < start or end > len(value):
        why = "Index and length must refer to a location within the string."
        raise NetError("System.ArgumentOutOfRangeException", why)
    return value[start:end]


def _contains(value: str, part: Any) -> bool:
    return want(part) in value


def _plain(value: str, part: Any) -> str:
    """The argument of a method that asks the culture; printable ASCII means the same in all of them."""
    both = value + want(part)
    if not part or not both.isascii() or not both.isprintable():
        raise Unsupported("culture-sensitive search")
    return str(part)


def _insert(value: str, at: int, part: Any) -> str:
    return _substring(value, 0, at) + want(part) + value[at:]


def _padding(char: Any) -> str:
    if not isinstance(char, str) or len(char) != 1:
        raise Unsupported("padding with other than one character")
    return char


def _lower(value: str, *culture: Any) -> str:
    return value.lower() if value.isascii() else _each(value, str.lower)


def _upper(value: str, *culture: Any) -> str:
    return value.upper() if value.isascii() else _each(value, str.upper)


def _each(value: str, convert: Callable[[str], str]) -> str:
    """Character by character, as .NET does it; Python makes SS of a sharp s."""
    converted = [convert(char) for char in value]
    if any(len(char) != 1 for char in converted):
        raise Unsupported("a character whose other case has several")
    return "".join(converted)


def _trim(value: str, chars: Any = None) -> str:
    return _trim_end(_trim_start(value, chars), chars)


def _trim_start(value: str, chars: Any = None) -> str:
    return _edge_checked(value.lstrip(_trimmed(chars)), slice(1), chars)


def _trim_end(value: str, chars: Any = None) -> str:
    return _edge_checked(value.rstrip(_trimmed(chars)), slice(-1, None), chars)


def _trimmed(chars: Any) -> str:
    """What Trim removes; it takes char[] only, so a string is a set of characters in every version."""
    if chars is None:
        return " \t\n\v\f\r\x85\xa0"
    return chars if isinstance(chars, str) and chars else _separators(chars)


def _edge_checked(value: str, edge: slice, chars: Any) -> str:
    """Which of the rarer spaces are white space was changed in .NET 4."""
    char = value[edge]
    if chars is None and char and not char.isascii() and unicodedata.category(char)[0] in "ZC":
        raise Unsupported("Trim of a character that is white space in some versions only")
    return value


_ANY: dict[str, Method] = {
    "gettype": lambda value: TypeInfo(str(type_name(value))),
    "tostring": lambda value: text(value, nested=True),
}
_TABLE: dict[str, Method] = {"containskey": lambda table, key: key in table}
_STRING: dict[str, Method] = {
    "replace": _replace,
    "split": _split,
    "tolower": _lower,
    "toupper": _upper,
    "tolowerinvariant": _lower,
    "contains": _contains,
    "tochararray": lambda value: CharArr(Char(char) for char in units(value)),
    "substring": _substring,
    "startswith": lambda value, part: value.startswith(_plain(value, part)),
    "endswith": lambda value, part: value.endswith(_plain(value, part)),
    "indexof": lambda value, part: value.find(_plain(value, part)),
    "insert": _insert,
    "remove": lambda value, start: _substring(value, 0, start),
    "padleft": lambda value, width, char=" ": bmp(value).rjust(in_bounds(width), _padding(char)),
    "padright": lambda value, width, char=" ": bmp(value).ljust(in_bounds(width), _padding(char)),
    "trim": _trim,
    "trimstart": _trim_start,
    "trimend": _trim_end,
}
