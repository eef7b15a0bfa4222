"""What Windows has of its own: WMI classes without an instance, properties that nobody lists, SIDs that nobody says.

A scenario says what is particular about a cluster: that nobody prefers a node, or that an adapter has IP, goes without
saying.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any

CIM, CLUSTER = "root\\cimv2", "root\\mscluster"

PROPERTIES: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    CIM: {
        "win32_operatingsystem": dict.fromkeys(("Caption", "Version", "ServicePackMajorVersion", "CSDVersion")),
        "win32_logicaldisk": dict.fromkeys(("DeviceID", "DriveType", "Size", "FreeSpace")),
        "win32_computersystem": {
            **dict.fromkeys(("Name", "Domain", "Manufacturer", "Model", "SystemType")), "PartOfDomain": True,
        },
        "win32_networkadapterconfiguration": {"IPAddress": None, "MACAddress": None, "IPEnabled": True},
        "win32_quickfixengineering": dict.fromkeys(("HotFixID", "ServicePackInEffect")),
        "win32_share": dict.fromkeys(("Name", "Path")),
        "win32_service": dict.fromkeys(("Name", "DisplayName", "State", "StartMode", "StartName", "PathName")),
    },
    CLUSTER: {
        name: {}
        for name in (
            "mscluster_cluster", "mscluster_node", "mscluster_network", "mscluster_networkinterface",
            "mscluster_clustertonode",
            "mscluster_clustertoquorumresource", "mscluster_nodetoactivegroup", "mscluster_nodetoactiveresource",
            "mscluster_resourcegrouptopreferrednode", "mscluster_resourcegrouptoresource",
            "mscluster_resourcetodependentresource", "mscluster_resourcetopossibleowner",
        )
    } | {
        "mscluster_resource": {"RestartAction": 2, "RestartThreshold": 3, "RestartPeriod": 900000},
        "mscluster_resourcegroup": {
            "AntiAffinityClassNames": [], "AutoFailbackType": 0, "FailoverThreshold": 10, "FailoverPeriod": 6,
        },
    },
}  # fmt: skip
"""Namespace and class in lower case → what a property is when no instance lists it. Those of the cluster's provider
differ from Windows to Windows (field facts 5): there only what is listed exists, and the policies that every group and
resource has, which are the cluster's defaults then."""
NAMED = frozenset({
    "win32_service", "win32_share", "win32_computersystem", "mscluster_cluster", "mscluster_node", "mscluster_network",
    "mscluster_networkinterface", "mscluster_resource", "mscluster_resourcegroup",
})  # fmt: skip
"""Classes whose key is Name: an instance that does not say it is called as the scenario calls it."""


BUILT_IN = {"administrators": 544, "users": 545, "guests": 546, "power users": 547, "remote desktop users": 555}
"""RIDs of groups that every Windows has (English names: others say their SID)."""
RIDS = {"administrator": 500, "guest": 501}


def complete(name: str, node: Mapping[str, Any]) -> dict[str, Any]:
    """A node with a Name in every instance that needs one, and a SID for every account that does not say its own."""
    out = dict(node)
    if wmi := node.get("wmi"):
        hive = any(key.lower().startswith("cluster\\") for key in node.get("registry") or {})
        out["wmi"] = {
            space: _classes(_with_disks(node, classes) if space.lower() == CIM else classes, hive)
            for space, classes in wmi.items() if classes is not None
        }  # fmt: skip
    if accounts := node.get("accounts"):
        out["accounts"] = _accounts(name, accounts)
    return out


def _with_disks(node: Mapping[str, Any], classes: Mapping[str, Any]) -> dict[str, Any]:
    """A disk with room for every drive that the node's files lie on, and Windows on one of them."""
    out = dict(classes)
    system = next((name for name in out if name.lower() == "win32_operatingsystem"), None)
    drive = str((node.get("environment") or {}).get("SystemRoot") or "C:")[:2].upper()
    if system and out[system]:
        out[system] = {key: _filled(row, {"SystemDrive": drive}) for key, row in out[system].items()}
    if not any(name.lower() == "win32_logicaldisk" for name in out):
        drives = sorted({drive, *(path[:2].upper() for path in node.get("files") or {} if path[1:2] == ":")})
        room = {"DriveType": 3, "Size": 72_814_653_440, "FreeSpace": 41_254_658_048}
        out["Win32_LogicalDisk"] = {name: {"DeviceID": name, **room} for name in drives}
    return out


def _classes(classes: Mapping[str, Any], hive: bool) -> dict[str, Any]:
    # Where neither WMI nor a hive says anything about checkpoints, there are none.
    unsaid: dict[str, dict[str, Any]] = {} if hive else {"mscluster_resource": {"RegistryCheckpoints": []}}
    return {
        name: {key: _filled(row, {"Name": key, **unsaid.get(name.lower(), {})}) for key, row in rows.items()}
        if rows and name.lower() in NAMED else rows
        for name, rows in classes.items()
    }  # fmt: skip


def _filled(row: Mapping[str, Any], always: Mapping[str, Any]) -> dict[str, Any]:
    listed = {name.lower() for name in row}
    return {**{name: value for name, value in always.items() if name.lower() not in listed}, **row}


def _accounts(node: str, accounts: Mapping[str, Any]) -> dict[str, Any]:
    out = dict(accounts)
    if users := accounts.get("users"):
        out["users"] = {user: _filled(told or {}, {"sid": _sid(node, user)}) for user, told in users.items()}
    if groups := accounts.get("groups"):
        out["groups"] = {group: _group(node, group, told or {}) for group, told in groups.items()}
    return out


def _group(node: str, group: str, told: Mapping[str, Any]) -> dict[str, Any]:
    known = BUILT_IN.get(group.lower())
    out = _filled(told, {"sid": f"S-1-5-32-{known}" if known else _sid(node, group)})
    if members := told.get("members"):
        out["members"] = {member: _member(node, member, about) for member, about in members.items()}
    return out


def _member(node: str, member: str, told: Any) -> Any:
    """Members of a domain; the node's own are looked up among its users, and may be gone."""
    domain, _, plain = member.rpartition("\\")
    if isinstance(told, str) or not domain or domain.casefold() == node.casefold():
        return told
    return _filled(told or {}, {"sid": _sid(domain, plain)})


def _sid(authority: str, name: str) -> str:
    """The same for the same name at the same authority, and for nobody else."""
    domain = zlib.crc32(authority.casefold().encode())
    rid = RIDS.get(name.casefold()) or 1000 + zlib.crc32(name.casefold().encode()) % 1_000_000
    return f"S-1-5-21-{domain}-{domain >> 3}-{domain >> 7}-{rid}"
