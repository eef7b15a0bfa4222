"""Every transport fault: which error, with which words, within the deadline, and nothing left on the node."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time

import pytest
from wirekit import ROUTES, SCRIPT, endpoint, target

from vcaudit.errors import (
    AccessDenied,
    AuthenticationFailed,
    BadOutput,
    Busy,
    TimedOut,
    TransportError,
    Unreachable,
)
from vcaudit.lab.server import TRANSPORT_FAULTS
from vcaudit.lab.server.faults import COUNTED
from vcaudit.transport.winrm import WinRm

EXPECTED: dict[str, tuple[type[TransportError], str, str]] = {
    "down": (Unreachable, "no connection within 0.5 s", "firewall"),
    "refused": (Unreachable, "nothing listens on the port", "quickconfig"),
    "wrong-password": (AuthenticationFailed, "did not accept", "check name and password"),
    "slow": (TimedOut, "before the deadline", "timeout"),
    "access-denied": (AccessDenied, "fault 5", "Administrators"),
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
"""What only the decoder of the answer can tell."""
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
    with endpoint(route, faults=[fault]) as node:
        begin = time.monotonic()
        with pytest.raises(kind) as caught:
            WinRm(target(node, route)).run(SCRIPT, 1.0)
        assert time.monotonic() - begin < 1.4
        assert type(caught.value) is kind
        assert what in caught.value.what
        assert hint in caught.value.hint
        assert caught.value.where == f"VCNODE1 (127.0.0.1:{node.port})"
        assert node.open_shells == 0


def test_a_dead_node_is_unreachable_however_short_the_deadline():
    with endpoint(faults=["down"]) as node, pytest.raises(Unreachable, match=r"no connection within 0\.0"):
        WinRm(target(node)).run(SCRIPT, 0.1)


@pytest.mark.parametrize("fault", sorted(PASSES))
def test_damaged_output_is_handed_on_as_it_came(fault):
    with endpoint(faults=[fault]) as node:
        spoilt = WinRm(target(node)).run(SCRIPT, 5).stdout
    with endpoint() as node:
        whole = WinRm(target(node)).run(SCRIPT, 5).stdout
    assert spoilt == whole[: len(whole) // 2] if fault == "cut-output" else SCRIPT.text not in spoilt


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("fault", COUNTED)
@pytest.mark.parametrize("number", range(1, 8))
def test_a_dropped_connection_costs_one_restart(route, fault, number):
    with endpoint(route, faults=[f"{fault}:{number}"]) as node:
        result = WinRm(target(node, route)).run(SCRIPT, 10)
        assert SCRIPT.text in result.stdout
        assert node.open_shells == 0
        assert len(result.warnings) <= 1
        assert all(warning.startswith("restarted once") for warning in result.warnings)
        assert node.requests["Create"] <= 2


def test_a_connection_that_drops_again_is_unreachable():
    with endpoint(faults=["drop-connection:4", "drop-connection:9"]) as node:
        transport = WinRm(target(node))
        with pytest.raises(Unreachable, match="closed the connection"):
            transport.run(SCRIPT, 10)
        assert transport.warnings[0].startswith("restarted once")
        assert node.open_shells == 0


def test_a_wrong_password_is_tried_once():
    # Every further try brings the account nearer to being locked.
    with endpoint(faults=["wrong-password"]) as node:
        with pytest.raises(AuthenticationFailed):
            WinRm(target(node)).run(SCRIPT, 10)
        assert node.requests == {"auth": 2}


def test_a_fingerprint_that_differs_shows_both():
    with endpoint("ntlm https") as node:
        with pytest.raises(Unreachable) as caught:
            WinRm(target(node, "ntlm https", ca=None, fingerprint="AB" * 32)).run(SCRIPT, 5)
        assert ":".join(["ab"] * 32) in caught.value.what
        assert node.fingerprint.lower() in caught.value.what
        assert not node.served


def test_a_certificate_of_nobody_the_system_knows():
    with endpoint("basic https") as node:
        with pytest.raises(Unreachable, match="none of the system's authorities"):
            WinRm(target(node, "basic https", ca=None)).run(SCRIPT, 5)
        assert not node.served


@pytest.mark.parametrize(
    ("route", "schemes", "offers"),
    [
        ("ntlm https", ("Basic",), 'Basic realm="WSMAN"'),
        ("basic https", ("Negotiate", "Kerberos"), "Negotiate, Kerberos"),
    ],
)
def test_what_the_node_offers_instead_is_said(route, schemes, offers):
    with endpoint(route, schemes=schemes) as node, pytest.raises(AuthenticationFailed) as caught:
        WinRm(target(node, route)).run(SCRIPT, 5)
    assert f"does not accept {route.split()[0]}; it offers {offers}" in caught.value.what


def test_http_on_an_https_port():
    with endpoint("ntlm https") as node, pytest.raises(Unreachable) as caught:
        WinRm(target(node)).run(SCRIPT, 5)
    assert "scheme: https" in caught.value.hint


def test_a_name_that_nobody_knows():
    with endpoint() as node, pytest.raises(Unreachable) as caught:
        WinRm(target(node, address="vcnode1.invalid")).run(SCRIPT, 20)
    assert "the name vcnode1.invalid cannot be resolved" in caught.value.what


@pytest.mark.parametrize("address", ["a..b", "ü" * 70, "x" * 70, "bad host", "[::1", "%zz"])
def test_an_address_that_is_none(address):
    with endpoint() as node, pytest.raises(Unreachable) as caught:
        WinRm(target(node, address=address)).run(SCRIPT, 20)
    assert caught.value.hint


@pytest.mark.parametrize("deadline", [0.3, 1.0])
@pytest.mark.parametrize("route", ROUTES)
def test_a_deadline_is_kept_and_the_shell_deleted(route, deadline):
    # The node answers each Receive with silence, whatever time limit it was given.
    with endpoint(route, faults=["slow"]) as node:
        begin = time.monotonic()
        with pytest.raises(TimedOut):
            WinRm(target(node, route)).run(SCRIPT, deadline)
        assert 0.7 * deadline < time.monotonic() - begin < deadline + 0.3  # the rest: a busy machine
        assert node.open_shells == 0
        assert node.requests["Delete"] == 1


def test_an_orderly_time_out_needs_no_second_connection():
    release = threading.Event()
    with endpoint(run=lambda line, stdin: (b"late", b"", int(not release.wait(10)))) as node:
        with pytest.raises(TimedOut):
            WinRm(target(node)).run(SCRIPT, 1.6)
        release.set()
        assert node.open_shells == 0
        assert node.requests["Delete"] == 1


def test_a_node_that_answers_byte_by_byte_does_not_hold_the_scan():
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def trickle() -> None:
            client, _ = listener.accept()
            with client:
                client.recv(65536)
                try:
                    while True:
                        client.sendall(b"H")
                        time.sleep(0.05)
                except OSError:
                    return

        threading.Thread(target=trickle, daemon=True).start()
        with endpoint() as node:
            begin = time.monotonic()
            with pytest.raises(TimedOut):
                WinRm(target(node, port=listener.getsockname()[1])).run(SCRIPT, 0.5)
            assert time.monotonic() - begin < 0.9


@pytest.mark.parametrize(
    "reply",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 401 No\r\nWWW-Authenticate: Negotiate AAAA\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 401 No\r\nWWW-Authenticate: Negotiate A\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 401 No\r\nWWW-Authenticate: Negotiate TlRMTVNTUAACAAAA\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 301 No\r\nLocation: \x1b[2Jhttp://x/\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 500 No\r\nContent-Length: 4\r\n\r\n\xff\xfe\xfd\xfc",
        b"HTTP/1.1 407 No\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n",
        b"\x00" * 100,
        b"",
    ],
)
def test_whatever_answers_becomes_one_of_our_errors(reply):
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            while True:
                try:
                    client, _ = listener.accept()
                except OSError:
                    return
                with client:
                    client.recv(65536)
                    client.sendall(reply)

        threading.Thread(target=answer, daemon=True).start()
        with endpoint() as node, pytest.raises(TransportError) as caught:
            WinRm(target(node, port=listener.getsockname()[1])).run(SCRIPT, 2)
        listener.shutdown(socket.SHUT_RDWR)
    assert caught.value.hint
    assert str(caught.value).replace("\n", "").isprintable()


def interrupt_after(node, kind: str) -> None:
    """Ctrl-C once the node has seen a request of that kind."""

    def work() -> None:
        while not node.requests[kind]:
            time.sleep(0.005)
        time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=work, daemon=True).start()


def test_ctrl_c_deletes_the_shell():
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with endpoint(faults=["slow"]) as node:
            interrupt_after(node, "Send")
            with pytest.raises(KeyboardInterrupt):
                WinRm(target(node)).run(SCRIPT, 30)
            assert node.open_shells == 0
            assert node.requests["Delete"] == 1
    finally:
        signal.signal(signal.SIGINT, before)


def test_cancelling_from_another_thread_deletes_the_shell():
    with endpoint(faults=["slow"]) as node:
        transport = WinRm(target(node))

        def work() -> None:
            while not node.requests["Send"]:
                time.sleep(0.005)
            transport.cancel()

        threading.Thread(target=work, daemon=True).start()
        begin = time.monotonic()
        with pytest.raises(Unreachable, match="interrupted"):
            transport.run(SCRIPT, 30)
        assert time.monotonic() - begin < 2
        assert node.open_shells == 0


def test_cancelled_before_it_began_sends_nothing():
    with endpoint() as node:
        transport = WinRm(target(node))
        transport.cancel()
        with pytest.raises(Unreachable, match="interrupted"):
            transport.run(SCRIPT, 30)
        assert not node.served


def test_a_shell_that_cannot_be_deleted_is_said():
    # The Receive and every connection after it: the node is gone.
    drops = [f"drop-connection:{number}" for number in range(6, 40)]
    with endpoint(faults=drops) as node:
        transport = WinRm(target(node))
        with pytest.raises(Unreachable):
            transport.run(SCRIPT, 5)
        assert node.open_shells == 1
        assert "the node deletes it itself" in transport.warnings[-1]
