"""The ladder of one node: every step a scan needs, what came of it, what that means and what mends it.

Pure: works over what was found, and reaches nothing. Steps that need one that failed are `not_tried`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal, TypeAlias

import msgspec

from vcaudit.collect import doctor_mend as mends
from vcaudit.collect.doctor_mend import Advice, Words
from vcaudit.errors import TransportError
from vcaudit.transport.base import Target
from vcaudit.transport.probe import Shown, Way

State: TypeAlias = Literal["ok", "warning", "failed", "not_tried"]

TITLES: dict[str, str] = {
    "name": "Name resolution",
    "tcp": "TCP connection",
    "tls": "TLS",
    "identify": "WinRM answers",
    "authentication": "Logon",
    "quota": "Quotas",
    "shell": "Remote shell",
    "powershell": "PowerShell",
    "bits": "64-bit view",
    "wmi.cimv2": r"WMI root\cimv2",
    "wmi.mscluster": r"WMI root\MSCluster",
    "folder.licenses": "License files",
    "folder.vpxd_cfg": "vpxd.cfg",
    "folder.ssl": "SSL folder",
    "folder.upgrade": "Upgrade files",
    "registry.native": "Registry key",
    "registry.wow6432": "Registry key, 32-bit view",
    "registry.cluster": "Cluster hive",
    "accounts": "Local accounts",
    "clock": "Clock",
}
"""Every step there is, in the order of the ladder; ids are stable. Steps that do not apply to a node are left out."""

NETWORK = ("name", "tcp", "tls", "identify", "authentication", "quota", "shell")


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One step of the ladder."""

    id: str
    title: str
    state: State
    detail: str = ""
    """What was seen, or what happened."""
    means: str = ""
    """What that means for a scan; empty when all is well."""
    mend: str = ""
    """Commands, a line each; those of one Windows only, and those that are not for the node, say so in front."""


class Examination(msgspec.Struct, frozen=True, kw_only=True):
    """One node."""

    cluster: str
    node: str
    address: str
    route: str
    user: str
    steps: tuple[Step, ...]
    certificates: tuple[Shown, ...] = ()
    """The chain that the node shows, its own certificate first."""

    @property
    def first(self) -> Step | None:
        """The first step that failed, else the first with a warning."""
        failed = next((step for step in self.steps if step.state == "failed"), None)
        return failed or next((step for step in self.steps if step.state == "warning"), None)


def ok(id: str, detail: str = "") -> Step:
    """A step that is as it should be."""
    return Step(id=id, title=TITLES[id], state="ok", detail=detail)


def bad(id: str, detail: str, advice: Advice, words: Words, *, state: State = "failed") -> Step:
    """A step that is not, with what to do."""
    return Step(id=id, title=TITLES[id], state=state, detail=detail, means=advice.means, mend=words.commands(advice))


def untried(ids: Iterable[str], because: str) -> tuple[Step, ...]:
    """Steps that need one that failed."""
    return tuple(Step(id=id, title=TITLES[id], state="not_tried", detail=because) for id in ids)


def network(target: Target, way: Way, words: Words) -> tuple[Step, ...]:
    """The steps until a shell is open; after the first that failed, `not_tried`."""
    steps: list[Step] = []
    for id in NETWORK:
        if (id == "tls" and target.scheme != "https") or (way.at is None and id not in way.reached):
            continue
        if way.error is not None and id == way.at:
            steps.append(_failed(id, target, way, words))
        elif id in way.reached:
            steps.append(ok(id, _seen(id, way)))
        else:
            steps += untried((id,), f"needs: {TITLES[way.at or 'name']}")
    return tuple(steps)


def _seen(id: str, way: Way) -> str:
    detail = way.reached[id]  # type: ignore[index]  # ids of the network are rungs
    return f"{detail}; {chain(way)}" if id == "tls" and way.certificates else detail


def chain(way: Way) -> str:
    """The chain in one line for each certificate."""
    return "; ".join(
        f"{each.subject}, issued by {each.issuer or 'nobody that can be read'}, {each.not_before[:10]} to "
        f"{each.not_after[:10]}, SHA-256 {each.sha256}"
        for each in way.certificates
    )


def _failed(id: str, target: Target, way: Way, words: Words) -> Step:
    error = way.error
    assert error is not None
    give: dict[str, Callable[[TransportError, Target, Way], Advice]] = {
        "name": mends.name, "tcp": mends.tcp, "tls": mends.tls, "identify": mends.identify,
        "authentication": mends.authentication, "quota": mends.quota, "shell": mends.shell,
    }  # fmt: skip
    detail = error.what
    if id == "tls" and way.certificates:
        detail = f"{detail}; {chain(way)}"
    return bad(id, detail, give[id](error, target, way), words)
