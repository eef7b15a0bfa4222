r"""Which of the files that somebody handed over is meant by a path on a node.

A path on the node is known where the source mirrors a drive (`C/Program Files/…`); elsewhere a file is known by its
name and a folder by what is in it. The requests for one thing (`licenses.1`, `licenses.2`, …) are answered
together: by the place that fits best, and so that a place which was not handed over still hides what comes after it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from vcaudit.capture import Request
from vcaudit.collect.files_wmi import NOT_GIVEN
from vcaudit.collect.tree import Entry, Tree

_DRIVE = re.compile(r"([A-Za-z])[:$]?")
_UNKNOWN = re.compile(r"\$\{[^{}]*\}|%[^%\\]+%")
_MARKS: dict[str, Callable[[set[str]], bool]] = {
    "licenses": lambda names: any(name.endswith(".lic") for name in names),
    "ssl": lambda names: bool(names & {"rui.crt", "rui.key", "rui.pfx"}),
}
"""How a folder shows what it is: by the names in it, in lower case."""
_LOOSE = {"licenses": re.compile(r".*\.(lic|opt)", re.I), "ssl": re.compile(r"rui\.\w+", re.I)}
"""What belongs to such a folder, where it was put together with other things."""
_WHOLE = {"ssl": "rui.key"}
"""Without this file a copy is not the whole folder: keys are often left out on purpose."""

ELSEWHERE = "no value: nothing that was imported lies there"
"""For places that come before the one that was found and are only guesses."""


@dataclass(frozen=True)
class Place:
    """A file or folder that was handed over."""

    parts: tuple[str, ...]
    entry: Entry | None
    """None: a folder."""
    windows: str | None
    """Its path on the node, where the source mirrors a drive."""

    @property
    def shown(self) -> str:
        """For people, and as the path where nobody knows that on the node."""
        return self.windows or "/".join(self.parts) or "."

    def ends_in(self, tail: str) -> bool:
        """Whether its path ends in these folders."""
        wanted = [part for part in tail.casefold().split("\\") if part]
        own = [part.casefold() for part in self.parts]
        return bool(wanted) and own[-len(wanted) :] == wanted


@dataclass(frozen=True)
class Chosen:
    """What is answered to one request."""

    place: Place | None
    path: str
    """As the answer calls it."""
    error: str | None = None
    """Why there is no place."""


class Places:
    """Files and folders of one source, by what they are on the node."""

    def __init__(self, tree: Tree) -> None:
        self._files = [Place(entry.parts, entry, windows_path(entry.parts)) for entry in tree.entries]
        self._folders = [Place(parts, None, windows_path(parts)) for parts in sorted(tree.folders)]
        self._names: dict[tuple[str, ...], set[str]] = {}
        for entry in tree.entries:
            self._names.setdefault(entry.parts[:-1], set()).add(entry.name.casefold())
        self.notes: list[str] = []
        """What was assumed, for the report."""
        self.used: dict[str, str] = {}
        """Thing to where it was found."""

    def choose(self, requests: Sequence[Request], resolve: Callable[[str], str]) -> list[Chosen]:
        """What to answer to the requests for one thing, in their order. `resolve` puts in what is known of a path."""
        thing = requests[0].id.rpartition(".")[0] or requests[0].id
        paths = [resolve(request.args[0]).rstrip("\\") for request in requests]
        candidates = self._candidates(thing, requests[0].kind, paths)
        # The node's own word for where it is, or the owner's (then there is one request); a default is only a guess.
        alone = len(requests) == 1
        told = [
            (alone or "${" in one.args[0]) and not _UNKNOWN.search(path)
            for one, path in zip(requests, paths, strict=True)
        ]
        found = self._fitting(candidates, paths, any(told))
        if isinstance(found, str):
            return [Chosen(None, path, found) for path in paths]
        number, place = found
        self.used[thing] = "/".join(place.parts) or "."
        out: list[Chosen] = []
        for at, path in enumerate(paths):
            if at == number:
                out.append(Chosen(place, place.windows or (place.shown if _UNKNOWN.search(path) else path)))
            else:
                out.append(Chosen(None, path, ELSEWHERE if at < number and not told[at] else NOT_GIVEN))
        return out

    def _candidates(self, thing: str, kind: str, paths: list[str]) -> list[Place]:
        names = {path.rpartition("\\")[2].casefold() for path in paths}
        if kind == "file":
            return [place for place in self._files if place.parts[-1].casefold() in names]
        exact = {path.casefold() for path in paths}
        mark = _MARKS.get(thing)
        out: list[Place] = []
        for place in self._folders:
            named = bool(place.parts) and place.parts[-1].casefold() in names
            marked = mark(self._names.get(place.parts, set())) if mark else named
            if marked or (place.windows or "").casefold() in exact:
                out.append(place)
        return out

    def _fitting(self, candidates: list[Place], paths: list[str], told: bool) -> tuple[int, Place] | str:
        """The request and the place that fit each other best; or why none does. `told`: the node says where it is."""
        for number, path in enumerate(paths):
            same = [place for place in candidates if (place.windows or "").casefold() == path.casefold()]
            if same:
                return number, same[0]
        for number, path in enumerate(paths):
            fitting = [place for place in candidates if _UNKNOWN.search(path) and place.ends_in(_tail(path))]
            if fitting:
                return self._only(number, fitting)
        # Where the node says its place, one that is known to have come from another is not the one in use.
        loose = [place for place in candidates if place.windows is None or not told]
        return self._only(0, loose) if loose else NOT_GIVEN

    def _only(self, number: int, places: list[Place]) -> tuple[int, Place] | str:
        if len(places) == 1 or self._alike(places):
            return number, places[0]
        listed = ", ".join(place.shown for place in places[:4])
        return f"the import holds several, and which one is meant nobody says: {listed}"

    @staticmethod
    def _alike(places: list[Place]) -> bool:
        """Copies of one file are one file."""
        files = [place.entry for place in places if place.entry]
        return len(files) == len(places) and len({(file.size, file.sha256()) for file in files}) == 1

    def below(self, place: Place, thing: str) -> tuple[list[Place], str | None]:
        """The files of a folder, and why they are not all that it holds on the node; None: they are."""
        depth = len(place.parts)
        files = [file for file in self._files if file.parts[:depth] == place.parts]
        loose = _LOOSE.get(thing)
        if loose and self._mixed(place, loose):
            files = [file for file in files if len(file.parts) == depth + 1 and loose.fullmatch(file.parts[-1])]
            self.notes.append(f"{thing}: the {len(files)} files in {place.shown} are taken to be the whole folder")
        needed = _WHOLE.get(thing)
        names = {file.parts[-1].casefold() for file in files if len(file.parts) == depth + 1}
        if needed and needed not in names:
            return files, f"{NOT_GIVEN}: a copy without {needed} says nothing of what else is there"
        return files, None

    def _mixed(self, place: Place, loose: re.Pattern[str]) -> bool:
        """Whether a folder holds other things than what makes it one: then it was put together here."""
        return place.windows is None and any(
            not loose.fullmatch(name) and name.endswith((".reg", ".vca", ".cfg", ".txt", ".lic", ".crt"))
            for name in self._names.get(place.parts, set())
        )


def windows_path(parts: tuple[str, ...]) -> str | None:
    """The path on the node of what lies below a folder named as a drive: `C`, `C:`, `C$`."""
    for at, part in enumerate(parts[:2]):
        drive = _DRIVE.fullmatch(part)
        if drive and len(parts) > at + 1:
            return "\\".join((f"{drive[1].upper()}:", *parts[at + 1 :]))
    return None


def _tail(path: str) -> str:
    """What stands behind the last unknown part of a path."""
    return _UNKNOWN.split(path)[-1].strip("\\")
