"""Text for a terminal or a log file: the verdict, what failed with the command to type, then the counts."""

from __future__ import annotations

import io
import re
from typing import Final

from rich.cells import cell_len
from rich.console import Console
from rich.padding import Padding
from rich.table import Table

from vcaudit.report import summary, waivers
from vcaudit.report.chapter import Chapter, Finding, chapters
from vcaudit.report.escape import line, visible
from vcaudit.report.terminal import WIDTH
from vcaudit.report.text_layout import LABEL, Layout, safe
from vcaudit.report.text_rows import gap_rows, seen
from vcaudit.results import AuditResults, ClusterResult, Comparison, Result

NARROWEST: Final = 40

_STYLES: Final = {"yes": "bold green", "degraded": "bold yellow", "no": "bold red", "unknown": "bold magenta"}
_SEVERITIES: Final = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "cyan", "info": "blue"}
_ASCII: Final = str.maketrans({
    "✓": "+", "✗": "x", "·": "-", "–": "-", "…": "...", "→": "->", "⏎": "\\n", "÷": "/", "“": '"', "”": '"', "’": "'",
    "‘": "'", "⟨": "<", "⟩": ">", "×": "x", "\xa0": " ", "─": "-",
})  # fmt: skip


def render(
    results: AuditResults, *, width: int = WIDTH, colour: bool = False, unicode: bool = True, verbose: bool = False
) -> bytes:
    """The report in UTF-8, or in ASCII when `unicode` is False; only with `colour` does it hold escape sequences."""
    sink = io.StringIO()
    console = Console(
        file=sink, width=max(width, NARROWEST), force_terminal=colour, color_system="standard" if colour else None,
        no_color=not colour, markup=False, emoji=False, highlight=False, legacy_windows=False, _environ={},
    )  # fmt: skip
    for number, chapter in enumerate(chapters(results)):
        if number:
            console.print()
        _Page(console, verbose).chapter(chapter)
    for defect in results.defects:
        console.print(safe(f"  rule defect: {line(defect, 400)}", "bold red"))
    text = sink.getvalue() if colour else re.sub(r" +$", "", sink.getvalue(), flags=re.MULTILINE)
    return text.encode() if unicode else text.translate(_ASCII).encode("ascii", "backslashreplace")


class _Page(Layout):
    """Prints one chapter."""

    def __init__(self, console: Console, verbose: bool) -> None:
        super().__init__(console)
        self.verbose = verbose

    def chapter(self, chapter: Chapter) -> None:
        """Everything about one cluster, in the order of every report."""
        cluster = chapter.cluster
        self.title(cluster)
        self.verdict(chapter)
        self.matrix(chapter)
        for finding in chapter.findings:
            self.finding(finding)
        self.waived(chapter)
        for finding in chapter.notes:
            self.note(finding)
        self.gaps(chapter)
        if self.verbose:
            self.comparison(cluster.pictures.comparison)
            self.passed(chapter)
            self.left(cluster)
            self.provenance(cluster)
        else:
            self.warnings(cluster)
        self.counts(cluster)

    def title(self, cluster: ClusterResult) -> None:
        """Which cluster, when, who owns it."""
        owner = f"  ·  owner {line(cluster.owner, 60)}" if cluster.owner else ""
        where = f"  ·  {line(summary.when(cluster.taken_at), 40)}{owner}"
        self.put("VC cluster ", (line(cluster.name), "bold"), where, indent=0)
        self.console.print()

    def verdict(self, chapter: Chapter) -> None:
        """A sentence a node, the ones that would have to take over first."""
        for node in chapter.ordered_verdicts:
            running = node.owner and node.answer == "yes"
            mark = safe(" " if running else summary.MARKS[node.answer], _STYLES[node.answer])
            self.hanging(mark, safe(line(node.sentence, 400), "" if node.owner else "bold"))
        if not chapter.ordered_verdicts:
            said = safe(line(chapter.cluster.verdict.sentence, 400), "bold")
            self.hanging(safe("?", _STYLES["unknown"]), said)
        if chapter.cluster.banner:
            self.console.print()
            self.hanging(safe("!", _STYLES["degraded"]), safe(line(chapter.cluster.banner, 400)))
        self.console.print()

    def matrix(self, chapter: Chapter) -> None:
        """Role by node: a mark and a word, and what makes it so."""
        if not chapter.matrix:
            return
        grid = Table.grid(padding=(0, 3, 0, 0))
        grid.add_column(overflow="fold", style="dim")
        for _ in chapter.matrix_nodes:
            grid.add_column(overflow="fold")
        grid.add_row("", *(safe(line(node, 40), style="bold") for node in chapter.matrix_nodes))
        for role, cells in chapter.matrix:
            texts = []
            for cell in cells:
                kind = summary.CELL_ANSWERS[cell.state]
                text = safe(f"{summary.MARKS[kind]} {cell.state.value}", _STYLES[kind])
                rules = dict.fromkeys(line(each.rule, 40) for _, each in chapter.blockers(cell)[:2])
                why = line(cell.note, 60) or ", ".join(rules)
                texts.append(text.append(f": {why}", style="not bold default") if why else text)
            grid.add_row(safe(line(summary.role_name(role), 40)), *texts)
        self.console.print(Padding(grid, (0, 0, 0, 2)))
        self.console.print()

    def finding(self, finding: Finding) -> None:
        """What is wrong, once, and each place where it is."""
        first = finding.first
        self.head(first.severity.value.upper(), _SEVERITIES[first.severity], finding.headline, first)
        impact = finding.shared("impact")
        several = len(finding.results) > 1
        indent = 6 if several else 4
        self.facts([("impact", impact, "")] if impact and several else [])
        for result in finding.results:
            if several:
                self.hanging(safe("-"), safe(line(result.message, 300)), indent=4)
            own = result.impact if not (impact and several) else None
            self.facts([*seen(result), *([("impact", own, "")] if own else [])], indent)
            self.fix(result, indent)
        self.console.print()

    def fix(self, result: Result, indent: int) -> None:
        """What to do; commands stand on lines of their own and are never broken, so that they can be copied."""
        fix = result.remediation
        if fix is None:
            return
        self.facts([("fix", fix.text, "")], indent)
        for prompt, command in (("cmd>", fix.cluster_exe), ("PS>", fix.powershell)):
            for each in visible(command or "").strip("\n").splitlines():
                self.console.print(" " * indent + f"{prompt:{LABEL}}  ", safe(each, "green"), sep="", soft_wrap=True)

    def waived(self, chapter: Chapter) -> None:
        """Still failures; somebody took them on. Then the waivers that did not apply."""
        for result in (result for finding in chapter.waived for result in finding.results):
            self.head("WAIVED", "bold cyan", result.message, result)
            self.facts([*seen(result), *((label, text, "") for label, text in waivers.terms(result))])
            self.console.print()
        told = waivers.statements(chapter.cluster)
        for sentence in told:
            self.hanging(safe("!", _STYLES["degraded"]), safe(line(sentence, 600)))
        if told:
            self.console.print()

    def note(self, finding: Finding) -> None:
        """For information, in a line a place."""
        for result in finding.results:
            self.head("INFO", _SEVERITIES["info"], result.message, result)
        self.console.print()

    def gaps(self, chapter: Chapter) -> None:
        """What is unknown, by cause, and what nobody was asked."""
        for gap in chapter.gaps:
            where = f"{line(gap.node)}: " if gap.node else ""
            self.put(("UNKNOWN   ", _STYLES["unknown"]), (f"{where}{gap.sentence}", "bold"))
            self.facts(gap_rows(gap))
            self.console.print()
        for give, findings in chapter.not_asked:
            for finding in findings:
                self.head("NOT ASKED", "bold blue", finding.first.title, finding.first)
            self.facts([("give", give, "")] if give else [])
        if chapter.not_asked:
            self.console.print()

    def warnings(self, cluster: ClusterResult) -> None:
        """How it was collected, where that is less than it should be: weakened TLS, attempts that failed."""
        nodes = cluster.provenance.nodes
        rows = [f"{line(node.node, 40)}: {line(each, 300)}" for node in nodes for each in node.warnings]
        for row in rows:
            self.hanging(safe("!", _STYLES["degraded"]), safe(row))
        if rows:
            self.console.print()

    def comparison(self, comparison: Comparison) -> None:
        """Table 1, what differs first."""
        for row in summary.ordered(comparison):
            word = {True: "same", False: "differs", None: "not compared"}[row.same]
            cells = row.cells[:1] if summary.alike(row) else row.cells
            names = ("",) if summary.alike(row) else comparison.nodes
            self.put((line(row.thing), "bold"), f"  {word}")
            self.facts([(line(node, 40), line(cell, 300), "") for node, cell in zip(names, cells, strict=False)])
        self.console.print()

    def passed(self, chapter: Chapter) -> None:
        """Every rule that passed and what was seen."""
        for finding in chapter.passed:
            self.head("passed", "green", finding.first.title, finding.first)
            self.facts(
                [
                    ("seen", f"{observed}: {where}" if observed else where, "")
                    for where, observed in summary.seen(finding.results)
                ]
            )
        self.console.print()

    def left(self, cluster: ClusterResult) -> None:
        """What no rule of the pack judges."""
        rows = [
            (line(each.requirement or "people", 20), f"{each.what}: {each.reason}", "") for each in cluster.not_looked
        ]
        self.facts(rows, indent=2)
        self.console.print()

    def provenance(self, cluster: ClusterResult) -> None:
        """With what it was judged, and what was spent."""
        record = cluster.provenance
        used = [("rule pack", f"{name}, sha256 {sha256}") for name, sha256 in summary.packs(record)]
        rows = [("judged by", record.judged_by), *used,
                ("snapshot", f"sha256 {record.snapshot_sha256}"), ("names", record.resolver)]  # fmt: skip
        if record.baseline is not None:
            rows.append(("approved", summary.approved(record.baseline)))
        rows += [("overridden", each) for each in record.overrides]
        rows += [("declared", each) for each in record.declared] + list(waivers.used(cluster))
        for node in record.nodes:
            spent = ", ".join(summary.spent(node))
            rows.append((line(node.node, 40), f"{node.route} {node.address} as {node.user}: {spent}"))
            for what, sha256 in (("script", node.script_sha256), ("requests", node.requests_sha256)):
                rows += [("", f"{what}: sha256 {sha256}")] if sha256 else []
            if node.sources:
                rows.append(("", f"not from WMI: {', '.join(node.sources)}"))
            rows += [("", f"warning: {warning}") for warning in node.warnings]
        self.facts([(label, line(text, 300), "") for label, text in rows], indent=2)
        self.console.print()

    def counts(self, cluster: ClusterResult) -> None:
        """The last line: what a scrolled terminal still shows."""
        rows = [""]
        score = f"compliance {summary.compliance(cluster.compliance)}"
        score += f", {text}" if (text := waivers.without(cluster)) else ""
        for figure in (*summary.counts(cluster), score):
            longer = f"{rows[-1]} · {figure}" if rows[-1] else figure
            if cell_len(longer) + 2 <= self.console.width:
                rows[-1] = longer
            else:  # a figure is never broken from its word
                rows.append(figure)
        for row in rows:
            self.put(row)
