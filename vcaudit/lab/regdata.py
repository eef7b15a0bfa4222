"""Registry values as Windows stores them, a type number and bytes; from the short forms of a scenario file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

TYPES = {
    "REG_NONE": 0,
    "REG_SZ": 1,
    "REG_EXPAND_SZ": 2,
    "REG_BINARY": 3,
    "REG_DWORD": 4,
    "REG_DWORD_BIG_ENDIAN": 5,
    "REG_LINK": 6,
    "REG_MULTI_SZ": 7,
    "REG_RESOURCE_LIST": 8,
    "REG_FULL_RESOURCE_DESCRIPTOR": 9,
    "REG_RESOURCE_REQUIREMENTS_LIST": 10,
    "REG_QWORD": 11,
}
"""As in winnt.h."""


class Data(NamedTuple):
    """The type and all bytes of a value."""

    type: int
    raw: bytes


def stored(value: Any) -> Data:
    """A value of a scenario file: text, number, list, or {type, data}."""
    if isinstance(value, Mapping):
        return _typed(str(value.get("type", "REG_SZ")), value.get("data"))
    if isinstance(value, int):
        return Data(TYPES["REG_DWORD"], (value & 0xFFFFFFFF).to_bytes(4, "little"))
    if isinstance(value, list):
        return Data(TYPES["REG_MULTI_SZ"], _multi(value))
    return Data(TYPES["REG_SZ"], _text("" if value is None else str(value)))


def _typed(name: str, data: Any) -> Data:
    number = int(name, 16) if name.lower().startswith("0x") else TYPES[name]
    if number in (TYPES["REG_SZ"], TYPES["REG_EXPAND_SZ"], TYPES["REG_LINK"]):
        return Data(number, _text(str(data if data is not None else "")))
    if number == TYPES["REG_MULTI_SZ"]:
        return Data(number, _multi(data or []))
    if isinstance(data, int):
        size = 8 if number == TYPES["REG_QWORD"] else 4
        return Data(number, (data & ((1 << 8 * size) - 1)).to_bytes(size, "little"))
    return Data(number, bytes.fromhex(str(data or "").replace(",", " ")))


def _text(value: str) -> bytes:
    return f"{value}\0".encode("utf-16-le", "surrogatepass")


def _multi(items: list[Any]) -> bytes:
    return b"".join(_text(str(item)) for item in items) + b"\0\0"
