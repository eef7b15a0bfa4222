"""Copies: from the owner only, after a backup, and not at all once the group has moved."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import msgspec
import pytest

from tests.remediation.batch import Batch
from tests.remediation.model import Refused, World
from tests.remediation.pwsh import Script, Thrown
from tests.remediation.test_lab import broken
from vcaudit.lab.move import move
from vcaudit.lab.scenario import Scenario
from vcaudit.report.remediation import cluster_exe, powershell
from vcaudit.results import AuditResults, Outcome, Result

COPIED = ["ssl-differs", "license-file-differs", "license-file-renamed", "settings-differ",
          "upgrade-differs", "registry-differs", "managedip-in-different-places"]  # fmt: skip
SCENARIOS = ["quorum-disk-2003", "license-group-2003", "three-nodes-2008"]
RunScript = Callable[[World, AuditResults, Callable[[], None]], bool]


def run_batch(world: World, results: AuditResults, before: Callable[[], None]) -> bool:
    batch = Batch(world, before=lambda words: before())
    return batch.run(cluster_exe.render(results)) == 0


def run_powershell(world: World, results: AuditResults, before: Callable[[], None]) -> bool:
    try:
        Script(world, before=lambda what: before()).run(powershell.render(results))
    except Thrown:
        return False
    return True


BOTH = pytest.mark.parametrize("run", [run_batch, run_powershell])


def nothing() -> None:
    """Nothing happens meanwhile."""


def holds(scenario: Scenario, role: str) -> str:
    """The node that holds the group of vpxd, or of the license server."""
    world = World(scenario)
    word = "license_resource" if role == "license" else "vpxd_resource"
    return world.owner_of(world.group_of(scenario.words[word]))


@BOTH
@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("fault", COPIED)
def test_the_owner_is_never_written_to(scenario: str, fault: str, run: RunScript) -> None:
    before, results = broken(scenario, fault)
    world = World(before)
    assert run(world, results, nothing)
    owner = holds(before, "license" if fault.startswith("license") else "vpxd")
    assert world.nodes[owner].get("files") == before.nodes[owner].get("files")
    assert world.nodes[owner].get("registry") == before.nodes[owner].get("registry")


@BOTH
@pytest.mark.parametrize("fault", COPIED)
def test_what_was_there_is_kept_beside_it(fault: str, run: RunScript) -> None:
    before, results = broken("quorum-disk-2003", fault)
    world = World(before)
    assert run(world, results, nothing)
    node = before.words["standby"]
    now, then = world.nodes[node], before.nodes[node]
    kept = [content for path, content in now["files"].items() if ".before-" in path]
    kept += [values for key, values in now["registry"].items() if " before " in key]
    assert kept
    for path, content in then["files"].items():
        if world.nodes[node]["files"].get(path) != content:
            assert content in kept, path
    for key, values in then["registry"].items():
        if now["registry"].get(key) != values:
            assert values in kept, key


@BOTH
@pytest.mark.parametrize("fault", COPIED)
def test_a_group_that_has_moved_since_the_scan_stops_it(fault: str, run: RunScript) -> None:
    before, results = broken("quorum-disk-2003", fault)
    world = World(move(before, before.words["standby"]))
    then = World(world.result()).nodes
    assert not run(world, results, nothing)
    assert world.nodes == then
    assert world.done == []


@BOTH
@pytest.mark.parametrize("fault", COPIED)
def test_a_group_that_moves_during_the_backup_stops_it(fault: str, run: RunScript) -> None:
    """The first change is the backup; whatever comes after it must not happen."""
    before, results = broken("quorum-disk-2003", fault)
    world = World(before)
    moved = False

    def later() -> None:
        nonlocal moved
        if world.done and not moved:
            moved = True
            world.nodes = World(move(world.result(), before.words["standby"])).nodes

    assert not run(world, results, later)
    assert moved
    assert all(".before-" in done or " before " in done or "backup" in done for done in world.done), world.done


@BOTH
@pytest.mark.parametrize("fault", ["ssl-differs", "settings-differ", "registry-differs"])
def test_a_backup_that_fails_stops_it(fault: str, run: RunScript, monkeypatch: pytest.MonkeyPatch) -> None:
    before, results = broken("quorum-disk-2003", fault)
    world = World(before)
    changed: list[str] = []

    def refuse(node: str, path: str, *more: object) -> None:
        if ".before-" in path or " before " in path:
            raise Refused("the disk is full")
        changed.append(path)

    monkeypatch.setattr(world, "write", refuse)
    monkeypatch.setattr(world, "set_value", refuse)
    with suppress(Refused):  # an exception of .NET ends a script of ours
        assert not run(world, results, nothing)
    assert changed == []


@BOTH
def test_a_service_is_not_stopped_where_the_group_is_now(run: RunScript) -> None:
    before, results = broken("quorum-disk-2003", "vpxd-runs-on-standby")
    world = World(move(before, before.words["standby"]))
    assert not run(world, results, nothing)
    assert world.done == []


@pytest.mark.parametrize("fault", ["license-file-differs", "license-file-renamed"])
def test_license_files_come_from_the_node_that_holds_the_license_server(fault: str) -> None:
    """In design G that is not the owner of VirtualCenter's group."""
    before, results = broken("license-group-2003", fault)
    copies = [
        action.copies for result in results.results if result.remediation for action in result.remediation.actions
    ]
    owner = holds(before, "license")
    assert owner != holds(before, "vpxd")
    assert {(copy.source, copy.target) for copy in copies if copy} == {(owner, holds(before, "vpxd"))}


def test_a_service_is_waited_for_before_its_files_are_overwritten() -> None:
    """sc.exe comes back while it still stops."""
    before, results = broken("quorum-disk-2003", "vpxd-runs-on-standby")
    other, differs = broken("quorum-disk-2003", "settings-differ")
    both = msgspec.structs.replace(results, results=(*results.results, *failed_of(differs)))
    for node, facts in other.nodes.items():
        before.nodes[node]["files"] = facts["files"]
    for stopping, code in ((3, 0), (10**6, 1)):
        batch = Batch(World(before), stopping=stopping)
        assert batch.run(cluster_exe.render(both)) == code
        stopped = [number for number, done in enumerate(batch.world.done) if done.startswith("stop ")]
        written = [number for number, done in enumerate(batch.world.done) if done.startswith("write ")]
        assert (stopped[0] < written[0]) if code == 0 else (stopped, written) == ([], [])


def failed_of(results: AuditResults) -> tuple[Result, ...]:
    return tuple(result for result in results.results if result.outcome is Outcome.FAIL)


@pytest.mark.parametrize("fault", ["ssl-differs", "upgrade-differs", "license-file-differs"])
def test_a_copy_that_came_out_otherwise_stops_the_batch_file(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before, results = broken("quorum-disk-2003", fault)
    world = World(before)
    write = world.write

    def damage(node: str, path: str, content: object) -> None:
        write(node, path, content if ".before-" in path else "half of it")

    monkeypatch.setattr(world, "write", damage)
    batch = Batch(world)
    assert batch.run(cluster_exe.render(results)) == 1
    assert any("Stopped at step 1" in line for line in batch.said)
