"""The .job files of Server 2003: what the published format says, byte by byte, and bytes that are none."""

from __future__ import annotations

import random
import struct
from datetime import UTC, datetime

import pytest

from vcaudit.lab.tasks import HAS_NOT_RUN, Task, job
from vcaudit.sections.jobfile import parse

RAN = datetime(2007, 6, 23, 22, 30, 5, tzinfo=UTC)
COPY = Task(
    path=r"\Copy", command=r"C:\WINDOWS\system32\cmd.exe", arguments=r'/c "C:\VC sync\köpy.cmd"',
    directory=r"C:\VC sync", last_run=RAN, last_result=3,
)  # fmt: skip


def by_hand() -> bytes:
    """Written down from the tables of [MS-TSCH] 2.4, not by the lab."""
    fixed = bytes.fromhex(
        "0105 0100 00112233445566778899aabbccddeeff 4600 7200 0000 0000 3c00 0a00 20000000 00a3e111"
        "08000000 00130400 00000000 d707 0600 0600 1700 1700 1e00 0500 0000"
    )
    texts = b"".join(struct.pack("<H", len(t) + 1) + f"{t}\0".encode("utf-16-le") for t in ("xcopy", "a b /D", "C:\\x"))
    return fixed + b"\0\0" + texts + bytes(8)


def test_a_file_by_the_published_tables() -> None:
    found = parse(by_hand())
    assert (found.command, found.arguments, found.directory) == ("xcopy", "a b /D", "C:\\x")
    assert (found.enabled, found.running, found.last_result) == (True, False, 8)
    assert found.last_run == datetime(2007, 6, 23, 23, 30, 5)


def test_what_the_lab_writes() -> None:
    found = parse(job(COPY, -120))
    assert (found.command, found.arguments, found.directory) == (COPY.command, COPY.arguments, COPY.directory)
    assert found.last_run == datetime(2007, 6, 24, 0, 30, 5), "local time is two hours ahead of UTC"
    assert (found.last_result, found.enabled, found.running) == (3, True, False)


@pytest.mark.parametrize(("changes", "expected"), [
    ({"enabled": False}, {"enabled": False}), ({"running": True}, {"running": True}),
    ({"last_run": None, "last_result": HAS_NOT_RUN}, {"last_run": None, "last_result": None}),
    ({"arguments": "", "directory": ""}, {"arguments": "", "directory": ""}),
])  # fmt: skip
def test_states(changes: dict[str, object], expected: dict[str, object]) -> None:
    from dataclasses import replace

    found = parse(job(replace(COPY, **changes), 0))  # type: ignore[arg-type]
    assert {name: getattr(found, name) for name in expected} == expected


def test_one_that_could_not_be_started_says_why() -> None:
    content = bytearray(job(COPY, 0))
    struct.pack_into("<I", content, 44, 0x8007052E)
    assert parse(bytes(content)).last_result == 0x8007052E


@pytest.mark.parametrize(("at", "value", "says"), [
    (2, 2, "version 2"), (20, 71, "begins at 71"), (70, 0xFFFF, "does not fit"), (54, 13, "month"), (58, 77, "day"),
])  # fmt: skip
def test_what_is_none_is_refused(at: int, value: int, says: str) -> None:
    content = bytearray(job(COPY, 0))
    struct.pack_into("<H", content, at, value)
    with pytest.raises(ValueError, match=says):
        parse(bytes(content))


def test_a_file_that_was_cut_anywhere_is_refused_or_read_as_it_is() -> None:
    whole = job(COPY, 0)
    for length in range(len(whole)):
        try:
            assert parse(whole[:length]).command == COPY.command
        except ValueError:
            continue


@pytest.mark.parametrize("seed", range(200))
def test_damage(seed: int) -> None:
    """Nothing but ValueError, and never a text that is longer than the file."""
    dice = random.Random(seed)
    content = bytearray(job(COPY, 0))
    for _ in range(dice.choice([1, 3, 20])):
        content[dice.randrange(len(content))] = dice.randrange(256)
    try:
        found = parse(bytes(content))
    except ValueError:
        return
    assert len(found.command) + len(found.arguments) + len(found.directory) <= len(content)
