r"""References between WMI instances, as association classes hold them (field facts, section 5).

`\\NODE\root\MSCluster:MSCluster_Resource.Name="a \"b\""`, or without what stands before the class. Inside the quotes a
backslash escapes the character after it.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_CLASS = re.compile(r"^(?:[^\"]*[:\\])?(\w+)\.")
_KEY = re.compile(r"(\w+)=(?:\"((?:[^\"\\]|\\.)*)\"|(-?\d+))(?:,|$)", re.DOTALL)


class Reference(NamedTuple):
    """Class and key values of the instance that is meant."""

    classname: str
    keys: dict[str, str]
    """By the key's name in lower case."""

    @property
    def name(self) -> str:
        """Of clusters, nodes, groups and resources."""
        return self.keys.get("name", "")


def parse(text: str) -> Reference | None:
    """None when it is no reference with a Name: the caller then knows nothing of the relation."""
    head = _CLASS.match(text)
    if head is None:
        return None
    keys: dict[str, str] = {}
    at = head.end()
    while at < len(text):
        key = _KEY.match(text, at)
        if key is None:
            return None
        keys[key[1].lower()] = re.sub(r"\\(.)", r"\1", key[2], flags=re.DOTALL) if key[3] is None else key[3]
        at = key.end()
    return Reference(head[1], keys) if "name" in keys else None
