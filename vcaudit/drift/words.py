"""How a fact is called by people who run the cluster: `VC Server: possible owners`, not `cluster.resources.…`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from vcaudit.drift.pattern import ONE
from vcaudit.snapshot.base import Fact, Missing
from vcaudit.snapshot.facts import Certificate, License, Program, RegistryTree, RegistryValue, Setting
from vcaudit.snapshot.tree import ABSENT, Leaf, Path


@dataclass(frozen=True)
class Name:
    """What a fact is about, and what of it."""

    subject: str
    """`VC Server`, `vpxd.cfg`, `registry`."""
    what: tuple[str, ...]
    """Words and names from there on: `possible owners`, `VCNODE2`."""
    item: bool = False
    """The last of `what` is a thing in a list, named by a pattern: `licences`: `PROD_VC 2.0`."""


SUBJECTS: Final[Mapping[str, tuple[str, str]]] = {
    "node": ("node", ""),
    "name": ("inventory", "name of the node"),
    "host": ("machine", ""),
    "software": ("software", ""),
    "software.vpxd": ("vpxd.exe", ""),
    "services.*": ("service {0}", ""),
    "files": ("files of Table 1", ""),
    "files.licenses": ("license folder", ""),
    "files.licenses.files.*": ("license file {0}", ""),
    "files.licenses.options.*": ("options file of {0}", ""),
    "files.licenses.parsed.*": ("license file {0}", ""),
    "files.licenses.parsed.*.licenses.*": ("licences", "{1}"),
    "files.vpxd_cfg": ("vpxd.cfg", ""),
    "files.vpxd_cfg.settings.*": ("vpxd.cfg", "{0}"),
    "files.ssl": ("SSL folder", ""),
    "files.ssl.files.*": ("SSL {0}", ""),
    "files.ssl.certificate": ("SSL rui.crt", "certificate"),
    "files.upgrade": ("upgrade folder", ""),
    "files.upgrade.files.*": ("upgrade file {0}", ""),
    "registry": ("registry", ""),
    "registry.native": ("registry", ""),
    "registry.wow6432": ("registry (32-bit)", ""),
    "registry.native.keys.*": ("registry", "{0}\\"),
    "registry.wow6432.keys.*": ("registry (32-bit)", "{0}\\"),
    "registry.native.keys.*.values.*": ("registry", "{0}\\{1}"),
    "registry.wow6432.keys.*.values.*": ("registry (32-bit)", "{0}\\{1}"),
    "database": ("database", ""),
    "accounts": ("local accounts", ""),
    "accounts.users": ("local users", ""),
    "accounts.groups": ("local groups", ""),
    "accounts.users.*": ("local user {0}", ""),
    "accounts.groups.*": ("local group {0}", ""),
    "names": ("names as this node resolves them", ""),
    "names.*": ("name {0}", ""),
    "synchronization": ("synchronisation", ""),
    "synchronization.tasks.*": ("scheduled task {0}", ""),
    "synchronization.folders.*": ("replicated folder {0}", ""),
    "synchronization.scripts.*": ("script {0}", ""),
    "synchronization.shares.*": ("share {0}", ""),
    "extra": ("facts that a rule pack asked for", ""),
    "extra.*": ("{0}", ""),
    "cluster": ("cluster", ""),
    "cluster.nodes.*": ("member {0}", ""),
    "cluster.groups.*": ("group {0}", ""),
    "cluster.resources.*": ("{0}", ""),
    "cluster.interfaces.*": ("network interface {0}", ""),
    "provenance": ("provenance", ""),
    "snapshot": ("snapshot", ""),
    "snapshot.cluster": ("inventory", "name of the cluster"),
    "snapshot.declared": ("inventory", ""),
    "snapshot.declared.drills.*": ("record of a drill {0}", ""),
    "snapshot.auditor": ("auditor", ""),
    "snapshot.auditor.probes.*": ("probe of {0}", ""),
    "snapshot.auditor.names": ("names as resolved from here", ""),
    "snapshot.auditor.names.*": ("name {0}, from here", ""),
    "snapshot.permissions": ("role holders", ""),
    "snapshot.permissions.*": ("role holders", "{0}"),
}
"""Longest pattern that a path begins with → subject and thing, with the names that its stars stand for."""

WHOLE: Final[Mapping[str, str]] = {
    "services": "service", "resources": "resource", "groups": "group", "users": "local user", "nodes": "member",
}  # fmt: skip

_CN: Final = re.compile(r"CN=(?:[^,\\]|\\.)*")
_STAR: Final = re.compile(r"\{(\d)\}")
_LABELS: Final[Mapping[str, str]] = {
    "sha256": "content", "start_mode": "start mode", "depends_on": "dependencies", "properties": "property",
    "value": "", "data": "", "settings": "", "checkpoints": "registry checkpoints", "state": "state", "os_name": "name",
    "os_version": "version", "separate_monitor": "separate Resource Monitor", "web": "Web access installed",
    "license": "license server installed", "view": "registry view of vpxd", "bits": "bits of the shell",
    "mac_addresses": "MAC addresses", "dsn": "DSN", "is_group": "is a group", "quorum_type": "quorum type",
    "anti_affinity": "anti-affinity", "license_sources": "license servers of VirtualCenter", "sid": "SID",
    "must_change_password": "password expired or to be changed", "host_id": "host id", "size": "size",
    "managedip_place": "place of managedip", "use_server": "USE_SERVER line", "problems": "problem in",
    "restart": "what happens when it fails", "failback": "moves back by itself", "key_modulus": "key",
    "modulus": "key", "hotfixes": "updates", "parsed": "licences", "vpxd_cfg": "vpxd.cfg",
}  # fmt: skip
"""Fields whose name is no plain word of the trade; others lose their underscores."""


def name_of(path: Path) -> Name:
    """What a fact is called."""
    known, subject, thing = _entry(path)
    stars = [name for part, name in zip(known, path, strict=False) if part == ONE]
    rest = _labels(path[len(known):])
    if known and known[0] == path[0]:
        what = (_filled(thing, stars), *rest) if thing else rest
        return Name(_filled(subject, stars), tuple(word for word in what if word), item=bool(thing) and not rest)
    # A section that has no words of its own yet.
    return Name(path[0].replace("_", " "), tuple(word for word in _labels(path[1:]) if word))


def shown(value: object) -> str:
    """A value as people read it."""
    if value is ABSENT:
        return "not there"
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(map(shown, value)) or "none"
    if isinstance(value, Missing):
        return "unknown"
    if isinstance(value, Fact):
        return _record(value)
    return str(value) or "(empty)"


def element(leaf: Leaf) -> str:
    """What a list gained or lost: its name, and what is in it where that is one value."""
    held = leaf.after if leaf.before is ABSENT else leaf.before
    inside = _record(held) if isinstance(held, Fact) else ""
    name = name_of(leaf.path).what[-1]
    return f"{name} ({inside})" if inside and inside != name else name


def common_name(leaf: Leaf) -> str:
    """Two distinguished names by their common names, where those tell them apart."""
    names = [_CN.match(shown(value)) for value in (leaf.before, leaf.after)]
    short = [match[0] for match in names if match is not None]
    before, after = short if len(set(short)) == 2 else (shown(leaf.before), shown(leaf.after))
    return f"{before} → {after}"


def _record(value: Fact) -> str:
    """What says most about a record."""
    if isinstance(value, RegistryValue):
        return "withheld" if value.redacted else shown(value.data)
    if isinstance(value, Setting):
        return shown(value.value)
    if isinstance(value, License):
        count = "uncounted" if value.count is None else f"{value.count}"
        return f"{count}, {'permanent' if value.expires is None else f'until {value.expires}'}"
    if isinstance(value, Certificate):
        return f"{value.subject}, serial {value.serial}, until {value.not_after}"
    if isinstance(value, Program):
        return f"{shown(value.version)} build {shown(value.build)}"
    if isinstance(value, RegistryTree):
        return value.path
    plain = getattr(value, "value", None)
    return shown(plain) if isinstance(plain, str | int | tuple) else ""


def _filled(text: str, stars: list[str]) -> str:
    """Never `str.format`: the names come from a cluster."""
    return _STAR.sub(lambda match: stars[int(match[1])], text).removeprefix("\\")


def _labels(parts: Path) -> tuple[str, ...]:
    """Fields in words, names as they are: they take turns in every path."""
    return tuple(_LABELS.get(part, part.replace("_", " ")) if number % 2 == 0 else part
                 for number, part in enumerate(parts))  # fmt: skip


def _entry(path: Path) -> tuple[Path, str, str]:
    for length in range(len(path), 0, -1):
        for parts, subject, thing in _by_length().get(length, ()):
            if all(part in (ONE, name) for part, name in zip(parts, path, strict=False)):
                return parts, subject, thing
    return (), "", ""


@lru_cache(maxsize=1)
def _by_length() -> dict[int, list[tuple[Path, str, str]]]:
    out: dict[int, list[tuple[Path, str, str]]] = {}
    for text, (subject, thing) in SUBJECTS.items():
        parts = tuple(text.split("."))
        out.setdefault(len(parts), []).append((parts, subject, thing))
    return out
