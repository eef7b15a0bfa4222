"""The variables of one snapshot as CEL reads them: plain built-ins, each converted once.

A Missing field is a key that is left out. Text is escaped on the way in and restored on the way out, because the
library cuts text at NUL and has no lone surrogates; integers stay within 64 bits.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from vcaudit.snapshot.base import Fact, Missing

_ESCAPE = re.compile("[\x00\ue000\ud800-\udfff]")
_UNESCAPE = re.compile("\ue000([0-9a-f]{4})")
_INT64 = (1 << 63) - 1
SELF = "@"
"""Key under which a converted struct carries its number; no expression can name it."""


class Variables:
    """The variables of one snapshot, converted once."""

    def __init__(self, view: Fact) -> None:
        self.view = view
        self._facts: list[Fact] = []
        self._converted: list[dict[str, object]] = []
        self._fields: dict[tuple[str, str], object] = {}

    def root(self, name: str, fields: Iterable[str]) -> object:
        """One variable, with only the fields that are needed: CEL converts each variable whole per activation."""
        return self.part(name, getattr(self.view, name), fields)

    def part(self, name: str, value: object, fields: Iterable[str]) -> object:
        """The same of a value at hand, which is known under this name from then on."""
        if not isinstance(value, Fact) or "*" in fields:
            return self._field("", name, value)
        known = {field: getattr(value, field) for field in fields}
        return {f: self._field(name, f, v) for f, v in known.items() if not isinstance(v, Missing)}

    def _field(self, owner: str, name: str, value: object) -> object:
        if (owner, name) not in self._fields:
            self._fields[owner, name] = self.convert(value)
        return self._fields[owner, name]

    def convert(self, value: object) -> object:
        """Plain built-ins; a struct remembers which fact it was."""
        if isinstance(value, str):
            return escaped(value)
        if isinstance(value, bool) or value is None:
            return value
        if isinstance(value, int):
            return max(-_INT64 - 1, min(_INT64, value))
        if isinstance(value, Fact):
            out: dict[str, object] = {SELF: len(self._facts)}
            self._facts.append(value)
            self._converted.append(out)
            for name in value.__struct_fields__:
                field = getattr(value, name)
                if not isinstance(field, Missing):
                    out[name] = self.convert(field)
            return out
        if isinstance(value, tuple | list):
            return [self.convert(item) for item in value]
        return value

    def element(self, value: object) -> tuple[object, object]:
        """An element of a forEach list: the fact it came from (or the value itself) and what CEL is given for it."""
        if isinstance(value, dict) and isinstance(number := value.get(SELF), int):
            return self._facts[number], self._converted[number]
        return value, self.convert(value)


def escaped(text: str) -> str:
    """A text as CEL can take it, which is mostly as it is."""
    if text.isascii() and "\0" not in text:
        return text
    return _ESCAPE.sub(lambda match: f"\ue000{ord(match[0]):04x}", text)


def restored(value: object) -> object:
    """A text as it was before `escaped`; anything else as it is."""
    if isinstance(value, str):
        return _UNESCAPE.sub(lambda match: chr(int(match[1], 16)), value) if "\ue000" in value else value
    return value
