"""PowerShell remoting, disturbed at every request in turn: the same facts or the reason, and no shell left, ever."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence

import pytest

from tests.chaos.proxy import Trouble
from tests.chaos.stage import PASSWORD, ROUTES, USER, Stage, Tally
from tests.chaos.test_requests import DROPS, EITHER, FAULTS, restarted
from vcaudit.lab.server import Endpoint, wsman
from vcaudit.lab.server.psrp import Call, Outcome
from vcaudit.lab.windows.remoting import DEFAULT, scripts

PSRP = {f"psrp-{name}": {**settings, "protocol": "psrp"} for name, settings in ROUTES.items()}
Note = Callable[[str, object], None]
GROUP = pytest.mark.xdist_group("chaos psrp")
SAMPLE = {"drop-after", "unauthorized", "aborted", "too many shells"}
"""What is tried in every run of the tests: where this protocol differs most from the other one."""


class Remoting(Stage):
    """A stage whose endpoints speak PowerShell remoting."""

    def make_endpoint(self, name: str) -> Endpoint:
        """With one session configuration, whose answers are worked out once."""
        known: dict[str, Outcome] = {}
        lock = threading.Lock()

        def session(calls: Sequence[Call]) -> Outcome:
            with lock:
                return known.setdefault(repr(calls), scripts(self._nodes[name], calls))

        tls = PSRP[self.route].get("scheme") == "https"
        return Endpoint(lambda line, stdin: (b"", b"", 1), {USER: PASSWORD}, tls=tls, sessions={DEFAULT: session})


@pytest.fixture(scope="module")
def stages() -> Iterator[Callable[[str], Remoting]]:
    made: dict[str, Remoting] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tests.chaos.stage.ROUTES", PSRP)

        def stage(route: str) -> Remoting:
            if route not in made:
                made[route] = Remoting(route)
                made[route].__enter__()
            return made[route]

        yield stage
        for each in made.values():
            each.__exit__(None, None, None)


EVERY = [
    pytest.param(r, k, marks=[GROUP, *([] if k in SAMPLE and r == "psrp-ntlm-http" else [pytest.mark.soak])])
    for r, k in (
        (route, kind)
        for route in PSRP for kind in (*DROPS, *EITHER) if kind != "alert" or "https" in route
    )
]  # fmt: skip


@pytest.mark.parametrize(("route", "kind"), EVERY)
def test_every_request_in_turn(route: str, kind: str, stages: Callable[[str], Remoting], record_property: Note) -> None:
    stage, tally = stages(route), Tally(f"{route} {kind}")
    for at in range(1, stage.requests + 1):
        seen = stage.scan(Trouble(kind, at))
        # The client names its shells: also one whose Create nobody heard of is deleted.
        stage.check(tally, f"{kind} at request {at}", seen, EITHER.get(kind, ("whole",)), left=0)
    tally.note(record_property)


@GROUP
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in SAMPLE else [pytest.mark.soak]) for name in FAULTS]
)
def test_every_operation_answered_with_a_fault(
    name: str, stages: Callable[[str], Remoting], record_property: Note, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage, tally = stages("psrp-ntlm-http"), Tally(f"psrp fault: {name}")
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
        expected = ("whole",) if operations[at - 1] == "Delete" else allowed
        left = int(name == "no such shell" and operations[at - 1] == "Delete")
        stage.check(tally, f"{name} at {operations[at - 1]}", stage.scan(), expected, left=left)
    tally.note(record_property)


@GROUP
@pytest.mark.soak
@pytest.mark.parametrize("at_work", ["stall", "trickle"])
def test_every_request_slowly(at_work: str, stages: Callable[[str], Remoting], record_property: Note) -> None:
    stage, tally = stages("psrp-ntlm-http"), Tally(f"psrp {at_work}")
    timeout = 2.0 if at_work == "stall" else 20.0
    for at in range(1, stage.requests + 1):
        allowed = ("timeout", "unreachable") if at_work == "stall" and at < stage.requests else ("whole",)
        seen = stage.scan(Trouble(at_work, at, seconds=4.0 if at_work == "stall" else 0.4), timeout)
        stage.check(tally, f"{at_work} at request {at}", seen, allowed, timeout=timeout, left=1)
    tally.note(record_property)


@GROUP
def test_a_node_that_restarts_in_the_middle(record_property: Note, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.chaos.stage.ROUTES", PSRP)
    tally = Tally("psrp node restarts")
    with Remoting("psrp-ntlm-http") as stage:
        for at in range(1, stage.requests + 1):
            seen = restarted(stage, at, 0.0)
            stage.check(tally, f"at request {at}", seen, ("whole", "unreachable"))
    tally.note(record_property)
