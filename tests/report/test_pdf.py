"""The PDF as a reader program sees it: pages, contents, attachment, what it claims to be."""

from __future__ import annotations

import io
import re
from functools import cache
from typing import Any

import pypdf
import pytest

from vcaudit.errors import OutputError, UsageError
from vcaudit.report import json, pdf, render
from vcaudit.report.chapter import chapters

from . import samples

pytestmark = pytest.mark.xdist_group("pdf")  # a document takes seconds and is looked at by many tests


@cache
def written(name: str) -> tuple[bytes, tuple[str, ...]]:
    """The document, and what was opened for it over any protocol."""
    opened: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("urllib.request.OpenerDirector.open", lambda *given, **_: opened.append(str(given)))
        return render("pdf", getattr(samples, name)()), tuple(opened)


@cache
def reader(name: str) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(written(name)[0]))


@cache
def pages(name: str) -> list[str]:
    return [page.extract_text() for page in reader(name).pages]


def flat(outline: Any, depth: int = 1) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    for entry in outline:
        found += flat(entry, depth + 1) if isinstance(entry, list) else [(depth, entry.title)]
    return found


def test_a_healthy_cluster_fits_on_four_pages_and_a_broken_one_on_ten() -> None:
    assert len(pages("healthy")) <= 4
    assert len(pages("large")) <= 4
    assert len(pages("broken")) <= 10


def test_the_cover_says_the_verdict_what_it_is_about_and_where_things_stand() -> None:
    cover = pages("broken")[0]
    for piece in (
        "Would the other node take over?", "No.", "VCNODE2 would not take over", "CORP-VC", "2026-11-22 09:14:07Z",
        "tn019 1.0", "71–77 %", json.sha256(samples.broken())[:16],
    ):  # fmt: skip
        assert piece in cover, piece


def test_the_contents_give_the_page_where_each_part_stands() -> None:
    entries = re.findall(r"^(\w[\w -]*?)(?: ?\.)+ *(\d+)$", pages("broken")[0].replace(" . ", "."), re.MULTILINE)
    listed = {name.strip(): int(number) for name, number in entries}
    (chapter,) = chapters(samples.broken())
    assert {heading for _, heading in pdf.headings(chapter)} <= set(listed)
    for heading in ("Readiness", "Findings", "Passed", "Provenance"):
        assert heading in pages("broken")[listed[heading] - 1]


def test_bookmarks_follow_the_contents_down_to_the_findings() -> None:
    outline = flat(reader("broken").outline)
    assert outline[0] == (1, "Cluster CORP-VC")
    assert (2, "Findings") in outline
    assert (3, "VCNODE2 is missing from the possible owners of VC License.") in outline


def test_every_page_says_which_page_of_which_results_about_what() -> None:
    total = len(pages("broken"))
    for number, text in enumerate(pages("broken"), 1):
        assert f"Page {number} of {total}" in text
        assert f"results {json.sha256(samples.broken())[:16]}" in text
        assert number == 1 or "CORP-VC · 2026-11-22 09:14:07Z" in text


def test_the_header_changes_with_the_cluster() -> None:
    assert "CORP-VC · " in pages("two_clusters")[1]
    assert "LAB-VC · " in pages("two_clusters")[-1]
    assert {name for depth, name in flat(reader("two_clusters").outline) if depth == 1} == {
        "Cluster CORP-VC", "Cluster LAB-VC",
    }  # fmt: skip


def test_the_results_are_attached_and_are_the_ones_named() -> None:
    ((name, (attached,)),) = reader("broken").attachments.items()
    assert name == "results.json"
    assert json.load(attached, name) == samples.broken()
    specifications = {
        entry.get_object()["/F"]: entry.get_object() for entry in reader("broken").trailer["/Root"]["/AF"]
    }
    assert specifications["results.json"]["/AFRelationship"] == "/Source"


def test_it_is_pdf_a_3b_tagged_with_title_language_and_the_time_of_the_audit() -> None:
    root = reader("broken").trailer["/Root"]
    metadata = root["/Metadata"].get_data().decode()
    assert 'pdfaid:part="3"' in metadata
    assert 'pdfaid:conformance="B"' in metadata
    assert root["/OutputIntents"][0]["/S"] == "/GTS_PDFA1"
    assert root["/MarkInfo"]["/Marked"]
    assert root["/StructTreeRoot"]["/K"]
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert root["/Lang"] == "en"
    information = reader("broken").metadata
    assert information is not None
    assert information.title == "No: CORP-VC – failover audit"
    assert information["/CreationDate"] == "D:20261122091407Z"
    assert reader("broken").trailer["/ID"]


def test_every_font_is_embedded_as_pdf_a_asks() -> None:
    found = reader("broken").pages[3]["/Resources"]["/Font"]
    assert found
    for font in found.values():
        (descendant,) = font["/DescendantFonts"]
        assert "/FontFile2" in descendant["/FontDescriptor"] or "/FontFile3" in descendant["/FontDescriptor"]


def test_the_tags_hold_headings_tables_and_drawings() -> None:
    kinds: set[str] = set()

    def walk(element: Any) -> None:
        element = element.get_object()
        if isinstance(element, list):
            for child in element:
                walk(child)
        elif isinstance(element, dict) and "/S" in element:
            kinds.add(element["/S"])
            walk(element.get("/K", pypdf.generic.NullObject()))

    walk(reader("broken").trailer["/Root"]["/StructTreeRoot"]["/K"])
    assert {"/H1", "/H2", "/H3", "/H4", "/Table", "/TH", "/TD", "/L", "/P", "/Figure", "/Link"} <= kinds


def test_nothing_in_it_runs_or_leads_outside() -> None:
    for name in ("broken", "hostile"):
        document = reader(name)
        assert not {"/OpenAction", "/AA", "/AcroForm"} & set(document.trailer["/Root"])
        for page in document.pages:
            for annotation in page.get("/Annots", []):
                assert "/A" not in annotation.get_object(), "a link that is not a place in the document"


def test_nothing_is_fetched_whatever_a_name_says() -> None:
    assert written("hostile")[1] == ()
    assert written("broken")[1] == ()


def test_hostile_names_are_text() -> None:
    everything = "".join(pages("hostile"))
    assert "⟨U+202E⟩" in everything.replace("\n", "")
    assert len(reader("hostile").attachments) == 1


def test_a_sign_off_page_and_letter_paper_when_asked_for() -> None:
    document = pypdf.PdfReader(io.BytesIO(render("pdf", samples.healthy(), paper="Letter", sign_off=True)))
    assert [round(float(each)) for each in document.pages[0].mediabox[2:]] == [612, 792]
    last = document.pages[-1].extract_text()
    for piece in ("Sign-off", "Decision", "approved with conditions", "Name", "Date", "Ticket", "CORP-VC"):
        assert piece in last, piece
    assert "Sign-off" in document.pages[0].extract_text()
    assert not any("Decision" in page for page in pages("healthy"))


def test_the_same_results_give_the_same_document() -> None:
    assert render("pdf", samples.healthy()) == written("healthy")[0]


def test_a_time_that_is_none_does_not_get_into_the_metadata() -> None:
    information = reader("hostile").metadata
    assert information is not None
    assert information["/CreationDate"] == "D:19700101000000Z"


def test_a_paper_nobody_knows_is_refused() -> None:
    with pytest.raises(UsageError, match="A3") as caught:
        render("pdf", samples.healthy(), paper="A3")
    assert "Letter" in caught.value.hint


def test_without_pango_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken_import(name: str) -> None:
        raise OSError("cannot load library 'libpango-1.0-0': no such file\nmore")

    monkeypatch.setattr("vcaudit.report.pdf.importlib.import_module", broken_import)
    with pytest.raises(OutputError, match="cannot load library") as caught:
        pdf._weasyprint()
    assert "apt-get install libpango-1.0-0" in caught.value.hint


@pytest.mark.parametrize(
    "command",
    [
        "short",
        "a " * 200,
        "x" * 500,
        "first\nsecond " + "y" * 300,
        "",
        "Copy-Item 'C:\\Documents and Settings\\" + "d\\" * 120,
    ],
)
def test_a_long_command_is_broken_where_it_can_be_and_nothing_is_lost(command: str) -> None:
    pieces = pdf.wrapped(command)
    assert all(len(piece) <= 96 for piece, _ in pieces)
    assert "".join(piece if goes_on else piece + "\n" for piece, goes_on in pieces) == command + "\n"


def test_a_break_is_marked_on_paper() -> None:
    assert "↵" in "".join(pages("broken"))
    assert "↵" not in "".join(pages("healthy"))
