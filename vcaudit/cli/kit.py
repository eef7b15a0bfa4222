"""`vcaudit kit`: the collector as one file, for a node without WinRM."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vcaudit.cli import options
from vcaudit.cli.app import say
from vcaudit.errors import UsageError

if TYPE_CHECKING:
    from vcaudit.inventory import Cluster

CHANGED = 3


@click.command()
@click.option("-o", "--output", metavar="PATH", help="File for the script, - for stdout.")
@click.option("-i", "--inventory", type=click.Path(path_type=Path), metavar="PATH",
              help="Take locations and limits from it; default $VCAUDIT_INVENTORY, else ./vcaudit.yaml, if any.")
@click.option("--cluster", "name", metavar="NAME", help="Of this cluster, where the inventory has several.")
@options.collecting
@click.option("--verify", "check", type=click.Path(path_type=Path), metavar="FILE",
              help="Say whether a kit is as this version writes it; exits 3 when it is not.")  # fmt: skip
def kit(
    output: str | None, inventory: Path | None, name: str | None, packs: Sequence[str], check: Path | None
) -> int:
    """Write the collector as one script, for a node without WinRM.

    The script is the reviewed collector with its requests baked in: read-only, PowerShell 2.0, pure ASCII. Its first
    lines say how to run and how to sign it; what it prints goes back to `vcaudit import`.
    """
    if (output is None) is (check is None):
        raise UsageError("give either -o PATH to write a kit, or --verify FILE to check one")
    if check is not None:
        return _verify(check)
    from vcaudit.capture import Limits, Locations
    from vcaudit.collect.kit import build_kit
    from vcaudit.offline import requests
    from vcaudit.output import write_file, write_stdout

    cluster = cluster_of(inventory, name)
    locations, limits = (cluster.locations, cluster.limits) if cluster else (Locations(), Limits())
    script = build_kit(requests(locations, options.asks(packs)), limits)
    if output == "-":
        write_stdout(script)
    else:
        write_file(Path(str(output)), script)
        say(f"wrote {output}; run it on each node as its first lines say, then `vcaudit import`")
    return 0


def cluster_of(path: Path | None, name: str | None, *, several: bool = True) -> Cluster | None:
    """The cluster of the inventory that is meant; None where there is no inventory.

    `several`: one stands for all where they are looked at alike.
    """
    if path is None and not os.environ.get("VCAUDIT_INVENTORY") and not Path("vcaudit.yaml").exists():
        return None
    clusters = options.select(options.load(path), [name] if name else [], None)
    known = ", ".join(one.name for one in clusters)
    if len(clusters) > 1 and not several:
        raise UsageError(f"the inventory has {len(clusters)} clusters", hint=f"choose one with --cluster: {known}")
    if len({(one.locations, one.limits) for one in clusters}) > 1:
        raise UsageError("the clusters of the inventory have different locations or limits", hint=f"--cluster: {known}")
    return clusters[0]


def _verify(path: Path) -> int:
    from vcaudit.cli.files import read_input
    from vcaudit.collect.kit import verify
    from vcaudit.output import write_stdout

    found = verify(read_input(str(path)))
    if found is None:
        raise UsageError("is no kit of vcaudit's", where=str(path))
    signed = "a signature block behind it (not checked here)" if found.signed else "not signed"
    verdict = f"CHANGED: {found.differs}" if found.differs else "as this version of vcaudit writes it"
    lines = (
        f"{path}: {verdict}", f"  made by vcaudit {found.version}; {signed}",
        f"  collector SHA-256 {found.collector_sha256}",
        f"  requests SHA-256  {found.requests_sha256} ({len(found.requests)} requests)",
    )  # fmt: skip
    write_stdout("".join(f"{line}\n" for line in lines).encode())
    return CHANGED if found.differs else 0
