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
from vcaudit.report.remediation.ps_actions import commands, resource
from vcaudit.report.remediation.quote import Unquotable, node, ps
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
    yield "#Requires -Version 2.0"
    yield "$ErrorActionPreference = 'Stop'"
    yield "Import-Module FailoverClusters"
    yield "$Stamp = Get-Date -Format 'yyyyMMdd-HHmmss'"
    if made.part(plans.COPIES):
        yield 'Write-Host "The backups of this run end in $Stamp"'
    yield ""
    yield from _functions([*body, *_confirm(made)])
    yield from _comment(["It stops when a group is no longer where the scan saw it."])
    yield "function Confirm-Owner {"
    yield from (f"    {line}" for line in _confirm(made))
    yield "}"
    yield "Confirm-Owner"


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
        yield from (f"    [void](Stop-ClusterResource -InputObject {resource(name)})" for name in made.offline)
        for step in steps:
            yield from _step(step, made, "    ")
        yield "} finally {"
        yield from (f"    [void](Start-ClusterResource -InputObject {resource(n)})" for n in reversed(made.offline))
        yield "}"


def _step(step: Step, made: Plan, indent: str) -> Iterator[str]:
    written = commands(step.action)
    yield ""
    lines = [
        *_comment([f"Step {step.number} of {len(made.steps)}: {texts.what(step.action)}"]),
        *_comment(f"Why:   {text}" for text in texts.why(step)),
        *_comment([f"Where: {texts.where(step.action)}"]),
        *_comment(f"Note:  {text}" for text in texts.notes(step.action)),
        *(f"# Check: {line}" for line in written.check),
        *(f"# Undo:  {line}" for line in written.undo or (texts.NO_UNDO,)),
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
