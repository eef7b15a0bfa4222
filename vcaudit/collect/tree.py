"""What somebody put together for one node: a folder or a ZIP archive, as a list of files.

Nothing is ever unpacked to disk, links are not followed, and all reading is counted: an archive that would unpack to
more than anybody has is given up, whatever it says of itself.
"""

from __future__ import annotations

import hashlib
import os
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Literal

from vcaudit.errors import Problem, SourceError

MOST_ENTRIES = 50_000
MOST_BYTES = 4 << 30
"""Read from one source in all; upgrade files of three versions are a tenth of it."""
MOST_RATIO = 300
"""Unpacked to packed, beyond the first megabytes: text reaches 20, a bomb 1000."""
PIECE = 1 << 20
DEEPEST = 40
"""Folders below each other; Windows paths have room for a few more, nobody has them."""

Trouble = Literal["access_denied", "damaged", "refused"]


class Unreadable(Exception):
    """One file of a source could not be read."""

    def __init__(self, trouble: Trouble, what: str) -> None:
        super().__init__(what)
        self.trouble = trouble


@dataclass(frozen=True)
class Entry:
    """One file."""

    parts: tuple[str, ...]
    """Its path below the source."""
    size: int
    modified: str
    """RFC 3339 without zone, as the source has it; ZIP archives keep local times."""
    open: Callable[[], IO[bytes]]
    spend: Callable[[int], None]
    packed: int
    """Bytes in the archive; of a plain file its size."""

    @property
    def name(self) -> str:
        """The last part."""
        return self.parts[-1]

    @property
    def shown(self) -> str:
        """The path for messages, with slashes."""
        return "/".join(self.parts)

    def pieces(self) -> Iterator[bytes]:
        """The content. Raises Unreadable: also for more than it says of itself."""
        done = 0
        try:
            with self.open() as stream:
                while piece := stream.read(PIECE):
                    done += len(piece)
                    if done > 8 * PIECE and done > MOST_RATIO * max(1, self.packed):
                        raise Unreadable("refused", "unpacks to far more than it is")
                    self.spend(len(piece))
                    yield piece
        except PermissionError as error:
            raise Unreadable("access_denied", error.strerror or "access denied") from None
        except (OSError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
            # RuntimeError: encrypted; NotImplementedError: a method of compression that nobody uses
            raise Unreadable("damaged", str(error)[:200]) from None

    def read(self, most: int) -> bytes:
        """The content. Raises Unreadable, also when it is more than `most` bytes."""
        content = bytearray()
        for piece in self.pieces():
            content += piece
            if len(content) > most:
                raise Unreadable("refused", f"larger than {most} bytes")
        return bytes(content)

    def head(self, most: int = 4096) -> bytes:
        """The first bytes; nothing where they cannot be read."""
        try:
            with self.open() as stream:
                return stream.read(most)
        except (OSError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
            return b""

    def sha256(self) -> str:
        """Of the content. Raises Unreadable."""
        digest = hashlib.sha256()
        for piece in self.pieces():
            digest.update(piece)
        return digest.hexdigest()


@dataclass
class Tree:
    """All files of one source."""

    name: str
    """As the user gave it."""
    entries: list[Entry] = field(default_factory=list)
    """Sorted by path."""
    folders: set[tuple[str, ...]] = field(default_factory=set)
    warnings: list[str] = field(default_factory=list)
    """What was left out, and why."""
    spent: int = 0

    def spend(self, count: int) -> None:
        """Counts what is read. Raises Unreadable beyond the limit."""
        self.spent += count
        if self.spent > MOST_BYTES:
            raise Unreadable("refused", f"more than {MOST_BYTES >> 30} GB were read from this source")

    def take(self, entry: Entry) -> None:
        """Adds a file, and the folders it is in. Raises SourceError when there are too many."""
        if len(self.entries) >= MOST_ENTRIES:
            raise _wrong(self.name, f"holds more than {MOST_ENTRIES} files: give the folder of one node only")
        self.entries.append(entry)
        self.add_folder(entry.parts[:-1])

    def add_folder(self, parts: tuple[str, ...]) -> None:
        """Adds a folder and those it is in."""
        while parts not in self.folders:
            self.folders.add(parts)
            parts = parts[:-1]


def open_tree(path: Path) -> Tree:
    """A folder or a ZIP archive. Raises SourceError."""
    tree = Tree(str(path))
    tree.folders.add(())
    try:
        if path.is_dir():
            _folder(tree, path)
        else:
            _archive(tree, path)
    except OSError as error:
        raise _wrong(str(path), f"cannot be read: {error.strerror or error}") from None
    tree.entries.sort(key=lambda entry: entry.parts)
    return tree


def _folder(tree: Tree, root: Path) -> None:
    """By hand instead of os.walk, which hides folders that cannot be listed."""
    pending: list[tuple[Path, tuple[str, ...]]] = [(root, ())]
    while pending:
        here, parts = pending.pop()
        try:
            found = sorted(os.scandir(here), key=lambda one: one.name)
        except OSError as error:
            if not parts:
                raise
            tree.warnings.append(f"{'/'.join(parts)}: not listed: {error.strerror}")
            continue
        for one in found:
            below = (*parts, one.name)
            status = one.stat(follow_symlinks=False)
            if stat.S_ISDIR(status.st_mode) and len(below) < DEEPEST:
                tree.add_folder(below)
                pending.append((here / one.name, below))
            elif stat.S_ISREG(status.st_mode):
                tree.take(_file(tree, here / one.name, below, status))
            else:
                # a link could lead to any file of this machine, and a pipe never ends
                tree.warnings.append(f"{'/'.join(below)}: left out: a link, or no plain file")


def _file(tree: Tree, path: Path, parts: tuple[str, ...], status: os.stat_result) -> Entry:
    def opened() -> IO[bytes]:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0))
        return os.fdopen(handle, "rb")

    try:
        moment = datetime.fromtimestamp(status.st_mtime, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    except (OverflowError, OSError, ValueError):
        moment = "1970-01-01T00:00:00"
    return Entry(parts, status.st_size, moment, opened, tree.spend, status.st_size)


def _archive(tree: Tree, path: Path) -> None:
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise _wrong(str(path), f"is no folder, no ZIP archive and no answer of a kit ({error})") from None
    seen: set[str] = set()
    for info in archive.infolist():
        parts = _parts(info.filename)
        if parts is None:
            tree.warnings.append(f"{info.filename!r}: left out: a name that leads out of the archive")
        elif info.is_dir():
            tree.add_folder(parts)
        elif stat.S_ISLNK(info.external_attr >> 16):
            tree.warnings.append(f"{'/'.join(parts)}: left out: a link")
        elif "/".join(parts).casefold() in seen:
            # which of the two is meant differs from program to program
            raise _wrong(str(path), f"holds {'/'.join(parts)} twice")
        else:
            seen.add("/".join(parts).casefold())
            tree.take(_member(tree, archive, info, parts))


def _parts(name: str) -> tuple[str, ...] | None:
    """The path of a member; None for one that is absolute or climbs."""
    plain = name.replace("\\", "/")
    parts = tuple(part for part in plain.split("/") if part not in ("", "."))
    climbs = plain.startswith("/") or any(part == ".." or "\0" in part for part in parts)
    return None if climbs or not parts or len(parts) > DEEPEST else parts


def _member(tree: Tree, archive: zipfile.ZipFile, info: zipfile.ZipInfo, parts: tuple[str, ...]) -> Entry:
    year, month, day, hour, minute, second = info.date_time
    moment = f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{min(second, 59):02}"
    return Entry(parts, info.file_size, moment, lambda: archive.open(info), tree.spend, info.compress_size)


def _wrong(name: str, what: str) -> SourceError:
    return SourceError([Problem(name, 0, what)])
