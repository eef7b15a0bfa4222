r"""Where files may lie: known places in order of likelihood, or the one the owner names (field facts, section 1).

On Windows 2008 and later the paths of 2003 lead to the same files by links, so the first place that holds something is
the answer and nothing is reported twice. "Not there" needs every place to have been looked at. A place that could not
be looked at hides what comes after it, or an old copy left there would be taken for the one in use; only where all
places are spellings of the same one may a later spelling stand in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from vcaudit.capture import Capture, Request
from vcaudit.collect.answer import VARIABLE_NOT_SET, Answer, FileRead, FolderRead
from vcaudit.snapshot.base import Missing

DEPTH = "8"
"""Folders below a folder that are read: more than any of Table 1 has."""

_Read = TypeVar("_Read", FileRead, FolderRead)


def files(thing: str, paths: Sequence[str], mode: str) -> tuple[Request, ...]:
    """A request for each place a file may be in."""
    return tuple(Request("file", f"{thing}.{number}", (path, mode)) for number, path in enumerate(paths, 1))


def folders(thing: str, paths: Sequence[str], content: str) -> tuple[Request, ...]:
    """A request for each place a folder may be in; `content`: names of the files whose content is wanted."""
    return tuple(Request("folder", f"{thing}.{number}", (path, content, DEPTH)) for number, path in enumerate(paths, 1))


def file(answer: Answer, capture: Capture, thing: str, *, spellings: bool = False) -> FileRead | None | Missing:
    """The first place that holds the file. None: looked everywhere, not there."""
    return _first(answer, capture, thing, answer.files, spellings)


def folder(answer: Answer, capture: Capture, thing: str, *, spellings: bool = False) -> FolderRead | None | Missing:
    """The first place that holds the folder. None: looked everywhere, not there."""
    return _first(answer, capture, thing, answer.folders, spellings)


def _asked(capture: Capture, thing: str) -> Iterator[Request]:
    """The places that were tried stand in the capture, so that reading needs no inventory."""
    return (request for request in capture.asked if request.id.rpartition(".")[0] == thing)


def _first(
    answer: Answer,
    capture: Capture,
    thing: str,
    look: Callable[[str], tuple[_Read, ...] | Missing],
    spellings: bool,
) -> _Read | None | Missing:
    places = list(_asked(capture, thing))
    unseen: Missing | None = None
    for place in places:
        reads = look(place.id)
        if isinstance(reads, Missing):
            if not _absent(reads) and not spellings:
                return reads
            unseen = unseen or (None if _absent(reads) else reads)
            continue
        for read in reads:
            if read.failure is None or _partly(read):
                return read
            if not _absent(read.failure):
                return read.failure
    if not places:
        return Missing(reason="not_asked", detail=f"the capture holds no request for {thing}", where=answer.host)
    return unseen


def _absent(failure: Missing) -> bool:
    """Looked, not there. A path with a variable that this Windows does not have, or with a reference to something that
    was read and names no path, is no place on this node."""
    return failure.reason == "not_found" or failure.detail.startswith(VARIABLE_NOT_SET)


def _partly(read: FileRead | FolderRead) -> bool:
    """It is here, although not all of it could be listed: another place with an older copy is not the answer."""
    return isinstance(read, FolderRead) and bool(read.files)
