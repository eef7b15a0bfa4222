"""What fuzzing has found once, each as the smallest input that shows it."""

from __future__ import annotations

import pytest

from vcaudit.collect.clusterexe import GroupRow, groups
from vcaudit.collect.decoding import plain_text
from vcaudit.collect.element import Damaged
from vcaudit.collect.hive import Hive
from vcaudit.collect.kitfile import is_kit_output, read_kit
from vcaudit.collect.regfile import parse_reg
from vcaudit.errors import SourceError

HEAD = "Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\X]\r\n"


@pytest.mark.parametrize("mark", [b"\xff\xfe", b"\xfe\xff"])
def test_a_file_that_ends_in_half_a_character(mark: bytes) -> None:
    whole = mark + "a\ud800b".encode("utf-16-le" if mark == b"\xff\xfe" else "utf-16-be", "surrogatepass")
    assert plain_text(whole) == "a\ud800b"
    assert plain_text(whole + b"\0") == "a\ud800b"
    assert not is_kit_output(whole + b"\0")
    with pytest.raises(SourceError):
        read_kit("kit.txt", whole + b"\0")


@pytest.mark.parametrize("data", ["hex:00,01", "hex(7):61,00", "dword:000", "dword:00000001", "hex:", '"text"'])
def test_an_export_that_ends_within_a_value_says_so(data: str) -> None:
    whole = parse_reg((HEAD + f'"a"={data}\r\n\r\n').encode("utf-16"))
    assert not whole.problems
    assert not whole.keys["software\\x"].damaged
    for lost in ("", "\r\n"):
        cut = parse_reg((HEAD + f'"a"={data}{lost}').encode("utf-16"))
        assert cut.keys["software\\x"].damaged
    assert parse_reg((HEAD + f'"a"={data}').encode("utf-16")[:-1]).problems


@pytest.mark.parametrize("gap", ["\t", "\x0b", "\x85", "\xa0"])
def test_columns_of_a_listing_that_other_characters_part(gap: str) -> None:
    head = f"Group                Node            Status\n{'-' * 20} {'-' * 15} ------\n"
    listing = f"{head}A                    N{gap}Online\n"
    with pytest.raises(Damaged, match="parted by something else"):
        groups(listing)
    assert groups(listing.replace(gap, " ")) == (GroupRow("A", "N", "Online"),)


B = "[HKEY_LOCAL_MACHINE\\SOFTWARE\\X\\B"


@pytest.mark.parametrize(("end", "known"), [(B, False), (f'{B}]\r\n"a"="b"\r\n', True)])
def test_keys_behind_a_cut_are_not_absent(end: str, known: bool) -> None:
    hive = Hive()
    text = HEAD + '"a"="b"\r\n\r\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\X\\A]\r\n\r\n' + end
    hive.add("x.reg", parse_reg(text.encode("utf-16")))
    # Once B has followed A, A is whole; X may have had a C.
    assert [hive.lost(path) for path in (r"SOFTWARE\X\A", r"SOFTWARE\X", r"SOFTWARE\X\C")] == [not known, True, True]
    hive.add("y.reg", parse_reg((HEAD + '"a"="b"\r\n\r\n').encode("utf-16")))
    assert not hive.lost(r"SOFTWARE\X\C"), "a later, whole export says what there is"
