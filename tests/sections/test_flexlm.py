"""Flex licences: what makes another licence, what does not, and what is damaged."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vcaudit.sections.flexlm import MOST_PROBLEMS, parse
from vcaudit.snapshot.facts import License, LicenseFile, LicenseServerLine

SAMPLE = (Path(__file__).parents[1] / "data/sections/flexlm_vmware.lic").read_bytes()
LINE = 'INCREMENT PROD_VC VMWARELM 2005.05 permanent 1 VENDOR_STRING=a;b=c ISSUED=06-Jul-2006 SIGN="A5CD 4D3C CA26"'


def read(text: str | bytes) -> LicenseFile:
    return parse("vmware.lic", text.encode() if isinstance(text, str) else text, "0" * 64)


def only(text: str) -> License:
    found = read(text)
    assert found.problems == ()
    assert len(found.licenses) == 1
    return found.licenses[0]


def texts(found: LicenseFile) -> str:
    return "\n".join(f"{problem.line}: {problem.text}" for problem in found.problems)


def test_the_sample_is_read_whole() -> None:
    found = read(SAMPLE)
    assert found.problems == ()
    assert found.servers == (LicenseServerLine(host="this_host", host_id="ANY", port=27000),)
    assert found.use_server
    counts = [(one.feature, one.count, one.host_id, one.expires) for one in found.licenses]
    assert counts == [
        ("PROD_ESX_FULL", 32, None, None),
        ("VC_ESXHOST", 32, None, None),
        ("PROD_ESX_FULL", None, "ANY", None),
        ("PROD_ESX_FULL", 32, None, None),
        ("PROD_ESX_FULL", None, "ANY", None),
        ("ESX_FULL_BACKUP", None, "ANY", None),
    ]
    assert len({one.identity for one in found.licenses}) == 6


@pytest.mark.parametrize("newline", [b"\r\n", b"\r"])
def test_line_ends_make_no_other_licence(newline: bytes) -> None:
    assert read(SAMPLE.replace(b"\n", newline)).licenses == read(SAMPLE).licenses
    assert read(SAMPLE.replace(b"\n", newline, 7)).licenses == read(SAMPLE).licenses
    assert read(SAMPLE.replace(b"\nINCREMENT", b"\n\n \nINCREMENT")).licenses == read(SAMPLE).licenses


def test_no_signature_is_kept() -> None:
    assert "A5CD" in SAMPLE.decode()
    assert not {"A5CD", "7B38", "4D3C"} & set(repr(read(SAMPLE)).replace('"', " ").split())


@pytest.mark.parametrize(
    "same",
    [
        LINE.replace("INCREMENT", "increment"),
        LINE.replace("permanent", "PERMANENT"),
        LINE.replace("permanent", "01-jan-0"),
        LINE.replace("permanent", "1-Jan-0000"),
        LINE.replace('"A5CD 4D3C CA26"', "a5cd4d3cca26"),
        LINE.replace("ISSUED", "\\\n   ISSUED"),
        LINE.replace("4D3C", "\\\r\n\t4D3C"),
        LINE.replace("ISSUED", "\\\n# a note\n   ISSUED"),
        LINE + " ck=123 dist_info=abc",
        LINE.replace("VENDOR_STRING=a;b=c", 'VENDOR_STRING="a;b=c"'),
        LINE.replace("VENDOR_STRING=a;b=c ISSUED=06-Jul-2006", "ISSUED=06-Jul-2006 VENDOR_STRING=a;b=c"),
        "\ufeff" + LINE,
    ],
)
def test_what_may_be_edited_makes_no_other_licence(same: str) -> None:
    assert only(same).identity == only(LINE).identity


@pytest.mark.parametrize(
    "other",
    [
        LINE.replace("INCREMENT", "FEATURE"),
        LINE.replace("PROD_VC", "VC_DAS"),
        LINE.replace("permanent", "31-dec-2007"),
        LINE.replace("permanent 1", "permanent 2"),
        LINE.replace("a;b=c", "a;b=d"),
        LINE.replace("CA26", "CA27"),
        LINE.replace("2005.05", "2005.06"),
        LINE + " TS_OK",
        LINE + " HOSTID=0017a4000011",
    ],
)
def test_anything_else_makes_another_licence(other: str) -> None:
    assert only(other).identity != only(LINE).identity


@pytest.mark.parametrize(
    ("text", "expires"),
    [
        ("31-dec-2007", "2007-12-31"),
        ("1-JAN-2010", "2010-01-01"),
        ("29-feb-2008", "2008-02-29"),
        ("1-jan-000", None),
        ("permanent", None),
    ],
)
def test_dates(text: str, expires: str | None) -> None:
    assert only(LINE.replace("permanent", text)).expires == expires


@pytest.mark.parametrize("text", ["31-feb-2008", "12/31/2008", "1-foo-2008", "31-dec-07", "never", "32-jan-2008"])
def test_a_date_that_is_none_is_no_licence(text: str) -> None:
    found = read(LINE.replace("permanent", text))
    assert found.licenses == ()
    assert texts(found) == "1: the licence's expiry is no date: it is not counted as a licence"


@pytest.mark.parametrize(
    ("line", "server"),
    [
        ("SERVER this_host ANY 27000", LicenseServerLine(host="this_host", host_id="ANY", port=27000)),
        ("server vc1 0017a4000011", LicenseServerLine(host="vc1", host_id="0017a4000011", port=None)),
        ('SERVER vc1 "11 12" port=27000', LicenseServerLine(host="vc1", host_id="11 12", port=27000)),
    ],
)
def test_server_lines(line: str, server: LicenseServerLine) -> None:
    assert read(line).servers == (server,)


def test_three_redundant_servers_are_no_doubled_header() -> None:
    three = "".join(f"SERVER lic{number} 00000000000{number} 27000\n" for number in range(3))
    assert read(three).problems == ()
    assert "2 SERVER lines" in texts(read("SERVER a ANY 1\nSERVER b ANY 2\n"))


DAMAGE = {
    "lost continuation": (SAMPLE.replace(b" \\\n  ISSUED", b"\n  ISSUED", 1), "lacks its closing backslash"),
    "lost continuation in a quote": (SAMPLE.replace(b" \\\n  7B38", b"\n  7B38"), "a quoted text does not end"),
    "glued licences": (SAMPLE.replace(b'1E43"\n#\n# INCREMENT line from new license file\n', b'1E43"'), "glued"),
    "glued with a blank": (LINE.encode() + b" " + LINE.encode(), "glued together"),
    "doubled headers": (SAMPLE + SAMPLE, "more than once"),
    "doubled servers": (SAMPLE + SAMPLE, "2 SERVER lines"),
    "cut at its end": (SAMPLE[: SAMPLE.index(b"  ISSUED")], "should go on"),
    "cut in a licence": (b"INCREMENT PROD_VC VMWARELM 2005.05", "the licence is cut"),
    "unknown line": (SAMPLE + b"LICENCE foo\n", "unknown keyword"),
    "package": (SAMPLE + b"PACKAGE foo VMWARELM 1.0 COMPONENTS=a\n", "PACKAGE lines are not compared"),
    "no signature": (LINE.partition("SIGN")[0].encode(), "no signature"),
    "unbound": (LINE.replace("permanent 1", "permanent uncounted").encode(), "needs a HOSTID"),
    "count": (LINE.replace("permanent 1", "permanent one").encode(), "count is no number"),
    "server": (b"SERVER this_host\n", "needs a host and a host id"),
    "server port": (b"SERVER this_host ANY twenty\n", "port of SERVER"),
    "vendor": (b"VENDOR\n", "needs the name"),
    "noise": (bytes(range(1, 256)), "no license line"),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_a_problem_with_its_line(name: str) -> None:
    content, text = DAMAGE[name]
    found = read(content)
    assert text in texts(found)
    assert all(1 <= problem.line <= len(re.split(rb"\r\n|\r|\n", content)) for problem in found.problems)


@pytest.mark.parametrize("name", [*list(DAMAGE)[:3], "cut at its end"])
def test_a_damaged_licence_is_not_the_whole_one(name: str) -> None:
    assert read(DAMAGE[name][0]).licenses != read(SAMPLE).licenses


@pytest.mark.parametrize("separator", ["SIGN=", "SIGN = ", " ", "ISSUED=06-Jul-2006SIGN=", '"'])
def test_damage_drives_no_signature_into_the_open(separator: str) -> None:
    signature = '"A5CD4D3CCA2618B8 25163031BB3B1DB2"'
    broken = f"INCREMENT PROD_VC VMWARELM 2005.05 permanent 1 {separator}{signature}\nBB3B1DB27B38\n"
    assert not [part for part in ("A5CD4D3C", "25163031", "BB3B1DB2") if part in repr(read(broken)).upper()]


def test_noise_is_one_finding_not_a_megabyte_of_them() -> None:
    found = read("x y\n" * 5000)
    assert len(found.problems) == MOST_PROBLEMS + 1
    assert found.problems[-1].text == f"{5000 - MOST_PROBLEMS} more lines from here on do not parse"


def test_eight_bit_letters() -> None:
    line = LINE.replace("ISSUED", 'NOTICE="Müller & Söhne" ISSUED')
    assert read(line.encode("latin-1")).licenses == read(line).licenses == read(line.encode("utf-16")).licenses


@settings(max_examples=80, deadline=None)
@given(content=st.binary(max_size=300) | st.text('INCREMTPRODV_\\"=#-; \n\r\t019aä', max_size=300).map(str.encode))
def test_nothing_crashes(content: bytes) -> None:
    assert read(content).name == "vmware.lic"


@settings(max_examples=60, deadline=None)
@given(at=st.integers(0, len(SAMPLE) - 1), byte=st.integers(0, 255))
def test_a_changed_byte_is_seen_or_does_not_matter(at: int, byte: int) -> None:
    """Whatever changes: the licences are the same, or they differ, or a problem says so; never fewer in silence."""
    changed = read(SAMPLE[:at] + bytes([byte]) + SAMPLE[at + 1 :])
    if len(changed.licenses) < 6:
        assert changed.problems
