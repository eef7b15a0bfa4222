"""`vcaudit init`: a first inventory."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from vcaudit.cli import options
from vcaudit.cli.app import say
from vcaudit.errors import UsageError
from vcaudit.inventory.starter import Known, starter

VARIABLE = "VCAUDIT_PASSWORD"
"""The starter names it too."""


@click.command()
@click.option("-o", "--output", type=click.Path(path_type=Path), default=Path("vcaudit.yaml"), show_default=True,
              metavar="PATH", help="Where to write it; - for stdout.")
@click.option("--node", metavar="ADDRESS", help="Ask this node for names and addresses.")
@click.option("--user", metavar="USER", help="Account on the node; its password is $VCAUDIT_PASSWORD, or is asked for.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port of the node's WinRM; default 5985, over https 5986.")
@click.option("--transport", type=click.Choice(["ntlm", "basic"]), help="Default ntlm.")
@click.option("--scheme", type=click.Choice(["http", "https"]), help="Default http; https with basic.")
@click.option("--ca", type=click.Path(exists=True, dir_okay=False, resolve_path=True), help="PEM file to trust.")
@click.option("--fingerprint", metavar="SHA256", help="The one certificate to accept.")
@click.option("--schema", is_flag=True, help="Print the JSON Schema of inventories, for editors, and nothing else.")
@click.option("--force", is_flag=True, help="Overwrite a file that is there.")
@options.messages
def init(
    output: Path, node: str | None, user: str | None, force: bool, schema: bool, verbose: int, **winrm: Any
) -> int:
    """Write a starter inventory, filled from a node when one is given.

    The file is commented and valid as it is. A password is never written into it.
    """
    from vcaudit.output import write_file, write_stdout

    if schema:
        write_stdout(schema_text())
        return 0
    settings = {key: value for key, value in winrm.items() if value is not None}
    if node is None and (user or settings):
        raise UsageError("--user and the settings of WinRM are for asking a node", hint="add --node ADDRESS")
    if node is not None and user is None:
        raise UsageError("--node needs --user", hint=r"--user 'DOMAIN\name'")
    to_stdout = str(output) == "-"
    if not to_stdout:
        _may_write(output, force)
    text = starter(_ask(node, user, settings) if node and user else Known()).encode()
    if to_stdout:
        write_stdout(text)
        return 0
    write_file(output, text)
    say(f"wrote {output}: read it, then `vcaudit scan -i {output}`")
    return 0


def _may_write(output: Path, force: bool) -> None:
    from vcaudit.output import check_writable

    if output.exists() and not force:
        raise UsageError("is there already", where=str(output), hint="overwrite with --force, or name another with -o")
    check_writable(output)


def schema_text() -> bytes:
    """The JSON Schema of inventories, as docs/inventory.schema.json has it."""
    from vcaudit.inventory.schema import INVENTORY

    return json.dumps(INVENTORY, indent=1).encode() + b"\n"


def _ask(address: str, user: str, settings: Mapping[str, str | int]) -> Known:
    """What one node says. Raises the TransportError's sentence when it does not answer."""
    from vcaudit import pipeline
    from vcaudit.cli.discover import known
    from vcaudit.cli.progress import shown
    from vcaudit.inventory import load_inventory
    from vcaudit.secrets import Credentials

    source = {"password_env": VARIABLE} if os.environ.get(VARIABLE) else {"prompt": True}
    asked = {"clusters": {"?": {"nodes": {address: {"address": address, "winrm": settings}}}},
             "credentials": {"admin": {"user": user, **source}}}  # fmt: skip
    # JSON is YAML: what was given on the command line goes through the same checks as a file.
    (cluster,) = load_inventory(Path("command line"), json.dumps(asked)).clusters
    credentials = Credentials()
    credentials.ask([cluster.credential])
    with shown([cluster]) as progress:
        snapshot = pipeline.look(cluster, credentials, pipeline.Connections(), progress(cluster))
    return known(snapshot, address, user, settings)
