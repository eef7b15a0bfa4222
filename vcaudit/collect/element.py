"""The elements of an answer, and how their attributes are read: strictly."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from vcaudit.collect.reasons import missing
from vcaudit.snapshot.base import Missing

SHA256 = re.compile(r"[0-9a-f]{64}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
_NUMBER = re.compile(r"-?[0-9]{1,19}")


class Damaged(Exception):
    """Something in an answer is not as the contract says."""


@dataclass
class Element:
    """An XML element; attributes whose text travelled as UTF-16 are text here already."""

    tag: str
    attributes: dict[str, str]
    children: list[Element] = field(default_factory=list)

    def get(self, name: str) -> str | None:
        """An attribute, or None."""
        return self.attributes.get(name)

    def need(self, name: str) -> str:
        """An attribute that must be there."""
        value = self.attributes.get(name)
        if value is None:
            raise Damaged(f"<{self.tag}> without {name}")
        return value

    def named(self, tag: str) -> Iterator[Element]:
        """The children, which must all be of one kind."""
        for child in self.children:
            if child.tag != tag:
                raise Damaged(f"<{child.tag}> in <{self.tag}>")
            yield child

    def failure(self, where: str) -> Missing | None:
        """What the node says went wrong with this element."""
        error = self.get("err")
        return None if error is None else missing(error, where)


def optional(owner: Element, name: str, pattern: re.Pattern[str]) -> str | None:
    """An attribute that may be absent and otherwise looks like the pattern."""
    value = owner.get(name)
    if value is not None and not pattern.fullmatch(value):
        raise Damaged(f"{name}={value}")
    return value


def optional_number(owner: Element, name: str) -> int | None:
    """An integer that may be absent."""
    value = optional(owner, name, _NUMBER)
    return None if value is None else int(value)


def content_of(value: str | None) -> bytes | None:
    """The bytes of a base64 attribute."""
    if value is None:
        return None
    try:
        return base64.b64decode(value, validate=True)
    except binascii.Error:
        raise Damaged("content is not base64") from None
