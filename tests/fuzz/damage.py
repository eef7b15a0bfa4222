"""How a file is damaged: the ways that editors, transfers and people have, and some of nobody's."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

MOST_SECONDS = 5.0
"""For one input of some kilobytes, on a machine that is busy with other things."""
LENGTHS = [pytest.param("sample", id="sample"), pytest.param("long", id="long", marks=pytest.mark.soak)]
"""A property is tried a few times in every run, always on the same inputs, and for long in `make soak`, on new ones."""


class Hang(BaseException):
    """Not an Exception: nothing under test may catch it."""


@contextmanager
def in_time(what: str) -> Iterator[None]:
    """Fails when the block takes too long, also when it would never end."""

    def ring(number: int, frame: FrameType | None) -> None:
        raise Hang(what)

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, 4 * MOST_SECONDS)
    began = time.process_time()
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    took = time.process_time() - began
    assert took < MOST_SECONDS, f"{what} took {took:.1f} s"


def tried(length: str, examples: int, strategy: st.SearchStrategy[Any], check: Callable[[Any], None]) -> None:
    """`check` on `examples` inputs, and on forty times as many in a long run."""
    long = length == "long"
    every = settings(
        max_examples=examples * 40 if long else examples, derandomize=not long, database=None, deadline=None,
        suppress_health_check=list(HealthCheck), print_blob=True,
    )  # fmt: skip

    @every
    @given(strategy)
    def run(value: Any) -> None:
        with in_time("a single input"):
            check(value)

    (run if not long else seed(int(time.time()))(run))()


TOKENS: Sequence[bytes] = (
    b"\x00", b"\r", b"\n", b"\r\n", b"\t", b" ", b"\\", b'"', b"'", b"<", b">", b"&", b";", b"=", b",", b"#", b"%",
    b"$", b"${a:b}", b"\xff\xfe", b"\xef\xbb\xbf", b"\x85", b"\xe2\x80\xa8", b"\xed\xa0\x80", b"\xf0\x9f\x92\xa9",
    b"<!DOCTYPE a [<!ENTITY b 'c'>]>", b"&b;", b"&#0;", b"&#x1F4A9;", b"]]>", b"<![CDATA[", b"<?xml version='1.0'?>",
    b"-1", b"4294967296", b"1e999", b"NaN", b"null", b"true", b"~", b"[", b"]", b"{", b"}", b"- ", b": ", b"&a ",
    b"*a", b"!!python/object:os.system ", b"---\n", b"hex(7):", b"dword:", b"[-HKEY_LOCAL_MACHINE]", b"<<<VCA1 ",
    b" VCA1>>>", b"INCREMENT ", b"SIGN=", b'SIGN="',
    b"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    b"\\\r\n", b"-----BEGIN CERTIFICATE-----\n",
)  # fmt: skip


@st.composite
def damaged(draw: st.DrawFn, seeds: Sequence[bytes]) -> bytes:
    """One of `seeds` after some edits; or, seldom, bytes out of nothing."""
    if draw(st.integers(0, 15)) == 0:
        return draw(st.binary(max_size=300))
    data = draw(st.sampled_from(list(seeds)))
    for _ in range(draw(st.integers(1, 5))):
        data = _edit(draw, data, seeds)
    return data


def _edit(draw: st.DrawFn, data: bytes, seeds: Sequence[bytes]) -> bytes:
    at = draw(st.integers(0, len(data)))
    until = min(len(data), at + draw(st.sampled_from([1, 1, 2, 7, 40, 400, 4000])))
    way = draw(st.integers(0, 10))
    if way == 0:
        return data[:at]
    if way == 1:
        return data[:at] + data[until:]
    if way == 2:
        return data[:until] + data[at:until] * draw(st.sampled_from([1, 1, 2, 50])) + data[until:]
    if way == 3:
        return data[:at] + draw(st.binary(min_size=1, max_size=4)) + data[until:]
    if way in (4, 5, 6):
        return data[:at] + draw(st.sampled_from(TOKENS)) + data[(at if way == 4 else until) :]
    if way == 7:
        lines = data.split(b"\n")
        one, other = draw(st.integers(0, len(lines) - 1)), draw(st.integers(0, len(lines) - 1))
        lines[one], lines[other] = lines[other], lines[one]
        return b"\n".join(lines)
    if way == 8:
        return data.replace(*draw(st.sampled_from([(b"\r\n", b"\n"), (b"\n", b"\r\n"), (b"\n", b"\r"), (b"\n", b"")])))
    if way == 9:
        encoding = draw(st.sampled_from(["utf-16", "utf-16-be", "utf-8-sig", "cp1252"]))
        return data.decode("latin-1").encode(encoding, "replace")
    other_seed = draw(st.sampled_from(list(seeds)))
    return data[:at] + other_seed[draw(st.integers(0, len(other_seed))) :]
