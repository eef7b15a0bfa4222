"""vpxd.cfg as settings: one per leaf, in document order (field facts, section 1; tech note, Table 1 and Option 1).

The file comes from a node that anyone may have edited: no document type is processed, nothing outside the file is ever
opened, and what does not parse becomes a problem with its line.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from vcaudit.sections.secrets import STARS, name_secret, redact
from vcaudit.sections.text import decode
from vcaudit.snapshot.facts import LineProblem, Setting

if TYPE_CHECKING:
    from lxml.etree import _Element

_BLANKS = re.compile(r"\s*")
# Python knows more encodings than XML files should be allowed to pick from
_ENCODINGS = r"utf-?8|us-ascii|iso-8859-\d{1,2}|latin-?1|windows-\d{3,4}|gb\w{1,6}|big5|shift_jis|euc-\w\w|koi8-r"
_DECLARED = re.compile(r"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.-]{1,40})[\"']")


class Parsed(NamedTuple):
    """Settings, or None with the problems that kept them from being read."""

    settings: tuple[Setting, ...] | None
    problems: tuple[LineProblem, ...]


def parse(content: bytes) -> Parsed:
    """Settings with secrets as `***`; comments, indentation and the order of attributes do not matter."""
    try:
        text = _text(content)
    except (UnicodeError, LookupError):
        return _broken(1, "the file is not in the encoding that it declares")
    line = _doctype(text)
    if line:
        return _broken(line, "a document type declaration: not processed, the file is taken as damaged")
    return _parse(redact(text))


def _broken(line: int, text: str) -> Parsed:
    return Parsed(None, (LineProblem(line=line, text=text),))


def _text(content: bytes) -> str:
    """By byte order mark, else as the file declares, else UTF-8 as XML has it."""
    decoded = decode(content)
    if decoded.marked:
        return decoded.text
    if content[:2] in {b"<\0", b"\0<"}:
        return content.decode("utf-16-le" if content[:1] == b"<" else "utf-16-be")
    declared = _DECLARED.match(content[:400].decode("latin-1"))
    name = declared[1] if declared else "utf-8"
    if re.fullmatch(rf"(?i)utf-?16|{_ENCODINGS}", name) is None:
        raise LookupError(name)
    # a file of single bytes that declares UTF-16 was converted by some editor that left the declaration alone
    return content.decode("utf-8" if name.lower().startswith("utf") else name)


def _doctype(text: str) -> int:
    """Line of a document type declaration, 0 without one. It can stand only before the root element, so that no parser
    needs to be trusted with it: libxml2 expands entities in attributes whatever it is told."""
    at = 0
    while True:
        at = _skip(text, at)
        for opening, closing in (("<?", "?>"), ("<!--", "-->")):
            if text.startswith(opening, at):
                end = text.find(closing, at)
                at = len(text) if end < 0 else end + len(closing)
                break
        else:
            return text.count("\n", 0, at) + 1 if text.startswith("<!DOCTYPE", at) else 0


def _skip(text: str, at: int) -> int:
    blanks = _BLANKS.match(text, at)
    return blanks.end() if blanks else at


def _parse(text: str) -> Parsed:
    from lxml import etree

    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        load_dtd=False,
        dtd_validation=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    body = re.sub(r"^\s*<\?xml[^>]*\?>", "", text, count=1)
    try:
        root = etree.fromstring(body.encode("utf-8", "surrogatepass"), parser)
    except etree.XMLSyntaxError as error:
        line = (error.lineno or 1) + text[: len(text) - len(body)].count("\n")
        return _broken(line, f"not well-formed: {_reason(error)}")
    return Parsed(tuple(_settings(root)), ())


def _reason(error: SyntaxError) -> str:
    """libxml2's words, without the position that it repeats at their end."""
    return re.sub(r",? line \d+, column \d+.*$", "", error.msg or "unknown reason", flags=re.DOTALL)


def _settings(root: _Element) -> Iterator[Setting]:
    yield from _below(root, _name(root), name_secret(_name(root)))


def _below(element: _Element, path: str, secret: bool) -> Iterator[Setting]:
    """Attributes, then text (an element without children always has one, if empty), then children."""
    for name, value in sorted(element.attrib.items()):
        yield _setting(f"{path}/@{name!s}", value, secret or name_secret(str(name)))
    text = (element.text or "") + "".join(child.tail or "" for child in element)
    if text.strip() or not len(element):
        yield _setting(path, text, secret)
    seen: Counter[str] = Counter()
    for child in element:
        name = _name(child)
        seen[name] += 1
        position = f"[{seen[name]}]" if seen[name] > 1 else ""
        yield from _below(child, f"{path}/{name}{position}", secret or name_secret(name))


def _name(element: _Element) -> str:
    local = str(element.tag).rpartition("}")[2]
    return f"{element.prefix}:{local}" if isinstance(element.prefix, str) else local


def _setting(path: str, value: object, secret: bool) -> Setting:
    text = str(value).strip()
    return Setting(path=path, value=STARS if secret and text else text)
