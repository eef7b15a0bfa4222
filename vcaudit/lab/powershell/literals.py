"""Numbers, variables, hashtables and script blocks as they are written."""

from __future__ import annotations

import re

from tree_sitter import Node

from vcaudit.lab.powershell.compiler import Eval, compile_block, compile_value, expression
from vcaudit.lab.powershell.convert import Cast, caster, sized
from vcaudit.lab.powershell.machine import Machine
from vcaudit.lab.powershell.objects import CI, MISSING, Param, ScriptBlock
from vcaudit.lab.powershell.strings import constant
from vcaudit.lab.powershell.syntax import kids, refusal, source_of, variable_key
from vcaudit.lab.powershell.values import VOID, Long

CONSTANTS = {"null": None, "true": True, "false": False}
RESERVED = frozenset({*CONSTANTS, "_", "ofs", "args", "input", "matches", "error", "this"})
"""Variables that belong to the engine: assigning to them is refused."""

_INTEGER = re.compile(r"([0-9]+)(l?)(kb|mb|gb)?")
_UNITS = {None: 1, "kb": 1 << 10, "mb": 1 << 20, "gb": 1 << 30}


@expression("integer_literal")
def integer_literal(node: Node) -> Eval:
    """12, 0xFF, 4kb."""
    return constant(integer(node, source_of(node).lower()))


def integer(node: Node, digits: str) -> int:
    """An integer literal; eight hexadecimal digits are the bits of an Int32."""
    if re.fullmatch(r"0x[0-9a-f]+", digits):
        number = int(digits, 16)
        return number - (1 << 32) if len(digits) <= 10 and number >> 31 else sized(number)
    parts = _INTEGER.fullmatch(digits)
    if parts is None:
        raise refusal(node, "number")
    number = int(parts[1]) * _UNITS[parts[3]]
    return Long(sized(number)) if parts[2] else sized(number)


@expression("real_literal")
def real_literal(node: Node) -> Eval:
    """1.5, .5, 1e3."""
    digits = source_of(node).lower()
    if not re.fullmatch(r"[0-9]*\.?[0-9]+(e[+-]?[0-9]+)?", digits):
        raise refusal(node, "number")
    return constant(float(digits))


def variable_value(node: Node) -> Eval:
    """$name where nothing and $null are the same: the one closure that runs more often than any other."""
    key = variable_key(node)
    if key in CONSTANTS:
        return constant(CONSTANTS[key])

    def load(machine: Machine) -> object:
        value = machine.scopes[-1].get(key, MISSING)
        if value is MISSING:
            value = machine.lookup(key)
        return None if value is VOID else value

    return load


@expression("variable", value=variable_value)
def variable(node: Node) -> Eval:
    """$name where it matters that nothing was written into it: @($x).Count is then 0."""
    key = variable_key(node)
    if key in CONSTANTS:
        return constant(CONSTANTS[key])

    def load(machine: Machine) -> object:
        value = machine.scopes[-1].get(key, MISSING)
        return machine.lookup(key) if value is MISSING else value

    return load


@expression("hash_literal_expression")
def hash_literal(node: Node) -> Eval:
    """@{ name = value }: keys are names or single-quoted."""
    pairs: list[tuple[str, Eval]] = []
    seen: set[str] = set()
    for body in kids(node):
        for entry in kids(body):
            key_node, value_node = kids(entry)
            key = _hash_key(key_node)
            if key.lower() in seen:
                raise refusal(entry, "duplicate key")
            if value_node.type != "pipeline":
                raise refusal(entry, f"hashtable value {value_node.type}")
            seen.add(key.lower())
            pairs.append((key, compile_value(value_node)))

    def build(machine: Machine) -> CI:
        table = CI()
        for key, value in pairs:
            table[key] = value(machine)
        return table

    return build


def _hash_key(node: Node) -> str:
    written = source_of(node)
    if not re.fullmatch(r"\w+|'[^']*'", written) or written.isdigit():
        raise refusal(node, "hashtable key")
    return written.strip("'")


@expression("script_block_expression")
def script_block(node: Node) -> Eval:
    """{ ... }: a new object each time it is evaluated."""
    inner = kids(node)
    source = source_of(node)[1:-1]
    params, statements = _signature(inner)
    body = compile_block(statements) if statements else None
    return lambda machine: ScriptBlock(params, body, source)


def function_block(declared: Node | None, body: Node | None) -> ScriptBlock:
    """The body of a function, with its parameters from the parentheses or from a param block."""
    params, statements = _signature([body] if body is not None else [])
    if declared is not None:
        params = parameters(declared)
    return ScriptBlock(params, compile_block(statements) if statements else None)


def _signature(nodes: list[Node]) -> tuple[tuple[Param, ...], list[Node]]:
    """The parameters and the statements of a script block; the grammar puts the param block inside or beside it."""
    params: tuple[Param, ...] = ()
    statements: list[Node] = []
    for node in nodes:
        for part in kids(node) if node.type == "script_block" else [node]:
            if part.type == "param_block":
                params = parameters(part)
            else:
                statements.append(part)
    return params, statements


def parameters(node: Node) -> tuple[Param, ...]:
    """The parameters that a parameter list anywhere below the node declares."""
    if node.type == "script_parameter":
        return (_parameter(node),)
    if node.type == "attribute_list":
        raise refusal(node, "attribute of a param block")
    found: tuple[Param, ...] = ()
    for child in node.children:
        found += parameters(child)
    return found


def _parameter(node: Node) -> Param:
    name, cast, default = "", None, None
    for part in kids(node):
        if part.type == "variable":
            name = variable_key(part)
        elif part.type == "script_parameter_default":
            default = compile_value(kids(part)[-1])
        else:
            cast = _parameter_type(part)
    if not name or name in RESERVED:
        raise refusal(node, "parameter")
    return Param(name, cast, default)


def _parameter_type(node: Node) -> Cast | None:
    written = source_of(node)
    if not re.fullmatch(r"\[[\w.\[\]]+\]", written):
        raise refusal(node, "parameter attribute")
    name = written[1:-1].lower()
    if name == "switch":
        raise refusal(node, "switch parameter")
    return None if name in ("object", "system.object") else caster(name)
