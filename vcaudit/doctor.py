"""The doctor's pipeline on one screen: the way to each node, one run of the collector, and the ladder over both."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from vcaudit import __version__
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.model import Auditor

if TYPE_CHECKING:
    from vcaudit.collect.doctor import Examination
    from vcaudit.collect.runner import Progress
    from vcaudit.inventory import Cluster
    from vcaudit.secrets import Credentials
    from vcaudit.transport.base import Transport

_NOBODY = Missing(reason="not_asked", detail="the doctor judges no role holders")


class Interruptible:
    """Keeps every transport of a run, so that Ctrl-C ends them all and leaves no shell behind."""

    def __init__(self) -> None:
        self._made: list[Transport] = []

    def keep(self, transport: Transport) -> Transport:
        """Ends this one with the others."""
        self._made.append(transport)
        return transport

    def end(self) -> None:
        """Ends what is under way; from any thread."""
        for transport in self._made:
            transport.cancel()


def examine(
    cluster: Cluster, credentials: Credentials, connections: Interruptible, progress: Progress | None = None
) -> Sequence[Examination]:
    """Every node of one cluster, in its order. Reads only, and raises for nothing that is about a node."""
    from vcaudit import sections
    from vcaudit.collect.doctor_run import examined, look

    looked = look(
        cluster, lambda node: credentials.of(cluster.credential_of(node)), sections.requests(cluster.locations),
        keep=connections.keep, progress=progress,
    )  # fmt: skip
    snapshot = sections.read(
        [capture for _, capture in looked], cluster=cluster.name, declared=cluster.declared, permissions=_NOBODY,
        auditor=Auditor(version=__version__, names=(), resolver=cluster.dns or "system"),
        taken_at=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
    )  # fmt: skip
    return [
        examined(cluster.name, looking, capture, node)
        for (looking, capture), node in zip(looked, snapshot.nodes, strict=True)
    ]
