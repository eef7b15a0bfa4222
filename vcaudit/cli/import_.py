"""`vcaudit import`: what was carried here by hand, as a snapshot."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vcaudit.cli import options
from vcaudit.cli.app import say
from vcaudit.errors import UsageError

if TYPE_CHECKING:
    from vcaudit.offline import Source

_NAMED = re.compile(r"([^=/\\]{1,200})=(.+)", re.DOTALL)


@click.command(name="import")
@click.argument("sources", nargs=-1, metavar="[NODE=]SOURCE...")
@click.option("-o", "--output", required=True, metavar="PATH", help="File for the snapshot (mode 0600), - for stdout.")
@click.option("-i", "--inventory", type=click.Path(path_type=Path), metavar="PATH",
              help="What the owner knows, and the nodes; default $VCAUDIT_INVENTORY, else ./vcaudit.yaml, if any.")
@click.option("--cluster", "name", metavar="NAME",
              help="The cluster: its name where there is no inventory, or which one of several.")
@options.collecting
@options.messages
def import_(
    sources: Sequence[str], output: str, inventory: Path | None, name: str | None, packs: Sequence[str], verbose: int
) -> int:
    """Make a snapshot of what was carried here by hand; reaches no network.

    A SOURCE is a file that a kit printed (`vcaudit kit`), or a folder or ZIP archive with what people have of one node:
    exports of the registry, vpxd.cfg, the SSL folder, license files, listings of cluster.exe, a log bundle. What is not
    there is not asked. Several sources of one node become one. The node's name comes from the source itself;
    NODE=SOURCE says it.
    """
    from vcaudit import offline
    from vcaudit.cli.kit import cluster_of
    from vcaudit.output import check_writable, write_file, write_stdout
    from vcaudit.snapshot.codec import encode

    if not sources:
        raise UsageError("there is nothing to import", hint="vcaudit import NODE1.vca NODE2.vca -o snapshot.json")
    cluster = cluster_of(inventory, name, several=False)
    if cluster is None and not name:
        raise UsageError("the cluster has no name", hint="give one with --cluster NAME, or an inventory with -i")
    if output != "-":
        check_writable(Path(output))
    called = cluster.name if cluster else str(name)
    found = offline.snapshot([_source(one) for one in sources], cluster=cluster, name=called, asks=options.asks(packs))
    for node in found.nodes:
        for warning in node.provenance.warnings:
            say(f"{node.name}: {warning}")
    if output == "-":
        write_stdout(encode(found))
    else:
        write_file(Path(output), encode(found), private=True)
        say(f"wrote {output}; judge it with: vcaudit evaluate {output}")
    return 0


def _source(text: str) -> Source:
    """A path, or NODE=PATH; a file whose own name holds the sign is taken as it is."""
    from vcaudit.offline import Source

    named = _NAMED.fullmatch(text)
    if named is None or Path(text).exists():
        return Source(Path(text))
    return Source(Path(named[2]), named[1])


globals()["import"] = import_  # the table of verbs looks for the verb's own name, which Python keeps for itself
