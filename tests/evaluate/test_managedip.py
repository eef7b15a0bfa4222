"""managedip, its places and forms, the checkpoint that renews it, and registry replication (E1 to E5, D6)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.evaluate.build import ADDRESS, EVERY_NODE, GONE, KEY, change, healthy, registry_mode
from vcaudit.evaluate.schema import ManagedIp, Replication, VcVar
from vcaudit.evaluate.view import build_view
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import Registry, RegistryKey, RegistryTree, RegistryValue, Setting
from vcaudit.snapshot.model import Snapshot

SETTINGS = "files.vpxd_cfg.settings"
CHECKPOINTS = EVERY_NODE + "resources.VC Server.checkpoints"
KEY_32 = "SOFTWARE\\Wow6432Node\\VMware, Inc.\\VMware VirtualCenter"


def vc(snapshot: Snapshot) -> VcVar:
    return build_view(snapshot).vc


def managedip(snapshot: Snapshot) -> ManagedIp:
    return vc(snapshot).managedip


def settings(*paths: str, value: str = ADDRESS) -> tuple[Setting, ...]:
    return tuple(Setting(path=path, value=value) for path in paths)


def tree(path: str = KEY, **keys: str) -> RegistryTree:
    """A VirtualCenter key; `root` gives value managedip, any other name a key of that name with a default value."""
    found = [RegistryKey(path="", values=())]
    for name, data in keys.items():
        values = (RegistryValue(name="ManagedIP" if name == "root" else "", type="REG_SZ", data=data),)
        found.append(RegistryKey(path="" if name == "root" else name, values=values))
    return RegistryTree(path=path, keys=tuple(found))


@pytest.mark.parametrize(
    ("paths", "misplaced"),
    [
        (("config/vpxd/managedip",), ()),
        (("config/vpxd[2]/managedip",), ()),
        (("config/managedip",), ("config/managedip",)),
        (("config/vpxd/net/managedip",), ("config/vpxd/net/managedip",)),
        (("config/vpxd/ManagedIP",), ()),
        (("Config/VPXD/managedIP",), ()),
        (("config/ManagedIP",), ("config/ManagedIP",)),
        (("config/vpxd/managedip[1]", "config/vpxd/managedip[2]"), ()),
        (("config/vpxd/managedip/@note",), None),
    ],
)
def test_elements_of_vpxd_cfg(paths: tuple[str, ...], misplaced: tuple[str, ...] | None) -> None:
    copy = managedip(change(healthy(), f"nodes.VCNODE1.{SETTINGS}", settings(*paths))).copies[0]
    if misplaced is None:
        assert (copy.place, copy.file_paths) == ("nowhere", ())
    else:
        assert (copy.place, copy.file_paths, copy.misplaced) == ("file", paths, misplaced)
        assert copy.values == (ADDRESS,) * len(paths)


@pytest.mark.parametrize(
    ("value", "valid"),
    [("\n192.0.2.50\n", True), ("192.0.2.500", False), ("", False), ("vc.corp.example", False), ("::1", False)],
)
def test_white_space_is_trimmed_and_only_ipv4_is_valid(value: str, valid: bool) -> None:
    snapshot = change(healthy(), f"nodes.VCNODE1.{SETTINGS}", settings("config/vpxd/managedip", value=value))
    copy = managedip(snapshot).copies[0]
    assert copy.values == (value.strip(),)
    assert copy.valid is valid


@pytest.mark.parametrize(
    ("native", "form", "values"),
    [
        (tree(root=ADDRESS), "value", (ADDRESS,)),
        (tree(managedip=ADDRESS), "key", (ADDRESS,)),
        (tree(ManagedIp=ADDRESS), "key", (ADDRESS,)),
        (tree(Tomcat=ADDRESS), None, ()),
        (tree(), None, ()),
        (None, None, ()),
    ],
)
def test_both_forms_in_the_registry_are_read(native: object, form: str | None, values: tuple[str, ...]) -> None:
    snapshot = change(healthy(), f"nodes.*.{SETTINGS}", ())
    copy = managedip(change(snapshot, "nodes.*.registry.native", native)).copies[1]
    assert (copy.registry_form, copy.values, copy.place) == (form, values, "registry" if form else "nowhere")


def x64(view: object, native: object, wow6432: object) -> Snapshot:
    """Both nodes 64-bit Windows, managedip not in vpxd.cfg."""
    snapshot = change(healthy(), f"nodes.*.{SETTINGS}", ())
    snapshot = change(change(snapshot, "nodes.*.host.architecture", "x64"), "nodes.*.software.view", view)
    return change(snapshot, "nodes.*.registry", Registry(native=native, wow6432=wow6432))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("view", "native", "wow6432", "place", "ignored"),
    [
        ("wow6432", tree(root="192.0.2.9"), tree(KEY_32, root=ADDRESS), "registry", ("192.0.2.9",)),
        ("wow6432", tree(root="192.0.2.9"), tree(KEY_32), "nowhere", ("192.0.2.9",)),
        ("native", tree(root=ADDRESS), None, "registry", ()),
        ("native", tree(root=ADDRESS), GONE, "registry", GONE),
        ("wow6432", tree(root=ADDRESS), GONE, GONE, (ADDRESS,)),
        (GONE, tree(), tree(KEY_32), "nowhere", GONE),
        (GONE, tree(root=ADDRESS), tree(KEY_32), GONE, GONE),
    ],
)
def test_the_view_that_vpxd_reads_decides(
    view: object, native: object, wow6432: object, place: object, ignored: object
) -> None:
    copy = managedip(x64(view, native, wow6432)).copies[0]
    assert (copy.place, copy.ignored) == (place, ignored)


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({}, "file"),
        ({"VCNODE2.files.vpxd_cfg": None}, "differs"),
        ({"*.files.vpxd_cfg": None}, "nowhere"),
        ({"VCNODE2.registry.native": tree(root=ADDRESS)}, "differs"),
        ({"*.registry.native": tree(root=ADDRESS)}, "both"),
        ({"VCNODE2.files.vpxd_cfg": None, "VCNODE2.registry.native": tree(root=ADDRESS)}, "differs"),
        ({"VCNODE2.files.vpxd_cfg": GONE}, GONE),
        ({"VCNODE2.registry": GONE}, GONE),
    ],
)
def test_one_place_on_every_node(changes: dict[str, Any], place: object) -> None:
    snapshot = healthy()
    for path, value in changes.items():
        snapshot = change(snapshot, f"nodes.{path}", value)
    assert managedip(snapshot).place == place


def test_two_known_places_differ_whatever_the_third_is() -> None:
    snapshot = change(healthy(), "nodes", lambda nodes: (*nodes, change(nodes[1], "name", "VCNODE3")))
    snapshot = change(snapshot, "nodes.@2.host.computer_name", "VCNODE3")
    snapshot = change(snapshot, "nodes.@1.files.vpxd_cfg", None)
    assert managedip(change(snapshot, "nodes.@2.files", GONE)).place == "differs"


def test_a_file_that_does_not_parse_says_nothing() -> None:
    place = managedip(change(healthy(), f"nodes.VCNODE1.{SETTINGS}", None)).owner_place
    assert isinstance(place, Missing)
    assert place.reason == "bad_output"


def test_a_checkpoint_brings_the_value_to_the_standby() -> None:
    found = managedip(registry_mode())
    owner, standby = found.copies
    assert (found.place, found.owner_place, found.covered) == ("registry", "registry", True)
    assert (owner.judged, standby.judged, standby.place) == (True, False, "nowhere")
    assert found.at == f"VCNODE1: the registry ({ADDRESS}); VCNODE2: nowhere"


@pytest.mark.parametrize(
    ("path", "value", "judged", "place"),
    [
        (CHECKPOINTS, (), True, "differs"),
        (CHECKPOINTS, GONE, GONE, GONE),
        (f"nodes.VCNODE2.{SETTINGS}", settings("config/vpxd/managedip"), True, "differs"),
        ("nodes.VCNODE2.files", GONE, GONE, GONE),
        ("nodes.VCNODE1.registry", GONE, GONE, GONE),
        (EVERY_NODE + "groups.VC Group.owner", GONE, GONE, GONE),
    ],
)
def test_what_a_checkpoint_does_not_settle(path: str, value: Any, judged: object, place: object) -> None:
    found = managedip(change(registry_mode(), path, value))
    assert (found.copies[1].judged, found.place) == (judged, place)


@pytest.mark.parametrize(
    ("checkpoints", "missing", "extra"),
    [
        ((KEY,), (), ()),
        (("HKEY_LOCAL_MACHINE\\" + KEY.upper() + "\\",), (), ()),
        (("SOFTWARE\\VMware, Inc.",), (), ("SOFTWARE\\VMware, Inc.",)),
        ((KEY + "\\DB",), (KEY,), (KEY + "\\DB",)),
        (("SOFTWARE\\VMware",), (KEY,), ("SOFTWARE\\VMware",)),
        ((), (KEY,), ()),
    ],
)
def test_replication_in_registry_mode(checkpoints: tuple[str, ...], missing: object, extra: object) -> None:
    found = vc(change(registry_mode(), CHECKPOINTS, checkpoints)).replication
    assert found == Replication(required=(KEY,), missing=missing, extra=extra)  # type: ignore[arg-type]


def test_replication_has_to_cover_the_view_of_a_32_bit_vpxd() -> None:
    snapshot = x64("wow6432", tree(), tree(KEY_32, root=ADDRESS))
    found = vc(change(snapshot, CHECKPOINTS, (KEY,))).replication
    assert found == Replication(required=(KEY_32,), missing=(KEY_32,), extra=(KEY,))
    assert managedip(change(snapshot, CHECKPOINTS, (KEY_32,))).covered is True


def test_nothing_is_replicated_when_the_address_is_in_the_file() -> None:
    found = vc(change(healthy(), CHECKPOINTS, (KEY,))).replication
    assert found == Replication(required=(), missing=(), extra=(KEY,))


def test_what_a_checkpoint_will_renew_is_named() -> None:
    copies = vc(registry_mode()).registry_copies
    assert not isinstance(copies, Missing)
    assert [(c.node, c.differs_in) for c in copies] == [("VCNODE2", ("managedip",))]
    gone = vc(change(registry_mode(), "nodes.VCNODE1.registry", GONE)).registry_copies
    assert not isinstance(gone, Missing)
    assert gone[0].differs_in == GONE
