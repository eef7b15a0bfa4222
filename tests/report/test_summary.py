"""Words and orders that all formats share."""

from __future__ import annotations

import msgspec
import pytest

from vcaudit.report import summary, waivers
from vcaudit.report.chapter import chapters
from vcaudit.results import Compliance

from . import samples


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


def test_compliance_without_waivers_is_a_range_as_well() -> None:
    cluster = samples.broken().clusters[0]
    assert waivers.without(cluster) == "69–74 % without waivers"
    told = msgspec.structs.replace(cluster.compliance, lower_without_waivers=0.74)
    assert waivers.without(msgspec.structs.replace(cluster, compliance=told)) == "74 % without waivers"
    older = msgspec.structs.replace(cluster.compliance, lower_without_waivers=None)
    assert waivers.without(msgspec.structs.replace(cluster, compliance=older)) == "74 % without waivers"
    assert waivers.without(samples.healthy().clusters[0]) == ""


def test_counts_name_what_there_is() -> None:
    assert summary.counts(samples.healthy().clusters[0]) == ("0 failed", "2 not asked", "83 passed")
    assert summary.counts(samples.broken().clusters[0])[:2] == (
        "9 failed (4 critical, 2 high, 2 medium, 1 low)",
        "1 unknown",
    )


def test_headline_answers_first() -> None:
    assert summary.headline(samples.broken()) == "No: CORP-VC"
    assert summary.headline(samples.two_clusters()) == "1 of 2 clusters would take over"


def test_places_say_subject_and_node_once() -> None:
    found = {finding.first.rule: finding for finding in chapters(samples.broken())[0].passed}
    assert summary.places(found["VC-HOST-001"].results) == "VCNODE1, VCNODE2"
    assert summary.places(found["VC-RES-002"].results) == (
        "VC IP, VC Name, VC Server, VC Web Access on VCNODE1, VCNODE2; VC License on VCNODE1"
    )
    assert summary.seen(found["VC-RES-001"].results) == (("VC IP, VC Name, VC Web Access", "own monitor"),)


@pytest.mark.parametrize(
    ("places", "said"),
    [
        ([("vpxd on VCNODE1", "VCNODE1"), ("vpxd on VCNODE2", "VCNODE2")], "vpxd on VCNODE1, VCNODE2"),
        ([("SSL files of VCNODE1", "VCNODE1")], "SSL files of VCNODE1"),
        ([("vpxd on A", "A"), ("web on A", "A")], "vpxd, web on A"),
        ([("vpxd on A", "A"), ("keys of A", "A")], "vpxd on A; keys of A"),
        ([("A", "A"), ("VC IP", None)], "A; VC IP"),
        ([("on A", "A")], "on A on A"),
    ],
)
def test_a_node_in_the_subject_is_gathered_with_the_others(places: list[tuple[str, str | None]], said: str) -> None:
    one = samples.healthy().results[0]
    assert (
        summary.places([msgspec.structs.replace(one, subject=subject, node=node) for subject, node in places]) == said
    )


def test_things_that_count_as_the_same_and_read_otherwise_are_both_shown() -> None:
    row = samples.comparison().rows[0]
    assert summary.alike(row)
    assert not summary.alike(msgspec.structs.replace(row, cells=("Running, Manual", "Stopped, Manual")))
    assert not summary.alike(msgspec.structs.replace(row, same=None))


def test_what_differs_stands_first_then_what_is_not_known() -> None:
    rows = samples.comparison({"rui.crt": "other"}).rows
    mixed = msgspec.structs.replace(
        samples.comparison(), rows=(*rows, msgspec.structs.replace(rows[0], thing="unread", same=None))
    )
    assert [row.thing for row in summary.ordered(mixed)][:3] == ["rui.crt", "unread", "License files"]
