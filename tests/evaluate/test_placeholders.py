"""Names are hostile until quoted."""

from __future__ import annotations

import re

import pytest

from vcaudit.evaluate import placeholders
from vcaudit.evaluate.placeholders import Language, Unquotable, parse, shown, visible
from vcaudit.snapshot.base import Missing

HOSTILE = [
    '" & del *.* & "', "a' ; rm -rf ; '", "\u2019; calc; \u2018", "50%PATH%", "x\r\nshutdown", "a\0b", "a\u202eb",
    "\ud800", "\x1b[31m", "back\\", "two\\\\", "a^b&c|d<e>f", "$(calc)", "`calc`", "{subject}", "{0.__class__}",
    "{{x}}", "%s %d", "\u2028new", "a\u200bb",
]  # fmt: skip


def render(text: str, language: Language, value: object) -> str:
    problems: list[str] = []
    template = parse(text, language, problems.append)
    assert problems == []
    return template.render(lambda name: value)


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_leaves_the_quotes_of_cmd(name: str) -> None:
    try:
        command = render('cluster res "{subject|cmd}" /on', "cmd", name)
    except Unquotable:
        assert re.search(r'["%\x00-\x1f\u2028\ud800\u202e]', name)
        return
    inside = command.removeprefix('cluster res "').removesuffix('" /on')
    assert ('"' not in inside and "%" not in inside and inside.isprintable()) or "\u200b" in inside
    # What the C runtime of the program makes of the quoted text is the name again.
    tail = len(inside) - len(inside.rstrip("\\"))
    assert inside[: len(inside) - tail] + "\\" * (tail // 2) == name


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_leaves_the_quotes_of_powershell(name: str) -> None:
    try:
        command = render("Get-X '{subject|ps}'", "ps", name)
    except Unquotable:
        assert placeholders.hidden(name)
        return
    inside = command.removeprefix("Get-X '").removesuffix("'")
    assert re.sub("([\u2018\u2019\u201a\u201b'])(?=[\u2018\u2019\u201a\u201b'])", "", inside) == name
    assert all(len(run) % 2 == 0 for run in re.findall("[\u2018\u2019\u201a\u201b']+", inside))


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_in_a_text_hides_or_is_read_again(name: str) -> None:
    text = render("<{subject}>", "text", name)
    assert "\n" not in text
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\0" not in text
    text.encode()
    assert text == f"<{visible(name)}>"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "none"), ([], "none"), ((), "none"), (True, "yes"), (False, "no"), ("", "(empty)"), (3, "3"),
        (["a", None, True], "a, none, yes"), (Missing(reason="timeout"), "(unknown)"), ("é ü", "é ü"), (2.5, "2.5"),
    ],
)  # fmt: skip
def test_values_as_people_read_them(value: object, text: str) -> None:
    assert shown(value) == text


@pytest.mark.parametrize("value", [None, Missing(reason="timeout")])
def test_what_is_not_known_stands_in_a_command(value: object) -> None:
    assert render('x "{node|cmd}"', "cmd", value) == 'x "(unknown)"'


def test_braces_are_written_twice() -> None:
    assert render("a {{b}} {node}", "text", "N") == "a {b} N"
    assert render("foreach {{ '{node|ps}' }}", "ps", "N") == "foreach { 'N' }"


def test_lists_in_commands() -> None:
    assert render('x "{each.names|cmd}"', "cmd", ("a", "b")) == 'x "a,b"'


@pytest.mark.parametrize(
    ("text", "language", "problem"),
    [
        ("{", "text", "a single {"), ("}", "text", "a single }"), ("{}", "text", "{} is no placeholder"),
        ("{a b}", "text", "is no placeholder"), ("{node|html}", "text", "the filters are cmd and ps"),
        ("{node|cmd}", "cmd", "must stand between"), ('"a" {node|cmd} "b"', "cmd", "must stand between"),
        ('"a\n{node|cmd}"', "cmd", "must stand between"), ("{node}", "ps", "written {node|ps} here"),
        ("{node!r}", "text", "is no placeholder"), ("{node:>9}", "text", "is no placeholder"),
        ("{node[0]}", "text", "is no placeholder"),
    ],
)  # fmt: skip
def test_refused(text: str, language: Language, problem: str) -> None:
    problems: list[str] = []
    parse(text, language, problems.append)
    assert any(problem in item for item in problems), problems
