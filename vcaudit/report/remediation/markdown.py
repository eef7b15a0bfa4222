"""`--format markdown`: a document for the people who approve a change, with the commands of both kinds of Windows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import Final

from vcaudit.report.escape import visible
from vcaudit.report.remediation import cluster_exe, cmd_actions, powershell, ps_actions, texts
from vcaudit.report.remediation import plan as plans
from vcaudit.report.remediation.chains import Chains, WhyNot, with_all
from vcaudit.report.remediation.commands import Commands
from vcaudit.report.remediation.plan import Plan, Step
from vcaudit.report.remediation.quote import Unquotable
from vcaudit.report.remediation.undo import undo
from vcaudit.report.summary import plural
from vcaudit.results import Action, AuditResults, ClusterResult

# What Markdown, or HTML within it, could take for itself.
_MEANS: Final = re.compile(r"([\\`*_{}\[\]()#+.!|<>~&$@:/-])")
# What viewers make a link of without any brackets; behind it comes what then is escaped.
_LINK: Final = re.compile(r"([a-z](?=://)|\bwww(?=\.))", re.IGNORECASE)
_TICKS: Final = re.compile("`+")
# Outside of quotes, with which every name ends.
_FLOW: Final = re.compile(r"^:|\bgoto \w+$")

Lines = Callable[[Plan], Iterable[str]]


def render(results: AuditResults, cluster: str | None = None) -> bytes:
    """UTF-8; what can be written in one of the two languages at least is a step."""
    chosen = plans.choose(results, cluster)
    batch, shell = whether(chosen)
    made = plans.make(results, cluster, lambda action: shell(action) and batch(action))
    return ("\n".join(_document(made, batch, shell)) + "\n").encode("utf-8", "replace")


def whether(cluster: ClusterResult) -> tuple[WhyNot, WhyNot]:
    """Why a step has no commands of cluster.exe, or none of PowerShell."""
    chains = Chains(cluster)
    return with_all(chains, cluster_exe.why_not("utf-8", cluster)), with_all(chains, powershell.why_not)


def _document(made: Plan, batch: WhyNot, shell: WhyNot) -> Iterator[str]:
    head = texts.head(made, "for review")
    yield f"# {escape(head[0])}"
    yield ""
    yield from (f"- {escape(item)}" for item in (*head[1:], *(texts.READ_ONLY if made.steps else ())))
    yield from _overview(made)
    for part, title in enumerate(plans.TITLES):
        steps = made.part(part)
        if steps:
            yield from ("", f"## {title}")
        if steps and part == plans.WINDOW:
            yield ""
            yield from (f"> {escape(item)}" for item in texts.window(made))
            yield from _window(made, "before these steps", cluster_exe.offline, powershell.offline)
        for step in steps:
            yield from _step(step, made, batch, shell)
        if steps and part == plans.WINDOW:
            yield from _window(made, "after these steps, also when one fails", cluster_exe.online, powershell.online)
    yield from _lists(made)
    yield from ("", "## Approval", "", "| | Name | Date |", "| --- | --- | --- |",
                "| Reviewed by | | |", "| Approved by | | |", "| Carried out by | | |")  # fmt: skip
    yield from _functions(made)


def _window(made: Plan, when: str, batch: Lines, shell: Lines) -> Iterator[str]:
    """What takes the resources down, or up again, in each language that can name them all."""
    for name, tag, write in (("cluster.exe", "bat", batch), ("PowerShell", "powershell", shell)):
        try:
            lines = write(made)
        except Unquotable as error:
            yield from ("", f"{name}, {when}: by hand, because {escape(str(error))}.")
        else:
            yield from ("", f"{name}, {when}:", "")
            yield from _block(tag, lines)


def _functions(made: Plan) -> Iterator[str]:
    """What the commands of PowerShell call that is not Windows' own."""
    source = powershell.called(made)
    if source:
        yield from ("", "## Functions that the PowerShell commands call", "")
        yield from _block("powershell", source)


def _overview(made: Plan) -> Iterator[str]:
    if not made.steps:
        return
    yield from ("", "| Step | What | Why | Where |", "| --- | --- | --- | --- |")
    for step in made.steps:
        rules = ", ".join(dict.fromkeys(result.rule for result in (*step.because, *step.also)))
        cells = (str(step.number), texts.what(step.action), rules, step.action.node or "the cluster")
        yield "| " + " | ".join(escape(cell) for cell in cells) + " |"


def _step(step: Step, made: Plan, batch: WhyNot, shell: WhyNot) -> Iterator[str]:
    action = step.action
    yield from ("", f"### {step.number}. {escape(texts.what(action))}", "")
    yield from (f"- Why: {escape(text)}" for text in texts.why(step))
    yield f"- Where: {escape(texts.where(action))}"
    yield from (f"- Note: {escape(text)}" for text in (*texts.notes(action), *texts.asked_first(action)))
    yield from _language("cluster.exe", "bat", action, partial(_batch, step, made), batch(action))
    yield from _language("PowerShell", "powershell", action, partial(_shell, step, made), shell(action))


def _batch(step: Step, made: Plan) -> Commands:
    written = cmd_actions.commands(step.action)
    return replace(written, undo=undo(step, made, written, cmd_actions.take_offline, cmd_actions.bring_online))


def _shell(step: Step, made: Plan) -> Commands:
    written = ps_actions.commands(step.action)
    return replace(written, undo=undo(step, made, written, ps_actions.take_offline, ps_actions.bring_online))


def _language(name: str, tag: str, action: Action, write: Callable[[], Commands], why: str) -> Iterator[str]:
    written = None
    try:
        written = None if why else write()
    except Unquotable as error:  # a name in the other language, or of what goes offline for the undo
        why = str(error)
    if written is None:
        yield from ("", f"{name}: by hand, because {escape(why)}.")
        return
    for title, lines in (("do", acting(written.do)), ("check", written.check), ("undo", written.undo)):
        if lines:
            yield from ("", f"{name}, {title}:", "")
            yield from _block(tag, lines)
        elif title == "undo":
            yield from ("", f"{name}, undo: {texts.no_undo(action)}.")


def acting(lines: Iterable[str]) -> list[str]:
    """Without what only makes the script go on or stop."""
    return [line for line in lines if line not in cmd_actions.FLOW and not _FLOW.search(line)]


def _block(tag: str, lines: Iterable[str]) -> Iterator[str]:
    """A fence that is longer than any that a name holds; the names have no line breaks, or there were no commands."""
    text = "\n".join(lines)
    longest = max((len(found) for found in _TICKS.findall(text)), default=0)
    fence = "`" * max(3, longest + 1)
    yield fence + tag
    yield text
    yield fence


def _lists(made: Plan) -> Iterator[str]:
    if made.by_hand:
        yield from ("", f"## {texts.BY_HAND} ({plural(len(made.by_hand), 'failure')})", "")
        yield from (line for text in texts.scan_first(made) for line in (escape(text), ""))
        for item in made.by_hand:
            first, *rest = texts.by_hand(item)
            yield f"- {escape(first)}"
            yield from (f"  - {escape(text)}" for text in rest)
    for title, results in ((texts.WAIVED, made.waived), (texts.UNDECIDED, made.undecided)):
        if results:
            yield from ("", f"## {title}", "")
            yield from (f"- {escape(texts.left_out(result))}" for result in results)


def escape(text: str) -> str:
    """A text in which Markdown finds nothing of its own, on one line."""
    return _LINK.sub(r"\1\\", _MEANS.sub(_shown, visible(text).replace("\n", "⏎").replace("\t", " ")))


def _shown(found: re.Match[str]) -> str:
    char = found[0]
    return {"<": "&lt;", ">": "&gt;", "&": "&amp;"}.get(char) or (char if char in "./:()-" else f"\\{char}")
