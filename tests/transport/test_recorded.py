"""A recording behaves like the node it was taken from."""

from __future__ import annotations

import msgspec
import pytest
from wirekit import SCRIPT

from vcaudit.capture import Capture, Request
from vcaudit.errors import TransportError
from vcaudit.snapshot.base import Missing
from vcaudit.transport.base import Transport
from vcaudit.transport.recorded import ERRORS, Recorded
from vcaudit.transport.winrm import WinRm

SAVED = Capture(
    node="VCNODE1", route="winrm ntlm http", address="192.0.2.11", user="CORP\\vcaudit", started="2026-01-01T00:00:00Z",
    finished="2026-01-01T00:00:01Z", seconds=0.8, requests=7, bytes_sent=20_000, bytes_received=9_000,
    script_sha256=SCRIPT.sha256, asked=(Request("accounts", "accounts", ("local",)),), stdout=b"<<<VCA1 x VCA1>>>",
    warnings=("restarted once",),
)  # fmt: skip


def test_the_answer_is_given_again():
    transport: Transport = Recorded(SAVED)
    result = transport.run(SCRIPT, 1)
    assert (result.stdout, result.exit_code, result.stderr) == (SAVED.stdout, 0, b"")
    assert (result.requests, result.bytes_sent, result.bytes_received) == (7, 20_000, 9_000)
    assert result.warnings == transport.warnings == ("restarted once",)
    assert transport.spent.requests == 7


def test_it_survives_being_saved():
    again = msgspec.json.decode(msgspec.json.encode(SAVED), type=Capture)
    assert Recorded(again).run(SCRIPT, 1).stdout == SAVED.stdout


def test_another_script_is_said():
    saved = msgspec.structs.replace(SAVED, script_sha256="other")
    assert "another script (SHA-256 other)" in Recorded(saved).run(SCRIPT, 1).warnings[-1]


@pytest.mark.parametrize("reason", [*ERRORS, "unavailable"])
def test_a_failure_fails_again(reason):
    failure = Missing(reason=reason, detail="as it was", where="VCNODE1")
    transport = Recorded(msgspec.structs.replace(SAVED, failure=failure, stdout=b""))
    with pytest.raises(TransportError) as caught:
        transport.run(SCRIPT, 1)
    assert (caught.value.what, caught.value.where) == ("as it was", "VCNODE1")
    assert caught.value.reason == (reason if reason in ERRORS else "unreachable")


@pytest.mark.parametrize("kind", [Recorded, WinRm])
def test_both_keep_the_contract(kind):
    for name in ("run", "cancel", "spent", "warnings"):
        assert callable(getattr(Transport, name)) or isinstance(getattr(Transport, name), property)
        assert hasattr(kind, name)


def test_cancelling_a_recording_changes_nothing():
    transport = Recorded(SAVED)
    transport.cancel()
    assert transport.run(SCRIPT, 1).stdout == SAVED.stdout
