"""What the parts of an inventory say about each other, beyond the shape of each.

Works on whatever part of the file has the right shape, so that one misspelt key does not hide the next mistake.
"""

from __future__ import annotations

import ipaddress
import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, TypeAlias

from vcaudit.capture import Limits
from vcaudit.inventory.logons import KERBEROS_KEYS, check_logons
from vcaudit.inventory.operation import check_operation
from vcaudit.inventory.types import DEFAULT_PORT, DEFAULT_TIMEOUT, fit
from vcaudit.yamlfile import Document, Key, suggest

Table: TypeAlias = Mapping[str, Any]
At: TypeAlias = tuple[Key, ...]

PASSWORD_KEYS = ("password_env", "password_file", "keyring", "password_command", "prompt", *KERBEROS_KEYS)
SECURE = ("basic", "certificate")
"""Ways of logging on that take https."""
TRUST = ("ca", "fingerprint", "tls")
"""Keys that make sense over https only."""


def relate(document: Document, value: Table, folder: Path) -> None:
    """Notes in `document` everything in `value` that does not go together."""
    dns = value.get("auditor", {}).get("dns")
    if dns is not None and not _is_endpoint(dns):
        document.add(("auditor", "dns"), "auditor.dns must be an IP address, with :port when it is not 53")
    credentials: Table = value.get("credentials", {})
    for name, entry in credentials.items():
        _password(document, name, entry)
        _command(document, name, entry, folder)
        _files_of(document, name, entry, folder)
    machines: dict[tuple[str, int], At] = {}
    for name, cluster in value.get("clusters", {}).items():
        at = ("clusters", name)
        _nodes(document, cluster, at, machines)
        _addresses(document, cluster, at)
        _settings(document, cluster, at, folder, credentials)


def _password(document: Document, name: str, entry: Table) -> None:
    raw = document.value
    # Looked up in the file itself: a misspelt variable name was already complained about.
    given = [key for key in PASSWORD_KEYS if key in _dig(raw, ("credentials", name))]
    certified = "certificate" in _dig(raw, ("credentials", name))
    if len(given) != 1 and not (certified and not given):
        wrong = f"has {' and '.join(given)}: keep one of them" if given else "does not say where the password is"
        document.add(("credentials", name), f"credentials.{name} {wrong}; allowed: {', '.join(PASSWORD_KEYS)}")


def _files_of(document: Document, name: str, entry: Table, folder: Path) -> None:
    at = ("credentials", name)
    for key in ("keytab", "certificate", "key"):
        _file(document, entry, key, at, folder)
    if "key" in entry and "certificate" not in entry:
        document.add((*at, "key"), f"credentials.{name} has a key and no certificate")
    if "certificate" in entry and any(key in entry for key in KERBEROS_KEYS):
        document.add(at, f"credentials.{name} is for certificates and for Kerberos: make two of it")


def _command(document: Document, name: str, entry: Table, folder: Path) -> None:
    if "password_command" not in entry:
        return
    at, what = ("credentials", name, "password_command"), f"credentials.{name}.password_command"
    try:
        words = words_of(entry["password_command"])
    except ValueError as error:
        document.add(at, f"{what} cannot be split into words ({str(error).lower()}): write it as a list of arguments")
        return
    if not words or not words[0].strip():
        document.add(at, f"{what} names no program")
    elif os.path.dirname(words[0]):
        program = folder / words[0]
        if not (program.is_file() and os.access(program, os.X_OK)):
            document.add(at, f"{what}: there is no program {program}")


def words_of(command: str | list[str]) -> tuple[str, ...]:
    """The words of a command, split as a shell would, a `~` before its program resolved. Raises ValueError."""
    words = shlex.split(command) if isinstance(command, str) else list(command)
    return (os.path.expanduser(words[0]), *words[1:]) if words else ()


def _nodes(document: Document, cluster: Table, at: At, machines: dict[tuple[str, int], At]) -> None:
    """A node compared with itself is always identical, so the same machine twice is refused."""
    names: dict[str, str] = {}
    for name, entry in nodes_of(cluster).items():
        here = (*at, "nodes", name)
        if (first := names.setdefault(name.lower(), name)) != name:
            document.add(here, f"{name} and {first} are the same name to Windows")
        address = str(entry.get("address", ""))
        if ":" in address and not _is_ip(address):
            document.add(here, f"{name}: write the port apart: {{address: …, port: …}}")
        elif address:
            key = (canonical(address), port_of(cluster, entry))
            if (earlier := machines.setdefault(key, here)) != here:
                document.add(here, f"{name} has the address and port of {earlier[-1]} (line {document.line(earlier)}): "
                                   "each node must be a machine of its own")  # fmt: skip


def _addresses(document: Document, cluster: Table, at: At) -> None:
    virtual = cluster.get("virtual_address")
    for name, entry in nodes_of(cluster).items():
        if virtual is not None and canonical(str(entry.get("address", ""))) == virtual:
            document.add((*at, "virtual_address"), f"virtual_address is the address of {name}: the virtual server has "
                                                   "one of its own, and a node is asked at the node's")  # fmt: skip
    for key in ("netmask", "license_netmask"):
        if cluster.get(key) is not None and not _is_mask(cluster[key]):
            document.add((*at, key), f"{key} must be a netmask such as 255.255.255.0")


def _settings(document: Document, cluster: Table, at: At, folder: Path, credentials: Table) -> None:
    _winrm(document, cluster.get("winrm", {}), (*at, "winrm"), folder)
    _file(document, cluster, "permissions", at, folder)
    _locals(document, cluster, at)
    check_operation(document, cluster, at, folder)
    check_logons(document, cluster, at, credentials, nodes_of(cluster), winrm_of)
    if "credential" in cluster or len(credentials) > 1:
        _credential(document, cluster.get("credential"), credentials, at)
    if "virtualcenter" in cluster:
        _virtualcenter(document, cluster, (*at, "virtualcenter"), folder, credentials)
    for name, entry in nodes_of(cluster).items():
        here = (*at, "nodes", name)
        if "credential" in entry:
            _credential(document, entry["credential"], credentials, here)
        if "winrm" in entry:
            _winrm(document, winrm_of(cluster, entry), (*here, "winrm"), folder)
    timeout = cluster.get("timeout", DEFAULT_TIMEOUT)
    if cluster.get("limits", {}).get("seconds", 0) >= timeout:
        document.add((*at, "limits", "seconds"), f"limits.seconds must be less than timeout ({timeout:g})")


def _credential(document: Document, name: str | None, credentials: Table, at: At) -> None:
    raw = _dig(document.value, ("credentials",))
    if name in raw or not raw:
        return
    wrong = "does not name a credential" if name is None else f"credentials has no {name}{suggest(name, raw)}"
    document.add((*at, "credential"), f"{at[-1]}: {wrong}; allowed: {', '.join(credentials)}")


def _locals(document: Document, cluster: Table, at: At) -> None:
    """The machine that vcaudit runs on is one node."""
    here = [name for name, entry in nodes_of(cluster).items() if winrm_of(cluster, entry).get("transport") == "local"]
    for name in here[1:]:
        document.add((*at, "nodes", name), f"{here[0]} and {name} have transport: local, and this machine can be one "
                                           "node only: write it into the winrm of that node")  # fmt: skip


def _winrm(document: Document, entry: Table, at: At, folder: Path) -> None:
    if scheme_of(entry) == "http":
        if entry.get("transport") == "basic":
            document.add((*at, "scheme"), "Basic over http would send the password readable: scheme must be https")
        if entry.get("transport") == "certificate":
            document.add((*at, "scheme"), "a certificate is shown in TLS: scheme must be https")
        for key in TRUST:
            if key in entry:
                about = "TLS" if key == "tls" else "certificates"
                document.add((*at, key), f"{key} is about {about}: scheme must be https")
    if "kerberos" in entry and entry.get("transport") != "kerberos":
        document.add((*at, "kerberos"), "kerberos is about names of Kerberos: transport must be kerberos")
    _protocol(document, entry, at)
    _trust(document, entry, at, folder)


def _protocol(document: Document, entry: Table, at: At) -> None:
    for key in ("protocol", "configuration_name"):
        if key in entry and entry.get("transport") == "local":
            document.add((*at, key), f"{key} is about the network: transport is local")
    if "configuration_name" in entry and protocol_of(entry) != "psrp":
        document.add((*at, "protocol"), "a session configuration is PowerShell remoting's: protocol must be psrp")


def _trust(document: Document, entry: Table, at: At, folder: Path) -> None:
    if "ca" in entry and "fingerprint" in entry:
        document.add((*at, "fingerprint"), "a fingerprint takes the place of ca: keep one of them")
    _file(document, entry, "ca", at, folder)


def _virtualcenter(document: Document, cluster: Table, at: At, folder: Path, credentials: Table) -> None:
    entry: Table = cluster["virtualcenter"]
    _trust(document, entry, at, folder)
    if "credential" in entry:
        _credential(document, entry["credential"], credentials, at)
        if any(key in credentials.get(entry["credential"], {}) for key in (*KERBEROS_KEYS, "certificate")):
            wrong = "virtualcenter is logged on to with a password: name a credential with one"
            document.add((*at, "credential"), wrong)
    # Looked up in the file itself: an address of the wrong shape was already complained about.
    raw = _dig(document.value, tuple(map(str, at[:2])))
    if "address" not in _dig(raw, ("virtualcenter",)) and "virtual_address" not in raw:
        document.add(at, "virtualcenter has no address, and there is no virtual_address to take its place")


def _file(document: Document, entry: Table, key: str, at: At, folder: Path) -> None:
    path = file_of(entry, key, folder)
    if path is not None and not (path.is_file() and os.access(path, os.R_OK)):
        document.add((*at, key), f"{key}: there is no readable file {path}")


def nodes_of(cluster: Table) -> dict[str, Table]:
    """The nodes, each as a mapping: an address alone is short for one."""
    nodes: Table = cluster.get("nodes", {})
    return {name: {"address": node} if isinstance(node, str) else node for name, node in nodes.items()}


def winrm_of(cluster: Table, node: Table) -> Table:
    """The node's settings over the cluster's; a way of trusting certificates takes the place of the cluster's way."""
    own, common = node.get("winrm", {}), dict(cluster.get("winrm", {}))
    if "ca" in own or "fingerprint" in own or own.get("scheme") == "http":
        common.pop("ca", None)
        common.pop("fingerprint", None)
    if own.get("scheme") == "http":
        common.pop("tls", None)
    if own.get("transport", "kerberos") != "kerberos":
        common.pop("kerberos", None)
    if own.get("protocol") == "winrs" or own.get("transport") == "local":
        common.pop("protocol", None)
        common.pop("configuration_name", None)
    return {**common, **own}


def scheme_of(winrm: Table) -> Literal["http", "https"]:
    """https where it is said, and where only https makes sense."""
    secure = winrm.get("transport") in SECURE or any(key in winrm for key in TRUST)
    default = "https" if secure else "http"
    return "https" if winrm.get("scheme", default) == "https" else "http"


def protocol_of(winrm: Table) -> Literal["winrs", "psrp"]:
    """psrp where it is said, and where only psrp makes sense."""
    default = "psrp" if "configuration_name" in winrm else "winrs"
    return "psrp" if winrm.get("protocol", default) == "psrp" else "winrs"


def port_of(cluster: Table, node: Table) -> int:
    """The node's own port, else its WinRM settings', else the usual one of the scheme."""
    winrm = winrm_of(cluster, node)
    return int(node.get("port", winrm.get("port", DEFAULT_PORT[scheme_of(winrm)])))


def file_of(entry: Table, key: str, folder: Path) -> Path | None:
    """A file, relative to the inventory."""
    return folder / Path(entry[key]).expanduser() if key in entry else None


def limits_of(cluster: Table) -> Limits:
    """The script's budget; when it is not given it is cut to fit into the deadline."""
    entry = dict(cluster.get("limits", {}))
    entry.setdefault("seconds", fit(Limits().seconds, cluster.get("timeout", DEFAULT_TIMEOUT)))
    return Limits(**entry)


def canonical(address: str) -> str:
    """One spelling for one address; names without regard to case and the last dot."""
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        return address.lower().rstrip(".")


def _dig(value: Any, path: tuple[str, ...]) -> Table:
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_endpoint(text: str) -> bool:
    """ADDRESS, ADDRESS:PORT, or [IPv6]:PORT."""
    if _is_ip(text):
        return True
    host, _, port = text.rpartition(":")
    inner = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    return _is_ip(inner) and port.isascii() and port.isdigit() and 0 < int(port) < 65536


def _is_mask(text: str) -> bool:
    inverse = int(ipaddress.IPv4Address(text)) ^ 0xFFFFFFFF
    return inverse != 0xFFFFFFFF and inverse & (inverse + 1) == 0
