"""`collect:` of a pack.yaml: facts that a pack asks for itself, and the variable `extra` that its rules see them in.

Each of them becomes a list with one element a node, so that a node which told nothing leaves only its own element
unknown. The types are made from what the pack declares; from there on they are like those of `schema.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias, cast

import msgspec

from vcaudit.evaluate import askable
from vcaudit.evaluate.reader import Reader
from vcaudit.evaluate.shapes import Shape
from vcaudit.snapshot.base import Fact, Missing
from vcaudit.snapshot.facts.extra import Ask, ExtraRow, ExtraValue
from vcaudit.snapshot.model import NodeSnapshot

Type: TypeAlias = Literal["text", "number", "flag", "texts"]
TYPES: Final[Mapping[Type, Any]] = {"text": str, "number": int, "flag": bool, "texts": tuple[str, ...]}
KINDS: Final = ("registry", "wmi", "file")
KEYS: Final = {"registry": ("values",), "wmi": ("namespace", "where", "columns"), "file": ("read",)}
"""Kind → what is said beside it."""
READS: Final = {"version": "version", "hash": "hash", "lines": "text"}
"""Word in a pack → mode of the collector."""
MOST, MOST_FIELDS = 20, 30
"""Requests of a pack; values or columns of one."""
_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}\Z")
_RESERVED = frozenset({"node", "owner", "present", "rows", "true", "false", "null", "in", "as", "break", "const",
                       "continue", "else", "for", "function", "if", "import", "let", "loop", "package", "namespace",
                       "return", "var", "void", "while"})  # fmt: skip
_FILE: Final[Mapping[str, Type]] = {"size": "number", "modified": "text", "version": "text"}


@dataclass(frozen=True)
class Field:
    """A value or a column, as rules see it."""

    source: str
    """Name of the registry value, WMI property, or attribute of the file."""
    type: Type


@dataclass(frozen=True)
class Collected:
    """One entry of `collect`."""

    name: str
    ask: Ask
    fields: Mapping[str, Field]


@dataclass(frozen=True)
class Collect:
    """Everything a pack collects."""

    pack: str
    parts: tuple[Collected, ...]
    kind: type[Fact]
    """Type of the variable `extra`."""

    @property
    def asks(self) -> tuple[Ask, ...]:
        """What is to be asked of every node."""
        return tuple(part.ask for part in self.parts)

    @property
    def shape(self) -> Shape:
        """Of the variable `extra`."""
        return Shape("struct", struct=self.kind)


def read_collect(reader: Reader, pack: str) -> Collect | None:
    """`collect` of a pack.yaml; None when there is none, or nothing of it is right."""
    inner = reader.inner("collect")
    if inner is None:
        return None
    if len(inner.value) > MOST:
        reader.problem("collect", f"{len(inner.value)} requests, and {MOST} are the most")
        return None
    parts = [part for name in inner.value if (part := _part(inner, name)) is not None]
    return Collect(pack, tuple(parts), _variable(pack, parts)) if parts else None


def _part(inner: Reader, name: str) -> Collected | None:
    entry = inner.inner(name)
    if not _named(inner, name) or entry is None:
        return None
    kinds = [kind for kind in KINDS if kind in entry.value]
    if len(kinds) != 1:
        own = {*KINDS, *(key for keys in KEYS.values() for key in keys)}
        typos = {key: near for key in entry.value if key not in own and (near := entry.document.near(key, KINDS))}
        for key, near in typos.items() if not kinds else ():
            entry.problem(key, f"unknown key{near}")
        if kinds or not typos:
            entry.problem((), f"says one of {', '.join(KINDS)}")
        return None
    kind = kinds[0]
    entry.keys((kind, *KEYS[kind]))
    before = len(entry.document.problems)
    part = {"registry": _registry, "wmi": _wmi, "file": _file}[kind](entry, name)
    return part if len(entry.document.problems) == before else None


def _named(reader: Reader, name: str) -> bool:
    if _NAME.match(name) and name not in _RESERVED:
        return True
    why = "is a word of its own here: choose another" if name in _RESERVED else "is written in small letters, digits, _"
    reader.problem(name, why)
    return False


def _refuse(reader: Reader, key: str, problems: Iterable[str]) -> None:
    for problem in problems:
        reader.problem(key, problem)


def _registry(entry: Reader, name: str) -> Collected:
    key = entry.text("registry", required=True)
    _refuse(entry, "registry", askable.registry_problems(key) if key else ())
    fields = _fields(entry, "values", "value", ("text", "number", "texts"))
    for field in fields.values():
        _refuse(entry, "values", askable.value_problems(key, field.source))
    names = tuple(field.source for field in fields.values())
    return Collected(name, Ask(kind="registry", target=(key,), names=names), fields)


def _wmi(entry: Reader, name: str) -> Collected:
    cls = entry.text("wmi", required=True)
    namespace = entry.text("namespace") or r"root\cimv2"
    _refuse(entry, "wmi", askable.class_problems(namespace, cls) if cls else ())
    fields = _fields(entry, "columns", "property", tuple(TYPES))
    for field in fields.values():
        _refuse(entry, "columns", askable.property_problems(field.source))
    names = tuple(dict.fromkeys(field.source for field in fields.values()))
    return Collected(name, Ask(kind="wmi", target=(namespace, cls + _where(entry)), names=names), fields)


def _where(entry: Reader) -> str:
    r"""`where: {DriveType: 3}` as WQL; a text cannot leave its quotes."""
    inner = entry.inner("where")
    said = []
    for name, value in (inner.value if inner else {}).items():
        _refuse(entry, "where", askable.property_problems(name))
        if isinstance(value, bool):
            said.append(f"{name} = {str(value).upper()}")
        elif isinstance(value, int):
            said.append(f"{name} = {value}")
        elif isinstance(value, str) and value.isprintable() and "${" not in value and len(value) <= 200:
            quoted = value.replace("\\", "\\\\").replace("'", "\\'")
            said.append(f"{name} = '{quoted}'")
        else:
            entry.problem(("where", name), "must be a text, a whole number, true or false")
    return f" WHERE {' AND '.join(said)}" if said else ""


def _file(entry: Reader, name: str) -> Collected:
    path = entry.text("file", required=True)
    mode = READS[entry.choice("read", tuple(READS), "version")]
    _refuse(entry, "file", askable.file_problems(path, mode) if path else ())
    types: dict[str, Type] = {**_FILE}
    if mode != "version":
        types = {"size": "number", "modified": "text", "sha256": "text"}
    if mode == "text":
        types["lines"] = "texts"
    fields = {each: Field(each, kind) for each, kind in types.items()}
    return Collected(name, Ask(kind="file", target=(path, mode)), fields)


def _fields(entry: Reader, key: str, word: str, types: tuple[Type, ...]) -> dict[str, Field]:
    """`values: {name: {value: NAME, type: text}}`."""
    inner = entry.inner(key)
    if inner is None or not inner.value:
        entry.lacking(key)
        return {}
    if len(inner.value) > MOST_FIELDS:
        entry.problem(key, f"{len(inner.value)} of them, and {MOST_FIELDS} are the most")
        return {}
    out = {}
    for name in inner.value:
        each = inner.inner(name)
        if not _named(inner, name) or each is None:
            continue
        each.keys((word, "type"))
        source = each.value.get(word)
        # Only the default value of a key has no name.
        if not isinstance(source, str) or len(source) > 200 or not (source or word == "value"):
            each.problem(word, f"must be the name of the {word}, as a text")
        else:
            out[name] = Field(source, each.choice("type", types))  # type: ignore[arg-type]  # one of `types`
    return out


def _variable(pack: str, parts: Iterable[Collected]) -> type[Fact]:
    """The type of `extra`: a list for each part, an element a node."""
    return _struct(f"Extra of {pack}", [(part.name, tuple[_element(part), ...]) for part in parts])  # type: ignore[misc]


def _element(part: Collected) -> type[Fact]:
    fields = [(name, TYPES[field.type] | None | Missing) for name, field in part.fields.items()]
    about: list[tuple[str, Any]] = [("node", str), ("owner", bool | Missing)]
    if part.ask.kind == "wmi":
        row: Any = _struct(f"row of {part.name}", fields)
        return _struct(part.name, [*about, ("rows", tuple[row, ...] | Missing)])
    return _struct(part.name, [*about, ("present", bool | Missing), *fields])


def _struct(name: str, fields: list[tuple[str, Any]]) -> type[Fact]:
    made: Any = msgspec.defstruct(name, fields, bases=(Fact,), frozen=True, kw_only=True)
    return cast(type[Fact], made)


def fill(collect: Collect, nodes: Iterable[tuple[str, bool | Missing, NodeSnapshot]]) -> Fact:
    """The variable `extra`, of nodes under the names that the view gives them."""
    nodes = tuple(nodes)
    kinds = {name: shape.__args__[0] for name, shape in collect.kind.__annotations__.items()}
    lists = {part.name: tuple(_of_node(part, kinds[part.name], *node) for node in nodes) for part in collect.parts}
    return collect.kind(**lists)


def _of_node(part: Collected, kind: type[Fact], name: str, owner: bool | Missing, node: NodeSnapshot) -> Fact:
    rows = _found(part, name, node)
    if part.ask.kind == "wmi":
        row = kind.__annotations__["rows"].__args__[0].__args__[0]
        seen = rows if isinstance(rows, Missing) else tuple(row(**_values(part, each, name)) for each in rows)
        return kind(node=name, owner=owner, rows=seen)
    if isinstance(rows, Missing):
        return kind(node=name, owner=owner, present=rows, **dict.fromkeys(part.fields, rows))
    values = _values(part, rows[0], name) if rows else dict.fromkeys(part.fields)
    return kind(node=name, owner=owner, present=bool(rows), **values)


def _found(part: Collected, name: str, node: NodeSnapshot) -> tuple[ExtraRow, ...] | Missing:
    if isinstance(node.extra, Missing):
        return node.extra
    found = next((each for each in node.extra if each.ask.key == part.ask.key), None)
    if found is None:
        return _not_asked(part.name, name)
    return found.rows


def _not_asked(what: str, node: str) -> Missing:
    return Missing(
        reason="not_asked", where=f"{node} extra {what}",
        detail=f"this was not asked of {node} when the snapshot was taken: name the pack there, too (vcaudit collect "
               "--pack; for a kit or an import, vcaudit kit --pack and vcaudit import --pack)",
    )  # fmt: skip


def _values(part: Collected, row: ExtraRow, node: str) -> dict[str, Any]:
    cells = {cell.name.casefold(): cell.value for cell in row.cells}
    where = f"{node} {part.ask.kind} {part.name}"
    return {name: _typed(field, cells, where, part.ask.kind == "wmi") for name, field in part.fields.items()}


def _typed(field: Field, cells: Mapping[str, ExtraValue], where: str, wmi: bool) -> Any:
    """The value as what the pack declares it to be; Missing where it is something else."""
    key = field.source.casefold()
    if key not in cells:
        return _not_asked(field.source, where)
    value = cells[key]
    if value is None or isinstance(value, Missing):
        return value
    for typed in _as(field.type, value, wmi):
        return typed
    return Missing(reason="bad_output", detail=f"{field.source} is no {field.type}", where=where)


def _as(kind: Type, value: str | int | tuple[str, ...], wmi: bool) -> Iterator[str | int | tuple[str, ...]]:
    """The value, if it is of that type; WMI hands out its numbers and its flags as texts, and nothing else does."""
    text = str(value).strip()
    if kind == "texts" and isinstance(value, tuple | str):
        yield value if isinstance(value, tuple) else (value,)
    elif isinstance(value, tuple):
        return
    elif kind == "text" and isinstance(value, str):
        yield value
    elif kind == "number" and (wmi or isinstance(value, int)) and re.fullmatch(r"-?[0-9]{1,19}", text):
        yield int(text)
    elif kind == "flag" and wmi and text.lower() in ("true", "false"):
        yield text.lower() == "true"
