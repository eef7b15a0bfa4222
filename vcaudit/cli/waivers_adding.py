"""What `vcaudit waivers add` and `import` share: questions at a terminal, new ids, and the file itself."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, Final

import click

from vcaudit.cli.app import say
from vcaudit.errors import UsageError

ASKED: Final = ("justification", "ticket", "requested_by", "expires")
"""What `add` cannot do without; asked for at a terminal."""


def day(text: str) -> date:
    """The day; what is none is a usage error that says the right form."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise click.BadParameter(f"{text} is no day such as 2027-03-31") from None


def asked(given: dict[str, Any]) -> dict[str, Any]:
    """With what was not given asked for, where there is somebody to ask."""
    missing = [key for key in ASKED if given.get(key) is None]
    if missing and not sys.stdin.isatty():
        raise UsageError(f"needs {', '.join('--' + key.replace('_', '-') for key in missing)}",
                         hint="at a terminal they are asked for")  # fmt: skip
    for key in missing:
        read = day if key == "expires" else str
        given[key] = click.prompt(key.replace("_", " "), value_proc=read, err=True)
    if missing and given.get("approved_by") is None:
        given["approved_by"] = click.prompt("approved by (empty: not yet)", default="", show_default=False, err=True)
    return {key: value or None for key, value in given.items()}


def content(path: Path) -> bytes | None:
    """Of a file; None when it is not there."""
    from vcaudit.cli.files import read_input

    return read_input(str(path)) if path.exists() else None


def ids(path: Path) -> Iterator[str]:
    """Ids that no waiver of the file has."""
    from vcaudit.waivers.entry import next_id
    from vcaudit.waivers.loader import parse

    there = content(path)
    taken = [waiver.id for waiver in parse(str(path), there).file.waivers] if there is not None else []
    first = int(next_id(taken).removeprefix("W-"))
    return (f"W-{number}" for number in itertools.count(first))


def max_days(path: Path) -> int:
    """How long a waiver in a file may live."""
    from vcaudit.evaluate.waivers import MAX_DAYS
    from vcaudit.waivers.loader import parse

    there = content(path)
    return parse(str(path), there).file.max_days if there is not None else MAX_DAYS


def refuse(made: dict[str, Any], path: Path) -> None:
    """What could never apply is not written; one that nobody approved yet may wait for that."""
    from vcaudit.evaluate.waivers import objections
    from vcaudit.waivers.loader import parse
    from vcaudit.yamlfile import dump

    read = parse("the waiver", dump({"waivers": [made]}).encode())
    wrong = [problem.message for problem in read.document.problems]
    for waiver in read.file.waivers:
        wrong += [why for key, why in objections(waiver, max_days(path))
                  if key != "approved_by" or "approved_by" in made]  # fmt: skip
    if wrong:
        raise UsageError("; ".join(wrong), where="the waiver was not written")


def write(path: Path, entries: list[dict[str, Any]], *, named: bool) -> None:
    """Read again right before, and nobody else adds meanwhile: what others have written is kept.

    `named`: the inventory names the file already.
    """
    from vcaudit.output import check_writable, write_file
    from vcaudit.waivers.writer import alone, appended

    check_writable(path)
    with alone(path):
        before = content(path)
        write_file(path, appended(str(path), before, entries))
    say(f"wrote {', '.join(each['id'] for each in entries)} into {path}")
    if before is None and not named:
        say(f"name it with `--waivers {path}`, or write `waivers: {path.name}` into the inventory")
