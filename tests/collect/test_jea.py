"""The JEA endpoint as files, and the lines that start the collector in a runspace: they parse, and only read."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest

from tests.collect.test_collector_readonly import KINDS, own_functions, uses
from vcaudit.capture import Locations
from vcaudit.collect.jea import GROUP, JEA_COMMAND, NAME, PARAMETERS, PSRP_BOOTSTRAP, files, module
from vcaudit.collect.script import collector
from vcaudit.lab.powershell.lint import lint
from vcaudit.lab.powershell.syntax import parse
from vcaudit.sections import requests

ALLOWED: dict[str, list[str]] = json.loads((Path(__file__).parent / "collector_allowed.json").read_text())
LISTS = [requests(Locations()), requests(Locations(ssl=r"D:\VC\SSL"))]
FILES = files(LISTS)
MODULE = module(LISTS)
BOOTSTRAP = PSRP_BOOTSTRAP.encode()
BOOTSTRAP_ALLOWED = {
    "commands": {"New-Object", "& ([ScriptBlock]::Create($VcaText))"},
    "types": {"Console", "Globalization.CultureInfo", "ScriptBlock", "System.IO.StringWriter"},
    "methods": {"[Console]::SetOut", "[ScriptBlock]::Create", "$VcaAnswer.ToString"},
    "properties": {"Out", "InvariantCulture"},
    "written": set(),
    "other": set(),
}
"""SetOut changes where this one process writes to; Create makes a block of the script that was reviewed elsewhere."""
MODULE_ADDS = {
    "commands": {"& {"},
    "types": set(),
    "methods": {
        "[Console]::SetOut", "$VcaAnswer.ToString", "$VcaText.Split", "$VcaText.Substring",
        "[Text.Encoding]::UTF8.GetBytes",
    },
    "properties": set(),
    "written": set(),
    "other": set(),
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_bootstrap_uses_only_what_was_reviewed(kind):
    assert uses(BOOTSTRAP)[kind] == BOOTSTRAP_ALLOWED[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_the_module_adds_only_what_was_reviewed(kind):
    def named(script: bytes) -> set[str]:
        found = uses(script)[kind]
        # Of a block that is called, the brace is enough.
        found = {re.sub(r"(?s)^& \{.*", "& {", each) for each in found}
        return found - own_functions(script) if kind == "commands" else found

    assert named(MODULE) - set(ALLOWED[kind]) == MODULE_ADDS[kind]
    assert named(MODULE) >= named(collector())


@pytest.mark.parametrize("script", [BOOTSTRAP, MODULE], ids=["bootstrap", "module"])
def test_what_runs_on_nodes_parses_and_is_old_enough(script):
    assert not parse(script).root_node.has_error
    # The bootstrap also runs on PowerShell 2.0.
    assert [str(finding) for finding in lint(script)] == []
    assert script.isascii()


@pytest.mark.parametrize("path", sorted(set(FILES) - {"README.md"}))
def test_every_file_parses(path):
    assert not parse(FILES[path]).root_node.has_error
    assert b"@" not in re.sub(rb"@[({]", b"", FILES[path].replace(collector().replace(b"\n", b"\r\n").rstrip(), b""))


def test_the_folder_is_a_module_with_a_role_of_its_name():
    assert set(FILES) == {
        "README.md", "Vcaudit.pssc", "Vcaudit/Vcaudit.psd1", "Vcaudit/Vcaudit.psm1",
        "Vcaudit/RoleCapabilities/Vcaudit.psrc",
    }  # fmt: skip
    assert f"RootModule = '{NAME}.psm1'" in text("Vcaudit/Vcaudit.psd1")
    assert f"RoleCapabilities = '{NAME}'" in text("Vcaudit.pssc")


def text(path: str) -> str:
    return FILES[path].decode()


def test_the_module_holds_the_collector_as_reviewed():
    inside = text("Vcaudit/Vcaudit.psm1").replace("\r\n", "\n")
    between = inside.partition("line `end of collector.ps1` ----\n")[2].partition("# ---- end of collector.ps1")[0]
    assert between.encode() == collector()
    sha256 = hashlib.sha256(collector()).hexdigest()
    assert f"if ($Collector -ne '{sha256}')" in inside
    assert sha256 in text("README.md")
    assert hashlib.sha256(FILES["Vcaudit/Vcaudit.psm1"]).hexdigest() in text("README.md")


def test_only_the_one_function_is_seen():
    assert f"FunctionsToExport = @('{JEA_COMMAND}')" in text("Vcaudit/Vcaudit.psd1")
    assert "CmdletsToExport = @()" in text("Vcaudit/Vcaudit.psd1")
    role = text("Vcaudit/RoleCapabilities/Vcaudit.psrc")
    assert re.findall(r"Visible\w+", role) == ["VisibleFunctions"]
    assert re.findall(r"(?<!\w)Name = '([^']+)'", role) == [JEA_COMMAND, *PARAMETERS]
    assert re.findall(r"ValidatePattern = '([^']+)'", role) == list(PARAMETERS.values())


def test_the_session_is_restricted():
    session = text("Vcaudit.pssc")
    for line in ("SessionType = 'RestrictedRemoteServer'", "LanguageMode = 'NoLanguage'", "RunAsVirtualAccount = $true",
                 f"RoleDefinitions = @{{ '{GROUP}' ="):  # fmt: skip
        assert line in session
    assert "'CORP\\o''reilly' =" in files(LISTS, "CORP\\o'reilly")["Vcaudit.pssc"].decode()


def test_the_readme_installs_and_takes_away():
    readme = text("README.md")
    for command in (
        "Register-PSSessionConfiguration -Name Vcaudit -Path .\\Vcaudit.pssc", "Test-PSSessionConfigurationFile",
        "Unregister-PSSessionConfiguration -Name Vcaudit", "Get-FileHash", "Remove-Item -Recurse",
    ):  # fmt: skip
        assert command in readme
    assert "PowerShell 5.0 or later" in readme
    for path in FILES:
        assert path == "README.md" or path.replace("/", "\\") in readme


def test_written_twice_the_files_are_the_same():
    assert files(reversed(LISTS)) == FILES
    assert files(LISTS[:1]) != FILES
    guids = [guid for content in FILES.values() for guid in re.findall(rb"GUID = '([0-9a-f-]{36})'", content)]
    assert len(set(guids)) == 3


def test_files_are_as_windows_writes_them():
    for path, content in FILES.items():
        assert b"\n" not in content.replace(b"\r\n", b""), path
        assert content.isascii(), path


def test_a_list_that_could_be_misunderstood_is_not_baked_in():
    with pytest.raises(ValueError, match="used twice"):
        module([LISTS[0] + LISTS[0][-1:]])
