"""How one script reaches one node, whatever the route: Script in, CommandResult out, or one of our TransportErrors."""

from __future__ import annotations

from typing import Literal, Protocol

import msgspec

from vcaudit.transport.policy import TlsPolicy

BOOTSTRAP = (
    "powershell.exe -NoLogo -NoProfile -NonInteractive -InputFormat Text -OutputFormat Text "
    '-Command "$s=@($input) -join [string][char]10;& ([ScriptBlock]::Create($s))"'
)
"""The one command line that is ever started on a node: it runs what comes through stdin as one script block.

`$input`, because the host of PowerShell 2.0 reads redirected stdin itself and `[Console]::In` would race with it; not
`-Command -`, which drops an incomplete last statement with exit code 0; never the script in the command line, which
cmd.exe cuts at 8,191 characters (field facts, section 7).
"""

PSRP_BOOTSTRAP = """\
param($VcaText)
$VcaConsole = [Console]::Out
$VcaAnswer = New-Object System.IO.StringWriter([Globalization.CultureInfo]::InvariantCulture)
[Console]::SetOut($VcaAnswer)
try { & ([ScriptBlock]::Create($VcaText)) } finally { [Console]::SetOut($VcaConsole) }
$VcaAnswer.ToString()
"""
"""The same over PowerShell remoting, with the script as its one argument: data, never a part of this text.

What a script writes to the console of a remote runspace goes nowhere, and the collector writes there because WinRS
takes nothing else unharmed; so the console of this one process is a text for as long as the script runs.
"""

JEA_COMMAND = "Get-VcauditSnapshot"
"""The function that an endpoint made with `vcaudit jea` offers, and nothing else."""

Scheme = Literal["http", "https"]
Remoting = Literal["winrs", "psrp"]
"""The remote command shell, for Administrators; or PowerShell remoting, for Remote Management Users as well."""
Authentication = Literal["ntlm", "kerberos", "certificate", "credssp", "basic", "local"]
"""`local`: no network, the node is this machine; scheme, port and secret mean nothing then."""


class Script(msgspec.Struct, frozen=True):
    """What is sent to a node: the collector with its requests behind it."""

    text: bytes
    """Goes to the stdin of BOOTSTRAP as it is."""
    sha256: str
    """Of collector.ps1 as shipped, so that a reviewer can tell which script ran."""
    requests_sha256: str
    """Of the request list sent along."""

    @property
    def request(self) -> str:
        """What the first line assigns (base64): all that a node needs that has the collector itself installed."""
        first = self.text.partition(b"\n")[0].split(b"'")
        return first[1].decode("ascii") if len(first) == 3 else ""


class CommandResult(msgspec.Struct, frozen=True, kw_only=True):
    """What one run of BOOTSTRAP gave, and what it cost."""

    stdout: bytes
    """Not yet looked at: the decoder of the answer decides whether it is complete."""
    stderr: bytes
    exit_code: int
    requests: int
    """HTTP requests, authentication and closing included."""
    bytes_sent: int
    """Bodies of the requests."""
    bytes_received: int
    """Bodies of the answers."""
    seconds: float
    warnings: tuple[str, ...] = ()
    """Restarts and weakened security, for the report's provenance."""


class Revealable(Protocol):
    """A secret: prints as `***`, and is revealed only where it is used."""

    def reveal(self) -> str:
        """The value itself."""
        ...


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """Where a node is and how we prove who we are: everything a transport needs to know."""

    node: str
    """As the inventory calls it: every error says it."""
    address: str
    """Name or address; certificates are checked against it."""
    port: int
    user: str
    secret: Revealable
    scheme: Scheme = "http"
    authentication: Authentication = "ntlm"
    protocol: Remoting = "winrs"
    configuration: str | None = None
    """Session configuration that offers JEA_COMMAND, over psrp; None: the node's own, which runs scripts."""
    ca: str | None = None
    """PEM file of the certificate authorities to trust instead of the system's."""
    fingerprint: str | None = None
    """SHA-256 of the one certificate to accept, instead of validation; hexadecimal, with or without colons."""
    tls: TlsPolicy = TlsPolicy()
    service: str = "HTTP"
    """Kerberos: first part of the node's service principal name."""
    hostname_override: str | None = None
    """Kerberos: its second part, where that is not the address."""
    ticket: bool = False
    """Kerberos: with the ticket that whoever runs vcaudit has; `secret` is empty then."""
    keytab: str | None = None
    """Kerberos: file with the key of `user`; `secret` is empty then."""
    certificate: str | None = None
    """Our certificate (PEM), for authentication `certificate`; `secret` opens its key, where that is encrypted."""
    key: str | None = None
    """The key of our certificate (PEM); None: in the same file."""
    connect_timeout: float = 10.0
    """Seconds for opening a connection, TLS included."""
    max_requests: int = 300
    """HTTP requests of one run; deleting what it opened is always allowed."""
    max_received: int = 32 << 20
    """Bytes of answers in one run."""
    max_output: int = 64 << 20
    """Bytes of stdout and stderr together after which the run is given up."""

    @property
    def route(self) -> str:
        """As provenance shows it: `winrm ntlm http`, `psrp ntlm https jea:Vcaudit`, `local`."""
        if self.authentication == "local":
            return "local"
        name = "psrp" if self.protocol == "psrp" else "winrm"
        endpoint = f" jea:{self.configuration}" if self.configuration else ""
        return f"{name} {self.authentication} {self.scheme}{endpoint}"

    @property
    def place(self) -> str:
        """What errors say: `VCNODE1 (192.0.2.11:5985)`."""
        if self.authentication == "local":
            return f"{self.node} (this machine)"
        return f"{self.node} ({self.address}:{self.port})"

    @property
    def endpoint(self) -> str:
        """The URL, without any credential in it."""
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"{self.scheme}://{host}:{self.port}/wsman"


class Transport(Protocol):
    """One way to one node. Serves one run at a time, from one thread."""

    @property
    def spent(self) -> Spent:
        """Cost of the run, also after a failure."""
        ...

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader of the report should know about the run, also after a failure."""
        ...

    def run(self, script: Script, deadline: float) -> CommandResult:
        """Runs `script` and returns within `deadline` seconds from now, connecting and closing included.

        Raises TransportError, never an error of the library underneath. Nothing is left on the node, whatever happens.
        """
        ...

    def cancel(self) -> None:
        """Ends the run soon, from another thread; what it has opened on the node is still deleted."""
        ...


class Spent(msgspec.Struct):
    """Counted while a run goes on; read when it has ended."""

    requests: int = 0
    bytes_sent: int = 0
    bytes_received: int = 0
