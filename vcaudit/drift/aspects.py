"""What a rule of kind unchanged can hold against the approved snapshot: a name, and the facts that are meant by it.

State is in none of them: which node holds a group, and what runs, is no matter of approval. The projections of kind
identical have the same names here, and mean the same facts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from vcaudit.drift.pattern import Pattern


@dataclass(frozen=True)
class Aspect:
    """Some facts of the snapshot."""

    title: str
    """In words, for the documentation."""
    include: tuple[Pattern, ...]
    exclude: tuple[Pattern, ...] = ()

    def has(self, path: tuple[str, ...]) -> bool:
        """Whether a fact is one of them."""
        return any(one.matches(path) for one in self.include) and not any(one.matches(path) for one in self.exclude)

    def touches(self, path: tuple[str, ...]) -> bool:
        """Whether one of them lies at a path, or below it."""
        return any(one.reaches(path) for one in self.include) and not any(one.matches(path) for one in self.exclude)


def _aspect(title: str, include: str, exclude: str = "") -> Aspect:
    parts = (tuple(map(Pattern.of, text.split())) for text in (include, exclude))
    return Aspect(title, *parts)


ASPECTS: Final[Mapping[str, Aspect]] = {
    "members": _aspect("nodes of the cluster", "cluster.nodes.*"),
    "groups": _aspect("groups and their policy", "cluster.groups.**", "cluster.groups.*.state cluster.groups.*.owner"),
    "resources": _aspect(
        "resources: types, groups, dependencies, possible owners, parameters, checkpoints, monitors",
        "cluster.resources.**", "cluster.resources.*.state",
    ),
    "quorum": _aspect("quorum resource and its type", "cluster.quorum_resource cluster.quorum_type"),
    "machine": _aspect(
        "operating system, domain and hardware",
        "host.domain host.os_name host.os_version host.service_pack host.architecture host.maker host.model",
    ),
    "windows": _aspect("operating system", "host.os_name host.os_version host.architecture"),
    "service_pack": _aspect("service pack of Windows", "host.service_pack"),
    "updates": _aspect("installed updates of Windows", "host.hotfixes.**"),
    "hotfixes": _aspect("updates of Windows", "host.service_pack host.hotfixes.**"),
    "version": _aspect("version and build of vpxd.exe", "software.vpxd software.vpxd.version software.vpxd.build"),
    "software": _aspect("what of VirtualCenter is installed", "software.**"),
    "services": _aspect("services: start mode, account, program", "services.**", "services.*.state"),
    "licenses": _aspect(
        "licences", "files.licenses files.licenses.parsed.**",
        # Which file a licence lies in does not matter; of a file that came or went each licence is a fact of its own.
        "files.licenses.parsed.* files.licenses.parsed.*.sha256",
    ),
    "license_names": _aspect("license files", "files.licenses files.licenses.files.**"),
    "license_options": _aspect("options of the license server", "files.licenses files.licenses.options.**"),
    "vpxd_settings": _aspect(
        "settings of vpxd.cfg", "files.vpxd_cfg files.vpxd_cfg.settings.** files.vpxd_cfg.problems.**"
    ),
    "vpxd_bytes": _aspect("vpxd.cfg byte by byte", "files.vpxd_cfg files.vpxd_cfg.sha256"),
    "ssl": _aspect("SSL files and certificate", "files.ssl files.ssl.**"),
    "upgrade": _aspect("upgrade files", "files.upgrade files.upgrade.**"),
    "registry": _aspect("registry of VirtualCenter", "registry.**"),
    "database": _aspect("DSN, database server and database", "database.**"),
    "users": _aspect("local users", "accounts.users.**"),
    "local_groups": _aspect("local groups and their members", "accounts.groups.**"),
    "extra": _aspect("facts that a rule pack asked for", "extra.**"),
    "names": _aspect("names as the nodes resolve them", "names.**"),
    "permissions": _aspect("role holders of VirtualCenter", "snapshot.permissions.**"),
    "synchronization": _aspect(
        "scheduled tasks, DFS replication, scripts", "synchronization.**", "synchronization.tasks.*.last_result",
    ),
}  # fmt: skip
"""Name in a rule's `path` → the facts that are compared."""
