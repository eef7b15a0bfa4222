"""A snapshot with something in every place that its types know, and every way to change one fact of it."""

from __future__ import annotations

import itertools
import types
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, Union

import msgspec

from vcaudit.snapshot.base import Fact, Missing
from vcaudit.snapshot.model import Snapshot

Path = tuple[str | int, ...]


def sample() -> Snapshot:
    """Every list has two elements, everything that may be absent is there, nothing is Missing."""
    made = _make(Snapshot, itertools.count(1))
    assert isinstance(made, Snapshot)
    return made


def _make(kind: Any, number: Iterator[int]) -> Any:
    if typing.get_origin(kind) is Literal:
        return typing.get_args(kind)[0]
    if typing.get_origin(kind) in (Union, types.UnionType):
        return _make(next(one for one in typing.get_args(kind) if one not in (type(None), Missing)), number)
    if typing.get_origin(kind) is tuple:
        return tuple(_make(typing.get_args(kind)[0], number) for _ in range(2))
    if kind is bool:
        return False
    if kind in (int, float):
        return kind(next(number))
    if kind is str:
        return f"text {next(number)}"
    hints = typing.get_type_hints(kind)
    return kind(**{name: _make(hints[name], number) for name in kind.__struct_fields__})


@dataclass(frozen=True)
class Place:
    """One fact of a snapshot."""

    path: Path
    kind: Any
    """Its declared type."""
    value: Any

    @property
    def may_be_missing(self) -> bool:
        return Missing in typing.get_args(self.kind)

    def others(self) -> Iterator[Any]:
        """Other values that its type allows."""
        kinds = typing.get_args(self.kind) if self.kind is not Any else ()
        if type(None) in kinds:
            yield None
        match self.value:
            case bool():
                yield not self.value
            case str():
                literals = [item for one in (self.kind, *kinds) if typing.get_origin(one) is Literal
                            for item in typing.get_args(one)]  # fmt: skip
                yield next((item for item in literals if item != self.value), f"{self.value} changed")
            case int() | float():
                yield self.value + 1
            case tuple():
                yield ()
                yield self.value[1:]
                if self.value and isinstance(self.value[0], str):
                    yield (*self.value, "one more")


def places(value: Any, kind: Any = Snapshot, path: Path = ()) -> Iterator[Place]:
    """Every fact of a value, records and lists among them."""
    if path:
        yield Place(path, kind, value)
    if isinstance(value, tuple):
        for index, item in enumerate(value):
            if isinstance(item, Fact):
                yield from places(item, type(item), (*path, index))
    elif isinstance(value, Fact) and not isinstance(value, Missing):
        hints = typing.get_type_hints(type(value))
        for name in value.__struct_fields__:
            yield from places(getattr(value, name), hints[name], (*path, name))


def put(value: Any, path: Path, new: Any) -> Any:
    """A copy with another value at a path."""
    if not path:
        return new
    head, rest = path[0], path[1:]
    if isinstance(head, int):
        return tuple(put(item, rest, new) if index == head else item for index, item in enumerate(value))
    return msgspec.structs.replace(value, **{head: put(getattr(value, head), rest, new)})
