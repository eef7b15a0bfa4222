"""`vcaudit waivers`: failures that somebody takes on for a time: list, check, add, import."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vcaudit.cli import options
from vcaudit.cli.app import say
from vcaudit.cli.waivers_adding import asked, day, ids, max_days, refuse, write
from vcaudit.errors import DataError, UsageError

if TYPE_CHECKING:
    from vcaudit.waivers.states import Listed

PROBLEMS_FOUND = 3
SOME_EXPIRE = 1
DEFAULT = Path("waivers.yaml")


_JSON = click.option("--json", "as_json", is_flag=True, help="For programs: JSON on stdout.")
_FILES = click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="[FILE]...")
_INVENTORY = click.option("-i", "--inventory", type=click.Path(path_type=Path), metavar="PATH",
                          help="Whose files to take when none is named; default as for scan.")  # fmt: skip


def _into(context: click.Context, parameter: click.Parameter, value: Path | None) -> Path:
    """The file named, else the one that the inventory names, when there is one of each."""
    if value is not None:
        return value
    named = _named()
    return named[0] if len(named) == 1 else DEFAULT


def _named() -> tuple[Path, ...]:
    """What the inventory names, where there is one."""
    with suppress(UsageError):
        return options.load(None).waivers
    return ()


_TO = click.option("--to", type=click.Path(path_type=Path), callback=_into, metavar="FILE",
                   help="The file that is added to, written anew when it is not there; default the one that the "
                        "inventory names, else waivers.yaml.")  # fmt: skip


def _on_day(context: click.Context, parameter: click.Parameter, value: str | None) -> date | None:
    return None if value is None else day(value)


def _span(context: click.Context, parameter: click.Parameter, value: str | None) -> int | None:
    from vcaudit.waivers.states import span

    if value is None:
        return None
    days = span(value)
    if days is None:
        raise click.BadParameter("must be a number of days or weeks such as 30d or 4w", context, parameter)
    return days


@click.group()
def waivers() -> None:
    """List, check and add waivers: failures taken on for a time.

    Without FILE: those that the inventory names, else ./waivers.yaml. Names in them are asserted, not verified.
    """


@waivers.command("list")
@_FILES
@_INVENTORY
@click.option("--at", callback=_on_day, metavar="DAY", help="As of this day (UTC); default today.")
@click.option("--expiring", callback=_span, metavar="SPAN",
              help="Only those in force that end within this time, such as 30d or 4w; exit 1 when there is one.")
@_JSON
def list_(
    files: Sequence[Path], inventory: Path | None, at: date | None, expiring: int | None, as_json: bool
) -> int:
    """All waivers with their state on a day; the first to end on top.

    Says what holds for any cluster: whether a waiver matches anything is said by scan and evaluate. Exit 0; 1 when
    --expiring finds one; 3 when a file is wrong.
    """
    from vcaudit.waivers import load
    from vcaudit.waivers.states import listed
    from vcaudit.waivers.user import run_as

    reads = load(_chosen(files, inventory), run_as())
    found = listed((read.file for read in reads), at or _today())
    if expiring is not None:
        found = [each for each in found if each.expiring(expiring)]
    if as_json:
        click.echo(json.dumps([each.plain() for each in found], indent=2, ensure_ascii=False))
    elif found:
        click.echo("\n".join(map(_lines, found)))
    else:
        click.echo("no waivers" if expiring is None else f"no waiver ends within {expiring} days")
    return SOME_EXPIRE if expiring is not None and found else 0


@waivers.command()
@_FILES
@_INVENTORY
@options.packs
@click.option("--schema", is_flag=True, help="Print the JSON Schema of the file, for editors, and nothing else.")
@_JSON
def lint(
    files: Sequence[Path], inventory: Path | None, packs: Sequence[str], schema: bool, as_json: bool
) -> int:
    """Check files of waivers; exit 3 when anything is wrong.

    Prints as file:line: what every mistake, and everything that keeps a waiver from applying whatever the day: one who
    asked and approved, a life that is too long, a missing reason, ticket or pinned value.
    """
    from vcaudit.output import write_stdout
    from vcaudit.waivers.loader import check_rules, read_all
    from vcaudit.waivers.loader import lint as check

    if schema:
        write_stdout(schema_text())
        return 0
    reads = read_all(_chosen(files, inventory))
    with suppress(DataError):  # said with the rest
        check_rules(reads, *_rules(packs))
    problems = check(reads)
    if as_json:
        rows = [{"file": item.file, "line": item.line, "message": item.message} for item in problems]
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
    elif problems:
        click.echo("\n".join(map(str, problems)))
    else:
        count = sum(len(read.file.waivers) for read in reads)
        click.echo(f"{count} {'waiver' if count == 1 else 'waivers'}, no problems")
    return PROBLEMS_FOUND if problems else 0


@waivers.command()
@click.argument("results", metavar="RESULTS")
@click.argument("anchor", metavar="ANCHOR")
@click.option("--expires", callback=_on_day, metavar="DAY", help="The last day, to its end, UTC.")
@click.option("--starts", callback=_on_day, metavar="DAY", help="The first day; default today.")
@click.option("--justification", metavar="TEXT", help="Why it is taken on.")
@click.option("--ticket", metavar="TEXT", help="Number of the change or of the ticket.")
@click.option("--requested-by", metavar="NAME", help="Who asked for it.")
@click.option("--approved-by", metavar="NAME", help="Who approved it: somebody else. Without it: does not apply yet.")
@click.option("--id", "name", metavar="ID", help="Default: the next number, such as W-13.")
@_TO
@options.messages
def add(results: str, anchor: str, name: str | None, to: Path, verbose: int, **given: Any) -> int:
    """Add a waiver for a failure, with what was seen pinned.

    RESULTS is what `--format json` wrote; ANCHOR is the failure in it (`anchor` there, what follows # in the HTML
    report). What is missing is asked for at a terminal. The rest of the file stays as it is.
    """
    from vcaudit.cli.files import read_input
    from vcaudit.report.json import load
    from vcaudit.waivers.entry import entry, find
    from vcaudit.waivers.user import run_as

    found = find(load(read_input(results), results), anchor)
    say(f"{found.rule}, {found.subject}{f' on {found.node}' if found.node else ''}: {found.message}")
    texts = {key: str(value) for key, value in asked(given).items() if value is not None}
    wanted = {**texts, "id": name or next(ids(to)), "created": _today().isoformat(), "recorded_by": run_as()}
    made = entry(found, wanted)
    refuse(made, to)
    write(to, [made], named=to in _named())
    if "approved_by" not in made:
        say(f"{made['id']} does not apply until somebody else's name stands in approved_by")
    return 0


@waivers.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--cluster", metavar="NAME", help="Only for this cluster; InSpec names none.")
@click.option("--expires", callback=_on_day, metavar="DAY", help="The last day of entries without one, or a later one.")
@_TO
@options.packs
@options.messages
def import_(
    file: Path, cluster: str | None, expires: date | None, to: Path, packs: Sequence[str], verbose: int
) -> int:
    """Add what stands in a waiver file of InSpec (YAML, JSON or CSV).

    Entries whose control is no rule of ours are left out. What InSpec does not know (ticket, two persons, what was
    seen) is missing until somebody fills it in; until then the waiver does not apply. Exit 3 when nothing was
    taken.
    """
    from vcaudit.cli.files import read_input
    from vcaudit.waivers.inspec import Wish, imported, read
    from vcaudit.waivers.user import run_as

    controls = read(str(file), read_input(str(file)))
    known, elsewhere = _rules(packs)
    wish = Wish(today=_today(), rules=(*known, *sorted(elsewhere - set(known))), ids=ids(to),
                cluster=cluster, expires=expires, recorded_by=run_as(), max_days=max_days(to))  # fmt: skip
    done = imported(controls, f"InSpec {file.name}", wish)
    for note in done.notes:
        say(note)
    if not done.entries:
        raise UsageError("nothing in it is about a rule of ours", where=str(file))
    write(to, done.entries, named=to in _named())
    return 0


def schema_text() -> bytes:
    """The JSON Schema of waivers, as docs/waivers.schema.json has it."""
    from vcaudit.waivers.schema import WAIVERS

    return json.dumps(WAIVERS, indent=1).encode() + b"\n"


def _today() -> date:
    return datetime.now(UTC).date()


def _chosen(files: Sequence[Path], inventory: Path | None) -> list[Path]:
    """The files named, else those of the inventory, else ./waivers.yaml."""
    if files:
        return list(files)
    try:
        found = list(options.load(inventory).waivers)
    except UsageError:
        if inventory is not None:
            raise
        found = []  # there is no inventory, and none was named
    if not found and not DEFAULT.exists():
        raise UsageError("no file of waivers is named, and there is no ./waivers.yaml",
                         hint="name one, or write `waivers: FILE` into the inventory")  # fmt: skip
    return found or [DEFAULT]


def _rules(packs: Sequence[str]) -> tuple[list[str], frozenset[str]]:
    """Ids of the rules of some packs, and of all others that are shipped."""
    from vcaudit import pipeline
    from vcaudit.cli.against import PACKS

    pack = pipeline.rules(None, packs or PACKS)
    return [rule.id for rule in (*pack.rules, *pack.switched_off)], pack.elsewhere


def _lines(each: Listed) -> str:
    from vcaudit.report.escape import line

    waiver = each.waiver
    when = each.detail or f"until {waiver.expires}, {each.days} {'day' if each.days == 1 else 'days'} left"
    scope = [f"{key} {value}" for key in ("cluster", "node", "subject") if (value := getattr(waiver, key)) is not None]
    rows = [f"{waiver.id}  {each.state}: {when}", f"    {waiver.rule}, {', '.join(scope) or 'wherever it fails'}",
            f"    {waiver.ticket or 'no ticket'}: {waiver.justification.strip() or 'no reason'}",
            f"    requested by {waiver.requested_by or 'nobody'}, approved by {waiver.approved_by or 'nobody'}",
            f"    {each.file.file}:{waiver.line}"]  # fmt: skip
    return "\n".join(line(row, 300) for row in rows)
