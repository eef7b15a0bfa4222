"""The text that a terminal shows and a log keeps."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from rich.cells import cell_len

from vcaudit.report import render
from vcaudit.report.terminal import options_for

from . import samples
from .golden import expected


def text(sample: Any, **options: Any) -> str:
    return render("text", sample, **options).decode()


@pytest.mark.parametrize("name", ["healthy", "broken", "unreachable", "design_g", "two_clusters"])
def test_golden(name: str) -> None:
    written = render("text", getattr(samples, name)())
    assert written == expected(f"{name}.txt", written)


def test_golden_ascii_narrow_and_verbose() -> None:
    written = render("text", samples.broken(), width=64, unicode=False, verbose=True)
    assert written == expected("broken-64-ascii-verbose.txt", written)


def test_the_verdict_comes_first_and_the_counts_last() -> None:
    lines = text(samples.broken()).splitlines()
    assert lines[2] == "  ✗ VCNODE2 would not take over: every ESX host would refuse its certificate."
    assert lines[3] == "    VCNODE1 would take over (running there now)."
    assert "9 failed (4 critical, 2 high, 2 medium, 1 low)" in lines[-3]
    assert "compliance 71–77 %" in lines[-1]


def test_worst_first() -> None:
    order = ["CRITICAL", "HIGH", "MEDIUM", "LOW", "WAIVED", "INFO", "UNKNOWN", "NOT ASKED"]
    found = re.findall(rf"^  ({'|'.join(order)})", text(samples.broken()), re.MULTILINE)
    assert found == sorted(found, key=order.index)
    assert set(found) == set(order)


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
@pytest.mark.parametrize("sample", [samples.broken, samples.unreachable, samples.hostile])
def test_the_width_is_kept_by_all_but_commands(width: int, sample) -> None:
    lines = text(sample(), width=width, verbose=True).splitlines()
    assert not [row for row in lines if cell_len(row) > width and not row.lstrip().startswith(("cmd>", "PS>"))]


def test_commands_stand_unbroken_on_a_line() -> None:
    command = samples.failures()[("VC-DATA-003", "VCNODE2", "VCNODE2")]["remediation"].powershell
    assert f"    PS>       {command}" in text(samples.broken(), width=60).splitlines()


def test_an_unreachable_node_is_one_cause_however_many_rules_it_leaves_open() -> None:
    written = text(samples.unreachable())
    assert written.count("connection refused") == 1
    assert "25 checks" in written


def test_no_colour_no_escape() -> None:
    assert "\x1b" not in text(samples.hostile(), verbose=True)


def test_colour_is_rich_s_own_and_nothing_else() -> None:
    written = text(samples.hostile(), colour=True, verbose=True)
    assert set(re.findall(r"\x1b[^m]*m", written)) == set(re.findall(r"\x1b\[[0-9;]*m", written))
    assert re.sub(r"\x1b\[[0-9;]*m", "", written).count("\x1b") == 0
    assert "\x1b[1;31m" in written


def test_colour_changes_no_word() -> None:
    stripped = re.sub(r"\x1b\[[0-9;]*m", "", text(samples.broken(), colour=True))
    assert re.sub(r" +$", "", stripped, flags=re.MULTILINE) == text(samples.broken())


def test_ascii_where_there_is_nothing_else() -> None:
    written = render("text", samples.design_g(), unicode=False)
    assert written.isascii()
    assert b"B\\xfcro K\\xf6ln" in written
    assert b"compliance 94-100 %" in written


def test_markup_of_the_terminal_library_is_text() -> None:
    assert "[red]=cmd" in text(samples.hostile("[red]=cmd[/red] [link=https://evil.example]x[/link] :skull:"))


def test_hidden_characters_in_a_command_are_shown() -> None:
    assert "PS>       a⟨U+202E⟩b" in text(samples.hostile("a\u202eb"))


def test_ten_kilobyte_names_leave_a_report_one_can_read() -> None:
    written = text(samples.hostile("n" * 10_000))
    assert "[…9,890 characters…]" in written
    assert len(written.splitlines()) < 1_500


def test_defects_of_rules_are_said() -> None:
    assert "rule defect: x x" in text(samples.hostile("x x"))


class _Stream(io.StringIO):
    def __init__(self, terminal: bool, encoding: str) -> None:
        super().__init__()
        self._terminal, self._encoding = terminal, encoding

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._encoding

    def isatty(self) -> bool:
        return self._terminal


@pytest.mark.parametrize(
    ("terminal", "encoding", "environ", "options"),
    [
        (True, "utf-8", {"COLUMNS": "132"}, {"width": 132, "colour": True, "unicode": True}),
        (False, "utf-8", {"COLUMNS": "132"}, {"width": 80, "colour": False, "unicode": True}),
        (True, "utf-8", {"COLUMNS": "70", "NO_COLOR": "1"}, {"width": 70, "colour": False, "unicode": True}),
        (True, "utf-8", {"COLUMNS": "70", "NO_COLOR": ""}, {"width": 70, "colour": True, "unicode": True}),
        (True, "utf-8", {"COLUMNS": "70", "TERM": "dumb"}, {"width": 70, "colour": False, "unicode": True}),
        (False, "ascii", {}, {"width": 80, "colour": False, "unicode": False}),
        (False, "cp1252", {}, {"width": 80, "colour": False, "unicode": False}),
        (False, "no-such", {}, {"width": 80, "colour": False, "unicode": False}),
    ],
)
def test_options_for_a_stream(terminal: bool, encoding: str, environ: dict[str, str], options: dict[str, Any]) -> None:
    assert options_for(_Stream(terminal, encoding), environ) == options
