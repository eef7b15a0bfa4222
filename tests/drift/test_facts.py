"""Fact by fact: nothing that changes is passed over, nothing is made up, and what is unknown stays unknown."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from tests.drift.sample import Place, places, put, sample
from tests.evaluate.build import change, healthy, registry_mode, separate_license_group
from vcaudit.drift import volatile
from vcaudit.drift.facts import Facts, between, of_nodes
from vcaudit.snapshot.base import Fact, Missing
from vcaudit.snapshot.model import NodeSnapshot, Snapshot
from vcaudit.snapshot.tree import ABSENT, PRESENT, WITHHELD, key_of

SAMPLE = sample()
PLACES = list(places(SAMPLE))
GAP = Missing(reason="timeout", detail="taken away", where="test")


def all_of(found: Facts) -> list[tuple[str | None, tuple[str, ...], object, object]]:
    """Every leaf that differs, volatile or not."""
    every = [*found.changed, *(fact for fact, _ in found.volatile)]
    return [(fact.node, fact.leaf.path, fact.leaf.before, fact.leaf.after) for fact in every]


def told(place: Place, new: Any) -> Facts:
    return between(SAMPLE, put(SAMPLE, place.path, new))


def mutations() -> Iterator[tuple[Place, Any]]:
    return ((place, other) for place in PLACES for other in place.others())


def test_the_sample_is_worth_it() -> None:
    records = {type(place.value) for place in PLACES if isinstance(place.value, Fact)}
    assert len(records) >= 40
    assert len(PLACES) > 700
    names = {place.path[0] for place in PLACES} | {place.path[2] for place in PLACES if len(place.path) > 2}
    assert {*Snapshot.__struct_fields__, *NodeSnapshot.__struct_fields__} <= names


@pytest.mark.parametrize("make", [sample, healthy, registry_mode, separate_license_group])
def test_a_snapshot_is_the_same_as_itself(make: Any) -> None:
    found = between(make(), make())
    assert all_of(found) == []
    assert {gap.hole.gap.reason for gap in found.gaps} <= {"not_asked"}


def test_every_fact_that_changes_is_told() -> None:
    """In the text, or among the volatile ones: whatever one fact becomes, and whatever else is there."""
    silent = [(place.path, other) for place, other in mutations() if not all_of(told(place, other))]
    assert silent == []


def test_a_change_of_one_fact_is_told_where_it_is() -> None:
    for place, other in mutations():
        found = told(place, other)
        fields = [part for part in place.path if isinstance(part, str)]
        if place.path[0] == "nodes" and len(place.path) > 2:
            fields = fields[1:]
            assert {node for node, *_ in all_of(found)} == {SAMPLE.nodes[int(place.path[1])].name} or fields == ["name"]
        elif fields != ["nodes"]:
            fields = ["snapshot", *fields]
            assert {node for node, *_ in all_of(found)} == {None}
        for _, path, _, _ in all_of(found):
            assert path[0] == fields[0] or path[0] == "node", place.path


def test_what_is_volatile_is_declared_with_a_reason_and_is_there() -> None:
    """A pattern that takes nothing hides nothing today and the wrong thing tomorrow."""
    taken = [path for place, other in mutations() for _, path, _, _ in all_of(told(place, other))]
    for text, one in [(text, p) for text, ps in (*volatile._VOLATILE.items(), *volatile._IDENTITY.items())
                      for text, p in ((".".join(p.parts), p) for p in ps)]:  # fmt: skip
        assert one.value, text
        assert any(one.matches(path) for path in taken), f"{text} is no fact"


def test_a_gap_is_neither_a_change_nor_the_same() -> None:
    for place in PLACES:
        if not place.may_be_missing:
            continue
        less = put(SAMPLE, place.path, GAP)
        for before, after in ((SAMPLE, less), (less, SAMPLE), (less, less)):
            sides = (GAP if before is less else None, GAP if after is less else None)
            found = between(before, after)
            assert all_of(found) == [], place.path
            holes = [(gap.hole.before, gap.hole.after) for gap in found.gaps]
            quiet = volatile.reason(tuple(map(str, place.path[2:])) or ("",)) or place.path[-1] in (
                "clock", "clock_skew", "modified", "monitor_process", "last_run", "running",
            )  # fmt: skip
            assert holes == ([] if quiet else [sides]), place.path


def test_gaps_hide_no_change_and_make_none() -> None:
    """Whatever else is taken away: a leaf that differs differed before."""
    dice = random.Random(5)
    chosen = list(mutations())
    missing = [place for place in PLACES if place.may_be_missing]
    for _ in range(150):
        after = SAMPLE
        for place, other in dice.sample(chosen, 3):
            after = _try(after, place.path, other)
        whole = {one[:2] for one in all_of(between(SAMPLE, after))}
        less = [SAMPLE, after]
        for place in dice.sample(missing, 4):
            side = dice.randrange(2)
            less[side] = _try(less[side], place.path, GAP)
        assert [one for one in all_of(between(*less)) if one[:2] not in whole and one[1] != ("node",)] == []


def _try(snapshot: Snapshot, path: Any, new: Any) -> Snapshot:
    """Unless what it lies in is gone already."""
    try:
        changed: Snapshot = put(snapshot, path, new)
    except (AttributeError, TypeError, IndexError):
        return snapshot
    return changed


def test_the_other_way_round_is_the_mirror() -> None:
    for place, other in mutations():
        after = put(SAMPLE, place.path, other)
        there, back = all_of(between(SAMPLE, after)), all_of(between(after, SAMPLE))
        assert sorted((repr(a), repr(b)) for _, _, a, b in there) == sorted((repr(a), repr(b)) for _, _, b, a in back)


def test_the_order_of_records_does_not_matter() -> None:
    dice = random.Random(1)

    def shuffled(value: Any, name: str = "") -> Any:
        if isinstance(value, tuple):
            items = [shuffled(item) for item in value]
            if name not in ("preferred_owners", "data", "value", "lines", "target"):
                dice.shuffle(items)
            return tuple(items)
        if isinstance(value, Fact):
            fields = {each: shuffled(getattr(value, each), each) for each in value.__struct_fields__}
            return msgspec.structs.replace(value, **fields)
        return value

    for make in (sample, healthy, registry_mode):
        mixed = shuffled(make())
        assert mixed != make()
        assert all_of(between(make(), mixed)) == []


@pytest.mark.parametrize("path", [
    "nodes.*.cluster.groups.VC Group.preferred_owners", "nodes.*.registry.native.keys.@0.values.InstalledVersion.data",
])  # fmt: skip
def test_where_the_order_says_something_it_counts(path: str) -> None:
    one, other = change(healthy(), path, ("a", "b")), change(healthy(), path, ("b", "a"))
    assert len(between(one, other).changed) == 2


def test_names_ignore_case_and_a_new_spelling_is_told() -> None:
    found = between(healthy(), change(healthy(), "nodes.VCNODE2.services.vpxd.name", "VPXD"))
    assert all_of(found) == [("VCNODE2", ("services", "vpxd", "name"), "vpxd", "VPXD")]


def test_two_records_of_one_name_are_kept_apart() -> None:
    def twice(services: Any) -> Any:
        return (*services, msgspec.structs.replace(services[0], account="other"))

    both = change(healthy(), "nodes.VCNODE1.services", twice)
    assert [one[1] for one in all_of(between(healthy(), both))] == [("services", "vpxd (2)")]
    backwards = change(both, "nodes.VCNODE1.services", lambda services: services[::-1])
    assert all_of(between(both, backwards)) == []


def test_every_kind_of_record_has_a_name_of_its_own() -> None:
    """Two of a kind are never mixed up: a key that is the whole record would tell each change as one gone, one new."""
    listed = [item for place in PLACES if isinstance(place.value, tuple) for item in place.value
              if isinstance(item, Fact) and type(item).__name__ != "NodeSnapshot"]  # fmt: skip
    for record in listed:
        assert key_of(record) != repr(record), f"{type(record).__name__} needs a key in snapshot/tree.py"


SECRET = "nodes.VCNODE1.registry.native.keys.@1.values.3"


def test_a_secret_is_compared_by_presence() -> None:
    assert all_of(between(healthy(), change(healthy(), f"{SECRET}.data", "leaked"))) == []
    leaked = change(change(healthy(), f"{SECRET}.redacted", False), f"{SECRET}.data", "hunter2")
    found = all_of(between(leaked, healthy()))
    assert found == [("VCNODE1", ("registry", "native", "keys", "DB", "values", "3", "redacted"), False, True)]


@pytest.mark.parametrize(("before", "after"), [("***", "hunter2"), ("hunter2", "***"), ("PWD=hunter2;", "PWD=***;")])
def test_a_value_whose_other_side_is_withheld_is_not_shown(before: str, after: str) -> None:
    path = "nodes.VCNODE1.files.vpxd_cfg.settings.config/log/level.value"
    found = all_of(between(change(healthy(), path, before), change(healthy(), path, after)))
    assert {found[0][2], found[0][3]} == {WITHHELD, PRESENT}
    assert "hunter2" not in repr(found)


def test_lone_surrogates_are_compared_like_any_text() -> None:
    path = "nodes.VCNODE1.registry.native.keys.@0.values.InstalledVersion.data"
    odd = change(healthy(), path, "\udc80")
    assert all_of(between(odd, odd)) == []
    assert len(all_of(between(odd, change(healthy(), path, "\udc81")))) == 1
    less = change(odd, "nodes.VCNODE1.registry.wow6432", GAP)
    gaps = [gap.hole.path for gap in between(less, less).gaps if gap.hole.gap.reason != "not_asked"]
    assert gaps == [("registry", "wow6432")]


def test_a_node_is_found_again_whatever_the_inventory_calls_it() -> None:
    renamed = change(healthy(), "nodes.VCNODE1.name", "first")
    assert all_of(between(healthy(), renamed)) == [("first", ("name",), "VCNODE1", "first")]


def test_a_node_that_only_one_snapshot_has() -> None:
    alone = change(healthy(), "nodes", lambda nodes: nodes[:1])
    lost, gained = all_of(between(healthy(), alone)), all_of(between(alone, healthy()))
    assert [(node, path) for node, path, _, _ in lost] == [("VCNODE2", ("node",))]
    assert lost[0][3] is ABSENT
    assert gained[0][2] is ABSENT


class Counted:
    """Counts what reaches deepdiff."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        import deepdiff

        self.calls: list[Any] = []
        real = deepdiff.DeepDiff

        def counting(*arguments: Any, **options: Any) -> Any:
            self.calls.append(arguments)
            return real(*arguments, **options)

        monkeypatch.setattr(deepdiff, "DeepDiff", counting)


def test_sections_of_equal_hash_never_reach_deepdiff(monkeypatch: pytest.MonkeyPatch) -> None:
    counted = Counted(monkeypatch)
    between(healthy(), healthy())
    assert counted.calls == []
    between(healthy(), change(healthy(), "nodes.VCNODE2.services.vpxd.start_mode", "Auto"))
    assert counted.calls == [({0: "Manual"}, {0: "Auto"}, )]
    counted.calls.clear()
    two = change(healthy(), "nodes.VCNODE1.database.server", "x")
    between(healthy(), change(two, "nodes.VCNODE1.files.ssl", None))
    assert len(counted.calls) == 2


def test_two_nodes_of_a_healthy_cluster_differ_by_nature_and_by_what_one_of_them_holds() -> None:
    found = of_nodes(*healthy().nodes)
    states = [path for _, path, _, _ in all_of(found) if path[-1] == "state"]
    assert len(states) == 3
    assert {path[0] for fact in found.changed for path in [fact.leaf.path]} == {"services", "accounts"}
    strange = [fact.leaf.path[-1] for fact in found.changed if fact.leaf.path[0] == "accounts"]
    assert strange == ["IUSR_VCNODE1", "IUSR_VCNODE2"]


def test_between_nodes_an_account_of_the_machine_is_one_and_the_same() -> None:
    found = of_nodes(*healthy().nodes)
    assert not [fact for fact in found.changed if "members" in fact.leaf.path]
    less = change(healthy(), "nodes.VCNODE2.accounts.groups.Administrators.members", lambda members: members[1:])
    found = of_nodes(*less.nodes)
    lost = [fact.leaf.path for fact in found.changed if "members" in fact.leaf.path]
    assert lost == [("accounts", "groups", "Administrators", "members", ".\\Administrator")]
