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
_Named = tuple[FolderRead | FileRead, ...]


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


def named(
    answer: Answer, capture: Capture, folders: str, files: str
) -> _Named | None | Missing:
    """What the first place names that holds something, where one may name folders, files, or several of them.

    `folders` and `files` ask for the same paths, numbered alike. None: looked everywhere, nothing there.
    """
    places = list(_asked(capture, folders))
    files_asked = {request.id for request in _asked(capture, files)}
    for place in places:
        other = f"{files}.{place.id.rpartition('.')[2]}"
        as_files = answer.files(other) if other in files_asked else ()
        found = _both(answer.folders(place.id), () if isinstance(as_files, Missing) else as_files)
        if found:
            return found
    return None if places else _never_asked(answer, folders)


def _both(folders: tuple[FolderRead, ...] | Missing, files: tuple[FileRead, ...]) -> _Named | Missing:
    """What is there as a folder or as a file; Missing when something is neither, for another reason than not being."""
    left = {one.path.casefold(): one for one in files}
    found: list[FolderRead | FileRead] = []
    for folder in () if isinstance(folders, Missing) else folders:
        file = left.pop(folder.path.casefold(), None)
        failure = folder.failure
        if failure is None or _partly(folder):
            found.append(folder)
            continue
        # Windows says `unavailable` of a file that was asked for as a folder.
        if file is not None and (_absent(failure) or failure.reason == "unavailable"):
            failure = file.failure
        if failure is None and file is not None:
            found.append(file)
        elif failure is not None and not _absent(failure):
            return failure
    found += [one for one in left.values() if one.failure is None]
    return folders if isinstance(folders, Missing) and not found and not _absent(folders) else tuple(found)


def asked(capture: Capture, thing: str) -> tuple[str, ...]:
    """Ids of the requests for a thing."""
    return tuple(request.id for request in _asked(capture, thing))


def _never_asked(answer: Answer, thing: str) -> Missing:
    return Missing(reason="not_asked", detail=f"the capture holds no request for {thing}", where=answer.host)


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
        return _never_asked(answer, thing)
    return unseen


def _absent(failure: Missing) -> bool:
    """Looked, not there. A path with a variable that this Windows does not have, or with a reference to something that
    was read and names no path, is no place on this node."""
    return failure.reason == "not_found" or failure.detail.startswith(VARIABLE_NOT_SET)


def _partly(read: FileRead | FolderRead) -> bool:
    """It is here, although not all of it could be listed: another place with an older copy is not the answer."""
    return isinstance(read, FolderRead) and bool(read.files)
