"""Results as a scan gives them, built by hand: what reports must be able to show."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from vcaudit.results import (
    Arrow,
    AuditResults,
    Box,
    Cell,
    ClusterResult,
    Comparison,
    Compliance,
    Difference,
    GroupPicture,
    NodeProvenance,
    NodeVerdict,
    NotLooked,
    Outcome,
    Pictures,
    ProvenanceRecord,
    Readiness,
    Remediation,
    Result,
    Row,
    Severity,
    Source,
    Summary,
    Tool,
    Verdict,
    WaiverFileUsed,
    WaiverRecord,
    WaiverState,
)  # fmt: skip

TAKEN = "2026-11-22T09:14:07Z"
OWNER, STANDBY = "VCNODE1", "VCNODE2"
NODES = (OWNER, STANDBY)
CRITICAL, HIGH, MEDIUM, LOW, INFO = Severity

ROLES = {
    "ip": ("VC IP", "IP Address"), "name": ("VC Name", "Network Name"), "vpxd": ("VC Server", "Generic Service"),
    "web": ("VC Web Access", "Generic Service"), "license": ("VC License", "Generic Service"),
}  # fmt: skip
SECTIONS = {
    "A": ("Install on the Secondary Node", None), "B": ("Cluster Group Design", "Table 2"),
    "C": ("Create the remaining resources", "Table 4"), "D": ("Create the remaining resources", "Table 4"),
    "E": ("Clustering Considerations for VirtualCenter Server Data", None),
    "F": ("Clustering Considerations for VirtualCenter Server Data", "Table 1"), "H": ("Test the Failover", None),
}  # fmt: skip

# id, title, severity, requirement, what is judged (a word of _subjects), seen
RULES: tuple[tuple[str, str, Severity, str, str, str], ...] = (
    ("VC-HOST-001", "Two nodes, both up", CRITICAL, "A1", "nodes", "up"),
    ("VC-HOST-002", "Every node is in the same domain", HIGH, "A2", "cluster", "corp.example"),
    ("VC-HOST-003", "VirtualCenter is 2.0.1 Patch 2, the same everywhere", CRITICAL, "A6", "nodes", "2.0.1 42200"),
    ("VC-HOST-004", "The tightly coupled parts are installed", CRITICAL, "A7", "nodes", "all three"),
    ("VC-HOST-005", "The database is on a separate host", CRITICAL, "A8", "nodes", "VCDB on SQL1\\VC"),
    ("VC-GRP-001", "The five resources of Table 2 exist", CRITICAL, "B1", "roles", "there"),
    ("VC-GRP-002", "They are in one group", CRITICAL, "B2", "cluster", "VC Group"),
    ("VC-GRP-003", "The group has no preferred owners", MEDIUM, "B3", "cluster", "none"),
    ("VC-GRP-004", "Each role is filled once", HIGH, "B4", "roles", "1 resource"),
    ("VC-RES-001", "Each resource runs in its own Resource Monitor", HIGH, "C1", "roles", "own monitor"),
    ("VC-RES-002", "Every node is a possible owner", CRITICAL, "C2", "roles×nodes", "VCNODE1, VCNODE2"),
    ("VC-RES-003", "Dependencies are those of Table 4", CRITICAL, "C3", "roles", "as Table 4"),
    ("VC-RES-004", "Every resource is online", CRITICAL, "C4", "roles", "online"),
    ("VC-PAR-001", "The address is the one chosen for the virtual server", CRITICAL, "D1", "ip", "192.168.10.40"),
    ("VC-PAR-002", "The netmask is the one chosen", HIGH, "D1", "ip", "255.255.255.0"),
    ("VC-PAR-003", "NetBIOS is enabled on the address", MEDIUM, "D1", "ip", "enabled"),
    ("VC-PAR-004", "The network name resolves to the address", CRITICAL, "D2", "nodes", "VCENTER → 192.168.10.40"),
    ("VC-PAR-005", "The service of VirtualCenter Server is vpxd", CRITICAL, "D3", "vpxd", "vpxd"),
    ("VC-PAR-006", "VirtualCenter Server has no start parameters", MEDIUM, "D3", "vpxd", "empty"),
    ("VC-PAR-007", "VirtualCenter Server uses the network name", HIGH, "D3", "vpxd", "true"),
    ("VC-PAR-008", "Web access uses the network name", HIGH, "D4", "web", "true"),
    ("VC-PAR-009", "Web access replicates no registry keys", HIGH, "D4", "web", "none"),
    ("VC-PAR-010", "The license server replicates no registry keys", HIGH, "D5", "license", "none"),
    ("VC-PAR-011", "Nothing is replicated while the address is in vpxd.cfg", HIGH, "D6", "vpxd", "none"),
    ("VC-ADR-001", "managedip is set in one place, the same on every node", CRITICAL, "E1", "nodes", "vpxd.cfg"),
    ("VC-ADR-002", "managedip is the virtual server's address", CRITICAL, "E2", "nodes", "192.168.10.40"),
    ("VC-DATA-001", "License files are the same", CRITICAL, "F1", "standby", "2 files, 14 licences, the same"),
    ("VC-DATA-002", "vpxd.cfg has the same settings", CRITICAL, "F2", "standby", "the same 31 settings"),
    ("VC-DATA-003", "SSL files are the same", CRITICAL, "F3", "standby", "rui.crt, rui.key, rui.pfx, the same"),
    ("VC-DATA-004", "Upgrade files are the same", HIGH, "F4", "standby", "12 files, the same"),
    ("VC-DATA-005", "Registry entries are the same", HIGH, "F5", "standby", "48 values, the same"),
    ("VC-DATA-009", "The licences are usable on every node", CRITICAL, "F9", "nodes", "SERVER this_host ANY 27000"),
    ("VC-SVC-001", "No clustered service is disabled", CRITICAL, "H5", "roles×nodes", "manual"),
    ("VC-SVC-002", "vpxd does not start by itself", HIGH, "H5", "nodes", "manual"),
    ("VC-SVC-003", "The services run on the owner and only there", CRITICAL, "H1", "nodes", "as the group"),
)  # fmt: skip


def result(rule: str, title: str, severity: Severity, requirement: str, subject: str, **fields: Any) -> Result:
    """One result with what a pass would have; `fields` override."""
    section, table = SECTIONS[requirement[0]]
    node = fields.get("node")
    given: dict[str, Any] = {
        "cluster": "CORP-VC", "node": None, "role": None, "outcome": Outcome.PASS, "observed": "as required",
        "expected": None, "message": title + ".", "reason": None, "source": Source(section=section, table=table),
        "evidence": (f"{node or OWNER} WMI root\\MSCluster, 2026-11-22 09:14:09Z",),
        "anchor": ".".join(part.replace(" ", "-") for part in (rule, subject, node) if part),
    } | fields  # fmt: skip
    return Result(rule=rule, title=title, severity=severity, requirements=(requirement,), subject=subject, **given)


def _subjects(what: str) -> Iterable[tuple[str, str | None, str | None]]:
    """Subject, node, role."""
    if what == "cluster":
        yield "CORP-VC", None, None
    elif what == "nodes":
        yield from ((node, node, None) for node in NODES)
    elif what == "standby":
        yield STANDBY, STANDBY, None
    elif what in ROLES:
        yield ROLES[what][0], None, what
    else:
        for role, (name, _) in ROLES.items():
            yield from ((name, node, role) for node in (NODES if what == "roles×nodes" else (None,)))


def passes() -> tuple[Result, ...]:
    """Every rule on everything it judges, all well; what only the owner can give stands at the end."""
    good = [
        result(rule, title, severity, req, subject, node=node, role=role, observed=seen, expected=seen)
        for rule, title, severity, req, what, seen in RULES
        for subject, node, role in _subjects(what)
    ]
    return (*good, *not_asked())


def not_asked() -> tuple[Result, ...]:
    """What every scan without more lacks."""
    asked = {"outcome": Outcome.NOT_ASKED, "reason": "not_asked", "observed": None, "evidence": ()}
    return (
        result("VC-DATA-006", "Local accounts with a VirtualCenter role are the same", CRITICAL, "F6", "CORP-VC",
               message="Nobody said who holds a role in VirtualCenter.",
               detail="Export the role holders to a CSV file (principal, is_group, role, entity) and name it as "
                      "`permissions`.",
               **asked),
        result("VC-RUN-001", "Failover has been tested in both directions", MEDIUM, "H3", "CORP-VC",
               message="No failover drill is on record.", detail="Move the group while `vcaudit drill` watches.",
               **asked),
    )  # fmt: skip


def picture(broken: bool = False) -> GroupPicture:
    """Fig. 4; broken: the license server depends on VirtualCenter Server and shares a monitor with it."""
    boxes = tuple(
        Box(role=role, label=name, type=kind, state="online", owner=OWNER, group="VC Group", present=True,
            separate_monitor=not (broken and role in ("vpxd", "license")), bad=broken and role in ("vpxd", "license"))
        for role, (name, kind) in ROLES.items()
    )  # fmt: skip
    license_arrows = (
        (Arrow(source="license", target="name", kind="missing"), Arrow(source="license", target="vpxd", kind="extra"))
        if broken
        else (Arrow(source="license", target="name", kind="required"),)
    )
    chain = (("name", "ip"), ("vpxd", "name"), ("web", "vpxd"))
    arrows = tuple(Arrow(source=source, target=target, kind="required") for source, target in chain)
    return GroupPicture(name="VC Group", state="online", owner=OWNER, boxes=boxes, arrows=arrows + license_arrows)


def license_group() -> GroupPicture:
    """The second group of design G; its license server is not there."""
    boxes = (
        Box(role="license_ip", label="Lic IP", type="IP Address", state="online", owner=STANDBY, separate_monitor=True,
            group="License Group", present=True, bad=False),
        Box(role="license_name", label="Lic Name", type="Network Name", state="online", owner=STANDBY,
            separate_monitor=True, group="License Group", present=True, bad=False),
        Box(role="license", label="no resource runs VMware License Server", type="Generic Service", state="missing",
            owner=None, separate_monitor=None, group="License Group", present=False, bad=True),
        Box(role="Robocopy task", label="Robocopy task", type="Generic Application", state="offline", owner=STANDBY,
            separate_monitor=None, group="License Group", present=True, bad=False),
    )  # fmt: skip
    arrows = (
        Arrow(source="license_name", target="license_ip", kind="required"),
        Arrow(source="license", target="license_name", kind="missing"),
    )
    return GroupPicture(name="License Group", state="partial online", owner=STANDBY, boxes=boxes, arrows=arrows)


ROWS = (
    ("License files", "2 files, 14 licences"), ("License server port", "27000"), ("vpxd.cfg", "31 settings"),
    ("managedip", "192.168.10.40 in vpxd.cfg"),
    ("rui.crt", "CN=vcenter.corp.example, until 2028-03-02, 1f6a 09c2 d7be 4410"),
    ("rui.key", "887 bytes, 8d1c 4410 90ab 77e0"), ("rui.pfx", "1,733 bytes, 02fe 11aa 5c6d 9b31"),
    ("Upgrade files", "12 files, 1.4 MB"), ("Registry entries", "48 values"), ("DSN", "VCDB → SQL1\\VC, database VCDB"),
    ("VirtualCenter", "2.0.1 build 42200"), ("vpxd", "manual, LocalSystem"), ("webAccess", "manual, LocalSystem"),
    ("VMware License Server", "manual, LocalSystem"),
)  # fmt: skip


def comparison(changes: dict[str, str] | None = None, unread: str | None = None) -> Comparison:
    """Table 1 side by side; `changes`: what the standby holds instead."""
    rows = []
    for thing, value in ROWS:
        other = (changes or {}).get(thing, value)
        same = None if unread else other == value
        rows.append(Row(thing=thing, same=same, cells=(value, f"unknown: {unread}" if unread else other)))
    return Comparison(nodes=NODES, rows=tuple(rows))


def provenance(unreachable: bool = False) -> ProvenanceRecord:
    """Two nodes over WinRM, or one and a closed door."""
    nodes = tuple(
        NodeProvenance(node=node, route="winrm ntlm http", address=f"10.0.0.1{number}:5985", user="CORP\\audit",
                       started=TAKEN, seconds=1.84 + number / 10, requests=7, bytes_sent=41_230, bytes_received=18_411,
                       collector_milliseconds=612, script_sha256="5be1" * 16, requests_sha256="7e57" * 16, warnings=())
        for number, node in enumerate(NODES, 1)
    )  # fmt: skip
    if unreachable:
        gone = msgspec.structs.replace(
            nodes[1], seconds=5.0, requests=0, bytes_sent=0, bytes_received=0, collector_milliseconds=None,
            script_sha256="", warnings=("restarted once: the node closed the connection",))  # fmt: skip
        nodes = (nodes[0], gone)
    return ProvenanceRecord(
        taken_at=TAKEN, judged_by="vcaudit 0.1.0", rule_pack="tn019 1.0", rule_pack_sha256="c0ffee" * 10 + "0123",
        snapshot_sha256="9a7b" * 16, nodes=nodes, resolver="10.0.0.2 (declared)",
        declared=("virtual server address 192.168.10.40", "netmask 255.255.255.0", "network name VCENTER"))  # fmt: skip


LEFT_TO_PEOPLE = (
    NotLooked(requirement=None, what="Cabling and storage certification", reason="nothing on a node tells"),
    NotLooked(requirement=None, what="Whether the database itself is highly available", reason="it is on another host"),
    NotLooked(requirement=None, what="The passwords of replicated local users", reason="they are never read"),
    NotLooked(requirement="F7", what="A way of keeping the nodes synchronised", reason="no rule judges it yet"),
)


def summary(results: Iterable[Result]) -> Summary:
    """Counts as the engine makes them."""
    everything = list(results)

    def count(outcome: Outcome) -> int:
        return sum(item.outcome is outcome for item in everything)

    failed = [item.severity for item in everything if item.outcome is Outcome.FAIL and item.severity is not INFO]
    return Summary(
        failed={severity.value: failed.count(severity) for severity in Severity}, passed=count(Outcome.PASS),
        unknown=count(Outcome.UNKNOWN), not_asked=count(Outcome.NOT_ASKED),
        not_applicable=count(Outcome.NOT_APPLICABLE), waived=count(Outcome.WAIVED))  # fmt: skip


def readiness(states: dict[tuple[str, str], tuple[Readiness, tuple[str, ...], str]] | None = None) -> tuple[Cell, ...]:
    """Role × node, go unless `states` says otherwise."""
    given = states or {}
    return tuple(
        Cell(role=role, node=node, state=state, because=because, note=note)
        for role in ROLES
        for node in NODES
        for state, because, note in [given.get((role, node), (Readiness.GO, (), ""))]
    )


RUNNING = NodeVerdict(node=OWNER, owner=True, answer="yes", sentence="VCNODE1 would take over (running there now).")


def verdict(answer: str, sentence: str, code: int) -> Verdict:
    """About the standby; the owner is fine."""
    standby = NodeVerdict(node=STANDBY, owner=False, answer=answer, sentence=sentence)  # type: ignore[arg-type]
    return Verdict(answer=answer, sentence=sentence, nodes=(RUNNING, standby), exit_code=code)  # type: ignore[arg-type]


def document(results: tuple[Result, ...], judged: Verdict, *, name: str = "CORP-VC", **fields: Any) -> AuditResults:
    """One cluster with these results; `fields` override those of ClusterResult."""
    given: dict[str, Any] = {
        "name": name, "taken_at": TAKEN, "owner": OWNER, "verdict": judged, "readiness": readiness(),
        "compliance": Compliance(lower=0.94, upper=1.0, without_waivers=1.0, applicable=35, failed=0, undecided=2,
                                 lower_without_waivers=0.94),
        "summary": summary(results), "provenance": provenance(), "not_looked": LEFT_TO_PEOPLE,
        "pictures": Pictures(groups=(picture(),), comparison=comparison()),
    } | fields  # fmt: skip
    renamed = tuple(msgspec.structs.replace(item, cluster=name) for item in results)
    return AuditResults(tool=Tool(name="vcaudit", version="0.1.0"), clusters=(ClusterResult(**given),), results=renamed)


def healthy() -> AuditResults:
    """Nothing wrong."""
    return document(passes(), verdict("yes", "VCNODE2 would take over.", 0))


def large() -> AuditResults:
    """Nothing wrong, in a pack of twice as many rules."""
    again = tuple(msgspec.structs.replace(item, rule=f"{item.rule}-B", anchor=f"{item.anchor}-B") for item in passes())
    left = tuple(
        NotLooked(requirement="A1", what="Something a later release will judge", reason="it takes what is not read yet")
        for _ in range(16)
    )
    results = tuple(item for item in (*passes(), *again) if item.outcome is Outcome.PASS)
    return document(results, verdict("yes", "VCNODE2 would take over.", 0), not_looked=left)


WAIVER = WaiverRecord(
    id="W-12", rule="VC-PAR-003", cluster="CORP-VC", subject="VC IP", justification="no NetBIOS in this network",
    ticket="CHG-4711", requested_by="R. Roe", approved_by="J. Doe", created="2026-04-01", starts="2026-04-01",
    expires="2027-03-31", file="waivers.yaml", line=3, file_sha256="5f" * 32, run_as="audit (uid 1000)",
)
EXPIRED = msgspec.structs.replace(
    WAIVER, id="W-7", rule="VC-RES-003", subject="VC License", expires="2026-10-31", line=18
)
STATES = (
    WaiverState(waiver=WAIVER, state="applied", detail="", results=("VC-PAR-003.VC-IP",)),
    WaiverState(waiver=EXPIRED, state="expired", detail="it expired at the end of 2026-10-31 UTC"),
)
WAIVER_FILE = WaiverFileUsed(file="waivers.yaml", sha256="5f" * 32, max_days=400, waivers=2)


def failures() -> dict[tuple[str, str, str | None], dict[str, Any]]:
    """What the broken cluster has instead of passes: rule, subject, node → fields."""
    return {
        ("VC-DATA-003", STANDBY, STANDBY): {
            "message": "VCNODE2 holds another certificate than VCNODE1, the owner.",
            "observed": "rui.crt: CN=vcnode2.corp.example, since 2024-03-02; rui.key and rui.pfx differ as well",
            "expected": "the same three files on every node",
            "impact": "After a failover to VCNODE2 every ESX host would refuse the certificate.",
            "remediation": Remediation(
                text="Copy the SSL folder from VCNODE1 to VCNODE2, then move the group once to see hosts reconnect.",
                powershell="Copy-Item '\\\\VCNODE1\\C$\\Documents and Settings\\All Users\\Application Data\\VMware\\"
                           "VMware VirtualCenter\\SSL\\*' '\\\\VCNODE2\\C$\\Documents and Settings\\All Users\\"
                           "Application Data\\VMware\\VMware VirtualCenter\\SSL' -Force"),
            "differences": (
                Difference(path="rui.crt", change="changed", reference="CN=vcenter.corp.example, 1f6a 09c2 d7be 4410",
                           deviating="CN=vcnode2.corp.example, 77aa 10c9 ee01 3b5d"),
                Difference(path="rui.key", change="changed", reference="887 bytes", deviating="887 other bytes"),
                Difference(path="rui.bak", change="added", reference=None, deviating="1,044 bytes"),
            ),
            "evidence": tuple(
                f"{node} C:\\Documents and Settings\\All Users\\Application Data\\VMware\\VMware VirtualCenter\\SSL"
                for node in NODES),
        },
        ("VC-RES-002", "VC License", STANDBY): {
            "message": "VCNODE2 is missing from the possible owners of VC License.",
            "observed": "VCNODE1", "expected": "VCNODE1, VCNODE2",
            "impact": "The license server stays down on VCNODE2, so no host can be added and no machine powered on.",
            "remediation": Remediation(
                text="Add VCNODE2 as a possible owner.",
                cluster_exe='cluster CORP-VC res "VC License" /addowner:VCNODE2',
                powershell="Get-ClusterResource 'VC License' | Set-ClusterOwnerNode -Owners VCNODE1,VCNODE2"),
            "evidence": ("VCNODE1 WMI MSCluster_ResourceToPossibleOwner, 2026-11-22 09:14:09Z",),
        },
        ("VC-SVC-001", "VC Web Access", STANDBY): {
            "message": "The service webAccess is disabled on VCNODE2.", "observed": "Disabled", "expected": "Manual",
            "impact": "The cluster cannot start a disabled service: Web access would not come online on VCNODE2.",
            "remediation": Remediation(text="Set the start type to manual.", powershell=
                                       "Set-Service -ComputerName VCNODE2 -Name webAccess -StartupType Manual"),
            "evidence": ("VCNODE2 WMI Win32_Service webAccess, 2026-11-22 09:14:10Z",),
        },
        ("VC-DATA-002", STANDBY, STANDBY): {
            "message": "vpxd.cfg has other settings on VCNODE2 than on VCNODE1, the owner.",
            "observed": "2 settings differ", "expected": "the same settings on every node",
            "impact": "After a failover VirtualCenter would run with other settings than today.",
            "differences": (
                Difference(path="config/vpxd/das/slotCpuMinMHz", change="removed", reference="256", deviating=None),
                Difference(path="config/log/level", change="changed", reference="verbose", deviating="trivia"),
            ),
            "remediation": Remediation(text="Copy vpxd.cfg from VCNODE1 to VCNODE2."),
        },
        ("VC-RES-003", "VC License", None): {
            "severity": MEDIUM, "message": "VC License depends on VC Server instead of VC Name.",
            "observed": "VC Server", "expected": "VC Name",
            "impact": "It works, but a failure of VirtualCenter Server takes licensing down with it.",
            "remediation": Remediation(
                text="Take VC License offline, exchange the dependency, bring it online.",
                cluster_exe='cluster CORP-VC res "VC License" /adddep:"VC Name"\n'
                            'cluster CORP-VC res "VC License" /removedep:"VC Server"'),
        },
        **{("VC-RES-001", name, None): {
            "message": f"{name} shares its Resource Monitor with {other}.", "observed": f"shared with {other}",
            "expected": "a Resource Monitor of its own",
            "impact": "When one of them hangs, the monitor takes both down.",
            "remediation": Remediation(
                text="Set the flag, then take the resource offline and online again; until then it has no effect.",
                cluster_exe=f'cluster CORP-VC res "{name}" /prop SeparateMonitor=1'),
        } for name, other in (("VC Server", "VC License"), ("VC License", "VC Server"))},
        ("VC-GRP-003", "CORP-VC", None): {
            "message": "The group VC Group has a preferred owner.", "observed": "VCNODE1", "expected": "none",
            "impact": "The group may move back by itself after VCNODE1 returns.",
            "remediation": Remediation(
                text="Remove the preferred owners.", cluster_exe='cluster CORP-VC group "VC Group" /setowners:'),
        },
        ("VC-PAR-003", "VC IP", None): {
            "outcome": Outcome.WAIVED, "message": "NetBIOS is disabled on the address.", "observed": "disabled",
            "expected": "enabled", "reason": "W-12: no NetBIOS in this network", "waiver": WAIVER,
        },
        ("VC-PAR-002", "VC IP", None): {
            "severity": LOW, "message": "The netmask is wider than the one declared.", "observed": "255.255.0.0",
            "expected": "255.255.255.0", "impact": "None while the gateway is in the same network.",
        },
        ("VC-GRP-004", "VC IP", None): {
            "severity": INFO, "message": "Another resource is in the group.", "observed": "Robocopy task",
        },
        ("VC-PAR-004", STANDBY, STANDBY): {
            "outcome": Outcome.UNKNOWN, "reason": "timeout", "detail": "DNS on VCNODE2 gave no answer within 5 s",
            "message": "Whether VCNODE2 resolves VCENTER is not known.", "observed": None,
        },
        ("VC-DATA-004", STANDBY, STANDBY): {
            "outcome": Outcome.NOT_APPLICABLE, "message": "No upgrade files anywhere.", "observed": "none"},
    }  # fmt: skip


def broken() -> AuditResults:
    """The owner fine, the standby not: eight rules fail, one is waived, one unknown."""
    changed = failures()
    results = []
    for item in passes():
        fields = changed.get((item.rule, item.subject, item.node))
        default = {} if fields is None or "outcome" in fields else {"outcome": Outcome.FAIL}
        results.append(msgspec.structs.replace(item, **default, **(fields or {})))
    sentence = "VCNODE2 would not take over: every ESX host would refuse its certificate."
    states = {
        ("vpxd", STANDBY): (Readiness.NO_GO, ("VC-DATA-003.VCNODE2.VCNODE2",), "SSL files differ"),
        ("web", STANDBY): (Readiness.NO_GO, ("VC-SVC-001.VC-Web-Access.VCNODE2",), "webAccess is disabled"),
        ("license", STANDBY): (Readiness.NO_GO, ("VC-RES-002.VC-License.VCNODE2",), "not a possible owner"),
        ("name", STANDBY): (Readiness.UNKNOWN, ("VC-PAR-004.VCNODE2.VCNODE2",), "name resolution not known"),
        ("license", OWNER): (Readiness.DEGRADED, ("VC-RES-003.VC-License",), "depends on VC Server"),
    }
    changes = {
        "rui.crt": "CN=vcnode2.corp.example, until 2026-03-02, 77aa 10c9 ee01 3b5d",
        "rui.key": "887 bytes, 1190 aa3b 7c12 04f8",
        "vpxd.cfg": "30 settings", "webAccess": "disabled, LocalSystem",
    }  # fmt: skip
    return document(
        tuple(results), verdict("no", sentence, 2), readiness=readiness(states),
        compliance=Compliance(lower=0.71, upper=0.77, without_waivers=0.74, applicable=35, failed=8, undecided=2,
                              lower_without_waivers=0.69),
        pictures=Pictures(groups=(picture(broken=True),), comparison=comparison(changes)),
        accepted=("registry value InstallPath may differ: drives differ by design (CHG-1002)",), waivers=STATES,
        provenance=msgspec.structs.replace(
            provenance(), waiver_files=(WAIVER_FILE,), run_as=WAIVER.run_as))  # fmt: skip


def unreachable() -> AuditResults:
    """VCNODE2 cannot be asked: what is about it, and every comparison, is unknown."""
    detail = "no connection to 10.0.0.12:5985: connection refused"
    results = tuple(
        msgspec.structs.replace(item, outcome=Outcome.UNKNOWN, reason="unreachable", detail=detail, observed=None,
                                evidence=(), message="Not known.")
        if item.node == STANDBY else item
        for item in passes()
    )  # fmt: skip
    sentence = "Cannot tell whether VCNODE2 would take over: it could not be reached."
    states = {(role, STANDBY): (Readiness.UNKNOWN, (), "could not be reached") for role in ROLES}
    return document(
        results, verdict("unknown", sentence, 3), readiness=readiness(states), provenance=provenance(unreachable=True),
        compliance=Compliance(lower=0.46, upper=1.0, without_waivers=1.0, applicable=35, failed=0, undecided=19,
                              lower_without_waivers=0.46),
        pictures=Pictures(groups=(picture(),), comparison=comparison(unread="unreachable")),
        banner="VirtualCenter 2.5 is outside what this pack is about; what it changed was not judged.")  # fmt: skip


def design_g() -> AuditResults:
    """The license server in its own group, and gone."""
    missing = result(
        "VC-GRP-001", "The five resources of Table 2 exist", CRITICAL, "B1", "License server", role="license",
        outcome=Outcome.FAIL, message="No resource runs the license server.", observed="nothing",
        expected="Generic Service", impact="Hosts keep their licences for 14 days, no longer.")  # fmt: skip
    main = picture()
    without = GroupPicture(
        name="VC Group", state="online", owner=OWNER, boxes=tuple(box for box in main.boxes if box.role != "license"),
        arrows=tuple(arrow for arrow in main.arrows if arrow.source != "license"))  # fmt: skip
    return document(
        (*passes(), missing), verdict("degraded", "VCNODE2 would take over, but licensing would stay down.", 2),
        name="Büro Köln", pictures=Pictures(groups=(without, license_group()), comparison=comparison()))  # fmt: skip


def two_clusters() -> AuditResults:
    """A broken one and a healthy one, their anchors the same."""
    first, second = broken(), document(passes(), verdict("yes", "VCNODE2 would take over.", 0), name="LAB-VC")
    return msgspec.structs.replace(
        first, clusters=first.clusters + second.clusters, results=first.results + second.results
    )


POISON = (
    "\"><script>alert(1)</script><img src=https://evil.example/x onerror=alert(1)>' onload='x' ]]></svg></style>"
    "<!-- --><a href=javascript:alert(1)>{{7*7}}{% raw %}[red]=cmd|'/c calc'!A1"
    " \x1b[31m\x1b]0;t\x07\u202egpj.exe\u2066\x00\ud800\r\n"
    "url(https://evil.example/y) @import 'https://evil.example/z'; &lt;b&gt; \u2028 \\u003c"
)


def poisoned(value: Any, poison: str) -> Any:
    """Every string of a built-in structure replaced, but for those that are words of the schema."""
    words = {"outcome", "severity", "state", "answer", "kind", "change", "against"}
    if isinstance(value, dict):
        return {
            key: item if key in words and isinstance(item, str) and _is_word(item) else poisoned(item, poison)
            for key, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [poisoned(item, poison) for item in value]
    return poison if isinstance(value, str) else value


def _is_word(text: str) -> bool:
    closed = {
        *Severity,
        *Outcome,
        *Readiness,
        "yes",
        "no",
        "required",
        "missing",
        "extra",
        "added",
        "removed",
        "changed",
        "owner",
        "approved",
        "applied",
        "expired",
    }
    return text in closed


def hostile(poison: str = POISON) -> AuditResults:
    """The broken cluster of design G with the poison in every field that takes text."""
    source = broken()
    groups = (picture(broken=True), license_group())
    pictures = msgspec.structs.replace(source.clusters[0].pictures, groups=groups)
    cluster = msgspec.structs.replace(source.clusters[0], pictures=pictures, banner="x")
    plain = msgspec.to_builtins(msgspec.structs.replace(source, clusters=(cluster,), defects=("x",)))
    return msgspec.convert(poisoned(plain, poison), AuditResults)
