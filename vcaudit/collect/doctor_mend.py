"""What a failed step means and the commands that mend it, for the way to a node until a shell is open.

A command is for a console of an administrator on the node. `2003|` and `2008|` in front: for that Windows only (2008:
and later); `yaml|` and `here|`: for the inventory, and for the machine that vcaudit runs on.
"""

from __future__ import annotations

import errno
import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

from vcaudit.errors import AuthenticationFailed, TimedOut, TransportError
from vcaudit.transport.base import Target
from vcaudit.transport.probe import Way

Windows: TypeAlias = Literal["2003", "2008"]

_FOR = {
    "2003": "on Windows 2003: ",
    "2008": "on Windows 2008 and later: ",
    "yaml": "in the inventory: ",
    "here": "on this machine: ",
}
LISTENERS = "winrm enumerate winrm/config/listener"
EVENTS = (
    "2003|cscript %SystemRoot%\\system32\\eventquery.vbs /L System /FI \"Source eq WinRM\"",
    "2008|wevtutil qe Microsoft-Windows-WinRM/Operational /c:20 /rd:true /f:text",
)
RESTART = 'powershell -Command "Set-Service WinRM -StartupType Automatic; Restart-Service WinRM"'
ENTRANCE = "winrm/config/listener?Address=*+Transport=HTTPS"

EXPIRED, NOT_YET, NAMES = 10, 9, (62, 64)
"""Codes of X509_verify_cert."""
OPERATIONS, USERS, SHELLS_FORBIDDEN = (2150859174, 2150859241, 2150859242), (2150859179, 2150859237), 2150859180
"""Faults of WS-Management (wsmerror.h)."""


@dataclass(frozen=True)
class Advice:
    """What a failed step means, and what mends it."""

    means: str
    commands: tuple[str, ...] = ()


@dataclass(frozen=True)
class Words:
    """What is known of the node, for choosing among commands."""

    windows: Windows | None = None
    """None: nobody could ask; then commands for each are given."""

    def commands(self, advice: Advice) -> str:
        """A line a command: for the Windows that the node has, or for each."""
        lines = []
        for command in advice.commands:
            place, bar, rest = command.partition("|")
            if not bar or place not in _FOR:
                lines.append(command)
            elif place not in ("2003", "2008") or self.windows is None:
                lines.append(_FOR[place] + rest)
            elif place == self.windows:
                lines.append(rest)
        return "\n".join(lines)


def quoted(value: str) -> str:
    """A value as one argument of cmd.exe; what could end the quotes is left out."""
    clean = re.sub(r'["%\x00-\x1f]', "", value)
    return clean if re.fullmatch(r"[\w.\\@:-]+", clean) else f'"{clean}"'


def single(value: str) -> str:
    """A value within single quotes of PowerShell, inside the double quotes of cmd.exe."""
    return re.sub(r'["%\x00-\x1f]', "", value).replace("'", "''")


def name(error: TransportError, target: Target, way: Way) -> Advice:
    """Nobody knows an address."""
    return Advice(
        "this machine finds no address for the node, so nothing else can be tried",
        ("ipconfig /registerdns", f"here|nslookup {quoted(target.address)}",
         "yaml|give the node's IP address as its `address`"),
    )  # fmt: skip


def tcp(error: TransportError, target: Target, way: Way) -> Advice:
    """No connection: nothing listens, something drops it, or there is no way."""
    port = target.port
    if error.code == errno.ECONNREFUSED:
        secure = target.scheme == "https"
        quick = "winrm quickconfig -q -transport:https" if secure else "winrm quickconfig -q"
        return Advice(
            f"the machine is there, and nothing listens on port {port}: WinRM is not set up, not running, or on "
            "another port. Windows 2003 needs WinRM 2.0 (KB968930) first",
            (quick, RESTART, LISTENERS),
        )  # fmt: skip
    if isinstance(error, TimedOut):
        return Advice(
            "the node is off, the address is another machine's, or a firewall drops the connection silently",
            (f'2003|netsh firewall add portopening TCP {port} "WinRM {port}"',
             f'2008|netsh advfirewall firewall add rule name="WinRM {port}" dir=in action=allow protocol=TCP '
             f"localport={port}", LISTENERS),
        )  # fmt: skip
    return Advice("this machine has no way to the node's network", ("ipconfig /all", "route print"))


def tls(error: TransportError, target: Target, way: Way) -> Advice:
    """No TLS, or a certificate that is not trusted."""
    if "tls" not in way.reached:
        hint = error.hint.removeprefix("nothing was sent; ")
        return Advice(
            f"no secure connection comes about on port {target.port}: no HTTPS listener with a certificate, or one "
            f"that is too old for this machine{'; ' if hint else ''}{hint}",
            (LISTENERS, f'winrm create {ENTRANCE} @{{Hostname="{target.address}";CertificateThumbprint="THUMBPRINT"}}',
             "certutil -store My", "yaml|winrm: {scheme: http} (NTLM encrypts its messages over http as well)"),
        )  # fmt: skip
    pin = f'yaml|winrm: {{fingerprint: "{way.certificates[0].sha256}"}}' if way.certificates else ""
    renew = ("certutil -store My", f'winrm set {ENTRANCE} @{{CertificateThumbprint="THUMBPRINT OF THE NEW ONE"}}')
    if error.code == EXPIRED:
        return Advice("its certificate has expired: renew it, or trust this very one", (*renew, pin))
    if error.code == NOT_YET:
        return Advice("its certificate begins in the future: one of the two clocks is wrong", ("w32tm /resync", pin))
    if error.code in NAMES:
        return Advice(
            f"its certificate does not name {target.address}: the address leads to another machine, or the "
            "certificate bears another name",
            (f"yaml|address: {_bears(way)}", *renew, pin),
        )  # fmt: skip
    if target.fingerprint:
        return Advice(
            "it shows another certificate than the inventory pins: it was renewed, or somebody stands between. "
            "Compare on the node before you pin it",
            ("certutil -store My", LISTENERS, pin),
        )  # fmt: skip
    return Advice(
        "nobody whom this machine trusts has signed its certificate. Compare it on the node before you pin it",
        ("certutil -store My", LISTENERS, pin, "yaml|winrm: {ca: FILE} with the authority that signed it, as PEM"),
    )


def _bears(way: Way) -> str:
    found = re.search(r"CN=([^,+]+)", way.certificates[0].subject) if way.certificates else None
    return found[1] if found else "the name that the certificate bears"


def identify(error: TransportError, target: Target, way: Way) -> Advice:
    """Something listens, and it does not answer as WinRM does."""
    if error.code == 503:
        return Advice("HTTP answers, and the WinRM service behind it does not run", (RESTART,))
    if error.code == 500 or error.retry:
        return Advice("WinRM listens and cannot answer: its service is in trouble", (RESTART, *EVENTS))
    if isinstance(error, TimedOut):
        return Advice("the port is open and nobody answers: the service hangs", (RESTART, *EVENTS))
    return Advice(
        f"another program than WinRM has port {target.port}",
        (f"netstat -ano | findstr :{target.port}", LISTENERS, "yaml|port: the one that the listener shows"),
    )


def authentication(error: TransportError, target: Target, way: Way) -> Advice:
    """Not who we say we are, or not in this way."""
    if not isinstance(error, AuthenticationFailed):
        return Advice("WinRM answers, and the connection ends during the logon", (RESTART, *EVENTS))
    if error.said:
        key = {"ntlm": "Negotiate", "basic": "Basic", "kerberos": "Kerberos", "certificate": "Certificate",
               "credssp": "CredSSP"}.get(target.authentication, "Negotiate")  # fmt: skip
        return Advice(
            f"the node does not offer the way in which the inventory wants to log on ({target.authentication})",
            (f'winrm set winrm/config/service/auth @{{{key}="true"}}', "yaml|winrm: {transport: one that it offers}"),
        )
    if target.authentication == "certificate":
        return Advice(
            "the certificate is not accepted for this account: it must be mapped to a local one",
            ("winrm enumerate winrm/config/service/certmapping",
             'winrm set winrm/config/service/auth @{Certificate="true"}'),
        )  # fmt: skip
    domain, _, account = target.user.rpartition("\\")
    at_domain = bool(domain and domain != ".") or "@" in target.user
    account = account.partition("@")[0]
    commands = [f"net user {quoted(account)}{' /domain' if at_domain else ''}"]
    means = "wrong name or password, or the account is locked, expired, or may not log on over the network"
    if target.scheme == "https" and target.authentication == "ntlm":
        means += "; a TLS proxy in between has the same effect (channel binding)"
        commands.append("winrm get winrm/config/service/auth")
    if target.authentication == "kerberos":
        means += "; or Kerberos does not know the node under this name"
        return Advice(means, (*commands, "setspn -L %COMPUTERNAME%", "w32tm /resync", "here|klist"))
    commands.append(r"reg query HKLM\SYSTEM\CurrentControlSet\Control\Lsa /v LmCompatibilityLevel")
    return Advice(means, tuple(commands))


def no_password(hint: str) -> Advice:
    """The credential could not be had, so no logon was tried."""
    return Advice("there is no password to log on with, so no logon was tried", (f"here|{hint}",) if hint else ())


def quota(error: TransportError, target: Target, way: Way) -> Advice:
    """The node has no room for us."""
    shells = "winrm enumerate shell"
    if target.configuration and error.code is None:
        return Advice("the endpoint on the node was made for another version or another inventory",
                      (f"here|vcaudit jea --help (write {quoted(target.configuration)} anew, then install it)",
                       'powershell -Command "Get-PSSessionConfiguration | Format-List Name,Permission"'))  # fmt: skip
    if error.code == 413:
        raise_it = 'winrm set winrm/config @{MaxEnvelopeSizekb="500"}'
        return Advice("the node takes shorter messages only than a scan sends", (raise_it,))
    if error.code in OPERATIONS:
        raise_it = 'winrm set winrm/config/service @{MaxConcurrentOperationsPerUser="50"}'
        return Advice("all operations of this account are in use", (shells, raise_it))
    if error.code in USERS:
        return Advice("as many users as the node allows have shells",
                      (shells, 'winrm set winrm/config/winrs @{MaxConcurrentUsers="10"}'))  # fmt: skip
    return Advice(
        "all shells of this account are in use, by sessions that go on or that were left behind. One left behind "
        "ends by itself after its idle time-out (180 s)",
        (shells, 'winrm set winrm/config/winrs @{MaxShellsPerUser="10"}', RESTART),
    )


def shell(error: TransportError, target: Target, way: Way) -> Advice:
    """Logged on, and not let in."""
    if error.code == SHELLS_FORBIDDEN:
        return Advice(
            "remote shells are switched off on the node, perhaps by a group policy",
            ('winrm set winrm/config/winrs @{AllowRemoteShellAccess="true"}', "2003|gpresult", "2008|gpresult /z"),
        )
    if error.code == 403:
        return Advice(
            "WinRM does not talk to this machine's address, or not to this account",
            ('winrm set winrm/config/service @{IPv4Filter="*"}', "winrm get winrm/config/service"),
        )
    if error.reason == "access_denied" and target.protocol == "psrp":
        return Advice(
            "the account logged on and may not open a PowerShell session: that takes membership in Remote Management "
            "Users, or a permission of the endpoint",
            (f'net localgroup "Remote Management Users" {quoted(target.user)} /add',
             'powershell -Command "Get-PSSessionConfiguration | Format-List Name,Permission"'),
        )  # fmt: skip
    if error.reason == "access_denied":
        policy = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System"
        whole_token = f"2008|reg add {policy} /v LocalAccountTokenFilterPolicy /t REG_DWORD /d 1 /f"
        local = target.user.rpartition("\\")[0] in ("", ".") and "@" not in target.user
        return Advice(
            "the account logged on and may not open a shell: that takes membership in the node's Administrators "
            "(under the name of its language); a local account needs its whole token as well",
            (f"net localgroup Administrators {quoted(target.user)} /add", *((whole_token,) if local else ())),
        )
    return Advice("WinRM cannot open a shell", (RESTART, *EVENTS))
