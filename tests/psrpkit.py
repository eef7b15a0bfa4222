"""What the tests of PowerShell remoting share: a node whose sessions say what they were given, and targets at it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wirekit import endpoint, target

from vcaudit.lab.server import Endpoint
from vcaudit.lab.server.psrp import Call, Outcome, Sessions
from vcaudit.transport.base import Script, Target

SCRIPT = Script(text=b"$CfgB64 = 'UmVxdWVzdA=='\n" + b"collector " * 1200, sha256="5c" * 32, requests_sha256="7e")
MOST = {"ntlm http": 7, "ntlm https": 6, "basic https": 5}
"""Requests of one run."""


def told(calls: Sequence[Call]) -> Outcome:
    """A session that repeats its pipeline."""
    return Outcome(tuple(repr(call) for call in calls))


def remoting(route: str = "ntlm http", sessions: Sessions | None = None, **options: Any) -> Endpoint:
    """An endpoint that speaks PowerShell remoting."""
    return endpoint(route, sessions=sessions or {"microsoft.powershell": told, "vcaudit": told}, **options)


def at(node: Endpoint, route: str = "ntlm http", **options: Any) -> Target:
    """How to reach it."""
    return target(node, route, protocol="psrp", **options)
