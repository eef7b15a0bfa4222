"""Moves a resource group of a scenario to another node, as the cluster service would.

The services of the group stop on the old owner and start on the new one, its addresses and Resource Monitors follow,
and the registry checkpoints are written on the node where the resources come online (KB 174070; requirement E1).
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from vcaudit.errors import UsageError
from vcaudit.lab.scenario import Scenario
from vcaudit.yamlfile import suggest

CLUSTER = r"root\MSCluster"
CIM = r"root\cimv2"
_REFERENCE = re.compile(r'Name="((?:[^"\\]|\\.)*)"\Z')
_MONITOR_STEP = 4000
"""Resource Monitors are new processes on the new owner: their ids move by this."""


def move(scenario: Scenario, node: str, group: str | None = None) -> Scenario:
    """The scenario after `group` has come online on `node`; without `group`, every group that runs a service.

    Raises:
        UsageError: no such node or group, or the node is no possible owner of one of its resources.
    """
    target = _known(node, scenario.nodes, "node")
    nodes = copy.deepcopy(dict(scenario.nodes))
    views = [view for name in nodes if (view := _lookup(nodes[name].get("wmi"), CLUSTER))]
    if not views:
        raise UsageError("this scenario has no cluster: no node has root\\MSCluster")
    known = _rows(views[0], "MSCluster_ResourceGroup")
    for name in _service_groups(views[0]) if group is None else [_known(group, known, "group")]:
        _move_group(nodes, views, name, target)
    return replace(scenario, nodes=nodes)


def _move_group(nodes: dict[str, Any], views: list[dict[str, Any]], group: str, target: str) -> None:
    view = views[0]
    resources = [name for owner, name in _pairs(view, "MSCluster_ResourceGroupToResource") if _same(owner, group)]
    source = next((o for o, g in _pairs(view, "MSCluster_NodeToActiveGroup") if _same(g, group)), None)
    if source is None or _same(source, target):
        return
    owners = list(_pairs(view, "MSCluster_ResourceToPossibleOwner"))
    for resource in resources:
        if not any(_same(r, resource) and _same(n, target) for r, n in owners):
            raise UsageError(f"{target} is no possible owner of {resource}", hint="the cluster would refuse this move")
    rows = [row for row in _rows(view, "MSCluster_Resource").values() if any(_same(row["Name"], r) for r in resources)]
    old = next((name for name in nodes if _same(name, source)), source)
    if old in nodes:
        _follow(nodes[old], nodes[target], rows)
    for each in views:
        _set_owner(each, group, resources, target)
        for row in _rows(each, "MSCluster_Resource").values():
            if any(_same(row["Name"], r) for r in resources) and row.get("MonitorProcessId"):
                row["MonitorProcessId"] += _MONITOR_STEP


def _follow(old: dict[str, Any], new: dict[str, Any], resources: list[dict[str, Any]]) -> None:
    """What the resources take along from node to node."""
    services: dict[str, str] = {}
    for resource in resources:
        private = resource.get("PrivateProperties") or {}
        for key in resource.get("RegistryCheckpoints") or _hive_checkpoints(old, str(resource["Name"])):
            _copy_tree(old, new, key)
        if resource.get("Type") == "Generic Service":
            name = str(private.get("ServiceName", ""))
            services.setdefault(name.casefold(), name)
        if resource.get("Type") == "IP Address":
            _swap_address(old, new, str(private.get("Address", "")), str(private.get("SubnetMask", "")))
    # Once each, however many resources name it.
    for name in services.values():
        _swap_service(old, new, name)


def _hive_checkpoints(node: Mapping[str, Any], resource: str) -> list[str]:
    registry = node.get("registry") or {}
    for key, values in registry.items():
        if key.lower().startswith("cluster\\resources\\") and _same(str(values.get("Name", "")), resource):
            return [str(v) for v in (_lookup(registry, key + "\\RegSync") or {}).values()]
    return []


def _copy_tree(old: dict[str, Any], new: dict[str, Any], root: str) -> None:
    def below(key: str) -> bool:
        return (key.casefold() + "\\").startswith(root.casefold() + "\\")

    kept = {key: values for key, values in (new.get("registry") or {}).items() if not below(key)}
    taken = {key: copy.deepcopy(values) for key, values in (old.get("registry") or {}).items() if below(key)}
    new["registry"] = {**kept, **taken}


def _swap_service(old: dict[str, Any], new: dict[str, Any], service: str) -> None:
    here, there = _service(old, service), _service(new, service)
    if here is None or there is None:
        return
    state, process = here.get("State"), here.get("ProcessId")
    here.update(State="Stopped", ProcessId=0)
    if there.get("StartMode") != "Disabled":
        there.update(State=state, ProcessId=process)


def _service(node: Mapping[str, Any], service: str) -> dict[str, Any] | None:
    rows = _rows(_lookup(node.get("wmi"), CIM) or {}, "Win32_Service").values()
    return next((row for row in rows if _same(str(row.get("Name", "")), service)), None)


def _swap_address(old: dict[str, Any], new: dict[str, Any], address: str, mask: str) -> None:
    for adapter in _rows(_lookup(old.get("wmi"), CIM) or {}, "Win32_NetworkAdapterConfiguration").values():
        if address in (adapter.get("IPAddress") or []):
            index = adapter["IPAddress"].index(address)
            for key in ("IPAddress", "IPSubnet"):
                listed = adapter.get(key) or []
                adapter[key] = [*listed[:index], *listed[index + 1 :]]
    for adapter in _rows(_lookup(new.get("wmi"), CIM) or {}, "Win32_NetworkAdapterConfiguration").values():
        adapter["IPAddress"] = [*(adapter.get("IPAddress") or []), address]
        adapter["IPSubnet"] = [*(adapter.get("IPSubnet") or []), mask]
        return


def _set_owner(view: dict[str, Any], group: str, resources: list[str], target: str) -> None:
    for row in _rows(view, "MSCluster_NodeToActiveGroup").values():
        if _same(_name(row["PartComponent"]), group):
            row["GroupComponent"] = f'MSCluster_Node.Name="{target}"'
    for row in _rows(view, "MSCluster_NodeToActiveResource").values():
        if any(_same(_name(row["PartComponent"]), r) for r in resources):
            row["GroupComponent"] = f'MSCluster_Node.Name="{target}"'


def _service_groups(view: Mapping[str, Any]) -> list[str]:
    services = [r["Name"] for r in _rows(view, "MSCluster_Resource").values() if r.get("Type") == "Generic Service"]
    groups = [g for g, r in _pairs(view, "MSCluster_ResourceGroupToResource") if any(_same(r, s) for s in services)]
    return list(dict.fromkeys(groups))


def _pairs(view: Mapping[str, Any], association: str) -> Iterator[tuple[str, str]]:
    for row in _rows(view, association).values():
        yield _name(row["GroupComponent"]), _name(row["PartComponent"])


def _name(reference: str) -> str:
    match = _REFERENCE.search(reference)
    return re.sub(r"\\(.)", r"\1", match[1]) if match else reference


def _rows(namespace: Mapping[str, Any], name: str) -> dict[str, dict[str, Any]]:
    return _lookup(namespace, name) or {}


def _lookup(mapping: Mapping[str, Any] | None, key: str) -> Any:
    return next((value for name, value in (mapping or {}).items() if _same(name, key)), None)


def _same(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()


def _known(name: str, known: Mapping[str, Any], what: str) -> str:
    found = next((key for key in known if _same(key, name)), None)
    if found is None:
        hint = f"known: {', '.join(known)}"
        raise UsageError(f"no {what} `{name}` in this scenario{suggest(name, known)}", hint=hint)
    return found
