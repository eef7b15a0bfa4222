"""A scenario of the lab that can be changed: what cluster.exe and FailoverClusters do, done to its description.

It refuses what a real cluster refuses, as far as scripts could run into it: dependencies of a resource that is online,
across groups or in a circle, a service that is disabled, a node that is no possible owner.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from vcaudit.lab.move import move
from vcaudit.lab.scenario import Scenario

CLUSTER, CIM = r"root\MSCluster", r"root\cimv2"
ONLINE, OFFLINE, STORED = 2, 3, 5024
SHARED = 1500
"""Process of the common Resource Monitor."""


class Refused(Exception):
    """What the cluster or Windows does not do; the message is for the test."""


def same(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()


def found(mapping: dict[str, Any], key: str) -> str | None:
    """The key as the mapping spells it."""
    return next((name for name in mapping if same(name, key)), None)


def reference(kind: str, name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'MSCluster_{kind}.Name="{escaped}"'


def named(text: str) -> str:
    """The name in a reference."""
    return text.partition('="')[2].removesuffix('"').replace('\\"', '"').replace("\\\\", "\\")


class World:
    """All nodes of a scenario. Every node's view of the cluster is changed alike."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.nodes: dict[str, Any] = copy.deepcopy(dict(scenario.nodes))
        self.done: list[str] = []
        """What was changed, in order."""
        self.stored: set[str] = set()
        """Resources with a change that acts only when they come online again."""
        self._monitors = 70000

    def result(self) -> Scenario:
        return replace(self.scenario, nodes=self.nodes)

    # Nodes and what lies on them

    def node(self, name: str) -> dict[str, Any]:
        known = found(self.nodes, name)
        if known is None:
            raise Refused(f"there is no machine {name}")
        body: dict[str, Any] = self.nodes[known]
        return body

    def service(self, node: str, name: str) -> dict[str, Any]:
        rows = self.node(node)["wmi"][CIM]["Win32_Service"]
        row = next((row for row in rows.values() if same(row["Name"], name)), None)
        if row is None:
            raise Refused(f"{node} has no service {name}")
        return row  # type: ignore[no-any-return]

    def set_start_mode(self, node: str, name: str, mode: str) -> None:
        self.done.append(f"start mode of {name} on {node}: {mode}")
        self.service(node, name)["StartMode"] = mode

    def stop_service(self, node: str, name: str) -> None:
        self.done.append(f"stop {name} on {node}")
        self.service(node, name).update(State="Stopped", ProcessId=0)

    # Files: a path is (node, local path)

    def files(self, node: str) -> dict[str, Any]:
        files: dict[str, Any] = self.node(node).setdefault("files", {})
        return files

    def is_file(self, node: str, path: str) -> bool:
        return found(self.files(node), path) is not None

    def below(self, node: str, folder: str) -> dict[str, str]:
        """Name below the folder → path."""
        start = folder.casefold() + "\\"
        return {path[len(start) :]: path for path in self.files(node) if path.casefold().startswith(start)}

    def exists(self, node: str, path: str) -> bool:
        return self.is_file(node, path) or bool(self.below(node, path))

    def write(self, node: str, path: str, content: Any) -> None:
        self.done.append(f"write {path} on {node}")
        files = self.files(node)
        files[found(files, path) or path] = copy.deepcopy(content)

    def read(self, node: str, path: str) -> Any:
        files = self.files(node)
        known = found(files, path)
        if known is None:
            raise Refused(f"{path} is not on {node}")
        return files[known]

    def delete(self, node: str, path: str) -> None:
        self.done.append(f"delete {path} on {node}")
        files = self.files(node)
        files.pop(found(files, path) or path, None)

    # Registry: keys below HKEY_LOCAL_MACHINE

    def registry(self, node: str) -> dict[str, Any]:
        keys: dict[str, Any] = self.node(node).setdefault("registry", {})
        return keys

    def key(self, node: str, path: str, *, create: bool = False) -> dict[str, Any] | None:
        keys = self.registry(node)
        known = found(keys, path)
        if known is None and any(other.casefold().startswith(path.casefold() + "\\") for other in keys):
            known = path
            keys[path] = {}
        if known is None and create:
            known = path
            keys[path] = {}
        return None if known is None else keys[known]

    def set_value(self, node: str, path: str, name: str, value: Any) -> None:
        self.done.append(f"registry {path} {name} on {node}")
        key = self.key(node, path, create=True)
        assert key is not None
        key[found(key, name) or name] = value

    def delete_value(self, node: str, path: str, name: str) -> None:
        self.done.append(f"registry {path} {name} on {node}")
        key = self.key(node, path) or {}
        key.pop(found(key, name) or name, None)

    def subkeys(self, node: str, path: str) -> list[str]:
        start = path.casefold() + "\\"
        return sorted({key[len(start) :].split("\\")[0] for key in self.registry(node)
                       if key.casefold().startswith(start)})  # fmt: skip

    # The cluster

    def views(self) -> Iterator[dict[str, Any]]:
        for node in self.nodes.values():
            view = (node.get("wmi") or {}).get(CLUSTER)
            if view:
                yield view

    @property
    def view(self) -> dict[str, Any]:
        return next(self.views())

    def names(self, kind: str) -> list[str]:
        return [row["Name"] for row in self.view[f"MSCluster_{kind}"].values()]

    def rows(self, kind: str, name: str) -> Iterator[dict[str, Any]]:
        for view in self.views():
            yield from (row for row in view[f"MSCluster_{kind}"].values() if same(row["Name"], name))

    def row(self, kind: str, name: str) -> dict[str, Any]:
        row = next(self.rows(kind, name), None)
        if row is None:
            raise Refused(f"there is no {kind} {name}")
        return row

    def pairs(self, kind: str, one: str = "GroupComponent", other: str = "PartComponent") -> list[tuple[str, str]]:
        return [(named(row[one]), named(row[other])) for row in self.view.get(f"MSCluster_{kind}", {}).values()]

    def add_pair(self, kind: str, one: tuple[str, str, str], other: tuple[str, str, str]) -> None:
        """`(field, kind of object, name)`, twice."""
        for view in self.views():
            rows = view.setdefault(f"MSCluster_{kind}", {})
            rows[f"{one[2]} -> {other[2]} (added)"] = {part[0]: reference(part[1], part[2]) for part in (one, other)}

    def drop_pairs(self, kind: str, **names: str) -> None:
        for view in self.views():
            rows = view.get(f"MSCluster_{kind}", {})
            for key in [key for key, row in rows.items()
                        if all(same(named(row[field]), name) for field, name in names.items())]:  # fmt: skip
                del rows[key]

    def group_of(self, resource: str) -> str:
        return next(group for group, name in self.pairs("ResourceGroupToResource") if same(name, resource))

    def owner_of(self, group: str) -> str:
        return next(node for node, name in self.pairs("NodeToActiveGroup") if same(name, group))

    def providers(self, resource: str) -> list[str]:
        pairs = self.pairs("ResourceToDependentResource", "Antecedent", "Dependent")
        return [other for one, other in pairs if same(one, resource)]

    def dependents(self, resource: str) -> list[str]:
        pairs = self.pairs("ResourceToDependentResource", "Antecedent", "Dependent")
        return [one for one, other in pairs if same(other, resource)]

    def possible(self, resource: str) -> list[str]:
        return [node for name, node in self.pairs("ResourceToPossibleOwner") if same(name, resource)]

    def preferred(self, group: str) -> list[str]:
        return [node for name, node in self.pairs("ResourceGroupToPreferredNode") if same(name, group)]

    def is_online(self, resource: str) -> bool:
        return bool(self.row("Resource", resource)["State"] == ONLINE)

    # Changes to it

    def parameter(self, resource: str, name: str, value: Any) -> int:
        """0, or 5024: stored, and acts when the resource comes online."""
        self.done.append(f"{resource}: {name}={value}")
        self.row("Resource", resource)
        for row in self.rows("Resource", resource):
            private = row.setdefault("PrivateProperties", {})
            private[found(private, name) or name] = value
        return self._stored(resource)

    def _stored(self, resource: str) -> int:
        if not self.is_online(resource):
            return 0
        self.stored.add(resource)
        return STORED

    def common(self, resource: str, name: str, value: Any) -> int:
        self.done.append(f"{resource}: {name}={value}")
        if name not in ("SeparateMonitor", "RestartAction"):
            raise Refused(f"no common property {name} is known here")
        self.row("Resource", resource)
        for row in self.rows("Resource", resource):
            row[name] = bool(value) if name == "SeparateMonitor" else value
        return self._stored(resource)

    def group_property(self, group: str, name: str, value: list[str] | int) -> None:
        self.done.append(f"{group}: {name}={value}")
        if name not in ("AntiAffinityClassNames", "AutoFailbackType", "FailoverThreshold"):
            raise Refused(f"no property {name} of a group is known here")
        self.row("ResourceGroup", group)
        for row in self.rows("ResourceGroup", group):
            row[name] = value

    def add_owner(self, resource: str, node: str) -> None:
        self.done.append(f"{resource}: owner {node}")
        self.row("Resource", resource)
        self.row("Node", node)
        if any(same(node, other) for other in self.possible(resource)):
            raise Refused(f"{node} is a possible owner of {resource} already")
        self.add_pair(
            "ResourceToPossibleOwner", ("GroupComponent", "Resource", resource), ("PartComponent", "Node", node)
        )

    def remove_owner(self, resource: str, node: str) -> None:
        self.done.append(f"{resource}: not owner {node}")
        self.drop_pairs("ResourceToPossibleOwner", GroupComponent=resource, PartComponent=node)

    def add_dependency(self, resource: str, provider: str) -> None:
        self.done.append(f"{resource}: on {provider}")
        self._may_change(resource)
        self.row("Resource", provider)
        if not same(self.group_of(resource), self.group_of(provider)):
            raise Refused(f"{provider} is in another group than {resource}")
        if any(same(provider, other) for other in self.providers(resource)):
            raise Refused(f"{resource} depends on {provider} already")
        self.add_pair(
            "ResourceToDependentResource", ("Antecedent", "Resource", resource), ("Dependent", "Resource", provider)
        )

    def remove_dependency(self, resource: str, provider: str) -> None:
        self.done.append(f"{resource}: not on {provider}")
        self._may_change(resource)
        if not any(same(provider, other) for other in self.providers(resource)):
            raise Refused(f"{resource} does not depend on {provider}")
        self.drop_pairs("ResourceToDependentResource", Antecedent=resource, Dependent=provider)

    def _may_change(self, resource: str) -> None:
        if self.is_online(resource):
            raise Refused(f"{resource} is online: its dependencies cannot be changed")

    def checkpoints(self, resource: str, add: str = "", remove: str = "") -> None:
        self.done.append(f"{resource}: checkpoint {add or remove}")
        self.row("Resource", resource)
        now: list[str] = []
        for row in self.rows("Resource", resource):
            listed = row.get("RegistryCheckpoints") or []
            if remove and not any(same(remove, key) for key in listed):
                raise Refused(f"{resource} has no checkpoint {remove}")
            now = [*(key for key in listed if not same(key, remove)), *([add] if add else [])]
            row["RegistryCheckpoints"] = now
        for node in self.nodes:
            for path, values in dict(self.registry(node)).items():
                if path.casefold().startswith("cluster\\resources\\") and same(str(values.get("Name", "")), resource):
                    keys = self.registry(node)
                    keys[found(keys, path + "\\RegSync") or path + "\\RegSync"] = {
                        f"{number:08}": key for number, key in enumerate(now, 1)
                    }

    def set_preferred(self, group: str, nodes: list[str]) -> None:
        self.done.append(f"{group}: preferred {nodes}")
        self.row("ResourceGroup", group)
        self.drop_pairs("ResourceGroupToPreferredNode", GroupComponent=group)
        for node in nodes:
            self.row("Node", node)
            self.add_pair(
                "ResourceGroupToPreferredNode",
                ("GroupComponent", "ResourceGroup", group),
                ("PartComponent", "Node", node),
            )

    def create(self, resource: str, group: str, type_: str) -> None:
        self.done.append(f"create {resource}")
        self.row("ResourceGroup", group)
        if any(same(resource, name) for name in self.names("Resource")):
            raise Refused(f"there is a resource {resource} already")
        for view in self.views():
            view["MSCluster_Resource"][resource] = {
                "Name": resource, "Type": type_, "State": OFFLINE, "SeparateMonitor": True, "MonitorProcessId": 0,
                "CoreResource": False, "RegistryCheckpoints": [], "PrivateProperties": {"StartupParameters": ""},
            }  # fmt: skip
        self.add_pair(
            "ResourceGroupToResource",
            ("GroupComponent", "ResourceGroup", group),
            ("PartComponent", "Resource", resource),
        )
        owner = self.owner_of(group)
        self.add_pair(
            "NodeToActiveResource", ("GroupComponent", "Node", owner), ("PartComponent", "Resource", resource)
        )
        for node in self.names("Node"):
            self.add_pair(
                "ResourceToPossibleOwner", ("GroupComponent", "Resource", resource), ("PartComponent", "Node", node)
            )

    def remove(self, resource: str) -> None:
        self.done.append(f"remove {resource}")
        self._may_change(resource)
        group = self.group_of(resource)
        for view in self.views():
            rows = view["MSCluster_Resource"]
            rows.pop(found(rows, resource) or resource)
        for kind in ("ResourceGroupToResource", "NodeToActiveResource"):
            self.drop_pairs(kind, PartComponent=resource)
        self.drop_pairs("ResourceToPossibleOwner", GroupComponent=resource)
        self.drop_pairs("ResourceToDependentResource", Antecedent=resource)
        self._group_state(group)

    def offline(self, resource: str) -> None:
        self.done.append(f"offline {resource}")
        for dependent in self.dependents(resource):
            self.offline(dependent)
        for row in self.rows("Resource", resource):
            row.update(State=OFFLINE, MonitorProcessId=0)
        self.row("Resource", resource)
        self.stored.discard(resource)
        self._follow(resource, running=False)

    def online(self, resource: str) -> None:
        self.done.append(f"online {resource}")
        row = self.row("Resource", resource)
        if row["State"] == ONLINE:
            return
        for provider in self.providers(resource):
            self.online(provider)
        owner = self.owner_of(self.group_of(resource))
        if not any(same(owner, node) for node in self.possible(resource)):
            raise Refused(f"{owner} is no possible owner of {resource}")
        self._monitors += 1
        monitor = self._monitors if row["SeparateMonitor"] else SHARED
        self._follow(resource, running=True)
        for each in self.rows("Resource", resource):
            each.update(State=ONLINE, MonitorProcessId=monitor)
        self._group_state(self.group_of(resource))

    def online_group(self, group: str) -> None:
        self.done.append(f"online group {group}")
        self.row("ResourceGroup", group)
        for name, resource in self.pairs("ResourceGroupToResource"):
            if same(name, group):
                self.online(resource)
        self._group_state(group)

    def _group_state(self, group: str) -> None:
        inside = [name for other, name in self.pairs("ResourceGroupToResource") if same(other, group)]
        up = [self.is_online(name) for name in inside]
        for row in self.rows("ResourceGroup", group):
            row["State"] = 0 if all(up) else 3 if any(up) else 1

    def _follow(self, resource: str, *, running: bool) -> None:
        """The service or the address that a resource stands for, on the node that holds it."""
        row = self.row("Resource", resource)
        private = row.get("PrivateProperties") or {}
        owner = self.owner_of(self.group_of(resource))
        if row["Type"] == "Generic Service":
            self._service(owner, str(private.get("ServiceName", "")), running=running)
        if row["Type"] == "Network Name" and running and not private.get("Name"):
            raise Refused(f"{resource} has no name")
        if row["Type"] == "IP Address":
            self._address(owner, str(private.get("Address", "")), str(private.get("SubnetMask", "")), running=running)
        if not running:
            self._group_state(self.group_of(resource))

    def _service(self, node: str, name: str, *, running: bool) -> None:
        try:
            service = self.service(node, name)
        except Refused:
            if running:
                raise
            return  # that a resource names no service is what some faults are about
        if running and service["StartMode"] == "Disabled":
            raise Refused(f"{name} is disabled on {node}")
        service.update(State="Running" if running else "Stopped", ProcessId=4242 if running else 0)

    def _address(self, node: str, address: str, mask: str, *, running: bool) -> None:
        if running and not address:
            raise Refused("an address is empty")
        adapters = self.node(node)["wmi"][CIM]["Win32_NetworkAdapterConfiguration"]
        for adapter in adapters.values():
            held = list(adapter.get("IPAddress") or [])
            if address in held:
                index = held.index(address)
                for key in ("IPAddress", "IPSubnet"):
                    listed = list(adapter.get(key) or [])
                    adapter[key] = [*listed[:index], *listed[index + 1 :]]
        if running:
            public = next(iter(adapters.values()))
            public["IPAddress"] = [*public["IPAddress"], address]
            public["IPSubnet"] = [*public["IPSubnet"], mask]

    def move_group(self, group: str, node: str) -> None:
        self.done.append(f"move {group} to {node}")
        self.row("ResourceGroup", group)
        self.nodes = dict(move(self.result(), node, group).nodes)

    def node_state(self, node: str, state: int) -> None:
        self.done.append(f"node {node}: {state}")
        self.row("Node", node)
        for row in self.rows("Node", node):
            row["State"] = state
