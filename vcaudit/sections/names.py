"""Names of virtual servers, as each node resolves them (requirement D2)."""

from __future__ import annotations

from vcaudit.capture import Locations, Request
from vcaudit.collect.answer import Answer, Properties, Row
from vcaudit.sections.hive import NETWORK_NAME, hive
from vcaudit.sections.reading import needed, query, same, text, whole
from vcaudit.sections.resources import RESOURCES
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import Property, Resolution
from vcaudit.snapshot.unc import SHARES, host_of

NETWORK_NAMES = "network_names"
NAMES = "names"
STORED_NAMES = "names_hive"


def requests(locations: Locations) -> tuple[Request, ...]:
    """The Network Name resources say which names; the node resolves them in the same run."""
    what = "MSCluster_Resource WHERE Type='Network Name'"
    return (
        query(NETWORK_NAMES, r"root\MSCluster", what, "Name,PrivateProperties", everything=True),
        Request("names", NAMES, (f"${{{NETWORK_NAMES}:PrivateProperties.Name}}",)),
        Request("names", STORED_NAMES, (r"${hive:Resources\*\Parameters\Name}",), unless=(NETWORK_NAMES,)),
    )


def read(answer: Answer) -> tuple[Resolution, ...] | Missing:
    """Empty only when the cluster has no Network Name resource."""
    asked = network_names(answer)
    found = answer.names(STORED_NAMES if isinstance(answer.wmi(NETWORK_NAMES), Missing) else NAMES)
    if isinstance(asked, Missing):
        return asked
    if not asked:
        return ()
    if isinstance(found, Missing):
        return found
    # The hive does not tell on the node whose Name it is that is resolved; here only virtual servers count.
    return tuple(
        Resolution(name=one.name, addresses=one.addresses) for one in found
        if any(same(one.name, name) for name in asked)
    )  # fmt: skip


def network_names(answer: Answer) -> tuple[str, ...] | Missing:
    """Private property Name of every Network Name resource; from the hive where WMI does not give them."""
    rows = answer.wmi(NETWORK_NAMES)
    if isinstance(rows, Missing):
        stored = _stored(answer)
        return rows if isinstance(stored, Missing) else stored
    return whole([_private_name(row) for row in rows])


def witnesses(answer: Answer) -> tuple[str, ...]:
    """Servers of witness shares, as far as WMI tells them: an alias of a node is found out by its address only (A4)."""
    rows = answer.wmi(RESOURCES)
    paths = [_share(row) for row in ([] if isinstance(rows, Missing) else rows)]
    hosts = (host_of(path) for path in paths if isinstance(path, str))
    return tuple(host for host in hosts if host and not host.replace(".", "").isdigit())


def _share(row: Row) -> str | None | Missing:
    kind, properties = text(row, "Type"), row["PrivateProperties"]
    name = SHARES.get(kind.casefold()) if isinstance(kind, str) else None
    return text(properties, name) if name and isinstance(properties, Properties) else None


def _private_name(row: Row) -> str | Missing:
    properties = row["PrivateProperties"]
    if isinstance(properties, Missing):
        return properties
    if not isinstance(properties, Properties):
        return Missing(reason="bad_output", detail="a Network Name without private properties")
    return needed(properties, "Name")


def _stored(answer: Answer) -> tuple[str, ...] | Missing:
    kept = hive(answer)
    resources = kept if isinstance(kept, Missing) else kept.resources()
    if isinstance(resources, Missing):
        return resources
    names: list[str | Missing] = []
    for one in resources:
        if isinstance(one.type, Missing):
            return one.type
        if same(one.type, NETWORK_NAME):
            names.append(_stored_name(one.properties))
    return whole(names)


def _stored_name(properties: tuple[Property, ...] | Missing) -> str | Missing:
    if isinstance(properties, Missing):
        return properties
    value = next((one.value for one in properties if same(one.name, "Name")), None)
    if isinstance(value, str | Missing):
        return value
    return Missing(reason="not_found", detail="a Network Name without a name in the cluster hive")
