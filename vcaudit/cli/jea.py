"""`vcaudit jea`: a PowerShell endpoint that answers vcaudit and can do nothing else, as files for the nodes."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vcaudit.cli import options
from vcaudit.cli.app import say
from vcaudit.errors import OutputError, UsageError

if TYPE_CHECKING:
    from vcaudit.capture import Locations

GROUP_NAME = r"[^\x00-\x1f\x7f\"/\[\]:;|=,+*?<>]{1,200}"
"""What Windows allows in the name of a group, and of its domain."""


@click.command()
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path, file_okay=False), metavar="FOLDER",
              help="Folder to write, made when it is not there.")
@click.option("-i", "--inventory", type=click.Path(path_type=Path), metavar="PATH",
              help="Take the clusters' locations from it; default $VCAUDIT_INVENTORY, else ./vcaudit.yaml, if any.")
@click.option("--group", metavar="GROUP", help=r"Who may use the endpoint; default BUILTIN\Remote Management Users.")
@options.collecting
@click.option("--force", is_flag=True, help="Overwrite files that are there.")
def jea(output: Path, inventory: Path | None, group: str | None, packs: Sequence[str], force: bool) -> int:
    """Write a PowerShell endpoint that answers vcaudit and nothing else.

    It is a JEA endpoint, for Windows PowerShell 5.0 or later; its README.md has the commands that install it on a node,
    and those that take it away. It is asked with `winrm: {protocol: psrp, configuration_name: Vcaudit}` in the
    inventory.
    """
    from vcaudit.collect.jea import GROUP, files
    from vcaudit.offline import requests
    from vcaudit.output import write_file

    if group is not None and not re.fullmatch(GROUP_NAME, group):
        raise UsageError("is no name of a group", where="--group", hint=r"such as 'CORP\vcaudit-readers'")
    # With and without what the packs ask for: the endpoint answers exactly these lists.
    asked = {(), options.asks(packs)}
    lists = [requests(each, more) for each in _locations(inventory) for more in asked]
    written = files(lists, group or GROUP)
    present = [path for path in written if (output / path).exists()]
    if present and not force:
        raise UsageError("is there already", where=str(output / present[0]), hint="overwrite with --force")
    for path, content in written.items():
        _folder((output / path).parent)
        write_file(output / path, content)
    say(f"wrote {len(written)} files into {output}; {output / 'README.md'} says how to install them on a node")
    return 0


def _folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot be made: {error.strerror}", where=str(path)) from None


def _locations(path: Path | None) -> list[Locations]:
    """Of every cluster in the inventory; the known places where there is none."""
    from vcaudit.capture import Locations

    if path is None and not os.environ.get("VCAUDIT_INVENTORY") and not Path("vcaudit.yaml").exists():
        return [Locations()]
    return [cluster.locations for cluster in options.load(path).clusters]
