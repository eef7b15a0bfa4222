"""A node from its description: registry, files and accounts as Windows stores them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from vcaudit.lab.node import INSTALLED, Node
from vcaudit.lab.regdata import Data, stored
from vcaudit.lab.windows.registry import shown


def node(**parts: Any) -> Node:
    return Node.from_description("N1", parts)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("ab", Data(1, b"a\0b\0\0\0")),
        ("", Data(1, b"\0\0")),
        (443, Data(4, b"\xbb\x01\0\0")),
        (-1, Data(4, b"\xff\xff\xff\xff")),
        (["a", ""], Data(7, b"a\0\0\0\0\0\0\0")),
        ([], Data(7, b"\0\0")),
        ({"type": "REG_EXPAND_SZ", "data": "%A%"}, Data(2, b"%\0A\0%\0\0\0")),
        ({"type": "REG_BINARY", "data": "00 01 ff"}, Data(3, b"\0\x01\xff")),
        ({"type": "REG_BINARY", "data": "00,01"}, Data(3, b"\0\x01")),
        ({"type": "REG_QWORD", "data": 1}, Data(11, b"\x01\0\0\0\0\0\0\0")),
        ({"type": "REG_DWORD", "data": 2}, Data(4, b"\x02\0\0\0")),
        ({"type": "REG_DWORD", "data": "01"}, Data(4, b"\x01")),
        ({"type": "REG_NONE"}, Data(0, b"")),
        ({"type": "REG_MULTI_SZ", "data": ["x"]}, Data(7, b"x\0\0\0\0\0")),
        ({"type": "0xff", "data": "01"}, Data(255, b"\x01")),
        ({"data": "plain"}, Data(1, "plain\0".encode("utf-16-le"))),
    ],
)
def test_registry_values(value: Any, expected: Data) -> None:
    assert stored(value) == expected


@pytest.mark.parametrize(
    ("data", "old", "new"),
    [
        (Data(4, b"\x01\0\0\0"), 1, 1),
        (Data(4, b"\x01"), 1, b"\x01"),
        (Data(4, b""), 0, b""),
        (Data(4, b"\x01\0\0\0\0"), b"\x01\0\0\0\0", b"\x01\0\0\0\0"),
        (Data(4, b"\x01" + b"\0" * 7), 1, 1),
        (Data(11, b"\x01\0\0\0"), 1, 1),
        (Data(1, b"a\0\0\0b\0\0\0"), "a", "a\0b"),
        (Data(1, b"a\0b"), "ab", "ab"),
        (Data(1, b""), "", ""),
        (Data(7, b""), [], []),
        (Data(7, b"\0\0"), [], []),
        (Data(7, b"\0\0\0\0"), [""], [""]),
        (Data(7, b"a\0"), ["a"], ["a"]),
        (Data(0, b"ab"), None, b"ab"),
        (Data(5, b"\0\0\0\1"), b"\0\0\0\1", b"\0\0\0\1"),
        (Data(6, b"x\0"), None, None),
    ],
)
def test_what_dotnet_makes_of_bytes(data: Data, old: Any, new: Any) -> None:
    assert shown(data, modern=False) == old
    assert shown(data, modern=True) == new


def test_keys_ignore_case_and_know_all_above_them() -> None:
    built = node(registry={"SOFTWARE\\A\\B": {"V": "1", "gone": None}, "software\\a": {"w": "2"}})
    key = built.key("software\\A\\b")
    assert key is not None
    assert list(key.values) == ["v"]
    assert built.key("SOFTWARE\\a\\c") is None
    above = built.key("Software\\A")
    assert above is not None
    assert list(above.values) == ["w"]


def test_files() -> None:
    built = node(
        environment={"Data": "D:\\data"},
        files={
            "C:\\a\\crlf.txt": "x\ny\n",
            "C:\\a\\lf.txt": {"text": "x\ny\n", "newline": "lf"},
            "C:\\a\\utf16.txt": {"text": "é", "encoding": "utf-16"},
            "C:\\a\\size.txt": {"text": "x", "size": 5},
            "C:\\a\\bin": {"base64": "AAE=", "modified": "2007-06-19T10:00:01Z"},
            "C:\\a\\v.exe": {"text": "MZ", "version": "2.0.1"},
            "%DATA%\\e.txt": "",
            "C:\\gone.txt": None,
            "C:\\folder\\": {},
        },
    )
    content = {path: file.content for path, file in built.files.items()}
    assert content["c:\\a\\crlf.txt"] == b"x\r\ny\r\n"
    assert content["c:\\a\\lf.txt"] == b"x\ny\n"
    assert content["c:\\a\\utf16.txt"] == b"\xff\xfe\xe9\0"
    assert content["c:\\a\\size.txt"] == b"x    "
    assert built.files["c:\\a\\bin"].modified == datetime(2007, 6, 19, 10, 0, 1, tzinfo=UTC)
    assert built.files["c:\\a\\lf.txt"].modified == INSTALLED
    assert built.files["c:\\a\\v.exe"].version == (2, 0, 1, 0)
    assert "d:\\data\\e.txt" in content
    assert "c:\\gone.txt" not in content
    assert {"c:\\folder", "c:\\a", "c:\\", "d:\\data"} <= set(built.folders)


def test_wmi_keeps_what_has_no_value_and_drops_what_is_gone() -> None:
    built = node(wmi={"root\\CIMV2": {"C": {"a": {"x": None}, "b": None}, "D": {}, "E": None}, "root\\No": None})
    assert built.wmi == {"root\\cimv2": {"c": [{"x": None}], "d": []}}


def test_accounts() -> None:
    built = node(
        accounts={
            "users": {"a": {"sid": "S-1-5-21-1-2-3-1001", "expires": "2007-06-19"}, "b": None, "c": {}},
            "groups": {
                "g": {"members": {"n1\\A": {}, "X\\y": "S-1-1", "Z\\w": {"sid": "S-1-2", "group": True}, "no": None}}
            },
        }
    )
    assert [user.name for user in built.users] == ["a", "c"]
    assert built.users[0].expires == datetime(2007, 6, 19, tzinfo=UTC)
    (group,) = built.groups
    assert [(member.name, member.sid, member.group) for member in group.members] == [
        ("n1\\A", "S-1-5-21-1-2-3-1001", False), ("X\\y", "S-1-1", False), ("Z\\w", "S-1-2", True),
    ]  # fmt: skip


def system(kind: str) -> dict[str, Any]:
    return {"root\\cimv2": {"Win32_ComputerSystem": {"c": {"SystemType": kind, "Domain": "corp.example"}}}}


def test_what_follows_from_what_it_says_of_itself() -> None:
    assert node(wmi=system("X86-based PC")).bits == 32
    assert node(wmi=system("x64-based PC")).bits == 64
    assert node(wmi=system("X86-based PC"), bits=64).bits == 64
    assert node().bits == 64
    assert node(wmi=system("x64-based PC")).domain == "CORP"
    assert node().domain == "WORKGROUP"
    assert node().os_version == "Microsoft Windows NT 5.2.3790"
    assert node(environment={"COMPUTERNAME": "OTHER"}).name == "OTHER"


def test_names_of_what_fails() -> None:
    built = node(denied=["SOFTWARE\\X\\"], hanging=["Root\\CIMV2"], broken={"C:\\X": "80070020", "dns": 80070422})
    assert built.denied == {"software\\x"}
    assert built.hanging == {"root\\cimv2"}
    assert built.broken == {"c:\\x": 0x80070020, "dns": 0x80070422}
