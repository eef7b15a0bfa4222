"""Transport faults: what goes wrong between the auditor and a node, by name."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

TRANSPORT_FAULTS: dict[str, str] = {
    "down": "nothing answers: connections are neither accepted nor refused",
    "refused": "nothing listens on the port",
    "wrong-password": "the node knows another password",
    "slow": "the script's output never comes",
    "cut-output": "the second half of the script's output is lost",
    "garbage-output": "noise comes instead of the script's output",
    "access-denied": "the account may log on and may do nothing",
    "quota": "all shells of the account are in use",
    "drop-connection": "the N-th request is not answered, the connection closed (drop-connection:N)",
    "drop-after": "the connection is closed behind the N-th answer, without notice (drop-after:N)",
    "server-error": "every request is answered with an empty HTTP 500",
    "not-winrm": "another web server answers, with 404",
    "redirect": "another web server answers, with a redirect",
    "tls-expired": "the certificate has expired",
    "tls-other-host": "the certificate is another machine's",
    "tls-untrusted": "the certificate is signed by nobody we know",
    "plain-http-on-tls": "plain HTTP is spoken on the HTTPS port",
    "channel-binding": "the node sees another TLS connection than the client (as behind a TLS proxy)",
}
"""Name → what it does. `drop-…` take the number of the request, counted from 1 over the endpoint's life."""

COUNTED = ("drop-connection", "drop-after")


class Faults(msgspec.Struct, frozen=True):
    """The faults of one endpoint."""

    names: frozenset[str] = frozenset()
    drop_at: frozenset[int] = frozenset()
    """Requests that are not answered."""
    drop_after: frozenset[int] = frozenset()
    """Requests behind whose answer the connection is closed."""

    def __contains__(self, name: str) -> bool:
        return name in self.names


def parse(names: Iterable[str]) -> Faults:
    """`["slow", "drop-connection:3"]` → Faults. Raises ValueError that names the known ones."""
    plain: set[str] = set()
    counted: dict[str, set[int]] = {name: set() for name in COUNTED}
    for text in names:
        name, _, number = text.partition(":")
        if name not in TRANSPORT_FAULTS or (name in COUNTED) != number.isdigit():
            raise ValueError(f"no transport fault {text!r}; known: {', '.join(sorted(TRANSPORT_FAULTS))}")
        if name in COUNTED:
            counted[name].add(int(number))
        else:
            plain.add(name)
    return Faults(frozenset(plain), frozenset(counted["drop-connection"]), frozenset(counted["drop-after"]))


def spoil(faults: Faults, stdout: bytes) -> bytes:
    """The script's output as the faults let it through."""
    if "garbage-output" in faults:
        # Text as well as bytes that no code page explains; the same every time, so that a failure can be repeated.
        return b"The system cannot execute the specified program.\r\n" + bytes(range(256)) * 4
    if "cut-output" in faults:
        return stdout[: len(stdout) // 2]
    return stdout
