"""From the elements of one probe to what it read: strict, because a believable wrong value is worse than none.

An element that does not follow the contract becomes Missing(bad_output) where it stands; Damaged ends the whole probe.
"""

from __future__ import annotations

import re
from typing import TypeAlias

from vcaudit.collect.element import SHA256, TIME, Damaged, Element, content_of, optional, optional_number
from vcaudit.collect.reads import REDACTED, Cell, FileRead, FolderRead, KeyRead, ListingRead, Properties, Row, ValueRead
from vcaudit.collect.reasons import damaged
from vcaudit.withheld import redact_data

_Data: TypeAlias = str | int | tuple[str, ...] | bytes | None
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
        size, sha256 = optional_number(value, "size"), optional(value, "sha256", SHA256)
        data = None if sha256 else _registry_data(value, kind, size)
    except (Damaged, ValueError) as error:
        return ValueRead(name=name, type=known, data=None, failure=damaged(f"registry value: {error}", where))
    return ValueRead(name=name, type=known, data=_bare(name, data), size=size, sha256=sha256)


def _bare(name: str, data: _Data) -> _Data:
    """Covered once more, whatever covered it on the way."""
    if isinstance(data, str):
        return redact_data(name, data)
    return tuple(redact_data(name, item) for item in data) if isinstance(data, tuple) else data


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
        modified = optional(file, "mtime", TIME)
        return FileRead(
            path=path,
            name=name,
            size=optional_number(file, "size"),
            modified=None if modified is None else f"{modified}Z",
            sha256=optional(file, "sha256", SHA256),
            content=None if failure else content_of(file.get("b64")),
            withheld=file.get("withheld"),
            version=optional(file, "version", re.compile(r"\d+(\.\d+){3}")),
            redacted=file.get("redacted") is not None,
            modulus=optional(file, "modulus", SHA256),
            failure=failure,
        )
    except Damaged as error:
        nothing = damaged(f"file: {error}", where)
        return FileRead(
            path=path, name=name, size=None, modified=None, sha256=None,
            content=None, withheld=None, version=None, failure=nothing,
        )  # fmt: skip


# cluster.exe


def listings(data: Element, where: str) -> tuple[ListingRead, ...]:
    """The listings of a program probe."""
    return tuple(_listing(listing, where) for listing in data.named("t"))


def _listing(listing: Element, where: str) -> ListingRead:
    name, failure = listing.need("n"), listing.failure(where)
    if failure is None and (withheld := listing.get("withheld")) is not None:
        failure = damaged(f"withheld: {withheld}", where)
    if failure is not None:
        return ListingRead(name=name, text=None, failure=failure)
    try:
        return ListingRead(name=name, text=_text(content_of(listing.get("b64")) or b"", listing.get("oem")))
    except (Damaged, UnicodeDecodeError, LookupError) as error:
        return ListingRead(name=name, text=None, failure=damaged(f"listing: {error}", where))


def _text(listed: bytes, page: str | None) -> str:
    """Console programs write in the OEM code page; where nobody said which, only what is the same in all of them."""
    if page is not None and not re.fullmatch(r"[0-9]{3,5}", page):
        raise Damaged(f"code page {page}")
    return listed.decode("ascii" if page is None else f"cp{page}")
