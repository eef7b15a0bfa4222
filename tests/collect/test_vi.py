"""Role holders from VirtualCenter's API, asked of govmomi's simulator; and what else may answer at that port."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyVmomi import vim, vmodl

from tests.vcenter import (
    PASSWORD,
    READER,
    Behaviour,
    Identity,
    Simulated,
    center,
    credential,
    pretender,
    saying,
    silent,
    simulated,
    trickling,
    usual,
)
from vcaudit.collect.vi import Conversation
from vcaudit.collect.vi_errors import translate
from vcaudit.collect.vi_wire import Watch
from vcaudit.errors import (
    AccessDenied,
    AuthenticationFailed,
    BadOutput,
    TimedOut,
    TransportError,
    Unreachable,
    UsageError,
)
from vcaudit.inventory.types import Tls, VirtualCenter
from vcaudit.snapshot.facts import Permission

CALLS = ["RetrieveServiceContent", "Login", "RetrieveAllPermissions", "RetrieveProperties", "RetrieveProperties",
         "Logout"]  # fmt: skip
SECONDS = 10.0
PERMISSIONS = [
    {"principal": "Administrators", "is_group": True, "role": "Administrator", "entity": "Datacenters"},
    {"principal": "vcadmin", "is_group": False, "role": "Read-only", "entity": "DC0"},
    {"principal": "CORP\\VC Operators", "is_group": True, "role": "Operators of night", "entity": "DC0/vm/Production"},
    {"principal": "VCNODE1\\backup", "is_group": False, "role": "Operators of night", "entity": "DC0/vm/Production"},
    {"principal": "Müller <&> \"x\" 株", "is_group": False, "role": "No access", "entity": "50% rack/1"},
]
CROWD = [
    {"principal": f"{place}user{number:03}", "is_group": number % 3 == 0, "role": f"role {number % 7}",
     "entity": f"folder {number % 40}" if number else "Datacenters"}
    for number in range(200) for place in ("", "CORP\\", "VCNODE2\\")
]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("vc")


@pytest.fixture(scope="module")
def running(folder: Path) -> Iterator[Simulated]:
    with simulated(folder, PERMISSIONS) as one:
        yield one


def asked(target: VirtualCenter, password: str = PASSWORD, seconds: float = SECONDS) -> Conversation:
    talk = Conversation(target, credential(target.credential.user, password), seconds)
    talk.run()
    return talk


def failure(target: VirtualCenter, password: str = PASSWORD, seconds: float = SECONDS) -> TransportError:
    with pytest.raises(TransportError) as caught:
        asked(target, password, seconds)
    assert caught.value.hint, "it says what to do next"
    assert "127.0.0.1" in caught.value.where or target.address in caught.value.where
    assert PASSWORD not in str(caught.value)
    return caught.value


def test_every_kind_of_principal_is_kept_as_virtualcenter_has_it(running: Simulated) -> None:
    told = asked(running.center()).permissions
    assert told == (
        Permission(principal="Administrators", is_group=True, role="Administrator", entity="Datacenters"),
        Permission(principal="CORP\\VC Operators", is_group=True, role="Operators of night",
                   entity="DC0/vm/Production"),
        Permission(principal="Müller <&> \"x\" 株", is_group=False, role="No access", entity="50% rack/1"),
        Permission(principal="vcadmin", is_group=False, role="Read-only", entity="DC0"),
        Permission(principal="VCNODE1\\backup", is_group=False, role="Operators of night", entity="DC0/vm/Production"),
    )  # fmt: skip


@pytest.mark.parametrize("user", [READER, "vcadmin"])
def test_reading_suffices_and_nothing_else_is_called(running: Simulated, user: str) -> None:
    """The simulator refuses an account with the role Read-only everything but reading."""
    running.spent()
    talk = asked(running.center(user))
    assert len(talk.permissions) == len(PERMISSIONS)
    assert running.spent() == {"sessions": 0, "calls": CALLS}
    assert (talk.origin.requests, talk.origin.user) == (len(CALLS), user)


def test_hundreds_of_permissions_cost_no_more_requests(folder: Path) -> None:
    with simulated(folder, CROWD) as one:
        talk = asked(one.center())
        assert one.spent() == {"sessions": 0, "calls": CALLS}
    assert {(p.principal, p.is_group, p.role, p.entity) for p in talk.permissions} == {
        (p["principal"], p["is_group"], p["role"], p["entity"]) for p in CROWD
    }
    assert len(talk.permissions) == len(CROWD) == 600


def test_the_report_can_say_where_they_came_from(running: Simulated) -> None:
    origin = asked(running.center()).origin
    assert (origin.source, origin.place, origin.user) == ("virtualcenter", f"127.0.0.1:{running.port}", READER)
    assert "vCenter Server 6.5.0" in origin.version
    assert origin.version.endswith("API 6.5, TLSv1.3")
    assert origin.warnings == ()


def test_virtualcenter_2_0_is_asked_in_its_own_namespace(folder: Path) -> None:
    with simulated(folder, PERMISSIONS, namespace="vim2") as one:
        assert len(asked(one.center()).permissions) == len(PERMISSIONS)
        assert one.spent() == {"sessions": 0, "calls": ["RetrieveServiceContent", *CALLS]}
        assert isinstance(failure(one.center(), "wrong"), AuthenticationFailed)
        with simulated(folder, [], namespace="vim3") as later:
            error = failure(later.center())
    assert isinstance(error, BadOutput)
    assert "Unable to resolve WSDL method name" in error.what


@pytest.mark.parametrize(("user", "password"), [(READER, "wrong"), ("unknown", PASSWORD), (READER, "")])
def test_a_wrong_password_is_told_and_never_repeated(running: Simulated, user: str, password: str) -> None:
    """The simulator repeats the password in its fault."""
    running.spent()
    error = failure(running.center(user), password)
    assert isinstance(error, AuthenticationFailed)
    assert error.what == f"VirtualCenter did not accept {user}"
    assert running.spent() == {"sessions": 0, "calls": ["RetrieveServiceContent", "Login"]}


@pytest.mark.parametrize(("user", "said"), [("nobody", "may not read the permissions"), ("branch", "a part of the")])
def test_an_account_that_sees_too_little_is_told_which_role_it_needs(
    running: Simulated, user: str, said: str
) -> None:
    """What an account cannot see is left out without a word: few permissions would pass for all of them."""
    error = failure(running.center(user))
    assert isinstance(error, AccessDenied)
    assert said in error.what
    assert "Read-only on the root folder" in error.hint
    assert running.spent()["sessions"] == 0


def test_no_permission_at_all_is_no_answer(folder: Path) -> None:
    """There is always an administrator: nobody to be seen means that not all is shown, and would pass for well."""
    with simulated(folder, PERMISSIONS[1:]) as one:
        assert isinstance(failure(one.center()), AccessDenied)


def test_a_role_that_does_not_propagate_shows_the_root_only(folder: Path) -> None:
    own = {"principal": READER, "is_group": False, "role": "Read-only", "entity": "Datacenters", "here_only": True}
    with simulated(folder, [*PERMISSIONS, own]) as one:
        assert isinstance(failure(one.center()), AccessDenied)
    with simulated(folder, [*PERMISSIONS, {**own, "here_only": False}]) as one:
        assert len(asked(one.center()).permissions) == len(PERMISSIONS) + 1


def test_whom_the_inventory_does_not_trust_gets_no_password(running: Simulated, folder: Path) -> None:
    running.spent()
    wrong = "5c" * 32
    other = Identity(folder, common="other")
    for settings in ({"ca": None}, {"ca": other.pem}, {"ca": None, "fingerprint": wrong}):
        error = failure(running.center(**settings))
        assert isinstance(error, Unreachable)
        assert "nothing was sent" in error.hint
    assert f"pinned SHA-256 {bytes.fromhex(wrong).hex(':')}" in error.what
    assert bytes.fromhex(running.identity.fingerprint).hex(":") in error.what
    assert running.spent() == {"sessions": 0, "calls": []}


def test_a_pinned_certificate_is_all_the_trust_it_takes(folder: Path) -> None:
    ended = Identity(folder, names=(), ended=True)
    with simulated(folder, PERMISSIONS, identity=ended) as one:
        talk = asked(one.center(ca=None, fingerprint=ended.fingerprint))
        assert (len(talk.permissions), talk.origin.warnings) == (len(PERMISSIONS), ())
        error = failure(one.center())
    assert "certificate" in error.what


def test_a_name_that_stands_in_the_common_name_only_has_to_be_allowed(folder: Path) -> None:
    named = Identity(folder, names=(), common="localhost")
    with simulated(folder, PERMISSIONS, identity=named) as one:
        error = failure(one.center(address="localhost"))
        assert "not made out to localhost" in error.what
        assert "common_name: true" in error.hint
        talk = asked(one.center(address="localhost", tls=Tls(common_name=True)))
    assert len(talk.permissions) == len(PERMISSIONS)
    assert "common name" in talk.origin.warnings[0]


def test_an_old_virtualcenter_is_asked_when_the_inventory_allows_it(folder: Path) -> None:
    """TLS 1.0 and nothing newer, with a key of 1024 bits."""
    weak = Identity(folder, bits=1024)
    with simulated(folder, PERMISSIONS, identity=weak, old_tls=True) as one:
        error = failure(one.center())
        assert isinstance(error, Unreachable)
        assert "tls: {minimum: '1.0', security_level: 0}" in error.hint
        talk = asked(one.center(tls=Tls(minimum="1.0", security_level=0)))
    assert len(talk.permissions) == len(PERMISSIONS)
    assert talk.origin.version.endswith(", TLSv1")
    assert ["TLS weakened" in warning for warning in talk.origin.warnings] == [True, True]


def test_a_dead_endpoint_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    error = failure(center(port))
    assert isinstance(error, Unreachable)
    assert error.what == "nothing listens at this port"
    unknown = failure(center(443, address="vc.nowhere.invalid"), seconds=5)
    assert isinstance(unknown, Unreachable)


def status(line: str, body: str = "") -> Behaviour:
    return saying(f"HTTP/1.1 {line}\r\nContent-Length: {len(body.encode())}\r\n\r\n{body}".encode())


SOAP = '<E:Envelope xmlns:E="http://schemas.xmlsoap.org/soap/envelope/"><E:Body>{}</E:Body></E:Envelope>'
FAULT = SOAP.format(f"<E:Fault><faultstring>{'x' * 190}{PASSWORD}</faultstring></E:Fault>")


@pytest.mark.parametrize(
    ("behave", "kind", "said"),
    [
        (status("404 Not Found"), BadOutput, "HTTP status 404"),
        (status("503 Service Unavailable"), Unreachable, "VirtualCenter itself does not run"),
        (status("200 OK", "<html><body>Welcome<br></body></html>"), BadOutput, "not one of VirtualCenter's"),
        (status("200 OK", ""), BadOutput, "not one of VirtualCenter's"),
        (status("500 Oops", "Traceback"), BadOutput, "not one of VirtualCenter's"),
        (status("200 OK", SOAP.format("<RetrieveServiceContentResponse/>")), BadOutput, "not one of VirtualCenter's"),
        (status("500 Fault", FAULT), BadOutput, "the fault RuntimeFault: xxx"),
        (saying(b"SSH-2.0-OpenSSH_9.2\r\n"), BadOutput, "not one of VirtualCenter's"),
        (saying(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n<?xml"), BadOutput, "not one of VirtualCenter's"),
        (saying(b""), Unreachable, "the connection was closed"),
    ],
)
def test_something_else_that_answers_is_said_to_be_something_else(
    behave: Behaviour, kind: type[TransportError], said: str
) -> None:
    identity = usual()
    with pretender(behave, identity) as port:
        error = failure(center(port, ca=identity.pem))
    assert type(error) is kind
    assert said in error.what


DEFECTS = [KeyError("x"), TypeError(), UnicodeDecodeError("utf-8", b"x", 0, 1, "x"), RecursionError(), EOFError(),
           http.client.IncompleteRead(b""), http.client.HTTPException("301 Moved"), http.client.LineTooLong("x"),
           vim.fault.NoPermission(privilegeId=PASSWORD), vim.fault.InvalidLogin(msg=PASSWORD),
           vim.fault.InvalidLocale(msg=PASSWORD), vmodl.fault.SystemError(msg="x" * 190 + PASSWORD),
           vmodl.fault.NotSupported(msg="\x1b[2J"), OSError(), ssl.SSLError(1, "x"), BrokenPipeError()]  # fmt: skip


@pytest.mark.parametrize("error", DEFECTS, ids=lambda error: type(error).__name__)
def test_whatever_comes_out_is_an_error_of_ours(error: Exception) -> None:
    watch = Watch(center(443), 5)
    mine = translate(error, watch, PASSWORD)
    watch.close()
    assert isinstance(mine, TransportError)
    assert mine.hint
    assert PASSWORD[:6] not in str(mine)
    assert "\x1b" not in str(mine)


def test_a_port_without_tls_is_told() -> None:
    with pretender(saying(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as port:
        error = failure(center(port))
    assert isinstance(error, Unreachable)
    assert error.what == "no TLS is spoken on this port"


@pytest.mark.parametrize("secured", [True, False])
@pytest.mark.parametrize("behave", [silent, trickling])
def test_the_deadline_holds_whoever_answers(behave: Behaviour, secured: bool) -> None:
    identity = usual()
    began = time.monotonic()
    with pretender(behave, identity if secured else None) as port:
        error = failure(center(port, ca=identity.pem), seconds=1.0)
    assert time.monotonic() - began < 1.6
    assert type(error) is (TimedOut if secured else Unreachable)


def test_an_endless_answer_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vcaudit.collect.vi_wire.MOST_BYTES", 1 << 20)

    def endless(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n<a>")
        while True:
            connection.sendall(b"<b/>" * 4096)

    identity = usual()
    with pretender(endless, identity) as port:
        error = failure(center(port, ca=identity.pem))
    assert isinstance(error, BadOutput)
    assert "longer than" in error.what


def test_cancelling_ends_it_soon() -> None:
    identity = usual()
    with pretender(silent, identity) as port:
        talk = Conversation(center(port, ca=identity.pem), credential(), 30)
        threading.Timer(0.2, talk.cancel).start()
        began = time.monotonic()
        with pytest.raises(TimedOut):
            talk.run()
    assert time.monotonic() - began < 2


def test_the_session_is_closed_also_when_the_time_is_up(folder: Path) -> None:
    """Cut off in the middle, behind the login: a connection of its own says good-bye."""
    with simulated(folder, PERMISSIONS, slow={"RetrieveAllPermissions": 3000}) as one:
        began = time.monotonic()
        assert isinstance(failure(one.center(), seconds=1.0), TimedOut)
        assert time.monotonic() - began < 1.6
        assert one.spent() == {"sessions": 0, "calls": ["RetrieveServiceContent", "Login", "Logout"]}


def test_a_file_of_authorities_that_is_none_is_told_before_anything_is_sent(tmp_path: Path) -> None:
    bad = tmp_path / "ca.pem"
    bad.write_text("no certificate")
    with pytest.raises(UsageError, match="cannot be used"):
        Conversation(center(443, ca=bad), credential(), 1)
