"""Writes an answer as the collector writes it (docs/collector.md): for facts that come from files."""

from __future__ import annotations

import base64
import gzip
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

Attributes: TypeAlias = "dict[str, str | None]"
"""None: left out."""

_BAD = re.compile("[^\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MARKUP = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}
_ESCAPE = re.compile(r'[&<>"]')
NO_CLOCK = "0000-00-00T00:00:00"
"""Has the form of a time and is none: files say nothing of the node's clock."""


@dataclass(frozen=True)
class Part:
    """An element of an answer."""

    tag: str
    attributes: Attributes
    children: Sequence[Part]


def part(tag: str, attributes: Attributes, children: Sequence[Part] = ()) -> Part:
    """An element."""
    return Part(tag, attributes, children)


def probe(kind: str, id: str, parts: Sequence[Part], error: str | None = None, status: str | None = None) -> Part:
    """What one request found; `error`: why it found nothing, or not all."""
    status = status or ("ok" if error is None else "partial" if parts else "skipped")
    head: Attributes = {"kind": kind, "id": id, "status": status, "error": error, "ms": "0"}
    return part("probe", head, [part("data", {}, parts)])


def answer(host: str, probes: Sequence[Part], said: Attributes | None = None) -> bytes:
    """A whole answer, as it would stand on standard output. `said`: what a shell said of itself, if any."""
    head: Attributes = {"v": "1", "utc": NO_CLOCK, "host": host, "os": "", "ps": "", "clr": "", "bits": "0"}
    head |= said or {}
    xml = _xml(part("snapshot", head, [*probes, part("end", {"ms": "0"})]))
    # No time in it: the same files give the same bytes.
    packed = gzip.compress(xml.encode("utf-8"), compresslevel=6, mtime=0)
    return b"<<<VCA1 " + base64.b64encode(packed) + b" VCA1>>>\r\n"


def _xml(root: Part) -> str:
    out: list[str] = []
    pending: list[Part | str] = [root]
    while pending:  # not by recursion: what people send may be nested deeper than Python likes
        here = pending.pop()
        if isinstance(here, str):
            out.append(here)
            continue
        out.append(f"<{here.tag}{_attributes(here.attributes)}")
        out.append(">" if here.children else " />")
        if here.children:
            pending.append(f"</{here.tag}>")
            pending += reversed(here.children)
    return "".join(out)


def _attributes(attributes: Attributes) -> str:
    return "".join(f" {_attribute(name, value)}" for name, value in attributes.items() if value is not None)


def _attribute(name: str, value: str) -> str:
    if _BAD.search(value):
        packed = base64.b64encode(value.encode("utf-16-le", "surrogatepass")).decode()
        return f'{name}.u16="{packed}"'
    return f'{name}="{_ESCAPE.sub(lambda found: _MARKUP[found[0]], value)}"'
