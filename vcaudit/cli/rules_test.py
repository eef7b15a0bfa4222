"""`vcaudit rules test`: the examples of rules, and what rules say of a snapshot or of a simulated cluster."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vcaudit.cli import options
from vcaudit.cli.packs import as_one, chosen, loaded, wrong_overrides
from vcaudit.errors import RuleError, UsageError

if TYPE_CHECKING:
    from vcaudit.evaluate.rule import Pack, Rule
    from vcaudit.results import Result
    from vcaudit.snapshot.model import Snapshot

WRONG = 3


@click.command()
@click.argument("what", nargs=-1, metavar="[FOLDER|ID]...")
@options.packs
@click.option("--snapshot", "snapshots", multiple=True, metavar="FILE",
              help="Judge this saved snapshot with the rules; repeatable.")
@click.option("--scenario", metavar="NAME", help="Judge this simulated cluster (`vcaudit lab list`), or scenario file.")
@click.option("--fault", "faults", multiple=True, metavar="NAME[:NODE]",
              help="With this in the scenario (`vcaudit lab faults`); repeatable.")
@click.option("--patch", "patches", multiple=True, metavar="FILE", help="With this patch; repeatable.")  # fmt: skip
def test(
    what: Sequence[str], packs: Sequence[str], snapshots: Sequence[str], scenario: str | None, faults: Sequence[str],
    patches: Sequence[str],
) -> int:  # fmt: skip
    """Run the examples of rules, and say each outcome; exit 3 when one is not as stated.

    FOLDER is a rule pack, ID a rule; both may be given several times. Without any: all rules of the packs. With
    --snapshot or --scenario also what the rules say there, one line for each subject; that is shown, and changes no
    exit code.
    """
    folders = [name for name in what if Path(name).is_dir()]
    ids = [name for name in what if name not in folders]
    if missing := [name for name in ids if "/" in name or "\\" in name]:
        raise UsageError("is no folder", where=missing[0], hint="name the folder of a rule pack, or the id of a rule")
    found = loaded((*packs, *(_path(name) for name in folders)))
    if problems := wrong_overrides(found):
        raise RuleError(problems, hint="docs/packs.md says what a pack may change in rules")
    picked = [(pack, tuple(rule for rule in pack.rules if rule in rules)) for pack, rules in _picked(found, ids)]
    started = time.monotonic()
    wrong = sum(_examples(pack, rules, started) for pack, rules in picked)
    if not scenario and (faults or patches):
        raise UsageError("--fault and --patch need a --scenario", hint="such as --scenario quorum-disk-2003")
    wanted = {rule.id for _, rules in picked for rule in rules}
    for snapshot in _snapshots(found, snapshots, scenario, faults, patches):
        _judged(found, snapshot, wanted)
    return WRONG if wrong else 0


def _path(folder: str) -> str:
    """A folder that was named as one is no name of a shipped pack."""
    return folder if Path(folder).is_absolute() else f"./{folder}"


def _picked(packs: Sequence[Pack], ids: Sequence[str]) -> Iterator[tuple[Pack, tuple[Rule, ...]]]:
    if not ids:
        yield from ((pack, pack.rules) for pack in packs)
    for name in ids:
        pack, rule = chosen(packs, name)
        yield pack, (rule,)


def _examples(pack: Pack, rules: tuple[Rule, ...], started: float) -> int:
    """Prints a line for each example; how many are wrong."""
    from vcaudit.evaluate.placeholders import visible
    from vcaudit.evaluate.rule import Judgement
    from vcaudit.evaluate.trial import trials

    wrong = 0
    for trial in trials(pack, rules, started):
        wrong += not trial.right
        verdict = "ok   " if trial.right else "WRONG"
        said = f": {trial.message}" if trial.message else ""
        stated = f"{trial.example.outcome} example {trial.number}"
        line = f"{verdict} {trial.rule.id}  {stated} (line {trial.example.line}) is {trial.found}{said}"
        click.echo(visible(line))
    for rule in rules:
        if not isinstance(rule.body, Judgement):
            click.echo(f"-     {rule.id}  has no examples: it compares; try it with --scenario and a --fault")
        elif not rule.examples:
            click.echo(f"-     {rule.id}  has no examples")
    return wrong


def _snapshots(
    packs: Sequence[Pack], files: Sequence[str], scenario: str | None, faults: Sequence[str], patches: Sequence[str]
) -> Iterator[Snapshot]:
    from vcaudit.cli.files import read_input
    from vcaudit.snapshot.codec import decode

    yield from (decode(read_input(name), Path(name).as_posix()) for name in files)
    if scenario:
        yield _seen(packs, scenario, faults, patches)


def _seen(packs: Sequence[Pack], scenario: str, faults: Sequence[str], patches: Sequence[str]) -> Snapshot:
    """What a scan of the simulated cluster sees."""
    from vcaudit import pipeline
    from vcaudit.cli.demo import with_environment
    from vcaudit.cli.lab import start
    from vcaudit.inventory import load_inventory
    from vcaudit.secrets import Credentials

    asks = tuple(ask for pack in packs for ask in pack.asks)
    with start(scenario, faults, patches, (), 0.0, 0.0) as lab, with_environment(lab.environment):
        assert lab.inventory is not None
        (cluster,) = load_inventory(lab.inventory).clusters
        return pipeline.look(cluster, Credentials(), pipeline.Connections(), asks=asks)


def _judged(packs: Sequence[Pack], snapshot: Snapshot, wanted: set[str]) -> None:
    """Prints what the rules say of a snapshot, a line for each subject."""
    from vcaudit.evaluate import evaluate
    from vcaudit.evaluate.loader import NOTE
    from vcaudit.evaluate.placeholders import visible

    if any(pack.overrides for pack in packs) and NOTE not in [pack.name for pack in packs]:
        packs = (*loaded((NOTE,)), *packs)  # what is overridden must be there
    results = evaluate(snapshot, as_one(packs))
    click.echo("\n" + visible(f"{snapshot.cluster}, {snapshot.taken_at}"))
    for result in results.results:
        if result.rule in wanted:
            click.echo(f"  {result.outcome.value:<14} {result.rule}  {_said(result)}")
    for defect in results.defects:
        click.echo(f"  defect         {defect}")


def _said(result: Result) -> str:
    from vcaudit.evaluate.placeholders import visible

    seen = "" if result.observed is None else f" (observed {result.observed})"
    return visible(f"{result.subject}: {result.message}{seen}")
