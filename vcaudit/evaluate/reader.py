"""Typed reading of one YAML mapping: every mistake is noted with its line, and reading goes on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from vcaudit import yamlfile
from vcaudit.yamlfile import Document, Key

MOST_VALUES = 4000
"""Of one file, aliases written out."""
# In text as it is written, and as YAML lets it be written: what could hide in a terminal or turn a line around.
_MAY_HIDE = re.compile(rb"[^\x09\x0a\x0d\x20-\x7e]|\\[xuU0abefvNLP]")


def read_document(file: Path, content: str | bytes | None) -> Document:
    """One file of a pack. Texts that hold characters which do not show are refused: they would reach terminals."""
    document = yamlfile.load(file, content, nodes=MOST_VALUES)
    raw = content.encode("utf-8", "replace") if isinstance(content, str) else content
    if raw is None or _MAY_HIDE.search(raw):
        _hidden(document, document.value, ())
    return document


def _hidden(document: Document, value: object, path: tuple[Key, ...]) -> None:
    if isinstance(value, dict):
        for key, inner in value.items():
            _hidden(document, key, (*path, key))
            _hidden(document, inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            _hidden(document, inner, (*path, index))
    elif isinstance(value, str) and not all(char.isprintable() or char in "\n\t" for char in value):
        shown = next(char for char in value if not char.isprintable() and char not in "\n\t")
        document.add(path, f"holds a character that does not show (U+{ord(shown):04X})")


class Reader:
    """A mapping inside a document. What is wrong or lacking is noted and comes back as an empty value."""

    def __init__(self, document: Document, value: Any, path: tuple[Key, ...] = (), what: str = "a rule") -> None:
        self.document, self.path = document, path
        self.value: Mapping[str, Any] = value if isinstance(value, dict) else {}
        if not isinstance(value, dict):
            document.add(path, f"{what} is written as `key: value` lines")

    def problem(self, key: str | tuple[Key, ...], message: str) -> None:
        """Notes a mistake at a key, which is named in front."""
        path = (key,) if isinstance(key, str) else key
        name = ".".join(str(part) for part in path if isinstance(part, str))
        self.document.add((*self.path, *path), f"{name}: {message}" if name else message)

    def keys(self, allowed: Iterable[str], refused: Mapping[str, str] | None = None) -> None:
        """Notes every key that is none of the allowed ones; `refused` has its own sentence for some."""
        allowed = list(allowed)
        for key in self.value:
            if key not in allowed:
                unknown = f"unknown key{self.document.near(key, allowed)}; known are {', '.join(allowed)}"
                self.problem(key, (refused or {}).get(key) or unknown)

    def text(self, key: str, *, required: bool = False) -> str:
        """A text that is not blank."""
        value = self.value.get(key)
        if value is None:
            if required:
                self.lacking(key)
            return ""
        if not isinstance(value, str) or not value.strip():
            self.problem(key, "must be a text that is not empty")
            return ""
        return value.strip()

    def expression(self, key: str, *, required: bool = False) -> str:
        """An expression: a text, or the bare true, false or number that YAML reads as a value."""
        value = self.value.get(key)
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, int):
            return str(value)
        return self.text(key, required=required)

    def lacking(self, key: str) -> None:
        """Notes that a key is not there."""
        self.document.add(self.path, f"{key} is missing" + (f" in {self._name()}" if self.path else ""))

    def _name(self) -> str:
        """Of the mapping; an entry of a list is counted from 1, as people do."""
        last = self.path[-1]
        return f"{self.path[-2]}[{last + 1}]" if isinstance(last, int) and len(self.path) > 1 else str(last)

    def truth(self, key: str) -> bool:
        """true or false; false when not given."""
        value = self.value.get(key, False)
        if not isinstance(value, bool):
            self.problem(key, "must be true or false")
        return value is True

    def texts(self, key: str, *, required: bool = False) -> tuple[str, ...]:
        """A list of texts."""
        value = self.value.get(key)
        if value is None and required:
            self.lacking(key)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
            self.problem(key, "must be a list of texts")
            return ()
        if required and not value:
            self.problem(key, "must not be empty")
        return tuple(item.strip() for item in value)

    def choice(self, key: str, allowed: Sequence[str], default: str = "") -> str:
        """One of a few words; required unless there is a default."""
        value = self.value.get(key, default or None)
        if value is None:
            self.lacking(key)
        elif value not in allowed:
            self.problem(key, f"must be one of {', '.join(allowed)}{self.document.near(str(value), allowed)}")
        return value if value in allowed else default or allowed[0]

    def choices(self, key: str, allowed: Sequence[str]) -> frozenset[str]:
        """A list of such words."""
        given = self.texts(key)
        for index, item in enumerate(given):
            if item not in allowed:
                near = self.document.near(item, allowed)
                self.problem((key, index), f"{item} is none of {', '.join(allowed)}{near}")
        return frozenset(given) & frozenset(allowed)

    def inner(self, key: str) -> Reader | None:
        """A mapping below a key, or None when the key is not there."""
        if key not in self.value:
            return None
        if not isinstance(self.value[key], dict):
            self.problem(key, "is written as `key: value` lines")
            return None
        return Reader(self.document, self.value[key], (*self.path, key))

    def items(self, key: str) -> list[Reader]:
        """A list of mappings."""
        value = self.value.get(key)
        if value is None:
            return []
        if not isinstance(value, list):
            self.problem(key, "must be a list")
            return []
        return [Reader(self.document, item, (*self.path, key, index), f"an entry of {key}")
                for index, item in enumerate(value)]  # fmt: skip
