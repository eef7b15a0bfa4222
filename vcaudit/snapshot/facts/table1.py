"""What Table 1 of the note lists: license files, vpxd.cfg, SSL, upgrade files, registry."""

from __future__ import annotations

from vcaudit.snapshot.base import NOT_ASKED_THEN, Fact, Missing


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


class LicenseOptions(Fact, frozen=True, kw_only=True):
    """The options file of a vendor daemon: who may use which licences."""

    vendor: str
    identity: str
    """SHA-256 of its lines without comments and spacing."""


class LicenseFolder(Fact, frozen=True, kw_only=True):
    """Table 1: all files of the license directory, or those that the license server is told one by one."""

    path: str
    """Several of either with `;` between them."""
    files: tuple[File, ...] | Missing
    parsed: tuple[LicenseFile, ...] | Missing
    """The .lic files among them."""
    options: tuple[LicenseOptions, ...] | Missing = NOT_ASKED_THEN
    """What their vendor daemons are told besides; none: no options file, or one that says nothing."""


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
    names: tuple[str, ...] | Missing = NOT_ASKED_THEN
    """What it is for: common names of the subject, and names and addresses of its subjectAltName."""
    modulus: str | None | Missing = NOT_ASKED_THEN
    """SHA-256 of the modulus of its public key, without leading zeros; None: no RSA key."""


class SslFolder(Fact, frozen=True, kw_only=True):
    """Table 1: the SSL folder. Keys are hashed on the node and never leave it."""

    path: str
    files: tuple[File, ...] | Missing
    certificate: Certificate | None | Missing
    """Of rui.crt; None: no such file, or no certificate in it."""
    key_modulus: str | None | Missing = NOT_ASKED_THEN
    """Of rui.key: SHA-256 of its modulus, which is public, as the node computed it; None: there is no rui.key."""


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
