"""A line a node while the nodes are looked at: on a terminal, on stderr, and nowhere else."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from vcaudit.collect.runner import Stage
    from vcaudit.inventory import Cluster

Told: TypeAlias = "Callable[[str, Stage], None]"
"""Called with a node's name and what is happening to it; from any thread."""


def _nothing(node: str, state: Stage) -> None:
    """Without a terminal nobody is told."""


@contextmanager
def shown(clusters: Sequence[Cluster]) -> Iterator[Callable[[Cluster], Told]]:
    """Gives, for each cluster, what to call when something happens to one of its nodes."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield lambda _: _nothing
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True, markup=False), transient=True) as display:
        tasks = {
            (cluster.name, node.name): display.add_task(f"{cluster.name} {node.name}", total=None)
            for cluster in clusters for node in cluster.nodes
        }  # fmt: skip

        def told_of(cluster: Cluster) -> Told:
            def told(node: str, state: Stage) -> None:
                display.update(tasks[cluster.name, node], description=f"{cluster.name} {node}  {state}")

            return told

        yield told_of
