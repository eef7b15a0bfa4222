"""From syntax nodes to Python closures: the registry that the modules for each kind of construct fill.

A node is compiled once for each text; running it is calling the closure with the machine that holds the variables.
What is not registered is refused when the script is compiled, whether or not it would ever run.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from tree_sitter import Node

from vcaudit.lab.powershell.syntax import core, kids, kind, refusal
from vcaudit.lab.powershell.values import VOID

if TYPE_CHECKING:
    from vcaudit.lab.powershell.machine import Machine

Eval = Callable[["Machine"], Any]
"""Gives the value of an expression."""
Exec = Callable[["Machine", list[Any]], int]
"""Runs a statement, appends what it writes to the list, tells where control goes."""

NEXT, BREAK, CONTINUE, RETURN = range(4)
"""Where control goes after a statement."""


_CONTAINERS = frozenset({"statement_list", "script_block", "script_block_body", "statement_block"})


class _Form(NamedTuple):
    """How one kind of expression is compiled."""

    raw: Callable[[Node], Eval]
    value: Callable[[Node], Eval]


_EXPRESSIONS: dict[str, _Form] = {}
_STATEMENTS: dict[str, Callable[[Node], Exec]] = {}


def expression(
    *kinds: str, may_be_void: bool = False, value: Callable[[Node], Eval] | None = None
) -> Callable[[Callable[[Node], Eval]], Callable[[Node], Eval]]:
    """Register how expressions of these kinds are compiled.

    `may_be_void`: the result can be VOID; `value`: how they are compiled where VOID and $null are the same.
    """

    def register(function: Callable[[Node], Eval]) -> Callable[[Node], Eval]:
        form = _Form(function, value or (_valued(function) if may_be_void else function))
        for name in kinds:
            _EXPRESSIONS[name] = form
        return function

    return register


def _valued(function: Callable[[Node], Eval]) -> Callable[[Node], Eval]:
    def compile_valued(node: Node) -> Eval:
        code = function(node)

        def valued(machine: Machine) -> Any:
            result = code(machine)
            return None if result is VOID else result

        return valued

    return compile_valued


def statement(*kinds: str) -> Callable[[Callable[[Node], Exec]], Callable[[Node], Exec]]:
    """Register how statements of these kinds are compiled."""

    def register(function: Callable[[Node], Exec]) -> Callable[[Node], Exec]:
        for name in kinds:
            _STATEMENTS[name] = function
        return function

    return register


def _form(node: Node) -> tuple[Node, _Form]:
    inner = core(node)
    form = _EXPRESSIONS.get(kind(inner))
    if form is None:
        raise refusal(inner, f"expression {inner.type}")
    return inner, form


def compile_raw(node: Node) -> Eval:
    """An expression whose result may be VOID, for places that tell nothing from $null."""
    inner, form = _form(node)
    return form.raw(inner)


def compile_value(node: Node) -> Eval:
    """An expression used as a value: nothing becomes $null."""
    inner, form = _form(node)
    return form.value(inner)


def compile_statement(node: Node) -> Exec:
    """One statement."""
    function = _STATEMENTS.get(node.type)
    if function is None:
        raise refusal(node, f"statement {node.type}")
    return function(node)


def compile_block(nodes: list[Node]) -> Exec:
    """Statements one after the other, until one of them sends control elsewhere."""
    return sequence([compile_statement(node) for node in statements_in(nodes)])


def statements_in(nodes: list[Node]) -> list[Node]:
    """The statements themselves, without the lists and braces around them."""
    found: list[Node] = []
    for node in nodes:
        found += statements_in(kids(node)) if node.type in _CONTAINERS else [node]
    return found


def compile_children(node: Node) -> Exec:
    """The statements inside a node."""
    return compile_block(kids(node))


def sequence(statements: list[Exec]) -> Exec:
    """One closure for a list of statements; it also pays for them."""
    cost = max(1, len(statements))
    if len(statements) == 1:
        only = statements[0]

        def run_one(machine: Machine, out: list[Any]) -> int:
            machine.spend(1)
            return only(machine, out)

        return run_one
    codes = tuple(statements)

    def run(machine: Machine, out: list[Any]) -> int:
        machine.spend(cost)
        for code in codes:
            signal = code(machine, out)
            if signal:
                return signal
        return NEXT

    return run
