"""Names from a cluster are hostile: hidden characters are made visible, long texts are cut where one can see it."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from functools import lru_cache

NAME_LIMIT = 120
"""Characters of a name in a heading, a label or a table cell."""
VALUE_LIMIT = 2_000
"""Characters of any other value; the JSON always holds the whole."""

# Everything a terminal or a browser would act upon instead of show. ZWJ and ZWNJ belong to scripts, but hardly to the
# names of services, files and nodes, so they are made visible as well.
_HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
_KEPT = frozenset("\n\t")
_PLAIN = re.compile(r"[\n\t\x20-\x7e\xa0-\xac\xae-ͷ‐-‧‰-⁞←-⏿─-➿]*\Z")
_NOT_IN_ANCHOR = re.compile(r"[^A-Za-z0-9._-]+")


def _shown(char: str) -> str:
    code = ord(char)
    nonchar = code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF
    if char in _KEPT or not (nonchar or unicodedata.category(char) in _HIDDEN):
        return char
    return f"⟨U+{code:04X}⟩"


@lru_cache(maxsize=4096)
def visible(text: str) -> str:
    """The text with control, bidirectional and invisible characters as `⟨U+202E⟩`; line feeds and tabs stay."""
    text = text.replace("\r\n", "\n")
    return text if _PLAIN.match(text) else "".join(map(_shown, text))


def line(text: str, limit: int = NAME_LIMIT) -> str:
    """`visible` on one line, at most `limit` characters: for names, headings and cells."""
    return clip(visible(text).replace("\n", "⏎").replace("\t", " "), limit)


def clip(text: str, limit: int) -> str:
    """At most about `limit` characters, the middle left out and its length said; both ends tell names apart."""
    if len(text) <= limit:
        return text
    head, tail = limit * 2 // 3, limit // 4
    return f"{text[:head]} […{len(text) - head - tail:,} characters…] {text[-tail:]}"


def anchor(text: str) -> str:
    """An id that is safe in a URL and an attribute; a safe text stays, others are told apart by a hash."""
    safe = _NOT_IN_ANCHOR.sub("-", text)[:80].strip("-") or "x"
    if safe == text:
        return safe
    return f"{safe}-{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:6]}"
