"""Files are written whole or not at all, and standard output has one owner."""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from pathlib import Path

from vcaudit.errors import OutputError


def write_file(path: Path, data: bytes, *, private: bool = False) -> None:
    """Puts `data` at `path` in one step: whoever reads it sees the old content or the new, never half.

    `private`: mode 0600, for evidence. Otherwise an existing file keeps its mode, and a new one gets the umask's.
    Devices and pipes (`/dev/stdout`, a FIFO) are written to as they are. Raises OutputError naming the file.
    """
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(data)  # a folder says so itself
            return
        # Through a link, so that the link stays one.
        _replace(path.resolve(), data, _mode(path, private))
    except OSError as error:
        raise _failure(str(path), error) from None


def check_writable(path: Path) -> None:
    """Says at once that a file will not be writable, before a scan is spent on it. Raises OutputError."""
    folder = path.resolve().parent
    if path.is_dir():
        raise OutputError("is a folder: give a file", where=str(path))
    if not folder.is_dir():
        raise OutputError("there is no such folder", where=str(folder), hint=f"mkdir -p {folder}")
    if not os.access(folder, os.W_OK):
        raise OutputError("may not be written to", where=str(folder))


def write_stdout(data: bytes) -> None:
    """Writes data to standard output. A reader that has gone away is no error: it has seen what it wanted."""
    if sys.stdout is None:
        raise OutputError("standard output is closed")
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
    except OSError as error:
        raise _failure("standard output", error) from None


def _replace(path: Path, data: bytes, mode: int) -> None:
    handle, name = tempfile.mkstemp(prefix=f".{path.name[:100]}.", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """The new name survives a power cut only once the folder is on disk too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _mode(path: Path, private: bool) -> int:
    if private:
        return 0o600
    if path.is_file():
        return stat.S_IMODE(path.stat().st_mode)
    umask = os.umask(0)
    os.umask(umask)
    return 0o666 & ~umask


def _failure(where: str, error: OSError) -> OutputError:
    return OutputError(f"cannot be written: {error.strerror or error}", where=where)
