"""What may keep the nodes synchronised (Data Synchronization): scheduled tasks, DFS replication, and scripts."""

from __future__ import annotations

from typing import Literal, TypeAlias

from vcaudit.snapshot.base import Fact, Missing

FolderState: TypeAlias = Literal[
    "uninitialized", "initialized", "initial sync", "auto recovery", "normal", "in error"
]  # fmt: skip


class Action(Fact, frozen=True, kw_only=True):
    """What a task starts; secrets among the arguments are `***`."""

    command: str
    """Empty: no program, but a message or an object."""
    arguments: str
    directory: str
    """Where it starts; empty: nobody said."""


class ScheduledTask(Fact, frozen=True, kw_only=True):
    r"""From the Task Scheduler's own objects, on Server 2003 from `%SystemRoot%\Tasks\*.job` ([MS-TSCH] 2.4)."""

    name: str
    r"""`\Copy`; on Server 2003 the name of the file."""
    enabled: bool | Missing
    actions: tuple[Action, ...] | Missing
    running: bool | Missing
    last_run: str | None | Missing
    """RFC 3339 UTC by the node's clock; None: never."""
    last_result: int | None | Missing
    """What the program ended with, or a code of the scheduler's own; None: nothing yet."""


class ReplicatedFolder(Fact, frozen=True, kw_only=True):
    """DfsrReplicatedFolderConfig and DfsrReplicatedFolderInfo."""

    name: str
    group: str
    """GUID of the replication group."""
    identity: str
    """GUID of the replicated folder: the same on every member."""
    path: str | Missing
    enabled: bool | Missing
    read_only: bool
    """False where this Windows has no such thing (before 2008 R2)."""
    file_filter: str | Missing
    """Names that are left out, with commas between them: `~*, *.bak, *.tmp` by default."""
    directory_filter: str | Missing
    state: FolderState | None | Missing
    """None: the service tells nothing of it."""
    last_error: int | None | Missing


class ReplicationConnection(Fact, frozen=True, kw_only=True):
    """DfsrConnectionConfig: to or from another member of a replication group."""

    group: str
    partner: str | Missing
    inbound: bool | Missing
    enabled: bool | Missing


class Script(Fact, frozen=True, kw_only=True):
    """A command script (.cmd, .bat) that a task or a resource names, or a file in another language."""

    path: str
    """As read, variables resolved."""
    sha256: str | None | Missing
    """None: looked, and not there."""
    lines: tuple[str, ...] | Missing
    """Without what looks like a secret; empty where there is no such file, or it is no command script."""


class Share(Fact, frozen=True, kw_only=True):
    """Win32_Share, without the administrative ones' type: `C$` is among them where it is shared."""

    name: str
    path: str


class Variable(Fact, frozen=True, kw_only=True):
    """An environment variable of the machine, as far as it was asked for."""

    name: str
    value: str


class Synchronization(Fact, frozen=True, kw_only=True):
    """On one node."""

    tasks: tuple[ScheduledTask, ...] | Missing
    """Without those that Windows 2008 and later bring along."""
    folders: tuple[ReplicatedFolder, ...] | Missing
    """Empty also where DFS replication is not installed."""
    connections: tuple[ReplicationConnection, ...] | Missing
    scripts: tuple[Script, ...] | Missing
    shares: tuple[Share, ...] | Missing
    variables: tuple[Variable, ...] | Missing
