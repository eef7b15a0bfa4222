"""Many nodes at once: bounded, none held by another, nothing left behind, nothing kept longer than needed."""

from __future__ import annotations

import gc
import os
import signal
import threading
import time
import tracemalloc
from contextlib import ExitStack
from pathlib import Path

import msgspec
import pytest
from wirekit import PASSWORD, USER, endpoint

from tests.inprocess import capture, cluster
from vcaudit import pipeline
from vcaudit.capture import Capture
from vcaudit.inventory.loader import load_inventory
from vcaudit.inventory.types import Cluster
from vcaudit.lab.scenario import load
from vcaudit.lab.server import Endpoint
from vcaudit.secrets import Credentials
from vcaudit.snapshot.model import Snapshot
from vcaudit.transport.base import Target, Transport
from vcaudit.transport.recorded import Recorded
from vcaudit.yamlfile import dump

HEALTHY = "quorum-disk-2003"
NAMES = tuple(load(HEALTHY).nodes)


def answer(node: str) -> bytes:
    scenario = load(HEALTHY)
    return capture(node, scenario.nodes[node], cluster(scenario)).stdout


ANSWERS = {node: answer(node) for node in NAMES}


def inventory(folder: Path, pairs: list[tuple[Endpoint, ...]], timeout: float = 20) -> list[Cluster]:
    """A cluster for each pair of endpoints."""
    clusters = {
        f"C{number}": {
            "nodes": {n: {"address": "127.0.0.1", "port": node.port} for n, node in zip(NAMES, pair, strict=True)},
            "timeout": timeout,
        }
        for number, pair in enumerate(pairs)
    }
    document = {"clusters": clusters, "credentials": {"lab": {"user": USER, "password_env": "VCAUDIT_TEST_PASSWORD"}}}
    return list(load_inventory(folder / "vcaudit.yaml", dump(document)).clusters)


@pytest.fixture(autouse=True)
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VCAUDIT_TEST_PASSWORD", PASSWORD)


def look(clusters: list[Cluster], jobs: int) -> list[Snapshot]:
    connections = pipeline.Connections(jobs)
    done, errors = pipeline.side_by_side(
        clusters, lambda one: pipeline.look(one, Credentials(), connections), connections.end, jobs=jobs
    )
    assert errors == []
    return done


class Gauge:
    """How many scripts run at the same time."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.now, self.most = seconds, 0, 0
        self._lock = threading.Lock()

    def run(self, node: str, seconds: float | None = None) -> tuple[bytes, bytes, int]:
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
        time.sleep(self.seconds if seconds is None else seconds)
        with self._lock:
            self.now -= 1
        return ANSWERS[node], b"", 0


def pairs(stack: ExitStack, count: int, gauge: Gauge, slow: int = -1) -> list[tuple[Endpoint, ...]]:
    out = []
    for number in range(count):
        seconds = 3.0 if number == slow else None
        out.append(tuple(
            stack.enter_context(endpoint(run=lambda line, stdin, n=name, s=seconds: gauge.run(n, s))) for name in NAMES
        ))  # fmt: skip
    return out


@pytest.mark.parametrize(("jobs", "most"), [(2, 2), (6, 6), (1, 2)])
def test_no_more_nodes_than_jobs_but_a_cluster_is_never_torn(tmp_path: Path, jobs: int, most: int) -> None:
    gauge = Gauge(0.15)
    with ExitStack() as stack:
        found = look(inventory(tmp_path, pairs(stack, 5, gauge)), jobs)
    assert len(found) == 5
    assert gauge.most == most


def test_one_slow_cluster_holds_no_other(tmp_path: Path) -> None:
    gauge = Gauge(0.05)
    ended: dict[str, float] = {}
    with ExitStack() as stack:
        clusters = inventory(tmp_path, pairs(stack, 6, gauge, slow=0))
        connections = pipeline.Connections(4)
        begin = time.monotonic()

        def work(one: Cluster) -> Snapshot:
            found = pipeline.look(one, Credentials(), connections)
            ended[one.name] = time.monotonic() - begin
            return found

        pipeline.side_by_side(clusters, work, jobs=4)
    assert ended.pop("C0") > 2.9
    assert max(ended.values()) < 2.5, "all others go through the room that is left"


def test_the_order_is_the_inventorys_whoever_is_first(tmp_path: Path) -> None:
    with ExitStack() as stack:
        found = look(inventory(tmp_path, pairs(stack, 3, Gauge(0.0), slow=0)), 6)
    assert [one.cluster for one in found] == ["C0", "C1", "C2"]


class LongAnswers(pipeline.Connections):
    """Every node answers as recorded, with 2 MB of noise around it; here, so that only our side is measured."""

    def __call__(self, target: Target) -> Transport:
        scenario = load(HEALTHY)
        saved = capture(target.node, scenario.nodes[target.node], cluster(scenario))
        transport = Recorded(msgspec.structs.replace(saved, stdout=saved.stdout + b" " * NOISE))
        self._watch(transport)
        return transport


NOISE = 2_000_000


def test_answers_are_read_and_let_go(tmp_path: Path) -> None:
    """50 nodes: what is kept is facts; no answer stays, and no connection."""
    with ExitStack() as stack:
        clusters = inventory(tmp_path, pairs(stack, 25, Gauge(0.0)))
    connections = LongAnswers(8)
    pipeline.look(clusters[0], Credentials(), connections)
    gc.collect()
    tracemalloc.start()
    try:
        found, errors = pipeline.side_by_side(
            clusters, lambda one: pipeline.look(one, Credentials(), connections), jobs=8
        )
        gc.collect()
        kept, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert errors == []
    assert len(found) == 25
    assert not [one for one in gc.get_objects() if isinstance(one, Capture) and len(one.stdout) > NOISE]
    assert len(connections._made) == 0
    print(f"50 answers of 2 MB, 8 nodes at once: {most / 1e6:.0f} MB at most, {kept / 1e6:.0f} MB kept")
    assert kept < 25e6, "facts alone"
    assert most < 60e6, "at no time all 100 MB of answers"


def test_ctrl_c_leaves_no_shell_on_twenty_nodes(tmp_path: Path) -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with ExitStack() as stack:
            nodes = [tuple(stack.enter_context(endpoint(faults=["slow"])) for _ in NAMES) for _ in range(10)]
            everybody = [node for pair in nodes for node in pair]
            clusters = inventory(tmp_path, nodes, timeout=60)
            connections = pipeline.Connections(20)

            def interrupt() -> None:
                while sum(node.requests["Send"] for node in everybody) < 20:
                    time.sleep(0.01)
                os.kill(os.getpid(), signal.SIGINT)

            threading.Thread(target=interrupt, daemon=True).start()
            begin = time.monotonic()
            with pytest.raises(KeyboardInterrupt):
                pipeline.side_by_side(
                    clusters, lambda one: pipeline.look(one, Credentials(), connections), connections.end, jobs=20
                )
            assert time.monotonic() - begin < 15
            assert [node.open_shells for node in everybody] == [0] * 20
            assert {node.requests["Delete"] for node in everybody} == {1}
    finally:
        signal.signal(signal.SIGINT, before)


def test_who_waits_for_room_is_not_begun_after_an_interrupt() -> None:
    connections = pipeline.Connections(1)
    began = threading.Event()

    def waiting() -> None:
        with connections.room(1):
            began.set()

    with connections.room(1):
        thread = threading.Thread(target=waiting)
        thread.start()
        assert not began.wait(0.2)
        connections.end()
        assert began.wait(2), "it goes on, and finds every connection ended"
    thread.join()


def test_a_cluster_larger_than_the_room_takes_all_of_it() -> None:
    connections = pipeline.Connections(2)
    with connections.room(5), pytest.raises(AssertionError):
        assert connections._free > 0
    assert connections._free == 2
