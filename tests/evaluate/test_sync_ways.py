"""Ways of synchronisation joined: coverage in both directions, last run, direction, replication, what is unclear."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from tests.evaluate.build import COPY, GONE, NODES, change, front, healthy, resource, separate_license_group
from vcaudit.evaluate.schema import SyncThing, SyncWay, VcVar
from vcaudit.evaluate.view import build_view
from vcaudit.sections.secrets import redact
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import Action, ReplicatedFolder, ReplicationConnection, ScheduledTask, Script, Share
from vcaudit.snapshot.model import Snapshot

SYNC = "nodes.*.synchronization."
ALL = ("F1", "F2", "F3", "F4")
EVERYTHING = ((r"C:\VC", r"\VC"), (r"C:\Licenses", r"\Licenses"))
"""Folders of the small healthy cluster, and what stands behind the drive."""


def vc(snapshot: Snapshot) -> VcVar:
    return build_view(snapshot).vc


def things(snapshot: Snapshot) -> dict[str, SyncThing]:
    return {thing.requirement: thing for thing in vc(snapshot).sync_things}


def covered(snapshot: Snapshot) -> list[str]:
    """Requirement ids that are surely covered."""
    return [name for name, thing in things(snapshot).items() if thing.covered is True]


def script(*lines: str) -> Snapshot:
    """Every node's task runs these lines."""
    return change(healthy(), SYNC + "scripts.@0.lines", lines)  # type: ignore[no-any-return]


def bare() -> Snapshot:
    return change(healthy(), SYNC + "tasks", ())  # type: ignore[no-any-return]


def task(command: str, arguments: str = "", **more: Any) -> ScheduledTask:
    told: dict[str, Any] = {"name": "Copy", "enabled": True, "running": False, "last_result": 0}
    told["last_run"] = "2026-11-22T08:00:00Z"
    return ScheduledTask(**told | more, actions=(Action(command=command, arguments=arguments, directory=""),))


def on(node: str, *tasks: ScheduledTask) -> Any:
    return lambda snapshot: change(snapshot, f"nodes.{node}.synchronization.tasks", tasks)


def pull(server: str, options: str = "/MIR") -> tuple[str, ...]:
    return tuple(rf'robocopy "\\{server}\C${tail}" {here} {options}' for here, tail in EVERYTHING)


def push(other: str, options: str) -> tuple[str, ...]:
    return tuple(rf'robocopy {here} "\\{other}\C${tail}" {options}' for here, tail in EVERYTHING)


EACH_OTHER = ('if "%COMPUTERNAME%"=="VCNODE1" (set OTHER=VCNODE2) else set OTHER=VCNODE1',)


@pytest.mark.parametrize("lines", [
    pull("VCVIRTUAL"), pull("vcvirtual.corp.example"), pull("192.0.2.50"), pull("VCVIRTUAL", "/E /XO"),
    EACH_OTHER + push("%OTHER%", "/E /XO"), EACH_OTHER + push("%OTHER%.corp.example", "/E"),
    EACH_OTHER + tuple(rf'xcopy {here}\*.* "\\%OTHER%\C${tail}" /E /Y' for here, tail in EVERYTHING),
    (r"xcopy C:\VC\SSL \\VCVIRTUAL\x 2>nul", *pull("VCVIRTUAL")),
])  # fmt: skip
def test_everything_is_covered_in_both_directions(lines: tuple[str, ...]) -> None:
    assert covered(script(*lines)) == list(ALL)


@pytest.mark.parametrize(("lines", "expected"), [
    ((r"robocopy \\VCVIRTUAL\C$\VC\SSL C:\VC\SSL /MIR",), ["F3"]),
    ((r"robocopy \\VCVIRTUAL\C$\VC C:\VC",), ["F2"]),  # without /E only what lies in the folder itself
    ((r"robocopy \\VCVIRTUAL\C$\VC C:\VC vpxd.cfg",), ["F2"]),
    ((r"robocopy \\VCVIRTUAL\C$\VC C:\VC /E /XF *.key",), ["F2", "F4"]),
    ((r"robocopy \\VCVIRTUAL\C$\VC C:\VC /E /XD ssl",), ["F2", "F4"]),
    ((r"robocopy \\VCVIRTUAL\C$\VC C:\VC.new /E",), []),
    ((r"robocopy \\VCVIRTUAL\C$\VC C:\VC\SSL /E",), []),
    ((r"copy \\VCVIRTUAL\C$\VC\vpxd.cfg C:\VC\ ", r"copy /y \\VCVIRTUAL\C$\Licenses\*.lic C:\Licenses"), ["F1", "F2"]),
    ((r"copy \\VCVIRTUAL\C$\VC\vpxd.cfg C:\VC\vpxd.cfg",), ["F2"]),
    ((r"robocopy \\VCVIRTUAL\C$\VC\SSL C:\VC\SSL rui.crt", r"copy \\VCVIRTUAL\C$\VC\SSL\rui.* C:\VC\SSL"), ["F3"]),
    ((r"robocopy \\VCVIRTUAL\licences C:\Licenses",), ["F1"]),
    ((r"robocopy \\FILESERVER\C$\VC C:\VC /E",), []),
    ((r"robocopy \\VCVIRTUAL\C$\VC C:\VC /E /L",), []),
    ((r"robocopy \\VCNODE1\C$\VC C:\VC /E",), []),  # back from VCNODE2 comes nothing
])  # fmt: skip
def test_what_is_covered(lines: tuple[str, ...], expected: list[str]) -> None:
    shares = (Share(name="C$", path="C:\\"), Share(name="Licences", path="C:\\Licenses\\"))
    snapshot = change(script(*lines), SYNC + "shares", shares)
    assert covered(snapshot) == expected


OTHERS = {"licenses": ("vc.lic.bak", "readme.txt", "old\\x.lic"), "ssl": ("rui.key.bak", "rui.csr", "~rui.crt"),
          "upgrade": ("~a.tar", "x\\b.BAK", "c.tmp")}  # fmt: skip


@pytest.mark.parametrize("only", [(r"C:\Licenses", "*.lic"), (r"C:\VC\SSL", "rui.crt rui.key rui.pfx")])
def test_files_that_no_program_reads_need_no_copy(only: tuple[str, str]) -> None:
    snapshot = script(rf"robocopy \\VCVIRTUAL\C${only[0][2:]} {only[0]} {only[1]}")
    expected = covered(snapshot)
    assert len(expected) == 1
    for field, names in OTHERS.items():
        for name in names:
            snapshot = beside(snapshot, field, name)
    assert covered(snapshot) == expected


def beside(snapshot: Snapshot, field: str, name: str) -> Snapshot:
    return change(  # type: ignore[no-any-return]
        snapshot, f"nodes.*.files.{field}.files", lambda found: (*found, replace(found[0], name=name))
    )


@pytest.mark.parametrize(("field", "name", "lacks"), [
    ("upgrade", "x\\b.bak", False), ("upgrade", "x\\readme.txt", True), ("licenses", "VMWARELM.OPT", True),
    ("licenses", "two.LIC", True),
])  # fmt: skip
def test_files_that_decide_need_a_copy(field: str, name: str, lacks: bool) -> None:
    lines = (r"copy \\VCVIRTUAL\C$\VC\upgrade\*.gz C:\VC\upgrade", r"copy \\VCVIRTUAL\C$\Licenses\vc.lic C:\Licenses")
    assert covered(script(*lines)) == ["F1", "F4"]
    assert (len(covered(beside(script(*lines), field, name))) < 2) == lacks


def test_one_direction_is_named_as_lacking() -> None:
    found = things(script(*pull("VCNODE1")))["F1"]
    assert found.covered is False
    assert found.uncovered == ("from VCNODE2 to VCNODE1",)
    assert found.by == ("scheduled task Copy on VCNODE2",), "on VCNODE1 it copies to itself"


@pytest.mark.parametrize(("lines", "stale"), [
    (pull("VCVIRTUAL"), False), (pull("VCNODE1"), True), (pull("VCNODE1", "/E /XO"), False),
    (pull("VCNODE1", "/MIR /XO"), True), (EACH_OTHER + push("%OTHER%", "/E"), True),
    (EACH_OTHER + push("%OTHER%", "/E /XO"), False),
    (tuple(rf'xcopy {here} "\\VCNODE2\C${tail}" /E /Y' for here, tail in EVERYTHING), True),
    (tuple(rf'xcopy {here} "\\VCNODE2\C${tail}" /E /Y /D' for here, tail in EVERYTHING), False),
    ((r"robocopy C:\VC \\VCVIRTUAL\C$\VC /E",), True),
    (('cluster group "VC Group" | find "%COMPUTERNAME%" || exit', *EACH_OTHER, *push("%OTHER%", "/MIR")), False),
    ((r"robocopy D:\backup \\VCNODE2\D$\backup /MIR", *pull("VCVIRTUAL")), False),
])  # fmt: skip
def test_a_fixed_source_can_overwrite_what_is_newer(lines: tuple[str, ...], stale: bool) -> None:
    told = [way.overwrites_newer for way in vc(script(*lines)).sync_ways if way.kind == "task"]
    assert any(found is True for found in told) == stale
    assert all(isinstance(found, bool) for found in told)


# Virtual servers of other groups


def with_print_server(snapshot: Snapshot) -> Snapshot:
    return change(  # type: ignore[no-any-return]
        snapshot, "nodes.*.cluster.resources", lambda found: (*found, *front("192.0.2.70", "PRINT", "Print", "Print"))
    )


@pytest.mark.parametrize("server", ["PRINT", "print.corp.example", "192.0.2.70"])
def test_another_virtual_server_may_be_on_any_node(server: str) -> None:
    """What is copied from it may come from the standby, and nothing says that it comes from the owner."""
    snapshot = with_print_server(script(*pull(server)))
    assert covered(snapshot) == []
    assert things(snapshot)["F1"].by == tuple(f"scheduled task Copy on {node}" for node in NODES)
    assert [way.overwrites_newer for way in vc(snapshot).sync_ways] == [True, True]
    known = server if server.startswith("1") else "PRINT"
    said = f"from {known}, which need not be where the group is, to VCNODE1 also while VCNODE1 holds the group"
    assert vc(snapshot).sync_ways[0].overwrites == (said,)


@pytest.mark.parametrize(("lines", "stale"), [
    (pull("PRINT", "/E /XO"), False), (pull("PRINT", "/MIR /XO"), True), (pull("VCVIRTUAL"), False),
    ((r"robocopy C:\VC \\PRINT\C$\VC /E",), True), ((r"robocopy \\VCVIRTUAL\C$\VC \\PRINT\C$\VC /E",), False),
    ((r"robocopy \\PRINT\C$\VC \\VCVIRTUAL\C$\VC /E",), True),
])  # fmt: skip
def test_what_another_virtual_server_can_overwrite(lines: tuple[str, ...], stale: bool) -> None:
    told = [way.overwrites_newer for way in vc(with_print_server(script(*lines))).sync_ways]
    assert told == [stale] * len(NODES)


@pytest.mark.parametrize(("server", "expected", "stale"), [
    ("LSVIRTUAL", ["F1"], True), ("192.0.2.60", ["F1"], True), ("VCVIRTUAL", list(ALL), False),
])  # fmt: skip
def test_only_license_files_follow_a_license_server_of_its_own(server: str, expected: list[str], stale: bool) -> None:
    snapshot = change(separate_license_group(), SYNC + "scripts.@0.lines", pull(server))
    assert covered(snapshot) == expected
    assert [way.overwrites_newer for way in vc(snapshot).sync_ways] == [stale, stale]
    licenses = change(snapshot, SYNC + "scripts.@0.lines", pull(server)[1:])
    assert [way.overwrites_newer for way in vc(licenses).sync_ways] == [False, False]


def test_a_virtual_server_whose_group_was_not_told_may_be_any() -> None:
    snapshot = change(with_print_server(script(*pull("PRINT"))), "nodes.*.cluster.resources.Print Name.group", GONE)
    assert all(isinstance(thing.covered, Missing) for thing in things(snapshot).values())
    assert all(isinstance(way.overwrites_newer, Missing) for way in vc(snapshot).sync_ways)


# Drive letters


def test_a_share_behind_a_letter_is_followed() -> None:
    """Also from one action of a task to the next."""
    first = task("net", r"use X: \\VCVIRTUAL\C$").actions
    second = task("robocopy", r"X:\VC C:\VC /MIR").actions
    assert isinstance(first, tuple)
    assert isinstance(second, tuple)
    snapshot = change(bare(), SYNC + "tasks", (replace(task(""), actions=(*first, *second)),))
    assert covered(snapshot) == ["F2", "F3", "F4"]
    assert [way.overwrites_newer for way in vc(snapshot).sync_ways] == [False, False]


WITHHELD = redact(r"net use X: \\VCVIRTUAL\C$ secret")


def test_what_comes_from_a_share_that_is_withheld_is_unknown() -> None:
    """What a script says to net use may hold a password: it does not leave the node."""
    assert WITHHELD == "net use ***"
    snapshot = script(WITHHELD, r"robocopy X:\VC C:\VC /MIR")
    told = {name: thing.covered for name, thing in things(snapshot).items()}
    assert told["F1"] is False, "C:\\Licenses is not in C:\\VC"
    assert all("drive letter" in found.detail for found in list(told.values())[1:] if isinstance(found, Missing))
    assert [name for name, found in told.items() if isinstance(found, Missing)] == ["F2", "F3", "F4"]
    assert all(isinstance(way.overwrites_newer, Missing) for way in vc(snapshot).sync_ways)
    assert all(isinstance(way.covers, Missing) for way in vc(snapshot).sync_ways)


@pytest.mark.parametrize("line", [
    r"robocopy D:\data Z:\data /MIR", r"robocopy Z:\vc D:\vc /MIR", r"robocopy C:\VC Z:\vc-backup /MIR",
    r"robocopy Z:\other C:\VC /MIR", r"copy Z:\vpxd.bak C:\VC\vpxd.cfg",
])  # fmt: skip
def test_a_letter_in_a_copy_of_something_else_changes_nothing(line: str) -> None:
    assert covered(script(WITHHELD, line, *pull("VCVIRTUAL"))) == list(ALL)
    assert [way.overwrites_newer for way in vc(script(WITHHELD, line, *pull("VCVIRTUAL"))).sync_ways] == [False, False]
    alone = script(WITHHELD, line)
    assert vc(alone).sync_ways == ()
    assert [thing.covered for thing in things(alone).values()] == [False] * 4


@pytest.mark.parametrize(("line", "stale"), [
    (r"robocopy X:\VC C:\VC /E /XO", False), (r"copy X:\vpxd.cfg C:\VC", None), (r"robocopy C:\VC X:\ /E", None),
    (r"xcopy C:\VC\SSL X:\SSL", None), (r"robocopy X: C:\VC\upgrade /E", None),
])  # fmt: skip
def test_what_such_a_copy_can_overwrite(line: str, stale: bool | None) -> None:
    told = [way.overwrites_newer for way in vc(script(WITHHELD, line)).sync_ways]
    assert [None if isinstance(found, Missing) else found for found in told] == [stale] * len(NODES)


def test_a_condition_that_is_not_understood_is_unknown() -> None:
    snapshot = script("if not exist Q:\\ exit", *pull("VCVIRTUAL"))
    assert all(isinstance(thing.covered, Missing) for thing in things(snapshot).values())
    assert "condition" in things(snapshot)["F1"].covered.detail  # type: ignore[union-attr]


@pytest.mark.parametrize(("command", "why"), [
    (task(r"C:\Tools\sync.exe"), "sync.exe"), (task("powershell.exe", "-File x.ps1"), "powershell"),
    (task("robocopy", r"C:\VC \\VCNODE2\C$\VC /JOB:x"), "options from a file"),
    (task("robocopy", r"%DATA% \\VCNODE2\C$\VC"), "%DATA%"),
])  # fmt: skip
def test_what_is_not_understood_is_shown_and_not_counted(command: ScheduledTask, why: str) -> None:
    found = vc(on("VCNODE1", command)(bare()))
    assert [thing.covered for thing in found.sync_things] == [False] * 4
    assert isinstance(found.sync_unclear, tuple)
    assert why in found.sync_unclear[0].why
    assert why in found.sync_things[0].unclear[0]  # type: ignore[index]


def test_a_disabled_task_is_shown_and_not_counted() -> None:
    snapshot = change(healthy(), "nodes.VCNODE2.synchronization.tasks.Copy.enabled", False)
    found = vc(snapshot)
    assert found.sync_things[0].uncovered == ("from VCNODE1 to VCNODE2",)
    assert isinstance(found.sync_unclear, tuple)
    assert [(one.node, one.why) for one in found.sync_unclear] == [("VCNODE2", "disabled")]
    assert [way.node for way in found.sync_ways] == ["VCNODE1"]


@pytest.mark.parametrize(("changes", "works", "state"), [
    ({"last_result": 0}, True, "exit code 0"), ({"last_result": 7}, True, "exit code 7"),
    ({"last_result": 8}, False, "exit code 8"), ({"last_result": 0x80070002}, False, "error 80070002"),
    ({"last_result": 0x41306}, False, "it was ended before it was done"),
    ({"last_result": None, "last_run": None}, False, "it has never run"), ({"running": True}, True, "running"),
])  # fmt: skip
def test_how_the_last_run_ended(changes: dict[str, Any], works: bool, state: str) -> None:
    snapshot = healthy()
    for name, value in changes.items():
        snapshot = change(snapshot, f"nodes.VCNODE1.synchronization.tasks.Copy.{name}", value)
    way = next(way for way in vc(snapshot).sync_ways if way.node == "VCNODE1")
    assert (way.works, way.state) == (works, state)


def test_xcopy_has_no_codes_of_success_but_0() -> None:
    lines = tuple(rf'xcopy "\\VCVIRTUAL\C${tail}" {here} /E /Y' for here, tail in EVERYTHING)
    way = vc(change(script(*lines), SYNC + "tasks.Copy.last_result", 1)).sync_ways[0]
    assert way.works is False


@pytest.mark.parametrize(("last_run", "hours"), [
    ("2026-11-22T08:14:05Z", 1), ("2026-11-21T09:14:06Z", 23), ("2026-11-21T09:14:05Z", 24),
    ("2026-11-23T00:00:00Z", 0),
])  # fmt: skip
def test_the_age_of_a_run_by_the_nodes_own_clock(last_run: str, hours: int) -> None:
    assert vc(change(healthy(), SYNC + "tasks.Copy.last_run", last_run)).sync_ways[0].age_hours == hours


# DFS replication


def replicated(**changes: Any) -> Snapshot:
    told: dict[str, Any] = {
        "group": "g", "enabled": True, "read_only": False, "file_filter": "~*, *.bak, *.tmp", "directory_filter": "",
        "state": "normal", "last_error": 0,
    }  # fmt: skip
    folders = tuple(
        ReplicatedFolder(**told | {"name": name, "identity": name, "path": path} | changes)
        for name, path in (("Data", r"c:\vc"), ("Licenses", "C:\\Licenses\\"))
    )
    snapshot = change(bare(), SYNC + "folders", folders)
    for node, other in zip(NODES, reversed(NODES), strict=True):
        connections = tuple(
            ReplicationConnection(group="g", partner=f"{other}.corp.example", inbound=inbound, enabled=True)
            for inbound in (True, False)
        )
        snapshot = change(snapshot, f"nodes.{node}.synchronization.connections", connections)
    return snapshot  # type: ignore[no-any-return]


def ways(snapshot: Snapshot) -> list[SyncWay]:
    return [way for way in vc(snapshot).sync_ways if way.kind == "dfsr"]


def test_a_drive_that_is_not_shared_cannot_be_copied_from() -> None:
    lines = pull("VCVIRTUAL")
    assert covered(script(*lines)) == list(ALL)
    assert covered(change(script(*lines), "nodes.VCNODE1.synchronization.shares", ())) == []
    unread = change(script(*lines), "nodes.VCNODE1.synchronization.shares", GONE)
    assert things(unread)["F1"].covered == GONE


def test_replicated_folders_cover_both_directions_all_the_time() -> None:
    assert covered(replicated()) == list(ALL)
    assert [(way.name, way.node, way.covers, way.works, way.continuous) for way in ways(replicated())[:2]] == [
        ("Data", "VCNODE1", ("F2", "F3", "F4"), True, True), ("Licenses", "VCNODE1", ("F1",), True, True),
    ]  # fmt: skip


@pytest.mark.parametrize(("changes", "expected"), [
    ({"enabled": False}, []), ({"read_only": True}, []), ({"file_filter": "*.LIC, rui.*"}, ["F2", "F4"]),
    ({"directory_filter": "ssl"}, ["F1", "F2", "F4"]), ({"path": r"D:\elsewhere"}, []),
])  # fmt: skip
def test_what_replication_leaves_out(changes: dict[str, Any], expected: list[str]) -> None:
    assert covered(replicated(**changes)) == expected


def test_without_a_connection_nothing_comes_over() -> None:
    one_way = change(replicated(), SYNC + "connections", ())
    assert covered(one_way) == []
    inbound = (ReplicationConnection(group="g", partner="VCNODE1", inbound=True, enabled=True),)
    half = change(one_way, "nodes.VCNODE2.synchronization.connections", inbound)
    assert things(half)["F1"].uncovered == ("from VCNODE2 to VCNODE1",)
    hub = tuple(ReplicationConnection(group="g", partner="HUB", inbound=i, enabled=True) for i in (True, False))
    assert covered(change(one_way, SYNC + "connections", hub)) == list(ALL)


@pytest.mark.parametrize("end", [0, 1])
@pytest.mark.parametrize(("field", "value", "expected"), [
    ("enabled", False, False), ("enabled", GONE, GONE), ("partner", GONE, GONE), ("inbound", GONE, GONE),
])  # fmt: skip
def test_a_connection_is_as_good_as_its_worse_end(end: int, field: str, value: Any, expected: Any) -> None:
    """From VCNODE1 to VCNODE2: outbound on the one, inbound on the other."""
    place = ("nodes.VCNODE1.synchronization.connections.@1", "nodes.VCNODE2.synchronization.connections.@0")[end]
    thing = things(change(replicated(), f"{place}.{field}", value))["F1"]
    assert thing.covered == expected
    if expected is False:
        assert thing.uncovered == ("from VCNODE1 to VCNODE2",)


def test_a_member_that_was_not_looked_at_may_have_it_disabled() -> None:
    assert things(change(replicated(), "nodes.VCNODE2.synchronization.connections", GONE))["F1"].covered == GONE


@pytest.mark.parametrize(("changes", "works"), [
    ({"state": "in error"}, False), ({"state": "initial sync"}, False), ({"last_error": 9027}, False),
    ({"state": None, "last_error": None}, False), ({"state": GONE}, GONE),
])  # fmt: skip
def test_the_state_of_replication(changes: dict[str, Any], works: Any) -> None:
    assert ways(replicated(**changes))[0].works == works


@pytest.mark.parametrize("of_folder", [True, False])
def test_a_thing_that_was_not_looked_at_leaves_ways_of_others_known(of_folder: bool) -> None:
    """Where the SSL folder lies is not known: the license files are copied all the same."""
    snapshot = change(healthy_ways(of_folder), "nodes.VCNODE1.files.ssl", GONE)
    assert {name for name, thing in things(snapshot).items() if thing.covered is not True} == {"F3"}
    assert things(snapshot)["F1"].by == vc(healthy_ways(of_folder)).sync_things[0].by
    assert things(snapshot)["F3"].by == GONE
    assert {way.covers_any for way in vc(snapshot).sync_ways} == {True}
    assert GONE in {way.covers for way in vc(snapshot).sync_ways}


def healthy_ways(of_folder: bool) -> Snapshot:
    return replicated() if of_folder else script(*pull("VCVIRTUAL"))


def test_a_folder_that_may_hold_what_was_not_looked_at_may_be_one() -> None:
    snapshot = change(replicated(path=r"D:\elsewhere"), "nodes.VCNODE1.files.ssl", GONE)
    assert [(way.node, way.covers_any) for way in ways(snapshot)] == [("VCNODE1", GONE)] * 2


# Cluster resources


def application(line: str, folder: str = "") -> Snapshot:
    """One as the only way."""
    one = resource("Sync", "Generic Application", (), CommandLine=line, CurrentDirectory=folder)
    return change(bare(), "nodes.*.cluster.resources", lambda found: (*found, one))  # type: ignore[no-any-return]


def test_a_resource_copies_from_where_it_runs() -> None:
    lines = (":loop", *EACH_OTHER, *push("%OTHER%", "/MIR"), "ping -n 60 127.0.0.1", "goto loop")
    snapshot = change(application("cmd /k copy.cmd", r"C:\sync"), SYNC + "scripts.@0.lines", lines)
    found = vc(snapshot)
    assert covered(snapshot) == list(ALL)
    assert [(way.node, way.works, way.continuous, way.overwrites_newer) for way in found.sync_ways] == [
        (None, True, True, False),
    ]  # fmt: skip


def test_a_resource_that_copies_to_one_node_only_covers_one_direction() -> None:
    lines = (":loop", *push("VCNODE2", "/MIR"), "goto loop")
    found = things(change(application(f"cmd /k {COPY}"), SYNC + "scripts.@0.lines", lines))
    assert found["F1"].uncovered == ("from VCNODE2 to VCNODE1",)


@pytest.mark.parametrize(("group", "expected", "stale"), [("VC Group", list(ALL), False), ("LS Group", ["F1"], True)])
def test_a_resource_runs_where_its_own_group_is(group: str, expected: list[str], stale: bool) -> None:
    """In the license server's group it need not run where VirtualCenter's data is the newer."""
    one = resource("Sync", "Generic Application", (), group=group, CommandLine=f"cmd /k {COPY}")
    lines = (":loop", *EACH_OTHER, *push("%OTHER%", "/MIR"), "ping -n 60 127.0.0.1", "goto loop")
    snapshot = change(separate_license_group(), SYNC + "tasks", ())
    snapshot = change(snapshot, "nodes.*.cluster.resources", lambda found: (*found, one))
    snapshot = change(snapshot, SYNC + "scripts.@0.lines", lines)
    assert covered(snapshot) == expected
    assert [way.overwrites_newer for way in vc(snapshot).sync_ways] == [stale]


def test_a_resource_that_pulls_from_one_node_overwrites_the_owner() -> None:
    snapshot = change(application(f"cmd /k {COPY}"), SYNC + "scripts.@0.lines", pull("VCNODE1"))
    assert [way.overwrites_newer for way in vc(snapshot).sync_ways] == [True]


@pytest.mark.parametrize(("line", "ends"), [
    (f"cmd /k {COPY}", False), (f"cmd /c {COPY}", True), (COPY, True), (r"robocopy C:\VC D:\VC /MIR", True),
    (r"robocopy C:\VC D:\VC /MIR /MON:1", False), (r"xcopy C:\VC D:\VC", True), (r"cmd /c C:\sync\tool.exe", None),
    (r"cscript C:\sync\sync.vbs", None),
])  # fmt: skip
def test_whether_a_resource_ends_at_once(line: str, ends: bool | None) -> None:
    found = vc(application(line)).sync_resources
    assert not isinstance(found, Missing)
    assert [one.ends for one in found] == [ends]


def test_the_script_of_a_resource_on_every_node() -> None:
    snapshot = application(f"cmd /k {COPY}")
    gone = change(snapshot, "nodes.VCNODE2.synchronization.scripts", (Script(path=COPY, sha256=None, lines=()),))
    found = vc(gone).sync_scripts
    assert not isinstance(found, Missing)
    assert [(one.node, one.script, one.exists) for one in found] == [("VCNODE1", COPY, True), ("VCNODE2", COPY, False)]
    other = change(snapshot, "nodes.VCNODE2.synchronization.scripts.@0.sha256", "6" * 64)
    sets = vc(other).sync_script_sets
    assert not isinstance(sets, Missing)
    assert [(one.identical, one.differ_on) for one in sets] == [(False, ("VCNODE2",))]


# What could not be looked at


@pytest.mark.parametrize("path", ["tasks", "scripts", "variables", "tasks.Copy.actions", "tasks.Copy.enabled"])
def test_a_gap_is_unknown_and_never_a_failure(path: str) -> None:
    snapshot = change(script(*pull("VCVIRTUAL")), f"nodes.VCNODE2.synchronization.{path}", GONE)
    assert {thing.covered for thing in vc(snapshot).sync_things} <= {True, GONE}
    assert all(way.works in (True, GONE) for way in vc(snapshot).sync_ways)


def test_old_snapshots_were_not_asked() -> None:
    unasked = Missing(reason="not_asked", detail="an older version")
    snapshot = change(healthy(), "nodes.*.synchronization", unasked)
    assert {thing.covered for thing in vc(snapshot).sync_things} == {unasked}
    assert {way.works for way in vc(snapshot).sync_ways} == {unasked}
