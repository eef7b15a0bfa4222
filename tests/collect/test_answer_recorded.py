"""Recorded answers decode to the facts that their nodes held; the recordings know nothing of today's collector."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from typing import Any

import pytest

from vcaudit.collect.answer import Answer, KeyRead, Row, ValueRead, decode
from vcaudit.snapshot.base import Missing

from . import samples

PRIVATE = {"C:\\ssl\\rui.key", "C:\\ssl\\rui16.key", "C:\\ssl\\rui16be.key"}


def answer(run: str) -> tuple[Answer, dict[str, Any]]:
    return decode(samples.stdout_of(run)), samples.recorded(run)


def expected_data(kind: str, value: Any, limit: int) -> Any:
    """What a value says: number, text up to its first NUL, items without trailing empty ones, bytes."""
    if value is None:
        return None
    if kind in ("String", "ExpandString"):
        return samples.plain(value).split("\0")[0]
    if kind == "MultiString":
        items = [samples.plain(item) for item in value["strs"]]
        while items and not items[-1]:
            items.pop()
        return tuple(items)
    if "bytes" in value:
        content = base64.b64decode(value["bytes"])
        return content if len(content) <= limit else None
    ((size, number),) = value.items()
    return number & ((1 << int(size[1:])) - 1)


@pytest.mark.parametrize("run", ["01-typical", "02-registry-kinds", "03-odd-text", "10-thousand-values"])
def test_registry(run: str) -> None:
    found, asked = answer(run)
    for kind, id, path in (item for item in asked["items"] if item[0] == "registry"):
        keys = found.registry(id)
        assert not isinstance(keys, Missing), (kind, keys)
        truth = {
            key: {samples.plain(name): (kind, value) for name, kind, value in values}
            for key, values in asked["node"]["registry"].items()
            if key == path or key.startswith(f"{path}\\")
        }
        listed = {key.path: {value.name: value for value in key.values} for key in keys if key.failure is None}
        assert set(truth) <= set(listed), "a key is missing"
        for key, values in truth.items():
            assert set(listed[key]) == set(values)
            for name, (value_kind, value) in values.items():
                read = listed[key][name]
                assert (read.failure is not None) == (value is None), read
                assert read.data == expected_data(value_kind, value, asked["limits"]["bytes"]), read


def test_registry_kinds_have_the_names_of_windows() -> None:
    keys = answer("02-registry-kinds")[0].registry("kinds")
    assert not isinstance(keys, Missing)
    kinds = {value.name: value.type for value in keys[0].values}
    assert kinds["str"] == "REG_SZ"
    assert kinds["expand"] == "REG_EXPAND_SZ"
    assert kinds["dw0"] == "REG_DWORD"
    assert kinds["qw0"] == "REG_QWORD"
    assert kinds["ms"] == "REG_MULTI_SZ"
    assert kinds["bin"] == "REG_BINARY"
    assert kinds["none4"] == "REG_NONE"
    big = next(value for value in keys[0].values if value.name == "binbig")
    assert (big.size, big.data, len(big.sha256 or "")) == (5000, None, 64)


def test_a_value_deleted_meanwhile_is_no_value() -> None:
    found = answer("08-deleted-meanwhile")[0]
    race, key = found.registry("race"), found.registry("racekey")
    assert not isinstance(race, Missing)
    assert not isinstance(key, Missing)
    values = {value.name: value for value in race[0].values}
    assert {name for name, value in values.items() if value.failure is None} == {"stays"}
    assert all(value.data is None for name, value in values.items() if name != "stays")
    assert values["stays"].data == "here"
    assert key[0].failure is not None
    assert key[0].values == ()


def reason(found: Any) -> str:
    assert isinstance(found, Missing), found
    return found.reason


def test_errors_have_reasons() -> None:
    found = answer("04-errors")[0]
    one: tuple[KeyRead, ...] = found.registry("missing")  # type: ignore[assignment]
    assert one[0].failure == Missing(reason="not_found", detail="not found", where="VCNODE1 registry missing")
    denied: tuple[KeyRead, ...] = found.registry("denied")  # type: ignore[assignment]
    assert reason(denied[0].failure) == "access_denied"
    mixed: tuple[KeyRead, ...] = found.registry("mixed")  # type: ignore[assignment]
    assert [key.failure is None for key in mixed] == [True, True, False, True]
    assert reason(found.wmi("half")) == "refused"
    assert reason(found.wmi("failfirst")) == "access_denied"
    assert reason(found.wmi("noclass")) == "not_installed"
    assert reason(found.wmi("nonamespace")) == "not_installed"
    assert reason(found.wmi("x")) == "bad_output"
    assert found.wmi("empty") == ()
    assert reason(found.registry("emptyarg")) == "bad_output"


def test_an_id_that_came_twice_is_not_used() -> None:
    found = answer("04-errors")[0].registry("noarg")
    assert isinstance(found, Missing)
    assert (found.reason, found.detail) == ("bad_output", "the answer has this part twice")


@pytest.mark.parametrize(
    ("run", "id", "expected"),
    [
        ("05-value-limit", "big", "refused"),
        ("05-value-limit", "after", "refused"),
        ("06-time-budget", "tree", "timeout"),
        ("06-time-budget", "later", "timeout"),
    ],
)
def test_a_list_that_was_cut_is_no_list(run: str, id: str, expected: str) -> None:
    found = answer(run)[0]
    assert reason(found.files(id) if id == "later" else found.registry(id)) == expected


def test_files() -> None:
    found, asked = answer("07-files")
    contents = {path: base64.b64decode(content) for path, content in asked["node"]["files"].items()}
    for _, id, path, *mode in (item for item in asked["items"]):
        reads = found.files(id)
        assert not isinstance(reads, Missing)
        (file,) = reads
        path = path.replace("%SystemRoot%", "C:\\WINDOWS")
        if path not in contents or id == "f09":
            assert file.failure is not None
            assert (file.size, file.sha256, file.content) == (None, None, None)
            continue
        content = contents[path]
        assert (file.size, file.sha256) == (len(content), hashlib.sha256(content).hexdigest())
        assert file.modified == "2020-01-02T03:04:05Z"
        if path in PRIVATE or len(content) > 4096:
            assert file.content is None
            assert file.withheld == ("private key" if path in PRIVATE else "too large")
        else:
            assert file.content == (content if mode == ["1"] else None)


def test_file_failures() -> None:
    found = answer("07-files")[0]
    failures = {id: found.files(id)[0].failure for id in ("f09", "missing", "badenv")}  # type: ignore[index]
    assert reason(failures["missing"]) == "not_found"
    # the recording's sharing violation is Linux' own; 80070020 of Windows is `unavailable`
    assert reason(failures["f09"]) == "bad_output"


def test_wmi_types() -> None:
    rows = answer("09-wmi-types")[0].wmi("t")
    assert not isinstance(rows, Missing)
    first, second = rows
    assert (first["s"], first["EMPTY"], first["dt"]) == ("text", "", "20260101123456.000000+060")
    assert (first["i"], first["u32"], first["u64"], first["i8"]) == ("-5", "4294967295", "18446744073709551615", "-128")
    assert (first["b"], first["bf"], first["ch"], first["ctl"]) == ("True", "False", "A", "a\x02b")
    assert (first["strs"], first["strs0"], first["strsnull"]) == (("a", "b"), (), ("a", "", "c"))
    assert first["bytes"] == ("0", "255")
    assert reason(first["thr"]) == "unavailable"
    assert reason(first["missing"]) == "not_found"
    assert second["s"] == "second"
    assert reason(second["i"]) == "not_found"


def test_a_property_that_was_not_asked_for_is_neither_absent_nor_empty() -> None:
    rows = answer("09-wmi-types")[0].wmi("t")
    assert not isinstance(rows, Missing)
    assert reason(rows[0]["Anything"]) == "not_asked"
    assert reason(rows[0].get("Anything")) == "not_asked"
    assert "Anything" not in rows[0]
    assert isinstance(rows[0], Row)


def test_nothing_asked() -> None:
    found = answer("11-nothing-asked")[0]
    assert (found.host, dict(found.probes), found.bits) == ("VCNODE1", {}, 64)
    assert reason(found.registry("vc")) == "bad_output"


# What the Win32 API itself holds (Wine): raw bytes are the truth


def truth_of(name: str) -> list[dict[str, Any]]:
    # control characters stand in the text as they are: only LF ends a line
    return [json.loads(line) for line in samples.text_of(f"wine_registry/{name}.jsonl").split("\n") if line]


def meant(type_: int, raw: bytes) -> Any:
    """What raw bytes say, by the rules for comparing; None: .NET gives no data."""
    if type_ in (1, 2):
        return filled(raw).split("\0")[0]
    if type_ == 7:
        items = filled(raw).split("\0")
        while items and not items[-1]:
            items.pop()
        return tuple(items)
    if type_ in (4, 11) and len(raw) in (4, 8):
        return int.from_bytes(raw, "little")
    return raw if type_ in (0, 3, 4, 5, 11) else None


def filled(raw: bytes) -> str:
    return (raw + b"\0" if len(raw) % 2 else raw).decode("utf-16-le", "surrogatepass")


@pytest.mark.parametrize("name", ["node", "kinds", "raw"])
def test_a_real_registry(name: str) -> None:
    found = decode(samples.envelope(samples.text_of(f"wine_registry/{name}.xml").encode()))
    listed: dict[str, dict[str, ValueRead]] = {}
    for id in found.probes:
        keys = found.registry(id)
        assert not isinstance(keys, Missing)
        listed |= {key.path: {value.name: value for value in key.values} for key in keys if key.failure is None}
    checked = 0
    for line in truth_of(name):
        if "\0" in line["key"] or "name" not in line:
            continue
        value = listed[line["key"]][line["name"]]
        expected = None if "\0" in line["name"] else meant(line["type"], bytes.fromhex(line["hex"]))
        assert value.data == expected, line
        assert (value.failure is not None) == (expected is None), line
        checked += 1
    assert checked == {"node": 55, "kinds": 123, "raw": 22}[name]


def test_text_survives_whatever_it_holds() -> None:
    keys = answer("03-odd-text")[0].registry("text")
    assert not isinstance(keys, Missing)
    values = {value.name: value.data for value in keys[0].values}
    assert values["lone\ud800"] == "\udc00x"
    assert values["ctl\x01\tname\r\n"] == "tab\there\r\nline2"
    assert any(re.search("\U0001f600", name) for name in values)
