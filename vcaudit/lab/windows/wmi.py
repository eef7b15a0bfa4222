"""Stand-ins for System.Management: local queries with a time limit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from vcaudit.lab.instances import PROPERTIES
from vcaudit.lab.powershell import (
    NetError,
    Num,
    Obj,
    StrArr,
    UInt32,
    UInt64,
    Unsupported,
    make_enum,
    nullable,
    text,
    want,
)
from vcaudit.lab.windows import errors, wql
from vcaudit.lab.windows.session import Session
from vcaudit.lab.windows.text import TimeSpan

AUTHENTICATION = make_enum("System.Management.AuthenticationLevel", {"Packet": 4, "PacketPrivacy": 6})
_PREFIX = "\\\\.\\"


class Options(Obj):
    """ConnectionOptions and EnumerationOptions."""

    net = "System.Management.EnumerationOptions"
    timeout: Any = None
    authentication: Any = None

    @staticmethod
    def new(_: Any) -> Options:
        """Without a limit, until one is set."""
        return Options()


class Scope(Obj):
    """ManagementScope: a namespace of this machine."""

    net = "System.Management.ManagementScope"

    def __init__(self, namespace: str) -> None:
        self._namespace = namespace
        self.options = Options()

    @staticmethod
    def new(_: Any, path: str) -> Scope:
        """Local only."""
        if not want(path).startswith(_PREFIX):
            raise Unsupported(f"the WMI of another machine: {path}")
        return Scope(path[len(_PREFIX) :].lower())

    @property
    def namespace_(self) -> str:
        """For other stand-ins."""
        return self._namespace


class ObjectQuery(Obj):
    """ObjectQuery."""

    net = "System.Management.ObjectQuery"

    def __init__(self, query: str) -> None:
        self.query_ = query

    @staticmethod
    def new(_: Any, query: str) -> ObjectQuery:
        """WQL, looked at when it runs."""
        return ObjectQuery(want(query))


class Searchers(Obj):
    """The constructor of ManagementObjectSearcher."""

    net = "System.Management.ManagementObjectSearcher"

    def __init__(self, session: Session) -> None:
        self._session = session

    def new(self, _: Any, scope: Scope, query: ObjectQuery, options: Options) -> Searcher:
        """A query that ends: both limits must be set, for queries have been seen to hang (field facts, section 5)."""
        limits = (scope.options.timeout, options.timeout)
        if not all(isinstance(limit, TimeSpan) for limit in limits):
            raise Unsupported("a WMI query without a time limit may never return")
        if scope.options.authentication is None or scope.options.authentication.label() != "PacketPrivacy":
            raise Unsupported("the cluster's WMI provider wants PacketPrivacy")
        return Searcher(self._session, scope.namespace_, query.query_, options.timeout.seconds_)


class Searcher(Obj):
    """ManagementObjectSearcher."""

    net = "System.Management.ManagementObjectSearcher"

    def __init__(self, session: Session, namespace: str, query: str, limit: float) -> None:
        self._session, self._namespace, self._query, self._limit = session, namespace, query, limit

    def get(self) -> Instances:
        """Connects; a missing namespace shows here, everything else at the first row."""
        session, namespace = self._session, self._namespace
        self._fail(namespace)
        if namespace not in session.node.wmi:
            raise errors.wmi(errors.INVALID_NAMESPACE)
        return Instances(self)

    def rows_(self) -> Iterator[Instance]:
        """For the collection."""
        query = wql.parse(self._query)
        self._fail(f"{self._namespace}:{query.cls}")
        always = PROPERTIES.get(self._namespace, {}).get(query.cls)
        rows = self._session.node.wmi[self._namespace].get(query.cls, None if always is None else [])
        if rows is None:
            raise errors.wmi(errors.INVALID_CLASS)
        unlisted = {name.lower(): value for name, value in (always or {}).items()}
        known = {name.lower() for row in rows if not isinstance(row, NetError) for name in row} | set(unlisted)
        asked = {*(query.properties or ()), *(name for name, _ in query.conditions)}
        if rows and not asked <= known:
            raise errors.wmi(errors.INVALID_QUERY)
        for row in rows:
            if isinstance(row, NetError):
                raise row
            cells = {**unlisted, **{name.lower(): value for name, value in row.items()}}
            if all(_equal(cells.get(name), value) for name, value in query.conditions):
                yield Instance(cells, query.properties)

    def _fail(self, name: str) -> None:
        """What a denied, broken or hanging namespace or class throws; waiting is over when the limit is."""
        session = self._session
        if name in session.node.hanging:
            session.spend(1000 * self._limit)
            raise errors.wmi(errors.TIMED_OUT)
        if session.denies(name):
            raise errors.wmi(errors.WMI_ACCESS_DENIED)
        code = session.code_of(name)
        if code is not None:
            raise errors.wmi(code)


def _equal(value: Any, wanted: str) -> bool:
    return value is not None and text(_net(value)).lower() == wanted


class Instances(Obj):
    """ManagementObjectCollection: rows come one at a time, and may fail at any of them."""

    net = "System.Management.ManagementObjectCollection"

    def __init__(self, searcher: Searcher) -> None:
        self._searcher = searcher

    def __iter__(self) -> Iterator[Instance]:
        return self._searcher.rows_()


class Instance(Obj):
    """ManagementObject; an embedded object is a ManagementBaseObject with the same members here."""

    net = "System.Management.ManagementObject"

    def __init__(self, row: Mapping[str, Any], selected: frozenset[str] | None) -> None:
        self._cells = {name.lower(): value for name, value in row.items()}
        self._selected = selected

    @nullable
    def getpropertyvalue(self, name: str) -> Any:
        """NotFound for a property that this instance does not have, or that the query did not ask for."""
        key = want(name).lower()
        if key not in self._cells or (self._selected is not None and key not in self._selected):
            raise errors.wmi(errors.NOT_FOUND)
        return _net(self._cells[key])


class Embedded(Obj):
    """ManagementBaseObject."""

    net = "System.Management.ManagementBaseObject"

    def __init__(self, cells: Mapping[str, Any]) -> None:
        self._cells = cells

    @property
    def properties(self) -> Properties:
        """All of them."""
        return Properties(self._cells)


class Properties(Obj):
    """PropertyDataCollection."""

    net = "System.Management.PropertyDataCollection"

    def __init__(self, cells: Mapping[str, Any]) -> None:
        self._cells = cells

    def __iter__(self) -> Iterator[Property]:
        return (Property(name, value) for name, value in self._cells.items())


class Property(Obj):
    """PropertyData."""

    net = "System.Management.PropertyData"

    def __init__(self, name: str, value: Any) -> None:
        self.name, self.value = name, _net(value)


def _net(value: Any) -> Any:
    """A value of a scenario as WMI gives it: numbers are unsigned where they can be, lists are arrays of one type."""
    if isinstance(value, NetError):
        raise value
    if isinstance(value, Mapping):
        return Embedded(value)
    if isinstance(value, list):
        items = [_net(item) for item in value]
        return StrArr(items) if all(isinstance(item, str) for item in items) else items
    if type(value) is int and not isinstance(value, Num) and value >= 1 << 31:
        return UInt32(value) if value < 1 << 32 else UInt64(value)
    return value
