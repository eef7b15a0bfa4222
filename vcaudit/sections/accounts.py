"""Local users and groups with their members (Clustering Considerations: users that must be replicated)."""

from __future__ import annotations

from vcaudit.capture import Locations, Request
from vcaudit.collect.answer import Answer, GroupRead, MemberRead, UserRead
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import Accounts, Group, Member, User

ACCOUNTS = "accounts"


def requests(locations: Locations) -> tuple[Request, ...]:
    """All of them: which hold a VirtualCenter role is known to the owner's export only."""
    return (Request("accounts", ACCOUNTS, ("local",)),)


def read(answer: Answer) -> Accounts:
    """In the order of names, so that two nodes read alike."""
    found = answer.accounts(ACCOUNTS)
    if isinstance(found, Missing):
        return Accounts(users=found, groups=found)
    users, groups = found.users, found.groups
    return Accounts(
        users=users if isinstance(users, Missing) else tuple(map(_user, sorted(users, key=_by_name))),
        groups=groups if isinstance(groups, Missing) else tuple(map(_group, sorted(groups, key=_by_name))),
    )


def _by_name(one: UserRead | GroupRead | MemberRead) -> tuple[str, str]:
    return one.name.casefold(), one.name


def _user(user: UserRead) -> User:
    return User(
        name=user.name,
        sid=user.sid,
        disabled=user.disabled,
        locked=user.locked,
        must_change_password=user.must_change_password,
        expired=user.expired,
    )


def _group(group: GroupRead) -> Group:
    members = group.members
    listed = members if isinstance(members, Missing) else tuple(map(_member, sorted(members, key=_by_name)))
    return Group(name=group.name, sid=group.sid, members=listed)


def _member(member: MemberRead) -> Member:
    return Member(name=member.name, domain=member.domain, sid=member.sid, is_group=member.is_group)
