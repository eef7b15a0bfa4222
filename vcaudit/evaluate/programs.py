"""The tightly coupled parts as services (Server Components, Fig. 1), and which of them a Generic Service runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, Literal, cast

from vcaudit.evaluate.known import all_of, any_of, apply, same
from vcaudit.evaluate.nodes import Node
from vcaudit.evaluate.properties import text
from vcaudit.evaluate.schema import Role
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import Resource, Service

SERVICE_ROLES: Final[tuple[Role, ...]] = ("vpxd", "web", "license")
SERVICE_NAMES: Final = {"vpxd": "vpxd", "web": "webAccess", "license": "VMware License Server"}
"""Table 4, Additional Configuration."""
_DISPLAY_NAMES: Final = {
    "vmware virtualcenter server": "vpxd",
    "vmware virtual infrastructure web access": "web",
    "vmware license server": "license",
}
"""As the Services control panel shows them (Option 1, steps 8 and 9)."""
_PROGRAMS: Final = {"vpxd.exe": "vpxd", "lmgrd.exe": "license"}

STRAY: Final = "stray"
Kind = Role | Literal["stray", "other"]


def classify(resource: Resource, nodes: Sequence[Node]) -> Kind | Missing:
    """What a Generic Service runs; `stray`: a service that no node has; `other`: something else."""
    name = text(resource, "ServiceName")
    if isinstance(name, Missing):
        return name
    if name is None:
        return STRAY
    for role, wanted in SERVICE_NAMES.items():
        if same(name, wanted):
            return cast("Role", role)
    gap: Missing | None = None
    found: list[Kind | Missing] = []
    for node in nodes:
        if not node.declared:
            continue
        services = node.facts.services
        if isinstance(services, Missing):
            gap = gap or services
        else:
            found += [identity(s) for s in services if same(s.name, name) or same(s.display_name, name)]
    if found:
        # The nodes that have it decide: a node that could not be asked does not make a known service unknown.
        return next((kind for kind in found if kind in SERVICE_ROLES), found[0])
    return gap or STRAY


def identity(service: Service) -> Kind | Missing:
    """Which part a service is, by its names or else its program."""
    for role, wanted in SERVICE_NAMES.items():
        if same(service.name, wanted):
            return cast("Role", role)
    shown = _DISPLAY_NAMES.get((service.display_name or "").casefold())
    if shown is not None:
        return cast("Role", shown)
    if isinstance(service.path, Missing):
        return service.path
    return cast("Kind", _PROGRAMS.get(_program(service.path or ""), "other"))


def _program(command: str) -> str:
    """File name of the program in a service's command line."""
    command = command.strip()
    path = command[1:].split('"')[0] if command.startswith('"') else command.partition(" -")[0].partition(" /")[0]
    return path.rsplit("\\", 1)[-1].strip().casefold()


def installed(role: Role, node: Node) -> bool | Missing:
    """Whether a part is installed on one node."""
    software = node.facts.software
    if isinstance(software, Missing):
        return software
    if role == "vpxd":
        # A program without its service is what an uninstallation left, and a service cannot start without its program:
        # there is nothing the cluster could start.
        return all_of((apply(lambda program: program is not None, software.vpxd), registered(role, node)))
    return software.web if role == "web" else software.license


def registered(role: Role, node: Node) -> bool | Missing:
    """Whether the service of a part is registered on one node."""
    return apply(lambda found: any(same(s.name, SERVICE_NAMES[role]) for s in found), node.facts.services)


def installed_anywhere(role: Role, nodes: Iterable[Node]) -> bool | Missing:
    """Whether any declared node has it: Web access is a choice, and the license server can be elsewhere."""
    return any_of(installed(role, node) for node in nodes if node.declared)


def service_of(role: Role, resource: Resource, node: Node) -> Service | None | Missing:
    """The service a resource runs on a node: the one it names, else the part's own (a misspelt name is for D3)."""
    services = node.facts.services
    if isinstance(services, Missing):
        return services
    name = text(resource, "ServiceName")
    if isinstance(name, Missing):
        return name
    wanted = [n for n in (name, SERVICE_NAMES[role]) if n is not None]
    for spelling in wanted:
        for service in services:
            if same(service.name, spelling):
                return service
    return None
