"""Words and orders that all formats share."""

from __future__ import annotations

from typing import get_args

import msgspec
import pytest

from vcaudit.report import summary
from vcaudit.results import Cell, Compliance, Outcome, Readiness
from vcaudit.snapshot.base import Reason

from . import samples


def chapter(results) -> summary.Chapter:
    (only,) = summary.chapters(results)
    return only


@pytest.mark.parametrize(
    ("lower", "upper", "applicable", "said"),
    [
        (0.71, 0.77, 35, "71–77 %"),
        (1.0, 1.0, 35, "100 %"),
        (0.999, 0.9999, 35, "99 %"),
        (0.29, 0.29, 100, "29 %"),
        (0.0, 1.0, 3, "0–100 %"),
        (0.0, 0.0, 0, "not computed, nothing applies"),
    ],
)
def test_compliance_never_reads_as_more_than_it_is(lower: float, upper: float, applicable: int, said: str) -> None:
    value = Compliance(
        lower=lower, upper=upper, without_waivers=lower, applicable=applicable, failed=0, undecided=0
    )  # fmt: skip
    assert summary.compliance(value) == said


def test_counts_name_what_there_is() -> None:
    assert summary.counts(samples.healthy().clusters[0]) == ("0 failed", "2 not asked", "83 passed")
    assert summary.counts(samples.broken().clusters[0])[:2] == (
        "9 failed (4 critical, 2 high, 2 medium, 1 low)",
        "1 unknown",
    )


def test_headline_answers_first() -> None:
    assert summary.headline(samples.broken()) == "No: CORP-VC"
    assert summary.headline(samples.two_clusters()) == "1 of 2 clusters would take over"


def test_every_result_is_in_exactly_one_group() -> None:
    found = chapter(samples.broken())
    groups = (
        found.findings,
        found.notes,
        found.waived,
        found.passed,
        found.not_applicable,
        found.not_asked,
        found.gaps,
    )
    placed = [id(result) for group in groups for finding in group for result in finding.results]
    assert sorted(placed) == sorted(id(result) for result in found.results)


def test_info_is_shown_and_never_among_the_failed() -> None:
    found = chapter(samples.broken())
    assert [note.first.rule for note in found.notes] == ["VC-GRP-004"]
    assert "VC-GRP-004" not in {finding.first.rule for finding in found.findings}


def test_the_unknown_is_grouped_by_cause() -> None:
    (gap,) = chapter(samples.unreachable()).gaps
    assert gap.sentence == "the node could not be reached"
    assert len(gap.results) == 25
    assert len(gap.rules) == len(set(gap.rules)) < 25
    assert gap.mend


def test_every_reason_of_a_missing_fact_has_words_and_a_remedy() -> None:
    assert set(summary.REASONS) == set(get_args(Reason))
    assert all(words and (mend or reason == "not_asked") for reason, (words, mend) in summary.REASONS.items())


def test_a_reason_nobody_knows_is_said_as_it_is() -> None:
    assert summary.Gap(None, "on_fire", "", ()).sentence == "on fire"
    assert summary.Gap(None, "", "", ()).sentence == "the reason was not recorded"
    assert summary.Gap(None, "on_fire", "", ()).mend == ""


def test_anchors_are_kept_and_doubled_ones_are_numbered() -> None:
    one = samples.healthy()
    twice = tuple(msgspec.structs.replace(result) for result in one.results)
    found = chapter(msgspec.structs.replace(one, results=one.results + twice))
    ids = list(found.ids.values())
    assert len(ids) == len(set(ids)) == 2 * len(one.results)
    assert found.id_of(found.results[0]) == one.results[0].anchor
    assert found.id_of(found.results[len(one.results)]) == f"{one.results[0].anchor}-2"


def test_several_clusters_have_anchors_of_their_own() -> None:
    first, second = summary.chapters(samples.two_clusters())
    assert not set(first.ids.values()) & set(second.ids.values())
    assert first.prefix == "CORP-VC."


def test_a_result_of_a_cluster_nobody_lists_breaks_nothing() -> None:
    one = samples.healthy()
    stray = msgspec.structs.replace(one.results[0], cluster="elsewhere")
    assert len(chapter(msgspec.structs.replace(one, results=(*one.results, stray))).results) == len(one.results)


def test_what_blocks_a_cell_are_results_that_are_not_well() -> None:
    found = chapter(samples.broken())
    cell = Cell(
        role="vpxd", node="VCNODE2", state=Readiness.NO_GO,
        because=("VC-DATA-003.VCNODE2.VCNODE2", "VC-HOST-001.VCNODE1.VCNODE1", "nowhere"),
    )  # fmt: skip
    assert [result.outcome for _, result in found.blockers(cell)] == [Outcome.FAIL]


def test_a_cell_nobody_gave_is_unknown() -> None:
    one = samples.healthy()
    fewer = msgspec.structs.replace(one.clusters[0], readiness=one.clusters[0].readiness[:-1])
    role, cells = chapter(msgspec.structs.replace(one, clusters=(fewer,))).matrix[-1]
    assert role == "license"
    assert [cell.state for cell in cells] == [Readiness.GO, Readiness.UNKNOWN]


def test_places_say_subject_and_node_once() -> None:
    found = {finding.first.rule: finding for finding in chapter(samples.broken()).passed}
    assert summary.places(found["VC-HOST-001"].results) == "VCNODE1, VCNODE2"
    assert summary.places(found["VC-RES-002"].results) == (
        "VC IP, VC Name, VC Server, VC Web Access on VCNODE1, VCNODE2; VC License on VCNODE1"
    )
    assert summary.seen(found["VC-RES-001"]) == (("VC IP, VC Name, VC Web Access", "own monitor"),)


def test_what_differs_stands_first_then_what_is_not_known() -> None:
    rows = samples.comparison({"rui.crt": "other"}).rows
    mixed = msgspec.structs.replace(
        samples.comparison(), rows=(*rows, msgspec.structs.replace(rows[0], thing="unread", same=None))
    )
    assert [row.thing for row in summary.ordered(mixed)][:3] == ["rui.crt", "unread", "License files"]


def test_of_several_places_the_first_is_named() -> None:
    (several,) = [finding for finding in chapter(samples.broken()).findings if len(finding.results) > 1]
    assert several.headline == "VC Server shares its Resource Monitor with VC License, and 1 more"
    assert several.shared("impact") == "When one of them hangs, the monitor takes both down."
    assert several.shared("message") is None
