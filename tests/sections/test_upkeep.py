"""Disks, restarts, networks and policies as nodes tell them; what was not looked at is a gap of these facts alone."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sections.nodes import patched
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import ClusterView, Disk, Files, Host, Network, Restart, SslFolder
from vcaudit.snapshot.model import NodeSnapshot

CURRENT = r"SOFTWARE\Microsoft\Windows\CurrentVersion"
SERVICING = rf"{CURRENT}\Component Based Servicing\RebootPending"
UPDATE = rf"{CURRENT}\WindowsUpdate\Auto Update\RebootRequired"
VOLATILE = r"SOFTWARE\Microsoft\Updates\UpdateExeVolatile"
SESSION = r"SYSTEM\CurrentControlSet\Control\Session Manager"
RENAMES = "PendingFileRenameOperations"


def host(patch: dict[str, Any], name: str = "quorum-disk-2003") -> Host:
    found = patched(patch, name).host
    assert isinstance(found, Host)
    return found


def disks(rows: dict[str, Any]) -> dict[str, Any]:
    return {"wmi": {r"root\cimv2": {"Win32_LogicalDisk": rows}}}


def test_local_disks_only_and_windows_on_one_of_them() -> None:
    found = host(disks({"e": {"DeviceID": "e:", "DriveType": 3, "Size": 100, "FreeSpace": 7},
                        "Z": {"DeviceID": "Z:", "DriveType": 4, "Size": 1, "FreeSpace": 1}}))  # fmt: skip
    assert found.disks == (
        Disk(name="C:", size=72814653440, free=41254658048), Disk(name="E:", size=100, free=7)
    )  # fmt: skip
    assert found.system_drive == "C:"


def test_a_disk_that_another_node_holds_has_no_size() -> None:
    found = host(disks({"Q": {"DeviceID": "Q:", "DriveType": 3, "Size": None, "FreeSpace": None}})).disks
    assert not isinstance(found, Missing)
    assert [(one.name, isinstance(one.size, Missing), isinstance(one.free, Missing)) for one in found] == [
        ("C:", False, False), ("Q:", True, True),
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["quorum-disk-2003", "quorum-disk-2008"])
@pytest.mark.parametrize(
    ("registry", "expected"),
    [
        ({}, ()),
        ({SERVICING: {}}, (Restart(kind="update", place=SERVICING),)),
        ({rf"{SERVICING}\Package_for_KB1": {"x": 1}}, (Restart(kind="update", place=SERVICING),)),
        ({UPDATE: {"7971f918": 1}}, (Restart(kind="update", place=UPDATE),)),
        ({VOLATILE: {}}, ()),
        ({VOLATILE: {"Flags": 0}}, ()),
        ({VOLATILE: {"Other": 3}}, ()),
        ({VOLATILE: {"flags": 3}}, (Restart(kind="update", place=rf"{VOLATILE}\flags"),)),
        ({SESSION: {RENAMES: []}}, ()),
        ({SESSION: {RENAMES: ["a", ""]}}, (Restart(kind="files", place=rf"{SESSION}\{RENAMES}", files=1),)),
        ({SESSION: {RENAMES: ["a", "b", "c", ""]}}, (Restart(kind="files", place=rf"{SESSION}\{RENAMES}", files=2),)),
        ({SESSION: {f"{RENAMES}2": ["a", "b"]}}, (Restart(kind="files", place=rf"{SESSION}\{RENAMES}2", files=1),)),
        ({SESSION: {"Other": ["a"]}, rf"{SESSION}\X": {RENAMES: ["a", "b"]}}, ()),
    ],
)
def test_what_waits_for_a_restart(registry: dict[str, Any], expected: tuple[Restart, ...], name: str) -> None:
    assert host({"registry": registry}, name).restarts == expected


def test_several_places_may_say_it() -> None:
    found = host({"registry": {SERVICING: {}, UPDATE: {}, SESSION: {RENAMES: ["a", "b"]}}}).restarts
    assert not isinstance(found, Missing)
    assert [one.kind for one in found] == ["update", "update", "files"]


@pytest.mark.parametrize("place", [SERVICING, UPDATE, VOLATILE, SESSION])
def test_a_place_that_could_not_be_looked_at_may_hold_something(place: str) -> None:
    found = host({"denied": [place], "registry": {place: {}}}).restarts
    assert isinstance(found, Missing)
    assert found.reason == "access_denied"


def test_a_32_bit_shell_on_64_bit_windows_is_shown_other_keys() -> None:
    found = host({"bits": 32}, "quorum-disk-2008").restarts
    assert isinstance(found, Missing)
    assert found.reason == "unavailable"
    assert host({"bits": 32}, "quorum-disk-2003").restarts == ()


# The cluster


def cluster(patch: dict[str, Any]) -> ClusterView:
    found = patched({"wmi": {r"root\MSCluster": patch}}).cluster
    assert isinstance(found, ClusterView)
    return found


def test_networks_by_what_they_are_used_for() -> None:
    rows = {f"N{role}": {"Name": f"N{role}", "Role": role, "State": role} for role in range(4)}
    found = cluster({"MSCluster_Network": {**rows, "Public": None, "Private": None}}).networks
    assert found == (
        Network(name="N0", role="none", state="unavailable"), Network(name="N1", role="internal", state="down"),
        Network(name="N2", role="client", state="partitioned"), Network(name="N3", role="both", state="up"),
    )  # fmt: skip


@pytest.mark.parametrize(("value", "reason"), [(7, "bad_output"), (None, "not_found"), ("x", "bad_output")])
def test_a_use_that_nobody_documented_is_none_of_them(value: object, reason: str) -> None:
    found = cluster({"MSCluster_Network": {"Public": {"Role": value}}}).networks
    assert not isinstance(found, Missing)
    role = next(one.role for one in found if one.name == "Public")
    assert isinstance(role, Missing)
    assert role.reason == reason


def test_a_cluster_always_has_networks() -> None:
    found = cluster({"MSCluster_Network": {"Public": None, "Private": None}}).networks
    assert isinstance(found, Missing)


def test_policies_of_groups_and_resources() -> None:
    found = cluster({
        "MSCluster_ResourceGroup": {
            "VC Group": {"AutoFailbackType": 1, "FailoverThreshold": 4294967295, "FailoverPeriod": 6},
        },
        "MSCluster_Resource": {
            "VC Server": {"RestartAction": 1, "RestartThreshold": 0, "RestartPeriod": 60000},
            "VC License": {"RestartAction": 0},
        },
    })  # fmt: skip
    assert not isinstance(found.groups, Missing)
    assert not isinstance(found.resources, Missing)
    group = next(one for one in found.groups if one.name == "VC Group")
    assert (group.failback, group.failover_threshold, group.failover_period) == (True, 4294967295, 6)
    told = {one.name: (one.restart, one.restart_threshold, one.restart_period) for one in found.resources}
    assert told["VC Server"] == ("restart", 0, 60000)
    assert told["VC License"] == ("none", 3, 900000)
    assert told["VC Web Access"] == ("restart and fail over", 3, 900000), "what the cluster sets by default"


# Certificate and key


def ssl(patch: dict[str, Any]) -> SslFolder:
    found = patched({"files": patch}).files
    assert isinstance(found, Files)
    assert isinstance(found.ssl, SslFolder)
    return found.ssl


DATA = r"C:\Documents and Settings\All Users\Application Data\VMware\VMware VirtualCenter\SSL"


def test_a_pair_has_one_modulus_and_another_key_another() -> None:
    pair = ssl({}).certificate
    assert pair is not None
    assert not isinstance(pair, Missing)
    assert pair.modulus == ssl({}).key_modulus
    assert pair.names == ("VirtualCenter", "vcvirtual.corp.example", "vceurope.corp.example",
                          "virtualcenter.ad.example", "vczentrale.firma.example")  # fmt: skip


def test_a_key_that_is_not_there_is_not_one_that_cannot_be_read() -> None:
    assert ssl({rf"{DATA}\rui.key": None}).key_modulus is None
    encrypted = ssl({rf"{DATA}\rui.key": "-----BEGIN RSA " + "PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n"})
    assert isinstance(encrypted.key_modulus, Missing)
    assert encrypted.key_modulus.reason == "bad_output"


def test_what_one_request_did_not_give_costs_no_other_fact() -> None:
    node: NodeSnapshot = patched({"denied": [r"root\cimv2:Win32_LogicalDisk", r"root\MSCluster:MSCluster_Network"]})
    assert isinstance(node.host, Host)
    assert isinstance(node.host.disks, Missing)
    assert (node.host.system_drive, node.host.restarts, node.host.maker) == ("C:", (), "HP")
    assert isinstance(node.cluster, ClusterView)
    assert isinstance(node.cluster.networks, Missing)
    assert not isinstance(node.cluster.interfaces, Missing)
