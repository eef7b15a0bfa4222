"""Documents say what the code does: generated ones are current, written ones are held to it."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest

from vcaudit.cli import VERBS
from vcaudit.cli.app import app
from vcaudit.cli.init import schema_text
from vcaudit.cli.reference import reference
from vcaudit.inventory import load_inventory
from vcaudit.inventory.schema import INVENTORY

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
README = (ROOT / "README.md").read_text(encoding="utf-8")


def commands(command: click.Command, path: str = "vcaudit") -> list[tuple[str, click.Command]]:
    """Every command below one, with what is typed to call it."""
    if not isinstance(command, click.Group):
        return [(path, command)]
    context = click.Context(command)
    found: list[tuple[str, click.Command]] = [(path, command)]
    for name in command.list_commands(context):
        each = command.get_command(context, name)
        assert each is not None
        found += commands(each, f"{path} {name}")
    return found


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)


def test_the_reference_of_the_command_line_is_current() -> None:
    assert (ROOT / "docs/cli.md").read_text(encoding="utf-8") == reference(), "make docs"


def test_the_schema_of_the_inventory_is_current() -> None:
    assert (ROOT / "docs/inventory.schema.json").read_bytes() == schema_text(), "make docs"


@pytest.mark.parametrize(("path", "command"), commands(app), ids=lambda value: value if isinstance(value, str) else "")
def test_every_command_and_option_has_help(path: str, command: click.Command) -> None:
    assert command.help, path
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{path} {parameter.opts}"


def test_the_table_of_verbs_says_what_the_verbs_say() -> None:
    context = click.Context(app)
    for name, (_, line) in VERBS.items():
        command = app.get_command(context, name)
        assert command is not None
        assert command.name == name
        assert (command.help or "").splitlines()[0] == line, name


def keys(schema: dict[str, Any]) -> set[str]:
    own = set(schema.get("properties", {}))
    inner = [*schema.get("properties", {}).values(), *schema.get("anyOf", [])]
    inner += [schema[key] for key in ("additionalProperties", "items") if isinstance(schema.get(key), dict)]
    return own.union(*(keys(each) for each in inner))


def test_every_setting_of_the_inventory_is_documented() -> None:
    text = (ROOT / "docs/inventory.md").read_text(encoding="utf-8")
    assert [key for key in sorted(keys(INVENTORY)) if not re.search(rf"\b{key}\b", text)] == []


@pytest.mark.parametrize("number", range(2))
def test_the_documented_inventories_are_right(number: int, tmp_path: Path) -> None:
    text = blocks((ROOT / "docs/inventory.md").read_text(encoding="utf-8"), "yaml")[number]
    assert load_inventory(tmp_path / "vcaudit.yaml", text).clusters[0].name == "CORP-VC"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", document.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (document.parent / target).exists(), f"{document.name}: {target}"


def anchors(document: Path) -> set[str]:
    """What a link to a heading is written as."""
    titles = re.findall(r"^#+ (.*)$", document.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_to_headings_lead_to_one(document: Path) -> None:
    for target, anchor in re.findall(r"\]\(([^)#:]*)#([^)]+)\)", document.read_text(encoding="utf-8")):
        known = anchors(document.parent / target if target else document)
        assert anchor in known, f"{document.name}: {target}#{anchor}"


def calls(document: Path) -> list[str]:
    """Calls of vcaudit that a document shows, in a block or in a sentence, without what a shell would take away."""
    text = document.read_text(encoding="utf-8")
    fenced = r"^```(\w*)\n(.*?)^```$"
    found = re.findall(fenced, text, flags=re.MULTILINE | re.DOTALL)
    shown = [line.removeprefix("$ ") for language, block in found if language in ("", "console", "sh")
             for line in block.splitlines()]  # fmt: skip
    prose = re.sub(fenced, "", text, flags=re.MULTILINE | re.DOTALL)
    shown += [" ".join(code.split()) for code in re.findall(r"`([^`]+)`", prose)]
    return [re.split(r"  #| > | \|", line)[0].strip() for line in shown if line.startswith("vcaudit ")]


def parse(words: list[str]) -> None:
    """Finds the verb and its options as click does; values are not looked at. Raises ClickException."""
    command: click.Command = app
    context = click.Context(app)
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        name, found, words = command.resolve_command(context, words)
        assert found is not None
        command, context = found, click.Context(found, parent=context, info_name=name)
    end = words.index("--") if "--" in words else len(words)
    ours, inner = words[:end], words[end + 1 :]
    command.make_parser(context).parse_args(ours)
    if inner[:1] == ["vcaudit"]:
        parse(inner[1:])


@pytest.mark.parametrize("document", [each for each in DOCUMENTS if each.name != "cli.md"], ids=lambda path: path.name)
def test_every_call_that_is_shown_can_be_made(document: Path) -> None:
    for call in calls(document):
        try:
            parse(shlex.split(call, posix=True)[1:])
        except (click.ClickException, ValueError) as error:
            pytest.fail(f"{document.name}: {call}: {getattr(error, 'message', error)}")


@pytest.mark.parametrize("call", ["scan --jsn", "lab run x -- vcaudit scan --formt", "rules lnt", "collect -o"])
def test_a_call_that_cannot_be_made_is_noticed(call: str) -> None:
    with pytest.raises(click.ClickException):
        parse(call.split())


def test_every_document_can_be_found() -> None:
    index = (ROOT / "docs/index.md").read_text(encoding="utf-8")
    for document in (*ROOT.glob("docs/*.md"), *ROOT.glob("docs/*.json")):
        assert document.name == "index.md" or f"({document.name})" in index, f"docs/index.md lacks {document.name}"


def test_the_readme_is_short() -> None:
    assert README.count("\n") <= 150


def typed(text: str) -> list[str]:
    """What a reader would type: the lines of console blocks after `$`."""
    lines = [line for block in blocks(text, "console") for line in block.splitlines() if line.startswith("$ ")]
    return [line[2:].partition("  #")[0].strip() for line in lines]


def test_the_commands_of_the_readme_are_what_ci_runs() -> None:
    run = (ROOT / ".ci/run").read_text(encoding="utf-8")
    assert typed(README)
    for command in typed(README):
        assert re.search(rf"(^|\s){re.escape(command)}$", run, flags=re.MULTILINE), f".ci/run does not run: {command}"


def test_the_example_of_the_readme_is_what_the_command_prints(tmp_path: Path) -> None:
    """But for the times in it."""
    vcaudit = [sys.executable, "-m", "vcaudit"]
    command = [*vcaudit, "lab", "run", "quorum-disk-2003", "--fault", "ssl-differs", "--", *vcaudit, "scan"]
    assert " ".join(command).replace(" ".join(vcaudit), "vcaudit") in typed(README)
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    (shown,) = blocks(README, "text")
    assert untimed(shown) == untimed(done.stdout), "make docs"


def untimed(text: str) -> str:
    return re.sub(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\dZ", "TIME", text)


def test_targets_and_verbs_that_documents_name_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, flags=re.MULTILINE))
    for document in DOCUMENTS:
        text = document.read_text(encoding="utf-8")
        for name in re.findall(r"(?:`|\$ )make ([a-z]+)", text):
            assert name in targets, f"{document.name}: make {name}"
        for name in re.findall(r"(?:`|\$ )vcaudit ([a-z]+)", text):
            assert name in VERBS, f"{document.name}: vcaudit {name}"


def test_the_exit_codes_are_documented_as_they_are() -> None:
    from vcaudit.cli import app as module
    from vcaudit.evaluate.exitcode import CRITICAL, OK, UNKNOWN, WARNING

    text = (ROOT / "docs/exit-codes.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| (\d+) \| (\w+)", text, flags=re.MULTILINE))
    words = {str(OK): "OK", str(WARNING): "WARNING", str(CRITICAL): "CRITICAL", str(UNKNOWN): "UNKNOWN"}
    assert {code: rows[code] for code in words} == words
    assert {str(module.INTERRUPTED), str(module.PIPE_CLOSED)} <= set(rows)


def test_schemas_are_json() -> None:
    for path in ROOT.glob("docs/*.json"):
        assert "$schema" in json.loads(path.read_text(encoding="utf-8")), path
