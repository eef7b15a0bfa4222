r"""The cluster's own database, `HKLM\Cluster`, as a node holds it: what WMI does not tell, and a second opinion.

Only what primary sources describe is read: groups with what they contain, resources with type, separate monitor,
private properties and registry checkpoints (field facts, section 4). Owners and dependencies are not among it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from vcaudit.collect.answer import Answer, KeyRead, ValueRead
from vcaudit.sections.properties import as_property
from vcaudit.sections.reading import same, where
from vcaudit.sections.secrets import STARS, registry_secret
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import Property

HIVE = "hive"
NETWORK_NAME = "Network Name"

_GUID = re.compile(r"\{?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\}?", re.IGNORECASE)


@dataclass(frozen=True)
class StoredResource:
    r"""`Resources\<guid>`."""

    name: str
    type: str | Missing
    group: str | None | Missing
    separate_monitor: bool | Missing
    properties: tuple[Property, ...] | Missing
    checkpoints: tuple[str, ...] | Missing


class Hive:
    """The hive of one answer, its keys by path."""

    def __init__(self, answer: Answer, keys: tuple[KeyRead, ...]) -> None:
        self._keys = {key.path.casefold(): key for key in keys}
        self._where = where(answer, "registry", HIVE)
        self.unread = next((key.failure for key in keys if key.failure and _matters(key)), None)
        """Why something in it could not be read: then what is not found may be there all the same."""
        root = keys[0].failure if keys else Missing(reason="bad_output", where=self._where)
        self.absent = root
        """Why there is no hive: the cluster service does not run."""

    def groups(self) -> tuple[str, ...] | Missing:
        """Names of all groups."""
        if gap := self.absent or self.unread:
            return gap
        names = [self._text(key, "Name") for key in self._below("Groups")]
        return _whole(names) or Missing(reason="not_found", detail="the cluster hive has no groups", where=self._where)

    def resources(self) -> tuple[StoredResource, ...] | Missing:
        """All resources."""
        if gap := self.absent or self.unread:
            return gap
        out: list[StoredResource] = []
        for key in self._below("Resources"):
            name = self._text(key, "Name")
            if isinstance(name, Missing):
                return name
            out.append(self._resource(key, name))
        return tuple(out) or Missing(
            reason="not_found", detail="the cluster hive has no resources", where=self._where
        )  # fmt: skip

    def resource(self, name: str) -> StoredResource | Missing:
        """One resource by its name."""
        if self.absent:
            return self.absent
        for key in self._below("Resources"):
            if same(str(self._text(key, "Name")), name):
                return self._resource(key, name)
        detail = f"the cluster hive has no resource {name}"
        return self.unread or Missing(reason="not_found", detail=detail, where=self._where)

    def _resource(self, key: KeyRead, name: str) -> StoredResource:
        return StoredResource(
            name=name,
            type=self._text(key, "Type"),
            group=self._group(key),
            separate_monitor=self._separate(key),
            properties=self._properties(key),
            checkpoints=self._checkpoints(key),
        )

    def _below(self, name: str) -> Iterator[KeyRead]:
        prefix = f"cluster\\{name}\\".casefold()
        return (key for path, key in self._keys.items() if path.startswith(prefix) and path.count("\\") == 2)

    def _text(self, key: KeyRead, name: str) -> str | Missing:
        value = _value(key, name)
        if value is None or value.failure or value.data is None:
            gap = key.failure or (value.failure if value else None)
            detail = f"the cluster hive has no {name} in {key.path}"
            return gap or Missing(reason="not_found", detail=detail, where=self._where)
        return str(value.data)

    def _group(self, key: KeyRead) -> str | None | Missing:
        identity = key.path.rpartition("\\")[2]
        for group in self._below("Groups"):
            contains = _value(group, "Contains")
            if contains is not None and contains.failure:
                return contains.failure
            listed = contains.data if contains and isinstance(contains.data, tuple) else ()
            if any(same(one.strip("{}"), identity) for one in listed):
                return self._text(group, "Name")
        return self.unread or None

    def _separate(self, key: KeyRead) -> bool | Missing:
        """A DWORD; no value means that it shares a monitor."""
        value = _value(key, "SeparateMonitor")
        if value is None:
            return key.failure or False
        if value.failure or not isinstance(value.data, int):
            return value.failure or Missing(reason="bad_output", detail="SeparateMonitor is no number")
        return value.data != 0

    def _properties(self, key: KeyRead) -> tuple[Property, ...] | Missing:
        parameters = self._keys.get(f"{key.path}\\Parameters".casefold())
        if parameters is None or parameters.failure:
            failure = parameters.failure if parameters else None
            return failure if failure and failure.reason != "not_found" else ()
        return tuple(_property(parameters, value) for value in parameters.values if value.name)

    def _checkpoints(self, key: KeyRead) -> tuple[str, ...] | Missing:
        r"""`RegSync`: values 00000001 and on, each a path below HKLM."""
        sync = self._keys.get(f"{key.path}\\RegSync".casefold())
        if sync is None or (sync.failure and sync.failure.reason == "not_found"):
            return ()
        failure = sync.failure or next((value.failure for value in sync.values if value.failure), None)
        if failure:
            return failure
        ordered = sorted(sync.values, key=lambda value: value.name)
        return tuple(relative(str(value.data or "")) for value in ordered)


def hive(answer: Answer) -> Hive | Missing:
    """The hive, as far as it was read."""
    keys = answer.registry(HIVE)
    return keys if isinstance(keys, Missing) else Hive(answer, keys)


def relative(path: str) -> str:
    """Below HKEY_LOCAL_MACHINE, whichever way it was written."""
    plain = path.strip().strip("\\")
    head, _, rest = plain.partition("\\")
    return rest if head.upper() in {"HKEY_LOCAL_MACHINE", "HKLM"} else plain


def _matters(key: KeyRead) -> bool:
    """Whether a key that failed is one that these facts could be in."""
    parts = key.path.casefold().split("\\")
    return key.failure is not None and key.failure.reason != "not_found" and parts[1:2] in (["resources"], ["groups"])


def _value(key: KeyRead, name: str) -> ValueRead | None:
    return next((value for value in key.values if same(value.name, name)), None)


def _property(key: KeyRead, value: ValueRead) -> Property:
    if value.redacted or registry_secret(key.path, value.name):
        return Property(name=value.name, value=STARS)
    if value.failure:
        return Property(name=value.name, value=value.failure)
    data = value.data
    if isinstance(data, str) and _GUID.fullmatch(data.strip()):
        # The hive may name by its id what WMI names by its name, as the network of an address.
        gap = Missing(reason="bad_output", detail="the cluster hive tells only an id", where=key.path)
        return Property(name=value.name, value=gap)
    if isinstance(data, bytes):
        data = tuple(str(byte) for byte in data)  # as WMI shows an array of numbers
    return as_property(value.name, data)


def _whole(values: list[str | Missing]) -> tuple[str, ...] | Missing:
    gap = next((value for value in values if isinstance(value, Missing)), None)
    return gap or tuple(str(value) for value in values)
