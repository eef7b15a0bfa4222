"""What is copied, from where to where, and when it is not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.inprocess import both, judged, of_outcome
from vcaudit.lab.faults import apply
from vcaudit.lab.merge import merge
from vcaudit.lab.scenario import Scenario, load
from vcaudit.results import Action, Copy, Outcome


def copies(scenario: Scenario) -> list[Copy]:
    failed = of_outcome(judged(scenario), Outcome.FAIL)
    actions = [action for result in failed if result.remediation for action in result.remediation.actions]
    return list(dict.fromkeys(action.copies for action in actions if action.copies))


def changed(scenario: Scenario, who: str, patch: Callable[[dict[str, str]], dict[str, Any]]) -> Scenario:
    node = scenario.words[who]
    return replace(scenario, nodes={**scenario.nodes, node: merge(scenario.nodes[node], patch(dict(scenario.words)))})


def test_paths_are_those_of_each_node() -> None:
    """A folder may lie elsewhere on the other node."""
    scenario = load("quorum-disk-2003")

    def moved(words: dict[str, str]) -> dict[str, Any]:
        files = scenario.nodes[words["standby"]]["files"]
        licenses = {path: None for path in files if path.endswith(".lic")}
        there = {"D:\\Lic\\" + path.rpartition("\\")[2]: files[path] + "#\n" for path in licenses}
        place = {"SOFTWARE\\FLEXlm License Manager\\VMware License Server": {"License": "D:\\Lic"}}
        return {"files": {**licenses, **there}, "registry": place}

    (copy,) = [copy for copy in copies(changed(scenario, "standby", moved)) if copy.what == "licenses"]
    assert copy.source_path == scenario.words["license_folder"]
    assert copy.target_path == "D:\\Lic"


def test_the_whole_license_folder_is_copied_but_for_logs() -> None:
    scenario = apply(load("quorum-disk-2003"), "license-file-renamed")[0]
    folder = scenario.words["license_folder"]
    more = {"files": {f"{folder}\\readme.txt": "x", f"{folder}\\lmgrd.log": "x"}}
    (copy,) = copies(changed(scenario, "standby", lambda words: more))
    assert (copy.new, copy.extra) == (("vmotion.lic",), ("readme.txt", "vc-vmotion.lic"))
    assert {*copy.files} == {"vmotion.lic", "vmware.lic"}
    assert not copy.absent


def test_a_folder_without_licences_is_no_source() -> None:
    scenario = load("quorum-disk-2003")
    folder = scenario.words["license_folder"]
    licenses = [path for path in scenario.nodes[scenario.words["owner"]]["files"] if path.startswith(folder)]
    gone = {"files": {**dict.fromkeys(licenses), f"{folder}\\readme.txt": "x"}}
    assert [copy for copy in copies(changed(scenario, "owner", lambda words: gone)) if copy.what == "licenses"] == []


@pytest.mark.parametrize("what", ["ssl", "licenses", "vpxd.cfg"])
def test_that_the_target_has_nothing_to_put_back_is_said(what: str) -> None:
    scenario = load("quorum-disk-2003")
    below = {"ssl": "\\SSL\\", "licenses": "\\Licenses\\", "vpxd.cfg": "\\vpxd.cfg"}[what]
    files = [path for path in scenario.nodes[scenario.words["standby"]]["files"] if below in path]
    found = copies(changed(scenario, "standby", lambda words: {"files": dict.fromkeys(files)}))
    assert {copy.absent for copy in found if copy.what == what} == {True}


def test_registry_values_come_with_their_type_and_without_what_tells_what_is_installed() -> None:
    scenario = load("quorum-disk-2003")
    key = scenario.words["key"]

    def other(words: dict[str, str]) -> dict[str, Any]:
        mine = {"HttpPort": 8080, "InstallPath": "D:\\VC\\", "Extra": "x", "GroupType": None}
        return {"registry": {key: mine, f"{key}\\Tomcat": {"JvmOptions": ["-Xmx1g"]}}}

    (copy,) = [copy for copy in copies(changed(scenario, "standby", other)) if copy.what == "registry"]
    found = {(entry.key, entry.name.casefold()): (entry.type, entry.data, entry.new) for entry in copy.entries}
    assert found == {
        (key, "httpport"): ("REG_DWORD", ("80",), False),
        (key, "extra"): (None, (), False),
        (key, "grouptype"): ("REG_SZ", ("Single",), True),
        (f"{key}\\Tomcat", "jvmoptions"): ("REG_MULTI_SZ", ("-Xmx512m", "-Xms128m"), False),
    }
    assert copy.left == ("installpath",)


@pytest.mark.parametrize("fault", ["settings-differ", "upgrade-differs", "registry-differs"])
def test_what_belongs_to_the_software_is_copied_between_equal_versions_only(fault: str) -> None:
    scenario = apply(load("quorum-disk-2003"), fault)[0]
    assert copies(scenario)
    assert copies(apply(scenario, "version-differs")[0]) == []


def test_certificates_and_licences_are_copied_whatever_the_version() -> None:
    scenario = apply(apply(load("quorum-disk-2003"), "ssl-differs")[0], "license-file-differs")[0]
    assert {copy.what for copy in copies(apply(scenario, "version-differs")[0])} == {"ssl", "licenses"}


def test_an_owner_without_all_three_ssl_files_gives_none_away() -> None:
    assert copies(apply(load("quorum-disk-2003"), "ssl-file-missing")[0]) == []


def test_with_three_nodes_each_that_deviates_gets_its_own() -> None:
    scenario = load("three-nodes-2008")
    owner = scenario.words["owner"]
    for node in set(scenario.nodes) - {owner}:
        scenario = apply(scenario, "ssl-differs", node)[0]
    assert {(copy.source, copy.target) for copy in copies(scenario)} == {
        (owner, node) for node in scenario.nodes if node != owner
    }


@pytest.mark.parametrize(("who", "deviates"), [("owner", "VCNODE1"), ("standby", "VCNODE1")])
@pytest.mark.parametrize("fault", ["license-file-differs", "license-file-renamed"])
def test_licences_are_those_of_the_node_that_holds_the_license_group(fault: str, who: str, deviates: str) -> None:
    """In design G another node than VirtualCenter's: finding, advice, readiness and copy name the same one."""
    scenario = apply(load("license-group-2003"), fault, who)[0]
    found = judged(scenario)
    (result,) = of_outcome(found, Outcome.FAIL)
    assert (result.node, result.expected) == (deviates, "the same as on VCNODE2")
    assert result.remediation is not None
    assert f"of VCNODE2 to {deviates}" in result.remediation.text
    loses = (fault, who) == ("license-file-differs", "standby") or fault == "license-file-renamed"
    assert ("VCNODE1 then loses" in result.remediation.text) == loses
    lost = [copy.lost for copy in copies(scenario)]
    assert bool(lost[0]) == ((fault, who) == ("license-file-differs", "standby"))
    assert [(copy.source, copy.target, copy.group) for copy in copies(scenario)] == [
        ("VCNODE2", deviates, scenario.words["license_group"])
    ]


def actions(scenario: Scenario, rule: str) -> list[tuple[Action, ...]]:
    failed = of_outcome(judged(scenario, rules=both()), Outcome.FAIL)
    return [result.remediation.actions for result in failed if result.rule == rule and result.remediation]


@pytest.mark.parametrize(
    ("fault", "rule", "other"),
    [
        ("ssl-differs", "VC-SYN-001", "VC-DATA-003"),
        ("ssl-differs", "REC-CRT-003", "VC-DATA-003"),
        ("settings-differ", "VC-SYN-001", "VC-DATA-004"),
        ("license-without-server", "VC-LIC-006", "VC-DATA-001"),
    ],
)
def test_what_the_same_copy_mends_says_the_same_copy(fault: str, rule: str, other: str) -> None:
    scenario = apply(load("quorum-disk-2003-registry"), fault, "VCNODE2" if "license" in fault else None)[0]
    (first,) = actions(scenario, rule)
    assert len(first) == 1
    assert actions(scenario, other) == [first]


def test_on_the_owner_there_is_nothing_to_copy_from() -> None:
    scenario = apply(load("quorum-disk-2003"), "license-without-server", "VCNODE1")[0]
    assert actions(scenario, "VC-LIC-006") == [()]
    assert actions(apply(load("quorum-disk-2003"), "certificate-default")[0], "REC-CRT-003") == [(), ()]


def test_what_is_no_licence_is_not_lost() -> None:
    scenario = apply(load("license-group-2003"), "license-without-server", "VCNODE2")[0]
    found = copies(scenario)
    assert found
    assert [copy.lost for copy in found if copy.lost] == []


def test_a_certificate_for_a_name_in_another_domain_is_not_what_a_copy_mends() -> None:
    assert actions(apply(load("quorum-disk-2003"), "other-domain")[0], "REC-CRT-003") == [()]
