"""What answers at the virtual server's addresses, tried from where vcaudit ran (requirement H2)."""

from __future__ import annotations

from typing import Literal

from vcaudit.snapshot.base import Fact, Missing


class Door(Fact, frozen=True, kw_only=True):
    """A port where something should answer."""

    role: Literal["vpxd", "web", "license"]
    address: str | Missing
    """Of the virtual server; in design G the license server's is its own group's."""
    port: int
    told_by: str
    """Where the port was learnt: `inventory`, `registry of VCNODE1`, `SERVER line of VCNODE1`, …, `default`."""
    expected: bool | Missing
    """Missing: it is not certain that this port, or this role, must answer; that it does not is then no failure."""
    tls: bool = False
    """Speaks TLS as soon as the connection is there."""


class Probe(Fact, frozen=True, kw_only=True):
    """A door, and what came of knocking."""

    door: Door
    via: str
    """`address:port` that was connected to: the door's own, or what the inventory says leads there."""
    outcome: Literal["answered", "refused", "timeout", "silent", "no host", "unreachable"] | Missing
    """`silent`: the connection came about, and TLS got not one byte; `no host`: the network says that nobody has the
    address, or that something on the way forbids it; `unreachable`: no way leads there from this machine."""
    milliseconds: int
    """Until the connection stood, or until it was given up."""
    error: str = ""
    """What the system said, or how TLS failed where something answered."""
    certificate: str | None = None
    """SHA-256 of the certificate that was shown, in hexadecimal; None: TLS was not spoken, or not to its end."""
