"""Templates as Python code, kept between runs in the user's cache: compiling them takes longer than filling them in.

Code that is kept is code that runs: a folder that others could have written to is not used. Without a usable folder
the templates are compiled each time, which nobody notices but by the clock.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from jinja2 import FileSystemBytecodeCache
from jinja2.bccache import Bucket

_MODE = 0o700


class Kept(FileSystemBytecodeCache):
    """Jinja's own cache; one that cannot be read or written is no error."""

    def load_bytecode(self, bucket: Bucket) -> None:
        """A damaged file is as good as none."""
        try:
            super().load_bytecode(bucket)
        except (OSError, EOFError, ValueError, TypeError):
            bucket.reset()

    def dump_bytecode(self, bucket: Bucket) -> None:
        """A full disk costs the next run some milliseconds."""
        try:
            super().dump_bytecode(bucket)
        except OSError:
            return


def cache() -> Kept | None:
    """The cache of this user, or None where there can be none."""
    from platformdirs import user_cache_path

    folder = user_cache_path("vcaudit", appauthor=False) / "templates"
    try:
        folder.mkdir(mode=_MODE, parents=True, exist_ok=True)
        return Kept(str(folder)) if _ours(folder) else None
    except (OSError, RuntimeError):  # RuntimeError: nobody knows where the home of this user is
        return None


def _ours(folder: Path) -> bool:
    if os.name == "nt":
        return True  # below the profile, which belongs to the user
    found = folder.lstat()
    private = not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and private
