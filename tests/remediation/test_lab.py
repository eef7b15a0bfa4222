"""Every fault of the lab that commands can mend: scan, remediate, run the script on the model, scan again: clean."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from _pytest.mark import ParameterSet

from tests.inprocess import both, judged, of_outcome, told
from tests.remediation.batch import Batch
from tests.remediation.model import World
from tests.remediation.pwsh import Script
from vcaudit.lab.faults import Fault, apply, load_faults
from vcaudit.lab.scenario import Scenario, load
from vcaudit.report.remediation import cluster_exe, plan, powershell
from vcaudit.report.remediation.plan import Plan
from vcaudit.results import AuditResults, Outcome, Result

FAULTS = [fault for fault in load_faults().values() if fault.kind == "model"]


def cases() -> Iterator[ParameterSet]:
    """Every fault in a scenario of its own, and on each node it can be put on; the rest in `make soak`."""
    for number, fault in enumerate(FAULTS):
        chosen = fault.scenarios[number % len(fault.scenarios)]
        for scenario in fault.scenarios:
            marks = [pytest.mark.xdist_group(scenario), *([] if scenario == chosen else [pytest.mark.soak])]
            for node in fault.nodes or (None,):
                yield pytest.param(scenario, fault, node, id=f"{scenario}-{fault.name}-{node}", marks=marks)


def scan(scenario: Scenario) -> AuditResults:
    """Judged by the note and beyond."""
    return judged(scenario, rules=both())


def failures(results: AuditResults) -> dict[tuple[str, str, str | None], Result]:
    return {(r.rule, r.subject, r.node): r for r in of_outcome(results, Outcome.FAIL)}


def mended(made: Plan) -> set[tuple[str, str, str | None]]:
    return {(r.rule, r.subject, r.node) for step in made.steps for r in step.because}


def broken(name: str, fault: str, node: str | None = None) -> tuple[Scenario, AuditResults]:
    scenario = apply(load(name), fault, node)[0]
    return scenario, scan(scenario)


@pytest.mark.parametrize(("scenario", "fault", "node"), list(cases()))
def test_what_the_batch_file_mends_is_mended(scenario: str, fault: Fault, node: str | None) -> None:
    before, results = broken(scenario, fault.name, node)
    made = plan.make(results, None, cluster_exe.why_not(cluster_exe.page(results), results.clusters[0]))
    world = World(before)
    batch = Batch(world)
    assert batch.run(cluster_exe.render(results)) == 0, batch.said
    assert clean(results, scan(world.result()), made) == []
    assert bool(world.done) == bool(made.steps)


def clean(results: AuditResults, after: AuditResults, made: Plan) -> list[str]:
    """What is still failing though a step was about it, and what failed only afterwards."""
    now = failures(after)
    left = [told([result]) for key, result in now.items() if key in mended(made)]
    worse = [told([result]) for key, result in now.items() if key not in failures(results)]
    return left + worse


@pytest.mark.parametrize(("scenario", "fault", "node"), list(cases()))
def test_what_the_powershell_script_mends_is_mended(scenario: str, fault: Fault, node: str | None) -> None:
    before, results = broken(scenario, fault.name, node)
    made = plan.make(results, None, powershell.why_not)
    world = World(before)
    Script(world).run(powershell.render(results))
    assert clean(results, scan(world.result()), made) == []
    assert bool(world.done) == bool(made.steps)
