"""The interpreter: compiles a script once, runs it as often as asked."""

from __future__ import annotations

from collections import OrderedDict
from functools import lru_cache
from typing import Any

from tree_sitter import Node

from vcaudit.lab.powershell import assignments, calls, expressions, literals, statements, strings
from vcaudit.lab.powershell.compiler import NEXT, RETURN, Exec, compile_statement, sequence, statements_in
from vcaudit.lab.powershell.errors import NetError, PSThrow, Unsupported
from vcaudit.lab.powershell.machine import Machine
from vcaudit.lab.powershell.objects import NetExc, Record
from vcaudit.lab.powershell.syntax import kids, parse

# named here because importing them is what registers how each kind of node is compiled
__all__ = ["Interp", "assignments", "calls", "expressions", "literals", "statements", "strings"]

BUDGET = 2_000_000
"""Statements that a run may execute; a collector that needs more than a fraction of them does not end."""


class Interp(Machine):
    """Runs scripts against stand-ins for the .NET types they use.

    `types`: lower-case full name -> stand-in; `world`: whatever the stand-ins want to find there; `ps`: the PowerShell
    version played where versions differ.
    """

    def __init__(self, types: dict[str, Any], world: Any = None, budget: int = BUDGET, ps: int = 2) -> None:
        super().__init__(types, world, budget, ps)

    def run(self, src: str | bytes, out: list[Any] | None = None) -> list[Any]:
        """Run a script; what reaches the end of the pipeline is appended to `out`, also when an error follows."""
        out = [] if out is None else out
        try:
            program = compiled(src.encode() if isinstance(src, str) else src)
            if program(self, out) not in (NEXT, RETURN):
                raise Unsupported("break or continue outside a loop")
        except (Unsupported, PSThrow):
            raise
        except NetError as error:
            raise PSThrow(Record(NetExc.of(error))) from error
        except Exception as error:  # a hole in the interpreter or in a stand-in must be loud, whatever Python calls it
            raise Unsupported(f"{type(error).__name__} in the interpreter: {error}") from error
        return out


@lru_cache(maxsize=64)
def compiled(source: bytes) -> Exec:
    """A script as one closure."""
    root = parse(source).root_node
    if root.has_error:
        raise Unsupported("syntax error")
    return sequence([_top_level(node) for node in statements_in(kids(root))])


_TOP_LEVEL: OrderedDict[bytes, Exec] = OrderedDict()


def _top_level(node: Node) -> Exec:
    """A statement of the script itself, compiled once for its text: scripts differ in their requests only."""
    key = node.text or b""
    code = _TOP_LEVEL.get(key)
    if code is None:
        code = _TOP_LEVEL[key] = compile_statement(node)
        if len(_TOP_LEVEL) > 1000:
            _TOP_LEVEL.popitem(last=False)
    else:
        _TOP_LEVEL.move_to_end(key)
    return code
