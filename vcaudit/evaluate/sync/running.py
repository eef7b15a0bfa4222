"""What a command line or a script copies when it runs on one node: played statement by statement, nothing is executed.

What is known is followed (the node's name, its variables, `set`, `goto`, scripts that were read); a condition that is
not known plays both ways, and what then copies says so in its guard. What is not understood is named, never guessed.
"""

from __future__ import annotations

import ntpath
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Final

from vcaudit.evaluate.sync import batch, copying
from vcaudit.evaluate.sync.batch import Chain, Command, For, If, Label, Statement
from vcaudit.evaluate.sync.copying import Copy, NotUnderstood
from vcaudit.snapshot.base import Missing

MAX_STEPS: Final = 4000
MAX_CALLS: Final = 4
OWNER, UNKNOWN = "owner", "unknown"
FAILED: Final = "failed"
"""A condition that only asks whether a copy went well, or whether its target can be reached: no choice of ours."""

_PERCENT = re.compile(r"%%|%~(?:[dpnxfs]*)0|%([^%\s:]+(?::[^%]+)?)%")
_DELAYED = re.compile(r"!([^!\s:]+(?::[^!]+)?)!")
_PART = re.compile(r"~(-?\d+)(?:,(-?\d+))?")
_SCRIPT = re.compile(r"\.(?:cmd|bat)$", re.IGNORECASE)
_CODE = re.compile(r"\.(?:vbs|vbe|js|jse|wsf|ps1)$", re.IGNORECASE)
_HARMLESS: Final = frozenset({
    "echo", "title", "cls", "color", "pause", "timeout", "sleep", "choice", "ping", "chcp", "setlocal", "endlocal",
    "net", "net1", "find", "findstr", "date", "time", "type", "del", "erase", "md", "mkdir", "rd", "rmdir", "attrib",
    "prompt", "ver", "verify", "shift", "more", "sort", "eventcreate", "w32tm", "hostname", "whoami", "sc", "tasklist",
    "path", "assoc", "logevent", "blat",
})  # fmt: skip
"""Programs that change nothing in what is copied; `net use` gives a share a letter, which is looked at apart."""
_INTO_SHELL: Final = frozenset({"cmd", "%comspec%"})


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
    letters: bool = False
    """A drive letter may stand for a share."""
    scripts: list[str] = field(default_factory=list)
    """Paths of the scripts that the command line itself names."""


Lookup = Callable[[str], "Sequence[str] | Missing | None"]
"""The lines of a script by its path; None: it is not there."""


class _Gone(Exception):
    """`goto`, or the end of the script."""

    def __init__(self, label: str) -> None:
        self.label = label


@dataclass
class _Shell:
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
    statements: tuple[Statement, ...] = ()
    """Of the script that runs."""


def play(command: str, variables: Mapping[str, str], folder: str, lookup: Lookup) -> Played:
    """Plays a command line as a task or a resource starts it; `variables` by upper-case name."""
    seen = Played()
    shell = _Shell(dict(variables), folder, "", lookup, seen)
    _inner(command, shell)
    seen.unclear = list(dict.fromkeys(seen.unclear))
    seen.copies = list(dict.fromkeys(seen.copies))
    return seen


def _script(lines: Sequence[str], shell: _Shell) -> None:
    """A whole script: only here labels can be reached."""
    outer, shell.statements = shell.statements, batch.parse(lines)
    _from(0, shell)
    shell.statements = outer


def _labels(shell: _Shell) -> dict[str, int]:
    return {item.name: at for at, item in enumerate(shell.statements) if isinstance(item, Label)}


def _from(at: int, shell: _Shell) -> None:
    """The script that runs, from a statement on to its end."""
    statements, labels, entered = shell.statements, _labels(shell), {-1}
    while at < len(statements):
        entered.add(at)
        try:
            _one(statements[at], shell)
            at += 1
        except _Gone as gone:
            if gone.label not in labels:
                return
            at = labels[gone.label]
            if at in entered:
                shell.seen.endless = True
                return


def _block(statements: Sequence[Statement], shell: _Shell) -> None:
    for statement in statements:
        _one(statement, shell)


def _one(statement: Statement, shell: _Shell) -> None:
    shell.steps += 1
    if shell.steps > MAX_STEPS:
        shell.seen.unclear.append("a script of too many steps")
        raise _Gone("eof")
    if isinstance(statement, Command):
        _command(_expand(statement.text, shell), shell)
    elif isinstance(statement, Chain):
        _chain(statement, shell)
    elif isinstance(statement, If):
        _if(statement, shell)
    elif isinstance(statement, For):
        _for(statement, shell)


def _chain(chain: Chain, shell: _Shell) -> None:
    _one(chain.first, shell)
    if chain.joint == "|":
        # what is asked of the cluster is searched by the next program: its result tells
        asked = shell.condition
        _one(chain.second, shell)
        shell.condition = asked if asked == OWNER else shell.condition
    elif chain.joint == "&&" and _copies(chain.first, shell):
        _one(chain.second, shell)
    else:
        _maybe((chain.second,), shell, shell.condition, held=chain.joint == "&&")


def _copies(statement: Statement, shell: _Shell) -> bool:
    """A copy that must not fail before the next one: usual, and no condition of ours."""
    last = statement.second if isinstance(statement, Chain) else statement
    words = copying.words(_expand(last.text, shell)) if isinstance(last, Command) else []
    return bool(words) and copying.program_of(words[0]) in {*copying.PROGRAMS, "cd", "chdir", "pushd", "set"}


# Conditions


def _if(branch: If, shell: _Shell) -> None:
    known = _known(branch, shell)
    if known is not None:
        _block(branch.body if known else branch.otherwise, shell)
        return
    kind = _kind(branch.condition, shell)
    if kind == FAILED and _expand(branch.condition, shell).casefold().startswith("exist"):
        there, away = (branch.otherwise, branch.body) if branch.negated else (branch.body, branch.otherwise)
        _maybe(away, shell, FAILED)
        _block(there, shell)
        return
    # an error level says that the node was not found among the owners
    held = branch.negated if branch.condition.casefold().startswith("errorlevel") else not branch.negated
    _maybe(branch.body, shell, kind, held=held)
    _maybe(branch.otherwise, shell, kind, held=not held)


def _kind(condition: str, shell: _Shell) -> str:
    """What a condition that is not known depends on."""
    text = condition.casefold()
    if any(name.casefold() in text for name in shell.owned):
        return OWNER
    if text.startswith("errorlevel") or "%errorlevel%" in text or "!errorlevel!" in text:
        return shell.condition
    # whether the other node can be reached
    return FAILED if re.match(r"exist\s+\"?\\\\", _expand(condition, shell), re.IGNORECASE) else UNKNOWN


def _known(branch: If, shell: _Shell) -> bool | None:
    """True or false where both sides are known; None: it depends on what nobody looked at."""
    text = _expand(branch.condition, shell)
    found = re.fullmatch(r"(.+?)\s*(==|\s(?:equ|neq)\s)\s*(.+)", text.strip(), re.IGNORECASE | re.DOTALL)
    if found is None or "%" in text or "!" in text:
        return None
    one, other, differs = found[1].strip(), found[3].strip(), found[2].strip().casefold() == "neq"
    if branch.ignore_case:
        one, other = one.casefold(), other.casefold()
    return (one == other) ^ differs ^ branch.negated


def _maybe(statements: Sequence[Statement], shell: _Shell, kind: str, *, held: bool = False) -> None:
    """Plays what may or may not run; a variable that it sets is unknown afterwards. `held`: it runs where the condition
    holds, which for OWNER is the node that holds the group."""
    before, guard = dict(shell.variables), shell.guard
    shell.guard = OWNER if kind == OWNER and held and guard != UNKNOWN else UNKNOWN
    try:
        _block(statements, shell)
    except _Gone:
        # it may go away here: the rest runs under the opposite condition, unless that is only that all went well
        if kind != FAILED:
            guard = OWNER if kind == OWNER and not held and guard != UNKNOWN else UNKNOWN
    shell.guard = guard
    changed = {name for name, value in before.items() if shell.variables.get(name) != value}
    shell.condition = kind
    for name in changed | (set(shell.variables) - set(before)):
        shell.variables.pop(name, None)


def _for(loop: For, shell: _Shell) -> None:
    options, items = loop.options.casefold(), _expand(loop.items, shell)
    name = f"%%{loop.variable}"
    if options.startswith("/l"):
        numbers = re.findall(r"-?\d+", items)
        if len(numbers) == 3 and int(numbers[1]) == 0:
            shell.seen.endless = True
        _block(_put(loop.body, name, "%"), shell)
    elif options or "*" in items or "?" in items:
        if re.search(r"\bcluster(?:\.exe)?\s", items, re.IGNORECASE):
            shell.owned.add(name)
            shell.condition = OWNER
        if name in shell.owned:
            _block(loop.body, shell)
        else:
            _maybe(loop.body, shell, UNKNOWN)
    else:
        for item in copying.quoted(items)[:64]:
            _block(_put(loop.body, name, item), shell)


def _put(statements: Sequence[Statement], name: str, value: str) -> tuple[Statement, ...]:
    """The body of a loop with its variable put in."""

    def text(found: str) -> str:
        bare = re.sub(re.escape(f"%%~{name[2:]}"), lambda _: value.strip('"'), found, flags=re.IGNORECASE)
        return re.sub(re.escape(name), lambda _: value, bare, flags=re.IGNORECASE)

    def one(item: Statement) -> Statement:
        if isinstance(item, Command):
            return Command(text(item.text))
        if isinstance(item, Chain):
            return Chain(one(item.first), item.joint, one(item.second))
        if isinstance(item, If):
            body, otherwise = tuple(map(one, item.body)), tuple(map(one, item.otherwise))
            return replace(item, condition=text(item.condition), body=body, otherwise=otherwise)
        return replace(item, items=text(item.items), body=tuple(map(one, item.body))) if isinstance(item, For) else item

    return tuple(map(one, statements))


# Commands


def _command(text: str, shell: _Shell) -> None:
    words = copying.words(text)
    if not words:
        return
    program, arguments = copying.program_of(words[0]), words[1:]
    asked, shell.condition = shell.condition, UNKNOWN
    if program in copying.PROGRAMS:
        shell.condition = FAILED
        _copy(program, arguments, shell)
    elif program in _INTO_SHELL:
        _shell(text, arguments, shell)
    elif program == "call" and arguments and arguments[0].startswith(":"):
        _subroutine(arguments[0][1:].casefold(), copying.quoted(text)[2:], shell)
    elif program in {"start", "call"}:
        _command(_without_options(text, program), shell)
    elif program in {"goto", "exit"}:
        raise _Gone(arguments[0].lstrip(":").casefold() if program == "goto" and arguments else "eof")
    elif program == "set":
        _set(text, shell)
    elif program in {"cd", "chdir", "pushd"}:
        _cd([word for word in arguments if word.casefold() != "/d"], shell)
    elif _SCRIPT.search(words[0]):
        _call(words[0], arguments, shell)
    elif program == "cluster":
        shell.condition = OWNER
    elif program == "subst" or (program in {"net", "net1"} and arguments[:1] == ["use"]):
        shell.seen.letters = True
    elif program in _HARMLESS:
        searched = program in {"find", "findstr"} and "/v" not in [word.casefold() for word in arguments]
        shell.condition = asked if searched or program == "echo" else FAILED if program == "ping" else UNKNOWN
    elif not words[0].startswith(("***", ":")):
        shell.seen.unclear.append(words[0])
        if shell.depth == 0:
            shell.seen.scripts += [_absolute(word, shell) for word in words if _CODE.search(word)]


def _copy(program: str, arguments: Sequence[str], shell: _Shell) -> None:
    try:
        found = copying.parse(program, arguments)
    except NotUnderstood as error:
        shell.seen.unclear.append(str(error))
        return
    if found is None:
        return
    shell.seen.endless = shell.seen.endless or found.endless
    source, target = _absolute(found.source, shell), _absolute(found.target, shell)
    shell.seen.copies.append(replace(found, source=source, target=target, guard=shell.guard))


def _absolute(path: str, shell: _Shell) -> str:
    if re.match(r"[A-Za-z]:[\\/]|[\\/]{2}|%", path) or not shell.folder:
        return path
    return ntpath.join(shell.folder, path)


def _shell(text: str, arguments: Sequence[str], shell: _Shell) -> None:
    """cmd /c or /k: what stands behind the switch, without the quotes around all of it."""
    switch = next((word.casefold()[:2] for word in arguments if word.casefold()[:2] in ("/c", "/k")), "")
    if not switch:
        shell.seen.stays = True  # without either it waits for somebody to type
        return
    inner = re.split(r"\s/[ck]\s*", text, maxsplit=1, flags=re.IGNORECASE)[-1].strip()
    # cmd takes the first and the last quote off, unless they stand around the name of one file
    if inner.startswith('"') and inner.endswith('"') and (inner.count('"') != 2 or not _is_one_file(inner[1:-1])):
        inner = inner[1:-1]
    _inner(inner, shell)
    # only the outermost shell is what a resource watches
    if shell.depth == 0 and not shell.script and switch == "/k":
        shell.seen.stays = True


def _is_one_file(text: str) -> bool:
    return _SCRIPT.search(text) is not None or text.casefold().endswith(".exe")


def _inner(command: str, shell: _Shell) -> None:
    try:
        _block(batch.parse([command]), shell)
    except _Gone:
        return


def _without_options(text: str, program: str) -> str:
    """What `start` or `call` starts: behind a title in quotes and switches."""
    rest = re.sub(rf'^\s*"?{program}"?\s+', "", text, flags=re.IGNORECASE)
    if program == "call":
        return rest
    rest = re.sub(r'^"[^"]*"\s+(?=\S)', "", rest)
    return re.sub(r"^(?:/(?:d\s+(?:\"[^\"]*\"|\S+)|\w+)\s+)+", "", rest, flags=re.IGNORECASE)


def _set(text: str, shell: _Shell) -> None:
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
        shell.variables[name] = value


def _cd(arguments: Sequence[str], shell: _Shell) -> None:
    path = " ".join(arguments).strip()
    if path:
        shell.folder = _absolute(path, shell)
        shell.variables["CD"] = shell.folder


def _subroutine(label: str, arguments: Sequence[str], shell: _Shell) -> None:
    """A part of the same script, up to where it goes away."""
    at = _labels(shell).get(label)
    if at is None or shell.depth >= MAX_CALLS + 2:
        shell.seen.unclear.append(f"call :{label}")
        return
    with _arguments(arguments, shell):
        _from(at, shell)


@contextmanager
def _arguments(arguments: Sequence[str], shell: _Shell) -> Iterator[None]:
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


def _call(path: str, arguments: Sequence[str], shell: _Shell) -> None:
    """Another script, in the same shell."""
    full = ntpath.normpath(_absolute(path, shell))
    if shell.depth == 0:
        shell.seen.scripts.append(full)
    lines = None if shell.depth >= MAX_CALLS else shell.lookup(full)
    if isinstance(lines, Missing):
        shell.seen.gap = shell.seen.gap or lines
        return
    if lines is None:
        shell.seen.unclear.append(f"{path}, which is not there" if shell.depth < MAX_CALLS else f"{path}, too deep")
        return
    outer, shell.script = shell.script, full
    with _arguments(arguments, shell):
        _script(lines, shell)
    shell.script = outer


def _expand(text: str, shell: _Shell) -> str:
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
    return _DELAYED.sub(variable, text)


def _argument(found: re.Match[str], shell: _Shell) -> str:
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
