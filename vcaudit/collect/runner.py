"""Inventory → Captures: all nodes of a cluster at once, one thread and one connection each."""

from __future__ import annotations

import datetime
import threading
import time
from collections.abc import Callable, Sequence
from typing import Literal, cast

import msgspec

from vcaudit.capture import Capture, Limits, Request
from vcaudit.collect.resolver import resolve_names
from vcaudit.collect.script import build
from vcaudit.errors import TransportError
from vcaudit.inventory.types import Cluster, Node
from vcaudit.secrets import Credential
from vcaudit.snapshot.base import Missing, Reason
from vcaudit.transport.base import CommandResult, Script, Target, Transport
from vcaudit.transport.policy import TlsPolicy
from vcaudit.transport.routes import connect

__all__ = ["Progress", "Stage", "collect", "resolve_names", "target_of"]

Stage = Literal["asking", "answered", "failed"]
Progress = Callable[[str, Stage], None]
"""Called with the node's name and what it is at, one call at a time, from the node's own thread."""

GRACE = 2.0
"""Seconds after the deadline until a node is given up whose thread hangs where no time limit reaches (name look-up)."""


def target_of(cluster: Cluster, node: Node, credential: Credential) -> Target:
    """What the inventory says about reaching one node."""
    winrm, proof = cluster.winrm_of(node), cluster.credential_of(node)
    return Target(
        node=node.name,
        address=node.address,
        port=node.port,
        user=credential.user,
        secret=credential.secret,
        scheme=winrm.scheme,
        authentication=winrm.transport,
        protocol=winrm.protocol,
        configuration=winrm.configuration_name,
        ca=str(winrm.ca) if winrm.ca else None,
        fingerprint=winrm.fingerprint,
        tls=TlsPolicy(**msgspec.structs.asdict(winrm.tls)),
        service=winrm.service,
        hostname_override=winrm.hostname_override,
        ticket=proof.ticket,
        keytab=proof.keytab,
        certificate=proof.certificate,
        key=proof.key,
        max_requests=cluster.limits.requests,
        max_received=cluster.limits.received_bytes,
        # A node that is down shall not use up what the others may take.
        connect_timeout=min(10.0, max(1.0, cluster.timeout / 4)),
    )


def collect(
    cluster: Cluster,
    credential_of: Callable[[Node], Credential],
    requests: Sequence[Request],
    limits: Limits,
    *,
    progress: Progress | None = None,
    transport_of: Callable[[Target], Transport] = connect,
) -> tuple[Capture, ...]:
    """Asks every node of `cluster`, all at the same time, each within the cluster's time-out.

    A node that cannot be asked gives a Capture with its `failure`; nothing about a node raises. What is wrong before
    anything is sent does (CredentialError, UsageError). Interrupted: the shells are deleted, then KeyboardInterrupt.
    """
    script, tell = build(requests, limits), _one_at_a_time(progress)
    # Credentials first, all in this thread: one may have to be asked for at the terminal.
    targets = [target_of(cluster, node, credential_of(node)) for node in cluster.nodes]
    runs = [
        _Run(target, transport_of(target), script, tuple(requests), limits, cluster.timeout, tell) for target in targets
    ]
    _go(runs, cluster.timeout + GRACE)
    return tuple(run.result() for run in runs)


def _one_at_a_time(progress: Progress | None) -> Progress:
    lock = threading.Lock()

    def tell(node: str, stage: Stage) -> None:
        if progress:
            with lock:
                progress(node, stage)

    return tell


def _go(runs: Sequence[_Run], seconds: float) -> None:
    """Starts all and waits for them. Interrupted: ends them, and waits until their shells are deleted."""
    end = time.monotonic() + seconds
    try:
        for run in runs:
            run.thread.start()
        for run in runs:
            # Not Thread.join(): interrupted, it takes the thread for ended (Python 3.11), and so would the wait below.
            run.ended.wait(max(0.0, end - time.monotonic()))
    except BaseException:
        for run in runs:
            run.transport.cancel()
        for run in runs:
            # One that has not begun finds itself cancelled, and sends nothing.
            if run.begun.is_set():
                run.ended.wait(GRACE)
        raise


class _Run:
    """One node's thread."""

    def __init__(
        self,
        target: Target,
        transport: Transport,
        script: Script,
        asked: tuple[Request, ...],
        limits: Limits,
        deadline: float,
        tell: Callable[[str, Stage], None],
    ) -> None:
        self.transport = transport
        self._target, self._script, self._asked, self._limits = target, script, asked, limits
        self._deadline, self._tell = deadline, tell
        self.begun, self.ended = threading.Event(), threading.Event()
        self._capture: Capture | None = None
        self._defect: BaseException | None = None
        self._started = _now()
        self._clock = time.monotonic()
        # A daemon: a thread that hangs does not hold the program when everything else is done.
        self.thread = threading.Thread(target=self._work, name=f"node {target.node}", daemon=True)

    def _work(self) -> None:
        self.begun.set()
        try:
            self._tell(self._target.node, "asking")
            self._started, self._clock = _now(), time.monotonic()
            self._capture = self._ask()
            self._tell(self._target.node, "failed" if self._capture.failure else "answered")
        except BaseException as error:
            # A defect of ours: raised where somebody sees it, by result().
            self._defect = error
        finally:
            self.ended.set()

    def _ask(self) -> Capture:
        try:
            result = self.transport.run(self._script, self._deadline)
        except TransportError as error:
            detail = f"{error.what}; {error.hint}" if error.hint else error.what
            return self._filled(failure=Missing(reason=cast(Reason, error.reason), detail=detail, where=error.where))
        return self._filled(result=result)

    def _filled(self, *, result: CommandResult | None = None, failure: Missing | None = None) -> Capture:
        target, spent = self._target, self.transport.spent
        return Capture(
            node=target.node,
            route=target.route,
            address=target.address,
            user=target.user,
            started=self._started,
            finished=_now(),
            seconds=round(time.monotonic() - self._clock, 3),
            requests=spent.requests,
            bytes_sent=spent.bytes_sent,
            bytes_received=spent.bytes_received,
            script_sha256=self._script.sha256,
            requests_sha256=self._script.requests_sha256,
            asked=self._asked,
            stdout=result.stdout if result else b"",
            failure=failure,
            warnings=result.warnings if result else self.transport.warnings,
            limits=self._limits,
            timeout=self._deadline,
        )

    def result(self) -> Capture:
        """What came of it; the time is up for a thread that is still at it."""
        if self._defect is not None:
            raise self._defect
        if self._capture is not None:
            return self._capture
        self.transport.cancel()
        late = Missing(
            reason="timeout", where=self._target.place,
            detail=f"no answer within {self._deadline:g} s, looking up its name included",
        )  # fmt: skip
        return self._filled(failure=late)


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
