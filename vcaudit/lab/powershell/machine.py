"""The state of one run: scopes, types, the error being handled; and the calls that cross them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from vcaudit.lab.powershell.compiler import BREAK, CONTINUE
from vcaudit.lab.powershell.errors import NetError, PSThrow, Unsupported
from vcaudit.lab.powershell.objects import CI, MISSING, NetExc, Obj, Record, ScriptBlock, fail
from vcaudit.lab.powershell.values import VOID, unwrap

INVOCATION_EXCEPTION = "System.Management.Automation.MethodInvocationException"
BINDING_EXCEPTION = "System.Management.Automation.ParameterBindingArgumentTransformationException"
TRANSFORMATION_EXCEPTION = "System.Management.Automation.ArgumentTransformationMetadataException"
MAX_DEPTH = 100
"""Calls within calls; the collector needs a handful, and Python's own stack ends not far above."""

_NULLABLE = frozenset({"getvalue", "opensubkey", "getpropertyvalue"})


class VersionInfo(Obj):
    """$PSVersionTable.PSVersion."""

    net = "System.Version"

    def __init__(self, major: int) -> None:
        self.major = major
        self.minor = 1 if major == 5 else 0  # of Windows PowerShell 5 the lab knows 5.1 only

    def tostring(self, *_: Any) -> str:
        """Two numbers, as 2.0 shows itself."""
        return f"{self.major}.{self.minor}"


class VersionTable(CI):
    """$PSVersionTable, whose type changed at some version after 2.0."""

    def __init__(self, ps: int) -> None:
        super().__init__({"psversion": VersionInfo(ps)})
        self._ps = ps

    @property
    def net(self) -> str:  # type: ignore[override]
        """The type in version 7; others were not measured."""
        if self._ps < 7:
            raise Unsupported("type of $PSVersionTable")
        return "System.Management.Automation.PSVersionHashTable"


class Machine:
    """What compiled code works on."""

    def __init__(self, types: dict[str, Any], world: Any, budget: int, ps: int) -> None:
        self.types = types
        self.world = world
        self.ps = ps
        self.steps = budget
        self.handling: list[Record] = []
        self.scopes: list[dict[str, Any]] = [{"erroractionpreference": "Continue", "psversiontable": VersionTable(ps)}]

    def spend(self, count: int) -> None:
        """Pay for statements; a script that never ends must."""
        self.steps -= count
        if self.steps < 0:
            raise Unsupported("step budget")

    def lookup(self, key: str) -> Any:
        """A variable or function, in the innermost scope that has it: scopes are dynamic."""
        for scope in reversed(self.scopes):
            if key in scope:
                return scope[key]
        raise Unsupported(f"undefined variable ${key}")

    def find(self, key: str) -> Any:
        """As lookup, but MISSING where nothing is found."""
        for scope in reversed(self.scopes):
            if key in scope:
                return scope[key]
        return MISSING

    def own(self, key: str) -> Any:
        """A variable about to be changed in place.

        In a child scope `+=` starts from $null and `++` from the caller's value, and versions may differ: refused.
        """
        scope = self.scopes[-1]
        if key not in scope:
            raise Unsupported(f"${key} of an outer scope changed in place")
        value = scope[key]
        return None if value is VOID else value

    def find_type(self, key: str) -> Any:
        """The stand-in of a type, by its name in lower case, with or without `System.`."""
        found = self.types.get(key)
        if found is None:
            found = self.types.get(f"system.{key}")
        if found is None:
            raise Unsupported(f"unknown type [{key}]")
        return found

    def guard(self, name: str, function: Callable[..., Any], args: Sequence[Any], *first: Any) -> Any:
        """Call into a stand-in; a .NET exception arrives wrapped, as in PowerShell."""
        try:
            return function(*first, *args)
        except NetError as error:
            message = f'Exception calling "{name}" with "{len(args)}" argument(s): "{error}"'
            raise fail(message, NetExc.of(error), INVOCATION_EXCEPTION) from error

    def call(self, block: ScriptBlock, args: Sequence[Any]) -> Any:
        """Run a script block or function in a scope of its own; what it writes is its result."""
        if len(args) > len(block.params):
            raise Unsupported("more arguments than parameters (PowerShell hides them in $args)")
        if len(self.scopes) > MAX_DEPTH:
            raise Unsupported("call depth")
        out: list[Any] = []
        scope: dict[str, Any] = {}
        self.scopes.append(scope)
        try:
            self._bind(block, args, scope)
            if block.body is not None and block.body(self, out) in (BREAK, CONTINUE):
                raise Unsupported("break or continue that leaves a function")
        finally:
            self.scopes.pop()
        return unwrap(out)

    def _bind(self, block: ScriptBlock, args: Sequence[Any], scope: dict[str, Any]) -> None:
        given = len(args)
        for index, (name, cast, default) in enumerate(block.params):
            value = args[index] if index < given else default and default(self)
            if cast is not None:
                value = self._converted(cast, value)
            scope[name] = value

    def _converted(self, cast: Callable[[Any, Any], Any], value: Any) -> Any:
        try:
            return cast(self, value)
        except PSThrow as error:
            cause = error.record.exception
            inner = NetExc(TRANSFORMATION_EXCEPTION, cause.message, cause)
            raise fail(str(error), inner, BINDING_EXCEPTION) from error


def returned(function: Callable[..., Any], key: str, result: Any) -> Any:
    """A method's result: None is $null where the method returns something, and nothing where it does not."""
    if result is not None:
        return result
    annotated = getattr(function, "__annotations__", {}).get("return")
    is_void = getattr(function, "void", annotated in (None, "None") and key not in _NULLABLE)
    return VOID if is_void else None
