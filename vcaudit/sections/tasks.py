r"""Scheduled tasks: from the Task Scheduler's objects on Windows 2008 and later, from .job files on Server 2003."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from vcaudit.capture import Request
from vcaudit.collect.answer import Answer, FileRead, TaskRead
from vcaudit.sections import jobfile
from vcaudit.sections.host import SYSTEM
from vcaudit.sections.reading import needed, only_row, same, where
from vcaudit.sections.secrets import redact_command
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import Action, ScheduledTask

TASKS = "tasks"
JOBS = "jobs"
ZONE = "time_zone"
_ZONE_KEY = r"SYSTEM\CurrentControlSet\Control\TimeZoneInformation"


def requests() -> tuple[Request, ...]:
    """Both kinds on every node: the one that this Windows does not have says so."""
    return (
        Request("registry", ZONE, (_ZONE_KEY,)),
        Request("folder", JOBS, (r"%SystemRoot%\Tasks", r"\.job$", "0")),
        Request("tasks", TASKS, ("\\", r"^\\Microsoft(\\|$)")),
    )


def read(answer: Answer) -> tuple[ScheduledTask, ...] | Missing:
    """The service's word; where there is no service (Server 2003, or files that were imported) the files'."""
    told = answer.tasks(TASKS)
    if not isinstance(told, Missing):
        return tuple(map(_task, told))
    if told.reason != "not_installed" and not (told.reason == "not_asked" and _is_2003(answer)):
        return told
    folder = answer.folder(JOBS)
    if isinstance(folder, Missing):
        return folder
    if folder.failure is not None:
        return () if folder.failure.reason == "not_found" and told.reason == "not_installed" else folder.failure
    bias = _bias(answer)
    return tuple(_job(one, bias) for one in folder.files if one.name.lower().endswith(".job"))


def _is_2003(answer: Answer) -> bool:
    version = needed(only_row(answer, SYSTEM), "Version")
    return isinstance(version, str) and version.startswith("5.")


def _task(one: TaskRead) -> ScheduledTask:
    gap = one.failure
    if gap is not None:
        return ScheduledTask(name=one.path, enabled=gap, actions=gap, running=gap, last_run=gap, last_result=gap)
    return ScheduledTask(
        name=one.path,
        enabled=one.enabled,
        actions=tuple(_action(a.path, a.arguments, a.directory) for a in one.actions),
        running=one.running,
        last_run=one.last_run,
        last_result=None if one.last_run is None else one.last_result,
    )


def _action(command: str, arguments: str, directory: str) -> Action:
    # hidden together, so that a secret which begins in one and ends in the other is seen
    return Action(command=command, arguments=redact_command(arguments), directory=directory)


def _job(one: FileRead, bias: int | Missing) -> ScheduledTask:
    try:
        if one.failure is not None or one.content is None:
            gap = one.failure or Missing(reason="bad_output", detail=one.withheld or "no content", where=one.path)
            return ScheduledTask(name=one.name, enabled=gap, actions=gap, running=gap, last_run=gap, last_result=gap)
        job = jobfile.parse(one.content)
    except ValueError as error:
        gap = Missing(reason="bad_output", detail=f"no .job file: {error}", where=one.path)
        return ScheduledTask(name=one.name, enabled=gap, actions=gap, running=gap, last_run=gap, last_result=gap)
    return ScheduledTask(
        name=one.name.rpartition(".")[0],
        enabled=job.enabled,
        actions=(_action(job.command, job.arguments, job.directory),),
        running=job.running,
        last_run=_utc(job.last_run, bias, one.path),
        last_result=job.last_result,
    )


def _utc(local: datetime | None, bias: int | Missing, path: str) -> str | None | Missing:
    if local is None:
        return None
    if isinstance(bias, Missing):
        return bias
    try:
        moment = local.replace(tzinfo=UTC) + timedelta(minutes=bias)
    except OverflowError:
        return Missing(reason="bad_output", detail=f"a last run of {local}", where=path)
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _bias(answer: Answer) -> int | Missing:
    """Minutes to add to the node's local time for UTC, daylight saving included."""
    keys = answer.registry(ZONE)
    if isinstance(keys, Missing):
        return keys
    values = [value for key in keys for value in key.values if same(value.name, "ActiveTimeBias")]
    if not values or not isinstance(values[0].data, int):
        return Missing(reason="not_found", detail="no ActiveTimeBias", where=where(answer, "registry", ZONE))
    data = values[0].data
    return data - (1 << 32) if data >= 1 << 31 else data
