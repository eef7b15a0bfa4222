"""How the last run of a scheduled task ended, and how long ago it was."""

from __future__ import annotations

from datetime import datetime

from vcaudit.evaluate.known import first_missing
from vcaudit.evaluate.nodes import Node
from vcaudit.evaluate.sync.ways import Way
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import ScheduledTask

ROBOCOPY_FAILED = 8
"""Its exit codes below tell what was copied."""
_RUNNING, _NOT_RUN, _ENDED = 0x41301, 0x41303, 0x41306


def result(task: ScheduledTask, way: Way) -> tuple[bool | Missing, str | Missing]:
    """Whether the last run ended well: robocopy's exit codes below 8 say what it did, xcopy's only 0."""
    if isinstance(task.running, Missing) or isinstance(task.last_result, Missing):
        gap = first_missing(task.running, task.last_result)
        assert gap is not None
        return gap, gap
    code = task.last_result
    if task.running or code == _RUNNING:
        return True, "running"
    if code is None or code == _NOT_RUN:
        return False, "it has never run"
    if code == _ENDED:
        return False, "it was ended before it was done"
    if way.gap is not None and 0 < code < ROBOCOPY_FAILED:
        return way.gap, f"exit code {code}"
    robocopy = any(move.copy.program == "robocopy" for move in way.moves)
    good = code < ROBOCOPY_FAILED if robocopy else code == 0
    return good, f"exit code {code}" if code < 1 << 16 else f"error {code:08x}"


def age_hours(last_run: str | None | Missing, node: Node) -> int | None | Missing:
    """By the node's own clock, so that a wrong one does not matter."""
    host = node.host
    clock = host if isinstance(host, Missing) else host.clock
    if last_run is None or isinstance(last_run, Missing):
        return last_run
    if isinstance(clock, Missing):
        return clock
    try:
        seconds = (datetime.fromisoformat(clock) - datetime.fromisoformat(last_run)).total_seconds()
    except (ValueError, TypeError):
        return Missing(reason="bad_output", detail=f"a last run of {last_run} at {clock}", where=node.name)
    return max(0, int(seconds // 3600))
