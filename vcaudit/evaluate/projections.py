"""What `kind: identical` compares: a node's facts in canonical form, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from vcaudit.evaluate import contents
from vcaudit.evaluate.cluster import label
from vcaudit.evaluate.contents import Contents
from vcaudit.evaluate.database import full, instance
from vcaudit.evaluate.known import among
from vcaudit.evaluate.schema import DatabaseView, NodeVar, Role, RuleView
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.model import NodeSnapshot

Projection: TypeAlias = Callable[[NodeSnapshot, RuleView], object]
"""Canonical built-ins; None: the thing is not on this node; Missing: it could not be looked at."""


def database(node: NodeSnapshot, view: RuleView) -> Contents:
    """DSN, server and database (A8); a server that is the node itself is named as that node."""
    name = label(node)
    seen = next((n for n in view.nodes if among(n.name, (name, node.name, node.name.split(".")[0]))), None)
    told = seen.database if seen else Missing(reason="not_found", detail=f"{name} is no node of this cluster")
    if not isinstance(told, DatabaseView):
        return told
    if told.dsn is None:
        return None
    out: dict[str, str] = {}
    for key, value in (("data source", told.dsn), ("database", told.database), ("server", _server(told, view))):
        if isinstance(value, Missing):
            return value
        out[key] = "none" if value is None else value.casefold()
    return out


def _server(told: DatabaseView, view: RuleView) -> str | None | Missing:
    for part in (told.server, told.host, told.on):
        if isinstance(part, Missing):
            return part
    if not isinstance(told.server, str) or not isinstance(told.host, str):
        return None
    host = told.on if isinstance(told.on, str) else _host(told.host, full(told.server), view)
    return host if isinstance(host, Missing) else f"{host}{instance(told.server)}"


def _host(bare: str, named: str, view: RuleView) -> str | Missing:
    """The bare name, for which a full one may stand; but a full name that is not the owner's is another machine."""
    owner = view.cluster.owner
    others = {_full(node) for node in view.nodes if isinstance(owner, Missing) or node.name == owner}
    differing = named != bare and any(name.startswith(f"{bare}.") and name != named for name in others)
    return bare if not differing else owner if isinstance(owner, Missing) else named


def _full(node: NodeVar) -> str:
    told = node.database
    return full(told.server) if isinstance(told, DatabaseView) and isinstance(told.server, str) else ""


def _of(function: Callable[[NodeSnapshot], Contents]) -> Projection:
    """A projection that needs nothing but the node; what it is, its documentation takes from the function."""
    def projection(node: NodeSnapshot, view: RuleView) -> Contents:
        return function(node)

    projection.__doc__ = function.__doc__
    return projection


PROJECTIONS: Final[Mapping[str, Projection]] = {
    "windows": _of(contents.windows),
    "service_pack": _of(contents.service_pack),
    "updates": _of(contents.updates),
    "version": _of(contents.version),
    "database": database,
    "licenses": _of(contents.licenses),
    "license_names": _of(contents.license_files),
    "license_options": _of(contents.license_options),
    "vpxd_settings": _of(contents.vpxd_settings),
    "vpxd_bytes": _of(contents.vpxd_bytes),
    "ssl": _of(contents.ssl),
    "upgrade": _of(contents.upgrade),
    "registry": _of(contents.registry),
}
"""Name in a rule's `path` → what is compared."""

DATA_OF: Final[Mapping[str, Role]] = {"licenses": "license", "license_names": "license", "license_options": "license"}
"""Name in a rule's `path` → the role that works with it: whoever holds that role's group has the copy that counts.

Of all others vpxd works with it, in the VirtualCenter group."""

_NO_CONFIG = "no vpxd.cfg at any known place: where it is elsewhere, the inventory says so (locations: vpxd_cfg)"
NEEDS: Final[Mapping[str, str]] = {
    "vpxd_settings": _NO_CONFIG,
    "vpxd_bytes": _NO_CONFIG,
    "registry": "VirtualCenter is installed and has no registry key",
}
"""Name in a rule's `path` → what to say where no node has it. VirtualCenter does not run without these: they were not
found, rather than not there. (Upgrade files are made in special circumstances only, and missing SSL files fail.)"""

PARTS: Final[Mapping[str, tuple[str, ...]]] = {"ssl": contents.SSL_FILES}
"""Name in a rule's `path` → files that it is not whole without: an owner that lacks one has lost it."""

EMPTY: Final = frozenset({"license_options"})
"""Names in a rule's `path` of what there may be none of: a node without a place for it then has none either."""
