"""Answers that are cut or changed on their way out of the node: told as damage at every place, never half believed."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import pytest

from tests.chaos.proxy import Trouble
from tests.chaos.stage import ROUTES, Stage, Tally
from vcaudit.collect.answer import decode
from vcaudit.errors import BadOutput

Stages = Callable[[str], Stage]
Note = Callable[[str, object], None]
END = b" VCA1>>>"
ONLY_ONE = [pytest.param(r, marks=[pytest.mark.xdist_group(f"chaos {r}"),
                                   *([] if r == "ntlm-http" else [pytest.mark.soak])]) for r in ROUTES]  # fmt: skip


def stdout_of(stage: Stage) -> bytes:
    """What the first node writes when nobody spoils it."""
    return stage.said(stage.names[0])


def places(stdout: bytes) -> Iterator[int]:
    """Each kilobyte; and where marker, base64 groups, gzip head and gzip end begin and end."""
    yield from range(0, len(stdout), 1024)
    begin, end = stdout.index(b"VCA1 ") + 5, stdout.index(END)
    for near in (0, begin, begin + 16, end, len(stdout)):
        yield from (at for at in range(near - 9, near + 9) if 0 <= at <= len(stdout))


@pytest.mark.parametrize("route", ONLY_ONE)
def test_the_output_ends_at_every_kilobyte(route: str, stages: Stages, record_property: Note) -> None:
    stage, tally = stages(route), Tally(f"{route} output cut")
    stdout = stdout_of(stage)
    complete = stdout.index(END) + len(END)
    try:
        for at in sorted(set(places(stdout))):
            stage.answer = lambda whole, at=at: whole[:at]  # type: ignore[misc]
            expected = "whole" if at >= complete else "bad_output"
            stage.check(tally, f"cut at byte {at}", stage.scan(), (expected,))
    finally:
        stage.answer = bytes
    tally.note(record_property)


@pytest.mark.parametrize("route", ONLY_ONE)
def test_the_http_answer_ends_at_every_kilobyte(route: str, stages: Stages, record_property: Note) -> None:
    stage, tally = stages(route), Tally(f"{route} HTTP body cut")
    receive = stage.kinds.index("Receive") + 1
    size = stage.bodies[receive - 1]
    for at in sorted({*range(0, size, 1024), 1, 2, size - 2, size - 1}):
        seen = stage.scan(Trouble("cut-body", receive, byte=at))
        stage.check(tally, f"the answer ends at byte {at} of {size}", seen, ("whole",))
    tally.note(record_property)


@pytest.mark.parametrize("every", [101, pytest.param(1, marks=pytest.mark.soak)])
def test_no_cut_answer_decodes(every: int, stages: Stages) -> None:
    stdout = stdout_of(stages("ntlm-http"))
    complete = stdout.index(END) + len(END)
    for at in range(0, complete, every):
        with pytest.raises(BadOutput):
            decode(stdout[:at])


@pytest.mark.parametrize("runs", [60, pytest.param(20_000, marks=pytest.mark.soak)])
def test_a_changed_byte_is_damage_or_changes_nothing(runs: int, stages: Stages, record_property: Note) -> None:
    stdout = stdout_of(stages("ntlm-http"))
    truth, dice, tally = decode(stdout), random.Random(4), Tally("changed bytes, decoded")
    for _ in range(runs):
        at = dice.randrange(len(stdout))
        changed = bytearray(stdout)
        changed[at] ^= 1 << dice.randrange(8)
        try:
            seen = decode(bytes(changed))
        except BadOutput:
            tally.outcomes["bad_output"] += 1
        else:
            # The gzip head's date, the line's end, the case of nothing: what no checksum covers says nothing either.
            tally.outcomes["whole"] += 1
            assert seen == truth, f"byte {at}"
    tally.note(record_property)


SPOILT: dict[str, Callable[[bytes], bytes]] = {
    "twice": lambda whole: whole + whole,
    "a piece is missing": lambda whole: whole[:4096] + whole[5120:],
    "pieces in another order": lambda whole: whole[:2048] + whole[4096:6144] + whole[2048:4096] + whole[6144:],
    "zeros in the middle": lambda whole: whole[:4096] + b"\0" * 512 + whole[4608:],
    "as UTF-16": lambda whole: whole.decode("ascii").encode("utf-16"),
    "nothing but its end": lambda whole: whole[-400:],
    "an older answer before it": lambda whole: b"<<<VCA1 AAAA VCA1>>>\r\n" + whole,
}
HARMLESS: dict[str, Callable[[bytes], bytes]] = {
    "noise before": lambda whole: b"WARNING: profile \xff\xfe\r\n" + whole,
    "the beginning of another before": lambda whole: whole[:5000] + whole,
    "noise behind": lambda whole: whole + b"\r\n\x1b[2Jbye",
    "wrapped at 80 columns": lambda whole: b"\r\n".join(whole[at : at + 80] for at in range(0, len(whole) - 20, 80))
    + whole[(len(whole) - 20 + 79) // 80 * 80 :],
    "LF only": lambda whole: whole.replace(b"\r\n", b"\n"),
}


def test_output_that_something_else_wrote_into(stages: Stages, record_property: Note) -> None:
    stage, tally = stages("ntlm-http"), Tally("output spoilt")
    try:
        for name, spoil in {**SPOILT, **HARMLESS}.items():
            stage.answer = spoil
            stage.check(tally, name, stage.scan(), ("whole" if name in HARMLESS else "bad_output",))
    finally:
        stage.answer = bytes
    tally.note(record_property)
