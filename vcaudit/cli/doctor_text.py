"""What the doctor found, for a terminal or a log: the first step that failed on top, then the whole ladder."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

import click

from vcaudit.collect.doctor import Examination, Step
from vcaudit.report.escape import visible

MARKS = {"ok": "✓", "warning": "!", "failed": "✗", "not_tried": "·"}
_ASCII = str.maketrans({"✓": "+", "✗": "x", "·": "-", "–": "-", "…": "...", "⟨": "<", "⟩": ">"})
_COLOURS = {"ok": "green", "warning": "yellow", "failed": "red", "not_tried": None}
_LABEL = 7
_NARROWEST = 40


def render(found: Sequence[Examination], *, width: int, colour: bool, unicode: bool) -> bytes:
    """UTF-8, or ASCII when `unicode` is False; escape sequences only with `colour`."""
    page = _Page(max(width, _NARROWEST), colour)
    lines = [line for number, each in enumerate(found) for line in ([""] if number else []) + list(page.node(each))]
    text = "\n".join(line.rstrip() for line in lines) + "\n"
    return text.encode() if unicode else text.translate(_ASCII).encode("ascii", "backslashreplace")


class _Page:
    """Lines of one width."""

    def __init__(self, width: int, colour: bool) -> None:
        self.width, self.colour = width, colour

    def node(self, each: Examination) -> Iterator[str]:
        """One node."""
        who = f" as {each.user}" if each.user else ""
        head = visible(f"{each.node}  ·  {each.address}  ·  {each.route}{who}  ·  cluster {each.cluster}")
        yield from self._wrapped(head, "", bold=True)
        first = each.first
        if first is None:
            yield ""
            yield f"  {self._mark('ok')} Everything a scan needs is there."
        else:
            yield ""
            yield from self._trouble(first)
        yield ""
        tried = [step for step in each.steps if step.state != "not_tried"]
        wide = max((len(step.title) for step in tried), default=0)
        for step in tried:
            yield from self._step(step, wide, first)
        yield from self._untried([step for step in each.steps if step.state == "not_tried"])

    def _untried(self, steps: Sequence[Step]) -> Iterator[str]:
        """Together: what they wait for is one thing, most of the time."""
        for because in dict.fromkeys(step.detail for step in steps):
            titles = ", ".join(step.title for step in steps if step.detail == because)
            text = f"not tried ({visible(because)}): {titles}"
            lines = textwrap.wrap(text, self.width - 4, break_long_words=False)
            yield f"  {self._mark('not_tried')} {lines[0]}"
            yield from (f"    {line}" for line in lines[1:])

    def _trouble(self, step: Step) -> Iterator[str]:
        yield f"  {self._mark(step.state)} {self._style(step.title, bold=True)}: {step.state}"
        yield from self._facts(step)

    def _step(self, step: Step, wide: int, first: Step | None) -> Iterator[str]:
        """A line; with what it means and what to do, unless that stands on top already."""
        head = f"  {self._mark(step.state)} {step.title.ljust(wide)}  "
        words = "see above" if step is first else visible(step.detail)
        body = textwrap.wrap(words, max(20, self.width - wide - 6)) or [""]
        yield head + body[0]
        yield from (" " * (wide + 6) + line for line in body[1:])
        if step is not first and step.state in ("failed", "warning"):
            yield from self._facts(step, detail=False)

    def _facts(self, step: Step, *, detail: bool = True) -> Iterator[str]:
        indent = " " * (6 + _LABEL)
        for label, text in (("seen", step.detail if detail else ""), ("means", step.means)):
            if text:
                yield from self._wrapped(visible(text), indent, first=f"      {label.ljust(_LABEL)}")
        # Never broken, so that they can be copied.
        for number, command in enumerate(step.mend.splitlines()):
            yield ("      " + "mend".ljust(_LABEL) if not number else indent) + visible(command)

    def _wrapped(self, text: str, indent: str, *, first: str | None = None, bold: bool = False) -> Iterator[str]:
        lines = textwrap.wrap(
            text, self.width, initial_indent=indent if first is None else first, subsequent_indent=indent,
            break_long_words=False, break_on_hyphens=False,
        )  # fmt: skip
        yield from (self._style(line, bold=bold) for line in lines)

    def _mark(self, state: str) -> str:
        return self._style(MARKS[state], fg=_COLOURS[state], bold=state == "failed")

    def _style(self, text: str, *, fg: str | None = None, bold: bool = False) -> str:
        return click.style(text, fg=fg, bold=bold or None) if self.colour and (fg or bold) else text
