"""The syntax tree of a script: the only user of tree-sitter besides the lint."""

from __future__ import annotations

from functools import lru_cache

import tree_sitter_powershell
from tree_sitter import Language, Node, Parser, Tree

from vcaudit.lab.powershell.errors import Unsupported

_PARSER = Parser(Language(tree_sitter_powershell.language()))
_NOISE = frozenset({"comment", "command_argument_sep", "empty_statement"})
_WRAPPERS = frozenset(
    {
        "pipeline",
        "pipeline_chain",
        "argument_expression",
        "logical_expression",
        "bitwise_expression",
        "comparison_expression",
        "additive_expression",
        "multiplicative_expression",
        "format_expression",
        "range_expression",
        "array_literal_expression",
        "unary_expression",
        "expression_with_unary_operator",
        "left_assignment_expression",
    }
)


@lru_cache(maxsize=128)
def parse(source: bytes) -> Tree:
    """The tree of a script; it never changes, so every interpreter may use the same one."""
    return _PARSER.parse(source)


def source_of(node: Node) -> str:
    """The text of a node."""
    return (node.text or b"").decode("utf-8", "replace")


def kids(node: Node) -> list[Node]:
    """The children that carry meaning."""
    return [child for child in node.children if child.is_named and child.type not in _NOISE]


def written(node: Node) -> list[Node]:
    """All children, operators and punctuation too, but no comments."""
    return [child for child in node.children if child.type != "comment"]


def kind(node: Node) -> str:
    """The type of a node; the grammar has a second set of names for expressions within an argument list."""
    return node.type.replace("_argument_", "_")


def core(node: Node) -> Node:
    """The node below the chain of one-child nodes that the grammar puts around every expression."""
    while kind(node) in _WRAPPERS:
        inner = written(node)
        if len(inner) != 1 or not inner[0].is_named:
            break
        node = inner[0]
    return node


def refusal(node: Node, why: str) -> Unsupported:
    """The error for a construct that is not played."""
    line = node.start_point[0] + 1
    excerpt = " ".join(source_of(node).split())[:60]
    return Unsupported(f"{why}, line {line}: {excerpt}")


def variable_key(node: Node) -> str:
    """The name of a variable as scopes hold it; names that lead elsewhere ($env:X, $script:x) are refused."""
    name = source_of(node)[1:]
    if name.startswith("{"):
        name = name[1:-1]
    return checked_name(node, name)


def checked_name(node: Node, name: str) -> str:
    """A variable's name in lower case, unless it is one of those with a meaning that is not played."""
    key = name.lower()
    if ":" in key or "`" in key:
        raise refusal(node, f"qualified variable ${name}")
    return key
