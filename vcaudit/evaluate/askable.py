r"""What a rule pack may ask of a node, and what not: a pack may come from a stranger, and nodes hold secrets.

Lists of what is allowed, not of what is forbidden: a registry hive, a WMI class or the text of a file that is not here
is refused when the pack loads. Reading some WMI classes changes the node (Win32_Product repairs what it lists), some
take minutes (CIM_DataFile walks every disk), and a path on another machine would log on there with the node's account.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from vcaudit.withheld import ENDS, WORDS, registry_secret, wmi_secret
from vcaudit.yamlfile import suggest

CLASSES: Final = {
    r"root\cimv2": (
        "Win32_BIOS", "Win32_BaseBoard", "Win32_ComputerSystem", "Win32_ComputerSystemProduct",
        "Win32_DiskDrive", "Win32_DiskPartition", "Win32_IDEController", "Win32_IP4RouteTable",
        "Win32_LogicalDisk", "Win32_NTEventlogFile", "Win32_NetworkAdapter",
        "Win32_NetworkAdapterConfiguration", "Win32_NetworkProtocol", "Win32_OperatingSystem",
        "Win32_OptionalFeature", "Win32_PageFileSetting", "Win32_PageFileUsage", "Win32_PhysicalMemory",
        "Win32_Processor", "Win32_QuickFixEngineering", "Win32_Registry", "Win32_SCSIController",
        "Win32_ServerFeature", "Win32_Service", "Win32_Share", "Win32_SystemDriver", "Win32_SystemEnclosure",
        "Win32_TapeDrive", "Win32_TimeZone", "Win32_Volume",
    ),
    r"root\mscluster": (
        "MSCluster_Cluster", "MSCluster_Network", "MSCluster_NetworkInterface", "MSCluster_Node", "MSCluster_Resource",
        "MSCluster_ResourceGroup", "MSCluster_ResourceType",
    ),
}  # fmt: skip
"""Namespace → classes that answer at once, from what Windows has at hand, and change nothing."""
TEXTS: Final = tuple(
    rf"%SystemRoot%\system32\drivers\etc\{name}" for name in ("hosts", "lmhosts", "networks", "protocol", "services")
)
"""Files whose lines may be read; of every other file size, date, version and hash are all that a pack gets."""
HASHED: Final = frozenset({
    "bat", "cer", "cfg", "cmd", "conf", "config", "crt", "dll", "exe", "inf", "ini", "lic", "ocx", "properties", "ps1",
    "sys", "txt", "vbs", "xml",
})  # fmt: skip
"""Kinds of files that may be hashed: small ones, for hashing has no time limit of its own."""
VARIABLES: Final = ("SystemRoot", "windir", "SystemDrive", "ProgramFiles", "ProgramFiles(x86)", "ALLUSERSPROFILE")

_PATH = re.compile(r"(?:[A-Za-z]:|%([^%\\/:]+)%)((?:\\[^\\/:*?\"<>|%]+)+)\Z")
_KEY = re.compile(r"[^\\]+(?:\\[^\\]+)+\Z")
# Keys that hold thousands of others, and those that hold secrets under names that say nothing.
_BROAD = re.compile(
    r"SOFTWARE\\(?:Wow6432Node\\)?(?:Classes|Microsoft(?:\\Windows(?: NT)?(?:\\CurrentVersion)?)?)"
    r"|SOFTWARE\\Wow6432Node|(?:SOFTWARE|SYSTEM)\\[^\\]+|SYSTEM\\CurrentControlSet\\(?:Control|Services|Enum.*)"
    r"|SYSTEM\\CurrentControlSet\\Control\\(?:Class|DeviceClasses).*"
    r"|.*\\(?:Installer|Component Based Servicing|SideBySide)",
    re.IGNORECASE,
)
_ROOT = re.compile(r"(?:SOFTWARE|SYSTEM\\CurrentControlSet\\(?:Control|Services))\\", re.IGNORECASE)
_CLOSED = re.compile(
    r".*\\(?:SystemCertificates|Cryptography|EnterpriseCertificates|ValidCommunities|Lsa\\.+|Winlogon|IAS|RasMan)(?:\\.*)?"
    r"|.*\\(?:Microsoft|Services)\\Protected.*",
    re.IGNORECASE,
)
_SECRET_FILE = re.compile(
    r".*\.(?:key|pem|pfx|p12|pvk|kdb|kdbx|rdp|jks)(?:\.[^\\]*)?"
    r"|.*\\(?:config|repair|RegBack|Protect|Crypto|MachineKeys|Credentials|ntds)(?:\\.*)?",
    re.IGNORECASE,
)
# What is said of a program that is called so is no secret, and neither are size, date and version of any file.
_SECRET_NAME = re.compile(
    rf".*\\(?:[^\\]*(?:{WORDS})[^\\]*|[^\\]*(?:{ENDS})"
    r"|(?:auto)?unattend(?:ed)?|sysprep|winnt|groups|id_[dr]sa[^\\]*)(?:\.(?!(?:dll|exe|ocx|sys)\Z)[^\\.]*)?",
    re.IGNORECASE,
)


def registry_problems(key: str) -> Iterator[str]:
    """Why a key may not be read."""
    if not _KEY.match(key):
        yield r"is a key below HKEY_LOCAL_MACHINE without that name: SOFTWARE\Vendor\Product"
    elif not _ROOT.match(key):
        yield (r"is read below SOFTWARE, SYSTEM\CurrentControlSet\Control and SYSTEM\CurrentControlSet\Services only; "
               "accounts, secrets and the cluster's own data lie elsewhere")  # fmt: skip
    elif _CLOSED.fullmatch(key) or registry_secret(key, ""):
        yield "can hold secrets: it never leaves a node"
    elif _BROAD.fullmatch(key):
        yield "holds too much: a key is read with all that is below it, so name the one that is meant"
    elif "${" in key or "%" in key:
        yield "takes no variables"


def value_problems(key: str, value: str) -> Iterator[str]:
    """Why a value may not be read."""
    below = value.rpartition("\\")[0]
    if registry_secret(key, value) or (below and _CLOSED.fullmatch(rf"{key}\{below}")):
        yield f"{value} can hold a secret: it never leaves a node"


def class_problems(namespace: str, name: str) -> Iterator[str]:
    """Why a class may not be asked."""
    known = next((classes for space, classes in CLASSES.items() if space == namespace.lower()), None)
    if known is None:
        yield f"namespace {namespace} is none of {', '.join(CLASSES)}"
    elif name.lower() not in (each.lower() for each in known):
        near = suggest(name, known)
        yield f"{name} is none of the classes that are quick and change nothing{near}: {', '.join(known)}"


def property_problems(name: str) -> Iterator[str]:
    """Why a property may not be read."""
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,99}", name):
        yield f"{name} is no name of a property"
    elif wmi_secret(name):
        yield f"{name} can hold a secret: it never leaves a node"


def file_problems(path: str, mode: str) -> Iterator[str]:
    """Why a file may not be read in this way."""
    found = _PATH.match(path)
    if found is None:
        yield r"is a path on the node itself: C:\folder\file, or %SystemRoot%\folder\file, without wildcards"
        return
    if found[1] is not None and found[1].lower() not in (name.lower() for name in VARIABLES):
        yield f"%{found[1]}% is none of {', '.join(f'%{name}%' for name in VARIABLES)}"
    if any(set(part) <= {".", " "} for part in found[2].split("\\")[1:]):
        yield "leads out of its folder"
    elif _SECRET_FILE.fullmatch(path) or (mode != "version" and _SECRET_NAME.fullmatch(path)):
        yield "can hold secrets: it never leaves a node"
    elif mode == "text" and path.lower() not in (text.lower() for text in TEXTS):
        yield f"lines are read of {', '.join(TEXTS)} only"
    elif mode == "hash" and path.rpartition(".")[2].lower() not in HASHED:
        yield f"a hash is made of small kinds of files only ({', '.join(sorted(HASHED))}); `read: version` of all"
