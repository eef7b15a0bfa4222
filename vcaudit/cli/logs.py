"""-v, -vv and --log-file: vcaudit's own messages, and nobody else's (an HTTP library's would show headers)."""

from __future__ import annotations

import logging
import os
import sys
import time
from pathlib import Path
from typing import Final, TextIO

from vcaudit.errors import OutputError
from vcaudit.redaction import wipe

_LEVELS: Final = {0: logging.WARNING, 1: logging.INFO}


class _Line(logging.Formatter):
    """One line a message, whatever names from a node hold; no traceback, which could quote what was read."""

    converter = staticmethod(time.gmtime)

    def format(self, record: logging.LogRecord) -> str:
        """The message without known secrets, and with control characters made visible."""
        message = record.getMessage()
        if record.exc_info and record.exc_info[0]:
            message += f" ({record.exc_info[0].__qualname__})"
        shown = "".join(char if char.isprintable() else repr(char)[1:-1] for char in wipe(message))
        return f"{self.formatTime(record, '%Y-%m-%dT%H:%M:%SZ')} {record.levelname.lower()} {record.name}: {shown}"


def configure(verbose: int, log_file: Path | None) -> None:
    """Sends messages of `vcaudit.*` to stderr and, all of them, to the file. Raises OutputError."""
    logger = logging.getLogger("vcaudit")
    logger.propagate = False
    for handler in logger.handlers[:]:
        logger.removeHandler(handler)
        handler.close()
    shown = logging.StreamHandler(sys.stderr)
    shown.setLevel(_LEVELS.get(verbose, logging.DEBUG))
    handlers: list[logging.Handler] = [shown]
    if log_file is not None:
        handlers.append(logging.StreamHandler(_open(log_file)))
    for handler in handlers:
        handler.setFormatter(_Line())
        logger.addHandler(handler)
    logger.setLevel(logging.DEBUG if log_file is not None else shown.level)


def _open(path: Path) -> TextIO:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.fchmod(handle, 0o600)  # an older file may be open to others
    except OSError as error:
        raise OutputError(f"the log cannot be written: {error.strerror}", where=str(path)) from None
    return os.fdopen(handle, "a", encoding="utf-8", errors="backslashreplace")
