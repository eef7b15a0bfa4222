"""The options file of a license server (Flex): who may use which licences, beside the licences themselves (Table 1).

Flex reads the one that VENDOR names, else `<vendor>.opt` in the folder of the license file. One that VENDOR names
elsewhere was not looked at, and nobody knows what it says.
"""

from __future__ import annotations

import ntpath
from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import sha256
from typing import TypeAlias

from vcaudit.collect.answer import Answer, FileRead, FolderRead
from vcaudit.sections import flexlm
from vcaudit.sections.reading import same
from vcaudit.sections.text import decode, lines
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import LicenseOptions

DEFAULT = "VMWARELM.opt"
"""Of VMware's vendor daemon (field facts, section 3)."""

_ELSEWHERE = "put it beside the license files, and name it there in the VENDOR line"
_NOT_LISTED = "name the folder of the license files in the inventory"

Content: TypeAlias = Callable[[FileRead], "bytes | Missing"]
Beside: TypeAlias = Mapping[str, FileRead | None]
"""What was asked for beside license files that are named one by one: path in lower case → file; None: not there."""


def beside(answer: Answer, probes: Iterable[str]) -> Beside:
    """The answers to requests for options files; a path that is not among them is one that nobody looked at."""
    out: dict[str, FileRead | None] = {}
    for probe in probes:
        reads = answer.files(probe)
        for one in () if isinstance(reads, Missing) else reads:
            absent = one.failure is not None and one.failure.reason == "not_found"
            out[ntpath.normpath(one.path).casefold()] = None if absent else one
    return out


def options(
    places: Sequence[FolderRead | FileRead], asked: Beside, content: Content
) -> tuple[LicenseOptions, ...] | Missing:
    """Of each vendor of each license file; none where there is no options file, or one that says nothing."""
    out: dict[tuple[str, str], LicenseOptions] = {}
    for place in places:
        if place.failure is not None:
            return place.failure
        for one in _licenses(place):
            text = content(one)
            for vendor, told in () if isinstance(text, Missing) else flexlm.vendors(text):
                said = _said(_file(vendor, told, place, asked), content)
                if isinstance(said, Missing):
                    return said
                if said:
                    out[vendor.casefold(), said] = LicenseOptions(vendor=vendor, identity=said)
            if isinstance(text, Missing):
                return text
    return tuple(out.values())


def _licenses(place: FolderRead | FileRead) -> Sequence[FileRead]:
    return flexlm.among(place.files) if isinstance(place, FolderRead) else (place,)


def _file(vendor: str, told: str | None, place: FolderRead | FileRead, asked: Beside) -> FileRead | None | Missing:
    """None: there is none."""
    folder, _, name = (told or f"{vendor}.opt").rpartition("\\")
    own = place.path if isinstance(place, FolderRead) else place.path.rpartition("\\")[0]
    detail = f"the options file {told or name} was not looked at: {{}}"
    elsewhere = Missing(reason="not_found", detail=detail.format(_ELSEWHERE), where=place.path)
    if folder and not same(folder, own):
        return elsewhere
    if isinstance(place, FolderRead):
        found = next((one for one in place.files if same(one.name, name)), None)
    else:
        path = ntpath.normpath(f"{own}\\{name}").casefold()
        if path not in asked:
            return Missing(reason="not_asked", detail=detail.format(_NOT_LISTED), where=place.path)
        found = asked[path]
    # a name alone is looked for where the license server was started, which nobody knows
    return elsewhere if found is None and told and not folder else found


def _said(file: FileRead | None | Missing, content: Content) -> str | Missing:
    """What it says, whatever its comments and spacing; empty: nothing."""
    text = content(file) if isinstance(file, FileRead) else file or b""
    if isinstance(text, Missing):
        return text
    said = [" ".join(line.split()) for line in lines(decode(text).text.replace("\\\n", " ").replace("\\\r\n", " "))]
    kept = "\n".join(line for line in said if line and not line.startswith("#"))
    return sha256(kept.encode(errors="surrogatepass")).hexdigest() if kept else ""
