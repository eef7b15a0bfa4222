"""A simulated Windows node: what stands in its registry, files, WMI, account database and resolver.

This is data. How Windows shows it to a script, errors included, is `lab.windows`.
"""

from __future__ import annotations

import base64
import ntpath
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from vcaudit.lab.hive import complete
from vcaudit.lab.merge import NO_VALUE
from vcaudit.lab.regdata import Data, stored
from vcaudit.lab.tasks import TASKS, Task, job, task

INSTALLED = datetime(2007, 6, 19, 10, 0, 0, tzinfo=UTC)
"""When files were written that do not say so."""
_VARIABLE = re.compile(r"%([^%\\]+)%")


@dataclass
class Key:
    """One registry key; the names of values and sub keys are found without regard to case."""

    name: str
    values: dict[str, tuple[str, Data]] = field(default_factory=dict)
    """Lower-case name to the name as written and its data."""
    keys: dict[str, Key] = field(default_factory=dict)


@dataclass(frozen=True)
class File:
    """One file."""

    path: str
    content: bytes
    modified: datetime = INSTALLED
    version: tuple[int, int, int, int] | None = None


@dataclass(frozen=True)
class User:
    """A local account."""

    name: str
    sid: str | None = None
    disabled: bool = False
    locked: bool = False
    password_expired: bool = False
    expires: datetime | None = None


@dataclass(frozen=True)
class Member:
    """A member of a local group."""

    name: str
    """`DOMAIN\\name`, or a SID that nobody knows the name of any more."""
    sid: str | None = None
    group: bool = False


@dataclass(frozen=True)
class Group:
    """A local group."""

    name: str
    sid: str | None = None
    members: tuple[Member, ...] = ()


@dataclass
class Node:
    """Everything a script could read on one machine."""

    name: str
    root: Key = field(default_factory=lambda: Key(""))
    """HKEY_LOCAL_MACHINE."""
    files: dict[str, File] = field(default_factory=dict)
    """By path in lower case."""
    folders: dict[str, str] = field(default_factory=dict)
    """Every folder that exists, drives among them: path in lower case to path."""
    environment: dict[str, str] = field(default_factory=dict)
    """By name in lower case."""
    wmi: dict[str, dict[str, list[Any]]] = field(default_factory=dict)
    """Namespace and class in lower case to the instances, each a dict of its properties.

    An exception in the place of an instance or of a value is thrown when a script comes to it.
    """
    users: tuple[User, ...] = ()
    groups: tuple[Group, ...] = ()
    tasks: tuple[Task, ...] = ()
    dns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """By name in lower case."""
    denied: frozenset[str] = frozenset()
    broken: dict[str, int] = field(default_factory=dict)
    hanging: frozenset[str] = frozenset()
    """Names of what fails, in lower case: a key, a path, `namespace`, `namespace:class`, `accounts`, `tasks`, `dns`."""
    bits: int = 64
    powershell: str = "2.0"
    """`none`: there is no PowerShell."""
    language: str = "FullLanguage"
    """PowerShell's language mode; in any other the script does not run."""
    clock_skew: float = 0.0
    user: str = ""

    @classmethod
    def from_description(cls, name: str, description: Mapping[str, Any]) -> Node:
        """A node from one entry of a scenario's `nodes` (docs/lab-format.md), already expanded and checked."""
        given = {key: value for key, value in description.items() if value is not None}
        node = cls(name=str(given.get("environment", {}).get("COMPUTERNAME", name)))
        node.environment = {key.lower(): str(value) for key, value in _given(given, "environment")}
        for path, values in _given(given, "registry"):
            key = node.make_key(path)
            for value_name, value in _given({"values": values}, "values"):
                key.values[value_name.lower()] = (value_name, stored(value))
        for path, content in _given(given, "files"):
            node.add_file(node.expand(path) if path.startswith("%") else path, content)
        for namespace, classes in _given(given, "wmi"):
            node.wmi[namespace.lower()] = {
                cls_name.lower(): [_row(row) for row in (rows or {}).values() if row is not None]
                for cls_name, rows in (classes or {}).items()
                if rows is not None
            }
        complete(node)
        accounts = given.get("accounts", {})
        node.users = tuple(_user(user, about or {}) for user, about in _given(accounts, "users"))
        node.groups = tuple(node._group(group, about or {}) for group, about in _given(accounts, "groups"))
        node.dns = {host.lower(): tuple(addresses) for host, addresses in _given(given, "dns")}
        node.denied = _names(given.get("denied", ()))
        node.hanging = _names(given.get("hanging", ()))
        node.broken = {where.lower().rstrip("\\"): int(str(code), 16) for where, code in _given(given, "broken")}
        node._schedule(given)
        node.bits = int(given.get("bits", 64 if node.is_x64(64) else 32))
        node.powershell = str(given.get("powershell", "2.0"))
        node.language = str(given.get("language", "FullLanguage"))
        node.clock_skew = float(given.get("clock_skew", 0))
        node.user = str(given.get("user", ""))
        return node

    def _schedule(self, given: Mapping[str, Any]) -> None:
        """Scheduled tasks; Server 2003 keeps each in a file, so what fails there is their folder."""
        self.tasks = tuple(task(name, about or {}) for name, about in _given(given, "tasks"))
        if self.is_2003:
            folder = self.expand("%SystemRoot%\\Tasks")
            self.denied |= {folder.lower()} if TASKS in self.denied else set()
            self.hanging |= {folder.lower()} if TASKS in self.hanging else set()
            self.broken |= {folder.lower(): self.broken[TASKS]} if TASKS in self.broken else {}
            for one in self.tasks if "%" not in folder else ():
                coded = base64.b64encode(job(one, self._bias())).decode("ascii")
                self.add_file(f"{folder}\\{one.path.lstrip(chr(92))}.job", {"base64": coded})

    def _bias(self) -> int:
        """Minutes that the node's local time is behind UTC."""
        key = self.key("SYSTEM\\CurrentControlSet\\Control\\TimeZoneInformation")
        found = key.values.get("activetimebias") if key else None
        return int.from_bytes(found[1].raw, "little", signed=True) if found else 0

    def make_key(self, path: str) -> Key:
        """The key of a path below HKEY_LOCAL_MACHINE, made where it is not there yet."""
        key = self.root
        for part in path.strip("\\").split("\\"):
            key = key.keys.setdefault(part.lower(), Key(part))
        return key

    def key(self, path: str) -> Key | None:
        """The key of a path, or None."""
        key: Key | None = self.root
        for part in path.split("\\"):
            key = None if key is None else key.keys.get(part.lower())
        return key

    def add_file(self, path: str, content: Any) -> None:
        """A file, or a folder when the path ends in a backslash; with all folders above it."""
        clean = ntpath.normpath(path)
        if path.endswith("\\"):
            self._add_folders(clean)
            return
        self._add_folders(ntpath.dirname(clean))
        self.files[clean.lower()] = _file(clean, {"text": content} if isinstance(content, str) else content or {})

    def _add_folders(self, path: str) -> None:
        while path.lower() not in self.folders:
            self.folders[path.lower()] = path
            path = ntpath.dirname(path)

    def expand(self, text: str) -> str:
        """Environment variables in a text; those that are not set stay as they are."""
        return _VARIABLE.sub(lambda found: self.environment.get(found[1].lower(), found[0]), text)

    def instance(self, namespace: str, name: str) -> dict[str, Any]:
        """The first instance of a class, empty if there is none."""
        rows = self.wmi.get(namespace, {}).get(name) or [{}]
        return dict(rows[0])

    def is_x64(self, bits: int) -> bool:
        """Whether this is 64-bit Windows, by what it says of itself."""
        system = str(self.instance("root\\cimv2", "win32_computersystem").get("SystemType", ""))
        if system:
            return not system.upper().startswith("X86")
        return bits == 64 or self.key("SOFTWARE\\Wow6432Node") is not None

    @property
    def is_2003(self) -> bool:
        """Whether it is older than Windows 2008."""
        return self.os_version.startswith("Microsoft Windows NT 5.")

    @property
    def domain(self) -> str:
        """The first label of the domain or workgroup, as account paths show it."""
        system = self.instance("root\\cimv2", "win32_computersystem")
        return str(system.get("Domain") or "WORKGROUP").split(".")[0].upper()

    @property
    def os_version(self) -> str:
        """As .NET shows it: `Microsoft Windows NT 5.2.3790 Service Pack 2`."""
        system = self.instance("root\\cimv2", "win32_operatingsystem")
        version = system.get("Version") or "5.2.3790"
        return f"Microsoft Windows NT {version} {system.get('CSDVersion') or ''}".rstrip()

    def now(self) -> datetime:
        """The node's clock."""
        return datetime.now(UTC) + timedelta(seconds=self.clock_skew)

    def _group(self, name: str, about: Mapping[str, Any]) -> Group:
        members = (self._member(member, told) for member, told in _given(about, "members"))
        return Group(name, about.get("sid"), tuple(members))

    def _member(self, name: str, told: Any) -> Member:
        about = told if isinstance(told, Mapping) else {"sid": told}
        sid = about.get("sid")
        domain, _, plain = name.rpartition("\\")
        if sid is None and domain.lower() == self.name.lower():
            sid = next((user.sid for user in self.users if user.name.lower() == plain.lower()), None)
        return Member(name, sid, bool(about.get("group", False)))


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    """The properties of one instance; `{value: null}` is one that exists without a value."""
    return {name: None if value == NO_VALUE else value for name, value in row.items()}


def _given(mapping: Mapping[str, Any], key: str) -> Iterable[tuple[str, Any]]:
    """The entries of a part of a description; null removes an entry, as in a merge patch."""
    return [(str(name), value) for name, value in (mapping.get(key) or {}).items() if value is not None]


def _names(values: Iterable[Any]) -> frozenset[str]:
    return frozenset(str(value).lower().rstrip("\\") for value in values)


def _user(name: str, about: Mapping[str, Any]) -> User:
    return User(
        name=name,
        sid=about.get("sid"),
        disabled=bool(about.get("disabled", False)),
        locked=bool(about.get("locked", False)),
        password_expired=bool(about.get("password_expired", False)),
        expires=_time(about.get("expires")),
    )


def _file(path: str, about: Mapping[str, Any]) -> File:
    if "base64" in about:
        content = base64.b64decode(about["base64"])
    else:
        text = str(about.get("text") or "").replace("\r\n", "\n")
        if about.get("newline", "crlf") != "lf":
            text = text.replace("\n", "\r\n")
        content = text.encode(str(about.get("encoding", "utf-8")))
    content = content.ljust(int(about.get("size", 0)))
    return File(path, content, _time(about.get("modified")) or INSTALLED, _version(about.get("version")))


def _version(text: Any) -> tuple[int, int, int, int] | None:
    if text is None:
        return None
    parts = [int(part) for part in str(text).split(".")]
    one, two, three, four = (*parts, 0, 0, 0, 0)[:4]
    return one, two, three, four


def _time(value: Any) -> datetime | None:
    if value is None:
        return None
    moment = datetime.fromisoformat(str(value))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
