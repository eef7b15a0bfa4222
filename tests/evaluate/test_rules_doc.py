"""docs/rules.md is held against what it describes."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from vcaudit.evaluate import placeholders, rulefile
from vcaudit.evaluate.lint import lint
from vcaudit.evaluate.loader import load_pack

DOC = (Path(__file__).parents[2] / "docs" / "rules.md").read_text("utf-8")
BLOCKS = re.findall(r"```yaml\n(.*?)```", DOC, re.S)


def test_the_rules_and_the_pack_in_it_are_right(tmp_path: Path) -> None:
    for block in BLOCKS:
        value = yaml.safe_load(block)
        (tmp_path / f"{value.get('id', 'pack')}.yaml").write_text(block, "utf-8")
    loaded = load_pack(tmp_path)
    assert len(loaded.rules) == len(BLOCKS) - 1
    assert lint(loaded) == []
    assert loaded.versions is not None
    assert loaded.not_looked


def test_every_key_and_placeholder_is_described() -> None:
    for key in (*rulefile._COMMON, *rulefile._EXPRESSION, *rulefile._IDENTICAL):
        assert f"`{key}" in DOC or f"{key}:" in DOC, key
    for name in (*placeholders.NAMES, "params.NAME", "each.FIELD"):
        assert f"{{{name}}}" in DOC, name
