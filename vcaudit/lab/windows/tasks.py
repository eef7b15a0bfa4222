"""Stand-ins for the Task Scheduler's COM objects (Windows 2008 and later); only what reads is there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from vcaudit.lab.powershell import Obj, Unsupported, want
from vcaudit.lab.tasks import TASKS, Task
from vcaudit.lab.windows import errors
from vcaudit.lab.windows.session import Session
from vcaudit.lab.windows.text import DateTime

PROGRAM = "Schedule.Service"
NEVER = datetime(1899, 12, 30, tzinfo=UTC)
READY, DISABLED, RUNNING = 3, 1, 4


class Types(Obj):
    """System.Type: of COM's classes, the one that is asked for."""

    net = "System.Type"

    def __init__(self, session: Session) -> None:
        self._session = session

    def gettypefromprogid(self, name: str) -> ServiceType | None:
        """Null where no such class is registered: Server 2003 has no such service."""
        if want(name).lower() != PROGRAM.lower():
            raise Unsupported(f"COM class {name}")
        return None if self._session.node.is_2003 else ServiceType()


class ServiceType(Obj):
    """The class of the service."""

    net = "System.__ComObject"


class Activator(Obj):
    """System.Activator."""

    net = "System.Activator"

    def __init__(self, session: Session) -> None:
        self._session = session

    def createinstance(self, what: object) -> Service:
        """A TaskService."""
        if not isinstance(what, ServiceType):
            raise Unsupported("Activator.CreateInstance of something else than the task service")
        return Service(self._session)


class Service(Obj):
    """ITaskService."""

    net = "System.__ComObject"

    def __init__(self, session: Session) -> None:
        self._session = session
        self._connected = False

    def connect(self) -> None:
        """To the service of the same machine, as the user who runs the script."""
        self._session.hang(TASKS)
        if self._session.denies(TASKS):
            raise errors.net("UnauthorizedAccessException", "Access is denied.", errors.ACCESS_DENIED)
        code = self._session.code_of(TASKS)
        if code is not None:
            raise errors.com(code)
        self._connected = True

    def getfolder(self, path: str) -> TaskFolder:
        """The root folder."""
        if not self._connected or want(path) != "\\":
            raise Unsupported(f"ITaskService.GetFolder {path}")
        return TaskFolder(self._session, "\\")


class Collection(Obj):
    """One of COM's collections."""

    net = "System.__ComObject"

    def __init__(self, items: Sequence[Obj]) -> None:
        self._items = items

    def __iter__(self) -> Iterator[Obj]:
        return iter(self._items)


class TaskFolder(Obj):
    """ITaskFolder."""

    net = "System.__ComObject"

    def __init__(self, session: Session, path: str) -> None:
        self._session = session
        self.path = path

    def gettasks(self, flags: int) -> Collection:
        """The tasks directly in it."""
        if flags != 1:
            raise Unsupported("ITaskFolder.GetTasks without hidden tasks")
        own = [task for task in self._session.node.tasks if _parts(task.path)[:-1] == _parts(self.path)]
        return Collection([RegisteredTask(task) for task in own])

    def getfolders(self, flags: int) -> Collection:
        """The folders directly in it."""
        if flags != 0:
            raise Unsupported("ITaskFolder.GetFolders takes 0")
        depth = len(_parts(self.path))
        below = [_parts(task.path)[:-1] for task in self._session.node.tasks]
        names = {parts[depth] for parts in below if len(parts) > depth and parts[:depth] == _parts(self.path)}
        return Collection([TaskFolder(self._session, f"{self.path.rstrip(chr(92))}\\{name}") for name in sorted(names)])


def _parts(path: str) -> list[str]:
    return [part for part in path.split("\\") if part]


class RegisteredTask(Obj):
    """IRegisteredTask."""

    net = "System.__ComObject"

    def __init__(self, task: Task) -> None:
        self.path = task.path
        self.enabled = task.enabled
        self.state = RUNNING if task.running else READY if task.enabled else DISABLED
        self.lasttaskresult = task.last_result
        self.definition = Definition(task)
        self._last_run = task.last_run

    @property
    def lastruntime(self) -> DateTime:
        """Of a task that never ran: the day from which COM counts."""
        return DateTime(self._last_run) if self._last_run else DateTime(NEVER)


class Definition(Obj):
    """ITaskDefinition."""

    net = "System.__ComObject"

    def __init__(self, task: Task) -> None:
        self.actions = Collection([Action(task)])


class Action(Obj):
    """IExecAction."""

    net = "System.__ComObject"

    def __init__(self, task: Task) -> None:
        self.type = 0
        self.path, self.arguments, self.workingdirectory = task.command, task.arguments, task.directory
