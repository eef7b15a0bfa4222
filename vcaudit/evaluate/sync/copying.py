"""What one copying command does: robocopy, xcopy and copy, by their published options.

Whoever reads a Copy needs to know what it takes along, whether it can overwrite something newer, and whether it goes on
by itself.
"""

from __future__ import annotations

import fnmatch
import ntpath
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

PROGRAMS: Final = frozenset({"robocopy", "xcopy", "copy"})
HARMLESS: Final = frozenset({
    "echo", "title", "cls", "color", "pause", "timeout", "sleep", "choice", "ping", "chcp", "setlocal", "endlocal",
    "net", "net1", "find", "findstr", "date", "time", "type", "del", "erase", "md", "mkdir", "rd", "rmdir", "attrib",
    "prompt", "ver", "verify", "shift", "more", "sort", "eventcreate", "w32tm", "hostname", "whoami", "sc", "tasklist",
    "path", "assoc", "logevent", "blat",
})  # fmt: skip
"""Programs that change nothing in what is copied; `net use` gives a share a letter, which is looked at apart."""
SCRIPT: Final = re.compile(r"\.(?:cmd|bat)$", re.IGNORECASE)
_WORD = re.compile(r'(?:[^\s"]|"[^"]*(?:"|$))+')
_REDIRECTION = re.compile(r"(?<![\w\\])\d?(?:>>?|<)\s*(?:&\d|\"[^\"]*\"|[^\s\"]+)")
_ALL: Final = ("*", "*.*")


@dataclass(frozen=True)
class Copy:
    """One command that copies, with the paths as they are after variables were put in."""

    program: str
    source: str
    target: str
    patterns: tuple[str, ...] = ()
    """Names of the files that are taken; none: all."""
    recursive: bool = False
    purges: bool = False
    """Deletes in the target what the source does not have."""
    newer_only: bool = False
    """Leaves a file alone that is newer in the target."""
    without_files: tuple[str, ...] = ()
    without_folders: tuple[str, ...] = ()
    endless: bool = False
    """robocopy /MON and /MOT watch the source and never end."""
    guard: str = ""
    """`owner`: runs only on the node that holds the group; `unknown`: under a condition that is not understood."""

    def takes(self, name: str) -> bool:
        """Whether a file with this path below the source is copied; folders are told from names by the backslash."""
        *folders, last = name.split("\\")
        if folders and not self.recursive:
            return False
        if any(_matches(folder, self.without_folders) for folder in folders) or _matches(last, self.without_files):
            return False
        return not self.patterns or _matches(last, self.patterns)


def _matches(name: str, patterns: Sequence[str]) -> bool:
    return any(p in _ALL or fnmatch.fnmatchcase(name.casefold(), p.casefold()) for p in patterns)


class NotUnderstood(ValueError):
    """Why it cannot be said what a command copies."""


def words(command: str) -> list[str]:
    """The words of a command without redirections, quotes taken off."""
    return [word.replace('"', "") for word in quoted(command)]


def quoted(command: str) -> list[str]:
    """The same with their quotes."""
    return _WORD.findall(_REDIRECTION.sub(" ", command))


def program_of(word: str) -> str:
    """`robocopy` of `"C:\\Tools\\Robocopy.exe"`."""
    name = ntpath.basename(word.strip('"')).casefold()
    return name.removesuffix(".exe").removesuffix(".com")


def parse(program: str, arguments: Sequence[str]) -> Copy | None:
    """What such a command copies; None: nothing, for it only lists. Raises NotUnderstood."""
    if program == "robocopy":
        return _robocopy(arguments)
    return _xcopy(arguments) if program == "xcopy" else _copy(arguments)


def _robocopy(arguments: Sequence[str]) -> Copy | None:
    plain, options = [], []
    lists: dict[str, list[str]] = {"xf": [], "xd": []}
    into: list[str] | None = None
    for word in arguments:
        if word.startswith("/") and not word.startswith("//"):
            name = word[1:].casefold()
            into = lists.get(name)
            if into is None:
                options.append(name)
        elif into is not None:
            into.append(word)
        else:
            plain.append(word)
    names = {option.partition(":")[0] for option in options}
    if "job" in names or "if" in names:
        raise NotUnderstood("robocopy takes its options from a file")
    if names & {"l", "create", "nocopy", "quit"}:
        return None
    if names & {"mov", "move"}:
        raise NotUnderstood("robocopy moves the files away")
    if names & {"xn", "xc", "xl"}:
        raise NotUnderstood("robocopy leaves out changed or new files")
    if names & {"a", "m", "maxage", "maxlad"}:
        raise NotUnderstood("robocopy takes only some files, by their attribute or age")
    if len(plain) < 2:
        raise NotUnderstood("robocopy without a source and a target")
    recursive = bool(names & {"e", "s", "mir"}) and "lev:1" not in options
    return Copy(
        program="robocopy", source=plain[0], target=plain[1], patterns=_patterns(plain[2:]), recursive=recursive,
        purges=bool(names & {"mir", "purge"}), newer_only="xo" in names, endless=bool(names & {"mon", "mot"}),
        without_files=tuple(lists["xf"]), without_folders=tuple(ntpath.basename(name) for name in lists["xd"]),
    )  # fmt: skip


def _patterns(given: Sequence[str]) -> tuple[str, ...]:
    return () if any(pattern in _ALL for pattern in given) else tuple(given)


def _switches(arguments: Sequence[str]) -> tuple[list[str], set[str]]:
    """Words and switches; cmd's own take switches that stick together: `/s/e`."""
    plain = [word for word in arguments if not word.startswith("/")]
    joined = "".join(word for word in arguments if word.startswith("/"))
    return plain, {switch.casefold() for switch in joined.split("/") if switch}


def _xcopy(arguments: Sequence[str]) -> Copy | None:
    plain, switches = _switches(arguments)
    if any(switch.startswith("exclude") for switch in switches):
        raise NotUnderstood("xcopy takes what it leaves out from a file")
    if switches & {"l", "t"}:
        return None
    if switches & {"u", "a", "m"} or any(switch.startswith("d:") for switch in switches):
        raise NotUnderstood("xcopy takes only some files: existing ones, by their attribute, or by a date")
    if len(plain) != 2:
        raise NotUnderstood("xcopy without a source and a target")
    source, patterns = _split(plain[0])
    return Copy(
        program="xcopy", source=source, target=plain[1], patterns=patterns,
        recursive=bool(switches & {"s", "e"}), newer_only="d" in switches,
    )  # fmt: skip


def _copy(arguments: Sequence[str]) -> Copy:
    plain, _ = _switches(arguments)
    if len(plain) != 2 or "+" in plain[0]:
        raise NotUnderstood("copy without one source and one target")
    source, patterns = _split(plain[0])
    return Copy(program="copy", source=source, target=plain[1], patterns=patterns)


def _split(path: str) -> tuple[str, tuple[str, ...]]:
    """A source with wildcards at its end: the folder, and the pattern."""
    folder, name = ntpath.split(path)
    if "*" not in name and "?" not in name:
        return path, ()
    return folder, _patterns([name])


def started(text: str, program: str) -> str:
    """What `start` or `call` starts: behind a title in quotes and switches."""
    rest = re.sub(rf'^\s*"?{program}"?\s+', "", text, flags=re.IGNORECASE)
    if program == "call":
        return rest
    rest = re.sub(r'^"[^"]*"\s+(?=\S)', "", rest)
    return re.sub(r"^(?:/(?:d\s+(?:\"[^\"]*\"|\S+)|\w+)\s+)+", "", rest, flags=re.IGNORECASE)


def behind_switch(text: str) -> str:
    """The command line that `cmd /c` or `cmd /k` runs: without the first and the last quote, unless these stand around
    the name of one file."""
    inner = re.split(r"\s/[ck]\s*", text, maxsplit=1, flags=re.IGNORECASE)[-1].strip()
    if len(inner) < 2 or not inner.startswith('"') or not inner.endswith('"'):
        return inner
    one_file = inner.count('"') == 2 and (SCRIPT.search(inner[1:-1]) or inner[1:-1].casefold().endswith(".exe"))
    return inner if one_file else inner[1:-1]
