"""docs/facts.md: everything a rule can see, from the types themselves. A test holds the file to it."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import NamedTuple

from vcaudit.drift.aspects import ASPECTS
from vcaudit.evaluate import askable, collect, placeholders, schema, shapes
from vcaudit.evaluate.functions import ARITHMETIC, BOOLEAN_OPERATORS, ORDER, RESULTS
from vcaudit.evaluate.projections import PROJECTIONS
from vcaudit.evaluate.shapes import Shape
from vcaudit.snapshot.base import Fact

_HEAD = """# What a rule can see

Written from the code by `make docs`. [Writing a rule](rules.md) says how expressions use it.

Of each field: its type; whether it may be `null` (*looked, and absent*: ask with `== null`); whether it may be unknown
(*could not be looked at*: the result becomes unknown by itself, no rule has to do anything). A list is given whole or
not at all. Texts in quotes are the only ones a field can be; a comparison with another one is refused.

A rule also has `params` (its own parameters), `each` (an element of its `forEach`), and `extra` where its pack
[collects](packs.md#facts-of-your-own) facts of its own.
"""
_FROM = re.compile(r"\n\s*\nFrom: (.*)\Z", re.DOTALL)


class Described(NamedTuple):
    """A type, as its docstring has it."""

    what: str
    source: str
    """Where it comes from."""
    fields: Mapping[str, str]
    """Name → what it is."""


def facts() -> str:
    """The whole document."""
    parts = [_HEAD, *_variables()]
    for kind, paths in _reached().items():
        parts += _section(kind, paths)
    return "\n".join([*parts, *_compared(), *_functions(), *_texts(), *_askable()]).rstrip() + "\n"


@cache
def described(kind: type[Fact]) -> Described:
    """What the source of a type says of it and of its fields."""
    tree = ast.parse(inspect.getsource(import_module(kind.__module__)))
    own = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == kind.__name__)
    fields: dict[str, str] = {}
    for node, after in zip(own.body, [*own.body[1:], None], strict=True):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            text = after.value.value if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) else ""
            fields[node.target.id] = " ".join(str(text).split())
    doc = ast.get_docstring(own) or ""
    found = _FROM.search(doc)
    source = " ".join(found[1].split()) if found else ""
    return Described(" ".join(_FROM.sub("", doc).split()), source, fields)


def _reached() -> dict[type[Fact], list[str]]:
    """Every type but that of the variables, and all places where an expression finds it."""
    out: dict[type[Fact], list[str]] = {}
    ahead: list[tuple[str, type[Fact]]] = [("", schema.RuleView)]
    while ahead:
        place, kind = ahead.pop(0)
        for name, shape in shapes.fields(kind).items():
            inner = shape.item if shape.item is not None else shape
            if inner.struct is None:
                continue
            path = f"{place}{name}" + ("[…]" if shape.item is not None else "")
            out.setdefault(inner.struct, []).append(path)
            ahead.append((f"{path}.", inner.struct))
    return out


def _variables() -> Iterator[str]:
    yield "## Variables\n"
    yield from _table(schema.RuleView)


def _section(kind: type[Fact], paths: Iterable[str]) -> Iterator[str]:
    known = described(kind)
    yield f"\n## {kind.__name__}\n"
    yield f"{known.what}\n"
    yield f"- found at: {', '.join(f'`{path}`' for path in paths)}"
    yield f"- comes from: {known.source}\n"
    yield from _table(kind)


def _table(kind: type[Fact]) -> Iterator[str]:
    yield "| field | type | null | unknown | what |\n|---|---|---|---|---|"
    known = described(kind).fields
    for name, shape in shapes.fields(kind).items():
        null, missing = ("yes" if flag else "" for flag in (shape.nullable, shape.missing))
        yield f"| `{name}` | {_type(shape)} | {null} | {missing} | {_cell(known.get(name, ''))} |"


def _type(shape: Shape) -> str:
    if shape.struct is not None:
        name = shape.struct.__name__
        return f"[{name}](#{name.lower()})"
    if shape.item is not None:
        return f"list of {_type(shape.item)}"
    if shape.choices:
        return ", ".join(f'`"{choice}"`' for choice in shape.choices)
    return {"string": "text", "int": "number", "double": "number", "bool": "true or false"}[shape.kind]


def _cell(text: str) -> str:
    return re.sub(r"\bNone\b", "null", text).replace("|", "\\|").replace("<", "&lt;")


def _compared() -> Iterator[str]:
    yield "\n## What `kind: identical` compares\n"
    yield "`path` of a rule; see [the same on every node](rules.md#what-must-be-the-same-on-every-node).\n"
    yield from _rows(("path", "what"), ((f"`{name}`", _doc(each)) for name, each in PROJECTIONS.items()))
    yield "\n## What `kind: unchanged` compares\n"
    yield "`path` of a rule: what is held against the approved snapshot (`--baseline`).\n"
    yield from _rows(("path", "what"), ((f"`{name}`", _cell(each.title)) for name, each in ASPECTS.items()))


def _doc(each: object) -> str:
    return _cell(" ".join((inspect.getdoc(each) or "").split()))


def _rows(head: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    head = list(head)
    yield f"| {' | '.join(head)} |\n|{'---|' * len(head)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)


def _functions() -> Iterator[str]:
    named = sorted(name for name in RESULTS if name.isidentifier())
    signs = [name.strip("_") for name in (*ORDER, *ARITHMETIC, *BOOLEAN_OPERATORS) if "@" not in name]
    yield "\n## Functions of expressions\n"
    yield f"Operators: {', '.join(f'`{sign}`' for sign in sorted({*signs, '==', '!=', 'in', '?:', '[ ]'}))}\n"
    yield f"Functions: {', '.join(f'`{name}`' for name in named)}\n"
    yield "Over lists: `all`, `exists`, `exists_one`, `filter`, `map`; and `cel.bind` gives a value a name.\n"
    yield "Nothing else exists: no function reads a file, a clock or the network.\n"


def _texts() -> Iterator[str]:
    names = (*placeholders.NAMES, "params.NAME", "each.FIELD")
    yield "## Placeholders of texts\n"
    yield ", ".join(f"`{{{name}}}`" for name in names) + "\n"


def _askable() -> Iterator[str]:
    yield "## What a pack may ask of a node\n"
    yield "In `collect`, see [facts of your own](packs.md#facts-of-your-own).\n"
    for namespace, classes in askable.CLASSES.items():
        yield f"- WMI classes of `{namespace}`: {', '.join(f'`{name}`' for name in classes)}"
    yield (f"- registry keys below `SOFTWARE`, `SYSTEM\\CurrentControlSet\\Control` and "
           f"`SYSTEM\\CurrentControlSet\\Services`, types {', '.join(collect.TYPES)}")  # fmt: skip
    yield f"- size, date and version of any file; its hash where it ends in {', '.join(sorted(askable.HASHED))}"
    yield f"- the lines of {', '.join(f'`{path}`' for path in askable.TEXTS)}"


if __name__ == "__main__":
    print(facts(), end="")
