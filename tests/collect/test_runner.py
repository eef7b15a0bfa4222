"""All nodes of a cluster at once, over the wire, and what becomes of those that do not answer."""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import ExitStack
from datetime import datetime
from typing import Any

import msgspec
import pytest
from wirekit import PASSWORD, ROUTES, USER, echo, endpoint

from vcaudit.capture import Capture, Limits, Request
from vcaudit.collect.runner import collect, target_of
from vcaudit.collect.script import build, collector
from vcaudit.errors import CredentialError, UsageError
from vcaudit.inventory.types import Cluster, CredentialSpec, Node, WinRM
from vcaudit.lab.server import Endpoint, authority
from vcaudit.secrets import Credential, Secret
from vcaudit.snapshot.model import Declared
from vcaudit.transport.base import CommandResult, Script, Spent, Target
from vcaudit.transport.recorded import Recorded

REQUESTS = (Request("accounts", "accounts", ("local",)),)
SPEC = CredentialSpec(name="lab", user=USER, source="prompt")


def cluster(*nodes: Endpoint, route: str = "ntlm http", timeout: float = 10.0) -> Cluster:
    transport, scheme = route.split()
    winrm = WinRM(transport=transport, scheme=scheme, ca=authority().ca_file if scheme == "https" else None)
    named = tuple(Node(name=f"VCNODE{n}", address="127.0.0.1", port=node.port) for n, node in enumerate(nodes, 1))
    return Cluster(name="c", nodes=named, credential=SPEC, winrm=winrm, timeout=timeout,
                   declared=Declared(nodes=tuple(node.name for node in named)))  # fmt: skip


def credential_of(node: Node) -> Credential:
    return Credential(USER, Secret(PASSWORD))


def scan(*nodes: Endpoint, route: str = "ntlm http", timeout: float = 10.0, **options: Any) -> tuple[Capture, ...]:
    return collect(cluster(*nodes, route=route, timeout=timeout), credential_of, REQUESTS, Limits(), **options)


@pytest.mark.parametrize("route", ROUTES)
def test_every_node_gives_a_capture_in_the_inventorys_order(route):
    with endpoint(route) as first, endpoint(route) as second:
        captures = scan(first, second, route=route)
        assert [capture.node for capture in captures] == ["VCNODE1", "VCNODE2"]
        for capture, node in zip(captures, (first, second), strict=True):
            assert capture.failure is None
            assert collector() in capture.stdout
            assert capture.route == f"winrm {route}"
            assert (capture.address, capture.user, capture.asked) == ("127.0.0.1", USER, REQUESTS)
            assert capture.requests == sum(node.requests.values()) <= 8
            sent = build(REQUESTS, Limits())
            assert (capture.script_sha256, capture.requests_sha256) == (sent.sha256, sent.requests_sha256)
            assert 0 < capture.seconds < 10
            assert datetime.fromisoformat(capture.started) <= datetime.fromisoformat(capture.finished)
            assert node.open_shells == 0


def test_a_capture_can_be_saved_and_replayed():
    with endpoint() as node:
        (capture,) = scan(node)
    saved = msgspec.json.decode(msgspec.json.encode(capture), type=Capture)
    assert saved == capture
    with endpoint() as unused:
        (again,) = scan(unused, transport_of=lambda target: Recorded(saved))
        assert not unused.served
    assert again.stdout == capture.stdout


def slow(line: str, stdin: bytes) -> tuple[bytes, bytes, int]:
    time.sleep(0.5)
    return echo(line, stdin)


def test_two_nodes_take_the_time_of_the_slower_one():
    with endpoint(run=slow) as first, endpoint(run=slow) as second:
        begin = time.monotonic()
        captures = scan(first, second)
        assert time.monotonic() - begin < 0.9
    assert all(capture.seconds >= 0.5 for capture in captures)


@pytest.mark.parametrize(
    ("fault", "reason", "word"),
    [
        ("down", "unreachable", "firewall"),
        ("refused", "unreachable", "nothing listens"),
        ("wrong-password", "authentication", "check name and password"),
        ("access-denied", "access_denied", "Administrators"),
        ("slow", "timeout", "before the deadline"),
        ("quota", "refused", "wait some minutes"),
        ("server-error", "bad_output", "500"),
    ],
)
def test_a_node_that_cannot_be_asked_takes_nothing_from_the_other(fault, reason, word):
    with endpoint(faults=[fault]) as broken, endpoint() as whole:
        begin = time.monotonic()
        bad, good = scan(broken, whole, timeout=2.0)
        assert time.monotonic() - begin < 2.5
    assert good.failure is None
    assert good.stdout
    assert bad.failure is not None
    assert bad.failure.reason == reason
    assert word in bad.failure.detail
    assert bad.failure.where == f"VCNODE1 (127.0.0.1:{broken.port})"
    assert bad.stdout == b""
    assert PASSWORD not in repr(bad)


def test_what_a_failure_cost_is_counted():
    with endpoint(faults=["wrong-password"]) as node:
        (capture,) = scan(node)
        assert capture.requests == 2 == sum(node.requests.values())


def test_a_restart_is_in_the_captures_warnings():
    with endpoint(faults=["drop-connection:5"]) as node:
        (capture,) = scan(node)
    assert capture.failure is None
    assert capture.warnings[0].startswith("restarted once")


def test_a_shell_that_stays_is_in_the_warnings_of_a_failure():
    with endpoint(faults=[f"drop-connection:{n}" for n in range(6, 40)]) as node:
        (capture,) = scan(node)
    assert capture.failure is not None
    assert "the node deletes it itself" in capture.warnings[-1]


def test_progress_is_told_one_at_a_time():
    told: list[tuple[str, str]] = []
    inside = threading.Lock()

    def progress(node: str, stage: str) -> None:
        assert inside.acquire(blocking=False)
        time.sleep(0.01)
        told.append((node, stage))
        inside.release()

    with ExitStack() as stack:
        nodes = [stack.enter_context(endpoint()) for _ in range(3)]
        nodes.append(stack.enter_context(endpoint(faults=["refused"])))
        scan(*nodes, progress=progress)
    assert sorted(told) == sorted(
        [(f"VCNODE{n}", stage) for n in (1, 2, 3) for stage in ("asking", "answered")]
        + [("VCNODE4", "asking"), ("VCNODE4", "failed")]
    )


def test_what_is_wrong_beforehand_is_raised_before_anything_is_sent():
    def no_password(node: Node) -> Credential:
        if node.name == "VCNODE2":
            raise CredentialError("the environment variable X is not set")
        return credential_of(node)

    with endpoint() as first, endpoint() as second:
        with pytest.raises(CredentialError):
            collect(cluster(first, second), no_password, REQUESTS, Limits())
        with pytest.raises(UsageError, match="readable"):
            scan(first, second, route="basic http")
        assert not first.served
        assert not second.served


def test_a_defect_of_ours_is_not_taken_for_a_node_fault():
    class Broken(Recorded):
        def run(self, script: Script, deadline: float) -> CommandResult:
            raise ZeroDivisionError

    with endpoint() as node:
        (capture,) = scan(node)
        with pytest.raises(ZeroDivisionError):
            scan(node, transport_of=lambda target: Broken(capture))


def test_a_thread_that_hangs_where_no_limit_reaches_is_given_up(monkeypatch):
    monkeypatch.setattr("vcaudit.collect.runner.GRACE", 0.1)
    release = threading.Event()

    class Hanging:
        spent, warnings, cancelled = Spent(), (), False

        def run(self, script: Script, deadline: float) -> CommandResult:
            release.wait(10)
            raise AssertionError

        def cancel(self) -> None:
            self.cancelled = True

    hanging = Hanging()
    with endpoint() as node:
        begin = time.monotonic()
        (capture,) = scan(node, timeout=0.2, transport_of=lambda target: hanging)
        assert time.monotonic() - begin < 1
        release.set()
    assert capture.failure is not None
    assert capture.failure.reason == "timeout"
    assert hanging.cancelled


def test_ctrl_c_deletes_every_shell_and_goes_on_up():
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with endpoint(faults=["slow"]) as first, endpoint(faults=["slow"]) as second:

            def interrupt() -> None:
                while not (first.requests["Send"] and second.requests["Send"]):
                    time.sleep(0.005)
                os.kill(os.getpid(), signal.SIGINT)

            threading.Thread(target=interrupt, daemon=True).start()
            begin = time.monotonic()
            with pytest.raises(KeyboardInterrupt):
                scan(first, second, timeout=60.0)
            assert time.monotonic() - begin < 3
            assert first.open_shells == second.open_shells == 0
    finally:
        signal.signal(signal.SIGINT, before)


def test_interrupted_while_the_threads_start_no_shell_stays(monkeypatch):
    start = threading.Thread.start

    def late(thread: threading.Thread) -> None:
        start(thread)
        if thread.name == "node VCNODE2":
            while not (first.requests["Send"] and second.requests["Send"]):
                time.sleep(0.005)
            raise KeyboardInterrupt

    with endpoint(faults=["slow"]) as first, endpoint(faults=["slow"]) as second:
        monkeypatch.setattr(threading.Thread, "start", late)
        with pytest.raises(KeyboardInterrupt):
            scan(first, second, timeout=60.0)
        assert first.open_shells == second.open_shells == 0


def test_the_inventory_becomes_a_target():
    base = cluster(timeout=120.0)
    node = Node(name="N", address="vcnode1.corp.example", port=5986,
                winrm=WinRM(transport="basic", scheme="https", fingerprint="ab" * 32))  # fmt: skip
    target = target_of(base, node, credential_of(node))
    assert isinstance(target, Target)
    assert (target.authentication, target.scheme, target.fingerprint, target.ca) == ("basic", "https", "ab" * 32, None)
    assert target.endpoint == "https://vcnode1.corp.example:5986/wsman"
    assert target.connect_timeout == 10.0
    plain = target_of(base, msgspec.structs.replace(node, winrm=None, address="2001:db8::1"), credential_of(node))
    assert (plain.authentication, plain.scheme) == ("ntlm", "http")
    assert plain.endpoint == "http://[2001:db8::1]:5986/wsman"
    assert PASSWORD not in repr(target)


@pytest.mark.parametrize(("timeout", "connecting"), [(2.0, 1.0), (20.0, 5.0), (600.0, 10.0)])
def test_a_dead_node_does_not_use_up_the_time(timeout, connecting):
    base = cluster(timeout=timeout)
    node = Node(name="N", address="a", port=1)
    assert target_of(base, node, credential_of(node)).connect_timeout == connecting
