"""`vcaudit report`: saved results in other formats."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from vcaudit.cli import options
from vcaudit.cli.files import read_input
from vcaudit.errors import UsageError


@click.command()
@click.argument("results", nargs=-1, required=True, metavar="RESULTS...")
@options.reports
@options.messages
def report(results: Sequence[str], formats: Sequence[str], verbose: int, **given: Any) -> int:
    """Write saved results in other formats; judges nothing.

    RESULTS is what `--format json` wrote; - reads standard input. Several files make one report. Exits 0 when it is
    written.
    """
    from vcaudit.cli.writing import targets, write
    from vcaudit.report.json import load
    from vcaudit.results import merge

    chosen = targets(formats)
    merged = merge([load(read_input(name), name) for name in results])
    names = [cluster.name for cluster in merged.clusters]
    for name in names:
        # Results name their cluster and nothing else: those of two days would be taken for those of one.
        if names.count(name) > 1:
            raise UsageError(f"two results are of the cluster {name}", hint="report them one at a time")
    write(merged, chosen, paper=given["paper"], sign_off=given["sign_off"], verbose=given["full"])
    return 0
