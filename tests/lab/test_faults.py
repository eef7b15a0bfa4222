"""Fault files, and putting a fault on a node."""

from __future__ import annotations

from pathlib import Path

import pytest

from vcaudit.errors import ScenarioError, UsageError
from vcaudit.lab.faults import TRANSPORT, apply, load_fault, load_faults, parse
from vcaudit.lab.scenario import Scenario, load, shipped

CIM = r"root\cimv2"


@pytest.fixture
def healthy() -> Scenario:
    return load("quorum-disk-2003")


def mode(scenario: Scenario, node: str) -> str:
    return str(scenario.nodes[node]["wmi"][CIM]["Win32_Service"]["vpxd"]["StartMode"])


@pytest.mark.parametrize(
    ("given", "on"),
    [(None, "VCNODE2"), ("standby", "VCNODE2"), ("owner", "VCNODE1"), ("VCNODE1", "VCNODE1"), ("vcnode2", "VCNODE2")],
)
def test_a_fault_is_put_where_it_is_asked_for(healthy: Scenario, given: str | None, on: str) -> None:
    broken, transport = apply(healthy, "vpxd-disabled", given)
    assert transport == {}
    assert {node: mode(broken, node) for node in broken.nodes} == {
        node: "Disabled" if node == on else "Manual" for node in ("VCNODE1", "VCNODE2")
    }


def test_the_healthy_scenario_is_not_changed(healthy: Scenario) -> None:
    apply(healthy, "vpxd-disabled")
    assert healthy == load("quorum-disk-2003")


@pytest.mark.parametrize("given", [None, "owner", "VCNODE2"])
def test_a_fault_of_the_wire_is_for_the_server_to_play(healthy: Scenario, given: str | None) -> None:
    broken, transport = apply(healthy, "wrong-password", given)
    assert broken == healthy
    assert transport == {"VCNODE1" if given == "owner" else "VCNODE2": "wrong-password"}


def test_faults_come_on_top_of_each_other(healthy: Scenario) -> None:
    broken, _ = apply(apply(healthy, "vpxd-disabled", "owner")[0], "vpxd-automatic", "standby")
    assert (mode(broken, "VCNODE1"), mode(broken, "VCNODE2")) == ("Disabled", "Auto")


@pytest.mark.parametrize(
    ("name", "node", "what", "hint"),
    [
        ("vpxd-disable", None, "no fault `vpxd-disable` (did you mean vpxd-disabled?)", "`vcaudit lab faults`"),
        ("vpxd-disabled", "VCNODE3", "no node `VCNODE3` to put vpxd-disabled on", "owner, VCNODE1, VCNODE2"),
        ("netbios-off", "VCNODE1", "netbios-off is about the cluster, not about one node", "netbios-off alone"),
        ("down", "stanby", "no node `stanby` to put down on", "standby, owner"),
    ],
)
def test_a_typo_is_met_with_what_there_is(
    healthy: Scenario, name: str, node: str | None, what: str, hint: str
) -> None:
    with pytest.raises(UsageError) as caught:
        apply(healthy, name, node)
    assert caught.value.what.startswith(what)
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("text", "parts"), [("down", ("down", None)), ("down:", ("down", None)), ("down:A:B", ("down", "A:B"))]
)
def test_name_and_node_of_the_command_line(text: str, parts: tuple[str, str | None]) -> None:
    assert parse(text) == parts


def test_every_shipped_fault_says_what_it_leads_to() -> None:
    faults = load_faults()
    for name, fault in faults.items():
        assert fault.rules or fault.shows, name
        assert fault.scenarios, name
        assert set(fault.scenarios) <= set(shipped()), name
        assert set(fault.nodes) <= {"standby", "owner"}, name
        assert (fault.kind == "transport") == bool(fault.transport) != bool(fault.patch), name
        # what breaks no requirement of the note is found by rules beyond it
        of_the_note = not any(rule.startswith("REC-") for rule in fault.rules)
        assert bool(fault.requirements) == (fault.kind == "model" and of_the_note), name
        assert ("${target}" in fault.title) == bool(fault.nodes), name
    assert {fault.transport for fault in faults.values()} - {None} == set(TRANSPORT)


@pytest.mark.parametrize("fault", [pytest.param(fault, id=name) for name, fault in load_faults().items()])
def test_every_fault_can_be_put_where_it_says_and_changes_something(fault: object) -> None:
    from vcaudit.lab.faults import Fault

    assert isinstance(fault, Fault)
    healthy = load(fault.scenarios[0])
    for node in fault.nodes or (None,):
        broken, transport = apply(healthy, fault.name, node)
        assert (broken != healthy) == (fault.kind == "model")
        assert bool(transport) == (fault.kind == "transport")


WRONG = """\
titel: x
kind: modul
rules: VC-RES-001
exit: 5
transport: dwon
requirements: [A1]
nodes: standby
patch:
  nodes: {A1: {registri: {}}}
  every_node: {bits: 16}
"""


def test_every_mistake_of_a_fault_file_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(WRONG, encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        load_fault(path)
    found = {(problem.line, problem.message.split(":")[0]) for problem in caught.value.problems}
    assert {
        (1, "`titel` is not known here (did you mean title?)"),
        (2, "kind is model or transport"),
        (3, "rules is a list"),
        (4, "exit is 0, 1, 2 or 3"),
        (5, "`dwon` is no transport fault"),
        (7, "nodes is a list"),
        (9, "`registri` is not known here (did you mean registry?)"),
    } <= found
    assert any("`title` is missing" in problem.message for problem in caught.value.problems)
    assert 10 in {problem.line for problem in caught.value.problems}


@pytest.mark.parametrize(
    ("text", "message"),
    [("- a\n", "a fault is a mapping"), ("title: x\nexit: 2\npatch: [1]\n", "patch is a mapping")],
)
def test_a_fault_that_is_no_mapping(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError, match=message):
        load_fault(path)


def test_an_unknown_word_of_a_fault_has_its_line(tmp_path: Path, healthy: Scenario) -> None:
    from vcaudit.lab.faults import below_patch

    path = tmp_path / "own.yaml"
    path.write_text("title: x\nexit: 2\npatch:\n  every_node:\n    user: ${netbios}\n", encoding="utf-8")
    fault = load_fault(path)
    with pytest.raises(ScenarioError) as caught:
        healthy.patched(fault.patch, below_patch(fault.document))
    assert [problem.line for problem in caught.value.problems] == [5]
