"""Operators, casts, parentheses, subexpressions and indexes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tree_sitter import Node

from vcaudit.lab.powershell.compiler import Eval, compile_children, compile_value, expression
from vcaudit.lab.powershell.convert import caster, sized, to_int
from vcaudit.lab.powershell.errors import Unsupported
from vcaudit.lab.powershell.machine import Machine
from vcaudit.lab.powershell.objects import CI, fail
from vcaudit.lab.powershell.operators import BINARY, UNARY, arithmetic
from vcaudit.lab.powershell.patterns import PATTERN_OPERATORS
from vcaudit.lab.powershell.syntax import core, kids, refusal, source_of, variable_key, written
from vcaudit.lab.powershell.values import Char, bmp, is_arr, is_int, items, truth, type_name, unwrap


@expression(
    "logical_expression",
    "bitwise_expression",
    "comparison_expression",
    "additive_expression",
    "multiplicative_expression",
    "format_expression",
    "range_expression",
)
def binary(node: Node) -> Eval:
    """Left side, operator, right side."""
    parts = written(node)
    if len(parts) != 3:
        raise refusal(node, f"expression {node.type}")
    op = source_of(parts[1]).lower()
    left, right = compile_value(parts[0]), compile_value(parts[2])
    if op == "-and":
        return lambda machine: truth(left(machine)) and truth(right(machine))
    if op == "-or":
        return lambda machine: truth(left(machine)) or truth(right(machine))
    if op in PATTERN_OPERATORS:
        search = PATTERN_OPERATORS[op]
        return lambda machine: search(machine, left(machine), right(machine))
    apply = BINARY.get(op)
    if apply is None:
        raise refusal(node, f"operator {op}")
    if source_of(parts[0]).lower() == "$null" and op in ("-eq", "-ne"):  # the test for $null, in every other line
        return _is_null(right) if op == "-eq" else _is_not_null(right)
    return lambda machine: apply(left(machine), right(machine))


def _is_null(code: Eval) -> Eval:
    return lambda machine: code(machine) is None


def _is_not_null(code: Eval) -> Eval:
    return lambda machine: code(machine) is not None


@expression("expression_with_unary_operator")
def unary(node: Node) -> Eval:
    """An operator in front of its operand."""
    parts = written(node)
    if len(parts) != 2:
        raise refusal(node, "unary")
    op = source_of(parts[0]).lower()
    apply = UNARY.get(op)
    if apply is None:
        raise refusal(node, f"unary {op}")
    operand = compile_value(parts[1])
    if op == "-" and re.fullmatch(r"-[0-9]+", source_of(node)):
        number = int(source_of(node))  # the sign belongs to the literal: -2147483648 is an Int32
        return lambda machine: sized(number)
    return lambda machine: apply(operand(machine))


@expression("cast_expression", may_be_void=True)
def cast(node: Node) -> Eval:
    """[type]value."""
    type_node, value_node = kids(node)
    convert = caster(source_of(type_node).strip()[1:-1])
    value = compile_value(value_node)
    return lambda machine: convert(machine, value(machine))


@expression("parenthesized_expression")
def parenthesized(node: Node) -> Eval:
    """( one pipeline )."""
    inner = kids(node)
    if len(inner) != 1:
        raise refusal(node, "parentheses")
    return compile_value(inner[0])


@expression("array_expression")
def array(node: Node) -> Eval:
    """@( statements ): everything that they write, as an array."""
    body = compile_children(node)

    def collect(machine: Machine) -> list[Any]:
        out: list[Any] = []
        if body(machine, out):
            raise Unsupported("control flow out of @()")
        return out

    return collect


@expression("sub_expression", may_be_void=True)
def sub_expression(node: Node) -> Eval:
    """$( statements ): everything that they write, a single value as itself."""
    body = compile_children(node)

    def collect(machine: Machine) -> Any:
        out: list[Any] = []
        if body(machine, out):
            raise Unsupported("control flow out of $()")
        return unwrap(out)

    return collect


@expression("array_literal_expression")
def array_literal(node: Node) -> Eval:
    """a, b, c."""
    codes = [compile_value(child) for child in kids(node)]
    return lambda machine: [code(machine) for code in codes]


@expression("element_access")
def element(node: Node) -> Eval:
    """value[index]."""
    target, index = (compile_value(child) for child in kids(node))
    return lambda machine: element_of(target(machine), index(machine))


def element_of(target: Any, index: Any) -> Any:
    """One element, several, or $null beyond the end."""
    if target is None:
        raise fail("Cannot index into a null array.")
    if isinstance(target, CI):
        return target.get(index)
    if isinstance(index, str):
        index = to_int(index)
    if is_arr(index) and isinstance(target, list):
        return [target[at] for at in index if -len(target) <= at < len(target)]
    if not is_int(index) or not (isinstance(target, str) or is_arr(target)):
        raise Unsupported(f"index {type_name(index)} into {type_name(target)}")
    if not -len(target) <= index < len(target):
        return None
    return Char(bmp(target)[index]) if isinstance(target, str) else items(target)[index]


CREMENTS = {
    "post_increment_expression": 1,
    "pre_increment_expression": 1,
    "post_decrement_expression": -1,
    "pre_decrement_expression": -1,
}
"""++ and --: silent as statements."""


@expression(*CREMENTS)
def crement(node: Node) -> Eval:
    """$i++ used as a value: before the change or after it, whichever is written first."""
    change = changer(node)
    after = node.type.startswith("pre_")

    def run(machine: Machine) -> Any:
        old, new = change(machine)
        if not is_int(old):
            raise Unsupported(f"value of ++ or -- of {type_name(old)}")
        return new if after else old

    return run


def changer(node: Node) -> Callable[[Machine], tuple[Any, Any]]:
    """Changes the variable of a ++ or --, gives its value before and after."""
    operand = core(kids(node)[0])
    if operand.type != "variable":
        raise refusal(node, "++ of something else than a variable")
    key = variable_key(operand)
    step = CREMENTS[node.type]

    def run(machine: Machine) -> tuple[Any, Any]:
        old = machine.own(key)
        new = arithmetic("+", old, step)
        machine.scopes[-1][key] = new
        return old, new

    return run
