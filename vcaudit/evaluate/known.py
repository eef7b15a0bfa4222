"""Logic over facts that may be Missing: what is certain stays certain, everything else is Missing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from vcaudit.snapshot.base import Missing

T = TypeVar("T")
U = TypeVar("U")


def first_missing(*values: object) -> Missing | None:
    """The first of the values that could not be looked at."""
    return next((value for value in values if isinstance(value, Missing)), None)


def any_of(values: Iterable[bool | Missing]) -> bool | Missing:
    """True as soon as one is true, whatever the others are."""
    gap: Missing | None = None
    for value in values:
        if isinstance(value, Missing):
            gap = gap or value
        elif value:
            return True
    return gap or False


def all_of(values: Iterable[bool | Missing]) -> bool | Missing:
    """False as soon as one is false, whatever the others are."""
    found = any_of(value if isinstance(value, Missing) else not value for value in values)
    return found if isinstance(found, Missing) else not found


def negate(value: bool | Missing) -> bool | Missing:
    """Not."""
    return value if isinstance(value, Missing) else not value


def unless_missing(value: T | Missing) -> T | None:
    """The value, for a comparison that nothing unknown can win; None where it could not be looked at."""
    return None if isinstance(value, Missing) else value


def stated(state: T | Missing, where: str) -> T | Missing:
    """A state of something; the cluster has a number for "unknown" (-1), which is none."""
    if state != "unknown":
        return state
    return Missing(reason="unavailable", detail="the cluster says that it does not know", where=where)


def apply(function: Callable[[T], U], value: T | Missing) -> U | Missing:
    """`function` of a known value."""
    return value if isinstance(value, Missing) else function(value)


def whole(values: Iterable[T | Missing]) -> tuple[T, ...] | Missing:
    """All of them, or the first that is Missing: a list is given only when it is whole."""
    out: list[T] = []
    for value in values:
        if isinstance(value, Missing):
            return value
        out.append(value)
    return tuple(out)


def same(left: str | None, right: str | None) -> bool:
    """Names of nodes, resources, services, files and accounts ignore case on Windows."""
    return left is not None and right is not None and left.casefold() == right.casefold()


def among(name: str, names: Iterable[str]) -> bool:
    """Whether a name is one of several, ignoring case."""
    return any(same(name, other) for other in names)
