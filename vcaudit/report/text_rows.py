"""What stands beside the labels of the text report."""

from __future__ import annotations

from typing import Final

from vcaudit.report import summary
from vcaudit.report.chapter import Gap
from vcaudit.report.escape import line
from vcaudit.results import Difference, Result, odd_in_all

DIFFERENCES: Final = 6
"""Shown of one result; the HTML has them all."""

Rows = list[tuple[str, str, str]]
"""Label, text, style of the text."""


def seen(result: Result) -> Rows:
    """What was seen, what is required, and how they differ."""
    rows = [(line(result.node or "seen", 40), result.observed, "")] if result.observed is not None else []
    rows += [("required", result.expected, "")] if result.expected is not None else []
    odd = odd_in_all(result.differences)
    rows += [("odd one", f"{line(odd, 40)}: all other nodes agree", "")] if odd else []
    rows += [("differs", _difference(each, name_odd=not odd), "") for each in result.differences[:DIFFERENCES]]
    if len(result.differences) > DIFFERENCES:
        rows.append(("", f"… and {len(result.differences) - DIFFERENCES} more", "dim"))
    return rows


def _difference(each: Difference, *, name_odd: bool) -> str:
    path = line(each.path) + (f" (odd one out: {line(each.odd, 40)})" if each.odd and name_odd else "")
    if each.against == "approved":
        return f"{path}: {_since(each)}"
    if each.change == "added":
        return f"{path}: only there, {line(each.deviating or 'empty', 200)}"
    if each.change == "removed":
        return f"{path}: nothing instead of {line(each.reference or 'empty', 200)}"
    return f"{path}: {line(each.deviating or 'empty', 200)} instead of {line(each.reference or 'empty', 200)}"


def _since(each: Difference) -> str:
    """What has changed since the approval."""
    now, approved = (line(value or "empty", 200) for value in (each.deviating, each.reference))
    if each.change == "added":
        return f"new, {now}"
    return f"{'gone' if each.change == 'removed' else now}; approved was {approved}"


def gap_rows(gap: Gap) -> Rows:
    """Why something is unknown, what mends it, and what stays open."""
    rows = [("said", gap.said, "")] if gap.said else []
    rules = ", ".join(line(rule, 40) for rule in gap.rules[:8]) + (", …" if len(gap.rules) > 8 else "")
    rows += [("mend", gap.mend, "")] if gap.mend else []
    return [*rows, ("open", f"{summary.plural(len(gap.results), 'check')}: {rules}", "")]
