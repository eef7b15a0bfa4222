"""The drawn groups and the side-by-side table."""

from __future__ import annotations

from typing import Any

import pytest

from tests.evaluate.build import EVERY_NODE, GONE, change, healthy, registry_mode, separate_license_group
from vcaudit.evaluate import evaluate
from vcaudit.evaluate.comparison import ABSENT, MOST_ROWS
from vcaudit.evaluate.loader import load_pack
from vcaudit.resources import rules_dir
from vcaudit.results import Arrow, Box, GroupPicture, Pictures, Row
from vcaudit.snapshot.facts import Setting
from vcaudit.snapshot.model import Snapshot

PACK = load_pack(rules_dir() / "tn019")
RESOURCES = EVERY_NODE + "resources"


def drawn(snapshot: Snapshot) -> Pictures:
    return evaluate(snapshot, PACK).clusters[0].pictures


def rows(snapshot: Snapshot) -> dict[str, Row]:
    return {row.thing: row for row in drawn(snapshot).comparison.rows}


def box(picture: GroupPicture, role: str) -> Box:
    return next(b for b in picture.boxes if b.role == role)


def without(name: str) -> Any:
    return lambda found: tuple(r for r in found if r.name != name)


def test_a_healthy_group_is_fig_4() -> None:
    (group,) = drawn(healthy()).groups
    assert (group.name, group.state, group.owner) == ("VC Group", "online", "VCNODE1")
    assert [b.role for b in group.boxes] == ["ip", "name", "vpxd", "web", "license"]
    assert all(b.present and not b.bad and b.separate_monitor for b in group.boxes)
    assert group.arrows == tuple(
        Arrow(source=s, target=t, kind="required")
        for s, t in (("name", "ip"), ("vpxd", "name"), ("web", "vpxd"), ("license", "name"))
    )


def test_design_g_is_fig_5() -> None:
    group, license_group = drawn(separate_license_group()).groups
    assert [b.role for b in group.boxes] == ["ip", "name", "vpxd", "web"]
    assert [b.role for b in license_group.boxes] == ["license", "license_ip", "license_name"]
    assert Arrow(source="license", target="license_name", kind="required") in license_group.arrows


def test_a_missing_and_an_extra_dependency_are_drawn() -> None:
    (group,) = drawn(change(healthy(), f"{RESOURCES}.VC Server.depends_on", ("VC IP",))).groups
    assert Arrow(source="vpxd", target="name", kind="missing") in group.arrows
    assert Arrow(source="vpxd", target="ip", kind="extra") in group.arrows
    assert box(group, "vpxd").bad is True
    assert box(group, "web").bad is False


def test_a_role_that_nothing_fills_is_drawn_as_missing() -> None:
    (group,) = drawn(change(healthy(), RESOURCES, without("VC Name"))).groups
    missing = box(group, "name")
    assert (missing.present, missing.label, missing.bad) == (False, "VirtualCenter network name", True)
    assert Arrow(source="license", target="name", kind="required") not in group.arrows


def test_what_is_installed_nowhere_is_not_drawn() -> None:
    snapshot = change(change(healthy(), "nodes.*.software.web", False), RESOURCES, without("VC Web Access"))
    (group,) = drawn(snapshot).groups
    assert "web" not in [b.role for b in group.boxes]


def test_other_resources_are_drawn_and_can_be_pointed_at() -> None:
    snapshot = change(healthy(), f"{RESOURCES}.Disk Q:.group", "VC Group")
    (group,) = drawn(change(snapshot, f"{RESOURCES}.VC Server.depends_on", ("VC Name", "Disk Q:"))).groups
    disk = box(group, "Disk Q:")
    assert (disk.type, disk.present, disk.state, disk.owner) == ("Physical Disk", True, "online", "VCNODE1")
    assert Arrow(source="vpxd", target="Disk Q:", kind="extra") in group.arrows


def test_what_depends_on_what_is_told_of_every_resource_drawn_or_not() -> None:
    snapshot = change(healthy(), f"{RESOURCES}.Disk Q:.depends_on", ("VC Name",))
    told = {row.resource: row for row in drawn(snapshot).depends or ()}
    assert told["Disk Q:"].on == ("VC Name",)
    assert set(told["VC Name"].on or ()) == {"VC IP"}
    assert told["VC Name"].group == "VC Group"


def test_a_dependency_that_could_not_be_looked_at_is_not_none_at_all() -> None:
    told = {
        row.resource: row for row in drawn(change(healthy(), f"{RESOURCES}.Disk Q:.depends_on", GONE)).depends or ()
    }
    assert told["Disk Q:"].on is None
    assert drawn(change(healthy(), RESOURCES, GONE)).depends is None


def test_no_group_is_a_picture_of_what_lacks() -> None:
    snapshot = change(healthy(), RESOURCES, lambda found: tuple(r for r in found if r.group == "Cluster Group"))
    (group,) = drawn(snapshot).groups
    assert group.state == "none"
    assert not any(b.present for b in group.boxes)


def test_a_guess_is_not_drawn() -> None:
    assert drawn(change(healthy(), f"{RESOURCES}.VC Server.type", GONE)).groups == ()


def test_unknown_facts_of_a_box_say_so() -> None:
    (group,) = drawn(change(healthy(), f"{RESOURCES}.VC Server.state", GONE)).groups
    assert box(group, "vpxd").state == "unknown"


def test_a_healthy_table_is_the_same_everywhere() -> None:
    found = drawn(healthy()).comparison
    assert found.nodes == ("VCNODE1", "VCNODE2")
    assert [row.thing for row in found.rows if row.same is not True] == []
    assert rows(healthy())["Service vpxd"].cells == ("Running, Manual", "Stopped, Manual")


@pytest.mark.parametrize(
    ("path", "value", "thing", "cells", "same"),
    [
        ("files.vpxd_cfg.settings.config/log/level.value", "trivia", "vpxd.cfg: config/log/level", ("info", "trivia"),
         False),
        ("files.ssl.files.@1.sha256", "0" * 64, "SSL files: rui.key", None, False),
        ("files.upgrade", None, "Upgrade files", ("1 file", ABSENT), False),
        ("registry.native.keys.@0.values", (), "Registry: installedversion", ("REG_SZ 2.0.1", ABSENT), False),
        ("software.vpxd.build", 1, "VirtualCenter", ("2.0.1 build 42000", "2.0.1 build 1"), False),
        ("database.server", "SQL2", "Database", ("VirtualCenter: VCDB on SQL1\\VC,1444", "VirtualCenter: VCDB on SQL2"),
         False),
        ("host.domain", None, "Domain", ("corp.example", ABSENT), False),
        ("host.service_pack", 1, "Operating system",
         ("Windows Server 2003 5.2.3790 SP2", "Windows Server 2003 5.2.3790 SP1"), False),
        ("services.vpxd.start_mode", "Disabled", "Service vpxd", ("Running, Manual", "Stopped, Disabled"), False),
        ("services.vpxd.state", "Running", "Service vpxd", ("Running, Manual", "Running, Manual"), False),
        ("files.licenses", GONE, "Licences", ("1 licence", "unknown: it took too long"), None),
        ("files.vpxd_cfg.settings", lambda found: found[1:], "managedip", ("vpxd.cfg: 192.0.2.50", "nowhere"), False),
    ],
)  # fmt: skip
def test_rows_that_differ(path: str, value: Any, thing: str, cells: tuple[str, ...] | None, same: bool | None) -> None:
    row = rows(change(healthy(), f"nodes.VCNODE2.{path}", value))[thing]
    assert row.same is same
    assert cells is None or row.cells == cells


def test_what_a_checkpoint_renews_is_no_difference() -> None:
    row = rows(registry_mode())["managedip"]
    assert (row.same, row.cells) == (True, ("the registry: 192.0.2.50", "nowhere"))


def test_many_differences_are_counted_not_listed() -> None:
    many = tuple(Setting(path=f"config/x{i}", value="1") for i in range(MOST_ROWS + 5))
    found = rows(change(healthy(), "nodes.VCNODE2.files.vpxd_cfg.settings", many))
    assert found["vpxd.cfg: …"].cells[0] == "7 more that differ"
