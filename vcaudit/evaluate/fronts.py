"""The address and the name a group is reached by: IP Address and Network Name resources, told apart by dependencies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vcaudit.evaluate.known import among, first_missing, same
from vcaudit.evaluate.properties import IP_ADDRESS, NETWORK_NAME, text
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import Resource
from vcaudit.snapshot.model import Declared


@dataclass(frozen=True)
class Front:
    """What was found, and what else it could have been."""

    ip: Resource | None | Missing
    name: Resource | None | Missing
    ips: tuple[str, ...]
    names: tuple[str, ...]


def of_type(resources: Sequence[Resource], wanted: str) -> list[Resource]:
    """Resources of a type; all types are known when this is asked."""
    return [r for r in resources if not isinstance(r.type, Missing) and same(r.type, wanted)]


def find(
    resources: Sequence[Resource], group: str | None | Missing, service: Resource | None | Missing, declared: Declared
) -> Front:
    """Name and address of a group, seen from the service that hangs on them."""
    if isinstance(group, Missing) or isinstance(service, Missing):
        gap = group if isinstance(group, Missing) else service
        return Front(gap, gap, (), ())
    if group is None:
        return Front(None, None, (), ())
    name, names = _pick(of_type(resources, NETWORK_NAME), group, (service,), "Name", declared.network_name)
    if isinstance(name, Missing):
        return Front(name, name, (), ())
    anchors = (name, service)
    ip, ips = _pick(of_type(resources, IP_ADDRESS), group, anchors, "Address", declared.virtual_address)
    return Front(ip, name, ips, names)


def own_front(
    resources: Sequence[Resource], group: str | None, service: Resource, cluster: str | Missing, declared: Declared
) -> Front | Missing:
    """The license group's own (Fig. 5); the cluster's name and address are nobody's own."""
    core: list[Resource] = []
    for name in of_type(resources, NETWORK_NAME):
        if not same(_group(name), group):
            continue
        called = text(name, "Name")
        gap = first_missing(called, cluster)
        if gap is not None:
            return gap
        if not isinstance(called, Missing) and not isinstance(cluster, Missing) and same(called, cluster):
            core.append(name)
    behind = [d for name in core if not isinstance(name.depends_on, Missing) for d in name.depends_on]
    skipped = {r.name for r in core} | {r.name for r in resources if among(r.name, behind)}
    left = [r for r in resources if r.name not in skipped and same(_group(r), group)]
    undeclared = Declared(nodes=declared.nodes)
    front = find(left, group, service, undeclared)
    return first_missing(front.ip, front.name) or front


def is_core(group: str | None, resources: Sequence[Resource], cluster: str | Missing) -> bool | Missing:
    """Whether the cluster's own name lives in a group."""
    if isinstance(cluster, Missing):
        return cluster
    for name in of_type(resources, NETWORK_NAME):
        if same(_group(name), group):
            called = text(name, "Name")
            if isinstance(called, Missing) or same(called, cluster):
                return called if isinstance(called, Missing) else True
    return False


def declared_front(resources: Sequence[Resource], declared: Declared) -> Resource | None | Missing:
    """The resource that carries the declared address, or else the declared name."""
    wanted = ((IP_ADDRESS, "Address", declared.virtual_address), (NETWORK_NAME, "Name", declared.network_name))
    for kind, key, value in wanted:
        if value is None:
            continue
        found = _carrying(of_type(resources, kind), key, value)
        if found is not None:
            return found
    return None


def is_called(observed: str | None, wanted: str | None) -> bool:
    """Whether two names or addresses are the same; a bare host name is the same as its full one."""
    if observed is None or wanted is None:
        return False
    if same(observed.strip(), wanted.strip()):
        return True
    # Full names with different domains are different names, so only a bare one is matched by its first label.
    shorter, longer = sorted((observed.strip(), wanted.strip()), key=len)
    return "." not in shorter and same(shorter, longer.split(".")[0])


def _carrying(candidates: Sequence[Resource], key: str, wanted: str) -> Resource | None | Missing:
    values = [(r, text(r, key)) for r in candidates]
    found = next((r for r, value in values if not isinstance(value, Missing) and is_called(value, wanted)), None)
    return found or first_missing(*(value for _, value in values))


def _pick(
    candidates: Sequence[Resource], group: str, anchors: Sequence[Resource | None], key: str, declared: str | None
) -> tuple[Resource | None | Missing, tuple[str, ...]]:
    """One in the group is it. Several: those the anchors depend on. None: one elsewhere that they depend on."""
    here = [r for r in candidates if same(_group(r), group)]
    if len(here) == 1:
        return here[0], (here[0].name,)
    hooks = [anchor.depends_on for anchor in anchors if anchor is not None]
    hooked: list[str] = []
    for hook in hooks:
        if isinstance(hook, Missing):
            return hook, ()
        hooked += hook
    tied = [r for r in (here or candidates) if among(r.name, hooked)]
    pool = tied or sorted(here, key=lambda r: r.name.casefold())
    if len(pool) == 1:
        return pool[0], (pool[0].name,)
    marked = _carrying(pool or candidates, key, declared) if declared is not None else None
    if isinstance(marked, Missing):
        return marked, ()
    # That there are several is what gets reported (B4); which stands for them must not be left to chance.
    first = pool[0] if pool else None
    chosen = marked or next((r for name in hooked for r in pool if same(r.name, name)), first)
    return chosen, tuple(r.name for r in pool) or ((chosen.name,) if chosen else ())


def _group(resource: Resource) -> str | None:
    return None if isinstance(resource.group, Missing) else resource.group
