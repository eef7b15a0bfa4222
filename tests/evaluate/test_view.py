"""The view as a whole: soundness (a gap in the facts never becomes a value), names of nodes, the nodes themselves."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from tests.evaluate.build import (
    EVERY_NODE,
    GONE,
    change,
    cluster_view,
    healthy,
    paths,
    registry_mode,
    separate_license_group,
    service,
)
from vcaudit.evaluate.schema import RuleView
from vcaudit.evaluate.view import build_view
from vcaudit.snapshot.base import Fact, Missing
from vcaudit.snapshot.facts import ClusterNode
from vcaudit.snapshot.model import NodeSnapshot, Snapshot


def strengthened(before: object, after: object, path: str = "") -> str | None:
    """Where a view that should only have lost facts says something else; None where it does not."""
    if isinstance(after, Missing):
        return None
    if isinstance(before, Fact) and type(before) is type(after):
        found = (strengthened(getattr(before, n), getattr(after, n), f"{path}.{n}") for n in before.__struct_fields__)
        return next((where for where in found if where), None)
    if path == ".vc.required" and isinstance(before, tuple) and isinstance(after, tuple):
        # Whether the license group has rows of its own is not known when the roles are not.
        before = tuple(row for row in before if row.role in [kept.role for kept in after])
    if path == ".vc.sync_ways" and isinstance(before, tuple) and isinstance(after, tuple):
        # Where nobody could look for ways stands one that is unknown; the others are what they were.
        after = tuple(way for way in after if not isinstance(way.covers, Missing))
        before = tuple(way for way in before if way.what in [kept.what for kept in after])
    if path == ".upkeep.clocks" and isinstance(before, tuple) and isinstance(after, tuple):
        # Where nobody knows whose clock the others are held against, each stands there unknown.
        after = tuple(clock for clock in after if not isinstance(clock.apart, Missing))
        before = tuple(clock for clock in before if clock.node in [kept.node for kept in after])
    if isinstance(before, tuple) and isinstance(after, tuple) and len(before) == len(after):
        found = (strengthened(b, a, f"{path}[{i}]") for i, (b, a) in enumerate(zip(before, after, strict=True)))
        return next((where for where in found if where), None)
    return None if before == after else f"{path}: {before!r} became {after!r}"


def misspelt_service() -> Snapshot:
    return change(healthy(), EVERY_NODE + "resources.VC Server.properties.ServiceName.value", "vpxd2")


def second_vpxd() -> Snapshot:
    return change(healthy(), EVERY_NODE + "resources", lambda found: (*found, service("A spare", "vpxd")))


def mixed_trouble() -> Snapshot:
    """Differences, a local member, an account that is on one node only, a database on a node."""
    snapshot = change(registry_mode(), "nodes.VCNODE2.files.vpxd_cfg.settings.config/log/level.value", "trivia")
    snapshot = change(snapshot, "nodes.VCNODE2.accounts.users", lambda users: users[:1])
    snapshot = change(snapshot, "nodes.VCNODE1.database.server", "192.0.2.12")
    snapshot = change(snapshot, EVERY_NODE + "resources.VC Web Access.monitor_process", 7)
    return change(snapshot, EVERY_NODE + "resources.VC Name.monitor_process", 7)


SNAPSHOTS: dict[str, Callable[[], Snapshot]] = {
    f.__name__: f
    for f in (healthy, separate_license_group, registry_mode, misspelt_service, second_vpxd, mixed_trouble)
}


@pytest.mark.parametrize("name", SNAPSHOTS)
def test_a_fact_taken_away_never_becomes_another_value(name: str) -> None:
    snapshot = SNAPSHOTS[name]()
    before = build_view(snapshot)
    for path in paths(snapshot):
        together = path.replace("nodes.@0.cluster", "nodes.*.cluster").replace("nodes.@1.cluster", "nodes.*.cluster")
        for place in {path, together}:
            after = build_view(change(snapshot, place, GONE))
            assert strengthened(before, after) is None, f"without {place}"


@pytest.mark.parametrize("seed", range(12))
def test_many_facts_taken_away_never_become_another_value(seed: int) -> None:
    dice = random.Random(seed)
    for name in SNAPSHOTS:
        before = snapshot = SNAPSHOTS[name]()
        taken = dice.sample(list(paths(snapshot)), dice.randint(2, 12))
        # Inner facts first: what lies in a fact that is gone cannot be taken any more.
        for path in sorted(taken, key=len, reverse=True):
            snapshot = change(snapshot, path, GONE)
        assert strengthened(build_view(before), build_view(snapshot)) is None, f"{name} without {taken}"


@pytest.mark.parametrize("snapshot", [healthy, separate_license_group, registry_mode])
def test_a_healthy_cluster_is_known_whole(snapshot: Callable[[], Snapshot]) -> None:
    def gaps(value: object, path: str) -> list[str]:
        if isinstance(value, Missing):
            return [path]
        if isinstance(value, tuple):
            return [g for i, item in enumerate(value) for g in gaps(item, f"{path}[{i}]")]
        if isinstance(value, Fact):
            return [g for n in value.__struct_fields__ for g in gaps(getattr(value, n), f"{path}.{n}")]
        return []

    assert gaps(build_view(snapshot()), "view") == []


def test_an_unreachable_node_is_still_there() -> None:
    view = build_view(down("VCNODE2", healthy()))
    node = view.nodes[1]
    assert (node.name, node.declared, node.state) == ("VCNODE2", True, "up")
    assert isinstance(node.domain, Missing)
    assert isinstance(view.cluster.disagreements, Missing)
    assert view.cluster.owner == "VCNODE1"
    assert isinstance(view.vc.managedip.place, Missing)
    assert isinstance(view.vc.resources, tuple)


def down(name: str, snapshot: Snapshot) -> Snapshot:
    def silence(node: NodeSnapshot) -> NodeSnapshot:
        sections = ("host", "software", "services", "files", "registry", "database", "accounts", "names", "cluster",
                    "synchronization")  # fmt: skip
        for section in sections:
            node = change(node, section, GONE)
        return node

    return change(snapshot, f"nodes.{name}", silence)


@pytest.mark.parametrize(
    ("inventory", "computer", "spelled"),
    [
        ("node-a", "vcnode2", "VCNODE2"),
        ("vcnode2.corp.example", GONE, "VCNODE2"),
        ("vcnode2", GONE, "VCNODE2"),
        ("spare", "NEWNODE", "NEWNODE"),
    ],
)
def test_names_are_the_clusters(inventory: str, computer: str | Missing, spelled: str) -> None:
    snapshot = change(healthy(), "nodes.VCNODE2.host.computer_name", computer)
    view = build_view(change(snapshot, "nodes.VCNODE2.name", inventory))
    assert view.nodes[1].name == spelled


def test_a_silent_node_with_a_made_up_name_is_the_member_left_over() -> None:
    view = build_view(change(down("VCNODE2", healthy()), "nodes.VCNODE2.name", "the other one"))
    assert [(n.name, n.declared) for n in view.nodes] == [("VCNODE1", True), ("VCNODE2", True)]


def test_a_member_nobody_declared_and_a_node_that_is_no_member() -> None:
    three = (*cluster_view().nodes, ClusterNode(name="VCNODE3", state="up"))  # type: ignore[misc]
    snapshot = change(healthy(), EVERY_NODE + "nodes", three)
    snapshot = change(snapshot, "nodes.VCNODE2.host.computer_name", "SPARE")
    view = build_view(snapshot)
    assert [(n.name, n.declared, n.state) for n in view.nodes] == [
        ("VCNODE1", True, "up"), ("SPARE", True, "not a member"), ("VCNODE2", False, "up"), ("VCNODE3", False, "up"),
    ]  # fmt: skip
    stranger = view.nodes[2]
    assert isinstance(stranger.domain, Missing)
    assert "not in the inventory" in stranger.domain.detail


@pytest.mark.parametrize(
    ("version", "release"), [("2.0.1", 2000001), ("2.5", 2005000), ("4.1.12", 4001012), ("unheard of", None)]
)
def test_versions_become_numbers(version: str, release: int | None) -> None:
    vpxd = build_view(change(healthy(), "nodes.VCNODE1.software.vpxd.version", version)).nodes[0].vpxd
    assert vpxd is not None
    assert not isinstance(vpxd, Missing)
    assert vpxd.release == release if release else isinstance(vpxd.release, Missing)


@pytest.mark.parametrize(
    ("path", "value", "missing"),
    [
        ("files.ssl", None, ("rui.crt", "rui.key", "rui.pfx")),
        ("files.ssl.files", lambda files: files[:2], ("rui.pfx",)),
        ("files.ssl.files.rui.key.name", "RUI.KEY", ()),
        ("files.ssl.certificate", None, ("rui.crt (it holds no certificate)",)),
        ("files.ssl.certificate", GONE, GONE),
    ],
)
def test_ssl_files_are_counted(path: str, value: Any, missing: Any) -> None:
    path = path.replace("files.rui.key", "files.@1")
    view: RuleView = build_view(change(healthy(), f"nodes.VCNODE2.{path}", value))
    assert view.nodes[1].ssl_missing == missing


@pytest.mark.parametrize(
    ("certificate", "missing"), [(None, ("rui.crt (it holds no certificate)", "rui.pfx")), (GONE, ("rui.pfx",))]
)
def test_a_certificate_that_is_none_hides_no_file_that_is_missing(certificate: Any, missing: tuple[str, ...]) -> None:
    snapshot = change(healthy(), "nodes.VCNODE2.files.ssl.files", lambda files: files[:2])
    view: RuleView = build_view(change(snapshot, "nodes.VCNODE2.files.ssl.certificate", certificate))
    assert view.nodes[1].ssl_missing == missing


@pytest.mark.parametrize(
    ("path", "value", "settings", "licenses"),
    [
        ("files.vpxd_cfg.sha256", "0" * 64, True, True),
        ("files.vpxd_cfg.settings.config/log/level.value", "trivia", False, True),
        ("files.vpxd_cfg.settings", None, False, True),
        ("files.licenses.files.@0.name", "other.lic", True, True),
        ("files.licenses.parsed.@0.licenses.@0.identity", "another", True, False),
        ("files.licenses", GONE, True, "missing"),
    ],
)
def test_alike_is_by_meaning(path: str, value: Any, settings: bool, licenses: bool | str) -> None:
    vc = build_view(change(healthy(), f"nodes.VCNODE2.{path}", value)).vc
    assert vc.settings_alike is settings
    assert vc.licenses_alike is licenses or (licenses == "missing" and isinstance(vc.licenses_alike, Missing))
