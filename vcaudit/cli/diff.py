"""`vcaudit diff`: what has changed, or differs between two nodes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vcaudit.cli import options
from vcaudit.cli.files import read_input
from vcaudit.errors import UsageError

if TYPE_CHECKING:
    from vcaudit.drift.document import Drift
    from vcaudit.drift.report import Source

DIFFERS, CANNOT_TELL = 1, 3


@click.command()
@click.argument("snapshots", nargs=-1, required=True, metavar="SNAPSHOT [SNAPSHOT]")
@click.option("--nodes", nargs=2, metavar="NODE NODE", help="Compare two nodes of one snapshot.")
@click.option("--full", is_flag=True, help="Also what follows from a group that moved, and every fact by its path.")
@click.option("--volatile", is_flag=True, help="Also facts that differ by nature, each with the reason.")
@click.option("--json", "as_json", is_flag=True, help="For programs: JSON on stdout, with everything in it.")
@click.option("--strict", is_flag=True, help="Exit 3, not 0, also for facts that nobody asked for.")
@options.messages
def diff(
    snapshots: Sequence[str], nodes: tuple[str, str] | None, full: bool, volatile: bool, as_json: bool, strict: bool,
    verbose: int,
) -> int:  # fmt: skip
    """Say what has changed between two snapshots, or differs between two nodes.

    SNAPSHOT is what `vcaudit collect` wrote; - reads standard input. The first is what was, the second what is. Exit
    codes: 0 the same, 1 something differs, 3 nothing differs as far as can be told and something could not be
    compared, or the call was wrong.
    """
    from vcaudit.drift.report import of_nodes, of_snapshots
    from vcaudit.output import write_stdout

    wanted = 1 if nodes else 2
    if len(snapshots) != wanted:
        what = "one snapshot, whose nodes are compared" if nodes else "two snapshots"
        hint = "vcaudit diff BEFORE AFTER, or vcaudit diff SNAPSHOT --nodes NODE NODE"
        raise UsageError(f"needs {what}, and was given {len(snapshots)}", hint=hint)
    if list(snapshots).count("-") > 1:
        raise UsageError("standard input can be read once", hint="give a file for one of the two")
    sources = [_read(name) for name in snapshots]
    found = of_nodes(sources[0], nodes) if nodes else of_snapshots(sources[0], sources[1])
    write_stdout(_json(found) if as_json else _text(found, full=full, volatile=volatile))
    return _code(found, strict=strict)


def _code(found: Drift, *, strict: bool) -> int:
    if found.same is False:
        return DIFFERS
    return CANNOT_TELL if found.same is None or (strict and found.not_asked) else 0


def _read(name: str) -> Source:
    from vcaudit.drift.report import Source
    from vcaudit.snapshot.codec import decode

    data = read_input(name)
    path = Path(name).as_posix()
    return Source(decode(data, path), path, hashlib.sha256(data).hexdigest())


def _json(found: Drift) -> bytes:
    import json

    import msgspec

    try:
        return msgspec.json.format(msgspec.json.encode(found), indent=1) + b"\n"
    except UnicodeEncodeError:  # lone surrogates, which names in a registry may hold
        return json.dumps(msgspec.to_builtins(found), indent=1).encode("ascii") + b"\n"


def _text(found: Drift, *, full: bool, volatile: bool) -> bytes:
    import sys

    from vcaudit.cli.diff_text import render
    from vcaudit.report.terminal import options_for

    chosen = options_for(sys.stdout) if sys.stdout is not None else {}
    return render(found, full=full, volatile=volatile, **chosen)
