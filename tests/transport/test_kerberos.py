"""Kerberos against a real KDC: the way it should go, and everything that can go wrong, with what to do about it."""

from __future__ import annotations

import importlib.util
import logging
import socket
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from kdc import LOST, PASSWORD, REALM, SERVICE, USER, Kdc, configuration
from wirekit import SCRIPT, endpoint, target

from vcaudit.errors import AuthenticationFailed, TimedOut, TransportError, Unreachable, UsageError
from vcaudit.secrets import Secret
from vcaudit.transport.base import BOOTSTRAP
from vcaudit.transport.routes import connect
from vcaudit.transport.winrm import WinRm

ROUTES = ("kerberos http", "kerberos https")
NOTHING = Secret("")


def node(kdc: Kdc, route: str = "kerberos http", **options: Any):
    return endpoint(route, users={USER: "not asked for"}, keytab=str(kdc.keytab), **options)


def aim(place, route: str = "kerberos http", **options: Any):
    return target(place, route, **{"user": USER, "secret": NOTHING, **options})


def password(kdc: Kdc, folder: Path) -> dict[str, Any]:
    return {"secret": Secret(PASSWORD)}


def keytab(kdc: Kdc, folder: Path) -> dict[str, Any]:
    return {"keytab": str(kdc.user_keytab)}


def ticket(kdc: Kdc, folder: Path) -> dict[str, Any]:
    kdc.kinit(folder / "no-tickets")
    return {"ticket": True}


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("proof", [password, keytab, ticket])
def test_a_script_is_run_and_nothing_stays(kdc, tmp_path, route, proof: Callable[[Kdc, Path], dict[str, Any]]):
    with node(kdc, route) as place:
        result = WinRm(aim(place, route, **proof(kdc, tmp_path))).run(SCRIPT, 10)
        assert result.stdout == BOOTSTRAP.encode() + b"|" + SCRIPT.text
        assert result.requests == sum(place.requests.values()) == 6
        assert (result.warnings, place.open_shells) == ((), 0)
        assert len({served.connection for served in place.served}) == 1


def test_messages_over_http_are_sealed(kdc):
    with node(kdc) as place:
        WinRm(aim(place, secret=Secret(PASSWORD))).run(SCRIPT, 10)
        assert place.allow_unencrypted is False  # it answers unsealed messages with 500
        assert {served.status for served in place.served} == {200}


def test_powershell_remoting_logs_on_the_same_way(kdc):
    with node(kdc) as place, pytest.raises(TransportError) as caught:
        connect(aim(place, secret=Secret(PASSWORD), protocol="psrp")).run(SCRIPT, 10)
    # This endpoint has no session configurations: the logon is behind us when it says so.
    assert not isinstance(caught.value, AuthenticationFailed)


def test_a_large_answer_comes_whole(kdc):
    with node(kdc, run=lambda line, stdin: (b"x" * 400_000, b"", 0)) as place:
        assert len(WinRm(aim(place, secret=Secret(PASSWORD))).run(SCRIPT, 10).stdout) == 400_000


def test_another_name_of_the_node(kdc):
    with node(kdc) as place:
        aimed = aim(place, secret=Secret(PASSWORD), hostname_override="vcnode1.example.test")
        assert WinRm(aimed).run(SCRIPT, 10).requests == 6


def test_a_dropped_connection_is_made_again_with_a_logon_of_its_own(kdc):
    with node(kdc, faults=["drop-connection:4"]) as place:
        result = WinRm(aim(place, secret=Secret(PASSWORD))).run(SCRIPT, 10)
        assert result.warnings == ("restarted once: the node closed the connection",)
        assert place.open_shells == 0


def test_what_is_read_back_is_the_users_own_ticket(kdc, tmp_path):
    ticket(kdc, tmp_path)
    before = (tmp_path / "no-tickets").read_bytes()
    with node(kdc) as place:
        WinRm(aim(place, keytab=str(kdc.user_keytab))).run(SCRIPT, 10)
    assert (tmp_path / "no-tickets").read_bytes() == before


def other_realm(kdc, folder, monkeypatch):
    return {"secret": Secret(PASSWORD), "user": "vcaudit@OTHER.TEST"}


def expired(kdc, folder, monkeypatch):
    kdc.kinit(folder / "no-tickets", ahead=20 * 3600)
    return {"ticket": True}


def skew_to_kdc(kdc, folder, monkeypatch):
    kdc.kinit(folder / "no-tickets", ahead=3000)
    return {"ticket": True}


def skew_to_node(kdc, folder, monkeypatch):
    kdc.kinit(folder / "no-tickets", ahead=3000, services=(SERVICE,))
    return {"ticket": True}


def somebody_elses(kdc, folder, monkeypatch):
    kdc.kinit(folder / "no-tickets")
    return {"ticket": True, "user": f"stranger@{REALM}"}


def dead_kdc(kdc, folder, monkeypatch):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (folder / "krb5.conf").write_text(configuration(port))
    monkeypatch.setenv("KRB5_CONFIG", str(folder / "krb5.conf"))
    return {"secret": Secret(PASSWORD)}


def broken_configuration(kdc, folder, monkeypatch):
    (folder / "krb5.conf").write_text("[realms\n")
    monkeypatch.setenv("KRB5_CONFIG", str(folder / "krb5.conf"))
    return {"secret": Secret(PASSWORD)}


def old_keytab(kdc, folder, monkeypatch):
    (folder / "old.keytab").write_bytes(kdc.user_keytab.read_bytes())
    (folder / "old.keytab").chmod(0o600)
    content = bytearray((folder / "old.keytab").read_bytes())
    content[-9] ^= 0xFF  # within the key: before it stand its length and kind, behind it the version's four bytes
    (folder / "old.keytab").write_bytes(content)
    return {"keytab": str(folder / "old.keytab")}


WRONG: list[tuple[Any, str, str]] = [
    ({"ticket": True}, f"there is no Kerberos ticket of {USER}", f"kinit {USER}"),
    (somebody_elses, "there is no Kerberos ticket of stranger@", "kinit stranger@"),
    (expired, f"the Kerberos ticket of {USER} has expired", f"kinit {USER}"),
    (skew_to_kdc, "this machine's clock and the KDC's are too far apart", "w32tm /resync"),
    (skew_to_node, "this machine's clock and the node's are too far apart", "w32tm /resync"),
    (other_realm, "there is no KDC known for OTHER.TEST", "krb5.conf"),
    (dead_kdc, "no Kerberos server (KDC) of the realm answers", "port 88"),
    (broken_configuration, "krb5.conf cannot be read", "KRB5_CONFIG"),
    (old_keytab, "is not that of vcaudit@EXAMPLE.TEST any more", "make the keytab anew"),
    ({"secret": Secret("wrong")}, f"the KDC did not accept the password of {USER}", f"kinit {USER}"),
    ({"secret": Secret("y"), "user": f"preauth@{REALM}"}, "did not accept the password of preauth@", "kinit preauth@"),
    ({"secret": Secret("x"), "user": f"nobody@{REALM}"}, f"the KDC knows no account nobody@{REALM}", "name@REALM"),
    ({"secret": Secret("x"), "user": "CORP\\vcaudit"}, "the KDC knows no account CORP\\vcaudit", "name@REALM"),
    ({"secret": Secret("x"), "user": f"locked@{REALM}"}, "disabled or locked", "net user locked /domain"),
    ({"secret": Secret("x"), "user": f"stale@{REALM}"}, "the password of stale@EXAMPLE.TEST has expired", "kpasswd"),
    ({"secret": Secret("x"), "user": f"stranger@{REALM}"}, "the node did not accept stranger@", "the ticket is good"),
    ({"secret": Secret(PASSWORD), "hostname_override": "nowhere.example.test"},
     "the KDC knows no service HTTP/nowhere.example.test", "setspn -S HTTP/nowhere.example.test COMPUTER"),
    ({"secret": Secret(PASSWORD), "service": "WSMAN"}, "the KDC knows no service WSMAN/127.0.0.1", "by name"),
    ({"secret": Secret(PASSWORD), "hostname_override": LOST.partition("/")[2]},
     f"the node cannot open the ticket for {LOST}", f"setspn -Q {LOST}"),
]  # fmt: skip


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize(("wrong", "what", "hint"), WRONG, ids=lambda each: getattr(each, "__name__", None))
def test_what_is_wrong_is_said_with_what_to_do(kdc, tmp_path, monkeypatch, route, wrong, what, hint):
    options = wrong(kdc, tmp_path, monkeypatch) if callable(wrong) else wrong
    with node(kdc, route) as place, pytest.raises(AuthenticationFailed) as caught:
        WinRm(aim(place, route, **options)).run(SCRIPT, 10)
    assert what in caught.value.what
    assert hint in caught.value.hint
    assert (caught.value.retry, caught.value.__cause__) == (False, None)
    assert place.open_shells == 0


def test_a_keytab_of_somebody_else(kdc, tmp_path):
    with node(kdc) as place, pytest.raises(AuthenticationFailed, match="holds no key of stranger@"):
        WinRm(aim(place, keytab=str(kdc.user_keytab), user=f"stranger@{REALM}")).run(SCRIPT, 10)


def test_a_tls_proxy_is_noticed(kdc):
    route = "kerberos https"
    with node(kdc, route, faults=["channel-binding"]) as place, pytest.raises(AuthenticationFailed) as caught:
        WinRm(aim(place, route, secret=Secret(PASSWORD))).run(SCRIPT, 10)
    assert "channel binding" in caught.value.hint


def test_a_node_that_offers_no_kerberos(kdc):
    with endpoint("basic https", schemes=("Basic",)) as place, pytest.raises(AuthenticationFailed) as caught:
        WinRm(aim(place, "kerberos https", secret=Secret(PASSWORD))).run(SCRIPT, 10)
    assert "does not accept kerberos; it offers Basic" in caught.value.what


def test_a_node_that_does_not_prove_who_it_is(kdc, monkeypatch):
    from vcaudit.lab.server.connection import Connection

    def careless(self: Connection, credentials: str, scheme: str) -> bool:
        self.user = USER
        return True

    # It takes any token and gives none back: what somebody does who stands in the node's place.
    monkeypatch.setattr(Connection, "_negotiate", careless)
    with node(kdc) as place, pytest.raises(AuthenticationFailed, match="did not prove who it is"):
        WinRm(aim(place, secret=Secret(PASSWORD))).run(SCRIPT, 10)


@pytest.fixture
def silent_kdc(tmp_path, monkeypatch):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        (tmp_path / "krb5.conf").write_text(configuration(listener.getsockname()[1]))
        monkeypatch.setenv("KRB5_CONFIG", str(tmp_path / "krb5.conf"))
        yield


def test_a_silent_kdc_does_not_hold_the_scan(silent_kdc):
    began = time.monotonic()
    with endpoint("kerberos http") as place, pytest.raises(TimedOut, match="KDC"):
        WinRm(aim(place, secret=Secret(PASSWORD))).run(SCRIPT, 0.6)
    assert time.monotonic() - began < 1.5


def test_an_interrupt_does_not_wait_for_the_kdc(silent_kdc):
    with endpoint("kerberos http") as place:
        transport = WinRm(aim(place, secret=Secret(PASSWORD)))
        threading.Timer(0.3, transport.cancel).start()
        began = time.monotonic()
        with pytest.raises((TimedOut, Unreachable)):
            transport.run(SCRIPT, 20)
        assert time.monotonic() - began < 3


def test_the_password_is_nowhere_but_in_the_exchange(kdc, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    said: list[str] = []
    with node(kdc) as place:
        for secret in (PASSWORD, PASSWORD + "x"):
            aimed = aim(place, secret=Secret(secret))
            transport = WinRm(aimed)
            try:
                said.append(repr(transport.run(SCRIPT, 10).warnings))
            except AuthenticationFailed as error:
                said += [str(error), repr(error), *traceback.format_exception(error)]
            said += [repr(aimed), repr(transport)]
    out, err = capfd.readouterr()
    assert PASSWORD not in "\n".join([*said, out, err, caplog.text])


def test_without_its_libraries_kerberos_says_how_to_get_them(monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *more: None if name == "krb5" else found(name, *more))
    with endpoint() as place, pytest.raises(UsageError, match="two more libraries") as caught:
        WinRm(aim(place))
    assert "pip install 'vcaudit[kerberos]'" in caught.value.hint


def test_a_keytab_that_others_can_read_is_refused(kdc, tmp_path):
    loose = tmp_path / "loose.keytab"
    loose.write_bytes(kdc.user_keytab.read_bytes())
    loose.chmod(0o640)
    with endpoint() as place, pytest.raises(UsageError, match="can be read by others") as caught:
        WinRm(aim(place, keytab=str(loose)))
    assert caught.value.hint == f"chmod 600 {loose}"


def test_kerberos_is_not_imported_without_need():
    code = (
        "import sys, vcaudit.transport.winrm, vcaudit.transport.kerberos_errors\n"
        "print([m for m in ('gssapi', 'krb5', 'spnego') if m in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
