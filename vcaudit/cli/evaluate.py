"""`vcaudit evaluate`: judge what was saved."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from vcaudit.cli import against, options
from vcaudit.cli.files import read_input
from vcaudit.cli.verdict import Judging, finish
from vcaudit.errors import UsageError
from vcaudit.snapshot.model import Snapshot


@click.command()
@click.argument("snapshots", nargs=-1, required=True, metavar="SNAPSHOT...")
@against.against
@options.reports
@options.judging
@options.messages
def evaluate(snapshots: Sequence[str], formats: Sequence[str], verbose: int, **given: Any) -> int:
    """Judge saved snapshots; reaches no network.

    SNAPSHOT is what `vcaudit collect` wrote, one for each cluster; - reads standard input. Parameters and exceptions
    are those of the inventory at the time. Exit codes as for scan.
    """
    from vcaudit import pipeline
    from vcaudit.cli.writing import targets

    chosen = targets(formats)
    read = [_read(name) for name in snapshots]
    names = [snapshot.cluster for snapshot in read]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"two snapshots are of the cluster {name}", hint="judge them one at a time")
    held = against.load(None, given, names)
    for stray in against.strays(held, read):
        raise stray
    done = pipeline.side_by_side(read, lambda snapshot: pipeline.judge(snapshot, held))
    return finish(*done, chosen, Judging.of(given), given)


def _read(name: str) -> Snapshot:
    from vcaudit.snapshot.codec import decode

    return decode(read_input(name), Path(name).as_posix())
