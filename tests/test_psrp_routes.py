"""The same nodes over the remote command shell, over PowerShell remoting and through a JEA endpoint: the same facts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from vcaudit import pipeline
from vcaudit.capture import Locations
from vcaudit.inventory.loader import load_inventory
from vcaudit.lab.faults import apply
from vcaudit.lab.harness import Lab
from vcaudit.lab.merge import merge
from vcaudit.lab.scenario import Scenario, load
from vcaudit.secrets import Credentials
from vcaudit.sections import requests
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.model import NodeSnapshot, Snapshot

WINRS: dict[str, Any] = {}
PSRP = {"protocol": "psrp"}
JEA = {"configuration_name": "Vcaudit"}
HTTPS, BASIC = {"scheme": "https"}, {"scheme": "https", "transport": "basic"}


def modern(scenario: Scenario) -> Scenario:
    """With a PowerShell that knows JEA."""
    return replace(scenario, nodes={name: merge(node, {"powershell": "5.1"}) for name, node in scenario.nodes.items()})


def with_winrm(scenario: Scenario, settings: dict[str, Any]) -> Scenario:
    return replace(scenario, inventory=merge(scenario.inventory, {"winrm": settings}))


def looked(scenario: Scenario, monkeypatch: pytest.MonkeyPatch, **options: Any) -> Snapshot:
    locations = Locations(**scenario.inventory.get("locations") or {})
    with Lab(scenario, password="s3cret", jea=[requests(locations)], **options) as lab:
        for name, value in lab.environment.items():
            monkeypatch.setenv(name, value)
        assert lab.inventory
        cluster = load_inventory(lab.inventory).clusters[0]
        found = pipeline.look(cluster, Credentials(), pipeline.Connections())
        assert [endpoint.open_shells for endpoint in lab.endpoints.values()] == [0] * len(lab.endpoints)
        assert not [crash for endpoint in lab.endpoints.values() for crash in endpoint.shells.crashes]
    return found


def facts(node: NodeSnapshot) -> dict[str, Any]:
    """All but what tells how they came, and the clock, which goes on between two looks."""
    built: dict[str, Any] = msgspec.to_builtins(node)
    assert built["host"].pop("clock")
    assert abs(built["host"].pop("clock_skew")) < 60
    del built["provenance"]
    return built


@pytest.mark.parametrize("name", ["quorum-disk-2008", "quorum-disk-2003", "german-2003"])
@pytest.mark.parametrize("settings", [PSRP, {**PSRP, **HTTPS}, {**PSRP, **BASIC}, JEA, {**JEA, **HTTPS}],
                         ids=["ntlm", "ntlm-https", "basic", "jea", "jea-https"])  # fmt: skip
def test_every_route_gives_the_same_facts(name: str, settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    scenario, _ = apply(modern(load(name)), "settings-differ")
    usual = looked(with_winrm(scenario, WINRS), monkeypatch)
    other = looked(with_winrm(scenario, settings), monkeypatch)
    assert [facts(node) for node in other.nodes] == [facts(node) for node in usual.nodes]
    ways = {node.provenance.route for node in other.nodes}
    assert all(way.startswith("psrp ") for way in ways)
    assert {("jea:Vcaudit" in way) for way in ways} == {"configuration_name" in settings}
    assert {node.provenance.script_sha256 for node in other.nodes} == {
        node.provenance.script_sha256 for node in usual.nodes
    }
    assert {node.provenance.requests for node in other.nodes} <= {5, 6, 7}


def test_powershell_2_is_asked_over_psrp_too(monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = load("quorum-disk-2003")
    usual, other = (looked(with_winrm(scenario, way), monkeypatch) for way in (WINRS, PSRP))
    assert [facts(node) for node in other.nodes] == [facts(node) for node in usual.nodes]


def test_a_node_without_the_endpoint_is_unknown_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    # PowerShell 2.0: there is no JEA.
    found = looked(with_winrm(load("quorum-disk-2003"), JEA), monkeypatch)
    for node in found.nodes:
        assert isinstance(node.host, Missing)
        assert node.host.reason == "bad_output"
        assert "there is no session configuration Vcaudit" in str(node.host.detail)


def test_an_endpoint_for_other_locations_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = with_winrm(modern(load("quorum-disk-2008")), JEA)
    with Lab(scenario, jea=[requests(Locations(ssl=r"E:\Other"))]) as lab:
        for name, value in lab.environment.items():
            monkeypatch.setenv(name, value)
        assert lab.inventory
        found = pipeline.look(load_inventory(lab.inventory).clusters[0], Credentials(), pipeline.Connections())
    for node in found.nodes:
        assert isinstance(node.host, Missing)
        assert node.host.reason == "refused"
        assert "vcaudit jea" in str(node.host.detail)


@pytest.mark.parametrize("fault", ["down", "wrong-password", "slow", "cut-output", "garbage-output"])
def test_a_fault_leaves_one_node_missing(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = with_winrm(load("quorum-disk-2003"), PSRP)
    scenario = replace(scenario, inventory=merge(scenario.inventory, {"timeout": 2}))
    _, second = scenario.nodes
    found = looked(scenario, monkeypatch, transport_faults={second: fault})
    assert [node.name for node in found.nodes if isinstance(node.host, Missing)] == [second]
