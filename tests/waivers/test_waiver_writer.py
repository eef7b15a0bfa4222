"""Adding to a file leaves every other byte of it, or nothing is written."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vcaudit.errors import UsageError, WaiverError
from vcaudit.results import AuditResults, Difference, Outcome, Result, Severity, Tool, WaiverRecord
from vcaudit.waivers.entry import entry, find, next_id
from vcaudit.waivers.loader import parse
from vcaudit.waivers.writer import appended

NEW: dict[str, Any] = {"id": "W-9", "rule": "VC-PAR-003", "expected": "no", "expires": "2027-03-31"}
LINES = "- id: W-9\n  rule: VC-PAR-003\n  expected: 'no'\n  expires: '2027-03-31'\n"


def result(**changes: Any) -> Result:
    plain: dict[str, Any] = {
        "cluster": "CORP-VC", "rule": "VC-PAR-003", "title": "t", "severity": Severity.HIGH, "requirements": ("A1",),
        "subject": "VC IP", "node": None, "role": None, "outcome": Outcome.FAIL, "observed": "disabled",
        "expected": None, "message": "m", "reason": None, "anchor": "a",
    }  # fmt: skip
    return Result(**{**plain, **changes})


def results(*found: Result) -> AuditResults:
    return AuditResults(tool=Tool(name="vcaudit", version="1"), clusters=(), results=found)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, "# Failures that somebody takes on for a time. The names in here are asserted, not verified.\n"
               f"waivers:\n{LINES}"),
        ("waivers:\n", f"waivers:\n{LINES}"),
        ("waivers: []", f"waivers:\n{LINES}"),
        ("waivers: [ ]  # none\nmax_days: 3\n", f"waivers:  # none\n{LINES}max_days: 3\n"),
        ("waivers:\n- {id: A, rule: R, expires: 2027-01-01}  # x",
         "waivers:\n- {id: A, rule: R, expires: 2027-01-01}  # x\n" + LINES),
        ("# a\nwaivers:\n  # b\n  - id: A\n    rule: R\n    expires: 2027-01-01\n  # c\n\n# d\nmax_days: 3\n",
         "# a\nwaivers:\n  # b\n  - id: A\n    rule: R\n    expires: 2027-01-01\n  # c\n"
         + "".join(f"  {line}\n" for line in LINES.splitlines()) + "\n# d\nmax_days: 3\n"),
    ],
)  # fmt: skip
def test_only_the_new_text_is_new(before: str | None, after: str) -> None:
    assert appended("w", before.encode() if before is not None else None, [NEW]).decode() == after


def test_line_ends_and_byte_order_mark_stay() -> None:
    before = b"\xef\xbb\xbfwaivers:\r\n- id: A\r\n  rule: R\r\n  expires: 2027-01-01\r\n"
    after = appended("w", before, [NEW])
    assert after == before + LINES.replace("\n", "\r\n").encode()


@pytest.mark.parametrize(
    "before",
    ["waivers: [{id: A, rule: R, expires: 2027-01-01}]\n", "{waivers: []}\n", "waivers: []\n...\n",
     "waivers:\n- id: A\n  rule: R\n  expires: 2027-01-01\n...\n"],
)  # fmt: skip
def test_what_cannot_be_added_to_is_refused_with_the_text_to_add(before: str) -> None:
    with pytest.raises(UsageError, match="nothing can be added to") as caught:
        appended("w", before.encode(), [NEW])
    assert LINES.rstrip() in caught.value.hint


def test_a_wrong_file_is_not_added_to() -> None:
    with pytest.raises(WaiverError, match="lacks waivers"):
        appended("w", b"max_days: 3\n", [NEW])
    with pytest.raises(UsageError, match="not UTF-8"):
        appended("w", "waivers: []".encode("utf-16"), [NEW])
    with pytest.raises(WaiverError, match="W-9 already"):
        appended("w", b"waivers:\n- {id: w-9, rule: R, expires: 2027-01-01}\n", [NEW])


HOSTILE = st.text(min_size=1, max_size=60).filter(lambda text: not any("\ud800" <= char <= "\udfff" for char in text))


@settings(max_examples=150, deadline=None)
@given(HOSTILE, HOSTILE, HOSTILE, st.sampled_from(["", "  "]))
def test_whatever_is_written_is_read_again(subject: str, observed: str, reason: str, indent: str) -> None:
    first = f"waivers:\n{indent}- {{id: A, rule: R, expires: 2027-01-01}}\n# last\n".encode()
    made = entry(result(subject=subject, observed=observed),
                 {"id": "W-9", "justification": reason, "expires": "2027-03-31"})  # fmt: skip
    after = appended("w", first, [made])
    assert after.startswith(first)
    read = parse("w", after)
    assert read.document.problems == []
    one, two = read.file.waivers
    assert (one.id, two.subject, two.justification, two.expires) == ("A", subject, reason, date(2027, 3, 31))
    assert two.covers(result(subject=subject))


def test_an_entry_is_as_narrow_as_what_was_seen() -> None:
    found = result(node="VCNODE2", differences=(
        Difference(path="a", change="changed", reference="1", deviating="x" * 300),
        Difference(path="b", change="added", reference=None, deviating="2")))  # fmt: skip
    made = entry(found, {"id": "W-1", "ticket": "T", "approved_by": "", "expires": "2027-03-31"})
    assert made["scope"] == {"cluster": "CORP-VC", "node": "VCNODE2", "subject": "VC IP"}
    assert "approved_by" not in made
    first, second = made["expected"]
    assert first["deviating"].startswith("sha256:")
    assert second == {"path": "b", "change": "added", "deviating": "2"}


def test_more_differences_than_are_listed_are_not_pinned() -> None:
    more = Difference(path="(and 7 more)", change="changed", reference=None, deviating=None)
    with pytest.raises(UsageError, match="more differences than are listed"):
        entry(result(differences=(more,)), {"id": "W-1"})


def test_find() -> None:
    record = WaiverRecord(id="W-1", rule="R", expires="2027-01-01")
    found = results(result(), result(anchor="b", outcome=Outcome.PASS), result(anchor="c", rule="VC-X-1"),
                    result(anchor="d", outcome=Outcome.WAIVED),
                    result(anchor="e", outcome=Outcome.WAIVED, waiver=record),
                    result(anchor="f", rule="VC-X-2"), result(anchor="g", rule="VC-X-2"))  # fmt: skip
    assert find(found, "#a").anchor == "a"
    assert find(found, "vc-x-1").anchor == "c"
    assert find(found, "e").anchor == "e"  # to renew it
    with pytest.raises(UsageError, match="b is pass, and only a failure"):
        find(found, "b")
    with pytest.raises(UsageError, match="only a failure") as caught:
        find(found, "d")
    assert "the inventory accepts it" in caught.value.hint
    with pytest.raises(UsageError, match="no result has the anchor VC-X-2") as caught:
        find(found, "VC-X-2")
    assert caught.value.hint == "failures in it: f, g"


def test_next_id() -> None:
    assert next_id([]) == "W-1"
    assert next_id(["W-2", "w-11", "X-99", "W-1a"]) == "W-12"
