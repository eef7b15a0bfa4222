"""What a failed step on the node means and what mends it: PowerShell, WMI, files, registry, accounts, clock."""

from __future__ import annotations

from vcaudit.collect.doctor_mend import EVENTS, Advice, quoted, single
from vcaudit.errors import BadOutput, TimedOut, TransportError, Unreachable
from vcaudit.snapshot.base import Missing
from vcaudit.transport.base import Target

_ENVIRONMENT = r'"HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Environment"'
_TRY = 'powershell -NoProfile -Command "$Host.Version; $ExecutionContext.SessionState.LanguageMode"'
_MEMORY = 'winrm set winrm/config/winrs @{MaxMemoryPerShellMB="512"}'
_INSTALL = (
    "2003|WindowsServer2003-KB968930-x86-ENG.exe /quiet",
    "2008|wusa Windows6.0-KB968930-x64.msu /quiet",
)
NOT_FOUND_BY_CMD = 9009

BITS = Advice(
    "the 64-bit view of the registry cannot be seen from there, so what it holds is unknown; VirtualCenter 2.x itself "
    "lives in the 32-bit view",
    ("where powershell.exe", f"reg query {_ENVIRONMENT} /v Path"),
)
CLOCK = Advice(
    "times in logs and reports of the nodes cannot be compared, and Kerberos refuses logons beyond five minutes",
    ("w32tm /config /syncfromflags:domhier /update", "w32tm /resync"),
)
NO_HIVE = Advice(
    "the cluster service does not run on this node, so the node cannot say what the cluster is",
    ("sc query clussvc", "net start clussvc"),
)


def powershell(target: Target, error: TransportError | None, stdout: bytes) -> Advice:
    """The shell opened, and no answer of the collector came. Causes are told apart by what is in no language: ids of
    PowerShell's errors, the program's name that cmd.exe repeats, exit codes."""
    said = error.said if isinstance(error, BadOutput) else ""
    if isinstance(error, TimedOut):
        return Advice(
            "the script started and did not end in time: the node is busy, or something on it hangs",
            ("tasklist", "sc query winmgmt", "yaml|timeout: a longer one"),
        )
    if "ConstrainedLanguage" in said:
        return Advice(
            "PowerShell runs in ConstrainedLanguage there (AppLocker, Device Guard or __PSLockdownPolicy) and refuses "
            "every script like the collector: let the account's scripts through, or use the offline kit",
            (f"reg query {_ENVIRONMENT} /v __PSLockdownPolicy", "sc query appidsvc",
             'powershell -Command "Get-AppLockerPolicy -Effective -Xml"'),
        )  # fmt: skip
    if "MethodNotFound" in said:
        query = r"reg query HKLM\SOFTWARE\Microsoft\PowerShell\1\PowerShellEngine /v PowerShellVersion"
        return Advice("PowerShell 1.0 is there, and 2.0 is needed: Windows Management Framework Core (KB968930)",
                      (query, *_INSTALL))  # fmt: skip
    if target.authentication == "local" and isinstance(error, Unreachable):
        return Advice(
            "vcaudit does not run on the node, or finds no PowerShell there",
            ("where powershell.exe", "yaml|winrm: {transport: ntlm} for a node that is another machine"),
        )
    if isinstance(error, BadOutput) and (error.code == NOT_FOUND_BY_CMD or "'powershell" in said.lower()):
        return Advice("there is no PowerShell on the node: 2.0 comes with Windows Management Framework Core (KB968930)",
                      ("where powershell.exe", *_INSTALL))  # fmt: skip
    return _no_answer(error, stdout)


def _no_answer(error: TransportError | None, stdout: bytes) -> Advice:
    if b"<<<VCA1 " in stdout:
        return Advice("the answer ends in the middle: the shell was ended, most likely for want of memory",
                      (_MEMORY, *EVENTS))  # fmt: skip
    if isinstance(error, BadOutput) or stdout:
        autorun = r'reg query "HKLM\SOFTWARE\Microsoft\Command Processor" /v AutoRun'
        return Advice(
            "PowerShell did not run the script: a policy blocks it, something else stands in its place, or the shell "
            "has too little memory",
            (_TRY, "where powershell.exe", autorun, _MEMORY),
        )  # fmt: skip
    return Advice("the connection ended while the script ran", (*EVENTS, _MEMORY))


def wmi(id: str, unread: Missing, target: Target) -> Advice:
    """A namespace that does not answer."""
    namespace = r"root\cimv2" if id == "wmi.cimv2" else r"root\MSCluster"
    cluster = id == "wmi.mscluster"
    if unread.reason == "access_denied":
        grant = f"2008|powershell -Command \"Grant-ClusterAccess -User '{single(target.user)}' -Full\""
        return Advice(
            f"the account may not read {namespace}: it needs Enable Account and Remote Enable there (WMI Control, "
            "Properties, Security)" + (", and access to the cluster" if cluster else ""),
            ("wmimgmt.msc", f"net localgroup Administrators {quoted(target.user)} /add")
            + ((grant,) if cluster else ()),
        )
    if unread.reason == "not_installed":
        commands = (r"mofcomp %SystemRoot%\system32\wbem\ClusWMI.mof",) if cluster else ("winmgmt /verifyrepository",)
        means = "the node is no member of a cluster, or the cluster's WMI provider is not registered" if cluster else (
            "WMI's repository is damaged")  # fmt: skip
        return Advice(means, (*(("sc query clussvc",) if cluster else ()), *commands))
    if unread.reason == "timeout":
        return Advice(
            f"{namespace} hangs: a scan gives up on it after its time limit, and what it feeds is unknown. Restarting "
            "WMI restarts what depends on it as well",
            ('powershell -Command "Restart-Service Winmgmt -Force"',),
        )
    if cluster:
        return Advice("the cluster service does not run on this node, or its WMI provider cannot reach it",
                      ("sc query clussvc", "net start clussvc"))  # fmt: skip
    return Advice("WMI does not work on this node", ("sc query winmgmt", "net start winmgmt",
                                                     "2008|winmgmt /verifyrepository"))  # fmt: skip


def place(path: str, unread: Missing, target: Target) -> Advice:
    """A file or folder that is there, or may be, and cannot be read."""
    if unread.reason == "access_denied":
        folder = quoted(path or "FOLDER")
        return Advice(
            "the account may not read it; what it holds is unknown",
            (f"2003|cacls {folder} /T /E /G {quoted(target.user)}:R",
             f"2008|icacls {folder} /grant {quoted(target.user)}:(OI)(CI)RX"),
        )  # fmt: skip
    if unread.reason == "refused":
        return Advice("there is more than the limits of a scan allow", ("yaml|limits: {registry_values: more}",))
    return Advice("it could not be read; what it holds is unknown", (f"dir {quoted(path or 'FOLDER')}",))


def key(path: str, unread: Missing, target: Target) -> Advice:
    """A registry key that cannot be read."""
    if unread.reason == "access_denied":
        rule = f"'{single(target.user)}','ReadKey','ContainerInherit','None','Allow'"
        grant = (
            f"powershell -Command \"$k='HKLM:\\{single(path)}'; $a=Get-Acl $k; "
            f"$a.AddAccessRule((New-Object Security.AccessControl.RegistryAccessRule({rule}))); Set-Acl $k $a\""
        )
        return Advice("the account may not read it; what it holds is unknown", (grant,))
    if unread.reason in ("refused", "timeout"):
        return Advice("it holds more than the limits of a scan allow", ("yaml|limits: {registry_values: more}",))
    return Advice("it could not be read; what it holds is unknown", (f'reg query "HKLM\\{path}"',))


def absent(thing: str) -> Advice:
    """Looked, and not there."""
    if thing == "registry":
        return Advice("VirtualCenter is not installed on this node", ('reg query "HKLM\\SOFTWARE\\VMware, Inc." /s',))
    return Advice(
        "VirtualCenter is not installed on this node, or keeps this elsewhere",
        ("sc qc vpxd", f"yaml|locations: {{{thing}: PATH}}"),
    )


def accounts(unread: Missing) -> Advice:
    """Local users and groups."""
    return Advice("which local accounts the node has is unknown, and so is whether role holders exist there",
                  ("net user", "net localgroup", "sc query lanmanserver"))  # fmt: skip
