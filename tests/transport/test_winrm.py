"""Our transport against the lab's endpoint: the way it should go, over every route."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import time

import pytest
from wirekit import ROUTES, SCRIPT, echo, endpoint, target

from vcaudit.errors import BadOutput, UsageError
from vcaudit.lab.server import Limits
from vcaudit.transport.base import BOOTSTRAP, Script
from vcaudit.transport.winrm import PIECE, WinRm

MOST = {"ntlm http": 7, "ntlm https": 6, "basic https": 5}
"""Requests of a scan, as docs/authentication.md has them; the issue allows one more for NTLM."""


@pytest.mark.parametrize("route", ROUTES)
def test_a_script_is_run_and_nothing_stays(route):
    with endpoint(route) as node:
        result = WinRm(target(node, route)).run(SCRIPT, 10)
        assert result.stdout == BOOTSTRAP.encode() + b"|" + SCRIPT.text
        assert (result.stderr, result.exit_code, result.warnings) == (b"", 0, ())
        assert node.open_shells == 0
        assert result.requests == sum(node.requests.values()) == MOST[route]
        assert result.bytes_sent == sum(served.received for served in node.served)
        assert result.bytes_received == sum(served.sent for served in node.served)
        assert len({served.connection for served in node.served}) == 1


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("size", [1, 5_000, 100_000])
@pytest.mark.parametrize("late", [False, True])
def test_requests_are_constant(route, size, late):
    with endpoint(route, run=lambda line, stdin: (b"x" * size, b"", 0), late_done=late) as node:
        result = WinRm(target(node, route)).run(SCRIPT, 10)
        assert result.stdout == b"x" * size
        # The end of the command may come in an answer of its own.
        assert result.requests == MOST[route] + late


@pytest.mark.parametrize("size", [0, 1, PIECE, PIECE + 1, 3 * PIECE])
def test_a_script_of_any_size_arrives_whole(size):
    script = Script(text=b"s" * size, sha256="", requests_sha256="")
    with endpoint() as node:
        assert WinRm(target(node)).run(script, 10).stdout.partition(b"|")[2] == script.text
        assert node.requests["Send"] == max(1, -(-size // PIECE))


def test_output_of_megabytes_arrives_whole():
    text = bytes(range(256)) * 8192
    with endpoint(run=lambda line, stdin: (text, b"", 0)) as node:
        assert WinRm(target(node)).run(SCRIPT, 20).stdout == text


def test_output_without_end_is_given_up():
    with endpoint(run=lambda line, stdin: (b"x" * 300_000, b"", 0)) as node:
        with pytest.raises(BadOutput, match="longer than 200000 bytes"):
            WinRm(target(node, max_output=200_000)).run(SCRIPT, 10)
        assert node.open_shells == 0


def test_an_answer_without_end_is_given_up(monkeypatch):
    # One HTTP answer, not the output in all: a server that is none of WinRM could send for ever.
    monkeypatch.setattr("vcaudit.transport.wire.LONGEST_ANSWER", 50_000)
    with endpoint(run=lambda line, stdin: (b"x" * 100_000, b"", 0)) as node:
        with pytest.raises(BadOutput, match="one answer is longer"):
            WinRm(target(node)).run(SCRIPT, 10)
        assert node.open_shells == 0


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        ((b"", b"", 0), "without output and with exit code 0"),
        ((b" \r\n", b"", 0), "without output and with exit code 0"),
        ((b"", b"\r\n'powershell.exe' is unknown\r\nmore", 1), "exit code 1: 'powershell.exe' is unknown"),
        ((b"", b"#< CLIXML\r\n<Objs>", 1), "exit code 1$"),
        ((b"", b"\x1b[31m\x07red", 5), r"exit code 5: \[31m red"),
    ],
)
def test_no_output_says_why(answer, what):
    with endpoint(run=lambda line, stdin: answer) as node, pytest.raises(BadOutput) as caught:
        WinRm(target(node)).run(SCRIPT, 10)
    assert re.search(what, caught.value.what)
    assert caught.value.hint


def test_a_command_line_that_windows_cuts_is_no_empty_answer():
    with endpoint(limits=Limits(command_line=100)) as node, pytest.raises(BadOutput) as caught:
        WinRm(target(node)).run(SCRIPT, 10)
    assert "cut" in caught.value.hint


def test_what_the_script_says_on_stderr_is_a_warning():
    with endpoint(run=lambda line, stdin: (b"some", b"Access denied\r\nat line 1", 1)) as node:
        result = WinRm(target(node)).run(SCRIPT, 10)
    assert result.stdout == b"some"
    assert result.warnings == ("the script ended with exit code 1: Access denied",)


def test_the_longest_command_line_is_far_from_the_limit():
    assert len(BOOTSTRAP) < 300


def test_basic_over_http_is_refused_before_anything_is_sent():
    with endpoint(allow_unencrypted=True) as node:
        with pytest.raises(UsageError, match="would send the password readable"):
            WinRm(target(node, "basic http"))
        assert not node.served


@pytest.mark.parametrize(("content", "what"), [(None, "No such file"), ("no certificate", "no certificate in PEM")])
def test_an_unusable_ca_file_is_refused_before_anything_is_sent(tmp_path, content, what):
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)
    with endpoint("ntlm https") as node:
        with pytest.raises(UsageError, match=what) as caught:
            WinRm(target(node, "ntlm https", ca=str(file)))
        assert str(file) in str(caught.value)
        assert not node.served


@pytest.mark.parametrize("route", ["ntlm https", "basic https"])
@pytest.mark.parametrize("form", [str.lower, str.upper, lambda text: text.replace(":", "").lower()])
def test_a_pinned_certificate_needs_no_authority(route, form):
    with endpoint(route, faults=["tls-expired"]) as node:
        pinned = target(node, route, ca=None, fingerprint=form(node.fingerprint))
        assert WinRm(pinned).run(SCRIPT, 10).exit_code == 0


def test_one_transport_serves_many_runs():
    with endpoint() as node:
        transport = WinRm(target(node))
        costs = {transport.run(SCRIPT, 10).requests for _ in range(3)}
        assert len(costs) == 1
        assert node.open_shells == 0


def test_the_environment_has_no_say(monkeypatch, tmp_path):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "none.pem"))
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login other password other\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    for route in ROUTES:
        with endpoint(route) as node:
            assert WinRm(target(node, route)).run(SCRIPT, 10).exit_code == 0


def test_many_nodes_at_the_same_time():
    with endpoint(delay=0.01) as node:
        results: list[int] = []

        # Four at a time: an account has five shells.
        def scan() -> None:
            results.extend(WinRm(target(node)).run(SCRIPT, 20).requests for _ in range(4))

        threads = [threading.Thread(target=scan) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(set(results)) == 1
        assert len(results) == 16
        assert node.open_shells == 0


def test_a_slow_script_is_waited_for():
    def run(line: str, stdin: bytes) -> tuple[bytes, bytes, int]:
        time.sleep(0.4)
        return echo(line, stdin)

    # The node gives up each Receive long before: asked again, over the same connection.
    with endpoint(run=run, limits=Limits(operation_timeout=0.1)) as node:
        assert WinRm(target(node)).run(SCRIPT, 10).exit_code == 0
        assert node.requests["Receive"] >= 3
        assert len({served.connection for served in node.served}) == 1


def test_libraries_are_imported_when_a_run_starts():
    code = (
        "import sys, vcaudit.transport.winrm, vcaudit.transport.recorded\n"
        "print([m for m in ('winrm', 'requests', 'urllib3', 'spnego', 'cryptography') if m in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
