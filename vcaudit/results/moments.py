"""Moments as snapshots and results write them: RFC 3339, UTC, `2026-11-22T09:14:05Z`."""

from __future__ import annotations

import re
from datetime import datetime

_FORM = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|\+00:00)", re.ASCII)


def moment_problem(text: str) -> str | None:
    """What is wrong with a text that should be a moment; None: nothing."""
    form = _FORM.fullmatch(text)
    try:
        if form and datetime.fromisoformat(text):
            return None
    except ValueError:  # a thirteenth month
        pass
    shown = text if len(text) <= 40 else text[:40] + "…"
    return f"{shown!a} is no moment in UTC, as in 2026-11-22T09:14:05Z"
