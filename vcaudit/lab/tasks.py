r"""Scheduled tasks of a simulated node, and the .job file that Server 2003 keeps each in ([MS-TSCH] 2.4).

Windows 2008 and later show them through the Task Scheduler's COM objects (`lab.windows.tasks`).
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

TASKS = "tasks"
"""What `denied`, `broken` and `hanging` call the Task Scheduler."""
STEP_HOURS = 6
"""Hours are counted back from the last of 0, 6, 12 and 18 o'clock, so that two scans of one scenario see one time."""
HAS_NOT_RUN, READY, RUNNING = 0x41303, 0x41300, 0x41301
_DISABLED, _VERSION_2003 = 0x4, 0x0502
_FIXED = "<HH16sHHHHHHIIIII8H"


@dataclass(frozen=True)
class Task:
    """One task with one program to start."""

    path: str
    r"""`\Copy`, `\Folder\Copy`."""
    command: str
    arguments: str = ""
    directory: str = ""
    enabled: bool = True
    running: bool = False
    last_run: datetime | None = None
    """None: never."""
    last_result: int = 0


def task(name: str, about: Mapping[str, Any]) -> Task:
    """A task from its description (docs/lab-format.md)."""
    last_run = _moment(about.get("last_run"))
    return Task(
        path="\\" + name.lstrip("\\"),
        command=str(about.get("command") or ""),
        arguments=str(about.get("arguments") or ""),
        directory=str(about.get("directory") or ""),
        enabled=bool(about.get("enabled", True)),
        running=bool(about.get("running", False)),
        last_run=last_run,
        last_result=int(about.get("last_result", 0 if last_run else HAS_NOT_RUN)),
    )


def _moment(value: Any) -> datetime | None:
    """Hours before now, or a time of its own."""
    if value is None:
        return None
    if isinstance(value, int | float):
        now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        return now - timedelta(hours=now.hour % STEP_HOURS) - timedelta(hours=value)
    moment = datetime.fromisoformat(str(value))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def job(one: Task, bias_minutes: int) -> bytes:
    """The file of a task; times in it are the node's local ones, UTC less the bias."""
    texts = b"".join(map(_text, (one.command, one.arguments, one.directory, "CORP\\Administrator", "")))
    body = struct.pack("<H", int(one.running)) + texts + struct.pack("<HH", 0, 8) + bytes(8)
    trigger = 68 + len(body)
    status = RUNNING if one.running else READY if one.last_run else HAS_NOT_RUN
    result = one.last_result if one.last_run else 0
    head = struct.pack(
        _FIXED, _VERSION_2003, 1, hashlib.md5(one.path.encode(), usedforsecurity=False).digest(), 70, trigger,
        0, 0, 60, 10, 0x20000000, 259_200_000, result, status, 0 if one.enabled else _DISABLED,
        *_local(one.last_run, bias_minutes),
    )  # fmt: skip
    # one trigger: daily at 01:00 from 2007-06-01 on, again every 15 minutes for a day
    daily = struct.pack("<HHHHHHHHHHIIIIHHHHHH", 48, 0, 2007, 6, 1, 0, 0, 0, 1, 0, 1440, 15, 0, 1, 1, 0, 0, 0, 0, 0)
    return head + body + struct.pack("<H", 1) + daily


def _text(value: str) -> bytes:
    """With its length in characters in front, the NUL counted; an empty text is its length only."""
    if not value:
        return struct.pack("<H", 0)
    coded = f"{value}\0".encode("utf-16-le")
    return struct.pack("<H", len(coded) // 2) + coded


def _local(moment: datetime | None, bias_minutes: int) -> tuple[int, ...]:
    """A SYSTEMTIME; all zeros: never."""
    if moment is None:
        return (0,) * 8
    local = moment - timedelta(minutes=bias_minutes)
    return local.year, local.month, local.isoweekday() % 7, local.day, local.hour, local.minute, local.second, 0
