"""The options file of a license server: found where Flex looks, told by what it says, else unknown."""

from __future__ import annotations

from typing import Any

import pytest

from vcaudit.capture import Locations
from vcaudit.sections import flexlm
from vcaudit.snapshot.base import Missing

from .nodes import patched
from .test_files import FLEX, LICENSES

LINES = "SERVER this_host ANY 27000\nVENDOR VMWARELM{} port=27010\nUSE_SERVER\n"
EXCLUDE = "EXCLUDE PROD_VC HOST esx1\n"


def options(files: dict[str, Any], told: str = "", **patch: Any) -> Any:
    """Of a node whose license folder holds one license file, and `files` beside it."""
    locations = patch.pop("locations", Locations())
    own = {rf"{LICENSES}\vmotion.lic": None, rf"{LICENSES}\vmware.lic": LINES.format(told)}
    beside = {path if ":" in path else rf"{LICENSES}\{path}": content for path, content in files.items()}
    return patched({"files": own | beside, **patch}, locations=locations).files.licenses.options


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("VENDOR VMWARELM port=27010", ("VMWARELM", None)),
        ("VENDOR VMWARELM", ("VMWARELM", None)),
        ("DAEMON VMWARELM C:\\bin\\vmwarelm.exe", ("VMWARELM", None)),
        ("VENDOR VMWARELM C:\\bin\\vmwarelm.exe C:\\lic\\a.opt 27010", ("VMWARELM", "C:\\lic\\a.opt")),
        ("VENDOR VMWARELM C:\\bin\\vmwarelm.exe 27010", ("VMWARELM", None)),
        ('vendor VMWARELM OPTIONS="C:\\my lic\\a.opt" port=27010', ("VMWARELM", "C:\\my lic\\a.opt")),
        ("VENDOR VMWARELM \\\n  options=a.opt", ("VMWARELM", "a.opt")),
    ],
)
def test_a_vendor_line_names_its_options_file(line: str, expected: tuple[str, str | None]) -> None:
    assert list(flexlm.vendors(f"SERVER this_host ANY\n{line}\nUSE_SERVER\n".encode())) == [expected]


@pytest.mark.parametrize("line", ['VENDOR SIGN="A5CD 4D3C"', 'VENDOR x options=SIGN="A5CD 4D3C"'])
def test_no_signature_that_damage_drove_into_the_line_is_shown(line: str) -> None:
    assert "A5CD" not in repr(list(flexlm.vendors(line.encode())))


@pytest.mark.parametrize("content", ["SERVER this_host ANY\n", "VENDOR\n", "# VENDOR x\n", ""])
def test_without_a_vendor_line_there_is_none(content: str) -> None:
    assert list(flexlm.vendors(content.encode())) == []


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("vmwarelm.OPT", ""),
        ("mine.opt", " options=mine.opt"),
        ("mine.opt", rf' options="{LICENSES}\mine.opt"'),
        ("mine.opt", rf' C:\bin\vmwarelm.exe "{LICENSES}\MINE.opt"'),
    ],
)
def test_it_is_found_in_the_folder_of_the_license_files(name: str, told: str) -> None:
    (found,) = options({name: EXCLUDE}, told)
    assert found.vendor == "VMWARELM"


@pytest.mark.parametrize(
    "content",
    [
        "# for esx1\r\nEXCLUDE  PROD_VC\tHOST esx1\r\n\r\n", "EXCLUDE PROD_VC \\\n  HOST esx1",
        "\ufeffEXCLUDE PROD_VC HOST esx1",
    ],
)
def test_comments_and_spacing_say_nothing(content: str) -> None:
    assert options({"vmwarelm.opt": content}) == options({"vmwarelm.opt": EXCLUDE})
    assert options({"vmwarelm.opt": content}) != options({"vmwarelm.opt": EXCLUDE.replace("esx1", "esx2")})


@pytest.mark.parametrize(
    "files", [{}, {"vmwarelm.opt": "# nothing yet\n"}, {"other.opt": EXCLUDE}, {"old\\vmwarelm.opt": "MAX"}]
)
def test_no_options_are_none(files: dict[str, str]) -> None:
    assert options(files) == ()


@pytest.mark.parametrize("told", [r" options=D:\flex\mine.opt", " options=mine.opt"])
def test_one_that_lies_elsewhere_is_unknown(told: str) -> None:
    found = options({r"D:\flex\mine.opt": EXCLUDE}, told)
    assert (found.reason, found.where) == ("not_found", LICENSES)
    assert "mine.opt was not looked at: put it beside the license files" in found.detail


def test_one_that_cannot_be_read_is_unknown() -> None:
    assert options({"vmwarelm.opt": EXCLUDE}, denied=[rf"{LICENSES}\vmwarelm.opt"]).reason == "access_denied"
    assert options({"mine.txt": EXCLUDE}, " options=mine.txt").reason == "bad_output", "its content was not asked for"


FILE = r"D:\flex\vmware.lic"
BESIDE = r"D:\flex\vmwarelm.opt"


def single(files: dict[str, Any], told: str = "", named: str = FILE, **patch: Any) -> Any:
    place = {"registry": {FLEX: {"License": named}}} if named else {}
    return options({FILE: LINES.format(told), **files}, **place, **patch)


@pytest.mark.parametrize("named", [FILE, f'"{FILE}"', f" {FILE} ;"])
def test_it_is_looked_for_beside_a_license_file_that_is_named_itself(named: str) -> None:
    (found,) = single({BESIDE: EXCLUDE}, named=named)
    assert found.vendor == "VMWARELM"
    assert single({}, named=named) == ()


def test_beside_a_license_file_that_the_owner_names_too() -> None:
    assert len(single({BESIDE: EXCLUDE}, named="", locations=Locations(licenses=FILE))) == 1


def test_it_is_looked_for_beside_each_license_file_of_a_list() -> None:
    named = rf"{FILE};E:\more\esx.lic"
    more = {r"E:\more\esx.lic": LINES.format("")}
    assert single(more, named=named) == ()
    assert len(single(more | {BESIDE: EXCLUDE}, named=named)) == 1
    assert len(single(more | {r"E:\more\VMWARELM.opt": EXCLUDE}, named=named)) == 1
    assert len(single({BESIDE: EXCLUDE}, named=rf"D:\gone.lic;{FILE}")) == 1


def test_one_of_another_vendor_beside_a_license_file_was_not_asked_for() -> None:
    found = single({FILE: LINES.format("").replace("VMWARELM", "other")})
    assert found.reason == "not_asked"
    assert "other.opt was not looked at: name the folder" in found.detail


@pytest.mark.parametrize(
    ("files", "told", "named", "denied"),
    [
        ({r"D:\flex\mine.opt": EXCLUDE}, r" options=D:\flex\mine.opt", FILE, []),
        ({BESIDE: EXCLUDE}, "", FILE, [BESIDE]),
    ],
)
def test_what_was_not_looked_at_beside_it_is_unknown(
    files: dict[str, str], told: str, named: str, denied: list[str]
) -> None:
    assert isinstance(single(files, told, named, denied=denied), Missing)


def test_license_files_that_could_not_be_read_leave_it_unknown() -> None:
    assert options({}, denied=[rf"{LICENSES}\vmware.lic"]).reason == "access_denied"
