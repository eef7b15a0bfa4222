"""Patterns of paths: `services.*.start_mode`; `*` is one name, `**` at the end everything from there on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

ONE, REST = "*", "**"


@dataclass(frozen=True)
class Pattern:
    """One pattern, and what is said of the paths it takes."""

    parts: tuple[str, ...]
    value: str = ""

    @classmethod
    def of(cls, text: str, value: str = "") -> Pattern:
        """From its text."""
        return cls(tuple(text.split(".")), value)

    def matches(self, path: tuple[str, ...]) -> bool:
        """Whether it takes this path, to its end."""
        parts = self.parts
        if parts[-1] == REST:
            parts = parts[:-1]
            return len(path) >= len(parts) and _agree(parts, path)
        return len(path) == len(parts) and _agree(parts, path)

    def reaches(self, path: tuple[str, ...]) -> bool:
        """Whether it takes this path, or one below it: what lies there could not be looked at either."""
        if self.parts[-1] == REST:
            return _agree(self.parts[:-1], path)
        return len(path) <= len(self.parts) and _agree(self.parts, path)


def _agree(parts: tuple[str, ...], path: tuple[str, ...]) -> bool:
    return all(part in (ONE, name) for part, name in zip(parts, path, strict=False))


def patterns(known: Mapping[str, str]) -> dict[str, tuple[Pattern, ...]]:
    """Patterns by their first part, so that few are tried for a path."""
    out: dict[str, tuple[Pattern, ...]] = {}
    for text, value in known.items():
        each = Pattern.of(text, value)
        out[each.parts[0]] = (*out.get(each.parts[0], ()), each)
    return out
