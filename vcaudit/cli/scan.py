"""`vcaudit scan`: collect, evaluate, report."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import click

from vcaudit.cli import against, options
from vcaudit.cli.verdict import Judging, finish


@click.command()
@options.which
@options.looking
@against.against
@options.reports
@options.judging
@options.messages
def scan(
    inventory: Path | None, clusters: Sequence[str], timeout: float | None, jobs: int, while_moving: bool, probe: bool,
    formats: Sequence[str], verbose: int, **given: Any,
) -> int:  # fmt: skip
    """Look at the clusters, judge them, report.

    Changes nothing on a node. Exit codes: 0 OK, 1 a failure at or above --warn-on, 2 one at or above --fail-on, 3 not
    everything could be judged, or the call was wrong.
    """
    from vcaudit import pipeline
    from vcaudit.cli.progress import shown
    from vcaudit.cli.writing import prepare, targets
    from vcaudit.secrets import Credentials

    chosen = targets(formats)
    loaded = options.load(inventory)
    wanted = options.select(loaded, clusters, timeout)
    held = cache(lambda: against.load(loaded, given, [each.name for each in loaded.clusters]))
    # The shipped packs ask for nothing of their own: they may be read while the nodes are asked.
    asks = held().pack.asks if given["packs"] else ()
    credentials, connections = Credentials(), pipeline.Connections(jobs)
    credentials.ask(spec for one in wanted for spec in one.credentials)

    def ready() -> None:
        held()
        prepare(chosen)

    with shown(wanted) as progress:
        snapshots, unseen = pipeline.side_by_side(
            wanted,
            lambda one: pipeline.look(
                one, credentials, connections, progress(one), while_moving=while_moving, probe=probe, asks=asks
            ),
            connections.end,
            ready,
            jobs,
        )
    results, refused = pipeline.side_by_side(snapshots, lambda snapshot: pipeline.judge(snapshot, held()))
    errors = [*unseen, *refused, *against.strays(held(), snapshots)]
    return finish(results, errors, chosen, Judging.of(given), given)
