"""Scenarios: extending, patching, words, and printing one whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from vcaudit.errors import ScenarioError, UsageError
from vcaudit.lab.merge import escaped
from vcaudit.lab.scenario import Scenario, load, shipped
from vcaudit.yamlfile import dump

BASE = r"""
title: a cluster
vars: {node1: A1, node2: A2, address: 192.0.2.1, key: 'SOFTWARE\X'}
every_node:
  registry: {"${key}": {Address: "${address}", Node: "${node}", Gone: 1}}
  dns: {vc: ["${address}"]}
nodes:
  ${node1}: {registry: {"${key}": {gone: null}}}
  ${node2}: {dns: {other: [192.0.2.2]}}
permissions: [{principal: "${node1}\\bob", is_group: false, role: r, entity: e}]
inventory: {virtual_address: "${address}"}
"""


def write(folder: Path, name: str, text: str) -> str:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.fixture
def base(tmp_path: Path) -> str:
    return write(tmp_path, "base.yaml", BASE)


def registry(scenario: Scenario, node: str) -> dict[str, object]:
    return dict(scenario.nodes[node]["registry"]["SOFTWARE\\X"])


def test_every_node_is_merged_under_each_node_with_its_words_filled_in(base: str) -> None:
    scenario = load(base)
    assert list(scenario.nodes) == ["A1", "A2"]
    assert registry(scenario, "A1") == {"Address": "192.0.2.1", "Node": "A1"}
    assert registry(scenario, "A2") == {"Address": "192.0.2.1", "Node": "A2", "Gone": 1}
    assert scenario.permissions == [{"principal": "A1\\bob", "is_group": False, "role": "r", "entity": "e"}]
    assert scenario.inventory == {"virtual_address": "192.0.2.1"}
    assert scenario.name == "base"


def test_what_extends_says_other_words_for_everything_below_it(tmp_path: Path, base: str) -> None:
    path = write(tmp_path, "own.yaml", "extends: base.yaml\nvars: {node1: B1, address: 192.0.2.9}\npermissions: null\n")
    scenario = load(path)
    assert list(scenario.nodes) == ["B1", "A2"]
    assert registry(scenario, "B1") == {"Address": "192.0.2.9", "Node": "B1"}
    assert scenario.permissions is None
    assert scenario.name == "own"


def test_a_file_beside_hides_no_shipped_scenario_of_another_name(tmp_path: Path) -> None:
    path = write(tmp_path, "own.yaml", "extends: quorum-disk-2003\ntitle: mine\n")
    assert load(path).nodes == load("quorum-disk-2003").nodes
    assert load(path).title == "mine"


@pytest.mark.parametrize(
    ("files", "line", "message"),
    [
        ({"own.yaml": "title: x\nextends: own.yaml\n"}, 2, "a scenario cannot extend itself"),
        ({"own.yaml": "extends: b.yaml\n", "b.yaml": "\nextends: own.yaml\n"}, 2, "a scenario cannot extend itself"),
        ({"own.yaml": "extends: nowhere\n"}, 1, "no scenario `nowhere`, neither as a file beside this one nor among"),
        ({"own.yaml": "title: x\n"}, 0, "has no nodes"),
        ({"own.yaml": "vars: {node1: A1}\nnodes:\n  A1:\n    dns: {'${node2}': [x]}\n"}, 4, "`${node2}` stands for"),
        ({"own.yaml": "nodes:\n  A1: {user: '${nod}'}\n"}, 2, "`${nod}` stands for nothing (did you mean node?)"),
        ({"own.yaml": "nodes: {A1: {bits: 8}}\n"}, 1, "32 or 64"),
        ({"own.yaml": "nodes: {A1: {}\n"}, 2, "is not YAML"),
        ({}, 0, "cannot be read"),
    ],
)
def test_what_cannot_be_is_said_with_its_line(
    tmp_path: Path, files: dict[str, str], line: int, message: str
) -> None:
    for name, text in files.items():
        write(tmp_path, name, text)
    with pytest.raises(ScenarioError) as caught:
        load(str(tmp_path / "own.yaml"))
    [problem] = caught.value.problems
    assert message in problem.message
    assert problem.line == line


def test_all_unknown_words_are_named_at_once(tmp_path: Path) -> None:
    path = write(tmp_path, "own.yaml", "nodes:\n  A1:\n    user: ${one}\n    powershell: ${two}\n")
    with pytest.raises(ScenarioError) as caught:
        load(path)
    assert [problem.line for problem in caught.value.problems] == [3, 4]


def test_a_name_that_is_no_scenario_is_met_with_a_guess() -> None:
    with pytest.raises(UsageError) as caught:
        load("quorum-disc-2003")
    assert caught.value.what == "no scenario `quorum-disc-2003` (did you mean quorum-disk-2003?)"
    assert "majority-2008" in caught.value.hint


def test_a_patch_reaches_one_node_every_node_and_takes_words(tmp_path: Path, base: str) -> None:
    patch = write(
        tmp_path,
        "patch.yaml",
        "vars: {extra: more}\n"
        "every_node: {registry: {'${key}': {Each: '${node} ${extra}'}}}\n"
        "nodes: {'${node2}': {registry: {software\\x: {ADDRESS: null}}}, A1: {dns: null}}\n"
        "inventory: {netmask: 255.0.0.0}\n",
    )
    scenario = load(base, [patch])
    assert registry(scenario, "A1") == {"Address": "192.0.2.1", "Node": "A1", "Each": "A1 more"}
    assert registry(scenario, "A2") == {"Node": "A2", "Gone": 1, "Each": "A2 more"}
    assert "dns" not in scenario.nodes["A1"]
    assert scenario.inventory == {"virtual_address": "192.0.2.1", "netmask": "255.0.0.0"}


def test_patches_are_merged_in_the_order_given(tmp_path: Path, base: str) -> None:
    one = write(tmp_path, "one.yaml", "vars: {word: one}\ninventory: {netmask: 255.0.0.0}\n")
    two = write(tmp_path, "two.yaml", "inventory: {netmask: '${word}'}\n")
    assert load(base, [one, two]).inventory["netmask"] == "one"


def test_a_patch_can_take_a_node_away_and_bring_one(tmp_path: Path, base: str) -> None:
    patch = write(tmp_path, "patch.yaml", "nodes: {A2: null, A3: {user: x}}\n")
    assert list(load(base, [patch]).nodes) == ["A1", "A3"]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("inventory: {a: '${nope}'}\n", 1, "`${nope}` stands for nothing"),
        ("\nnode: {}\n", 2, "`node` is not known here (did you mean nodes?)"),
        ("\n\nevery_node: {registry: {'${keys}': {}}}\n", 3, "`${keys}` stands for nothing (did you mean key?)"),
    ],
)
def test_a_mistake_of_a_patch_has_its_line(tmp_path: Path, base: str, text: str, line: int, message: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        load(base, [write(tmp_path, "patch.yaml", text)])
    assert {problem.line for problem in caught.value.problems} == {line}
    assert message in str(caught.value)


@pytest.mark.parametrize("name", shipped())
def test_a_scenario_printed_whole_is_the_same_cluster(tmp_path: Path, name: str) -> None:
    scenario = load(name)
    again = load(write(tmp_path, "shown.yaml", dump(escaped(scenario.document()))))
    assert again == scenario


def test_a_scenario_with_dollars_in_its_data_is_printed_whole_too(tmp_path: Path) -> None:
    text = "nodes: {A1: {registry: {'SOFTWARE\\X': {a: '$${owner}', '$${b}': '$$ 5'}}}}\n"
    scenario = load(write(tmp_path, "own.yaml", text))
    assert registry(scenario, "A1") == {"a": "${owner}", "${b}": "$$ 5"}
    assert load(write(tmp_path, "shown.yaml", dump(escaped(scenario.document())))).nodes == scenario.nodes


@pytest.mark.parametrize("name", shipped())
def test_shipped_scenarios_have_what_the_faults_lean_on(name: str) -> None:
    scenario = load(name)
    assert scenario.title
    assert len(scenario.nodes) >= 2
    assert {scenario.words["owner"], scenario.words["standby"]} <= set(scenario.nodes)
    assert "${" not in dump(scenario.document())


def test_each_shipped_scenario_is_a_cluster_of_its_own() -> None:
    found = [{str(node["registry"]["Cluster"]["ClusterInstanceID"]) for node in load(name).nodes.values()}
             for name in shipped()]  # fmt: skip
    assert {len(ids) for ids in found} == {1}
    assert len(set().union(*found)) == len(shipped())


def test_bases_are_not_listed() -> None:
    assert "base" not in shipped()
    assert {"quorum-disk-2003", "license-group-2008", "registry-standby-never", "german-2003"} <= set(shipped())


def test_the_auditor_resolves_what_any_node_knows_unless_told_otherwise(tmp_path: Path, base: str) -> None:
    assert load(base).auditor_names == {"vc": ["192.0.2.1"], "other": ["192.0.2.2"]}
    patch = write(tmp_path, "patch.yaml", "auditor: {dns: {only: [192.0.2.7]}}\n")
    assert load(base, [patch]).auditor_names == {"only": ["192.0.2.7"]}
