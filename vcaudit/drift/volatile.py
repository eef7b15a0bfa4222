"""Facts that say nothing about the cluster's state, each with its reason: shown with `--volatile`, counted always."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from vcaudit.drift.pattern import Pattern, patterns

_WHEN: Final = "tells when the snapshot was taken"
_HOW: Final = "tells how the facts were had, and what that cost"
_COPY: Final = "a copy or a restore gives a file another time; contents are compared by their hashes"

VOLATILE: Final[Mapping[str, str]] = {
    "host.clock": _WHEN,
    "host.clock_skew": "is measured anew each time, with the run time of the script in it",
    "host.disks.*.free": "is another number after every file that is written",
    "provenance.**": _HOW,
    "cluster.resources.*.monitor_process": "each start of a Resource Monitor gives it another process id",
    "cluster.resources.*.checkpoints_from": _HOW,
    "cluster.resources.*.properties_from": _HOW,
    "cluster.sources.**": _HOW,
    "files.licenses.files.*.modified": _COPY,
    "files.vpxd_cfg.modified": _COPY,
    "files.ssl.files.*.modified": _COPY,
    "files.upgrade.files.*.modified": _COPY,
    "synchronization.tasks.*.last_run": "is another time after each run",
    "synchronization.tasks.*.running": "tells whether the task ran just then",
    "snapshot.auditor.probes.*.milliseconds": _HOW,
    "snapshot.auditor.probes.*.via": _HOW,
    "snapshot.auditor.probes.*.door.told_by": _HOW,
    "snapshot.taken_at": _WHEN,
    "snapshot.schema": "is the format of the file",
    "snapshot.auditor.version": _HOW,
    "snapshot.auditor.resolver": _HOW,
    "snapshot.permissions_origin.**": _HOW,
    "snapshot.warnings.**": _HOW,
}
"""Fact → why a difference in it is none of the cluster."""

_OWN: Final = "each machine has its own"

IDENTITY: Final[Mapping[str, str]] = {
    "name": _OWN,
    "host.computer_name": _OWN,
    "host.addresses.*": _OWN,
    "host.mac_addresses.*": _OWN,
    "accounts.users.*.sid": "each machine issues SIDs of its own",
    "accounts.groups.*.sid": "each machine issues SIDs of its own",
    "accounts.groups.*.members.*.sid": "each machine issues SIDs of its own",
}
"""The same between two nodes: what makes them two machines."""

_VOLATILE: Final = patterns(VOLATILE)
_IDENTITY: Final = patterns(IDENTITY)


def reason(path: tuple[str, ...], *, nodes: bool = False) -> str | None:
    """Why a fact is volatile; None when it is not. `nodes`: two machines are compared, not two times."""
    found = _first(_VOLATILE, path)
    return found or (_first(_IDENTITY, path) if nodes else None)


def _first(known: Mapping[str, tuple[Pattern, ...]], path: tuple[str, ...]) -> str | None:
    return next((one.value for one in known.get(path[0], ()) if one.matches(path)), None)
