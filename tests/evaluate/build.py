"""A small healthy snapshot, and how to change it: `change(snapshot, "nodes.VCNODE2.files.ssl", None)`."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from vcaudit.snapshot.base import Fact, Missing
from vcaudit.snapshot.drills import Checks, Drill, Recorded, Step, StepResult
from vcaudit.snapshot.facts import (
    Accounts,
    Action,
    Certificate,
    ClusterNode,
    ClusterView,
    ConfigFile,
    Database,
    Disk,
    Door,
    File,
    Files,
    Folder,
    Group,
    Host,
    Interface,
    License,
    LicenseFile,
    LicenseFolder,
    LicenseServerLine,
    LicenseSource,
    Member,
    Network,
    Permission,
    Probe,
    Program,
    Property,
    Registry,
    RegistryKey,
    RegistryTree,
    RegistryValue,
    Resolution,
    Resource,
    ResourceGroup,
    ScheduledTask,
    Script,
    Service,
    Setting,
    Share,
    Software,
    SslFolder,
    Synchronization,
    User,
    Variable,
)
from vcaudit.snapshot.model import Auditor, Declared, NodeSnapshot, Provenance, Snapshot

NODES = ("VCNODE1", "VCNODE2")
ADDRESS = "192.0.2.50"
KEY = "SOFTWARE\\VMware, Inc.\\VMware VirtualCenter"
GONE = Missing(reason="timeout", detail="taken away by a test")
SERVICES = {
    "vpxd": "VMware VirtualCenter Server",
    "webAccess": "VMware Virtual Infrastructure Web Access",
    "VMware License Server": "VMware License Server",
}
EVERY_NODE = "nodes.*.cluster."
"""Prefix of a fact that all nodes tell alike."""


def healthy() -> Snapshot:
    """Two nodes, one group, managedip in vpxd.cfg; VCNODE1 holds the group."""
    return Snapshot(
        cluster="CORP-VC",
        taken_at="2026-11-22T09:14:07Z",
        declared=Declared(
            nodes=NODES, virtual_address=ADDRESS, netmask="255.255.255.0", network_name="VCVIRTUAL",
            drills=tuple(drill(group, node) for group in ("VC Group", "LS Group") for node in NODES),
        ),
        auditor=Auditor(version="1.0", names=(_name(),), resolver="system", probes=probes()),
        nodes=tuple(_node(name, f"192.0.2.1{i}", owner=i == 1) for i, name in enumerate(NODES, 1)),
        permissions=(
            Permission(principal="Administrators", is_group=True, role="Administrator", entity="Datacenters"),
            Permission(principal="vcadmin", is_group=False, role="Administrator", entity="Datacenters"),
            Permission(principal="CORP\\vcops", is_group=True, role="Read-only", entity="Datacenters"),
        ),
    )


def probes(license_address: str = ADDRESS) -> tuple[Probe, ...]:
    """All that is tried answers."""
    known = (("vpxd", 443), ("vpxd", 902), ("web", 80), ("web", 443), ("license", 27000))
    doors = (Door(role=role, address=license_address if role == "license" else ADDRESS, port=port, told_by="default",
                  expected=True, tls=port == 443) for role, port in known)  # type: ignore[arg-type]
    return tuple(Probe(door=door, via=f"{door.address}:{door.port}", outcome="answered", milliseconds=3,
                       certificate="f" * 64 if door.tls else None) for door in doors)  # fmt: skip


def drill(group: str, target: str) -> Recorded:
    """The group was moved to a node, and everything worked."""
    seen = StepResult(result="pass", how="operator", by="J. Doe")
    steps: tuple[Step, ...] = ("esx_host_connected", "web_client", "license_server_up", "standalone_host_licensed")
    source = next(name for name in NODES if name != target)
    return Recorded(file=f"drills/{group} {target}.json", sha256=f"{group} {target}", drill=Drill(
        cluster="CORP-VC", group=group, source=source, target=target, started="2026-10-01T20:00:00Z",
        resources_online="2026-10-01T20:00:40Z", address_answered="2026-10-01T20:02:30Z",
        checks=Checks(**dict.fromkeys(steps, seen)), operator="J. Doe",
    ))  # fmt: skip


def _name() -> Resolution:
    return Resolution(name="VCVIRTUAL", addresses=(ADDRESS,))


def _node(name: str, address: str, *, owner: bool) -> NodeSnapshot:
    return NodeSnapshot(
        name=name,
        provenance=Provenance(
            route="winrm ntlm http", address=address, user="CORP\\audit", started="2026-11-22T09:14:05Z", seconds=1.0,
            requests=8, bytes_sent=1, bytes_received=1, script_sha256="00", requests_sha256="00",
        ),
        host=Host(
            computer_name=name, domain="corp.example", os_name="Windows Server 2003", os_version="5.2.3790",
            service_pack=2, architecture="x86", maker="HP", model="DL380", clock="2026-11-22T09:14:05Z",
            clock_skew=0.0, addresses=(address, *((ADDRESS,) if owner else ()), "127.0.0.1"),
            mac_addresses=(f"00505600000{address[-1]}",), powershell="2.0", bits=32, hotfixes=("KB968930",),
            disks=(Disk(name="C:", size=80 << 30, free=40 << 30),), system_drive="C:", restarts=(),
        ),
        software=Software(
            vpxd=Program(path="C:\\VMware\\vpxd.exe", version="2.0.1", build=42000), web=True, license=True,
            view="native", license_sources=(LicenseSource(value="27000@localhost", place="registry"),),
        ),
        services=tuple(
            Service(
                name=service, display_name=shown, state="Running" if owner else "Stopped", start_mode="Manual",
                account="LocalSystem", path=None,
            )
            for service, shown in SERVICES.items()
        ),
        files=_files(),
        registry=Registry(
            native=RegistryTree(path=KEY, keys=(
                RegistryKey(path="", values=(RegistryValue(name="InstalledVersion", type="REG_SZ", data="2.0.1"),)),
                RegistryKey(path="DB", values=(
                    RegistryValue(name="1", type="REG_SZ", data="VirtualCenter"),
                    RegistryValue(name="3", type="REG_SZ", data=None, redacted=True),
                )),
            )),
            wow6432=None,
        ),
        database=Database(dsn="VirtualCenter", server="SQL1\\VC,1444", database="VCDB", driver="SQL Server"),
        accounts=_accounts(name),
        names=(_name(),),
        cluster=cluster_view(),
        synchronization=synchronization(),
    )  # fmt: skip


COPY = r"C:\sync\copy.cmd"


def synchronization() -> Synchronization:
    """A task on each node that copies from the virtual server, through a script."""
    folders = (r"C:\VC", r"C:\Licenses")
    lines = (f'robocopy "\\\\VCVIRTUAL\\{folder[0]}${folder[2:]}" {folder} /MIR >nul' for folder in folders)
    return Synchronization(
        tasks=(ScheduledTask(
            name="Copy", enabled=True, running=False, last_run="2026-11-22T08:00:00Z", last_result=1,
            actions=(Action(command="cmd.exe", arguments=f"/c {COPY}", directory=""),),
        ),),
        folders=(), connections=(), shares=(Share(name="C$", path="C:\\"),),
        scripts=(Script(path=COPY, sha256="5" * 64, lines=("@echo off", *lines)),),
        variables=(Variable(name="SystemRoot", value=r"C:\WINDOWS"),),
    )  # fmt: skip


def _files() -> Files:
    licence = License(
        feature="PROD_VC", version="2005.05", vendor="VMWARELM", expires=None, count=1, host_id=None,
        identity="INCREMENT PROD_VC VMWARELM 2005.05 permanent 1 SIGN=abc",
    )  # fmt: skip
    ssl = tuple(File(name=n, size=900, modified="2007-06-19T10:00:00Z", sha256=c * 64) for n, c in
                (("rui.crt", "a"), ("rui.key", "b"), ("rui.pfx", "c")))  # fmt: skip
    lic = File(name="vc.lic", size=800, modified="2007-06-19T10:00:00Z", sha256="d" * 64)
    return Files(
        licenses=LicenseFolder(path="C:\\Licenses", files=(lic,), parsed=(LicenseFile(
            name="vc.lic", sha256="d" * 64, use_server=True, licenses=(licence,), problems=(),
            servers=(LicenseServerLine(host="this_host", host_id="ANY", port=27000),),
        ),), options=()),
        vpxd_cfg=ConfigFile(
            path="C:\\VC\\vpxd.cfg", size=300, modified="2007-06-19T10:00:00Z", sha256="e" * 64,
            settings=(
                Setting(path="config/vpxd/managedip", value=ADDRESS), Setting(path="config/log/level", value="info"),
            ),
        ),
        ssl=SslFolder(path="C:\\VC\\SSL", files=ssl, certificate=Certificate(
            subject="CN=vc.corp.example", issuer="CN=vc.corp.example", serial="01", not_before="2007-01-01T00:00:00Z",
            not_after="2037-01-01T00:00:00Z", sha256="f" * 64, names=("vc.corp.example",), modulus="d" * 64,
        ), key_modulus="d" * 64),
        upgrade=Folder(path="C:\\VC\\upgrade", files=(
            File(name="vpx-upgrade.tar.gz", size=1, modified="2007-06-19T10:00:00Z", sha256="9" * 64),
        )),
    )  # fmt: skip


def user(name: str, rid: int, node: str = "1", **flags: Any) -> User:
    """An enabled local account."""
    settings = {"disabled": False, "locked": False, "must_change_password": False, "expired": False, **flags}
    return User(name=name, sid=f"S-1-5-21-1-{node[-1]}-3-{rid}", **settings)


def _accounts(node: str) -> Accounts:
    domain_admins = Member(name="Domain Admins", domain="CORP", sid="S-1-5-21-9-9-9-512", is_group=True)
    administrator = Member(name="Administrator", domain=node, sid=f"S-1-5-21-1-{node[-1]}-3-500", is_group=False)
    group = Group(name="Administrators", sid="S-1-5-32-544", members=(administrator, domain_admins))
    users = (user("Administrator", 500, node), user("vcadmin", 1001, node), user(f"IUSR_{node}", 1002, node))
    return Accounts(users=users, groups=(group,))


def resource(
    name: str, kind: str, depends_on: tuple[str, ...], group: str = "VC Group", **properties: Any
) -> Resource:
    """An online resource in a monitor of its own."""
    return Resource(
        name=name, type=kind, state="online", group=group, separate_monitor=True,
        monitor_process=zlib.crc32(name.encode()) % 60000 + 4, possible_owners=NODES, depends_on=depends_on,
        checkpoints=(), checkpoints_from="wmi", restart="restart and fail over", restart_threshold=3,
        restart_period=900_000,
        properties=tuple(Property(name=n, value=v) for n, v in properties.items()),
    )  # fmt: skip


def service(name: str, service_name: str, *depends_on: str, group: str = "VC Group") -> Resource:
    """A Generic Service as Table 4 has it."""
    return resource(name, "Generic Service", depends_on, group, ServiceName=service_name, StartupParameters="",
                    UseNetworkName=1)  # fmt: skip


def front(address: str, name: str, group: str, prefix: str) -> tuple[Resource, Resource]:
    """An IP Address and a Network Name on it."""
    return (
        resource(f"{prefix} IP", "IP Address", (), group, Address=address, SubnetMask="255.255.255.0", EnableNetBIOS=1),
        resource(f"{prefix} Name", "Network Name", (f"{prefix} IP",), group, Name=name),
    )


def group(name: str, owner: str = "VCNODE1") -> ResourceGroup:
    """An online group without preferred owners."""
    return ResourceGroup(name=name, state="online", owner=owner, preferred_owners=(), anti_affinity=(),
                         failback=False, failover_threshold=10, failover_period=6)  # fmt: skip


def cluster_view() -> ClusterView:
    """The cluster as each node tells it."""
    return ClusterView(
        name="CLU", identity="id", quorum_resource="Disk Q:", quorum_type="Disk Q:\\MSCS",
        nodes=tuple(ClusterNode(name=n, state="up") for n in NODES),
        groups=(group("Cluster Group"), group("VC Group")),
        resources=(
            *front("192.0.2.40", "CLU", "Cluster Group", "Cluster"),
            resource("Disk Q:", "Physical Disk", (), "Cluster Group"),
            *front(ADDRESS, "VCVIRTUAL", "VC Group", "VC"),
            service("VC Server", "vpxd", "VC Name"),
            service("VC Web Access", "webAccess", "VC Server"),
            service("VC License Server", "VMware License Server", "VC Name"),
        ),
        interfaces=tuple(Interface(node=n, network="Public", address=f"192.0.2.1{i}") for i, n in enumerate(NODES, 1)),
        networks=(
            Network(name="Public", role="both", state="up"), Network(name="Private", role="internal", state="up"),
        ),
        conflicts=(),
    )  # fmt: skip


def separate_license_group() -> Snapshot:
    """Design G: the license server in its own group (Fig. 5)."""

    def apart(resources: tuple[Resource, ...]) -> tuple[Resource, ...]:
        left = tuple(r for r in resources if r.name != "VC License Server")
        server = service("VC License Server", "VMware License Server", "LS Name", group="LS Group")
        return (*left, *front("192.0.2.60", "LSVIRTUAL", "LS Group", "LS"), server)

    snapshot = change(healthy(), EVERY_NODE + "resources", apart)
    snapshot = change(snapshot, "declared.license_netmask", "255.255.255.0")
    snapshot = change(snapshot, "nodes.*.software.license_sources.@0.value", "27000@LSVIRTUAL")
    known = (_name(), Resolution(name="LSVIRTUAL", addresses=("192.0.2.60",)))
    snapshot = change(change(snapshot, "nodes.*.names", known), "auditor.names", known)
    snapshot = change(snapshot, "auditor.probes", probes("192.0.2.60"))
    snapshot = change(snapshot, EVERY_NODE + "groups", lambda groups: (*groups, group("LS Group", "VCNODE2")))
    for name in ("VC Group", "LS Group"):
        snapshot = change(snapshot, f"{EVERY_NODE}groups.{name}.anti_affinity", ("VirtualCenter",))
    return snapshot


def registry_mode() -> Snapshot:
    """managedip in the registry of the owner, replicated by a checkpoint; the standby never held it."""
    value = RegistryValue(name="managedip", type="REG_SZ", data=ADDRESS)
    snapshot = change(healthy(), "nodes.*.files.vpxd_cfg.settings", lambda settings: settings[1:])
    snapshot = change(snapshot, "nodes.VCNODE1.registry.native.keys.@0.values", lambda values: (*values, value))
    return change(snapshot, EVERY_NODE + "resources.VC Server.checkpoints", (KEY,))


def change(fact: Any, path: str, value: Any) -> Any:
    """A copy with another value (or `value(old)`) at a path: fields, names of list elements, `@0`, `*` for all."""
    return _change(fact, [part for part in path.split(".") if part], value)


def _change(fact: Any, path: list[str], value: Any) -> Any:
    if not path:
        return value(fact) if isinstance(value, Callable) else value  # type: ignore[arg-type]
    head, rest = path[0], path[1:]
    if isinstance(fact, tuple):
        chosen = [_chosen(i, item, head) for i, item in enumerate(fact)]
        assert any(chosen), f"nothing is called {head} here"
        return tuple(_change(item, rest, value) if pick else item for pick, item in zip(chosen, fact, strict=True))
    return msgspec.structs.replace(fact, **{head: _change(getattr(fact, head), rest, value)})


def _chosen(index: int, item: Any, head: str) -> bool:
    return head in ("*", f"@{index}", getattr(item, "name", None), getattr(item, "path", None))


def paths(fact: Any, prefix: str = "") -> Iterator[str]:
    """The path of every fact that could be Missing, for tests of soundness."""
    if isinstance(fact, tuple):
        for index, item in enumerate(fact):
            if isinstance(item, Fact):
                yield from paths(item, f"{prefix}@{index}.")
        return
    if isinstance(fact, Fact) and not isinstance(fact, Missing):
        for name in fact.__struct_fields__:
            if _may_be_missing(type(fact), name):
                yield f"{prefix}{name}"
            yield from paths(getattr(fact, name), f"{prefix}{name}.")


def _may_be_missing(kind: type[Fact], name: str) -> bool:
    return "Missing" in str(kind.__annotations__.get(name, ""))
