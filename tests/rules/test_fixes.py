"""What a cell of the readiness matrix says to do: a step that mends what was seen, on this Windows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.inprocess import both, judged
from vcaudit.lab.faults import apply
from vcaudit.lab.scenario import load
from vcaudit.results import Blocker

G3, G8 = "quorum-disk-2003", "quorum-disk-2008"
ONLY_LOOKS = re.compile(r"query|nslookup|/checkpoints$|/status|^cluster group$|/priv$|Get-|THE-KEY|NAME-OF|SHARE")
"""Commands that mend nothing, and words that stand for a name."""


def blockers(scenario: str, fault: str, node: str | None = None) -> list[Blocker]:
    (cluster,) = judged(apply(load(scenario), fault, node)[0], rules=both()).clusters
    return list({each.anchor: each for cell in cluster.readiness for each in cell.blocked_by}.values())


@pytest.mark.parametrize(
    ("scenario", "fault", "node", "rule", "fix"),
    [
        (G3, "node-down", "standby", "VC-CLU-002", "Start VCNODE2, or the cluster service on it"),
        (G8, "node-paused", "standby", "VC-CLU-002", 'cluster node "{standby}" /resume'),
        (G8, "license-file-differs", "standby", "VC-DATA-001", "Copy the license files of {owner} to {standby} and"),
        (G8, "registry-differs", "standby", "VC-DATA-008", "Settle which of the values that differ is right"),
        (G3, "ssl-file-missing", None, "VC-DATA-006", "Put rui.pfx back on {owner} from a backup"),
        (G3, "quorum-missing", None, "VC-QUO-001", "Make a disk that every node reaches the quorum resource"),
        (G8, "quorum-disk-failed", None, "VC-QUO-001", "Bring the quorum resource online again"),
        (G3, "quorum-pending", None, "VC-QUO-001", "Look again in a few minutes"),
        ("majority-node-set-2003", "witness-missing-2003", None, "VC-QUO-001", "MNSFileShare"),
        ("majority-2008", "witness-missing-2008", None, "VC-QUO-001", "Node and File Share Majority"),
        ("majority-2008", "witness-on-a-node-2008", None, "VC-QUO-004", "Create a share for this cluster on a server"),
        ("majority-2008", "witness-elsewhere", None, "VC-QUO-004", "Use a share of FILESRV9 as witness"),
        (G3, "vpxd-runs-on-standby", "standby", "VC-RUN-001", r'sc "\\{standby}" stop "vpxd"'),
        (G3, "vpxd-starting-on-standby", "standby", "VC-RUN-001", "Look again in a minute"),
        (G8, "web-runs-on-standby", "standby", "VC-RUN-002", r'sc "\\{standby}" stop "webAccess"'),
        (G3, "name-not-resolved", "standby", "VC-PAR-004", "Register VCVIRTUAL with 192.0.2.50"),
        (G3, "address-missing", None, "VC-PAR-007", '/priv Address="192.0.2.50"'),
        (G8, "network-name-missing", None, "VC-PAR-008", '/priv Name="'),
        (G8, "checkpoint-not-needed", None, "VC-PAR-015", '/removecheckpoints:"SOFTWARE\\Wow6432Node\\VMware, Inc.'),
        (G3, "no-license-resource", None, "VC-GRP-001", "Create a resource of type Generic Service"),
        (G3, "second-vpxd-resource", None, "VC-GRP-004", "Keep the one that the other resources depend on"),
        ("license-group-2008", "web-in-license-group", None, "VC-GRP-007", "back to the group of VirtualCenter"),
        (G3, "managedip-in-both", None, "VC-IP-001", "Take managedip out of vpxd.cfg or out of the registry"),
        ("minimal-2003", "managedip-in-different-places", "standby", "VC-IP-001", "Set managedip in vpxd.cfg on A2,"),
        (G3, "address-other", None, "VC-IP-002", "Leave managedip on {owner} as it is"),
        (G3, "license-in-cluster-group", None, "VC-RES-003", "into the group of VC Network Name"),
        (G3, "license-depends-on-vpxd-too", None, "VC-RES-005", "/removedep:"),
        (G3, "vpxd-failed", None, "VC-RES-006", "See in the System event log and the cluster log why"),
        (G3, "license-offline", None, "VC-RES-006", " /on"),
    ],
)
def test_the_fix_of_a_cell(scenario: str, fault: str, node: str | None, rule: str, fix: str) -> None:
    words = load(scenario).words
    wanted = fix.replace("{owner}", words["owner"]).replace("{standby}", words["standby"])
    found = [each.fix for each in blockers(scenario, fault, node) if each.rule == rule]
    assert any(wanted in one for one in found), found
    assert not [one for one in found if ONLY_LOOKS.search(one)]


@pytest.mark.parametrize("scenario", [G3, G8])
@pytest.mark.parametrize(("part", "rule"), [("vpxd", "VC-SW-001"), ("webAccess", "VC-SW-002")])
def test_nobody_copies_from_the_node_that_lacks_it(scenario: str, part: str, rule: str, tmp_path: Path) -> None:
    patch = tmp_path / "gone.yaml"
    patch.write_text('nodes: {"${owner}": {wmi: {root\\cimv2: {Win32_Service: {' + part + ": null}}}}}")
    broken = load(scenario, [patch])
    found = judged(broken, rules=both())
    (text,) = [each.remediation.text for each in found.results if each.rule == rule and each.remediation]
    assert text.count(broken.words["owner"]) == 1


def test_where_managedip_belongs_the_inventory_says(tmp_path: Path) -> None:
    patch = tmp_path / "registry.yaml"
    patch.write_text("inventory: {managedip: registry}")
    found = judged(load(G3, [patch]), rules=both())
    said = {each.remediation.text for each in found.results if each.rule == "VC-IP-001" and each.remediation}
    assert len(said) == 1
    assert said.pop().startswith("Set managedip in the registry on every node, as the inventory declares")
