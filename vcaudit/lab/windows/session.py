"""One run of a script on a node: the node, what was written, and a clock that only moves when something takes time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from vcaudit.lab.node import Node

HANGS_MS = 600_000
"""What has no time limit of its own is answered after this long."""


class Races(NamedTuple):
    """What is deleted between two reads: `key|value` or a key, in lower case."""

    kinds: frozenset[str] = frozenset()
    """Gone before GetValueKind."""
    values: frozenset[str] = frozenset()
    """Gone between GetValueKind and GetValue."""
    keys: frozenset[str] = frozenset()
    """Deleted while open."""


@dataclass
class Session:
    """State of one run."""

    node: Node
    stdout: bytearray = field(default_factory=bytearray)
    clock: float = 0.0
    """Milliseconds since the script began."""
    races: Races = field(default_factory=Races)
    key_ms: float = 0.0
    """How long it takes to open a registry key."""
    fips: bool = False
    """The policy that forbids SHA256Managed."""
    open_files: int = 0
    """Files that were opened and not closed again."""
    started: list[str] = field(default_factory=list)
    """Command lines of cluster.exe, without the program."""
    running: int = 0
    """Programs that were started and have not ended."""
    provider_loaded: bool = False
    """System.Core, which has the SHA-256 that the policy allows."""

    def spend(self, milliseconds: float) -> None:
        """Let time pass."""
        self.clock += milliseconds

    def hang(self, *names: str) -> None:
        """Let a long time pass if one of these names hangs; what has no time limit answers in the end."""
        if any(name.lower() in self.node.hanging for name in names):
            self.spend(HANGS_MS)

    def code_of(self, *names: str) -> int | None:
        """The error code with which one of these names is broken."""
        return next((self.node.broken[name.lower()] for name in names if name.lower() in self.node.broken), None)

    def denies(self, *names: str) -> bool:
        """Whether one of these names may not be read."""
        return any(name.lower() in self.node.denied for name in names)

    @property
    def modern(self) -> bool:
        """Whether the script runs on .NET 4 (PowerShell 3 and later) instead of .NET 2."""
        return int(self.node.powershell.split(".")[0]) >= 3


def with_parents(path: str) -> list[str]:
    """A path and everything above it: who may not enter a folder or key may not enter what is in it."""
    parts = path.split("\\")
    return ["\\".join(parts[:count]) for count in range(len(parts), 0, -1)]
