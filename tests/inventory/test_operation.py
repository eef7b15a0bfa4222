"""Probes and drills in the inventory."""

from __future__ import annotations

from pathlib import Path

import pytest

from vcaudit.errors import InventoryError
from vcaudit.inventory import Cluster, load_inventory

HEAD = r"""
credentials:
  admin: {user: CORP\vcaudit, password_env: VCAUDIT_PASSWORD}
clusters:
  CORP-VC:
    nodes: {VCNODE1: 192.0.2.11, VCNODE2: 192.0.2.12}
"""


def loaded(folder: Path, *lines: str) -> Cluster:
    text = HEAD + "".join(f"    {line}\n" for line in lines)
    return load_inventory(folder / "vcaudit.yaml", text).clusters[0]


def mistake(folder: Path, *lines: str) -> str:
    with pytest.raises(InventoryError) as caught:
        loaded(folder, *lines)
    [problem] = caught.value.problems
    assert problem.line >= 7
    return problem.message


def test_nothing_said_means_nothing_stated(tmp_path: Path) -> None:
    one = loaded(tmp_path)
    assert (one.probe.ports, one.probe.through, one.drills) == ((), (), ())
    assert (one.declared.drills, one.declared.drill_max_age) == ((), None)


def test_ways_and_ports(tmp_path: Path) -> None:
    one = loaded(
        tmp_path, "probe:", "  through: {443: '198.51.100.7:8443', '192.0.2.60:27000': 'jump.corp.example:1'}",
        "  ports: {virtualcenter: [443], web: [80, 8080], license: [27005]}",
    )  # fmt: skip
    assert dict(one.probe.through) == {"443": "198.51.100.7:8443", "192.0.2.60:27000": "jump.corp.example:1"}
    assert dict(one.probe.ports) == {"vpxd": (443,), "web": (80, 8080), "license": (27005,)}
    assert isinstance(hash(one.probe), int)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("probe: {ports: {web: []}}", "names no port"),
        ("probe: {ports: {web: [1, 2, 3, 4, 5, 6, 7, 8, 9]}}", "8 are the most"),
        ("probe: {ports: {web: [0]}}", "from 1 to 65535"),
        ("probe: {ports: {webaccess: [80]}}", "has no key webaccess"),
        ("probe: {through: {'443': '198.51.100.7'}}", "ADDRESS:PORT such as"),
        ("probe: {through: {'443': '198.51.100.7:70000'}}", "a port is a number from 1 to 65535"),
        ("probe: {through: {'99999': '198.51.100.7:1'}}", "a port is a number from 1 to 65535"),
        ("probe: {through: {https: '198.51.100.7:1'}}", "a port of the virtual server such as 443"),
        ("drills: none.json", "there is no file or folder"),
        ("drills: [none/*.json]", "there is no file or folder"),
        ("drill_max_age: 0", "a whole number from 1 to 3650"),
        ("drill_max_age: '180'", "a whole number"),
    ],
)
def test_mistakes(tmp_path: Path, line: str, words: str) -> None:
    assert words in mistake(tmp_path, line)


def test_files_folders_and_patterns_each_file_once(tmp_path: Path) -> None:
    folder = tmp_path / "drills"
    folder.mkdir()
    for name in ("b.json", "a.json", "readme.txt"):
        (folder / name).write_text("{}")
    (tmp_path / "own.json").write_text("{}")
    one = loaded(tmp_path, "drills: [own.json, drills/b.json, drills, 'drills/*.json']", "drill_max_age: 180")
    assert [path.name for path in one.drills] == ["own.json", "b.json", "a.json"]
    assert one.declared.drills == ("own.json", "drills/b.json", "drills/a.json")
    assert one.declared.drill_max_age == 180
    assert loaded(tmp_path, "drills: drills/a.json").declared.drills == ("drills/a.json",)


@pytest.mark.parametrize("name", ["drills", "drills/*.json", "drills/2026-0[56]*.json"])
def test_a_folder_may_hold_none_yet(tmp_path: Path, name: str) -> None:
    (tmp_path / "drills").mkdir()
    assert loaded(tmp_path, f"drills: '{name}'").drills == ()
