"""Stand-ins for ADSI's WinNT provider and for account names: local users and groups."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from vcaudit.lab.node import Group, Member, User
from vcaudit.lab.powershell import Obj, Unsupported, nullable, want
from vcaudit.lab.windows import errors
from vcaudit.lab.windows.session import Session
from vcaudit.lab.windows.text import DateTime

SID_TYPE = "System.Security.Principal.SecurityIdentifier"
_DISABLED, _LOCKED, _NORMAL = 0x2, 0x10, 0x200


class Entries(Obj):
    """The constructor of DirectoryEntry: from a path, or from an object that ADSI gave."""

    net = "System.DirectoryServices.DirectoryEntry"

    def __init__(self, session: Session) -> None:
        self._session = session

    def new(self, _: Any, source: Any) -> Entry:
        """The machine itself by its path; nothing is asked before something is read."""
        if isinstance(source, Com):
            return Entry(source.name_, source.path_, source.class_, {})
        machine = f"WinNT://{self._session.node.name},computer"
        if want(source).lower() != machine.lower():
            raise Unsupported(f"DirectoryEntry {source}")
        return Machine(self._session)


class Entry(Obj):
    """DirectoryEntry. Everything stands behind psbase: PowerShell shows ADSI's own properties in its place."""

    net = "System.DirectoryServices.DirectoryEntry"

    def __init__(self, name: str, path: str, schema: str, values: dict[str, Any], members: Any = None) -> None:
        self.psbase = Base(name, path, schema, values, members)


class Base(Obj):
    """psbase of a DirectoryEntry."""

    net = "System.Management.Automation.PSMemberSet"

    def __init__(self, name: str, path: str, schema: str, values: dict[str, Any], members: Any) -> None:
        self.name, self.path, self.schemaclassname = name, path, schema
        self.properties = Properties(values)
        self._members = members

    def invoke(self, method: str) -> Coms:
        """Members of a group."""
        if method != "Members" or self._members is None:
            raise Unsupported(f"DirectoryEntry.Invoke {method}")
        return Coms(self._members)


class Properties(Obj):
    """PropertyCollection; names without regard to case."""

    net = "System.DirectoryServices.PropertyCollection"

    def __init__(self, values: dict[str, Any]) -> None:
        self._values = {name.lower(): value for name, value in values.items()}

    def item(self, name: str) -> PropertyValue:
        """A property; one that is not set has no value."""
        if name.lower() not in _PROPERTIES:
            raise Unsupported(f"ADSI property {name}")
        return PropertyValue(self._values.get(name.lower()))


_PROPERTIES = frozenset({"objectsid", "userflags", "passwordexpired", "accountexpirationdate"})


class PropertyValue(Obj):
    """PropertyValueCollection."""

    net = "System.DirectoryServices.PropertyValueCollection"

    def __init__(self, value: Any) -> None:
        self.value = value


class Com(Obj):
    """A COM object of ADSI's."""

    net = "System.__ComObject"

    def __init__(self, name: str, path: str, schema: str) -> None:
        self.name_, self.path_, self.class_ = name, path, schema


class Coms(Obj):
    """IADsMembers."""

    net = "System.__ComObject"

    def __init__(self, members: list[Com]) -> None:
        self._members = members

    def __iter__(self) -> Iterator[Com]:
        return iter(self._members)


class Machine(Entry):
    """The computer with its accounts."""

    def __init__(self, session: Session) -> None:
        super().__init__(session.node.name, f"WinNT://{session.node.domain}/{session.node.name}", "Computer", {})
        self.psbase = MachineBase(session)


class MachineBase(Base):
    """psbase of the computer."""

    def __init__(self, session: Session) -> None:
        super().__init__(session.node.name, "", "Computer", {}, None)
        self._session = session

    @property
    def children(self) -> Children:
        """Accounts, services and queues, until a filter is set."""
        return Children(self._session)


class Filter(Obj):
    """SchemaNameCollection."""

    net = "System.DirectoryServices.SchemaNameCollection"

    def __init__(self) -> None:
        self.names_: list[str] = []

    def add(self, name: str) -> int:
        """Its index, which a script must throw away."""
        self.names_.append(name.lower())
        return len(self.names_) - 1


class Children(Obj):
    """DirectoryEntries."""

    net = "System.DirectoryServices.DirectoryEntries"

    def __init__(self, session: Session) -> None:
        self._session = session
        self.schemafilter = Filter()

    def __iter__(self) -> Iterator[Entry]:
        session, wanted = self._session, self.schemafilter.names_
        session.hang("accounts")
        if session.denies("accounts"):
            raise errors.net("UnauthorizedAccessException", "General access denied error", errors.ACCESS_DENIED)
        code = session.code_of("accounts")
        if code is not None:
            raise errors.com(code)
        if len(wanted) != 1 or wanted[0] not in ("user", "group"):
            raise Unsupported("children of the computer without a filter for users or groups")
        if wanted[0] == "user":
            return (_user(session, user) for user in session.node.users)
        return (_group(session, group) for group in session.node.groups)


def _user(session: Session, user: User) -> Entry:
    values: dict[str, Any] = {
        "objectSid": sid_bytes(user.sid),
        "UserFlags": _NORMAL | _DISABLED * user.disabled | _LOCKED * user.locked,
        "PasswordExpired": int(user.password_expired),
        "AccountExpirationDate": None if user.expires is None else DateTime(user.expires),
    }
    return Entry(user.name, _path(session, user.name), "User", values)


def _group(session: Session, group: Group) -> Entry:
    members = [_member(session, member) for member in group.members]
    return Entry(group.name, _path(session, group.name), "Group", {"objectSid": sid_bytes(group.sid)}, members)


def _path(session: Session, name: str) -> str:
    return f"WinNT://{session.node.domain}/{session.node.name}/{name}"


def _member(session: Session, member: Member) -> Com:
    domain, _, name = member.name.rpartition("\\")
    if not domain:
        return Com(name, f"WinNT://{name}", "")
    local = domain.lower() == session.node.name.lower()
    schema = "Group" if member.group else "User"
    return Com(name, _path(session, name) if local else f"WinNT://{domain}/{name}", schema)


def sid_bytes(sid: str | None) -> bytes | None:
    """A SID as Windows stores it."""
    if sid is None:
        return None
    _, revision, authority, *rest = sid.split("-")
    head = bytes([int(revision), len(rest)]) + int(authority).to_bytes(6, "big")
    return head + b"".join(int(part).to_bytes(4, "little") for part in rest)


class Sid(Obj):
    """SecurityIdentifier."""

    net = SID_TYPE

    def __init__(self, value: str) -> None:
        self.value = value

    @staticmethod
    def new(_: Any, source: Any, offset: int | None = None) -> Sid:
        """From its text, or from bytes at an offset."""
        if isinstance(source, str) and offset is None:
            return Sid(source.upper())
        if not isinstance(source, (bytes, bytearray)) or offset != 0:
            raise Unsupported("SecurityIdentifier from something else than text or bytes")
        parts = [int.from_bytes(source[at : at + 4], "little") for at in range(8, 8 + 4 * source[1], 4)]
        return Sid("-".join(map(str, ["S", source[0], int.from_bytes(source[2:8], "big"), *parts])))


class Accounts(Obj):
    """The constructor of NTAccount."""

    net = "System.Security.Principal.NTAccount"

    def __init__(self, session: Session) -> None:
        self._session = session

    def new(self, _: Any, domain: str, name: str) -> Account:
        """By domain and name."""
        return Account(self._session, f"{want(domain)}\\{want(name)}")


class Account(Obj):
    """NTAccount."""

    net = "System.Security.Principal.NTAccount"

    def __init__(self, session: Session, name: str) -> None:
        self._session, self._name = session, name

    @nullable
    def translate(self, target: Any) -> Sid:
        """What the node's LSA knows."""
        if getattr(target, "fullname", "") != SID_TYPE:
            raise Unsupported("an account translated into something else than a SID")
        sid = self._known().get(self._name.lower())
        if sid is None:
            why = "Some or all identity references could not be translated."
            raise errors.net("Security.Principal.IdentityNotMappedException", why, 0x80131501)
        return Sid(sid)

    def _known(self) -> dict[str, str]:
        node = self._session.node
        accounts: tuple[User | Group, ...] = (*node.users, *node.groups)
        local = {f"{node.name}\\{account.name}".lower(): account.sid for account in accounts}
        members = {member.name.lower(): member.sid for group in node.groups for member in group.members}
        return {name: sid for name, sid in {**members, **local}.items() if sid is not None}
