"""Plays the collector over files that somebody put together for one node: the same requests, the same kind of answer.

Registry requests are answered from exports, files and folders from the source's own, WMI from what exports and listings
of cluster.exe can stand in for. What is not there is `not given`, never absent. The deny list is applied here.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from vcaudit.capture import Capture, Limits, Request
from vcaudit.collect import files_wmi
from vcaudit.collect.decoding import plain_text
from vcaudit.collect.deny import Deny
from vcaudit.collect.files_places import Chosen, Place, Places
from vcaudit.collect.files_references import References, unmet
from vcaudit.collect.files_wmi import NOT_GIVEN, Gap, Row, Tables
from vcaudit.collect.hive import Hive, value_part
from vcaudit.collect.listings import LARGEST, Listings, read_listings, split
from vcaudit.collect.modulus import modulus_sha256
from vcaudit.collect.regfile import LARGEST as LARGEST_REG
from vcaudit.collect.regfile import is_reg, parse_reg
from vcaudit.collect.script import REFERENCE
from vcaudit.collect.tree import Tree, Unreadable
from vcaudit.collect.versions import file_version
from vcaudit.collect.writer import Part, answer, part, probe

ROUTE = "files"
_UTF8 = "65001"


def read_files(node: str | None, tree: Tree, requests: Sequence[Request], limits: Limits) -> Capture:
    """The capture of one source. `node`: what the owner calls it, instead of the computer's name or the source's."""
    player = _Player(tree, requests, limits)
    stdout = answer(player.host, player.probes())
    # The newest file tells how fresh the whole is; one from the future tells nothing.
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    newest = max((f"{entry.modified}Z" for entry in tree.entries), default=now)
    return Capture(
        node=node or player.host, route=ROUTE, address="", user="",
        started=min(newest, now), finished="", seconds=0.0,
        requests=0, bytes_sent=0, bytes_received=sum(entry.size for entry in tree.entries), script_sha256="",
        asked=tuple(requests), stdout=stdout, warnings=player.warnings(),
    )  # fmt: skip


class _Player:
    """One source, read once."""

    def __init__(self, tree: Tree, requests: Sequence[Request], limits: Limits) -> None:
        self._tree, self._requests, self._limits = tree, requests, limits
        self._deny = Deny(requests)
        self._notes: list[str] = list(tree.warnings)
        self._hive = Hive()
        self._exports: list[str] = []
        self._read_exports()
        self._listings = self._read_listings()
        self._tables = Tables()
        files_wmi.windows(self._tables, self._hive)
        self._places = Places(tree)
        self._references = References(requests, self._hive, self._tables, self._deny)
        self._left = limits.registry_values
        self.host = files_wmi.computer_name(self._hive)

    def warnings(self) -> tuple[str, ...]:
        """Where the facts come from, and what was assumed, left out or could not be read."""
        sources = [f"registry from {', '.join(self._exports)}"] if self._exports else []
        listed = dict.fromkeys(one.source for one in self._listings.found.values())
        sources += [f"cluster.exe from {', '.join(listed)}"] if listed else []
        sources += [f"{thing} from {where}" for thing, where in self._places.used.items()]
        said = "; ".join(sources) or "nothing in it is known to vcaudit"
        return (f"read from files in {self._tree.name}: {said}", *self._notes, *self._places.notes)

    def _read_exports(self) -> None:
        found = [entry for entry in self._tree.entries if entry.name.lower().endswith((".reg", ".txt"))]
        for entry in sorted(found, key=lambda entry: (entry.modified, entry.parts)):
            if not is_reg(entry.head()):
                if entry.name.lower().endswith(".reg"):
                    self._notes.append(f"{entry.shown}: does not begin as an export of the registry: left out")
                continue
            try:
                export = parse_reg(entry.read(LARGEST_REG))
            except Unreadable as error:
                self._notes.append(f"{entry.shown}: {error}")
                continue
            self._exports.append(entry.shown)
            self._notes += self._hive.add(entry.shown, export)
            self._notes += [f"{entry.shown}:{line}: {what}" for line, what in export.problems[:5]]
            if len(export.problems) > 5:
                self._notes.append(f"{entry.shown}: {len(export.problems) - 5} more problems")
            if export.ansi:
                self._notes.append(f"{entry.shown}: written in a code page of its own, read as Western European")

    def _read_listings(self) -> Listings:
        texts: dict[str, str] = {}
        found = [entry for entry in self._tree.entries if entry.name.lower().endswith((".txt", ".out", ".log"))]
        for entry in sorted(found, key=lambda entry: (entry.modified, entry.parts)):
            if entry.size > LARGEST or entry.shown in self._exports:
                continue
            try:
                content = entry.read(LARGEST)
            except Unreadable:
                continue
            text = plain_text(content, "cp850") if b"----" in content.replace(b"\0", b"") else ""
            if split(entry.shown, text):
                texts[entry.shown] = text
        listings = read_listings(texts)
        if self._hive.source("Cluster") and not self._hive.incomplete("Cluster"):
            names = self._names("Resources"), self._names("Groups")
            listings.hold_against(*names)
        self._notes += listings.notes[:10]
        return listings

    def _names(self, kind: str) -> list[str]:
        """Of all resources or groups of the cluster's hive."""
        return [self._hive.text(key.path, "Name") for key in self._hive.subkeys(rf"Cluster\{kind}")]

    # The requests, one by one

    def probes(self) -> list[Part]:
        """The answer to every request, in their order."""
        chosen = self._choose()
        return [self._probe(request, chosen) for request in self._requests]

    def _probe(self, request: Request, chosen: Mapping[str, Chosen]) -> Part:
        kinds: dict[str, Callable[[], Part]] = {
            "deny": lambda: probe("deny", request.id, []),
            "registry": lambda: self._registry(request),
            "key": lambda: self._registry(request, request.args[1]),
            "wmi": lambda: self._wmi(request),
            "file": lambda: self._file(request, chosen[request.id]),
            "folder": lambda: self._folder(request, chosen[request.id]),
            "program": lambda: self._program(request),
        }
        if request.kind not in kinds:
            return probe(request.kind, request.id, [], f"{NOT_GIVEN}: files do not say it")
        return kinds[request.kind]()

    def _choose(self) -> dict[str, Chosen]:
        """Files and folders, the requests for one thing together."""
        things: dict[str, list[Request]] = {}
        for request in self._requests:
            if request.kind in ("file", "folder"):
                things.setdefault(request.id.rpartition(".")[0] or request.id, []).append(request)
        out: dict[str, Chosen] = {}
        for requests in things.values():
            try:
                found = self._places.choose(requests, self._references.path)
            except Unreadable as error:
                found = [Chosen(None, request.args[0], _error(error)) for request in requests]
            out |= {request.id: one for request, one in zip(requests, found, strict=True)}
        return out

    def _registry(self, request: Request, only: str | None = None) -> Part:
        """`only`: names of the values that are wanted of the key alone, as a regular expression."""
        path = self._references.whole(request.args[0]).strip("\\")
        if REFERENCE.search(path):
            return probe(request.kind, request.id, [], unmet(path))
        if self._hive.source(path) is None:
            return probe(request.kind, request.id, [], f"{NOT_GIVEN}: no export of HKLM\\{path}")
        wanted = None if only is None else re.compile(only, re.IGNORECASE)
        parts: list[Part] = []
        for key in self._hive.walk(path):
            if wanted is not None and parts:
                break  # below the key itself
            values = [one for one in key.values.values() if wanted is None or wanted.search(one.name)]
            self._left -= len(values)
            if self._left < 0:
                return probe(request.kind, request.id, parts, "registry value limit reached", "partial")
            error = f"unreadable in the export: {key.damaged}" if key.damaged else None
            parts.append(part("k", {"p": key.path, "err": error}, [
                value_part(value, self._deny, self._deny.registry(key.path, value.name)) for value in values
            ]))  # fmt: skip
        if self._hive.lost(path):
            return probe(request.kind, request.id, parts, "unreadable in the export: keys of it were lost", "partial")
        return probe(request.kind, request.id, parts or [part("k", {"p": path, "err": "not found"})])

    def _wmi(self, request: Request) -> Part:
        namespace, wql, properties = request.args
        query = self._references.whole(wql)
        if REFERENCE.search(query):
            return probe("wmi", request.id, [], unmet(query))
        rows = files_wmi.answer(self._tables, self._hive, namespace, query)
        if rows is None:
            return probe("wmi", request.id, [], NOT_GIVEN)
        return probe("wmi", request.id, [self._row(row, properties.split(",")) for row in rows])

    def _row(self, row: Row, wanted: list[str]) -> Part:
        cells = {name.lower(): value for name, value in row.items()}
        return part("o", {}, [self._property(name, cells.get(name.lower(), Gap()), name) for name in wanted])

    def _property(self, name: str, value: files_wmi.Value | Gap, path: str) -> Part:
        if isinstance(value, Gap):
            return part("p", {"n": name, "err": value.error})
        if self._deny.wmi(path):
            return part("p", {"n": name, "redacted": "1"})
        if isinstance(value, Mapping):
            inner = [self._property(key, below, f"{path}.{key}") for key, below in value.items()]
            return part("p", {"n": name}, inner)
        if isinstance(value, tuple):
            return part("p", {"n": name}, [part("i", {"d": item}) for item in value])
        return part("p", {"n": name, "d": value})

    def _program(self, request: Request) -> Part:
        found = self._listings.of(request)
        parts = []
        for one in found:
            content = self._deny.content(one.text.encode("utf-8", "replace"))
            parts.append(part("t", {
                "n": one.name, "oem": _UTF8, "b64": content.b64, "withheld": content.withheld,
            }))  # fmt: skip
        return probe("program", request.id, parts, None if parts else NOT_GIVEN)

    def _file(self, request: Request, chosen: Chosen) -> Part:
        if chosen.place is None:
            return probe("file", request.id, [], chosen.error)
        return probe("file", request.id, [self._fact(chosen.place, chosen.path, None, request.args[1])])

    def _folder(self, request: Request, chosen: Chosen) -> Part:
        if chosen.place is None:
            return probe("folder", request.id, [], chosen.error)
        thing = request.id.rpartition(".")[0] or request.id
        files, error = self._places.below(chosen.place, thing)
        content, most = re.compile(request.args[1], re.IGNORECASE), int(request.args[2])
        parts: list[Part] = []
        deeper: str | None = None
        for file in files:
            below = file.parts[len(chosen.place.parts) :]
            if len(below) - 1 > most:
                deeper = "1"
                continue
            name = "\\".join(below)
            mode = "text" if request.args[1] and content.search(name) else "hash"
            parts.append(self._fact(file, f"{chosen.path}\\{name}", name, mode))
        return probe("folder", request.id, [part("d", {"p": chosen.path, "deeper": deeper, "err": error}, parts)])

    def _fact(self, place: Place, path: str, name: str | None, mode: str) -> Part:
        """A file as the collector writes it; its times are those of the copy."""
        entry = place.entry
        assert entry is not None
        head: dict[str, str | None] = {"p": path, "n": name, "size": str(entry.size), "mtime": entry.modified}
        try:
            if mode == "version":
                return part("f", head | {"version": file_version(entry)})
            if mode == "key" and entry.size <= self._limits.file_bytes:
                data = entry.read(self._limits.file_bytes)
                return part("f", head | {"sha256": hashlib.sha256(data).hexdigest(), "modulus": modulus_sha256(data)})
            if mode != "text" or entry.size > self._limits.file_bytes:
                withheld = "too large" if mode == "text" else None
                return part("f", head | {"sha256": entry.sha256(), "withheld": withheld})
            data = entry.read(self._limits.file_bytes)
        except Unreadable as error:
            return part("f", {"p": path, "n": name, "err": _error(error)})
        content = self._deny.content(data)
        return part("f", head | {
            "sha256": hashlib.sha256(data).hexdigest(), "b64": content.b64, "withheld": content.withheld,
            "redacted": "1" if content.redacted else None,
        })  # fmt: skip


def _error(error: Unreadable) -> str:
    """In the collector's words, so that it becomes a reason like any other."""
    if error.trouble == "access_denied":
        return f"UnauthorizedAccessException 80070005: {error}"
    return f"{'file limit reached' if error.trouble == 'refused' else 'unreadable'}: {error}"
