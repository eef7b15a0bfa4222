"""Waivers: what they cover, when they end, what keeps them from applying, and that they never hide anything else."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.evaluate.build import change, healthy
from tests.evaluate.packs import IDENTICAL, cluster_rule, pack, rule
from vcaudit.evaluate import evaluate
from vcaudit.evaluate.accept import accept
from vcaudit.evaluate.exitcode import exit_code
from vcaudit.evaluate.people import is_person, same_person
from vcaudit.evaluate.rule import Pack
from vcaudit.evaluate.waivers import Pin, Waiver, WaiverFile, day_of, objections, pinned, same_value
from vcaudit.results import AuditResults, Difference, Outcome, Result, Severity, WaiverState, merge
from vcaudit.snapshot.model import AcceptedException, Snapshot

TAKEN = "2026-11-22T09:14:07Z"
OFF, SSL = "VC-A-001", "VC-DATA-003"


def waiver(**changes: Any) -> Waiver:
    plain: dict[str, Any] = {
        "id": "W-1", "rule": OFF, "expected": "seen", "justification": "known", "ticket": "CHG-1",
        "requested_by": "CORP\\roe", "approved_by": "doe", "created": date(2026, 11, 1), "expires": date(2027, 3, 31),
    }  # fmt: skip
    return Waiver(**{**plain, **changes})


def result(**changes: Any) -> Result:
    plain: dict[str, Any] = {
        "cluster": "CORP-VC", "rule": OFF, "title": "t", "severity": Severity.HIGH, "requirements": ("A1",),
        "subject": "VC IP", "node": "VCNODE2", "role": None, "outcome": Outcome.FAIL, "observed": "seen",
        "expected": None, "message": "m", "reason": None, "anchor": "a",
    }  # fmt: skip
    return Result(**{**plain, **changes})


def differences(**values: str) -> tuple[Difference, ...]:
    """`path="reference>deviating"`; an empty side is not there."""
    out = []
    for path, text in values.items():
        reference, _, deviating = text.partition(">")
        word = "changed" if reference and deviating else "removed" if reference else "added"
        out.append(Difference(path=path, change=word, reference=reference or None, deviating=deviating or None))  # type: ignore[arg-type]
    return tuple(out)


def pins(**values: str) -> tuple[Pin, ...]:
    found = differences(**values)
    return tuple(Pin(path=e.path, change=e.change, reference=e.reference, deviating=e.deviating) for e in found)


@cache
def demo() -> Pack:
    """One rule that compares nodes, one that fails on a healthy cluster, and one rule that is elsewhere."""
    with TemporaryDirectory() as folder:
        blocked = cluster_rule(id=OFF, expression="cluster.owner == null", blocks=["vpxd"])
        return replace(pack(Path(folder) / "demo", rule(IDENTICAL), blocked), elsewhere=frozenset({"REC-X-001"}))


@pytest.fixture
def rules() -> Pack:
    return demo()


def held(
    results: list[Result], waivers: list[Waiver], rules: Pack, taken: str = TAKEN, max_days: int = 365,
    exceptions: tuple[AcceptedException, ...] = (),
) -> tuple[list[Result], list[WaiverState]]:  # fmt: skip
    snapshot = change(change(healthy(), "taken_at", taken), "declared.exceptions", exceptions)
    file = WaiverFile(waivers=tuple(waivers), file="w.yaml", sha256="ab", max_days=max_days, run_as="u (uid 1)")
    found, states = accept(results, snapshot, [file], rules)
    return list(found), list(states)


def test_a_waived_failure_keeps_what_was_seen_and_says_on_whose_word(rules: Pack) -> None:
    failed = result(impact="it stops", evidence=("here",))
    (found,), (state,) = held([failed], [waiver()], rules)
    assert found.outcome is Outcome.WAIVED
    assert (found.impact, found.evidence, found.observed) == ("it stops", ("here",), "seen")
    assert found.reason == "W-1: known"
    assert found.waiver is not None
    record = found.waiver
    assert (record.requested_by, record.approved_by, record.ticket) == ("CORP\\roe", "doe", "CHG-1")
    assert (record.created, record.starts, record.expires) == ("2026-11-01", "2026-11-01", "2027-03-31")
    assert (record.file, record.file_sha256, record.run_as) == ("w.yaml", "ab", "u (uid 1)")
    assert (state.state, state.results, state.detail) == ("applied", ("a",), "")
    assert state.sentence == "waiver W-1 covers 1 failure until 2027-03-31"


@pytest.mark.parametrize(
    ("scope", "covered"),
    [
        ({}, True),
        ({"rule": "vc-a-001"}, True),
        ({"cluster": "corp-vc", "node": "vcnode2", "subject": "vc ip"}, True),
        ({"cluster": "OTHER"}, False),
        ({"node": "VCNODE1"}, False),
        ({"subject": "VC Name"}, False),
        ({"rule": SSL}, False),
    ],
)
def test_scope(rules: Pack, scope: dict[str, str], covered: bool) -> None:
    (found,), states = held([result()], [waiver(**scope)], rules)
    assert (found.outcome is Outcome.WAIVED) is covered
    if scope == {"cluster": "OTHER"}:
        assert states == []  # nothing to say about it here


def test_a_node_in_the_scope_leaves_what_is_about_the_cluster(rules: Pack) -> None:
    (found,), _ = held([result(node=None)], [waiver(node="VCNODE2")], rules)
    assert found.outcome is Outcome.FAIL


@pytest.mark.parametrize(
    ("taken", "state"),
    [
        ("2027-03-31T23:59:59Z", "applied"),
        ("2027-03-31T23:59:59.999999Z", "applied"),
        ("2027-04-01T00:00:00Z", "expired"),
        ("2027-04-01T01:59:59+02:00", "applied"),
        ("2027-04-01T02:00:00+02:00", "expired"),
        ("2027-03-31T19:00:00-05:00", "expired"),
        ("2026-11-01T00:00:00Z", "applied"),
        ("2026-10-31T23:59:59Z", "not started"),
        ("2026-11-01T01:00:00+02:00", "not started"),
        ("2027-03-31T23:59:59", "invalid"),
        ("yesterday", "invalid"),
        ("", "invalid"),
        ("0001-01-01T00:00:00+14:00", "invalid"),
    ],
)
def test_the_day_is_that_of_the_snapshot_in_utc(rules: Pack, taken: str, state: str) -> None:
    (found,), (told,) = held([result()], [waiver()], rules, taken)
    assert told.state == state
    assert (found.outcome is Outcome.WAIVED) is (state == "applied")
    if state != "applied":
        assert told.sentence.startswith("waiver W-1 did not apply: ")
        assert found == result()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"justification": " "}, "no reason is given"),
        ({"ticket": ""}, "no ticket is named"),
        ({"requested_by": ""}, "nobody is named as having asked"),
        ({"approved_by": "TBD"}, "nobody approved it"),
        ({"approved_by": "roe@corp.example"}, "it takes two persons"),
        ({"expected": None}, "nothing is pinned"),
        ({"created": None}, "created"),
        ({"starts": date(2026, 10, 31)}, "before it was created (2026-11-01)"),
        ({"expires": date(2027, 11, 2)}, "it would live for 366 days, and at most 365 are allowed"),
    ],
)
def test_what_keeps_a_waiver_from_applying(rules: Pack, changes: dict[str, Any], says: str) -> None:
    (found,), (state,) = held([result()], [waiver(**changes)], rules)
    assert found.outcome is Outcome.FAIL
    assert state.state == "invalid"
    assert says in state.detail


@pytest.mark.parametrize(
    ("days", "most", "lives"), [(365, 365, True), (366, 365, False), (366, 366, True), (8, 7, False)]
)
def test_a_life_has_an_end(rules: Pack, days: int, most: int, lives: bool) -> None:
    long = waiver(expires=date(2026, 11, 1) + timedelta(days=days))
    assert (not list(objections(long, most))) is lives
    taken = "2026-11-02T00:00:00Z"
    (found,), _ = held([result()], [long], rules, taken, most)
    assert (found.outcome is Outcome.WAIVED) is lives


def test_all_objections_at_once() -> None:
    bare = Waiver(id="W-1", rule=OFF, expires=date(2027, 1, 1))
    assert [key for key, _ in objections(bare)] == [
        "justification", "ticket", "requested_by", "approved_by", "expected", "created",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("jdoe", " JDoe ", True),
        ("CORP\\jdoe", "jdoe@corp.example", True),
        ("CORP\\jdoe", "LAB\\jdoe", True),
        ("Jane Doe", "Doe, Jane", True),
        ("Jane Doe <jdoe@corp.example>", "CORP\\jdoe", True),
        ("jane.doe@corp.example", "Jane Doe", True),
        ("Jürgen Müller", "jurgen muller", True),
        ("jd\u200boe", "jdoe", True),
        ("ｊｄｏｅ", "jdoe", True),
        ("jdoe", "asmith", False),
        ("CORP\\jdoe", "CORP\\asmith", False),
        ("Jane Doe", "John Doe", False),
        ("", "", False),
        ("tbd", "TBD", False),
    ],
)
def test_two_names_of_one_person(one: str, other: str, same: bool) -> None:
    assert same_person(one, other) is same
    assert same_person(other, one) is same


@pytest.mark.parametrize("name", ["", "  ", "TODO", "n/a", "nobody", "?", "-", "\u200b", "@corp.example", "CORP\\"])
def test_nobody(name: str) -> None:
    assert not is_person(name)


def test_a_changed_value_is_a_failure_again(rules: Pack) -> None:
    (found,), (state,) = held([result(observed="worse")], [waiver()], rules)
    assert found.outcome is Outcome.FAIL
    assert state.state == "value changed"
    assert state.detail == f"{OFF}, VC IP on VCNODE2: `seen` was granted, `worse` is seen now"


def test_a_wide_waiver_covers_what_it_pins_and_names_the_rest(rules: Pack) -> None:
    seen = [result(), result(subject="VC Name", anchor="b", observed="worse"), result(subject="VC Web", anchor="c")]
    found, (state,) = held(seen, [waiver()], rules)
    assert [item.outcome.value for item in found] == ["waived", "fail", "waived"]
    assert (state.state, state.results) == ("applied", ("a", "c"))
    assert "not covered: VC-A-001, VC Name on VCNODE2" in state.sentence


def test_without_an_observed_value_the_sentence_is_pinned(rules: Pack) -> None:
    (found,), _ = held([result(observed=None)], [waiver(expected="m")], rules)
    assert found.outcome is Outcome.WAIVED
    (found,), _ = held([result(observed=None, message="another")], [waiver(expected="m")], rules)
    assert found.outcome is Outcome.FAIL


@pytest.mark.parametrize("value", ["a\nb", " a", "x" * 201, "\x00", "\ud800"])
def test_long_and_unprintable_values_are_pinned_by_their_hash(value: str) -> None:
    pin = pinned(value)
    assert pin is not None
    assert pin.startswith("sha256:")
    assert same_value(pin, value)
    assert not same_value(pin, value + " ")


def test_plain_values_are_pinned_as_they_are() -> None:
    assert pinned("disabled") == "disabled"
    assert pinned(None) is None
    assert same_value("disabled\n", "disabled")
    assert not same_value("disabled", "disabled ")
    assert not same_value(None, "")


DIFFERENT = differences(a="1>2", b=">3")


@pytest.mark.parametrize(
    ("expected", "state", "says"),
    [
        (pins(a="1>2", b=">3"), "applied", ""),
        (pins(a="1>2", b=">3", c="4>5"), "applied", ""),
        ((Pin(path="a", reference="1", deviating="2"), Pin(path="b", deviating="3")), "applied", ""),
        (pins(a="1>2"), "value changed", "also differs in b"),
        (pins(a="1>2", b=">4"), "value changed", "also differs in b"),
        (pins(a="1>2", b="0>3"), "value changed", "also differs in b"),
        (pins(a="2>1", b=">3"), "value changed", "also differs in a"),
        ("differs in a, b", "value changed", "a text is pinned"),
    ],
)
def test_differences_are_pinned_one_by_one(rules: Pack, expected: Any, state: str, says: str) -> None:
    failed = result(rule=SSL, observed="differs in a, b", differences=DIFFERENT)
    (found,), (told,) = held([failed], [waiver(rule=SSL, expected=expected)], rules)
    assert told.state == state
    assert says in told.detail
    assert (found.outcome is Outcome.WAIVED) is (state == "applied")
    if says == "also differs in b" and len(expected) == 1:
        assert found.evidence == ("waived: a (W-1 until 2027-03-31)",)


def test_two_waivers_and_an_exception_together(rules: Pack) -> None:
    failed = result(rule=SSL, differences=differences(a="1>2", b=">3", c="5>"))
    early = waiver(id="W-1", rule=SSL, expected=pins(a="1>2"), expires=date(2026, 12, 31))
    late = waiver(id="W-2", rule=SSL, expected=pins(b=">3"))
    accepted = (AcceptedException(rule=SSL, subject="C", reason="by design"),)
    (found,), states = held([failed], [early, late], rules, exceptions=accepted)
    assert found.waiver is not None
    assert (found.waiver.id, found.waiver.together_with) == ("W-1", ("W-2",))  # it ends with the first
    assert [state.state for state in states] == ["applied", "applied"]
    (found,), _ = held([failed], [early], rules, exceptions=accepted)
    assert found.outcome is Outcome.FAIL
    assert found.evidence == ("waived: a (W-1 until 2026-12-31)", "accepted: c (by design)")


def test_of_two_that_cover_the_same_the_last_to_end_is_named(rules: Pack) -> None:
    pair = [waiver(id="W-1", expires=date(2026, 12, 31)), waiver(id="W-2")]
    (found,), states = held([result()], pair, rules)
    assert found.waiver is not None
    assert (found.waiver.id, found.waiver.together_with) == ("W-2", ("W-1",))
    assert [state.state for state in states] == ["applied", "applied"]


def test_more_differences_than_are_listed_cannot_be_waived(rules: Pack) -> None:
    more = Difference(path="(and 7 more differences, not listed)", change="changed", reference=None, deviating=None)
    failed = result(rule=SSL, differences=(*differences(a="1>2"), more))
    expected = (*pins(a="1>2"), Pin(path=more.path, change="changed"))
    (found,), _ = held([failed], [waiver(rule=SSL, expected=expected)], rules)
    assert found.outcome is Outcome.FAIL


@pytest.mark.parametrize(
    ("results", "changes", "state", "says"),
    [
        ([], {}, "matched nothing", "nothing that VC-A-001 judges is in its scope"),
        ([result(outcome=Outcome.PASS)], {}, "matched nothing", "does not fail any more: remove it"),
        ([result()], {"node": "VCNODE3"}, "matched nothing", "no node VCNODE3 (did you mean VCNODE2?)"),
        ([result()], {"subject": "VC PI"}, "matched nothing", "no subject VC PI (did you mean VC IP?)"),
        ([result(outcome=Outcome.UNKNOWN)], {}, "undecided", "could not be judged: VC-A-001, VC IP on VCNODE2"),
        ([result(outcome=Outcome.NOT_ASKED)], {}, "undecided", "could not be judged"),
        ([result()], {"rule": "VC-A-01"}, "invalid", "no rule VC-A-01 in demo (did you mean VC-A-001?)"),
    ],
)
def test_what_matches_nothing_says_why(
    rules: Pack, results: list[Result], changes: dict[str, str], state: str, says: str
) -> None:
    found, (told,) = held(results, [waiver(**changes)], rules)
    assert found == results
    assert told.state == state
    assert says in told.detail


def test_a_rule_of_a_pack_that_is_not_there_is_not_judged(rules: Pack) -> None:
    _, (state,) = held([result()], [waiver(rule="rec-x-001")], rules)
    assert (state.state, state.detail) == ("not judged", "rec-x-001 is in none of the packs of this run (demo)")
    off = replace(rules, rules=(), switched_off=rules.rules)
    _, (state,) = held([], [waiver()], off)
    assert (state.state, state.detail) == ("not judged", f"{OFF} is switched off")


def test_what_the_inventory_accepts_needs_no_waiver(rules: Pack) -> None:
    accepted = (AcceptedException(rule=OFF, reason="by design"),)
    (found,), (state,) = held([result()], [waiver(expires=date(2026, 11, 21))], rules, exceptions=accepted)
    assert (found.outcome, found.reason, found.waiver) == (Outcome.WAIVED, "by design", None)
    assert state.state == "expired"


def judged(snapshot: Snapshot, rules: Pack, *waivers: Waiver) -> AuditResults:
    files = [WaiverFile(waivers=waivers, file="w.yaml", sha256="ab", run_as="u (uid 1)")] if waivers else []
    return evaluate(snapshot, rules, files)


def test_a_waived_failure_leaves_exit_code_and_score_and_still_blocks(rules: Pack) -> None:
    plain = judged(healthy(), rules)
    found = judged(healthy(), rules, waiver(expected="VCNODE1"))
    cluster, before = found.clusters[0], plain.clusters[0]
    assert (exit_code(plain), exit_code(found), exit_code(found, strict=True)) == (2, 0, 0)
    assert (cluster.verdict.exit_code, cluster.verdict.answer, before.verdict.answer) == (0, "no", "no")
    assert "(waived until 2027-03-31: W-1)" in cluster.verdict.sentence
    assert [cell.state for cell in cluster.readiness] == [cell.state for cell in before.readiness]
    assert [cell.note for cell in cluster.readiness if cell.role == "vpxd"] == ["waived (W-1)", "waived (W-1)"]
    assert cluster.compliance.without_waivers == before.compliance.upper < cluster.compliance.upper
    record = cluster.provenance
    assert [(each.file, each.sha256, each.waivers) for each in record.waiver_files] == [("w.yaml", "ab", 1)]
    assert record.run_as == "u (uid 1)"
    assert plain.clusters[0].provenance.run_as == ""
    assert plain.clusters[0].waivers == ()


def test_results_of_several_clusters_keep_their_anchors(rules: Pack) -> None:
    one = judged(healthy(), rules, waiver(expected="VCNODE1"))
    other = judged(change(healthy(), "cluster", "OTHER"), rules, waiver(expected="VCNODE1"))
    merged = merge([one, other])
    anchors = {each.anchor for each in merged.results if each.waiver is not None}
    assert len(anchors) == 2
    assert {anchor for cluster in merged.clusters for state in cluster.waivers for anchor in state.results} == anchors


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"expires": date(2026, 11, 21)}, 1), ({"subject": "x"}, 1), ({"approved_by": ""}, 1),
     ({"starts": date(2026, 12, 1)}, 0)],
)  # fmt: skip
def test_strict_warns_of_a_waiver_that_should_be_looked_after(
    tmp_path: Path, changes: dict[str, Any], code: int
) -> None:
    fine = pack(tmp_path / "fine", cluster_rule(id=OFF))
    found = judged(healthy(), fine, waiver(**changes))
    assert exit_code(found) == 0
    assert exit_code(found, strict=True) == code


TEXT = st.sampled_from(["seen", "worse", "SEEN", ""])
RULES = st.sampled_from([OFF, SSL, OFF.lower()])
NODES = st.sampled_from([None, "VCNODE1", "VCNODE2"])
SUBJECTS = st.sampled_from(["VC IP", "VC Name"])
SOME = st.dictionaries(st.sampled_from("abc"), st.sampled_from(["1>2", "1>3", ">2", "1>"]), max_size=3)
RESULTS = st.builds(
    lambda found, **fields: result(differences=differences(**found), **fields),
    SOME, rule=st.sampled_from([OFF, SSL]), node=NODES, subject=SUBJECTS, observed=TEXT,
    outcome=st.sampled_from(list(Outcome)),
)  # fmt: skip
WAIVERS = st.builds(
    waiver, rule=RULES, node=NODES, subject=st.none() | SUBJECTS, cluster=st.sampled_from([None, "CORP-VC", "X"]),
    expected=st.none() | TEXT | SOME.map(lambda found: pins(**found)),
    expires=st.dates(date(2026, 11, 1), date(2028, 1, 1)),
    starts=st.none() | st.dates(date(2026, 10, 1), date(2026, 11, 25)), approved_by=st.sampled_from(["doe", "roe", ""]),
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(RESULTS, max_size=6), st.lists(WAIVERS, max_size=4))
def test_a_waiver_turns_only_the_failures_it_pins_into_waived_ones(
    results: list[Result], waivers: list[Waiver]
) -> None:
    numbered = [msgspec.structs.replace(each, anchor=str(number)) for number, each in enumerate(results)]
    named = [msgspec.structs.replace(each, id=f"W-{number}") for number, each in enumerate(waivers)]
    found, states = held(numbered, named, demo())
    assert len(found) == len(numbered)
    day = day_of(TAKEN)
    assert day is not None
    for before, after in zip(numbered, found, strict=True):
        good = [
            each for each in named
            if each.covers(before) and each.concerns("CORP-VC") and not list(objections(each))
            and (each.starts or date(2026, 11, 1)) <= day <= each.expires
        ]  # fmt: skip
        if before.differences:
            all_pins = [pin for each in good if isinstance(each.expected, tuple) for pin in each.expected]
            covered = all(any(pin.holds(one) for pin in all_pins) for one in before.differences)
        else:
            covered = any(each.expected == before.observed for each in good)
        if before.outcome is Outcome.FAIL and covered:
            assert after.outcome is Outcome.WAIVED
            assert after.waiver is not None
            assert after.waiver.id in [each.id for each in good]
        else:
            assert msgspec.structs.replace(after, evidence=before.evidence) == before
    for state in states:
        applied = {each.anchor for each in found if each.waiver and state.waiver.id in
                   (each.waiver.id, *each.waiver.together_with)}  # fmt: skip
        assert set(state.results) == applied
        assert (state.state == "applied") is bool(applied)


def test_a_second_waiver_of_one_difference_is_told_which_one_covers_it(rules: Pack) -> None:
    failed = result(rule=SSL, observed="differs", differences=differences(a="1>2"))
    twice = [waiver(id=name, rule=SSL, expected=pins(a="1>2")) for name in ("W-2", "W-3")]
    (found,), (first, second) = held([failed], twice, rules)
    assert found.outcome is Outcome.WAIVED
    assert first.state == "applied"
    assert (second.state, second.detail) == (
        "matched nothing", f"{SSL}, VC IP on VCNODE2: W-2 covers it already: remove one of them")  # fmt: skip


@pytest.mark.parametrize(
    ("node", "said"),
    [
        ("vcnode2", f"{SSL}, VC IP does not fail any more: remove it"),
        ("VCNODE9", f"{SSL} judges no node VCNODE9"),
    ],
)
def test_nodes_that_agree_again_are_judged_as_a_whole(rules: Pack, node: str, said: str) -> None:
    passed = result(rule=SSL, node=None, outcome=Outcome.PASS)
    _, (state,) = held([passed], [waiver(rule=SSL, node=node, expected=pins(a="1>2"))], rules)
    assert (state.state, state.detail) == ("matched nothing", said)
