"""What a node answered, decoded: typed readers that give Missing, with its reason, where something was not read.

`decode` is for bytes from a machine that may be broken or hostile: whatever comes, it raises BadOutput or gives
Missing(bad_output), never a crash and never a believable value.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from vcaudit.collect import readers
from vcaudit.collect.envelope import unwrap
from vcaudit.collect.readers import Damaged, Element
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
from vcaudit.collect.reasons import VARIABLE_NOT_SET, damaged, missing, shown
from vcaudit.errors import BadOutput
from vcaudit.snapshot.base import Missing

if TYPE_CHECKING:
    from lxml import etree

__all__ = [
    "REDACTED", "VARIABLE_NOT_SET", "AccountsRead", "Answer", "Cell", "FileRead", "FolderRead", "GroupRead",
    "KeyRead", "MemberRead", "NameRead", "Probe", "Properties", "Row", "UserRead", "ValueRead", "decode",
]  # fmt: skip

T = TypeVar("T")

_STATUSES = frozenset({"ok", "partial", "error", "skipped"})
_REFERENCE = re.compile(r"no value: \$\{([^{}:|]+):([^{}|]+)(?:\|\w+)?\}")
_MAX_HOPS = 20


@dataclass(frozen=True)
class Probe:
    """One request's part of an answer."""

    kind: str
    id: str
    status: str
    """ok, partial, error, skipped"""
    error: str | None
    """`Type hhhhhhhh: message`, or a word of the collector's own."""
    milliseconds: int
    data: Element


@dataclass(frozen=True)
class Answer:
    """One node's answer; every reader takes the id of a request."""

    host: str
    """The computer's name, as Windows has it."""
    utc: str
    """The node's clock when the script began, RFC 3339."""
    os: str
    powershell: str
    clr: str
    bits: int
    """Of the shell: 32 on x64 has not seen the 64-bit view of the registry."""
    milliseconds: int
    """The script took, on the node."""
    probes: Mapping[str, Probe]
    twice: frozenset[str] = frozenset()
    """Ids that came more than once: which of the parts is meant cannot be known."""

    def registry(self, id: str) -> tuple[KeyRead, ...] | Missing:
        """A key and everything below it, the root first; of several roots one after the other."""
        return self._read(id, "registry", readers.keys)

    def wmi(self, id: str) -> tuple[Row, ...] | Missing:
        """The instances that a query found."""
        return self._read(id, "wmi", readers.rows)

    def files(self, id: str) -> tuple[FileRead, ...] | Missing:
        """A file, or one for each value of a reference."""
        return self._read(id, "file", readers.files)

    def folders(self, id: str) -> tuple[FolderRead, ...] | Missing:
        """A folder, or one for each value of a reference."""
        return self._read(id, "folder", readers.folders)

    def folder(self, id: str) -> FolderRead | Missing:
        """The one folder of a request."""
        found = self.folders(id)
        if isinstance(found, Missing) or len(found) == 1:
            return found if isinstance(found, Missing) else found[0]
        return damaged(f"{len(found)} folders, where one was expected", self._where("folder", id))

    def names(self, id: str) -> tuple[NameRead, ...] | Missing:
        """Names and their addresses."""
        return self._read(id, "names", readers.names)

    def accounts(self, id: str) -> AccountsRead | Missing:
        """Local users and groups."""
        now = self.utc.removesuffix("Z")
        return self._read(id, "accounts", lambda data, where: readers.accounts(data, where, now))

    def failure(self, id: str) -> Missing | None:
        """Why nothing of this request may be used; None when it was read whole."""
        probe = self.probes.get(id)
        if probe is None or id in self.twice:
            what = "the answer has no such part" if probe is None else "the answer has this part twice"
            return damaged(what, self._where("probe", id))
        if probe.status == "ok":
            return None
        where = self._where(probe.kind, id)
        if probe.error is None:
            return damaged(f"status {probe.status} without an error", where)
        return self._unresolved(probe, where) or missing(probe.error, where)

    def _read(self, id: str, kind: str, read: Callable[[Element, str], T]) -> T | Missing:
        failure = self.failure(id)
        if failure is not None:
            return failure
        probe, where = self.probes[id], self._where(kind, id)
        if probe.kind != kind:
            return damaged(f"an answer of kind {probe.kind}", where)
        try:
            return read(probe.data, where)
        except Damaged as error:
            return damaged(str(error), where)

    def _where(self, kind: str, id: str) -> str:
        return f"{self.host} {kind} {id}"

    def _unresolved(self, probe: Probe, where: str, hops: int = 0) -> Missing | None:
        """Why a reference had no value, where that is not simply because there is none.

        A source that was not read, or not whole, holds no value for us; on the node there may be one.
        """
        reference = _REFERENCE.fullmatch(probe.error or "")
        source = self._source(reference[1]) if reference else None
        if reference is None or source is None or hops > _MAX_HOPS:
            return None
        cause = self.failure(source.id) if source.status != "skipped" else self._unresolved(source, where, hops + 1)
        if cause is None and source.status == "skipped":
            cause = missing(source.error or "", where)
        cause = cause or self._unread(source, reference[2])
        if cause is None or cause.reason == "not_found":
            return None
        return Missing(reason=cause.reason, detail=f"needs {shown(reference[0][10:])}: {cause.detail}", where=where)

    def _source(self, id: str) -> Probe | None:
        return next((probe for probe in self.probes.values() if probe.id.lower() == id.lower()), None)

    def _unread(self, source: Probe, name: str) -> Missing | None:
        """The failure, within a probe that succeeded, of what a reference names."""
        if source.kind == "registry":
            return _unread_value(self.registry(source.id), name)
        if source.kind == "wmi":
            return _unread_cell(self.wmi(source.id), name)
        return None


def _unread_value(keys: tuple[KeyRead, ...] | Missing, name: str) -> Missing | None:
    if isinstance(keys, Missing):
        return keys
    key_name, _, value_name = name.rpartition("\\")
    for key in keys:
        below = key.path.removeprefix(keys[0].path).lstrip("\\").lower()
        on_the_way = not below or f"{key_name.lower()}\\".startswith(f"{below}\\")
        if on_the_way and key.failure is not None and key.failure.reason != "not_found":
            return key.failure
        if below != key_name.lower():
            continue
        for value in key.values:
            if value.name.lower() == value_name.lower():
                return value.failure or (damaged("the value is withheld", key.path) if value.redacted else None)
    return None


def _unread_cell(rows: tuple[Row, ...] | Missing, name: str) -> Missing | None:
    if isinstance(rows, Missing):
        return rows
    for row in rows:
        cell: Cell = row
        for part in name.split("."):
            cell = cell.get(part) if isinstance(cell, Mapping) else cell
        if isinstance(cell, Missing):
            return cell
        if cell == REDACTED:
            return damaged("the value is withheld", name)
    return None


def decode(stdout: bytes) -> Answer:
    """An answer from what a node wrote to its standard output.

    Raises BadOutput: there is no complete answer of the collector in it.
    """
    root = _parse(unwrap(stdout))
    try:
        return _answer(root)
    except Damaged as error:
        raise _bad(str(error)) from None


def _bad(what: str) -> BadOutput:
    hint = "docs/collector.md has the contract"
    return BadOutput(f"the answer does not follow the contract: {shown(what)}", hint=hint)


def _parse(xml: bytes) -> Element:
    """The document as elements; what the collector never writes (declaration, DTD, comment) is refused unread."""
    from lxml import etree

    if not xml.startswith(b"<snapshot ") or b"<!" in xml or b"<?" in xml:
        raise _bad("not a plain <snapshot> document")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False)
    try:
        return _element(etree.fromstring(xml, parser))
    except (etree.XMLSyntaxError, Damaged, RecursionError) as error:
        raise _bad(str(error) or type(error).__name__) from None


def _element(node: etree._Element) -> Element:
    if (node.text or "").strip() or (node.tail or "").strip():
        raise Damaged("text between elements")
    attributes: dict[str, str] = {}
    for raw, value in node.attrib.items():
        name, text = _attribute(str(raw), str(value))
        if name in attributes:
            raise Damaged(f"attribute {name} twice")
        attributes[name] = text
    return Element(str(node.tag), attributes, [_element(child) for child in node])


def _attribute(name: str, value: str) -> tuple[str, str]:
    """An attribute's name and text; `.u16` marks text that XML cannot carry."""
    if not name.endswith(".u16"):
        return name, value
    try:
        return name[:-4], base64.b64decode(value, validate=True).decode("utf-16-le", "surrogatepass")
    except (binascii.Error, UnicodeDecodeError):
        raise Damaged(f"attribute {name} is not base64 of UTF-16") from None


def _answer(root: Element) -> Answer:
    if root.get("v") != "1":
        raise Damaged(f"version {root.get('v')}")
    *parts, end = root.children or [Element("", {})]
    if end.tag != "end":
        raise Damaged("no end")
    probes: dict[str, Probe] = {}
    twice: set[str] = set()
    for probe in map(_probe, parts):
        if probe.id in probes:
            twice.add(probe.id)
        probes[probe.id] = probe
    utc = root.need("utc")
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", utc):
        raise Damaged(f"utc {utc}")
    return Answer(
        host=root.need("host"),
        utc=f"{utc}Z",
        os=root.need("os"),
        powershell=root.need("ps"),
        clr=root.need("clr"),
        bits=_number(root, "bits"),
        milliseconds=_number(end, "ms"),
        probes=probes,
        twice=frozenset(twice),
    )


def _probe(part: Element) -> Probe:
    if part.tag != "probe" or len(part.children) != 1 or part.children[0].tag != "data":
        raise Damaged(f"<{part.tag}> where a probe was expected")
    status = part.need("status")
    if status not in _STATUSES:
        raise Damaged(f"status {status}")
    kind, id, data = part.need("kind"), part.need("id"), part.children[0]
    return Probe(kind, id, status, part.get("error"), _number(part, "ms"), data)


def _number(owner: Element, name: str) -> int:
    digits = owner.need(name)
    if not re.fullmatch(r"[0-9]{1,9}", digits):
        raise Damaged(f"{name}={digits}")
    return int(digits)
