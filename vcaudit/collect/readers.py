"""From the elements of one probe to what it read: strict, because a believable wrong value is worse than none.

An element that does not follow the contract becomes Missing(bad_output) where it stands; Damaged ends the whole probe.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from vcaudit.collect.reads import (
    REDACTED,
    AccountsRead,
    Cell,
    FileRead,
    FolderRead,
    GroupRead,
    KeyRead,
    MemberRead,
    NameRead,
    Properties,
    Row,
    UserRead,
    ValueRead,
)
from vcaudit.collect.reasons import damaged, missing
from vcaudit.snapshot.base import Missing


class Damaged(Exception):
    """Something in an answer is not as the contract says."""


@dataclass
class Element:
    """An XML element; attributes whose text travelled as UTF-16 are text here already."""

    tag: str
    attributes: dict[str, str]
    children: list[Element] = field(default_factory=list)

    def get(self, name: str) -> str | None:
        """An attribute, or None."""
        return self.attributes.get(name)

    def need(self, name: str) -> str:
        """An attribute that must be there."""
        value = self.attributes.get(name)
        if value is None:
            raise Damaged(f"<{self.tag}> without {name}")
        return value

    def named(self, tag: str) -> Iterator[Element]:
        """The children, which must all be of one kind."""
        for child in self.children:
            if child.tag != tag:
                raise Damaged(f"<{child.tag}> in <{self.tag}>")
            yield child

    def failure(self, where: str) -> Missing | None:
        """What the node says went wrong with this element."""
        error = self.get("err")
        return None if error is None else missing(error, where)


TYPES = {
    "String": "REG_SZ",
    "ExpandString": "REG_EXPAND_SZ",
    "MultiString": "REG_MULTI_SZ",
    "DWord": "REG_DWORD",
    "QWord": "REG_QWORD",
    "Binary": "REG_BINARY",
    "None": "REG_NONE",
    "Unknown": "unknown",
}
"""RegistryValueKind of .NET to the names of Windows; before .NET 4 REG_NONE is Unknown, and so is every rarer type."""

_SHA256 = re.compile(r"[0-9a-f]{64}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
_ADDRESS = re.compile(r"(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}")
_SID = re.compile(r"S-1(-\d+)+", re.IGNORECASE)
_DISABLED, _LOCKED = 0x2, 0x10  # UF_ACCOUNTDISABLE, UF_LOCKOUT of UserFlags


# Registry


def keys(data: Element, where: str) -> tuple[KeyRead, ...]:
    """The keys of a registry probe, the root first."""
    return tuple(_key(key, where) for key in data.named("k"))


def _key(key: Element, where: str) -> KeyRead:
    values = tuple(_value(value, where) for value in key.named("v"))
    return KeyRead(path=key.need("p"), values=values, failure=key.failure(where))


def _value(value: Element, where: str) -> ValueRead:
    name, kind, failure = value.need("n"), value.get("t"), value.failure(where)
    known = None if kind is None else TYPES.get(kind, kind)
    if failure is not None:
        return ValueRead(name=name, type=known, data=None, failure=failure)
    if value.get("redacted") is not None:
        return ValueRead(name=name, type=known, data=None, redacted=True)
    try:
        size, sha256 = _optional_number(value, "size"), _optional(value, "sha256", _SHA256)
        data = None if sha256 else _registry_data(value, kind, size)
    except (Damaged, ValueError) as error:
        return ValueRead(name=name, type=known, data=None, failure=damaged(f"registry value: {error}", where))
    return ValueRead(name=name, type=known, data=data, size=size, sha256=sha256)


def _registry_data(value: Element, kind: str | None, size: int | None) -> str | int | tuple[str, ...] | bytes:
    if kind == "MultiString":
        return _without_trailing_empty([item.need("d") for item in value.named("i")])
    if value.children:
        raise Damaged(f"items in a {kind}")
    if kind in ("String", "ExpandString"):
        return value.need("d").split("\0", 1)[0]
    if kind in ("DWord", "QWord") and size is None:
        digits = value.need("d")
        if not re.fullmatch(r"[0-9a-f]{8}([0-9a-f]{8})?", digits):
            raise Damaged(f"{kind} {digits}")
        return int(digits, 16)
    if kind is None or size is None:
        raise Damaged(f"{kind} without size")
    content = bytes.fromhex(value.get("d") or "")
    if len(content) != size:
        raise Damaged(f"{len(content)} bytes, where there are {size}")
    return content


def _without_trailing_empty(items: list[str]) -> tuple[str, ...]:
    """Whether an empty multi-string has no item or one depends on how it was written, not on what it says."""
    while items and not items[-1]:
        items.pop()
    return tuple(items)


# WMI


def rows(data: Element, where: str) -> tuple[Row, ...]:
    """The instances of a WMI probe."""
    return tuple(Row(_cells(instance, where)) for instance in data.named("o"))


def _cells(owner: Element, where: str) -> dict[str, Cell]:
    cells: dict[str, Cell] = {}
    for part in owner.named("p"):
        name = part.need("n")
        twice = name.lower() in map(str.lower, cells)
        cells[name] = damaged(f"property {name} twice", where) if twice else _cell(part, where)
    return cells


def _cell(part: Element, where: str) -> Cell:
    failure = part.failure(where)
    if failure is not None:
        return failure
    if part.get("redacted") is not None:
        return REDACTED
    if part.get("null") is not None:
        return None
    text = part.get("d")
    if text is not None:
        return text if not part.children else damaged("a property with text and items", where)
    if part.children and part.children[0].tag == "p":
        return Properties(_cells(part, where))
    try:
        return tuple(_item(item) for item in part.named("i"))
    except Damaged as error:
        return damaged(str(error), where)


def _item(item: Element) -> str:
    """An item of an array; one without a value is an empty text, one that is an object in itself is not expected."""
    if item.children:
        raise Damaged("an array of embedded objects")
    return item.get("d") or ""


# Files


def files(data: Element, where: str) -> tuple[FileRead, ...]:
    """The files of a file probe."""
    return tuple(_file(file, where) for file in data.named("f"))


def folders(data: Element, where: str) -> tuple[FolderRead, ...]:
    """The folders of a folder probe: one for each value of a reference in it."""
    return tuple(_folder(folder, where) for folder in data.named("d"))


def _folder(folder: Element, where: str) -> FolderRead:
    found = sorted((_file(file, where) for file in folder.named("f")), key=lambda file: file.name.lower())
    return FolderRead(
        path=folder.need("p"),
        files=tuple(found),
        deeper=folder.get("deeper") is not None,
        failure=folder.failure(where),
    )


def _file(file: Element, where: str) -> FileRead:
    path = file.need("p")
    name = file.get("n") or re.split(r"[\\/]", path)[-1]
    failure = file.failure(where)
    try:
        if failure is None and (file.get("size") is None or file.get("mtime") is None):
            raise Damaged("a file without size or time")
        modified = _optional(file, "mtime", _TIME)
        return FileRead(
            path=path,
            name=name,
            size=_optional_number(file, "size"),
            modified=None if modified is None else f"{modified}Z",
            sha256=_optional(file, "sha256", _SHA256),
            content=None if failure else _base64(file.get("b64")),
            withheld=file.get("withheld"),
            version=_optional(file, "version", re.compile(r"\d+(\.\d+){3}")),
            redacted=file.get("redacted") is not None,
            failure=failure,
        )
    except Damaged as error:
        nothing = damaged(f"file: {error}", where)
        return FileRead(
            path=path, name=name, size=None, modified=None, sha256=None,
            content=None, withheld=None, version=None, failure=nothing,
        )  # fmt: skip


# Names and accounts


def names(data: Element, where: str) -> tuple[NameRead, ...]:
    """The names of a names probe with their addresses."""
    found: list[NameRead] = []
    for name in data.named("h"):
        addresses = tuple(item.need("d") for item in name.named("i"))
        bad = [address for address in addresses if not _ADDRESS.fullmatch(address)]
        failure = damaged(f"not an IPv4 address: {bad[0]}", where) if bad else name.failure(where)
        found.append(NameRead(name=name.need("n"), addresses=addresses if failure is None else failure))
    return tuple(found)


def accounts(data: Element, where: str, now: str) -> AccountsRead:
    """Local users and groups; `now` is the node's own clock, by which accounts expire."""
    lists = {part.need("n"): part for part in data.named("l")}
    if set(lists) != {"User", "Group"} or len(data.children) != 2:
        raise Damaged("accounts without users or groups")
    users, groups = lists["User"], lists["Group"]
    return AccountsRead(
        users=users.failure(where) or tuple(_user(user, where, now) for user in users.named("u")),
        groups=groups.failure(where) or tuple(_group(group, where) for group in groups.named("g")),
    )


def _user(user: Element, where: str, now: str) -> UserRead:
    failure = user.failure(where)
    sid = failure or _sid(user, where)
    try:
        flags, must = _optional_number(user, "flags"), _optional_number(user, "pwexpired")
        until = _optional(user, "until", _TIME)
    except Damaged as error:
        failure, flags, must, until = damaged(f"user: {error}", where), None, None, None
    absent = failure or damaged("user without flags", where)
    return UserRead(
        name=user.need("n"),
        sid=sid,
        disabled=absent if flags is None or failure else bool(flags & _DISABLED),
        locked=absent if flags is None or failure else bool(flags & _LOCKED),
        must_change_password=absent if must is None or failure else bool(must),
        expired=failure or (until is not None and until <= now),
    )


def _group(group: Element, where: str) -> GroupRead:
    failure = group.failure(where)
    members = failure or tuple(_member(member, where) for member in group.named("m"))
    return GroupRead(name=group.need("n"), sid=_sid(group, where, failure), members=members)


def _member(member: Element, where: str) -> MemberRead:
    kind = (member.get("class") or "").lower()
    return MemberRead(
        name=member.need("n"),
        domain=member.get("domain"),
        sid=_sid(member, where, member.failure(where)),
        is_group={"group": True, "user": False}.get(kind),
    )


def _sid(owner: Element, where: str, failure: Missing | None = None) -> str | Missing:
    sid = owner.get("sid")
    if sid is None:
        return failure or damaged(f"<{owner.tag}> without a SID", where)
    return sid.upper() if _SID.fullmatch(sid) else damaged(f"not a SID: {sid}", where)


# Single attributes


def _optional(owner: Element, name: str, pattern: re.Pattern[str]) -> str | None:
    value = owner.get(name)
    if value is not None and not pattern.fullmatch(value):
        raise Damaged(f"{name}={value}")
    return value


def _optional_number(owner: Element, name: str) -> int | None:
    value = _optional(owner, name, re.compile(r"-?[0-9]{1,19}"))
    return None if value is None else int(value)


def _base64(value: str | None) -> bytes | None:
    if value is None:
        return None
    try:
        return base64.b64decode(value, validate=True)
    except binascii.Error:
        raise Damaged("content is not base64") from None
