"""The syntax tree of an expression, read out of the bytes in which CEL hands over what it has checked.

CEL's own parser stays the only parser: its answer is a protocol buffer (google/api/expr `CheckedExpr`), of which the
few fields below are read. Field numbers are fixed by that format for good.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import TypeAlias

from msgspec import Struct

Node: TypeAlias = "Const | Ident | Select | Call | ListOf | MapOf | Loop"
Literal: TypeAlias = "None | bool | int | float | str | bytes"


class Const(Struct, frozen=True):
    """A literal."""

    value: Literal


class Ident(Struct, frozen=True):
    """A variable."""

    name: str


class Select(Struct, frozen=True):
    """`operand.field`; `test` when written `has(operand.field)`."""

    operand: Node
    field: str
    test: bool = False


class Call(Struct, frozen=True):
    """A function or an operator (`_==_`); `target` when it is written as a method."""

    function: str
    target: Node | None
    args: tuple[Node, ...]


class ListOf(Struct, frozen=True):
    """`[a, b]`."""

    items: tuple[Node, ...]
    optional: bool = False


class MapOf(Struct, frozen=True):
    """`{a: b}` or a message: no rule may build one, so only its being there matters."""


class Loop(Struct, frozen=True):
    """What `all`, `exists`, `exists_one`, `filter`, `map` and `cel.bind` become."""

    variable: str
    over: Node
    result_name: str
    start: Node
    condition: Node
    step: Node
    result: Node


def params_in(node: Node) -> Iterator[str]:
    """The parameters an expression reads: `params.NAME`."""
    match node:
        case Select(Ident("params"), name):
            yield name
        case Select(operand):
            yield from params_in(operand)
        case Call(_, target, args):
            for item in (*((target,) if target else ()), *args):
                yield from params_in(item)
        case ListOf(items):
            for item in items:
                yield from params_in(item)
        case Loop():
            for item in (node.over, node.start, node.step, node.result):
                yield from params_in(item)
        case _:
            return


def calls(node: Node, function: str) -> Iterator[Call]:
    """Every call of a function, wherever it stands."""
    match node:
        case Select(operand):
            yield from calls(operand, function)
        case Call(name, target, args):
            if name == function:
                yield node
            for item in (*((target,) if target else ()), *args):
                yield from calls(item, function)
        case ListOf(items):
            for item in items:
                yield from calls(item, function)
        case Loop():
            for item in (node.over, node.start, node.condition, node.step, node.result):
                yield from calls(item, function)
        case _:
            return


Fields: TypeAlias = dict[int, list["int | bytes"]]
_SIGNED = 1 << 63


def read(serialized: bytes) -> Node:
    """The tree of a serialized expression (an `Any` that holds a CheckedExpr)."""
    checked = _fields(_bytes(_fields(serialized), 2))
    return _node(_bytes(checked, 4))


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            return value, at
        shift += 7


def _fields(data: bytes) -> Fields:
    """Number → values. Written out without a helper per number: most of what loading a rule takes is spent here."""
    out: Fields = {}
    at, end = 0, len(data)
    while at < end:
        tag, at = (data[at], at + 1) if data[at] < 0x80 else _varint(data, at)
        wire = tag & 7
        value: int | bytes
        if wire == 0:
            value, at = (data[at], at + 1) if data[at] < 0x80 else _varint(data, at)
        else:
            if wire == 2:
                size, at = (data[at], at + 1) if data[at] < 0x80 else _varint(data, at)
            else:
                size = 8 if wire == 1 else 4
            value = data[at : at + size]
            at += size
        found = out.get(tag >> 3)
        if found is None:
            out[tag >> 3] = [value]
        else:
            found.append(value)
    return out


def _bytes(fields: Fields, number: int) -> bytes:
    value = fields.get(number, [b""])[-1]
    assert isinstance(value, bytes)
    return value


def _text(fields: Fields, number: int) -> str:
    return _bytes(fields, number).decode()


def _nodes(fields: Fields, number: int) -> tuple[Node, ...]:
    return tuple(_node(item) for item in fields.get(number, ()) if isinstance(item, bytes))


def _node(data: bytes) -> Node:
    fields = _fields(data)
    if 6 in fields:
        call = _fields(_bytes(fields, 6))
        target = _node(_bytes(call, 1)) if 1 in call else None
        return Call(_text(call, 2), target, _nodes(call, 3))
    if 5 in fields:
        select = _fields(_bytes(fields, 5))
        return Select(_node(_bytes(select, 1)), _text(select, 2), 3 in select)
    if 4 in fields:
        return Ident(_text(_fields(_bytes(fields, 4)), 1))
    if 3 in fields:
        return Const(_literal(_fields(_bytes(fields, 3))))
    if 7 in fields:
        items = _fields(_bytes(fields, 7))
        return ListOf(_nodes(items, 1), 2 in items)
    if 9 in fields:
        return _loop(_fields(_bytes(fields, 9)))
    return MapOf()


def _loop(fields: Fields) -> Loop:
    over, start, condition, step, result = (_node(_bytes(fields, number)) for number in (2, 4, 5, 6, 7))
    return Loop(_text(fields, 1), over, _text(fields, 3), start, condition, step, result)


def _literal(fields: Fields) -> Literal:
    ((number, values),) = fields.items()
    value = values[-1]
    if isinstance(value, bytes):
        return value.decode() if number == 6 else struct.unpack("<d", value)[0] if number == 5 else value
    if number == 1:
        return None
    if number == 2:
        return bool(value)
    return value - (_SIGNED << 1) if number == 3 and value >= _SIGNED else value
