"""waivers.yaml → waivers: its shape, then its dates and ids, then its rules; all mistakes of all files at once."""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final, TypeAlias

from vcaudit.errors import Problem, WaiverError
from vcaudit.evaluate.waivers import MAX_DAYS, Expected, Pin, Waiver, WaiverFile, objections
from vcaudit.inventory.shape import check
from vcaudit.waivers.schema import WAIVERS
from vcaudit.yamlfile import SIZE_LIMIT, Document, Key, suggest
from vcaudit.yamlfile import load as load_yaml

HINT: Final = "docs/waivers.md says what a waiver is"
_DAYS: Final = ("created", "starts", "expires")
Table: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True)
class Read:
    """One file, what fits of it, and where everything stands."""

    document: Document
    file: WaiverFile
    entries: Mapping[int, Table]
    """Position in the file → what fits of an entry; `file` has those that fit as a whole."""
    places: tuple[int, ...]
    """Position of each waiver of `file`."""


def load(paths: Sequence[Path], run_as: str = "") -> tuple[Read, ...]:
    """Reads files of waivers, one that is named twice once. `run_as`: the system user, recorded beside every name.

    Raises WaiverError with every mistake of every file, each with its line.
    """
    reads = read_all(paths, run_as)
    _raise(reads)
    return reads


def read_all(paths: Sequence[Path], run_as: str = "") -> tuple[Read, ...]:
    """The same, with the mistakes left in the documents."""
    once = {path.resolve(): path for path in reversed(paths)}
    reads = tuple(parse(str(path), _content(path), run_as) for path in reversed(once.values()))
    _unique(reads)
    return reads


def parse(name: str, content: bytes | None, run_as: str = "") -> Read:
    """One file from its bytes; None: let the reader say why there are none."""
    document = load_yaml(name, content, dates=True)
    if isinstance(document.value, dict) and document.value.get("waivers", ...) is None:
        document.value["waivers"] = []  # the key alone, as it is left when the last waiver was taken out
    value = check(document, WAIVERS, "the smallest file is `waivers: []`")
    entries = _entries(document, value)
    found = {place: _waiver(document, entry, place) for place, entry in entries.items()}
    waivers = {place: waiver for place, waiver in found.items() if waiver is not None}
    digest = hashlib.sha256(content).hexdigest() if content is not None else ""
    days = value.get("max_days", MAX_DAYS)
    file = WaiverFile(waivers=tuple(waivers.values()), file=name, sha256=digest, max_days=days, run_as=run_as)
    read = Read(document, file, entries, tuple(waivers))
    _unique([read])
    return read


def check_rules(reads: Iterable[Read], known: Iterable[str], elsewhere: Container[str] = frozenset()) -> None:
    """Raises WaiverError for waivers of rules that do not exist; `elsewhere`: ids in packs this run does without."""
    by_lower = {rule.lower(): rule for rule in known}
    reads = tuple(reads)
    for read in reads:
        for place, entry in read.entries.items():
            rule = entry.get("rule")
            if rule is not None and rule.lower() not in by_lower and rule.upper() not in elsewhere:
                near = suggest(rule, by_lower.values())
                read.document.add(("waivers", place, "rule"), f"there is no rule {rule}{near}; `vcaudit rules list` "
                                  "shows them; of a pack of your own, name it with --pack")  # fmt: skip
    _raise(reads)


def lint(reads: Iterable[Read]) -> list[Problem]:
    """Every mistake, and everything that keeps a waiver from applying whatever the day, in the order of the lines."""
    found: set[Problem] = set()
    for read in reads:
        found.update(read.document.problems)
        for place, waiver in zip(read.places, read.file.waivers, strict=True):
            for key, why in objections(waiver, read.file.max_days):
                line = read.document.line(("waivers", place, key))
                found.add(Problem(read.document.path, line, f"{waiver.id} does not apply: {why}"))
    return sorted(found, key=lambda problem: (problem.file, problem.line, problem.message))


def _raise(reads: Iterable[Read]) -> None:
    problems = {problem for read in reads for problem in read.document.problems}
    if problems:
        ordered = sorted(problems, key=lambda problem: (problem.file, problem.line, problem.message))
        raise WaiverError(ordered, hint=HINT)


def _content(path: Path) -> bytes | None:
    try:
        with path.open("rb") as file:
            return file.read(SIZE_LIMIT + 1)
    except (OSError, ValueError):
        return None


def _unique(reads: Iterable[Read]) -> None:
    """One id, one waiver: reports and tickets name it."""
    first: dict[str, str] = {}
    for read in reads:
        for place, entry in read.entries.items():
            name, at = entry.get("id"), ("waivers", place, "id")
            if name is not None and name.lower() in first:
                read.document.add(at, f"there is a waiver {name} already: {first[name.lower()]}")
            elif name is not None:
                first[name.lower()] = f"{read.document.path}:{read.document.line(at)}"


def _entries(document: Document, value: Table) -> dict[int, Table]:
    """What fits of each entry, by its position: what does not is noted already."""
    given = document.value.get("waivers") if isinstance(document.value, dict) else None
    places = [place for place, entry in enumerate(given if isinstance(given, list) else []) if isinstance(entry, dict)]
    return dict(zip(places, value.get("waivers", ()), strict=False))


def _waiver(document: Document, entry: Table, place: int) -> Waiver | None:
    """One entry; None when a part of it does not fit, or its days are no days or not in their order."""
    days = {key: _day(document, entry[key], ("waivers", place, key)) for key in _DAYS if key in entry}
    given: Any = document.value
    if entry != given["waivers"][place] or None in days.values() or not {"id", "rule", "expires"} <= entry.keys():
        return None
    expires, first = days["expires"], days.get("starts") or days.get("created")
    assert expires is not None
    if first is not None and expires < first:
        document.add(("waivers", place, "expires"), f"{entry['id']} expires on {expires}, before it starts ({first})")
        return None
    texts = ("id", "rule", "justification", "ticket", "requested_by", "approved_by")
    return Waiver(**{key: entry[key] for key in texts if key in entry}, **entry.get("scope", {}), expires=expires,
                  expected=_expected(entry.get("expected")), created=days.get("created"), starts=days.get("starts"),
                  line=document.line(("waivers", place)))  # fmt: skip


def _day(document: Document, text: str, path: tuple[Key, ...]) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        document.add(path, f"{text} is no day of the calendar")
        return None


def _expected(value: Any) -> Expected:
    return value if value is None or isinstance(value, str) else tuple(Pin(**each) for each in value)
