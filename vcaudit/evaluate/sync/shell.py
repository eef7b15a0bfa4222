"""The state of one cmd.exe on paper: variables, folder, conditions, and what has been seen so far."""

from __future__ import annotations

import ntpath
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from vcaudit.evaluate.sync.batch import If, Statement
from vcaudit.evaluate.sync.copying import Copy
from vcaudit.evaluate.sync.letters import Letters
from vcaudit.snapshot.base import Missing

MAX_LINE: Final = 8191
"""Characters of a line, as cmd.exe has it: variables that double each other end here."""
OWNER, UNKNOWN = "owner", "unknown"
FAILED: Final = "failed"
"""A condition that only asks whether a copy went well, or whether its target can be reached: no choice of ours."""

_PERCENT = re.compile(r"%%|%~(?:[dpnxfs]*)0|%([^%\s:]+(?::[^%]+)?)%")
_DELAYED = re.compile(r"!([^!\s:]+(?::[^!]+)?)!")
_PART = re.compile(r"~(-?\d+)(?:,(-?\d+))?")


@dataclass
class Played:
    """What was seen while it was played."""

    copies: list[Copy] = field(default_factory=list)
    unclear: list[str] = field(default_factory=list)
    """What is not understood, in words."""
    gap: Missing | None = None
    """A part of it could not be read."""
    endless: bool = False
    """It goes on until somebody ends it: a loop, or a robocopy that watches."""
    stays: bool = False
    """`cmd /k`: the shell stays when all is done."""
    scripts: list[str] = field(default_factory=list)
    """Paths of the scripts that the command line itself names."""


Lookup = Callable[[str], "Sequence[str] | Missing | None"]
"""The lines of a script by its path; None: it is not there."""


@dataclass
class Shell:
    """The state of one cmd.exe."""

    variables: dict[str, str]
    folder: str
    script: str
    lookup: Lookup
    seen: Played
    depth: int = 0
    guard: str = ""
    condition: str = UNKNOWN
    """What the last command's result tells: OWNER when it asked the cluster, FAILED when it copied."""
    owned: set[str] = field(default_factory=set)
    """Variables that hold what the cluster said."""
    steps: int = 0
    shells: int = 0
    """cmd.exe within cmd.exe."""
    statements: tuple[Statement, ...] = ()
    """Of the script that runs."""
    letters: Letters = field(default_factory=Letters)


def expand(text: str, shell: Shell) -> str:
    """Variables that are known; all others stay as they are, so that nobody takes them for nothing."""

    def value(found: re.Match[str]) -> str:
        if found[0] == "%%":
            return "%%"
        if found[0].startswith("%~"):
            return ntpath.dirname(shell.script) + "\\" if "dp" in found[0] and shell.script else found[0]
        return variable(found)

    def variable(found: re.Match[str]) -> str:
        name, _, change = found[1].partition(":")
        known = shell.variables.get(name.upper())
        return found[0] if known is None else _changed(known, change, found[0])

    text = _PERCENT.sub(value, text)
    text = re.sub(r"(?<!%)%(~?)([1-9])(?!\w*%)", lambda m: _argument(m, shell), text)
    # with delayed expansion, what stands between exclamation marks comes last
    return _DELAYED.sub(variable, text[:MAX_LINE])[:MAX_LINE]


def _argument(found: re.Match[str], shell: Shell) -> str:
    known = shell.variables.get(found[2])
    return found[0] if known is None else known.strip('"') if found[1] else known


def _changed(value: str, change: str, written: str) -> str:
    """`%NAME:~2%` and `%NAME:this=that%`."""
    if not change:
        return value
    part = _PART.fullmatch(change)
    if part:
        start = int(part[1])
        rest = value[start:] if start >= 0 or -start <= len(value) else value
        count = int(part[2]) if part[2] else None
        return rest if count is None else rest[:count]
    old, equals, new = change.partition("=")
    if not equals or not old or old.startswith("*"):
        return written
    return re.sub(re.escape(old), lambda _: new, value, flags=re.IGNORECASE)


def set_variable(text: str, shell: Shell) -> None:
    rest = re.sub(r"^\s*set\s*", "", text, flags=re.IGNORECASE).strip()
    if rest.startswith('"'):
        rest = rest[1:].rpartition('"')[0] or rest[1:]
    name, equals, value = rest.partition("=")
    name = name.strip().upper()
    if not equals or name.startswith("/"):
        shell.variables.pop(name.partition(" ")[2].strip(), None)
        return
    if any(owned in value for owned in shell.owned):
        shell.owned.add(name)
        shell.variables.pop(name, None)
    else:
        shell.variables[name] = value[:MAX_LINE]


def change_folder(arguments: Sequence[str], shell: Shell) -> None:
    path = " ".join(arguments).strip()
    if path:
        shell.folder = absolute(path, shell)
        shell.variables["CD"] = shell.folder


def absolute(path: str, shell: Shell) -> str:
    if re.match(r"[A-Za-z]:[\\/]|[\\/]{2}|%", path) or not shell.folder:
        return path
    return ntpath.join(shell.folder, path)


@contextmanager
def called_with(arguments: Sequence[str], shell: Shell) -> Iterator[None]:
    """`%1` and its like for the time of a call; what leaves what is called leaves nothing else."""
    outer, guard = {name: shell.variables.pop(name, None) for name in map(str, range(1, 10))}, shell.guard
    shell.variables.update({f"{number}": value for number, value in enumerate(arguments[:9], 1)})
    shell.depth += 1
    yield
    shell.depth -= 1
    shell.guard = guard
    for name, value in outer.items():
        shell.variables.pop(name, None)
        if value is not None:
            shell.variables[name] = value


def certain(branch: If, shell: Shell) -> bool | None:
    """True or false where both sides are known; None: it depends on what nobody looked at."""
    text = expand(branch.condition, shell)
    found = re.fullmatch(r"(.+?)\s*(==|\s(?:equ|neq)\s)\s*(.+)", text.strip(), re.IGNORECASE | re.DOTALL)
    if found is None or "%" in text or "!" in text:
        return None
    one, other, differs = found[1].strip(), found[3].strip(), found[2].strip().casefold() == "neq"
    if branch.ignore_case:
        one, other = one.casefold(), other.casefold()
    return (one == other) ^ differs ^ branch.negated


def depends_on(condition: str, shell: Shell) -> str:
    """What a condition that is not known depends on."""
    text = condition.casefold()
    if any(name.casefold() in text for name in shell.owned):
        return OWNER
    if text.startswith("errorlevel") or "%errorlevel%" in text or "!errorlevel!" in text:
        return shell.condition
    # whether the other node can be reached
    asked = re.match(r"exist\s+\"?([^\"\s]+)", expand(condition, shell), re.IGNORECASE)
    shares = asked is not None and all(path.startswith("\\\\") for path in shell.letters.behind(asked[1]))
    return FAILED if shares else UNKNOWN
