"""Which resource is what: bound by type and parameters, never by display name (Table 2, Fig. 4, Fig. 5).

A resource whose type, group or service could not be read might be any of them, so one such gap leaves all roles
Missing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from vcaudit.evaluate import fronts
from vcaudit.evaluate.cluster import Merged
from vcaudit.evaluate.known import among, first_missing, same, unless_missing
from vcaudit.evaluate.nodes import Node
from vcaudit.evaluate.programs import SERVICE_ROLES, STRAY, Kind, classify, installed_anywhere
from vcaudit.evaluate.properties import GENERIC_SERVICE, is_type
from vcaudit.evaluate.schema import Role
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import Resource
from vcaudit.snapshot.model import Declared

Design = Literal["one group", "separate license group", "scattered"]


@dataclass(frozen=True)
class Roles:
    """What fills each role."""

    bound: Mapping[Role, Resource | None | Missing]
    """None: nothing fills it. The license group's own two only in design G."""
    candidates: Mapping[Role, tuple[str, ...]]
    """All that could fill it, where it is known what does."""
    group: str | None | Missing
    """The VirtualCenter group."""
    license_group: str | None | Missing
    """The license server's own group in design G."""
    design: Design | Missing
    scattered: tuple[str, ...] | Missing
    resources: tuple[Resource, ...] | Missing = field(default=())
    """All resources of the cluster."""

    def known(self) -> tuple[tuple[Role, Resource], ...] | Missing:
        """The bound resources, or why not all of them are known."""
        gap = first_missing(self.group, *self.bound.values())
        if gap is not None:
            return gap
        return tuple((role, found) for role, found in self.bound.items() if isinstance(found, Resource))


def bind(merged: Merged, nodes: Sequence[Node], declared: Declared) -> Roles:
    """The roles of Table 2, or Missing ones with what kept them from being told."""
    resources = merged.resources
    if isinstance(resources, Missing):
        return _nothing_known(resources, resources)
    kinds = {r.name: classify(r, nodes) for r in resources if is_type(r, GENERIC_SERVICE) is True}
    gap = first_missing(*(r.type for r in resources), *(r.group for r in resources), *kinds.values())
    if gap is not None:
        return _nothing_known(gap, resources)
    services = {role: [r for r in resources if kinds.get(r.name) == role] for role in SERVICE_ROLES}
    chosen: dict[Role, Resource | None | Missing] = {r: _best(services[r], resources) for r in SERVICE_ROLES}
    group = _group(chosen, resources, declared)
    if isinstance(group, Missing):
        return _nothing_known(group, resources)
    adopted = _eliminate(services, kinds, merged, resources, group, nodes, declared)
    if isinstance(adopted, Missing):
        return _nothing_known(adopted, resources)
    if adopted is not None:
        role, stray = adopted
        services[role], chosen[role] = [stray], stray
        group = _group(chosen, resources, declared)
    return _fronted(merged, declared, resources, services, chosen, group)


def _nothing_known(gap: Missing, resources: tuple[Resource, ...] | Missing) -> Roles:
    bound: dict[Role, Resource | None | Missing] = dict.fromkeys(("ip", "name", "vpxd", "web", "license"), gap)
    return Roles(bound, {}, gap, gap, gap, gap, resources)


def _best(candidates: Sequence[Resource], resources: Sequence[Resource]) -> Resource | None | Missing:
    """Of several resources for one service, the one that is tied to others most: a leftover hangs in the air."""
    if len(candidates) < 2:
        return candidates[0] if candidates else None
    gap = first_missing(*(r.depends_on for r in resources))
    if gap is not None:
        return gap

    def ties(resource: Resource) -> int:
        assert not isinstance(resource.depends_on, Missing)
        return len(resource.depends_on) + sum(
            among(resource.name, r.depends_on) for r in resources if not isinstance(r.depends_on, Missing)
        )

    return min(candidates, key=lambda r: (-ties(r), r.name.casefold()))


def _group(
    chosen: Mapping[Role, Resource | None | Missing], resources: Sequence[Resource], declared: Declared
) -> str | None | Missing:
    """The group with vpxd; without it the one with Web access, the declared address or name, the license server."""
    for role in ("vpxd", "web"):
        found = chosen[role]
        if isinstance(found, Missing):
            return found
        if found is not None:
            return _group_of(found)
    front = fronts.declared_front(resources, declared)
    if isinstance(front, Missing):
        return front
    if front is not None:
        return _group_of(front)
    license_server = chosen["license"]
    if isinstance(license_server, Missing):
        return license_server
    return None if license_server is None else _group_of(license_server)


def _group_of(resource: Resource) -> str | None:
    return None if isinstance(resource.group, Missing) else resource.group


def _eliminate(
    services: Mapping[Role, Sequence[Resource]], kinds: Mapping[str, Kind | Missing],
    merged: Merged, resources: Sequence[Resource], group: str | None, nodes: Sequence[Node], declared: Declared,
) -> tuple[Role, Resource] | None | Missing:  # fmt: skip
    """A role that nothing fills and a resource whose service exists nowhere, one of each: it is meant to be that role.

    So a misspelt service name is reported as such (D3 to D5), not as a missing resource.
    """
    strays = [r for r in resources if kinds.get(r.name) == STRAY]
    vacant = _vacant(services, nodes) if strays else []
    if isinstance(vacant, Missing):
        return vacant
    if len(vacant) != 1:
        return None
    here = [r for r in strays if group is None or same(_group_of(r), group)]
    if not here and vacant == ["license"]:
        # Only the license server may live in another group, and only in one that has an address and a name (Fig. 5).
        fronted = [(r, fronts.own_front(resources, _group_of(r), r, merged.name, declared)) for r in strays]
        gap = first_missing(*(front for _, front in fronted))
        if gap is not None:
            return gap
        here = [r for r, front in fronted if not isinstance(front, Missing) and front.ip and front.name]
    return (vacant[0], here[0]) if len(here) == 1 else None


def _vacant(services: Mapping[Role, Sequence[Resource]], nodes: Sequence[Node]) -> list[Role] | Missing:
    """Service roles that are needed and that nothing fills."""
    out: list[Role] = []
    for role in SERVICE_ROLES:
        if services[role]:
            continue
        needed = True if role == "vpxd" else installed_anywhere(role, nodes)
        if isinstance(needed, Missing):
            return needed
        if needed:
            out.append(role)
    return out


def _fronted(
    merged: Merged, declared: Declared, resources: tuple[Resource, ...],
    services: Mapping[Role, Sequence[Resource]], chosen: Mapping[Role, Resource | None | Missing],
    group: str | None | Missing,
) -> Roles:  # fmt: skip
    """Add addresses and names, then see which of the note's two designs this is."""
    bound = dict(chosen)
    candidates = {role: tuple(r.name for r in services[role]) for role in SERVICE_ROLES}
    front = fronts.find(resources, group, bound["vpxd"], declared)
    bound["ip"], bound["name"] = front.ip, front.name
    candidates["ip"], candidates["name"] = front.ips, front.names
    license_group = _license_front(merged, declared, resources, bound, candidates, group)
    scattered = _scattered(bound, group, license_group)
    design: Design | Missing = "separate license group" if license_group else "one group"
    if isinstance(scattered, Missing):
        design = scattered
    elif scattered:
        design = "scattered"
    ordered: dict[Role, Resource | None | Missing] = {role: bound[role] for role in _ORDER if role in bound}
    return Roles(ordered, candidates, group, license_group, design, scattered, resources)


def _license_front(
    merged: Merged, declared: Declared, resources: tuple[Resource, ...], bound: dict[Role, Resource | None | Missing],
    candidates: dict[Role, tuple[str, ...]], group: str | None | Missing,
) -> str | None | Missing:  # fmt: skip
    """Adds what the license server has of its own outside VirtualCenter's group; gives that group, if it has both.

    With one of the two it hangs on that one, incomplete as its group is (G1): no dependency reaches into another group.
    """
    server = bound["license"]
    if not isinstance(server, Resource) or same(_group_of(server), unless_missing(group)):
        return None
    home = _group_of(server)
    own = fronts.own_front(resources, home, server, merged.name, declared)
    if isinstance(own, Missing):
        bound["license_ip"] = bound["license_name"] = own
        return own
    if own.ip is None and own.name is None:
        return None
    whole = own.ip is not None and own.name is not None
    core = False if whole else fronts.is_core(home, resources, merged.name)
    if core:
        return core if isinstance(core, Missing) else None
    if own.ip is not None:
        bound["license_ip"], candidates["license_ip"] = own.ip, own.ips
    if own.name is not None:
        bound["license_name"], candidates["license_name"] = own.name, own.names
    return home if whole else None


_ORDER: tuple[Role, ...] = ("ip", "name", "vpxd", "web", "license", "license_ip", "license_name")


def _scattered(
    bound: Mapping[Role, Resource | None | Missing], group: str | None | Missing, license_group: str | None | Missing
) -> tuple[str, ...] | Missing:
    """Bound resources outside the group they belong in; what the license server has of its own goes where it goes."""
    gap = first_missing(group, license_group, *bound.values())
    if gap is not None:
        return gap
    out = []
    for role, resource in bound.items():
        if not license_group and role in ("license_ip", "license_name"):
            continue
        home = license_group if license_group and role.startswith("license") else group
        if isinstance(resource, Resource) and not same(_group_of(resource), unless_missing(home)):
            out.append(resource.name)
    return tuple(out)
