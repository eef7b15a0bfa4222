"""Ways of keeping the nodes synchronised (Data Synchronization): scheduled tasks, DFS replication, scripts, shares."""

from __future__ import annotations

from collections.abc import Iterable

from vcaudit.capture import Locations, Request
from vcaudit.collect.answer import Answer, Row
from vcaudit.sections import scripts, tasks
from vcaudit.sections.reading import flag, needed, number, query, same, text, whole
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import ReplicatedFolder, ReplicationConnection, Share, Synchronization, Variable
from vcaudit.snapshot.facts.synchronization import FolderState

SHARES = "shares"
FOLDERS, FOLDER_STATES, CONNECTIONS = "dfsr_folders", "dfsr_states", "dfsr_connections"
VARIABLES = ("SystemRoot", "ProgramFiles", "ProgramFiles(x86)", "ALLUSERSPROFILE")

_DFSR = r"root\MicrosoftDFS"
_STATES: dict[int, FolderState] = {
    0: "uninitialized", 1: "initialized", 2: "initial sync", 3: "auto recovery", 4: "normal", 5: "in error",
}  # fmt: skip


def requests(locations: Locations) -> tuple[Request, ...]:
    """Tasks before the scripts that they name; the resources and the hive were asked for before."""
    return (
        *(Request("file", f"variable_{n}", (f"%{name}%", "hash")) for n, name in enumerate(VARIABLES, 1)),
        query(SHARES, r"root\cimv2", "Win32_Share", "Name,Path"),
        *tasks.requests(),
        *scripts.requests(),
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
        tasks=tasks.read(answer),
        folders=_folders(answer),
        connections=_connections(answer),
        scripts=scripts.read(answer),
        shares=_shares(answer),
        variables=_variables(answer),
    )


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


def _state(row: Row | None | Missing) -> FolderState | None | Missing:
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
