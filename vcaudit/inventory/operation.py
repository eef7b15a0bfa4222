"""Probes and drills in the inventory: what their keys say beyond the shape of each."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias

from vcaudit.yamlfile import Document, Key

Table: TypeAlias = Mapping[str, Any]
At: TypeAlias = tuple[Key, ...]

MOST_PORTS: Final = 8
"""Of one role: a probe is a handful of connections, never a scan of ports."""
_WILD: Final = frozenset("*?[")


def check_operation(document: Document, cluster: Table, at: At, folder: Path) -> None:
    """Notes in `document` what is wrong with `probe` and `drills` of one cluster."""
    probe: Table = cluster.get("probe", {})
    for name, ports in probe.get("ports", {}).items():
        here = (*at, "probe", "ports", name)
        # An item of the wrong shape was complained about, and is gone from `ports`.
        if not ports and not any(each[:-1] == here for each in document.lines):
            document.add(here, f"{name} names no port: leave it out for the usual ones")
        elif len(ports) > MOST_PORTS:
            document.add(here, f"{name} names {len(ports)} ports, and {MOST_PORTS} are the most that are tried")
    for door, way in probe.get("through", {}).items():
        for text in (door, way):
            port = text.rpartition(":")[2]
            if port.isascii() and port.isdigit() and not 0 < int(port) < 65536:
                document.add((*at, "probe", "through", door), f"{text}: a port is a number from 1 to 65535")
    for index, name in enumerate(_named(cluster)):
        here = (*at, "drills", index) if isinstance(cluster["drills"], list) else (*at, "drills")
        path = _place(name, folder)
        if not (path.is_file() or path.is_dir()):
            document.add(here, f"drills: there is no file or folder {path}")


def drill_files(cluster: Table, folder: Path) -> list[Path]:
    """The files that `drills` names, each once: files themselves, the .json files of folders, what patterns match."""
    found: dict[Path, None] = {}
    for name in _named(cluster):
        path = folder / Path(name).expanduser()
        if path.is_dir():
            files = sorted(path.glob("*.json"))
        else:
            files = sorted(path.parent.glob(path.name)) if _WILD & set(path.name) else [path]
        found |= dict.fromkeys(files)
    return list(found)


def _named(cluster: Table) -> list[str]:
    drills = cluster.get("drills", [])
    return [drills] if isinstance(drills, str) else list(drills)


def _place(name: str, folder: Path) -> Path:
    """What must be there: the file or folder, for a pattern the folder it is about. A pattern may match nothing yet."""
    path = folder / Path(name).expanduser()
    return path.parent if _WILD & set(path.name) and not path.exists() else path
