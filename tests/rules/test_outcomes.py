"""One change to a healthy cluster, and every rule that then fails: neither one less nor one more."""

from __future__ import annotations

from typing import Any

import pytest

from tests.evaluate.build import (
    EVERY_NODE,
    GONE,
    KEY,
    change,
    healthy,
    registry_mode,
    resource,
    separate_license_group,
    service,
    user,
)
from vcaudit.evaluate import evaluate
from vcaudit.evaluate.loader import load_pack
from vcaudit.resources import rules_dir
from vcaudit.results import AuditResults, Outcome
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import LicenseOptions, LicenseServerLine, LicenseSource, Permission, Setting
from vcaudit.snapshot.model import Param, Snapshot

PACK = load_pack(rules_dir() / "tn019")
RESOURCES = EVERY_NODE + "resources."
BOTH = ("VCNODE1", "VCNODE2")


def base() -> Snapshot:
    """Healthy, and the owner has said everything that can be asked."""
    return change(healthy(), "declared.minimum_build", 42000)


def judged(snapshot: Snapshot) -> AuditResults:
    found = evaluate(snapshot, PACK)
    assert found.defects == ()
    return found


def having(snapshot: Snapshot, outcome: Outcome) -> set[tuple[str, str | None]]:
    return {(r.rule, r.node) for r in judged(snapshot).results if r.outcome is outcome}


def everywhere(*rules: str) -> set[tuple[str, str | None]]:
    return {(rule, node) for rule in rules for node in BOTH}


def cluster(*rules: str) -> set[tuple[str, str | None]]:
    return {(rule, None) for rule in rules}


def standby(*rules: str) -> set[tuple[str, str | None]]:
    return {(rule, "VCNODE2") for rule in rules}


def owner(*rules: str) -> set[tuple[str, str | None]]:
    return {(rule, "VCNODE1") for rule in rules}


def test_a_healthy_cluster_fails_nothing_and_leaves_nothing_open() -> None:
    for snapshot in (base(), change(registry_mode(), "declared.minimum_build", 42000)):
        for outcome in (Outcome.FAIL, Outcome.UNKNOWN, Outcome.NOT_ASKED):
            assert having(snapshot, outcome) == set()


ONE: list[tuple[str, Any, set[tuple[str, str | None]]]] = [
    (EVERY_NODE + "nodes.VCNODE2.state", "paused", standby("VC-CLU-002")),
    ("nodes.VCNODE2.host.computer_name", "SPARE", {("VC-CLU-003", "SPARE"), ("VC-DB-001", "SPARE")}),
    ("nodes.VCNODE2.cluster.groups.VC Group.anti_affinity", ("x",), cluster("VC-CLU-004")),
    ("nodes.VCNODE2.host.domain", "other.example", standby("VC-CLU-005")),
    ("nodes.VCNODE2.host.domain", None, standby("VC-CLU-005")),
    ("nodes.*.software.vpxd.version", "2.0.0", everywhere("VC-SW-004")),
    ("nodes.*.software.vpxd.build", 41000, everywhere("VC-SW-004")),
    ("nodes.VCNODE2.software.vpxd.build", 43000, standby("VC-SW-005")),
    ("nodes.VCNODE2.software.web", False, standby("VC-SW-002")),
    ("nodes.*.software.license", False, everywhere("VC-SW-003")),
    ("nodes.*.database.server", "localhost", everywhere("VC-DB-001") | standby("VC-DB-002")),
    ("nodes.*.database.server", "VCVIRTUAL", everywhere("VC-DB-001")),
    ("nodes.VCNODE2.database.database", "OTHER", standby("VC-DB-002")),
    ("nodes.*.database.dsn", None, everywhere("VC-DB-003")),
    (RESOURCES + "VC Web Access.group", "Cluster Group", cluster("VC-GRP-002")),
    (EVERY_NODE + "groups.VC Group.preferred_owners", ("VCNODE1",), cluster("VC-GRP-003")),
    (EVERY_NODE + "groups.VC Group.state", "partial online", cluster("VC-GRP-006")),
    (RESOURCES + "VC IP.separate_monitor", False, cluster("VC-RES-001")),
    (RESOURCES + "Disk Q:.separate_monitor", False, set()),
    (RESOURCES + "VC IP.possible_owners", ("vcnode1",), standby("VC-RES-002")),
    (RESOURCES + "Disk Q:.possible_owners", (), everywhere("VC-QUO-002")),
    (RESOURCES + "VC Name.depends_on", (), cluster("VC-RES-003")),
    (RESOURCES + "VC Server.depends_on", ("VC Name", "VC IP"), cluster("VC-RES-004")),
    (RESOURCES + "VC License Server.depends_on", ("VC Server",), cluster("VC-RES-005")),
    (RESOURCES + "VC License Server.depends_on", ("VC IP",), cluster("VC-RES-003", "VC-RES-004")),
    (RESOURCES + "VC Server.state", "offline", cluster("VC-RES-006")),
    (RESOURCES + "VC Server.state", "failed", owner("VC-RES-006")),
    (RESOURCES + "VC Server.state", "online pending", owner("VC-RES-007")),
    (RESOURCES + "VC IP.properties.SubnetMask.value", "255.0.0.0", cluster("VC-PAR-002")),
    (RESOURCES + "VC IP.properties.EnableNetBIOS.value", 0, cluster("VC-PAR-003")),
    ("nodes.VCNODE2.names.@0.addresses", (), standby("VC-PAR-004")),
    ("nodes.VCNODE2.names.@0.addresses", ("192.0.2.50", "192.0.2.51"), standby("VC-PAR-004")),
    ("auditor.names.@0.addresses", (), cluster("VC-PAR-005")),
    ("declared.network_name", "VCOTHER", cluster("VC-PAR-006")),
    ("declared.netmask", "255.255.0.0", cluster("VC-PAR-002")),
    (RESOURCES + "VC Server.properties.ServiceName.value", "vpxd2", cluster("VC-PAR-010")),
    (RESOURCES + "VC Server.properties.StartupParameters.value", "-v", cluster("VC-PAR-011")),
    (RESOURCES + "VC Server.properties.UseNetworkName.value", 0, cluster("VC-PAR-012")),
    (RESOURCES + "VC Server.checkpoints", (KEY,), cluster("VC-PAR-015")),
    (RESOURCES + "VC Web Access.properties.ServiceName.value", "WEBACCESS", set()),
    (RESOURCES + "VC Web Access.properties.StartupParameters.value", "x", cluster("VC-PAR-021")),
    (RESOURCES + "VC Web Access.properties.UseNetworkName.value", False, cluster("VC-PAR-022")),
    (RESOURCES + "VC Web Access.checkpoints", (KEY,), cluster("VC-PAR-023")),
    (RESOURCES + "VC License Server.properties.ServiceName.value", "FlexLM", cluster("VC-PAR-030")),
    (RESOURCES + "VC License Server.properties.StartupParameters.value", "x", set()),
    (RESOURCES + "VC License Server.properties.UseNetworkName.value", 0, cluster("VC-PAR-032")),
    (RESOURCES + "VC License Server.checkpoints", (KEY,), cluster("VC-PAR-033")),
    ("nodes.*.files.vpxd_cfg.settings", (), everywhere("VC-IP-001")),
    ("nodes.VCNODE2.files.vpxd_cfg.settings", lambda found: found[1:], standby("VC-IP-001", "VC-DATA-004")),
    ("declared.managedip_place", "registry", everywhere("VC-IP-001")),
    ("nodes.*.files.vpxd_cfg.settings.@0.value", "192.0.2.51", everywhere("VC-IP-002")),
    ("nodes.*.files.vpxd_cfg.settings.@0.value", "192.0.2.12", everywhere("VC-IP-002", "VC-IP-004")),
    ("nodes.*.files.vpxd_cfg.settings.@0.path", "config/managedip", everywhere("VC-IP-003")),
    ("nodes.VCNODE2.files.licenses.parsed.@0.licenses.@0.identity", "x", standby("VC-DATA-001")),
    ("nodes.VCNODE2.files.licenses.files.@0.name", "other.lic", standby("VC-DATA-002")),
    (
        "nodes.VCNODE2.files.licenses.options", (LicenseOptions(vendor="VMWARELM", identity="0" * 64),),
        standby("VC-DATA-010"),
    ),
    ("nodes.VCNODE2.files.ssl.files.@0.sha256", "0" * 64, standby("VC-DATA-003")),
    ("nodes.*.files.ssl.files", lambda found: found[:2], everywhere("VC-DATA-006")),
    ("nodes.VCNODE2.files.vpxd_cfg.settings.@1.value", "trivia", standby("VC-DATA-004")),
    ("nodes.VCNODE2.files.vpxd_cfg.sha256", "0" * 64, standby("VC-DATA-005")),
    ("nodes.VCNODE2.files.upgrade.files", (), standby("VC-DATA-007")),
    ("nodes.VCNODE2.registry.native.keys.@0.values", (), standby("VC-DATA-008")),
    ("nodes.VCNODE2.accounts.users", (), standby("VC-ACC-002")),
    ("nodes.VCNODE2.accounts.users", (user("vcadmin", 1001, locked=True),), standby("VC-ACC-003")),
    ("nodes.VCNODE2.accounts.groups.Administrators.members", (), standby("VC-ACC-004")),
    ("nodes.*.services.webAccess.state", "Stopped", owner("VC-RUN-002")),
    ("nodes.VCNODE2.services.vpxd.state", "Running", standby("VC-RUN-001")),
    ("nodes.VCNODE2.services.vpxd.state", "Start Pending", standby("VC-RUN-001")),
    ("nodes.VCNODE2.services.webAccess.state", "Paused", standby("VC-RUN-002")),
    ("nodes.VCNODE2.services.vpxd.state", None, set()),
    ("nodes.*.files.licenses.parsed", (), cluster("VC-LIC-004")),
    ("nodes.VCNODE2.files.licenses.parsed.@0.servers", (), standby("VC-LIC-006", "VC-DATA-001")),
    ("nodes.*.files.licenses.parsed.@0.servers.@0.port", 27005, everywhere("VC-LIC-007")),
    ("nodes.*.files.ssl.certificate", None, everywhere("VC-DATA-006")),
    ("nodes.VCNODE2.files.licenses.parsed.@0.servers.@0.host_id", "HOSTNAME=VCVIRTUAL", standby("VC-DATA-001")),
    ("nodes.VCNODE2.services", lambda found: tuple(s for s in found if s.name != "vpxd"), standby("VC-SW-001")),
    ("nodes.*.names.@0.addresses", (), everywhere("VC-PAR-004")),
    ("nodes.VCNODE2.services.*.start_mode", "Disabled", standby("VC-RUN-003")),
    ("nodes.VCNODE2.services.*.start_mode", "Auto", standby("VC-RUN-004")),
]


@pytest.mark.parametrize(("path", "value", "failures"), ONE, ids=[f"{i} {path}" for i, (path, *_) in enumerate(ONE)])
def test_one_change(path: str, value: Any, failures: set[tuple[str, str | None]]) -> None:
    snapshot = change(base(), path, value)
    if path.endswith("computer_name"):
        # Another machine's name before its own files: what it compares with is its own affair here.
        assert having(snapshot, Outcome.FAIL) >= {("VC-CLU-003", "SPARE")}
        return
    assert having(snapshot, Outcome.FAIL) == failures


def without(name: str) -> Any:
    return lambda found: tuple(r for r in found if r.name != name)


@pytest.mark.parametrize("name", ["VC Server", "VC Web Access", "VC License Server"])
def test_a_resource_that_is_not_there(name: str) -> None:
    failed = having(change(base(), RESOURCES.rstrip("."), without(name)), Outcome.FAIL)
    assert ("VC-GRP-001", None) in failed
    assert failed <= cluster("VC-GRP-001") | everywhere("VC-IP-001")


def test_a_second_resource_for_a_role() -> None:
    spare = service("Spare", "vpxd", "VC Name")
    failed = having(change(base(), RESOURCES.rstrip("."), lambda found: (*found, spare)), Outcome.FAIL)
    assert failed == cluster("VC-GRP-004")


def test_the_texts_variant_can_be_accepted() -> None:
    snapshot = change(base(), RESOURCES + "VC License Server.depends_on", ("VC Server",))
    accepted = Param(rule="VC-RES-005", name="accept_text_variant", value=True)
    assert having(change(snapshot, "declared.params", (accepted,)), Outcome.FAIL) == set()


@pytest.mark.parametrize(
    ("path", "value", "rules"),
    [
        ("declared.minimum_build", None, {"VC-SW-004"}),
        ("declared.netmask", None, {"VC-PAR-002"}),
        ("permissions", Missing(reason="not_asked", detail="export them"), {f"VC-ACC-00{i}" for i in range(1, 5)}),
    ],
)
def test_what_only_the_owner_can_give_is_asked_for(path: str, value: Any, rules: set[str]) -> None:
    snapshot = change(base(), path, value)
    assert {rule for rule, _ in having(snapshot, Outcome.NOT_ASKED)} == rules
    assert having(snapshot, Outcome.FAIL) == having(snapshot, Outcome.UNKNOWN) == set()


def test_an_undeclared_address_is_judged_by_managedip_and_dns() -> None:
    snapshot = change(base(), "declared.virtual_address", None)
    assert having(snapshot, Outcome.FAIL) == set()
    moved = change(snapshot, RESOURCES + "VC IP.properties.Address.value", "192.0.2.77")
    assert {rule for rule, _ in having(moved, Outcome.FAIL)} >= {"VC-IP-002", "VC-PAR-004"}


@pytest.mark.parametrize(
    ("path", "value", "failures"),
    [
        (RESOURCES + "VC Server.checkpoints", (), cluster("VC-PAR-014") | standby("VC-IP-001", "VC-DATA-008")),
        (RESOURCES + "VC Server.checkpoints", ("SOFTWARE",), cluster("VC-PAR-015")),
        ("nodes.VCNODE2.registry.native.keys.@0.values", (), set()),
        ("nodes.VCNODE1.registry.native.keys.@0.values.managedip.data", "192.0.2.51", cluster("VC-IP-002")),
        (
            "nodes.VCNODE2.files.vpxd_cfg.settings",
            (Setting(path="config/vpxd/managedip", value="192.0.2.50"),),
            standby("VC-IP-001", "VC-DATA-004"),
        ),
    ],
)
def test_registry_mode(path: str, value: Any, failures: set[tuple[str, str | None]]) -> None:
    snapshot = change(registry_mode(), "declared.minimum_build", 42000)
    assert having(change(snapshot, path, value), Outcome.FAIL) == failures


def test_what_a_checkpoint_will_renew_is_shown() -> None:
    shown = {r.rule: r.message for r in judged(registry_mode()).results if r.severity == "info" and r.node == "VCNODE2"}
    assert "not there yet" in shown["VC-IP-006"]
    assert "managedip" in shown["VC-DATA-009"]


def test_licences_bound_to_one_machine_or_host() -> None:
    path = "nodes.*.files.licenses.parsed.@0.servers"
    tied = change(base(), path, (LicenseServerLine(host="VCNODE1", host_id="005056000001", port=27000),))
    assert having(tied, Outcome.FAIL) == everywhere("VC-LIC-001", "VC-LIC-002")
    source = (LicenseSource(value="27000@VCNODE1", place="registry"),)
    assert having(change(base(), "nodes.*.software.license_sources", source), Outcome.FAIL) == everywhere("VC-LIC-003")
    nowhere = change(base(), "nodes.*.software.license_sources", ())
    assert having(nowhere, Outcome.UNKNOWN) == everywhere("VC-LIC-003", "VC-LIC-005", "VC-LIC-007")


def test_a_principal_of_one_node() -> None:
    roles = (Permission(principal="VCNODE1\\vcadmin", is_group=False, role="Administrator", entity="root"),)
    assert having(change(base(), "permissions", roles), Outcome.FAIL) == standby("VC-ACC-001")


def test_design_g_is_judged_group_by_group() -> None:
    snapshot = change(separate_license_group(), "declared.minimum_build", 42000)
    for node, state in (("VCNODE1", "Stopped"), ("VCNODE2", "Running")):
        snapshot = change(snapshot, f"nodes.{node}.services.VMware License Server.state", state)
    assert having(snapshot, Outcome.FAIL) == set()
    assert having(change(snapshot, RESOURCES + "LS IP.possible_owners", ()), Outcome.FAIL) == everywhere("VC-RES-002")
    unchained = cluster("VC-RES-003", "VC-GRP-007")
    assert having(change(snapshot, RESOURCES + "LS Name.depends_on", ()), Outcome.FAIL) == unchained
    wide = change(snapshot, RESOURCES + "LS IP.properties.SubnetMask.value", "255.0.0.0")
    assert having(wide, Outcome.FAIL) == cluster("VC-PAR-002")
    undeclared = change(wide, "declared.license_netmask", None)
    assert (having(undeclared, Outcome.FAIL), having(undeclared, Outcome.NOT_ASKED)) == (set(), cluster("VC-PAR-002"))


def test_other_resources_of_the_group_are_listed_and_never_fail() -> None:
    extra = resource("Sync", "Generic Application", ())
    found = judged(change(base(), RESOURCES.rstrip("."), lambda known: (*known, extra)))
    (shown,) = [r for r in found.results if r.rule == "VC-GRP-005"]
    assert (shown.outcome, shown.observed) == (Outcome.PASS, "Sync (Generic Application)")


def test_beyond_its_versions_the_bound_rules_do_not_apply() -> None:
    found = judged(change(base(), "nodes.*.software.vpxd.version", "5.0.0"))
    outcomes = {r.rule: r.outcome for r in found.results}
    assert outcomes["VC-IP-001"] is outcomes["VC-LIC-001"] is Outcome.NOT_APPLICABLE
    assert outcomes["VC-RES-001"] is outcomes["VC-CLU-001"] is Outcome.PASS
    assert found.clusters[0].banner


@pytest.mark.parametrize("node", BOTH)
def test_the_commands_carry_the_observed_names(node: str) -> None:
    snapshot = change(base(), RESOURCES + "VC Server.possible_owners", tuple(n for n in BOTH if n != node))
    (result,) = [r for r in judged(snapshot).results if r.outcome is Outcome.FAIL]
    assert result.remediation is not None
    assert result.remediation.cluster_exe == f'cluster res "VC Server" /addowner:"{node}"'
    assert f"+ '{node}'" in (result.remediation.powershell or "")


def test_a_node_that_is_gone_leaves_the_owner_able_to_start_it_again() -> None:
    snapshot = base()
    for section in (
        "host", "software", "services", "files", "registry", "database", "accounts", "names", "cluster",
        "synchronization",
    ):  # fmt: skip
        snapshot = change(snapshot, f"nodes.VCNODE2.{section}", GONE)
    (found,) = judged(snapshot).clusters
    answers = {verdict.node: verdict.answer for verdict in found.verdict.nodes}
    assert answers == {"VCNODE1": "yes", "VCNODE2": "unknown"}
