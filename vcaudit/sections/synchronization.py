r"""Ways of keeping the nodes synchronised (Data Synchronization): scheduled tasks, DFS replication, scripts, shares.

Windows 2008 and later tell their tasks through the Task Scheduler's objects, Server 2003 keeps .job files. A script is
read in the same run as what names it: a task, or a Generic Application (from WMI, and from the hive if WMI fails).
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Literal

from vcaudit.capture import Locations, Request
from vcaudit.collect.answer import VARIABLE_NOT_SET, Answer, FileRead, Row, TaskRead
from vcaudit.sections import jobfile
from vcaudit.sections.hive import HIVE
from vcaudit.sections.host import SYSTEM
from vcaudit.sections.reading import flag, needed, number, only_row, query, same, text, where, whole
from vcaudit.sections.resources import RESOURCES
from vcaudit.sections.secrets import redact, redact_command
from vcaudit.sections.text import decode, lines
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import (
    Action,
    ReplicatedFolder,
    ReplicationConnection,
    ScheduledTask,
    Script,
    Share,
    Synchronization,
    Variable,
)

TASKS = "tasks"
JOBS = "jobs"
ZONE = "time_zone"
CODE_PAGE = "code_page"
SHARES = "shares"
FOLDERS, FOLDER_STATES, CONNECTIONS = "dfsr_folders", "dfsr_states", "dfsr_connections"
VARIABLES = ("SystemRoot", "ProgramFiles", "ProgramFiles(x86)", "ALLUSERSPROFILE")
LARGEST_SCRIPT = 64 << 10
"""Bytes of a script that is taken into a snapshot."""

_DFSR = r"root\MicrosoftDFS"
_ZONE_KEY = r"SYSTEM\CurrentControlSet\Control\TimeZoneInformation"
_CODE_PAGE_KEY = r"SYSTEM\CurrentControlSet\Control\Nls\CodePage"
_LINE, _FOLDER = "PrivateProperties.CommandLine", "PrivateProperties.CurrentDirectory"
_SCRIPTS = {
    "script_tasks": f"${{{TASKS}:Command|script}}",
    "script_tasks_beside": rf"${{{TASKS}:Directory}}\${{{TASKS}:Command|beside}}",
    "script_jobs": f"${{{JOBS}:content|script}}",
    "script_resources": f"${{{RESOURCES}:{_LINE}|script}}",
    "script_resources_beside": rf"${{{RESOURCES}:{_FOLDER}}}\${{{RESOURCES}:{_LINE}|beside}}",
    "code_resources": f"${{{RESOURCES}:{_LINE}|code}}",
    "code_hive": rf"${{{HIVE}:Resources\*\Parameters\CommandLine|code}}",
    "script_hive": rf"${{{HIVE}:Resources\*\Parameters\CommandLine|script}}",
    "script_hive_beside": (
        rf"${{{HIVE}:Resources\*\Parameters\CurrentDirectory}}\${{{HIVE}:Resources\*\Parameters\CommandLine|beside}}"
    ),
}
_State = Literal["uninitialized", "initialized", "initial sync", "auto recovery", "normal", "in error"]
_STATES: dict[int, _State] = {
    0: "uninitialized", 1: "initialized", 2: "initial sync", 3: "auto recovery", 4: "normal", 5: "in error",
}  # fmt: skip


def requests(locations: Locations) -> tuple[Request, ...]:
    """Tasks before the scripts that they name; the resources and the hive were asked for before."""
    return (
        *(Request("file", f"variable_{n}", (f"%{name}%", "hash")) for n, name in enumerate(VARIABLES, 1)),
        Request("registry", ZONE, (_ZONE_KEY,)),
        Request("registry", CODE_PAGE, (_CODE_PAGE_KEY,)),
        query(SHARES, r"root\cimv2", "Win32_Share", "Name,Path"),
        Request("folder", JOBS, (r"%SystemRoot%\Tasks", r"\.job$", "0")),
        Request("tasks", TASKS, ("\\", r"^\\Microsoft(\\|$)")),
        *(
            Request("file", probe, (path, "hash" if probe.startswith("code") else "text"))
            for probe, path in _SCRIPTS.items()
        ),
        query(
            FOLDERS, _DFSR, "DfsrReplicatedFolderConfig",
            "ReplicatedFolderGuid,ReplicatedFolderName,ReplicationGroupGuid,RootPath,Enabled,ReadOnly,FileFilter,"
            "DirectoryFilter", everything=True,
        ),
        query(FOLDER_STATES, _DFSR, "DfsrReplicatedFolderInfo", "ReplicatedFolderGuid,State,LastErrorCode"),
        query(CONNECTIONS, _DFSR, "DfsrConnectionConfig", "ReplicationGroupGuid,PartnerName,Inbound,Enabled"),
    )  # fmt: skip


def read(answer: Answer) -> Synchronization:
    """Each part stands alone."""
    return Synchronization(
        tasks=_tasks(answer),
        folders=_folders(answer),
        connections=_connections(answer),
        scripts=_scripts(answer),
        shares=_shares(answer),
        variables=_variables(answer),
    )


# Scheduled tasks


def _tasks(answer: Answer) -> tuple[ScheduledTask, ...] | Missing:
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


# Scripts


def _scripts(answer: Answer) -> tuple[Script, ...] | Missing:
    """All that were named anywhere, each once. A list that could not be had leaves open which others there are."""
    found: dict[str, Script] = {}
    page = _code_page(answer)
    gaps = {probe: _add(answer.files(probe), found, page) for probe in _SCRIPTS}
    # what WMI does not tell of the resources the hive does, and the other way round
    for one in ("script_resources", "script_resources_beside", "code_resources"):
        other = one.replace("resources", "hive")
        if gaps[one] is None or gaps[other] is None:
            gaps[one] = gaps[other] = None
    return next((gap for gap in gaps.values() if gap is not None), None) or tuple(found.values())


def _code_page(answer: Answer) -> str | None:
    """The one that cmd.exe reads scripts in."""
    keys = answer.registry(CODE_PAGE)
    if isinstance(keys, Missing) or not keys:
        return None
    value = next((value.data for value in keys[0].values if same(value.name, "OEMCP")), None)
    try:
        return codecs.lookup(f"cp{value!s}").name
    except LookupError:
        return None


def _text(content: bytes, page: str | None) -> str | None:
    """None: it holds more than ASCII, and nobody knows in which code page."""
    told = decode(content)
    if told.marked or content.isascii():
        return told.text
    return None if page is None else content.decode(page, "replace")


def _add(read: tuple[FileRead, ...] | Missing, found: dict[str, Script], page: str | None) -> Missing | None:
    if isinstance(read, Missing):
        return None if read.reason in ("not_found", "not_installed") else read
    for one in read:
        script = _script(one, page)
        if script is not None:
            found.setdefault(script.path.casefold(), script)
    return None


def _script(one: FileRead, page: str | None) -> Script | None:
    """None: what was put together from a folder and a name is no path."""
    path = one.path.replace("\\\\", "\\") if not one.path.startswith("\\\\") else one.path
    gap = one.failure
    if gap is not None and (gap.detail.startswith((VARIABLE_NOT_SET, "not an absolute path"))):
        return None
    if gap is not None:
        there = gap.reason != "not_found"
        return Script(path=path, sha256=gap if there else None, lines=gap if there else ())
    if not path.lower().endswith((".cmd", ".bat")):
        return Script(path=path, sha256=one.sha256 or Missing(reason="bad_output", where=path), lines=())
    if one.content is None or len(one.content) > LARGEST_SCRIPT:
        gap = Missing(reason="refused", detail=one.withheld or "a script of more than 64 KiB", where=path)
        return Script(path=path, sha256=one.sha256 or gap, lines=gap)
    told = _text(one.content, page)
    if told is None:
        gap = Missing(reason="bad_output", detail="the code page of the script is not known", where=path)
        return Script(path=path, sha256=one.sha256 or gap, lines=gap)
    clean = [redact_command(line) for line in lines(redact(told))]
    return Script(path=path, sha256=one.sha256 or Missing(reason="bad_output", where=path), lines=tuple(clean))


# DFS replication


def _folders(answer: Answer) -> tuple[ReplicatedFolder, ...] | Missing:
    rows = answer.wmi(FOLDERS)
    if isinstance(rows, Missing):
        return () if rows.reason == "not_installed" else rows
    states = answer.wmi(FOLDER_STATES)
    return whole([_folder(row, states) for row in rows])


def _folder(row: Row, states: tuple[Row, ...] | Missing) -> ReplicatedFolder | Missing:
    identity, group = needed(row, "ReplicatedFolderGuid"), needed(row, "ReplicationGroupGuid")
    name = needed(row, "ReplicatedFolderName")
    for gap in (identity, group, name):
        if isinstance(gap, Missing):
            return gap
    own = states if isinstance(states, Missing) else _named(states, str(identity))
    read_only = flag(row, "ReadOnly")
    return ReplicatedFolder(
        name=str(name),
        group=str(group).casefold(),
        identity=str(identity).casefold(),
        path=needed(row, "RootPath"),
        enabled=flag(row, "Enabled"),
        read_only=read_only is True,
        file_filter=_filter(row, "FileFilter"),
        directory_filter=_filter(row, "DirectoryFilter"),
        state=_state(own),
        last_error=None if own is None else own if isinstance(own, Missing) else number(own, "LastErrorCode"),
    )


def _named(states: Iterable[Row], identity: str) -> Row | None:
    return next((row for row in states if same(str(text(row, "ReplicatedFolderGuid")), identity)), None)


def _filter(row: Row, name: str) -> str | Missing:
    found = text(row, name)
    return "" if found is None else found


def _state(row: Row | None | Missing) -> _State | None | Missing:
    if row is None or isinstance(row, Missing):
        return row
    value = number(row, "State")
    if value is None or isinstance(value, Missing):
        return value
    return _STATES.get(value) or Missing(reason="bad_output", detail=f"state {value} is none that is documented")


def _connections(answer: Answer) -> tuple[ReplicationConnection, ...] | Missing:
    rows = answer.wmi(CONNECTIONS)
    if isinstance(rows, Missing):
        return () if rows.reason == "not_installed" else rows
    return whole([_connection(row) for row in rows])


def _connection(row: Row) -> ReplicationConnection | Missing:
    group = needed(row, "ReplicationGroupGuid")
    if isinstance(group, Missing):
        return group
    return ReplicationConnection(
        group=group.casefold(),
        partner=needed(row, "PartnerName"),
        inbound=flag(row, "Inbound"),
        enabled=flag(row, "Enabled"),
    )


# The machine


def _shares(answer: Answer) -> tuple[Share, ...] | Missing:
    """With a path: printers and the like have none."""
    rows = answer.wmi(SHARES)
    if isinstance(rows, Missing):
        return rows
    out: list[Share] = []
    for row in rows:
        name, path = needed(row, "Name"), text(row, "Path")
        for gap in (name, path):
            if isinstance(gap, Missing):
                return gap
        if path:
            out.append(Share(name=str(name), path=str(path)))
    return tuple(out)


def _variables(answer: Answer) -> tuple[Variable, ...] | Missing:
    """Their values by the paths that the node made of them: nothing else tells a service's environment."""
    out: list[Variable] = []
    for number_, name in enumerate(VARIABLES, 1):
        read = answer.files(f"variable_{number_}")
        if isinstance(read, Missing):
            return read
        out += [Variable(name=name, value=one.path) for one in read if "%" not in one.path]
    return tuple(out)
