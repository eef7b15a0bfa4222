"""Members, method calls, and commands: functions, script blocks and New-Object."""

from __future__ import annotations

import re
from typing import Any

from tree_sitter import Node

from vcaudit.lab.powershell.compiler import Eval, compile_value, expression
from vcaudit.lab.powershell.convert import to_int, type_key
from vcaudit.lab.powershell.errors import Unsupported, in_bounds
from vcaudit.lab.powershell.literals import integer
from vcaudit.lab.powershell.machine import Machine, returned
from vcaudit.lab.powershell.members import native_method, native_property
from vcaudit.lab.powershell.objects import CI, MISSING, Obj, ScriptBlock, fail, member_of
from vcaudit.lab.powershell.operators import span
from vcaudit.lab.powershell.strings import constant
from vcaudit.lab.powershell.syntax import core, kids, refusal, source_of
from vcaudit.lab.powershell.values import is_arr, text, type_name

FUNCTION = "function:"
"""Functions live in the same scopes as variables, whose names cannot hold a colon."""

_BARE_WORD = re.compile(r"[A-Za-z_][\w.\\:/+\[\]-]*")


def _target(node: Node) -> Eval:
    """What stands in front of the dot: a value or a type."""
    if re.fullmatch(r"[\d.]+", source_of(node)):
        raise refusal(node, "member of a bare number")
    if node.type != "type_literal":
        return compile_value(node)
    key = type_key(source_of(node).strip()[1:-1])
    return lambda machine: machine.find_type(key)


def _member_name(node: Node) -> str:
    if node.type != "member_name" or source_of(node)[:1] in "$\"'(":
        raise refusal(node, "computed member name")
    return source_of(node)


@expression("member_access")
def member_access(node: Node) -> Eval:
    """value.Name or [type]::Name."""
    target_node, name_node = kids(node)
    target, name = _target(target_node), _member_name(name_node)
    key = name.lower()
    return lambda machine: property_of(target(machine), key, name)


def property_of(target: Any, key: str, name: str) -> Any:
    """The value of a property; a hashtable's own keys come before its properties."""
    if target is None:
        raise Unsupported(f".{name} of $null (silently $null in PowerShell)")
    if isinstance(target, CI) and key in target:
        return target.get(key)
    found = member_of(target, key) if isinstance(target, (Obj, type)) else native_property(target, key)
    if found is MISSING:
        raise _no_member(target, name)
    if callable(found) and not isinstance(found, (type, Obj)):
        if getattr(found, "is_property", False):
            return found()
        raise Unsupported(f"method {name} without ()")
    return found


def _no_member(target: Any, name: str) -> Unsupported:
    owner = target.net if isinstance(target, type) and hasattr(target, "net") else type_name(target)
    return Unsupported(f"member .{name} on {owner}")


@expression("invokation_expression", may_be_void=True)
def invocation(node: Node) -> Eval:
    """value.Method(...) or [type]::Method(...)."""
    target_node, name_node, list_node = kids(node)
    target, name = _target(target_node), _member_name(name_node)
    arguments = _arguments(list_node)
    key = name.lower()

    def call(machine: Machine) -> Any:
        owner = target(machine)
        if owner is None:
            raise fail("You cannot call a method on a null-valued expression.")
        args = [argument(machine) for argument in arguments]
        if isinstance(owner, (Obj, type)):
            method = member_of(owner, key)
            if method is MISSING:
                raise _no_member(owner, name)
            if not callable(method) or isinstance(method, (type, Obj)):
                raise Unsupported(f"call of the property {name}")
            return returned(method, key, machine.guard(name, method, args))
        function = native_method(owner, key)
        if function is None:
            raise _no_member(owner, name)
        return machine.guard(name, function, args, owner)

    return call


def _arguments(node: Node) -> list[Eval]:
    return [compile_value(argument) for group in kids(node) for argument in kids(group)]


@expression("command", may_be_void=True)
def command(node: Node) -> Eval:
    """name arguments, or & block arguments."""
    parts = kids(node)
    if parts[0].type == "command_invokation_operator":
        return _block_call(node, parts)
    name = source_of(parts[0]).lower()
    if len(parts) == 1 and name[0].isdigit():
        return _bare_number(node, name)
    elements = _elements(node, parts[1:])
    if name == "new-object":
        return _new_object(node, elements)
    arguments = [_one(codes) for codes in elements]
    key = FUNCTION + name

    def call(machine: Machine) -> Any:
        function = machine.find(key)
        if function is MISSING:
            raise Unsupported(f"unknown command {name}")
        return machine.call(function, [argument(machine) for argument in arguments])

    return call


def _bare_number(node: Node, word: str) -> Eval:
    """10L and 1..3 at the start of a statement, which the grammar takes for the names of commands."""
    ends = word.split("..")
    if len(ends) == 2 and all(end.isdigit() for end in ends):
        first, last = (integer(node, end) for end in ends)
        return lambda machine: span(first, last)
    return constant(integer(node, word))


def _block_call(node: Node, parts: list[Node]) -> Eval:
    if source_of(parts[0]) != "&" or len(parts) < 2:
        raise refusal(node, "dot sourcing")
    named = core(kids(parts[1])[0])
    if named.type == "path_command_name":
        named = kids(named)[0]
    block = compile_value(named)
    arguments = [_one(codes) for codes in _elements(node, parts[2:])]

    def call(machine: Machine) -> Any:
        target = block(machine)
        if not isinstance(target, ScriptBlock):
            raise Unsupported(f"& of {type_name(target)}")
        return machine.call(target, [argument(machine) for argument in arguments])

    return call


def _elements(node: Node, groups: list[Node]) -> list[Eval | list[Eval]]:
    """The arguments of a command; a parenthesised list right behind a word is a list of closures."""
    found: list[Eval | list[Eval]] = []
    for group in groups:
        if group.type != "command_elements":
            raise refusal(node, f"command with {group.type}")
        for part in kids(group):
            source = source_of(part)
            if part.type == "generic_token":
                if not _BARE_WORD.fullmatch(source):
                    raise refusal(part, "argument")
                found.append(constant(source))
            elif part.type == "argument_list":
                found.append(_arguments(part))
            elif source.startswith("-") or part.type == "command_parameter":
                raise refusal(part, "command parameter")
            else:
                found.append(compile_value(part))
    return found


def _one(codes: Eval | list[Eval]) -> Eval:
    """An argument of a function: F(1, 2) passes one array."""
    if not isinstance(codes, list):
        return codes
    several = codes
    if len(several) == 1:
        return several[0]
    return lambda machine: [code(machine) for code in several]


def _new_object(node: Node, elements: list[Eval | list[Eval]]) -> Eval:
    if not 1 <= len(elements) <= 2 or isinstance(elements[0], list):
        raise refusal(node, "New-Object with other than a type and one argument list")
    type_name_of = elements[0]
    given = elements[1] if len(elements) == 2 else []

    def create(machine: Machine) -> Any:
        name = text(type_name_of(machine))
        args = _constructor_arguments(machine, given)
        if type_key(name).removeprefix("system.") == "byte[]":
            (length,) = args
            return bytearray(in_bounds(to_int(length)))
        ty = machine.find_type(type_key(name))
        if not hasattr(ty, "new"):
            raise Unsupported(f"constructor of {name}")
        return machine.guard(".ctor", ty.new, args, machine)

    return create


def _constructor_arguments(machine: Machine, given: Eval | list[Eval]) -> list[Any]:
    """What the constructor gets: an array is taken apart, also the only one within parentheses."""
    if isinstance(given, list) and len(given) != 1:
        return [code(machine) for code in given]
    value = given[0](machine) if isinstance(given, list) else given(machine)
    if value is None:
        raise Unsupported("New-Object with $null for its argument list")
    if type(value) is list and not isinstance(given, list):
        return value
    if is_arr(value):
        raise Unsupported("New-Object takes an array apart: write (,$array)")
    return [value]
