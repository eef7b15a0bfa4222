"""A new waiver as it is written into a file: from a failure that was seen, with what was seen pinned."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from vcaudit.errors import UsageError
from vcaudit.evaluate.waivers import is_summary, pinned, seen
from vcaudit.results import AuditResults, Outcome, Result
from vcaudit.yamlfile import suggest

_NUMBERED = re.compile(r"W-([0-9]{1,9})\Z", re.IGNORECASE)


def find(results: AuditResults, anchor: str) -> Result:
    """The failure of an anchor, or of a rule that failed once. Raises UsageError for anything else."""
    wanted = anchor.removeprefix("#")
    failures = [result for result in results.results if result.outcome is Outcome.FAIL]
    of_rule = [result for result in failures if result.rule.casefold() == wanted.casefold()]
    exact = (result for result in results.results if result.anchor == wanted)
    found = next(exact, of_rule[0] if len(of_rule) == 1 else None)
    if found is None:
        failed = [result.anchor for result in of_rule or failures]
        hint = f"failures in it: {', '.join(failed)}" if failed else "nothing failed in it"
        raise UsageError(f"no result has the anchor {wanted}{suggest(wanted, failed)}", hint=hint)
    if found.outcome is Outcome.FAIL or found.waiver is not None:
        return found
    state = found.outcome.value.replace("_", " ")
    hint = "the inventory accepts it" if found.outcome is Outcome.WAIVED else "a waiver is for failures"
    raise UsageError(f"{wanted} is {state}, and only a failure can be waived", hint=hint)


def entry(result: Result, given: Mapping[str, str]) -> dict[str, Any]:
    """What is written: the scope as narrow as it can be, what was seen, and the texts that were given."""
    place = {"cluster": result.cluster, "node": result.node, "subject": result.subject}
    head = {"id": given["id"], "rule": result.rule,
            "scope": {key: value for key, value in place.items() if value is not None},
            "expected": _expected(result)}  # fmt: skip
    keys = ("justification", "ticket", "requested_by", "approved_by", "created", "starts", "expires", "recorded_by")
    return head | {key: given[key] for key in keys if given.get(key)}


def next_id(taken: Iterable[str]) -> str:
    """`W-13` after W-12."""
    numbers = [int(match[1]) for name in taken if (match := _NUMBERED.match(name))]
    return f"W-{max(numbers, default=0) + 1}"


def _expected(result: Result) -> str | list[dict[str, str]]:
    if not result.differences:
        return pinned(seen(result)) or ""
    if any(map(is_summary, result.differences)):
        raise UsageError("has more differences than are listed, and what is not seen cannot be pinned",
                         where=result.anchor, hint="bring some of them in line first")  # fmt: skip
    rows = [{"path": each.path, "change": each.change, "reference": pinned(each.reference),
             "deviating": pinned(each.deviating)} for each in result.differences]  # fmt: skip
    return [{key: value for key, value in row.items() if value is not None} for row in rows]
