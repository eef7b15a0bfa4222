"""What happens when vcaudit itself is wrong: one line for people, and a private file for whoever mends it."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
import traceback
from collections.abc import Iterator
from pathlib import Path

from vcaudit import __version__
from vcaudit.redaction import wipe


def report_defect(error: BaseException) -> None:
    """Says that this is a defect and where the trace was written; never shows the trace itself."""
    from vcaudit.cli.app import say

    kind = type(error).__qualname__
    try:
        path = _write(describe(error))
    except OSError as trouble:
        say(f"this is a defect of vcaudit ({kind}); its trace could not be written: {trouble.strerror}")
        return
    say(f"this is a defect of vcaudit ({kind}); nothing was judged. Please report it with the file {path}")


def describe(error: BaseException) -> str:
    """Types and places of an error and its causes.

    Without messages and without local variables: both can hold what was read from a node, or a password.
    """
    head = f"vcaudit {__version__}, Python {platform.python_version()}, {platform.system()}\n"
    return head + "".join(
        f"\n{type(each).__module__}.{type(each).__qualname__} (message left out: it could hold a secret)\n"
        + "".join(traceback.format_tb(each.__traceback__))
        for each in _chain(error)
    )


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _write(text: str) -> Path:
    # mkstemp makes the file for its owner only (0600).
    handle, name = tempfile.mkstemp(prefix="vcaudit-crash-", suffix=".txt", dir=_folder())
    with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(wipe(text))
    return Path(name)


def _folder() -> Path:
    """The user's folder for logs, else the system's for temporary files."""
    import platformdirs

    try:
        folder = Path(platformdirs.user_log_dir("vcaudit"))
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if os.access(folder, os.W_OK):
            return folder
    except OSError as trouble:
        print(f"vcaudit: {trouble}", file=sys.stderr)
    return Path(tempfile.gettempdir())
