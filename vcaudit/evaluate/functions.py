"""The functions a rule may call: CEL's standard ones and its string extension. What is not here is refused at load.

A closed table because one unknown function could swallow the error that stands for "not looked at".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from vcaudit.evaluate.shapes import ANY, BOOL, DOUBLE, INT, STRING, Kind, Shape, list_of


@dataclass(frozen=True)
class Signature:
    """What a function gives, and what its first argument (or the thing it is called on) must be."""

    gives: Shape | None
    """None: the same as its first argument."""
    takes: tuple[Kind, ...] = ()


BOOLEAN_OPERATORS = frozenset({"_&&_", "_||_", "!_", "@not_strictly_false"})
"""`@not_strictly_false` is what `all` and `exists` stop by; nobody can write it, for no name begins with @."""
ORDER = frozenset({"_<_", "_<=_", "_>_", "_>=_"})
ARITHMETIC = frozenset({"_+_", "_-_", "_*_", "_/_", "_%_"})

_NUMBER: tuple[Kind, ...] = ("int", "double")
_TEXT = Signature(STRING, ("string",))
_TRUTH_OF_TEXT = Signature(BOOL, ("string",))

RESULTS: Mapping[str, Signature] = {
    **dict.fromkeys(ORDER, Signature(BOOL)),
    "@in": Signature(BOOL),
    "_+_": Signature(None, (*_NUMBER, "string")),
    **dict.fromkeys(("_-_", "_*_", "_/_", "_%_", "-_"), Signature(None, _NUMBER)),
    "size": Signature(INT, ("string", "list")),
    "int": Signature(INT),
    "double": Signature(DOUBLE),
    "string": Signature(STRING),
    "bool": Signature(BOOL),
    "timestamp": Signature(ANY, ("string",)),
    "duration": Signature(ANY, ("string",)),
    **dict.fromkeys(("contains", "startsWith", "endsWith", "matches"), _TRUTH_OF_TEXT),
    **dict.fromkeys(("lowerAscii", "upperAscii", "trim", "replace", "substring", "charAt", "reverse", "format"), _TEXT),
    **dict.fromkeys(("indexOf", "lastIndexOf"), Signature(INT, ("string",))),
    "split": Signature(list_of(STRING), ("string",)),
    "join": Signature(STRING, ("list",)),
}
