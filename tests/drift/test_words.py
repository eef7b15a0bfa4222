"""In the cluster's own terms: what is one thing is one line, and a group that moved is one line, too."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tests import inprocess
from tests.drift.sample import places, put, sample
from tests.evaluate.build import EVERY_NODE, change, healthy, registry_mode, separate_license_group
from vcaudit.drift.document import Drift, Line
from vcaudit.drift.report import Source, of_nodes, of_snapshots
from vcaudit.errors import UsageError
from vcaudit.lab.faults import apply
from vcaudit.lab.move import move
from vcaudit.lab.scenario import Scenario, load
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import Certificate, RegistryValue
from vcaudit.snapshot.model import Snapshot

N2 = "nodes.VCNODE2."
ROOT = f"{N2}registry.native.keys.@0.values"


def source(snapshot: Snapshot, name: str = "s.json") -> Source:
    return Source(snapshot, name, "00")


def compared(before: Snapshot, after: Snapshot) -> Drift:
    return of_snapshots(source(before, "before.json"), source(after, "after.json"))


def said(lines: tuple[Line, ...]) -> list[str]:
    """`VCNODE2 vpxd.cfg: …`; a line of the cluster without a node."""
    return [f"{','.join(line.nodes)} {line.subject}: {line.text}".strip() for line in lines]


def told(path: str, value: Any, *, before: Snapshot | None = None) -> list[str]:
    """Changes that one change of a fact makes."""
    start = before or healthy()
    return said(compared(start, change(start, path, value)).changes)


@pytest.mark.parametrize(("path", "value", "expected"), [
    (f"{EVERY_NODE}resources.VC Server.possible_owners", ("VCNODE1",), "VC Server: possible owners lost VCNODE2"),
    (f"{EVERY_NODE}resources.VC Server.depends_on", ("VC IP",), "VC Server: dependencies lost VC Name, gained VC IP"),
    (f"{EVERY_NODE}resources.VC Server.checkpoints", ("SOFTWARE\\X",),
     "VC Server: registry checkpoints gained SOFTWARE\\X"),
    (f"{EVERY_NODE}resources.VC IP.properties.Address.value", "192.0.2.51",
     "VC IP: property Address 192.0.2.50 → 192.0.2.51"),
    (f"{EVERY_NODE}resources.VC Server.separate_monitor", False, "VC Server: separate Resource Monitor yes → no"),
    (f"{EVERY_NODE}resources", lambda resources: resources[:-1], "resource VC License Server: gone"),
    (f"{EVERY_NODE}groups.VC Group.preferred_owners", ("VCNODE2", "VCNODE1"),
     "group VC Group: preferred owners none → VCNODE2, VCNODE1"),
    (f"{EVERY_NODE}nodes.VCNODE2.state", "down", "member VCNODE2: state up → down"),
    ("nodes.VCNODE2.cluster.groups.VC Group.state", "failed", "VCNODE2 group VC Group: state online → failed"),
    (f"{N2}files.vpxd_cfg.settings.config/vpxd/managedip.value", "192.0.2.51",
     "VCNODE2 vpxd.cfg: config/vpxd/managedip 192.0.2.50 → 192.0.2.51"),
    (f"{N2}files.vpxd_cfg.settings", lambda settings: settings[:1], "VCNODE2 vpxd.cfg: lost config/log/level (info)"),
    (f"{N2}files.vpxd_cfg", None, "VCNODE2 vpxd.cfg: gone"),
    (f"{N2}files.vpxd_cfg.settings.config/log/level.value", "***",
     "VCNODE2 vpxd.cfg: config/log/level (not withheld) → (withheld)"),
    (f"{N2}files.ssl.files.rui.key.sha256", "0" * 64, "VCNODE2 SSL rui.key: other content"),
    (f"{N2}files.ssl.files", lambda files: files[:2], "VCNODE2 SSL rui.pfx: gone"),
    (f"{N2}files.ssl.certificate.subject", "CN=other", "VCNODE2 SSL rui.crt: other certificate "
     "(subject CN=vc.corp.example → CN=other)"),
    (f"{N2}files.ssl.certificate", None, "VCNODE2 SSL rui.crt: certificate gone"),
    (f"{N2}files.licenses.parsed.vc.lic.licenses", (), ""),
    (f"{N2}services.vpxd.start_mode", "Auto", "VCNODE2 service vpxd: start mode Manual → Auto"),
    (f"{N2}services", lambda services: services[1:], "VCNODE2 service vpxd: gone"),
    (f"{N2}registry.native.keys.@1.values.1.data", "Other", "VCNODE2 registry: DB\\1 VirtualCenter → Other"),
    (ROOT, (), "VCNODE2 registry: lost InstalledVersion (2.0.1)"),
    (f"{N2}registry.native.keys", lambda keys: keys[:1], "VCNODE2 registry: lost DB\\"),
    (f"{N2}registry.native.keys.@1.values.1.redacted", True, "VCNODE2 registry: DB\\1 shown → withheld"),
    (f"{N2}registry.native.keys.@1.values.1.type", "REG_EXPAND_SZ",
     "VCNODE2 registry: DB\\1 type REG_SZ → REG_EXPAND_SZ"),
    (f"{N2}database.server", "SQL2", "VCNODE2 database: server SQL1\\VC,1444 → SQL2"),
    (f"{N2}accounts.groups.Administrators.members", lambda members: members[:1],
     "VCNODE2 local group Administrators: members lost CORP\\Domain Admins"),
    (f"{N2}accounts.users.vcadmin.disabled", True, "VCNODE2 local user vcadmin: disabled no → yes"),
    (f"{N2}software.vpxd.build", 43000, "VCNODE2 vpxd.exe: build 42000 → 43000"),
    (f"{N2}host.service_pack", 1, "VCNODE2 machine: service pack 2 → 1"),
    (f"{N2}names.VCVIRTUAL.addresses", (), "VCNODE2 name VCVIRTUAL: addresses lost 192.0.2.50"),
    ("permissions", lambda found: found[1:], "role holders: lost Administrators as Administrator on Datacenters"),
    ("declared.netmask", None, "inventory: netmask 255.255.255.0 → none"),
])  # fmt: skip
def test_a_change_in_the_clusters_own_terms(path: str, value: Any, expected: str) -> None:
    if "parsed" in path:
        snapshot = healthy()
        licence = snapshot.nodes[1].files.licenses.parsed[0].licenses  # type: ignore[union-attr]
        parsed = snapshot.nodes[1].files.licenses.parsed  # type: ignore[union-attr]
        less = msgspec.structs.replace(parsed[0], licenses=())  # type: ignore[index,misc]
        after = change(snapshot, f"{N2}files.licenses.parsed", (less,))
        (line,) = said(compared(snapshot, after).changes)
        assert line.startswith(f"VCNODE2 licences: lost {licence[0].feature} {licence[0].version}")
        assert line.endswith("(1, permanent)")
        return
    # names of SSL files hold a dot, which a path of `change` cannot
    if "rui." in path:
        name = "rui.key"
        files = lambda all_: tuple(  # noqa: E731
            msgspec.structs.replace(one, sha256=value) if one.name == name else one for one in all_
        )
        assert told(f"{N2}files.ssl.files", files) == [expected]
        return
    assert told(path, value) == [expected]


def test_a_change_on_every_node_is_one_line() -> None:
    found = told("nodes.*.services.vpxd.start_mode", "Auto")
    assert found == ["VCNODE1,VCNODE2 service vpxd: start mode Manual → Auto"]


def test_the_bytes_of_a_file_whose_settings_changed_are_no_news_of_their_own() -> None:
    after = change(healthy(), f"{N2}files.vpxd_cfg.settings.config/log/level.value", "trivia")
    after = change(after, f"{N2}files.vpxd_cfg.sha256", "0" * 64)
    (line,) = compared(healthy(), after).changes
    assert line.text == "config/log/level info → trivia"
    assert len(line.facts) == 2
    bytes_only = change(change(healthy(), f"{N2}files.vpxd_cfg.sha256", "0" * 64), f"{N2}files.vpxd_cfg.size", 7)
    assert said(compared(healthy(), bytes_only).changes) == ["VCNODE2 vpxd.cfg: other content (300 → 7 bytes)"]


def test_a_certificate_and_its_file_are_one_line() -> None:
    other = Certificate(subject="CN=x,OU=a", issuer="CN=x", serial="2", not_before="a", not_after="b", sha256="c")
    after = change(healthy(), f"{N2}files.ssl.certificate", other)
    after = change(after, f"{N2}files.ssl.files.@0.sha256", "0" * 64)
    (line,) = compared(healthy(), after).changes
    assert line.text.startswith("other certificate (subject CN=vc.corp.example → CN=x, valid from ")
    assert len(line.facts) == 7


MOVABLE = ["quorum-disk-2003", "quorum-disk-2003-registry", "license-group-2008", "registry-2008", "three-nodes-2008",
           "german-2003", "registry-standby-never"]  # fmt: skip


def seen(scenario: Scenario) -> Snapshot:
    return inprocess.snapshot(scenario)


@pytest.mark.parametrize("name", MOVABLE)
def test_a_group_that_moved_is_one_line(name: str) -> None:
    scenario = load(name)
    found = compared(seen(scenario), seen(move(scenario, list(scenario.nodes)[1])))
    assert (said(found.changes), found.cannot_tell, found.same) == ([], (), False)
    assert len(found.moves) >= 1
    for each in found.moves:
        texts = [line.text for line in each.lines]
        assert f"owner {each.source} → {each.target}" in texts
        assert any(text.startswith("addresses gained") for text in texts)
        assert "state Stopped → Running" in texts


@pytest.mark.parametrize(("fault", "rest"), [
    ("vpxd-automatic", "VCNODE2 service vpxd: start mode Manual → Auto"),
    ("vpxd-depends-on-nothing", "VC Server: dependencies lost VC Network Name"),
])  # fmt: skip
def test_what_does_not_follow_from_a_move_is_told_beside_it(fault: str, rest: str) -> None:
    scenario = load("quorum-disk-2003")
    broken, _ = apply(scenario, fault, "VCNODE2" if "automatic" in fault else None)
    found = compared(seen(scenario), seen(move(broken, "VCNODE2")))
    assert said(found.changes) == [rest]
    assert [each.target for each in found.moves] == ["VCNODE2"]


def moved(snapshot: Snapshot) -> Snapshot:
    """The VC Group on the other node, as far as the cluster tells it."""
    return change(snapshot, EVERY_NODE + "groups.VC Group.owner", "VCNODE2")


def test_what_a_checkpoint_brings_follows_from_the_move() -> None:
    before = registry_mode()
    held = before.nodes[0].registry.native.keys[0].values  # type: ignore[union-attr]
    after = change(moved(before), ROOT, held)
    found = compared(before, after)
    assert found.changes == ()
    assert "VCNODE2 registry: gained managedip (192.0.2.50)" in said(found.moves[0].lines)


@pytest.mark.parametrize("values", [
    (RegistryValue(name="InstalledVersion", type="REG_SZ", data="9"),),
    (RegistryValue(name="InstalledVersion", type="REG_SZ", data="2.0.1"),
     RegistryValue(name="managedip", type="REG_SZ", data="192.0.2.99")),
])  # fmt: skip
def test_what_the_old_owner_did_not_have_does_not(values: tuple[RegistryValue, ...]) -> None:
    before = registry_mode()
    assert len(compared(before, change(moved(before), ROOT, values)).changes) == 1


def test_without_a_checkpoint_or_a_move_the_registry_is_the_nodes_own() -> None:
    before = registry_mode()
    held = before.nodes[0].registry.native.keys[0].values  # type: ignore[union-attr]
    assert len(compared(before, change(before, ROOT, held)).changes) == 1
    bare = change(before, EVERY_NODE + "resources.VC Server.checkpoints", ())
    assert len(compared(bare, change(moved(bare), ROOT, held)).changes) == 1


def test_a_service_that_did_not_start_after_the_move_is_a_change() -> None:
    after = change(moved(healthy()), "nodes.VCNODE1.services.vpxd.state", "Stopped")
    after = change(after, "nodes.VCNODE2.services.vpxd.state", "Start Pending")
    assert said(compared(healthy(), after).changes) == ["VCNODE2 service vpxd: state Stopped → Start Pending"]


def test_two_groups_that_moved_are_two_lines() -> None:
    before = separate_license_group()
    after = change(moved(before), EVERY_NODE + "groups.LS Group.owner", "VCNODE1")
    found = compared(before, after)
    assert [(each.group, each.source, each.target) for each in found.moves] == [
        ("VC Group", "VCNODE1", "VCNODE2"), ("LS Group", "VCNODE2", "VCNODE1"),
    ]  # fmt: skip
    assert found.changes == ()


def test_an_owner_that_the_nodes_tell_differently_is_no_move() -> None:
    after = change(healthy(), "nodes.VCNODE2.cluster.groups.VC Group.owner", "VCNODE2")
    found = compared(healthy(), after)
    assert found.moves == ()
    assert said(found.changes) == ["VCNODE2 group VC Group: owner VCNODE1 → VCNODE2"]


def test_what_cannot_be_told_is_neither_same_nor_different() -> None:
    gap = Missing(reason="timeout", detail="no answer", where="VCNODE2 registry vc")
    less = change(healthy(), f"{N2}registry", gap)
    for before, after, side in ((healthy(), less, "after"), (less, healthy(), "before"), (less, less, "both")):
        found = compared(before, after)
        assert found.same is None
        (one,) = found.cannot_tell
        assert (one.node, one.side, one.what, one.reason) == ("VCNODE2", side, ("registry",), "timeout")
    differs = compared(healthy(), change(less, f"{N2}services.vpxd.start_mode", "Auto"))
    assert differs.same is False
    assert len(differs.cannot_tell) == 1


def test_a_node_that_did_not_answer_is_one_line() -> None:
    gap = Missing(reason="unreachable", detail="no route", where="VCNODE2")
    after = healthy()
    for section in (
        "host", "software", "services", "files", "registry", "database", "accounts", "names", "cluster",
        "synchronization",
    ):  # fmt: skip
        after = change(after, N2 + section, gap)
    found = compared(healthy(), after)
    assert len(found.cannot_tell) == 1
    assert len(found.cannot_tell[0].what) == 10
    assert found.changes == ()


def test_what_nobody_asked_for_is_listed_and_is_no_gap() -> None:
    bare = change(healthy(), "permissions", Missing(reason="not_asked", detail="give an export"))
    found = compared(bare, healthy())
    assert found.same is True
    assert "role holders" in {what for one in found.not_asked for what in one.what}


def test_what_is_installed_on_neither_side_is_no_gap() -> None:
    none = change(healthy(), f"{N2}synchronization", Missing(reason="not_installed"))
    assert compared(none, none).same is True
    assert compared(none, change(healthy(), f"{N2}synchronization", Missing(reason="timeout"))).same is None


def test_snapshots_of_two_clusters_are_refused() -> None:
    other = change(healthy(), EVERY_NODE + "identity", "another")
    with pytest.raises(UsageError, match="two clusters: identity"):
        compared(healthy(), other)
    nameless = change(change(healthy(), EVERY_NODE + "identity", None), EVERY_NODE + "name", "OTHER")
    with pytest.raises(UsageError, match="two clusters: name"):
        compared(healthy(), nameless)


def test_a_renamed_cluster_is_still_the_same() -> None:
    renamed = change(change(healthy(), EVERY_NODE + "name", "NEW"), "cluster", "NEW")
    found = compared(healthy(), renamed)
    assert said(found.changes) == ["cluster: name CLU → NEW", "inventory: name of the cluster CORP-VC → NEW"]
    assert found.warnings


def test_the_wrong_order_is_said() -> None:
    later = change(healthy(), "taken_at", "2027-01-01T00:00:00Z")
    assert "after the second" in compared(later, healthy()).warnings[0]


def test_two_nodes_in_their_own_terms() -> None:
    snapshot = change(healthy(), f"{N2}services.vpxd.start_mode", "Auto")
    snapshot = change(snapshot, f"{N2}files.ssl.files", lambda files: files[:2])
    snapshot = change(snapshot, "nodes.*.accounts.users", lambda users: users[:2])
    found = of_nodes(source(snapshot), ("vcnode1", "VCNODE2"))
    assert said(found.changes) == ["SSL rui.pfx: only on VCNODE1", "service vpxd: start mode Manual → Auto"]
    assert ("VC Group", "VCNODE1") in [(each.group, each.source) for each in found.moves]
    assert found.same is False


@pytest.mark.parametrize("names", [("VCNODE1", "VCNODE2"), ("VCNODE2", "VCNODE1")])
def test_owner_and_standby_of_a_healthy_cluster_are_the_same(names: tuple[str, str]) -> None:
    snapshot = seen(load("quorum-disk-2003-registry"))
    found = of_nodes(source(snapshot), names)
    assert (said(found.changes), found.same) == ([], True)
    assert sum(len(each.lines) for each in found.moves) == 3


def test_nodes_that_are_not_there() -> None:
    with pytest.raises(UsageError, match="has no node VCNODE3"):
        of_nodes(source(healthy()), ("VCNODE1", "VCNODE3"))
    with pytest.raises(UsageError, match="same node"):
        of_nodes(source(healthy()), ("VCNODE1", "vcnode1"))


def test_every_change_of_one_fact_has_words() -> None:
    """No line is empty, and none shows how the snapshot is built."""
    start = sample()
    for place in places(start):
        for other in place.others():
            found = compared(start, put(start, place.path, other))
            every = [*found.changes, *found.volatile, *(line for each in found.moves for line in each.lines)]
            assert every, place.path
            for line in every:
                assert line.subject, place.path
                assert line.text, place.path
                assert "Missing(" not in line.text + line.subject, place.path
                assert "fact=" not in line.text, place.path
