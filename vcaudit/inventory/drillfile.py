"""Records of drills → Recorded: all mistakes of all files at once, each with its place."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from vcaudit.errors import DrillError, Problem
from vcaudit.inventory.drillschema import DRILL
from vcaudit.inventory.shape import check
from vcaudit.snapshot.drills import SCHEMA, Drill, Recorded
from vcaudit.yamlfile import Document, load, suggest

LARGEST: Final = 1 << 20
"""Bytes of one record."""
HINT: Final = "docs/drills.md says how a record is written, docs/drill.schema.json what it may hold"
_TIMES: Final = ("started", "resources_online", "address_answered")


def load_drills(
    files: Iterable[tuple[Path, str]], clusters: Sequence[str], folder: Path | None = None
) -> tuple[Recorded, ...]:
    """Reads the records of drills, each file once. Raises DrillError.

    `files`: each with the cluster that names it, or an empty text; `clusters`: names that a record's cluster may be;
    `folder`: what the names of the files are relative to in reports.
    """
    # The same file may be named twice: by two clusters, by a folder and by itself.
    named: dict[str, tuple[Path, set[str]]] = {}
    for file, cluster in files:
        named.setdefault(os.path.realpath(file), (file, set()))[1].update([cluster] if cluster else clusters)
    problems: list[Problem] = []
    out: list[Recorded] = []
    for file, of in named.values():
        document = Document(_shown(file))
        record = _read(document, file, clusters, of)
        problems += document.problems
        if record is not None and not document.problems:
            name = Path(os.path.relpath(file, folder) if folder else document.path).as_posix()
            out.append(msgspec.structs.replace(record, file=name))
    if problems:
        raise DrillError(sorted(set(problems), key=lambda p: (p.file, p.line, p.message)), hint=HINT)
    return tuple(out)


def _shown(file: Path) -> str:
    """As short as it can be said."""
    here = os.path.relpath(file)
    return str(file) if here.startswith("..") else here


def _read(document: Document, file: Path, clusters: Sequence[str], of: set[str]) -> Recorded | None:
    data = _content(document, file)
    value = _json(document, data) if data is not None else None
    if not isinstance(value, dict):
        if not document.problems:
            document.add((), "is no record of a drill: it must be a mapping (key: value)")
        return None
    if isinstance(value.get("schema"), int) and value["schema"] > SCHEMA:
        document.add((), f"has schema {value['schema']}; this vcaudit reads records up to {SCHEMA}")
        return None
    document.value = value
    # JSON is YAML nearly always, and that reader knows where everything stands.
    document.lines = load(file, data, lenient=True).lines
    fitting = check(document, DRILL)
    _relate(document, fitting, clusters)
    if "cluster" not in value:
        if len(of) == 1:
            fitting["cluster"] = next(iter(of))
        else:
            document.add((), f"cluster is missing: it could be of any of {', '.join(sorted(of))}")
    if document.problems:
        return None
    drill = msgspec.convert(fitting, Drill)
    return Recorded(file=document.path, sha256=hashlib.sha256(data or b"").hexdigest(), drill=drill)


def _content(document: Document, file: Path) -> bytes | None:
    try:
        with file.open("rb") as opened:
            data = opened.read(LARGEST + 1)
    except OSError as error:
        document.add((), f"cannot be read: {error.strerror}")
        return None
    if len(data) > LARGEST:
        document.add((), f"is larger than {LARGEST >> 20} MB")
        return None
    return data


def _json(document: Document, data: bytes) -> Any:
    """Strict JSON: a key given twice and what is no number are mistakes, too."""

    twice: list[str] = []

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        out: dict[str, Any] = {}
        for key, item in items:
            if key in out:
                twice.append(key)
            out[key] = item
        return out

    def constant(text: str) -> None:
        document.add((), f"{text} is no JSON")

    try:
        value = json.loads(data.decode("utf-8-sig"), object_pairs_hook=pairs, parse_constant=constant)
    except json.JSONDecodeError as error:
        document.problems.append(Problem(document.path, error.lineno, f"is no JSON: {error.msg}"))
    except UnicodeDecodeError:
        document.add((), "is not UTF-8 text")
    except RecursionError:
        document.add((), "is nested too deep")
    else:
        document.problems += _twice(document.path, data, twice) if twice else []
        return value
    return None


def _twice(path: str, data: bytes, keys: Sequence[str]) -> list[Problem]:
    """Keys that were given twice, each with its line where the reader of YAML met it, too."""
    found = [problem for problem in load(path, data, lenient=True).problems if " is given twice " in problem.message]
    said = [key for key in keys if not any(problem.message.startswith(f"{key} is") for problem in found)]
    return [*found, *(Problem(path, 0, f"{key} is given twice") for key in said)]


def _relate(document: Document, value: dict[str, Any], clusters: Sequence[str]) -> None:
    cluster = value.get("cluster")
    if cluster is not None and cluster not in clusters:
        known = ", ".join(clusters)
        near = suggest(cluster, clusters)
        document.add(("cluster",), f"cluster: there is no cluster {cluster}{near}; known: {known}")
    if "from" in value and value["from"].casefold() == value.get("to", "").casefold():
        document.add(("to",), f"to: {value['to']} held the group already (from): a failover leads to another node")
    times = {name: moment for name in _TIMES if (moment := _time(document, name, value.get(name))) is not None}
    for name in _TIMES[1:]:
        if name in times and "started" in times and times[name] < times["started"]:
            document.add((name,), f"{name} is before started: the move was asked for first")
    if "address_answered" in value and "resources_online" not in value:
        document.add(("resources_online",), "resources_online is missing: the seconds until the answer count from it")


def _time(document: Document, name: str, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        document.add((name,), f"{name} is no time that there is: {error}")
        return None
