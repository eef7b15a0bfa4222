"""Inputs that are meant to cost: deep, long, or small and unpacking to a lot. Time and memory stay in bounds."""

from __future__ import annotations

import base64
import functools
import tracemalloc
import zlib
from collections.abc import Callable

import pytest

from tests.fuzz.damage import in_time
from tests.fuzz.test_parsers import PARSERS, packed
from vcaudit.collect.envelope import MAX_XML
from vcaudit.sections.secrets import redact

MB = 1 << 20


@functools.cache
def squeezed(unpacked: int = 256 * MB) -> bytes:
    """An answer of some kilobytes that holds so many bytes."""
    packer = zlib.compressobj(9, wbits=31)
    parts = [packer.compress(b" " * MB) for _ in range(unpacked // MB)]
    return b"<<<VCA1 " + base64.b64encode(b"".join(parts) + packer.flush()) + b" VCA1>>>"


def shell(inner: bytes) -> bytes:
    """An answer's document around something."""
    return packed(b'<snapshot v="1" host="N" utc="2026-11-24T06:00:00" os="o" ps="2" clr="2" bits="32">' + inner)


SQUEEZED = b"made when it is needed"
LAUGHS = b"".join(b"  x%d: &x%d [%s]\n" % (n, n, b", ".join([b"*x%d" % (n - 1)] * 9)) for n in range(1, 12))
BOMBS: dict[str, tuple[str, bytes]] = {
    "gzip that unpacks to 256 MB": ("answer", SQUEEZED),
    "an answer nested 200,000 deep": ("answer", shell(b"<a>" * 200_000)),
    "an answer of 200,000 elements": ("answer", shell(b"<a/>" * 200_000)),
    "a marker that never ends": ("answer", b"<<<VCA1 " * 200_000),
    "markers within markers": ("answer", b"<<<VCA1 A " * 100_000 + b" VCA1>>>" * 100_000),
    "blanks in base64": ("answer", b"<<<VCA1 " + b"A \n" * 500_000),
    "a licence line of 2 MB": ("licences", b"INCREMENT A B 1 permanent 1 " + b'X="' * (2 * MB // 3)),
    "a licence of 200,000 continuations": ("licences", b"INCREMENT A \\\n" * 200_000),
    "100,000 quotes": ("licences", b'"' * 100_000 + b"x"),
    "vpxd.cfg nested 100,000 deep": ("vpxd.cfg", b"<config>" + b"<a>" * 100_000),
    "vpxd.cfg with an attribute of 2 MB": ("vpxd.cfg", b'<config a="' + b"x" * (2 * MB) + b'"/>'),
    "entities in entities": (
        "vpxd.cfg", b"<!DOCTYPE a [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;'>]><a>&b;</a>"),
    "processing instructions": ("vpxd.cfg", b"<?a ?>" * 100_000 + b"<config/>"),
    "password=password=…": ("secrets in text", b"password=" * 100_000),
    "base64 without end": ("secrets in text", b"QUJD" * 500_000),
    "angle brackets": ("secrets in text", b"<password>" * 100_000),
    "a reference of escapes": ("references", b'A.Name="' + b"\\\\" * 500_000),
    "a reference of keys": ("references", b"A." + b'B="c",' * 100_000),
    "a listing of dashes": ("cluster.exe", b"-" * 500_000),
    "a row of 500,000 words": ("cluster.exe", b"A B C\n-- -- --\n" + b"a " * 500_000),
    "a listing of 50,000 rows": ("cluster.exe", b"A B C D\n-- -- -- --\n" + b"a b N Online\n" * 50_000),
    "octets without end": ("reg", b'REGEDIT4\r\n\r\n[HKEY_LOCAL_MACHINE\\A]\r\n"a"=hex:' + b"00,\\\r\n  " * 200_000),
    "a text that never ends": ("reg", b'REGEDIT4\r\n\r\n[HKEY_LOCAL_MACHINE\\A]\r\n' + b'"a\\"=' * 300_000),
    "100,000 keys": (
        "reg", b"REGEDIT4\r\n\r\n" + b"".join(b"[HKEY_LOCAL_MACHINE\\A\\%d]\r\n" % n for n in range(100_000))),
    "deleted keys": ("reg", b"REGEDIT4\r\n\r\n" + b"[-HKEY_LOCAL_MACHINE\\A]\r\n[HKEY_LOCAL_MACHINE\\A]\r\n" * 50_000),
    "a kit's answer of blanks": ("kit answer", b"<<<VCAKIT1;" + b" \r\n" * 500_000),
    "role holders of one quote": ("permissions", b'principal,is_group,role,entity\n"' + b"a\n" * 300_000),
    "role holders in one line": ("permissions", b"principal,is_group,role,entity\n" + b"a," * 500_000),
    "aliases of aliases": ("YAML", b"a:\n  x0: &x0 [y, y, y, y, y, y, y, y, y]\n" + LAUGHS),
    "brackets": ("YAML", b"[" * 100_000),
    "dashes": ("YAML", b"- " * 100_000),
    "merge keys": ("YAML", b"a: &a {b: 1}\n" + b"".join(b"k%d: {<<: [*a, *a]}\n" % n for n in range(5_000))),
    "an inventory of aliases": ("inventory", b"clusters:\n  x0: &x0 [y, y, y]\n" + LAUGHS),
    "a snapshot of brackets": ("snapshot", b'{"schema":1,"nodes":' + b"[" * 200_000),
    "results of brackets": ("results", b'{"schema":1,"clusters":' + b"[" * 200_000),
    "results of one number": ("results", b'{"schema":' + b"9" * 200_000 + b"}"),
    "a snapshot of one number": ("snapshot", b'{"schema":1e' + b"9" * 200_000 + b"}"),
    "WQL without end": ("WQL of the lab", b"SELECT a FROM b WHERE " + b"c = 'd' AND " * 50_000),
    "a certificate of noise": ("certificate", b"-----BEGIN CERTIFICATE-----\n" + b"QUJD" * 250_000),
}  # fmt: skip


def bomb(name: str) -> tuple[str, bytes]:
    kind, data = BOMBS[name]
    return kind, squeezed() if data is SQUEEZED else data


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_takes_little_time(name: str) -> None:
    kind, data = bomb(name)
    with in_time(name):
        harmless(PARSERS[kind].check, data, PARSERS[kind].errors)


@pytest.mark.soak
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_takes_little_memory(name: str) -> None:
    kind, data = bomb(name)
    PARSERS[kind].seeds()  # imports, which are not the bomb's
    tracemalloc.start()
    try:
        harmless(PARSERS[kind].check, data, PARSERS[kind].errors)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # A parser may make objects of what it reads; what it must not do is unpack without end.
    assert peak < 3 * MAX_XML + 100 * len(data), f"{peak >> 20} MB"


def harmless(check: Callable[[bytes], object], data: bytes, errors: tuple[type[Exception], ...]) -> None:
    try:
        check(data)
    except errors:
        return


@pytest.mark.parametrize("size", [20_000, 200_000])
def test_covering_secrets_takes_no_longer_than_the_text_is_long(size: int) -> None:
    for text in ("<password>", "pwd = ", "A", "a=b;", "= "):
        text *= size // len(text)
        with in_time(text[:12]):
            redact(text)
