"""What a command line or a script copies when it runs on one node: played statement by statement, nothing is executed.

What is known is followed (the node's name, its variables, `set`, `goto`, scripts that were read); a condition that is
not known plays both ways, and what then copies says so in its guard. What is not understood is named, never guessed.
"""

from __future__ import annotations

import ntpath
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Final

from vcaudit.evaluate.sync import batch, copying
from vcaudit.evaluate.sync.batch import Chain, Command, For, If, Label, Statement
from vcaudit.evaluate.sync.copying import NotUnderstood
from vcaudit.evaluate.sync.letters import Letters, gives
from vcaudit.evaluate.sync.shell import (
    FAILED,
    OWNER,
    UNKNOWN,
    Lookup,
    Played,
    Shell,
    absolute,
    called_with,
    certain,
    change_folder,
    depends_on,
    expand,
    set_variable,
)
from vcaudit.snapshot.base import Missing

MAX_STEPS: Final = 4000
MAX_CALLS: Final = 4
MAX_SHELLS: Final = 12
_CODE = re.compile(r"\.(?:vbs|vbe|js|jse|wsf|ps1)$", re.IGNORECASE)
_INTO_SHELL: Final = frozenset({"cmd", "%comspec%"})


class _Gone(Exception):
    """`goto`, or the end of the script."""

    def __init__(self, label: str) -> None:
        self.label = label


def play(
    command: str, variables: Mapping[str, str], folder: str, lookup: Lookup, letters: Letters | None = None
) -> Played:
    """Plays a command line as a task or a resource starts it; `variables` by upper-case name, `letters` of the commands
    before it."""
    seen = Played()
    shell = Shell(dict(variables), folder, "", lookup, seen, letters=letters or Letters())
    _inner(command, shell)
    seen.unclear = list(dict.fromkeys(seen.unclear))
    seen.copies = list(dict.fromkeys(seen.copies))
    return seen


def _script(lines: Sequence[str], shell: Shell) -> None:
    """A whole script: only here labels can be reached."""
    outer, shell.statements = shell.statements, batch.parse(lines)
    _from(0, shell)
    shell.statements = outer


def _labels(shell: Shell) -> dict[str, int]:
    return {item.name: at for at, item in enumerate(shell.statements) if isinstance(item, Label)}


def _from(at: int, shell: Shell) -> None:
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


def _block(statements: Sequence[Statement], shell: Shell) -> None:
    for statement in statements:
        _one(statement, shell)


def _one(statement: Statement, shell: Shell) -> None:
    shell.steps += 1
    if shell.steps > MAX_STEPS:
        shell.seen.unclear.append("a script of too many steps")
        raise _Gone("eof")
    if isinstance(statement, Command):
        _command(expand(statement.text, shell), shell)
    elif isinstance(statement, Chain):
        _chain(statement, shell)
    elif isinstance(statement, If):
        _if(statement, shell)
    elif isinstance(statement, For):
        _for(statement, shell)


def _chain(chain: Chain, shell: Shell) -> None:
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


def _copies(statement: Statement, shell: Shell) -> bool:
    """A copy, or a share, that must not fail before the next one: usual, and no condition of ours."""
    last = statement.second if isinstance(statement, Chain) else statement
    program, *rest = (copying.words(expand(last.text, shell)) if isinstance(last, Command) else []) or [""]
    program = copying.program_of(program)
    return program in {*copying.PROGRAMS, "cd", "chdir", "pushd", "set"} or gives(program, rest)


# Conditions


def _if(branch: If, shell: Shell) -> None:
    sure = certain(branch, shell)
    if sure is not None:
        _block(branch.body if sure else branch.otherwise, shell)
        return
    kind = depends_on(branch.condition, shell)
    if kind == FAILED and expand(branch.condition, shell).casefold().startswith("exist"):
        there, away = (branch.otherwise, branch.body) if branch.negated else (branch.body, branch.otherwise)
        _maybe(away, shell, FAILED)
        _block(there, shell)
        return
    # an error level says that the node was not found among the owners
    held = branch.negated if branch.condition.casefold().startswith("errorlevel") else not branch.negated
    _maybe(branch.body, shell, kind, held=held)
    _maybe(branch.otherwise, shell, kind, held=not held)


def _maybe(statements: Sequence[Statement], shell: Shell, kind: str, *, held: bool = False) -> None:
    """Plays what may or may not run; a variable that it sets is unknown afterwards. `held`: it runs where the condition
    holds, which for OWNER is the node that holds the group."""
    before, letters, guard = dict(shell.variables), shell.letters.copy(), shell.guard
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
    shell.letters.may_be(letters)
    for name in changed | (set(shell.variables) - set(before)):
        shell.variables.pop(name, None)


def _for(loop: For, shell: Shell) -> None:
    options, items = loop.options.casefold(), expand(loop.items, shell)
    name = f"%%{loop.variable}"
    if options.startswith("/l"):
        numbers = re.findall(r"-?\d+", items)
        if len(numbers) == 3 and int(numbers[1]) == 0:
            shell.seen.endless = True
        _block(batch.with_value(loop.body, name, "%"), shell)
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
            _block(batch.with_value(loop.body, name, item), shell)


# Commands


def _command(text: str, shell: Shell) -> None:
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
        _inner(copying.started(text, program), shell)
    elif program in {"goto", "exit"}:
        raise _Gone(arguments[0].lstrip(":").casefold() if program == "goto" and arguments else "eof")
    elif program == "set":
        set_variable(text, shell)
    elif program in {"cd", "chdir", "pushd"}:
        change_folder([word for word in arguments if word.casefold() != "/d"], shell)
    elif copying.SCRIPT.search(words[0]):
        _call(words[0], arguments, shell)
    elif program == "cluster":
        shell.condition = OWNER
    elif gives(program, arguments):
        shell.condition = FAILED
        shell.letters.take(arguments, lambda path: absolute(path, shell))
    elif program in copying.HARMLESS:
        searched = program in {"find", "findstr"} and "/v" not in [word.casefold() for word in arguments]
        shell.condition = asked if searched or program == "echo" else FAILED if program == "ping" else UNKNOWN
    elif not words[0].startswith(("***", ":")):
        shell.seen.unclear.append(words[0])
        if shell.depth == 0:
            shell.seen.scripts += [absolute(word, shell) for word in words if _CODE.search(word)]


def _copy(program: str, arguments: Sequence[str], shell: Shell) -> None:
    try:
        found = copying.parse(program, arguments)
    except NotUnderstood as error:
        shell.seen.unclear.append(str(error))
        return
    if found is None:
        return
    shell.seen.endless = shell.seen.endless or found.endless
    sources, targets = (shell.letters.behind(absolute(path, shell)) for path in (found.source, found.target))
    guard = shell.guard if len(sources) == len(targets) == 1 else UNKNOWN
    shell.seen.copies += [
        replace(found, source=source, target=target, guard=guard) for source in sources for target in targets
    ]


def _shell(text: str, arguments: Sequence[str], shell: Shell) -> None:
    """cmd /c or /k: what stands behind the switch, without the quotes around all of it."""
    switch = next((word.casefold()[:2] for word in arguments if word.casefold()[:2] in ("/c", "/k")), "")
    if not switch:
        shell.seen.stays = True  # without either it waits for somebody to type
        return
    _inner(copying.behind_switch(text), shell)
    # only the outermost shell is what a resource watches
    if shell.depth == 0 and not shell.script and switch == "/k":
        shell.seen.stays = True


def _inner(command: str, shell: Shell) -> None:
    """A command line in a shell of its own, which `exit` leaves."""
    if shell.shells >= MAX_SHELLS:
        shell.seen.unclear.append("shells within shells")
        return
    shell.shells += 1
    with suppress(_Gone):
        _block(batch.parse([command]), shell)
    shell.shells -= 1


def _subroutine(label: str, arguments: Sequence[str], shell: Shell) -> None:
    """A part of the same script, up to where it goes away."""
    at = _labels(shell).get(label)
    if at is None or shell.depth >= MAX_CALLS + 2:
        shell.seen.unclear.append(f"call :{label}")
        return
    with called_with(arguments, shell):
        _from(at, shell)


def _call(path: str, arguments: Sequence[str], shell: Shell) -> None:
    """Another script, in the same shell."""
    full = ntpath.normpath(absolute(path, shell))
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
    with called_with(arguments, shell):
        _script(lines, shell)
    shell.script = outer


