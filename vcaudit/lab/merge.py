"""JSON merge patch (RFC 7396) over scenario documents, and the `${word}` that stands for a variable.

Windows compares the names of keys, values, files and classes without regard to case, so the merge does too: a patch
that spells a name in another way reaches the same thing, and the spelling that was there first stays.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

_WORD = re.compile(r"\$(\$?)\{(\w+)\}")
_DEPTH = 20
"""Variables may stand for variables so many times."""
_LENGTH = 1 << 20
"""Characters a text may grow to: words that stand for words could grow without end."""
NO_VALUE = {"value": None}
"""A property that exists and has no value: the one null that removes nothing (docs/lab-format.md)."""


def merge(base: Any, patch: Any) -> Any:
    """`patch` over `base`; null removes. Neither is changed."""
    return _merge(base, patch, keep=False)


def compose(first: Any, then: Any) -> Any:
    """One patch that does what two do after each other: nulls stay, to remove what neither of them brought."""
    return _merge(first, then, keep=True)


def _merge(base: Any, patch: Any, *, keep: bool) -> Any:
    if not isinstance(patch, Mapping) or (patch == NO_VALUE and (base == NO_VALUE or not isinstance(base, Mapping))):
        return patch
    out = dict(base) if isinstance(base, Mapping) else {}
    spelling = {key.casefold(): key for key in out}
    for key, value in patch.items():
        name = spelling.setdefault(key.casefold(), key)
        if value is None and not keep:
            out.pop(name, None)
        else:
            out[name] = _merge(out.get(name), value, keep=keep)
    return out


def fill(value: Any, words: Mapping[str, str], missing: Callable[[str, tuple[str | int, ...]], None]) -> Any:
    """Every key and text of `value` with its `${word}` filled in; `$${` is a plain `${`.

    Args:
        words: what each word stands for.
        missing: called with a word that stands for nothing, and the path (as written) where it is used.
    """
    return _fill(value, words, missing, ())


def _fill(
    value: Any,
    words: Mapping[str, str],
    missing: Callable[[str, tuple[str | int, ...]], None],
    path: tuple[str | int, ...],
) -> Any:
    if isinstance(value, str):
        return _text(value, words, missing, path) if "${" in value else value
    if isinstance(value, Mapping):
        out: dict[str, Any] = {}
        for key, item in value.items():
            name, filled = _text(key, words, missing, (*path, key)), _fill(item, words, missing, (*path, key))
            # The same thing may be named by a word and in full: neither hides the other.
            out[name] = compose(out[name], filled) if name in out else filled
        return out
    if isinstance(value, list):
        return [_fill(item, words, missing, (*path, index)) for index, item in enumerate(value)]
    return value


def _text(
    text: str,
    words: Mapping[str, str],
    missing: Callable[[str, tuple[str | int, ...]], None],
    path: tuple[str | int, ...],
) -> str:
    def one(match: re.Match[str]) -> str:
        if match[1]:
            return match[0]
        if match[2] not in words:
            missing(match[2], path)
            return ""
        value = str(words[match[2]])
        # Inside a WMI reference (…Name="${group}") a name is written as Windows writes it.
        quoted = match.string[: match.start()].endswith('="') and match.string[match.end() : match.end() + 1] == '"'
        return re.sub(r'([\\"])', r"\\\1", value) if quoted else value

    for _ in range(_DEPTH):
        new = _WORD.sub(one, text)
        if new == text or len(new) > _LENGTH:
            break
        text = new
    return text.replace("$${", "${")


def escaped(value: Any) -> Any:
    """`value` written so that `fill` gives it back: every `${` of it is plain text."""
    if isinstance(value, str):
        return value.replace("${", "$${")
    if isinstance(value, Mapping):
        return {escaped(key): escaped(item) for key, item in value.items()}
    return [escaped(item) for item in value] if isinstance(value, list) else value
