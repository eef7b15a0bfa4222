"""What rule packs asked for besides what every scan asks: registry values, WMI instances, files."""

from __future__ import annotations

from typing import Literal, TypeAlias

from vcaudit.snapshot.base import Fact, Missing

ExtraValue: TypeAlias = str | int | tuple[str, ...] | None | Missing
"""None: looked, and absent."""


class Ask(Fact, frozen=True, kw_only=True):
    """One thing to ask of every node."""

    kind: Literal["registry", "wmi", "file"]
    target: tuple[str, ...]
    r"""registry: a key below HKEY_LOCAL_MACHINE; wmi: a namespace, and a class with its conditions (WQL behind FROM);
    file: a path, and `version`, `hash` or `text`."""
    names: tuple[str, ...] = ()
    r"""registry: values, one of a key below as `Key\Value`, empty for the default one; wmi: properties; file: none."""

    @property
    def key(self) -> tuple[str, ...]:
        """The same for asks that one request serves."""
        return (self.kind, *self.target)


class ExtraCell(Fact, frozen=True, kw_only=True):
    """One value, property, or attribute of a file."""

    name: str
    """As in `Ask.names`; of a file: size, modified, sha256, version, lines."""
    value: ExtraValue


class ExtraRow(Fact, frozen=True, kw_only=True):
    """A key, an instance, a file."""

    cells: tuple[ExtraCell, ...]


class ExtraFact(Fact, frozen=True, kw_only=True):
    """What was found."""

    ask: Ask
    rows: tuple[ExtraRow, ...] | Missing
    """One for a key or a file that is there, none for one that is not; any number of instances."""
