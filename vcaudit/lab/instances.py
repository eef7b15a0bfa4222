"""What Windows has of its own: WMI classes that exist without an instance, properties that exist without being listed.

A scenario says what is particular about a cluster: that nobody prefers a node, or that an adapter has IP, goes without
saying.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

CIM, CLUSTER = "root\\cimv2", "root\\mscluster"

PROPERTIES: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    CIM: {
        "win32_operatingsystem": dict.fromkeys(("Caption", "Version", "ServicePackMajorVersion", "CSDVersion")),
        "win32_computersystem": {
            **dict.fromkeys(("Name", "Domain", "Manufacturer", "Model", "SystemType")), "PartOfDomain": True,
        },
        "win32_networkadapterconfiguration": {"IPAddress": None, "MACAddress": None, "IPEnabled": True},
        "win32_service": dict.fromkeys(("Name", "DisplayName", "State", "StartMode", "StartName", "PathName")),
    },
    CLUSTER: {
        name: {}
        for name in (
            "mscluster_cluster", "mscluster_node", "mscluster_network", "mscluster_networkinterface",
            "mscluster_resource", "mscluster_resourcegroup", "mscluster_clustertonode",
            "mscluster_clustertoquorumresource", "mscluster_nodetoactivegroup", "mscluster_nodetoactiveresource",
            "mscluster_resourcegrouptopreferrednode", "mscluster_resourcegrouptoresource",
            "mscluster_resourcetodependentresource", "mscluster_resourcetopossibleowner",
        )
    },
}  # fmt: skip
"""Namespace and class in lower case → what a property is when no instance lists it. Those of the cluster's provider
differ from Windows to Windows (field facts 5): there only what is listed exists."""
NAMED = frozenset({
    "win32_service", "win32_computersystem", "mscluster_cluster", "mscluster_node", "mscluster_network",
    "mscluster_networkinterface", "mscluster_resource", "mscluster_resourcegroup",
})  # fmt: skip
"""Classes whose key is Name: an instance that does not say it is called as the scenario calls it."""


def named(node: Mapping[str, Any]) -> dict[str, Any]:
    """The node with a Name in every instance that needs one."""
    wmi = node.get("wmi")
    if not wmi:
        return dict(node)
    return {**node, "wmi": {space: _class_by_class(classes) for space, classes in wmi.items() if classes is not None}}


def _class_by_class(classes: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: {key: _named(key, row) for key, row in rows.items()} if rows and name.lower() in NAMED else rows
        for name, rows in classes.items()
    }


def _named(key: str, row: Mapping[str, Any]) -> Mapping[str, Any]:
    return row if any(name.lower() == "name" for name in row) else {"Name": key, **row}
