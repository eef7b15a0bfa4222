"""The types of what rules see, as data: read from the annotations of `evaluate/schema.py`."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Literal, TypeAlias, Union, get_args, get_origin, get_type_hints

from msgspec import Struct
from msgspec.structs import replace

from vcaudit.evaluate import schema
from vcaudit.snapshot.base import Fact, Missing

Kind: TypeAlias = Literal["string", "int", "double", "bool", "null", "list", "struct", "nothing", "any"]
_SCALARS: Mapping[Any, Kind] = {str: "string", int: "int", float: "double", bool: "bool"}


class Shape(Struct, frozen=True, cache_hash=True):
    """The type of a value."""

    kind: Kind
    """`nothing` is the element of an empty list; `any` is only known when it is evaluated."""
    item: Shape | None = None
    """Of a list."""
    struct: type[Fact] | None = None
    nullable: bool = False
    missing: bool = False
    """May be Missing."""
    choices: tuple[str, ...] = ()
    """The only texts it can be; empty: any text."""

    @property
    def holds_struct(self) -> bool:
        """A struct, or a list of them at any depth."""
        return self.kind == "struct" or (self.item is not None and self.item.holds_struct)

    def __str__(self) -> str:
        if self.struct is not None:
            return self.struct.__name__
        return f"list of {self.item}" if self.item is not None else self.kind


STRING, INT, BOOL, DOUBLE = Shape("string"), Shape("int"), Shape("bool"), Shape("double")
NULL, ANY, NOTHING = Shape("null"), Shape("any"), Shape("nothing")


def list_of(item: Shape) -> Shape:
    """A list of such items."""
    return Shape("list", item=item)


@cache
def fields(struct: type[Fact]) -> Mapping[str, Shape]:
    """Field names of a struct and their types."""
    hints = get_type_hints(struct)
    return {name: _shape(hints[name]) for name in struct.__struct_fields__}


@cache
def variables() -> Mapping[str, Shape]:
    """The variables of an expression, without `each` and `params`, which belong to one rule."""
    return fields(schema.RuleView)


def of_value(value: object) -> Shape:
    """The type of a parameter's default."""
    if isinstance(value, list | tuple):
        return list_of(join(*map(of_value, value)) if value else STRING)
    return Shape(_SCALARS.get(type(value), "any"))


def fits(value: object, default: object) -> bool:
    """Whether a value may stand for a parameter's default."""
    if isinstance(default, float) and type(value) is int:
        return True
    return type(value) is type(default)


def join(*shapes: Shape) -> Shape:
    """The type of what may be any of these."""
    out = NOTHING
    for shape in shapes:
        out = _join(out, shape)
    return out


def _join(one: Shape, other: Shape) -> Shape:
    if one.kind == "nothing" or one == other:
        return other
    if other.kind == "nothing":
        return one
    if "null" in (one.kind, other.kind):
        return replace(other if one.kind == "null" else one, nullable=True)
    if one.kind != other.kind or one.struct is not other.struct:
        return ANY
    item = _join(one.item, other.item) if one.item and other.item else None
    choices = (*one.choices, *other.choices) if one.choices and other.choices else ()
    return Shape(one.kind, item, one.struct, one.nullable or other.nullable, choices=choices)


def _shape(annotation: Any) -> Shape:
    if annotation in _SCALARS:
        return Shape(_SCALARS[annotation])
    if isinstance(annotation, type) and issubclass(annotation, Fact):
        return Shape("struct", struct=annotation)
    origin = get_origin(annotation)
    if origin is Literal:
        return Shape("string", choices=get_args(annotation))
    if origin is tuple:
        return list_of(_shape(get_args(annotation)[0]))
    if origin in (Union, types.UnionType):
        return _union(get_args(annotation))
    raise TypeError(f"the schema of rules cannot hold {annotation!r}")


def _union(members: tuple[Any, ...]) -> Shape:
    values = [_shape(member) for member in members if member not in (Missing, type(None))]
    return replace(join(*values), nullable=type(None) in members, missing=Missing in members)


def structs(shape: Shape) -> Iterator[type[Fact]]:
    """Every struct that a value of this type can hold, itself first."""
    inner = shape.item if shape.item is not None else shape
    if inner.struct is None:
        if inner.item is not None:
            yield from structs(inner)
        return
    yield inner.struct
    for field in fields(inner.struct).values():
        yield from structs(field)
