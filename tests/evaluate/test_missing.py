"""Property: making any set of facts Missing turns outcomes into unknown and never into another."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import cache

import pytest

from tests.evaluate.build import EVERY_NODE, KEY, change, healthy, registry_mode, separate_license_group
from tests.evaluate.missing import broken_laws, places, take, without, worsened
from vcaudit.evaluate.context import Context
from vcaudit.evaluate.engine import judge
from vcaudit.evaluate.findings import with_anchors
from vcaudit.evaluate.loader import load_pack
from vcaudit.evaluate.readiness import readiness
from vcaudit.evaluate.rule import Pack
from vcaudit.evaluate.view import build_view
from vcaudit.resources import rules_dir
from vcaudit.results import Cell, Outcome, Result
from vcaudit.snapshot.model import Snapshot


def broken() -> Snapshot:
    """Something wrong in every section."""
    snapshot = change(healthy(), "nodes.VCNODE2.files.ssl", None)
    snapshot = change(snapshot, "nodes.VCNODE2.files.vpxd_cfg.settings.config/log/level.value", "trivia")
    snapshot = change(snapshot, "nodes.VCNODE2.accounts.users", lambda users: users[:1])
    snapshot = change(snapshot, "nodes.VCNODE1.database.server", "localhost")
    snapshot = change(snapshot, "nodes.VCNODE2.services.vpxd.state", "Running")
    snapshot = change(snapshot, "nodes.VCNODE2.services.webAccess.start_mode", "Disabled")
    snapshot = change(snapshot, "nodes.VCNODE2.host.domain", "other.example")
    snapshot = change(snapshot, "nodes.VCNODE2.software.vpxd.version", "2.5.0")
    snapshot = change(snapshot, EVERY_NODE + "resources.VC Web Access.possible_owners", ("VCNODE1",))
    snapshot = change(snapshot, EVERY_NODE + "resources.VC License Server.depends_on", ("VC Server",))
    snapshot = change(snapshot, EVERY_NODE + "resources.VC Server.state", "failed")
    return change(snapshot, EVERY_NODE + "groups.VC Group.preferred_owners", ("VCNODE1",))


def newer() -> Snapshot:
    """Outside what the pack is about."""
    return change(healthy(), "nodes.*.software.vpxd.version", "5.0.0")


def renewed() -> Snapshot:
    """A checkpoint takes along what is wrong on the owner, and renews what a standby still holds."""
    path = "nodes.VCNODE1.registry.native.keys.@0.values.managedip.data"
    snapshot = change(registry_mode(), path, "192.0.2.12")
    snapshot = change(snapshot, "nodes.VCNODE2.database.dsn", "Old")
    for node, asked in (("VCNODE1", "27005@VCVIRTUAL"), ("VCNODE2", "27000@VCNODE2")):
        place = f"nodes.{node}.software.license_sources.@0"
        snapshot = change(change(snapshot, f"{place}.value", asked), f"{place}.place", f"{KEY}\\LicenseServer")
    return snapshot  # type: ignore[no-any-return]


SNAPSHOTS: dict[str, Callable[[], Snapshot]] = {
    make.__name__: make for make in (healthy, registry_mode, separate_license_group, broken, newer, renewed)
}


@cache
def pack() -> Pack:
    return load_pack(rules_dir() / "tn019")


def judged(snapshot: Snapshot) -> tuple[list[Result], tuple[Cell, ...], list[str]]:
    context = Context(snapshot, build_view(snapshot), pack())
    results = [result for rule in pack().rules for result in judge(rule, context)]
    marked = with_anchors(results)
    return results, readiness(marked, context.view, pack()), context.defects


def test_the_snapshots_are_worth_it() -> None:
    found = {name: {r.outcome for r in judged(make())[0]} for name, make in SNAPSHOTS.items()}
    assert Outcome.FAIL not in found["healthy"]
    assert Outcome.UNKNOWN not in found["healthy"]
    failing = {result.rule for result in judged(broken())[0] if result.outcome is Outcome.FAIL}
    assert len(failing) >= 10, sorted(failing)


@pytest.mark.parametrize("name", SNAPSHOTS)
def test_one_fact_taken_away(name: str) -> None:
    snapshot = SNAPSHOTS[name]()
    before, cells, _ = judged(snapshot)
    known = places(snapshot)
    for path in random.Random(name).sample(known, min(len(known), 60)):
        after, after_cells, defects = judged(take(snapshot, [path]))
        assert (broken_laws(before, after), worsened(cells, after_cells), defects) == ([], [], []), f"without {path}"


@pytest.mark.parametrize("seed", range(40))
def test_many_facts_taken_away(seed: int) -> None:
    dice = random.Random(seed)
    snapshot = SNAPSHOTS[dice.choice(list(SNAPSHOTS))]()
    before, cells, _ = judged(snapshot)
    for _ in range(4):
        changed, taken = without(snapshot, dice)
        after, after_cells, defects = judged(changed)
        assert (broken_laws(before, after), worsened(cells, after_cells), defects) == ([], [], []), f"without {taken}"


def test_everything_taken_away_decides_nothing() -> None:
    snapshot = healthy()
    sections = ("host", "software", "services", "files", "registry", "database", "accounts", "names", "cluster",
                    "synchronization")  # fmt: skip
    top = [f"nodes.{node}.{section}" for node in ("VCNODE1", "VCNODE2") for section in sections]
    results, cells, defects = judged(take(snapshot, [*top, "permissions", "auditor.names", "auditor.probes"]))
    assert defects == []
    assert {result.outcome for result in results if result.severity != "info"} <= {Outcome.UNKNOWN, Outcome.NOT_ASKED}
    assert {cell.state.value for cell in cells} <= {"unknown"}


def test_a_broken_law_would_be_seen() -> None:
    before, after = judged(healthy())[0], judged(broken())[0]
    assert broken_laws(before, after)
    assert not broken_laws(before, before)
    assert broken_laws(before, [result for result in before if result.rule != before[0].rule])
