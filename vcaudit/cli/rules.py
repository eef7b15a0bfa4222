"""`vcaudit rules`: what is asked of a cluster, and whether the files that ask it are right."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vcaudit.cli.packs import as_one, chosen, folders, loaded, wrong_overrides
from vcaudit.cli.rules_coverage import coverage_
from vcaudit.cli.rules_new import new
from vcaudit.cli.rules_test import test
from vcaudit.errors import DataError, Problem

if TYPE_CHECKING:
    from vcaudit.evaluate.rule import Pack, Rule

PROBLEMS_FOUND = 3
_PROSE = ("source", "ignores", "asks for", "says", "impact", "remedy", "evidence", "overridden")
_JSON = click.option("--json", "as_json", is_flag=True, help="For programs: JSON on stdout.")


_PACKS = click.option(
    "--pack", "packs", multiple=True, metavar="PACK",
    help="Only this pack: its name, or the folder of a pack of your own (./ours); repeatable. Default: all shipped.",
)  # fmt: skip


@click.group()
def rules() -> None:
    """List, explain, check, try and begin rules."""


rules.add_command(test)
rules.add_command(new)
rules.add_command(coverage_, "coverage")


@rules.command("list")
@_PACKS
@_JSON
def list_(packs: Sequence[str], as_json: bool) -> None:
    """All rules: id, severity, requirements, title."""
    found = [(pack, rule) for pack in loaded(packs) for rule in pack.rules]
    if as_json:
        _print_json([_head(rule) for pack, rule in found])
        return
    wide = max((len(rule.id) for _, rule in found), default=0)
    for _, rule in found:
        click.echo(f"{rule.id:<{wide}}  {rule.severity:<8}  {','.join(rule.requirements):<8}  {rule.title}")


@rules.command()
@click.argument("rule_id", metavar="ID")
@_PACKS
@_JSON
def explain(rule_id: str, packs: Sequence[str], as_json: bool) -> None:
    """Everything about one rule: what it asks, why, where the note asks for it, what to do.

    With several packs, as they leave it: --pack tn019,./ours shows what ours overrides.
    """
    each = loaded(packs)
    pack, rule = chosen([as_one(each)] if packs else each, rule_id)
    if as_json:
        _print_json({**_head(rule), **{name: text for name, text in _details(rule) if text}})
        return
    click.echo(f"{rule.id}  {rule.title}\n")
    for name, text in (("severity", rule.severity.value), ("requirements", ", ".join(rule.requirements)),
                       ("pack", _pack(pack, rule)), *_details(rule)):  # fmt: skip
        if text:
            click.echo(_laid_out(name, text))


@rules.command()
@click.argument("packs", nargs=-1, metavar="[FOLDER]...")
@_JSON
def lint(packs: Sequence[str], as_json: bool) -> int:
    """Check rule packs: the shipped ones, or those in FOLDER. Exit 3 when anything is wrong.

    Loads every rule, evaluates it on a complete model, with each null and each empty list it may meet, and runs its
    examples; holds overrides against the shipped packs and all that are named here. Prints all problems as
    file:line: what.
    """
    from vcaudit.evaluate.lint import lint as check
    from vcaudit.evaluate.loader import load_pack

    problems: list[Problem] = []
    found: list[Pack] = []
    for each in [Path(name) for name in packs] or folders(()):
        try:
            found.append(load_pack(each))
        except DataError as error:
            problems += error.problems
    problems += wrong_overrides(found)
    problems += check(*found)
    count = sum(len(pack.rules) for pack in found)
    if as_json:
        _print_json([{"file": item.file, "line": item.line, "message": item.message} for item in problems])
    elif problems:
        click.echo("\n".join(map(str, problems)))
    else:
        click.echo(f"{count} rules, no problems")
    return PROBLEMS_FOUND if problems else 0


def _laid_out(name: str, text: str) -> str:
    """A name and its text beside it; commands and expressions keep their lines, because they are copied."""
    lines = text.strip().splitlines()
    if name in _PROSE:
        lines = [part for line in lines for part in textwrap.wrap(line, 86, break_long_words=False)]
    return f"{name:<14}" + ("\n" + " " * 14).join(lines)


def _print_json(value: object) -> None:
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


def _pack(pack: Pack, rule: Rule) -> str:
    """Name and version of the one it came with."""
    return next(f"{head.name} {head.version}" for head in pack.heads if head.name == rule.pack)


def _head(rule: Rule) -> dict[str, Any]:
    return {"id": rule.id, "title": rule.title, "severity": rule.severity.value,
            "requirements": list(rule.requirements), "pack": rule.pack}  # fmt: skip


def _details(rule: Rule) -> Iterator[tuple[str, str]]:
    from vcaudit.evaluate.rule import Identical, Unchanged

    source = rule.source
    table = f", {source.table}" if source.table else ""
    yield "source", f"{source.document}, {source.section}{table}"
    if isinstance(rule.body, Identical):
        since = isinstance(rule.body, Unchanged)
        yield "compares", f"{rule.body.path}, {'with the approved snapshot' if since else 'between the nodes'}"
        yield "ignores", "\n".join(f"{item.path.pattern}: {item.reason}" for item in rule.body.ignore)
    else:
        yield "for each", rule.body.for_each.text if rule.body.for_each else ""
        yield "passes when", rule.body.expression.text
        yield "asks for", str(rule.body.asks.give) if rule.body.asks else ""
        yield "shows", rule.body.observed.text if rule.body.observed else ""
        yield "requires", rule.body.expected.text if rule.body.expected else ""
    yield "applies when", rule.when.text if rule.when else ""
    yield "versions", "only those the pack is about" if rule.version_bound else ""
    yield "says", str(rule.message or "")
    yield "blocks", ", ".join(sorted(rule.blocks))
    yield "degrades", ", ".join(sorted(rule.degrades))
    yield "parameters", "\n".join(f"{name}: {value}" for name, value in rule.params.items())
    yield "impact", str(rule.impact or "")
    advice = rule.remediation
    for when, each in ((*((case.when.text, case.advice) for case in advice.cases), ("", advice)) if advice else ()):
        yield "remedy when" if when else "remedy", "\n".join(filter(None, (when, str(each.text))))
        yield "cluster.exe", str(each.cluster_exe or "")
        yield "powershell", str(each.powershell or "")
    yield "evidence", "\n".join(map(str, rule.evidence))
    yield "overridden", "\n".join(rule.overridden)
    yield "file", rule.file
