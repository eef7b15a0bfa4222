"""The undo of every step, carried out in reverse, gives back what the scan had found."""

from __future__ import annotations

import re
from contextlib import nullcontext, suppress
from dataclasses import replace

import pytest

from tests.remediation.batch import Batch
from tests.remediation.model import Refused, World
from tests.remediation.pwsh import Script, Thrown
from tests.remediation.test_lab import FAULTS, broken, failures, scan
from vcaudit.lab.faults import Fault, apply
from vcaudit.lab.merge import merge
from vcaudit.lab.powershell.syntax import parse
from vcaudit.lab.scenario import load
from vcaudit.report.remediation import cluster_exe, markdown, plan, powershell, texts
from vcaudit.report.remediation.chains import Chains
from vcaudit.report.remediation.undo import around
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


def undoable(made: plan.Plan, lines: list[str]) -> bool:
    return bool(made.steps) and not any(line.startswith(texts.NO_UNDO) for line in lines)


def acting(world: World, made: plan.Plan) -> bool:
    """What needed its resource offline acts again; the rest from its next coming online, as the step itself did."""
    return world.stored <= {step.action.on for step in made.steps if step.part != plan.WINDOW}


CASES = [pytest.param(fault, id=fault.name) for fault in FAULTS]


@pytest.mark.parametrize("fault", CASES)
def test_the_batch_file_can_be_undone(fault: Fault) -> None:
    """Its lines alone, at another prompt."""
    world, results, made = about(fault)
    script = cluster_exe.render(results)
    batch = Batch(world)
    assert batch.run(script) == 0
    lines = undone(script, "rem")
    if {step.action.do for step in made.steps} & NOTHING or not undoable(made, lines):
        return
    prompt = Batch(world, variables={"VCAUDIT_STAMP": batch.variables["VCAUDIT_STAMP"]})
    for line in lines:
        prompt._command(prompt._expanded(line))
        broken_before = "/online" in line and prompt.level == 1
        assert prompt.level in (0, 5024) or broken_before, (line, prompt.said)
    assert same_again(world, results)
    assert acting(world, made)


@pytest.mark.parametrize("fault", CASES)
def test_the_powershell_script_can_be_undone(fault: Fault) -> None:
    """Its lines alone, in another session that loaded the script for them."""
    world, results, made = about(fault)
    text = powershell.render(results)
    script = Script(world)
    script.run(text)
    lines = undone(text, "#")
    if {step.action.do for step in made.steps} & NOTHING or not undoable(made, lines):
        return
    prompt = loaded(world, text, script)
    for line in lines:
        root = parse(line.encode()).root_node
        assert not root.has_error, line
        with suppress(Thrown) if "Start-ClusterResource" in line else nullcontext():  # it was broken before
            prompt.statements(root)
    assert same_again(world, results)
    assert acting(world, made)


def loaded(world: World, text: bytes, script: Script) -> Script:
    """Another session that knows what the lines call; nothing was done for that."""
    before = list(world.done)
    prompt = Script(world)
    prompt.run(text, script.scopes[0]["stamp"])
    assert world.done == before
    return prompt


@pytest.mark.parametrize(("stamp", "dot"), [("", True), ("none", True), ("none", False)])
def test_what_is_only_loaded_does_nothing(stamp: str, dot: bool) -> None:
    before, results = broken("quorum-disk-2003", "netmask-other")
    world = World(before)
    prompt = Script(world)
    prompt.run(powershell.render(results), stamp, dot=dot)
    assert world.done == []
    assert "start-again" in prompt.functions


@pytest.mark.parametrize("what", ["ssl", "licenses", "vpxd.cfg"])
def test_what_was_not_there_is_gone_again(what: str) -> None:
    """No backup was made of it, and none is looked for."""
    below = {"ssl": "\\SSL\\", "licenses": "\\Licenses\\", "vpxd.cfg": "\\vpxd.cfg"}[what]
    scenario = load("quorum-disk-2003")
    node = scenario.words["standby"]
    files = [path for path in scenario.nodes[node]["files"] if below in path]
    gone = replace(
        scenario, nodes={**scenario.nodes, node: merge(scenario.nodes[node], {"files": dict.fromkeys(files)})}
    )
    results = scan(gone)
    for run in (batch_undone, powershell_undone):
        world = World(gone)
        run(world, results)
        assert any(f"write {path}" in done for path in files for done in world.done)
        assert [path for path in world.nodes[node]["files"] if below in path] == []


def batch_undone(world: World, results: AuditResults) -> None:
    batch = Batch(world)
    assert batch.run(cluster_exe.render(results)) == 0
    for line in undone(cluster_exe.render(results), "rem"):
        batch._command(batch._expanded(line))
        assert batch.level == 0, line


def powershell_undone(world: World, results: AuditResults) -> None:
    text = powershell.render(results)
    script = Script(world)
    script.run(text)
    for line in undone(text, "#"):
        script.statements(parse(line.encode()).root_node)


@pytest.mark.parametrize("stamp", ["", "another"])
def test_a_wrong_stamp_restores_nothing_and_says_so(stamp: str) -> None:
    for fault in ("registry-differs", "ssl-differs", "settings-differ"):
        before, results = broken("quorum-disk-2003", fault)
        world = World(before)
        text = powershell.render(results)
        script = Script(world)
        script.run(text)
        script.scopes[0]["stamp"] = stamp
        done = list(world.done)
        with pytest.raises((Thrown, Refused)):
            script.statements(parse(undone(text, "#")[0].encode()).root_node)
        assert world.done == done


@pytest.mark.parametrize("fault", ["registry-differs", "ssl-differs", "upgrade-differs", "settings-differ"])
def test_checks_of_copies_see_what_differs_and_change_nothing(fault: str) -> None:
    before, results = broken("quorum-disk-2003", fault)
    world = World(before)
    text = powershell.render(results)
    prompt = Script(world)
    prompt.run(text, "none")
    batch = cluster_exe.render(results)

    def seen() -> tuple[list[set[str]], set[int]]:
        lines = re.findall(r"^# Check: (.*?)\r?$", text.decode("utf-8-sig"), flags=re.MULTILINE)
        said = [item for line in lines for item in prompt.statements(parse(line.encode()).root_node)]
        sides = [{item.replace(other, "") for item in said if other in item} for other in ("VCNODE1", "VCNODE2")]
        sides = sides if all(sides) else [set(said[: len(said) // 2]), set(said[len(said) // 2 :])]
        at = Batch(world)
        levels = set()
        for line in re.findall(r"^rem -- Check: (.*?)\r?$", batch.decode("cp1252"), flags=re.MULTILINE):
            at._command(at._expanded(line))
            levels.add(at.level)
        return sides, levels

    (one, other), levels = seen()
    assert one != other
    assert fault == "registry-differs" or 1 in levels
    assert world.done == []
    Script(world).run(text)
    (one, other), levels = seen()
    assert one == other
    assert levels == {0}


def test_what_can_be_undone_is_most_of_it() -> None:
    """The tests above return early where there is nothing to undo; this is how often they do not."""
    counted = 0
    for fault in FAULTS:
        _, results, made = about(fault)
        lines = undone(powershell.render(results), "#")
        counted += undoable(made, lines)
    assert counted >= 40


def test_the_document_shows_the_undo_of_both_scripts() -> None:
    _, results = broken("license-group-2003", "netmask-other")
    text = markdown.render(results).decode()
    for lines in (undone(cluster_exe.render(results), "rem"), undone(powershell.render(results), "#")):
        assert "\n".join(lines) in text
        assert "ffline" in lines[0] or "Stop-" in lines[0]


def test_what_depends_on_it_only_since_another_step_goes_offline_for_the_undo_too() -> None:
    """Undone alone: vpxd depends on the address only since the script ran."""
    scenario = load("quorum-disk-2003")
    for fault in ("vpxd-depends-on-nothing", "netmask-other"):
        scenario = apply(scenario, fault)[0]
    made = plan.make(scan(scenario), None, powershell.why_not)
    (step,) = (step for step in made.steps if step.action.on == "VC IP Address")
    assert "VC Server" in around(step, made, Chains(made.cluster))
    assert "VC Server" not in Chains(made.cluster).over(["VC IP Address"])
