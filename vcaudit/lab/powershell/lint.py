"""Constructs that Windows PowerShell 2.0 on .NET 2.0 does not know, found in the syntax tree of a script."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node

from vcaudit.lab.powershell import newer
from vcaudit.lab.powershell.syntax import kids, parse, source_of


@dataclass(frozen=True, order=True)
class Finding:
    """One construct that would fail, or mean something else, on an old node."""

    line: int
    """1-based."""
    column: int
    """1-based, in bytes."""
    message: str
    """What was found and since when it exists."""

    def __str__(self) -> str:
        return f"{self.line}:{self.column}: {self.message}"


def lint(src: bytes) -> list[Finding]:
    """Every finding in a script, in the order of the text."""
    found = list(_encoding(src))
    for node in _walk(parse(src).root_node):
        row, column = node.start_point
        found += [Finding(row + 1, column + 1, message) for message in _problems(node)]
    return sorted(set(found))


def _encoding(src: bytes) -> Iterator[Finding]:
    for number, line in enumerate(src.splitlines(), 1):
        for column, octet in enumerate(line, 1):
            if octet > 126 or (octet < 32 and octet != 9):
                yield Finding(number, column, "not printable ASCII: its meaning depends on the console's code page")
                break


def _walk(root: Node) -> Iterator[Node]:
    pending = [root]
    while pending:
        node = pending.pop()
        yield node
        pending.extend(node.children)


def _problems(node: Node) -> Iterator[str]:
    """What is wrong with one node, its children aside."""
    low = source_of(node).lower()
    if node.type == "ERROR" or node.is_missing:
        yield f"cannot be parsed near {' '.join(source_of(node).split())[:40]!r}"
    elif node.type in newer.NODES:
        yield newer.NODES[node.type]
    elif node.type == "function_statement" and low.startswith(("workflow", "configuration")):
        yield "workflow or configuration (PowerShell 3)"
    elif node.type == "comparison_operator" and low in newer.OPERATORS:
        yield f"operator {low} (PowerShell 3)"
    elif node.type == "type_literal":
        yield from _type(source_of(node).strip()[1:-1])
    elif node.type == "member_name" and low in newer.MEMBERS:
        yield f".{source_of(node)}: {newer.MEMBERS[low]}"
    elif node.type in ("variable", "braced_variable"):
        yield from _variable(low)
    elif node.type == "expandable_string_literal" and ("`u{" in low or "`e" in low):
        yield "escape `u or `e (PowerShell 6)"
    elif node.type in ("file_redirection_operator", "merging_redirection_operator") and newer.REDIRECTIONS.match(low):
        yield f"redirection {low} (PowerShell 3)"
    elif node.type == "command":
        yield from _command(node)


def _type(name: str) -> Iterator[str]:
    since = newer.type_problem(name)
    if since:
        yield f"type [{name}] ({since})"


def _variable(name: str) -> Iterator[str]:
    if name.replace("{", "").replace("}", "") in newer.VARIABLES:
        yield f"{name} (PowerShell 3 or later)"
    if name.startswith(("$using:", "${using:")):
        yield "$using: (PowerShell 3)"


def _command(node: Node) -> Iterator[str]:
    parts = kids(node)
    name = source_of(parts[0]).lower()
    elements = [part for group in parts[1:] for part in kids(group)]
    parameters = [source_of(part).lower() for part in elements if part.type == "command_parameter"]
    if name in newer.COMMANDS:
        yield f"{name} is not in PowerShell 2.0"
    if newer.LATER_SYNTAX.match(name):
        yield f"number {name} (PowerShell 6)"
    if name in newer.FILTERS and not any(part.type == "script_block_expression" for part in _walk(node)):
        yield f"{name} without a script block (PowerShell 3)"
    for parameter in parameters:
        if (name, parameter) in newer.PARAMETERS:
            yield f"{name} {parameter} (PowerShell 3)"
    if name == "new-object":
        for part in elements:
            yield from _type(source_of(part).strip("'\""))
