"""The stand-ins are as strict as Windows, and refuse what nobody verified."""

from __future__ import annotations

import base64
import gzip
from typing import Any

import pytest

from vcaudit.collect.script import BOOTSTRAP
from vcaudit.lab import windows
from vcaudit.lab.node import Node
from vcaudit.lab.powershell import Interp, PSThrow, Unsupported
from vcaudit.lab.windows import Session
from vcaudit.lab.windows.types import types

NODE = {
    "environment": {"SystemRoot": "C:\\WINDOWS"},
    "registry": {"SOFTWARE\\X": {"v": "text", "n": 5}},
    "files": {"C:\\a\\file.txt": "content", "C:\\b\\": {}, "C:\\a\\No Version.exe": "MZ"},
    "wmi": {"root\\cimv2": {"C": {"one": {"Name": "a", "Size": 1, "None": None}}}},
}


def value(script: str, **session: Any) -> Any:
    """What the last statement of a script writes."""
    built = Session(Node.from_description("N1", NODE), **session)
    written = Interp(types(built), built).run(f"$ErrorActionPreference = 'Stop'\n{script}")
    return written[-1] if written else None


def error(script: str, **session: Any) -> str:
    """Type and code of what a script throws."""
    catch = (
        "$x = $_.Exception; if ($null -ne $x.InnerException) { $x = $x.InnerException }; $x.GetType().Name + ' ' + "
        "('{0:x8}' -f [Runtime.InteropServices.Marshal]::GetHRForException($x))"
    )
    return str(value(f"try {{ {script} }} catch {{ {catch} }}", **session))


# The command line


def test_only_the_bootstrap_runs() -> None:
    node = Node("N1")
    assert windows.execute(node, BOOTSTRAP, b"[Console]::Out.WriteLine('hello')\r\n") == (b"hello\r\n", b"", 0)
    out, err, code = windows.execute(node, "whoami /all", b"")
    assert (out, code) == (b"", 1)
    assert b"'whoami' is not recognized" in err
    assert windows.execute(node, BOOTSTRAP.replace("-NoLogo", "-Sta"), b"'x'")[2] == 1


def test_what_a_script_leaks_is_written_too() -> None:
    assert windows.execute(Node("N1"), BOOTSTRAP, b"'a'\n5") == (b"a\r\n5\r\n", b"", 0)


def test_an_error_ends_with_code_one() -> None:
    out, err, code = windows.execute(Node("N1"), BOOTSTRAP, b"[Console]::Out.Write('a')\nthrow 'no'\n'b'")
    assert (out, code) == (b"a", 1)
    assert b"no" in err


def test_a_script_that_does_not_parse_writes_nothing() -> None:
    assert windows.execute(Node("N1"), BOOTSTRAP, b"'a'\nif ($x) {")[::2] == (b"", 1)


def test_what_the_lab_does_not_know_is_loud() -> None:
    with pytest.raises(Unsupported):
        windows.execute(Node("N1"), BOOTSTRAP, b"Get-Process")


@pytest.mark.parametrize(
    "script",
    [
        "[IO.File]::Delete('C:\\a')",
        "[Environment]::UserName",
        "[IO.File]::ReadAllText('C:\\a\\file.txt')",
        "[Microsoft.Win32.Registry]::LocalMachine.OpenSubKey('SOFTWARE\\X', $true)",
        "[Microsoft.Win32.Registry]::CurrentUser",
        "[Text.Encoding]::GetEncoding(1252)",
        "New-Object System.Text.UTF8Encoding($true)",
        "New-Object System.Text.RegularExpressions.Regex('(?<n>x)')",
        "New-Object System.Text.RegularExpressions.Regex('\\p{L}')",
        "[Convert]::ToString(5, 2)",
        "[DateTime]::UtcNow.ToString('d')",
        "New-Object System.DirectoryServices.DirectoryEntry('WinNT://OTHER,computer')",
        "New-Object System.Management.ManagementScope('\\\\other\\root\\cimv2')",
        "$s = New-Object System.Management.ManagementScope('\\\\.\\root\\cimv2'); "
        "$q = New-Object System.Management.ObjectQuery('SELECT * FROM C'); "
        "$e = New-Object System.Management.EnumerationOptions; "
        "New-Object System.Management.ManagementObjectSearcher($s, $q, $e)",
        "New-Object System.IO.FileStream('C:\\a\\file.txt', [IO.FileMode]::Open, [IO.FileAccess]::Read, "
        "[IO.FileShare]::Read)",
        "[Math]::Min(1.5, 2)",
        "[Reflection.Assembly]::Load('Other')",
        "New-Object System.Security.Cryptography.SHA256CryptoServiceProvider",
    ],
)  # fmt: skip
def test_beyond_the_collector_everything_is_refused(script: str) -> None:
    with pytest.raises(Unsupported):
        value(script)


# Registry


LM = "[Microsoft.Win32.Registry]::LocalMachine"


def test_a_missing_key_is_null_and_a_missing_value_is_an_error() -> None:
    assert value(f"$null -eq {LM}.OpenSubKey('SOFTWARE\\No', $false)") is True
    assert error(f"{LM}.OpenSubKey('SOFTWARE\\X', $false).GetValueKind('no')") == "IOException 00000002"
    options = "[Microsoft.Win32.RegistryValueOptions]::DoNotExpandEnvironmentNames"
    assert value(f"$null -eq {LM}.OpenSubKey('software\\x', $false).GetValue('no', $null, {options})") is True
    assert value(f"{LM}.OpenSubKey('software\\x', $false).GetValue('V', $null, {options})") == "text"


def test_a_name_that_is_too_long() -> None:
    assert error(f"{LM}.OpenSubKey(('x' * 256), $false)") == "ArgumentException 80070057"


# Files


def stream(path: str) -> str:
    share = "[IO.FileShare]([IO.FileShare]::ReadWrite -bor [IO.FileShare]::Delete)"
    return f"(New-Object System.IO.FileStream('{path}', [IO.FileMode]::Open, [IO.FileAccess]::Read, {share}))"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("C:\\a\\no.txt", "FileNotFoundException 80070002"),
        ("C:\\no\\file.txt", "DirectoryNotFoundException 80070003"),
        ("Z:\\file.txt", "DirectoryNotFoundException 80070003"),
        ("C:\\b", "UnauthorizedAccessException 80070005"),
        ("%NoSuch%\\x", "DirectoryNotFoundException 80070003"),
        ("C:\\a\\*.txt", "ArgumentException 80070057"),
    ],
)
def test_files_that_cannot_be_opened(path: str, expected: str) -> None:
    assert error(f"{stream(path)}.Length") == expected


@pytest.mark.parametrize(
    "path",
    ["c:\\A\\FILE.TXT", "C:/a/file.txt", "C:\\a\\.\\file.txt", "C:\\a\\file.txt. .", "C:\\b\\..\\a\\file.txt"],
)
def test_ways_to_write_a_path(path: str) -> None:
    assert value(f"{stream(path)}.Length") == 7


def test_directories() -> None:
    assert value("[IO.Directory]::GetFiles('C:\\a\\') -join ';'") == "C:\\a\\file.txt;C:\\a\\No Version.exe"
    assert value("[IO.Directory]::GetDirectories('C:\\') -join ';'") == "C:\\a;C:\\b"
    assert error("[void][IO.Directory]::GetFiles('C:\\a\\file.txt')") == "IOException 8007010b"
    assert error("[void][IO.Directory]::GetFiles('C:\\no')") == "DirectoryNotFoundException 80070003"
    assert value("[IO.Directory]::Exists('C:\\A')") is True
    assert value("[IO.Directory]::Exists('a')") is False


def test_a_program_without_a_version_shows_zeros() -> None:
    assert value("[Diagnostics.FileVersionInfo]::GetVersionInfo('C:\\a\\No Version.exe').FileMajorPart") == 0


# WMI


def query(wql: str, body: str = "$n = $n + 1") -> str:
    return (
        "$s = New-Object System.Management.ManagementScope('\\\\.\\root\\cimv2'); "
        "$s.Options.Timeout = [TimeSpan]::FromSeconds(5); "
        "$s.Options.Authentication = [System.Management.AuthenticationLevel]::PacketPrivacy; "
        "$e = New-Object System.Management.EnumerationOptions; $e.Timeout = [TimeSpan]::FromSeconds(5); $n = 0; "
        f"$q = New-Object System.Management.ObjectQuery(\"{wql}\"); "
        f"foreach ($o in (New-Object System.Management.ManagementObjectSearcher($s, $q, $e)).Get()) {{ {body} }}; $n"
    )


@pytest.mark.parametrize(
    ("wql", "count"),
    [
        ("SELECT * FROM C", 1), ("select name, size from c", 1), ("SELECT * FROM C WHERE Name = 'A'", 1),
        ("SELECT * FROM C WHERE Name = 'b'", 0), ("SELECT * FROM C WHERE Name='a' AND Size=1", 1),
        ("SELECT * FROM C WHERE Name='a' and Size = 2", 0), ("SELECT * FROM C WHERE None = 'x'", 0),
    ],
)  # fmt: skip
def test_queries(wql: str, count: int) -> None:
    assert value(query(wql)) == count


@pytest.mark.parametrize(
    "wql",
    [
        "SELECT * FROM C WHERE Name LIKE 'a%'",
        "SELECT * FROM C WHERE Name = 'a' OR Size = 1",
        "ASSOCIATORS OF {C.Name='a'}",
        "SELECT * FROM C WHERE Name = 'a' AND",
        "SELECT * FROM C WHERE (Name = 'a')",
        "SELECT FROM C",
        "SELECT * FROM C,D",
    ],
)
def test_other_queries_are_refused(wql: str) -> None:
    with pytest.raises(Unsupported, match="WQL"):
        value(query(wql))


@pytest.mark.parametrize(
    ("wql", "body", "code"),
    [
        ("SELECT * FROM No", "", "80041010"),
        ("SELECT No FROM C", "", "80041017"),
        ("SELECT * FROM C WHERE No = 'x'", "", "80041017"),
        ("SELECT * FROM C", "$o.GetPropertyValue('No')", "80041002"),
        ("SELECT Name FROM C", "$o.GetPropertyValue('Size')", "80041002"),
    ],
)
def test_queries_fail_as_on_windows(wql: str, body: str, code: str) -> None:
    inner = "$x = $_.Exception; if ($null -ne $x.InnerException) { $x = $x.InnerException }"
    catch = f"{inner}; '{{0:x8}}' -f [int]$x.ErrorCode"
    assert value(f"try {{ {query(wql, body)} }} catch {{ {catch} }}") == code


# The XML writer


WRITER = (
    "$m = New-Object System.IO.MemoryStream; "
    "$g = New-Object System.IO.Compression.GZipStream($m, [IO.Compression.CompressionMode]::Compress, $true); "
    "$w = New-Object System.Xml.XmlTextWriter($g, (New-Object System.Text.UTF8Encoding($false))); "
)


def test_what_the_writer_writes() -> None:
    script = "$w.WriteStartElement('a'); $w.WriteAttributeString('b', 'x<&\">'); "
    script += "$w.WriteStartElement('c'); $w.Close(); "
    packed = base64.b64decode(value(WRITER + script + "[Convert]::ToBase64String($m.ToArray())"))
    assert gzip.decompress(packed) == b'<a b="x&lt;&amp;&quot;&gt;"><c /></a>'


@pytest.mark.parametrize(
    "script",
    [
        "$w.WriteStartElement('a'); $w.WriteAttributeString('b', [string][char]1)",
        "$w.WriteStartElement('a'); $w.WriteAttributeString('b', [string][char]0xD800)",
        "$w.WriteStartElement('a'); $w.WriteAttributeString('b', 'x'); $w.WriteAttributeString('b', 'y')",
        "$w.WriteStartElement('a'); $w.WriteEndElement(); $w.WriteAttributeString('b', 'x')",
        "$w.WriteEndElement()",
    ],
)
def test_a_document_that_no_parser_takes_is_loud(script: str) -> None:
    with pytest.raises(Unsupported):
        value(WRITER + script)


def test_a_closed_writer_takes_nothing() -> None:
    assert error(WRITER + "$w.Close(); $w.WriteStartElement('a')") == "InvalidOperationException 80131509"


# Regular expressions and text


def test_matches_and_groups() -> None:
    script = "$r = New-Object System.Text.RegularExpressions.Regex('a(b)?(c)'); $m = $r.Match('xacabc'); "
    assert value(script + "$m.Groups.Count") == 3
    assert value(script + "$m.Groups.Item(1).Success") is False
    assert value(script + "$m.Groups.Item(9).Success") is False
    assert value(script + "$m.Groups.Item(2).Index") == 2
    assert value(script + "$m.NextMatch().Groups.Item(1).Value") == "b"
    assert value(script + "$m.NextMatch().NextMatch().Success") is False
    assert value(script + "$n = 0; foreach ($x in $r.Matches('ac abc')) { $n = $n + $x.Length }; $n") == 5


def test_an_empty_match_goes_on() -> None:
    script = "$r = New-Object System.Text.RegularExpressions.Regex('x*'); $n = 0; "
    assert value(script + "foreach ($x in $r.Matches('axa')) { $n++ }; $n") == 4


def test_half_a_character_becomes_another_one() -> None:
    assert value("[BitConverter]::ToString([Text.Encoding]::Unicode.GetBytes([string][char]0xD800))") == "FD-FF"


def test_errors_of_conversions() -> None:
    assert error("[void][Convert]::FromBase64String('x')") == "FormatException 80131537"
    assert error("[void][Convert]::FromBase64String($null)") == "ArgumentNullException 80004003"


def test_a_list_changed_while_it_is_read() -> None:
    script = "$l = New-Object System.Collections.ArrayList; [void]$l.Add(1); [void]$l.Add(2); "
    script += "foreach ($x in $l) { [void]$l.Add(3) }"
    with pytest.raises(PSThrow, match="modified"):
        value(script)


def test_an_empty_stack() -> None:
    assert error("[void](New-Object System.Collections.Stack).Pop()") == "InvalidOperationException 80131509"


def test_the_clock_moves_only_when_something_takes_time() -> None:
    script = f"$c = [Diagnostics.Stopwatch]::StartNew(); [void]{LM}.OpenSubKey('SOFTWARE', $false); "
    script += "[int]$c.ElapsedMilliseconds"
    assert value(script, key_ms=20) == 20
    assert value(script) == 0
