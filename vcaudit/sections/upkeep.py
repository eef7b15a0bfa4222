r"""What a machine needs to be ready for a failover besides VirtualCenter: room on its disks, and no restart pending.

Not in the note. The places are Windows' own: the servicing stack keeps RebootPending (2008 and later), Windows Update
RebootRequired, update.exe of Server 2003 a volatile key with flags, and the session manager the files that are replaced
at the next start, in pairs of names (MoveFileEx). A key that is not there is the usual answer: nothing is pending.
"""

from __future__ import annotations

from vcaudit.capture import Locations, Request
from vcaudit.collect.answer import Answer, KeyRead, Row, ValueRead
from vcaudit.sections.reading import listed, needed, number, only_row, query, root, where, whole
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import Disk, Restart

CIMV2 = r"root\cimv2"
DISKS = "disks"
SYSTEM_DRIVE = "system_drive"
SERVICING = "servicing"
WINDOWS_UPDATE = "windows_update"
UPDATE_EXE = "update_exe"
SESSION_MANAGER = "session_manager"

_CURRENT = r"SOFTWARE\Microsoft\Windows\CurrentVersion"
_KEYS = {
    SERVICING: rf"{_CURRENT}\Component Based Servicing\RebootPending",
    WINDOWS_UPDATE: rf"{_CURRENT}\WindowsUpdate\Auto Update\RebootRequired",
    UPDATE_EXE: r"SOFTWARE\Microsoft\Updates\UpdateExeVolatile",
    SESSION_MANAGER: r"SYSTEM\CurrentControlSet\Control\Session Manager",
}
_VALUES = {SERVICING: "^$", WINDOWS_UPDATE: "^$", UPDATE_EXE: "^Flags$",
           SESSION_MANAGER: "^PendingFileRenameOperations2?$"}  # fmt: skip


def requests(locations: Locations) -> tuple[Request, ...]:
    """Two classes, and of four keys the values that matter: there is much else below them."""
    return (
        query(DISKS, CIMV2, "Win32_LogicalDisk WHERE DriveType=3", "DeviceID,Size,FreeSpace"),
        query(SYSTEM_DRIVE, CIMV2, "Win32_OperatingSystem", "SystemDrive", everything=True),
        *(Request("key", probe, (key, _VALUES[probe])) for probe, key in _KEYS.items()),
    )


def disks(answer: Answer) -> tuple[Disk, ...] | Missing:
    """Every local disk; there is always one."""
    rows = listed(answer, DISKS)
    return rows if isinstance(rows, Missing) else whole([_disk(row) for row in rows])


def _disk(row: Row) -> Disk | Missing:
    name = needed(row, "DeviceID")
    if isinstance(name, Missing):
        return name
    return Disk(name=name.upper(), size=_bytes(row, "Size"), free=_bytes(row, "FreeSpace"))


def _bytes(row: Row, name: str) -> int | Missing:
    # a volume that is not formatted, or that another node holds, has neither
    found = number(row, name)
    return Missing(reason="not_found", detail=f"property {name} has no value") if found is None else found


def system_drive(answer: Answer) -> str | Missing:
    """`C:`"""
    found = needed(only_row(answer, SYSTEM_DRIVE), "SystemDrive")
    return found if isinstance(found, Missing) else found.rstrip("\\").upper()


def restarts(answer: Answer, built: str | Missing) -> tuple[Restart, ...] | Missing:
    """What is pending, or Missing as soon as one of the places could not be looked at: something may be pending there.

    `built`: x86 or x64, of Windows.
    """
    # A 32-bit shell on x64 is led to other keys: that it finds nothing there says nothing.
    misled = answer.bits == 32 and built != "x86"
    updates = [_misled(answer)] if misled else [
        _updating(answer, SERVICING), _updating(answer, WINDOWS_UPDATE), _flagged(answer)
    ]  # fmt: skip
    found = whole([*updates, _files(answer)])
    return found if isinstance(found, Missing) else tuple(one for places in found for one in places)


def _misled(answer: Answer) -> Missing:
    detail = "the shell is a 32-bit program: the 64-bit view was not looked at"
    return Missing(reason="unavailable", detail=detail, where=where(answer, "key", SERVICING))


def _updating(answer: Answer, probe: str) -> tuple[Restart, ...] | Missing:
    """That the key is there says it."""
    key = _key(answer, probe)
    if key is None or isinstance(key, Missing):
        return key or ()
    return (Restart(kind="update", place=_KEYS[probe]),)


def _flagged(answer: Answer) -> tuple[Restart, ...] | Missing:
    """The key may have been left behind: its flags decide."""
    key = _key(answer, UPDATE_EXE)
    if key is None or isinstance(key, Missing):
        return key or ()
    for value in key.values:
        if value.failure is not None:
            return value.failure
        if value.data not in (0, "", None):
            return (Restart(kind="update", place=rf"{_KEYS[UPDATE_EXE]}\{value.name}"),)
    return ()


def _key(answer: Answer, probe: str) -> KeyRead | None | Missing:
    return root(answer.key(probe), where(answer, "key", probe))


def _files(answer: Answer) -> tuple[Restart, ...] | Missing:
    key = _key(answer, SESSION_MANAGER)
    if key is None or isinstance(key, Missing):
        return key or ()
    found = whole([_pairs(value) for value in key.values])
    return found if isinstance(found, Missing) else tuple(one for one in found if one.files)


def _pairs(value: ValueRead) -> Restart | Missing:
    """Two names for each file, the second empty where the file is deleted; trailing empty items were taken off."""
    if value.failure is not None:
        return value.failure
    names = value.data if isinstance(value.data, tuple) else ()
    place = rf"{_KEYS[SESSION_MANAGER]}\{value.name}"
    return Restart(kind="files", place=place, files=(len(names) + 1) // 2)
