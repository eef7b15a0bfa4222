"""Scheduled tasks of a simulated node: .job files on 2003, COM objects later, and what a description may say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from vcaudit.lab.check import check_scenario
from vcaudit.lab.node import Node
from vcaudit.lab.tasks import HAS_NOT_RUN, STEP_HOURS, task
from vcaudit.sections.jobfile import parse
from vcaudit.yamlfile import load


def node(version: str, bias: Any = -120) -> Node:
    return Node.from_description("N1", {
        "tasks": {"Copy": {"command": "xcopy", "arguments": "a b", "last_run": "2007-06-23T22:30:00Z"}, "Gone": None},
        "environment": {"SystemRoot": r"C:\WINDOWS"},
        "registry": {r"SYSTEM\CurrentControlSet\Control\TimeZoneInformation": {"ActiveTimeBias": bias}},
        "wmi": {r"root\cimv2": {"Win32_OperatingSystem": {"os": {"Version": version}}}},
    })  # fmt: skip


def test_server_2003_keeps_each_task_in_a_file_in_local_time() -> None:
    file = node("5.2.3790").files[r"c:\windows\tasks\copy.job"]
    assert parse(file.content).last_run == datetime(2007, 6, 24, 0, 30)
    assert parse(file.content).command == "xcopy"


def test_later_windows_has_the_task_and_no_file() -> None:
    later = node("6.0.6002")
    assert [one.path for one in later.tasks] == ["\\Copy"]
    assert not [path for path in later.files if path.endswith(".job")]


def test_hours_count_back_from_a_time_that_two_scans_share() -> None:
    found = task("Copy", {"last_run": 2}).last_run
    assert found is not None
    assert timedelta(hours=2) <= datetime.now(UTC) - found < timedelta(hours=2 + STEP_HOURS, minutes=1)
    assert (found.minute, found.second, (found.hour + 2) % STEP_HOURS) == (0, 0, 0)


def test_one_that_never_ran_has_the_schedulers_code() -> None:
    never = task(r"\Ours\Copy", {"command": "x"})
    assert (never.path, never.last_run, never.last_result) == (r"\Ours\Copy", None, HAS_NOT_RUN)


@pytest.mark.parametrize(("text", "says"), [
    ("{Copy: {comand: x}}", "comand"), ("{Copy: {last_run: yesterday}}", "last_run is a number of hours"),
    ("{Copy: {last_result: failed}}", "last_result is a number"), ("{Copy: {command: 5}}", "is a text"),
    ("[Copy]", "is a mapping"),
])  # fmt: skip
def test_what_a_description_may_not_say(text: str, says: str, tmp_path: Any) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(f"nodes: {{N1: {{tasks: {text}}}}}\n")
    document = load(path)
    check_scenario(document)
    assert says in "\n".join(map(str, document.problems))
