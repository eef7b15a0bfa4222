"""What would mend a failure, as data: a closed list of operations on named things, never the text of a command.

A results file comes from somewhere. Because it holds operations and names, whoever writes a script from it chooses the
commands and does the quoting; nothing in it can become a command of its own.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

Table1: TypeAlias = Literal["ssl", "vpxd.cfg", "licenses", "upgrade", "registry"]
"""What the nodes must hold alike, and is copied from the owner to the others."""


class RegistryEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One value as it has to become on the target of a copy."""

    key: str
    """Below HKEY_LOCAL_MACHINE."""
    name: str
    """Empty: the default value."""
    type: str | None
    """REG_SZ, REG_DWORD, …; None: the value is not on the owner, and goes."""
    data: tuple[str, ...] = ()
    """One text; of REG_MULTI_SZ all of them, a number in decimal, binary data in hex."""
    new: bool = False
    """The target has no such value yet."""


class Copy(msgspec.Struct, frozen=True, kw_only=True):
    """A copy from the node that holds the group to one that does not."""

    what: Table1
    source: str
    """The owner at the time of the scan."""
    target: str
    source_path: str
    """Of the folder or file, as that node calls it; of registry entries the key below HKEY_LOCAL_MACHINE."""
    target_path: str
    group: str
    """Whose owner `source` is: when it is no longer there, this copy would destroy what it should keep."""
    files: tuple[str, ...] = ()
    """Of the folder on the owner."""
    new: tuple[str, ...] = ()
    """Files that the target does not have yet."""
    absent: bool = False
    """The target does not have the folder or file at all: there is nothing to put back."""
    extra: tuple[str, ...] = ()
    """Files that the owner does not have."""
    lost: tuple[str, ...] = ()
    """Licences that the owner does not have: whoever copies takes them from the target."""
    entries: tuple[RegistryEntry, ...] = ()
    left: tuple[str, ...] = ()
    """Registry values that differ and cannot be copied: secrets, and what could not be read."""


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """One operation. Which fields it has depends on `do`; what a reader does not know is done by hand."""

    do: str
    """parameter, property, group_property, owner, dependencies, create, checkpoints, preferred_owners, online,
    online_group, start_mode, stop_service, resume, move or copy (docs/rules.md)."""
    on: str
    """Name of the resource, group, service or node; of a copy what is copied."""
    group: str | None = None
    """The group that a resource is in."""
    node: str | None = None
    """Where, or the node that is added, resumed or moved to."""
    name: str | None = None
    """Of a property or parameter."""
    value: str | int | None = None
    was: str | int | None = None
    """As observed, to undo it; None: not known, or nothing."""
    type: str | None = None
    """Of a resource that is created."""
    service: str | None = None
    """Of a Generic Service that is created."""
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    offline: bool = False
    """The resource must be offline for it, or it acts only after an offline and online."""
    copies: Copy | None = None
