"""Statements: pipelines, conditions, loops, functions; errors have a module of their own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from tree_sitter import Node

from vcaudit.lab.powershell.assignments import assignable, assignment
from vcaudit.lab.powershell.calls import FUNCTION
from vcaudit.lab.powershell.compiler import (
    BREAK,
    CONTINUE,
    NEXT,
    RETURN,
    Eval,
    Exec,
    compile_block,
    compile_children,
    compile_raw,
    compile_statement,
    compile_value,
    statement,
)
from vcaudit.lab.powershell.errors import Unsupported
from vcaudit.lab.powershell.expressions import CREMENTS, changer
from vcaudit.lab.powershell.literals import function_block
from vcaudit.lab.powershell.machine import Machine
from vcaudit.lab.powershell.objects import Obj
from vcaudit.lab.powershell.reserved import COMMANDS
from vcaudit.lab.powershell.syntax import core, kids, refusal, source_of, written
from vcaudit.lab.powershell.trying import compile_throw
from vcaudit.lab.powershell.values import VOID, is_arr, items, truth


def put(value: Any, out: list[Any]) -> None:
    """Write a value to the pipeline: arrays unroll, nothing writes nothing."""
    if value is VOID:
        return
    if is_arr(value):
        out.extend(items(value))
    elif isinstance(value, Obj) and hasattr(value, "__iter__"):
        raise Unsupported("a .NET collection written to the pipeline")
    else:
        out.append(value)


@statement("pipeline")
def pipeline(node: Node) -> Exec:
    """An expression or command whose result is written; assignments and ++ write nothing."""
    inner = core(node)
    if inner.type == "assignment_expression":
        return _silent(assignment(inner))
    if inner.type in CREMENTS:
        return _silent(changer(inner))
    code = compile_raw(node)

    def run(machine: Machine, out: list[Any]) -> int:
        put(code(machine), out)
        return NEXT

    return run


def _silent(code: Eval) -> Exec:
    def run(machine: Machine, out: list[Any]) -> int:
        code(machine)
        return NEXT

    return run


@statement("if_statement")
def if_statement(node: Node) -> Exec:
    """if, elseif, else."""
    parts = kids(node)
    branches = [(compile_value(parts[0]), compile_block([parts[1]]))]
    otherwise: Exec | None = None
    for part in parts[2:]:
        for clause in kids(part) if part.type == "elseif_clauses" else [part]:
            inner = kids(clause)
            if clause.type == "else_clause":
                otherwise = compile_block([inner[0]])
            elif clause.type == "elseif_clause":
                branches.append((compile_value(inner[0]), compile_block([inner[1]])))
            else:
                raise refusal(clause, clause.type)

    def run(machine: Machine, out: list[Any]) -> int:
        for condition, body in branches:
            if truth(condition(machine)):
                return body(machine, out)
        return NEXT if otherwise is None else otherwise(machine, out)

    return run


@statement("while_statement")
def while_statement(node: Node) -> Exec:
    """while (condition) { ... }."""
    condition_node, body_node = kids(node)
    return _loop(None, compile_value(kids(condition_node)[0]), None, compile_block([body_node]))


@statement("for_statement")
def for_statement(node: Node) -> Exec:
    """for (start; condition; step) { ... }."""
    parts = {part.type: part for part in kids(node)}
    if set(parts) - {"for_initializer", "for_condition", "for_iterator", "statement_block"}:
        raise refusal(node, "for")
    start, condition, step = (parts.get(f"for_{name}") for name in ("initializer", "condition", "iterator"))
    return _loop(
        compile_children(start) if start else None,
        compile_value(kids(condition)[0]) if condition else None,
        compile_children(step) if step else None,
        compile_block([parts["statement_block"]]),
    )


@statement("do_statement")
def do_statement(node: Node) -> Exec:
    """do { ... } while (condition), or until."""
    body_node, condition_node = kids(node)
    until = any(source_of(part).lower() == "until" for part in written(node) if not part.is_named)
    condition, body = compile_value(kids(condition_node)[0]), compile_block([body_node])

    def run(machine: Machine, out: list[Any]) -> int:
        while True:
            signal = body(machine, out)
            if signal == RETURN:
                return RETURN
            if signal == BREAK or truth(condition(machine)) == until:
                return NEXT

    return run


def _loop(start: Exec | None, condition: Eval | None, step: Exec | None, body: Exec) -> Exec:
    """The common shape of for and while; what start and step write is not written."""

    def run(machine: Machine, out: list[Any]) -> int:
        if start is not None:
            start(machine, [])
        while condition is None or truth(condition(machine)):
            signal = body(machine, out)
            if signal == BREAK:
                break
            if signal == RETURN:
                return RETURN
            if step is not None:
                step(machine, [])
        return NEXT

    return run


@statement("foreach_statement")
def foreach_statement(node: Node) -> Exec:
    """foreach ($x in ...) { ... }."""
    variable_node, collection_node, body_node = kids(node)
    key = assignable(variable_node)
    collection, body = compile_raw(collection_node), compile_block([body_node])

    def run(machine: Machine, out: list[Any]) -> int:
        scope = machine.scopes[-1]
        for item in _enumerated(machine, collection(machine)):
            scope[key] = item
            signal = body(machine, out)
            if signal == BREAK:
                break
            if signal == RETURN:
                return RETURN
        return NEXT

    return run


def _enumerated(machine: Machine, value: Any) -> Iterable[Any]:
    """What foreach goes through; a stand-in's collection is asked for one element at a time, as WMI is."""
    if value is VOID and machine.ps < 3:
        raise Unsupported("foreach over the result of something that wrote nothing")
    if value is None or value is VOID:
        return [None] if machine.ps < 3 else []  # 2.0 runs the body once for $null
    if is_arr(value):
        return items(value)
    if isinstance(value, Obj) and hasattr(value, "__iter__"):
        elements: Iterator[Any] = iter(value)
        return elements
    return [value]


@statement("flow_control_statement")
def flow_control(node: Node) -> Exec:
    """break, continue, return, throw."""
    word = source_of(written(node)[0]).lower()
    operands = kids(node)
    if word == "throw":
        return compile_throw(operands)
    if word == "return":
        return _return(compile_statement(operands[0]) if operands else None)
    if operands or word not in ("break", "continue"):
        raise refusal(node, word)
    signal = BREAK if word == "break" else CONTINUE
    return lambda machine, out: signal


def _return(value: Exec | None) -> Exec:
    def run(machine: Machine, out: list[Any]) -> int:
        if value is not None:
            value(machine, out)
        return RETURN

    return run


@statement("function_statement")
def function_statement(node: Node) -> Exec:
    """function Name(...) { ... }: known in this scope and those below, from here on."""
    parts = kids(node)
    name = source_of(parts[0]).lower()
    if source_of(written(node)[0]).lower() != "function":
        raise refusal(node, "filter")
    if name in COMMANDS:
        raise refusal(node, f"function {name}: an alias or cmdlet of that name wins")
    if not name.replace("-", "").replace("_", "").isalnum():
        raise refusal(node, "function name")
    declared = next((part for part in parts if part.type == "function_parameter_declaration"), None)
    block = function_block(declared, parts[-1] if parts[-1].type == "script_block" else None)
    key = FUNCTION + name

    def define(machine: Machine, out: list[Any]) -> int:
        machine.scopes[-1][key] = block
        return NEXT

    return define
