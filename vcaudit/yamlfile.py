"""The one YAML reader: PyYAML's C parser, plain values out, and every mistake of a file at once with its line.

YAML 1.1 reads `no` as false, `22:30` as 1350 and `010` as 8. Where people write by hand, such text is a mistake that is
named; in lab scenarios (`lenient`), which hold data as Windows has it, it stays the text that was written.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from vcaudit.errors import DataError, Problem

Key: TypeAlias = str | int
Value: TypeAlias = "None | bool | int | float | str | list[Value] | dict[str, Value]"

SIZE_LIMIT = 8 << 20
"""Bytes of one file."""
DEPTH_LIMIT = 100
"""Levels of nesting."""
NODE_LIMIT = 200_000
"""Values of one file with aliases written out: more is a bomb."""

SECRET_KEY = re.compile(r"pass(word|wd|phrase)?\Z|pwd\Z|secret\Z", re.IGNORECASE)
"""Keys whose values no message may repeat."""

_TAG = "tag:yaml.org,2002:"
_STR = _TAG + "str"
_INT = re.compile(r"[-+]?(0|[1-9][0-9]{0,29})\Z|0x[0-9a-fA-F]{1,16}\Z")
_FLOAT = re.compile(r"[-+]?[0-9]{1,30}\.[0-9]*([eE][-+]?[0-9]{1,2})?\Z|[-+]?\.[0-9]+\Z")
_TRUTH = {"true": True, "false": False}
_READS_AS = {
    "bool": "YAML reads it as true or false: write true or false, or put it in quotes",
    "int": "YAML reads it as another number (octal, base 60, …): write it in decimal, or put it in quotes",
    "float": "YAML reads it as another number (base 60, infinity, …): write it in decimal, or put it in quotes",
    "timestamp": "YAML reads it as a date: put it in quotes",
}
# The C parser recurses; a text that could nest this deep is counted by its events first, because a crash is no message.
_MAYBE_DEEP = re.compile(r"^[ \t?:-]{500}", re.MULTILINE)
_MANY_BRACKETS = 3000


_HELPED = 50
_LONGEST_WORD = 100


@dataclass
class Document:
    """One file: its value as plain Python, where everything stands, and what is wrong with it so far."""

    path: str
    value: Value = None
    problems: list[Problem] = field(default_factory=list)
    lines: dict[tuple[Key, ...], int] = field(default_factory=dict)
    """1-based line of every mapping key and list item, by path."""
    value_lines: dict[tuple[Key, ...], int] = field(default_factory=dict)
    """1-based line where the value begins (for a block text: the line of its `|`), by path."""

    def line(self, path: Iterable[Key] = ()) -> int:
        """Line of a key or list item, or of the nearest thing around it."""
        return _nearest(self.lines, tuple(path))

    def value_line(self, path: Iterable[Key] = ()) -> int:
        """Line where a value begins, or the nearest thing around it."""
        return _nearest(self.value_lines, tuple(path))

    def add(self, path: Iterable[Key], message: str) -> None:
        """Notes a mistake at a path."""
        self.problems.append(Problem(self.path, self.line(path), message))

    def near(self, word: str, allowed: Iterable[str]) -> str:
        """As `suggest`, for the first mistakes of a file: a file of thousands of them is none that somebody wrote."""
        return suggest(word, allowed) if len(self.problems) < _HELPED else ""

    def raise_if_any(self, error: type[DataError], *, hint: str = "") -> None:
        """Raises all mistakes of the file in the order of its lines."""
        if self.problems:
            raise error(sorted(set(self.problems), key=lambda p: (p.line, p.message)), hint=hint)


def load(
    path: Path | str, text: str | bytes | None = None, *, lenient: bool = False, nodes: int = NODE_LIMIT,
    dates: bool = False,
) -> Document:  # fmt: skip
    """Reads a file (or `text`, which is then called `path`). Never raises: what is wrong stands in `problems`.

    `nodes`: how many values it may hold. `dates`: a day that is not in quotes is the text that was written.
    """
    document = Document(str(path))
    content = _content(document, text)
    if content is not None and not _too_deep(document, content):
        _compose(document, content, lenient, nodes, dates)
    return document


def suggest(word: str, allowed: Iterable[str]) -> str:
    """` (did you mean x?)`, or nothing when nothing is near."""
    if len(word) > _LONGEST_WORD:
        return ""
    written = {name.lower(): name for name in allowed}
    near = difflib.get_close_matches(word.lower(), written, n=1, cutoff=0.6)
    return f" (did you mean {written[near[0]]}?)" if near else ""


def _nearest(lines: dict[tuple[Key, ...], int], path: tuple[Key, ...]) -> int:
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 0)


def _content(document: Document, given: str | bytes | None) -> str | None:
    """The text of the file, or None with the reason noted."""
    if isinstance(given, str):
        return given
    try:
        if given is None:
            with Path(document.path).open("rb") as file:
                given = file.read(SIZE_LIMIT + 1)
    except (OSError, ValueError) as error:
        document.add((), f"cannot be read: {getattr(error, 'strerror', None) or error}")
        return None
    if len(given) > SIZE_LIMIT:
        document.add((), f"is larger than {SIZE_LIMIT >> 20} MB")
        return None
    try:
        # Editors of Windows write both kinds of byte order mark.
        return given.decode("utf-16" if given[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = given[: error.start].count(b"\n") + 1
        document.problems.append(Problem(document.path, line, "is not UTF-8 text: save the file as UTF-8"))
        return None


def _too_deep(document: Document, text: str) -> bool:
    if text.count("[") + text.count("{") < _MANY_BRACKETS and not _MAYBE_DEEP.search(text):
        return False
    return _nested_too_deep(document, text)


def _nested_too_deep(document: Document, text: str) -> bool:
    """As it is written, aliases not followed; notes where."""
    depth = 0
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > DEPTH_LIMIT:
                _add_at(document, event.start_mark, f"is nested deeper than {DEPTH_LIMIT} levels")
                return True
    except yaml.YAMLError:
        return False  # the composer meets the same error at the same depth and says it
    return False


def _compose(document: Document, text: str, lenient: bool, nodes: int, dates: bool) -> None:
    loader = None
    try:
        loader = yaml.CSafeLoader(text)
        root = loader.get_single_node()
        if root is not None:
            document.value = _Builder(document, lenient, nodes, dates).build(root, (), 0)
    except yaml.YAMLError as error:
        _syntax(document, text, error)
    except UnicodeEncodeError:
        document.add((), "holds characters that are not text")
    except _Bomb as bomb:
        problem, depth = bomb.args
        if depth <= DEPTH_LIMIT or not _nested_too_deep(document, text):
            document.problems.append(problem)
    finally:
        if loader is not None:
            loader.dispose()


def _syntax(document: Document, text: str, error: yaml.YAMLError) -> None:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        if "another document" in str(error.problem):
            message = "a second YAML document begins here (---): one file holds one document"
        elif "maximum nesting depth" in str(error.problem):  # newer parsers count for themselves
            message = f"is nested deeper than {DEPTH_LIMIT} levels"
        else:
            message = f"is not YAML: {error.problem}" + (f" ({error.context})" if error.context else "")
        if "unknown escape" in message:
            message += ": write Windows paths in 'single quotes' or without quotes"
        _add_at(document, error.problem_mark, message)
        return
    position = getattr(error, "position", None)
    if isinstance(position, int):
        line = text.encode()[:position].count(b"\n") + 1  # the C reader counts bytes
        document.problems.append(Problem(document.path, line, "is not YAML: holds a control character"))
        return
    document.add((), f"is not YAML: {error}")


def _add_at(document: Document, mark: Any, message: str) -> None:
    document.problems.append(Problem(document.path, mark.line + 1, message))


class _Bomb(Exception):
    """Stops reading: aliases that grow without end. Its arguments: the Problem, and how deep it was met."""


class _Builder:
    """Turns composed nodes into plain values and notes where each stands."""

    def __init__(self, document: Document, lenient: bool, most: int, dates: bool) -> None:
        self.document, self.lenient, self.most, self.dates = document, lenient, most, dates
        self.nodes = 0

    def build(self, node: yaml.Node, path: tuple[Key, ...], depth: int) -> Value:
        document = self.document
        line = node.start_mark.line + 1
        document.lines.setdefault(path, line)
        document.value_lines[path] = line
        self.nodes += 1
        if node.tag == _STR and isinstance(node, yaml.ScalarNode):
            return str(node.value)  # nearly all there is; what holds it keeps to the limits
        if depth > DEPTH_LIMIT or self.nodes > self.most:
            few = self.most < NODE_LIMIT and depth <= DEPTH_LIMIT
            what = (f"holds more than {self.most} values (what an alias, *name, stands for is counted each time)" if few
                    else "grows without end: aliases (*name) stand for too much")  # fmt: skip
            raise _Bomb(Problem(document.path, line, what), depth)
        if isinstance(node, yaml.ScalarNode):
            return self.scalar(node, path)
        if node.tag not in (_TAG + "map", _TAG + "seq"):
            _add_at(document, node.start_mark, f"the tag {node.tag} is not read here: leave it out")
        if isinstance(node, yaml.SequenceNode):
            return [self.build(item, (*path, index), depth + 1) for index, item in enumerate(node.value)]
        return self.mapping(node, path, depth)

    def mapping(self, node: yaml.Node, path: tuple[Key, ...], depth: int) -> Value:
        """Keys are the text that was written, whatever YAML would make of it."""
        out: dict[str, Value] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                _add_at(self.document, key_node.start_mark, "a key must be plain text")
                continue
            key = str(key_node.value)
            if key_node.tag == _TAG + "merge":
                _add_at(self.document, key_node.start_mark, "merge keys (<<) are not read here: write the keys out")
                continue
            inner = (*path, key)
            if key in out:
                first = self.document.lines[inner]
                _add_at(self.document, key_node.start_mark, f"{key} is given twice (first in line {first})")
                continue
            self.document.lines[inner] = key_node.start_mark.line + 1
            out[key] = self.build(value_node, inner, depth + 1)
        return out

    def scalar(self, node: yaml.ScalarNode, path: tuple[Key, ...]) -> Value:
        text = str(node.value)
        kind = node.tag.removeprefix(_TAG)
        if kind == "str":
            return text
        if node.style or kind not in (*_READS_AS, "null", "merge", "value"):
            _add_at(self.document, node.start_mark, f"the tag {node.tag} is not read here: leave it out")
            return text
        if kind == "null":
            return None
        if kind == "bool" and text.lower() in _TRUTH:
            return _TRUTH[text.lower()]
        if kind == "int" and _INT.match(text):
            return int(text, 0) if text.startswith("0x") else int(text)
        if kind == "float" and _FLOAT.match(text):
            return float(text)
        if not self.lenient and kind in _READS_AS and not (self.dates and kind == "timestamp"):
            shown = "the value" if path and SECRET_KEY.match(str(path[-1])) else f"`{text[:40]}`"
            _add_at(self.document, node.start_mark, f"{shown} is not what it looks like: {_READS_AS[kind]}")
        return text


def dump(value: object) -> str:
    """`value` (plain Python) as YAML that `load` reads back; texts of several lines as blocks."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)


class _Dumper(yaml.CSafeDumper):
    """Writes several lines as a block, and no aliases: files are read by people."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar(_TAG + "str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)
