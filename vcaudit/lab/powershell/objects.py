"""Objects a script can hold: stand-ins for .NET objects, exceptions, script blocks and hashtables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TypeVar

from vcaudit.lab.powershell.errors import NetError, PSThrow, Unsupported, signed32

if TYPE_CHECKING:
    from vcaudit.lab.powershell.compiler import Eval, Exec

RUNTIME_EXCEPTION = "System.Management.Automation.RuntimeException"
MANAGEMENT_STATUS = "System.Management.ManagementStatus"
MISSING: Any = object()

F = TypeVar("F", bound=Callable[..., Any])


def prop(function: F) -> F:
    """Mark a function of a stand-in as a property: a script reads it without parentheses."""
    function.is_property = True  # type: ignore[attr-defined]
    return function


def nullable(function: F) -> F:
    """Mark a method whose None is a $null that it returns; otherwise None means that the method returns nothing.

    Not needed where the function has a return annotation other than None.
    """
    function.void = False  # type: ignore[attr-defined]
    return function


class Obj:
    """Base of every stand-in for a .NET type or object.

    Members are Python attributes in lower case; a script may spell them in any case. Names that begin or end with an
    underscore, and those in `hidden`, do not exist for scripts.
    """

    net: str = "System.Object"
    hidden: ClassVar[frozenset[str]] = frozenset({"net", "new", "hidden"})

    def gettype(self) -> TypeInfo:
        """The type object, as .GetType() gives it."""
        return TypeInfo(self.net)

    def tostring(self, *_: Any) -> str:
        """The text of the object: its type name, unless a stand-in knows better."""
        return self.net


def member_of(target: Any, key: str) -> Any:
    """The member of a stand-in that a script may see, or MISSING."""
    if key[0] == "_" or key[-1] == "_" or key in getattr(target, "hidden", Obj.hidden):
        return MISSING
    return getattr(target, key, MISSING)


class TypeInfo(Obj):
    """What .GetType() returns."""

    net = "System.RuntimeType"

    def __init__(self, full: str, array: bool | None = None) -> None:
        self.fullname = full
        self.name = full.rsplit(".", 1)[-1]
        self.isarray = full.endswith("[]") if array is None else array

    def tostring(self, *_: Any) -> str:
        """The full name."""
        return self.fullname


class EnumType(Obj):
    """An enumeration; its values are attributes in lower case."""

    hidden = frozenset({"net", "new", "hidden", "flags", "names"})

    def __init__(self, net: str, names: list[tuple[str, int]], flags: bool) -> None:
        self.net = net
        self.names = names
        self.flags = flags

    def __getattr__(self, key: str) -> EnumV:
        for name, value in self.__dict__.get("names", ()):
            if name.lower() == key:
                return EnumV(value, self)
        raise AttributeError(key)


class EnumV(int):
    """One value of an enumeration."""

    ty: EnumType
    net: str

    def __new__(cls, value: int, ty: EnumType) -> EnumV:
        """`value` as a member of `ty`."""
        self = super().__new__(cls, value)
        self.ty, self.net = ty, ty.net
        return self

    def label(self) -> str:
        """Its name, or the names of its flags, or its number."""
        if not self.ty.names:
            raise Unsupported(f"text of a {self.net}: its names are not known here")
        for name, value in self.ty.names:
            if value == self:
                return name
        left = int(self)
        found: list[str] = []
        if self.ty.flags:
            for name, value in sorted(self.ty.names, key=lambda pair: -pair[1]):
                if value and value & left == value:
                    found.insert(0, name)
                    left -= value
        return ", ".join(found) if found and not left else str(int(self))


def make_enum(net: str, vals: Mapping[str, int], flags: bool = False) -> EnumType:
    """An enumeration type; a trailing underscore (`None_`) keeps Python's keywords usable as names."""
    return EnumType(net, [(name.strip("_"), value) for name, value in vals.items()], flags)


class NetExc(Obj):
    """A .NET exception as a script sees it."""

    # Exception.HResult is protected before .NET 4.5: reading it gives $null there and a number later
    hidden = Obj.hidden | {"hresult", "error_code"}

    def __init__(
        self,
        type_: str,
        message: str,
        inner: NetExc | None = None,
        hresult: int | None = None,
        error_code: int | None = None,
    ) -> None:
        self.net = type_
        self.message = message
        self.innerexception = inner
        self.hresult = signed32(hresult)
        self.error_code = signed32(error_code)

    @classmethod
    def of(cls, error: NetError) -> NetExc:
        """The exception object of an error that a stand-in raised."""
        return cls(error.type_, str(error), None, error.hresult, error.error_code)

    @property
    def errorcode(self) -> EnumV:
        """ManagementException.ErrorCode: a number whose names are not known here."""
        if self.error_code is None:
            raise Unsupported(f"ErrorCode of a {self.net} that carries none")
        return EnumV(self.error_code, EnumType(MANAGEMENT_STATUS, [], flags=False))


class Record(Obj):
    """The error record that a catch block sees as $_."""

    net = "System.Management.Automation.ErrorRecord"

    def __init__(self, exception: NetExc) -> None:
        self.exception = exception


def fail(message: str, inner: NetExc | None = None, type_: str = RUNTIME_EXCEPTION) -> PSThrow:
    """The terminating error that the engine itself would raise."""
    return PSThrow(Record(NetExc(type_, message, inner)))


class Param(NamedTuple):
    """One parameter of a function or script block."""

    name: str
    """In lower case, without the dollar sign."""
    cast: Callable[[Any, Any], Any] | None
    """(machine, value) -> value of the declared type; None without one."""
    default: Eval | None
    """Evaluated at each call that leaves the parameter out."""


class ScriptBlock(Obj):
    """A script block or the body of a function."""

    net = "System.Management.Automation.ScriptBlock"
    hidden = Obj.hidden | {"params", "body", "source"}

    def __init__(self, params: tuple[Param, ...], body: Exec | None, source: str = "") -> None:
        self.params = params
        self.body = body
        self.source = source

    def tostring(self, *_: Any) -> str:
        """The text between the braces."""
        return self.source


class CI:
    """A hashtable: string keys ignore case, a key of another type equals its own type only."""

    net = "System.Collections.Hashtable"

    def __init__(self, pairs: Mapping[Any, Any] | None = None) -> None:
        self._data: dict[Any, Any] = {}
        for key, value in (pairs or {}).items():
            self[key] = value

    @staticmethod
    def fold(key: Any) -> Any:
        """The key as it is compared."""
        if key is None:
            raise Unsupported("null hashtable key")
        return key.lower() if isinstance(key, str) else (type(key).__name__, key)

    def __setitem__(self, key: Any, value: Any) -> None:
        self._data[self.fold(key)] = value

    def __getitem__(self, key: Any) -> Any:
        return self._data[self.fold(key)]

    def __contains__(self, key: Any) -> bool:
        return self.fold(key) in self._data

    def __len__(self) -> int:
        return len(self._data)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._data)

    def get(self, key: Any, default: Any = None) -> Any:
        """The value of a key, or the default."""
        return self._data.get(self.fold(key), default)
