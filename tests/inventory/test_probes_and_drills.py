"""Probes and drills in the inventory."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from vcaudit.errors import DrillError, InventoryError
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
    assert (one.probe.ports, one.probe.through) == ((), ())
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


def record(target: str, cluster: str = "CORP-VC", **more: Any) -> str:
    source = "VCNODE1" if target != "VCNODE1" else "VCNODE2"
    head = {"schema": 1, "cluster": cluster, "group": "VC Group", "from": source, "to": target, "operator": "J. Doe"}
    return json.dumps({**head, "started": "2026-05-02T20:00:00Z", **more})


def test_files_folders_and_patterns_each_file_once(tmp_path: Path) -> None:
    folder = tmp_path / "drills"
    folder.mkdir()
    for name in ("b.json", "a.json", "readme.txt"):
        (folder / name).write_text(record(name))
    (tmp_path / "own.json").write_text(record("own"))
    one = loaded(tmp_path, "drills: [own.json, drills/b.json, drills, 'drills/*.json']", "drill_max_age: 180")
    assert [each.drill.target for each in one.declared.drills] == ["own", "b.json", "a.json"]
    assert [each.file for each in one.declared.drills] == ["own.json", "drills/b.json", "drills/a.json"]
    assert one.declared.drill_max_age == 180
    assert [each.file for each in loaded(tmp_path, "drills: drills/a.json").declared.drills] == ["drills/a.json"]


def test_each_record_goes_to_the_cluster_that_it_names(tmp_path: Path) -> None:
    folder = tmp_path / "drills"
    folder.mkdir()
    (folder / "one.json").write_text(record("VCNODE1"))
    (folder / "other.json").write_text(record("N2", "OTHER"))
    text = HEAD + "    drills: drills\n  OTHER:\n    nodes: {N1: 192.0.2.21, N2: 192.0.2.22}\n    drills: [drills]\n"
    one, other = load_inventory(tmp_path / "vcaudit.yaml", text).clusters
    assert [each.drill.target for each in one.declared.drills] == ["VCNODE1"]
    assert [each.drill.target for each in other.declared.drills] == ["N2"]


def test_mistakes_in_records_are_told_with_their_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "one.json").write_text(record("VCNODE1", cluster="ELSEWHERE"))
    (tmp_path / "other.json").write_text("{}")
    with pytest.raises(DrillError) as caught:
        loaded(tmp_path, "drills: [one.json, other.json]")
    assert {problem.file for problem in caught.value.problems} == {"one.json", "other.json"}


@pytest.mark.parametrize("name", ["drills", "drills/*.json", "drills/2026-0[56]*.json"])
def test_a_folder_may_hold_none_yet(tmp_path: Path, name: str) -> None:
    (tmp_path / "drills").mkdir()
    assert loaded(tmp_path, f"drills: '{name}'").declared.drills == ()
