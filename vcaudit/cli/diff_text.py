"""What `vcaudit diff` found, for a terminal or a log file."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from typing import Final

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from vcaudit.drift.document import CannotTell, Drift, Line, MovedGroup
from vcaudit.report.escape import line as escaped
from vcaudit.report.summary import plural, when
from vcaudit.report.terminal import WIDTH
from vcaudit.report.text import NARROWEST

SHOWN: Final = 200
"""Lines of one heading; the JSON has them all."""
NAMED: Final = 6
"""Facts named of those that cannot be compared for one cause."""
_VALUE: Final = 400
_ASCII: Final = str.maketrans({"→": "->", "·": "-", "…": "...", "⟨": "<", "⟩": ">", "⏎": "\\n", "\xa0": " "})
_SIDES: Final = {"before": "in the first", "after": "in the second", "both": "on both sides"}


def render(
    found: Drift, *, full: bool = False, volatile: bool = False, width: int = WIDTH, colour: bool = False,
    unicode: bool = True,
) -> bytes:  # fmt: skip
    """In UTF-8, or in ASCII when `unicode` is False; only with `colour` does it hold escape sequences."""
    sink = io.StringIO()
    console = Console(
        file=sink, width=max(width, NARROWEST), force_terminal=colour, color_system="standard" if colour else None,
        no_color=not colour, markup=False, emoji=False, highlight=False, legacy_windows=False, _environ={},
    )  # fmt: skip
    _Page(console, found, full=full).whole(volatile=volatile)
    text = sink.getvalue() if colour else re.sub(r" +$", "", sink.getvalue(), flags=re.MULTILINE)
    return text.encode() if unicode else text.translate(_ASCII).encode("ascii", "backslashreplace")


class _Page:
    def __init__(self, console: Console, found: Drift, *, full: bool) -> None:
        self.console, self.found, self.full = console, found, full

    def whole(self, *, volatile: bool) -> None:
        """Moves, changes, what cannot be told; the counts last, where a scrolled terminal still shows them."""
        found = self.found
        self.head()
        for warning in found.warnings:
            self.put("! ", "bold yellow", warning)
        for move in found.moves:
            self.move(move)
        self.grouped(found.changes)
        self.gaps("cannot tell", found.cannot_tell)
        if self.full or volatile:
            self.gaps("not asked", found.not_asked)
        if volatile and found.volatile:
            self.volatile()
        self.console.print()
        self.put("", "", _counts(found, shown=volatile, full=self.full))

    def head(self) -> None:
        found = self.found
        cluster = f"VC cluster {escaped(found.after.cluster)}"
        if found.compared == "nodes":
            sides = f"{escaped(found.before.name)} and {escaped(found.after.name)}, {when(found.after.taken_at)}"
        else:
            sides = " → ".join(f"{escaped(one.name)} ({when(one.taken_at)})" for one in (found.before, found.after))
        self.console.print(Text(f"{cluster}  ·  {sides}", style="bold"))

    def put(self, label: str, style: str, text: str, indent: int = 2) -> None:
        shown = Text(label, style=style).append(escaped(text, _VALUE), style="not bold default" if style else "")
        self.console.print(Padding(shown, (0, 0, 0, indent)))

    def move(self, move: MovedGroup) -> None:
        """One line, and with --full all that follows."""
        names = escaped(move.group), escaped(move.source), escaped(move.target)
        said = "group {} moved from {} to {}" if self.found.compared == "snapshots" else "group {} is on {}, not on {}"
        count = sum(len(line.facts) for line in move.lines)
        follows = f"  ({plural(count, 'difference')} with it{'' if self.full or not count else ': --full'})"
        self.console.print()
        self.put(said.format(*names), "bold", follows if count else "")
        if self.full:
            self.rows(move.lines, indent=4, where=True)

    def grouped(self, lines: Sequence[Line]) -> None:
        """Under the cluster, every node, or the nodes that have it."""
        groups: dict[tuple[str, ...], list[Line]] = {}
        for line in lines:
            groups.setdefault(line.nodes, []).append(line)
        for nodes, own in groups.items():
            self.console.print()
            if self.found.compared == "snapshots":
                title = ", ".join(map(escaped, nodes)) or "cluster"
                self.console.print(Padding(Text(title, style="bold"), (0, 0, 0, 2)))
            self.rows(own, indent=4 if self.found.compared == "snapshots" else 2)

    def rows(self, lines: Iterable[Line], indent: int, *, where: bool = False) -> None:
        grid = Table.grid(padding=(0, 2, 0, 0))
        grid.add_column(overflow="fold", max_width=max(12, self.console.width // 3))
        grid.add_column(overflow="fold")
        lines = list(lines)
        for line in lines[:SHOWN]:
            place = f"{', '.join(line.nodes)} " if where and line.nodes else ""
            grid.add_row(Text(escaped(place + line.subject)), Text(escaped(line.text, _VALUE)))
            for fact in line.facts if self.full and not where else ():
                grid.add_row("", Text(escaped(f"{fact.node or ''} {'/'.join(fact.path)}".strip(), _VALUE), style="dim"))
        if len(lines) > SHOWN:
            grid.add_row("…", Text(f"and {plural(len(lines) - SHOWN, 'more line')}: --json has them all"))
        self.console.print(Padding(grid, (0, 0, 0, indent)))

    def gaps(self, title: str, gaps: Sequence[CannotTell]) -> None:
        if not gaps:
            return
        self.console.print()
        self.console.print(Padding(Text(title, style="bold magenta"), (0, 0, 0, 2)))
        for gap in gaps:
            node = f"{escaped(gap.node)}: " if gap.node else ""
            more = f" and {len(gap.what) - NAMED} more" if len(gap.what) > NAMED else ""
            what = ", ".join(map(escaped, gap.what[:NAMED])) + more
            detail = f" ({escaped(gap.detail, 200)})" if gap.detail else ""
            reason = gap.reason.replace("_", " ")
            self.put("", "", f"{node}{what}: {reason} {_SIDES[gap.side]}{detail}", indent=4)

    def volatile(self) -> None:
        self.console.print()
        self.console.print(Padding(Text("volatile: differs by nature", style="bold"), (0, 0, 0, 2)))
        reasons: dict[str, list[Line]] = {}
        for line in self.found.volatile:
            reasons.setdefault(line.reason, []).append(line)
        for reason, lines in reasons.items():
            self.put(reason, "dim", "", indent=4)
            self.rows(lines, indent=6, where=True)


def _counts(found: Drift, *, shown: bool, full: bool) -> str:
    moved = found.moves if found.compared == "snapshots" else ()
    parts = [f"{plural(len(moved), 'group')} moved"] if moved else []
    none = "no other difference" if moved else "no difference"
    parts.append(plural(len(found.changes), "difference") if found.changes else none)
    if found.cannot_tell:
        parts.append(f"{plural(sum(len(gap.paths) for gap in found.cannot_tell), 'fact')} could not be compared")
    if found.not_asked:
        count = plural(sum(len(gap.paths) for gap in found.not_asked), "fact")
        parts.append(f"{count} nobody asked for{'' if shown or full else ' (--full)'}")
    if found.volatile:
        parts.append(f"{len(found.volatile)} volatile{'' if shown else ' not shown (--volatile)'}")
    return " · ".join(parts)
