"""Errors within a script: throw, try, catch, finally."""

from __future__ import annotations

from typing import Any

from tree_sitter import Node

from vcaudit.lab.powershell.compiler import (
    NEXT,
    Exec,
    compile_block,
    compile_children,
    compile_value,
    statement,
)
from vcaudit.lab.powershell.errors import NetError, PSThrow, Unsupported
from vcaudit.lab.powershell.machine import Machine
from vcaudit.lab.powershell.objects import MISSING, NetExc, Record, fail
from vcaudit.lab.powershell.syntax import kids, refusal
from vcaudit.lab.powershell.values import text, type_name


def compile_throw(operands: list[Node]) -> Exec:
    """throw, with a value or alone: alone it throws again what is being handled."""
    operand = compile_value(operands[0]) if operands else None

    def run(machine: Machine, out: list[Any]) -> int:
        if operand is not None:
            raise _thrown(operand(machine))
        if machine.handling:
            raise PSThrow(machine.handling[-1])
        raise fail("ScriptHalted")

    return run


def _thrown(value: Any) -> PSThrow:
    if isinstance(value, Record):
        return PSThrow(value)
    if isinstance(value, NetExc):
        return PSThrow(Record(value))
    if not isinstance(value, str):
        raise Unsupported(f"throw of {type_name(value)}")
    return fail(text(value))


@statement("try_statement")
def try_statement(node: Node) -> Exec:
    """try with one untyped catch, finally, or both."""
    parts = kids(node)
    body, handler, cleanup = compile_block([parts[0]]), None, None
    for part in parts[1:]:
        if part.type == "catch_clauses":
            handler = _handler(part)
        elif part.type == "finally_clause":
            cleanup = compile_children(part)
        else:
            raise refusal(part, part.type)
    if handler is not None:
        body = _catching(body, handler)
    elif cleanup is None:
        raise refusal(node, "try without catch or finally")
    return body if cleanup is None else _finally(body, cleanup)


def _handler(node: Node) -> Exec:
    clauses = kids(node)
    inner = kids(clauses[0])
    if len(clauses) != 1 or len(inner) != 1:
        raise refusal(node, "typed catch")
    return compile_block([inner[0]])


def _catching(body: Exec, handler: Exec) -> Exec:
    def run(machine: Machine, out: list[Any]) -> int:
        try:
            return body(machine, out)
        except PSThrow as error:
            record = error.record
        except NetError as error:  # from a property or an enumeration, where nothing wraps it
            record = Record(NetExc.of(error))
        return _handle(machine, out, record, handler)

    return run


def _handle(machine: Machine, out: list[Any], record: Record, handler: Exec) -> int:
    """Run a catch block with $_ set, and give $_ back afterwards."""
    scope = machine.scopes[-1]
    before = scope.get("_", MISSING)
    scope["_"] = record
    machine.handling.append(record)
    try:
        return handler(machine, out)
    finally:
        machine.handling.pop()
        if before is MISSING:
            del scope["_"]
        else:
            scope["_"] = before


def _finally(body: Exec, cleanup: Exec) -> Exec:
    """Cleanup runs after a PowerShell error too, but never after a refusal: that must end the run."""

    def clean(machine: Machine, out: list[Any]) -> None:
        if cleanup(machine, out) != NEXT:
            raise Unsupported("control flow out of finally")

    def run(machine: Machine, out: list[Any]) -> int:
        try:
            signal = body(machine, out)
        except (PSThrow, NetError):
            clean(machine, out)
            raise
        clean(machine, out)
        return signal

    return run
