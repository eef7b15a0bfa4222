"""The list of formats, and options on their way to them."""

from __future__ import annotations

import subprocess
import sys

import pytest

from vcaudit.errors import UsageError
from vcaudit.report import FORMATS, render

from . import samples


@pytest.mark.parametrize("name", ["text", "json", "html"])
@pytest.mark.parametrize("sample", [samples.healthy, samples.broken, samples.unreachable, samples.two_clusters])
def test_the_same_results_give_the_same_bytes(name: str, sample) -> None:
    assert render(name, sample()) == render(name, sample())


def test_one_set_of_options_serves_several_formats() -> None:
    options = {"width": 60, "colour": False, "unicode": True, "paper": "Letter", "sign_off": True}
    assert render("text", samples.healthy(), **options) == render("text", samples.healthy(), width=60)
    assert render("json", samples.healthy(), **options) == render("json", samples.healthy())


def test_a_format_nobody_knows_names_those_there_are() -> None:
    with pytest.raises(UsageError, match="docx") as caught:
        render("docx", samples.healthy())
    assert all(name in caught.value.hint for name in FORMATS)


def test_an_option_nobody_knows_is_refused() -> None:
    with pytest.raises(UsageError, match="papr"):
        render("pdf", samples.healthy(), papr="A4")


def test_listing_formats_imports_no_library() -> None:
    heavy = ("rich", "jinja2", "weasyprint")
    program = f"import sys; from vcaudit.report import FORMATS; print([m for m in {heavy} if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_json_imports_neither_rich_nor_jinja() -> None:
    program = (
        "import sys; from vcaudit.report import render, json; "
        "render('json', json.load(sys.stdin.buffer.read(), 'stdin')); "
        "print([m for m in ('rich', 'jinja2', 'weasyprint') if m in sys.modules])"
    )
    given = render("json", samples.healthy())
    found = subprocess.run([sys.executable, "-c", program], input=given, capture_output=True, check=True)
    assert found.stdout.strip() == b"[]"
