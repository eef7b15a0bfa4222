"""Local accounts that hold VirtualCenter roles, node by node (Clustering Considerations; field facts, section 8).

vpxd deletes permissions whose principal it cannot find, so a plain principal has to exist under that very name on
whichever node runs it, and one that carries a node's name exists on that node only.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from vcaudit.evaluate.known import among, apply, first_missing, same
from vcaudit.evaluate.members import keys
from vcaudit.evaluate.nodes import Node
from vcaudit.evaluate.schema import AccountDifference, PrincipalCopy
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import Group, Permission, User

_WELL_KNOWN = frozenset({"nt authority", "nt service", "iis apppool"})
_MACHINE_ACCOUNTS = ("iusr_", "iwam_", "support_")
_LAST_BUILT_IN_RID = 999
"""Accounts with a relative id up to here come with Windows."""


def principals(
    permissions: tuple[Permission, ...] | Missing, nodes: Sequence[Node], owner: str | None | Missing
) -> tuple[PrincipalCopy, ...] | Missing:
    """Every local principal on every node; domain ones are the domain's matter."""
    if isinstance(permissions, Missing):
        return permissions
    out: list[PrincipalCopy] = []
    for same_principal in _grouped(permissions):
        local = _local(same_principal[0].principal, nodes)
        if isinstance(local, Missing):
            return local
        if local is not None:
            name, qualified_with = local
            out += [_copy(same_principal, name, qualified_with, node, nodes, owner) for node in nodes]
    return tuple(out)


def _grouped(permissions: Iterable[Permission]) -> list[list[Permission]]:
    by_name: dict[tuple[str, bool], list[Permission]] = {}
    for permission in permissions:
        by_name.setdefault((permission.principal.casefold(), permission.is_group), []).append(permission)
    return list(by_name.values())


def _local(principal: str, nodes: Sequence[Node]) -> tuple[str, str | None] | None | Missing:
    """(account name, node it is qualified with), None for a domain or well-known principal."""
    prefix, _, name = principal.rpartition("\\")
    if not prefix:
        return None if "@" in principal else (principal, None)
    if same(prefix, "BUILTIN"):
        return name, None
    if prefix.casefold() in _WELL_KNOWN:
        return None
    for node in nodes:
        if among(prefix, node.names):
            return name, node.name
    # A machine that did not tell its name could be the one before the backslash.
    return next((n.state for n in nodes if not n.identified and isinstance(n.state, Missing)), None)


def _copy(
    permissions: Sequence[Permission], name: str, qualified_with: str | None, node: Node, nodes: Sequence[Node],
    owner: str | None | Missing,
) -> PrincipalCopy:  # fmt: skip
    first = permissions[0]
    resolves = qualified_with is None or same(qualified_with, node.name)
    account = _account(name, first.is_group, node) if resolves else None
    why_not = apply(_why_not, account)
    if isinstance(account, User):
        why_not = _of_user(account)
    missing, extra = _members(account, name, node, nodes, owner) if first.is_group and resolves else ((), ())
    return PrincipalCopy(
        principal=first.principal,
        roles=tuple(dict.fromkeys(p.role for p in permissions)),
        is_group=first.is_group,
        node=node.name,
        qualified_with=qualified_with,
        exists=apply(lambda a: a is not None, account),
        enabled=_enabled(account),
        why_not=why_not,
        missing_members=missing,
        extra_members=extra,
    )


def _account(name: str, is_group: bool, node: Node) -> User | Group | None | Missing:
    accounts = node.facts.accounts
    if isinstance(accounts, Missing):
        return accounts
    listed: Sequence[User | Group] | Missing = accounts.groups if is_group else accounts.users
    if isinstance(listed, Missing):
        return listed
    return next((a for a in listed if same(a.name, name)), None)


def _why_not(account: User | Group | None) -> str:
    return "no such account" if account is None else ""


def _flags(user: User) -> tuple[tuple[str, bool | Missing], ...]:
    return (
        ("disabled", user.disabled), ("locked", user.locked), ("expired", user.expired),
        ("must change its password", user.must_change_password),
    )  # fmt: skip


def _of_user(user: User) -> str | Missing:
    gap = first_missing(*(value for _, value in _flags(user)))
    return gap or ", ".join(words for words, value in _flags(user) if value is True)


def _enabled(account: User | Group | None | Missing) -> bool | Missing:
    if isinstance(account, Missing):
        return account
    if not isinstance(account, User):
        return account is not None
    values = [value for _, value in _flags(account)]
    return False if True in values else first_missing(*values) or True


def _members(
    account: User | Group | None | Missing, name: str, node: Node, nodes: Sequence[Node], owner: str | None | Missing
) -> tuple[tuple[str, ...] | Missing, tuple[str, ...] | Missing]:
    """(on the owner and not here, here and not on the owner)."""
    if isinstance(owner, Missing) or isinstance(account, Missing):
        gap = owner if isinstance(owner, Missing) else account
        assert isinstance(gap, Missing)
        return gap, gap
    reference = next((n for n in nodes if same(n.name, owner)), None)
    if reference is None or reference is node or account is None:
        return (), ()
    theirs = _account(name, True, reference)
    if isinstance(theirs, Missing):
        return theirs, theirs
    if not isinstance(theirs, Group) or not isinstance(account, Group):
        return (), ()
    wanted, here = keys(theirs, reference), keys(account, node)
    if isinstance(wanted, Missing):
        return wanted, wanted
    if isinstance(here, Missing):
        return here, here
    return (
        tuple(text for key, text in wanted.items() if key not in here),
        tuple(text for key, text in here.items() if key not in wanted),
    )


def account_differences(nodes: Sequence[Node]) -> tuple[AccountDifference, ...] | Missing:
    """Local accounts that are not on every node, without those that Windows itself makes."""
    tables: list[tuple[str, dict[tuple[str, bool], User | Group]]] = []
    for node in nodes:
        table = _table(node)
        if isinstance(table, Missing):
            return table
        tables.append((node.name, table))
    out: list[AccountDifference] = []
    for key in dict.fromkeys(key for _, table in tables for key in table):
        absent = tuple(name for name, table in tables if key not in table)
        account = next(table[key] for _, table in tables if key in table)
        if not absent or _machine_account(account.name, nodes):
            continue
        if isinstance(account.sid, Missing):
            return account.sid
        if not _comes_with_windows(account.sid):
            out.append(AccountDifference(name=account.name, is_group=key[1], absent_on=absent))
    return tuple(out)


def _table(node: Node) -> dict[tuple[str, bool], User | Group] | Missing:
    accounts = node.facts.accounts
    if isinstance(accounts, Missing):
        return accounts
    for listed in (accounts.users, accounts.groups):
        if isinstance(listed, Missing):
            return listed
    assert not isinstance(accounts.users, Missing)
    assert not isinstance(accounts.groups, Missing)
    table: dict[tuple[str, bool], User | Group] = {(u.name.casefold(), False): u for u in accounts.users}
    return table | {(g.name.casefold(), True): g for g in accounts.groups}


def _machine_account(name: str, nodes: Sequence[Node]) -> bool:
    lowered = name.casefold()
    named_after_a_node = any(spelling.casefold() in lowered for node in nodes for spelling in node.names)
    return lowered.startswith(_MACHINE_ACCOUNTS) or lowered in {"aspnet", "krbtgt"} or named_after_a_node


def _comes_with_windows(sid: str) -> bool:
    last = sid.rpartition("-")[2]
    return last.isdigit() and int(last) <= _LAST_BUILT_IN_RID
