"""What nodes share, and what keeps the time of one of them."""

from __future__ import annotations

import ssl
import threading
import time

import pytest
from wirekit import endpoint, target

from vcaudit.errors import TimedOut, Unreachable
from vcaudit.transport.alarm import alarm
from vcaudit.transport.base import Spent
from vcaudit.transport.contexts import shared_context, tls_context
from vcaudit.transport.mapping import translate
from vcaudit.transport.negotiate import Ntlm
from vcaudit.transport.policy import TlsPolicy
from vcaudit.transport.wire import Wire


def test_nodes_with_the_same_settings_share_what_was_read_of_the_authorities():
    with endpoint("ntlm https") as node:
        here = target(node, "ntlm https")
        assert shared_context(here) is shared_context(target(node, "ntlm https", user="CORP\\other"))
        for other in ({"ca": None}, {"ca": None, "fingerprint": node.fingerprint}, {"tls": TlsPolicy(minimum="1.3")}):
            assert shared_context(target(node, "ntlm https", **other)) is not shared_context(here)


def test_what_the_ladder_does_with_its_own_context_weakens_nobody_elses():
    with endpoint("ntlm https") as node:
        here = target(node, "ntlm https")
        tls_context(here).verify_mode = ssl.CERT_OPTIONAL
        assert shared_context(here).verify_mode is ssl.CERT_REQUIRED
        assert shared_context(here).check_hostname


def test_a_deadline_can_be_moved_both_ways_and_ends_with_its_session():
    with endpoint() as node:
        wire = Wire(target(node), Spent(), time.monotonic() + 0.1)
        wire.limit(time.monotonic() + 0.6)
        time.sleep(0.3)
        assert not wire.cut_off
        wire.limit(time.monotonic() + 0.05)
        time.sleep(0.25)
        assert wire.cut_off
        wire.close()
        closed = Wire(target(node), Spent(), time.monotonic() + 0.05)
        closed.close()
        time.sleep(0.2)
        assert not closed.cut_off


def test_one_thread_keeps_the_time_of_all():
    rung: list[int] = []
    begin = time.monotonic()
    made = [alarm(begin + 0.05 * (1 + number % 3), lambda number=number: rung.append(number)) for number in range(300)]
    threads = [thread for thread in threading.enumerate() if thread.name == "alarms"]
    for each in made[::2]:
        each.cancel()
    time.sleep(0.4)
    assert len(threads) == 1
    assert sorted(rung) == list(range(1, 300, 2))
    assert [number % 3 for number in rung] == sorted(number % 3 for number in rung), "the earliest first"
    made[1].move(time.monotonic())
    time.sleep(0.1)
    assert rung.count(1) == 1


def test_no_lm_hash_is_made_of_a_password():
    with endpoint() as node:
        logon = Ntlm(Wire(target(node), Spent(), time.monotonic() + 1))
        logon.begin()
        assert logon._context._credential.lm_hash == bytes(16)
        assert logon._context._credential.nt_hash != bytes(16)


def test_a_connection_that_we_cut_ourselves_is_late_not_dropped():
    with endpoint() as node:
        wire = Wire(target(node), Spent(), time.monotonic() + 9)
        wire.open(lambda: None)
        wire.reached = True
        with pytest.raises(Unreachable) as dropped:
            wire.open(lambda: None)
        assert translate(dropped.value, wire) is dropped.value
        wire.cut()
        assert isinstance(translate(dropped.value, wire), TimedOut)
        wire.close()
