"""From the elements of a probe of scheduled tasks to what it read; `readers` says how strictly."""

from __future__ import annotations

from vcaudit.collect.element import TIME, Damaged, Element, optional, optional_number
from vcaudit.collect.reads import ActionRead, TaskRead
from vcaudit.collect.reasons import damaged
from vcaudit.snapshot.base import Missing

RUNNING = 4
"""TASK_STATE_RUNNING"""
_NEVER = "1999-12-31"
"""A task that never ran has a day of the past: 30 December 1899, where COM counts from, or 30 November 1999."""


def tasks(data: Element, where: str) -> tuple[TaskRead, ...]:
    """The tasks of a probe."""
    return tuple(_task(task, where) for task in data.named("s"))


def _task(task: Element, where: str) -> TaskRead:
    path, failure = task.need("n"), task.failure(where)
    if failure is not None:
        return _unread(path, failure)
    try:
        enabled = {"true": True, "false": False}.get((task.get("enabled") or "").lower())
        result, last = optional_number(task, "result"), optional(task, "last", TIME)
        if enabled is None or result is None or last is None:
            raise Damaged("a task without its state or its last run")
        return TaskRead(
            path=path,
            enabled=enabled,
            running=optional_number(task, "state") == RUNNING,
            last_run=None if last[:10] <= _NEVER else f"{last}Z",
            last_result=result & 0xFFFFFFFF,
            actions=tuple(map(_action, task.named("c"))),
        )
    except Damaged as error:
        return _unread(path, damaged(f"task: {error}", where))


def _action(action: Element) -> ActionRead:
    if optional_number(action, "type") != 0:
        return ActionRead(program=False)
    return ActionRead(
        program=True, path=action.need("path"), arguments=action.get("args") or "", directory=action.get("dir") or ""
    )


def _unread(path: str, failure: Missing) -> TaskRead:
    return TaskRead(
        path=path, enabled=False, running=False, last_run=None, last_result=0, actions=(), failure=failure
    )
