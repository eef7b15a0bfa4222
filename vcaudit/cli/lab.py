"""`vcaudit lab`: simulated clusters that speak real WinRM on loopback."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, TypeVar

import click

from vcaudit.cli.app import say
from vcaudit.errors import OutputError, UsageError

if TYPE_CHECKING:
    from vcaudit.capture import Request
    from vcaudit.lab.harness import Lab
    from vcaudit.lab.scenario import Scenario

F = TypeVar("F", bound=Callable[..., Any])


@click.group()
def lab() -> None:
    """Simulated clusters to try things on.

    Every node of a lab is described at Windows' own level (docs/lab-format.md) and answers over real WinRM on
    127.0.0.1.
    """


def _what(function: F) -> F:
    for option in (
        click.argument("scenario"),
        click.option("--fault", "faults", multiple=True, metavar="NAME[:NODE]", help="Break something; repeatable."),
        click.option("--patch", "patches", multiple=True, metavar="FILE", help="Merge a patch over it; repeatable."),
        click.option("--move", "moves", multiple=True, metavar="[GROUP=]NODE", help="Move a group before starting."),
        click.option("--delay", type=float, default=0.0, metavar="SECONDS", help="Wait before each answer."),
        click.option("--script-seconds", type=float, default=0.0, metavar="SECONDS", help="Make the script last."),
    ):
        function = option(function)
    return function


@lab.command(short_help="Start a scenario and keep it running.")
@_what
@click.option("--inventory-out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Write the inventory that scans the lab; its password goes to FILE.password (0600).")  # fmt: skip
def up(inventory_out: Path | None, **given: Any) -> int:
    """Start SCENARIO and keep it running until Ctrl-C.

    While it runs, `move [GROUP=]NODE` on standard input moves a resource group.
    """
    _end_on_sigterm()
    with start(**given) as running:
        out = inventory_out or Path("lab.yaml")
        secret = out.with_name(out.name + ".password")
        try:
            running.write_inventory(out, secret)
            click.echo(f"{running.scenario.name}: {', '.join(running.scenario.nodes)}", err=True)
            click.echo(f"scan it with: vcaudit scan -i {out}    (Ctrl-C ends the lab)", err=True)
            _listen(running)
        except KeyboardInterrupt:
            click.echo("lab: ended", err=True)
        except OSError as error:
            raise OutputError(f"cannot be written: {error.strerror}", where=str(out)) from error
        finally:
            secret.unlink(missing_ok=True)
    return 0


@lab.command(short_help="Run a command against a scenario.", context_settings={"ignore_unknown_options": False})
@_what
@click.argument("command", nargs=-1, required=True)
def run(command: Sequence[str], **given: Any) -> int:
    """Start SCENARIO, run COMMAND (after --) against it, and end with its exit code.

    COMMAND finds the lab's inventory in VCAUDIT_INVENTORY.
    """
    _end_on_sigterm()
    with start(**given) as running:
        try:
            code = subprocess.run(  # noqa: S603  (running COMMAND is what this verb is for)
                [_program(command[0]), *command[1:]], env={**os.environ, **running.environment}, check=False
            ).returncode
        except OSError as error:
            raise UsageError(f"cannot run `{command[0]}`: {error.strerror}") from error
    # A command that a signal ended, as a shell tells it.
    return code if code >= 0 else 128 - code


def _program(name: str) -> str:
    """As the shell would find it, else the one beside this Python: `vcaudit` of a .venv that is not active."""
    if os.sep in name or shutil.which(name):
        return name
    beside = Path(sys.executable).parent / name
    return str(beside) if beside.is_file() else name


@lab.command(name="list", short_help="List the scenarios.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(as_json: bool) -> int:
    """List the scenarios that come with vcaudit; all of them are healthy clusters."""
    from vcaudit.lab.scenario import load, shipped

    rows = [
        {"name": name, "title": one.title, "nodes": list(one.nodes), "owner": one.words.get("owner")}
        for name, one in ((name, load(name)) for name in shipped())
    ]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return 0
    width = max(len(str(row["name"])) for row in rows)
    for row in rows:
        click.echo(f"{row['name']:<{width}}  {row['title']}")
    return 0


@lab.command(short_help="List the faults.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--pack", default="tn019", show_default=True, metavar="NAME",
              help="Those that the rules of this shipped pack must notice; all: every fault.")  # fmt: skip
def faults(as_json: bool, pack: str) -> int:
    """List the faults: what each breaks, which rules must notice, and the exit code a scan with that pack must have."""
    from vcaudit.lab.faults import load_faults
    from vcaudit.resources import shipped_rules
    from vcaudit.yamlfile import suggest

    packs = shipped_rules()
    # What breaks the way to the node names rules of the note.
    known = {fault.name: packs[(fault.rules or fault.shows)[0]] for fault in load_faults().values()}
    if pack != "all" and pack not in known.values():
        raise UsageError(f"no fault is there for the pack {pack}{suggest(pack, known.values())}",
                         hint=f"known are {', '.join(sorted({*known.values(), 'all'}))}")  # fmt: skip
    rows: list[dict[str, Any]] = [
        {
            "name": fault.name,
            "title": fault.title.replace("${target}", "the node"),
            "requirements": list(fault.requirements),
            "rules": list(fault.rules),
            "also": list(fault.also),
            "shows": list(fault.shows),
            "drift": list(fault.drift),
            "scenarios": list(fault.scenarios),
            "nodes": list(fault.nodes),
            "exit": fault.exit,
            "kind": fault.kind,
        }
        for fault in load_faults().values()
        if pack in ("all", known[fault.name])
    ]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return 0
    width = max(len(row["name"]) for row in rows)
    for row in rows:
        click.echo(f"{row['name']:<{width}}  exit {row['exit']}  {','.join(row['requirements']):<4}  {row['title']}")
    return 0


@lab.command(short_help="Print a scenario whole.")
@_what
def show(scenario: str, faults: Sequence[str], patches: Sequence[str], moves: Sequence[str], **_: Any) -> int:
    """Print SCENARIO whole, with its faults and patches: the output is itself a scenario file."""
    from vcaudit.lab.merge import escaped
    from vcaudit.yamlfile import dump

    click.echo(dump(escaped(_prepare(scenario, faults, patches, moves)[0].document())), nl=False)
    return 0


def _prepare(scenario: str, faults: Sequence[str], patches: Sequence[str], moves: Sequence[str]) -> tuple[Any, Any]:
    """The scenario with all that was asked for, and the transport faults by node."""
    from vcaudit.lab import faults as known
    from vcaudit.lab.move import move
    from vcaudit.lab.scenario import load

    out = load(scenario, patches)
    transport: dict[str, str] = {}
    for text in faults:
        name, node = known.parse(text)
        out, added = known.apply(out, name, node)
        if odd := known.unfit(out, name):
            say(f"{odd}: it may break nothing there")
        transport.update(added)
    for text in moves:
        group, _, to = text.rpartition("=")
        out = move(out, to, group or None)
    return out, transport


def start(
    scenario: str, faults: Sequence[str], patches: Sequence[str], moves: Sequence[str], delay: float,
    script_seconds: float,
) -> Lab:  # fmt: skip
    """A lab of what was asked for, not yet running. Raises UsageError, ScenarioError."""
    try:
        from vcaudit.lab.harness import PASSWORD_VARIABLE, Lab
        from vcaudit.lab.windows import execute as _  # noqa: F401  (its parser is an extra: say so before starting)
    except ModuleNotFoundError as error:
        raise UsageError(f"the lab needs {error.name}", hint="install it with: pip install 'vcaudit[lab]'") from error

    prepared, transport = _prepare(scenario, faults, patches, moves)
    password = os.environ.get(PASSWORD_VARIABLE)
    return Lab(prepared, transport, delay=delay, script_seconds=script_seconds, password=password, jea=_jea(prepared))


def _jea(scenario: Scenario) -> Sequence[Sequence[Request]]:
    """What the nodes' JEA endpoint answers: exactly what this scenario's inventory makes us ask."""
    if "configuration_name" not in dict(scenario.inventory.get("winrm") or {}):
        return ()
    from vcaudit.capture import Locations
    from vcaudit.offline import requests

    return (requests(Locations(**dict(scenario.inventory.get("locations") or {}))),)


def _end_on_sigterm() -> None:
    """SIGTERM ends a lab as Ctrl-C does: nothing of it is left behind, its password least of all."""
    def stop(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)


def _listen(running: Lab) -> None:
    """Moves groups as asked on standard input; at its end, waits for Ctrl-C or SIGTERM."""
    for line in sys.stdin:
        _obey(running, line.split(maxsplit=1))
    signal.pause()


def _obey(running: Lab, words: Sequence[str]) -> None:
    if not words:
        return
    if words[0] != "move" or len(words) < 2:
        click.echo("lab: known commands: move [GROUP=]NODE", err=True)
        return
    group, _, node = words[1].strip().rpartition("=")
    try:
        running.move(node, group or None)
        click.echo(f"lab: moved {group or 'the groups'} to {node}", err=True)
    except UsageError as error:
        click.echo(f"lab: {error}", err=True)
