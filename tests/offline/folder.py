"""A node of the lab as somebody would bring it: exports of its registry, its files, and what cluster.exe lists."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from vcaudit.lab.merge import merge
from vcaudit.lab.node import Key, Node
from vcaudit.lab.regdata import Data
from vcaudit.lab.windows.clusterexe import listing

EXPORTS = {"software.reg": "SOFTWARE", "system.reg": "SYSTEM", "cluster.reg": "Cluster"}


def complete(name: str, description: Mapping[str, Any]) -> dict[str, Any]:
    """What every Windows has in its registry, and the scenarios leave out because nothing asks for it."""
    variables = description.get("environment", {})
    built = str(description["wmi"][r"root\cimv2"]["Win32_ComputerSystem"]["computer"]["SystemType"])
    system = description["wmi"][r"root\cimv2"]["Win32_OperatingSystem"]["os"]
    control = r"SYSTEM\CurrentControlSet\Control"
    version, _, build = str(system["Version"]).rpartition(".")
    profiles, _, all_users = str(variables["ALLUSERSPROFILE"]).rpartition("\\")
    folders = {"ProgramFilesDir": variables["ProgramFiles"]}
    if "ProgramFiles(x86)" in variables:
        folders["ProgramFilesDir (x86)"] = variables["ProgramFiles(x86)"]
    pack = str(system.get("CSDVersion") or "")
    return merge(dict(description), {"registry": {
        rf"{control}\ComputerName\ComputerName": {"ComputerName": name},
        rf"{control}\Session Manager\Environment": {
            "PROCESSOR_ARCHITECTURE": "x86" if built.upper().startswith("X86") else "AMD64",
        },
        r"SOFTWARE\Microsoft\Windows\CurrentVersion": folders,
        r"SOFTWARE\Microsoft\Windows NT\CurrentVersion": {
            "CurrentVersion": version, "CurrentBuildNumber": build, "SystemRoot": variables["SystemRoot"],
            **({"CSDVersion": pack} if pack else {}),
        },
        r"SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList": {
            "ProfilesDirectory": profiles, "AllUsersProfile": all_users,
        },
    }})  # fmt: skip


def export(folder: Path, name: str, description: Mapping[str, Any], *, listings: bool = True) -> Path:
    """Writes a folder for one node and returns it."""
    node = Node.from_description(name, dict(description))
    folder.mkdir(parents=True, exist_ok=True)
    for file, root in EXPORTS.items():
        key = node.key(root)
        if key is not None:
            (folder / file).write_bytes(to_reg(root, key))
    write_files(folder, node)
    if listings and "root\\mscluster" in node.wmi:
        (folder / "cluster.txt").write_bytes("\r\n".join(listed(node)).encode("cp850", "replace"))
    return folder


def write_files(folder: Path, node: Node) -> None:
    """The drives, as folders; programs with a version resource, as linkers write it."""
    for path in node.folders.values():
        on_disk(folder, path).mkdir(parents=True, exist_ok=True)
    for file in node.files.values():
        target = on_disk(folder, file.path)
        target.parent.mkdir(parents=True, exist_ok=True)
        # a build number beyond 16 bits stands in the resource's text only
        version = file.version if file.version and max(file.version) < 1 << 16 else None
        target.write_bytes(file.content + (fixed_info(version) if version else b""))
        os.utime(target, (file.modified.timestamp(), file.modified.timestamp()))


def on_disk(folder: Path, path: str) -> Path:
    drive, _, rest = path.partition(":")
    return folder.joinpath(drive.upper(), *rest.strip("\\").split("\\")) if rest.strip("\\") else folder / drive.upper()


def fixed_info(version: tuple[int, int, int, int]) -> bytes:
    """VS_FIXEDFILEINFO as far as its product version."""
    one, two, three, four = version
    return b"\0" * 8 + struct.pack("<IIII", 0xFEEF04BD, 0x10000, one << 16 | two, three << 16 | four) + b"\0" * 40


def listed(node: Node) -> Iterator[str]:
    """Everything that a batch file would have cluster.exe print."""
    for line in ("node", "group", "resource"):
        yield f"\r\nC:\\>cluster {line}"
        yield listing(node, line)[0]
    for row in node.wmi["root\\mscluster"].get("mscluster_resource", []):
        for what in ("/priv", "/listowners"):
            yield f'\r\nC:\\>cluster resource "{row["Name"]}" {what}'
            yield listing(node, f'resource "{row["Name"]}" {what}')[0]


def to_reg(root: str, key: Key, head: str = "Windows Registry Editor Version 5.00") -> bytes:
    """As regedit writes it: UTF-16LE with its mark, CRLF."""
    lines = [head, "", *_keys(f"HKEY_LOCAL_MACHINE\\{root}", key)]
    return b"\xff\xfe" + "\r\n".join([*lines, ""]).encode("utf-16-le", "surrogatepass")


def _keys(path: str, key: Key) -> Iterator[str]:
    yield f"[{path}]"
    for name, data in key.values.values():
        yield f"{quoted(name) if name else '@'}={_value(data)}"
    yield ""
    for below in key.keys.values():
        yield from _keys(f"{path}\\{below.name}", below)


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _value(data: Data) -> str:
    if data.type == 1 and len(data.raw) % 2 == 0 and data.raw.endswith(b"\0\0"):
        text = data.raw[:-2].decode("utf-16-le", "surrogatepass")
        if not any(char in text for char in "\0\r\n"):
            return quoted(text)
    if data.type == 4 and len(data.raw) == 4:
        return f"dword:{int.from_bytes(data.raw, 'little'):08x}"
    return _hex(f"hex({data.type:x}):" if data.type != 3 else "hex:", data.raw)


def _hex(head: str, raw: bytes) -> str:
    """Lines of at most 80 characters, continued by a backslash."""
    out, line = "", head
    for number, byte in enumerate(raw):
        line += f"{byte:02x}" + ("," if number < len(raw) - 1 else "")
        if len(line) > 74 and number < len(raw) - 1:
            out, line = f"{out}{line}\\\r\n", "  "
    return out + line
