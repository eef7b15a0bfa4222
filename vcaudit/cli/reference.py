"""docs/cli.md from the commands themselves: `python -m vcaudit.cli.reference`; a test holds the file to it."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import click

from vcaudit.cli import VERBS
from vcaudit.cli.app import app

_HEAD = """# Command line

Written from the commands themselves by `make docs`. Data goes to stdout, everything else to stderr; progress is shown
on a terminal only; no colour in pipes, and `NO_COLOR` is honoured. [Exit codes](exit-codes.md) are the same for every
verb that judges.
"""


def reference() -> str:
    """The whole document."""
    context = click.Context(app, info_name="vcaudit", **app.context_settings)
    parts = [_HEAD]
    for name, (_, line) in VERBS.items():
        command = app.get_command(context, name)
        assert command is not None
        parts += [f"## vcaudit {name}\n", f"{line}\n", *_section(command, f"vcaudit {name}", context, line)]
    return "\n".join(parts).rstrip() + "\n"


def _section(command: click.Command, path: str, parent: click.Context, shown: str) -> Iterator[str]:
    context = click.Context(command, info_name=path, parent=parent)
    text = inspect.cleandoc(command.help or "").replace("\b\n", "").strip()
    body = text.removeprefix(shown).strip()
    if isinstance(command, click.Group):
        if body:
            yield body + "\n"
        for name in command.list_commands(context):
            each = command.get_command(context, name)
            assert each is not None
            yield f"### {path} {name}\n"
            yield from _section(each, f"{path} {name}", context, "")
        return
    yield f"```\n{path} {' '.join(command.collect_usage_pieces(context))}\n```\n"
    if body:
        yield body + "\n"
    records = [record for parameter in command.get_params(context) if (record := parameter.get_help_record(context))]
    rows = (f"| `{_cell(name)}` | {_cell(meaning)} |" for name, meaning in records)
    yield "\n".join(["| option | meaning |", "|---|---|", *rows]) + "\n"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    print(reference(), end="")
