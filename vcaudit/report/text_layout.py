"""How a line of the text report is laid out: labels, paragraphs, columns. Nothing here knows what it says."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from vcaudit.report.escape import clip, line, visible
from vcaudit.results import Result

LABEL: Final = 8
"""Columns of a label, `required` and `critical` among them."""


def safe(content: str, style: str = "") -> Text:
    """The only way text from results gets onto the page: nothing in it can act on a terminal."""
    return Text(visible(content), style=style)


class Layout:
    """A console, and the few forms that everything on it has; only here is anything known about columns."""

    def __init__(self, console: Console) -> None:
        self.console = console

    def put(self, *parts: str | tuple[str, str], indent: int = 2) -> None:
        """A paragraph that wraps at the width, indented throughout."""
        pieces = [safe(part) if isinstance(part, str) else safe(*part) for part in parts]
        self.console.print(Padding(Text().join(pieces), (0, 0, 0, indent)))

    def facts(self, rows: Iterable[tuple[str, str, str]], indent: int = 4) -> None:
        """Label, text, style of the text: labels in a column, texts wrapped beside them."""
        grid = Table.grid(padding=(0, 2, 0, 0))
        grid.add_column(min_width=LABEL, max_width=max(LABEL, self.console.width // 4), overflow="fold", style="dim")
        grid.add_column(overflow="fold")
        for label, text, style in rows:
            grid.add_row(safe(label), safe(clip(visible(text).strip("\n"), 1200), style))
        if grid.row_count:
            self.console.print(Padding(grid, (0, 0, 0, indent)))

    def hanging(self, mark: Text, text: RenderableType, indent: int = 2) -> None:
        """A mark and a paragraph beside it."""
        grid = Table.grid(padding=(0, 1, 0, 0))
        grid.add_column(width=1)
        grid.add_column(overflow="fold")
        grid.add_row(mark, text)
        self.console.print(Padding(grid, (0, 0, 0, indent)))

    def head(self, label: str, style: str, text: str, rule: Result) -> None:
        """Severity, what is wrong, and at the right edge the rule and what it answers."""
        ids = f"{line(rule.rule, 40)}  {line(' '.join(rule.requirements), 20)}".rstrip()
        wide = cell_len(ids) + 40 <= self.console.width
        grid = Table.grid(expand=wide, padding=(0, 2, 0, 0))
        grid.add_column(width=max(LABEL, cell_len(label)))
        grid.add_column(ratio=1 if wide else None, overflow="fold")
        if wide:
            grid.add_column(justify="right", no_wrap=True, style="dim")
        texts = [safe(label, style), safe(line(text, 300), style="bold")]
        grid.add_row(*texts, *([safe(ids)] if wide else []))
        self.console.print(Padding(grid, (0, 0, 0, 2)))
        if not wide:
            self.put((ids, "dim"), indent=4)
