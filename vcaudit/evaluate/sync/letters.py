r"""Drive letters that a command gives: `net use X: \\host\share`, `subst X: folder`.

Such a letter holds for the task's own session, so what a script does not give is a disk of the node. In scripts what is
said to `net use` may hold a password, and is withheld: then any letter may stand for any share.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

_LETTER = re.compile(r"([A-Za-z]:)(.*)$", re.DOTALL)
_ANY: Final = "*"
"""`net use *` takes the last letter that is free."""
HIDDEN: Final = "?:"
"""In the place of a share that is withheld."""
_DISKS: Final = ("C:", "D:")
"""Never the last free letter: the system's own disk, and the second or the CD drive."""


def gives(program: str, arguments: Sequence[str]) -> bool:
    """Whether a command is about letters, or about shares without one."""
    return program == "subst" or (program in {"net", "net1"} and arguments[:1] != [] and arguments[0].lower() == "use")


@dataclass
class Letters:
    """What stands behind the letters, as far as it was told."""

    given: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """By upper-case letter with its colon: every path it may stand for, itself where it may be a disk."""

    def take(self, arguments: Sequence[str], absolute: Callable[[str], str]) -> None:
        """What `net use` or `subst` does; `absolute` completes the path of a folder."""
        words = arguments[1:] if arguments[:1] != [] and arguments[0].lower() == "use" else arguments
        device, path, *_ = [*(word for word in words if not word.startswith("/")), "", ""]
        if device.startswith("***"):
            device, path = _ANY, HIDDEN
        letter = device.upper()
        if letter != _ANY and not re.fullmatch("[A-Z]:", letter):
            return  # a share without a letter, or a printer
        if any(word[:2].lower() == "/d" for word in words):
            if letter == _ANY:
                self.given.clear()
            else:
                self.given[letter] = (letter,)
        elif path and letter == _ANY:
            self.given[_ANY] = (*self.given.get(_ANY, ()), *self.behind(absolute(path)))
        elif path:
            self.given[letter] = self.behind(absolute(path))

    def behind(self, path: str) -> tuple[str, ...]:
        """Every path that a path may mean: one, unless a letter was given under a condition."""
        found = _LETTER.match(path)
        if found is None:
            return (path,)
        letter = found[1].upper()
        roots = self.given.get(letter) or self._disk(letter)
        rest = found[2].lstrip("\\/")
        return tuple(path if root == letter else root.rstrip("\\/") + ("\\" + rest if rest else "") for root in roots)

    def _disk(self, letter: str) -> tuple[str, ...]:
        return (letter,) if letter in _DISKS else (letter, *self.given.get(_ANY, ()))

    def may_be(self, before: Letters) -> None:
        """What was done may not have been done: what stood there before may stand there still."""
        for letter in {*self.given, *before.given}:
            disk = () if letter == _ANY else (letter,)
            told = (*before.given.get(letter, disk), *self.given.get(letter, disk))
            self.given[letter] = tuple(dict.fromkeys(told))

    def copy(self) -> Letters:
        """As they are now."""
        return Letters(dict(self.given))
