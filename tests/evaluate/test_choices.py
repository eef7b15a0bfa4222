"""Choices of the installation: compared with the owner's, whatever the spelling."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tests.evaluate.build import EVERY_NODE, GONE, change, healthy
from vcaudit.evaluate.schema import ChoiceCopy
from vcaudit.evaluate.spellings import Account, account, program, same_account, same_path
from vcaudit.evaluate.view import build_view, compared_nodes
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.model import Snapshot

VPXD, STANDBY = "nodes.{}.services.vpxd.", "VCNODE2"
NODES = compared_nodes(healthy())


def choices(snapshot: Snapshot) -> tuple[ChoiceCopy, ...]:
    found = build_view(snapshot).vc.choices
    assert not isinstance(found, Missing)
    return found


def the(snapshot: Snapshot, kind: str, role: str, what: str = "") -> ChoiceCopy:
    [found] = [c for c in choices(snapshot) if (c.kind, c.role) == (kind, role) and c.what.startswith(what)]
    return found


def with_services(field: str, here: object, there: object) -> Snapshot:
    """vpxd on the owner and on the standby."""
    snapshot = change(healthy(), VPXD.format("VCNODE1") + field, there)
    return change(snapshot, VPXD.format(STANDBY) + field, here)


def test_a_healthy_cluster_chose_alike() -> None:
    found = choices(healthy())
    assert {one.node for one in found} == {STANDBY}
    assert all(one.same is True for one in found)
    assert [(one.kind, one.role) for one in found] == [
        ("account", "vpxd"), ("path", "vpxd"), ("account", "web"), ("path", "web"), ("account", "license"),
        ("path", "license"), ("path", "license"), ("port", "license"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("here", "there", "same"),
    [
        ("LocalSystem", None, True), ("localsystem", "NT AUTHORITY\\SYSTEM", True),
        (".\\LocalSystem", "LocalSystem", True),
        ("NT-AUTORITÄT\\SYSTEM", "LocalSystem", True),
        ("NT AUTHORITY\\NetworkService", "NT AUTHORITY\\NETWORK SERVICE", True),
        ("NT-AUTORITÄT\\Netzwerkdienst", "NT AUTHORITY\\NetworkService", True),
        ("NT AUTHORITY\\LocalService", "NT AUTHORITY\\NetworkService", False),
        ("VCNODE2\\svc", "VCNODE1\\svc", True), (".\\svc", "VCNODE1\\SVC", True), ("svc", ".\\svc", True),
        ("VCNODE1\\svc", ".\\svc", False), ("VCNODE2\\svc", "VCNODE1\\other", False), (".\\svc", "CORP\\svc", False),
        ("CORP\\svc", "corp\\SVC", True), ("CORP\\svc", "TEST\\svc", False), ("corp.example\\svc", "CORP\\svc", True),
        ("svc@corp.example", "CORP\\svc", True), ("CORP\\svc", "svc@corp.example", True),
        ("svc@corp.example", "SVC@CORP.example", True), ("svc@corp.example", "svc@corp.test", False),
        ("svc@corp.example", "CORPNT\\svc", None), ("service.vc@corp.example", "CORP\\svc-vc", None),
        ("LocalSystem", "CORP\\svc", False), ("LocalSystem", "svc@corp.example", False),
        ("CORP\\SYSTEM", "LocalSystem", False),
    ],
)  # fmt: skip
def test_accounts(here: str | None, there: str | None, same: bool | None) -> None:
    found = the(with_services("account", here, there), "account", "vpxd").same
    assert isinstance(found, Missing) if same is None else found is same


def test_an_account_of_the_other_node_is_said_to_be_one() -> None:
    found = the(with_services("account", "VCNODE1\\svc", "VCNODE1\\svc"), "account", "vpxd")
    assert (found.same, found.reference) == (False, "VCNODE1\\svc")
    assert found.value == "VCNODE1\\svc (local to VCNODE1: another account, or none, on VCNODE2)"


def test_an_account_is_read_into_its_parts() -> None:
    owner = NODES[0]
    assert account("VCNODE1\\Svc", owner) == Account("local", "", "svc")
    assert account("svc@corp.example", owner) == Account("upn", "corp.example", "svc")
    assert account("@x", owner) == Account("local", "", "@x")
    assert same_account(Account("domain", "corp.example", "a"), Account("domain", "corp.test", "a")) is False


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ('"C:\\Program Files\\VMware\\vpxd.exe"', "C:\\Program Files\\VMware\\vpxd.exe"),
        ('"C:\\Program Files\\VMware\\vpxd.exe" -s', "C:\\Program Files\\VMware\\vpxd.exe"),
        ("C:\\Program Files\\VMware\\vpxd.exe -s", "C:\\Program Files\\VMware\\vpxd.exe"),
        ("C:\\VC\\tomcat5.EXE //RS//webAccess", "C:\\VC\\tomcat5.EXE"), ("C:\\VC\\vpxd -s", "C:\\VC\\vpxd"),
        ("", ""), (None, ""), ('"', ""),
    ],
)  # fmt: skip
def test_the_program_of_a_command_line(command: str | None, expected: str) -> None:
    assert program(command) == expected


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("C:\\VC\\vpxd.exe", "c:/vc//VPXD.EXE", True), ("C:\\VC\\", "C:\\VC", True), ('"C:\\VC"', "C:\\VC", True),
        ("C:\\PROGRA~1\\VMware\\vpxd.exe", "C:\\Program Files\\VMware\\vpxd.exe", True),
        ("C:\\Program Files (x86)\\VMware", "C:\\PROGRA~2\\VMware", True),
        ("C:\\PROGRA~1\\VMware", "C:\\Programme\\VMware", True),
        ("C:\\PROGRA~1\\VMware", "D:\\Program Files\\VMware", False),
        ("C:\\OTHERS~1\\VMware", "C:\\Program Files\\VMware", False),
        ("C:\\PROGRA~1\\VMware", "C:\\PROGRA~2\\VMware", False),
        ("C:\\VC\\vpxd.exe", "D:\\VC\\vpxd.exe", False), ("C:\\VC", "C:\\VC\\bin", False),
        ("%ProgramFiles%\\VMware", "C:\\Program Files\\VMware", None), ("%A%\\VMware", "%a%\\vmware", True),
        ("%A%\\VMware", "%B%\\VMware", False),
    ],
)  # fmt: skip
def test_paths(one: str, other: str, same: bool | None) -> None:
    for left, right in ((one, other), (other, one)):
        found = same_path(left, right)
        assert isinstance(found, Missing) if same is None else found is same


def test_arguments_are_no_choice_of_place_and_are_not_shown() -> None:
    found = the(with_services("path", '"C:\\VC\\vpxd.exe" -p secret', '"C:\\VC\\vpxd.exe"'), "path", "vpxd")
    assert (found.same, found.value) == (True, "C:\\VC\\vpxd.exe")


def ports(*wanted: int | None) -> Any:
    def changed(parsed: Any) -> Any:
        line = parsed[0].servers[0]
        lines = tuple(msgspec.structs.replace(line, port=port) for port in wanted)
        return (msgspec.structs.replace(parsed[0], servers=lines),)

    return changed


@pytest.mark.parametrize(
    ("wanted", "same", "value"),
    [
        ((27000,), True, "27000"), ((None,), True, "27000"), ((27009,), False, "27009"),
        ((27000, 27009), False, "27000, 27009"),
    ],
)  # fmt: skip
def test_the_port_of_the_license_server(wanted: tuple[int | None, ...], same: bool, value: str) -> None:
    found = the(change(healthy(), f"nodes.{STANDBY}.files.licenses.parsed", ports(*wanted)), "port", "license")
    assert (found.same, found.value, found.reference) == (same, value, "27000")


@pytest.mark.parametrize("path", [f"nodes.{STANDBY}.files.licenses", "nodes.VCNODE1.files.licenses"])
def test_what_one_node_lacks_is_not_compared(path: str) -> None:
    snapshot = change(healthy(), path, None)
    assert the(snapshot, "port", "license").applies is False
    assert the(snapshot, "path", "license", "Folder").applies is False
    gone = change(healthy(), f"nodes.{STANDBY}.services", lambda known: known[1:])
    assert the(gone, "account", "vpxd").applies is False
    assert the(gone, "account", "web").applies is True


def test_license_files_without_a_server_line_say_no_port() -> None:
    assert the(change(healthy(), f"nodes.{STANDBY}.files.licenses.parsed", ports()), "port", "license").applies is False


@pytest.mark.parametrize(
    ("gap", "unknown"),
    [
        (f"nodes.{STANDBY}.services", {"account", "path"}), ("nodes.VCNODE1.services", {"account", "path"}),
        (f"nodes.{STANDBY}.services.vpxd.account", {"account"}), (f"nodes.{STANDBY}.files", {"path", "port"}),
        (f"nodes.{STANDBY}.files.licenses.parsed", {"port"}),
    ],
)  # fmt: skip
def test_a_gap_leaves_open_what_it_hides(gap: str, unknown: set[str]) -> None:
    found = choices(change(healthy(), gap, GONE))
    assert {one.kind for one in found if one.same == GONE} == unknown
    assert all(one.same is True for one in found if one.kind not in unknown)


def test_who_holds_the_group_is_compared_with_or_nobody_is() -> None:
    owner = EVERY_NODE + "groups.VC Group.owner"
    assert {one.node for one in choices(change(healthy(), owner, "VCNODE2"))} == {"VCNODE1"}
    assert {one.node for one in choices(change(healthy(), owner, None))} == {"VCNODE2"}
    assert build_view(change(healthy(), owner, GONE)).vc.choices == GONE
