"""`--format cluster-exe`: a batch file for Windows Server 2003."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Final

from vcaudit.report.remediation import plan as plans
from vcaudit.report.remediation import texts
from vcaudit.report.remediation.chains import Chains, WhyNot, goes_offline
from vcaudit.report.remediation.cmd_actions import CHECK, OWNER, bring_online, commands, take_offline
from vcaudit.report.remediation.plan import Owner, Plan, Step
from vcaudit.report.remediation.quote import PAGES, Unquotable, cmd, node
from vcaudit.report.remediation.undo import undo
from vcaudit.results import Action, AuditResults, ClusterResult

LONGEST_LINE: Final = 8000
"""Characters; cmd.exe reads 8191."""
_OTHER_PAGE: Final = "a name holds characters that do not fit into one code page with the others"
# What cmd.exe may act upon even in a comment, or pairs up.
_UNSAFE: Final = frozenset("%^&|!`")
_ALIKE: Final = str.maketrans('"`<>\u2019\u201c\u201d\u2013\u2014', "''[]'''--")


def render(results: AuditResults, cluster: str | None = None) -> bytes:
    """CRLF line ends, in the code page that the names need, which the script says to cmd.exe itself."""
    code = page(results, cluster)
    made = plans.make(results, cluster, why_not(code, plans.choose(results, cluster)))
    lines = [*_begin(made, code), *_parts(made, code), *_rest(made, code), *_end(made, code)]
    return "".join(f"{line}\r\n" for line in lines).encode(code)


def why_not(page: str, cluster: ClusterResult) -> WhyNot:
    """Why an action cannot be written into a batch file of this code page."""

    def why(action: Action) -> str:
        try:
            written = commands(action)
            if action.do in ("copy", "stop_service"):
                for owner in plans.owners_of(cluster):
                    _owner_line(owner, page)
            for line in (*written.do, *written.check, *written.undo):
                if len(line) > LONGEST_LINE:
                    return "the command would be longer than cmd.exe reads"
                line.encode(page)
        except Unquotable as error:
            return str(error)
        except UnicodeEncodeError:
            return _OTHER_PAGE
        return ""

    return why


def page(results: AuditResults, cluster: str | None = None) -> str:
    """The first code page that takes the most of what is written about the chosen cluster."""
    chosen = plans.choose(results, cluster)
    actions = [
        action for result in results.results if result.remediation and result.cluster == chosen.name
        for action in result.remediation.actions
    ]  # fmt: skip
    lines = [group.name for group in chosen.pictures.groups]
    lines += Chains(chosen).over(action.on for action in actions if goes_offline(action))
    for action in actions:
        with suppress(Unquotable, KeyError):
            lines.append("".join(commands(action).do))
    return max(PAGES, key=lambda page: sum(_fits(line, page) for line in lines))


def _fits(text: str, page: str) -> bool:
    try:
        text.encode(page)
    except UnicodeEncodeError:
        return False
    return True


def _begin(made: Plan, page: str) -> Iterator[str]:
    yield "@echo off"
    yield "setlocal EnableExtensions DisableDelayedExpansion"
    yield from _comment(texts.head(made, "for cluster.exe and cmd.exe of Windows Server 2003"), page)
    if page != "ascii":
        yield from _comment([f"The names need code page {page[2:]}: keep the file's bytes as they are."], page)
        yield f"chcp {page[2:]} >nul"
        yield 'if not "%ERRORLEVEL%"=="0" exit /b 1'
    yield "set VCAUDIT_STEP=0"
    yield "set VCAUDIT_OFFLINE="
    yield 'set "VCAUDIT_STAMP=%DATE%-%TIME%"'
    for char in "/:., ":
        yield f'set "VCAUDIT_STAMP=%VCAUDIT_STAMP:{char}=-%"'
    if made.part(plans.COPIES):
        yield "echo The backups of this run end in %VCAUDIT_STAMP%"
        yield from _comment([texts.STAMP_CMD], page)
    checked = _checked(made, page)
    if checked:
        yield from _comment(["It stops when a group is no longer where the scan saw it.",
                             *texts.not_checked(len(made.owners) - len(checked))], page)  # fmt: skip
        yield from OWNER
    else:
        yield from _comment([texts.NO_OWNER], page)


def _checked(made: Plan, page: str) -> list[str]:
    """A line for each group whose owner can be told from the listing of cluster.exe."""
    out = []
    for owner in made.owners:
        try:
            out.append(_owner_line(owner, page))
        except Unquotable:
            continue
    return out


def _owner_line(owner: Owner, page: str) -> str:
    """The listing shows the group, then its node: a group that has the node's name in its own could pass for it."""
    if node(owner.node).casefold() in owner.group.casefold():
        raise Unquotable("the name of a group holds the name of a node, and the script could not tell them apart")
    line = f'cluster group {cmd(owner.group)} | find /i " {owner.node} " >nul'
    if not _fits(line, page):
        raise Unquotable(_OTHER_PAGE)
    return line


def _parts(made: Plan, page: str) -> Iterator[str]:
    for part, title in enumerate(plans.TITLES):
        steps = made.part(part)
        if not steps:
            continue
        yield ""
        yield from _comment([f"== {title} =="], page)
        if part == plans.WINDOW:
            yield from _comment(texts.window(made), page)
            yield "set VCAUDIT_OFFLINE=1"
            yield from _all(offline(made))
        for step in steps:
            yield from _step(step, made, page)
        if part == plans.WINDOW:
            yield ""
            yield from _all(online(made))
            yield "set VCAUDIT_OFFLINE="


def _all(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        yield line
        yield CHECK


def offline(made: Plan) -> list[str]:
    """What takes down all that the window needs offline."""
    return [take_offline(name) for name in made.offline]


def online(made: Plan) -> list[str]:
    """The other direction."""
    return [bring_online(name) for name in made.again]


def _step(step: Step, made: Plan, page: str) -> Iterator[str]:
    written = commands(step.action)
    yield ""
    yield from _comment([f"Step {step.number} of {len(made.steps)}: {texts.what(step.action)}"], page)
    yield from _labelled("Why  ", texts.why(step), page)
    yield from _labelled("Where", [texts.where(step.action)], page)
    yield from _labelled("Note ", texts.notes(step.action), page)
    for line in written.check:
        yield f"rem -- Check: {line}"
    for line in undo(step, made, written, take_offline, bring_online) or (texts.no_undo(step.action),):
        yield f"rem -- Undo:  {line}"
    yield f"set VCAUDIT_STEP={step.number}"
    yield f"echo Step {step.number} of {len(made.steps)}"
    yield from written.do


def _rest(made: Plan, page: str) -> Iterator[str]:
    yield ""
    yield "echo Done. Scan again."
    yield "exit /b 0"
    for title, items in texts.rest(made):
        if items:
            yield ""
            yield from _comment([f"== {title} ==", *items], page)


def _end(made: Plan, page: str) -> Iterator[str]:
    checked = _checked(made, page)
    if checked:
        yield ""
        yield ":owner"
        for line in checked:
            yield line
            yield 'if not "%ERRORLEVEL%"=="0" exit /b 1'
        yield "exit /b 0"
        yield ""
        yield ":moved"
        yield "echo A group is no longer on the node where the scan saw it, or the cluster does not answer. Scan again."
        yield "goto stopped"
    yield ""
    yield ":stopped"
    yield "echo Stopped at step %VCAUDIT_STEP%. What comes after it was not done. Its undo stands above its commands."
    yield "if not defined VCAUDIT_OFFLINE exit /b 1"
    if made.again:
        yield "echo Bringing online again what was taken offline."
        yield from online(made)
    yield "exit /b 1"


def _labelled(label: str, items: Iterable[str], page: str) -> Iterator[str]:
    yield from _comment([f"{label}: {item}" for item in items], page)


def _comment(items: Iterable[str], page: str) -> Iterator[str]:
    for item in items:
        for line in textwrap.wrap(_safe(item, page), 110, subsequent_indent="       ") or [""]:
            yield f"rem -- {line}".rstrip()


def _safe(text: str, page: str) -> str:
    """A text in which cmd.exe finds nothing to act upon, not even in a comment."""
    return "".join(_shown(char, page) for char in text.translate(_ALIKE))


def _shown(char: str, page: str) -> str:
    plain = char == " " or (char.isascii() and char.isprintable() and char not in _UNSAFE)
    letter = not char.isascii() and unicodedata.category(char)[0] == "L" and _fits(char, page)
    return char if plain or letter else f"[U+{ord(char):04X}]"
