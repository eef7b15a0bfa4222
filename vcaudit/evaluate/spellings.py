"""Whether two accounts, or two paths, of two nodes are the same, however they are written."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from vcaudit.evaluate.known import among
from vcaudit.evaluate.nodes import Node
from vcaudit.snapshot.base import Missing

_AUTHORITY: Final = frozenset({"nt authority", "nt-autorität", "autorite nt", "autorité nt"})
_BUILT_IN: Final = {
    "localsystem": "system", "system": "system", "système": "system",
    "localservice": "local service", "local service": "local service", "lokaler dienst": "local service",
    "networkservice": "network service", "network service": "network service", "netzwerkdienst": "network service",
}  # fmt: skip
"""What stands for the accounts that Windows has of itself, in lower case."""


class Account(NamedTuple):
    """An account, read."""

    kind: str
    """built-in, local, domain, or upn (user@suffix)."""
    domain: str
    user: str


def account(told: str | None, node: Node) -> Account:
    """A service's StartName: nothing is LocalSystem, and the node's own name is the same as a dot."""
    name = (told or "LocalSystem").strip().casefold()
    domain, slash, user = name.rpartition("\\")
    if user in _BUILT_IN and domain in {"", ".", *_AUTHORITY}:
        return Account("built-in", "", _BUILT_IN[user])
    if slash:
        own = domain == "." or among(domain, node.names)
        return Account("local", "", user) if own else Account("domain", domain, user)
    user, at, suffix = name.rpartition("@")
    return Account("upn", suffix, user) if at and user else Account("local", "", name)


def same_account(one: Account, other: Account) -> bool | Missing:
    """`CORP\\svc` is `svc@corp.example` where the first word of the suffix is the domain's short name.

    Neither the short name of a domain nor the name before an @ follows from the other by rule: what does not fit so
    may still be one account, and nobody can tell from here.
    """
    if one.kind == other.kind:
        return one.user == other.user and _same_domain(one.domain, other.domain)
    if {one.kind, other.kind} != {"domain", "upn"}:
        return False
    if one.user == other.user and _first(one.domain) == _first(other.domain):
        return True
    detail = "an account written as user@domain and one as DOMAIN\\user may be the same"
    return Missing(reason="not_found", detail=detail, where="Win32_Service.StartName")


def _same_domain(one: str, other: str) -> bool:
    """Two full names are two domains; a short one is the first word of its full one."""
    return one == other or (("." in one) != ("." in other) and _first(one) == _first(other))


def _first(domain: str) -> str:
    return domain.partition(".")[0]


def program(command: str | None) -> str:
    """The program of a service's command line; what follows it may be secret, and is no choice of place."""
    line = (command or "").strip()
    if line.startswith('"'):
        return line[1:].partition('"')[0].strip()
    ending = re.match(r"(.+?\.(?:exe|com|bat|cmd))(?:\s|$)", line, re.IGNORECASE)
    return ending[1] if ending else line.partition(" ")[0]


def same_path(one: str, other: str) -> bool | Missing:
    """Case, slashes and a slash at the end do not count; a name of the old short form stands for one that begins so."""
    left, right = _parts(one), _parts(other)
    if left == right:
        return True
    if ("%" in one) != ("%" in other):
        detail = f"{one} and {other} may be the same: what a variable stands for is not known"
        return Missing(reason="not_found", detail=detail, where="Win32_Service.PathName")
    return len(left) == len(right) and all(_same_part(a, b) for a, b in zip(left, right, strict=True))


def _parts(path: str) -> list[str]:
    return [part for part in re.split(r"[\\/]+", path.strip().strip('"').casefold()) if part]


def _same_part(one: str, other: str) -> bool:
    return one == other or _short_for(one, other) or _short_for(other, one)


def _short_for(short: str, long: str) -> bool:
    """`progra~1` for `program files`: six characters, without blanks and dots, and a number."""
    found = re.fullmatch(r"([^~.]{1,6})~\d+(?:\.[^~.]{1,3})?", short)
    return found is not None and "~" not in long and re.sub(r"[ .]", "", long).startswith(found[1])
