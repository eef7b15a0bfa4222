r"""What several exports say of one machine's registry, and the answers that the collector would give from it.

An export holds a key with everything below it, so "not there" is known below its root and nowhere else. Where two hold
the same key, the later one counts; that they differ is said.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from vcaudit.collect.deny import Deny
from vcaudit.collect.regfile import BINARY, DWORD, EXPAND_SZ, MULTI_SZ, SZ, RegFile, RegKey, RegValue, below, parents
from vcaudit.collect.writer import Attributes, Part, part

_QWORD, _BIG_ENDIAN, _NONE = 11, 5, 0
_KINDS = {
    SZ: "String", EXPAND_SZ: "ExpandString", BINARY: "Binary", DWORD: "DWord", MULTI_SZ: "MultiString",
    _QWORD: "QWord", _NONE: "None", 0xFFFFFFFF: "None",
}  # fmt: skip
"""Types of winnt.h as .NET calls them; all others are Unknown to it."""


class Shown(NamedTuple):
    """A value as .NET shows it."""

    kind: str
    data: str | tuple[str, ...] | int | bytes | None
    """None: .NET gives no data for such a value."""


class Hive:
    """The registry below HKEY_LOCAL_MACHINE, as far as it was exported."""

    def __init__(self) -> None:
        self._keys: dict[str, RegKey] = {}
        self._below: dict[str, list[str]] = {}
        """Path to the keys one level below, in the order of the export."""
        self._roots: dict[str, str] = {}
        """Path to the name of the file that holds everything below it."""
        self._lost: dict[str, list[str]] = {}
        """File to the keys behind which it lost others."""

    def add(self, name: str, export: RegFile) -> list[str]:
        """Takes an export in, a later one over an earlier; returns what differed, as sentences."""
        differences: list[str] = []
        self._lost[name] = export.lost
        for path in (path for gone in export.deleted for path in self._tree(gone)):
            self._keys.pop(path, None)
        for root in export.roots:
            known = next((self._roots[above] for above in parents(root) if above in self._roots), None)
            old = {path: self._keys.pop(path) for path in self._tree(root)}
            new = _whole({path: key for path, key in export.keys.items() if below(path, root)}, root)
            if known is not None and (where := _differ(old, new)) is not None:
                differences.append(f"{known} and {name} differ in HKLM\\{where}: the later one, {name}, counts")
            self._roots = {path: file for path, file in self._roots.items() if not below(path, root)}
            self._roots[root] = name
            self._keys |= new
        self._index()
        return differences

    def _tree(self, root: str) -> list[str]:
        return [path for path in self._keys if below(path, root)]

    def _index(self) -> None:
        self._below = {}
        for path in self._keys:
            self._below.setdefault(path.rpartition("\\")[0], []).append(path)

    def source(self, path: str) -> str | None:
        """The file that would hold a key if it were there; None: nobody exported that part."""
        return next((self._roots[above] for above in parents(path.lower()) if above in self._roots), None)

    def lost(self, path: str) -> bool:
        """Whether the file that counts there may have lost this key, or one below it.

        An export goes through the tree depth first, so that a key is whole once another has followed its last one.
        """
        low, file = path.lower(), self.source(path)
        return any(low not in self._keys or below(last, low) for last in self._lost.get(file or "", ()))

    def incomplete(self, path: str) -> bool:
        """Whether a key or a value at or below `path` may be missing that was there."""
        return self.lost(path) or any(key.damaged for key in self.walk(path))

    def walk(self, path: str) -> Iterator[RegKey]:
        """A key and everything below it, depth first as the collector does; nothing when it is not there."""
        pending = [path.lower()]
        while pending:
            low = pending.pop()
            if low in self._keys:
                yield self._keys[low]
                pending += reversed(self._below.get(low, []))

    def value(self, path: str, name: str) -> RegValue | None:
        """One value."""
        key = self._keys.get(path.lower())
        return None if key is None else key.values.get(name.lower())

    def text(self, path: str, name: str) -> str:
        """One value as text; empty when it is not there, or none."""
        value = self.value(path, name)
        data = shown(value).data if value else None
        return data.split("\0", 1)[0] if isinstance(data, str) else ""

    def number(self, path: str, name: str) -> int | None:
        """One value as a number."""
        value = self.value(path, name)
        data = shown(value).data if value else None
        return data if isinstance(data, int) else None

    def subkeys(self, path: str) -> list[RegKey]:
        """Keys one level below."""
        return [self._keys[low] for low in self._below.get(path.lower(), []) if low in self._keys]


def _whole(keys: dict[str, RegKey], root: str) -> dict[str, RegKey]:
    """With the keys in between that a file edited by hand may leave out."""
    for key in list(keys.values()):
        path = key.path.rpartition("\\")[0]
        while len(path) >= len(root) and path.lower() not in keys:
            keys[path.lower()] = RegKey(path)
            path = path.rpartition("\\")[0]
    return keys


def _differ(old: dict[str, RegKey], new: dict[str, RegKey]) -> str | None:
    """The first key that two exports have differently."""
    for path in {**old, **new}:
        one, other = old.get(path), new.get(path)
        if one is None or other is None or one.values != other.values:
            return (one or other or RegKey(path)).path
    return None


def shown(value: RegValue) -> Shown:
    """A value as .NET shows its bytes (recorded: tests/data/powershell/wine_registry)."""
    kind, raw = _KINDS.get(value.type, "Unknown"), value.raw
    if raw is None:
        return Shown(kind, None)
    if value.type in (SZ, EXPAND_SZ):
        return Shown(kind, _units(raw).removesuffix("\0"))
    if value.type == MULTI_SZ:
        return Shown(kind, _items(raw))
    if value.type in (DWORD, _QWORD):
        return Shown(kind, int.from_bytes(raw, "little") if len(raw) in (4, 8) else raw)
    return Shown(kind, raw if value.type in (BINARY, _NONE, _BIG_ENDIAN) else None)


def _units(raw: bytes) -> str:
    """UTF-16 text; an odd last byte is filled up."""
    return (raw + b"\0" if len(raw) % 2 else raw).decode("utf-16-le", "surrogatepass")


def _items(raw: bytes) -> tuple[str, ...]:
    """Split behind each NUL; one empty text at the end is dropped."""
    text = _units(raw)
    items = text.removesuffix("\0").split("\0") if text else []
    return tuple(items[:-1] if items and not items[-1] else items)


def value_part(value: RegValue, deny: Deny, hidden: bool) -> Part:
    """A value as the collector writes it."""
    seen = shown(value)
    head: Attributes = {"n": value.name, "t": seen.kind}
    if hidden:
        return part("v", head | {"redacted": "1"})
    if value.raw is None:
        return part("v", head | {"err": "unreadable in the export"})
    data = seen.data
    if data is None:
        return part("v", head | {"err": "no data"})
    if isinstance(data, tuple):
        return part("v", head, [part("i", {"d": deny.data(value.name, item)}) for item in data])
    if isinstance(data, int):
        return part("v", head | {"d": f"{data:0{16 if len(value.raw) == 8 else 8}x}"})
    if isinstance(data, bytes):
        return part("v", head | {"size": str(len(data))} | ({"d": data.hex()} if data else {}))
    return part("v", head | {"d": deny.data(value.name, data)})
