"""A scenario from its nodes to its results in one process: the collector's own text runs, HTTP does not.

What does not change is not run twice: captures are kept by script, requests, node and its description.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from vcaudit import sections
from vcaudit.capture import Capture, Limits, Request
from vcaudit.collect.script import build
from vcaudit.evaluate import evaluate
from vcaudit.evaluate.doors import doors
from vcaudit.evaluate.loader import load_pack
from vcaudit.evaluate.packs import together
from vcaudit.evaluate.rule import Pack
from vcaudit.evaluate.targets import check_targets
from vcaudit.inventory.loader import load_inventory
from vcaudit.inventory.types import Cluster
from vcaudit.lab.listening import listening
from vcaudit.lab.merge import merge
from vcaudit.lab.node import Node
from vcaudit.lab.scenario import Scenario
from vcaudit.lab.windows import execute
from vcaudit.pipeline import NO_EXPORT
from vcaudit.resources import rules_dir
from vcaudit.results import AuditResults, Outcome, Result
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.drills import Drill, Recorded
from vcaudit.snapshot.facts import Permission, Probe, Resolution
from vcaudit.snapshot.model import Auditor, Snapshot
from vcaudit.transport.base import BOOTSTRAP
from vcaudit.yamlfile import dump

TAKEN_AT = "2026-11-24T06:00:00Z"


@functools.lru_cache(maxsize=1)
def pack() -> Pack:
    """The note's rules."""
    return load_pack(rules_dir() / "tn019")


@functools.lru_cache(maxsize=1)
def beyond() -> Pack:
    """The rules beyond the note."""
    return load_pack(rules_dir() / "recommended")


@functools.lru_cache(maxsize=1)
def both() -> Pack:
    """The note's, and those beyond it."""
    return together([pack(), beyond()])


def snapshot(scenario: Scenario, failures: Mapping[str, Missing] | None = None) -> Snapshot:
    """What a scan of the scenario would see; `failures` by node: why it gives no answer."""
    declared = cluster(scenario)
    captures = tuple(
        failed(node.name, failures[node.name]) if failures and node.name in failures else
        capture(node.name, scenario.nodes[node.name], declared)
        for node in declared.nodes
    )  # fmt: skip
    own = declared.declared.network_name
    names = dict.fromkeys((*sections.network_names(captures), *((own,) if own else ())))
    seen = sections.read(
        captures,
        cluster=declared.name,
        declared=declared.declared,
        auditor=Auditor(version="1", names=resolved(scenario, names), resolver="lab"),
        permissions=permissions(scenario),
        taken_at=TAKEN_AT,
    )
    auditor = msgspec.structs.replace(seen.auditor, probes=probes(scenario, seen, declared))
    told = msgspec.structs.replace(seen.declared, drills=drills(scenario))
    return msgspec.structs.replace(seen, auditor=auditor, declared=told)


def probes(scenario: Scenario, seen: Snapshot, declared: Cluster) -> tuple[Probe, ...]:
    """What `--probe` would find, without sockets."""
    open_doors = listening(scenario)
    how: dict[str, Any] = {"answers": "answered", "hung": "silent", "dropped": "timeout"}
    out = []
    for door in doors(seen, dict(declared.probe.ports)):
        found = None if isinstance(door.address, Missing) else open_doors.get((door.address, door.port))
        outcome: Any = door.address if isinstance(door.address, Missing) else how[found.how] if found else "refused"
        # Only where TLS should be spoken does a service that says nothing show.
        outcome = "answered" if outcome == "silent" and not door.tls else outcome
        out.append(Probe(door=door, via=f"{door.address}:{door.port}", outcome=outcome, milliseconds=1))
    return tuple(out)


def drills(scenario: Scenario) -> tuple[Recorded, ...]:
    """The records that the lab would write and the inventory name."""
    own = {"cluster": scenario.name or "lab"}
    return tuple(
        Recorded(file=f"drill-{name}.json", sha256=name, drill=msgspec.convert({**own, **record}, Drill))
        for name, record in scenario.drill_records.items()
    )


def judged(
    scenario: Scenario, failures: Mapping[str, Missing] | None = None, rules: Pack | None = None
) -> AuditResults:
    """The results of a scan of the scenario; the targets are checked as `scan` does. `rules`: the note's by default."""
    seen = snapshot(scenario, failures)
    check_targets(seen)
    return evaluate(seen, rules or pack())


def cluster(scenario: Scenario) -> Cluster:
    """The scenario's entry of the inventory that the lab would write."""
    nodes = {name: {"address": "127.0.0.1", "port": 10000 + port} for port, name in enumerate(scenario.nodes)}
    entry = {"nodes": nodes, "credential": "lab"}
    return _cluster(scenario.name or "lab", json.dumps(merge(entry, scenario.inventory)))


@functools.lru_cache(maxsize=64)
def _cluster(name: str, entry: str) -> Cluster:
    credentials = {"lab": {"user": "CORP\\vcaudit", "password_env": "NOBODY_ASKS"}}
    document = {"credentials": credentials, "clusters": {name: json.loads(entry)}}
    return load_inventory(Path("lab.yaml"), dump(document)).clusters[0]


def capture(name: str, description: Mapping[str, Any], declared: Cluster) -> Capture:
    """What one node answers to the collector."""
    return _capture(name, json.dumps(description), sections.requests(declared.locations), declared.limits)


@functools.lru_cache(maxsize=256)
def _capture(name: str, description: str, requests: tuple[Request, ...], limits: Limits) -> Capture:
    script = build(requests, limits)
    stdout, stderr, code = execute(Node.from_description(name, json.loads(description)), BOOTSTRAP, script.text)
    assert (stderr, code) == (b"", 0)
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return Capture(
        node=name, route="in process", address="127.0.0.1", user="CORP\\vcaudit", started=now, finished=now,
        seconds=0.1, requests=7, bytes_sent=len(script.text), bytes_received=len(stdout), script_sha256=script.sha256,
        asked=requests, stdout=stdout,
    )  # fmt: skip


def failed(name: str, failure: Missing) -> Capture:
    """A node that gave no answer."""
    return Capture(
        node=name, route="in process", address="127.0.0.1", user="CORP\\vcaudit", started=TAKEN_AT, finished=TAKEN_AT,
        seconds=0.1, requests=1, bytes_sent=0, bytes_received=0, script_sha256="", asked=(), stdout=b"",
        failure=failure,
    )  # fmt: skip


def resolved(scenario: Scenario, names: Iterable[str]) -> tuple[Resolution, ...]:
    """As the lab's name server answers the auditor."""
    table = {name.casefold(): tuple(addresses) for name, addresses in scenario.auditor_names.items()}
    return tuple(Resolution(name=name, addresses=table.get(name.casefold(), ())) for name in names)


def permissions(scenario: Scenario) -> tuple[Permission, ...] | Missing:
    """The owner's export."""
    if scenario.permissions is None:
        return NO_EXPORT
    return tuple(msgspec.convert(row, Permission) for row in scenario.permissions)


def of_outcome(results: AuditResults, *outcomes: Outcome) -> list[Result]:
    """Results with one of some outcomes."""
    return [result for result in results.results if result.outcome in outcomes]


def told(results: Iterable[Result]) -> str:
    """Results as a failing test should show them."""
    return "\n".join(
        f"{one.outcome} {one.rule} [{one.subject}] on {one.node}: {one.message} (observed {one.observed}; expected "
        f"{one.expected}; {one.reason} {one.detail})"
        for one in results
    )
