"""Why a reference between requests had no value.

A source that was not read, or not whole, holds no value for us; on the node there may be one. So "no value" is only
"not there" when the place that it should come from was read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from vcaudit.collect.reads import REDACTED, Cell, KeyRead, Row
from vcaudit.collect.reasons import damaged, shown
from vcaudit.snapshot.base import Missing

if TYPE_CHECKING:
    from vcaudit.collect.answer import Answer, Probe

_NO_VALUE = re.compile(r"no value: (\$\{([^{}:|]+):([^{}|]+)(?:\|\w+)?\})")
_MAX_HOPS = 20
"""References to references: a real list has two; a hostile answer may have a circle."""


def unread(answer: Answer, probe: Probe, where: str) -> Missing | None:
    """The Missing of a probe that was skipped for want of a value which nobody could look at; None for all others."""
    return _unread(answer, probe, where, 0)


def _unread(answer: Answer, probe: Probe, where: str, hops: int) -> Missing | None:
    reference = _NO_VALUE.fullmatch(probe.error or "")
    if reference is None or probe.status != "skipped" or hops > _MAX_HOPS:
        return None
    source = next((other for other in answer.probes.values() if other.id.lower() == reference[2].lower()), None)
    if source is None:
        return damaged(f"refers to {reference[2]}, which did not come back", where)
    if _NO_VALUE.fullmatch(source.error or ""):
        cause = _unread(answer, source, where, hops + 1)
    else:
        cause = answer.failure(source.id) or _inside(answer, source, reference[3])
    if cause is None or cause.reason == "not_found":
        return None
    return Missing(reason=cause.reason, detail=f"needs {shown(reference[1])}: {cause.detail}", where=where)


def _inside(answer: Answer, source: Probe, name: str) -> Missing | None:
    """The failure, within a probe that succeeded, of what a reference names."""
    if source.kind == "registry":
        return _value(answer.registry(source.id), name)
    return _cell(answer.wmi(source.id), name) if source.kind == "wmi" else None


def _value(keys: tuple[KeyRead, ...] | Missing, name: str) -> Missing | None:
    if isinstance(keys, Missing):
        return keys
    wanted, _, value_name = name.lower().rpartition("\\")
    for key in keys:
        below = key.path.removeprefix(keys[0].path).lstrip("\\").lower()
        key_name = _way(wanted, below)
        on_the_way = not below or f"{key_name}\\".startswith(f"{below}\\")
        if on_the_way and key.failure is not None and key.failure.reason != "not_found":
            return key.failure
        if below != key_name:
            continue
        for value in key.values:
            if value.name.lower() == value_name:
                return value.failure or (damaged("the value is withheld", key.path) if value.redacted else None)
    return None


def _way(wanted: str, below: str) -> str:
    """The way to a key, with the name that stands in `below` for a `*`."""
    parts, here = wanted.split("\\"), below.split("\\")
    if len(parts) > 1 and parts[1] == "*" and len(here) > 1:
        parts[1] = here[1]
    return "\\".join(parts)


def _cell(rows: tuple[Row, ...] | Missing, name: str) -> Missing | None:
    if isinstance(rows, Missing):
        return rows
    for row in rows:
        cell: Cell = row
        for part in name.split("."):
            cell = cell.get(part) if isinstance(cell, Mapping) else cell
        if isinstance(cell, Missing):
            return cell
        if cell == REDACTED:
            return damaged("the value is withheld", name)
    return None
