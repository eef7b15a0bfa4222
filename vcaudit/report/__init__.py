"""Results → what people and programs read. One list of formats feeds the command line, the docs and the tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final

from vcaudit.errors import UsageError
from vcaudit.results import AuditResults


@dataclass(frozen=True)
class Format:
    """One way to write results; its module is imported when it is first used."""

    name: str
    help: str
    """A line for `--help`."""
    extension: str
    media_type: str
    binary: bool
    """Not for a terminal."""
    options: frozenset[str] = frozenset()
    """Names `render` takes for it."""


FORMATS: Final[Mapping[str, Format]] = {
    each.name: each
    for each in (
        Format("text", "for a terminal or a log: the verdict, what failed and the fix", "txt", "text/plain", False,
               frozenset({"width", "colour", "unicode", "verbose"})),
        Format("json", "the whole results document, in its published schema", "json", "application/json", False),
        Format("html", "one self-contained file with everything, for a browser", "html", "text/html", False),
        Format("pdf", "for print and for the file: PDF/A-3 with the results attached", "pdf", "application/pdf", True,
               frozenset({"paper", "sign_off"})),
    )
}  # fmt: skip


def render(fmt: str, results: AuditResults, **options: Any) -> bytes:
    """The report as it goes into a file or a terminal.

    text takes width (columns, 80), colour (False), unicode (True) and verbose (False: with what passed and provenance);
    pdf takes paper ("A4" or "Letter") and sign_off (False: with a page for the change board). An option of another
    format is left alone, so that one set serves several formats. Raises UsageError for a format or an option that
    nobody knows, OutputError when a format's library does not work on this machine.
    """
    chosen = FORMATS.get(fmt)
    if chosen is None:
        raise UsageError(f"no format {fmt!r}", hint=f"formats: {', '.join(FORMATS)}")
    known = frozenset().union(*(each.options for each in FORMATS.values()))
    if strange := sorted(set(options) - known):
        raise UsageError(f"no report takes {', '.join(strange)}", hint=f"options: {', '.join(sorted(known))}")
    module = import_module(f"{__name__}.{chosen.name}")
    taken = {name: value for name, value in options.items() if name in chosen.options}
    written: bytes = module.render(results, **taken)
    return written
