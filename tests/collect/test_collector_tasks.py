"""Scheduled tasks on a node: from the service of Windows 2008 and later, from .job files on 2003; and their scripts."""

from __future__ import annotations

from typing import Any

import pytest

from vcaudit.capture import Limits, Request
from vcaudit.collect.answer import Answer, decode
from vcaudit.collect.script import BOOTSTRAP, build
from vcaudit.lab.node import Node
from vcaudit.lab.windows import execute
from vcaudit.snapshot.base import Missing

SCRIPT = r"C:\VC sync\copy.cmd"
TASKS: dict[str, Any] = {
    "Copy": {"command": SCRIPT, "directory": r"C:\VC sync", "last_run": "2026-11-23T22:30:00Z", "last_result": 1},
    r"\Ours\Through cmd": {
        "command": "cmd.exe", "arguments": f'/c ""{SCRIPT}" -password s3cret"', "enabled": False,
        "last_run": "2007-06-19T10:00:00Z",
    },
    r"\Ours\Beside": {"command": "cmd", "arguments": "/c here.bat >nul", "directory": r"C:\VC sync", "running": True},
    r"\Microsoft\Windows\Defrag\Defrag": {"command": "defrag.exe", "arguments": "-c", "last_run": 2},
}  # fmt: skip
FILES = {SCRIPT: "@robocopy A B\n", r"C:\VC sync\here.bat": "rem\n", r"C:\WINDOWS\x": ""}
DENY = Request("deny", "d", ("command", r"-password\s+(\S+)"))
SERVICE = Request("tasks", "tasks", ("\\", r"^\\Microsoft(\\|$)"))
JOBS = Request("folder", "jobs", (r"%SystemRoot%\Tasks", r"\.job$", "0"))


def node(version: str, **more: Any) -> Node:
    description = {
        "tasks": TASKS, "files": FILES, "environment": {"SystemRoot": r"C:\WINDOWS"},
        "wmi": {r"root\cimv2": {"Win32_OperatingSystem": {"os": {"Version": version}}}}, **more,
    }  # fmt: skip
    return Node.from_description("VCNODE1", description)


def ask(about: Node, *requests: Request) -> Answer:
    stdout, stderr, code = execute(about, BOOTSTRAP, build((DENY, *requests), Limits()).text)
    assert (stderr, code) == (b"", 0)
    return decode(stdout)


def test_the_service_tells_each_task_with_its_last_run() -> None:
    found = ask(node("6.0.6002"), SERVICE).tasks("tasks")
    assert not isinstance(found, Missing)
    told = {one.path: one for one in found}
    assert sorted(told) == ["\\Copy", "\\Ours\\Beside", "\\Ours\\Through cmd"], "what Windows brings along is left out"
    copy = told["\\Copy"]
    assert (copy.enabled, copy.last_run, copy.last_result, copy.failure) == (True, "2026-11-23T22:30:00Z", 1, None)
    assert [(a.program, a.path, a.arguments, a.directory) for a in copy.actions] == [(True, SCRIPT, "", r"C:\VC sync")]
    beside = told["\\Ours\\Beside"]
    assert (beside.running, beside.last_run, beside.last_result) == (True, None, 0x41303)


def test_secrets_of_a_task_stay_on_the_node() -> None:
    found = ask(node("6.0.6002"), SERVICE).tasks("tasks")
    assert "s3cret" not in repr(found)
    assert "-password ***" in repr(found)


def test_scripts_that_tasks_name_are_read_in_the_same_run() -> None:
    answer = ask(
        node("6.1.7600"), SERVICE,
        Request("file", "scripts", ("${tasks:Command|script}", "text")),
        Request("file", "beside", (r"${tasks:Directory}\${tasks:Command|beside}", "text")),
    )  # fmt: skip
    assert [(one.path, one.content) for one in answer.files("scripts")] == [(SCRIPT, b"@robocopy A B\r\n")]  # type: ignore[union-attr]
    assert [one.path for one in answer.files("beside")] == [r"C:\VC sync\here.bat"]  # type: ignore[union-attr]


def test_2003_has_no_service_and_keeps_files() -> None:
    answer = ask(
        node("5.2.3790"), SERVICE, JOBS, Request("file", "scripts", ("${jobs:content|script}", "text")),
        Request("file", "none", ("${jobs:content|beside}", "text")),
    )  # fmt: skip
    missing = answer.tasks("tasks")
    assert isinstance(missing, Missing)
    assert missing.reason == "not_installed"
    jobs = answer.folder("jobs")
    assert not isinstance(jobs, Missing)
    assert "Copy.job" in [one.name for one in jobs.files]
    assert all(one.content for one in jobs.files if one.name == "Copy.job")
    assert [one.path for one in answer.files("scripts")] == [SCRIPT]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("about", "reason"),
    [
        ({"denied": ["tasks"]}, "access_denied"),
        ({"broken": {"tasks": "80041315"}}, "unavailable"),
        ({"broken": {"tasks": "800706ba"}}, "unavailable"),
    ],
)
def test_what_cannot_be_asked_is_missing(about: dict[str, Any], reason: str) -> None:
    found = ask(node("6.0.6002", **about), SERVICE).tasks("tasks")
    assert isinstance(found, Missing)
    assert found.reason == reason


def test_on_2003_what_fails_is_their_folder() -> None:
    for about, reason in (({"denied": ["tasks"]}, "access_denied"), ({"broken": {"tasks": "80070020"}}, "unavailable")):
        found = ask(node("5.2.3790", **about), JOBS).folder("jobs")
        assert not isinstance(found, Missing)
        assert found.failure is not None
        assert found.failure.reason == reason


def test_more_tasks_than_the_limit_allows() -> None:
    stdout, _, _ = execute(node("6.0.6002"), BOOTSTRAP, build((SERVICE,), Limits(registry_values=2)).text)
    found = decode(stdout).tasks("tasks")
    assert isinstance(found, Missing)
    assert found.reason == "refused"
