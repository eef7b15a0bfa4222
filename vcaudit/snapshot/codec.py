"""Snapshot to JSON and back. Written by one version, read by every later one: fields are added, never changed."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from vcaudit.errors import Problem, SnapshotError
from vcaudit.results.moments import moment_problem
from vcaudit.snapshot.model import SCHEMA, Snapshot

_HINT = "Take the snapshot anew with `vcaudit collect`, or use the version of vcaudit that wrote it."
_LATER = "Use the version of vcaudit that wrote it, or a later one."


class _Head(msgspec.Struct):
    """What is read first, so that a later schema is refused by its number and not by what is odd in it."""

    schema: int
    fact: str = ""


def encode(snapshot: Snapshot) -> bytes:
    """The snapshot as JSON, indented: it is evidence, and people read it."""
    try:
        return msgspec.json.format(msgspec.json.encode(snapshot), indent=1) + b"\n"
    except UnicodeEncodeError:
        # lone surrogates, which names in a registry may hold, exist in JSON as escapes only
        return json.dumps(msgspec.to_builtins(snapshot), indent=1).encode("ascii") + b"\n"


def decode(data: bytes, name: str) -> Snapshot:
    """The snapshot in `data`, the content of file `name`.

    Raises SnapshotError with the path of the field that is wrong (`$.nodes[0].host.bits`), for a file that is cut or no
    JSON at all, and for one of a later schema.
    """
    try:
        head, document = _head(data)
        if head.schema > SCHEMA:
            what = f"has schema {head.schema}; this vcaudit reads schemas up to {SCHEMA}"
            raise SnapshotError([Problem(name, 0, what)], hint=_LATER)
        read = msgspec.json.decode(data, type=Snapshot) if document is None else msgspec.convert(document, Snapshot)
    except msgspec.ValidationError as error:
        raise SnapshotError([Problem(name, 0, f"is no snapshot: {error}")], hint=_HINT) from None
    except (ValueError, RecursionError) as error:
        raise SnapshotError([Problem(name, 0, f"is no JSON, or was cut: {error}")], hint=_HINT) from None
    # Drift, waivers and drills count from it: a wrong one would judge them by a moment that never was.
    if problem := moment_problem(read.taken_at):
        raise SnapshotError([Problem(name, 0, f"is no snapshot: {problem} - at `$.taken_at`")], hint=_HINT)
    return read


def _head(data: bytes) -> tuple[_Head, Any]:
    """The head, and the whole document where msgspec itself refuses it for lone surrogates."""
    try:
        return msgspec.json.decode(data, type=_Head), None
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        document = json.loads(data)
        return msgspec.convert(document, type=_Head), document
