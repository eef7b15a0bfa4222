"""The collector can only read: every command, type, method and member that it uses is on a reviewed list.

`collector_allowed.json` beside this test is that list; whoever adds to it says in the commit why it changes no node.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tree_sitter import Node

from vcaudit.collect.script import LISTINGS as OF_THE_CLUSTER
from vcaudit.collect.script import LISTINGS_OF_ONE, collector
from vcaudit.lab.powershell.lint import lint
from vcaudit.lab.powershell.syntax import kids, parse, source_of

ALLOWED: dict[str, list[str]] = json.loads((Path(__file__).parent / "collector_allowed.json").read_text())
FIXED = [
    (r"OpenSubKey\((?!\$\w+, \$false\))", "a registry key opened with the right to write"),
    (r"FileMode\]::(?!Open\b)", "a file mode other than Open"),
    (r"FileAccess\]::(?!Read\b)", "a file access other than Read"),
    (r"\.Invoke\((?!'Members'\))", "an ADSI method other than Members"),
    (r"Assembly\]::Load\((?!'System\.Core, )", "an assembly other than System.Core"),
    (r"CompressionMode\]::(?!Compress\b)", "decompressing"),
    (r"GetTypeFromProgID\((?!'Schedule\.Service'\))", "a COM class other than the Task Scheduler's"),
    (r"CreateInstance\((?!\$type\))", "a COM object of another class"),
    (r"\$service\.(?!Connect\(\)|GetFolder\(\$a\[2\]\))", "the Task Scheduler asked for something else than a folder"),
    (r"\$task\.(?!(?:State|Enabled|LastRunTime|LastTaskResult|Definition\.Actions|Path)\b)", "a task told what to do"),
    (r"ManagementScope\((?!'\\\\\.\\' \+)", "the WMI of another machine"),
    (r"ProcessStartInfo\((?!\(ClusterExe\), \(\$asked -f \$a\[3\]\)\))", "another program, or another command line"),
    (r"Process\]::Start\((?!\$info\))", "a program without the settings that were checked"),
    (r"UseShellExecute = (?!\$false)", "a program started through the shell"),
    (r"\$asked = (?!\$Listings\[\$a\[2\]\]\r?\n)", "a command line that is not one of the listings"),
    (r"\$Listings(?! = @\{\r?\n|\[\$a\[2\]\])", "a change of the listings"),
    (r"\$(?!p\.)\w+\.Kill\(", "ending a program that was not started here"),
    (r"DirectoryEntry\((?!'WinNT://' \+ \[Environment\]::MachineName|\$m\))", "the directory of another machine"),
]
"""Calls that may do more than read, and the only way in which they may be written."""
LISTINGS = """
$Listings = @{
    node = 'node'
    group = 'group'
    resource = 'resource'
    priv = 'resource "{0}" /priv'
    listowners = 'resource "{0}" /listowners'
}
"""
"""All that cluster.exe can be asked: each prints, and changes nothing."""
CLUSTER_EXE = """
    foreach ($place in @('sysnative', 'cluster', 'system32')) {
        $path = [Environment]::ExpandEnvironmentVariables('%SystemRoot%\\' + $place + '\\cluster.exe')
        if ([IO.File]::Exists($path)) { return $path }
    }
    throw 'no such program'
"""
"""All that can be started."""

PROGRAM_LISTINGS = OF_THE_CLUSTER | LISTINGS_OF_ONE
OTHER = ("redirection", "redirected_file_name", "trap_statement", "data_statement", "class_statement")
KINDS = ("commands", "types", "methods", "properties", "written", "other")


def walk(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from walk(child)


def uses(script: bytes) -> dict[str, set[str]]:
    """What a script names, by kind; types without brackets and blanks."""
    found: dict[str, set[str]] = {kind: set() for kind in KINDS}
    for node in walk(parse(script).root_node):
        if node.type == "command":
            command(node, found)
        elif node.type == "type_literal":
            found["types"].add(source_of(node).strip("[]"))
        elif node.type == "invokation_expression":
            # with what it is called on: Add of a list is not Add of a group
            target, name = (source_of(part) for part in kids(node)[:2])
            joint = "::" if target.startswith("[") and target.endswith("]") else "."
            found["methods"].add(f"{target}{joint}{name}")
        elif node.type == "member_access":
            found["properties"].add(source_of(kids(node)[1]))
        elif node.type == "assignment_expression":
            target = kids(node)[0]
            if "." in source_of(target) or "[" in source_of(target):
                found["written"].add(source_of(target))
        elif node.type in OTHER:
            found["other"].add(node.type)
    return found


def command(node: Node, found: dict[str, set[str]]) -> None:
    parts = kids(node)
    name = source_of(parts[0])
    if parts[0].type == "command_invokation_operator":
        name = f"{name} {source_of(parts[1])}"
    found["commands"].add(name)
    if name.lower() == "new-object":
        found["types"].add(re.split(r"[(\s]", source_of(parts[1]).strip())[0])


def own_functions(script: bytes) -> set[str]:
    return {source_of(kids(node)[0]) for node in walk(parse(script).root_node) if node.type == "function_statement"}


SCRIPT = collector()


@pytest.mark.parametrize("kind", KINDS)
def test_only_what_was_reviewed_is_used(kind: str) -> None:
    used = uses(SCRIPT)[kind]
    if kind == "commands":
        used -= own_functions(SCRIPT)
    assert used == set(ALLOWED[kind]), "what is used and what is reviewed must be the same list, both ways"


@pytest.mark.parametrize(("pattern", "what"), FIXED)
def test_what_could_do_more_is_written_in_one_way_only(pattern: str, what: str) -> None:
    code = re.sub(r"(?m)^\s*#.*$", "", SCRIPT.decode("ascii"))
    assert re.search(pattern.partition("(?!")[0], code), "the call is gone: so should this line be"
    assert not re.search(pattern, code), what


def test_the_one_program_and_all_that_it_is_asked() -> None:
    code = SCRIPT.decode("ascii")
    assert LISTINGS in code
    assert f"function ClusterExe {{{CLUSTER_EXE}}}" in code
    assert set(re.findall(r"^    (\w+) = ", LISTINGS, re.MULTILINE)) == PROGRAM_LISTINGS


def test_old_nodes_understand_it() -> None:
    assert [str(finding) for finding in lint(SCRIPT)] == []


def test_no_two_variables_differ_in_case_only() -> None:
    """PowerShell takes them for one, in the scopes of callers too."""
    names = {name.decode() for name in re.findall(rb"\$(\w+)", SCRIPT)}
    assert len({name.lower() for name in names}) == len(names)


def test_it_is_plain_text() -> None:
    assert SCRIPT.isascii()
    assert b"\r" not in SCRIPT
    assert b"\t" not in SCRIPT
    assert max(map(len, SCRIPT.split(b"\n"))) <= 132
    assert SCRIPT.endswith(b"\n")


@pytest.mark.parametrize(
    "line",
    [
        "Remove-Item C:\\x",
        "[IO.File]::Delete('C:\\x')",
        "[IO.File]::WriteAllText('C:\\x', 'y')",
        "$key.SetValue('a', 'b')",
        "$key.DeleteSubKeyTree('a')",
        "[Diagnostics.Process]::GetProcesses()",
        "& cmd.exe",
        ". $x",
        "iex $x",
        "[ScriptBlock]::Create($x)",
        "'x' > C:\\x",
        "$entry.CommitChanges()",
        "$entry.psbase.Add('WinNT://x')",
        "$o.InvokeMethod('StopService', $null)",
        "New-Object Net.WebClient",
        "$entry.psbase.Password = 'x'",
        "Get-WmiObject Win32_Product",
    ],
)
def test_the_walk_would_notice(line: str) -> None:
    before, after = uses(SCRIPT), uses(SCRIPT + line.encode() + b"\n")
    assert any(after[kind] - before[kind] for kind in before)


@pytest.mark.parametrize(
    "line",
    [
        "$x = $key.OpenSubKey($name, $true)",
        "$x = [IO.FileMode]::Create",
        "$x = [IO.FileAccess]::ReadWrite",
        "$x = $entry.psbase.Invoke('Delete', 'user', 'x')",
        "$x = New-Object System.DirectoryServices.DirectoryEntry('WinNT://other')",
        "$x = New-Object System.Diagnostics.ProcessStartInfo('cmd.exe', $asked)",
        "$x = New-Object System.Diagnostics.ProcessStartInfo((ClusterExe), $a[3])",
        "$x = [Diagnostics.Process]::Start('cmd.exe')",
        "$info.UseShellExecute = $true",
        "$asked = $a[3]",
        "$Listings['off'] = 'resource off'",
        "$q.Kill()",
    ],
)
def test_the_fixed_calls_would_notice(line: str) -> None:
    assert any(re.search(pattern, line) for pattern, _ in FIXED)
