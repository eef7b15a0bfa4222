"""The whole way: a lab's nodes over WinRM, a simulated VirtualCenter over its API, the rules, the reports."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.vcenter import PASSWORD, READER, Identity, Simulated, simulated
from vcaudit.cli.app import run
from vcaudit.lab.harness import Lab
from vcaudit.lab.scenario import load
from vcaudit.results import AuditResults, Outcome
from vcaudit.snapshot.codec import decode

SCENARIO = "quorum-disk-2003"
F6 = ("VC-ACC-001", "VC-ACC-002", "VC-ACC-003", "VC-ACC-004")


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab(load(SCENARIO)) as running:
        yield running


@pytest.fixture(scope="module")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    return Identity(tmp_path_factory.mktemp("identity"))


@pytest.fixture
def here(lab: Lab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    for name, value in lab.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("VC_PASSWORD", PASSWORD)
    monkeypatch.delenv("VCAUDIT_INVENTORY")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def inventory(lab: Lab, virtualcenter: Mapping[str, Any], *, export: bool = False) -> None:
    """The lab's own, with VirtualCenter in it."""
    assert lab.inventory
    document = yaml.safe_load(lab.inventory.read_text(encoding="utf-8"))
    (cluster,) = document["clusters"].values()
    if not export:
        del cluster["permissions"]
    cluster["virtualcenter"] = {"address": "127.0.0.1", "credential": "vc", **virtualcenter}
    document["credentials"]["vc"] = {"user": READER, "password_env": "VC_PASSWORD"}
    Path("vcaudit.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")


def scanned(code: int) -> AuditResults:
    import msgspec

    assert run(["scan", "--format", "json:results.json"]) == code
    return msgspec.json.decode(Path("results.json").read_bytes(), type=AuditResults)


def outcomes(results: AuditResults) -> dict[str, set[Outcome]]:
    return {rule: {one.outcome for one in results.results if one.rule == rule} for rule in F6}


def trusted(one: Simulated) -> dict[str, Any]:
    return {"port": one.port, "ca": str(one.identity.pem)}


def test_role_holders_of_the_api_are_judged_as_those_of_the_export(lab: Lab, here: Path, identity: Identity) -> None:
    exported = load(SCENARIO).permissions
    assert exported
    assert lab.inventory
    Path("vcaudit.yaml").write_bytes(lab.inventory.read_bytes())
    before = scanned(0)
    with simulated(here, exported, identity=identity) as one:
        inventory(lab, trusted(one))
        results = scanned(0)
        assert one.spent()["sessions"] == 0
    judged = [(r.rule, r.subject, r.node, r.outcome) for r in results.results if r.rule in F6]
    assert sorted(map(str, judged)) == sorted(
        str((r.rule, r.subject, r.node, r.outcome)) for r in before.results if r.rule in F6
    )
    assert {"VC-ACC-002", "VC-ACC-003"} <= {rule for rule, *_ in judged}
    (line,) = [one for one in results.clusters[0].provenance.declared if one.startswith("role holders")]
    assert line.startswith(f"role holders: {len(exported)}, asked of VirtualCenter 127.0.0.1:")
    assert "as CORP\\vcreader, VMware vCenter Server 6.5.0" in line


def test_local_and_node_qualified_holders_fail_where_they_are_not_and_domain_ones_are_nobodys_matter(
    lab: Lab, here: Path, identity: Identity
) -> None:
    tied = {"principal": "VCNODE1\\backup", "is_group": False, "role": "Night", "entity": "DC0"}
    permissions = [
        {"principal": "Administrators", "is_group": True, "role": "Administrator", "entity": "Datacenters"},
        {"principal": "CORP\\VC Operators", "is_group": True, "role": "Night", "entity": "DC0"},
        {"principal": "only-here", "is_group": False, "role": "Read-only", "entity": "DC0/vm"},
        tied,
    ]
    with simulated(here, permissions, identity=identity) as one:
        inventory(lab, trusted(one))
        results = scanned(2)
    failed = {(r.rule, r.subject, r.node) for r in results.results if r.outcome is Outcome.FAIL}
    assert ("VC-ACC-001", "VCNODE1\\backup", "VCNODE2") in failed
    assert {("VC-ACC-002", "only-here", node) for node in ("VCNODE1", "VCNODE2")} <= failed
    assert not any("VC Operators" in subject for _, subject, _ in failed)
    assert {rule for rule, *_ in failed} <= set(F6)


def test_what_was_asked_and_not_had_is_unknown_never_not_asked(
    lab: Lab, here: Path, identity: Identity, capsys: pytest.CaptureFixture[str]
) -> None:
    with simulated(here, [], identity=identity) as one:
        inventory(lab, {"port": one.port, "fingerprint": "5c" * 32})
        results = scanned(3)
        assert one.spent()["calls"] == []
    assert list(outcomes(results).values()) == [{Outcome.UNKNOWN}] * len(F6)
    told = next(r for r in results.results if r.rule in F6)
    assert told.reason == "unreachable"
    assert told.detail
    assert "another certificate is shown than the inventory pins" in told.detail
    assert run(["collect", "-o", "snapshot.json"]) == 3
    assert "role holders: unreachable" in capsys.readouterr().err
    lines = [one for one in results.clusters[0].provenance.declared if one.startswith("role holders")]
    assert lines[0].startswith("role holders: could not be had (unreachable), asked of VirtualCenter 127.0.0.1:")


def test_weakened_security_and_sources_that_disagree_stand_in_the_reports(
    lab: Lab, here: Path, identity: Identity
) -> None:
    with simulated(here, (load(SCENARIO).permissions or [])[:1], identity=identity) as one:
        inventory(lab, {**trusted(one), "tls": {"minimum": "1.0", "security_level": 0}}, export=True)
        assert run(["scan", "--format", "html:r.html", "--format", "json:results.json"]) == 0
    for name in ("r.html", "results.json"):
        text = Path(name).read_text(encoding="utf-8")
        assert "TLS weakened by the inventory: version 1.0 is accepted" in text
        assert "to whom VirtualCenter grants nothing" in text
        assert PASSWORD not in text


def test_the_snapshot_keeps_where_they_came_from_and_no_password(lab: Lab, here: Path, identity: Identity) -> None:
    with simulated(here, load(SCENARIO).permissions or [], identity=identity) as one:
        inventory(lab, trusted(one))
        assert run(["collect", "-o", "snapshot.json"]) == 0
    written = Path("snapshot.json").read_bytes()
    origin = decode(written, "snapshot.json").permissions_origin
    assert origin
    assert (origin.source, origin.user, origin.requests) == ("virtualcenter", READER, 6)
    assert PASSWORD.encode() not in written
    assert run(["evaluate", "snapshot.json"]) == 0
