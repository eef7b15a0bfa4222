"""Table 1 of one node in canonical form: a name for every element, and a text that is equal where the elements are.

None: the thing is not on this node. Missing: it, or a part of it, could not be looked at.
Names of files, keys and values ignore case on Windows, so they stand here in lower case.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TypeAlias

from vcaudit.evaluate.known import whole
from vcaudit.snapshot.base import Fact, Missing
from vcaudit.snapshot.facts import (
    Certificate,
    ConfigFile,
    File,
    Files,
    Folder,
    LicenseFile,
    LicenseFolder,
    Program,
    RegistryTree,
    RegistryValue,
    SslFolder,
)
from vcaudit.snapshot.model import NodeSnapshot

Contents: TypeAlias = Mapping[str, str] | None | Missing

WITHHELD = "(present, withheld)"
"""A secret is compared by presence only: what it is never leaves the node."""
HOST_ID = "SERVER: host id"
NO_LICENCE = (HOST_ID, "line that is no licence: ")
"""How that begins which belongs to license files and licenses nothing."""
SSL_FILES = ("rui.crt", "rui.key", "rui.pfx")
"""What VirtualCenter needs of the SSL folder."""
NOT_WELL_FORMED = "(not well-formed XML)"


def version(node: NodeSnapshot) -> Contents:
    """vpxd.exe."""
    program = node.software if isinstance(node.software, Missing) else node.software.vpxd
    if not isinstance(program, Program):
        return program
    if isinstance(program.version, Missing):
        return program.version
    if isinstance(program.build, Missing):
        return program.build
    return {"version": program.version, "build": str(program.build)}


def windows(node: NodeSnapshot) -> Contents:
    """The operating system: its name, version and architecture."""
    if isinstance(node.host, Missing):
        return node.host
    found = {"version": node.host.os_version, "architecture": node.host.architecture, "name": node.host.os_name}
    out: dict[str, str] = {}
    for name, value in found.items():
        if isinstance(value, Missing):
            return value
        # 2003 calls itself Microsoft(R) Windows(R), or with the signs themselves
        out[name] = " ".join(value.replace("(R)", "").replace("\N{REGISTERED SIGN}", "").split())
    return out


def service_pack(node: NodeSnapshot) -> Contents:
    """The service pack of Windows."""
    found = node.host if isinstance(node.host, Missing) else node.host.service_pack
    return found if isinstance(found, Missing) else {"service pack": str(found)}


def updates(node: NodeSnapshot) -> Contents:
    """Installed updates of Windows, by the numbers of their articles."""
    found = node.host if isinstance(node.host, Missing) else node.host.hotfixes
    return found if isinstance(found, Missing) else dict.fromkeys(found, "installed")


def licenses(node: NodeSnapshot) -> Contents:
    """The licences of all .lic files as one set: how they are spread over files does not matter to the server.

    The host id of SERVER is one of the things that make another licence of it (field facts, section 3).
    """
    parsed = parsed_licenses(node)
    if parsed is None or isinstance(parsed, Missing):
        return parsed
    out: dict[str, str] = {}
    for file in parsed:
        for licence in file.licenses:
            out[f"{licence.feature} {licence.version} ({_short(_digest(licence.identity))})"] = licence.identity
        for problem in file.problems:
            out[f"line that is no licence: {problem.text}"] = f"line {problem.line}"
    bound = sorted({server.host_id.upper() for file in parsed for server in file.servers})
    return {**out, HOST_ID: ", ".join(bound)} if bound else out


def license_files(node: NodeSnapshot) -> Contents:
    """All files of the license folder (Table 1), byte by byte, but for logs: each license server writes its own."""
    folder = _files(node, "licenses")
    if not isinstance(folder, LicenseFolder):
        return _absent(folder)
    if isinstance(folder.files, Missing):
        return folder.files
    return _hashes(tuple(file for file in folder.files if not file.name.casefold().endswith(".log")))


def license_options(node: NodeSnapshot) -> Contents:
    """What the options file of each vendor daemon says: who may use which licences."""
    folder = _files(node, "licenses")
    if not isinstance(folder, LicenseFolder):
        return _absent(folder)
    if isinstance(folder.options, Missing):
        return folder.options
    out: dict[str, str] = {}
    for one in sorted(folder.options, key=lambda one: one.identity):
        name = f"options of {one.vendor.upper()}"
        out[name] = ", ".join(filter(None, (out.get(name), f"sha256 {_short(one.identity)}")))
    return out


def vpxd_settings(node: NodeSnapshot) -> Contents:
    """vpxd.cfg, element by element; a file that does not parse is compared as a whole."""
    config = _files(node, "vpxd_cfg")
    if not isinstance(config, ConfigFile):
        return _absent(config)
    if isinstance(config.settings, Missing):
        return config.settings
    if config.settings is not None:
        return {setting.path: setting.value for setting in config.settings}
    if isinstance(config.sha256, Missing):
        return config.sha256
    said = "; ".join(f"line {p.line}: {p.text}" for p in config.problems)
    return {NOT_WELL_FORMED: f"{_short(config.sha256)} {said}".strip()}


def vpxd_bytes(node: NodeSnapshot) -> Contents:
    """vpxd.cfg, byte by byte."""
    config = _files(node, "vpxd_cfg")
    if not isinstance(config, ConfigFile):
        return _absent(config)
    return config.sha256 if isinstance(config.sha256, Missing) else {"vpxd.cfg": f"sha256 {_short(config.sha256)}"}


def ssl(node: NodeSnapshot) -> Contents:
    """The files of the SSL folder by their hashes, and what the certificate says."""
    folder = _files(node, "ssl")
    if not isinstance(folder, SslFolder):
        return _absent(folder)
    hashes = _hashes(folder.files)
    if hashes is None or isinstance(hashes, Missing):
        return hashes
    if isinstance(folder.certificate, Missing):
        return folder.certificate
    return {**hashes, **(_certificate(folder.certificate) if folder.certificate else {})}


def _certificate(certificate: Certificate) -> dict[str, str]:
    return {
        "rui.crt: subject": certificate.subject, "rui.crt: issuer": certificate.issuer,
        "rui.crt: serial number": certificate.serial, "rui.crt: valid from": certificate.not_before,
        "rui.crt: valid until": certificate.not_after,
    }  # fmt: skip


def upgrade(node: NodeSnapshot) -> Contents:
    """The files of the upgrade folder by their hashes."""
    folder = _files(node, "upgrade")
    return _hashes(folder.files) if isinstance(folder, Folder) else _absent(folder)


def registry(node: NodeSnapshot) -> Contents:
    """The VirtualCenter key in the view that vpxd reads: `key\\value` and what it holds."""
    if isinstance(node.registry, Missing):
        return node.registry
    seen = view(node)
    if isinstance(seen, Missing):
        return seen
    tree = node.registry.native if seen == "native" else node.registry.wow6432
    if not isinstance(tree, RegistryTree):
        return tree
    if isinstance(tree.keys, Missing):
        return tree.keys
    out: dict[str, str] = {}
    for key in tree.keys:
        if isinstance(key.values, Missing):
            return key.values
        if not key.values and key.path:
            out[f"{key.path.casefold()}\\"] = "(key)"
        for value in key.values:
            text = _value(value)
            if isinstance(text, Missing):
                return text
            name = value.name.casefold() or "(default)"
            out[f"{key.path.casefold()}\\{name}" if key.path else name] = text
    return out


def view(node: NodeSnapshot) -> str | Missing:
    """The registry view that vpxd reads; 32-bit Windows has one only."""
    if not isinstance(node.host, Missing) and node.host.architecture == "x86":
        return "native"
    return node.software if isinstance(node.software, Missing) else node.software.view


def _value(value: RegistryValue) -> str | Missing:
    if value.redacted:
        return WITHHELD
    if isinstance(value.data, Missing):
        return value.data
    data = value.data
    shown = ", ".join(data) if isinstance(data, tuple) else "" if data is None else str(data)
    return f"{value.type} {shown}".rstrip()


def _files(node: NodeSnapshot, name: str) -> Fact | None:
    files: Files | Missing = node.files
    found: Fact | None = files if isinstance(files, Missing) else getattr(files, name)
    return found


def _absent(found: Fact | None) -> None | Missing:
    return found if isinstance(found, Missing) else None


def _hashes(files: tuple[File, ...] | Missing) -> Contents:
    if isinstance(files, Missing):
        return files
    hashes = whole(f.sha256 for f in files)
    if isinstance(hashes, Missing):
        return hashes
    return {f.name.casefold(): f"sha256 {_short(h)}" for f, h in zip(files, hashes, strict=True)}


def parsed_licenses(node: NodeSnapshot) -> tuple[LicenseFile, ...] | None | Missing:
    """The .lic files of a node."""
    folder = _files(node, "licenses")
    return folder.parsed if isinstance(folder, LicenseFolder) else _absent(folder)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _short(digest: str) -> str:
    return digest[:16]
