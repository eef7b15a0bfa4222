"""The HTML report as a parser sees it: whole, reachable by keyboard and ear, and deaf to what names say."""

from __future__ import annotations

import base64
import hashlib
import re
import time
from collections.abc import Callable, Iterator
from functools import cache
from itertools import pairwise
from typing import Any

import pytest
import tinyhtml5
from lxml import html as lxml_html

from vcaudit.report import page, render
from vcaudit.results import AuditResults

from . import samples

SAMPLES = ["healthy", "broken", "unreachable", "design_g", "two_clusters", "hostile"]
URLS = {"href", "src", "action", "formaction", "data", "poster", "srcset", "background", "xlink:href", "cite", "ping"}
every = pytest.mark.parametrize("name", SAMPLES)


@cache
def text(name: str) -> str:
    return render("html", getattr(samples, name)()).decode()


@cache
def tree(name: str) -> Any:
    return lxml_html.document_fromstring(text(name))


def words(element: Any) -> str:
    return " ".join(element.text_content().split())


# ---- one file, no request ------------------------------------------------------------------------------------------


@every
def test_every_reference_stays_inside_the_page(name: str) -> None:
    for element in tree(name).iter():
        for attribute, value in element.attrib.items():
            if attribute.lower() in URLS:
                assert value.startswith("#") or (element.tag == "link" and value == "data:,"), (element.tag, value)


@every
def test_links_lead_to_something_and_ids_are_used_once(name: str) -> None:
    ids = tree(name).xpath("//@id")
    assert len(ids) == len(set(ids))
    assert {href[1:] for href in tree(name).xpath("//@href") if href.startswith("#")} <= set(ids)
    for refs in tree(name).xpath("//@aria-labelledby"):
        assert set(refs.split()) <= set(ids)


@every
def test_ids_are_safe_in_a_url(name: str) -> None:
    assert not [each for each in tree(name).xpath("//@id") if not re.fullmatch(r"[A-Za-z0-9._-]+", each)]


@every
def test_style_and_script_are_ours_and_the_policy_names_their_hashes(name: str) -> None:
    (script,), (style,) = tree(name).xpath("//script"), tree(name).xpath("//style")
    assert script.text == page.inline("html.js")
    assert style.text == page.inline("html.css")
    (policy,) = tree(name).xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    assert policy.startswith("default-src 'none'")
    for directive, content in (("script-src", script.text), ("style-src", style.text)):
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy


def test_style_and_script_ask_for_nothing_and_remember_nothing() -> None:
    css, script = page.inline("html.css"), page.inline("html.js")
    assert not re.search(r"url\(|@import|@font-face", css)
    assert not re.search(r"fetch|XMLHttp|localStorage|sessionStorage|cookie|innerHTML|eval|http", script)


@every
def test_no_event_handler_and_no_inline_style(name: str) -> None:
    for element in tree(name).iter():
        assert not [key for key in element.attrib if key.lower().startswith("on") or key.lower() == "style"]


# ---- hostile names -------------------------------------------------------------------------------------------------


def shape(document: Any) -> set[tuple[str, tuple[str, ...]]]:
    """Which elements with which attributes there are."""
    elements = [element for element in document.iter() if isinstance(element.tag, str)]
    return {(element.tag, tuple(sorted(element.attrib))) for element in elements}


def harmless() -> AuditResults:
    """The hostile results with a word instead of the poison: what the page is made of when nothing is injected."""
    return samples.hostile("word")


@pytest.mark.parametrize(
    "poison",
    [
        samples.POISON,
        "'><svg onload=alert(1)>",
        "--></script><script>alert(1)</script>",
        "</title></style><iframe srcdoc=x>",
        "]]></svg><math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
        "javascript:alert(1)",
        "&#x3c;script&#x3e;",
        "{{ self.__init__.__globals__ }}",
    ],
)
def test_no_name_becomes_an_element_or_an_attribute(poison: str) -> None:
    given = lxml_html.document_fromstring(render("html", samples.hostile(poison)).decode())
    assert shape(given) <= shape(lxml_html.document_fromstring(render("html", harmless()).decode()))
    assert len(given.xpath("//script")) == 1


def test_a_browser_s_parser_sees_no_injected_element_either() -> None:
    def tags(results: AuditResults) -> set[str]:
        parsed = tinyhtml5.parse(render("html", results).decode(), namespace_html_elements=False)
        return {element.tag for element in parsed.iter() if isinstance(element.tag, str)}

    assert tags(samples.hostile()) == tags(harmless())


def test_every_poisoned_field_is_still_readable() -> None:
    assert "⟨U+202E⟩gpj.exe" in text("hostile")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text("hostile")
    assert "{{7*7}}" in text("hostile")


def test_no_character_acts() -> None:
    acting = "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200b-\u200f\ufeff\ud800-\udfff]"
    assert not re.search(acting, text("hostile"))


def test_a_command_with_hidden_characters_says_so_and_is_not_for_copying() -> None:
    page_text = words(lxml_html.document_fromstring(render("html", samples.hostile("a\u202eb")).decode()))
    assert "holds hidden characters" in page_text
    assert "holds hidden characters" not in words(tree("broken"))


def test_a_command_is_whole_however_long() -> None:
    command = "x" * 9_000
    assert command in render("html", samples.hostile(command)).decode()


def test_ten_kilobyte_names_leave_a_page_one_can_load() -> None:
    assert len(render("html", samples.hostile("n" * 10_000))) < 1_000_000


# ---- what is said, and in what order -------------------------------------------------------------------------------


@every
def test_one_h1_and_no_gap_in_the_headings(name: str) -> None:
    levels = [int(element.tag[1]) for element in tree(name).xpath("//h1|//h2|//h3|//h4|//h5|//h6")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


@every
def test_landmarks_language_and_title(name: str) -> None:
    root = tree(name)
    assert root.get("lang") == "en"
    assert words(root.find("head/title"))
    for landmark in ("//main", "/html/body/header", "/html/body/footer"):
        assert len(root.xpath(landmark)) == 1, landmark
    navigations = root.xpath("//nav/@aria-label")
    assert len(navigations) == len(set(navigations)) or name == "hostile"
    assert root.xpath("//body/*[1]/@class") == ["skip"]


@every
def test_tables_are_tables_to_a_screen_reader(name: str) -> None:
    tables = tree(name).xpath("//table")
    assert tables
    for table in tables:
        assert words(table.find("caption"))
        assert all(cell.get("scope") in ("col", "row") for cell in table.iter("th"))
        assert all(row.xpath("./th[@scope='row']") for row in table.xpath("./tbody/tr") if row.xpath("./td[2]"))


@every
def test_drawings_have_a_title_and_marks_are_not_read_aloud(name: str) -> None:
    for svg in tree(name).xpath("//svg"):
        assert svg.get("role") == "img"
        assert words(svg.find("title"))
    assert all(mark.get("aria-hidden") == "true" for mark in tree(name).xpath("//*[contains(@class, 'mark ')]"))


def test_the_parts_stand_in_the_order_every_report_has() -> None:
    sections = tree("broken").xpath("//article[@class='cluster']/section/@id")
    assert sections == [
        "verdict", "readiness", "counts", "group", "findings", "waived", "notes", "nodes", "passed",
        "not-looked", "provenance",
    ]  # fmt: skip


def test_the_first_thing_said_is_the_verdict() -> None:
    assert words(tree("broken").find(".//h2")) == (
        "No. VCNODE2 would not take over: every ESX host would refuse its certificate."
    )
    assert words(tree("healthy").find(".//h2")) == "Yes. VCNODE2 would take over."
    assert words(tree("design_g").find(".//h2")).startswith("Partly. ")
    assert words(tree("unreachable").find(".//h2")).startswith("Cannot tell. ")


def test_the_owner_is_marked() -> None:
    assert "VCNODE1: yes owner now" in words(tree("broken").xpath("//ul[@class='per-node']")[0])


def test_a_cell_of_the_matrix_has_a_mark_a_word_and_a_way_to_the_reason() -> None:
    cell = tree("broken").xpath("//td[contains(@class, 'cell-no-go')][contains(., 'certificate')]")[0]
    assert words(cell).startswith("✗ no-go")
    target = cell.xpath(".//@href")[-1]
    (finding,) = tree("broken").xpath(f"//*[@id='{target[1:]}']")
    assert "other certificate" in words(finding) or "another certificate" in words(finding)


def test_findings_are_worst_first_with_all_that_a_reader_needs() -> None:
    cards = tree("broken").xpath("//section[@id='findings']//article")
    ranks = [["critical", "high", "medium", "low"].index(card.get("data-severity")) for card in cards]
    assert ranks == sorted(ranks)
    (ssl,) = [card for card in cards if "VC-DATA-003" in words(card)]
    for piece in (
        "◆ Critical", "F3", "Seen on VCNODE2", "Required the same three files on every node", "VCNODE1 (owner)",
        "not there", "At a failover After a failover to VCNODE2", "PowerShell", "TN-019-PRD-01-01", "Table 1",
        "Seen in",
    ):  # fmt: skip
        assert piece in words(ssl), piece


def test_several_places_of_one_rule_share_a_card_and_keep_their_anchors() -> None:
    (card,) = tree("broken").xpath("//article[contains(@class, 'many')]")
    assert card.xpath("./section/@id") == ["VC-RES-001.VC-Server", "VC-RES-001.VC-License"]
    assert words(card).count("When one of them hangs") == 1


def test_anchors_of_a_rule_and_a_subject_stay_and_clusters_keep_apart() -> None:
    assert tree("broken").xpath("//*[@id='VC-DATA-003.VCNODE2.VCNODE2']")
    assert tree("two_clusters").xpath("//*[@id='CORP-VC.VC-DATA-003.VCNODE2.VCNODE2']")
    assert len(tree("two_clusters").xpath("//article[@class='cluster']")) == 2


def test_a_waiver_says_by_whom() -> None:
    said = words(tree("broken").xpath("//section[@id='waived']")[0])
    assert "W-12 until the end of 2027-03-31 UTC, CHG-4711" in said
    assert "requested by R. Roe, approved by J. Doe (names as asserted, not verified)" in said
    assert "waiver W-7 did not apply: it expired at the end of 2026-10-31 UTC (waivers.yaml:18)" in said


def test_passed_is_folded_and_still_shows_what_was_seen() -> None:
    (section,) = tree("broken").xpath("//section[@id='passed']")
    fold = section.find("details")
    assert fold.get("open") is None
    assert "70 checks passed" in words(fold.find("summary"))
    assert "VCENTER → 192.168.10.40" in words(fold)


def test_what_was_not_looked_at_says_why_and_what_mends_it() -> None:
    said = words(tree("unreachable").xpath("//section[@id='not-looked']")[0])
    assert "VCNODE2: the node could not be reached" in said
    assert "connection refused" in said
    assert "WinRM port answers" in said
    assert "25 checks open" in said
    assert "Export the role holders" in said
    assert "The passwords of replicated local users: they are never read" in said


def test_the_group_is_a_drawing_and_the_same_as_a_list() -> None:
    (drawing,) = tree("broken").xpath("//svg[@class='graph']")
    assert {"missing", "not in Table 4"} <= {words(label) for label in drawing.iter("text")}
    row = next(row for row in tree("broken").xpath("//table[@class='resources']//tr") if "VC License" in words(row))
    assert "missing: VC Name; not in Table 4: VC Server" in words(row)
    assert "shared monitor" in words(row)


def test_rows_that_differ_stand_first_and_the_rest_is_folded() -> None:
    (section,) = tree("broken").xpath("//section[@id='nodes']")
    assert [words(row)[:8] for row in section.xpath("./div//tbody/tr")] == [
        "vpxd.cfg",
        "rui.crt ",
        "rui.key ",
        "webAcces",
    ]
    assert "10 things of Table 1 are the same" in words(section.find("details/summary"))


def test_provenance_names_versions_hashes_and_what_each_node_was_asked() -> None:
    said = words(tree("broken").xpath("//section[@id='provenance']")[0])
    for piece in (
        "tn019 1.0",
        "c0ffee",
        "9a7b9a7b",
        "winrm ntlm http 10.0.0.11:5985",
        "CORP\\audit",
        "CHG-1002",
        "41,230, 18,411",
    ):
        assert piece in said, piece


def test_the_banner_is_said_with_the_verdict() -> None:
    assert "outside what this pack is about" in words(tree("unreachable").xpath("//section[@id='verdict']")[0])


def test_without_scripts_nothing_is_hidden_but_the_filter() -> None:
    assert [element.tag for element in tree("broken").xpath("//*[@hidden]")] == ["form"]


# ---- colours -------------------------------------------------------------------------------------------------------


def tokens(css: str) -> Iterator[dict[str, str]]:
    """The colour tokens of each `:root`: light, dark, print."""
    for body in re.findall(r":root \{(.*?)\}", css, re.DOTALL):
        yield dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", body))


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


PAIRS = [
    *((text_colour, ground) for text_colour in ("ink", "muted", "link", "good", "bad", "warn", "unknown", "info")
      for ground in ("page", "card", "code")),
    *((tone, f"{tone}-soft") for tone in ("good", "bad", "warn", "unknown", "info")),
    *((text_colour, soft) for text_colour in ("ink", "muted", "link")
      for soft in ("good-soft", "bad-soft", "warn-soft", "unknown-soft")),
]  # fmt: skip


@pytest.mark.parametrize(("text_colour", "ground"), PAIRS)
def test_text_can_be_read_in_light_dark_and_print(text_colour: str, ground: str) -> None:
    schemes = list(tokens(page.inline("html.css")))
    assert len(schemes) == 3
    for scheme in schemes:
        assert contrast(scheme[text_colour], scheme[ground]) >= 4.5, scheme[text_colour]


# ---- speed ---------------------------------------------------------------------------------------------------------


def best(task: Callable[[], object], times: int = 5) -> float:
    """Seconds of the fastest run: the others met a busy machine."""
    spent = []
    for _ in range(times):
        start = time.perf_counter()
        task()
        spent.append(time.perf_counter() - start)
    return min(spent)


def test_a_warm_page_takes_less_than_150_milliseconds() -> None:
    sample = samples.broken()
    assert best(lambda: render("html", sample)) < 0.15
