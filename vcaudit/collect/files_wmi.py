"""WMI's classes of Windows itself, as far as exports of the registry can stand in for them.

A property that they do not say is `not given`, never absent; a class is given only when all its instances are known.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from vcaudit.collect.hive import Hive

NOT_GIVEN = "not given"
"""The collector's word for what nobody handed over; becomes not_asked."""
NO_PROPERTY = "ManagementException 80041002: not found"

Value: TypeAlias = "str | tuple[str, ...] | Mapping[str, Value | Gap]"


@dataclass(frozen=True)
class Gap:
    """A property that is not known, and why, in the collector's words."""

    error: str = NOT_GIVEN


Row: TypeAlias = "dict[str, Value | Gap]"


class Tables(dict[tuple[str, str], list[Row]]):
    """The instances of classes, by namespace and class in lower case; a class that is not here is not known."""

    def put(self, namespace: str, name: str, rows: list[Row]) -> None:
        """All instances of a class."""
        self[namespace, name.lower()] = rows


CIMV2 = r"root\cimv2"
_QUERY = re.compile(r"\s*SELECT\s+[\w*,\s]+?\s+FROM\s+(\w+)(?:\s+WHERE\s+(\w+)\s*=\s*'((?:[^'\\]|\\.)*)')?\s*", re.I)
_NT = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion"
_SERVICES = r"SYSTEM\CurrentControlSet\Services"
_ENVIRONMENT = r"SYSTEM\CurrentControlSet\Control\Session Manager\Environment"
_COMPUTER = r"SYSTEM\CurrentControlSet\Control\ComputerName\ComputerName"
_SYSTEM_TYPES = {"x86": "X86-based PC", "amd64": "x64-based PC"}
_START = {0: "Boot", 1: "System", 2: "Auto", 3: "Manual", 4: "Disabled"}
_OWN_OR_SHARED = 0x30
"""Bits of a service's Type that set programs apart from drivers."""


def windows(out: Tables, hive: Hive) -> None:
    """The machine, Windows, and its services."""
    _windows(out, hive)
    _services(out, hive)
    if name := hive.text("Cluster", "ClusterName"):
        out.put(r"root\mscluster", "MSCluster_Cluster", [{"Name": name}])


def computer_name(hive: Hive) -> str:
    """As Windows has it; empty where nobody exported it."""
    return hive.text(_COMPUTER, "ComputerName")


def answer(found: Tables, hive: Hive, namespace: str, wql: str) -> list[Row] | None:
    """The instances that a query would find; None: nobody can say."""
    query = _QUERY.fullmatch(wql)
    if query is None:
        return None
    name, column, wanted = query[1].lower(), query[2], re.sub(r"\\(.)", r"\1", query[3] or "")
    if name == "win32_service" and (column or "").lower() == "name" and hive.source(rf"{_SERVICES}\{wanted}"):
        if hive.incomplete(rf"{_SERVICES}\{wanted}"):
            return None
        return [row for row in [_service(hive, rf"{_SERVICES}\{wanted}")] if row]
    rows = found.get((namespace.lower(), name))
    if rows is None or not column:
        return rows
    chosen: list[Row] = []
    for row in rows:
        cell = next((value for key, value in row.items() if key.lower() == column.lower()), Gap())
        if isinstance(cell, Gap):
            return None  # it may be one of them
        if isinstance(cell, str) and cell.lower() == wanted.lower():
            chosen.append(row)
    return chosen


def _windows(out: Tables, hive: Hive) -> None:
    built = hive.text(_ENVIRONMENT, "PROCESSOR_ARCHITECTURE").lower()
    row: Row = {}
    if name := computer_name(hive):
        row["Name"] = name
    if built in _SYSTEM_TYPES:
        row["SystemType"] = _SYSTEM_TYPES[built]
    if row:
        out.put(CIMV2, "Win32_ComputerSystem", [row])
    version, build = hive.text(_NT, "CurrentVersion"), hive.text(_NT, "CurrentBuildNumber")
    if version and build and not _cut(hive, _NT) and hive.value(_NT, "CurrentMajorVersionNumber") is None:
        # from Windows 10 on CurrentVersion is no longer the version
        pack = hive.text(_NT, "CSDVersion")
        number = re.search(r"\d+$", pack)
        row = {"Version": f"{version}.{build}", "ServicePackMajorVersion": number[0] if number else "0"}
        out.put(CIMV2, "Win32_OperatingSystem", [row if number or not pack else {"Version": row["Version"]}])


def _cut(hive: Hive, path: str) -> bool:
    """Whether a value of the key itself may be missing that was there."""
    return any(key.damaged for key in hive.walk(path) if key.path.lower() == path.lower())


def _services(out: Tables, hive: Hive) -> None:
    """All services, where all were exported."""
    if hive.source(_SERVICES) is None or not hive.subkeys(_SERVICES) or hive.incomplete(_SERVICES):
        return
    rows = [_service(hive, key.path) for key in sorted(hive.subkeys(_SERVICES), key=lambda key: key.path.lower())]
    out.put(CIMV2, "Win32_Service", [row for row in rows if row])


def _service(hive: Hive, path: str) -> Row | None:
    """What the service control manager keeps; drivers are no services."""
    kind, start = hive.number(path, "Type"), hive.number(path, "Start")
    image = hive.text(path, "ImagePath")
    if not image or kind is None or not kind & _OWN_OR_SHARED:
        return None
    display, account = hive.text(path, "DisplayName"), hive.text(path, "ObjectName")
    row: Row = {"Name": path.rpartition("\\")[2], "PathName": expand(hive, image)}
    if display and not display.startswith("@"):  # `@file,-number`: a text in a library
        row["DisplayName"] = display
    if start in _START:
        row["StartMode"] = _START[start]
    if account:
        row["StartName"] = account
    return row


def expand(hive: Hive, text: str) -> str:
    """A text with the variables that the exports know of; others stay as they are."""
    known = environment(hive)
    return re.sub(r"%([^%\\/]+)%", lambda found: known.get(found[1].lower(), found[0]), text)


def environment(hive: Hive) -> dict[str, str]:
    """Variables of the machine, by name in lower case."""
    folders = r"SOFTWARE\Microsoft\Windows\CurrentVersion"
    profiles = rf"{_NT}\ProfileList"
    known = {
        "systemroot": hive.text(_NT, "SystemRoot"),
        "programfiles": hive.text(folders, "ProgramFilesDir"),
        "programfiles(x86)": hive.text(folders, "ProgramFilesDir (x86)"),
    }
    known["systemdrive"] = known["systemroot"][:2]
    root, name = hive.text(profiles, "ProfilesDirectory"), hive.text(profiles, "AllUsersProfile")
    data = hive.text(profiles, "ProgramData")
    all_users = data or (f"{root}\\{name}" if root and name else "")
    known["allusersprofile"] = re.sub(
        r"%(\w+)%", lambda found: known.get(found[1].lower()) or found[0], all_users
    )  # fmt: skip
    return {name: value for name, value in known.items() if value and "%" not in value}
