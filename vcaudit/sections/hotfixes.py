"""Which updates Windows lists as installed: Server 2003 SP1 takes a witness share only with KB 921181 (A3)."""

from __future__ import annotations

import re

from vcaudit.capture import Locations, Request
from vcaudit.collect.answer import Answer, Row
from vcaudit.sections.reading import query, text, whole
from vcaudit.snapshot.base import Missing

HOTFIXES = "hotfixes"

_ARTICLE = re.compile(r"(?:KB|Q)\d+\S*", re.IGNORECASE)


def requests(locations: Locations) -> tuple[Request, ...]:
    """One class, and asked last: where its provider hangs, the collector asks nothing more of the same namespace."""
    return (query(HOTFIXES, r"root\cimv2", "Win32_QuickFixEngineering", "HotFixID,ServicePackInEffect"),)


def read(answer: Answer) -> tuple[str, ...] | Missing:
    """Numbers of articles in capitals, each once, sorted; a new installation has none, so no rows are an answer."""
    rows = answer.wmi(HOTFIXES)
    if isinstance(rows, Missing):
        return rows
    found = whole([_article(row) for row in rows])
    return found if isinstance(found, Missing) else tuple(sorted({name for name in found if name}))


def _article(row: Row) -> str | Missing:
    """Server 2003 lists some updates file by file as `File 1`, and says the article where the service pack belongs."""
    for name in ("HotFixID", "ServicePackInEffect"):
        told = text(row, name)
        if isinstance(told, Missing):
            return told
        if told and _ARTICLE.fullmatch(told.strip()):
            return told.strip().upper()
    return ""
