"""Two snapshots of the same node by different routes: the same facts, or an honest gap."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from vcaudit.snapshot.base import Missing

HOW = {"provenance", "sources", "conflicts", "checkpoints_from", "properties_from"}
"""Fields about where a fact came from."""


def differences(one: Any, other: Any, path: str = "", *, gaps: bool = False) -> Iterator[str]:
    """Where `other` says something else than `one`; with `gaps`, what it does not know is no difference."""
    if gaps and isinstance(other, Missing) and other.reason in ("not_asked", "bad_output"):
        return
    if isinstance(one, Missing) and isinstance(other, Missing):
        if one.reason != other.reason:
            yield f"{path}: {one.reason} {one.detail}, {other.reason} {other.detail}"
    elif isinstance(one, msgspec.Struct) and type(one) is type(other):
        for name in one.__struct_fields__:
            if name not in HOW:
                yield from differences(getattr(one, name), getattr(other, name), f"{path}.{name}", gaps=gaps)
    elif isinstance(one, tuple) and isinstance(other, tuple):
        yield from _items(one, other, path, gaps)
    elif one != other:
        yield f"{path}: {one!r}, {other!r}"


def _items(one: tuple[Any, ...], other: tuple[Any, ...], path: str, gaps: bool) -> Iterator[str]:
    """By name where they have one: the order of WMI, of the registry and of a disk means nothing."""
    mine, theirs = _named(one), _named(other)
    if mine is None or theirs is None:
        if len(one) != len(other):
            yield f"{path}: {one!r}, {other!r}"
        for number, (left, right) in enumerate(zip(one, other, strict=False)):
            yield from differences(left, right, f"{path}[{number}]", gaps=gaps)
        return
    if mine.keys() != theirs.keys():
        yield f"{path}: {sorted(mine.keys() ^ theirs.keys())}"
    for name in mine.keys() & theirs.keys():
        yield from differences(mine[name], theirs[name], f"{path}[{name}]", gaps=gaps)


def _named(items: tuple[Any, ...]) -> dict[str, Any] | None:
    named: dict[str, Any] = {}
    for item in items:
        name = getattr(item, "name", getattr(item, "path", None))
        if not isinstance(name, str):
            return None
        named[name.lower()] = item
    return named if len(named) == len(items) else None
