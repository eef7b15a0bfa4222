"""`vcaudit collect`: look, and save what was seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from vcaudit.cli import options
from vcaudit.cli.app import say
from vcaudit.errors import UsageError
from vcaudit.inventory import Cluster
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.model import Snapshot

UNKNOWN = 3


@click.command()
@options.which
@options.looking
@options.collecting
@click.option("-o", "--output", required=True, metavar="PATH",
              help="File for the snapshot (mode 0600), - for stdout; for several clusters a folder.")  # fmt: skip
@options.messages
def collect(
    inventory: Path | None, clusters: Sequence[str], timeout: float | None, jobs: int, while_moving: bool, probe: bool,
    packs: Sequence[str], output: str, verbose: int,
) -> int:  # fmt: skip
    """Look at the clusters and save what was seen; judge nothing.

    A snapshot holds no password, no private key and no other secret. Exits 3 when a node, or VirtualCenter where it is
    asked, could not be looked at; what was seen is saved all the same.
    """
    from vcaudit import pipeline
    from vcaudit.cli.progress import shown
    from vcaudit.secrets import Credentials

    wanted = options.select(options.load(inventory), clusters, timeout)
    places = _places(wanted, output)
    asks = options.asks(packs)
    credentials, connections = Credentials(), pipeline.Connections(jobs)
    credentials.ask(spec for one in wanted for spec in one.credentials)
    with shown(wanted) as progress:
        snapshots, errors = pipeline.side_by_side(
            wanted,
            lambda one: pipeline.look(
                one, credentials, connections, progress(one), while_moving=while_moving, probe=probe, asks=asks
            ),
            connections.end,
            jobs=jobs,
        )
    for snapshot in snapshots:
        _save(snapshot, places[snapshot.cluster])
    for error in errors:
        say(str(error))
    dark = [f"{node.name}: {node.host.reason} {node.host.detail}" for snapshot in snapshots
            for node in snapshot.nodes if isinstance(node.host, Missing)]  # fmt: skip
    dark += [f"role holders: {gap.reason} {gap.detail}" for gap in (snapshot.permissions for snapshot in snapshots)
             if isinstance(gap, Missing) and gap.reason != "not_asked"]  # fmt: skip
    for line in dark:
        say(line)
    return max((error.exit_code for error in errors), default=UNKNOWN if dark else 0)


def _places(wanted: Sequence[Cluster], output: str) -> Mapping[str, Path | None]:
    """Where each cluster's snapshot goes; None: standard output."""
    from vcaudit.output import check_writable

    if output == "-" or not (output.endswith("/") or Path(output).is_dir()):
        if len(wanted) > 1:
            names = ", ".join(cluster.name for cluster in wanted)
            raise UsageError(f"a snapshot is of one cluster, and these are {len(wanted)}: {names}",
                             hint="choose one with --cluster, or give a folder: -o FOLDER/")  # fmt: skip
        places: dict[str, Path | None] = {wanted[0].name: None if output == "-" else Path(output)}
    else:
        places = {cluster.name: Path(output) / f"{_safe(cluster.name)}.json" for cluster in wanted}
        if len(set(places.values())) < len(places):
            raise UsageError("two clusters have names that make the same file name", hint="choose one with --cluster")
    for path in places.values():
        if path is not None:
            check_writable(path)
    return places


def _safe(name: str) -> str:
    """A cluster's name as the name of a file."""
    return "".join(char if char.isalnum() or char in "-_." else "_" for char in name).lstrip(".") or "_"


def _save(snapshot: Snapshot, path: Path | None) -> None:
    from vcaudit.output import write_file, write_stdout
    from vcaudit.snapshot.codec import encode

    if path is None:
        write_stdout(encode(snapshot))
    else:
        write_file(path, encode(snapshot), private=True)
        say(f"wrote {path}")
