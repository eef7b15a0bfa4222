"""Licences, wherever they lie: the license server reads all files of its folder as one, so that how licences are spread
over files is no change of theirs (F1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import Files, License, LicenseFile, LicenseFolder
from vcaudit.snapshot.tree import ABSENT, Leaf, key_of

PARSED: Final = ("files", "licenses", "parsed")
ELSEWHERE: Final = "the same licence lies in another file of the folder"


def each_licence(leaves: Iterable[Leaf]) -> Iterator[Leaf]:
    """The same leaves, and of a license file that came or went each licence in it."""
    for leaf in leaves:
        yield leaf
        held = leaf.after if leaf.before is ABSENT else leaf.before
        if leaf.path[:3] == PARSED and isinstance(held, LicenseFile):
            for licence in held.licenses:
                sides = (ABSENT, licence) if leaf.before is ABSENT else (licence, ABSENT)
                yield Leaf((*leaf.path, "licenses", str(key_of(licence))), *sides)


def elsewhere(leaf: Leaf, before: Files | Missing, after: Files | Missing) -> bool:
    """Whether a licence that was lost or gained lies in another file of the side that seems to lack it."""
    held, other = (leaf.after, before) if leaf.before is ABSENT else (leaf.before, after)
    if leaf.path[:3] != PARSED or not isinstance(held, License):
        return False
    return held.identity in set(_identities(other))


def _identities(files: Files | Missing) -> Iterator[str]:
    folder = files if isinstance(files, Missing) else files.licenses
    if isinstance(folder, LicenseFolder) and not isinstance(folder.parsed, Missing):
        yield from (licence.identity for file in folder.parsed for licence in file.licenses)
