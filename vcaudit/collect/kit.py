r"""The collector with its requests baked in: one file for a node without WinRM, run by hand, its answer carried back.

Between two marker lines stands collector.ps1 byte for byte (but for CRLF); in front of it a comment that says what the
file is and what it asks, and the requests; behind it a few lines that print the answer. `verify` builds the same kit
again and compares, so a kit that was changed anywhere, comments included, is told from one that was not.
"""

from __future__ import annotations

import base64
import hashlib
import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from vcaudit import __version__
from vcaudit.capture import Limits, Request
from vcaudit.collect.script import collector, read_list, request_list

__all__ = ["HEAD", "Kit", "build_kit", "verify"]

HEAD = "<<<VCAKIT1;"
"""Begins what a kit prints: version, SHA-256 of the collector and the request list, then the answer itself."""
_MARK = "# ---- collector.ps1 as reviewed: from the line below to the line `end of collector.ps1` ----"
_END = "# ---- end of collector.ps1 ----"
_SIGNATURE = "# SIG # Begin signature block"

_HEADER = r"""
# collect.ps1: lets a machine without WinRM say what it holds for vcaudit {version}. For PowerShell 2.0 and later.
# Read-only: it opens, lists and queries; where WMI fails, cluster.exe lists. It writes no file and changes no setting.
# SHA-256 of collector.ps1 (line ends LF): {collector}
# SHA-256 of the request list:             {requests}
# Made by `vcaudit kit`; `vcaudit kit --verify collect.ps1` says whether anything in it was changed.
#
# Run it on the node as an administrator, in the 64-bit PowerShell where there is one:
#   cmd.exe:     powershell -NoProfile -ExecutionPolicy Bypass -File collect.ps1 > %COMPUTERNAME%.vca
#   PowerShell:  .\collect.ps1 > "$env:COMPUTERNAME.vca"
# Then carry the .vca files to where vcaudit is, one of each node, and run
#   vcaudit import NODE1.vca NODE2.vca -o snapshot.json
# Where only signed scripts may run, sign it (the signature block at the end is all that changes), and use AllSigned:
#   Set-AuthenticodeSignature collect.ps1 @(Get-ChildItem Cert:\CurrentUser\My -CodeSigningCert)[0]
#
# What it asks; docs/collector.md explains the kinds. Secrets that `deny` covers never leave the node.
{listed}

$CfgB64 = '
{baked}
'
$VcaKit = @('{head}{version};', '{collector};')
$VcaConsole = [Console]::Out
$VcaAnswer = New-Object System.IO.StringWriter([Globalization.CultureInfo]::InvariantCulture)
[Console]::SetOut($VcaAnswer)
try {{
""".lstrip("\n")

_FOOTER = r"""
} finally {
    [Console]::SetOut($VcaConsole)
}
# Through the pipeline, in lines that no console wraps: the `>` of cmd.exe and that of PowerShell both take them.
$VcaKit
foreach ($VcaLine in $CfgB64.Trim().Split("`n".ToCharArray())) { $VcaLine.Trim() }
'VCAKIT1>>>'
$VcaText = $VcaAnswer.ToString()
for ($VcaAt = 0; $VcaAt -lt $VcaText.Length; $VcaAt = $VcaAt + 64) {
    $VcaText.Substring($VcaAt, [Math]::Min(64, $VcaText.Length - $VcaAt)).Trim()
}
""".lstrip("\n")

_FIRST = re.compile(r"# collect\.ps1: .* for vcaudit (\S+)\. ")
_BAKED = re.compile(r"^\$CfgB64 = '\n([A-Za-z0-9+/=\n]+)\n'$", re.MULTILINE)


@dataclass(frozen=True)
class Kit:
    """What a kit file turned out to be."""

    version: str
    """Of the vcaudit that made it."""
    collector_sha256: str
    requests_sha256: str
    requests: tuple[Request, ...]
    limits: Limits
    signed: bool
    """There is a signature block behind it, which was not looked at."""
    differs: str
    """Where it is not what this version of vcaudit would write; empty: it is exactly that."""


def build_kit(requests: Sequence[Request], limits: Limits, version: str = __version__) -> bytes:
    """The file: ASCII, CRLF. Raises ValueError for a list that the collector could misunderstand, as `build` does."""
    listed = request_list(requests, limits)
    header = _HEADER.format(
        version=version,
        collector=hashlib.sha256(collector()).hexdigest(),
        requests=hashlib.sha256(listed).hexdigest(),
        listed="\n".join(map(_shown, requests)),
        baked="\n".join(textwrap.wrap(base64.b64encode(listed).decode(), 76)),
        head=HEAD,
    )
    text = f"{header}{_MARK}\n{collector().decode('ascii')}{_END}\n{_FOOTER}"
    return text.replace("\n", "\r\n").encode("ascii")


def _shown(request: Request) -> str:
    r"""A request for a reader; what is not ASCII as \uXXXX, so that no code page changes the file."""
    line = " | ".join((request.kind, request.id, *request.args))
    return "#   " + line.encode("ascii", "backslashreplace").decode()


def verify(data: bytes) -> Kit | None:
    """Holds a file against what this version would have written for its requests; None: it is no kit."""
    text = data.decode("latin-1").removeprefix("\xef\xbb\xbf").replace("\r\n", "\n")
    body, signature, block = text.partition(_SIGNATURE)
    first, baked = _FIRST.match(body), _BAKED.search(body)
    if first is None or baked is None:
        return None
    try:
        listed = base64.b64decode(baked[1], validate=False)
        requests, limits = read_list(listed)
        expected = build_kit(requests, limits, first[1]).decode().replace("\r\n", "\n")
    except ValueError:
        return None
    return Kit(
        version=first[1],
        collector_sha256=_collector_of(body),
        requests_sha256=hashlib.sha256(listed).hexdigest(),
        requests=requests,
        limits=limits,
        signed=bool(signature),
        differs=_difference(body, expected) or _not_comments(block),
    )


def _collector_of(body: str) -> str:
    """SHA-256 of what stands between the marks, whatever it is."""
    inside = body.partition(f"{_MARK}\n")[2].rpartition(f"{_END}\n")[0]
    return hashlib.sha256(inside.encode("latin-1")).hexdigest()


def _difference(body: str, expected: str) -> str:
    """The first line that is not as it should be; blank lines in front of a signature are the signer's."""
    found, wanted = body.rstrip("\n").split("\n"), expected.rstrip("\n").split("\n")
    for number, (one, other) in enumerate(zip(found, wanted, strict=False), 1):
        if one != other:
            return f"line {number} is not as `vcaudit kit` writes it"
    return "" if len(found) == len(wanted) else f"it has {len(found)} lines, where there should be {len(wanted)}"


def _not_comments(block: str) -> str:
    """A signature is comments only: anything else behind it would run."""
    lines = block.strip("\n").split("\n") if block else []
    wrong = any(line and not line.startswith("# ") for line in lines)
    return "something other than comments stands in the signature block" if wrong else ""
