"""From captures to a snapshot: healthy nodes hold every fact; what was not answered is Missing, no more, no less."""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vcaudit import sections
from vcaudit.capture import Limits, Locations
from vcaudit.collect.script import build
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.model import NodeSnapshot

from . import nodes

EVERYTHING = sorted(request.id for request in nodes.REQUESTS if request.kind != "deny")
NODE_FIELDS = (
    "host", "software", "services", "files", "registry", "database", "accounts", "names", "cluster", "synchronization",
)  # fmt: skip

DATABASE = {"database.dsn", "database.server", "database.database", "database.driver"}
# Requests and the facts that they feed on a 32-bit node of 2003; those that feed none there found nothing or were not
# needed (a second place for the same file).
FEEDS = {
    "os": {"host.os_name", "host.os_version", "host.service_pack"},
    # a 32-bit shell that does not know whether Windows is of 64 bits cannot know which keys it was shown
    "computer": {"host.domain", "host.maker", "host.model", "host.architecture", "host.restarts"},
    "disks": {"host.disks"},
    "system_drive": {"host.system_drive"},
    **{probe: {"host.restarts"} for probe in ("servicing", "windows_update", "update_exe", "session_manager")},
    "adapters": {"host.addresses", "host.mac_addresses"},
    "hotfixes": {"host.hotfixes"},
    **{f"variable_{number}": {"synchronization.variables"} for number in range(1, 5)},
    "time_zone": {"synchronization.tasks.last_run"},
    "shares": {"synchronization.shares"},
    "jobs": {"synchronization.tasks"},
    "tasks": {"synchronization.tasks", "synchronization.scripts"},
    **{f"script_{of}": {"synchronization.scripts"} for of in ("jobs", "tasks", "tasks_beside")},
    "dfsr_folders": {"synchronization.folders"},
    "dfsr_connections": {"synchronization.connections"},
    "services": {"services", "software.web", "software.license"},
    "vc": {"registry.native", *DATABASE, "software.license_sources"},
    "vpxd_exe.1": {"software.vpxd.build"},
    "licenses.1": {"files.licenses"},
    "upgrade.1": {"files.upgrade"},
    "environment": {"software.license_sources"},
    "flex": {"software.license_sources"},
    "flex32": {"software.license_sources"},
    "dsn": DATABASE - {"database.dsn"},
    "accounts": {"accounts.users", "accounts.groups"},
    "cluster": {"cluster.name", "cluster.quorum_type"},
    "nodes": {"cluster.nodes"},
    # the hive tells the rest of groups and resources, and which resource is in which group
    "groups": {
        "cluster.groups.state", "cluster.groups.anti_affinity", "cluster.groups.failback",
        "cluster.groups.failover_threshold", "cluster.groups.failover_period",
    },
    "resources": {
        "cluster.resources.state", "cluster.resources.monitor_process", "cluster.resources.restart",
        "cluster.resources.restart_threshold", "cluster.resources.restart_period", "cluster.conflicts",
    },
    "networks": {"cluster.networks"},
    "interfaces": {"cluster.interfaces"},
    "possible_owners": {"cluster.resources.possible_owners"},
    "dependencies": {"cluster.resources.depends_on"},
    "active_groups": {"cluster.groups.owner"},
    "preferred_owners": {"cluster.groups.preferred_owners"},
    "quorum": {"cluster.quorum_resource"},
    "hive": {"cluster.identity", "cluster.conflicts"},
    "network_names": {"names"},
    "names": {"names"},
}


ORIGIN = re.compile(r"_from$|^cluster\.sources\b")
"""Which of several sources a fact was had from: another one may tell it when the first does not."""


def read(xml: str) -> NodeSnapshot:
    return nodes.snapshot((nodes.capture(nodes.packed(xml)),)).nodes[0]


@pytest.fixture(scope="module")
def xml() -> str:
    return nodes.unpacked(nodes.captures("quorum-disk-2003")[0])


@pytest.mark.parametrize("name", ["quorum-disk-2003", "german-2003", "registry-2008", "license-group-2008"])
def test_a_healthy_node_lacks_nothing(name: str) -> None:
    for node in nodes.snapshot(nodes.captures(name)).nodes:
        assert [path for path, value in nodes.flat(node).items() if nodes.is_missing(value)] == []


def test_no_secret_of_the_node_is_in_the_answer_or_the_snapshot() -> None:
    for one in nodes.captures("quorum-disk-2003"):
        assert "CANARY" not in nodes.unpacked(one)
        assert "CANARY" not in repr(nodes.snapshot((one,)))


def test_the_request_list_is_one_that_the_collector_takes() -> None:
    assert len(build(nodes.REQUESTS, Limits()).text) < 110_000  # one Send of WinRM 2.0
    kinds = [request.kind for request in nodes.REQUESTS]
    assert kinds[: kinds.count("deny")] == ["deny"] * kinds.count("deny")


def test_the_owners_places_are_the_only_ones_tried() -> None:
    owner = Locations(licenses="D:\\flex\\", vpxd_cfg="D:\\vc\\vpxd.cfg", ssl="D:\\vc\\SSL", upgrade="D:\\up")
    asked = {request.id: request.args[0] for request in sections.requests(owner)}
    assert asked["licenses.1"] == "D:\\flex"
    assert asked["vpxd_cfg.1"] == "D:\\vc\\vpxd.cfg"
    assert not {"licenses.2", "vpxd_cfg.2", "ssl.2", "upgrade.2"} & set(asked)


def changed(before: NodeSnapshot, after: NodeSnapshot) -> set[str]:
    """Facts that are Missing now, without positions in lists; anything else that differs is an error."""
    old, new = (
        {path: value for path, value in nodes.flat(node).items() if not ORIGIN.search(path)} for node in (before, after)
    )
    gone = {path for path, value in new.items() if nodes.is_missing(value) and old.get(path) != value}
    for path, value in old.items():
        covered = any(path == one or path.startswith((f"{one}.", f"{one}[")) for one in gone)
        assert covered or new.get(path) == value, path
    for path in new:
        assert path in old or path in gone, path
    return {re.sub(r"\[\d+\]", "", path) for path in gone}


@pytest.mark.parametrize("probe", EVERYTHING)
@pytest.mark.parametrize("how", [nodes.without, nodes.failed])
def test_a_request_without_an_answer_leaves_missing_what_it_feeds_and_nothing_else(xml: str, probe: str, how) -> None:
    found = changed(read(xml), read(how(xml, probe)))
    assert found == FEEDS.get(probe, set())


def test_the_reason_is_the_nodes_own(xml: str) -> None:
    denied = read(nodes.failed(xml, "accounts", "UnauthorizedAccessException 80070005: x")).accounts.users
    lost = read(nodes.without(xml, "accounts")).accounts.users
    assert (denied.reason, lost.reason) == ("access_denied", "bad_output")
    assert denied.where == "VCNODE1 accounts accounts"


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(probes=st.sets(st.sampled_from(EVERYTHING), min_size=1, max_size=len(EVERYTHING)), lose=st.booleans())
def test_any_set_of_requests_lost_changes_facts_to_missing_only(xml: str, probes: set[str], lose: bool) -> None:
    less = xml
    for probe in sorted(probes):
        less = nodes.without(less, probe) if lose else nodes.failed(less, probe)
    found = changed(read(xml), read(less))
    for fed in set().union(*(FEEDS.get(probe, set()) for probe in probes)):
        assert any(fed == path or fed.startswith(f"{path}.") for path in found), fed


def test_all_places_of_a_file_lost_is_not_absence(xml: str) -> None:
    less = xml
    for number in (1, 2, 3):
        less = nodes.failed(less, f"vpxd_cfg.{number}", "UnauthorizedAccessException 80070005: denied")
    found = read(less)
    assert found.files.vpxd_cfg.reason == "access_denied"
    assert found.software.license_sources.reason == "access_denied"


def test_a_node_without_answer_lacks_everything_for_one_reason() -> None:
    failure = Missing(reason="timeout", detail="deadline", where="VCNODE2")
    node = nodes.snapshot((nodes.capture(b"", "VCNODE2", failure=failure),)).nodes[0]
    assert all(getattr(node, field) == failure for field in NODE_FIELDS)
    assert node.provenance.collector_milliseconds is None


@pytest.mark.parametrize("stdout", [b"", b"noise", b"<<<VCA1 AAAA", b"<<<VCA1 AAAA VCA1>>>", b"\xff" * 100])
def test_an_answer_that_is_none_is_bad_output(stdout: bytes) -> None:
    node = nodes.snapshot((nodes.capture(stdout),)).nodes[0]
    assert {getattr(node, field).reason for field in NODE_FIELDS} == {"bad_output"}


def test_the_auditor_is_told_every_virtual_name_that_any_node_knows(xml: str) -> None:
    less = nodes.failed(xml, "network_names")
    by_hive, dumb = (nodes.capture(nodes.packed(one), "VCNODE2") for one in (less, nodes.failed(less, "hive")))
    dead = nodes.capture(b"", "VCNODE3", failure=Missing(reason="unreachable"))
    good = nodes.capture(nodes.packed(xml))
    assert sections.network_names((dumb, dead, good, good)) == ("VCCLUSTER", "VCVIRTUAL")
    assert sections.network_names((by_hive,)) == ("VCCLUSTER", "VCVIRTUAL")
    assert sections.network_names((dumb, dead)) == ()


def test_provenance_tells_what_was_spent(xml: str) -> None:
    capture = nodes.capture(nodes.packed(xml), warnings=("restarted once",), requests_sha256="5e")
    spent = nodes.snapshot((capture,)).nodes[0].provenance
    assert (spent.requests, spent.seconds, spent.warnings) == (8, 2.0, ("restarted once",))
    assert spent.requests_sha256 == "5e", "of what travelled, not of what was read"
