"""A node with something of everything, and how the collector is asked about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vcaudit.capture import Limits, Request
from vcaudit.collect.answer import Answer, decode
from vcaudit.collect.script import build
from vcaudit.lab.node import Node
from vcaudit.lab.windows import Session, run
from vcaudit.snapshot.base import Missing

VC = "SOFTWARE\\VMware, Inc.\\VMware VirtualCenter"
NODE: dict[str, Any] = {
    "environment": {"SystemRoot": "C:\\WINDOWS", "ALLUSERSPROFILE": "C:\\All Users", "ProgramFiles": "C:\\Programs"},
    "registry": {
        VC: {"InstalledVersion": "2.0.1", "HttpsPort": 443, "Path": {"type": "REG_EXPAND_SZ", "data": "%PATH%\\x"},
             "": "default", "List": ["a", "b"], "Serial": "CANARY-serial"},
        f"{VC}\\DB": {"1": "VC Data Source", "2": "vpxuser", "3": "*CANARY-password"},
        "SOFTWARE\\ODBC\\ODBC.INI\\VC Data Source": {"Server": "SQL1"},
        "SOFTWARE\\Other": {"x": 1},
    },
    "files": {
        "C:\\All Users\\vpxd.cfg": "<config><password>CANARY-config</password><a>1</a></config>\n",
        "C:\\Programs\\VC\\vpxd.exe": {"text": "MZ", "version": "2.0.1.42389"},
        "C:\\Programs\\VC\\upgrade\\b.xml": "<b/>",
        "C:\\Programs\\VC\\upgrade\\one\\two\\three.txt": "3",
        "C:\\Programs\\VC\\ssl\\rui.key": "-----BEGIN RSA PRIVATE " + "KEY-----\nCANARY-key\n",
        "C:\\Programs\\VC\\ssl\\rui.crt": "certificate",
        "C:\\empty\\": {},
        "C:\\big.txt": {"text": "x", "size": 5000},
    },
    "wmi": {
        "root\\cimv2": {
            "Win32_Service": {
                "a": {"Name": "vpxd", "PathName": '"C:\\Programs\\VC\\vpxd.exe" -s', "State": "Running", "None": None},
                "b": {"Name": "plain", "PathName": "C:\\Programs\\VC\\vpxd.exe -s", "State": "Stopped", "None": None},
                "c": {"Name": "it's", "PathName": "C:\\x\\y", "State": "Stopped", "None": None},
            },
            "Empty": {},
        },
        "root\\MSCluster": {
            "MSCluster_Resource": {
                "n": {"Name": "VC Name", "State": 4294967295, "RegistryCheckpoints": ["SOFTWARE\\A"],
                      "PrivateProperties": {"Name": "VCVIRTUAL", "ResourceData": "CANARY-resource"}},
                "o": {"Name": "Other", "State": 2, "RegistryCheckpoints": [], "PrivateProperties": {"Name": "vcother"}},
            }
        },
    },
    "accounts": {
        "users": {"vcadmin": {"sid": "S-1-5-21-1-2-3-1001", "locked": True},
                  "old": {"sid": "S-1-5-21-1-2-3-1002", "expires": "2001-01-01T00:00:00Z", "disabled": True},
                  "new": {"sid": "S-1-5-21-1-2-3-1003", "password_expired": True, "expires": "2999-01-01T00:00:00Z"}},
        "groups": {"Administratoren": {"sid": "S-1-5-32-544", "members": {
            "VCNODE1\\vcadmin": {}, "CORP\\VC Admins": {"sid": "S-1-5-21-9-9-9-1130", "group": True},
            "S-1-5-21-7-7-7-7": {}, "CORP\\Unknown": {}}}, "Nobody": {"sid": "S-1-5-32-999"}},
    },
    "dns": {"VCVIRTUAL": ["192.0.2.50", "fe80::1"], "vcother.corp.example": ["192.0.2.51"]},
}  # fmt: skip
DENY = (
    Request("deny", "d.registry", ("registry", r"\\DB\\3$|\\serial$")),
    Request("deny", "d.wmi", ("wmi", r"ResourceData$")),
    Request("deny", "d.text", ("text", r"<password>([^<]*)")),
)


def ask(*requests: Request, node: Mapping[str, Any] = NODE, limits: Limits | None = None, **session: Any) -> Answer:
    built = Session(Node.from_description("VCNODE1", node), **session)
    stdout, stderr, code = run(built, build((*DENY, *requests), limits or Limits()).text)
    assert (stderr, code) == (b"", 0)
    return decode(stdout)


def changed(**parts: Any) -> dict[str, Any]:
    return {**NODE, **parts}


def reason(found: Any) -> str:
    assert isinstance(found, Missing), found
    return found.reason


def service(id: str, name: str) -> Request:
    return Request("wmi", id, ("root\\cimv2", f"SELECT * FROM Win32_Service WHERE Name = '{name}'", "Name,PathName"))
