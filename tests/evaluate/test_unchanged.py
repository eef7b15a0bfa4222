"""`kind: unchanged`: what has changed since the approval fails, what cannot be told is unknown, state is no change."""

from __future__ import annotations

import random
from functools import cache
from typing import Any

import pytest

from tests.evaluate.build import EVERY_NODE, KEY, change, healthy, registry_mode
from tests.evaluate.missing import REASONS, broken_laws, places, take
from vcaudit.drift.aspects import ASPECTS
from vcaudit.drift.facts import between
from vcaudit.errors import SnapshotError
from vcaudit.evaluate import evaluate
from vcaudit.evaluate.baseline import Baseline, chosen
from vcaudit.evaluate.context import Context
from vcaudit.evaluate.engine import judge
from vcaudit.evaluate.loader import load_pack
from vcaudit.evaluate.projections import PROJECTIONS
from vcaudit.evaluate.rule import Pack
from vcaudit.evaluate.view import build_view
from vcaudit.resources import rules_dir
from vcaudit.results import Outcome, Result
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import RegistryValue
from vcaudit.snapshot.model import Snapshot

N2 = "nodes.VCNODE2."
ROOT = f"{N2}registry.native.keys.@0.values"
GAP = Missing(reason="timeout", detail="no answer", where="test")


@cache
def pack() -> Pack:
    return load_pack(rules_dir() / "drift")


def approved(snapshot: Snapshot) -> Baseline:
    return Baseline(snapshot=snapshot, file="approved.json", sha256="ab" * 32)


def judged(before: Snapshot | None, now: Snapshot) -> list[Result]:
    context = Context(now, build_view(now), pack(), approved(before) if before else None)
    results = [result for rule in pack().rules for result in judge(rule, context)]
    assert context.defects == []
    return results


def failures(before: Snapshot, now: Snapshot) -> dict[str, str]:
    """Rule → message."""
    return {one.rule: one.message for one in judged(before, now) if one.outcome is Outcome.FAIL}


def moved(snapshot: Snapshot) -> Snapshot:
    """Everything that follows when the VC Group runs on VCNODE2."""
    after = change(snapshot, EVERY_NODE + "groups.VC Group.owner", "VCNODE2")
    for service in ("vpxd", "webAccess", "VMware License Server"):
        after = change(after, f"nodes.VCNODE1.services.{service}.state", "Stopped")
        after = change(after, f"{N2}services.{service}.state", "Running")
    return change(after, EVERY_NODE + "resources.VC Server.monitor_process", 9)


def test_what_is_as_approved_passes() -> None:
    assert {one.outcome for one in judged(healthy(), healthy())} == {Outcome.PASS}


def test_without_an_approved_snapshot_it_says_how_to_give_one() -> None:
    results = judged(None, healthy())
    assert {(one.outcome, one.reason) for one in results} == {(Outcome.NOT_ASKED, "not_asked")}
    assert "--baseline" in (results[0].detail or "")


def test_where_the_group_runs_is_no_matter_of_approval() -> None:
    assert failures(healthy(), moved(healthy())) == {}
    assert {one.outcome for one in judged(healthy(), moved(healthy()))} == {Outcome.PASS}


@pytest.mark.parametrize(("path", "value", "rule", "message"), [
    (EVERY_NODE + "resources.VC Server.possible_owners", ("VCNODE1",), "001",
     "VC Server: possible owners lost VCNODE2"),
    (EVERY_NODE + "resources.VC Server.depends_on", (), "001", "VC Server: dependencies lost VC Name"),
    (EVERY_NODE + "resources.VC Server.separate_monitor", False, "001",
     "VC Server: separate Resource Monitor yes → no"),
    (EVERY_NODE + "resources.VC Server.checkpoints", (KEY,), "001", f"VC Server: registry checkpoints gained {KEY}"),
    (EVERY_NODE + "groups.VC Group.preferred_owners", ("VCNODE1",), "002",
     "group VC Group: preferred owners none → VCNODE1"),
    (EVERY_NODE + "nodes", lambda nodes: nodes[:1], "003", "member VCNODE2: gone"),
    (EVERY_NODE + "quorum_type", "Local Quorum", "004", "cluster: quorum type Disk Q:\\MSCS → Local Quorum"),
    (N2 + "software.vpxd.build", 43000, "005", "VCNODE2 vpxd.exe: build 42000 → 43000"),
    (N2 + "software.web", False, "006", "VCNODE2 software: Web access installed yes → no"),
    (N2 + "services.vpxd.start_mode", "Auto", "007", "VCNODE2 service vpxd: start mode Manual → Auto"),
    (N2 + "services.vpxd.account", "CORP\\x", "007", "VCNODE2 service vpxd: account LocalSystem → CORP\\x"),
    (N2 + "files.vpxd_cfg.settings.config/log/level.value", "trivia", "008",
     "VCNODE2 vpxd.cfg: config/log/level info → trivia"),
    (N2 + "files.ssl.files.@1.sha256", "0" * 64, "009", "VCNODE2 SSL rui.key: other content"),
    (N2 + "files.licenses.parsed.@0.licenses", (), "010", ""),
    (N2 + "files.upgrade.files.@0.sha256", "0" * 64, "011",
     "VCNODE2 upgrade file vpx-upgrade.tar.gz: other content"),
    (N2 + "registry.native.keys.@1.values.1.data", "Other", "012", "VCNODE2 registry: DB\\1 VirtualCenter → Other"),
    (N2 + "database.server", "SQL2", "013", "VCNODE2 database: server SQL1\\VC,1444 → SQL2"),
    (N2 + "accounts.groups.Administrators.members", lambda found: found[:1], "014",
     "VCNODE2 local group Administrators: members lost CORP\\Domain Admins"),
    (N2 + "accounts.users.vcadmin.disabled", True, "015", "VCNODE2 local user vcadmin: disabled no → yes"),
    ("permissions", lambda found: found[1:], "016",
     "role holders: lost Administrators as Administrator on Datacenters"),
    (N2 + "host.service_pack", 1, "017", "VCNODE2 machine: service pack 2 → 1"),
])  # fmt: skip
def test_a_change_fails_its_rule_and_no_other(path: str, value: Any, rule: str, message: str) -> None:
    now = change(healthy(), path, value)
    found = failures(healthy(), now)
    assert list(found) == [f"VC-DRIFT-{rule}"]
    assert message in found[f"VC-DRIFT-{rule}"]
    # Approved, it is no change any more; and going back would be one.
    assert failures(now, now) == {}
    assert list(failures(now, healthy())) == [f"VC-DRIFT-{rule}"]


def test_every_rule_is_tried_above() -> None:
    marks = test_a_change_fails_its_rule_and_no_other.pytestmark  # type: ignore[attr-defined]
    assert {case[2] for case in marks[0].args[1]} == {rule.id[-3:] for rule in pack().rules}


@pytest.mark.parametrize(("path", "value"), [
    (N2 + "services.vpxd.display_name", "Other name"), (N2 + "accounts.users.vcadmin.locked", True),
    (N2 + "accounts.users.vcadmin.must_change_password", True), (N2 + "database.driver", "D:\\driver.dll"),
    (N2 + "files.ssl.files.@0.modified", "2020-01-01T00:00:00Z"), (N2 + "host.clock", "2020-01-01T00:00:00Z"),
    (N2 + "files.vpxd_cfg.sha256", "0" * 64), (N2 + "services.vpxd.state", "Start Pending"),
])  # fmt: skip
def test_what_is_ignored_or_volatile_fails_nothing(path: str, value: Any) -> None:
    assert failures(healthy(), change(healthy(), path, value)) == {}
    gap = change(healthy(), path, GAP) if "display_name" not in path else healthy()
    ignored = [one for one in judged(healthy(), gap) if one.outcome is not Outcome.PASS]
    assert [one.rule for one in ignored] == []


def test_the_result_says_what_was_approved_and_what_is_now() -> None:
    now = change(healthy(), N2 + "services.vpxd.start_mode", "Auto")
    (result,) = [one for one in judged(healthy(), now) if one.outcome is Outcome.FAIL]
    (difference,) = result.differences
    assert (difference.path, difference.reference, difference.deviating, difference.against) == (
        "service vpxd: start mode", "Manual", "Auto", "approved",
    )  # fmt: skip
    assert (result.node, result.expected) == ("VCNODE2", "as approved")
    assert result.observed == "service vpxd: start mode Manual → Auto"
    assert result.evidence[-1] == "not compared: display name$ (it is a label that nothing depends on)"
    assert any("approved.json, taken 2026-11-22T09:14:07Z" in text for text in result.evidence)


def test_several_changes_are_counted_in_the_headline_and_all_named_below() -> None:
    now = change(healthy(), N2 + "services.*.start_mode", "Auto")
    (result,) = [one for one in judged(healthy(), now) if one.outcome is Outcome.FAIL]
    assert result.message == "services on VCNODE2: 3 changes since the approval"
    assert len(result.differences) == 3


def test_each_node_has_a_result_of_its_own_and_the_cluster_one() -> None:
    now = change(healthy(), "nodes.*.services.vpxd.start_mode", "Auto")
    now = change(now, EVERY_NODE + "resources.VC Server.depends_on", ())
    found = [(one.rule, one.node) for one in judged(healthy(), now) if one.outcome is Outcome.FAIL]
    assert found == [("VC-DRIFT-001", None), ("VC-DRIFT-007", "VCNODE1"), ("VC-DRIFT-007", "VCNODE2")]


def test_the_copy_that_a_checkpoint_brought_is_as_approved() -> None:
    before = registry_mode()
    held = before.nodes[0].registry.native.keys[0].values  # type: ignore[union-attr]
    copied = change(before, ROOT, held)
    # also when the group has moved back since
    for now in (moved(copied), copied):
        assert failures(before, now) == {}
    other = (*held[:1], RegistryValue(name="managedip", type="REG_SZ", data="192.0.2.99"))
    assert list(failures(before, moved(change(before, ROOT, other)))) == ["VC-DRIFT-012"]
    # without a checkpoint the entries are the node's own
    bare = change(before, EVERY_NODE + "resources.VC Server.checkpoints", ())
    assert list(failures(bare, change(bare, ROOT, held))) == ["VC-DRIFT-012"]


@pytest.mark.parametrize("path", [
    EVERY_NODE + "resources.VC Server.checkpoints", EVERY_NODE + "groups.VC Group.owner", EVERY_NODE + "groups",
    EVERY_NODE + "resources", "nodes.*.cluster", "nodes.VCNODE1.registry",
])  # fmt: skip
def test_whether_a_checkpoint_brought_it_may_be_unknown(path: str) -> None:
    before = registry_mode()
    held = before.nodes[0].registry.native.keys[0].values  # type: ignore[union-attr]
    now = change(before, ROOT, held)
    less = change(before, path, GAP)
    found = {one.node: one.outcome for one in judged(less, now) if one.rule == "VC-DRIFT-012"}
    assert found["VCNODE2"] is Outcome.UNKNOWN


def test_a_gap_is_unknown_and_a_change_beside_it_still_fails() -> None:
    now = change(healthy(), N2 + "services.vpxd.start_mode", GAP)
    assert [(one.outcome, one.node) for one in judged(healthy(), now) if one.rule == "VC-DRIFT-007"] == [
        (Outcome.UNKNOWN, "VCNODE2")
    ]
    now = change(now, N2 + "services.webAccess.start_mode", "Disabled")
    assert [(one.outcome, one.node) for one in judged(healthy(), now) if one.rule == "VC-DRIFT-007"] == [
        (Outcome.FAIL, "VCNODE2")
    ]


def test_a_node_that_was_not_approved() -> None:
    alone = change(healthy(), "nodes", lambda nodes: nodes[:1])
    results = judged(alone, healthy())
    asked = {one.rule for one in results if one.outcome is Outcome.NOT_ASKED}
    assert {one.node for one in results if one.outcome is Outcome.NOT_ASKED} == {"VCNODE2"}
    assert "VC-DRIFT-007" in asked
    assert "VC-DRIFT-001" not in asked


def test_making_facts_missing_never_turns_an_outcome_into_another() -> None:
    """On either side; the law of vcaudit."""
    dice = random.Random(7)
    broken = change(moved(registry_mode()), N2 + "services.vpxd.start_mode", "Auto")
    broken = change(broken, EVERY_NODE + "resources.VC Server.depends_on", ())
    broken = change(broken, N2 + "files.ssl", None)
    for before, now in ((registry_mode(), broken), (healthy(), moved(healthy())), (broken, broken)):
        whole = judged(before, now)
        known = places(now)
        for number in range(80):
            taken = dice.sample(known, dice.choice([1, 1, 2, 5, 30]))
            reason = dice.choice(REASONS)
            less = take(before if number % 2 else now, [path for path in taken if _is_in(before, path)], reason)
            after = judged(less, now) if number % 2 else judged(before, less)
            assert broken_laws(whole, after) == [], taken


def _is_in(snapshot: Snapshot, path: str) -> bool:
    return path in set(places(snapshot))


def test_the_results_say_against_what_they_were_held() -> None:
    results = evaluate(healthy(), pack(), baseline=approved(healthy()))
    used = results.clusters[0].provenance.baseline
    assert used is not None
    assert (used.file, used.taken_at, used.sha256) == ("approved.json", "2026-11-22T09:14:07Z", "ab" * 32)
    assert evaluate(healthy(), pack()).clusters[0].provenance.baseline is None


NAMELESS = change(change(healthy(), EVERY_NODE + "identity", None), EVERY_NODE + "name", GAP)


@pytest.mark.parametrize(("now", "changes", "message"), [
    (healthy(), {EVERY_NODE + "identity": "another"}, "of another cluster: identity"),
    (healthy(), {EVERY_NODE + "identity": None, EVERY_NODE + "name": "OTHER"}, "of another cluster: name"),
    (NAMELESS, {"cluster": "OTHER"}, "the inventory calls this one CORP-VC and that one OTHER"),
])  # fmt: skip
def test_the_baseline_of_another_cluster_is_refused(now: Snapshot, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(SnapshotError, match=message):
        approved(changed(healthy(), changes)).check(now)


def changed(snapshot: Snapshot, changes: dict[str, Any]) -> Snapshot:
    for path, value in changes.items():
        snapshot = change(snapshot, path, value)
    return snapshot


@pytest.mark.parametrize("changes", [{}, {EVERY_NODE + "identity": None}])
def test_a_cluster_that_was_renamed_in_the_inventory_is_as_approved(changes: dict[str, Any]) -> None:
    now = changed(healthy(), {"cluster": "LONDON", **changes})
    before = approved(healthy())
    assert chosen([before], now, ["LONDON"]) is before
    before.check(now)
    assert {one.outcome for one in judged(healthy(), now)} == {Outcome.PASS}


OTHERS = {"cluster": "LONDON", EVERY_NODE + "identity": "l"}


def test_the_identity_chooses_before_any_name() -> None:
    one, other = approved(healthy()), approved(changed(healthy(), OTHERS))
    swapped = changed(healthy(), {"cluster": "LONDON"}), changed(healthy(), {**OTHERS, "cluster": "CORP-VC"})
    for pair in ((one, other), (other, one)):
        assert [chosen(pair, now, ["CORP-VC", "LONDON"]) for now in swapped] == [one, other]
        assert [chosen(pair, each.snapshot, ["CORP-VC", "LONDON"]) for each in pair] == list(pair)


def test_a_name_alone_takes_no_baseline_from_a_cluster_of_the_inventory() -> None:
    now = changed(healthy(), {"cluster": "LONDON", EVERY_NODE + "identity": None})
    assert chosen([approved(healthy())], now, ["LONDON", "CORP-VC"]) is None
    assert chosen([approved(NAMELESS)], now, ["LONDON"]) is None


def test_every_projection_has_an_aspect_of_its_name() -> None:
    assert set(PROJECTIONS) <= set(ASPECTS)


@pytest.mark.parametrize("name", ASPECTS)
def test_every_part_of_an_aspect_is_a_fact(name: str) -> None:
    """A pattern that takes nothing would approve whatever comes."""
    from tests.drift.sample import places as every_place
    from tests.drift.sample import put, sample

    start = sample()
    taken = [fact.leaf.path for place in every_place(start) for other in place.others()
             for fact in between(start, put(start, place.path, other)).changed]  # fmt: skip
    for one in (*ASPECTS[name].include, *ASPECTS[name].exclude):
        assert any(one.matches(path) for path in taken), ".".join(one.parts)
