"""The command line: a table of verbs, so that neither --version nor --help imports one."""

from __future__ import annotations

import sys

from vcaudit import __version__

VERBS: dict[str, tuple[str, str]] = {
    "scan": ("vcaudit.cli.scan", "Look at the clusters, judge them, report."),
    "collect": ("vcaudit.cli.collect", "Look at the clusters and save what was seen; judge nothing."),
    "kit": ("vcaudit.cli.kit", "Write the collector as one script, for a node without WinRM."),
    "doctor": ("vcaudit.cli.doctor", "Say why a node cannot be looked at, and the command that mends it."),
    "jea": ("vcaudit.cli.jea", "Write a PowerShell endpoint that answers vcaudit and nothing else."),
    "import": ("vcaudit.cli.import_", "Make a snapshot of what was carried here by hand; reaches no network."),
    "evaluate": ("vcaudit.cli.evaluate", "Judge saved snapshots; reaches no network."),
    "report": ("vcaudit.cli.report", "Write saved results in other formats; judges nothing."),
    "diff": ("vcaudit.cli.diff", "Say what has changed between two snapshots, or differs between two nodes."),
    "remediate": ("vcaudit.cli.remediate", "Write a script that mends what failed, for people to review."),
    "rules": ("vcaudit.cli.rules", "List, explain, check, try and begin rules."),
    "waivers": ("vcaudit.cli.waivers", "List, check and add waivers: failures taken on for a time."),
    "init": ("vcaudit.cli.init", "Write a starter inventory, filled from a node when one is given."),
    "demo": ("vcaudit.cli.demo", "Scan a simulated broken cluster and write all reports."),
    "lab": ("vcaudit.cli.lab", "Simulated clusters to try things on."),
    "completion": ("vcaudit.cli.completion", "Print the completion script of a shell."),
}
"""Verb → module that holds a click command of that name, and its line in --help."""


def main() -> None:
    """Entry point of the program."""
    code = 0
    try:
        if sys.argv[1:] == ["--version"]:
            # Asked by scripts and monitoring all the time: not worth importing click for.
            print(f"vcaudit {__version__}")
            return
        from vcaudit.cli import interrupts

        interrupts.begin()
        from vcaudit.cli.app import run

        code = run(sys.argv[1:])
        interrupts.end()  # the exit code stands
    except KeyboardInterrupt:  # while the program was still being loaded, or between its end and the exit
        print("vcaudit: interrupted", file=sys.stderr)
        code = 130
    sys.exit(code)
