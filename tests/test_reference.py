"""docs/facts.md and docs/rules/ say what the code and the rules say; `make docs` writes them anew."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from vcaudit.cli.reference_facts import described, facts
from vcaudit.cli.reference_rules import pages
from vcaudit.evaluate import schema, shapes
from vcaudit.evaluate.projections import PROJECTIONS
from vcaudit.evaluate.shapes import Shape

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGES = pages()
KINDS = list(dict.fromkeys(shapes.structs(Shape("struct", struct=schema.RuleView))))
RENEW = "is not what the code says any more: make docs"


def test_the_facts_are_current() -> None:
    assert (DOCS / "facts.md").read_text("utf-8") == facts(), f"docs/facts.md {RENEW}"


@pytest.mark.parametrize("name", PAGES)
def test_the_page_of_a_rule_is_current(name: str) -> None:
    path = DOCS / "rules" / name
    assert path.exists(), f"docs/rules/{name} {RENEW}"
    assert path.read_text("utf-8") == PAGES[name], f"docs/rules/{name} {RENEW}"


def test_there_is_no_page_of_a_rule_that_is_gone() -> None:
    assert {path.name for path in (DOCS / "rules").iterdir()} == set(PAGES), f"docs/rules {RENEW}"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_field_that_a_rule_sees_says_what_it_is_and_whence(kind: type) -> None:
    """The docstring of the type has a last paragraph `From: …`, and each field has a docstring."""
    known = described(kind)
    assert known.what
    assert known.source, f"{kind.__name__}: its docstring ends in a paragraph `From: where it comes from`"
    assert [name for name in kind.__struct_fields__ if not known.fields.get(name)] == []  # type: ignore[attr-defined]


def test_every_projection_says_what_it_compares() -> None:
    assert [name for name, each in PROJECTIONS.items() if not each.__doc__] == []


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(name: str) -> None:
    for target, anchor in re.findall(r"(?<!\\)\]\(([^)#]*)#?([^)]*)\)", PAGES[name]):
        path = (DOCS / "rules" / target).resolve() if target else DOCS / "rules" / name
        assert path.exists(), f"{name}: {target}"
        titles = re.findall(r"^#+ (.*)$", path.read_text("utf-8"), flags=re.MULTILINE)
        slugs = {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
        assert not anchor or anchor in slugs, f"{name}: {target}#{anchor}"


def test_links_within_the_facts_lead_somewhere() -> None:
    text = facts()
    titles = set(map(str.lower, re.findall(r"^## (\w+)$", text, flags=re.MULTILINE)))
    assert set(re.findall(r"\]\(#(\w+)\)", text)) <= titles


def test_a_page_has_what_its_reader_looks_for() -> None:
    page = PAGES["VC-RES-001.md"]
    for part in ("# VC-RES-001:", "## Why it matters", "## How it is checked", "## What to do", "## Examples",
                 "## What breaks it", "C1:", "Create the remaining resources", "monitor-not-separate"):  # fmt: skip
        assert part in page
