"""What rule packs ask for: requests like all others, after all others, so that they cost no fact of the note's.

Of what comes back no more is kept than what the pack named; a key is read with all that is below it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence

from vcaudit.capture import Capture, Request
from vcaudit.collect.answer import Answer, Cell, FileRead, KeyRead, ValueRead
from vcaudit.sections import text
from vcaudit.sections.reading import query, same, where
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts.extra import Ask, ExtraCell, ExtraFact, ExtraRow, ExtraValue

MOST_ROWS = 2000
"""Instances that are kept of one class."""
LONGEST = 1 << 16
"""Characters of one value; lines of one file."""
_ATTRIBUTES = ("size", "modified", "sha256", "version")


def merged(asks: Iterable[Ask]) -> tuple[Ask, ...]:
    """Each thing once, with the names that anybody wants of it."""
    out: dict[tuple[str, ...], Ask] = {}
    for ask in asks:
        known = out.get(ask.key)
        names = dict.fromkeys((*(known.names if known else ()), *ask.names))
        out[ask.key] = Ask(kind=ask.kind, target=ask.target, names=tuple(names))
    return tuple(out.values())


def requests(asks: Iterable[Ask]) -> tuple[Request, ...]:
    """As the collector reads them."""
    return tuple(map(_request, merged(asks)))


def _request(ask: Ask) -> Request:
    if ask.kind == "wmi":
        namespace, what = ask.target
        # everything: one property that this Windows lacks must not cost the others
        return query(_id(ask), namespace, what, ",".join(ask.names), everything=True)
    return Request(ask.kind, _id(ask), ask.target)


def _id(ask: Ask) -> str:
    return f"extra_{hashlib.sha256(chr(0).join(ask.key).encode()).hexdigest()[:12]}"


def read(answer: Answer, capture: Capture, asks: Iterable[Ask]) -> tuple[ExtraFact, ...]:
    """What was found of each; nothing of what the source was not asked, as a kit that was made without the pack."""
    readers = {"registry": _registry, "wmi": _wmi, "file": _file}
    asked = {request.id for request in capture.asked}
    return tuple(
        ExtraFact(ask=ask, rows=_rows(answer, ask, readers[ask.kind](answer, ask)))
        for ask in merged(asks) if _id(ask) in asked
    )  # fmt: skip


def _rows(
    answer: Answer, ask: Ask, found: Sequence[Mapping[str, ExtraValue]] | Missing
) -> tuple[ExtraRow, ...] | Missing:
    if isinstance(found, Missing):
        return found
    if len(found) > MOST_ROWS:
        detail = f"{len(found)} instances, and {MOST_ROWS} are the most"
        return Missing(reason="refused", detail=detail, where=where(answer, ask.kind, " ".join(ask.target)))
    return tuple(
        ExtraRow(cells=tuple(ExtraCell(name=name, value=_bounded(value)) for name, value in row.items()))
        for row in found
    )


def _bounded(value: ExtraValue) -> ExtraValue:
    size = len(value) if isinstance(value, str) else sum(map(len, value)) if isinstance(value, tuple) else 0
    return Missing(reason="refused", detail="longer than a rule can use") if size > LONGEST else value


def _registry(answer: Answer, ask: Ask) -> list[Mapping[str, ExtraValue]] | Missing:
    keys = answer.registry(_id(ask))
    if isinstance(keys, Missing):
        return keys
    root = ask.target[0].strip("\\")
    if keys and keys[0].failure is not None:
        gone = keys[0].failure.reason == "not_found"
        return [] if gone else keys[0].failure
    return [{name: _value(keys, root, name) for name in ask.names}]


def _value(keys: Sequence[KeyRead], root: str, name: str) -> ExtraValue:
    below, _, last = name.rpartition("\\")
    path = f"{root}\\{below}" if below else root
    key = next((key for key in keys if same(key.path, path)), None)
    if key is None or (key.failure is not None and key.failure.reason == "not_found"):
        return None
    if key.failure is not None:
        return key.failure
    found = next((value for value in key.values if same(value.name, last)), None)
    return None if found is None else _data(found)


def _data(value: ValueRead) -> ExtraValue:
    if value.failure is not None:
        return value.failure
    if value.redacted or value.data is None:
        return Missing(reason="refused", detail="withheld on the node" if value.redacted else "too large")
    return value.data if not isinstance(value.data, bytes) else value.data.hex()


def _wmi(answer: Answer, ask: Ask) -> list[Mapping[str, ExtraValue]] | Missing:
    rows = answer.wmi(_id(ask))
    return rows if isinstance(rows, Missing) else [{name: _cell(row[name]) for name in ask.names} for row in rows]


def _cell(cell: Cell) -> ExtraValue:
    if isinstance(cell, Mapping):
        return Missing(reason="bad_output", detail="holds another object")
    return cell


def _file(answer: Answer, ask: Ask) -> list[Mapping[str, ExtraValue]] | Missing:
    found = answer.files(_id(ask))
    if isinstance(found, Missing):
        return found
    (only,) = found if len(found) == 1 else (None,)
    if only is None:
        return Missing(reason="bad_output", detail=f"{len(found)} files, where one was asked for")
    if only.failure is not None:
        return [] if only.failure.reason == "not_found" else only.failure
    out: dict[str, ExtraValue] = {name: getattr(only, name) for name in _ATTRIBUTES}
    return [{**out, "lines": _lines(only)} if ask.target[1] == "text" else out]


def _lines(found: FileRead) -> ExtraValue:
    if found.content is None:
        return Missing(reason="refused", detail=found.withheld or "its content did not come", where=found.path)
    return tuple(text.lines(text.decode(found.content).text))
