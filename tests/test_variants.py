"""Clusters that are described otherwise and are as healthy, and mistakes that no shipped fault makes."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from tests.inprocess import judged, of_outcome, told
from vcaudit.lab.check import check_scenario
from vcaudit.lab.scenario import Scenario, load
from vcaudit.results import AuditResults, Outcome
from vcaudit.yamlfile import load as load_yaml

Q = "quorum-disk-2003"
NODE_MAJORITY = r"""
every_node:
  wmi:
    root\MSCluster:
      MSCluster_Cluster: {cluster: {QuorumType: Node Majority, QuorumPath: ''}}
      MSCluster_ClusterToQuorumResource: {quorum: null}
"""
SP1 = r"""
every_node:
  wmi:
    root\cimv2:
      Win32_OperatingSystem: {os: {ServicePackMajorVersion: 1, CSDVersion: Service Pack 1}}
      Win32_QuickFixEngineering: {File 2: {HotFixID: File 1, ServicePackInEffect: KB921181}}
"""
ACCOUNTS = r"""
nodes:
  ${owner}:
    wmi: {root\cimv2: {Win32_Service: {vpxd: {StartName: 'CORP\svc-vc'}, webAccess: {StartName: '${node1}\web'}}}}
  ${standby}:
    wmi: {root\cimv2: {Win32_Service: {vpxd: {StartName: svc-vc@corp.example}, webAccess: {StartName: '.\web'}}}}
"""
NO_WEB = r"""
every_node:
  wmi:
    root\cimv2: {Win32_Service: {webAccess: null}}
    root\MSCluster:
      MSCluster_Resource: {"${web_resource}": null}
      MSCluster_NodeToActiveResource: {"${web_resource}": null}
      MSCluster_ResourceGroupToResource: {"${web_resource}": null}
      MSCluster_ResourceToDependentResource: {"${web_resource} -> ${vpxd_resource}": null}
      MSCluster_ResourceToPossibleOwner: {"${web_resource} -> ${node1}": null, "${web_resource} -> ${node2}": null}
"""
REMOTE_LICENSES = r"""
inventory: {params: {VC-LIC-005: {clustered: [licsrv.corp.example]}}}
every_node:
  registry:
    ${key}: {LicenseServer: 27000@licsrv.corp.example}
    ${software}\FLEXlm License Manager\VMware License Server: null
  files: {'${license_folder}\vmware.lic': null, '${license_folder}\vmotion.lic': null}
  wmi:
    root\cimv2: {Win32_Service: {VMware License Server: null}}
    root\MSCluster:
      MSCluster_Resource: {"${license_resource}": null}
      MSCluster_NodeToActiveResource: {"${license_resource}": null}
      MSCluster_ResourceGroupToResource: {"${license_resource}": null}
      MSCluster_ResourceToDependentResource: {"${license_resource} -> ${name_resource}": null}
      MSCluster_ResourceToPossibleOwner:
        ${license_resource} -> ${node1}: null
        ${license_resource} -> ${node2}: null
"""
MORE_RESOURCES = r"""
every_node:
  wmi:
    root\MSCluster:
      MSCluster_Resource:
        Sync: {Type: Generic Application, State: 2, SeparateMonitor: true, PrivateProperties: {CommandLine: sync.exe}}
        Disk R: {Type: Physical Disk, State: 2, SeparateMonitor: false, PrivateProperties: {}}
      MSCluster_ResourceGroupToResource:
        1: {GroupComponent: 'MSCluster_ResourceGroup.Name="${group}"', PartComponent: MSCluster_Resource.Name="Sync"}
        2: {GroupComponent: 'MSCluster_ResourceGroup.Name="${group}"', PartComponent: MSCluster_Resource.Name="Disk R"}
"""
SERVICES_IN_CAPITALS = r"""
every_node: {wmi: {root\MSCluster: {MSCluster_Resource: {
  "${vpxd_resource}": {PrivateProperties: {ServiceName: VPXD}},
  "${web_resource}": {PrivateProperties: {ServiceName: WEBACCESS}}}}}}
"""
SILENT = {
    "services in capitals": (Q, SERVICES_IN_CAPITALS),
    "more resources in the group": (Q, MORE_RESOURCES),
    "no web access anywhere": (Q, NO_WEB),
    "a license server on another cluster": (Q, REMOTE_LICENSES),
    "the network name in full": (Q, "inventory: {network_name: vcvirtual.corp.example}"),
    "a database by protocol and port": (
        Q, r"every_node: {registry: {'${odbc}\${dsn}': {Server: 'tcp:SQLPROD1.corp.example,1433'}}}",
    ),
    "one database, spelled in two ways": (
        Q, r"nodes: {'${standby}': {registry: {'${odbc}\${dsn}': {Server: 'sqlprod1.corp.example\vc'}}}}",
    ),
    "an Oracle database": (
        Q, r"every_node: {registry: {'${odbc}\${dsn}': {Server: null, Database: null, ServerName: VCORA}}}",
    ),
    "a computer name in small letters": (
        Q, r"nodes: {'${node1}': {wmi: {root\cimv2: {Win32_ComputerSystem: {computer: {Name: vcnode1}}}}}}",
    ),
    "a quorum disk of another maker": (
        Q, r"every_node: {wmi: {root\MSCluster: {MSCluster_Resource: {Disk Q: {Type: Volume Manager Disk Group}}}}}",
    ),
    "a disk only, in the words of 2008": (
        "quorum-disk-2008",
        r"every_node: {wmi: {root\MSCluster: {MSCluster_Cluster: {cluster: {QuorumType: 'No Majority: Disk Only'}}}}}",
    ),
    "a majority of three nodes without a witness": ("three-nodes-2008", NODE_MAJORITY),
    "a witness share on Server 2003 SP1 with its hotfix": ("majority-node-set-2003", SP1),
    "virtual nodes with a quorum disk": (
        Q, r"every_node: {wmi: {root\cimv2: {Win32_ComputerSystem: {computer: {Manufacturer: 'VMware, Inc.'}}}}}",
    ),
    "one service account, spelled in two ways": (Q, ACCOUNTS),
    "programs in the old short form": (
        Q, r"""nodes: {'${standby}': {wmi: {root\cimv2: {Win32_Service: {vpxd: {
        PathName: 'C:\PROGRA~1\VMware\VMWARE~1.0\vpxd.exe'}}}}}}""",
    ),
    "managedip in the view that vpxd does not read": (
        "quorum-disk-2008",
        r"every_node: {registry: {'SOFTWARE\VMware, Inc.\VMware VirtualCenter': {managedip: 10.9.9.9}}}",
    ),
}  # fmt: skip


class Wrong(NamedTuple):
    """A patch, the rules that fail on the standby (or on no node), and the exit code."""

    patch: str
    rules: set[str]
    exit: int


NAMED = {
    "vpxd.cfg is cut": Wrong(
        r"nodes: {'${standby}': {files: {'${appdata}\vpxd.cfg': '<config><vpxd>'}}}", {"VC-DATA-004"}, 2,
    ),
    "vpxd.cfg is cut everywhere": Wrong(r"every_node: {files: {'${appdata}\vpxd.cfg': '<config><vpxd>'}}", set(), 3),
    "vpxd.cfg is gone": Wrong(
        r"nodes: {'${standby}': {files: {'${appdata}\vpxd.cfg': null}}}", {"VC-DATA-004", "VC-IP-001"}, 2,
    ),
    "no licences": Wrong(
        r"nodes: {'${standby}': {files: {'${license_folder}\vmware.lic': null, "
        r"'${license_folder}\vmotion.lic': null}}}",
        {"VC-DATA-001"}, 2,
    ),
    "no SSL files": Wrong(
        r"nodes: {'${standby}': {files: {'${appdata}\SSL\rui.crt': null, '${appdata}\SSL\rui.key': null, "
        r"'${appdata}\SSL\rui.pfx': null}}}",
        {"VC-DATA-003", "VC-DATA-006"}, 2,
    ),
    "a cut licence": Wrong(
        r"nodes: {'${standby}': {files: {'${license_folder}\vmotion.lic': 'INCREMENT VC_VMOTION'}}}",
        {"VC-DATA-001"}, 2,
    ),
    "an expired account": Wrong(
        "nodes: {'${standby}': {accounts: {users: {vcadmin: {expires: 2007-01-01T00:00:00Z}}}}}", {"VC-ACC-003"}, 2,
    ),
    "a password that must be changed": Wrong(
        "nodes: {'${standby}': {accounts: {users: {vcadmin: {password_expired: true}}}}}", {"VC-ACC-003"}, 2,
    ),
    "a state of -1": Wrong(
        r"every_node: {wmi: {root\MSCluster: {MSCluster_Resource: {'${web_resource}': {State: 4294967295}}}}}",
        set(), 3,
    ),
    "a bomb of entities": Wrong(
        "every_node: {files: {'${appdata}\\vpxd.cfg': '<!DOCTYPE c [<!ENTITY a \"x\"><!ENTITY b \"&a;&a;\">]>"
        "<config><vpxd><managedip>192.0.2.50</managedip>&b;</vpxd></config>'}}",
        set(), 3,
    ),
}  # fmt: skip


def patched(scenario: str, patch: str) -> Scenario:
    document = load_yaml("patch.yaml", patch, lenient=True)
    check_scenario(document)
    assert not document.problems, document.problems
    assert isinstance(document.value, dict)
    return load(scenario).patched(document.value, document)


def exit_code(results: AuditResults) -> int:
    return results.clusters[0].verdict.exit_code


@pytest.mark.parametrize(("scenario", "patch"), SILENT.values(), ids=SILENT)
def test_another_way_to_be_healthy_is_silent(scenario: str, patch: str) -> None:
    results = judged(patched(scenario, patch))
    bad = of_outcome(results, Outcome.FAIL, Outcome.UNKNOWN)
    assert not bad, told(bad)
    assert exit_code(results) == 0


@pytest.mark.parametrize("wrong", NAMED.values(), ids=NAMED)
def test_another_mistake_is_named(wrong: Wrong) -> None:
    results = judged(patched(Q, wrong.patch))
    failed = of_outcome(results, Outcome.FAIL)
    assert {result.rule for result in failed} == wrong.rules, told(failed)
    assert {result.node for result in failed} <= {"VCNODE2", None}
    assert exit_code(results) == wrong.exit
    assert results.defects == ()


def test_a_virtual_server_that_also_hosts_its_database() -> None:
    results = judged(patched(Q, r"every_node: {registry: {'${odbc}\${dsn}': {Server: VCVIRTUAL}}}"))
    assert {(r.rule, r.node) for r in of_outcome(results, Outcome.FAIL)} == {
        ("VC-DB-001", "VCNODE1"), ("VC-DB-001", "VCNODE2"),
    }  # fmt: skip
