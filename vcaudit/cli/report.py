"""`vcaudit report`: saved results in other formats."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from vcaudit.cli import options
from vcaudit.cli.files import read_input


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
    write(merged, chosen, paper=given["paper"], sign_off=given["sign_off"], verbose=given["full"])
    return 0
