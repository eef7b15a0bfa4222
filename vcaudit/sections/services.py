"""Win32_Service: vpxd, webAccess and the license server are judged, the rest tells a reviewer what else runs."""

from __future__ import annotations

from vcaudit.capture import Locations, Request
from vcaudit.collect.answer import Answer, Row
from vcaudit.sections.host import CIMV2
from vcaudit.sections.reading import listed, needed, query, same, text, whole
from vcaudit.sections.secrets import redact_command
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import Service

SERVICES = "services"
VPXD = "vpxd_service"
"""Only vpxd: what is asked of its folder refers to it."""


def requests(locations: Locations) -> tuple[Request, ...]:
    """All services, and vpxd's command line by itself."""
    return (
        query(SERVICES, CIMV2, "Win32_Service", "Name,DisplayName,State,StartMode,StartName,PathName"),
        query(VPXD, CIMV2, "Win32_Service WHERE Name='vpxd'", "Name,PathName"),
    )


def read(answer: Answer) -> tuple[Service, ...] | Missing:
    """In the node's order."""
    rows = listed(answer, SERVICES)
    if isinstance(rows, Missing):
        return rows
    return whole([_service(row) for row in rows])


def _service(row: Row) -> Service | Missing:
    name = needed(row, "Name")
    if isinstance(name, Missing):
        return name
    display, path = text(row, "DisplayName"), text(row, "PathName")
    return Service(
        name=name,
        display_name=None if isinstance(display, Missing) else display,
        state=needed(row, "State"),
        start_mode=needed(row, "StartMode"),
        account=text(row, "StartName"),
        path=redact_command(path) if isinstance(path, str) else path,
    )


def registered(answer: Answer, name: str) -> bool | Missing:
    """Whether a service of this name exists."""
    services = read(answer)
    if isinstance(services, Missing):
        return services
    return any(same(service.name, name) for service in services)
