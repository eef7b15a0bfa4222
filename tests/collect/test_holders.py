"""From which source the role holders are judged: the export, VirtualCenter, both, or none."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import msgspec
import pytest

from tests.vcenter import PASSWORD, Simulated, center, credential, pretender, silent, simulated
from vcaudit.collect import holders
from vcaudit.collect.holders import Answer, Asking, settle
from vcaudit.errors import UsageError
from vcaudit.inventory import Cluster, load_inventory
from vcaudit.inventory.types import VirtualCenter
from vcaudit.pipeline import NO_EXPORT, Connections
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import Permission
from vcaudit.snapshot.model import PermissionsOrigin

INVENTORY = """
clusters: {C: {nodes: {A: 192.0.2.11, B: 192.0.2.12}}}
credentials: {a: {user: x, password_env: X}}
"""
FILE = Path("/some/where/roles.csv")
ORIGIN = PermissionsOrigin(source="virtualcenter", place="192.0.2.50:443", user="r", requests=6, warnings=("weak",))


def cluster(asked: VirtualCenter | None = None, timeout: float = 5.0) -> Cluster:
    (one,) = load_inventory(Path("x"), INVENTORY).clusters
    return msgspec.structs.replace(one, virtualcenter=asked, timeout=timeout)


def holder(principal: str, is_group: bool = False) -> Permission:
    return Permission(principal=principal, is_group=is_group, role="Read-only", entity="Datacenters")


def ask(asked: VirtualCenter, password: str = PASSWORD, timeout: float = 5.0) -> Answer:
    with Asking(cluster(asked, timeout), lambda spec: credential(spec.user, password)) as asking:
        answer = asking.answer()
    assert answer
    assert answer.origin
    return answer


def test_nobody_is_asked_unless_the_inventory_says_so() -> None:
    def never(_: object) -> object:
        raise AssertionError("no credential is looked up")

    with Asking(cluster(), never) as asking:  # type: ignore[arg-type]
        assert asking.answer() is None


def test_virtualcenter_answers_while_the_nodes_are_asked(tmp_path: Path) -> None:
    with simulated(tmp_path, [msgspec.to_builtins(holder("vcadmin"))]) as one:
        answer = ask(one.center())
    assert answer.permissions == (holder("vcadmin"),)
    assert answer.origin
    assert answer.origin.requests == 6


def test_what_goes_wrong_is_missing_with_its_reason(tmp_path: Path) -> None:
    with simulated(tmp_path, []) as one:
        wrong = ask(one.center(), "wrong")
        reasons = [gap_of(each) for each in (wrong, ask(one.center("nobody")), ask(one.center("branch")))]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    reasons.append(gap_of(ask(center(port))))
    with pretender(silent, one.identity) as port:
        reasons.append(gap_of(ask(center(port, ca=one.identity.pem), timeout=1.0)))
    assert reasons == ["authentication", "access_denied", "access_denied", "unreachable", "timeout"]


def gap_of(answer: Answer) -> str:
    gap = answer.permissions
    assert isinstance(gap, Missing)
    assert gap.where.startswith("VirtualCenter (127.0.0.1:")
    assert gap.detail
    assert PASSWORD not in gap.detail
    return gap.reason


def test_a_name_that_never_resolves_does_not_hold_the_scan(monkeypatch: pytest.MonkeyPatch) -> None:
    """No time-out reaches the system's resolver, so nobody waits for it."""
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: time.sleep(3) or [])
    began = time.monotonic()
    assert gap_of_late(ask(center(443), timeout=1.0)) == "unreachable"
    assert time.monotonic() - began < 1.6


def test_a_conversation_that_hangs_where_no_time_reaches_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    from vcaudit.collect.vi import Conversation

    monkeypatch.setattr(holders, "GRACE", 0.1)
    monkeypatch.setattr(Conversation, "run", lambda _: time.sleep(3))
    began = time.monotonic()
    assert gap_of_late(ask(center(443), timeout=0.5)) == "timeout"
    assert time.monotonic() - began < 1.6


def test_an_interrupt_while_virtualcenter_is_looked_for_ends_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: time.sleep(5) or [])
    began = time.monotonic()
    with Asking(cluster(center(443), 30.0), lambda spec: credential(spec.user)) as asking:
        time.sleep(0.2)
        asking.cancel()
        answer = asking.answer()
    assert answer
    assert gap_of_late(answer) == "unreachable"
    assert time.monotonic() - began < 2


def gap_of_late(answer: Answer) -> str:
    assert isinstance(answer.permissions, Missing)
    return answer.permissions.reason


def test_an_interrupt_ends_the_conversation(tmp_path: Path) -> None:
    with simulated(tmp_path, []) as one:
        connections = Connections()
        with pretender(silent, one.identity) as port:
            asked = cluster(center(port, ca=one.identity.pem), timeout=30.0)
            with connections.watch(Asking(asked, lambda spec: credential(spec.user))) as asking:
                connections.end()
                began = time.monotonic()
                answer = asking.answer()
    assert answer
    assert isinstance(answer.permissions, Missing)
    assert time.monotonic() - began < 5


def test_a_defect_is_not_taken_for_an_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from vcaudit.collect.vi import Conversation

    def broken(_: Conversation) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Conversation, "run", broken)
    with pytest.raises(ZeroDivisionError):
        ask(center(443))


def test_without_pyvmomi_the_call_is_refused_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holders, "find_spec", lambda _: None)
    with pytest.raises(UsageError) as caught:
        Asking(cluster(center(443)), lambda spec: credential())
    assert "pip install 'vcaudit[vi]'" in caught.value.hint


def test_without_any_source_it_was_not_asked() -> None:
    answer = settle(NO_EXPORT, None, None)
    assert answer == Answer(NO_EXPORT, None)
    assert NO_EXPORT.reason == "not_asked"


def test_one_source_alone_is_the_source() -> None:
    told = (holder("vcadmin"),)
    assert settle(told, FILE, None) == Answer(told, PermissionsOrigin(source="file", place="roles.csv"))
    assert settle(NO_EXPORT, None, Answer(told, ORIGIN)) == Answer(told, ORIGIN)
    gap = Missing(reason="authentication")
    assert settle(NO_EXPORT, None, Answer(gap, ORIGIN)).permissions is gap


def test_of_two_sources_virtualcenter_is_judged_and_what_differs_is_told() -> None:
    crowd = tuple(holder(f"gone{number}") for number in range(7))
    exported = (holder("VCAdmin"), holder("Operators"), *crowd)
    told = (holder("vcadmin"), holder("Operators", is_group=True))
    answer = settle(exported, FILE, Answer(told, ORIGIN))
    assert answer.permissions == told
    assert answer.origin
    assert answer.origin.warnings == (
        "weak",
        "roles.csv names Operators, gone0, gone1, gone2, gone3 and 3 more, to whom VirtualCenter grants nothing: it "
        "deleted their permissions, or the export is old",
        "VirtualCenter names Operators, whom roles.csv does not",
    )
    same = settle(told, FILE, Answer(told, ORIGIN))
    assert same.origin == ORIGIN


def test_the_export_is_judged_when_virtualcenter_cannot_answer_and_that_is_told() -> None:
    exported = (holder("vcadmin"),)
    gap = Missing(reason="unreachable", detail="nothing listens at this port")
    answer = settle(exported, FILE, Answer(gap, ORIGIN))
    assert answer.permissions == exported
    assert answer.origin
    assert (answer.origin.source, answer.origin.place) == ("file", "roles.csv")
    assert "unreachable: nothing listens at this port" in answer.origin.warnings[1]


def test_the_simulator_is_gone_with_its_test(tmp_path: Path) -> None:
    with simulated(tmp_path, []) as one:
        assert isinstance(one, Simulated)
    with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", one.port)):
        pass
