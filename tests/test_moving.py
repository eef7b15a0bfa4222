"""VirtualCenter between two nodes or states: looked at again, within the time-out, and said when it does not end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from tests.inprocess import capture, cluster, of_outcome, pack, told
from vcaudit import pipeline, sections
from vcaudit.capture import Capture
from vcaudit.collect.again import settled
from vcaudit.evaluate.against import Against
from vcaudit.inventory.loader import load_inventory
from vcaudit.inventory.types import Cluster
from vcaudit.lab.faults import apply
from vcaudit.lab.harness import Lab
from vcaudit.lab.merge import merge
from vcaudit.lab.scenario import Scenario, load
from vcaudit.results import Outcome
from vcaudit.secrets import Credentials
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.model import Snapshot

HEALTHY = "quorum-disk-2003"


def seen(scenario: Scenario) -> tuple[Capture, ...]:
    declared = cluster(scenario)
    return tuple(capture(name, about, declared) for name, about in scenario.nodes.items())


def patched(wmi: dict[str, Any], node: str | None = None, name: str = HEALTHY) -> Scenario:
    scenario = load(name)
    change = {"wmi": {"root\\MSCluster": wmi}}
    nodes = {n: merge(about, change) if node in (None, n) else about for n, about in scenario.nodes.items()}
    return replace(scenario, nodes=nodes)


def test_a_cluster_at_rest() -> None:
    assert sections.moving(seen(load(HEALTHY))) is None


@pytest.mark.parametrize(
    ("wmi", "node", "said"),
    [
        ({"MSCluster_ResourceGroup": {"VC Group": {"State": 4}}}, None, "VC Group is pending"),
        ({"MSCluster_Resource": {"VC Server": {"State": 129}}}, None, "VC Server is online pending"),
        ({"MSCluster_Resource": {"VC Server": {"State": 130}}}, "VCNODE2", "VC Server is offline pending"),
        ({"MSCluster_NodeToActiveGroup": {"VC Group": {"GroupComponent": 'MSCluster_Node.Name="VCNODE2"'}}}, "VCNODE2",
         "the nodes do not agree who holds VC Group (VCNODE1 says VCNODE1, VCNODE2 says VCNODE2)"),
    ],
)  # fmt: skip
def test_what_shows_that_it_moves(wmi: dict[str, Any], node: str | None, said: str) -> None:
    assert sections.moving(seen(patched(wmi, node))) == said


@pytest.mark.parametrize(
    "wmi",
    [
        {"MSCluster_ResourceGroup": {"Cluster Group": {"State": 4}}},
        {"MSCluster_Resource": {"Disk Q": {"State": 129}}},
        {"MSCluster_Resource": {"VC Server": {"State": 4}}},
        {"MSCluster_ResourceGroup": {"VC Group": {"State": 3}}},
    ],
)
def test_what_is_no_move_of_virtualcenter(wmi: dict[str, Any]) -> None:
    """Other groups are not its matter, and what has failed will not change by waiting."""
    assert sections.moving(seen(patched(wmi))) is None


def test_answers_that_are_none_say_nothing() -> None:
    dead = [msgspec.structs.replace(one, stdout=b"", failure=Missing(reason="timeout")) for one in seen(load(HEALTHY))]
    noise = [msgspec.structs.replace(one, stdout=b"x") for one in seen(load(HEALTHY))]
    assert sections.moving(dead) is sections.moving(noise) is None


# How often, how long


def looked(states: list[str | None], timeout: float = 4.0, **limits: int) -> tuple[Any, list[float], list[Cluster]]:
    declared = cluster(load(HEALTHY))
    declared = msgspec.structs.replace(
        declared, limits=msgspec.structs.replace(declared.limits, **limits)
    ).with_timeout(timeout)
    waits: list[float] = []
    asked: list[Cluster] = []

    def look(now: Cluster) -> tuple[Capture, ...]:
        asked.append(now)
        return seen(load(HEALTHY))

    def wait(seconds: float) -> bool:
        waits.append(seconds)
        return False

    found = settled(declared, look, lambda captures: states[len(asked) - 1], wait)
    return found, waits, asked


def test_at_rest_costs_nothing() -> None:
    (captures, why), waits, asked = looked([None])
    assert (why, waits, len(asked)) == (None, [], 1)
    assert {one.requests for one in captures} == {7}


def test_it_comes_to_rest() -> None:
    (captures, why), waits, asked = looked(["moving", None], timeout=120)
    assert why is None
    assert waits == [10.0]
    assert len(asked) == 2
    assert {one.requests for one in captures} == {14}, "what both looks cost"
    assert all("looked at again, what is shown was seen then: moving" in one.warnings for one in captures)
    assert {one.timeout for one in captures} == {seen(load(HEALTHY))[0].timeout}


def test_it_never_comes_to_rest() -> None:
    (captures, why), waits, asked = looked(["moving"] * 3, timeout=120)
    assert why == "moving"
    assert waits == [10.0, 20.0]
    assert len(asked) == 3
    assert {one.requests for one in captures} == {21}
    left = [one.timeout for one in asked]
    assert left[0] == 120 > left[1] > left[2], "one time-out for all of it"
    assert [one.limits.requests for one in asked] == [300, 293, 286], "and one budget"


@pytest.mark.parametrize(("timeout", "limits"), [(1.2, {}), (120.0, {"requests": 26})])
def test_no_time_or_no_budget_for_another_look(timeout: float, limits: dict[str, int]) -> None:
    (_, why), waits, asked = looked(["moving"], timeout=timeout, **limits)
    assert (why, waits, len(asked)) == ("moving", [], 1)


def test_a_node_that_is_gone_the_second_time_keeps_what_was_seen() -> None:
    before = seen(load(HEALTHY))
    gone = msgspec.structs.replace(before[1], stdout=b"", failure=Missing(reason="unreachable"))
    answers = iter([before, (before[0], gone)])
    found, _ = settled(cluster(load(HEALTHY)), lambda now: next(answers), lambda c: "x" if c is before else None,
                       lambda seconds: False)  # fmt: skip
    assert [one.failure for one in found] == [None, None]
    assert "looked at again, and did not answer then: x" in found[1].warnings


def test_an_interrupt_ends_the_wait() -> None:
    looks: list[Cluster] = []
    _, why = settled(cluster(load(HEALTHY)), lambda now: looks.append(now) or seen(load(HEALTHY)),  # type: ignore[func-returns-value]
                     lambda captures: "moving", lambda seconds: True)  # fmt: skip
    assert why == "moving"
    assert len(looks) == 1


# Over the wire


def scanned(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, while_moving: bool = False, meanwhile: Callable[[], None] | None = None
) -> Snapshot:
    for name, value in lab.environment.items():
        monkeypatch.setenv(name, value)
    assert lab.inventory
    declared = load_inventory(lab.inventory).clusters[0]
    connections = pipeline.Connections()
    if meanwhile:
        real = connections.wait
        monkeypatch.setattr(connections, "wait", lambda seconds: (meanwhile(), real(0.01))[1])
    return pipeline.look(declared, Credentials(), connections, while_moving=while_moving)


def pending(timeout: int = 3) -> Scenario:
    scenario, _ = apply(load(HEALTHY), "web-pending")
    return replace(scenario, inventory=merge(scenario.inventory, {"timeout": timeout}))


def test_a_group_that_comes_to_rest_is_shown_at_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    with Lab(pending(20)) as lab:
        def arrive() -> None:
            lab.scenario = load(HEALTHY)
            lab._read_nodes()

        found = scanned(lab, monkeypatch, meanwhile=arrive)
        assert all(not endpoint.open_shells for endpoint in lab.endpoints.values())
    assert found.warnings == ()
    results = pipeline.judge(found, Against(pack=pack()))
    assert not of_outcome(results, Outcome.FAIL, Outcome.UNKNOWN), told(results.results)
    spent = results.clusters[0].provenance.nodes
    assert {node.requests for node in spent} == {14}
    assert all("Web Access is online pending" in node.warnings[-1] for node in spent)


def test_one_that_does_not_is_judged_as_it_was_seen_under_a_banner(monkeypatch: pytest.MonkeyPatch) -> None:
    with Lab(pending(8)) as lab:
        begin = time.monotonic()
        found = scanned(lab, monkeypatch)
        assert time.monotonic() - begin < 8
    results = pipeline.judge(found, Against(pack=pack()))
    assert {r.rule for r in of_outcome(results, Outcome.FAIL)} == {"VC-RES-007"}
    banner = results.clusters[0].banner or ""
    assert banner.startswith("VirtualCenter was moving while it was looked at: VC Web Access is online pending")
    assert {node.requests for node in results.clusters[0].provenance.nodes} == {21}


def test_told_not_to_wait_it_looks_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with Lab(pending(30)) as lab:
        begin = time.monotonic()
        found = scanned(lab, monkeypatch, while_moving=True)
        assert time.monotonic() - begin < 5
    assert {node.provenance.requests for node in found.nodes} == {7}
    assert "was moving" in found.warnings[0]


def test_ending_everything_ends_the_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    connections = pipeline.Connections()
    threading.Timer(0.2, connections.end).start()
    begin = time.monotonic()
    assert connections.wait(30)
    assert time.monotonic() - begin < 2
