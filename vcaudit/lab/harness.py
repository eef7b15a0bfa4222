"""Runs a scenario: one WinRM endpoint per node and a name server, on loopback, and the inventory that scans them."""

from __future__ import annotations

import csv
import json
import secrets
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from vcaudit.lab.listening import clients_try, listening
from vcaudit.lab.merge import merge
from vcaudit.lab.move import move
from vcaudit.lab.scenario import Scenario
from vcaudit.yamlfile import dump

if TYPE_CHECKING:
    from vcaudit.capture import Request
    from vcaudit.lab.node import Node
    from vcaudit.lab.server import Endpoint
    from vcaudit.lab.server.psrp import Sessions

PASSWORD_VARIABLE = "VCAUDIT_LAB_PASSWORD"  # noqa: S105  (the name of the variable, not a password)
TIMEOUT = 10
"""Seconds the written inventory allows a node: simulated nodes answer at once, or not at all."""
NODE_FAULTS = frozenset({"hanging-wmi"})
"""Transport faults that the node itself plays, not its endpoint."""


class Lab:
    """A running scenario; a context manager."""

    def __init__(
        self,
        scenario: Scenario,
        transport_faults: Mapping[str, str] | None = None,
        *,
        delay: float = 0.0,
        script_seconds: float = 0.0,
        password: str | None = None,
        jea: Sequence[Sequence[Request]] = (),
    ) -> None:
        """`transport_faults` by node, `delay` seconds before each answer, `script_seconds` for the script's run.

        `jea`: request lists for which the nodes have the endpoint that `vcaudit jea` writes, where they can have it.
        """
        self.scenario = scenario
        self.password = password or secrets.token_urlsafe(18)
        self.delay, self.script_seconds = delay, script_seconds
        self.endpoints: dict[str, Endpoint] = {}
        self.inventory: Path | None = None
        self._faults = dict(transport_faults or {})
        self._jea = tuple(jea)
        self._nodes: dict[str, Node] = {}
        self._stack = ExitStack()

    @property
    def environment(self) -> dict[str, str]:
        """What a command needs to scan this lab."""
        out = {PASSWORD_VARIABLE: self.password}
        return {**out, "VCAUDIT_INVENTORY": str(self.inventory)} if self.inventory else out

    def __enter__(self) -> Lab:
        from vcaudit.lab.server.dns import NameServer
        from vcaudit.lab.server.front import Front

        with ExitStack() as stack:
            self._folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vcaudit-lab-")))
            self._read_nodes()
            for name in self.scenario.nodes:
                self.endpoints[name] = stack.enter_context(self._endpoint(name))
            self._names = stack.enter_context(NameServer(self.scenario.auditor_names))
            self.front = stack.enter_context(Front(clients_try(self.scenario)))
            self.front.show(listening(self.scenario))
            self._stack = stack.pop_all()
        self.inventory = self.write_inventory(self._folder / "vcaudit.yaml")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def move(self, node: str, group: str | None = None) -> None:
        """Moves a group (default: every group that runs a service) to another node while the lab runs."""
        self.scenario = move(self.scenario, node, group)
        self._read_nodes()
        self.front.show(listening(self.scenario))

    def write_inventory(self, path: Path, password_file: Path | None = None) -> Path:
        """The inventory that scans this lab; the password is in the environment, or in a file of its own (0600)."""
        place = {"password_env": PASSWORD_VARIABLE}
        if password_file is not None:
            password_file.touch(0o600)
            password_file.chmod(0o600)
            password_file.write_text(self.password + "\n", encoding="utf-8")
            place = {"password_file": str(password_file.resolve())}
        path.write_text(dump(self._inventory(place)), encoding="utf-8")
        return path

    def _read_nodes(self) -> None:
        from vcaudit.lab.node import Node

        for name, description in self.scenario.nodes.items():
            if self._faults.get(name) in NODE_FAULTS:
                description = merge(description, {"hanging": [r"root\MSCluster"]})
            self._nodes[name] = Node.from_description(name, description)

    def _endpoint(self, name: str) -> Endpoint:
        from vcaudit.lab.server import Endpoint

        fault = self._faults.get(name)
        return Endpoint(
            lambda line, stdin: self._run(name, line, stdin),
            {self._user(name): self.password},
            tls=self._winrm.get("scheme") == "https",
            faults=[fault] if fault and fault not in NODE_FAULTS else [],
            delay=self.delay,
            sessions=self._sessions(name),
        )

    def _sessions(self, name: str) -> Sessions:
        from vcaudit.lab.windows.remoting import sessions

        return sessions(self._nodes[name], self._jea, lambda: self._at_work(name))

    def _run(self, name: str, line: str, stdin: bytes) -> tuple[bytes, bytes, int]:
        from vcaudit.lab.windows import execute

        return execute(self._at_work(name), line, stdin)

    def _at_work(self, name: str) -> Node:
        """The node as it is now, for a group may have moved; once the time has passed that a script takes."""
        import time

        if self.script_seconds:
            time.sleep(self.script_seconds)
        return self._nodes[name]

    @property
    def _winrm(self) -> dict[str, Any]:
        return dict(self.scenario.inventory.get("winrm") or {})

    def _user(self, name: str) -> str:
        return str(self.scenario.nodes[name].get("user") or "vcaudit")

    def _inventory(self, place: Mapping[str, str]) -> dict[str, Any]:
        from vcaudit.lab.server import authority

        cluster: dict[str, Any] = {"nodes": {}, "credential": "lab", "timeout": TIMEOUT}
        credentials = {"lab": {"user": self._user(next(iter(self.scenario.nodes))), **place}}
        for name, endpoint in self.endpoints.items():
            node: dict[str, Any] = {"address": "127.0.0.1", "port": endpoint.port}
            if self._user(name) != credentials["lab"]["user"]:
                credentials[f"lab-{name}"] = {"user": self._user(name), **place}
                node["credential"] = f"lab-{name}"
            cluster["nodes"][name] = node
        if self._winrm.get("scheme") == "https" and "fingerprint" not in self._winrm:
            cluster["winrm"] = {"ca": str(authority().ca_file)}
        if self.scenario.permissions is not None:
            cluster["permissions"] = str(self._write_permissions())
        if self.scenario.drills:
            cluster["drills"] = self._write_drills()
        cluster["probe"] = {"through": self.front.through}
        document = {"credentials": credentials, "auditor": {"dns": f"127.0.0.1:{self._names.port}"}}
        return {**document, "clusters": {self.scenario.name or "lab": merge(cluster, self.scenario.inventory)}}

    def _write_permissions(self) -> Path:
        path = self._folder / "permissions.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["principal", "is_group", "role", "entity"])
            for row in self.scenario.permissions or ():
                group = "true" if row.get("is_group") else "false"
                writer.writerow([row.get("principal"), group, row.get("role"), row.get("entity")])
        return path

    def _write_drills(self) -> str:
        for name, record in self.scenario.drill_records.items():
            path = self._folder / f"drill-{name}.json"
            path.write_text(json.dumps(record, indent=2), encoding="utf-8")
        return str(self._folder / "drill-*.json")
