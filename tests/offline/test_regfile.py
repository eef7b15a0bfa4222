"""Exports of the registry: every byte of what they hold, and nothing of what was lost from them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.collect import samples
from tests.offline.folder import to_reg
from vcaudit.capture import Limits, Request
from vcaudit.collect.answer import KeyRead, ValueRead, decode
from vcaudit.collect.files import read_files
from vcaudit.collect.regfile import RegFile, is_reg, parse_reg
from vcaudit.collect.tree import open_tree
from vcaudit.lab.node import Key
from vcaudit.lab.regdata import Data
from vcaudit.snapshot.base import Missing

WINE = samples.DATA / "wine_registry"
V5 = "Windows Registry Editor Version 5.00\r\n\r\n"


def truth(name: str) -> list[dict[str, Any]]:
    # control characters stand in the text as they are: only LF ends a line
    return [json.loads(line) for line in samples.text_of(f"wine_registry/{name}.jsonl").split("\n") if line]


def wide(text: str) -> bytes:
    return b"\xff\xfe" + text.encode("utf-16-le", "surrogatepass")


def parsed(body: str, head: str = V5) -> RegFile:
    return parse_reg(wide(f"{head}{body}\r\n"))


def values(body: str, head: str = V5) -> dict[str, tuple[int, bytes | None]]:
    """The values of key A of an export."""
    export = parsed(f"[HKEY_LOCAL_MACHINE\\A]\r\n{body}", head)
    return {value.name: (value.type, value.raw) for value in export.keys["a"].values.values()}


def imported(folder: Path, *requests: tuple[str, str]) -> Any:
    """The answer to registry requests over a folder."""
    asked = [Request("registry", id, (path,)) for id, path in requests]
    return decode(read_files(None, open_tree(folder), asked, Limits()).stdout)


# Real exports


@pytest.mark.parametrize(("file", "record"), [
    ("kinds", "kinds"), ("vmware", "node"), ("vmware32", "node"), ("odbc", "node"), ("odbc32", "node"),
    ("cluster", "node"),
])  # fmt: skip
def test_every_byte_of_a_real_export(file: str, record: str):
    export = parse_reg((WINE / f"{file}.reg").read_bytes())
    assert export.problems == []
    (root,) = export.roots
    for line in truth(record):
        if not line["key"].lower().startswith(root):
            continue
        key = export.keys[line["key"].lower()]
        if "name" in line:
            value = key.values[line["name"].lower()]
            assert (value.name, value.type, value.raw) == (line["name"], line["type"], bytes.fromhex(line["hex"]))
    assert len(export.keys) > 1


def facts(keys: tuple[KeyRead, ...] | Missing) -> dict[str, dict[str, Any]]:
    """What is compared: values by name, without regard to order (windows_api_facts, "So compare")."""
    assert not isinstance(keys, Missing)
    return {key.path: {value.name: fact(value) for value in key.values} for key in keys}


def fact(value: ValueRead) -> tuple[Any, ...]:
    return (value.type, value.data, value.redacted, value.size, value.failure and value.failure.reason)


def test_the_exports_of_a_node_give_the_facts_of_its_snapshot(tmp_path: Path):
    for name in ("vmware", "vmware32", "odbc", "odbc32", "cluster"):
        (tmp_path / f"{name}.reg").write_bytes((WINE / f"{name}.reg").read_bytes())
    recorded = decode(samples.envelope(samples.text_of("wine_registry/node.xml").encode()))
    roots = {id: recorded.registry(id)[0].path for id in recorded.probes}  # type: ignore[union-attr,index]
    found = imported(tmp_path, *roots.items())
    assert set(roots) == {"vmware", "vmware32", "odbc", "odbc32", "cluster"}
    for id in roots:
        assert facts(found.registry(id)) == facts(recorded.registry(id)), id


def test_the_export_of_every_kind_gives_the_facts_of_the_snapshot(tmp_path: Path):
    (tmp_path / "kinds.reg").write_bytes((WINE / "kinds.reg").read_bytes())
    recorded = decode(samples.envelope(samples.text_of("wine_registry/kinds.xml").encode()))
    expected: dict[str, Any] = {}
    for id in recorded.probes:
        expected |= facts(recorded.registry(id))
    found = facts(imported(tmp_path, ("all", r"SOFTWARE\VCAuditOdd")).registry("all"))
    assert found == expected
    assert sum(map(len, found.values())) == 123


def test_what_wine_cannot_export_reads_the_same_where_an_export_can_carry_it(tmp_path: Path):
    """Data of odd lengths and with NULs inside; names with NULs or line breaks stand in no line of a file."""
    recorded = decode(samples.envelope(samples.text_of("wine_registry/raw.xml").encode()))
    expected: dict[str, Any] = {}
    for id in recorded.probes:
        expected |= facts(recorded.registry(id))
    root, checked = Key(""), 0
    for line in truth("raw"):
        if any(char in line["key"] + line.get("name", "") for char in "\0\r\n"):
            continue
        key = root
        for part in line["key"].split("\\"):
            key = key.keys.setdefault(part.lower(), Key(part))
        if "name" in line:
            key.values[line["name"].lower()] = (line["name"], Data(line["type"], bytes.fromhex(line["hex"])))
    top = root.keys["software"]
    (tmp_path / "raw.reg").write_bytes(to_reg("SOFTWARE", top))
    (base,) = {line["key"] for line in truth("raw") if line["key"].count("\\") == 1}
    found = facts(imported(tmp_path, ("raw", base)).registry("raw"))
    for path, names in found.items():
        for name, value in names.items():
            assert value == expected[path][name], (path, name)
            checked += 1
    assert checked >= 18


# The form of a file


def test_it_is_known_by_its_first_line():
    assert is_reg(wide(V5))
    assert is_reg(b"REGEDIT4\r\n")
    assert is_reg(V5.encode())
    assert not is_reg(b"[HKEY_LOCAL_MACHINE\\A]")
    assert not is_reg(b"")
    assert parse_reg(b"hello").problems == [(1, "does not begin as an export of the registry")]


@pytest.mark.parametrize("data", [
    wide(V5 + '[HKEY_LOCAL_MACHINE\\A]\r\n"n"="Zürich"\r\n\r\n'),
    b"\xfe\xff" + (V5 + '[HKEY_LOCAL_MACHINE\\A]\r\n"n"="Zürich"\r\n\r\n').encode("utf-16-be"),
    (V5 + '[HKEY_LOCAL_MACHINE\\A]\r\n"n"="Zürich"\r\n\r\n').encode("utf-16-le"),
    (V5 + '[HKEY_LOCAL_MACHINE\\A]\r\n"n"="Zürich"\r\n\r\n').encode("utf-8-sig"),
    (V5 + '[HKEY_LOCAL_MACHINE\\A]\n"n"="Zürich"\n\n').replace("\r\n", "\n").encode(),
    b'REGEDIT4\r\n\r\n[HKEY_LOCAL_MACHINE\\A]\r\n"n"="Z\xfcrich"\r\n\r\n',
    b'REGEDIT4\r\n[HKLM\\A]\r\n"n"=hex(1):5a,fc,72,69,63,68,00\r\n\r\n',
], ids=["UTF-16", "the other way", "no mark", "UTF-8", "saved on Unix", "ANSI", "ANSI in hex"])  # fmt: skip
def test_every_encoding(data: bytes):
    export = parse_reg(data)
    assert export.problems == []
    assert export.keys["a"].values["n"].raw == "Zürich\0".encode("utf-16-le")
    assert export.ansi == data.startswith(b"REGEDIT4")


def test_every_type_of_value():
    assert values(
        '@="default"\r\n"q \\"a\\" \\\\ b"="c:\\\\x"\r\n"d"=dword:000001bb\r\n"short"=dword:5\r\n"b"=hex:00,01,ff\r\n'
        '"none"=hex(0):\r\n"q"=hex(b):01,00,00,00,00,00,00,00\r\n"x"=hex(2):25,00,\\\r\n  00,00\r\n"odd" = "spaced" ; c'
        "\r\n"
        '"three\r\nlines"="a\r\nb"\r\n"t"=hex(7):61,00,00,00,\\\r\n  62,00,00,00,\\\r\n  00,00\r\n'
    ) == {
        "": (1, "default\0".encode("utf-16-le")), 'q "a" \\ b': (1, "c:\\x\0".encode("utf-16-le")),
        "d": (4, b"\xbb\1\0\0"), "short": (4, b"\5\0\0\0"), "b": (3, b"\0\1\xff"), "none": (0, b""),
        "q": (11, b"\1\0\0\0\0\0\0\0"), "x": (2, b"%\0\0\0"), "odd": (1, "spaced\0".encode("utf-16-le")),
        "three\r\nlines": (1, "a\r\nb\0".encode("utf-16-le")), "t": (7, "a\0b\0\0".encode("utf-16-le")),
    }  # fmt: skip


def test_narrow_texts_of_old_exports_are_texts_and_bytes_stay_bytes():
    body = '"e"=hex(2):25,41,25,00\r\n"m"=hex(7):61,00,62,00,00\r\n"b"=hex:41,00\r\n"s"="x"\r\n'
    assert values(body, "REGEDIT4\r\n") == {
        "e": (2, "%A%\0".encode("utf-16-le")), "m": (7, "a\0b\0\0".encode("utf-16-le")), "b": (3, b"A\0"),
        "s": (1, "x\0".encode("utf-16-le")),
    }  # fmt: skip


def test_what_is_deleted_is_not_there():
    export = parsed(
        '[HKEY_LOCAL_MACHINE\\A]\r\n"x"="1"\r\n"x"=-\r\n"y"="2"\r\n[HKEY_LOCAL_MACHINE\\A\\B]\r\n"z"="3"\r\n'
        "[HKEY_LOCAL_MACHINE\\A\\B\\C]\r\n[-HKEY_LOCAL_MACHINE\\A\\B]\r\n\"lost\"=\"4\"\r\n"
    )
    assert list(export.keys) == ["a"]
    assert list(export.keys["a"].values) == ["y"]
    assert export.deleted == ["a\\b"]


def test_other_hives_are_read_over():
    export = parsed('[HKEY_CURRENT_USER\\A]\r\n"x"="1"\r\n[HKEY_LOCAL_MACHINE\\B]\r\n[HKEY_LOCAL_MACHINEX\\C]\r\n')
    assert list(export.keys) == ["b"]
    assert export.problems == []


def test_roots_are_what_has_nothing_above_it():
    export = parsed("".join(f"[HKEY_LOCAL_MACHINE\\{key}]\r\n" for key in ("A", "A\\B", "AB", "C\\D", "C\\D\\E", "C")))
    assert export.roots == ["a", "ab", "c\\d", "c"]


# Damage


@pytest.mark.parametrize("line", [
    '"x"=hex:00,01,', '"x"=hex:00,01,\\', '"x"=hex:0g', '"x"=hex(zz):00', '"x"=dword:123456789', '"x"=dword:',
    '"x"="open', '"x"="a" b', '"x"="bad \\q escape"', '"x"=', '"x"=qword:1', '"x"=hex:00 01',
])  # fmt: skip
def test_damaged_data_is_never_shorter_data(line: str):
    """The value is there and unreadable, and its key is not whole."""
    export = parsed(f'[HKEY_LOCAL_MACHINE\\A]\r\n"y"="1"\r\n{line}\r\n[HKEY_LOCAL_MACHINE\\B]\r\n"z"="2"\r\n')
    key = export.keys["a"]
    assert key.values["x"].raw is None
    assert key.values["y"].raw is not None
    assert key.damaged.startswith("line 5: ")
    assert export.problems[0][0] == 5


@pytest.mark.parametrize("cut", range(1, 40))
def test_a_file_that_was_cut_says_so_in_its_last_key(cut: int):
    text = V5 + '[HKEY_LOCAL_MACHINE\\A]\r\n"x"=dword:00000012\r\n"y"=hex:00,01,\\\r\n  02\r\n\r\n'
    export = parse_reg(wide(text[:-cut]))
    assert export.problems
    assert all(key.damaged for key in export.keys.values())


def test_a_lost_continuation_is_two_problems_and_no_value():
    export = parsed('[HKEY_LOCAL_MACHINE\\A]\r\n"x"=hex:00,\r\n  01,02\r\n"y"="1"\r\n')
    assert export.keys["a"].values["x"].raw is None
    assert [number for number, _ in export.problems] == [4, 5]
    assert export.keys["a"].values["y"].raw == b"1\0\0\0"


def test_a_key_without_its_bracket_takes_its_values_along():
    export = parsed('[HKEY_LOCAL_MACHINE\\A]\r\n"x"="1"\r\n[HKEY_LOCAL_MACHINE\\A\\B\r\n"x"="2"\r\n')
    assert export.keys["a"].values["x"].raw == b"1\0\0\0"
    assert list(export.keys) == ["a"]
    assert export.problems == [(5, "a key without its closing bracket")]


def test_values_before_any_key_and_junk_are_said():
    export = parsed('"x"="1"\r\n; a comment\r\n[HKEY_LOCAL_MACHINE\\A]\r\njunk\r\n"y"="2"\r\n')
    assert [number for number, _ in export.problems] == [3, 6]
    assert export.keys["a"].damaged == "line 6: is neither a key nor a value"


def test_a_damaged_key_is_missing_and_its_neighbours_are_not(tmp_path: Path):
    body = '[HKEY_LOCAL_MACHINE\\A]\r\n"x"="1"\r\n[HKEY_LOCAL_MACHINE\\A\\B]\r\n"y"=hex:00,\r\n'
    (tmp_path / "a.reg").write_bytes(wide(f"{V5}{body}\r\n"))
    found = imported(tmp_path, ("a", "A")).registry("a")
    assert found[0].failure is None
    assert (found[1].failure.reason, found[1].values[0].failure.reason) == ("bad_output", "bad_output")


def test_an_export_says_what_is_not_there_below_its_root_and_nothing_else(tmp_path: Path):
    (tmp_path / "a.reg").write_bytes(wide(V5 + "[HKEY_LOCAL_MACHINE\\A\\B]\r\n\r\n"))
    found = imported(tmp_path, ("there", r"a\b"), ("gone", r"A\B\C"), ("above", "A"), ("beside", r"A\BC"))
    assert found.registry("there")[0].failure is None
    assert found.registry("gone")[0].failure.reason == "not_found"
    assert found.registry("above").reason == "not_asked"
    assert found.registry("beside").reason == "not_asked"


def test_the_later_of_two_exports_counts_and_the_difference_is_said(tmp_path: Path):
    import os

    for number, name in enumerate(("new.reg", "old.reg")):
        body = f'[HKEY_LOCAL_MACHINE\\A]\r\n"x"="{name}"\r\n' + ("" if number else "[HKEY_LOCAL_MACHINE\\A\\N]\r\n")
        (tmp_path / name).write_bytes(wide(f"{V5}{body}\r\n"))
        os.utime(tmp_path / name, (1_000_000_000 - number, 1_000_000_000 - number))
    capture = read_files(None, open_tree(tmp_path), [Request("registry", "a", ("A",))], Limits())
    keys = decode(capture.stdout).registry("a")
    assert isinstance(keys, tuple)
    assert [(key.path, [value.data for value in key.values]) for key in keys] == [("A", ["new.reg"]), ("A\\N", [])]
    assert any("old.reg and new.reg differ in HKLM\\A" in warning for warning in capture.warnings)


def test_limits_hold(tmp_path: Path):
    body = "[HKEY_LOCAL_MACHINE\\A]\r\n" + "".join(f'"{number}"="x"\r\n' for number in range(50))
    (tmp_path / "a.reg").write_bytes(wide(f"{V5}{body}\r\n"))
    asked = [Request("registry", "a", ("A",))]
    found = decode(read_files(None, open_tree(tmp_path), asked, Limits(registry_values=49)).stdout).registry("a")
    assert isinstance(found, Missing)
    assert found.reason == "refused"


def test_hostile_size_takes_no_time():
    body = "".join(f"[HKEY_LOCAL_MACHINE\\K{number}]\r\n[-HKEY_LOCAL_MACHINE\\X{number}]\r\n" for number in range(3000))
    export = parsed(body)
    assert len(export.keys) == 3000
    assert len(export.deleted) == 1000
    deep = parsed("[HKEY_LOCAL_MACHINE\\" + "\\".join("d" * 3000) + "]\r\n")
    assert len(deep.keys) == 1


# Anything


KEYS = st.text(st.characters(exclude_characters="\\\r\n\0", exclude_categories=["Cs"]), min_size=1, max_size=8).filter(
    lambda name: name == name.strip() and not name.startswith("-")
)
NAMES = st.text(st.characters(exclude_characters="\0"), max_size=8)
DATA = st.builds(Data, st.sampled_from([0, 1, 2, 3, 4, 5, 7, 11, 0x1234]), st.binary(max_size=60))


@given(st.dictionaries(KEYS, st.dictionaries(NAMES, DATA, max_size=4), max_size=4))
@settings(max_examples=60, deadline=None)
def test_whatever_was_exported_comes_back(content: dict[str, dict[str, Data]]):
    root = Key("")
    for key, held in content.items():
        here = root.keys.setdefault(key.lower(), Key(key))
        for name, data in held.items():
            here.values[name.lower()] = (name, data)
    export = parse_reg(to_reg("R", root))
    assert export.problems == []
    assert set(export.keys) == {"r", *(f"r\\{key}" for key in root.keys)}
    for low, key in root.keys.items():
        found = {value.name: Data(value.type, value.raw or b"") for value in export.keys[f"r\\{low}"].values.values()}
        assert found == dict(key.values.values())


@given(st.data())
@settings(max_examples=80, deadline=None)
def test_damage_loses_facts_and_changes_none(data: st.DataObject):
    """A cut, or something put in between, leaves every value as it was, unreadable, or in a key that is not whole."""
    text = (WINE / "vmware32.reg").read_bytes()[2:].decode("utf-16-le")
    whole = parse_reg(wide(text))
    at = data.draw(st.integers(0, len(text)))
    more = data.draw(st.sampled_from([None, "\r\n", '"', "\\", "[", ",", "zz"]))
    damaged = parse_reg(wide(text[:at] if more is None else text[:at] + more + text[at:]))
    for path, key in damaged.keys.items():
        known = whole.keys.get(path)
        if key.damaged or known is None:
            continue
        changed = [name for name, value in key.values.items() if value != known.values.get(name)]
        # a character within a name or a text is another name or text, and nothing shows it
        assert len(changed) <= (0 if more is None else 1), (path, changed)
        assert more is not None or len(key.values) == len(known.values), path


@given(st.binary(max_size=400))
@settings(max_examples=80, deadline=None)
def test_any_bytes_are_no_crash(data: bytes):
    for whole in (data, wide(V5) + data, b"REGEDIT4\r\n[HKLM\\A]\r\n" + data):
        export = parse_reg(whole)
        assert all(key.path.lower() == path for path, key in export.keys.items())
        assert all(any(path == root or path.startswith(f"{root}\\") or not root for root in export.roots)
                   for path in export.keys)  # fmt: skip
