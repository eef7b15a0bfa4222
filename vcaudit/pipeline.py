"""collect → read → evaluate → report, on one screen: read it first.

Every step takes a frozen value and gives the next; each is imported when it runs, so that judging works without the
libraries of collecting.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

import msgspec

from vcaudit import __version__
from vcaudit.parallel import side_by_side as side_by_side
from vcaudit.results import AuditResults
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.model import Auditor, Snapshot

if TYPE_CHECKING:
    from vcaudit.capture import Capture
    from vcaudit.collect.holders import Asking
    from vcaudit.collect.runner import Progress
    from vcaudit.evaluate.against import Against
    from vcaudit.evaluate.rule import Pack
    from vcaudit.inventory import Cluster, Inventory
    from vcaudit.secrets import Credentials
    from vcaudit.snapshot.facts.extra import Ask
    from vcaudit.transport.base import Target, Transport

LOG = logging.getLogger(__name__)

JOBS = 32
"""Nodes looked at side by side; those of one cluster always together, so that they tell of one moment."""
NO_EXPORT = Missing(
    reason="not_asked",
    detail="no source of the VirtualCenter role holders: name an export of them as `permissions` in the inventory, "
           "or VirtualCenter itself as `virtualcenter`",
    where="inventory",
)  # fmt: skip


def scan(
    cluster: Cluster, against: Against, credentials: Credentials, connections: Connections,
    progress: Progress | None = None,
) -> AuditResults:
    """One cluster from its nodes to its results. Raises TargetError, CredentialError, PermissionsError."""
    return judge(look(cluster, credentials, connections, progress), against)


def look(
    cluster: Cluster, credentials: Credentials, connections: Connections, progress: Progress | None = None, *,
    while_moving: bool = False, probe: bool = False, asks: Sequence[Ask] = (),
) -> Snapshot:  # fmt: skip
    """Collects from every node and reads the answers: everything that needs the network.

    Looks again when VirtualCenter is just moving, unless `while_moving`; the snapshot says so when that does not end.
    `asks`: what rule packs ask for. `probe`: then knocks at the ports of the virtual server that the nodes told of.
    """
    from vcaudit import sections
    from vcaudit.collect.again import banner, settled
    from vcaudit.collect.holders import Asking, settle
    from vcaudit.collect.runner import collect

    # What the owner wrote is read first: a mistake in it should not cost a scan.
    exported = sections.read_permissions(cluster.permissions) if cluster.permissions else NO_EXPORT
    requests = sections.requests(cluster.locations, asks)

    def ask(now: Cluster) -> tuple[Capture, ...]:
        return collect(now, lambda node: credentials.of(cluster.credential_of(node)), requests, now.limits,
                       progress=progress, transport_of=connections)  # fmt: skip

    with connections.room(len(cluster.nodes)), connections.watch(Asking(cluster, credentials.of)) as virtualcenter:
        if while_moving:
            captures = ask(cluster)
            why = sections.moving(captures)
        else:
            captures, why = settled(cluster, ask, sections.moving, connections.wait)
        holders = settle(exported, cluster.permissions, virtualcenter.answer())
    _log(captures)
    for warning in holders.origin.warnings if holders.origin else ():
        LOG.warning("role holders: %s", warning)
    seen = sections.read(captures, cluster=cluster.name, declared=cluster.declared,
                         auditor=_auditor(cluster, sections.network_names(captures), connections),
                         permissions=holders.permissions, permissions_origin=holders.origin,
                         warnings=(banner(why),) if why else (), asks=asks,
                         taken_at=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}")  # fmt: skip
    return _knocked(seen, cluster, connections) if probe else seen


def _auditor(cluster: Cluster, told: Sequence[str], connections: Connections) -> Auditor:
    """The names of the virtual servers as they resolve from here."""
    from vcaudit.collect.resolver import resolve_names
    from vcaudit.transport.waiting import within

    declared = cluster.declared.network_name
    names = tuple(dict.fromkeys((*told, *((declared,) if declared else ()))))
    # Name servers that are dead do not hold an interrupted scan.
    resolved = within(lambda: resolve_names(names, cluster.dns), "names", lambda: connections.wait(0))
    return Auditor(version=__version__, names=resolved, resolver=cluster.dns or "system")


def _knocked(snapshot: Snapshot, cluster: Cluster, connections: Connections) -> Snapshot:
    """With what answers at the virtual server's address."""
    from vcaudit.collect.probe import probe
    from vcaudit.evaluate.doors import doors

    tried = probe(doors(snapshot, dict(cluster.probe.ports)), dict(cluster.probe.through), connections.wait)
    for each in tried:
        LOG.info("%s: probe of %s at %s: %s after %d ms %s", cluster.name, each.door.role, each.via, each.outcome,
                 each.milliseconds, each.error)  # fmt: skip
    return msgspec.structs.replace(snapshot, auditor=msgspec.structs.replace(snapshot.auditor, probes=tried))


def _log(captures: Sequence[Capture]) -> None:
    for each in captures:
        came = f"{each.failure.reason} {each.failure.detail}" if each.failure else "answered"
        LOG.info("%s at %s (%s): %s after %.2f s, %d requests, %d bytes sent, %d received", each.node, each.address,
                 each.route, came, each.seconds, each.requests, each.bytes_sent, each.bytes_received)  # fmt: skip
        for warning in each.warnings:
            LOG.warning("%s: %s", each.node, warning)


def judge(snapshot: Snapshot, against: Against) -> AuditResults:
    """Judges a snapshot; reaches no network. Raises TargetError when it is not of distinct members of one cluster."""
    from vcaudit.evaluate import evaluate
    from vcaudit.evaluate.targets import check_targets

    check_targets(snapshot)
    return evaluate(snapshot, against.pack, against.waivers, against.baseline_of(snapshot), against.drills)


def report(results: AuditResults, formats: Sequence[str], **options: Any) -> Mapping[str, bytes]:
    """The same results in several formats."""
    from vcaudit.report import render

    return {name: render(name, results, **options) for name in formats}


class Connections:
    """Makes the connection of each node, and can end them all: an interrupted scan leaves no shell behind.

    At most `jobs` nodes have room at once; what has ended is not kept.
    """

    def __init__(self, jobs: int = JOBS) -> None:
        self._made: WeakSet[Transport | Asking] = WeakSet()
        self._jobs = self._free = jobs
        self._changed = threading.Condition()
        self._ended = threading.Event()

    @contextmanager
    def room(self, nodes: int) -> Iterator[None]:
        """Waits until so many nodes (all jobs, for a cluster with more) can be looked at together."""
        taken = min(nodes, self._jobs)
        with self._changed:
            self._changed.wait_for(lambda: self._free >= taken or self._ended.is_set())
            self._free -= taken
        try:
            yield
        finally:
            with self._changed:
                self._free += taken
                self._changed.notify_all()

    def wait(self, seconds: float) -> bool:
        """Waits; true when everything was ended meanwhile."""
        return self._ended.wait(seconds)

    def __call__(self, target: Target) -> Transport:
        """A connection to one node."""
        from vcaudit.transport.routes import connect

        transport = connect(target)
        self._watch(transport)
        return transport

    def watch(self, asking: Asking) -> Asking:
        """Ends this with the others."""
        self._watch(asking)
        return asking

    def _watch(self, each: Transport | Asking) -> None:
        with self._changed:
            self._made.add(each)
        if self._ended.is_set():
            each.cancel()

    def end(self) -> None:
        """Ends what is under way, and what comes later before it begins; from any thread."""
        self._ended.set()
        with self._changed:
            self._changed.notify_all()
            made = list(self._made)
        for each in made:
            each.cancel()


def rules(inventory: Inventory | None, packs: Sequence[str] = ("tn019",)) -> Pack:
    """The rule packs put together, once what the inventory says about rules was held against them.

    `packs`: names of shipped ones, paths of others. Raises UsageError, RuleError, InventoryError.
    """
    from vcaudit.evaluate.loader import load_pack
    from vcaudit.evaluate.packs import find, together
    from vcaudit.resources import rules_dir, shipped_rules

    import_module("vcaudit.evaluate.engine")  # judging needs it next, and nodes may be under way now
    shipped = frozenset(shipped_rules())
    pack = together([load_pack(folder) for folder in find(packs, rules_dir())], shipped)
    pack = replace(pack, elsewhere=shipped)
    if inventory is not None:
        from vcaudit.inventory.rules import check_rules

        known = {rule.id: rule.params for rule in (*pack.rules, *pack.switched_off)}
        check_rules(inventory, known, pack.elsewhere)
    return pack
