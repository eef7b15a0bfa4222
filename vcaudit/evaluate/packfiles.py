"""The files of a rule pack, read once, within bounds: a pack may come from a stranger.

Links that lead out of the folder, devices and pipes are refused unopened, hidden files are no part of a pack, and
numbers and sizes are held to limits that no real pack comes near.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from vcaudit.errors import Problem

MOST_FILES: Final = 10_000
DEEPEST: Final = 8
"""Folders below each other."""
LARGEST_RULE: Final = 64 << 10
"""Bytes of one .yaml file; the largest that is shipped has 7 kB."""
LARGEST: Final = 64 << 20
"""Bytes of all files."""


class PackFile(NamedTuple):
    """One file."""

    path: Path
    content: bytes


class PackFiles(NamedTuple):
    """What a folder holds."""

    rules: tuple[PackFile, ...]
    """Its .yaml files but pack.yaml, in the order of their paths."""
    head: PackFile | None
    """pack.yaml."""
    sha256: str
    """Of all its files, names and contents, in the order of their names."""
    problems: tuple[Problem, ...]


class _Refused(Exception):
    """Its arguments: a path, and why nothing more of the folder is read."""


def read_folder(folder: Path) -> PackFiles:
    """Everything in a folder; what may not be read is a problem, and was not."""
    problems: list[Problem] = []
    rules: list[PackFile] = []
    head = None
    digest = hashlib.sha256()
    try:
        root = folder.resolve()
        size = 0
        for path in sorted(_walk(folder, root, problems)):
            content = _read(path, LARGEST_RULE if path.suffix == ".yaml" else LARGEST - size, problems)
            if content is None:
                continue
            size += len(content)
            if size > LARGEST:
                raise _Refused(folder, f"holds more than {LARGEST >> 20} MB: that is no rule pack")
            name = path.relative_to(folder).as_posix().encode("utf-8", "surrogateescape")
            digest.update(name + f"\0{len(content)}\0".encode() + content)
            if path == folder / "pack.yaml":
                head = PackFile(path, content)
            elif path.suffix == ".yaml":
                rules.append(PackFile(path, content))
            elif path.suffix.lower() in (".yaml", ".yml"):
                problems.append(Problem(str(path), 0, f"is not read: rename it to {path.stem}.yaml"))
    except _Refused as refused:
        problems.append(Problem(str(refused.args[0]), 0, refused.args[1]))
    except OSError as error:
        problems.append(Problem(str(error.filename or folder), 0, f"cannot be listed: {error.strerror}"))
    return PackFiles(tuple(rules), head, digest.hexdigest(), tuple(problems))


def _walk(folder: Path, root: Path, problems: list[Problem]) -> Iterator[Path]:
    """Every file that belongs to the pack; links within it count as what they lead to, but for folders."""
    count = 0
    stack = [(folder, 0)]
    while stack:
        here, depth = stack.pop()
        with os.scandir(here) as entries:
            for entry in entries:
                path = here / entry.name
                count += 1
                if count > MOST_FILES:
                    raise _Refused(folder, f"holds more than {MOST_FILES} files: that is no rule pack")
                if entry.name.startswith("."):
                    continue
                if entry.is_symlink() and not path.resolve().is_relative_to(root):
                    problems.append(Problem(str(path), 0, "is a link that leads out of the pack"))
                elif entry.is_dir(follow_symlinks=False):
                    if path.suffix.lower() in (".yaml", ".yml"):
                        problems.append(Problem(str(path), 0, "is a folder, and a rule is a file"))
                    if depth >= DEEPEST:
                        raise _Refused(path, f"lies more than {DEEPEST} folders deep")
                    stack.append((path, depth + 1))
                elif entry.is_file():
                    yield path
                else:
                    problems.append(Problem(str(path), 0, "is no plain file"))


def _read(path: Path, most: int, problems: list[Problem]) -> bytes | None:
    """The content; None, with the reason noted, where it may not be had."""
    try:
        # What became a pipe meanwhile must not be waited for.
        with open(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb") as file:
            plain = stat.S_ISREG(os.fstat(file.fileno()).st_mode)
            content = file.read(most + 1) if plain else b""
    except OSError as error:
        problems.append(Problem(str(path), 0, f"cannot be read: {error.strerror}"))
        return None
    if plain and len(content) <= most:
        return content
    why = f"is larger than {max(most, 0) >> 10} kB" if plain else "is no plain file"
    problems.append(Problem(str(path), 0, why))
    return None
