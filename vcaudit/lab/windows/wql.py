"""The WQL that the lab knows: SELECT properties FROM class [WHERE property = value [AND …]]; the rest is refused."""

from __future__ import annotations

import re
from typing import NamedTuple

from vcaudit.lab.powershell import Unsupported

_VALUE = r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|-?\d+|TRUE|FALSE"""
_CONDITION = re.compile(rf"\s*(\w+)\s*=\s*({_VALUE})\s*", re.IGNORECASE)
_QUERY = re.compile(
    r"\s*SELECT\s+(\*|\w+(?:\s*,\s*\w+)*)\s+FROM\s+(\w+)(?:\s+WHERE\s+(.+?))?\s*", re.IGNORECASE | re.DOTALL
)


class Query(NamedTuple):
    """A query, its names in lower case."""

    properties: frozenset[str] | None
    """None: all."""
    cls: str
    conditions: tuple[tuple[str, str], ...]
    """Property and the text that its value must have, without regard to case."""


def parse(text: str) -> Query:
    """A query; Unsupported when it says more than the lab understands."""
    found = _QUERY.fullmatch(text)
    if found is None:
        raise Unsupported(f"WQL: {text}")
    names = None if found[1] == "*" else frozenset(name.strip().lower() for name in found[1].split(","))
    return Query(names, found[2].lower(), _conditions(text, found[3]))


def _conditions(text: str, where: str | None) -> tuple[tuple[str, str], ...]:
    conditions: list[tuple[str, str]] = []
    at = 0
    while where is not None:
        found = _CONDITION.match(where, at)
        if found is None:
            raise Unsupported(f"WQL: {text}")
        conditions.append((found[1].lower(), _literal(found[2]).lower()))
        at = found.end()
        if at == len(where):
            break
        joint = re.compile(r"AND\b", re.IGNORECASE).match(where, at)
        if joint is None:
            raise Unsupported(f"WQL: {text}")
        at = joint.end()
    return tuple(conditions)


def _literal(value: str) -> str:
    return re.sub(r"\\(.)", r"\1", value[1:-1]) if value[0] in "'\"" else value
