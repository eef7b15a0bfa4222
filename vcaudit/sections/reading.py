"""Small steps that all sections take: cells of WMI rows to values, and where a Missing comes from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from vcaudit.capture import Request
from vcaudit.collect.answer import Answer, Cell, KeyRead, Properties, Row
from vcaudit.snapshot.base import Missing

_T = TypeVar("_T")


def where(answer: Answer, kind: str, probe: str) -> str:
    """Node and probe, as every Missing of an answer names them."""
    return f"{answer.host} {kind} {probe}"


def query(probe: str, namespace: str, what: str, properties: str, *, everything: bool = False) -> Request:
    """A WMI query. `everything`: where this Windows may lack one of the properties, which would fail the whole query if
    it were named in it; only the named ones leave the node all the same."""
    wql = " ".join(("SELECT", "*" if everything else properties, "FROM", what))
    return Request("wmi", probe, (namespace, wql, properties))


def listed(answer: Answer, probe: str) -> tuple[Row, ...] | Missing:
    """Instances of a class that always has some: an empty list is what WMI gives where a provider has nothing behind
    it, as MSCluster's on a node whose cluster service is down."""
    rows = answer.wmi(probe)
    if rows == ():
        return Missing(reason="unavailable", detail="WMI knows no instance of it", where=where(answer, "wmi", probe))
    return rows


def only_row(answer: Answer, probe: str) -> Row | Missing:
    """The one instance of a class that always has one."""
    rows = listed(answer, probe)
    return rows if isinstance(rows, Missing) else rows[0]


def text(row: Properties | Missing, name: str) -> str | None | Missing:
    """A text property; None: it exists and has no value. Missing also when it is of another kind."""
    cell = _cell(row, name)
    if isinstance(cell, tuple | Mapping):
        return Missing(reason="bad_output", detail=f"property {name} is no single value")
    return cell


def _cell(row: Properties | Missing, name: str) -> Cell:
    if isinstance(row, Missing):
        return row
    # an instance knows which properties were asked for; an embedded object has what it has
    if isinstance(row, Row) or name in row:
        return row[name]
    return Missing(reason="not_found", detail=f"there is no property {name}")


def needed(row: Properties | Missing, name: str) -> str | Missing:
    """A text property that every instance has."""
    value = text(row, name)
    return Missing(reason="not_found", detail=f"property {name} has no value") if value is None else value


def number(row: Properties | Missing, name: str) -> int | None | Missing:
    """A number property."""
    value = text(row, name)
    if value is None or isinstance(value, Missing):
        return value
    try:
        return int(value)
    except ValueError:
        return Missing(reason="bad_output", detail=f"property {name} is no number")


def flag(row: Properties | Missing, name: str) -> bool | Missing:
    """A boolean property, which .NET writes as True or False in every language."""
    value = needed(row, name)
    if isinstance(value, Missing):
        return value
    known = {"true": True, "false": False, "1": True, "0": False}
    return known.get(value.casefold(), Missing(reason="bad_output", detail=f"property {name} is no boolean"))


def coded(row: Properties | Missing, name: str, meanings: Mapping[int, _T]) -> _T | Missing:
    """A number that stands for something; one that nobody documented is none of them."""
    value = number(row, name)
    if isinstance(value, Missing):
        return value
    if value is None or value not in meanings:
        what = "has no value" if value is None else f"is {value}, which is not documented"
        return Missing(reason="not_found" if value is None else "bad_output", detail=f"property {name} {what}")
    return meanings[value]


def items(row: Properties | Missing, name: str) -> tuple[str, ...] | None | Missing:
    """An array property; None: it exists and has no value."""
    cell = _cell(row, name)
    if isinstance(cell, Mapping):
        return Missing(reason="bad_output", detail=f"property {name} is no list")
    return (cell,) if isinstance(cell, str) else cell


def root(keys: tuple[KeyRead, ...] | Missing, asked: str) -> KeyRead | None | Missing:
    """The key that was asked for, which is read first. None: looked, no such key; `asked`: node and probe."""
    if isinstance(keys, Missing):
        return keys
    failure = keys[0].failure if keys else Missing(reason="bad_output", where=asked)
    if failure is not None:
        return None if failure.reason == "not_found" else failure
    return keys[0]


def whole(values: list[_T | Missing]) -> tuple[_T, ...] | Missing:
    """A list is given only when it was read whole."""
    good: list[_T] = []
    for value in values:
        if isinstance(value, Missing):
            return value
        good.append(value)
    return tuple(good)


def first_text(data: object) -> str | None | Missing:
    """Data of a registry value as one trimmed text; None when it is empty."""
    if isinstance(data, Missing):
        return data
    if isinstance(data, tuple):
        data = data[0] if data else ""
    return str(data).strip() or None if data is not None else Missing(reason="refused", detail="withheld on the node")


def same(one: str, other: str) -> bool:
    """Names of Windows ignore case."""
    return one.casefold() == other.casefold()
