"""A cluster whose first node is disturbed: what a scan brings, held against the scan that nobody disturbed."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.chaos.proxy import Proxy, Trouble
from vcaudit import pipeline
from vcaudit.inventory.loader import load_inventory
from vcaudit.inventory.types import Cluster
from vcaudit.lab.merge import merge
from vcaudit.lab.node import Node
from vcaudit.lab.scenario import Scenario, load
from vcaudit.lab.server import Endpoint, authority
from vcaudit.lab.windows import execute
from vcaudit.secrets import Credential, Secret
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import Host
from vcaudit.snapshot.model import NodeSnapshot, Snapshot

USER, PASSWORD = "CORP\\vcaudit", "canary-Pa55w0rd"
ROUTES: Mapping[str, Mapping[str, Any]] = {
    "ntlm-http": {},
    "ntlm-https": {"scheme": "https"},
    "basic-https": {"scheme": "https", "transport": "basic"},
}
SECTIONS = (
    "host", "software", "services", "files", "registry", "database", "accounts", "names", "cluster", "synchronization",
)  # fmt: skip
LATE = 2.5
"""Seconds after the deadline within which a scan ends on a busy machine: the runner's own grace, and a little."""
PATIENCE = 20.0
"""Seconds a node may take where nothing is said."""


@dataclass
class Tally:
    """What came of the runs of one test."""

    family: str
    outcomes: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    problems: list[str] = field(default_factory=list)

    def note(self, record_property: Callable[[str, object], None]) -> None:
        """For the table at the end; fails when anything was wrong."""
        record_property("chaos", [self.family, dict(self.outcomes), round(self.slowest, 2)])
        assert not self.problems, "\n".join(self.problems)
        assert self.outcomes


@dataclass(frozen=True)
class Seen:
    """One scan."""

    snapshot: Snapshot
    seconds: float

    @property
    def node(self) -> NodeSnapshot:
        """The disturbed one."""
        return self.snapshot.nodes[0]


class Credentials:
    """The one account; stands where the pipeline's own would."""

    def of(self, spec: object) -> Credential:
        """Whatever is asked for."""
        return Credential(USER, Secret(PASSWORD))


class Stage:
    """Two nodes over one route. The first one's traffic goes through a Proxy."""

    def __init__(self, route: str = "ntlm-http", scenario: Scenario | None = None, *, whole: bool = True) -> None:
        """`whole`: everything of the first node can be read."""
        self.route, self.scenario = route, scenario or load("quorum-disk-2003")
        self.names = tuple(self.scenario.nodes)
        self.answer: Callable[[bytes], bytes] = bytes
        """What becomes of the first node's answer before it is sent."""
        self._all = whole
        self._nodes = {name: Node.from_description(name, one) for name, one in self.scenario.nodes.items()}
        self._said: dict[tuple[str, bytes], tuple[bytes, bytes, int]] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> Stage:
        with ExitStack() as stack:
            self.endpoints = {name: self.make_endpoint(name).__enter__() for name in self.names}
            stack.callback(lambda: [each.__exit__(None, None, None) for each in self.endpoints.values()])
            self.proxy = stack.enter_context(Proxy(self.endpoints[self.names[0]]))
            self._stack = stack.pop_all()
        self.whole = self.scan().snapshot
        self.requests = len(self.proxy.bodies)
        self.bodies = tuple(self.proxy.bodies)
        """Bytes of each answer of an undisturbed scan."""
        kinds = [served.kind for served in self.endpoint.served]
        self.kinds = tuple(kinds)
        """What each request of an undisturbed scan was: `auth`, Create, Command, Send, Receive, Delete."""
        self.create = kinds.index("Create") + 1
        missing = [name for name in SECTIONS if isinstance(getattr(self.whole.nodes[0], name), Missing)]
        assert not (missing and self._all), [getattr(self.whole.nodes[0], name) for name in missing]
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    @property
    def endpoint(self) -> Endpoint:
        """The first node's."""
        return self.proxy.endpoint

    def make_endpoint(self, name: str) -> Endpoint:
        """An endpoint in front of a node."""
        tls = ROUTES[self.route].get("scheme") == "https"
        return Endpoint(lambda line, stdin: self._run(name, line, stdin), {USER: PASSWORD}, tls=tls)

    def replace_endpoint(self) -> None:
        """The first node has started anew: nothing it knew of is there any more."""
        name = self.names[0]
        self.endpoints[name].__exit__(None, None, None)
        self.endpoints[name] = self.proxy.endpoint = self.make_endpoint(name).__enter__()

    def _run(self, name: str, line: str, stdin: bytes) -> tuple[bytes, bytes, int]:
        """The node's answer, worked out once: the node does not change, and hundreds of scans ask it."""
        with self._lock:
            if (name, stdin) not in self._said:
                self._said[name, stdin] = execute(self._nodes[name], line, stdin)
            stdout, stderr, code = self._said[name, stdin]
        return (self.answer(stdout) if name == self.names[0] else stdout), stderr, code

    def said(self, name: str) -> bytes:
        """What a node wrote last."""
        with self._lock:
            return next(stdout for (who, _), (stdout, _, _) in reversed(self._said.items()) if who == name)

    def cluster(self, timeout: float) -> Cluster:
        """As an inventory would say it."""
        ports = {name: endpoint.port for name, endpoint in self.endpoints.items()}
        ports[self.names[0]] = self.proxy.port
        entry: dict[str, Any] = {
            "nodes": {name: {"address": "127.0.0.1", "port": port} for name, port in ports.items()},
            "credential": "lab", "timeout": max(1, timeout), "winrm": {**ROUTES[self.route]},
        }  # fmt: skip
        if "scheme" in entry["winrm"]:
            entry["winrm"]["ca"] = str(authority().ca_file)
        credentials = {"lab": {"user": USER, "password_env": "NOBODY_ASKS"}}
        inventory = {k: v for k, v in self.scenario.inventory.items() if k != "timeout"}
        document = {"credentials": credentials, "clusters": {"vc": merge(entry, inventory)}}
        text = msgspec.json.encode(document).decode()  # YAML, as all JSON is
        made = load_inventory(Path("chaos.yaml"), text).clusters[0]
        return msgspec.structs.replace(made, timeout=timeout)

    def scan(self, trouble: Trouble | None = None, timeout: float = PATIENCE) -> Seen:
        """One scan."""
        self.proxy.begin(trouble)
        cluster = self.cluster(timeout)
        began = time.monotonic()
        with pytest.MonkeyPatch.context() as patch:
            # Names are another test's: nothing here asks a name server.
            patch.setattr("vcaudit.collect.runner.resolve_names", lambda names, dns: ())
            snapshot = pipeline.look(cluster, Credentials(), pipeline.Connections())  # type: ignore[arg-type]
        return Seen(snapshot, time.monotonic() - began)

    def check(
        self, tally: Tally, name: str, seen: Seen, allowed: tuple[str, ...], *, timeout: float = PATIENCE, left: int = 0
    ) -> None:
        """Notes what came of one scan: `whole`, or a reason of `allowed`; everything else is a problem.

        `left`: shells that may wait for the node's own idle time, because nobody was ever told their id.
        """
        tally.slowest = max(tally.slowest, seen.seconds)
        outcome = self._outcome(seen.node)
        tally.outcomes[outcome] += 1
        say = tally.problems.append
        if outcome not in allowed:
            say(f"{name}: {outcome}, not {' or '.join(allowed)}: {_reason(seen.node)}")
        if outcome == "another fact":
            say(f"{name}: {_differing(seen.node, self.whole.nodes[0])}")
        if facts(seen.snapshot.nodes[1]) != facts(self.whole.nodes[1]):
            say(f"{name}: the node that nobody disturbed is affected")
        if seen.seconds > timeout + LATE:
            say(f"{name}: took {seen.seconds:.1f} s with a deadline of {timeout} s")
        say_shells = self._leftover(left)
        if say_shells:
            say(f"{name}: {say_shells}")

    def _outcome(self, node: NodeSnapshot) -> str:
        if facts(node) == facts(self.whole.nodes[0]):
            return "whole"
        values = [getattr(node, name) for name in SECTIONS]
        if all(isinstance(value, Missing) for value in values) and len({value.reason for value in values}) == 1:
            return str(values[0].reason)
        return "another fact"

    def _leftover(self, allowed: int) -> str:
        """What is wrong with the shells on the nodes; and none is left for the next scan."""
        said = ""
        for endpoint in self.endpoints.values():
            until = time.monotonic() + 1
            # The node may still be at a request whose client has gone.
            while endpoint.open_shells > allowed and time.monotonic() < until:
                time.sleep(0.01)
            if endpoint.open_shells > allowed:
                said = f"{endpoint.open_shells} shells are left on the node, {allowed} may be"
            for shell in list(endpoint.shells._shells.values()):
                # The rule that the transport names: 180 s later the node deletes it.
                assert shell.idle <= 180
                shell.used -= 181
            if endpoint.open_shells:
                said = "a shell outlives its idle time"
        return said


def facts(node: NodeSnapshot) -> object:
    """All that was read of a node, without how and when."""
    host = node.host
    if isinstance(host, Host):
        now = {name: 0 for name in ("clock", "clock_skew") if not isinstance(getattr(host, name), Missing)}
        host = msgspec.structs.replace(host, **now)
    return (host, *(getattr(node, name) for name in SECTIONS[1:]))


def _reason(node: NodeSnapshot) -> str:
    return f"{node.host.detail} ({node.host.where})" if isinstance(node.host, Missing) else ""


def _differing(node: NodeSnapshot, other: NodeSnapshot) -> str:
    return "; ".join(
        f"{name}: {getattr(node, name)}"[:400] for name in SECTIONS if getattr(node, name) != getattr(other, name)
    )
