"""The record of one failover that was tried (H3), in a snapshot when its inventory named it, else judged beside it.

Whoever watched the failover writes it, by hand today. Names in it are asserted; nothing here verifies them.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from vcaudit.snapshot.base import Fact

Step: TypeAlias = Literal["esx_host_connected", "web_client", "license_server_up", "standalone_host_licensed"]

SCHEMA = 1
"""Raised when a reader of an older version would misread a record."""


class StepResult(Fact, frozen=True, kw_only=True):
    """What came of one step of the note's test."""

    result: Literal["pass", "fail"]
    how: Literal["api", "operator"]
    """Read through VirtualCenter's API, or seen by a person."""
    by: str
    """That person, or the program that asked."""
    note: str = ""


class Checks(Fact, frozen=True, kw_only=True):
    """The steps of the note's test. None: the record does not say."""

    esx_host_connected: StepResult | None = None
    """A managed ESX host is in the inventory, and connected."""
    web_client: StepResult | None = None
    """The web client answers."""
    license_server_up: StepResult | None = None
    """The license server reports UP."""
    standalone_host_licensed: StepResult | None = None
    """An ESX host outside the inventory that uses the license server is still licensed."""


class Evidence(Fact, frozen=True, kw_only=True):
    """A file that was kept beside the record."""

    name: str
    sha256: str


class Drill(Fact, frozen=True, kw_only=True, rename={"source": "from", "target": "to"}):
    """A move of one group from one node to another, and what worked afterwards.

    Times are RFC 3339 UTC, in seconds. None: it did not come to that, or nobody wrote it down.
    """

    schema: int = SCHEMA
    cluster: str
    """As the inventory calls it."""
    group: str
    source: str
    target: str
    started: str
    resources_online: str | None = None
    """When the last resource of the group was online on the other node."""
    address_answered: str | None = None
    """When VirtualCenter (for the license server's own group: the license server) answered at the virtual address."""
    checks: Checks = Checks()
    operator: str
    tool: str = "by hand"
    """What wrote the record, with its version."""
    evidence: tuple[Evidence, ...] = ()
    note: str = ""


class Recorded(Fact, frozen=True, kw_only=True):
    """A record and the file it was read from."""

    file: str
    sha256: str
    """Of the file's bytes."""
    drill: Drill
