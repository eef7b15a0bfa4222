"""PDF: a print design of its own, PDF/A-3b and tagged, with the results document attached."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from datetime import datetime
from types import ModuleType
from typing import Final

from vcaudit.errors import OutputError, UsageError
from vcaudit.report import json, page, summary, waivers
from vcaudit.report.chapter import Chapter, chapters
from vcaudit.report.escape import visible
from vcaudit.results import AuditResults

PAPERS: Final = ("A4", "Letter")
VARIANT: Final = "pdf/a-3b"
VALUE_LIMIT: Final = 500
"""Characters of a value: paper needs fewer than a screen, and the attached results have all of them."""
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\Z")


def render(results: AuditResults, *, paper: str = "A4", sign_off: bool = False) -> bytes:
    """The document; the same results give the same bytes. `sign_off` adds a page for the change board.

    Raises UsageError for a paper nobody knows, OutputError where WeasyPrint's own libraries are missing.
    """
    if paper not in PAPERS:
        raise UsageError(f"no paper {paper!r}", hint=f"papers: {', '.join(PAPERS)}")
    weasyprint = _weasyprint()
    attached = json.render(results)
    digest = json.sha256(results)
    moment = _moment(results)
    # No protocol at all: whatever a name from the cluster makes of the page, nothing is fetched and no file is read.
    fetcher = weasyprint.urls.URLFetcher(allowed_protocols=())
    document = weasyprint.HTML(string=_page(results, digest, paper, sign_off, moment), url_fetcher=fetcher)
    attachment = weasyprint.Attachment(
        string=attached, name="results.json", description="The results this report shows", relationship="Source",
        created=moment, modified=moment,
    )  # fmt: skip
    written: bytes = document.write_pdf(
        pdf_variant=VARIANT, pdf_tags=True, pdf_identifier=digest[:32].encode(), attachments=[attachment]
    )
    return written


def wrapped(command: str, width: int = 96) -> list[tuple[str, bool]]:
    """Pieces of a command and whether it goes on: broken behind a blank where there is one, nothing lost."""
    pieces: list[tuple[str, bool]] = []
    for row in visible(command).split("\n"):
        while len(row) > width:
            cut = row.rfind(" ", width // 2, width) + 1 or width
            pieces.append((row[:cut], True))
            row = row[cut:]
        pieces.append((row, False))
    return pieces


def headings(chapter: Chapter) -> Iterator[tuple[str, str]]:
    """Anchor and words of each part of a chapter that is there, for the contents and the parts themselves."""
    yield "readiness", "Readiness"
    yield "counts", "Counts"
    yield "group", "Resource group" if len(chapter.cluster.pictures.groups) == 1 else "Resource groups"
    yield "findings", "Findings"
    if chapter.waived or waivers.statements(chapter.cluster):
        yield "waived", "Waived"
    if chapter.notes:
        yield "notes", "For information"
    yield "nodes", "Node beside node"
    yield "passed", "Passed"
    yield "not-looked", "Not looked at"
    yield "provenance", "Provenance"


def _page(results: AuditResults, digest: str, paper: str, sign_off: bool, moment: datetime) -> str:
    parts = chapters(results)
    return (
        page.environment(VALUE_LIMIT)
        .get_template("pdf.jinja")
        .render(
            results=results,
            chapters=parts,
            title=summary.headline(results),
            sentence=" ".join(chapter.cluster.verdict.sentence for chapter in parts),
            created=moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
            results_hash=digest,
            style=page.inline("pdf.css"),
            paper=paper,
            sign_off=sign_off,
            headings=headings,
            wrapped=wrapped,
        )
    )


def _moment(results: AuditResults) -> datetime:
    """When the results were taken: the document's dates, so that they depend on no clock."""
    for cluster in results.clusters:
        if _MOMENT.match(cluster.taken_at):
            return datetime.strptime(cluster.taken_at, "%Y-%m-%dT%H:%M:%SZ")
    return datetime(1970, 1, 1)


def _weasyprint() -> ModuleType:
    try:
        module = importlib.import_module("weasyprint")
    except OSError as error:  # its C libraries are loaded on import
        raise OutputError(
            f"PDF needs the Pango library: {str(error).splitlines()[0]}",
            hint="install it (Debian: apt-get install libpango-1.0-0 libpangoft2-1.0-0), or write HTML and print that",
        ) from error
    return module
