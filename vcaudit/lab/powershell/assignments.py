"""Assignments: to variables, elements and members."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tree_sitter import Node

from vcaudit.lab.powershell.compiler import Eval, compile_raw, compile_statement, compile_value, expression
from vcaudit.lab.powershell.errors import Unsupported
from vcaudit.lab.powershell.literals import RESERVED
from vcaudit.lab.powershell.machine import Machine
from vcaudit.lab.powershell.objects import CI, MISSING, Obj, member_of
from vcaudit.lab.powershell.operators import BINARY
from vcaudit.lab.powershell.syntax import core, kids, refusal, source_of, variable_key
from vcaudit.lab.powershell.values import VOID, is_int, type_name, unwrap

Store = Callable[[Machine, Any], None]
_IN_PLACE = frozenset({"+=", "-=", "*=", "/=", "%="})


@expression("assignment_expression")
def assignment_value(node: Node) -> Eval:
    """An assignment used as a value: ($x = 5)."""
    assign = assignment(node)

    def run(machine: Machine) -> Any:
        value = assign(machine)
        return None if value is VOID else value

    return run


def assignment(node: Node) -> Eval:
    """Assigns and gives what was assigned; as a statement that value is not written."""
    left, operator, right = kids(node)
    op = source_of(operator)
    target = core(left)
    if op != "=":
        return _in_place(node, target, op, right)
    if target.type == "variable":
        return _to_variable(target, right)
    if right.type != "pipeline":
        raise refusal(node, "assignment of a statement to something else than a variable")
    store = _store(target)
    value = compile_value(right)

    def run(machine: Machine) -> Any:
        result = value(machine)
        store(machine, result)
        return result

    return run


def assignable(node: Node) -> str:
    """The name of a variable that a script may set."""
    key = variable_key(node)
    if key in RESERVED:
        raise refusal(node, f"assignment to ${key}")
    return key


def _to_variable(target: Node, right: Node) -> Eval:
    # nothing stays nothing: @($x).Count is then 0
    value = compile_raw(right) if right.type == "pipeline" else _collected(right)
    if variable_key(target) == "null":
        return value
    key = assignable(target)

    def run(machine: Machine) -> Any:
        result = machine.scopes[-1][key] = value(machine)
        return result

    return run


def _collected(node: Node) -> Eval:
    """What a statement such as if or foreach writes."""
    body = compile_statement(node)

    def collect(machine: Machine) -> Any:
        out: list[Any] = []
        if body(machine, out):
            raise Unsupported("control flow out of an assignment")
        return unwrap(out)

    return collect


def _in_place(node: Node, target: Node, op: str, right: Node) -> Eval:
    if op not in _IN_PLACE or target.type != "variable" or right.type != "pipeline":
        raise refusal(node, f"assignment operator {op}")
    key, value, apply = assignable(target), compile_value(right), BINARY[op[0]]

    def run(machine: Machine) -> Any:
        operand = value(machine)
        result = apply(machine.own(key), operand)
        machine.scopes[-1][key] = result
        return result

    return run


def _store(target: Node) -> Store:
    if target.type == "element_access":
        holder, index = (compile_value(child) for child in kids(target))
        return lambda machine, value: _set_element(holder(machine), index(machine), value)
    if target.type == "member_access":
        holder_node, name = kids(target)
        if name.type != "member_name" or holder_node.type == "type_literal":
            raise refusal(target, "assignment to a member")
        owner, key = compile_value(holder_node), source_of(name)
        return lambda machine, value: _set_member(owner(machine), key, value)
    raise refusal(target, f"assignment to {target.type}")


def _set_element(holder: Any, index: Any, value: Any) -> None:
    within = type(holder) is list and is_int(index) and -len(holder) <= index < len(holder)
    if not within and not isinstance(holder, CI):
        raise Unsupported(f"assignment to an element of {type_name(holder)}")
    holder[index] = value


def _set_member(holder: Any, name: str, value: Any) -> None:
    key = name.lower()
    if isinstance(holder, CI):
        holder[key] = value
        return
    known = member_of(holder, key) if isinstance(holder, Obj) else MISSING
    if known is MISSING or callable(known):
        raise Unsupported(f"assignment to .{name} of {type_name(holder)}")
    setattr(holder, key, value)
