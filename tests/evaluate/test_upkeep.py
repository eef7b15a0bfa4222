"""What keeps a cluster ready beyond the note: certificates, licences, machines, networks and policies, joined."""

from __future__ import annotations

from typing import Any

import pytest

from tests.evaluate.build import EVERY_NODE, GONE, change, healthy, registry_mode
from vcaudit.evaluate.schema_upkeep import CertificateView, DiskView, LicenseSetView, UpkeepVar
from vcaudit.evaluate.view import build_view
from vcaudit.snapshot.base import NOT_ASKED_THEN, Missing
from vcaudit.snapshot.facts import Disk, Interface, License, LineProblem, Network, Property, Restart
from vcaudit.snapshot.model import Snapshot

CERTIFICATE = "nodes.VCNODE2.files.ssl.certificate"
GIGABYTE = 1 << 30
NETWORKS = (Network(name="Public", role="both", state="up"), Network(name="Private", role="internal", state="up"))


def ready() -> Snapshot:
    """The healthy snapshot weeks before its certificate expires; the address says on which network it is."""
    snapshot = change(healthy(), "taken_at", "2016-11-22T09:14:07Z")
    snapshot = change(snapshot, "nodes.*.files.ssl.certificate.not_after", "2017-01-01T00:00:00Z")
    snapshot = change(snapshot, "nodes.*.files.ssl.certificate.names", ("vcvirtual.corp.example",))
    public = Property(name="Network", value="Public")
    return change(snapshot, EVERY_NODE + "resources.VC IP.properties", lambda known: (*known, public))


def seen(path: str = "", value: Any = None, snapshot: Snapshot | None = None) -> UpkeepVar:
    base = snapshot or ready()
    return build_view(change(base, path, value) if path else base).upkeep


def certificate(path: str = "", value: Any = None) -> CertificateView:
    return next(one for one in seen(path, value).certificates if one.node == "VCNODE2")


def gap(value: object) -> bool:
    return isinstance(value, Missing)


# Certificates


def test_a_certificate_is_counted_down_by_the_snapshots_own_clock() -> None:
    found = certificate()
    assert (found.exists, found.begun, found.days_left) == (True, True, 39)
    assert certificate("taken_at", "2016-12-31T23:59:59Z").days_left == 0
    assert certificate("taken_at", "2017-01-01T00:00:00Z").days_left == 0
    assert certificate("taken_at", "2017-01-01T00:00:01Z").days_left == -1
    assert certificate("taken_at", "2006-12-31T00:00:00Z").begun is False


@pytest.mark.parametrize(
    ("names", "covered"),
    [
        (("VCVIRTUAL",), True),
        (("VCVirtual.Corp.Example",), True),
        (("*.corp.example",), True),
        (("192.0.2.50",), True),
        (("other", "vcvirtual.corp.example"), True),
        (("vcvirtual.other.example",), False),
        (("*.example",), False),
        (("*.vcvirtual.corp.example",), False),
        (("*",), False),
        (("vcnode1.corp.example",), False),
        (("VMware default certificate",), False),
        ((), False),
    ],
)
def test_whom_a_certificate_is_for(names: tuple[str, ...], covered: bool) -> None:
    found = certificate(f"{CERTIFICATE}.names", names)
    assert (found.names, found.covers) == (names, covered)


def test_what_the_owner_calls_it_counts_as_well() -> None:
    declared = change(ready(), "declared.network_name", "vc.other.example")
    found = seen(f"{CERTIFICATE}.names", ("vc.other.example",), declared).certificates[1]
    assert found.covers is True
    assert found.wanted == ("vc.other.example", "192.0.2.50", "VCVIRTUAL", "VCVIRTUAL.corp.example")


def test_an_unknown_name_of_the_virtual_server_decides_nothing() -> None:
    name = EVERY_NODE + "resources.VC Name.properties.Name.value"
    assert gap(seen(name, GONE, change(ready(), f"{CERTIFICATE}.names", ("else",))).certificates[1].covers)
    assert seen(name, GONE, change(ready(), f"{CERTIFICATE}.names", ("192.0.2.50",))).certificates[1].covers is True
    assert gap(seen("nodes.VCNODE2.host.domain", GONE).certificates[1].covers)


@pytest.mark.parametrize(
    ("key", "modulus", "has", "fits"),
    [
        ("a" * 64, "a" * 64, True, True),
        ("b" * 64, "a" * 64, True, False),
        (None, "a" * 64, False, False),
        ("a" * 64, None, False, False),
        (GONE, "a" * 64, GONE, GONE),
        ("a" * 64, GONE, GONE, GONE),
        (GONE, None, False, False),
        (None, GONE, False, False),
    ],
)
def test_certificate_and_key(key: Any, modulus: Any, has: Any, fits: Any) -> None:
    snapshot = change(ready(), "nodes.VCNODE2.files.ssl.key_modulus", key)
    found = seen(f"{CERTIFICATE}.modulus", modulus, snapshot).certificates[1]
    assert (found.has_key, found.key_fits) == (has, fits)


def test_no_certificate_is_not_an_unknown_one() -> None:
    absent, unknown = certificate(CERTIFICATE, None), certificate(CERTIFICATE, GONE)
    assert (absent.exists, absent.covers, absent.has_key, absent.names) == (False, False, False, ())
    assert all(gap(getattr(unknown, name)) for name in ("exists", "names", "covers", "days_left", "key_fits"))
    assert certificate("nodes.VCNODE2.files.ssl", None).exists is False


def test_a_date_that_is_none_is_a_gap() -> None:
    found = certificate(f"{CERTIFICATE}.not_after", "soon")
    assert gap(found.days_left)
    assert found.begun is True


# Licences


def licence(feature: str, expires: str | None = None, kind: str = "Server", sign: str = "x") -> License:
    return License(
        feature=feature, version="2005.05", vendor="VMWARELM", expires=expires, count=1, host_id=None,
        identity=f"INCREMENT {feature} {expires or 'permanent'} 1 SIGN={sign} VENDOR_STRING=licenseType={kind};a",
    )  # fmt: skip


def licensed(*licences: License, problems: tuple[LineProblem, ...] = ()) -> LicenseSetView:
    base = "nodes.VCNODE2.files.licenses.parsed.@0."
    snapshot = change(change(ready(), base + "licenses", licences), base + "problems", problems)
    return next(one for one in seen(snapshot=snapshot).licenses if one.node == "VCNODE2")


def test_a_licence_is_good_on_its_last_day() -> None:
    found = licensed(licence("A", "2016-11-21"), licence("B", "2016-11-22"), licence("C", "2016-12-22"), licence("D"))
    assert found.expired == ("A",)
    assert isinstance(found.ending, tuple)
    assert [(one.feature, one.days_left) for one in found.ending] == [("B", 0), ("C", 30)]


def test_a_feature_with_one_valid_licence_has_not_expired() -> None:
    assert licensed(licence("A", "2016-01-01"), licence("a", "2017-01-01")).expired == ()


def test_the_licence_of_virtualcenter_is_counted_once_however_often_it_is_copied() -> None:
    assert licensed().virtualcenter == 0
    assert licensed(licence("PROD_VC"), licence("PROD_VC")).virtualcenter == 1
    assert licensed(licence("PROD_VC"), licence("prod_vc", sign="y")).virtualcenter == 2


def test_a_line_that_is_not_understood_may_be_a_licence() -> None:
    broken = (LineProblem(line=3, text="no license line"),)
    assert gap(licensed(problems=broken).virtualcenter)
    assert gap(licensed(licence("PROD_VC"), problems=broken).virtualcenter)
    assert licensed(licence("PROD_VC"), licence("PROD_VC", sign="y"), problems=broken).virtualcenter == 2
    assert gap(licensed(licence("A", "2016-01-01"), problems=broken).expired)
    assert licensed(licence("A"), problems=broken).expired == ()
    undated = licensed(licence("PROD_VC", "soon"))
    assert gap(undated.virtualcenter)
    assert (undated.expired, undated.ending) == ((), ())


def test_kinds_of_licences() -> None:
    found = licensed(licence("PROD_VC"), licence("PROD_ESX_FULL", kind="Host"), licence("X", kind="Other"))
    assert (found.server_based, found.host_based) == (("PROD_VC",), ("PROD_ESX_FULL",))


def test_no_license_files_are_no_licences() -> None:
    found = seen("nodes.VCNODE2.files.licenses", None).licenses[1]
    assert (found.installed, found.virtualcenter, found.expired) == (True, 0, ())


# Machines


def disk(path: str, value: Any, name: str = "C:") -> DiskView:
    return next(one for one in listed(seen(path, value)) if one.name == name)


def listed(view: UpkeepVar) -> tuple[DiskView, ...]:
    found = next(one.disks for one in view.disks if one.node == "VCNODE2")
    assert not isinstance(found, Missing)
    return found


def test_a_disk_in_use() -> None:
    found = disk("", None)
    assert (found.used, found.free_mb, found.size_mb, found.free_percent) == (True, 40960, 81920, 50)
    # the paths of the small snapshot: C:\\VC, C:\\VMware, C:\\Licenses
    assert found.holds == (
        "Windows", "VirtualCenter Server", "vpxd.cfg", "SSL files", "license files", "upgrade files"
    )  # fmt: skip


def test_a_disk_that_holds_nothing_of_it_is_not_used() -> None:
    both = (Disk(name="C:", size=1, free=1), Disk(name="Q:", size=GIGABYTE, free=0))
    other = disk("nodes.VCNODE2.host.disks", both, "Q:")
    assert (other.used, other.holds, other.free_percent) == (False, (), 0)


def test_what_was_not_looked_at_may_lie_on_the_other_disk() -> None:
    both = (Disk(name="C:", size=1, free=1), Disk(name="D:", size=1, free=1))
    snapshot = change(ready(), "nodes.VCNODE2.host.disks", both)
    found = {one.name: one for one in listed(seen("nodes.VCNODE2.files.vpxd_cfg", GONE, snapshot))}
    assert found["C:"].used is True
    assert gap(found["D:"].used)


def test_disks_that_were_not_listed_are_a_gap() -> None:
    assert gap(seen("nodes.VCNODE2.host.disks", GONE).disks[1].disks)
    nothing = disk("nodes.VCNODE2.host.disks", (Disk(name="C:", size=0, free=0),))
    assert nothing.free_percent == 0


def test_clocks_against_that_of_the_owner() -> None:
    late = seen("nodes.VCNODE2.host.clock_skew", -90.04).clocks
    assert [(one.node, one.apart) for one in late] == [("VCNODE2", 90.0)]
    assert gap(seen("nodes.VCNODE1.host.clock_skew", GONE).clocks[0].apart)
    nobody = seen(EVERY_NODE + "groups.VC Group.owner", None).clocks
    assert [(one.node, gap(one.apart)) for one in nobody] == [("VCNODE1", True), ("VCNODE2", True)]


def test_restarts_by_what_waits() -> None:
    waiting = (Restart(kind="update", place="A"), Restart(kind="files", place="B", files=2),
               Restart(kind="files", place="C", files=1))  # fmt: skip
    found = seen("nodes.VCNODE2.host.restarts", waiting).restarts[1]
    assert (found.updates, found.files) == (("A",), 3)
    assert gap(seen("nodes.VCNODE2.host.restarts", GONE).restarts[1].updates)


# The cluster


def test_networks_and_who_is_not_on_them() -> None:
    found = seen().networks
    assert isinstance(found, tuple)
    assert [(n.name, n.heartbeat, n.clients, n.lacking) for n in found] == [
        ("Public", True, True, ()), ("Private", True, False, ("VCNODE1", "VCNODE2")),
    ]  # fmt: skip
    one = Interface(node="vcnode1", network="private", address="10.0.0.1")
    joined = seen(EVERY_NODE + "interfaces", lambda known: (*known, one)).networks
    assert isinstance(joined, tuple)
    assert joined[1].lacking == ("VCNODE2",)


def test_networks_that_the_nodes_tell_differently_are_unknown_and_no_disagreement() -> None:
    view = build_view(change(ready(), "nodes.VCNODE2.cluster.networks", NETWORKS[:1]))
    assert gap(view.upkeep.networks)
    assert view.cluster.disagreements == ()
    silent = build_view(change(ready(), "nodes.VCNODE2.cluster.networks", GONE))
    assert isinstance(silent.upkeep.networks, tuple)
    assert silent.cluster.disagreements == ()


@pytest.mark.parametrize(
    ("network", "clients"), [("public", True), ("Private", False), ("Nowhere", False), ("", False)]
)  # fmt: skip
def test_the_network_of_an_address(network: str, clients: bool) -> None:
    found = seen(EVERY_NODE + "resources.VC IP.properties.Network.value", network).address_networks
    assert isinstance(found, tuple)
    assert [(one.resource, one.network, one.clients) for one in found] == [("VC IP", network, clients)]


def test_policies() -> None:
    found = seen(EVERY_NODE + "groups.VC Group.failover_threshold", 0)
    assert isinstance(found.groups, tuple)
    assert [(g.name, g.failback, g.moves, g.hours) for g in found.groups] == [("VC Group", False, 0, 6)]
    assert isinstance(found.resources, tuple)
    assert {(r.action, r.restarts, r.seconds) for r in found.resources} == {("restart and fail over", 3, 900)}
    assert [r.role for r in found.resources] == ["ip", "name", "vpxd", "web", "license"]


def test_policies_that_nodes_tell_differently_are_unknown_and_no_disagreement() -> None:
    view = build_view(change(ready(), "nodes.VCNODE2.cluster.resources.VC Server.restart", "none"))
    assert isinstance(view.upkeep.resources, tuple)
    assert [gap(one.action) for one in view.upkeep.resources] == [False, False, True, False, False]
    assert view.cluster.disagreements == ()


def checkpoints(**keys: tuple[str, ...] | Missing) -> dict[str, tuple[str, ...]] | Missing:
    snapshot = ready()
    for name, value in keys.items():
        snapshot = change(snapshot, f"{EVERY_NODE}resources.{name.replace('_', ' ')}.checkpoints", value)
    found = build_view(snapshot).upkeep.checkpoints
    return found if isinstance(found, Missing) else {one.key: one.copied_by for one in found}


def test_a_key_that_several_checkpoints_cover() -> None:
    assert checkpoints() == {}
    assert checkpoints(VC_Server=("SOFTWARE\\X",), Cluster_Name=("HKLM\\software\\x", "SOFTWARE\\Y")) == {
        "HKLM\\software\\x": ("Cluster Name: HKLM\\software\\x", "VC Server: SOFTWARE\\X"),
        "SOFTWARE\\Y": ("Cluster Name: SOFTWARE\\Y",),
    }
    assert checkpoints(VC_Server=("SOFTWARE\\X", "SOFTWARE\\X\\Y")) == {
        "SOFTWARE\\X": ("VC Server: SOFTWARE\\X",),
        "SOFTWARE\\X\\Y": ("VC Server: SOFTWARE\\X", "VC Server: SOFTWARE\\X\\Y"),
    }
    assert checkpoints(VC_Server=("SOFTWARE\\XY",), Cluster_Name=("SOFTWARE\\X",)) == {
        "SOFTWARE\\X": ("Cluster Name: SOFTWARE\\X",), "SOFTWARE\\XY": ("VC Server: SOFTWARE\\XY",),
    }  # fmt: skip
    assert gap(checkpoints(VC_Server=("SOFTWARE\\X",), Cluster_Name=GONE))


LATER = (
    "host.disks", "host.system_drive", "host.restarts", "files.ssl.key_modulus", "files.ssl.certificate.names",
    "files.ssl.certificate.modulus", "cluster.networks", "cluster.groups.*.failback",
    "cluster.groups.*.failover_threshold", "cluster.groups.*.failover_period",
    "cluster.resources.*.restart", "cluster.resources.*.restart_threshold",
    "cluster.resources.*.restart_period",
)  # fmt: skip
"""Facts that came with these rules."""


def older(snapshot: Snapshot) -> Snapshot:
    """As a version before them would have taken it."""
    for path in LATER:
        snapshot = change(snapshot, f"nodes.*.{path}", NOT_ASKED_THEN)
    return snapshot


def test_a_snapshot_of_an_older_version_leaves_it_all_unasked_and_the_note_alone() -> None:
    for snapshot in (healthy(), registry_mode()):
        view = build_view(older(snapshot))
        assert view.cluster.disagreements == ()
        for found in (view.upkeep.networks, view.upkeep.disks[0].disks, view.upkeep.restarts[0].updates):
            assert isinstance(found, Missing)
            assert found.reason == "not_asked"
