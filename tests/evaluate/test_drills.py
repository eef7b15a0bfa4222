"""Drills joined with groups and nodes: both directions, each group, in time, with every step; and what is not asked."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tests.evaluate import build
from tests.evaluate.build import EVERY_NODE, GONE, NODES, change, group
from tests.inprocess import pack
from vcaudit.evaluate import evaluate
from vcaudit.evaluate.view import build_view
from vcaudit.results import Outcome, Result
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.drills import Checks, Drill, Recorded, StepResult
from vcaudit.snapshot.facts import ClusterNode
from vcaudit.snapshot.model import Snapshot


def healthy() -> Snapshot:
    """Without the drills that it comes with."""
    return change(build.healthy(), "declared.drills", ())  # type: ignore[no-any-return]


def separate_license_group() -> Snapshot:
    return change(build.separate_license_group(), "declared.drills", ())  # type: ignore[no-any-return]


STEP = StepResult(result="pass", how="operator", by="J. Doe")
ALL: tuple[Any, ...] = ("esx_host_connected", "web_client", "license_server_up", "standalone_host_licensed")
RULES = ("VC-DRL-001", "VC-DRL-002", "VC-DRL-003")


def drill(target: str, source: str = "", **more: Any) -> Recorded:
    plain: dict[str, Any] = {
        "cluster": "CORP-VC", "group": "VC Group", "source": source or next(n for n in NODES if n != target),
        "target": target, "started": "2026-10-01T20:00:00Z", "resources_online": "2026-10-01T20:00:40Z",
        "address_answered": "2026-10-01T20:02:30Z", "checks": Checks(**dict.fromkeys(ALL, STEP)), "operator": "J. Doe",
    }  # fmt: skip
    return Recorded(file=f"drills/{target}.json", sha256=repr((target, source, more)), drill=Drill(**{**plain, **more}))


BOTH = (drill("VCNODE1"), drill("VCNODE2"))


def results(drills: Any, rule: str, snapshot: Snapshot | None = None) -> list[Result]:
    return [each for each in evaluate(snapshot or healthy(), pack(), drills=drills).results if each.rule == rule]


def outcomes(drills: Any, rule: str, snapshot: Snapshot | None = None) -> set[tuple[str, str | None]]:
    return {(each.outcome.value, each.node) for each in results(drills, rule, snapshot)}


def aged(days: int, snapshot: Snapshot | None = None) -> Snapshot:
    return change(snapshot or healthy(), "declared.drill_max_age", days)  # type: ignore[no-any-return]


@pytest.mark.parametrize("rule", RULES)
def test_no_drill_is_not_asked_and_says_how_to_give_one(rule: str) -> None:
    [found] = results((), rule)
    assert found.outcome is Outcome.NOT_ASKED
    assert "docs/drills.md" in str(found.detail)


def test_no_drill_fails_where_the_owner_asks_for_drills() -> None:
    assert outcomes((), "VC-DRL-001", aged(365)) == {("fail", "VCNODE1"), ("fail", "VCNODE2")}
    assert outcomes((), "VC-DRL-002", aged(365)) == {("not_applicable", "VCNODE1"), ("not_applicable", "VCNODE2")}


def test_the_records_of_the_inventory_are_in_the_snapshot() -> None:
    kept = change(healthy(), "declared.drills", BOTH)
    assert outcomes((), "VC-DRL-001", kept) == {("pass", "VCNODE1"), ("pass", "VCNODE2")}
    assert len(results(BOTH, "VC-DRL-004", kept)) == 2, "the same record given once more is the same record"
    half = change(healthy(), "declared.drills", BOTH[:1])
    assert outcomes(BOTH[1:], "VC-DRL-001", half) == {("pass", "VCNODE1"), ("pass", "VCNODE2")}
    assert any("drills/VCNODE1.json" in line for line in evaluate(kept, pack()).clusters[0].provenance.declared)


@pytest.mark.parametrize("rule", RULES)
def test_both_directions_in_time_with_every_step_pass(rule: str) -> None:
    assert outcomes(BOTH, rule) == {("pass", "VCNODE1"), ("pass", "VCNODE2")}


def test_one_direction_is_not_both() -> None:
    assert outcomes(BOTH[:1], "VC-DRL-001") == {("pass", "VCNODE1"), ("fail", "VCNODE2")}


def test_names_ignore_case_as_windows_does() -> None:
    drills = [drill("vcnode1", "vcnode2", group="vc group"), drill("vcnode2", "VCNODE1", group="VC GROUP")]
    assert outcomes(drills, "VC-DRL-001") == {("pass", "VCNODE1"), ("pass", "VCNODE2")}


@pytest.mark.parametrize(("days", "outcome"), [(52, "pass"), (51, "pass"), (50, "fail")])
def test_age_counts_in_full_days_up_to_the_snapshot(days: int, outcome: str) -> None:
    # 2026-10-01 20:00 to 2026-11-22 09:14: 51 days and 13 hours.
    assert {each for each, _ in outcomes(BOTH, "VC-DRL-001", aged(days))} == {outcome}


def test_the_newest_record_counts_also_when_an_older_one_was_better() -> None:
    never: dict[str, Any] = {"resources_online": None, "address_answered": None, "checks": Checks()}
    worse = drill("VCNODE2", started="2026-11-01T20:00:00Z", **never)
    for drills in ((*BOTH, worse), (worse, *BOTH)):
        assert ("fail", "VCNODE2") in outcomes(drills, "VC-DRL-002")
        assert ("fail", "VCNODE2") in outcomes(drills, "VC-DRL-003")


def test_a_record_from_after_the_snapshot_does_not_count() -> None:
    later = drill("VCNODE2", started="2026-11-23T00:00:00Z")
    assert outcomes((BOTH[0], later), "VC-DRL-001") == {("pass", "VCNODE1"), ("fail", "VCNODE2")}
    assert any("after the snapshot" in str(each.observed) for each in results((BOTH[0], later), "VC-DRL-004"))


@pytest.mark.parametrize(
    ("answered", "outcome", "observed"),
    [
        ("2026-10-01T20:02:40Z", "pass", "120 s"), ("2026-10-01T20:03:40Z", "pass", "180 s"),
        ("2026-10-01T20:03:41Z", "fail", "181 s"), ("2026-10-01T20:00:30Z", "pass", "0 s"),
        (None, "fail", "no answer recorded"),
    ],
)  # fmt: skip
def test_the_seconds_from_online_to_the_answer(answered: str | None, outcome: str, observed: str) -> None:
    [found] = [r for r in results((BOTH[0], drill("VCNODE2", address_answered=answered)), "VC-DRL-002")
               if r.node == "VCNODE2"]  # fmt: skip
    assert (found.outcome.value, found.observed) == (outcome, observed)


def test_the_owner_may_allow_less_or_more_time() -> None:
    from vcaudit.snapshot.model import Param

    strict = change(healthy(), "declared.params", (Param(rule="VC-DRL-002", name="seconds", value=100),))
    assert {each for each, _ in outcomes(BOTH, "VC-DRL-002", strict)} == {"fail"}


@pytest.mark.parametrize("step", ALL)
def test_a_step_that_failed_or_is_not_written_down_fails(step: str) -> None:
    bad = msgspec.structs.replace(STEP, result="fail", note="esx01 is disconnected")
    failed = drill("VCNODE2", checks=Checks(**{**dict.fromkeys(ALL, STEP), step: bad}))
    [found] = [r for r in results((BOTH[0], failed), "VC-DRL-003") if r.outcome is Outcome.FAIL]
    assert found.observed == "fail (operator J. Doe: esx01 is disconnected)"
    silent = drill("VCNODE2", checks=Checks(**{name: STEP for name in ALL if name != step}))
    [found] = [r for r in results((BOTH[0], silent), "VC-DRL-003") if r.outcome is Outcome.FAIL]
    assert found.observed == "not recorded"


def test_with_a_license_group_both_groups_are_tried_each_with_its_own_steps() -> None:
    apart = separate_license_group()
    vc = [drill(node, checks=Checks(esx_host_connected=STEP, web_client=STEP)) for node in NODES]
    assert {(r.outcome.value, r.subject) for r in results(vc, "VC-DRL-001", apart)} == {
        ("pass", "VC Group to VCNODE1"), ("pass", "VC Group to VCNODE2"),
        ("fail", "LS Group to VCNODE1"), ("fail", "LS Group to VCNODE2"),
    }  # fmt: skip
    steps = Checks(license_server_up=STEP, standalone_host_licensed=STEP)
    ls = [drill(node, group="LS Group", checks=steps, address_answered=None) for node in NODES]
    for rule in RULES:
        assert {each for each, _ in outcomes([*vc, *ls], rule, apart)} == {"pass"}, rule
    assert len(results([*vc, *ls], "VC-DRL-003", apart)) == 8
    assert len(results([*vc, *ls], "VC-DRL-002", apart)) == 2, "the 120 seconds are VirtualCenter's"


def test_with_three_nodes_each_has_to_take_over_from_whichever() -> None:
    three = change(healthy(), EVERY_NODE + "nodes", lambda nodes: (*nodes, ClusterNode(name="VCNODE3", state="up")))
    assert outcomes(BOTH, "VC-DRL-001", three) == {("pass", "VCNODE1"), ("pass", "VCNODE2"), ("fail", "VCNODE3")}
    assert {each for each, _ in outcomes((*BOTH, drill("VCNODE3")), "VC-DRL-001", three)} == {"pass"}


def test_records_of_another_cluster_are_left_to_it() -> None:
    [found] = results([drill("VCNODE1", cluster="OTHER")], "VC-DRL-001")
    assert found.outcome is Outcome.NOT_ASKED
    assert build_view(healthy(), BOTH).drills[0].counts is True


@pytest.mark.parametrize(
    ("change_of", "why"),
    [({"group": "Group 0"}, "no VirtualCenter group"), ({"source": "VCNODE9"}, "VCNODE9 is no node")],
)  # fmt: skip
def test_a_record_that_does_not_count_is_shown_with_the_reason(change_of: dict[str, str], why: str) -> None:
    found = [str(each.observed) for each in results((*BOTH, drill("VCNODE2", **change_of)), "VC-DRL-004")]
    assert sum(why in text for text in found) == 1
    assert sum(text == "by J. Doe" for text in found) == 2


def test_names_are_said_to_be_asserted() -> None:
    for rule in ("VC-DRL-001", "VC-DRL-003", "VC-DRL-004"):
        for found in results(BOTH, rule):
            assert any("asserted, not verified" in line for line in found.evidence), rule


# What could not be looked at


def test_without_the_groups_drills_are_unknown_and_no_failure() -> None:
    blind = change(healthy(), "nodes.*.cluster", GONE)
    assert {each for each, _ in outcomes(BOTH, "VC-DRL-001", blind)} == {"unknown"}
    # Who gave none is told what to give, whatever else is known.
    assert {each for each, _ in outcomes((), "VC-DRL-001", blind)} == {"not_asked"}
    [found] = build_view(blind, BOTH[:1]).drills
    assert isinstance(found.counts, Missing)


def test_a_node_whose_names_are_not_all_known_could_be_the_one_that_is_meant() -> None:
    # The inventory calls it otherwise; its computer name and the members are not known.
    other = change(healthy(), "nodes.VCNODE2.name", "standby")
    other = change(change(other, "nodes.standby.host", GONE), EVERY_NODE + "nodes", GONE)
    assert {(each, node) for each, node in outcomes(BOTH, "VC-DRL-001", other) if each != "pass"} == {
        ("unknown", "standby"),
    }  # fmt: skip


def test_a_group_that_was_moved_since_is_still_the_same_group() -> None:
    moved = change(healthy(), EVERY_NODE + "groups", (group("Cluster Group"), group("VC Group", "VCNODE2")))
    assert outcomes(BOTH, "VC-DRL-001", moved) == {("pass", "VCNODE1"), ("pass", "VCNODE2")}
