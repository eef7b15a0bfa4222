"""Facts of one machine beside Table 1: what runs on it, who is known to it, how it resolves names."""

from __future__ import annotations

from typing import Literal, TypeAlias

from vcaudit.snapshot.base import NOT_ASKED_THEN, Fact, Missing

View: TypeAlias = Literal["native", "wow6432"]
"""Registry view: `native` is SOFTWARE\\X, `wow6432` its 32-bit twin on x64."""


class Host(Fact, frozen=True, kw_only=True):
    """Win32_OperatingSystem, Win32_ComputerSystem, Win32_NetworkAdapterConfiguration, Win32_QuickFixEngineering
    (Table 3: domain, servers)."""

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
    hotfixes: tuple[str, ...] | Missing = NOT_ASKED_THEN
    """Numbers of the articles of installed updates in capitals, sorted: KB921181. Service packs are not among them."""
    disks: tuple[Disk, ...] | Missing = NOT_ASKED_THEN
    """Local disks; on an owner they include those of online disk resources."""
    system_drive: str | Missing = NOT_ASKED_THEN
    """`C:`: where Windows is."""
    restarts: tuple[Restart, ...] | Missing = NOT_ASKED_THEN
    """What waits for a restart of Windows; empty: nothing does."""


class Disk(Fact, frozen=True, kw_only=True):
    """Win32_LogicalDisk with DriveType 3: a local fixed disk."""

    name: str
    """`C:`"""
    size: int | Missing
    """Bytes."""
    free: int | Missing
    """Bytes."""


class Restart(Fact, frozen=True, kw_only=True):
    """Something that will be done, or finished, at the next start of Windows."""

    kind: Literal["update", "files"]
    """An update that was installed in part, or files to be replaced or deleted."""
    place: str
    """Registry key or value that says so."""
    files: int = 0
    """How many of them; 0 for an update."""


class Program(Fact, frozen=True, kw_only=True):
    """vpxd.exe."""

    path: str
    version: str | Missing
    """Three numbers: 2.0.1."""
    build: int | Missing


class Software(Fact, frozen=True, kw_only=True):
    """What is installed (Server Components, Fig. 1): its service is registered, or its program is there."""

    vpxd: Program | None | Missing
    """None: the program is not there, whether or not its service is registered."""
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
