"""The synchronisation task as a cluster resource: known by what it does, judged for its own monitor."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tests.evaluate.build import GONE, change, healthy, resource
from vcaudit.evaluate.schema import SyncResource
from vcaudit.evaluate.view import build_view
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.model import Snapshot

RESOURCES = "nodes.*.cluster.resources"
COPY = r"cmd /k C:\sync\copy.cmd"


def with_task(command: Any = COPY, kind: Any = "Generic Application", group: Any = "VC Group", **more: Any) -> Snapshot:
    task = resource("Copy task", "Generic Application", (), CommandLine=command)
    task = msgspec.structs.replace(task, type=kind, group=group, **more)
    return change(healthy(), RESOURCES, lambda found: (*found, task))  # type: ignore[no-any-return]


def tasks(snapshot: Snapshot) -> tuple[SyncResource, ...] | Missing:
    return build_view(snapshot).vc.sync_resources


@pytest.mark.parametrize("command", [
    COPY, r"robocopy \\A\x C:\x /MIR", r"C:\WINDOWS\system32\XCOPY.EXE /s", r"cscript C:\a\sync.vbs",
    r"C:\sync\all.bat",
])  # fmt: skip
def test_a_task_that_copies_is_one(command: str) -> None:
    found = tasks(with_task(command))
    assert not isinstance(found, Missing)
    assert [(task.name, task.group, task.separate) for task in found] == [("Copy task", "VC Group", True)]


@pytest.mark.parametrize("parts", [
    {"command": r"C:\agent\monitor.exe -d"}, {"kind": "Physical Disk"}, {"group": "Cluster Group"},
])  # fmt: skip
def test_other_resources_are_none(parts: dict[str, Any]) -> None:
    assert tasks(with_task(**parts)) == ()


@pytest.mark.parametrize("command", ["", " ", None])
def test_without_a_command_line_it_is_one_that_ends_at_once(command: str | None) -> None:
    """Nobody else would name it, and it cannot come online."""
    found = tasks(with_task(command))
    assert not isinstance(found, Missing)
    assert [(task.name, task.command, task.ends) for task in found] == [("Copy task", "", True)]


def test_without_its_flag_or_beside_another_it_is_not_separate() -> None:
    plain = tasks(with_task(separate_monitor=False))
    assert not isinstance(plain, Missing)
    assert plain[0].separate is False
    beside = tasks(change(with_task(monitor_process=77), f"{RESOURCES}.VC Server.monitor_process", 77))
    assert not isinstance(beside, Missing)
    assert (beside[0].separate, beside[0].shares_monitor_with) == (False, ("VC Server",))


@pytest.mark.parametrize("parts", [{"command": GONE}, {"group": GONE}, {"properties": GONE}])
def test_what_could_be_one_and_was_not_looked_at_leaves_the_list_unknown(parts: dict[str, Any]) -> None:
    assert isinstance(tasks(with_task(**parts)), Missing)
