"""`--format powershell`: a script for Windows Server 2008 R2 and later."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Final

from vcaudit.report.escape import visible
from vcaudit.report.remediation import plan as plans
from vcaudit.report.remediation import texts
from vcaudit.report.remediation.plan import Plan, Step
from vcaudit.report.remediation.ps_actions import bring_online, commands, take_offline
from vcaudit.report.remediation.quote import Unquotable, node, ps
from vcaudit.report.remediation.undo import undo
from vcaudit.resources import package_file
from vcaudit.results import Action, AuditResults

_FUNCTION: Final = re.compile(r"^function ([A-Za-z-]+).*?^}\n", re.MULTILINE | re.DOTALL)
_BOM: Final = b"\xef\xbb\xbf"


def render(results: AuditResults, cluster: str | None = None) -> bytes:
    """UTF-8 with the mark that Windows PowerShell knows it by, CRLF line ends."""
    made = plans.make(results, cluster, why_not)
    body = [*_parts(made), *_rest(made)]
    lines = [*_begin(made, body), *body]
    return _BOM + "".join(f"{line}\r\n" for line in lines).encode()


def why_not(action: Action) -> str:
    """Why an action cannot be written in PowerShell."""
    try:
        commands(action)
        if action.group is not None:
            ps(action.group)
    except Unquotable as error:
        return str(error)
    return ""


def _begin(made: Plan, body: Iterable[str]) -> Iterator[str]:
    yield from _comment(texts.head(made, "for Windows PowerShell 2.0 and the module FailoverClusters"))
    yield from _comment([texts.STAMP_PS] if made.steps else [])
    yield "#Requires -Version 2.0"
    yield "param([string]$Stamp)"
    yield "$ErrorActionPreference = 'Stop'"
    yield "Import-Module FailoverClusters"
    yield ""
    yield from _functions([*body, *_confirm(made)])
    confirm = _confirm(made)
    if not confirm:
        yield from _comment([texts.NO_OWNER])
        yield from _stamp(made)
        return
    yield from _comment(["It stops when a group is no longer where the scan saw it.",
                         *texts.not_checked(len(made.owners) - len(confirm))])  # fmt: skip
    yield from _confirming(confirm)
    yield from _stamp(made)
    yield "Confirm-Owner"


def _stamp(made: Plan) -> Iterator[str]:
    """Whoever gives a stamp, or begins with the dot, wants the functions, and nothing done."""
    yield "if ($Stamp -or $MyInvocation.InvocationName -eq '.') { return }"
    yield "$Stamp = Get-Date -Format 'yyyyMMdd-HHmmss'"
    yield 'Write-Host "The stamp of this run, in which its backups end: $Stamp"'


def _confirming(lines: Iterable[str]) -> Iterator[str]:
    yield "function Confirm-Owner {"
    yield from (f"    {line}" for line in lines)
    yield "}"


def _confirm(made: Plan) -> list[str]:
    out = []
    for owner in made.owners:
        try:
            out.append(f"Confirm-Group {ps(owner.group)} {ps(node(owner.node))}")
        except Unquotable:
            continue
    return out


@cache
def functions() -> dict[str, str]:
    """The functions that scripts may hold, by name."""
    text = package_file("report/remediation/powershell.ps1").read_text(encoding="utf-8")
    return {found[1]: found[0] for found in _FUNCTION.finditer(text)}


def _functions(body: Iterable[str]) -> Iterator[str]:
    """Those that are called, and those that they call."""
    known = functions()
    needed: set[str] = set()
    text = "\n".join(line for line in body if not line.startswith("#"))
    look = [text, "\n".join(line for line in body if line.startswith(("# Check", "# Undo")))]
    while look:
        one = look.pop()
        for name in known:
            if name not in needed and re.search(rf"(?<![\w-]){name}(?![\w-])", one):
                needed.add(name)
                look.append(known[name])
    for name, source in known.items():
        if name in needed:
            yield from source.rstrip("\n").split("\n")
            yield ""


def _parts(made: Plan) -> Iterator[str]:
    for part, title in enumerate(plans.TITLES):
        steps = made.part(part)
        if not steps:
            continue
        yield ""
        yield from _comment([f"== {title} =="])
        if part != plans.WINDOW:
            for step in steps:
                yield from _step(step, made, "")
            continue
        yield from _comment(texts.window(made))
        yield "try {"
        yield from (f"    {line}" for line in offline(made))
        for step in steps:
            yield from _step(step, made, "    ")
        yield "} finally {"
        first, last = online(made)
        # An error here would hide that of the step.
        yield from (f"    {first}", "}", last)


def offline(made: Plan) -> tuple[str, ...]:
    """What takes down all that the window needs offline."""
    return tuple(take_offline(name) for name in made.offline)


def online(made: Plan) -> tuple[str, str]:
    """The other direction: one that does not come online keeps none of the others down, and is told at the end."""
    return (
        f"$Down = @(Start-Again @({', '.join(map(ps, made.again))}))",
        'if ($Down.Count -ne 0) { throw "Not online again: $Down" }',
    )


def called(made: Plan) -> list[str]:
    """Functions that the commands of a plan call, as a script holds them."""
    body = list(_parts(made))
    found = list(_functions(body))
    if not any("Confirm-Owner" in line for line in (*body, *found)):
        return found
    confirm = _confirm(made)
    return [*_functions([*body, *confirm]), *_confirming(confirm)]


def _step(step: Step, made: Plan, indent: str) -> Iterator[str]:
    written = commands(step.action)
    back = undo(step, made, written, take_offline, bring_online) or (texts.no_undo(step.action),)
    yield ""
    lines = [
        *_comment([f"Step {step.number} of {len(made.steps)}: {texts.what(step.action)}"]),
        *_comment(f"Why:   {text}" for text in texts.why(step)),
        *_comment([f"Where: {texts.where(step.action)}"]),
        *_comment(f"Note:  {text}" for text in texts.notes(step.action)),
        *(f"# Check: {line}" for line in written.check),
        *(f"# Undo:  {line}" for line in back),
        f"Write-Host 'Step {step.number} of {len(made.steps)}'",
        *written.do,
    ]
    yield from (indent + line for line in lines)


def _rest(made: Plan) -> Iterator[str]:
    yield ""
    yield "Write-Host 'Done. Scan again.'"
    for title, items in texts.rest(made):
        if items:
            yield ""
            yield from _comment([f"== {title} ==", *items])


def _comment(items: Iterable[str]) -> Iterator[str]:
    for item in items:
        # A comment ends with its line, and nothing else ends it.
        for line in textwrap.wrap(visible(item).replace("\n", "⏎"), 110, subsequent_indent="       ") or [""]:
            yield f"# {line}".rstrip()
