"""Codes become reasons by one table, the document shows that table, and a node's message can do no harm."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from vcaudit.collect.reasons import CODES, WORDS, missing, shown
from vcaudit.collect.script import collector

DOCUMENT = (Path(__file__).parents[2] / "docs" / "collector.md").read_text(encoding="utf-8")


def test_the_document_shows_the_table() -> None:
    table = DOCUMENT.partition("<!-- reasons")[2].partition("<!-- /reasons")[0]
    lines = [line.strip("|").split("|") for line in table.splitlines() if line.startswith("| `")]
    assert [(code.strip(" `"), reason.strip(), meaning.strip()) for code, reason, meaning in lines] == [
        (code, reason, meaning) for code, (reason, meaning) in (CODES | WORDS).items()
    ]


def test_every_word_of_the_collector_has_a_reason() -> None:
    text = collector().decode("ascii")
    words = set(re.findall(r"throw '([^']+)'", text)) | set(re.findall(r"\$err = '([^']+)'", text))
    words |= set(re.findall(r"return '([a-z ]{9,})'", text))
    words -= {"incomplete request"}  # ends the script: no answer at all
    said = set(WORDS) - {"not given"}  # which only imported files say
    assert {re.sub(r"[: ]+$", "", word) for word in words} == said


KNOWN = {
    "8004100e": "not_installed", "80041010": "not_installed", "80041003": "access_denied", "80070005": "access_denied",
    "8013150a": "access_denied", "00040004": "timeout", "80041032": "timeout", "80070422": "unavailable",
    "800706ba": "unavailable", "800706be": "unavailable", "80041002": "not_found", "80070002": "not_found",
    "80070003": "not_found", "00000002": "not_found", "80070020": "unavailable",
}  # fmt: skip


@pytest.mark.parametrize(("code", "reason"), KNOWN.items())
def test_codes_that_windows_is_known_to_give(code: str, reason: str) -> None:
    found = missing(f"SomeException {code}: Zugriff verweigert", "N1 wmi x")
    assert (found.reason, found.where) == (reason, "N1 wmi x")
    assert "Zugriff verweigert" in found.detail


@pytest.mark.parametrize("word", WORDS)
def test_words_alone_and_thrown(word: str) -> None:
    for error in (word, f"{word}: more", f"RuntimeException 80131501: {word}"):
        assert missing(error, "").reason == WORDS[word][0]


@pytest.mark.parametrize(
    "error",
    [
        "",
        "something else",
        "Exception 12345678: x",
        "not foundish",
        "RuntimeException 80131501: Zugriff",
        "X 8007000: y",
        "IOException 80070005 no colon",
    ],
)
def test_what_is_not_known_is_bad_output(error: str) -> None:
    assert missing(error, "").reason == "bad_output"


def test_a_message_never_decides() -> None:
    assert missing("IOException 8007ffff: Access denied, not found, timed out", "").reason == "bad_output"


def test_a_message_is_shown_harmlessly() -> None:
    assert shown("\x1b[31mred\r\nnext\x00\u202e") == "\\u001b[31mred\\u000d\\u000anext\\u0000\\u202e"
    assert len(shown("x" * 5000)) == 300
    assert "\x1b" not in missing("IOException 80070005: \x1b]0;title\x07", "").detail
