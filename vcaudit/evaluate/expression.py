"""Expressions of rules in CEL: the only module that knows the library.

A value goes in as plain built-ins, a Missing field as a key that is left out; touching it makes CEL answer an error,
which comes back as a Failure. Text is escaped on the way in and restored on the way out, because the library cuts
text at NUL and has no lone surrogates.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from vcaudit.evaluate import growth, shapes
from vcaudit.evaluate.check import Scope, check
from vcaudit.evaluate.shapes import Shape
from vcaudit.evaluate.syntax import Const, Ident, Node, Select, read
from vcaudit.evaluate.undeclared import explained
from vcaudit.evaluate.variables import SELF, restored
from vcaudit.snapshot.base import Fact, Missing

_PATH = re.compile(r"[a-z_]+(\.[a-z_]+)*\Z")
_TEXT = re.compile(r'"([A-Za-z0-9 .,:()-]*)"\Z')
_ERROR = re.compile(r"ERROR: <input>:(\d+):(\d+): (.*)")
_KEY = re.compile(r'Key not found in map : "(.*)"')


_KEPT = 1 << 15
_KNOWN: dict[tuple[str, tuple[tuple[str, Shape], ...]], Expression] = {}
"""Expressions that were compiled before, each with what its scope had of its own."""


LONGEST = 2000
"""Characters of one expression."""


class ExpressionError(ValueError):
    """Why an expression is refused, every reason."""

    def __init__(self, reasons: Iterable[str]) -> None:
        self.reasons = tuple(reasons)
        super().__init__("; ".join(self.reasons))


@dataclass(frozen=True)
class Failure:
    """CEL answered an error."""

    text: str
    key: str | None
    """The key that was not there."""


@dataclass(frozen=True)
class Expression:
    """An expression that passed every check that needs no values."""

    text: str
    tree: Node
    shape: Shape
    names: frozenset[str]
    """Variables it names, `each` and `params` among them."""
    selected: frozenset[tuple[type[Fact], str]]
    """Fields it selects, each with its struct."""
    top: Mapping[str, frozenset[str]]
    """Variable → fields selected directly on it; `*`: used whole."""

    @cached_property
    def program(self) -> Any:
        return _compile(self.text)

    @cached_property
    def path(self) -> tuple[str, ...]:
        """`each`, `name` of `each.name`; empty for everything that is more than a path."""
        names: list[str] = []
        node = self.tree
        while isinstance(node, Select) and not node.test:
            names.append(node.field)
            node = node.operand
        return (node.name, *reversed(names)) if isinstance(node, Ident) else ()

    def evaluate(self, activation: Activation) -> object | Failure:
        """The value, as plain built-ins, or why there is none."""
        if isinstance(self.tree, Const):
            return self.tree.value
        # Most expressions are paths, and a path that leads to a value needs no CEL. All else is CEL's to say.
        if self.path and (found := _follow(self.path, activation.data)) is not _NOWHERE:
            return found
        try:
            value = self.program.eval(activation.cel)
        except (RuntimeError, ValueError) as error:  # more elements than it goes through in one evaluation
            return _failure(str(error))
        if value.type() == _library().Type.ERROR:
            return _failure(str(value.value()))
        return _plain(value)


def compile(text: str, scope: Scope) -> Expression:
    """Parses and checks an expression; raises ExpressionError with every reason against it."""
    # Rules of one pack say `each.name` over the same list again and again.
    key = (text, scope.key)
    found = _KNOWN.get(key)
    if found is None:
        if len(_KNOWN) >= _KEPT:
            _KNOWN.clear()
        found = _KNOWN[key] = _checked(text, scope)
    return found


def _checked(text: str, scope: Scope) -> Expression:
    if len(text) > LONGEST:
        raise ExpressionError([f"is longer than {LONGEST} characters"])
    tree = _simple(text) or _parsed(text)
    if len(text) > growth.SHORT and growth.too_much(tree):
        raise ExpressionError([f"could make texts of more than {growth.MOST:,} characters"])
    checked = check(tree, scope)
    if checked.problems:
        raise ExpressionError(checked.problems)
    top = {name: frozenset(fields) for name, fields in checked.top.items()}
    return Expression(text, tree, checked.shape, frozenset(checked.names), frozenset(checked.selected), top)


@dataclass(frozen=True)
class Activation:
    """What the expressions of one rule on one element are evaluated over; conversion is shared between them."""

    data: Mapping[str, object]

    @cached_property
    def cel(self) -> Any:
        return _environment().Activation(dict(self.data))


def activation(data: Mapping[str, object]) -> Activation:
    """The variables, converted already."""
    return Activation(data)


_NOWHERE = object()


def _follow(path: tuple[str, ...], data: Mapping[str, object]) -> object:
    """What a path leads to, or _NOWHERE."""
    value: object = data
    for name in path:
        if not isinstance(value, Mapping) or name not in value:
            return _NOWHERE
        value = value[name]
    return _found(value)


def _found(value: object) -> object:
    """As CEL would give it back: a struct is the number it carries."""
    if isinstance(value, list):
        return [_found(item) for item in value]
    if isinstance(value, dict):
        return {SELF: value[SELF]} if SELF in value else {key: _found(item) for key, item in value.items()}
    return restored(value)


def missing_in(value: object, selected: frozenset[tuple[type[Fact], str]]) -> Iterator[tuple[str, Missing]]:
    """Every Missing that lies where an expression selects, with the name of its field."""
    if isinstance(value, tuple | list):
        for item in value:
            yield from missing_in(item, selected)
    elif isinstance(value, Fact):
        kind = type(value)
        for name in value.__struct_fields__:
            if (kind, name) in selected:
                field = getattr(value, name)
                if isinstance(field, Missing):
                    yield name, field
                else:
                    yield from missing_in(field, selected)


def _simple(text: str) -> Node | None:
    """Tree of a path, a plain text, true or false: most expressions are, and need no parser to be checked."""
    if text in ("true", "false"):
        return Const(text == "true")
    if match := _TEXT.match(text):
        return Const(match[1])
    if text in ("null", "in") or not _PATH.match(text):
        return None
    first, *rest = text.split(".")
    node: Node = Ident(first)
    for name in rest:
        node = Select(node, name)
    return node


def _parsed(text: str) -> Node:
    try:
        return read(_compile(text).serialize())
    except (RuntimeError, TypeError, UnicodeError) as error:
        found = _ERROR.findall(str(error)) or [("1", "1", "holds characters that are no text, or is nested too deep")]
        raise ExpressionError(explained(text, [(column, reason) for _, column, reason in found])) from None


def _failure(text: str) -> Failure:
    match = _KEY.search(text)
    return Failure(text.removeprefix("INVALID_ARGUMENT: ").removeprefix("UNKNOWN: "), match[1] if match else None)


def _plain(value: Any) -> object:
    """Plain built-ins. Null is told by its type: the library's own conversion gives away a reference to None each
    time, until Python aborts. A converted struct comes back as the number it carries."""
    kind, types = value.type(), _library().Type
    if kind == types.NULL:
        return None
    if kind == types.LIST:
        return [_plain(item) for item in value.value()]
    if kind == types.MAP:
        inner = value.value()
        return {SELF: inner[SELF].plain_value()} if SELF in inner else {k: _plain(v) for k, v in inner.items()}
    return restored(value.plain_value())


@lru_cache(maxsize=1)
def _library() -> Any:
    from cel_expr_python import cel  # late: takes 40 ms, and only judging needs it

    return cel


@lru_cache(maxsize=1)
def _environment() -> Any:
    from cel_expr_python.ext import ext_bindings, ext_strings

    cel = _library()
    names = (*shapes.variables(), "each", "params", "extra")
    extensions = [ext_strings.ExtStrings(), ext_bindings.ExtBindings()]
    return cel.NewEnv(variables=dict.fromkeys(names, cel.Type.DYN), extensions=extensions)


@lru_cache(maxsize=_KEPT)
def _compile(text: str) -> Any:
    return _environment().compile(text)
