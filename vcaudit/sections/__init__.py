"""What is asked of a node, and what the answer means: each section holds both ends of its facts.

`requests` gives the list that goes to every node; `read` turns the captures of one cluster into its snapshot. Nothing
here reaches the network; what a node did not answer is Missing for exactly the facts that it feeds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from vcaudit.capture import Capture, Locations, Request
from vcaudit.collect.answer import Answer, decode
from vcaudit.errors import TransportError
from vcaudit.sections import (
    accounts,
    cluster,
    database,
    extra,
    files,
    host,
    hotfixes,
    listings,
    names,
    registry,
    secrets,
    services,
    software,
    synchronization,
    upkeep,
)
from vcaudit.sections.moving import moving
from vcaudit.sections.permissions import read_permissions
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import Permission
from vcaudit.snapshot.facts.extra import Ask
from vcaudit.snapshot.model import (
    Auditor,
    Budget,
    Declared,
    NodeSnapshot,
    PermissionsOrigin,
    Provenance,
    Snapshot,
)

__all__ = ["SECTIONS", "moving", "network_names", "read", "read_permissions", "requests"]


class Section(Protocol):
    """A module of this package that asks something; its `read` gives the typed facts."""

    def requests(self, locations: Locations) -> tuple[Request, ...]:
        """What to ask, in an order in which references lead backwards."""
        ...


SECTIONS: tuple[Section, ...] = (
    host, services, registry, software, files, database, accounts, cluster, names, listings, synchronization,
    upkeep, hotfixes,
)  # fmt: skip
"""In the order of the request list."""


def requests(locations: Locations, asks: Sequence[Ask] = ()) -> tuple[Request, ...]:
    """The request list for every node of a cluster: the deny list first, what rule packs ask for last."""
    own = (request for section in SECTIONS for request in section.requests(locations))
    return (*secrets.requests(), *own, *extra.requests(asks))


def read(
    captures: Sequence[Capture],
    *,
    cluster: str,
    declared: Declared,
    auditor: Auditor,
    permissions: tuple[Permission, ...] | Missing,
    taken_at: str,
    permissions_origin: PermissionsOrigin | None = None,
    warnings: tuple[str, ...] = (),
    asks: Sequence[Ask] = (),
) -> Snapshot:
    """The snapshot of one cluster; every capture becomes a node, also those that have no answer.

    `asks`: what rule packs asked for; what else the answers hold of that kind is not kept.
    """
    return Snapshot(
        cluster=cluster,
        taken_at=taken_at,
        declared=declared,
        auditor=auditor,
        nodes=tuple(_node(capture, asks) for capture in captures),
        permissions=permissions,
        permissions_origin=permissions_origin,
        warnings=warnings,
    )


def network_names(captures: Sequence[Capture]) -> tuple[str, ...]:
    """Names of virtual servers and of witnesses that any node told of: the auditor should resolve them too."""
    found: dict[str, str] = {}
    for capture in captures:
        answer = _answer(capture)
        if isinstance(answer, Missing):
            continue
        told = names.network_names(answer)
        wanted = (*(() if isinstance(told, Missing) else told), *names.witnesses(answer))
        found |= {name.casefold(): name for name in wanted if name.casefold() not in found}
    return tuple(found.values())


def _answer(capture: Capture) -> Answer | Missing:
    if capture.failure is not None:
        return capture.failure
    try:
        return decode(capture.stdout)
    except TransportError as error:
        return Missing(reason="bad_output", detail=error.what, where=capture.node)


def _node(capture: Capture, asks: Sequence[Ask]) -> NodeSnapshot:
    answer = _answer(capture)
    provenance = _provenance(capture, answer)
    if isinstance(answer, Missing):
        return NodeSnapshot(
            name=capture.node,
            provenance=provenance,
            host=answer,
            software=answer,
            services=answer,
            files=answer,
            registry=answer,
            database=answer,
            accounts=answer,
            names=answer,
            cluster=answer,
            synchronization=answer,
            extra=answer if asks else (),
        )
    return NodeSnapshot(
        name=capture.node,
        provenance=provenance,
        host=host.read(answer, capture),
        software=software.read(answer, capture),
        services=services.read(answer),
        files=files.read(answer, capture),
        registry=registry.read(answer),
        database=database.read(answer),
        accounts=accounts.read(answer),
        names=names.read(answer),
        cluster=cluster.read(answer),
        synchronization=synchronization.read(answer),
        extra=extra.read(answer, capture, asks),
    )


def _provenance(capture: Capture, answer: Answer | Missing) -> Provenance:
    return Provenance(
        route=capture.route,
        address=capture.address,
        user=capture.user,
        started=capture.started,
        seconds=capture.seconds,
        requests=capture.requests,
        bytes_sent=capture.bytes_sent,
        bytes_received=capture.bytes_received,
        script_sha256=capture.script_sha256,
        requests_sha256=capture.requests_sha256,
        collector_milliseconds=None if isinstance(answer, Missing) else answer.milliseconds,
        warnings=capture.warnings,
        budget=_budget(capture),
    )


def _budget(capture: Capture) -> Budget | None:
    limits = capture.limits
    if limits is None or capture.timeout is None:
        return None
    return Budget(
        seconds=capture.timeout,
        requests=limits.requests,
        received_bytes=limits.received_bytes,
        script_seconds=limits.seconds,
        wmi_seconds=limits.wmi_seconds,
        registry_values=limits.registry_values,
        file_bytes=limits.file_bytes,
    )
