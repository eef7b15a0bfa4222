"""What an answer holds, as types: one class for each thing that the collector reads.

A failure is a Missing with its reason; the other fields of that object then say what was read before it failed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

import msgspec

from vcaudit.snapshot.base import Missing

REDACTED = "***"
"""Stands for what was withheld on the node."""


class ValueRead(msgspec.Struct, frozen=True, kw_only=True):
    """One registry value."""

    name: str
    """Empty: the default value."""
    type: str | None
    """REG_SZ, REG_DWORD, … as .NET tells them apart; None when it could not be read."""
    data: str | int | tuple[str, ...] | bytes | None
    """Text up to its first NUL; unsigned numbers; items without trailing empty ones.

    None: withheld, too large, or failed.
    """
    redacted: bool = False
    """There, and withheld on the node."""
    size: int | None = None
    """Bytes, of binary data."""
    sha256: str | None = None
    """Instead of data beyond the size limit."""
    failure: Missing | None = None


class KeyRead(msgspec.Struct, frozen=True, kw_only=True):
    """One registry key; a key that is not there has a failure with the reason not_found."""

    path: str
    """Below HKEY_LOCAL_MACHINE."""
    values: tuple[ValueRead, ...]
    failure: Missing | None = None


Cell: TypeAlias = "str | tuple[str, ...] | Mapping[str, Cell] | None | Missing"
"""A WMI property: text, items, an embedded object, no value, or not read."""


class Properties(Mapping[str, "Cell"]):
    """Properties by name without regard to case: those of an embedded object."""

    def __init__(self, cells: Mapping[str, Cell]) -> None:
        self._cells = {name.lower(): (name, cell) for name, cell in cells.items()}

    def __getitem__(self, name: str) -> Cell:
        return self._cells[name.lower()][1]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._cells

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._cells.values())

    def __len__(self) -> int:
        return len(self._cells)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({dict(self._cells.values())!r})"


class Row(Properties):
    """One WMI instance. A property that was not asked for is Missing: neither absent nor an error of the reader."""

    def __getitem__(self, name: str) -> Cell:
        if name in self:
            return super().__getitem__(name)
        return Missing(reason="not_asked", detail=f"property {name} is not in the request")


class FileRead(msgspec.Struct, frozen=True, kw_only=True):
    """One file."""

    path: str
    name: str
    """Below the folder that was asked for, with backslashes; of a single file its last part."""
    size: int | None
    modified: str | None
    """RFC 3339 UTC."""
    sha256: str | None
    """Of the file as it lies on the node, before anything was covered; None in mode `version`."""
    content: bytes | None
    withheld: str | None
    """Why there is no content although it was asked for: `private key`, `too large`, `unknown encoding`."""
    version: str | None
    """Mode `version`: four numbers; None: the file has none."""
    redacted: bool = False
    """Something in the content was covered with ***."""
    modulus: str | None = None
    """Mode `key`: SHA-256 of the modulus of the RSA private key in it; None: none could be found in it."""
    failure: Missing | None = None


class FolderRead(msgspec.Struct, frozen=True, kw_only=True):
    """One folder with what is below it, sorted by name."""

    path: str
    files: tuple[FileRead, ...]
    deeper: bool = False
    """There are folders below the depth that was asked for."""
    failure: Missing | None = None
    """Not there (not_found), or it or a folder below could not be listed: then `files` is not the whole."""


class NameRead(msgspec.Struct, frozen=True, kw_only=True):
    """A name as the node resolves it."""

    name: str
    addresses: tuple[str, ...] | Missing
    """IPv4; empty: the name server says that there is none."""


class ListingRead(msgspec.Struct, frozen=True, kw_only=True):
    """What cluster.exe listed."""

    name: str
    """Of the resource that was asked about; empty: the whole cluster."""
    text: str | None
    """In the node's language, decoded from its OEM code page; None: failed, or withheld."""
    failure: Missing | None = None


class ActionRead(msgspec.Struct, frozen=True, kw_only=True):
    """What a scheduled task does."""

    program: bool
    """False: it starts none, but sends a message or calls an object; the rest is empty then."""
    path: str = ""
    arguments: str = ""
    directory: str = ""


class TaskRead(msgspec.Struct, frozen=True, kw_only=True):
    """A scheduled task, as the service of Windows 2008 and later tells it."""

    path: str
    enabled: bool
    running: bool
    last_run: str | None
    """RFC 3339 UTC; None: never."""
    last_result: int
    """Unsigned: an exit code, or a code of the scheduler's own."""
    actions: tuple[ActionRead, ...]
    failure: Missing | None = None


class UserRead(msgspec.Struct, frozen=True, kw_only=True):
    """A local user."""

    name: str
    sid: str | Missing
    disabled: bool | Missing
    locked: bool | Missing
    must_change_password: bool | Missing
    expired: bool | Missing


class MemberRead(msgspec.Struct, frozen=True, kw_only=True):
    """A member of a local group."""

    name: str
    domain: str | None
    """None: known by its SID only."""
    sid: str | Missing
    is_group: bool | None


class GroupRead(msgspec.Struct, frozen=True, kw_only=True):
    """A local group."""

    name: str
    sid: str | Missing
    members: tuple[MemberRead, ...] | Missing


class AccountsRead(msgspec.Struct, frozen=True, kw_only=True):
    """Local users and groups."""

    users: tuple[UserRead, ...] | Missing
    groups: tuple[GroupRead, ...] | Missing
