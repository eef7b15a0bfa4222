"""Hostile text made harmless and visible."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vcaudit.report.escape import anchor, clip, line, visible


@pytest.mark.parametrize(
    ("given_text", "shown"),
    [
        ("VC Server", "VC Server"),
        ("Büro Köln – 中文 … ✓", "Büro Köln – 中文 … ✓"),
        ("gpj\u202eexe.", "gpj⟨U+202E⟩exe."),
        ("\x1b[31mred\x07", "⟨U+001B⟩[31mred⟨U+0007⟩"),
        ("a\u2066b\u200fc\u061cd", "a⟨U+2066⟩b⟨U+200F⟩c⟨U+061C⟩d"),
        ("zero\u200bwidth\ufeff\u00ad", "zero⟨U+200B⟩width⟨U+FEFF⟩⟨U+00AD⟩"),
        ("half \ud800", "half ⟨U+D800⟩"),
        ("\x9b31m\x85", "⟨U+009B⟩31m⟨U+0085⟩"),
        ("\u2028\u2029\uffff", "⟨U+2028⟩⟨U+2029⟩⟨U+FFFF⟩"),
        ("two\r\nlines\tand", "two\nlines\tand"),
        ("bare\rreturn", "bare⟨U+000D⟩return"),
        ("tag \U000e0041", "tag ⟨U+E0041⟩"),
    ],
)
def test_what_would_act_is_shown_instead(given_text: str, shown: str) -> None:
    assert visible(given_text) == shown


@settings(deadline=None)  # a busy machine is no failure
@given(st.text(st.characters(exclude_categories=())))
def test_nothing_hidden_is_left_and_nothing_else_is_touched(text: str) -> None:
    shown = visible(text)
    hidden = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert not [char for char in shown if char not in "\n\t" and unicodedata.category(char) in hidden]
    shown.encode()
    assert _signs(re.sub(r"⟨U\+[0-9A-F]+⟩", "", shown)) == _signs(text)


def _signs(text: str) -> str:
    return "".join(
        char for char in text if unicodedata.category(char)[0] in "LNPSM" and not ord(char) & 0xFFFF >= 0xFFFE
    )


@settings(deadline=None)  # a busy machine is no failure
@given(st.text(st.characters(exclude_categories=())))
def test_a_line_is_one_line_and_no_longer_than_said(text: str) -> None:
    shown = line(text, 60)
    assert "\n" not in shown
    assert "\t" not in shown
    assert len(shown) <= 60 + len(" […1,000,000 characters…] ")


def test_a_cut_says_how_much_is_gone_and_keeps_both_ends() -> None:
    shown = clip("A" * 5_000 + "Z" * 5_000, 120)
    assert shown.startswith("AAAA")
    assert shown.endswith("ZZZZ")
    assert "9,890 characters" in shown


@pytest.mark.parametrize("safe", ["VC-RES-001.VC-IP", "a", "x_1.y-2"])
def test_a_safe_anchor_stays_as_it_is(safe: str) -> None:
    assert anchor(safe) == safe


@pytest.mark.parametrize("bad", ["", "a b", '"><script>', "Büro", "a#b", "\ud800", "x" * 10_000, " ", "日本"])
def test_any_anchor_is_safe_in_a_url(bad: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9._-]{1,90}", anchor(bad))


def test_anchors_of_different_names_stay_apart() -> None:
    assert len({anchor(name) for name in ("a b", "a-b", "a/b", "a\\b", "a  b")}) == 5
