"""InSpec's waiver files (YAML, JSON, CSV) as waivers of ours: what they do not say is said, never made up.

An entry of InSpec has a control, a justification, perhaps an expiration_date and `run`. It ends when its day begins in
local time; ours end with their day in UTC, so the day before is taken. What InSpec does not know (a ticket, two
persons, what was seen) is left out: the waiver does not apply until somebody fills it in.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import PurePath
from typing import Any, Final

from vcaudit.errors import Problem, WaiverError
from vcaudit.evaluate.waivers import MAX_DAYS
from vcaudit.yamlfile import Document, suggest
from vcaudit.yamlfile import load as load_yaml

LACKS: Final = "ticket, requested_by, approved_by, expected"
"""What no entry of InSpec has."""
_KEYS = ("justification", "expiration_date", "run")
_COLUMNS = ("control_id", *_KEYS)


@dataclass
class Imported:
    """What became of a file of InSpec's."""

    entries: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """A line for each thing that was left out or could not be said the same way."""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What the one who imports says about all entries."""

    today: date
    rules: tuple[str, ...]
    """Ids of the rules there are."""
    ids: Iterator[str]
    """Ids for the new waivers."""
    cluster: str | None = None
    expires: date | None = None
    """For entries that have no end, or a later one."""
    max_days: int = MAX_DAYS
    """How long a waiver may live where they are added."""
    recorded_by: str = ""


def read(name: str, content: bytes) -> dict[str, dict[str, Any]]:
    """Control → its keys. Raises WaiverError with every mistake of the file."""
    document = _csv(name, content) if PurePath(name).suffix.lower() == ".csv" else _yaml(name, content)
    value = document.value
    out: dict[str, dict[str, Any]] = {}
    if not isinstance(value, dict):
        if not document.problems:
            document.add((), "is no waiver file of InSpec: a control's id, and below it justification and the rest")
    else:
        for control, entry in value.items():
            if isinstance(entry, dict):
                out[control] = entry
                _check(document, control, entry)
            else:
                document.add((control,), f"{control} must have justification, and may have {', '.join(_KEYS[1:])}")
    document.raise_if_any(WaiverError)
    return out


def imported(controls: Mapping[str, Mapping[str, Any]], source: str, wish: Wish) -> Imported:
    """Waivers of ours; nothing is left out without a note."""
    out = Imported()
    by_lower = {rule.lower(): rule for rule in wish.rules}
    for control, entry in controls.items():
        rule = by_lower.get(control.lower())
        ends = _ends(entry.get("expiration_date"), wish.expires)
        if rule is None:
            out.notes.append(f"{control}: left out, no rule has this id{suggest(control, by_lower.values())}")
        elif ends is None:
            out.notes.append(f"{control}: left out, it has no end: give one with --expires")
        elif ends < wish.today:
            out.notes.append(f"{control}: left out, it ended with {ends}")
        else:
            out.entries.append(_entry(rule, entry, ends, source, wish))
            out.notes += _changed(control, out.entries[-1]["id"], entry, ends)
            out.notes += _too_long(control, out.entries[-1]["id"], ends, wish)
    return out


def _entry(rule: str, entry: Mapping[str, Any], ends: date, source: str, wish: Wish) -> dict[str, Any]:
    scope = {"scope": {"cluster": wish.cluster}} if wish.cluster else {}
    recorded = {"recorded_by": wish.recorded_by} if wish.recorded_by else {}
    return {"id": next(wish.ids), "rule": rule, **scope, "justification": f"{entry['justification']} (from {source})",
            "created": wish.today.isoformat(), "expires": ends.isoformat(), **recorded}  # fmt: skip


def _changed(control: str, name: str, entry: Mapping[str, Any], ends: date) -> Iterator[str]:
    yield f"{control}: {name}, until the end of {ends} UTC; does not apply until these are filled in: {LACKS}"
    if str(entry.get("run", "true")).lower() in ("false", "no"):
        yield f"{control}: {name} is judged all the same; InSpec did not run it"
    if strange := [key for key in entry if key not in _COLUMNS]:
        yield f"{control}: {name} does without {', '.join(strange)}"


def _too_long(control: str, name: str, ends: date, wish: Wish) -> Iterator[str]:
    """What nobody can fill in: InSpec's waivers may last for ever."""
    days, latest = (ends - wish.today).days, wish.today + timedelta(days=wish.max_days)
    if days > wish.max_days:
        yield (f"{control}: {name} does not apply even then: it would live for {days} days, and at most "
               f"{wish.max_days} are allowed; let it end by {latest}, as --expires {latest} does")  # fmt: skip


def _ends(given: Any, limit: date | None) -> date | None:
    """The last day: InSpec's waiver ends when its day begins."""
    own = date.fromisoformat(str(given).strip()[:10]) - timedelta(days=1) if given not in (None, "") else None
    return min((day for day in (own, limit) if day is not None), default=None)


def _check(document: Document, control: str, entry: Mapping[str, Any]) -> None:
    if not str(entry.get("justification") or "").strip():
        meant = _meant("justification", [key for key in entry if key not in _KEYS])
        document.add((control,), f"{control} lacks justification, which InSpec requires{meant}")
    given = entry.get("expiration_date")
    try:
        _ends(given, None)
    except (ValueError, OverflowError):
        document.add((control, "expiration_date"), f"{control}: {str(given)[:40]} is no day of the form YYYY-MM-DD")
    if str(entry.get("run", "true")).lower() not in ("true", "false", "yes", "no", "", "none"):
        document.add((control, "run"), f"{control}: run must be yes, no, true or false")


def _meant(name: str, keys: Iterable[str]) -> str:
    """The key that may be a misspelt `name`."""
    found = next((key for key in keys if suggest(key, (name,))), None)
    return f": is {found[:40]} a misspelt {name}?" if found else ""


def _yaml(name: str, content: bytes) -> Document:
    """YAML, and JSON, which is YAML: `no` and days stay the text that they are."""
    return load_yaml(name, content, lenient=True)


def _csv(name: str, content: bytes) -> Document:
    document = Document(name)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        document.add((), "is not UTF-8 text: save the file as UTF-8")
        return document
    rows = csv.DictReader(io.StringIO(text), strict=True)
    try:
        names = [str(each).strip().lower() for each in rows.fieldnames or ()]
        rows.fieldnames = names
        if missing := [column for column in ("control_id", "justification") if column not in names]:
            meant = "".join(_meant(column, [each for each in names if each not in _COLUMNS]) for column in missing)
            why = f"has no column {' and '.join(missing)}; those of InSpec: {', '.join(_COLUMNS)}"
            document.add((), why + meant)
            return document
        _rows(document, rows)
    except csv.Error as error:
        document.problems.append(Problem(name, rows.line_num, f"is not CSV: {error}"))
    return document


def _rows(document: Document, rows: Iterable[dict[str, Any]]) -> None:
    found: dict[str, Any] = {}
    for row in rows:
        line = rows.line_num if isinstance(rows, csv.DictReader) else 0
        control = str(row.get("control_id") or "").strip()
        document.lines[(control,)] = line
        if not control or control in found:
            what = f"{control} is given twice" if control else "names no control"
            document.problems.append(Problem(document.path, line, what))
            continue
        found[control] = {key: value for key, value in row.items() if key in _KEYS and value}
    document.value = found
