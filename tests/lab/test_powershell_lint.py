"""The lint finds what PowerShell 2.0 on .NET 2.0 lacks, and leaves alone what it has."""

from __future__ import annotations

import pytest

from vcaudit.lab.powershell.lint import Finding, lint

NEWER = [
    ("$x = [ordered]@{ a = 1 }", "[ordered]"),
    ("[pscustomobject]@{ a = 1 }", "[pscustomobject]"),
    ("$a -in 1,2", "operator -in"),
    ("$a -shl 2", "operator -shl"),
    ("$psitem", "$psitem"),
    ("${PSScriptRoot}", "psscriptroot"),
    ("$using:x", "$using:"),
    ("Get-CimInstance Win32_Service", "get-ciminstance"),
    ("Get-Content x -Raw", "-raw"),
    ("$x | Where-Object Name", "without a script block"),
    ("$x.Where({ 1 })", ".Where"),
    ("[IO.MemoryStream]::new()", ".new"),
    ("$stream.CopyTo($other)", ".CopyTo"),
    ("$e.Exception.HResult", ".HResult"),
    ("[string]::IsNullOrWhiteSpace($x)", "IsNullOrWhiteSpace"),
    ("[Microsoft.Win32.RegistryView]::Registry64", "RegistryView"),
    ("[System.IO.Compression.ZipFile]::OpenRead('x')", "ZipFile"),
    ("New-Object System.Net.Http.HttpClient", "Net.Http"),
    ("New-Object 'Collections.Generic.HashSet[string]'", "HashSet"),
    ("New-Object Security.Cryptography.AesCryptoServiceProvider", "Aes"),
    ("F *> x", "redirection"),
    ("F && G", "&&"),
    ("class A { }", "class"),
    ("workflow A { }", "workflow"),
    ("using namespace System", "using"),
    ("10u", "number"),
    ('"a`u{41}"', "escape"),
    ("$a ?? 1", "cannot be parsed"),
]
OLD = [
    "$x = @{ a = 1 }; $x['a'] -contains 1",
    "try { throw 'x' } catch { $_.Exception.Message } finally { 1 }",
    "$x | Where-Object { $_ } | % { $_ }",
    "Get-WmiObject Win32_Service -Namespace root\\cimv2",
    "New-Object System.Security.Cryptography.SHA256Managed",
    "New-Object System.Security.Cryptography.SHA256CryptoServiceProvider",
    "[IO.Compression.CompressionMode]::Compress",
    "F > out 2>&1",
    "'a,b' -split ',' -join ';'",
]


@pytest.mark.parametrize(("script", "named"), NEWER)
def test_what_came_later_is_found_and_named(script: str, named: str) -> None:
    assert any(named.lower() in finding.message.lower() for finding in lint(script.encode()))


@pytest.mark.parametrize("script", OLD)
def test_what_was_there_passes(script: str) -> None:
    assert lint(script.encode()) == []


def test_a_finding_says_where() -> None:
    assert [(finding.line, finding.column) for finding in lint(b"$a = 1\n$b = $a -in 2\n")] == [(2, 9)]
    assert str(Finding(2, 9, "operator -in (PowerShell 3)")) == "2:9: operator -in (PowerShell 3)"


def test_only_printable_ascii_passes() -> None:
    assert [(finding.line, finding.column) for finding in lint(b"'a'\n'\xc3\xa9'\n")] == [(2, 2)]
