"""Stand-ins for Microsoft.Win32: how .NET shows what lies in the registry as bytes."""

from __future__ import annotations

from typing import Any

from vcaudit.lab.node import Key
from vcaudit.lab.powershell import Long, Obj, StrArr, Unsupported, make_enum, nullable, want
from vcaudit.lab.regdata import TYPES, Data
from vcaudit.lab.windows import errors
from vcaudit.lab.windows.session import Session, with_parents

OPTIONS = make_enum(
    "Microsoft.Win32.RegistryValueOptions", {"None_": 0, "DoNotExpandEnvironmentNames": 1}, flags=True
)
KIND = make_enum(
    "Microsoft.Win32.RegistryValueKind",
    {"None_": -1, "Unknown": 0, "String": 1, "ExpandString": 2, "Binary": 3, "DWord": 4, "MultiString": 7, "QWord": 11},
)
_KNOWN = {number for _, number in KIND.names if number > 0}
_NONE, _BIG_ENDIAN = TYPES["REG_NONE"], TYPES["REG_DWORD_BIG_ENDIAN"]
_NAME_LIMIT = 255


class Registry(Obj):
    """Microsoft.Win32.Registry."""

    net = "Microsoft.Win32.Registry"

    def __init__(self, session: Session) -> None:
        self.localmachine = RegistryKey(session, "", session.node.root)


class RegistryKey(Obj):
    """Microsoft.Win32.RegistryKey, open for reading."""

    net = "Microsoft.Win32.RegistryKey"

    def __init__(self, session: Session, path: str, key: Key) -> None:
        self._session, self._path, self._key = session, path, key

    @nullable
    def opensubkey(self, name: str, writable: bool) -> RegistryKey | None:
        """A key below this one; $null where there is none."""
        if writable:
            raise Unsupported("a key opened for writing")
        session = self._session
        session.spend(session.key_ms)
        # the stricter reading of .NET 2.0's documentation, which may mean the name or the whole path
        if len(want(name)) > _NAME_LIMIT:
            why = "Registry subkeys should not be greater than 255 characters."
            raise errors.net("ArgumentException", why, 0x80070057)
        path = f"{self._path}\\{name}" if self._path else name
        stored = _view(session, path)
        names = [*with_parents(path), *with_parents(stored)]
        session.hang(*names)
        if session.denies(*names):
            raise errors.registry_denied()
        code = session.code_of(*names)
        if code is not None:
            raise errors.registry_io(code)
        key = session.node.key(stored)
        return None if key is None or "\0" in name else RegistryKey(session, path, key)

    def getvaluenames(self) -> StrArr:
        """In the order in which they were written."""
        self._alive()
        return StrArr(name for name, _ in self._key.values.values())

    def getsubkeynames(self) -> StrArr:
        """Of the keys one level below."""
        self._alive()
        return StrArr(key.name for key in self._key.keys.values())

    def getvaluekind(self, name: str) -> Any:
        """A RegistryValueKind."""
        self._alive()
        data = self._data(name)
        if data is None or self._gone(name, self._session.races.kinds):
            raise errors.registry_io(2)
        if data.type == _NONE or data.type == 0xFFFFFFFF:
            return KIND.none if self._session.modern else KIND.unknown
        return next((v for v in map(KIND.__getattr__, _NAMES) if int(v) == data.type), KIND.unknown)

    @nullable
    def getvalue(self, name: str, default: Any, options: Any) -> Any:
        """What .NET makes of the bytes; the default where the value is gone meanwhile."""
        if options.label() != "DoNotExpandEnvironmentNames":
            raise Unsupported("a value with its variables expanded")
        races = self._session.races
        data = self._data(name)
        if data is None or self._gone(name, races.values) or self._path.lower() in races.keys:
            return default
        return shown(data, self._session.modern)

    def close(self) -> None:
        """Nothing is held."""

    def _data(self, name: str) -> Data | None:
        """A value that the API can name: it ends every name at its first NUL."""
        found = None if "\0" in name else self._key.values.get(name.lower())
        return None if found is None else found[1]

    def _gone(self, name: str, names: frozenset[str]) -> bool:
        return f"{self._path}|{name}".lower() in names

    def _alive(self) -> None:
        if self._path.lower() in self._session.races.keys:
            raise errors.registry_io(0x3FA)


_NAMES = [name.lower() for name, number in KIND.names if number > 0]


def _view(session: Session, path: str) -> str:
    """Where a path leads: a 32-bit shell on x64 sees the 32-bit view under both of its names."""
    node = session.node
    if node.bits == 64 or not node.is_x64(32):
        return path
    parts = path.split("\\")
    if parts[0].lower() != "software" or (len(parts) > 1 and parts[1].lower() == "wow6432node"):
        return path
    return "\\".join([parts[0], "Wow6432Node", *parts[1:]])


def shown(data: Data, modern: bool) -> Any:
    """The .NET value of what is stored; `modern`: .NET 4 and later."""
    kind, raw = data
    if kind in (TYPES["REG_SZ"], TYPES["REG_EXPAND_SZ"]):
        return _text(raw, modern)
    if kind == TYPES["REG_MULTI_SZ"]:
        return _items(raw)
    if kind in (TYPES["REG_DWORD"], TYPES["REG_QWORD"]):
        return _number(raw, kind, modern)
    if kind in (TYPES["REG_BINARY"], _BIG_ENDIAN):
        return raw
    return raw if kind == _NONE and modern else None


def _units(raw: bytes) -> str:
    """UTF-16 text; an odd last byte is filled up."""
    return (raw + b"\0" if len(raw) % 2 else raw).decode("utf-16-le", "surrogatepass")


def _text(raw: bytes, modern: bool) -> str:
    """One NUL at the end is dropped; .NET 2.0 stops at the first one."""
    text = _units(raw)
    return text.removesuffix("\0") if modern else text.split("\0", 1)[0]


def _items(raw: bytes) -> StrArr:
    """Split behind each NUL; one empty text at the end is dropped."""
    text = _units(raw)
    if not text:
        return StrArr()
    items = text.removesuffix("\0").split("\0") if text.endswith("\0") else text.split("\0")
    return StrArr(items[:-1] if items and not items[-1] else items)


def _number(raw: bytes, kind: int, modern: bool) -> Any:
    """A number where the length fits; .NET 2.0 fills up a short one and widens a REG_QWORD of four bytes."""
    if len(raw) == 4:
        value = int.from_bytes(raw, "little", signed=True)
        return value if modern or kind == TYPES["REG_DWORD"] else Long(value)
    if len(raw) == 8:
        return Long(int.from_bytes(raw, "little", signed=True))
    if not modern and len(raw) < 4 and kind == TYPES["REG_DWORD"]:
        return int.from_bytes(raw, "little")
    return raw
