"""`vcaudit remediate`: a script that mends what failed, for review; it is never run from here."""

from __future__ import annotations

from pathlib import Path

import click

from vcaudit.cli import options
from vcaudit.cli.files import read_input
from vcaudit.errors import UsageError

FORMATS = ("cluster-exe", "powershell", "markdown")


@click.command()
@click.argument("results", metavar="RESULTS")
@click.option("--format", "name", type=click.Choice(FORMATS), required=True, help="What to write.")
@click.option("--cluster", metavar="NAME", help="Which cluster, when the results are of several.")
@click.option("-o", "--output", metavar="PATH", help="Write to a file instead of standard output.")
@options.messages
def remediate(results: str, name: str, cluster: str | None, output: str | None, verbose: int) -> int:
    """Write a script that mends what failed, for people to review.

    vcaudit runs none of it. RESULTS is what `--format json` wrote; - reads standard input. Each step has its reason,
    its check and its undo.
    Copies go from the node that holds the group to the others, and stop when it has moved since the scan. Exits 0 when
    the script is written, 3 when it could not be.
    """
    from vcaudit.cli.app import say
    from vcaudit.output import check_writable, write_file, write_stdout
    from vcaudit.report.json import load
    from vcaudit.report.remediation import render

    path = Path(output) if output not in (None, "-") else None
    if path is not None:
        if results != "-" and path.exists() and Path(results).exists() and path.samefile(results):
            raise UsageError("is the results file itself", where=str(path), hint="name another file with -o")
        check_writable(path)
    written = render(name, load(read_input(results), results), cluster)
    if path is None:
        write_stdout(written)
    else:
        write_file(path, written, private=True)
        say(f"wrote {path}: review it before anybody runs it")
    return 0
