"""Each action as commands of Windows PowerShell 2.0 with the module FailoverClusters (Server 2008 R2 and later).

Resources and groups are picked by comparing their names, because `-Name` of many cmdlets takes patterns. What the
module cannot do goes through cluster.exe; files and registry through .NET, which takes paths as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from vcaudit.report.remediation.commands import Commands, start_mode
from vcaudit.report.remediation.quote import Unquotable, inside, node, plain, property_name, ps, share
from vcaudit.results import Action, Copy, RegistryEntry

_MODES: Final = {"auto": "Automatic", "automatic": "Automatic", "disabled": "Disabled", "manual": "Manual"}
_KINDS: Final = {"REG_SZ": "String", "REG_EXPAND_SZ": "ExpandString", "REG_DWORD": "DWord", "REG_QWORD": "QWord",
                 "REG_MULTI_SZ": "MultiString", "REG_BINARY": "Binary"}  # fmt: skip
_RUN: Final = "if ($LASTEXITCODE -ne 0) { throw 'cluster.exe failed' }"


def commands(action: Action) -> Commands:
    """Raises Unquotable."""
    if action.copies is not None:
        return _registry(action.copies) if action.copies.what == "registry" else _files(action.copies)
    return _WRITERS[action.do](action)


def resource(name: str) -> str:
    """The one resource of this name."""
    return f"(Get-OneResource {ps(name)})"


def take_offline(name: str) -> str:
    """A resource, with what depends on it."""
    return f"[void](Stop-ClusterResource -InputObject {resource(name)})"


def bring_online(name: str) -> str:
    """A resource, with what it depends on."""
    return f"[void](Start-ClusterResource -InputObject {resource(name)})"


def group(name: str) -> str:
    """The one group of this name."""
    return f"(Get-OneGroup {ps(name)})"


def _value(value: str | int | None) -> str:
    if value is None:
        raise Unquotable("a value is not known")
    return str(value) if isinstance(value, int) else ps(value)


def _parameter(action: Action) -> Commands:
    found = resource(action.on)
    start = f"Set-ClusterParameter -InputObject {found} -Name {property_name(action.name)} -Value "
    undo = () if action.was in (None, action.value) else (start + _value(action.was),)
    return Commands((start + _value(action.value),), (f"Get-ClusterParameter -InputObject {found}",), undo)


def _property(action: Action) -> Commands:
    of = group if action.do == "group_property" else resource
    found = f"{of(action.on)}.{property_name(action.name)}"
    undo = () if action.was in (None, action.value) else (f"{found} = {_value(action.was)}",)
    return Commands((f"{found} = {_value(action.value)}",), (found,), undo)


def _group_property(action: Action) -> Commands:
    found = f"{group(action.on)}.{property_name(action.name)}"
    if isinstance(action.value, int):
        return _property(action)
    if action.name != "AntiAffinityClassNames":
        raise Unquotable("of a group's properties only numbers and the anti-affinity class are set by a script")
    undo = () if action.was in (None, action.value) else (*_classes(str(action.was)), f"{found} = $Classes")
    return Commands((*_classes(str(action.value)), f"{found} = $Classes"), (found,), undo)


def _classes(value: str) -> tuple[str, ...]:
    made = "$Classes = New-Object System.Collections.Specialized.StringCollection"
    return (made, f"[void]$Classes.Add({ps(value)})") if value else (made,)


def _owner(action: Action) -> Commands:
    found, there = resource(action.on), ps(node(action.node or ""))
    owners = f"@(Get-OwnerName {found})"
    start = f"Set-ClusterOwnerNode -InputObject {found} -Owners "
    return Commands(
        (f"{start}({owners} + {there})",),
        (f"Get-ClusterOwnerNode -InputObject {found}",),
        (f"{start}@({owners} | Where-Object {{ $_ -ne {there} }})",),
    )


def _dependencies(action: Action) -> Commands:
    found = resource(action.on)

    def each(verb: str, names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(f"{verb}-ClusterResourceDependency -InputObject {found} -Provider {ps(name)}" for name in names)

    return Commands(
        (*each("Remove", action.remove), *each("Add", action.add)),
        (f"Get-ClusterResourceDependency -InputObject {found}",),
        (*each("Remove", action.add), *each("Add", action.remove)),
    )


def _create(action: Action) -> Commands:
    if action.type != "Generic Service":
        raise Unquotable("only generic services are created by a script")
    found = resource(action.on)
    made = f"Add-ClusterResource -Name {ps(action.on)} -Group {ps(action.group or '')} -ResourceType 'Generic Service'"
    return Commands(
        (
            f"[void]({made} -SeparateMonitor)",
            f"Set-ClusterParameter -InputObject {found} -Name ServiceName -Value {ps(action.service or '')}",
            f"Set-ClusterParameter -InputObject {found} -Name UseNetworkName -Value 1",
            *(f"Add-ClusterResourceDependency -InputObject {found} -Provider {ps(name)}" for name in action.add),
            f"[void](Start-ClusterResource -InputObject {found})",
        ),
        (found, f"Get-ClusterParameter -InputObject {found}"),
        (f"[void](Stop-ClusterResource -InputObject {found})", f"Remove-ClusterResource -InputObject {found} -Force"),
    )


def _checkpoints(action: Action) -> Commands:
    found = resource(action.on)

    def change(removed: tuple[str, ...], added: tuple[str, ...]) -> tuple[str, ...]:
        return (
            *(
                f"Remove-ClusterCheckpoint -InputObject {found} -RegistryCheckpoint -CheckpointName {ps(key)} -Force"
                for key in removed
            ),
            *(f"[void](Add-ClusterCheckpoint -InputObject {found} -RegistryCheckpoint {ps(key)})" for key in added),
        )

    return Commands(change(action.remove, action.add),
                    (f"Get-ClusterCheckpoint -InputObject {found} -RegistryCheckpoint",),
                    change(action.add, action.remove))  # fmt: skip


def _preferred(action: Action) -> Commands:
    found = group(action.on)
    if '"' in action.on or action.on.endswith("\\"):
        raise Unquotable("a name holds what PowerShell cannot pass on to cluster.exe")
    before = ", ".join(ps(node(name)) for name in action.remove)
    return Commands((f"& cluster.exe group {ps(action.on)} '/setowners:'", _RUN),
                    (f"Get-ClusterOwnerNode -InputObject {found}",),
                    (f"Set-ClusterOwnerNode -InputObject {found} -Owners @({before})",))  # fmt: skip


def _online(action: Action) -> Commands:
    if action.do == "online":
        found = resource(action.on)
        return Commands((f"[void](Start-ClusterResource -InputObject {found})",), (found,), ())
    found = group(action.on)
    return Commands((f"[void](Start-ClusterGroup -InputObject {found})",), (found,), ())


def _service(action: Action) -> str:
    return f"(Get-OneService {ps(node(action.node or ''))} {ps(action.on)})"


def _start_mode(action: Action) -> Commands:
    computer = ps(node(action.node or ""))
    start = f"Set-Service -ComputerName {computer} -Name {ps(action.on)} -StartupType "
    was = _MODES.get(str(action.was).casefold())
    wanted = _MODES[start_mode(action)]
    return Commands((start + wanted,), (f"Get-StartMode {computer} {ps(action.on)}",), (start + was,) if was else ())


def _stop(action: Action) -> Commands:
    return Commands(("Confirm-Owner", f"Stop-Service -InputObject {_service(action)}"), (_service(action),), ())


def _resume(action: Action) -> Commands:
    found = f"(Get-OneNode {ps(node(action.node or ''))})"
    return Commands((f"[void](Resume-ClusterNode -InputObject {found})",), (found,),
                    (f"[void](Suspend-ClusterNode -InputObject {found})",))  # fmt: skip


def _move(action: Action) -> Commands:
    found = group(action.on)
    start = f"[void](Move-ClusterGroup -InputObject {found} -Node "
    back = (f"{start}{ps(node(str(action.was)))})",) if action.was else ()
    return Commands((f"{start}{ps(node(action.node or ''))})",), (found,), back)


_WRITERS: Final[Mapping[str, Callable[[Action], Commands]]] = {
    "parameter": _parameter, "property": _property, "group_property": _group_property, "owner": _owner,
    "dependencies": _dependencies, "create": _create, "checkpoints": _checkpoints, "preferred_owners": _preferred,
    "online": _online, "online_group": _online, "start_mode": _start_mode, "stop_service": _stop, "resume": _resume,
    "move": _move,
}  # fmt: skip


def _files(copy: Copy) -> Commands:
    here, there = share(copy.source, copy.source_path), share(copy.target, copy.target_path)
    aside = f"({ps(there + '.before-')} + $Stamp)"
    check = f"Compare-Content {ps(here)} {ps(there)}"
    if copy.what == "vpxd.cfg":
        back = f"Delete({ps(there)})" if copy.absent else f"Copy({aside}, {ps(there)}, $true)"
        return Commands((f"Copy-OneFile {ps(here)} {ps(there)} {aside}",), (check,), (f"[System.IO.File]::{back}",))
    extra = tuple(f"[System.IO.File]::Delete({ps(f'{there}{chr(92)}{inside(name)}')})" for name in copy.extra)
    new = tuple(f"[System.IO.File]::Delete({ps(f'{there}{chr(92)}{inside(name)}')})" for name in copy.new)
    return Commands((f"Copy-OneFolder {ps(here)} {ps(there)} {aside}", *extra), (check,),
                    (*(() if copy.absent else (f"Copy-Tree {aside} {ps(there)}",)), *new))  # fmt: skip


def _registry(copy: Copy) -> Commands:
    """Value by value; the backup is a copy of the whole key beside it."""
    there = ps(node(copy.target))
    key = _key(copy.target_path)
    aside = f"({ps(key + ' before ')} + $Stamp)"
    do = tuple(_delete(there, entry) if entry.type is None else _set(there, entry) for entry in copy.entries)
    undo = tuple(_delete(there, entry) for entry in copy.entries if entry.new)
    return Commands(
        (f"Backup-Key {there} {ps(key)} {aside}", "Confirm-Owner", *do),
        (f"Show-Key {ps(node(copy.source))} {ps(_key(copy.source_path))}", f"Show-Key {there} {ps(key)}"),
        (f"Restore-Key {there} {ps(key)} {aside}", *undo),
    )


def _key(path: str) -> str:
    if not path or any(part == "" for part in path.split("\\")):
        raise Unquotable("a registry key has no name")
    return plain(path)


def _delete(there: str, entry: RegistryEntry) -> str:
    return f"(Open-Key {there} {ps(_key(entry.key))} $true).DeleteValue({ps(entry.name)}, $false)"


def _set(there: str, entry: RegistryEntry) -> str:
    kind = _KINDS.get(entry.type or "")
    if kind is None:
        raise Unquotable(f"a value of type {ps(entry.type or '')} is not copied by a script")
    return (f"(Open-OrMakeKey {there} {ps(_key(entry.key))}).SetValue({ps(entry.name)}, {_data(kind, entry)}, "
            f"[Microsoft.Win32.RegistryValueKind]::{kind})")  # fmt: skip


def _data(kind: str, entry: RegistryEntry) -> str:
    one = "".join(entry.data)
    if kind == "MultiString":
        return f"[string[]]@({', '.join(map(ps, entry.data))})"
    if kind in ("String", "ExpandString"):
        return ps(one)
    try:
        if kind == "Binary":
            return f"[byte[]]@({', '.join(str(byte) for byte in bytes.fromhex(one))})"
        number, top = int(one), 1 << (32 if kind == "DWord" else 64)
        if not 0 <= number < top:
            raise ValueError
    except ValueError:
        raise Unquotable("a number in the registry is none") from None
    # .NET wants it signed.
    return f"[{'int' if kind == 'DWord' else 'long'}]{number - top if number >= top // 2 else number}"
