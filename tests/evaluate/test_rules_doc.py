"""docs/rules.md and docs/packs.md are held against what they describe; what they tell a newcomer to do is done."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from vcaudit.cli.app import run
from vcaudit.evaluate import collect, loader, overrides, placeholders, rulefile
from vcaudit.evaluate.lint import lint
from vcaudit.evaluate.loader import load_pack
from vcaudit.evaluate.packs import together
from vcaudit.resources import rules_dir

DOCS = Path(__file__).parents[2] / "docs"
RULES, PACKS = ((DOCS / name).read_text("utf-8") for name in ("rules.md", "packs.md"))


def blocks(text: str) -> list[str]:
    return re.findall(r"```yaml\n(.*?)```", text, re.S)


def written(folder: Path, texts: list[str]) -> Path:
    """The rules among some blocks, and the last pack.yaml among them or one made up."""
    (folder / "pack.yaml").write_text("name: doc\ntitle: Doc\nversion: '1'\n", "utf-8")
    for block in texts:
        value = yaml.safe_load(block)
        (folder / f"{value.get('id', 'pack')}.yaml").write_text(block, "utf-8")
    return folder


def test_the_rules_in_the_guide_are_right(tmp_path: Path) -> None:
    whole = [block for block in blocks(RULES) if block.startswith("id:")]
    parts = [block for block in blocks(RULES) if block not in whole]
    assert parts
    # A part of a rule takes the place of the same part of a whole one.
    first = next(block for block in whole if block.startswith("id: VC-RES-001"))
    loaded = load_pack(written(tmp_path, whole))
    assert len(loaded.rules) == len(whole)
    assert lint(loaded) == []
    for number, part in enumerate(parts):
        name = f"PART-00{number}"
        rule = re.sub(r"^remediation:\n(  .*\n)+", part.replace("\\", r"\\"), first, flags=re.M)
        (tmp_path / f"{name}.yaml").write_text(rule.replace("VC-RES-001", name), "utf-8")
        assert load_pack(tmp_path).rule(name) is not None


FIRST = next(block for block in blocks(RULES) if block.startswith("id: SHOP-001"))


def test_the_packs_are_right(tmp_path: Path) -> None:
    plain, changing, collecting, rule = blocks(PACKS)
    for number, texts in enumerate(([plain, FIRST], [changing], [collecting, rule])):
        folder = tmp_path / str(number)
        folder.mkdir()
        loaded = load_pack(written(folder, texts))
        assert lint(loaded) == []
        both = together([load_pack(rules_dir() / "tn019"), loaded])
        assert (len(both.changes), len(both.switched_off)) == ((3, 1) if texts == [changing] else (0, 0))
    assert len(loaded.asks) == 3


def test_every_key_and_placeholder_is_described() -> None:
    for key in (*rulefile._COMMON, *rulefile._EXPRESSION, *rulefile._IDENTICAL):
        assert f"`{key}" in RULES or f"{key}:" in RULES, key
    for name in (*placeholders.NAMES, "params.NAME", "each.FIELD"):
        assert f"{{{name}}}" in RULES, name
    nested = (key for keys in collect.KEYS.values() for key in keys)
    for key in (*loader._PACK, *overrides._KEYS, *collect.KINDS, *nested, *collect.READS, *collect.TYPES):
        assert re.search(rf"\b{key}\b", PACKS), key


def sessions(text: str) -> Iterator[tuple[str, str]]:
    """What is typed, and what comes on standard output."""
    for block in re.findall(r"```console\n(.*?)```", text, re.S):
        for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
            command, _, output = part.partition("\n")
            yield command, output


def test_the_first_rule_takes_what_the_guide_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its commands are typed in its order, its file is written where it says, and what it shows comes out."""
    monkeypatch.chdir(tmp_path)
    guide = RULES[: RULES.index("## A rule, whole")]
    file = re.search(r"into `(ours/[^`]+)`:\n\n```yaml\n(.*?)```", guide, re.S)
    assert file is not None
    before, after = guide[: file.start()], guide[file.end() :]
    assert len([*sessions(before), *sessions(after)]) == 5
    for part in (before, after):
        for command, output in sessions(part):
            assert run(shlex.split(command)[1:]) == 0, command
            shown = re.sub(r"\d{4}-\d\d-\d\dT[\d:]+Z", "TIME", capsys.readouterr().out)
            assert shown == output, command
        Path(file[1]).write_text(file[2], "utf-8")
    slip = file[2].replace("each.account.startsWith", "each.acount.startsWith")
    Path(file[1]).write_text(slip, "utf-8")
    assert run(["rules", "test", "ours"]) == 3
    (said,) = re.findall(r"```text\n(.*?)```", after, re.S)
    assert said.strip() in capsys.readouterr().err
