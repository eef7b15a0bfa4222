"""The password is nowhere but on the wire: not in errors, tracebacks, representations, logs at the most talkative."""

from __future__ import annotations

import base64
import logging
import time
import traceback

import pytest
from winrm.protocol import Protocol
from wirekit import PASSWORD, ROUTES, SCRIPT, USER, USERS, endpoint, target

from vcaudit.errors import VcauditError
from vcaudit.lab.server import TRANSPORT_FAULTS
from vcaudit.lab.server.faults import COUNTED
from vcaudit.transport.session import protocol as our_protocol
from vcaudit.transport.winrm import WinRm
from vcaudit.transport.wire import Wire

FAULTS = ["none", *sorted(set(TRANSPORT_FAULTS) - set(COUNTED)), "drop-connection:4", "drop-after:2"]
CANARIES = [
    PASSWORD,
    base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode(),
    base64.b64encode(f"{USER}:{PASSWORD}".encode("latin-1")).decode(),
    base64.b64encode(PASSWORD.encode()).decode(),
    "TlRMTVNTUAAD",  # an NTLM AUTHENTICATE message: its password can be guessed off line
    "Authorization",
]


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("fault", FAULTS)
def test_nothing_tells_the_password(route, fault, caplog, capfd, recwarn):
    caplog.set_level(logging.DEBUG)
    said: list[str] = []
    errors: list[VcauditError] = []
    with endpoint(route, faults=[] if fault == "none" else [fault]) as node:
        to = target(node, route)
        transport = WinRm(to)
        try:
            result = transport.run(SCRIPT, 0.6)
            said += [repr(result.warnings), repr(result.stderr)]
        except VcauditError as error:
            errors.append(error)
            said += [str(error), repr(error), *traceback.format_exception(error)]
        said += [repr(to), repr(transport), repr(transport.spent), repr(transport.warnings)]
    # An error of a library in the chain would carry its request, and that its headers.
    assert all(error.__cause__ is None and (error.__suppress_context__ or not error.__context__) for error in errors)
    out, err = capfd.readouterr()
    said += [out, err, caplog.text, *(str(warning.message) for warning in recwarn.list)]
    for canary in CANARIES:
        assert canary not in "\n".join(said)


def test_the_canaries_would_be_found():
    # The same search finds what pywinrm's own objects hold: it can fail.
    protocol = Protocol("http://x/wsman", transport="ntlm", username=USER, password=PASSWORD)
    assert PASSWORD in repr(vars(protocol))


def test_pywinrm_never_holds_the_password():
    with endpoint(users=USERS) as node:
        to = target(node)
        transport = WinRm(to)
        wire = Wire(to, transport.spent, time.monotonic() + 60)
        made = our_protocol(wire)
        wire.close()
    assert PASSWORD not in repr([vars(made), vars(made.transport)])
