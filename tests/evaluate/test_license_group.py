"""The license server's own group against Fig. 5, its anti-affinity, and where it is."""

from __future__ import annotations

from typing import Any

import pytest

from tests.evaluate.build import EVERY_NODE, GONE, change, healthy, separate_license_group
from vcaudit.evaluate.schema import LicenseGroupView
from vcaudit.evaluate.view import build_view
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.model import Snapshot

RESOURCES, GROUPS = EVERY_NODE + "resources.", EVERY_NODE + "groups."


def found(snapshot: Snapshot) -> tuple[LicenseGroupView, ...] | Missing:
    return build_view(snapshot).vc.license_groups


def the(snapshot: Snapshot) -> LicenseGroupView:
    groups = found(snapshot)
    assert isinstance(groups, tuple)
    [one] = groups
    return one


def without(*names: str) -> Any:
    return lambda known: tuple(one for one in known if one.name not in names)


def test_as_in_the_figure() -> None:
    one = the(separate_license_group())
    assert (one.name, one.resource, one.vc_group) == ("LS Group", "VC License Server", "VC Group")
    assert (one.lacks, one.unchained, one.web) == ((), (), None)
    assert one.shared_classes == ("VirtualCenter",)
    assert (one.owner, one.vc_owner) == ("VCNODE2", "VCNODE1")


def test_one_group_has_none() -> None:
    assert found(healthy()) == ()
    assert found(change(healthy(), RESOURCES.rstrip("."), without("VC License Server"))) == ()


def test_in_the_clusters_own_group_it_has_no_group_of_its_own() -> None:
    assert found(change(healthy(), RESOURCES + "VC License Server.group", "Cluster Group")) == ()
    # unless somebody gave it a name and an address there, beside the cluster's
    moved = separate_license_group()
    for name in ("VC License Server", "LS IP", "LS Name"):
        moved = change(moved, f"{RESOURCES}{name}.group", "Cluster Group")
    assert the(moved).lacks == ()


@pytest.mark.parametrize(
    ("gone", "lacks"),
    [
        (("LS Name",), ("Network Name",)), (("LS IP",), ("IP Address",)),
        (("LS IP", "LS Name"), ("IP Address", "Network Name")),
    ],
)  # fmt: skip
def test_what_the_group_lacks(gone: tuple[str, ...], lacks: tuple[str, ...]) -> None:
    assert the(change(separate_license_group(), RESOURCES.rstrip("."), without(*gone))).lacks == lacks


@pytest.mark.parametrize(
    ("name", "on", "expected"),
    [
        ("VC License Server", (), ("VC License Server does not depend on LS Name",)),
        ("VC License Server", ("LS IP",), ("VC License Server does not depend on LS Name",)),
        ("LS Name", (), ("LS Name does not depend on LS IP",)),
        ("VC License Server", ("ls name", "LS IP"), ()),
    ],
)
def test_links_that_are_not_there(name: str, on: tuple[str, ...], expected: tuple[str, ...]) -> None:
    assert the(change(separate_license_group(), f"{RESOURCES}{name}.depends_on", on)).unchained == expected


def test_web_access_stays_with_virtualcenter() -> None:
    assert the(change(separate_license_group(), RESOURCES + "VC Web Access.group", "LS Group")).web == "VC Web Access"
    assert the(change(separate_license_group(), RESOURCES + "VC Web Access.group", "Cluster Group")).web is None


@pytest.mark.parametrize(
    ("vc", "own", "shared"),
    [
        (("VirtualCenter",), ("VirtualCenter",), ("VirtualCenter",)), (("a", "b"), ("c", "b"), ("b",)),
        (("a ",), ("a",), ()), (("a ",), ("a ",), ("a ",)), ((" ",), (" ",), ()),
        (("a",), ("b",), ()), (("a",), (), ()), ((), (), ()), (("", "a"), ("", "b"), ()),
    ],
)  # fmt: skip
def test_anti_affinity(vc: tuple[str, ...], own: tuple[str, ...], shared: tuple[str, ...]) -> None:
    snapshot = change(separate_license_group(), GROUPS + "VC Group.anti_affinity", vc)
    assert the(change(snapshot, GROUPS + "LS Group.anti_affinity", own)).shared_classes == shared


@pytest.mark.parametrize(
    ("gap", "open_"),
    [
        (RESOURCES + "VC License Server.depends_on", {"unchained"}),
        (GROUPS + "LS Group.anti_affinity", {"anti_affinity", "shared_classes"}),
        (GROUPS + "VC Group.anti_affinity", {"vc_anti_affinity", "shared_classes"}),
        (GROUPS + "LS Group.owner", {"owner"}),
        (GROUPS + "VC Group.owner", {"vc_owner"}),
    ],
)
def test_a_gap_leaves_open_what_it_hides(gap: str, open_: set[str]) -> None:
    one = the(change(separate_license_group(), gap, GONE))
    assert {name for name in one.__struct_fields__ if isinstance(getattr(one, name), Missing)} == open_


@pytest.mark.parametrize("gap", [RESOURCES.rstrip("."), GROUPS.rstrip("."), RESOURCES + "LS IP.type"])
def test_which_group_it_is_takes_all_resources(gap: str) -> None:
    assert isinstance(found(change(separate_license_group(), gap, GONE)), Missing)


def test_a_cluster_without_a_name_may_have_its_own_name_there() -> None:
    assert isinstance(found(change(separate_license_group(), EVERY_NODE + "name", GONE)), Missing)
