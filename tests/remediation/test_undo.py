"""The undo of every step, carried out in reverse, gives back what the scan had found."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import pytest

from tests.remediation.batch import Batch
from tests.remediation.model import Refused, World
from tests.remediation.pwsh import Script
from tests.remediation.test_lab import FAULTS, broken, failures, scan
from vcaudit.lab.faults import Fault
from vcaudit.lab.powershell.syntax import parse
from vcaudit.report.remediation import cluster_exe, plan, powershell, texts
from vcaudit.results import AuditResults

NOTHING = {"online", "online_group", "stop_service"}
"""Nobody wants a failed resource back, or a second vpxd."""


def undone(script: bytes, mark: str) -> list[str]:
    """The undo lines as the script shows them, last step first."""
    text = script.decode("utf-8-sig" if mark == "#" else "cp1252")
    steps = re.split(rf"^ *{mark}(?: --)? Step ", text, flags=re.MULTILINE)[1:]
    lines = [re.findall(rf"^ *{mark}(?: --)? Undo:  (.*?)\r?$", step, flags=re.MULTILINE) for step in steps]
    return [line for step in reversed(lines) for line in step]


def about(fault: Fault) -> tuple[World, AuditResults, plan.Plan]:
    name = "quorum-disk-2003" if "quorum-disk-2003" in fault.scenarios else fault.scenarios[0]
    before, results = broken(name, fault.name)
    return World(before), results, plan.make(results, None, powershell.why_not)


def same_again(world: World, results: AuditResults) -> bool:
    """Everything that failed fails as it did. What a broken service leaves offline may fail besides."""
    now = failures(scan(world.result()))
    return all(key in now and now[key].observed == was.observed for key, was in failures(results).items())


@contextmanager
def offline(world: World, names: Sequence[str]) -> Iterator[None]:
    """The window of a script: its resources offline meanwhile, and online again afterwards."""
    for name in names:
        world.offline(name)
    yield
    for name in reversed(names):
        with suppress(Refused):  # it was broken before
            world.online(name)


CASES = [pytest.param(fault, id=fault.name) for fault in FAULTS]


@pytest.mark.parametrize("fault", CASES)
def test_the_batch_file_can_be_undone(fault: Fault) -> None:
    world, results, made = about(fault)
    script = cluster_exe.render(results)
    batch = Batch(world)
    assert batch.run(script) == 0
    lines = undone(script, "rem")
    if not made.steps or {step.action.do for step in made.steps} & NOTHING or texts.NO_UNDO in lines:
        return
    with offline(world, made.offline):
        for line in lines:
            batch._command(batch._expanded(line))
            assert batch.level in (0, 5024), (line, batch.said)
    assert same_again(world, results)


@pytest.mark.parametrize("fault", CASES)
def test_the_powershell_script_can_be_undone(fault: Fault) -> None:
    world, results, made = about(fault)
    text = powershell.render(results)
    script = Script(world)
    script.run(text)
    lines = undone(text, "#")
    if not made.steps or {step.action.do for step in made.steps} & NOTHING or texts.NO_UNDO in lines:
        return
    with offline(world, made.offline):
        for line in lines:
            root = parse(line.encode()).root_node
            assert not root.has_error, line
            script.statements(root)
    assert same_again(world, results)


def test_what_can_be_undone_is_most_of_it() -> None:
    """The tests above return early where there is nothing to undo; this is how often they do not."""
    counted = 0
    for fault in FAULTS:
        _, results, made = about(fault)
        lines = undone(powershell.render(results), "#")
        counted += bool(made.steps and texts.NO_UNDO not in lines)
    assert counted >= 40
