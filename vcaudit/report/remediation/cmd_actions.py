"""Each action as commands of Windows Server 2003: cluster.exe, sc.exe, xcopy, copy and reg.exe.

Syntax: Microsoft's reference of cluster.exe for Server 2003 (`cluster resource`, `cluster group`, Property lists).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from vcaudit.report.remediation.commands import Commands, start_mode
from vcaudit.report.remediation.quote import Unquotable, cmd, inside, node, plain, property_name, share
from vcaudit.results import Action, Copy, RegistryEntry

WAIT: Final = "/wait:180"
"""Seconds that a resource may take; the pending timeout is 180 unless it was changed."""
STAMP: Final = "%VCAUDIT_STAMP%"
"""Date and time of the run."""
CHECK: Final = 'if not "%ERRORLEVEL%"=="0" goto stopped'
STORED: Final = 'if "%ERRORLEVEL%"=="5024" ver >nul'
"""Stored, and acts when the resource comes online the next time: a success that cluster.exe counts as an error."""
OWNER: Final = ("call :owner", 'if not "%ERRORLEVEL%"=="0" goto moved')
STOPPED: Final = '": 1  STOPPED"'
TRIES: Final = "for /l %%I in (1,1,60) do"
PAUSE: Final = "ping -n 4 127.0.0.1 >nul"
"""Three seconds; Server 2003 has no other command that waits."""
BACKSLASHES: Final = "\\\\"
FLOW: Final = frozenset((CHECK, STORED, *OWNER))
_MODES: Final = {"auto": "auto", "automatic": "auto", "disabled": "disabled", "manual": "demand"}


def take_offline(name: str) -> str:
    """A resource, with what depends on it."""
    return f"cluster res {cmd(name)} /offline {WAIT}"


def bring_online(name: str) -> str:
    """A resource, with what it depends on."""
    return f"cluster res {cmd(name)} /online {WAIT}"


def commands(action: Action) -> Commands:
    """Raises Unquotable."""
    if action.copies is not None:
        return _registry(action.copies) if action.copies.what == "registry" else _files(action.copies)
    return _WRITERS[action.do](action)


def _all(*lines: str) -> tuple[str, ...]:
    """Commands that must succeed."""
    return tuple(part for line in lines for part in (line, CHECK))


def _set(action: Action) -> Commands:
    of = "group" if action.do == "group_property" else "res"
    start = f"cluster {of} {cmd(action.on)} {'/priv' if action.do == 'parameter' else '/prop'}"
    name = property_name(action.name)
    line = f"{start} {name}={_value(action.value, action)}"
    undo = () if action.was in (None, action.value) else (f"{start} {name}={_value(action.was, action)}",)
    return Commands((line, *(() if action.offline else (STORED,)), CHECK), (start,), undo)


def _value(value: str | int | None, action: Action) -> str:
    if isinstance(value, int):
        return f"{value}:DWORD"
    if value is None:
        raise Unquotable("a value is not known")
    if action.do == "group_property" and "," in value:
        raise Unquotable("a class has a comma in its name, which cluster.exe takes for two")
    return cmd(value, name=False)


def _owner(action: Action) -> Commands:
    start, there = f"cluster res {cmd(action.on)}", cmd(node(action.node or ""))
    return Commands(_all(f"{start} /addowner:{there}"), (f"{start} /listowners",), (f"{start} /removeowner:{there}",))


def _dependencies(action: Action) -> Commands:
    return _exchanged(action, "dep", "/listdep")


def _exchanged(action: Action, what: str, listed: str) -> Commands:
    """Some taken off a list of a resource, others put on it; the undo goes the other way."""
    start = f"cluster res {cmd(action.on)}"

    def each(verb: str, names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(f"{start} /{verb}{what}:{cmd(name)}" for name in names)

    return Commands(
        _all(*each("remove", action.remove), *each("add", action.add)),
        (f"{start} {listed}",),
        (*each("remove", action.add), *each("add", action.remove)),
    )


def _create(action: Action) -> Commands:
    """Every node is a possible owner of a resource that nothing else was said of."""
    if action.type != "Generic Service":
        raise Unquotable("only generic services are created by a script")
    start = f"cluster res {cmd(action.on)}"
    service = f"{start} /priv ServiceName={cmd(action.service or '', name=False)} UseNetworkName=1:DWORD"
    return Commands(
        _all(f'{start} /create /group:{cmd(action.group or "")} /type:"Generic Service" /separate', service,
             *(f"{start} /adddep:{cmd(name)}" for name in action.add), f"{start} /online {WAIT}"),
        (start, f"{start} /priv", f"{start} /listdep"),
        (f"{start} /offline {WAIT}", f"{start} /delete"),
    )  # fmt: skip


def _checkpoints(action: Action) -> Commands:
    return _exchanged(action, "check", "/check")


def _preferred(action: Action) -> Commands:
    start = f"cluster group {cmd(action.on)}"
    before = ",".join(cmd(node(name)) for name in action.remove)
    return Commands(_all(f"{start} /setowners:"), (f"{start} /listowners",), (f"{start} /setowners:{before}",))


def _online(action: Action) -> Commands:
    start = f"cluster {'res' if action.do == 'online' else 'group'} {cmd(action.on)}"
    return Commands(_all(f"{start} /online {WAIT}"), (start,), ())


def _start_mode(action: Action) -> Commands:
    start, service = f"sc {cmd(BACKSLASHES + node(action.node or ''))}", cmd(action.on)
    was = _MODES.get(str(action.was).casefold())
    wanted = start_mode(action)
    undo = (f"{start} config {service} start= {was}",) if was else ()
    return Commands(_all(f"{start} config {service} start= {_MODES[wanted]}"), (f"{start} qc {service}",), undo)


def _stop(action: Action) -> Commands:
    """sc.exe comes back while the service still stops, and has its files open."""
    start, service = f"sc {cmd(BACKSLASHES + node(action.node or ''))}", cmd(action.on)
    stopped = f"{start} query {service} | find {STOPPED} >nul"
    return Commands(
        # It may have stopped since the scan, which sc.exe calls an error: what counts is whether it has.
        (*OWNER, f"{start} stop {service}", f"{TRIES} {stopped} || {PAUSE}", *_all(stopped)),
        (f"{start} query {service}",),
        (),
    )


def _resume(action: Action) -> Commands:
    start = f"cluster node {cmd(node(action.node or ''))}"
    return Commands(_all(f"{start} /resume"), (start,), (f"{start} /pause",))


def _move(action: Action) -> Commands:
    start = f"cluster group {cmd(action.on)}"
    back = (f"{start} /moveto:{cmd(node(str(action.was)))} {WAIT}",) if action.was else ()
    return Commands(_all(f"{start} /moveto:{cmd(node(action.node or ''))} {WAIT}"), (start,), back)


_WRITERS: Final[Mapping[str, Callable[[Action], Commands]]] = {
    "parameter": _set, "property": _set, "group_property": _set, "owner": _owner, "dependencies": _dependencies,
    "create": _create, "checkpoints": _checkpoints, "preferred_owners": _preferred, "online": _online,
    "online_group": _online, "start_mode": _start_mode, "stop_service": _stop, "resume": _resume, "move": _move,
}  # fmt: skip


def _files(copy: Copy) -> Commands:
    """Backup, owner, copy, in this order: nothing is overwritten that was not put aside."""
    source, target = share(copy.source, copy.source_path), share(copy.target, copy.target_path)
    backup = f"{target}.before-"
    here, there, aside = cmd(source), cmd(target), cmd(backup)[:-1] + f'{STAMP}"'
    if copy.what == "vpxd.cfg":
        return Commands(
            (
                *OWNER, f"if not exist {here} goto stopped", f"if exist {aside} goto stopped",
                f"if exist {there} copy /b {there} {aside} >nul", CHECK, *OWNER,
                *_all(f"copy /y /b {here} {there} >nul", f"fc /b {here} {there} >nul"),
            ),
            (f"fc /b {here} {there}",),
            (f"del /f /q {there}",) if copy.absent else (f"copy /y /b {aside} {there}",),
        )  # fmt: skip
    return _folder(copy, source, target, aside)


def _folder(copy: Copy, source: str, target: str, aside: str) -> Commands:
    here, there = cmd(source), cmd(target)
    extra = [cmd(f"{target}\\{inside(name)}") for name in copy.extra]
    new = [cmd(f"{target}\\{inside(name)}") for name in copy.new]
    compared = [
        f"fc /b {cmd(f'{source}{chr(92)}{inside(name)}')} {cmd(f'{target}{chr(92)}{inside(name)}')}"
        for name in copy.files
    ]
    return Commands(
        (
            *OWNER, f"if not exist {here} goto stopped", f"if exist {aside} goto stopped",
            f"if exist {there} xcopy {there} {aside} /E /I /H /K /O /R /Y >nul", CHECK, *OWNER,
            *_all(f"xcopy {here} {there} /E /I /H /K /R /Y >nul", *(f"{line} >nul" for line in compared)),
            *(line for name in extra for line in (f"del /f /q {name}", f"if exist {name} goto stopped")),
        ),
        (f"dir /s {here}", f"dir /s {there}", *compared),
        (
            *(() if copy.absent else (f"xcopy {aside} {there} /E /I /H /K /R /Y",)),
            *(f"del /f /q {name}" for name in new),
        ),
    )  # fmt: skip


def _registry(copy: Copy) -> Commands:
    """Value by value; the backup is a copy of the whole key beside it."""
    start = _hive(copy.target)
    key = cmd(start + _key(copy.target_path))
    aside = cmd(f"{start}{_key(copy.target_path)} before ")[:-1] + f'{STAMP}"'
    undo = tuple(_delete(start, entry) for entry in copy.entries if entry.new)
    return Commands(
        (
            *OWNER, f"reg query {aside} >nul 2>nul", 'if "%ERRORLEVEL%"=="0" goto stopped',
            *_all(f"reg copy {key} {aside} /s /f >nul"), *OWNER,
            *_all(*(_delete(start, entry) if entry.type is None else _add(start, entry) for entry in copy.entries)),
        ),
        (f"reg query {cmd(_hive(copy.source) + _key(copy.source_path))} /s", f"reg query {key} /s"),
        (f"reg copy {aside} {key} /s /f", *undo),
    )  # fmt: skip


def _hive(computer: str) -> str:
    return f"{BACKSLASHES}{node(computer)}\\HKLM\\"


def _key(path: str) -> str:
    if not path or any(part == "" for part in path.split("\\")):
        raise Unquotable("a registry key has no name")
    return plain(path)


def _name(entry: RegistryEntry) -> str:
    return f"/v {cmd(entry.name)}" if entry.name else "/ve"


def _delete(start: str, entry: RegistryEntry) -> str:
    return f"reg delete {cmd(start + _key(entry.key))} {_name(entry)} /f"


def _add(start: str, entry: RegistryEntry) -> str:
    if entry.type in ("REG_SZ", "REG_EXPAND_SZ", "REG_DWORD", "REG_BINARY"):
        data = "".join(entry.data)
    elif entry.type == "REG_MULTI_SZ":
        if any("\\0" in text or not text for text in entry.data):
            raise Unquotable("a list in the registry holds what reg.exe takes for its separator")
        data = "\\0".join(entry.data)
    else:
        raise Unquotable(f"reg.exe of Server 2003 does not write {entry.type} everywhere")
    return f"reg add {cmd(start + _key(entry.key))} {_name(entry)} /t {entry.type} /d {cmd(data, name=False)} /f"
