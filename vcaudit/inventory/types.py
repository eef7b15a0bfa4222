"""What the owner of the clusters writes down: which machines, how to reach them, and what is known beforehand."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, TypeAlias

import msgspec

from vcaudit.capture import Limits, Locations
from vcaudit.snapshot.model import Declared
from vcaudit.yamlfile import Document

Transport: TypeAlias = Literal["ntlm", "kerberos", "certificate", "credssp", "basic", "local"]
Scheme: TypeAlias = Literal["http", "https"]
Remoting: TypeAlias = Literal["winrs", "psrp"]

DEFAULT_PORT = {"http": 5985, "https": 5986}
DEFAULT_VI_PORT = 443
DEFAULT_TIMEOUT = 120.0


class CredentialSpec(msgspec.Struct, frozen=True, kw_only=True):
    """An account, and where its password is; never the password."""

    name: str
    """As `credentials` of the inventory calls it."""
    user: str
    """`DOMAIN\\user`, `user@domain`, or a local account."""
    source: Literal["env", "file", "prompt", "keyring", "command", "none"]
    """`none`: there is nothing to prove, as on the node itself."""
    place: str = ""
    """Environment variable, absolute path of the file, service in the keyring, or folder to run the command in."""
    words: tuple[str, ...] = ()
    """The command, program first; or the user in the keyring."""
    ticket: bool = False
    """Kerberos: the ticket of whoever runs vcaudit is used."""
    keytab: str | None = None
    """Kerberos: absolute path of the file with the account's key."""
    certificate: str | None = None
    """Absolute path of our certificate (PEM); the password, if there is one, opens its key."""
    key: str | None = None
    """Absolute path of its key, where that is not in the same file."""


LOCAL = CredentialSpec(name="local", user="", source="none")
"""Whoever started vcaudit."""


class Tls(msgspec.Struct, frozen=True, kw_only=True):
    """How far TLS may be weakened for an endpoint that is too old for today's settings; every field is opt-in."""

    minimum: Literal["1.0", "1.1", "1.2", "1.3"] | None = None
    """Oldest version to speak; None: what this machine allows."""
    security_level: int | None = None
    """OpenSSL's, from 0 (small keys, SHA-1 and MD5 signatures) to 5; None: what this machine has."""
    common_name: bool = False
    """A certificate without alternative names may bear the address as its common name."""
    legacy_renegotiation: bool = False
    """WinRM: a node without secure renegotiation (RFC 5746) may be spoken to."""


class WinRM(msgspec.Struct, frozen=True, kw_only=True):
    """How a node is spoken to."""

    transport: Transport = "ntlm"
    """NTLM, Kerberos and CredSSP seal their messages over http; Basic and certificates take https.

    `local`: vcaudit runs on the node itself.
    """
    scheme: Scheme = "http"
    protocol: Remoting = "winrs"
    """The remote command shell, for Administrators; or PowerShell remoting, for Remote Management Users as well."""
    configuration_name: str | None = None
    """Over psrp: the JEA endpoint to ask, made with `vcaudit jea`; None: the node's own, which runs scripts."""
    ca: Path | None = None
    """PEM file of the authorities to trust instead of the system's."""
    fingerprint: str | None = None
    """SHA-256 of the one certificate to accept, 64 lower-case hex digits."""
    tls: Tls = Tls()
    service: str = "HTTP"
    """Kerberos: first part of the node's service principal name."""
    hostname_override: str | None = None
    """Kerberos: its second part, where that is not the address."""


class VirtualCenter(msgspec.Struct, frozen=True, kw_only=True):
    """VirtualCenter's own API, which is asked for the role holders."""

    address: str
    """Host name or IP address; certificates are checked against it."""
    port: int = DEFAULT_VI_PORT
    credential: CredentialSpec
    """An account that holds the role Read-only on the root folder."""
    ca: Path | None = None
    """PEM file of the authorities to trust instead of the system's."""
    fingerprint: str | None = None
    """SHA-256 of the one certificate to accept, 64 lower-case hex digits."""
    tls: Tls = Tls()


class Probing(msgspec.Struct, frozen=True, kw_only=True):
    """How the virtual server is reached from here, where that is not its own address and ports."""

    ports: tuple[tuple[str, tuple[int, ...]], ...] = ()
    """Role (vpxd, web, license) and the ports that must answer, where the owner states them."""
    through: tuple[tuple[str, str], ...] = ()
    """`address:port` or `port` of the virtual server, and the `address:port` to connect to."""


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """One machine of a cluster."""

    name: str
    address: str
    """Host name or IP address."""
    port: int
    credential: CredentialSpec | None = None
    """Only when it differs from the cluster's."""
    winrm: WinRM | None = None
    """Only when it differs from the cluster's; then complete."""


class Cluster(msgspec.Struct, frozen=True, kw_only=True):
    """Machines that take over from each other."""

    name: str
    nodes: tuple[Node, ...]
    credential: CredentialSpec
    winrm: WinRM
    declared: Declared
    locations: Locations = Locations()
    permissions: Path | None = None
    """CSV of the VirtualCenter role holders."""
    virtualcenter: VirtualCenter | None = None
    """Where to ask for the role holders; None: VirtualCenter is not contacted."""
    probe: Probing = Probing()
    """Used when probes are asked for; never by itself."""
    dns: str | None = None
    """Name server the auditor asks, `ADDRESS[:PORT]`; None: the system's resolver."""
    limits: Limits = Limits()
    timeout: float = DEFAULT_TIMEOUT
    """Seconds for one node, from connecting to closing."""

    def credential_of(self, node: Node) -> CredentialSpec:
        """The node's own, else the cluster's; none for the machine that vcaudit runs on."""
        return LOCAL if self.winrm_of(node).transport == "local" else node.credential or self.credential

    @property
    def credentials(self) -> tuple[CredentialSpec, ...]:
        """All that looking at the cluster takes."""
        asked = (self.virtualcenter.credential,) if self.virtualcenter else ()
        return (*map(self.credential_of, self.nodes), *asked)

    def winrm_of(self, node: Node) -> WinRM:
        """The node's own, else the cluster's."""
        return node.winrm or self.winrm

    def with_timeout(self, seconds: float) -> Cluster:
        """The same cluster with another deadline; the script's own budget is cut to fit into it."""
        limits = msgspec.structs.replace(self.limits, seconds=fit(self.limits.seconds, seconds))
        return msgspec.structs.replace(self, timeout=seconds, limits=limits)


class Inventory(msgspec.Struct, frozen=True, kw_only=True):
    """The whole file."""

    path: Path
    clusters: tuple[Cluster, ...]
    document: Document
    """Where everything stands, for mistakes that only later stages can see."""
    waivers: tuple[Path, ...] = ()
    """Files of waivers."""


def fit(budget: int, timeout: float) -> int:
    """Seconds of script that fit into a deadline with time left for connecting and for the answer."""
    return max(1, min(budget, int(timeout * 0.75)))
