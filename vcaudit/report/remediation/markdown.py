"""`--format markdown`: a document for the people who approve a change, with the commands of both kinds of Windows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from vcaudit.report.escape import visible
from vcaudit.report.remediation import cluster_exe, cmd_actions, ps_actions, texts
from vcaudit.report.remediation import plan as plans
from vcaudit.report.remediation.commands import Commands
from vcaudit.report.remediation.plan import Plan, Step
from vcaudit.report.remediation.quote import Unquotable
from vcaudit.report.summary import plural
from vcaudit.results import Action, AuditResults

# What Markdown, or HTML within it, could take for itself.
_MEANS: Final = re.compile(r"([\\`*_{}\[\]()#+.!|<>~&$@:/-])")
_TICKS: Final = re.compile("`+")


def render(results: AuditResults, cluster: str | None = None) -> bytes:
    """UTF-8; what can be written in one of the two languages at least is a step."""
    batch = cluster_exe.why_not("utf-8", plans.choose(results, cluster))
    made = plans.make(results, cluster, lambda action: neither(action, batch))
    return ("\n".join(_document(made, batch)) + "\n").encode("utf-8", "replace")


def neither(action: Action, batch: plans.WhyNot) -> str:
    from vcaudit.report.remediation import powershell

    return powershell.why_not(action) and batch(action)


def _document(made: Plan, batch: plans.WhyNot) -> Iterator[str]:
    head = texts.head(made, "for review")
    yield f"# {escape(head[0])}"
    yield ""
    yield from (f"- {escape(item)}" for item in head[1:])
    yield from _overview(made)
    for part, title in enumerate(plans.TITLES):
        steps = made.part(part)
        if steps:
            yield from ("", f"## {title}")
        if steps and part == plans.WINDOW:
            yield ""
            yield from (f"> {escape(item)}" for item in texts.window(made))
        for step in steps:
            yield from _step(step, batch)
    yield from _lists(made)
    yield from ("", "## Approval", "", "| | Name | Date |", "| --- | --- | --- |",
                "| Reviewed by | | |", "| Approved by | | |", "| Carried out by | | |")  # fmt: skip


def _overview(made: Plan) -> Iterator[str]:
    if not made.steps:
        return
    yield from ("", "| Step | What | Why | Where |", "| --- | --- | --- | --- |")
    for step in made.steps:
        rules = ", ".join(dict.fromkeys(result.rule for result in (*step.because, *step.also)))
        cells = (str(step.number), texts.what(step.action), rules, step.action.node or "the cluster")
        yield "| " + " | ".join(escape(cell) for cell in cells) + " |"


def _step(step: Step, batch: plans.WhyNot) -> Iterator[str]:
    action = step.action
    yield from ("", f"### {step.number}. {escape(texts.what(action))}", "")
    yield from (f"- Why: {escape(text)}" for text in texts.why(step))
    yield f"- Where: {escape(texts.where(action))}"
    yield from (f"- Note: {escape(text)}" for text in texts.notes(action))
    yield from _language("cluster.exe", "bat", action, cmd_actions.commands, batch(action))
    yield from _language("PowerShell", "powershell", action, ps_actions.commands, "")


def _language(name: str, tag: str, action: Action, write: Callable[[Action], Commands], why: str) -> Iterator[str]:
    try:
        written = write(action)
    except Unquotable as error:
        why = str(error)
    if why:
        yield from ("", f"{name}: by hand, because {escape(why)}.")
        return
    # Going on or stopping is the script's own matter; who types the commands sees what they say.
    do = tuple(line for line in written.do if line not in cmd_actions.FLOW)
    for title, lines in (("do", do), ("check", written.check), ("undo", written.undo)):
        if lines:
            yield from ("", f"{name}, {title}:", "")
            yield from _block(tag, lines)
        elif title == "undo":
            yield from ("", f"{name}, undo: {texts.NO_UNDO}.")


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
    return _MEANS.sub(_shown, visible(text).replace("\n", "⏎").replace("\t", " "))


def _shown(found: re.Match[str]) -> str:
    char = found[0]
    return {"<": "&lt;", ">": "&gt;", "&": "&amp;"}.get(char) or (char if char in "./:()-" else f"\\{char}")
