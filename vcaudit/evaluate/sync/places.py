r"""Whose a path in a command is: a node's own, another node's share, a virtual server's, or somebody else's."""

from __future__ import annotations

import ntpath
import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from vcaudit.evaluate.hosts import Hosts
from vcaudit.evaluate.known import first_missing, same, unless_missing
from vcaudit.evaluate.nodes import Node
from vcaudit.evaluate.roles import Roles
from vcaudit.evaluate.sync.letters import HIDDEN
from vcaudit.snapshot.base import Missing

_UNC = re.compile(r"[\\/]{2}([^\\/?.][^\\/]*)[\\/]+([^\\/]+)(.*)$", re.DOTALL)
_DRIVE = re.compile(r"(?:[\\/]{2}[?.][\\/])?([A-Za-z]):[\\/](.*)$", re.DOTALL)
_OPEN = re.compile(r"%[^%]+%|![^!]+!|%%?\w|\*\*\*|[*?]")
"""What is left of a variable that nobody knows, or of something withheld."""


Kind = Literal["node", "virtual", "license", "stray", "hidden", "elsewhere"]
"""`virtual`: where the VirtualCenter group is; `license`: where the license server's own group is (design G); `stray`:
another virtual server of the cluster, which may be on any node; `hidden`: any share behind a drive letter."""


@dataclass(frozen=True)
class End:
    """Source or target of a copy."""

    kind: Kind
    node: str
    """Of kind `node`; of a virtual server its name or address."""
    share: str
    """Empty: a local path, which stands in `path` whole."""
    path: str

    def about(self, requirement: str) -> End:
        """As it counts for one thing of Table 1: only license files follow the license server."""
        if self.kind != "license":
            return self
        return replace(self, kind="virtual" if requirement == "F1" else "stray")

    def held(self, node: Node) -> End:
        """With a virtual server on this node."""
        return replace(self, kind="node", node=node.name) if self.kind in {"virtual", "stray"} else self


@dataclass(frozen=True)
class Around:
    """What tells whose a path is: who is called what, and which groups are VirtualCenter's."""

    hosts: Hosts
    roles: Roles

    def find(self, host: str, on: str) -> tuple[Kind, str] | Missing:
        """Whose `host` is, as node `on` understands it, and the name of it."""
        found = self.hosts.find(host, on)
        if isinstance(found, Missing):
            return found
        if found.kind == "other":
            return "elsewhere", ""
        kind = self._server(found.group) if found.kind == "virtual" else "node"
        return kind if isinstance(kind, Missing) else (kind, found.name or "")

    def _server(self, group: str | None | Missing) -> Kind | Missing:
        """Which virtual server it is: by the group it moves with."""
        for kind, home in self._homes:
            gap = first_missing(group, home)
            if gap is not None:
                return gap
            if same(unless_missing(group), unless_missing(home)):
                return kind
        return "stray"

    @property
    def _homes(self) -> tuple[tuple[Kind, str | None | Missing], ...]:
        return ("virtual", self.roles.group), ("license", self.roles.license_group)


def variables(node: Node) -> dict[str, str] | Missing:
    """What is known of a machine's environment, by upper-case name; its own name is not among it."""
    found = node.facts.synchronization
    listed = found if isinstance(found, Missing) else found.variables
    if isinstance(listed, Missing):
        return listed
    out = {one.name.upper(): one.value for one in listed}
    root = out.get("SYSTEMROOT")
    if root:
        shell = rf"{root}\system32\cmd.exe"
        out = {**out, "WINDIR": root, "SYSTEMDRIVE": root[:2], "HOMEDRIVE": root[:2], "COMSPEC": shell}
    shared = out.get("ALLUSERSPROFILE", "")
    if shared.casefold().endswith("programdata"):
        out["PROGRAMDATA"] = shared
    return out


def end(path: str, on: Node, around: Around) -> End | str | Missing:
    """Whose `path` is when a command on a node names it; a text says why nobody can tell."""
    unc = _UNC.match(path.strip())
    if path.startswith(HIDDEN):
        return End("hidden", "", "", path.removeprefix(HIDDEN))
    if _OPEN.search(unc[1] + unc[2] + unc[3] if unc else path):
        return f"the path {path}"
    if unc:
        where = around.find(unc[1], on.name)
        return where if isinstance(where, Missing) else End(*where, unc[2], unc[3])
    drive = _DRIVE.match(path.strip())
    if drive is None:
        return f"the path {path}"
    return End("node", on.name, "", rf"{drive[1]}:\{drive[2]}")


def local(place: End, node: Node) -> str | None | Missing:
    """The path of an end on a node's own disks, in canonical form; None: it has no such share.

    `C$` and `ADMIN$` are shares like others: whoever switches them off ends the copies that need them.
    """
    if not place.share:
        return canonical(place.path)
    found = node.facts.synchronization
    shares = found if isinstance(found, Missing) else found.shares
    if isinstance(shares, Missing):
        return shares
    shared = next((one.path for one in shares if same(one.name, place.share)), None)
    return None if shared is None else canonical(rf"{shared}\{place.path}")


@lru_cache(maxsize=4096)  # the same few paths are asked about again and again
def canonical(path: str) -> str:
    """A local path as it compares: one case, one kind of slash."""
    clean = re.sub(r"[\\/]+", r"\\", path.replace('"', "")).rstrip("\\ .")
    return ntpath.normpath(clean).casefold() if clean else clean


_OLD_NAMES = (
    r"\documents and settings\all users\application data", r"\documents and settings\all users",
    r"\programdata\application data", r"\users\all users",
)  # fmt: skip


def _renamed(path: str) -> str:
    """Windows 2008 and later lead the folders of earlier versions to ProgramData; on those nothing is called so."""
    for old in _OLD_NAMES:
        if path[1:2] == ":" and f"{path[2:]}\\".startswith(f"{old}\\"):
            return path[:2] + r"\programdata" + path[2 + len(old) :]
    return path


@lru_cache(maxsize=4096)
def below(path: str, folder: str) -> str | None:
    """What stands behind a folder in a path, empty for the folder itself; None: the path lies elsewhere.

    A short name (`PROGRA~1`) stands for every name that may have it.
    """
    found = _below(path, folder)
    return _below(_renamed(path), _renamed(folder)) if found is None else found


def _below(path: str, folder: str) -> str | None:
    parts, wanted = path.split("\\"), folder.split("\\")
    if len(parts) < len(wanted) or not all(_alike(one, other) for one, other in zip(parts, wanted, strict=False)):
        return None
    return "\\".join(parts[len(wanted) :])


def ending(path: str, tail: str) -> tuple[str, ...]:
    """The folders above a canonical path, and itself, that end in another; all of them where that is empty."""
    parts, wanted = path.split("\\"), [part for part in tail.split("\\") if part]
    lengths = range(max(1, len(wanted)), len(parts) + 1)
    return tuple("\\".join(parts[:n]) for n in lengths if all(map(_alike, parts[n - len(wanted) : n], wanted)))


def equal(one: str, other: str) -> bool:
    """Whether two canonical paths are the same one, short names allowed for."""
    return below(one, other) == ""


def _alike(one: str, other: str) -> bool:
    if one == other:
        return True
    for long, short in ((one, other), (other, one)):
        found = re.fullmatch(r"([^~]{1,6})~\d(\..{1,3})?", short)
        if found and re.sub(r"[ .]", "", long.rpartition(".")[0] if found[2] else long).startswith(found[1]):
            return True
    return False
