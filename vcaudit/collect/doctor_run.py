"""Asks the nodes for the doctor: the way to each, then one run of the collector, with what stopped it kept whole."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import msgspec

from vcaudit.capture import Capture, Request
from vcaudit.collect.doctor import TITLES, Examination, bad, network, untried
from vcaudit.collect.doctor_mend import no_password
from vcaudit.collect.doctor_node import IDS, on_the_node, words_of
from vcaudit.collect.runner import Progress, collect
from vcaudit.errors import (
    AccessDenied,
    AuthenticationFailed,
    CredentialError,
    Refused,
    TransportError,
    Unreachable,
)
from vcaudit.inventory.types import Cluster, Node
from vcaudit.secrets import Credential, Secret
from vcaudit.snapshot.model import NodeSnapshot
from vcaudit.transport.base import CommandResult, Script, Spent, Target, Transport
from vcaudit.transport.probe import Rung, Visit, Way, probe
from vcaudit.transport.routes import connect
from vcaudit.transport.winrm import WinRm

_STOPS: tuple[tuple[type[TransportError], Rung], ...] = (
    (AuthenticationFailed, "authentication"), (Unreachable, "authentication"), (Refused, "quota"),
    (AccessDenied, "shell"),
)  # fmt: skip


class Looking:
    """A Transport that goes the way rung by rung before it runs the script, and remembers what it met."""

    def __init__(self, target: Target, complaint: CredentialError | None) -> None:
        self.target, self.complaint = target, complaint
        # Without a password no logon is tried: any transport will do, as long as it wants none.
        known = complaint is None
        self._inner = connect(target if known else msgspec.structs.replace(target, authentication="ntlm"))
        self._visit = Visit(target) if known and isinstance(self._inner, WinRm) else None
        self.way = Way()
        self.error: TransportError | None = None
        self._cancelled = False

    @property
    def spent(self) -> Spent:
        """Cost of the run; the way is not counted."""
        return self._inner.spent

    @property
    def warnings(self) -> tuple[str, ...]:
        """Of the run."""
        return self._inner.warnings

    def cancel(self) -> None:
        """Ends the way and the run soon."""
        self._cancelled = True
        for each in (self._visit, self._inner):
            if each is not None:
                each.cancel()

    def run(self, script: Script, deadline: float) -> CommandResult:
        """The way, then the run; raises the TransportError of whichever of them fails."""
        end = time.monotonic() + deadline
        if self.target.authentication != "local":
            self.way = probe(self.target, deadline, self._visit)
            if self.way.error is None and self.complaint is not None:
                self.way.at = "authentication"
                self.way.error = AuthenticationFailed(self.complaint.what, where=self.complaint.where)
            if self.way.error is not None:
                raise self.way.error
        try:
            result = self._inner.run(script, max(1.0, end - time.monotonic()))
        except TransportError as error:
            self.error = error
            self._place(error)
            raise
        self._place(None)
        return result

    def _place(self, error: TransportError | None) -> None:
        """Over PowerShell remoting logon and session are parts of the run: how it ended says how far they came."""
        if self.target.protocol != "psrp" or self.target.authentication == "local":
            return
        stopped = next((rung for kind, rung in _STOPS if isinstance(error, kind)), None)
        passed: dict[Rung, str] = {"authentication": "accepted", "quota": "there was room for a session",
                                   "shell": "a PowerShell session opened and closed"}  # fmt: skip
        for rung, said in passed.items():
            if rung == stopped:
                self.way.at, self.way.error = rung, error
                return
            self.way.reached[rung] = said


def look(
    cluster: Cluster,
    credential_of: Callable[[Node], Credential],
    requests: Sequence[Request],
    *,
    keep: Callable[[Transport], Transport],
    progress: Progress | None = None,
) -> tuple[tuple[Looking, Capture], ...]:
    """Every node of the cluster at the same time, each within the cluster's time-out.

    `keep` is told of each transport, so that whoever interrupts can end it. A password that cannot be had is one
    step that fails, not the end: whether the way to the node is open can be seen without it.
    """
    complaints: dict[str, CredentialError] = {}
    made: dict[str, Looking] = {}

    def credential(node: Node) -> Credential:
        try:
            return credential_of(node)
        except CredentialError as error:
            complaints[node.name] = error
            return Credential(user=cluster.credential_of(node).user, secret=Secret(""))

    def transport(target: Target) -> Transport:
        made[target.node] = Looking(target, complaints.get(target.node))
        return keep(made[target.node])

    captures = collect(cluster, credential, requests, cluster.limits, progress=progress, transport_of=transport)
    return tuple((made[capture.node], capture) for capture in captures)


def examined(cluster: str, looking: Looking, capture: Capture, node: NodeSnapshot) -> Examination:
    """The whole ladder of one node; `node` is what the sections read in its capture."""
    target, way, words = looking.target, looking.way, words_of(node)
    steps = network(target, way, words)
    if looking.complaint is not None and way.at == "authentication":
        advice = no_password(looking.complaint.hint)
        steps = tuple(bad(step.id, step.detail, advice, words) if step.id == way.at else step for step in steps)
    if way.error is not None:
        steps += untried(IDS, f"needs: {TITLES[way.at or 'shell']}")
    else:
        steps += on_the_node(target, capture, node, looking.error)
    return Examination(
        cluster=cluster, node=target.node, address=target.address, route=target.route, user=target.user,
        steps=steps, certificates=way.certificates,
    )  # fmt: skip
