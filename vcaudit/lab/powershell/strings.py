"""String literals: quotes, escapes, here-strings, and what expands within double quotes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from tree_sitter import Node

from vcaudit.lab.powershell.compiler import Eval, compile_children, expression
from vcaudit.lab.powershell.errors import Unsupported
from vcaudit.lab.powershell.machine import Machine
from vcaudit.lab.powershell.syntax import checked_name, kids, parse, refusal, source_of
from vcaudit.lab.powershell.values import VOID, text, unwrap

_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_HERE = re.compile(r"@(['\"])[ \t]*\r?\n(?:(.*)\r?\n)?['\"]@", re.DOTALL)
_VARIABLE = re.compile(r"\{([^}`:]+)\}|(\w+)(?!\w*:)")


class _Piece(NamedTuple):
    """A part of an expandable string."""

    kind: str
    """text, variable or code"""
    source: str


@expression("string_literal")
def string_literal(node: Node) -> Eval:
    """Any string literal."""
    inner = kids(node)[0]
    source = source_of(inner)
    if inner.type == "verbatim_string_characters":
        return constant(source[1:-1].replace("''", "'"))
    if inner.type == "expandable_string_literal":
        return _expandable(node, source[1:-1], quoted=True)
    here = _HERE.fullmatch(source)
    if here is None:
        raise refusal(node, f"string {inner.type}")
    body = here[2] or ""
    return _expandable(node, body, quoted=False) if here[1] == '"' else constant(body)


def constant(value: Any) -> Eval:
    """A closure that always gives the same value."""
    return lambda machine: value


def _expandable(node: Node, source: str, quoted: bool) -> Eval:
    """A string with variables and subexpressions; `quoted`: a doubled quote stands for one."""
    parts: list[Eval] = []
    for piece in _pieces(source, quoted):
        if piece.kind == "text":
            parts.append(constant(piece.source))
        elif piece.kind == "variable":
            parts.append(_variable(checked_name(node, piece.source)))
        else:
            parts.append(_code(piece.source))
    if not parts:
        return constant("")
    if len(parts) == 1:
        return parts[0]
    return lambda machine: "".join([part(machine) for part in parts])


def _variable(key: str) -> Eval:
    constants = {"null": "", "true": "True", "false": "False"}
    if key in constants:
        return constant(constants[key])

    def load(machine: Machine) -> str:
        value = machine.lookup(key)
        return "" if value is VOID else text(value)

    return load


def _code(source: str) -> Eval:
    tree = parse(source.encode())
    if tree.root_node.has_error:
        raise Unsupported(f"syntax error in $({source})")
    body = compile_children(tree.root_node)

    def run(machine: Machine) -> str:
        out: list[Any] = []
        if body(machine, out):
            raise Unsupported("control flow out of a string")
        value = unwrap(out)
        return "" if value is VOID else text(value)

    return run


def _pieces(source: str, quoted: bool) -> Iterator[_Piece]:
    """An expandable string taken apart; neighbouring text comes as one piece."""
    plain: list[str] = []
    at = 0
    while at < len(source):
        special = _special(source, at)
        if special is not None:
            piece, at = special
            if plain:
                yield _Piece("text", "".join(plain))
                plain = []
            yield piece if not quoted else _Piece(piece.kind, piece.source.replace('""', '"'))
            continue
        char, following = source[at], source[at + 1 : at + 2]
        if char == "`":
            if following in ("", "e", "u"):  # escapes of PowerShell 6 and later, plain letters before
                raise Unsupported(f"escape `{following}")
            plain.append(_ESCAPES.get(following, following))
            at += 2
        else:
            plain.append(char)
            at += 2 if char == '"' and quoted else 1
    if plain:
        yield _Piece("text", "".join(plain))


def _special(source: str, at: int) -> tuple[_Piece, int] | None:
    """The variable or subexpression that starts here, and where it ends."""
    if source[at] != "$":
        return None
    if source.startswith("$(", at):
        end = _closing(source, at + 2)
        return _Piece("code", source[at + 2 : end]), end + 1
    variable = _VARIABLE.match(source, at + 1)
    if variable:
        return _Piece("variable", variable[1] or variable[2]), variable.end()
    if re.match(r"[\w{?^$]", source[at + 1 : at + 2]):
        raise Unsupported(f"variable in the string {source}")
    return None


def _closing(source: str, at: int) -> int:
    """The parenthesis that closes a subexpression; those in quotes do not count."""
    depth, quote = 1, ""
    while at < len(source):
        char = source[at]
        if char == "`":
            at += 2
            continue
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        else:
            depth += (char == "(") - (char == ")")
        if depth == 0:
            return at
        at += 1
    raise Unsupported("subexpression in a string")
