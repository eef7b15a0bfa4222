"""`--format FMT[:PATH]`: who owns stdout, which files are written, and that all of it is known before a scan."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from vcaudit.cli.app import say
from vcaudit.errors import UsageError
from vcaudit.output import check_writable, write_file, write_stdout
from vcaudit.report import FORMATS
from vcaudit.results import AuditResults
from vcaudit.yamlfile import suggest


@dataclass(frozen=True)
class Target:
    """One report to write."""

    format: str
    path: Path | None
    """None: standard output."""


def targets(formats: Sequence[str]) -> list[Target]:
    """Understands the options. Raises UsageError, or OutputError for a file that could not be written."""
    out = [_target(text) for text in formats or ("text",)]
    owners = [target.format for target in out if target.path is None]
    if len(owners) > 1:
        raise UsageError(f"{' and '.join(owners)} cannot both go to standard output",
                         hint="give a file: --format FORMAT:PATH")  # fmt: skip
    paths = [target.path.resolve() for target in out if target.path is not None]
    for path in paths:
        if paths.count(path) > 1:
            raise UsageError(f"two reports cannot both go to {path}")
        check_writable(path)
    return out


def _target(text: str) -> Target:
    name, _, path = text.partition(":")
    if name not in FORMATS:
        raise UsageError(f"no format {name}{suggest(name, FORMATS)}", hint=f"allowed: {', '.join(FORMATS)}")
    if path in ("", "-"):
        if FORMATS[name].binary and sys.stdout is not None and sys.stdout.isatty():
            raise UsageError(f"{name} is not for a terminal", hint=f"give a file: --format {name}:report.{name}")
        return Target(name, None)
    return Target(name, Path(path))


def prepare(chosen: Sequence[Target]) -> None:
    """Loads what the formats need while there is nothing else to do; what fails here is said when it is needed."""
    for target in chosen:
        with suppress(ImportError, OSError):
            import_module(f"vcaudit.report.{target.format}")


def write(results: AuditResults, chosen: Sequence[Target], **options: Any) -> None:
    """Renders everything before anything is written: a format that fails leaves no half set. Raises OutputError."""
    from vcaudit.report import render

    rendered = [render(target.format, results, **_options(target, options)) for target in chosen]
    for target, data in zip(chosen, rendered, strict=True):
        if target.path is None:
            write_stdout(data)
        else:
            # Every format is evidence: it tells a cluster's weak points, and the PDF has the JSON attached.
            write_file(target.path, data, private=True)
            say(f"wrote {target.path}")


def _options(target: Target, options: dict[str, Any]) -> dict[str, Any]:
    if target.format != "text" or target.path is not None or sys.stdout is None:
        return options
    from vcaudit.report.terminal import options_for

    return {**options, **options_for(sys.stdout)}
