"""From the elements of names and accounts probes to what they read; as `readers`."""

from __future__ import annotations

import ipaddress
import re

from vcaudit.collect.element import TIME, Damaged, Element, optional, optional_number
from vcaudit.collect.reads import AccountsRead, GroupRead, MemberRead, NameRead, UserRead
from vcaudit.collect.reasons import damaged
from vcaudit.snapshot.base import Missing

_SID = re.compile(r"S-1(-\d+)+", re.IGNORECASE)
_DISABLED, _LOCKED = 0x2, 0x10  # UF_ACCOUNTDISABLE, UF_LOCKOUT of UserFlags


def names(data: Element, where: str) -> tuple[NameRead, ...]:
    """The names of a names probe with their addresses."""
    found: list[NameRead] = []
    for name in data.named("h"):
        addresses = tuple(item.need("d") for item in name.named("i"))
        bad = [address for address in addresses if not _is_ipv4(address)]
        failure = damaged(f"not an IPv4 address: {bad[0]}", where) if bad else name.failure(where)
        found.append(NameRead(name=name.need("n"), addresses=addresses if failure is None else failure))
    return tuple(found)


def _is_ipv4(text: str) -> bool:
    try:
        return str(ipaddress.IPv4Address(text)) == text
    except ValueError:
        return False


def accounts(data: Element, where: str, now: str) -> AccountsRead:
    """Local users and groups; `now` is the node's own clock, by which accounts expire."""
    lists = {part.need("n"): part for part in data.named("l")}
    if set(lists) != {"User", "Group"} or len(data.children) != 2:
        raise Damaged("accounts without users or groups")
    users, groups = lists["User"], lists["Group"]
    return AccountsRead(
        users=users.failure(where) or tuple(_user(user, where, now) for user in users.named("u")),
        groups=groups.failure(where) or tuple(_group(group, where) for group in groups.named("g")),
    )


def _user(user: Element, where: str, now: str) -> UserRead:
    failure = user.failure(where)
    sid = failure or _sid(user, where)
    try:
        flags, must = optional_number(user, "flags"), optional_number(user, "pwexpired")
        until = optional(user, "until", TIME)
    except Damaged as error:
        failure, flags, must, until = damaged(f"user: {error}", where), None, None, None
    absent = failure or damaged("user without flags", where)
    return UserRead(
        name=user.need("n"),
        sid=sid,
        disabled=absent if flags is None or failure else bool(flags & _DISABLED),
        locked=absent if flags is None or failure else bool(flags & _LOCKED),
        must_change_password=absent if must is None or failure else bool(must),
        expired=failure or (until is not None and until <= now),
    )


def _group(group: Element, where: str) -> GroupRead:
    failure = group.failure(where)
    members = failure or tuple(_member(member, where) for member in group.named("m"))
    return GroupRead(name=group.need("n"), sid=_sid(group, where, failure), members=members)


def _member(member: Element, where: str) -> MemberRead:
    kind = (member.get("class") or "").lower()
    return MemberRead(
        name=member.need("n"),
        domain=member.get("domain"),
        sid=_sid(member, where, member.failure(where)),
        is_group={"group": True, "user": False}.get(kind),
    )


def _sid(owner: Element, where: str, failure: Missing | None = None) -> str | Missing:
    sid = owner.get("sid")
    if sid is None:
        return failure or damaged(f"<{owner.tag}> without a SID", where)
    return sid.upper() if _SID.fullmatch(sid) else damaged(f"not a SID: {sid}", where)
