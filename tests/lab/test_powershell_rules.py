"""What the recorded rows cannot show: refusals, versions, stand-ins, and that nothing else ever comes out."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import vcaudit.lab.powershell as powershell
from vcaudit.lab.powershell import (
    CI,
    Interp,
    Long,
    NetError,
    NetExc,
    Obj,
    PSThrow,
    Unsupported,
    make_enum,
    nullable,
    prop,
)

from .powershell_types import type_table

PACKAGE = Path(powershell.__file__).parent


class Probe(Obj):
    """A stand-in with every kind of member."""

    net = "Test.Probe"
    field = 5
    _private = 1

    @staticmethod
    def new(machine: Interp, *args: Any) -> Probe:
        assert machine.world == "world"
        return Probe()

    def quiet(self) -> None:
        """Returns nothing."""

    def null(self) -> Any:
        return None

    @nullable
    def unannotated(self):  # type: ignore[no-untyped-def]
        return None

    def fail(self) -> None:
        raise NetError("System.IO.IOException", "gone", hresult=0x800703FA)

    def wmi(self) -> None:
        raise NetError("System.Management.ManagementException", "Invalid class", error_code=0x80041010)

    def count_(self) -> int:
        return 1

    @staticmethod
    def hresult_of(error: NetExc) -> int | None:
        return error.hresult

    def broken(self) -> None:
        raise ZeroDivisionError("a hole")

    @property
    def late(self) -> int:
        raise NetError("System.IO.IOException", "gone")

    @staticmethod
    @prop
    def computed() -> int:
        return 7


def run(script: str, ps: int = 2, **more: Any) -> list[Any]:
    types = {**type_table(), "test.probe": Probe}
    return Interp(types, "world", ps=ps, **more).run(script)


REFUSED = [
    "$nosuch",
    "NoSuchCommand",
    "[No.Such]::X",
    "(New-Object Test.Probe).NoSuch",
    "(New-Object Test.Probe).NoSuch()",
    "(New-Object Test.Probe)._private",
    "(New-Object Test.Probe).count_()",
    "(New-Object Test.Probe).net",
    "(New-Object Test.Probe).quiet",
    "(New-Object Test.Probe).field()",
    "(New-Object Test.Probe).broken()",
    "'x'.Count",
    "$null.Length",
    "1 | F",
    "function F { }; F 2>$null",
    "function F { } F -x",
    "function F { }; F 1",
    "function r { 1 }",
    "function F { break }; foreach ($x in 1) { F }",
    "try { 1 } finally { return }",
    "$global:x = 1",
    "$true = 1",
    "$args",
    "$env:Path",
    "while ($true) { }",
    "for (;;) { $x = 1 }",
    "function F { F }; F",
    '"é" -eq "e"',
    "break",
    "exit 3",
    "trap { 1 }",
    "[CmdletBinding()] param($x)",
    "New-Object Test.Probe $null",
    "$b = New-Object byte[] 2; New-Object Test.Probe($b)",
    "if (0) { $x | F }",
    "'a' -match '(?i)a'",
    "'a' -match 'a++'",
    "'ab' -match '(?<x>a)(b)'",
    "'a' -match '['",
    "'\u00e9' -match '.'",
    "'a' -notmatch 'a'; $matches",
    "'a' -like '[!b]'",
    "'a' -like 'a`'",
    "'stra\u00dfe'.ToUpper()",
    "'\u200bx'.Trim()",
    "'ab'.IndexOf('')",
    "'\u00e9a'.StartsWith('a')",
    "$r = if (1) { return 1 }",
    "foreach ($x in 1,2) { $r = foreach ($y in 1) { return } }",
]


@pytest.mark.parametrize("script", REFUSED)
def test_what_is_not_played_is_refused(script: str) -> None:
    with pytest.raises(Unsupported):
        run(script, budget=20_000)


def test_a_refusal_is_never_caught_by_the_script() -> None:
    with pytest.raises(Unsupported):
        run("try { $nosuch } catch { 'hidden' } finally { 'cleanup' }")


def test_foreach_over_null_depends_on_the_version() -> None:
    script = "foreach ($x in $null) { 'body' }"
    assert run(script, ps=2) == ["body"]
    assert run(script, ps=3) == []


def test_methods_that_return_nothing_write_nothing_and_null_is_written() -> None:
    assert run("$p = New-Object Test.Probe; $p.quiet(); $p.null(); $p.unannotated()") == [None, None]
    assert run("[Test.Probe]::computed; (New-Object Test.Probe).FIELD") == [7, 5]


def test_an_exception_of_a_stand_in_keeps_its_codes() -> None:
    types = {**type_table(), "test.probe": Probe}
    script = "try { (New-Object Test.Probe).fail() } catch { [Test.Probe]::hresult_of($_.Exception.InnerException) }"
    assert Interp(types, "world").run(script) == [0x800703FA - (1 << 32)]
    script = "try { (New-Object Test.Probe).wmi() } catch { '{0:x8}' -f [int]$_.Exception.InnerException.ErrorCode }"
    assert run(script) == ["80041010"]


@pytest.mark.parametrize(
    "read",
    [
        "$_.Exception.InnerException.HResult",  # protected before .NET 4.5
        "$_.Exception.InnerException.error_code",
        "$_.Exception.InnerException.ErrorCode",  # of an exception that carries none
    ],
)
def test_codes_show_only_where_dot_net_shows_them(read: str) -> None:
    with pytest.raises(Unsupported):
        run(f"try {{ (New-Object Test.Probe).fail() }} catch {{ {read} }}")


def test_the_names_of_an_error_code_are_not_invented() -> None:
    with pytest.raises(Unsupported):
        run("try { (New-Object Test.Probe).wmi() } catch { [string]$_.Exception.InnerException.ErrorCode }")


def test_codes_are_signed_and_checked() -> None:
    assert NetError("X", "x", 0x80070005).hresult == NetError("X", "x", -2147024891).hresult == -2147024891
    assert NetExc("X", "x", error_code=2).error_code == 2
    with pytest.raises(ValueError, match="not a 32-bit code"):
        NetError("X", "x", 1 << 32)


def test_an_error_outside_a_method_call_is_an_error_of_the_script() -> None:
    assert run("try { (New-Object Test.Probe).late } catch { $_.Exception.Message }") == ["gone"]
    with pytest.raises(PSThrow, match="gone"):
        run("(New-Object Test.Probe).late")


def test_trim_and_case_of_text_in_other_languages() -> None:
    assert run("' \u00fc '.Trim(); '\u00dcB'.ToLower(); '\u00fc'.ToUpper()") == ["\u00fc", "\u00fcb", "\u00dc"]


def test_matches_belong_to_the_last_match_that_succeeded() -> None:
    assert run("$m = 'ab' -match '(a)(x)?'; $m = 'z' -match 'y'; $matches[1]; $matches.Count") == ["a", 2]


def test_output_before_an_error_is_kept() -> None:
    out: list[Any] = []
    with pytest.raises(PSThrow):
        Interp({}).run("1; throw 'x'", out)
    assert out == [1]


def test_functions_belong_to_their_scope() -> None:
    with pytest.raises(Unsupported, match="unknown command"):
        run("function A1 { function B1 { 1 } }; A1; B1")


def test_one_text_may_run_in_many_interpreters() -> None:
    script = "$x = $x0 + 1; function F($a) { $a + $x }; F 1"
    with pytest.raises(Unsupported):
        Interp({}).run(script)
    assert Interp({}).run("$x0 = 4\n" + script) == Interp({}).run("$x0 = 4\n" + script) == [6]


def test_hashtables_and_enums_for_stand_ins() -> None:
    table = CI({"Name": 1, Long(5): "long"})
    assert (table["NAME"], "name" in table, 5 in table, table.get("other", 2), len(table)) == (1, True, False, 2, 2)
    mode = make_enum("System.IO.FileMode", {"Open": 3, "None_": 0})
    assert (mode.open, mode.open.label(), mode.none.label(), mode.net) == (3, "Open", "None", "System.IO.FileMode")


def test_only_this_package_knows_the_parser() -> None:
    users = [path for path in PACKAGE.parents[1].rglob("*.py") if re.search(r"import .*tree_sitter", path.read_text())]
    assert users
    assert all(path.parent == PACKAGE for path in users)


TOKENS = r"""
$x $y $null $_ 1 2.5 'a' "b$x" "$(1)" @( $( ( ) { } [ ] , ; = += + - * / % -eq -ne -not ! -and -f -join .. . ++ --
:: [int] [string] [void] [byte[]] [IO.FileShare] Read if else foreach in while for function F param return throw try
catch finally break continue & New-Object System.Collections.Stack Push Pop Count Length Substring @{ a [char]
-contains -gt -band 0xFFFFFFFF ` "a 'a
"""
VALUES = r"""
$null $true 0 -1 2147483647 [long]5 [byte]7 1.5 '' 'a' '5' '0x10' [char]65 @() @(1) 1,2 @{} {1} [IO.FileShare]::Read
[byte[]](1,2)
"""
OPERATORS = "+ - * / % -eq -ne -lt -ge -and -or -xor -band -bor -join -f -contains -ceq .."


def words(text: str) -> st.SearchStrategy[str]:
    return st.sampled_from(text.split())


def outcome(script: str, budget: int = 2_000_000) -> str:
    """How a script ends; any other exception than these two is a defect and goes on up."""
    try:
        Interp(type_table(), budget=budget).run(script)
    except Unsupported:
        return "refused"
    except PSThrow:
        return "failed"
    return "answered"


@settings(max_examples=300, deadline=None)
@given(st.lists(words(TOKENS), max_size=14).map(" ".join))
def test_any_text_runs_is_refused_or_fails_as_powershell_does(script: str) -> None:
    assert outcome(script, budget=500) in ("answered", "refused", "failed")


@settings(max_examples=300, deadline=None)
@given(words(VALUES), words(OPERATORS), words(VALUES))
def test_any_operator_on_any_values_answers_or_says_why_not(left: str, operator: str, right: str) -> None:
    assert outcome(f"({left}) {operator} ({right})") in ("answered", "refused", "failed")


@pytest.mark.parametrize(
    "script",
    [
        "0..2147483647", "-2147483648..1", "'a' * 2147483647", "@(1) * 2147483647", "New-Object byte[] 2147483647",
        "'{0,2147483647}' -f 1", "'{0:x2147483647}' -f 1", "'a'.PadLeft(2147483647)", "'a'.PadRight(2147483647)",
    ],
)  # fmt: skip
def test_what_would_fill_the_memory_is_refused(script: str) -> None:
    assert outcome(script) == "refused"
