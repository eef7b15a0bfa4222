"""waivers.yaml: every mistake at once with its line, and what a file of the right shape becomes."""

from __future__ import annotations

import hashlib
import json
import os
from datetime import date
from pathlib import Path

import pytest

from vcaudit.errors import WaiverError
from vcaudit.evaluate.waivers import Pin
from vcaudit.waivers import check_rules, load
from vcaudit.waivers.loader import lint, parse, read_all
from vcaudit.waivers.schema import WAIVERS
from vcaudit.waivers.user import run_as

ROOT = Path(__file__).resolve().parents[2]
WHOLE = """\
# why this file is here
max_days: 200
waivers:
- id: W-1
  rule: VC-PAR-003
  scope: {cluster: CORP-VC, node: VCNODE2, subject: VC IP}
  expected: disabled
  justification: |
    no NetBIOS
    in this network
  ticket: CHG-4711
  requested_by: 'CORP\\roe'
  approved_by: doe@corp.example
  created: 2026-11-01
  starts: '2026-11-02'
  expires: 2027-03-31
  recorded_by: audit (uid 1000)
- id: W-2
  rule: VC-DATA-003
  expected:
  - {path: rui.crt, change: changed, reference: sha256 1, deviating: sha256 2}
  - {path: rui.key, deviating: ''}
  expires: 2027-03-31
"""


def write(folder: Path, text: str, name: str = "waivers.yaml") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def problems(text: str) -> list[str]:
    return [f"{each.line}: {each.message}" for each in lint([parse("w", text.encode())])]


def test_a_whole_file(tmp_path: Path) -> None:
    path = write(tmp_path, WHOLE)
    (read,) = load([path], "audit (uid 1000)")
    file = read.file
    assert (file.file, file.max_days, file.run_as) == (str(path), 200, "audit (uid 1000)")
    assert file.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    one, two = file.waivers
    assert (one.id, one.rule, one.cluster, one.node, one.subject) == (
        "W-1", "VC-PAR-003", "CORP-VC", "VCNODE2", "VC IP",
    )  # fmt: skip
    assert one.expected == "disabled"
    assert one.justification == "no NetBIOS\nin this network\n"
    assert (one.requested_by, one.approved_by) == ("CORP\\roe", "doe@corp.example")
    assert (one.created, one.starts, one.expires) == (date(2026, 11, 1), date(2026, 11, 2), date(2027, 3, 31))
    assert (one.line, two.line) == (4, 18)
    assert two.expected == (
        Pin(path="rui.crt", change="changed", reference="sha256 1", deviating="sha256 2"),
        Pin(path="rui.key", reference=None, deviating=""),
    )


def test_every_mistake_at_once_with_its_line(tmp_path: Path) -> None:
    wrong = """\
maxdays: 3
waivers:
- id: W-1
  rule: VC-PAR-003
  scope: {cluster: CORP-VC, subjekt: x}
  expected: no
  created: 2026-02-30
  expires: 2027-01-01
- id: w-1
  rule: VC-PAR-03
  expected: 12
  expires: 2026-12-31T00:00:00Z
- 12
- rule: VC-PAR-003
  password: hunter2
  expires: 31.12.2026
- id: W 4
  rule: VC-PAR-003
  created: 2027-01-02
  expires: 2027-01-01
- {id: W-5, rule: VC-PAR-003, created: 2027-01-02, expires: 2027-01-01}
"""
    reads = read_all([write(tmp_path, wrong)])
    with pytest.raises(WaiverError) as caught:
        check_rules(reads, ["VC-PAR-003", "VC-DATA-003"])
    said = [f"{each.line}: {each.message}" for each in caught.value.problems]
    assert "hunter2" not in str(caught.value)
    for start, part in (
        ("1: ", "no key maxdays (did you mean max_days?)"),
        ("5: ", "waivers[1].scope has no key subjekt (did you mean subject?); allowed: cluster, node, subject"),
        ("6: ", "`no` is not what it looks like"),
        ("7: ", "2026-02-30 is no day of the calendar"),
        ("9: ", "there is a waiver w-1 already"),
        ("10: ", "there is no rule VC-PAR-03 (did you mean VC-PAR-003?)"),
        ("11: ", "waivers[2].expected must be text or a list (put it in quotes if it is meant as text)"),
        ("12: ", "waivers[2].expires must be a day such as 2027-03-31"),
        ("13: ", "waivers[3] must be a mapping"),
        ("14: ", "waivers[4] lacks id"),
        ("15: ", "a password does not belong in this file"),
        ("16: ", "waivers[4].expires must be a day such as 2027-03-31"),
        ("17: ", "waivers[5].id must be letters, digits, dots, dashes and _"),
        ("21: ", "W-5 expires on 2027-01-01, before it starts (2027-01-02)"),
    ):
        assert any(line.startswith(start) and part in line for line in said), (start, part, said)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is empty; the smallest file is `waivers: []`"),
        ("x", "the file must be a mapping"),
        ("max_days: 3\n", "lacks waivers"),
        ("max_days: 4000\nwaivers: []\n", "max_days must be a whole number from 1 to 3650"),
        ("waivers: {a: b}\n", "waivers must be a list"),
        ("waivers: [\n", "is not YAML"),
        ("waivers: []\nwaivers: []\n", "waivers is given twice"),
    ],
)
def test_what_is_no_file_of_waivers(text: str, says: str) -> None:
    (said,) = problems(text)
    assert says in said


@pytest.mark.parametrize("text", ["waivers: []\n", "waivers:\n", "# none\nwaivers:\n# none\n"])
def test_none_at_all_is_right(text: str) -> None:
    assert problems(text) == []


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(WaiverError, match="cannot be read: No such file"):
        load([tmp_path / "w.yaml"])


def test_lint_says_what_keeps_a_waiver_from_applying_at_its_line() -> None:
    said = problems(WHOLE)
    assert said == [
        "18: W-2 does not apply: no reason is given (justification)",
        "18: W-2 does not apply: no ticket is named (ticket)",
        "18: W-2 does not apply: nobody approved it (approved_by)",
        "18: W-2 does not apply: nobody is named as having asked for it (requested_by)",
        "18: W-2 does not apply: the day it was created is missing (created)",
    ]
    long = WHOLE.replace("max_days: 200", "max_days: 100").replace("doe@corp", "roe@corp")
    said = problems(long)
    assert any("16: W-1 does not apply: it would live for 149 days, and at most 100" in line for line in said)
    assert any("13: W-1 does not apply: roe@corp.example asked for it and approved it" in line for line in said)


def test_a_mistake_in_one_waiver_is_no_objection_to_it() -> None:
    wrong = WHOLE.replace("expected: disabled", "expected: no")
    assert not any("nothing is pinned" in line for line in problems(wrong))


def test_ids_are_unique_among_files_and_a_file_is_read_once(tmp_path: Path) -> None:
    one, two = write(tmp_path, WHOLE), write(tmp_path, WHOLE, "more.yaml")
    assert len(load([one, tmp_path / "." / "waivers.yaml"])) == 1
    with pytest.raises(WaiverError, match=r"more.yaml:4: there is a waiver W-1 already: .*waivers.yaml:4"):
        load([one, two])


def test_rules_of_other_packs_are_let_be(tmp_path: Path) -> None:
    reads = load([write(tmp_path, WHOLE)])
    check_rules(reads, ["vc-par-003"], frozenset({"VC-DATA-003"}))
    with pytest.raises(WaiverError, match="no rule VC-DATA-003"):
        check_rules(reads, ["VC-PAR-003"])


def test_every_key_is_documented_and_the_schema_is_current() -> None:
    text = (ROOT / "docs/waivers.md").read_text("utf-8")
    entry = WAIVERS["properties"]["waivers"]["items"]
    keys = [*WAIVERS["properties"], *entry["properties"], *entry["properties"]["scope"]["properties"]]
    assert [key for key in keys if f"`{key}`" not in text] == []
    assert json.loads((ROOT / "docs/waivers.schema.json").read_bytes()) == WAIVERS


def test_the_documented_file_is_right() -> None:
    text = (ROOT / "docs/waivers.md").read_text("utf-8")
    assert problems(text.split("```yaml\n")[1].split("```")[0]) == []


def test_the_acting_user_is_the_systems_word(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("USER", "LOGNAME", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "somebody-else")
    assert "somebody-else" not in run_as()
    assert f"uid {os.geteuid()}" in run_as()
    monkeypatch.setattr(os, "geteuid", lambda: 4_000_000)
    assert run_as() == "uid 4000000"
