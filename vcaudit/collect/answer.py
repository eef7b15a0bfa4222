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

from vcaudit.collect import readers, readers_accounts, readers_tasks, references
from vcaudit.collect.element import TIME, Damaged, Element
from vcaudit.collect.envelope import unwrap
from vcaudit.collect.reads import (
    REDACTED,
    AccountsRead,
    ActionRead,
    Cell,
    FileRead,
    FolderRead,
    GroupRead,
    KeyRead,
    ListingRead,
    MemberRead,
    NameRead,
    Properties,
    Row,
    TaskRead,
    UserRead,
    ValueRead,
)
from vcaudit.collect.reasons import VARIABLE_NOT_SET, damaged, missing, shown
from vcaudit.errors import BadOutput
from vcaudit.snapshot.base import Missing

if TYPE_CHECKING:
    from lxml import etree

__all__ = [
    "REDACTED", "VARIABLE_NOT_SET", "AccountsRead", "ActionRead", "Answer", "Cell", "FileRead", "FolderRead",
    "GroupRead", "KeyRead", "ListingRead", "MemberRead", "NameRead", "Probe", "Properties", "Row", "TaskRead",
    "UserRead", "ValueRead", "decode",
]  # fmt: skip

T = TypeVar("T")

_STATUSES = frozenset({"ok", "partial", "error", "skipped"})


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

    def key(self, id: str) -> tuple[KeyRead, ...] | Missing:
        """Some values of one key."""
        return self._read(id, "key", readers.keys)

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
        return self._read(id, "names", readers_accounts.names)

    def listings(self, id: str) -> tuple[ListingRead, ...] | Missing:
        """A listing of cluster.exe, or one for each value of a reference."""
        return self._read(id, "program", readers.listings)

    def accounts(self, id: str) -> AccountsRead | Missing:
        """Local users and groups."""
        now = self.utc.removesuffix("Z")
        return self._read(id, "accounts", lambda data, where: readers_accounts.accounts(data, where, now))

    def tasks(self, id: str) -> tuple[TaskRead, ...] | Missing:
        """Scheduled tasks, as the service tells them."""
        return self._read(id, "tasks", readers_tasks.tasks)

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
        return references.unread(self, probe, where) or missing(probe.error, where)

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
        return f"{shown(self.host)} {kind} {id}".lstrip()


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
    if not TIME.fullmatch(utc):
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
