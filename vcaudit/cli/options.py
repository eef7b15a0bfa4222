"""Options that several verbs share, said once."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from vcaudit.errors import UsageError

if TYPE_CHECKING:
    from vcaudit.inventory import Cluster, Inventory
    from vcaudit.snapshot.facts.extra import Ask

F = TypeVar("F", bound=Callable[..., Any])
SEVERITIES = ("critical", "high", "medium", "low")


def compose(*options: Callable[[Any], Any]) -> Callable[[F], F]:
    def decorate(function: F) -> F:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


def _logs(context: click.Context, _: click.Parameter, log_file: Path | None) -> None:
    from vcaudit.cli.logs import configure

    configure(context.params.get("verbose", 0), log_file)


def _seconds(context: click.Context, parameter: click.Parameter, value: float | None) -> float | None:
    """A range of click lets `nan` through."""
    if value is not None and not 1 <= value <= 3600:
        raise click.BadParameter("must be a number from 1 to 3600", context, parameter)
    return value


messages = compose(
    click.option("-v", "--verbose", count=True, is_eager=True,
                 help="Say on stderr what is done; -vv with each request. Never a secret."),
    click.option("--log-file", type=click.Path(path_type=Path), callback=_logs, expose_value=False, metavar="PATH",
                 help="Append all messages to this file (mode 0600)."),
)  # fmt: skip
"""-v and --log-file."""

which = compose(
    click.option("-i", "--inventory", type=click.Path(path_type=Path), metavar="PATH",
                 help="The inventory; default $VCAUDIT_INVENTORY, else ./vcaudit.yaml."),
    click.option("--cluster", "clusters", multiple=True, metavar="NAME", help="Only this cluster; repeatable."),
    click.option("--timeout", type=float, metavar="SECONDS", callback=_seconds,
                 help="Deadline of each node; default from the inventory, else 120."),
)  # fmt: skip
"""Which clusters to look at, and for how long."""

looking = compose(
    click.option("--jobs", type=click.IntRange(1, 512), default=32, show_default=True, metavar="N",
                 help="Look at so many nodes at once; those of a cluster always together."),
    click.option("--while-moving", is_flag=True,
                 help="Do not wait when VirtualCenter is just moving from one node to another."),
    click.option("--probe", is_flag=True,
                 help="Also connect to the ports of the virtual server from here: does it answer? Sends no request."),
)  # fmt: skip
"""How the nodes are looked at."""

reports = compose(
    click.option("--format", "formats", multiple=True, metavar="FORMAT[:PATH]",
                 help="text, json, html or pdf, to stdout or into a file (mode 0600); repeatable. Default: text."),
    click.option("--full", is_flag=True, help="text: also what passed and where everything was seen."),
    click.option("--paper", type=click.Choice(["A4", "Letter"]), default="A4", show_default=True, help="pdf: size."),
    click.option("--sign-off", is_flag=True, help="pdf: add a page for the change board."),
)  # fmt: skip
"""What to write, and where."""

judging = compose(
    click.option("--fail-on", type=click.Choice(SEVERITIES), default="high", show_default=True,
                 help="Exit 2 for a failure of this severity or worse."),
    click.option("--warn-on", type=click.Choice(SEVERITIES), default="medium", show_default=True,
                 help="Exit 1 for a failure of this severity or worse."),
    click.option("--strict", is_flag=True,
                 help="Count what was not asked as unknown; every failure and every stale waiver as a warning."),
    click.option("--exit-zero", is_flag=True, help="Exit 0 whatever was found; not when nothing could be judged."),
)  # fmt: skip
"""What makes which exit code."""


packs = click.option(
    "--pack", "packs", multiple=True, metavar="PACK",
    help="Rules to apply: tn019, recommended, or the folder of a pack of your own (./ours); repeatable, or with commas "
         "between them. Default: tn019.",
)  # fmt: skip
"""Which rule packs."""

collecting = click.option(
    "--pack", "packs", multiple=True, metavar="PACK",
    help="Ask for what this rule pack collects, too: the folder of a pack of your own (./ours); repeatable.",
)  # fmt: skip
"""Which rule packs' own questions go along."""


def asks(packs: Sequence[str]) -> tuple[Ask, ...]:
    """What the packs want to know besides what every scan asks. Raises UsageError, RuleError.

    Nothing is judged by it: what they change in rules does not matter, and those rules need not be there.
    """
    if not packs:
        return ()
    from dataclasses import replace

    from vcaudit.cli.packs import loaded
    from vcaudit.evaluate.packs import together

    return together([replace(pack, overrides=()) for pack in loaded(packs)]).asks


def load(path: Path | None) -> Inventory:
    """The inventory: the one named, else $VCAUDIT_INVENTORY, else ./vcaudit.yaml."""
    from vcaudit.inventory import load_inventory

    chosen = path or Path(os.environ.get("VCAUDIT_INVENTORY") or "vcaudit.yaml")
    if path is None and not chosen.exists():
        hint = "write one with `vcaudit init`, or name one with -i or $VCAUDIT_INVENTORY"
        raise UsageError("there is no inventory", where=str(chosen), hint=hint)
    return load_inventory(chosen)


def select(inventory: Inventory, names: Sequence[str], timeout: float | None) -> list[Cluster]:
    """The clusters asked for, in the inventory's order. Raises UsageError for a name it does not have."""
    from vcaudit.yamlfile import suggest

    known = [cluster.name for cluster in inventory.clusters]
    for name in names:
        if name not in known:
            hint = f"known: {', '.join(known)}"
            raise UsageError(f"the inventory has no cluster {name}{suggest(name, known)}", hint=hint)
    chosen = [cluster for cluster in inventory.clusters if not names or cluster.name in names]
    return [cluster.with_timeout(timeout) if timeout else cluster for cluster in chosen]
