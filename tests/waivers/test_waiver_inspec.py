"""InSpec's waiver files: what they say is kept, what they do not say is said."""

from __future__ import annotations

import itertools
from datetime import date
from typing import Any

import pytest

from vcaudit.errors import WaiverError
from vcaudit.evaluate.waivers import objections
from vcaudit.waivers.inspec import Imported, Wish, imported, read
from vcaudit.waivers.loader import parse
from vcaudit.waivers.writer import appended

RULES = ("VC-PAR-003", "VC-DATA-003")
YAML = b"""\
vc-par-003:
  expiration_date: 2027-04-01
  run: no
  justification: Not needed until Q2. @secteam
xccdf_org.cisecurity.benchmarks_rule_1.1.1.4:
  justification: might be a bug
"""
JSON = (
    b'{"VC-PAR-003": {"expiration_date": "2027-04-01T00:00:00.000Z", "justification": "Not needed", "run": true}}'
)
CSV = "\ufeffcontrol_id,justification,run,expiration_date\r\nVC-PAR-003,\"Not, needed\",yes,2027-04-01\r\n".encode()


def taken(controls: dict[str, dict[str, Any]], **wish: Any) -> Imported:
    plain: dict[str, Any] = {"today": date(2026, 11, 22), "rules": RULES,
                             "ids": (f"W-{number}" for number in itertools.count(1))}  # fmt: skip
    return imported(controls, "InSpec w.yml", Wish(**{**plain, **wish}))


@pytest.mark.parametrize(("name", "content"), [("w.yml", YAML), ("w.json", JSON), ("w.CSV", CSV)])
def test_the_three_formats(name: str, content: bytes) -> None:
    done = taken(read(name, content))
    (entry,) = done.entries
    assert (entry["id"], entry["rule"], entry["created"]) == ("W-1", "VC-PAR-003", "2026-11-22")
    assert entry["expires"] == "2027-03-31"  # InSpec's ends when its day begins
    assert entry["justification"].startswith("Not")
    assert "does not apply until these are filled in: ticket, requested_by, approved_by, expected" in done.notes[0]


def test_nothing_is_made_up() -> None:
    done = taken(read("w.yml", YAML), cluster="CORP-VC", recorded_by="u (uid 1)")
    (entry,) = done.entries
    assert (entry["scope"], entry["recorded_by"]) == ({"cluster": "CORP-VC"}, "u (uid 1)")
    file = parse("w", appended("w", None, done.entries)).file
    assert [key for key, _ in objections(file.waivers[0])] == ["ticket", "requested_by", "approved_by", "expected"]
    assert any("judged all the same; InSpec did not run it" in note for note in done.notes)
    assert any("xccdf_org" in note and "left out, no rule has this id" in note for note in done.notes)


@pytest.mark.parametrize(
    ("controls", "expires", "note"),
    [
        ({"VC-PAR-03": {"justification": "x"}}, None, "no rule has this id (did you mean VC-PAR-003?)"),
        ({"VC-PAR-003": {"justification": "x"}}, None, "it has no end: give one with --expires"),
        ({"VC-PAR-003": {"justification": "x", "expiration_date": ""}}, None, "it has no end"),
        ({"VC-PAR-003": {"justification": "x", "expiration_date": "2026-11-22"}}, None, "it ended with 2026-11-21"),
        ({"VC-PAR-003": {"justification": "x"}}, date(2026, 11, 21), "it ended with 2026-11-21"),
    ],
)
def test_what_is_left_out_says_why(controls: dict[str, Any], expires: date | None, note: str) -> None:
    done = taken(controls, expires=expires)
    assert done.entries == []
    assert note in done.notes[0]


@pytest.mark.parametrize(
    ("ends", "wish", "note"),
    [
        ("2029-01-01", {}, "for 770 days, and at most 365 are allowed; let it end by 2027-11-22"),
        ("2027-11-23", {}, None),
        ("2027-11-24", {}, "for 366 days, and at most 365 are allowed; let it end by 2027-11-22"),
        ("2027-01-01", {"max_days": 30}, "at most 30 are allowed; let it end by 2026-12-22, as --expires 2026-12-22"),
        ("2029-01-01", {"max_days": 770}, None),
        ("2029-01-01", {"expires": date(2027, 11, 22)}, None),
    ],
)
def test_a_life_that_is_too_long_is_said_at_once(ends: str, wish: dict[str, Any], note: str | None) -> None:
    """Whatever is filled in would not help."""
    done = taken({"VC-PAR-003": {"justification": "x", "expiration_date": ends}}, **wish)
    told = [each for each in done.notes if "does not apply even then" in each]
    assert len(told) == (note is not None)
    assert note is None or note in told[0]
    file = parse("w", appended("w", None, done.entries)).file
    keys = [key for key, _ in objections(file.waivers[0], wish.get("max_days", 365))]
    assert ("expires" in keys) == (note is not None)


@pytest.mark.parametrize(("own", "ends"), [({}, "2027-01-31"), ({"expiration_date": "2029-01-01"}, "2027-01-31"),
                                           ({"expiration_date": "2027-01-02"}, "2027-01-01")])  # fmt: skip
def test_expires_is_for_entries_without_an_end_or_with_a_later_one(own: dict[str, str], ends: str) -> None:
    done = taken({"VC-PAR-003": {"justification": "x", "impact": 1, **own}}, expires=date(2027, 1, 31))
    assert done.entries[0]["expires"] == ends
    assert any("does without impact" in note for note in done.notes)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("w.yml", b"just text", ["is no waiver file of InSpec"]),
        ("w.yml", b"a: 1\nb: {expiration_date: soon, run: maybe}\n",
         ["w.yml:1: a must have justification", "w.yml:2: b lacks justification", "soon is no day", "run must be"]),
        ("w.yml", b"a: {justificaton: x}\nb: {run: no}\n",
         ["w.yml:1: a lacks justification, which InSpec requires: is justificaton a misspelt justification?",
          "w.yml:2: b lacks justification, which InSpec requires"]),
        ("w.csv", b"control_id,justificaton\n1,2\n", ["has no column justification", "is justificaton a misspelt"]),
        ("w.json", b'{"a": ', ["is not YAML"]),
        ("w.csv", b"id,why\n1,2\n", ["has no column control_id and justification"]),
        ("w.csv", b"control_id,justification\n,x\nA,y\nA,z\nB,\n",
         ["w.csv:2: names no control", "w.csv:4: A is given twice", "w.csv:5: B lacks justification"]),
        ("w.csv", b'control_id,justification\nA,"x\n', ["is not CSV"]),
        ("w.csv", b"\xff\xfe", ["not UTF-8"]),
        ("w.csv", b"", ["has no column"]),
    ],
)
def test_every_mistake_at_once(name: str, content: bytes, says: list[str]) -> None:
    with pytest.raises(WaiverError) as caught:
        read(name, content)
    for part in says:
        assert part in str(caught.value)
