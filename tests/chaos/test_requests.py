"""Every request of a scan in turn: dropped, cut, delayed, refused; and nodes that restart under it."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from tests.chaos.proxy import Trouble
from tests.chaos.stage import LATE, ROUTES, Stage, Tally
from vcaudit.lab.server import wsman

Stages = Callable[[str], Stage]
Note = Callable[[str, object], None]

DROPS = ("drop-before", "drop-after", "half-request", "half-head", "half-body", "last-byte", "reset-before",
         "reset-after")  # fmt: skip
"""The connection ends: one restart brings everything."""
ANSWER_LOST = {"drop-after", "half-head", "half-body", "last-byte", "reset-after"}
"""The node did what it was told, and we never heard: a shell may wait for its idle time."""
EITHER = {
    "unauthorized": ("whole", "authentication"),
    "unavailable": ("whole", "unreachable"),
    "alert": ("whole", "unreachable"),
    "stray-bytes": ("whole", "unreachable", "bad_output"),
}
EVERY = [(route, kind) for route in ROUTES for kind in (*DROPS, *EITHER) if kind != "alert" or "https" in route]
SAMPLE = {"drop-before", "drop-after", "half-body", "unauthorized"}


def left(stage: Stage, kind: str, at: int) -> int:
    """How many shells nobody can name."""
    return int(kind in ANSWER_LOST and at == stage.create)


@pytest.mark.parametrize(
    ("route", "kind"),
    [pytest.param(r, k, marks=[pytest.mark.xdist_group(f"chaos {r}"), *([] if k in SAMPLE else [pytest.mark.soak])])
     for r, k in EVERY],
)  # fmt: skip
def test_every_request_in_turn(route: str, kind: str, stages: Stages, record_property: Note) -> None:
    stage, tally = stages(route), Tally(f"{route} {kind}")
    for at in range(1, stage.requests + 1):
        seen = stage.scan(Trouble(kind, at))
        stage.check(tally, f"{kind} at request {at}", seen, EITHER.get(kind, ("whole",)), left=left(stage, kind, at))
    tally.note(record_property)


@pytest.mark.soak
@pytest.mark.parametrize("route", [pytest.param(r, marks=pytest.mark.xdist_group(f"chaos {r}")) for r in ROUTES])
@pytest.mark.parametrize("kind", ["drop-before", "drop-after", "reset-after"])
def test_two_requests_of_one_scan(route: str, kind: str, stages: Stages, record_property: Note) -> None:
    # One restart is all there is: where it breaks as well, the node is unreachable.
    stage, tally = stages(route), Tally(f"{route} {kind} twice")
    for first in range(1, stage.requests + 1):
        for between in range(stage.requests + 2):
            seen = stage.scan(Trouble(kind, first, 2, gap=between))
            stage.check(tally, f"{kind} at {first}, and {between} later", seen, ("whole", "unreachable"), left=2)
    tally.note(record_property)


@pytest.mark.parametrize("route", [pytest.param(r, marks=pytest.mark.xdist_group(f"chaos {r}")) for r in ROUTES])
def test_from_one_request_on_nothing_works_any_more(route: str, stages: Stages, record_property: Note) -> None:
    stage, tally = stages(route), Tally(f"{route} gone for good")
    for at in range(1, stage.requests + 1):
        # Lost with the last request: all facts are here, and the shell is the node's to delete.
        expected = "whole" if at == stage.requests else "unreachable"
        seen = stage.scan(Trouble("drop-before", at, 99))
        stage.check(tally, f"nothing from request {at} on", seen, (expected,), left=int(at > stage.create))
        warned = "deletes it itself" in " ".join(seen.node.provenance.warnings)
        assert warned == (at > stage.create), "a shell that stays is said"
    tally.note(record_property)


@pytest.mark.parametrize("kind", ["abort-handshake", "alert-handshake", "silent-handshake"])
@pytest.mark.parametrize("times", [1, 99])
def test_a_handshake_that_fails(kind: str, times: int, stages: Stages, record_property: Note) -> None:
    stage, tally = stages("ntlm-https"), Tally(f"ntlm-https {kind}")
    timeout = 1.2 if kind == "silent-handshake" else 20.0
    seen = stage.scan(Trouble(kind, 1, times), timeout)
    stage.check(tally, f"{kind} {times} times", seen, ("unreachable", "timeout"), timeout=timeout)
    tally.note(record_property)


SLOW = [
    pytest.param(route, kind, marks=[pytest.mark.xdist_group(f"chaos {route}"),
                                     *([] if kind == "stall" and route == "ntlm-http" else [pytest.mark.soak])])
    for route in ROUTES for kind in ("delay", "trickle", "stall")
]  # fmt: skip


@pytest.mark.parametrize(("route", "kind"), SLOW)
def test_every_request_slowly(route: str, kind: str, stages: Stages, record_property: Note) -> None:
    stage, tally = stages(route), Tally(f"{route} {kind}")
    timeout = 1.0 if kind == "stall" else 20.0
    for at in range(1, stage.requests + 1):
        # Nobody waits for the answer to the Delete when everything else is here.
        allowed = ("timeout", "unreachable") if kind == "stall" and at < stage.requests else ("whole",)
        seen = stage.scan(Trouble(kind, at, seconds=2.5 if kind == "stall" else 0.4), timeout)
        stage.check(tally, f"{kind} at request {at}", seen, allowed, timeout=timeout, left=1)
    tally.note(record_property)


FAULTS = {
    "too many operations": (2150859174, "w:QuotaLimit", ("refused", "whole")),
    "too many shells": (2150859173, "w:QuotaLimit", ("refused", "whole")),
    "access denied": (5, "w:AccessDenied", ("access_denied",)),
    "operation timed out": (2150858793, "w:TimedOut", ("whole", "bad_output", "timeout")),
    "aborted": (995, "w:InternalError", ("whole",)),
    "no such shell": (2150858843, "w:InvalidSelectors", ("whole",)),
    "unknown": (2150858999, "w:InternalError", ("bad_output",)),
}


@pytest.mark.parametrize("name", FAULTS)
def test_every_operation_answered_with_a_fault(
    name: str, stages: Stages, record_property: Note, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage, tally = stages("ntlm-http"), Tally(f"fault: {name}")
    code, subcode, allowed = FAULTS[name]
    shells, real = stage.endpoint.shells, stage.endpoint.shells.perform
    operations = [kind for kind in stage.kinds if kind != "auth"]
    for at in range(1, len(operations) + 1):
        count = iter(range(1, 1000))

        def perform(request: wsman.Envelope, user: str, at: int = at, count=count) -> bytes:  # type: ignore[no-untyped-def]
            if next(count) == at:
                raise wsman.WsmanFault(code, subcode, "as the test wants it")
            return real(request, user)

        monkeypatch.setattr(shells, "perform", perform)
        # The Delete is tried again, and what it says changes no fact; where the node says that the shell is gone, it
        # is believed.
        expected = ("whole",) if operations[at - 1] == "Delete" else allowed
        left = int(name == "no such shell" and operations[at - 1] == "Delete")
        stage.check(tally, f"{name} at {operations[at - 1]}", stage.scan(), expected, left=left)
    tally.note(record_property)


RESTARTS = [0.0, pytest.param(0.3, marks=pytest.mark.soak), pytest.param(1.0, marks=pytest.mark.soak)]


@pytest.mark.parametrize("away", RESTARTS)
@pytest.mark.parametrize(
    "route", [pytest.param(r, marks=[] if r == "ntlm-http" else [pytest.mark.soak]) for r in ROUTES]
)
def test_a_node_that_restarts_in_the_middle(route: str, away: float, record_property: Note) -> None:
    tally = Tally(f"{route} node restarts")
    with Stage(route) as stage:
        for at in range(1, stage.requests + 1):
            seen = restarted(stage, at, away)
            stage.check(tally, f"away for {away} s at request {at}", seen, ("whole", "unreachable"))
    tally.note(record_property)


def restarted(stage: Stage, at: int, away: float):  # type: ignore[no-untyped-def]
    """A scan during which the node goes at a request and is back on the same port after a while."""
    back = threading.Event()

    def come_back() -> None:
        stage.proxy.come_back()
        back.set()

    def on_request(number: int) -> None:
        if number == at and not back.is_set():
            stage.proxy.go_away()
            stage.replace_endpoint()
            threading.Timer(away, come_back).start()

    stage.proxy.on_request = on_request
    try:
        return stage.scan()
    finally:
        stage.proxy.on_request = None
        assert back.wait(away + LATE)
