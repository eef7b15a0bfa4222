"""A complete reference model: every field of what rules see filled in, nothing Missing, nothing null.

Examples of rules are laid over it, and `rules lint` evaluates every rule on it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, TypeAlias, TypeVar

import msgspec

from vcaudit.evaluate.schema import RuleView
from vcaudit.evaluate.shapes import Shape, fields
from vcaudit.snapshot.base import Fact
from vcaudit.yamlfile import suggest

F = TypeVar("F")
_TEXTS: Mapping[str, str] = {
    "taken_at": "2026-01-01T00:00:00Z", "address": "192.0.2.50", "netmask": "255.255.255.0", "node": "VCNODE1",
    "owner": "VCNODE1", "name": "VCNODE1", "version": "2.0.1", "os_version": "5.2.3790",
}  # fmt: skip
_LISTS: Mapping[str, str] = {"addresses": "192.0.2.50", "values": "192.0.2.50", "possible_owners": "VCNODE1"}
_KINDS: Mapping[str, tuple[type, ...]] = {"string": (str,), "int": (int,), "double": (int, float), "bool": (bool,)}


@cache
def view() -> RuleView:
    """The model."""
    model: RuleView = struct(RuleView)
    return model


def struct(kind: type[Fact]) -> Any:
    """One struct, filled in."""
    return kind(**{name: value(shape, name) for name, shape in fields(kind).items()})


def value(shape: Shape, name: str = "") -> Any:
    """A value of a type; `name` is the field's, for texts that look like what they are."""
    if shape.kind == "struct" and shape.struct is not None:
        return struct(shape.struct)
    if shape.kind == "list" and shape.item is not None:
        item = _LISTS.get(name) if shape.item.kind == "string" and not shape.item.choices else None
        return (item or value(shape.item, name),)
    if shape.kind == "string":
        return shape.choices[0] if shape.choices else _TEXTS.get(name, name or "text")
    return {"int": 1, "double": 1.0, "bool": True}.get(shape.kind)


def emptied(model: F, kind: type[Fact], name: str) -> F:
    """The same value with one field null (or an empty list) in every struct of a kind."""
    if isinstance(model, tuple):
        return tuple(emptied(item, kind, name) for item in model)  # type: ignore[return-value]
    if not isinstance(model, Fact):
        return model
    changes = {field: emptied(getattr(model, field), kind, name) for field in model.__struct_fields__}
    if isinstance(model, kind):
        changes[name] = None if fields(kind)[name].nullable else ()
    return msgspec.structs.replace(model, **changes)


Complain: TypeAlias = Callable[[str, str], None]
"""Called with the path of a value and what is wrong with it."""


def merged(shape: Shape, base: Any, given: Any, complain: Complain, path: str) -> Any:
    """A partial value, as an example writes it, laid over a complete one."""
    if given is None:
        if not shape.nullable:
            complain(path, "is never null")
        return None
    if shape.kind == "struct" and shape.struct is not None:
        return _merged_struct(shape.struct, base, given, complain, path)
    if shape.kind == "list" and shape.item is not None:
        if not isinstance(given, list):
            complain(path, "must be a list")
            return base
        return tuple(
            merged(shape.item, value(shape.item), item, complain, f"{path}[{i}]") for i, item in enumerate(given)
        )
    return _checked(shape, given, complain, path)


def _merged_struct(kind: type[Fact], base: Any, given: Any, complain: Complain, path: str) -> Any:
    if not isinstance(given, dict):
        complain(path, "is written as `field: value` lines")
        return base
    known, changes = fields(kind), {}
    for name, item in given.items():
        if name not in known:
            complain(f"{path}.{name}", f"there is no such field{suggest(name, known)}")
            continue
        below = getattr(base, name, None)
        below = value(known[name], name) if below is None else below
        changes[name] = merged(known[name], below, item, complain, f"{path}.{name}")
    return msgspec.structs.replace(struct(kind) if base is None else base, **changes)


def _checked(shape: Shape, given: Any, complain: Complain, path: str) -> Any:
    if shape.choices and given not in shape.choices:
        complain(path, f"must be one of {', '.join(shape.choices)}")
    elif type(given) not in _KINDS.get(shape.kind, (type(given),)):
        complain(path, f"must be {shape}")
    return given
