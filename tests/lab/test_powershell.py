"""The interpreter against rows recorded from a real engine: the recorded outcome or a refusal, nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vcaudit.lab.powershell import Interp, PSThrow, Unsupported, text, type_name

from .powershell_types import type_table

ROWS = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "data/powershell/semantics.jsonl").read_text("utf-8").splitlines()
]
ACCEPTED_AT_LEAST = 765
"""Rows answered rather than refused; raise it when more are, never lower it."""


def outcome(script: str) -> dict[str, Any]:
    """What a script does, in the form of a recorded row."""
    out: list[Any] = []
    error = inner = None
    try:
        Interp(type_table(), ps=7).run(script, out)
    except PSThrow as thrown:
        exception = thrown.record.exception
        error, inner = exception.net, exception.innerexception and exception.innerexception.net
    return {
        "stdout": "".join(text(item) + "\n" for item in out),
        "types": [type_name(item) for item in out],
        "error": error,
        "inner": inner,
    }


@pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])
def test_a_row_ends_as_recorded_or_is_refused(row: dict[str, Any]) -> None:
    try:
        got = outcome(row["script"])
    except Unsupported:
        assert row["minips"] != "agrees", "refuses a row that can be answered"
        return
    assert got == {**{key: row[key] for key in ("stdout", "types", "error")}, "inner": row.get("inner")}


def test_enough_rows_are_answered(record_property: Callable[[str, object], None]) -> None:
    accepted = 0
    for row in ROWS:
        try:
            outcome(row["script"])
            accepted += 1
        except Unsupported:
            pass
    record_property("accepted rows", accepted)
    print(f"accepted {accepted} of {len(ROWS)} rows")
    assert accepted >= ACCEPTED_AT_LEAST
