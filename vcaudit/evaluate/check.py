"""Types every node of an expression against the schema: what is misspelt, compared in vain or unsound is said here.

Unsound is what could turn "not looked" into an answer: a Missing field is a key that is left out, so whatever sees a
struct as a map (its size, its keys, equality of two) would see the gap as a value. Those are refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from msgspec.structs import replace

from vcaudit.evaluate import shapes
from vcaudit.evaluate.functions import ARITHMETIC, BOOLEAN_OPERATORS, ORDER, RESULTS, Signature
from vcaudit.evaluate.shapes import ANY, BOOL, DOUBLE, INT, NULL, STRING, Shape
from vcaudit.evaluate.syntax import Call, Const, Ident, ListOf, Loop, MapOf, Node, Select
from vcaudit.evaluate.undeclared import HAS
from vcaudit.snapshot.base import Fact
from vcaudit.yamlfile import suggest

_LITERALS: Mapping[type, Shape] = {bool: BOOL, int: INT, float: DOUBLE, str: STRING, type(None): NULL}


_HELPED = 10
NO_EACH = "`each` needs a forEach"


@dataclass
class Scope:
    """The variables an expression may name."""

    variables: Mapping[str, Shape]
    """`each` among them when the rule has a forEach."""
    params: Mapping[str, Shape]

    @cached_property
    def key(self) -> tuple[tuple[str, Shape], ...]:
        """What tells this scope from others: all but the variables that every rule has."""
        common = shapes.variables()
        own = ((name, shape) for name, shape in self.variables.items() if common.get(name) is not shape)
        return (*own, *((f"params.{name}", shape) for name, shape in self.params.items()))


@dataclass
class Checked:
    """What is known of an expression without evaluating it."""

    shape: Shape = ANY
    problems: list[str] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    """Variables it names."""
    selected: set[tuple[type[Fact], str]] = field(default_factory=set)
    """Fields it selects, each with the struct it is of."""
    top: dict[str, set[str]] = field(default_factory=dict)
    """Fields it selects directly on a variable; a variable that is used whole has `*`."""


def check(tree: Node, scope: Scope) -> Checked:
    """Types of an expression, and everything that is wrong with it."""
    checker = _Checker(scope)
    checker.out.shape = checker.shape(tree, {})
    return checker.out


class _Checker:
    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.out = Checked()

    def problem(self, text: str, shape: Shape = ANY) -> Shape:
        if text not in self.out.problems:
            self.out.problems.append(text)
        return shape

    def near(self, word: str, known: Iterable[str]) -> str:
        """What was meant, for the first mistakes of an expression."""
        return suggest(word, known) if len(self.out.problems) < _HELPED else ""

    def shape(self, node: Node, local: Mapping[str, Shape]) -> Shape:
        match node:
            case Const(value):
                return _LITERALS.get(type(value), ANY)
            case Ident(name):
                return self.variable(name, local)
            case Select():
                return self.select(node, local)
            case Call():
                return self.call(node, local)
            case ListOf(items, optional):
                if optional:
                    self.problem("optional elements are not read here: they would take `not looked at` for absent")
                return shapes.list_of(shapes.join(*(self.shape(item, local) for item in items)))
            case Loop():
                return self.loop(node, local)
            case MapOf():
                return self.problem("a rule cannot build maps or messages: name the values one by one")

    def variable(self, name: str, local: Mapping[str, Shape], field: str = "*") -> Shape:
        if name in local:
            return local[name]
        if name == "params":
            return self.problem("`params` is only read as params.NAME")
        known = self.scope.variables.get(name)
        if known is None:
            if name == "each":
                return self.problem(NO_EACH)
            if name == "extra":
                return self.problem("`extra` needs a collect in pack.yaml")
            return self.problem(f"there is no variable {name}{self.near(name, self.scope.variables)}")
        self.out.names.add(name)
        self.out.top.setdefault(name, set()).add(field)
        return known

    def select(self, node: Select, local: Mapping[str, Shape]) -> Shape:
        if node.test:
            self.problem(HAS)
        operand = node.operand
        if isinstance(operand, Ident) and operand.name not in local:
            if operand.name == "params":
                return self.param(node.field)
            owner = self.variable(operand.name, local, node.field)
        else:
            owner = self.shape(operand, local)
        if owner.struct is None or owner.kind != "struct":
            if owner.kind == "any" and self.out.problems:
                return ANY
            return self.problem(f"{text(operand)} is {_article(owner)} and has no field {node.field}")
        known = shapes.fields(owner.struct)
        if node.field not in known:
            near = self.near(node.field, known) or f": it has {', '.join(known)}"
            return self.problem(f"{text(operand)} has no field {node.field}{near}")
        self.out.selected.add((owner.struct, node.field))
        return known[node.field]

    def param(self, name: str) -> Shape:
        if name not in self.scope.params:
            return self.problem(f"the rule has no parameter {name}{self.near(name, self.scope.params)}")
        self.out.names.add("params")
        return self.scope.params[name]

    def loop(self, node: Loop, local: Mapping[str, Shape]) -> Shape:
        over = self.shape(node.over, local)
        item = over.item or ANY
        if over.kind != "list":
            self.problem(f"{text(node.over)} is {_article(over)}: only a list can be gone through")
        start = self.shape(node.start, local)
        inside = {**local, node.variable: item, node.result_name: start}
        if "@" in node.result_name:
            self.shape(node.condition, inside)
        step = self.shape(node.step, inside)
        return self.shape(node.result, {**inside, node.result_name: shapes.join(start, step)})

    def call(self, node: Call, local: Mapping[str, Shape]) -> Shape:
        args = [self.shape(item, local) for item in ((node.target,) if node.target else ()) + node.args]
        nodes = ((node.target,) if node.target else ()) + node.args
        name = node.function
        if name in ("_==_", "_!=_"):
            return self.equal(nodes, args)
        if name == "_?_:_":
            self.boolean(nodes[0], args[0])
            return shapes.join(*args[1:])
        if name == "_[_]":
            return self.index(nodes[0], args[0])
        if name in BOOLEAN_OPERATORS:
            for operand, shape in zip(nodes, args, strict=True):
                self.boolean(operand, shape)
            return BOOL
        if name == "_+_" and args[0].kind == "list" and args[1].kind == "list":
            return shapes.join(*args)
        if name == "size" and args[0].kind == "list":
            return INT
        if name in ORDER:
            self.same_kind(nodes, args)
        if name not in RESULTS:
            return self.problem(f"{name} is no function of the rule language{self.near(name, RESULTS)}")
        for operand, shape in zip(nodes, args, strict=True):
            if shape.holds_struct:
                self.problem(f"{text(operand)} is {_article(shape)}: name the fields that are meant")
        if name == "@in":
            return self.contains(nodes, args)
        if name in ARITHMETIC:
            self.arithmetic(name, nodes, args)
        return self.result(RESULTS[name], nodes, args)

    def result(self, signature: Signature, nodes: tuple[Node, ...], args: list[Shape]) -> Shape:
        first, wanted = args[0] if args else ANY, signature.takes
        if wanted and first.kind not in (*wanted, "any", "nothing") and not first.holds_struct:
            self.problem(f"{text(nodes[0])} is {_article(first)}, and {' or '.join(wanted)} is needed there")
        return signature.gives or replace(first, nullable=False, missing=False, choices=())

    def arithmetic(self, name: str, nodes: tuple[Node, ...], args: list[Shape]) -> None:
        """CEL adds only like to like: not a number to a text, and not a whole number to a fraction either."""
        kinds = {shape.kind for shape in args} - {"any", "nothing"}
        if len(kinds) > 1:
            one, other = (f"{text(node)} ({_article(shape)})" for node, shape in zip(nodes, args, strict=True))
            hint = ": convert one of them, string(…) or double(…)"
            self.problem(f"{one} {name.strip('_')} {other} cannot be worked out{hint}")

    def boolean(self, node: Node, shape: Shape) -> None:
        if shape.kind not in ("bool", "any") or shape.nullable:
            self.problem(f"{text(node)} is {_article(shape)}, and true or false is needed there")

    def index(self, node: Node, owner: Shape) -> Shape:
        if owner.kind != "list":
            return self.problem(f"{text(node)} is {_article(owner)}: only a list has [ ]; a field comes after a dot")
        return owner.item or ANY

    def equal(self, nodes: tuple[Node, ...], args: list[Shape]) -> Shape:
        one, other = args
        for node, shape, against in ((nodes[0], one, other), (nodes[1], other, one)):
            if shape.kind == "null":
                continue
            if against.kind == "null":
                if not shape.nullable and shape.kind not in ("any", "nothing"):
                    self.problem(f"{text(node)} is never null: null is `looked, and absent`; "
                                 "what could not be looked at becomes unknown by itself")
            elif shape.holds_struct:
                self.problem(f"{text(node)} is {_article(shape)}: compare the fields that are meant")
        self.same_kind(nodes, args)
        self.choice(nodes[0], one, nodes[1])
        self.choice(nodes[1], other, nodes[0])
        return BOOL

    def contains(self, nodes: tuple[Node, ...], args: list[Shape]) -> Shape:
        if args[1].kind not in ("list", "any"):
            return self.problem(f"{text(nodes[1])} is {_article(args[1])}: `in` needs a list", BOOL)
        if args[1].item is not None:
            self.same_kind(nodes, [args[0], args[1].item])
        if isinstance(nodes[1], ListOf):
            for item in nodes[1].items:
                self.choice(nodes[0], args[0], item)
        return BOOL

    def same_kind(self, nodes: tuple[Node, ...], args: list[Shape]) -> None:
        kinds = {"double" if shape.kind == "int" else shape.kind for shape in args} - {"any", "null", "nothing"}
        if len(kinds) > 1:
            one, other = (f"{text(node)} ({_article(shape)})" for node, shape in zip(nodes, args, strict=True))
            self.problem(f"{one} and {other} cannot be compared")

    def choice(self, node: Node, shape: Shape, constant: Node) -> None:
        value = constant.value if isinstance(constant, Const) else None
        if shape.choices and isinstance(value, str) and value not in shape.choices:
            self.problem(f"{text(node)} is never {value!r}: it is one of {', '.join(shape.choices)}")


def text(node: Node) -> str:
    """The part of an expression, short, for a message."""
    match node:
        case Const(value):
            return "null" if value is None else str(value).lower() if isinstance(value, bool) else repr(value)
        case Ident(name):
            return name
        case Select(operand, name):
            return f"{text(operand)}.{name}"
        case Call("_[_]", _, (owner, index)):
            return f"{text(owner)}[{text(index)}]"
        case Call(function, target, _):
            name = function.strip("_@")
            return f"{text(target)}.{name}(…)" if target else f"({name} …)" if not name.isalpha() else f"{name}(…)"
        case Loop():
            return f"{text(node.over)}.(…)"
        case _:
            return "[…]" if isinstance(node, ListOf) else "{…}"


_WORDS = {"string": "text", "int": "a number", "double": "a number", "bool": "true or false", "null": "null",
          "any": "of no one type", "nothing": "nothing"}  # fmt: skip


def _article(shape: Shape) -> str:
    if shape.kind == "list":
        return f"a list of {shape.item.struct.__name__}" if shape.item and shape.item.struct else "a list"
    word = f"a whole {shape}" if shape.kind == "struct" else _WORDS[shape.kind]
    return f"{word} or null" if shape.nullable else word
