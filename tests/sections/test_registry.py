"""Registry facts against what a real engine gave for known bytes, and which view vpxd reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from vcaudit.collect.answer import decode
from vcaudit.sections import registry
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import RegistryTree

from . import nodes
from .nodes import key, probe

WINE = Path(__file__).parents[1] / "data/powershell/wine_registry"
ROOTS = {
    "vmware32": r"SOFTWARE\Wow6432Node\VMware, Inc.",
    "odbc": r"SOFTWARE\ODBC",
    "cluster": "Cluster",
    "kinds": r"SOFTWARE\VCAuditOdd",
    "raw": r"SOFTWARE\VCAuditRaw",
}
FILES = {"vmware32": "node", "odbc": "node", "cluster": "node", "kinds": "kinds", "raw": "raw"}
TYPES = {
    0: "REG_NONE",
    1: "REG_SZ",
    2: "REG_EXPAND_SZ",
    3: "REG_BINARY",
    4: "REG_DWORD",
    7: "REG_MULTI_SZ",
    11: "REG_QWORD",
}
SECRET = ("Serial", "3", "Security", "ResourceData")


def truth(name: str) -> list[dict[str, Any]]:
    """What RegEnumValueW gave; lines end at LF only."""
    text = (WINE / f"{name}.jsonl").read_bytes().decode()
    return [json.loads(line) for line in text.split("\n") if line.strip()]


def comparable(kind: int, data: bytes) -> Any:
    """The data that the facts should hold, from the raw bytes ("So compare" of the facts of the Windows API)."""
    if kind in (1, 2):
        return (data + b"\0" * (len(data) % 2)).decode("utf-16-le", "surrogatepass").partition("\0")[0]
    if kind == 7:
        items = (data + b"\0" * (len(data) % 2)).decode("utf-16-le", "surrogatepass").split("\0")
        while items and not items[-1]:
            items.pop()
        return tuple(items)
    if (kind, len(data)) in {(4, 4), (4, 8), (11, 4), (11, 8)}:
        return int.from_bytes(data, "little")
    return data.hex()


@pytest.mark.parametrize("name", ROOTS)
def test_what_wine_holds_is_what_the_facts_hold(name: str) -> None:
    found = registry.tree(decode(nodes.packed((WINE / f"{FILES[name]}.xml").read_text())), name, ROOTS[name])
    assert isinstance(found, RegistryTree)
    assert isinstance(found.keys, tuple)
    held = {
        (one.path.casefold(), value.name.casefold()): value
        for one in found.keys
        if isinstance(one.values, tuple)
        for value in one.values
    }
    compared = 0
    for row in truth(FILES[name]):
        below = row["key"].removeprefix(ROOTS[name])
        if "name" not in row or below == row["key"] or not (below == "" or below.startswith("\\")):
            continue
        value = held[below.strip("\\").casefold(), row["name"].casefold()]
        compared += 1
        if name in {"vmware32", "cluster"} and row["name"] in SECRET:
            assert (value.data, value.redacted) == (None, True)
        elif "\0" in row["name"] or row["type"] not in {*TYPES, 5}:
            assert isinstance(value.data, Missing), row
        else:
            assert value.data == comparable(row["type"], bytes.fromhex(row["hex"])), row
            assert value.type == TYPES.get(row["type"], "unknown")
    assert compared == len(held) > 3


def test_two_spellings_of_the_same_multi_string_are_equal() -> None:
    """Written with and without an empty item at the end, and a number of 8 digits and of 16."""
    data = [
        '<v n="a" t="MultiString"><i d="x" /></v><v n="n" t="QWord" d="00000001" />',
        '<v n="a" t="MultiString"><i d="x" /><i d="" /></v><v n="n" t="QWord" d="0000000000000001" />',
    ]
    trees = [
        registry.read(nodes.answer(probe("registry", "vc", f'<k p="{registry.ROOTS["vc"]}">{one}</k>'))) for one in data
    ]
    assert trees[0].native == trees[1].native


ROOT, ROOT32 = registry.ROOTS["vc"], registry.ROOTS["vc32"]
THERE = key(ROOT, InstalledVersion="2.0.1")
THERE32 = key(ROOT32, InstalledVersion="2.5.0")
DENIED = "SecurityException 8013150a: Zugriff"


def view(native: str, wow: str, *, bits: int = 64, system: str | None = "x64-based PC") -> tuple[str, ...]:
    """What each of the two trees and the view comes to: its version, None or the reason of a Missing."""
    parts = [probe("registry", "vc", native), probe("registry", "vc32", wow)]
    if system:
        parts.append(nodes.rows("computer", {"SystemType": system}))
    found = nodes.answer(*parts, bits=bits)
    both = registry.read(found)
    which = registry.view(found)

    def told(tree: Any) -> str:
        if isinstance(tree, Missing):
            return tree.reason
        return str(registry.text_of(tree, "", "installedversion"))

    return told(both.native), told(both.wow6432), which.reason if isinstance(which, Missing) else which


NONE, NONE32 = key(ROOT, "not found"), key(ROOT32, "not found")


@pytest.mark.parametrize(
    ("native", "wow", "bits", "system", "expected"),
    [
        (THERE, THERE32, 64, "x64-based PC", ("2.0.1", "2.5.0", "wow6432")),
        (THERE, NONE32, 64, "x64-based PC", ("2.0.1", "None", "native")),
        (NONE, NONE32, 64, "x64-based PC", ("None", "None", "native")),
        (THERE, NONE32, 32, "X86-based PC", ("2.0.1", "None", "native")),
        (THERE, THERE32, 32, "X86-basierter PC", ("2.0.1", "None", "native")),
        # a 32-bit shell on x64 sees the 32-bit view under both paths
        (THERE, THERE32, 32, "x64-based PC", ("unavailable", "2.5.0", "wow6432")),
        (NONE, NONE32, 32, "x64-based PC", ("unavailable", "None", "native")),
        (THERE, NONE32, 32, None, ("2.0.1", "None", "native")),
        (THERE, THERE32, 32, None, ("unavailable", "2.5.0", "wow6432")),
        (key(ROOT, DENIED), NONE32, 64, None, ("access_denied", "None", "native")),
        (THERE, key(ROOT32, DENIED), 64, None, ("2.0.1", "access_denied", "access_denied")),
    ],
)
def test_views(native: str, wow: str, bits: int, system: str | None, expected: tuple[str, ...]) -> None:
    assert view(native, wow, bits=bits, system=system) == expected


def test_a_denied_sub_key_is_missing_by_itself() -> None:
    found = registry.read(nodes.answer(probe("registry", "vc", THERE + key(rf"{ROOT}\DB", DENIED)))).native
    assert registry.text_of(found, "", "InstalledVersion") == "2.0.1"
    assert registry.text_of(found, "db", "1").reason == "access_denied"
    assert registry.text_of(found, "Tomcat", "1") is None


def test_what_the_node_did_not_withhold_is_withheld_here() -> None:
    part = key(rf"{ROOT}\DB", **{"1": "DSN", "3": "*obfuscated"})
    found = registry.read(nodes.answer(probe("registry", "vc", THERE + part)))
    assert "obfuscated" not in repr(found)
    value = registry.value_of(found.native, "DB", "3")
    assert (value.redacted, value.data) == (True, None)


def test_binary_data_too_large_compares_by_its_hash() -> None:
    part = f'<k p="{ROOT}"><v n="Blob" t="Binary" size="9999999" sha256="{"ab" * 32}" /></k>'
    found = registry.read(nodes.answer(probe("registry", "vc", part))).native
    assert registry.value_of(found, "", "Blob").data == "sha256:" + "ab" * 32


def test_a_tree_that_was_cut_by_a_limit_is_not_there_whole() -> None:
    cut = probe("registry", "vc", THERE).replace('status="ok"', 'status="partial" error="registry value limit reached"')
    found = registry.read(nodes.answer(cut))
    assert found.native.reason == "refused"
