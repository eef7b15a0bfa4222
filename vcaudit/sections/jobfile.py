"""The .job files of Server 2003's Task Scheduler: [MS-TSCH] 2.4.

Input from a machine that may be broken or hostile: whatever comes, it is a ValueError or a Job, and never more than
what is there.
"""

from __future__ import annotations

import struct
from datetime import datetime
from typing import NamedTuple

_FIXED = struct.Struct("<HH16sHHHHHHIIIII8H")
_COUNT = struct.Struct("<H")
_APP_NAME = 70
"""Where the name of the program begins: behind the fixed part and a count of running instances."""
DISABLED = 0x4
RUNNING = 0x41301
HAS_NOT_RUN = 0x41303
_START_FAILED = 0x80000000


class Job(NamedTuple):
    """One task."""

    command: str
    arguments: str
    directory: str
    enabled: bool
    running: bool
    last_run: datetime | None
    """In the node's local time; None: never."""
    last_result: int | None
    """Exit code, or why it could not be started; None: it never ran."""


def parse(content: bytes) -> Job:
    """A task. Raises ValueError for what is none."""
    if len(content) < _FIXED.size:
        raise ValueError(f"{len(content)} bytes are no .job file")
    _, version, _, app_name, *_, exit_code, status, flags, year, month, _, day, hour, minute, second, _ = (
        _FIXED.unpack_from(content)
    )
    if version != 1:
        raise ValueError(f"version {version} of .job files is not known")
    if app_name != _APP_NAME:
        raise ValueError(f"the program's name begins at {app_name}, where {_APP_NAME} was expected")
    texts, at = [], _APP_NAME
    for _ in range(3):
        text, at = _text(content, at)
        texts.append(text)
    # all zeros: never; a day that no calendar has is an error
    last_run = datetime(year, month, day, hour, minute, second) if year or month or day else None
    never = last_run is None or status == HAS_NOT_RUN
    command, arguments, directory = texts
    return Job(
        command=command,
        arguments=arguments,
        directory=directory,
        enabled=not flags & DISABLED,
        running=status == RUNNING,
        last_run=None if never else last_run,
        last_result=None if never else status if status & _START_FAILED else exit_code,
    )


def _text(content: bytes, at: int) -> tuple[str, int]:
    """A text with its length in characters in front, the NUL at its end counted."""
    if at + _COUNT.size > len(content):
        raise ValueError("it ends within the lengths of its texts")
    (count,) = _COUNT.unpack_from(content, at)
    at += _COUNT.size
    end = at + 2 * count
    if end > len(content):
        raise ValueError(f"a text of {count} characters does not fit in")
    return content[at:end].decode("utf-16-le", "replace").split("\0", 1)[0], end

