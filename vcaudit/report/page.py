"""The template environment that HTML and PDF share: whatever a template prints is made visible, cut and escaped."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from vcaudit import resources
from vcaudit.report import compiled, figures, summary, waivers
from vcaudit.report.escape import VALUE_LIMIT, anchor, clip, line, visible
from vcaudit.results import odd_in_all

SHAPES: Final = {"critical": "◆", "high": "▲", "medium": "●", "low": "○", "info": "□"}
"""A shape a severity, so that print in black and white tells them apart."""


@cache
def environment(value_limit: int = VALUE_LIMIT) -> Environment:
    """Compiled once a process; a name that a template misspells is an error, not an empty place.

    `value_limit`: characters after which the middle of a value is left out.
    """
    made = Environment(
        loader=FileSystemLoader(resources.templates_dir()),
        bytecode_cache=compiled.cache(),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=lambda value: _shown(value, value_limit),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"line": line, "whole": _whole, "slug": anchor, "drawn": figures.graph}
    made.globals |= {
        "marks": summary.MARKS, "shapes": SHAPES, "answers": summary.CELL_ANSWERS, "answer_words": summary.ANSWER_WORDS,
        "hides": _hides, "bar": figures.bar, "graph": figures.graph, "monitor": figures.monitor,
        "depends": figures.depends, "box_width": figures.WIDTH, "box_height": figures.HEIGHT,
        "role_name": summary.role_name, "when": summary.when, "counts": summary.counts, "percent": summary.percent,
        "compliance": summary.compliance, "plural": summary.plural, "seen": summary.seen, "ordered": summary.ordered,
        "alike": summary.alike, "packs": summary.packs,
        "odd_in_all": odd_in_all, "terms": waivers.terms, "statements": waivers.statements,
        "accepted": waivers.used, "without": waivers.without, "asserted": waivers.ASSERTED,
    }  # fmt: skip
    return made


@cache
def inline(name: str) -> Markup:
    """A style sheet or script of ours, put into the page as it is."""
    return Markup((resources.templates_dir() / name).read_text(encoding="utf-8"))  # noqa: S704  (our own file)


def csp_hash(text: str) -> str:
    """As a Content-Security-Policy names an inline style or script."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _shown(value: Any, limit: int) -> Any:
    """Applied to everything a template prints before it is escaped; markup of our own macros passes."""
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    return clip(visible(value), limit)


def _whole(command: str) -> Markup:
    """A command is shown whole or not at all: half of one must not be typed."""
    return escape(visible(command))


def _hides(command: str) -> bool:
    return visible(command) != command.replace("\r\n", "\n")
