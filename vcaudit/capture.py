"""A Capture is the raw answer of one source about one node; a Request says what a source was asked.

Whatever the route (WinRM, a recording, later PSRP, a kit, a folder of files), everything after it reads Captures.
Leaf module: `sections` decodes the answer with `vcaudit.collect.answer`.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from vcaudit.snapshot.base import Missing

Kind: TypeAlias = Literal["registry", "key", "wmi", "file", "folder", "names", "accounts", "program", "tasks", "deny"]


class Request(msgspec.Struct, frozen=True):
    """One line of the request list: what the collector is to read. No field may hold a tab or a line break.

    Arguments by kind (docs/collector.md has the whole contract):
      registry  path below HKLM
      key       path below HKLM, regular expression of the names of the values that are wanted; nothing below it
      wmi       namespace, WQL, comma-separated properties
      file      path, mode: `hash`, `text` (content, redacted on the node), `version` (file version of a program),
                `key` (SHA-256 of the modulus of an RSA private key)
      folder    path, regular expression of the names whose content is sent (empty: none), maximum depth
      names     a name to resolve, or several separated by blanks
      accounts  `local`
      program   a listing of cluster.exe: `node`, `group`, `resource`, `priv`, `listowners`; name of a resource for the
                last two, else empty
      tasks     folder of the Task Scheduler, regular expression of the folders below it that are left out
      deny      what to withhold: `registry`, `data`, `wmi`, `text` or `command`, and a regular expression; comes first
    An argument may hold `${id:name}`: a value that an earlier request of the same run has read. Several values: the
    request runs once for each. None: the probe reports `skipped` with code `no value`.
    """

    kind: Kind
    id: str
    args: tuple[str, ...]
    unless: tuple[str, ...] = ()
    """Ids of earlier requests for which this one stands in: when all of them were read whole it does not run, and the
    probe reports `skipped` with code `not needed`. Empty: it always runs."""

    @property
    def line(self) -> str:
        """As it travels: fields separated by tabs, `kind?id,id` where it stands in for others."""
        head = f"{self.kind}?{','.join(self.unless)}" if self.unless else self.kind
        return "\t".join((head, self.id, *self.args))


class Limits(msgspec.Struct, frozen=True):
    """What one run of the collector may spend on the node."""

    seconds: int = 60
    """For the script as a whole: afterwards no probe begins, and long ones stop."""
    file_bytes: int = 1 << 20
    """Of a file whose content is read, of a binary value, of what cluster.exe lists."""
    registry_values: int = 20_000
    """In all; so many files, too."""
    wmi_seconds: int = 20
    """For one question to WMI or to cluster.exe; never more than half of what is left of `seconds`."""
    requests: int = 300
    """HTTP requests in one scan of a node, authentication and repetitions included; a usual scan takes eight."""
    received_bytes: int = 32 << 20
    """Bodies of the answers, in one scan of a node."""


class Capture(msgspec.Struct, frozen=True, kw_only=True):
    """The raw answer of one node, or why there is none."""

    node: str
    route: str
    address: str
    user: str
    started: str
    """RFC 3339 UTC, when the first byte was sent."""
    finished: str
    """When the answer was here; empty: it was carried by hand, so that it says nothing about the node's clock."""
    seconds: float
    requests: int
    bytes_sent: int
    bytes_received: int
    script_sha256: str
    asked: tuple[Request, ...]
    stdout: bytes
    """As the node wrote it; empty when `failure` is set."""
    failure: Missing | None = None
    """Why there is no answer: becomes the Missing of every fact of the node."""
    warnings: tuple[str, ...] = ()
    limits: Limits | None = None
    """What the source was allowed; None where nothing was spent on a node, or nobody knows."""
    timeout: float | None = None
    """Seconds that were allowed in all."""
    requests_sha256: str = ""
    """Of the request list as it travelled, limits included; empty: none did."""


class Locations(msgspec.Struct, frozen=True, kw_only=True):
    """Where the owner says that things lie on the nodes; None: the known places are tried."""

    licenses: str | None = None
    vpxd_cfg: str | None = None
    """The file itself."""
    ssl: str | None = None
    upgrade: str | None = None
