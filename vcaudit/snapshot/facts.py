"""The typed contents of a snapshot, in the field's own terms.

`X | None` is "looked, and absent"; Missing is "not looked".


Sources are named per class; sections and figures of the tech note where it speaks of them.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from vcaudit.snapshot.base import Fact, Missing
from vcaudit.snapshot.sources import Source, SourceConflict, Told

View: TypeAlias = Literal["native", "wow6432"]
"""Registry view: `native` is SOFTWARE\\X, `wow6432` its 32-bit twin on x64."""


class Host(Fact, frozen=True, kw_only=True):
    """Win32_OperatingSystem, Win32_ComputerSystem, Win32_NetworkAdapterConfiguration (Table 3: domain, servers)."""

    computer_name: str | Missing
    domain: str | None | Missing
    """Active Directory domain; None in a workgroup."""
    os_name: str | Missing
    os_version: str | Missing
    """5.2.3790, 6.0.6002, …"""
    service_pack: int | Missing
    architecture: Literal["x86", "x64"] | Missing
    maker: str | Missing
    model: str | Missing
    clock: str | Missing
    """The node's clock when the script began, RFC 3339 UTC."""
    clock_skew: float | Missing
    """Seconds the node's clock was ahead of the auditor's when the answer came; includes the run time of the script."""
    addresses: tuple[str, ...] | Missing
    """Of enabled adapters; on an owner they include the addresses of online IP Address resources."""
    mac_addresses: tuple[str, ...] | Missing
    """Of enabled adapters, twelve hex digits in lower case without separators (Flex host ids are written so)."""
    powershell: str | Missing
    bits: int | Missing
    """32 or 64: of the shell. A 32-bit shell on x64 has not seen the native registry view."""


class Program(Fact, frozen=True, kw_only=True):
    """vpxd.exe."""

    path: str
    version: str | Missing
    """Three numbers: 2.0.1."""
    build: int | Missing


class Software(Fact, frozen=True, kw_only=True):
    """What is installed (Server Components, Fig. 1): its service is registered, or its program is there."""

    vpxd: Program | None | Missing
    web: bool | Missing
    license: bool | Missing
    view: View | Missing
    """The registry view that vpxd reads."""
    license_sources: tuple[LicenseSource, ...] | Missing
    """Where VirtualCenter is told to find its license server; empty: looked everywhere known, not found."""


class LicenseSource(Fact, frozen=True, kw_only=True):
    """`port@host` or a path, and where it was read."""

    value: str
    place: str


class Service(Fact, frozen=True, kw_only=True):
    """Win32_Service."""

    name: str
    display_name: str | None
    state: str | Missing
    """Running, Stopped, Start Pending, … (WMI's own words, the same in every language)."""
    start_mode: str | Missing
    """Auto, Manual, Disabled, …"""
    account: str | None | Missing
    path: str | None | Missing


class LineProblem(Fact, frozen=True, kw_only=True):
    """A line that does not parse; the file was read all the same."""

    line: int
    text: str
    """What is wrong; never the content where that could be a secret."""


class File(Fact, frozen=True, kw_only=True):
    """One file of a folder."""

    name: str
    """Path below the folder, with backslashes."""
    size: int | Missing
    modified: str | Missing
    """RFC 3339 UTC."""
    sha256: str | Missing


class Folder(Fact, frozen=True, kw_only=True):
    """A folder read whole."""

    path: str
    files: tuple[File, ...] | Missing


class License(Fact, frozen=True, kw_only=True):
    """One FEATURE or INCREMENT line, canonical: see `sections/flexlm.py`."""

    feature: str
    version: str
    vendor: str
    expires: str | None
    """RFC 3339 date; None: permanent."""
    count: int | None
    """None: uncounted."""
    host_id: str | None
    identity: str
    """Everything that makes it this licence, as one canonical line with the signature hashed."""


class LicenseServerLine(Fact, frozen=True, kw_only=True):
    """SERVER host hostid [port]."""

    host: str
    host_id: str
    port: int | None


class LicenseFile(Fact, frozen=True, kw_only=True):
    """A .lic file, parsed as licences (field facts, section 3)."""

    name: str
    sha256: str | Missing
    servers: tuple[LicenseServerLine, ...]
    use_server: bool
    licenses: tuple[License, ...]
    problems: tuple[LineProblem, ...]


class LicenseFolder(Fact, frozen=True, kw_only=True):
    """Table 1: all files of the license directory."""

    path: str
    files: tuple[File, ...] | Missing
    parsed: tuple[LicenseFile, ...] | Missing
    """The .lic files among them."""


class Setting(Fact, frozen=True, kw_only=True):
    """One leaf of vpxd.cfg: `config/vpxd/managedip` and its text, white space trimmed; `@name` for an attribute.

    Repeated elements carry their position: `config/a/b[2]`. A redacted value is `***`.
    """

    path: str
    value: str


class ConfigFile(Fact, frozen=True, kw_only=True):
    """vpxd.cfg (Table 1; Option 1)."""

    path: str
    size: int | Missing
    modified: str | Missing
    sha256: str | Missing
    settings: tuple[Setting, ...] | None | Missing
    """None: read, and not well-formed (see problems)."""
    problems: tuple[LineProblem, ...] = ()


class Certificate(Fact, frozen=True, kw_only=True):
    """rui.crt."""

    subject: str
    issuer: str
    serial: str
    not_before: str
    not_after: str
    sha256: str
    """Fingerprint of the certificate itself, not of the file."""


class SslFolder(Fact, frozen=True, kw_only=True):
    """Table 1: the SSL folder. Keys are hashed on the node and never leave it."""

    path: str
    files: tuple[File, ...] | Missing
    certificate: Certificate | None | Missing
    """Of rui.crt; None: no such file, or no certificate in it."""


class Files(Fact, frozen=True, kw_only=True):
    """Table 1. None: looked at every known place, and not there."""

    licenses: LicenseFolder | None | Missing
    vpxd_cfg: ConfigFile | None | Missing
    ssl: SslFolder | None | Missing
    upgrade: Folder | None | Missing


class RegistryValue(Fact, frozen=True, kw_only=True):
    """One value. Text is cut at its first NUL, multi-strings lose trailing empty items, binary data is hex."""

    name: str
    """Empty: the default value."""
    type: str
    """REG_SZ, REG_DWORD, …"""
    data: str | int | tuple[str, ...] | None | Missing
    """None with `redacted`."""
    redacted: bool = False
    """Present on the node, withheld there."""


class RegistryKey(Fact, frozen=True, kw_only=True):
    """One key of a tree; `path` is relative to the tree's root, empty for the root itself."""

    path: str
    values: tuple[RegistryValue, ...] | Missing


class RegistryTree(Fact, frozen=True, kw_only=True):
    """A key with everything below it."""

    path: str
    """Below HKEY_LOCAL_MACHINE, as asked."""
    keys: tuple[RegistryKey, ...] | Missing
    """Missing when the tree was not read whole (limits, time)."""


class Registry(Fact, frozen=True, kw_only=True):
    """HKLM\\SOFTWARE\\VMware, Inc.\\VMware VirtualCenter in both views. None: looked, no such key."""

    native: RegistryTree | None | Missing
    wow6432: RegistryTree | None | Missing
    """Missing or None on 32-bit Windows."""


class Database(Fact, frozen=True, kw_only=True):
    """The DSN that VirtualCenter uses (Deploy the Database), read in the ODBC view that vpxd uses."""

    dsn: str | None | Missing
    """Value `1` of sub key DB; None: not configured."""
    server: str | None | Missing
    """As the DSN has it: `Server`, for Oracle `ServerName`. None: no such DSN, or no server in it."""
    database: str | None | Missing
    driver: str | None | Missing


class User(Fact, frozen=True, kw_only=True):
    """A local account."""

    name: str
    sid: str | Missing
    disabled: bool | Missing
    locked: bool | Missing
    must_change_password: bool | Missing
    """Password expired, or to be changed at the next logon."""
    expired: bool | Missing
    """The account itself."""


class Member(Fact, frozen=True, kw_only=True):
    """A member of a local group."""

    name: str
    domain: str | None
    """Domain or computer; None for a member known by SID only."""
    sid: str | Missing
    is_group: bool | None


class Group(Fact, frozen=True, kw_only=True):
    """A local group."""

    name: str
    sid: str | Missing
    members: tuple[Member, ...] | Missing


class Accounts(Fact, frozen=True, kw_only=True):
    """Local users and groups (Clustering Considerations: replicated users)."""

    users: tuple[User, ...] | Missing
    groups: tuple[Group, ...] | Missing


class Resolution(Fact, frozen=True, kw_only=True):
    """A name and the IPv4 addresses it has; empty: the name server said there is none."""

    name: str
    addresses: tuple[str, ...] | Missing


class Permission(Fact, frozen=True, kw_only=True):
    """A VirtualCenter permission (field facts, section 8)."""

    principal: str
    is_group: bool
    role: str
    entity: str


class ClusterNode(Fact, frozen=True, kw_only=True):
    """MSCluster_Node."""

    name: str
    state: Literal["up", "down", "paused", "joining", "unknown"] | Missing


class ResourceGroup(Fact, frozen=True, kw_only=True):
    """MSCluster_ResourceGroup."""

    name: str
    state: Literal["online", "offline", "failed", "partial online", "pending", "unknown"] | Missing
    owner: str | None | Missing
    """Node that holds it (MSCluster_NodeToActiveGroup)."""
    preferred_owners: tuple[str, ...] | Missing
    anti_affinity: tuple[str, ...] | Missing
    """AntiAffinityClassNames."""


class Property(Fact, frozen=True, kw_only=True):
    """A private property of a resource; redacted ones are `***`."""

    name: str
    value: str | int | bool | tuple[str, ...] | None | Missing


class Resource(Fact, frozen=True, kw_only=True):
    """MSCluster_Resource and its association classes."""

    name: str
    type: str | Missing
    state: Literal["inherited", "initializing", "online", "offline", "failed", "pending", "online pending", "offline pending", "unknown"] | Missing  # noqa: E501
    group: str | None | Missing
    separate_monitor: bool | Missing
    monitor_process: int | None | Missing
    """MonitorProcessId; None where this Windows has no such property, or the resource is not online."""
    possible_owners: tuple[str, ...] | Missing
    depends_on: tuple[str, ...] | Missing
    """Names of resources."""
    properties: tuple[Property, ...] | Missing
    checkpoints: tuple[str, ...] | Missing
    """Registry checkpoints, relative to HKEY_LOCAL_MACHINE, without a leading backslash."""
    checkpoints_from: Literal["wmi", "hive"] | None = None
    properties_from: Told | None = None


class Interface(Fact, frozen=True, kw_only=True):
    """MSCluster_NetworkInterface: a node's own address on a cluster network."""

    node: str
    network: str
    address: str


class ClusterView(Fact, frozen=True, kw_only=True):
    """The cluster as one node sees it."""

    name: str | Missing
    identity: str | None | Missing
    """ClusterInstanceID of the hive; None: this Windows keeps none."""
    nodes: tuple[ClusterNode, ...] | Missing
    groups: tuple[ResourceGroup, ...] | Missing
    resources: tuple[Resource, ...] | Missing
    quorum_resource: str | None | Missing
    quorum_type: str | None | Missing
    interfaces: tuple[Interface, ...] | Missing
    sources: tuple[Source, ...] = ()
    """Of what WMI did not give; empty where all of it is WMI's."""
    conflicts: tuple[SourceConflict, ...] | Missing = Missing(
        reason="not_asked", detail="the snapshot was taken by a version that did not compare the sources"
    )
    """Between WMI and the hive. Missing: one of the two could not be read, so nothing was compared."""
