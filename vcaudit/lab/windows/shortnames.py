"""Names in the short form of 8.3 (`PROGRA~1`), which NTFS takes for the long one wherever it makes them."""

from __future__ import annotations

import ntpath
import re
from collections.abc import Iterable

from vcaudit.lab.node import Node

_SHORT = re.compile(r"([^\\~.]{1,6})~([1-9])(?:\.([^\\.]{1,3}))?\Z")


def long_form(path: str, node: Node) -> str:
    """A path with the long name in the place of each short one that stands for something on the node."""
    if "~" not in path:
        return path
    whole = ""
    for part in path.split("\\"):
        short = _SHORT.match(part)
        if short and f"{whole}\\{part}".lower() not in {*node.folders, *node.files}:
            part = _meant(short, _below(whole, node)) or part
        whole = f"{whole}\\{part}" if whole else part
    return whole


def _below(folder: str, node: Node) -> list[str]:
    everything = [*node.folders.values(), *(file.path for file in node.files.values())]
    return [ntpath.basename(path) for path in everything
            if ntpath.dirname(path).rstrip("\\").lower() == folder.lower()]  # fmt: skip


def _meant(short: re.Match[str], names: Iterable[str]) -> str | None:
    """The first name that is shortened so is ~1, the next ~2."""
    like = [name for name in dict.fromkeys(names) if _shortened(name) == (short[1].upper(), (short[3] or "").upper())]
    number = int(short[2])
    return like[number - 1] if number <= len(like) else None


def _shortened(name: str) -> tuple[str, str]:
    base, _, ending = name.rpartition(".") if "." in name else (name, "", "")
    return re.sub(r"[ .]", "", base)[:6].upper(), ending.replace(" ", "")[:3].upper()
