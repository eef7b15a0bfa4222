"""`vcaudit doctor`: why a node cannot be looked at, and the command that mends it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vcaudit.cli import options
from vcaudit.cli.app import say
from vcaudit.errors import UsageError

if TYPE_CHECKING:
    from vcaudit.collect.doctor import Examination
    from vcaudit.inventory import Cluster

SCHEMA = 1
OK, WARNING, UNKNOWN = 0, 1, 3


@click.command()
@click.argument("nodes", nargs=-1, metavar="[NODE]...")
@options.which
@click.option("--json", "as_json", is_flag=True, help="For programs: docs/doctor.md has the shape.")
@options.messages
def doctor(
    nodes: Sequence[str], inventory: Path | None, clusters: Sequence[str], timeout: float | None, as_json: bool,
    verbose: int,
) -> int:  # fmt: skip
    """Say why a node cannot be looked at, and the command that mends it.

    Goes the way to every node (or to each NODE) step by step: name, TCP, TLS, WinRM, logon, shell, PowerShell, WMI,
    the folders and registry keys of Table 1, quotas, clock. Changes nothing on a node and judges nothing. Exit codes:
    0 all is well, 1 a warning, 3 a step failed.
    """
    from vcaudit.cli.progress import shown
    from vcaudit.doctor import Interruptible, examine
    from vcaudit.pipeline import side_by_side
    from vcaudit.secrets import Credentials

    wanted = _only(options.select(options.load(inventory), clusters, timeout), nodes)
    credentials, connections = Credentials(), Interruptible()
    credentials.ask(one.credential_of(node) for one in wanted for node in one.nodes)
    with shown(wanted) as progress:
        examined, errors = side_by_side(
            wanted, lambda one: examine(one, credentials, connections, progress(one)), connections.end
        )
    found = [each for group in examined for each in group]
    _write(found, as_json)
    for error in errors:
        say(str(error))
    return max([_code(found), *(error.exit_code for error in errors)])


def _only(wanted: Sequence[Cluster], names: Sequence[str]) -> list[Cluster]:
    """The clusters with the nodes that are named; all of them when none is. Windows' names ignore case."""
    import msgspec

    from vcaudit.yamlfile import suggest

    known = [node.name for cluster in wanted for node in cluster.nodes]
    for name in names:
        if name.casefold() not in map(str.casefold, known):
            hint = f"known: {', '.join(dict.fromkeys(known))}"
            raise UsageError(f"the inventory has no node {name}{suggest(name, known)}", hint=hint)
    if not names:
        return list(wanted)
    chosen = {name.casefold() for name in names}
    cut = [(one, tuple(node for node in one.nodes if node.name.casefold() in chosen)) for one in wanted]
    return [msgspec.structs.replace(one, nodes=kept) for one, kept in cut if kept]


def _write(found: Sequence[Examination], as_json: bool) -> None:
    from vcaudit.output import write_stdout

    if as_json:
        import msgspec

        document = {"schema": SCHEMA, "nodes": found}
        write_stdout(msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n")
    else:
        import sys

        from vcaudit.cli.doctor_text import render
        from vcaudit.report.terminal import options_for

        write_stdout(render(found, **options_for(sys.stdout)))


def _code(found: Sequence[Examination]) -> int:
    states = {step.state for each in found for step in each.steps}
    return UNKNOWN if "failed" in states else WARNING if "warning" in states else OK
