"""Names of virtual servers, as each node resolves them (requirement D2)."""

from __future__ import annotations

from vcaudit.capture import Locations, Request
from vcaudit.collect.answer import Answer, Properties, Row
from vcaudit.sections.reading import needed, query, whole
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import Resolution

NETWORK_NAMES = "network_names"
NAMES = "names"


def requests(locations: Locations) -> tuple[Request, ...]:
    """The Network Name resources say which names; the node resolves them in the same run."""
    what = "MSCluster_Resource WHERE Type='Network Name'"
    return (
        query(NETWORK_NAMES, r"root\MSCluster", what, "Name,PrivateProperties", everything=True),
        Request("names", NAMES, (f"${{{NETWORK_NAMES}:PrivateProperties.Name}}",)),
    )


def read(answer: Answer) -> tuple[Resolution, ...] | Missing:
    """Empty only when the cluster has no Network Name resource."""
    asked, found = network_names(answer), answer.names(NAMES)
    if isinstance(asked, Missing):
        return asked
    if not asked:
        return ()
    if isinstance(found, Missing):
        return found
    return tuple(Resolution(name=one.name, addresses=one.addresses) for one in found)


def network_names(answer: Answer) -> tuple[str, ...] | Missing:
    """Private property Name of every Network Name resource."""
    rows = answer.wmi(NETWORK_NAMES)
    if isinstance(rows, Missing):
        return rows
    return whole([_private_name(row) for row in rows])


def _private_name(row: Row) -> str | Missing:
    properties = row["PrivateProperties"]
    if isinstance(properties, Missing):
        return properties
    if not isinstance(properties, Properties):
        return Missing(reason="bad_output", detail="a Network Name without private properties")
    return needed(properties, "Name")
