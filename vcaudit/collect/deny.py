"""The deny list of a request list, applied here as the collector applies it on a node: to facts that come from files.

The same patterns, in the part of the syntax that .NET and Python share; what they cover is not read into an answer.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from typing import NamedTuple

from vcaudit.capture import Request
from vcaudit.withheld import is_command


class Content(NamedTuple):
    """What of a file's content may be passed on."""

    b64: str | None
    withheld: str | None = None
    redacted: bool = False


class Deny:
    """The `deny` rows of a request list."""

    def __init__(self, requests: Sequence[Request]) -> None:
        self._patterns: dict[str, list[re.Pattern[str]]] = {
            "registry": [], "data": [], "wmi": [], "text": [], "command": [],
        }  # fmt: skip
        for request in requests:
            if request.kind == "deny":
                self._patterns[request.args[0]].append(re.compile(request.args[1], re.IGNORECASE))

    def registry(self, key: str, name: str) -> bool:
        """Whether a value is withheld."""
        return self._denied("registry", f"{key}\\{name}")

    def data(self, name: str, text: str) -> str:
        """A text of the registry with what is secret covered; `name`: of its value."""
        for pattern in self._patterns["command" if is_command(name) else "data"]:
            text, _ = _cover(pattern, text)
        return text

    def wmi(self, path: str) -> bool:
        """Whether a property is withheld."""
        return self._denied("wmi", path)

    def content(self, data: bytes) -> Content:
        """The content with what is secret covered; or why nothing may be passed on."""
        encoding = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}.get(data[:2], "latin-1")
        errors = "strict" if encoding == "latin-1" else "surrogatepass"
        even = data + b"\0" if encoding != "latin-1" and len(data) % 2 else data
        text = even.decode(encoding, errors)
        plain = data.decode("latin-1").replace("\0", "")
        if "PRIVATE KEY" in plain:
            return Content(None, "private key")
        clean, covered = text, False
        for pattern in self._patterns["text"]:
            clean, found = _cover(pattern, clean)
            covered = covered or found
        if covered:
            return Content(base64.b64encode(clean.encode(encoding, errors)).decode(), redacted=True)
        if len(plain) != len(text) and self._denied("text", plain):
            return self._wide(data)
        return Content(base64.b64encode(data).decode())

    def _wide(self, data: bytes) -> Content:
        """UTF-16 that does not say so, as in the file of a scheduled task.

        It holds lengths, so that a secret is covered by as many stars as it has characters; and nothing may be left
        that only another reading of the bytes shows.
        """
        clean = data.decode("utf-16-le", "replace")
        for pattern in self._patterns["text"]:
            clean, _ = _cover(pattern, clean, lengths=True)
        wide = clean.encode("utf-16-le", "replace")
        plain = wide.decode("latin-1").replace("\0", "")
        left = any(_cover(pattern, plain, lengths=True)[0] != plain for pattern in self._patterns["text"])
        if left or len(wide) != len(data):
            return Content(None, "unknown encoding")
        return Content(base64.b64encode(wide).decode(), redacted=True)

    def _denied(self, what: str, text: str) -> bool:
        return any(pattern.search(text) for pattern in self._patterns[what])


def _cover(pattern: re.Pattern[str], text: str, *, lengths: bool = False) -> tuple[str, bool]:
    """The text in which what the groups matched (the whole match, where there are none) is ***, or as many stars as it
    had characters."""
    out: list[str] = []
    at, found = 0, False
    for match in pattern.finditer(text):
        found = True
        spans = [match.span(group) for group in range(1, pattern.groups + 1)] or [match.span()]
        for start, end in spans:
            if start >= at:
                out += [text[at:start], "*" * (end - start) if lengths else "***"]
                at = end
    out.append(text[at:])
    return "".join(out), found
