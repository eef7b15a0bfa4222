"""The group of all verbs, and the one place where an error becomes a message and an exit code."""

from __future__ import annotations

import errno
import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import click

from vcaudit import __version__
from vcaudit.cli import VERBS
from vcaudit.errors import VcauditError
from vcaudit.redaction import wipe

COMPLETE = "_VCAUDIT_COMPLETE"
"""Set by the completion script of a shell when it asks what could come next."""
_FULL = (errno.EPIPE, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
USAGE, INTERRUPTED, PIPE_CLOSED = 3, 130, 141


class Verbs(click.Group):
    """Imports a verb when it is called or asked about, and not to be listed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All verbs, in the order of the table."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The verb itself; imports its module."""
        if cmd_name not in VERBS:
            return None
        command = getattr(import_module(VERBS[cmd_name][0]), cmd_name)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The verb that is meant; a misspelt one is told which is near."""
        if args and args[0] not in VERBS and not args[0].startswith("-"):
            from vcaudit.yamlfile import suggest

            raise click.UsageError(f"no verb {args[0]}{suggest(args[0], VERBS)}; known: {', '.join(VERBS)}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The verbs with their lines from the table."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in VERBS.items()])


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, message="vcaudit %(version)s")
def app() -> None:
    """Would the other node of a clustered VirtualCenter take over, today?

    Looks at every node without changing anything, judges what it saw against VMware's tech note TN-019, and says what
    to do. Two addresses and a password are enough: `vcaudit init`, then `vcaudit scan`.

    Exit codes: 0 OK, 1 warning, 2 critical, 3 unknown or wrong call, 130 interrupted.
    """


def run(arguments: Sequence[str]) -> int:
    """Runs the command line and gives the exit code; nothing but that and messages comes out of any error."""
    # Thousands of rules and results are made and kept: looking among them for garbage takes longer than judging.
    gc.set_threshold(200_000, 50, 100)
    try:
        code = _invoke(arguments)
        if sys.stdout is not None:  # started with it closed, as some schedulers do
            sys.stdout.flush()
    except BrokenPipeError:
        silence_stdout()
        return PIPE_CLOSED
    except OSError as error:
        silence_stdout()
        say(f"standard output: {error.strerror}")
        return USAGE
    return code


def _invoke(arguments: Sequence[str]) -> int:
    if instruction := os.environ.get(COMPLETE):
        from click.shell_completion import shell_complete

        return shell_complete(app, {}, "vcaudit", COMPLETE, instruction)
    try:
        with app.make_context("vcaudit", list(arguments)) as context:
            result: Any = app.invoke(context)
            return result if isinstance(result, int) else 0
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        error.show(sys.stderr)
        return USAGE
    except VcauditError as error:
        say(str(error))
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        say("interrupted")
        return INTERRUPTED
    except Exception as error:
        if isinstance(error, OSError) and error.filename is None and error.errno in _FULL:
            raise  # from printing: `run` says it
        from vcaudit.cli.crash import report_defect

        report_defect(error)
        return USAGE


def say(text: str) -> None:
    """A message for people, on stderr."""
    # Names from nodes and files stand in messages; a terminal must not obey them.
    shown = "".join(char if char.isprintable() or char == "\n" else repr(char)[1:-1] for char in wipe(text))
    try:
        print(f"vcaudit: {shown}", file=sys.stderr, flush=True)
    except (OSError, ValueError):  # nobody listens: the exit code still says it
        return


def silence_stdout() -> None:
    """Nobody reads any more; what Python still holds must not become an error at exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)
