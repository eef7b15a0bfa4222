"""Results in the order a reader needs them."""

from __future__ import annotations

from typing import get_args

import msgspec

from vcaudit.report import chapter as module
from vcaudit.results import AuditResults, Cell, Readiness
from vcaudit.snapshot.base import Reason

from . import samples


def chapter(results: AuditResults) -> module.Chapter:
    (only,) = module.chapters(results)
    return only


def test_every_result_is_in_exactly_one_group() -> None:
    found = chapter(samples.broken())
    groups = (
        found.findings,
        found.notes,
        found.waived,
        found.passed,
        found.not_applicable,
        tuple(finding for _, findings in found.not_asked for finding in findings),
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
    assert set(module.REASONS) == set(get_args(Reason))
    assert all(words and (mend or reason == "not_asked") for reason, (words, mend) in module.REASONS.items())


def test_a_reason_nobody_knows_is_said_as_it_is() -> None:
    assert module.Gap(None, "on_fire", "", ()).sentence == "on fire"
    assert module.Gap(None, "", "", ()).sentence == "the reason was not recorded"
    assert module.Gap(None, "on_fire", "", ()).mend == ""


def test_a_detail_that_begins_with_the_reason_is_said_once() -> None:
    told = module.Gap("N", "timeout", "it took longer than allowed (N: 5 s).", ())
    assert (told.sentence, told.said) == ("it took longer than allowed (N: 5 s)", "")
    other = module.Gap("N", "timeout", "DNS gave no answer", ())
    assert (other.sentence, other.said) == ("it took longer than allowed", "DNS gave no answer")


def test_one_cause_is_one_gap_even_when_it_leaves_things_about_other_nodes_open() -> None:
    one = samples.unreachable()
    wide = tuple(
        msgspec.structs.replace(result, node="VCNODE1") if result.rule == "VC-ADR-001" else result
        for result in one.results
    )
    (gap,) = chapter(msgspec.structs.replace(one, results=wide)).gaps
    assert gap.node is None
    silent = tuple(msgspec.structs.replace(result, detail=None) for result in wide)
    assert [gap.node for gap in chapter(msgspec.structs.replace(one, results=silent)).gaps] == ["VCNODE2", "VCNODE1"]


def test_anchors_are_kept_and_doubled_ones_are_numbered() -> None:
    one = samples.healthy()
    twice = tuple(msgspec.structs.replace(result) for result in one.results)
    found = chapter(msgspec.structs.replace(one, results=one.results + twice))
    ids = list(found.ids.values())
    assert len(ids) == len(set(ids)) == 2 * len(one.results)
    assert found.id_of(found.results[0]) == one.results[0].anchor
    assert found.id_of(found.results[len(one.results)]) == f"{one.results[0].anchor}-2"


def test_several_clusters_have_anchors_of_their_own() -> None:
    first, second = module.chapters(samples.two_clusters())
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
    ((_, blocker),) = found.blockers(cell)
    assert blocker.anchor == "VC-DATA-003.VCNODE2.VCNODE2"


def test_a_cell_nobody_gave_is_unknown() -> None:
    one = samples.healthy()
    fewer = msgspec.structs.replace(one.clusters[0], readiness=one.clusters[0].readiness[:-1])
    role, cells = chapter(msgspec.structs.replace(one, clusters=(fewer,))).matrix[-1]
    assert role == "license"
    assert [cell.state for cell in cells] == [Readiness.GO, Readiness.UNKNOWN]


def test_of_several_places_the_first_is_named() -> None:
    (several,) = [finding for finding in chapter(samples.broken()).findings if len(finding.results) > 1]
    assert several.headline == "VC Server shares its Resource Monitor with VC License, and 1 more"
    assert several.shared("impact") == "When one of them hangs, the monitor takes both down."
    assert several.shared("message") is None
