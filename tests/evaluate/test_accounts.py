"""Local principals of VirtualCenter (F6): where they exist, whether they can be used, who is in them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.evaluate.build import EVERY_NODE, GONE, change, healthy, user
from vcaudit.evaluate.schema import PrincipalCopy
from vcaudit.evaluate.view import build_view
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import Group, Member, Permission
from vcaudit.snapshot.model import Snapshot

USERS = "nodes.VCNODE2.accounts.users"
GROUPS = "nodes.VCNODE2.accounts.groups"


def principals(snapshot: Snapshot) -> list[PrincipalCopy]:
    found = build_view(snapshot).vc.principals
    assert not isinstance(found, Missing)
    return list(found)


def on_standby(snapshot: Snapshot, principal: str) -> PrincipalCopy:
    return next(p for p in principals(snapshot) if p.principal == principal and p.node == "VCNODE2")


def granted(*names: str, is_group: bool = False) -> Snapshot:
    roles = tuple(Permission(principal=n, is_group=is_group, role="Administrator", entity="root") for n in names)
    return change(healthy(), "permissions", roles)


@pytest.mark.parametrize(
    ("name", "copies", "qualified_with"),
    [
        ("vcadmin", 2, None),
        ("BUILTIN\\Administrators", 2, None),
        ("VCNODE1\\vcadmin", 2, "VCNODE1"),
        ("vcnode2\\vcadmin", 2, "VCNODE2"),
        ("CORP\\vcops", 0, None),
        ("NT AUTHORITY\\SYSTEM", 0, None),
        ("vcops@corp.example", 0, None),
    ],
)
def test_which_principals_are_local(name: str, copies: int, qualified_with: str | None) -> None:
    found = principals(granted(name))
    assert len(found) == copies
    assert {p.qualified_with for p in found} <= {qualified_with}


def test_a_qualified_principal_exists_on_its_own_node_only() -> None:
    assert [(p.node, p.exists) for p in principals(granted("VCNODE1\\vcadmin"))] == [
        ("VCNODE1", True), ("VCNODE2", False),
    ]  # fmt: skip


def test_a_machine_that_did_not_tell_its_name_could_be_the_prefix() -> None:
    snapshot = change(granted("ODD\\vcadmin"), "nodes.VCNODE2.host.computer_name", GONE)
    assert isinstance(build_view(change(snapshot, "nodes.VCNODE2.name", "odd one")).vc.principals, Missing)


def test_without_an_export_nothing_is_said_about_principals() -> None:
    asked = Missing(reason="not_asked", detail="export the roles")
    assert build_view(change(healthy(), "permissions", asked)).vc.principals == asked


def test_several_permissions_of_one_principal_are_one() -> None:
    more = Permission(principal="VCADMIN", is_group=False, role="Read-only", entity="x")
    found = on_standby(change(healthy(), "permissions", lambda known: (*known, more)), "vcadmin")
    assert found.roles == ("Administrator", "Read-only")


@pytest.mark.parametrize(
    ("flags", "enabled", "why_not"),
    [
        ({}, True, ""),
        ({"disabled": True}, False, "disabled"),
        ({"locked": True, "expired": True}, False, "locked, expired"),
        ({"must_change_password": True}, False, "must change its password"),
        ({"locked": GONE}, GONE, GONE),
        ({"locked": GONE, "disabled": True}, False, GONE),
    ],
)
def test_whether_a_user_can_be_used(flags: dict[str, Any], enabled: object, why_not: object) -> None:
    found = on_standby(change(healthy(), USERS, (user("VCADMIN", 1001, **flags),)), "vcadmin")
    assert (found.exists, found.enabled, found.why_not) == (True, enabled, why_not)


def test_a_user_that_is_not_there_and_one_that_was_not_looked_at() -> None:
    absent = on_standby(change(healthy(), USERS, ()), "vcadmin")
    assert (absent.exists, absent.enabled, absent.why_not) == (False, False, "no such account")
    assert on_standby(change(healthy(), USERS, GONE), "vcadmin").exists == GONE


def member(name: str, domain: str | None, sid: object) -> Member:
    return Member(name=name, domain=domain, sid=sid, is_group=False)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("members", "missing", "extra"),
    [
        # A renamed built-in account is the same by its RID, a domain member by its SID whatever it is called.
        ((member("Chef", "VCNODE2", "S-1-5-21-1-2-3-500"), member("DA", "CORP", "S-1-5-21-9-9-9-512")), (), ()),
        ((member("Administrator", "VCNODE2", "S-1-5-21-1-2-3-500"),), ("CORP\\Domain Admins",), ()),
        (
            (member("Administrator", "VCNODE2", "S-1-5-21-1-2-3-500"), member("DA", "CORP", "S-1-5-21-9-9-9-513")),
            ("CORP\\Domain Admins",), ("CORP\\DA",),
        ),
        ((member("Administrator", "VCNODE2", GONE),), GONE, GONE),
        (GONE, GONE, GONE),
    ],
)  # fmt: skip
def test_members_are_compared_as_they_mean_the_same(members: Any, missing: object, extra: object) -> None:
    found = on_standby(change(healthy(), f"{GROUPS}.Administrators.members", members), "Administrators")
    assert (found.missing_members, found.extra_members) == (missing, extra)


def test_local_members_are_compared_without_their_node() -> None:
    snapshot = granted("VC Ops", is_group=True)
    for node, rid in (("VCNODE1", 1001), ("VCNODE2", 1044)):
        ops = Group(name="VC Ops", sid="S-1-5-21-1-1-1-2000", members=(member("vcadmin", node, f"S-1-5-21-1-1-{rid}"),))
        snapshot = change(snapshot, f"nodes.{node}.accounts.groups", (ops,))
    found = on_standby(snapshot, "VC Ops")
    assert (found.exists, found.enabled, found.missing_members, found.extra_members) == (True, True, (), ())


@pytest.mark.parametrize(
    ("path", "expected"),
    [("nodes.VCNODE1.accounts.groups", GONE), (EVERY_NODE + "groups.VC Group.owner", GONE)],
)
def test_without_the_owners_members_there_is_nothing_to_compare_with(path: str, expected: object) -> None:
    assert on_standby(change(healthy(), path, GONE), "Administrators").missing_members == expected


@pytest.mark.parametrize(
    ("account", "shown"),
    [
        (user("svc_vc", 1005), True),
        (user("Guest2", 501), False),
        (user("IUSR_OTHER", 1005), False),
        (user("SUPPORT_388945a0", 1005), False),
        (user("ASPNET", 1005), False),
        (user("x_VCNODE2", 1005), False),
    ],
)
def test_accounts_that_differ_without_those_of_windows_itself(account: Any, shown: bool) -> None:
    found = build_view(change(healthy(), USERS, lambda users: (*users, account))).vc.account_differences
    assert not isinstance(found, Missing)
    assert [(d.name, d.absent_on) for d in found] == ([(account.name, ("VCNODE1",))] if shown else [])


@pytest.mark.parametrize(("path", "value"), [(USERS, GONE), (GROUPS, GONE), ("nodes.VCNODE2.accounts", GONE)])
def test_account_differences_need_every_account(path: str, value: Any) -> None:
    assert build_view(change(healthy(), path, value)).vc.account_differences == GONE


def test_a_differing_account_without_a_sid_could_be_one_of_windows() -> None:
    odd = change(user("odd", 1005), "sid", GONE)
    found = build_view(change(healthy(), USERS, lambda users: (*users, odd))).vc.account_differences
    assert found == GONE
