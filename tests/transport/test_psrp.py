"""PowerShell remoting against the lab's endpoint: every route, every fault, every error, and nothing left behind."""

from __future__ import annotations

import base64
import inspect
import logging
import re
import subprocess
import sys
import threading
import time
import traceback
from pathlib import Path

import pypsrp.exceptions
import pytest
from psrpkit import MOST, SCRIPT, at, remoting, told
from wirekit import PASSWORD, ROUTES, USER, target

from vcaudit.errors import (
    AccessDenied,
    AuthenticationFailed,
    BadOutput,
    Busy,
    Refused,
    TimedOut,
    TransportError,
    Unreachable,
    UsageError,
    VcauditError,
)
from vcaudit.lab.server import TRANSPORT_FAULTS, Limits
from vcaudit.lab.server.faults import COUNTED
from vcaudit.lab.server.psrp import Outcome
from vcaudit.transport.base import JEA_COMMAND, PSRP_BOOTSTRAP, Script, Spent
from vcaudit.transport.psrp import Psrp
from vcaudit.transport.psrp_errors import OTHER_COLLECTOR, OTHER_REQUESTS, converted
from vcaudit.transport.psrp_session import ENVELOPE
from vcaudit.transport.routes import connect
from vcaudit.transport.winrm import WinRm
from vcaudit.transport.wire import Wire

DOCUMENT = Path(__file__).parents[2] / "docs/psrp.md"


@pytest.mark.parametrize("route", ROUTES)
def test_a_script_is_run_and_nothing_stays(route):
    seen = []

    def session(calls):
        seen.extend(calls)
        return Outcome(("the answer",))

    with remoting(route, {"microsoft.powershell": session}) as node:
        result = Psrp(at(node, route)).run(SCRIPT, 10)
        assert (result.stdout, result.stderr, result.exit_code, result.warnings) == (b"the answer", b"", 0, ())
        assert node.open_shells == 0
        assert result.requests == sum(node.requests.values()) == MOST[route]
        assert result.bytes_sent == sum(served.received for served in node.served)
        assert result.bytes_received == sum(served.sent for served in node.served)
        assert len({served.connection for served in node.served}) == 1
        assert {k: v for k, v in node.requests.items() if k != "auth"} == {
            "Create": 1, "Command": 1, "Receive": 2, "Delete": 1}  # fmt: skip
    ((text, is_script, arguments),) = seen
    # The script is data: one argument, byte for byte, of a text that is always the same.
    assert (text, is_script, arguments) == (PSRP_BOOTSTRAP, True, ((None, SCRIPT.text.decode()),))


@pytest.mark.parametrize("route", ROUTES)
def test_a_jea_endpoint_is_given_the_request_and_no_script(route):
    with remoting(route) as node:
        result = Psrp(at(node, route, configuration="Vcaudit")).run(SCRIPT, 10)
        assert result.requests == MOST[route]
        assert node.open_shells == 0
    said = result.stdout.decode()
    assert repr((("Request", "UmVxdWVzdA=="), ("Collector", "5c" * 32))) in said
    assert JEA_COMMAND in said
    assert "is_script=False" in said
    assert "collector collector" not in said


def test_the_document_says_how_many_requests_it_takes():
    table = DOCUMENT.read_text(encoding="utf-8").partition("<!-- requests")[2]
    columns = {"Basic https": "basic https", "NTLM https": "ntlm https", "NTLM http (sealed)": "ntlm http"}
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.split("\n") if line.startswith("|")]
    assert rows[0][1:] == list(columns)
    assert [[int(cell) for cell in row[1:]] for row in rows[2:4]] == [[MOST[columns[name]] for name in rows[0][1:]]] * 2


@pytest.mark.parametrize("size", [1, 5_000, 100_000])
def test_requests_are_constant(size):
    with remoting(sessions={"microsoft.powershell": lambda calls: Outcome(("x" * size,))}) as node:
        result = Psrp(at(node)).run(SCRIPT, 10)
        assert (result.stdout, result.requests) == (b"x" * size, MOST["ntlm http"])


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("size", [150_000, 400_000])
def test_a_script_that_is_longer_than_a_message_arrives_whole(route, size):
    script = Script(text=b"s" * size, sha256="", requests_sha256="")
    with remoting(route, {"microsoft.powershell": lambda calls: Outcome((calls[0].arguments[0][1],))}) as node:
        assert Psrp(at(node, route)).run(script, 20).stdout == script.text
        assert max(served.received for served in node.served) <= Limits().envelope
        # A fragment less than messages: the first one goes with the Command.
        assert node.requests["Send"] == size * 4 // 3 // ENVELOPE


def test_output_of_megabytes_arrives_whole():
    text = "0123456789abcdef" * 120_000
    with remoting(sessions={"microsoft.powershell": lambda calls: Outcome((text,))}) as node:
        assert Psrp(at(node)).run(SCRIPT, 30).stdout.decode() == text


def test_output_without_end_is_given_up_before_it_is_whole():
    with remoting(sessions={"microsoft.powershell": lambda calls: Outcome(("x" * 3_000_000,))}) as node:
        transport = Psrp(at(node, max_output=400_000))
        with pytest.raises(BadOutput, match="longer than 400000 bytes"):
            transport.run(SCRIPT, 10)
        assert transport.spent.bytes_received < 1_500_000
        assert node.open_shells == 0


def test_a_slow_script_is_waited_for():
    def session(calls):
        time.sleep(0.4)
        return told(calls)

    with remoting(sessions={"microsoft.powershell": session}, limits=Limits(operation_timeout=0.1)) as node:
        assert Psrp(at(node)).run(SCRIPT, 10).exit_code == 0
        assert node.requests["Receive"] >= 4
        assert len({served.connection for served in node.served}) == 1


def test_one_transport_serves_many_runs():
    with remoting() as node:
        transport = connect(at(node))
        assert isinstance(transport, Psrp)
        assert {transport.run(SCRIPT, 10).requests for _ in range(3)} == {7}
        assert node.open_shells == 0


EXPECTED: dict[str, tuple[type[TransportError], str, str]] = {
    "down": (Unreachable, "no connection within 0.5 s", "firewall"),
    "refused": (Unreachable, "nothing listens on the port", "quickconfig"),
    "wrong-password": (AuthenticationFailed, "did not accept", "check name and password"),
    "slow": (TimedOut, "before the deadline", "timeout"),
    "access-denied": (AccessDenied, "fault 5", "Remote Management Users"),
    "quota": (Busy, "2150859173", "wait some minutes"),
    "server-error": (BadOutput, "HTTP status 500", "event log"),
    "not-winrm": (Unreachable, "something else answers there", "5985"),
    "redirect": (Unreachable, "redirect to https://portal.corp.example/login", "not followed"),
    "tls-expired": (Unreachable, "has expired", "fingerprint"),
    "tls-other-host": (Unreachable, "not made out to 127.0.0.1", "address"),
    "tls-untrusted": (Unreachable, "signed by none of the authorities in", "`ca`"),
    "plain-http-on-tls": (Unreachable, "plain HTTP is spoken", "scheme: http"),
    "channel-binding": (AuthenticationFailed, "did not accept", "TLS proxy"),
}
PASSES = {"cut-output", "garbage-output"}
TLS_ONLY = {"tls-expired", "tls-other-host", "tls-untrusted", "plain-http-on-tls", "channel-binding"}
CASES = [
    (fault, route) for fault in EXPECTED for route in ROUTES
    if fault not in TLS_ONLY or (route == "ntlm https" if fault == "channel-binding" else route.endswith("https"))
]  # fmt: skip


def test_no_fault_is_forgotten():
    assert set(EXPECTED) | PASSES | set(COUNTED) == set(TRANSPORT_FAULTS)


@pytest.mark.parametrize(("fault", "route"), CASES)
def test_a_fault_is_told_as_what_it_is(fault, route):
    kind, what, hint = EXPECTED[fault]
    with remoting(route, faults=[fault]) as node:
        transport = Psrp(at(node, route))
        begin = time.monotonic()
        with pytest.raises(kind) as caught:
            transport.run(SCRIPT, 1.0)
        assert time.monotonic() - begin < 1.4
        assert type(caught.value) is kind
        assert what in caught.value.what
        assert hint in caught.value.hint
        assert caught.value.where == f"VCNODE1 (127.0.0.1:{node.port})"
        assert node.open_shells == 0


def test_a_wrong_password_is_tried_once():
    # Every further try brings the account nearer to being locked; not for cleaning up either.
    with remoting(faults=["wrong-password"]) as node:
        with pytest.raises(AuthenticationFailed):
            Psrp(at(node)).run(SCRIPT, 10)
        assert node.requests == {"auth": 2}


@pytest.mark.parametrize("fault", ["quota", "access-denied"])
def test_a_runspace_that_was_refused_needs_no_deleting(fault):
    with remoting(faults=[fault]) as node:
        with pytest.raises(TransportError):
            Psrp(at(node)).run(SCRIPT, 10)
        tries = 4 if fault == "quota" else 1
        assert node.requests == {"auth": 2 * tries, "Create": tries}


@pytest.mark.parametrize("fault", sorted(PASSES))
def test_damaged_output_is_handed_on_as_it_came(fault):
    with remoting(faults=[fault]) as node:
        spoilt = Psrp(at(node)).run(SCRIPT, 5).stdout
    with remoting() as node:
        whole = Psrp(at(node)).run(SCRIPT, 5).stdout
    assert spoilt == whole[: len(whole) // 2] if fault == "cut-output" else b"collector" not in spoilt


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("fault", COUNTED)
@pytest.mark.parametrize("number", range(1, 8))
def test_a_dropped_connection_costs_one_restart(route, fault, number):
    with remoting(route, faults=[f"{fault}:{number}"]) as node:
        result = Psrp(at(node, route)).run(SCRIPT, 10)
        assert b"collector" in result.stdout
        assert node.open_shells == 0
        assert len(result.warnings) <= 1
        assert all(warning.startswith("restarted once") for warning in result.warnings)
        assert node.requests["Create"] <= 2


def test_a_runspace_whose_birth_nobody_was_told_of_is_closed(monkeypatch):
    """Its Create is carried out, the answer lost: only the client that named it can end it."""
    with remoting("basic https", limits=Limits(shells=1)) as node:
        perform, lost = node.shells.perform, []

        def cut(request, user):
            answer = perform(request, user)
            if not lost:
                lost.append(request.header("a:Action").rpartition("/")[2])
                raise OSError("the line is cut")
            return answer

        monkeypatch.setattr(node.shells, "perform", cut)
        result = Psrp(at(node, "basic https")).run(SCRIPT, 10)
        assert lost == ["Create"]
        # With room for one shell, the second try can only have come about because the first one was deleted.
        assert result.warnings == ("restarted once: the node closed the connection",)
        assert node.open_shells == 0


def test_a_connection_that_drops_again_is_unreachable():
    with remoting(faults=["drop-connection:4", "drop-connection:10"]) as node:
        transport = Psrp(at(node))
        with pytest.raises(Unreachable, match="closed the connection"):
            transport.run(SCRIPT, 10)
        assert transport.warnings[0].startswith("restarted once")
        assert node.open_shells == 0


def test_it_can_be_ended_from_outside():
    begun = threading.Event()

    def session(calls):
        begun.set()
        time.sleep(5)
        return told(calls)

    with remoting(sessions={"microsoft.powershell": session}) as node:
        transport = Psrp(at(node))
        threading.Thread(target=lambda: (begun.wait(), transport.cancel()), daemon=True).start()
        begin = time.monotonic()
        with pytest.raises(Unreachable, match="interrupted"):
            transport.run(SCRIPT, 10)
        assert time.monotonic() - begin < 3
        assert node.open_shells == 0


@pytest.mark.parametrize(
    ("outcome", "configuration", "kind", "what"),
    [
        (Outcome(), None, BadOutput, "without output and without an error"),
        (Outcome((" ",)), None, BadOutput, "without output and without an error"),
        (Outcome(error="Nicht\r\nerlaubt", error_id="Other"), None, BadOutput, "ended without output: Nicht erlaubt"),
        (Outcome(error="Syntax", error_id="ScriptsNotAllowed"), None, AccessDenied, "runs no scripts"),
        (Outcome(error="x", error_id="CommandNotFoundException"), "Vcaudit", AccessDenied, "Vcaudit does not offer"),
        (Outcome(error=OTHER_COLLECTOR + "ab" * 32), "Vcaudit", Refused, "another collector .*abab"),
        (Outcome(error=OTHER_REQUESTS), "Vcaudit", Refused, "other requests"),
    ],
)
def test_no_output_says_why(outcome, configuration, kind, what):
    sessions = {"microsoft.powershell": lambda calls: outcome, "vcaudit": lambda calls: outcome}
    with remoting(sessions=sessions) as node:
        with pytest.raises(kind) as caught:
            Psrp(at(node, configuration=configuration)).run(SCRIPT, 5)
        assert re.search(what, caught.value.what)
        assert caught.value.hint
        assert node.open_shells == 0


def test_an_error_behind_the_answer_is_a_warning():
    outcome = Outcome(("some",), error="broke at the end")
    with remoting(sessions={"microsoft.powershell": lambda calls: outcome}) as node:
        result = Psrp(at(node)).run(SCRIPT, 5)
    assert (result.stdout, result.exit_code) == (b"some", 1)
    assert result.warnings == ("the script ended with exit code 1: broke at the end",)


def test_a_session_configuration_that_is_not_there():
    with remoting() as node:
        with pytest.raises(BadOutput, match="no session configuration Vcauidt") as caught:
            Psrp(at(node, configuration="Vcauidt")).run(SCRIPT, 5)
        assert caught.value.code == 2150858811
        assert "Get-PSSessionConfiguration" in caught.value.hint
        assert node.requests == {"auth": 2, "Create": 1}


@pytest.mark.parametrize("configuration", [None, "Vcaudit"])
def test_who_is_no_administrator_may_ask_over_psrp_only(configuration):
    with remoting(administrators=False) as node:
        with pytest.raises(AccessDenied) as caught:
            WinRm(target(node)).run(SCRIPT, 5)
        assert "protocol: psrp" in caught.value.hint
        assert Psrp(at(node, configuration=configuration)).run(SCRIPT, 5).exit_code == 0


def test_a_node_that_speaks_no_remoting():
    with remoting(sessions={"other": told}) as node, pytest.raises(BadOutput, match=r"Microsoft\.PowerShell"):
        Psrp(at(node)).run(SCRIPT, 5)


PSRP = {
    "WinRMError": BadOutput, "AuthenticationError": AuthenticationFailed, "WinRMTransportError": Unreachable,
    "WSManFaultError": BadOutput, "InvalidRunspacePoolStateError": BadOutput, "InvalidPipelineStateError": BadOutput,
    "InvalidPSRPOperation": BadOutput, "FragmentError": BadOutput, "SerializationError": BadOutput,
}  # fmt: skip
ARGUMENTS = {"WinRMTransportError": ("http", 404, ""), "WSManFaultError": (7, "m", "r", None, None, None)}


@pytest.fixture
def wire():
    with remoting() as node:
        made = Wire(at(node), Spent(), time.monotonic() + 60)
        yield made
        made.close()


def test_no_class_is_forgotten():
    found = {
        name for name, value in vars(pypsrp.exceptions).items()
        if inspect.isclass(value) and issubclass(value, Exception) and not name.startswith("_")
    }  # fmt: skip
    assert found == set(PSRP)
    assert all(issubclass(getattr(pypsrp.exceptions, name), pypsrp.exceptions.WinRMError) for name in found)


@pytest.mark.parametrize("bare", [False, True])
@pytest.mark.parametrize("name", sorted(PSRP))
def test_every_class_becomes_one_of_ours(wire, name, bare):
    kind = getattr(pypsrp.exceptions, name)
    ours = converted(kind.__new__(kind) if bare else kind(*ARGUMENTS.get(name, ("x",))), wire)
    assert type(ours) is (BadOutput if bare and name in ARGUMENTS else PSRP[name])
    assert ours.what
    assert ours.hint
    assert ours.where == wire.target.place


@pytest.mark.parametrize(
    ("code", "kind", "retry"),
    [(5, AccessDenied, False), ("w:AccessDenied", AccessDenied, False), (2150858811, BadOutput, False),
     (2150859173, Busy, False), ("w:QuotaLimit", Busy, False), (2150858843, Unreachable, True),
     (995, Unreachable, True), (None, BadOutput, False)],
)  # fmt: skip
def test_faults_by_their_number(wire, code, kind, retry):
    ours = converted(pypsrp.exceptions.WSManFaultError(code, "m", "Zugriff\x1b verweigert", None, None, None), wire)
    assert (type(ours), ours.retry) == (kind, retry)


def test_after_the_deadline_every_error_is_the_deadline(wire):
    wire.cut()
    assert type(converted(pypsrp.exceptions.FragmentError(), wire)) is TimedOut


@pytest.mark.parametrize("fault", ["none", *sorted(set(TRANSPORT_FAULTS) - set(COUNTED)), "drop-connection:4"])
@pytest.mark.parametrize("route", ["ntlm http", "basic https"])
def test_nothing_tells_the_password(route, fault, caplog, capfd, recwarn):
    caplog.set_level(logging.DEBUG)
    said: list[str] = []
    errors: list[VcauditError] = []
    with remoting(route, faults=[] if fault == "none" else [fault]) as node:
        transport = Psrp(at(node, route))
        try:
            said.append(repr(transport.run(SCRIPT, 0.6).warnings))
        except VcauditError as error:
            errors.append(error)
            said += [str(error), repr(error), *traceback.format_exception(error)]
        said += [repr(transport), repr(vars(transport))]
    # An error of a library in the chain would carry its request, and that its headers.
    assert all(error.__cause__ is None and (error.__suppress_context__ or not error.__context__) for error in errors)
    out, err = capfd.readouterr()
    said += [out, err, caplog.text, *(str(warning.message) for warning in recwarn.list)]
    basic = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    for canary in (PASSWORD, basic, "TlRMTVNTUAAD", "Authorization", "collector collector"):
        assert canary not in "\n".join(said)


def test_the_environment_has_no_say(monkeypatch, tmp_path):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "none.pem"))
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login other password other\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    for route in ROUTES:
        with remoting(route) as node:
            assert Psrp(at(node, route)).run(SCRIPT, 10).exit_code == 0


def test_a_pinned_certificate_needs_no_authority():
    with remoting("ntlm https", faults=["tls-expired"]) as node:
        assert Psrp(at(node, "ntlm https", ca=None, fingerprint=node.fingerprint)).run(SCRIPT, 10).exit_code == 0


def test_basic_over_http_is_refused_before_anything_is_sent():
    with remoting(allow_unencrypted=True) as node:
        with pytest.raises(UsageError, match="would send the password readable"):
            Psrp(at(node, "basic http"))
        assert not node.served


def test_without_the_extra_it_says_what_to_install(monkeypatch):
    for name in [each for each in sys.modules if each.startswith(("pypsrp", "vcaudit.transport.psrp_"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pypsrp", None)
    with remoting() as node, pytest.raises(UsageError, match="not installed") as caught:
        Psrp(at(node))
    assert "vcaudit[psrp]" in caught.value.hint


def test_libraries_are_imported_when_a_run_starts():
    code = "import sys, vcaudit.transport.psrp\nprint([m for m in ('pypsrp', 'winrm', 'requests') if m in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


@pytest.mark.parametrize(("options", "route"), [
    ({}, "psrp ntlm http"), ({"configuration": "Vcaudit"}, "psrp ntlm http jea:Vcaudit"),
])  # fmt: skip
def test_provenance_names_the_route(options, route):
    with remoting() as node:
        assert at(node, **options).route == route
