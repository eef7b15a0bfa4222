"""The shape of vcaudit.yaml as a JSON Schema: what editors complete, what the docs list, what the loader walks.

Only the keywords that `inventory/shape.py` knows are used, and a test holds both to the same answers.
"""

from __future__ import annotations

from typing import Any, TypeAlias

Schema: TypeAlias = dict[str, Any]

_OCTET = r"(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
IPV4 = rf"^({_OCTET}\.){{3}}{_OCTET}$"
NAME = r"^[^\u0000-\u001f\u007f-\u009f]{1,200}$"
ADDRESS = r"^[^\s/@\\\[\]]{1,253}$"
FINGERPRINT = r"^([0-9A-Fa-f]{2}:?){31}[0-9A-Fa-f]{2}$"
CONFIGURATION = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$"
SERVICE = r"^[A-Za-z][A-Za-z0-9-]{0,31}$"
VARIABLE = r"^[A-Za-z_][A-Za-z0-9_]*$"
WINDOWS_PATH = r"^([A-Za-z]:\\|\\\\|%[^%]+%)[^\u0000-\u001f]*$"
LICENSE_SERVER = r"^[0-9]{1,5}@[^\s@/\\]+$"
DOOR = rf"^(({_OCTET}\.){{3}}{_OCTET}:)?[0-9]{{1,5}}$"
WAY = r"^(\[[0-9A-Fa-f:.]{2,45}\]|[^\s/@\\\[\]:]{1,253}):[0-9]{1,5}$"
TIME = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$"
SHA256 = r"^[0-9A-Fa-f]{64}$"
COMMAND = r"^[^\u0000-\u001f\u007f]{1,1000}$"
IDENTIFIER = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
DAY = r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"

ALLOWED = {
    IPV4: "an IPv4 address such as 192.0.2.50",
    NAME: "text without control characters, 1 to 200 characters",
    ADDRESS: "a host name or an IP address, without scheme, user or port",
    FINGERPRINT: "the SHA-256 of the certificate: 64 hexadecimal digits, colons allowed",
    CONFIGURATION: "the name of a session configuration: letters, digits, dots, dashes and _",
    SERVICE: "a service class such as HTTP",
    VARIABLE: "the name of an environment variable: letters, digits and _",
    WINDOWS_PATH: r"a Windows path such as D:\Licenses or %ProgramFiles%\VMware",
    LICENSE_SERVER: "port@host such as 27000@vcvirtual",
    DOOR: "a port of the virtual server such as 443, or ADDRESS:PORT such as 192.0.2.50:443",
    WAY: "ADDRESS:PORT such as 198.51.100.7:8443",
    TIME: "a time in UTC such as 2026-05-02T20:00:00Z",
    SHA256: "a SHA-256: 64 hexadecimal digits",
    COMMAND: "text of one line, 1 to 1000 characters",
    IDENTIFIER: "letters, digits, dots, dashes and _, at most 64 characters",
    DAY: "a day such as 2027-03-31",
}
"""In words, for messages: no reader should need the pattern."""


def text(description: str, pattern: str | None = NAME) -> Schema:
    """A text; None: any."""
    return {"type": "string", **({"pattern": pattern} if pattern else {}), "description": description}


def _choice(description: str, *values: str) -> Schema:
    return {"type": "string", "enum": list(values), "description": description}


def _number(description: str, low: int, high: int, kind: str = "integer") -> Schema:
    return {"type": kind, "minimum": low, "maximum": high, "description": description}


def table(description: str, properties: dict[str, Schema], *required: str) -> Schema:
    """Keys and what may stand behind them; no others."""
    out = {"type": "object", "description": description, "properties": properties, "additionalProperties": False}
    return out | ({"required": list(required)} if required else {})


def _named(description: str, each: Schema, least: int = 0) -> Schema:
    return {
        "type": "object", "description": description, "additionalProperties": each,
        "propertyNames": {"pattern": NAME}, "minProperties": least,
    }  # fmt: skip


_PORT = _number("Port of the WinRM listener; default 5985, over https 5986", 1, 65535)

_TLS_KEYS: dict[str, Schema] = {
    "minimum": _choice("Oldest version of TLS to speak, in quotes", "1.0", "1.1", "1.2", "1.3"),
    "security_level": _number("OpenSSL's: 0 accepts small keys and signatures with SHA-1 or MD5", 0, 5),
    "common_name": {"type": "boolean", "description": "true: a certificate may bear its name as common name only"},
}
_TOO_OLD = "What an endpoint is too old for; each weakens the connection and is named in every report"
_TLS = table(_TOO_OLD, _TLS_KEYS)
_WINRM_TLS = table(_TOO_OLD, {
    **_TLS_KEYS,
    "legacy_renegotiation": {"type": "boolean", "description": "true: a node without MS10-049 may be spoken to"},
})  # fmt: skip

_KERBEROS = table("Under which name the node is known to Kerberos, when not HTTP/address", {
    "service": text("First part of the service principal name: HTTP (default), WSMAN or HOST", SERVICE),
    "hostname_override": text("Second part: the node's full name, when that is not its address here", ADDRESS),
})  # fmt: skip

_WINRM = table("How the nodes are spoken to", {
    "transport": _choice(
        "ntlm (default), kerberos or credssp (all sealed over http), certificate or basic (https only), "
        "local (vcaudit runs on the node itself)",
        "ntlm", "kerberos", "certificate", "credssp", "basic", "local",
    ),
    "scheme": _choice(
        "http (default) or https (default with basic, certificate, ca, fingerprint or tls)", "http", "https"
    ),
    "protocol": _choice(
        "winrs (default; takes an administrator) or psrp (default with configuration_name; Remote Management Users)",
        "winrs", "psrp",
    ),
    "configuration_name": text("Session configuration to ask over psrp, made with `vcaudit jea`", CONFIGURATION),
    "port": _PORT,
    "ca": text("PEM file of the certificate authorities to trust, relative to this file"),
    "fingerprint": text("SHA-256 of the one certificate to accept", FINGERPRINT),
    "tls": _WINRM_TLS,
    "kerberos": _KERBEROS,
})  # fmt: skip

_VIRTUALCENTER = table("VirtualCenter's own API, asked for the role holders; without this it is not contacted", {
    "address": text("Host name or IP address; default: virtual_address", ADDRESS),
    "port": _number("Port of its https; default 443", 1, 65535),
    "credential": text("Name of an entry of credentials; the role Read-only on the root folder suffices"),
    "ca": text("PEM file of the certificate authorities to trust, relative to this file"),
    "fingerprint": text("SHA-256 of the one certificate to accept", FINGERPRINT),
    "tls": _TLS,
}, "credential")  # fmt: skip

_NODE: Schema = {"anyOf": [
    text("Host name or IP address", ADDRESS),
    table("A node with settings of its own", {
        "address": text("Host name or IP address", ADDRESS),
        "port": _PORT,
        "credential": text("Name of an entry of credentials"),
        "winrm": _WINRM,
    }, "address"),
]}  # fmt: skip

_WITNESS: Schema = {"anyOf": [
    text("Machine that holds the witness share, as the path of the share names it"),
    table("Machine that holds the witness share, and what you know of it", {
        "host": text("As the path of the share names it", ADDRESS),
        "runs_virtualcenter": {
            "type": "boolean",
            "description": "Whether it has software of VirtualCenter; nobody looks, so the report calls it your word",
        },
    }, "host"),
]}  # fmt: skip

_LOCATIONS = table("Where things lie on the nodes, when not at the known places", {
    "licenses": text("Folder of the license files", WINDOWS_PATH),
    "vpxd_cfg": text("vpxd.cfg, the file itself", WINDOWS_PATH),
    "ssl": text("Folder of rui.crt, rui.key, rui.pfx", WINDOWS_PATH),
    "upgrade": text("Folder of the upgrade files", WINDOWS_PATH),
})  # fmt: skip

_PARAMS = _named("Parameters of rules: rule id, then parameter", _named("Parameters of this rule", {
    "anyOf": [
        {"type": "string"}, {"type": "number"}, {"type": "boolean"}, {"type": "array", "items": {"type": "string"}},
    ],
}))  # fmt: skip

_EXCEPTION = table("A difference that is accepted, shown with its reason in every report", {
    "rule": text("Rule id such as VC-DATA-005"),
    "subject": text("Only this subject; without it, all of the rule's"),
    "reason": text("Why it is accepted"),
}, "rule", "reason")  # fmt: skip

_LIMITS = table("What one run of the collector may spend on a node", {
    "seconds": _number("Run time of the script", 1, 3600),
    "file_bytes": _number("Largest file whose content is read", 1024, 7_000_000),
    "registry_values": _number("Registry values read at most", 100, 1_000_000),
    "wmi_seconds": _number("One question to WMI or to cluster.exe", 1, 600),
    "requests": _number("HTTP requests of one scan", 20, 100_000),
    "received_bytes": _number("Bytes that the node may answer in one scan", 1 << 16, 1 << 30),
})  # fmt: skip

_PORTS: Schema = {
    "type": "array", "items": _number("Port", 1, 65535), "description": "TCP ports that must answer, at most eight",
}  # fmt: skip
_PROBE = table("How the virtual server is reached from here when --probe is asked for", {
    "ports": table("Ports that must answer, when not those that the nodes were set up with", {
        "virtualcenter": {**_PORTS, "description": "Of VirtualCenter; default its https port and, before 2.5, 902"},
        "web": {**_PORTS, "description": "Of Web access; default VirtualCenter's http and https ports"},
        "license": {**_PORTS, "description": "Of the license server; default as its license files say, else 27000"},
    }),
    "through": {
        "type": "object", "description": "Ways through a NAT: PORT or ADDRESS:PORT of it, and what leads there",
        "additionalProperties": text("ADDRESS:PORT that leads there from here", WAY),
        "propertyNames": {"pattern": DOOR}, "minProperties": 0,
    },
})  # fmt: skip

_DRILLS: Schema = {"anyOf": [
    text("Records of drills: a file, a folder of .json files, or a pattern such as drills/*.json"),
    {"type": "array", "items": text("A file, a folder or a pattern"), "description": "The same as a list"},
]}  # fmt: skip

_CLUSTER = table("One cluster: two addresses and a credential are enough", {
    "nodes": _named("The machines, by name", _NODE, least=1),
    "credential": text("Name of an entry of credentials; may be left out when there is only one"),
    "winrm": _WINRM,
    "virtual_address": text("IP address of the virtual server", IPV4),
    "netmask": text("Netmask of the virtual server's address", IPV4),
    "license_netmask": text("Netmask of the license server's own address, where it is in a group of its own", IPV4),
    "network_name": text("Network name of the virtual server"),
    "managedip": _choice("Where the VirtualCenter Server address is meant to be set", "file", "registry"),
    "locations": _LOCATIONS,
    "witness": _WITNESS,
    "synchronisation": _choice("manual: files are copied by hand on purpose", "manual"),
    "minimum_build": _number("Lowest build of vpxd.exe that counts as patched", 1, 2**31 - 1),
    "license_server": text("License server that VirtualCenter uses", LICENSE_SERVER),
    "permissions": text("CSV of VirtualCenter role holders: principal, is_group, role, entity; relative to this file"),
    "virtualcenter": _VIRTUALCENTER,
    "probe": _PROBE,
    "drills": _DRILLS,
    "drill_max_age": _number("Days after which a drill no longer counts; none, or an older one, then fails", 1, 3650),
    "params": _PARAMS,
    "exceptions": {"type": "array", "items": _EXCEPTION, "description": "Accepted differences"},
    "limits": _LIMITS,
    "timeout": _number("Seconds for one node, from connecting to closing; default 120", 1, 3600, "number"),
}, "nodes")  # fmt: skip

_KEYRING: Schema = {"anyOf": [
    text("Service under which this machine's keyring has the password of this user"),
    table("Where this machine's keyring has the password", {
        "service": text("Name of the service"),
        "user": text("Name in the keyring, when it is not the credential's user"),
    }, "service"),
]}  # fmt: skip

_COMMAND: Schema = {"anyOf": [
    text("Command whose first line of output is the password, such as pass show vc/prod; no shell runs it", COMMAND),
    {"type": "array", "items": text("Program, then its arguments", COMMAND), "description": "The same as a list"},
]}  # fmt: skip

_CREDENTIAL = table("An account and where its password is: in exactly one way", {
    "user": text(r"DOMAIN\user, user@domain, or a local account"),
    "password_env": text("Environment variable that holds the password", VARIABLE),
    "password_file": text("File of mode 0600 that holds the password, relative to this file"),
    "keyring": _KEYRING,
    "password_command": _COMMAND,
    "prompt": {"type": "boolean", "enum": [True], "description": "true: ask at the terminal"},
    "keytab": text("Kerberos: file of mode 0600 with the key of the account, relative to this file"),
    "ticket": {"type": "boolean", "enum": [True], "description": "true, Kerberos: the ticket of whoever runs vcaudit"},
    "certificate": text("Client certificate (PEM), relative to this file; a password opens its key"),
    "key": text("Its key (PEM), of mode 0600, when that is a file of its own"),
}, "user")  # fmt: skip

_WAIVERS: Schema = {"anyOf": [
    text("File of waivers (YAML), relative to this file"),
    {"type": "array", "items": text("File of waivers (YAML), relative to this file"), "description": "Several files"},
]}  # fmt: skip

INVENTORY: Schema = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "vcaudit inventory",
    **table("Clusters that vcaudit looks at", {
        "clusters": _named("The clusters, by a name of your choice", _CLUSTER, least=1),
        "credentials": _named("Accounts, by a name of your choice", _CREDENTIAL, least=1),
        "auditor": table("The machine that vcaudit runs on", {
            "dns": text("Name server to ask instead of the system's resolver: ADDRESS or ADDRESS:PORT"),
        }),
        "waivers": _WAIVERS,
    }, "clusters", "credentials"),
}  # fmt: skip
