"""What answers at the virtual servers of a lab: where the address is up and the service runs, and over real sockets."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterable
from pathlib import Path

import pytest

from vcaudit.collect.probe import probe
from vcaudit.errors import ScenarioError
from vcaudit.inventory.drillfile import load_drills
from vcaudit.inventory.loader import load_inventory
from vcaudit.lab.faults import apply
from vcaudit.lab.harness import Lab
from vcaudit.lab.listening import Listener, clients_try, listening
from vcaudit.lab.move import move
from vcaudit.lab.scenario import Scenario, load, shipped
from vcaudit.lab.server.front import Front
from vcaudit.lab.server.tls import identity_for
from vcaudit.snapshot.facts import Door

VIRTUAL, LICENSE = "192.0.2.50", "192.0.2.60"
PLAIN = Listener("answers", False)


def at(scenario: Scenario, address: str) -> set[int]:
    return {port for where, port in listening(scenario) if where == address}


def can_connect(way: str) -> bool:
    host, _, port = way.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=2).close()
    except ConnectionRefusedError:
        return False
    return True


@pytest.mark.parametrize("name", shipped())
def test_everything_answers_at_the_virtual_address_of_a_healthy_cluster(name: str) -> None:
    scenario = load(name)
    license_at = LICENSE if name.startswith("license-group") else VIRTUAL
    assert {443, 902, 80} <= at(scenario, VIRTUAL)
    assert 27000 in at(scenario, license_at)
    assert {(VIRTUAL, 443), (license_at, 27000)} <= set(clients_try(scenario))


def test_a_service_of_another_node_does_not_answer_here() -> None:
    scenario = load("license-group-2003")
    assert 27000 not in at(scenario, VIRTUAL)
    assert at(scenario, LICENSE) == {27000}


def test_a_service_that_does_not_run_does_not_listen() -> None:
    assert at(apply(load("quorum-disk-2003"), "vpxd-failed")[0], VIRTUAL) == {27000}, "and Web access depends on it"


def test_what_is_said_of_a_port() -> None:
    broken = apply(apply(load("quorum-disk-2003"), "vpxd-hangs")[0], "web-behind-firewall")[0]
    found = listening(broken)
    assert found[VIRTUAL, 443][:2] == ("hung", True)
    assert found[VIRTUAL, 80] == Listener("dropped", False)


def test_ports_move_with_their_group() -> None:
    scenario = load("quorum-disk-2003")
    moved = move(scenario, scenario.words["standby"])
    assert at(moved, VIRTUAL) == at(scenario, VIRTUAL)
    assert 443 in at(moved, scenario.words["node2_address"])
    assert 443 not in at(moved, scenario.words["node1_address"])


def test_a_port_keeps_its_number_open_or_closed() -> None:
    door = (VIRTUAL, 443)
    with Front([door]) as front:
        way = front.through[f"{VIRTUAL}:443"]
        seen = []
        for wanted in (None, PLAIN, None, PLAIN, Listener("hung", False), PLAIN, Listener("dropped", False), PLAIN):
            front.show({door: wanted} if wanted else {})
            assert front.through[f"{VIRTUAL}:443"] == way
            if wanted is None or wanted.how != "dropped":
                seen.append(can_connect(way))
        assert seen == [False, True, False, True, True, True, True]
    assert not can_connect(way)


def test_tls_shows_the_nodes_own_certificate_where_it_has_a_pair() -> None:
    door = (VIRTUAL, 443)
    shown = {}
    for name, pem in (("own", listening(load("quorum-disk-2003"))[door].pem), ("none", ""), ("no pair", "nonsense")):
        with Front([door]) as front:
            front.show({door: Listener("answers", True, pem)})
            way = front.through[f"{VIRTUAL}:443"]
            knock = Door(role="vpxd", address=VIRTUAL, port=443, told_by="default", expected=True, tls=True)
            shown[name] = probe([knock], {"443": way})[0].certificate
    assert shown["none"] == shown["no pair"] == identity_for(frozenset()).der_sha256.hex()
    assert shown["own"] not in (None, shown["none"])


def ways(lab: Lab) -> dict[str, str]:
    assert lab.inventory
    return dict(load_inventory(lab.inventory).clusters[0].probe.through)


def open_at(lab: Lab, address: str, ports: Iterable[int]) -> list[bool]:
    return [can_connect(ways(lab)[f"{address}:{port}"]) for port in ports]


def test_a_running_lab_opens_and_closes_what_its_inventory_leads_to() -> None:
    with Lab(load("license-group-2003")) as lab:
        assert open_at(lab, VIRTUAL, (443, 902, 80, 27000)) == [True, True, True, False]
        assert open_at(lab, LICENSE, (27000, 443)) == [True, False]
        lab.move("VCNODE1", "LS Group")
        # Both groups are on one node now, and a service listens at every address of its node.
        assert open_at(lab, VIRTUAL, (443, 27000)) == [True, True]
        assert open_at(lab, LICENSE, (27000,)) == [True]


def test_drills_are_written_for_the_inventory() -> None:
    with Lab(load("three-nodes-2008")) as lab:
        assert lab.inventory
        [cluster] = load_inventory(lab.inventory).clusters
    assert {each.drill.target for each in cluster.declared.drills} == {"VCN-A", "VCN-B", "VCN-C"}
    assert {each.file for each in cluster.declared.drills} == {f"drill-{n}.json" for n in ("there", "onward", "back")}


@pytest.mark.parametrize("name", shipped())
def test_the_shipped_records_are_right_and_of_this_cluster(name: str, tmp_path: Path) -> None:
    scenario = load(name)
    for file, record in scenario.drill_records.items():
        (tmp_path / f"{file}.json").write_text(json.dumps(record), encoding="utf-8")
    found = load_drills([(path, name) for path in sorted(tmp_path.glob("*.json"))], [name])
    assert (found == ()) == (name == "minimal-2003")
    assert {each.drill.source for each in found} | {each.drill.target for each in found} <= set(scenario.nodes)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("nodes: {A: {listens: {https: vpxd}}}", "a port is a number"),
        ("nodes: {A: {listens: {'443': {service: vpxd, how: slowly}}}}", "how is answers, hung or dropped"),
        ("nodes: {A: {listens: {'443': {servce: vpxd}}}}", "did you mean service"),
        ("nodes: {A: {listens: {'443': [vpxd]}}}", "a port is a mapping"),
        ("nodes: {A: {}}\ndrills: [x]", "records by name is a mapping"),
        ("nodes: {A: {}}\ndrills: {there: x}", "there is a mapping"),
    ],
)
def test_mistakes_in_a_scenario(text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError, match=words):
        load(str(path))
