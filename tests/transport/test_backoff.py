"""A node that is busy is asked a few times more, ever later, within the deadline; a budget is never overdrawn."""

from __future__ import annotations

import threading
import time

import pytest
from wirekit import SCRIPT, echo, endpoint, target

from vcaudit.errors import Busy, Refused, Unreachable
from vcaudit.lab.server import Limits
from vcaudit.lab.server.connection import Connection
from vcaudit.transport.backoff import TRIES, patiently
from vcaudit.transport.quotas import QUOTAS, hint
from vcaudit.transport.winrm import WinRm


def test_a_node_without_room_is_asked_four_times_and_no_more():
    with endpoint(faults=["quota"]) as node:
        transport = WinRm(target(node))
        begin = time.monotonic()
        with pytest.raises(Busy, match="2150859173") as caught:
            transport.run(SCRIPT, 10)
        took = time.monotonic() - begin
        assert node.requests["Create"] == TRIES == 4
        assert transport.spent.requests == sum(node.requests.values()) == 3 * TRIES, "two for the logon, and Create"
    assert 10 * 0.8 / 30 * 7 <= took < 5, "each wait is twice the one before"
    waits = [float(line.rsplit("after ", 1)[1].removesuffix(" s")) for line in transport.warnings]
    assert len(waits) == TRIES - 1
    assert waits == sorted(waits)
    assert "MaxShellsPerUser" in caught.value.hint
    assert "winrm set winrm/config/winrs" in caught.value.hint


def test_room_that_is_given_back_is_taken():
    def slow(line: str, stdin: bytes) -> tuple[bytes, bytes, int]:
        time.sleep(0.8)
        return echo(line, stdin)

    with endpoint(run=slow, limits=Limits(shells=1)) as node:
        first = threading.Thread(target=WinRm(target(node)).run, args=(SCRIPT, 20))
        first.start()
        while not node.requests["Send"]:
            time.sleep(0.01)
        transport = WinRm(target(node))
        assert transport.run(SCRIPT, 20).stdout.endswith(SCRIPT.text)
        first.join()
        assert node.open_shells == 0
    assert 1 <= len(transport.warnings) < TRIES
    assert transport.warnings[0].startswith("the node was busy (WS-Management fault 2150859173")


def answers_503(monkeypatch: pytest.MonkeyPatch, numbers: range) -> None:
    """These requests of every endpoint, counted from 1, are nobody's to answer."""
    seen = iter(range(1, 1000))

    def elsewhere(connection: Connection) -> bool:
        if next(seen) not in numbers:
            return False
        connection._reply(503)
        return True

    monkeypatch.setattr(Connection, "_elsewhere", elsewhere)


@pytest.mark.parametrize(("numbers", "waits"), [(range(1, 2), 1), (range(1, 3), 2), (range(4, 5), 1)])
def test_http_503_is_waited_for(numbers, waits, monkeypatch):
    answers_503(monkeypatch, numbers)
    with endpoint() as node:
        transport = WinRm(target(node))
        transport.run(SCRIPT, 10)
        assert node.open_shells == 0
    assert sum(line.startswith("the node was busy") for line in transport.warnings) == waits


def test_a_service_that_stays_busy(monkeypatch):
    answers_503(monkeypatch, range(1, 40))
    with endpoint() as node, pytest.raises(Busy, match="503"):
        WinRm(target(node)).run(SCRIPT, 5)
    assert sum(node.requests.values()) == TRIES


@pytest.mark.parametrize("deadline", [1, 2, 4])
def test_never_beyond_the_deadline(deadline):
    with endpoint(faults=["quota"], delay=0.1) as node:
        begin = time.monotonic()
        with pytest.raises(Refused):
            WinRm(target(node)).run(SCRIPT, deadline)
        assert time.monotonic() - begin < deadline
        assert node.requests["Create"] <= TRIES


def test_a_wait_ends_when_somebody_interrupts():
    with endpoint(faults=["quota"]) as node:
        transport = WinRm(target(node))
        threading.Timer(0.5, transport.cancel).start()
        begin = time.monotonic()
        with pytest.raises((Busy, Unreachable)):
            transport.run(SCRIPT, 120)
        assert time.monotonic() - begin < 3
        assert node.requests["Create"] == 1


def test_other_errors_are_not_repeated():
    calls = []

    def attempt() -> None:
        calls.append(1)
        raise Refused("no")

    with pytest.raises(Refused, match="no"):
        patiently(attempt, time.monotonic() + 60, threading.Event(), calls.append)
    assert calls == [1]


@pytest.mark.parametrize("code", [*QUOTAS, 1])
def test_every_quota_says_what_to_look_at(code):
    assert "winrm get winrm/config" in hint(code)
    assert "wait some minutes" in hint(code)


# Budgets


@pytest.mark.parametrize("most", [1, 2, 3, 4, 5])
def test_no_request_beyond_the_budget_but_for_closing(most):
    with endpoint() as node:
        transport = WinRm(target(node, max_requests=most))
        with pytest.raises(Refused, match=f"budget of {most} requests") as caught:
            transport.run(SCRIPT, 5)
        assert node.open_shells == 0
        closing = transport.spent.requests - most
        assert closing <= (4 if most > 2 else 0), "a logon and the Delete; nothing where no shell was opened"
        assert node.requests["Delete"] == (1 if most > 2 else 0)
    assert "limits: {requests: …}" in caught.value.hint


def test_the_usual_scan_fits_into_the_least_budget():
    with endpoint() as node:
        assert WinRm(target(node, max_requests=20)).run(SCRIPT, 5).requests <= 8


def test_no_more_is_received_than_the_budget_allows():
    def much(line: str, stdin: bytes) -> tuple[bytes, bytes, int]:
        return b"x" * 2_000_000, b"", 0

    with endpoint(run=much) as node:
        transport = WinRm(target(node, max_received=500_000))
        with pytest.raises(Refused, match="budget of 500,000 received bytes"):
            transport.run(SCRIPT, 10)
        assert node.open_shells == 0
        assert transport.spent.bytes_received < 700_000
