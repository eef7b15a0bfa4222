"""A first vcaudit.yaml: short enough to read, with every setting that is worth knowing as a comment."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

SCHEMA_NAME = "vcaudit.schema.json"
"""Beside the inventory, when `vcaudit init --schema` was written there."""


@dataclass(frozen=True)
class Known:
    """What a reachable node said; None: not known, so it stays a comment."""

    cluster: str = "CORP-VC"
    nodes: Mapping[str, str] = field(default_factory=lambda: {"VCNODE1": "192.0.2.11", "VCNODE2": "192.0.2.12"})
    """Name → address."""
    user: str = "CORP\\vcaudit"
    virtual_address: str | None = None
    netmask: str | None = None
    license_netmask: str | None = None
    """Only where the license server is in a group of its own."""
    network_name: str | None = None
    winrm: Mapping[str, str | int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    """What the reader should look at, a line each."""


def starter(known: Known) -> str:
    """The text of the file: valid as it is, ASCII where names are."""
    lines = [
        f"# yaml-language-server: $schema={SCHEMA_NAME}",
        f"# Editors complete this file once they have its schema: vcaudit init --schema > {SCHEMA_NAME}",
        "# What vcaudit looks at. Two addresses and a credential are enough; everything else is found, or is optional.",
        "# All settings: docs/inventory.md. Check this file and the nodes with: vcaudit doctor",
        *(f"# {_comment(note)}" for note in known.notes),
        "",
        "clusters:",
        f"  {_text(known.cluster)}:",
        "    nodes:                     # each machine's own address, never the virtual server's",
        *(f"      {_text(name)}: {_text(address)}" for name, address in known.nodes.items()),
        "    credential: admin",
        *_winrm(known),
        "    # What you know about the virtual server. Stated here, it is compared with what the nodes hold.",
        _line("virtual_address", known.virtual_address, "192.0.2.50"),
        _line("netmask", known.netmask, "255.255.255.0"),
        *([_line("license_netmask", known.license_netmask, "")] if known.license_netmask else []),
        _line("network_name", known.network_name, "VCVIRTUAL"),
        "    # managedip: file          # or registry: where the VirtualCenter Server address is meant to be set",
        "    # minimum_build: 33505     # lowest build of vpxd.exe that has Patch 2",
        "    # permissions: roles.csv   # export of the VirtualCenter roles: principal, is_group, role, entity",
        "    # synchronisation: manual  # files are copied by hand on purpose",
        "    # exceptions:",
        "    # - {rule: VC-DATA-005, subject: InstallDate, reason: differs by design}",
        "",
        "credentials:",
        "  admin:",
        f"    user: {_text(known.user)}",
        "    password_env: VCAUDIT_PASSWORD     # or password_file, keyring, password_command, prompt",
        "",
        "# auditor:",
        "#   dns: 192.0.2.1             # name server to ask instead of this machine's",
    ]
    return "\n".join(lines) + "\n"


def _winrm(known: Known) -> list[str]:
    if not known.winrm:
        return [
            "    # winrm:                   # default: NTLM, sealed, over http, port 5985",
            "    #   scheme: https",
            "    #   ca: ca.pem             # or fingerprint: SHA-256 of the certificate",
        ]
    return ["    winrm:", *(f"      {key}: {_text(value)}" for key, value in known.winrm.items())]


def _line(key: str, value: str | None, example: str) -> str:
    return f"    # {key}: {example}" if value is None else f"    {key}: {_text(value)}"


def _text(value: str | int) -> str:
    """A scalar that YAML reads as this very text: plain where that is safe, else quoted."""
    if isinstance(value, int):
        return str(value)
    plain = value.isascii() and value.replace("-", "").replace("_", "").isalnum() and value[0].isalpha()
    address = value.replace(".", "").isdigit() and value.count(".") == 3
    if address or (plain and value.lower() not in ("yes", "no", "on", "off", "y", "n", "true", "false", "null")):
        return value
    return "'" + value.replace("'", "''") + "'" if value.isprintable() else json.dumps(value)


def _comment(note: str) -> str:
    return "".join(char if char.isprintable() else "?" for char in note)
