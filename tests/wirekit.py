"""What the tests of the wire share: a node that echoes, its account, and targets that point at it."""

from __future__ import annotations

from typing import Any

from vcaudit.lab.server import Endpoint, authority
from vcaudit.secrets import Secret
from vcaudit.transport.base import Script, Target

USER = "CORP\\vcaudit"
PASSWORD = "canary-Pa55w0rd-ü"
USERS = {USER: PASSWORD}
SCRIPT = Script(text=b"collector " * 1200, sha256="5c", requests_sha256="7e")
ROUTES = ("ntlm http", "ntlm https", "basic https")


def echo(line: str, stdin: bytes) -> tuple[bytes, bytes, int]:
    """A node whose every command says what it was given."""
    return line.encode() + b"|" + stdin, b"", 0


def endpoint(route: str = "ntlm http", run: Any = echo, **options: Any) -> Endpoint:
    """An endpoint for a route."""
    return Endpoint(run, options.pop("users", USERS), tls=route.endswith("https"), **options)


def target(node: Endpoint, route: str = "ntlm http", **options: Any) -> Target:
    """How to reach it."""
    authentication, scheme = route.split()
    settings: dict[str, Any] = {
        "node": "VCNODE1",
        "address": "127.0.0.1",
        "port": node.port,
        "user": USER,
        "secret": Secret(PASSWORD),
        "scheme": scheme,
        "authentication": authentication,
        "ca": str(authority().ca_file) if scheme == "https" else None,
        "connect_timeout": 0.5,
    }
    return Target(**{**settings, **options})
