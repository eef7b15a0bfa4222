"""A pack from a stranger can neither run code, nor read files elsewhere, nor hold us up, nor write to a terminal."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.evaluate.packs import IDENTICAL, cluster_rule, context, pack, rule, write
from vcaudit.cli.app import run
from vcaudit.errors import RuleError
from vcaudit.evaluate import packfiles
from vcaudit.evaluate.engine import MOST_ELEMENTS, judge
from vcaudit.evaluate.loader import load_pack
from vcaudit.evaluate.pattern import Pattern

SECONDS = 10.0
"""For what takes a fraction of one; a machine may be busy."""


def said(folder: Path) -> str:
    """What is wrong with a pack; found in time."""
    began = time.monotonic()
    with pytest.raises(RuleError) as error:
        load_pack(folder)
    assert time.monotonic() - began < SECONDS
    return str(error.value)


def with_file(folder: Path, text: str | bytes, name: str = "VC-X-001.yaml") -> Path:
    write(folder)
    (folder / name).write_bytes(text.encode() if isinstance(text, str) else text)
    return folder


LAUGHS = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(9)
)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (LAUGHS, "holds more than 4000 values"),
        ("x: [" + "1," * 4001 + "]", "holds more than 4000 values (what an alias, *name, stands for is counted"),
        ("a: &a [*a]\n", "grows without end"),
        ("x: " + "[" * 5000 + "]" * 5000, "nested deeper than 100 levels"),
        ("x: !!python/object/apply:os.system ['touch owned']\n", "is not read here"),
        ("x: !include /etc/passwd\n", "is not read here"),
        ("x: &a {b: 1}\ny: {<<: *a}\n", "merge keys (<<) are not read here"),
        ("x: " + "a" * (65 << 10), "is larger than 64 kB"),
        (b"\xff\xff\xff", "is not UTF-8 text"),
        ("title: \"\\e[2J\\e[31mowned\"\n", "holds a character that does not show (U+001B)"),
        ("title: \"in\\u202Eorder\"\n", "holds a character that does not show (U+202E)"),
        ("title: in\u202eorder\n", "holds a character that does not show (U+202E)"),
        ("".join(f"key{n}: 1\n" for n in range(3900)), "key0: unknown key"),
    ],
    ids=lambda value: str(value)[:20].strip() if isinstance(value, str) else "bytes",
)
def test_files_that_are_meant_to_hurt(tmp_path: Path, text: str | bytes, problem: str) -> None:
    assert problem in said(with_file(tmp_path, text))
    assert not (tmp_path / "owned").exists()


@pytest.mark.parametrize("name", ["VC-X-001.yaml", "notes.txt"])
def test_a_link_that_leads_out_is_not_followed(tmp_path: Path, name: str) -> None:
    outside = tmp_path / "secret.yaml"
    outside.write_text("password: hunter2\n")
    folder = write(tmp_path / "pack")
    (folder / name).symlink_to(outside)
    text = said(folder)
    assert f"{name}: is a link that leads out of the pack" in text
    assert "hunter2" not in text
    assert "password" not in text


def test_a_link_within_the_pack_is_a_file_like_others(tmp_path: Path) -> None:
    folder = write(tmp_path / "pack", rule())
    (folder / "deep").mkdir()
    (folder / "VC-RES-001.yaml").rename(folder / "deep" / "it")
    (folder / "VC-RES-001.yaml").symlink_to(folder / "deep" / "it")
    assert [each.id for each in load_pack(folder).rules] == ["VC-RES-001"]


def test_links_to_folders_lead_nowhere(tmp_path: Path) -> None:
    folder = write(tmp_path / "pack", rule())
    (folder / "again").symlink_to(folder)
    assert "again: is no plain file" in said(folder)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    folder = write(tmp_path / "pack")
    os.mkfifo(folder / "VC-X-001.yaml")
    assert "is no plain file" in said(folder)


def test_hidden_files_are_no_part_of_it(tmp_path: Path) -> None:
    folder = write(tmp_path / "pack", rule())
    before = load_pack(folder).sha256
    (folder / ".git").mkdir()
    (folder / ".git" / "VC-X-009.yaml").write_text("nonsense")
    assert load_pack(folder).sha256 == before
    (folder / "README").write_text("part of it")
    assert load_pack(folder).sha256 != before


@pytest.mark.parametrize(
    ("limit", "problem"),
    [("MOST_FILES", "holds more than 3 files"), ("LARGEST", "that is no rule pack"), ("DEEPEST", "folders deep")],
)
def test_numbers_and_sizes_have_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, problem: str
) -> None:
    folder = write(tmp_path / "pack", rule(), cluster_rule(id="VC-X-002"))
    deep = folder / "a" / "b" / "c" / "d"
    deep.mkdir(parents=True)
    (deep / "file").write_text("x" * 5000)
    monkeypatch.setattr(packfiles, limit, 3)
    assert problem in said(folder)


def test_thousands_of_wrong_rules_end_early(tmp_path: Path) -> None:
    folder = write(tmp_path / "pack")
    for number in range(400):
        (folder / f"VC-X-{number}.yaml").write_text("tilte: x\nseverty: y\n")
    text = said(folder)
    assert "has more problems than 500: reading stopped here" in text
    assert text.count("\n") < 700


def test_thousands_of_wrong_overrides_end_early(tmp_path: Path) -> None:
    from vcaudit.evaluate.packs import together

    rules = [cluster_rule(id=f"VC-X-{number}") for number in range(300)]
    changes = [{"rule": f"VC-Z-{number}", "off": True, "reason": "x"} for number in range(900)]
    loaded = pack(tmp_path / "pack", *rules, overrides=changes)
    began = time.monotonic()
    with pytest.raises(RuleError):
        together([loaded])
    assert time.monotonic() - began < SECONDS


EXPRESSIONS = {
    "nested loops": "nodes.map(a, nodes.map(b, nodes.map(c, nodes.map(d, a.name)))).size() > 0",
    "doubling": "cel.bind(a, taken_at + taken_at, cel.bind(b, a + a, cel.bind(c, b + b, c != '')))",
    "a bad pattern": "taken_at.matches('(a+)+$')",
    "a large pattern": "taken_at.matches('((a{100}){100}){' + '100}')",  # whole, loading refuses it
}


@pytest.mark.parametrize("text", EXPRESSIONS.values(), ids=EXPRESSIONS)
def test_expressions_end(tmp_path: Path, text: str) -> None:
    """Each gives a result or a defect, and both at once."""
    folder = write(tmp_path / "pack", cluster_rule(expression=text))
    loaded = load_pack(folder)
    under = context(loaded)
    began = time.monotonic()
    assert judge(loaded.rules[0], under) or under.defects
    assert time.monotonic() - began < SECONDS


@pytest.mark.parametrize(
    "text",
    [
        "open('/etc/passwd')", "nodes.map(n, __import__('os'))", "cluster.__class__ == ''",
        "google.protobuf.Any{} == null", "env('HOME') == ''", "base64.decode('eA==') == b'x'",
        "re.extract('a', 'a') == ''", "now() == taken_at",
    ],
)  # fmt: skip
def test_an_expression_can_reach_nothing_but_facts(tmp_path: Path, text: str) -> None:
    assert "VC-RES-001.yaml:" in said(write(tmp_path / "pack", cluster_rule(expression=text)))


@pytest.mark.parametrize(
    "text",
    [
        "{subject.__class__}", "{0}", "{each.name!r}", "{each.__init__.__globals__}", "{params.x.y}",
        "{subject:>99999999}",
    ],
)  # fmt: skip
def test_a_placeholder_is_a_name_and_nothing_else(tmp_path: Path, text: str) -> None:
    assert "VC-RES-001.yaml:" in said(write(tmp_path / "pack", rule(message=text)))


def test_a_pattern_takes_no_more_time_than_a_text_is_long(tmp_path: Path) -> None:
    loaded = pack(tmp_path, rule(IDENTICAL, ignore=[{"path": "(a+)+$", "reason": "evil"}]))
    began = time.monotonic()
    assert not loaded.rules[0].body.ignore[0].path.search("a" * 100_000 + "!")  # type: ignore[union-attr]
    assert time.monotonic() - began < SECONDS
    assert Pattern("A+!$").search("aaa!")


@pytest.mark.parametrize("pattern", ["(", "(?=a)b", r"(a)\1", "a{100000}", "(?<n>a"])
def test_a_pattern_that_is_none(tmp_path: Path, pattern: str) -> None:
    changed: dict[str, Any] = rule(IDENTICAL, ignore=[{"path": pattern, "reason": "x"}])
    assert "is no regular expression of RE2" in said(write(tmp_path / "pack", changed))


def test_elements_have_an_end(tmp_path: Path) -> None:
    endless = "'" + "a" * 1000 + "'"
    many = cluster_rule(forEach=f"{endless}.replace('a', 'bbbbbbbbbbbbbbbbbbbb').split('')", examples={
        "pass": [{"vars": {"cluster": {"owner": "x"}}}], "fail": [{"vars": {"cluster": {"owner": None}}}],
    })  # fmt: skip
    loaded = pack(tmp_path, many)
    under = context(loaded)
    assert judge(loaded.rules[0], under) == []
    assert f"and {MOST_ELEMENTS} are the most" in under.defects[0]


def test_judging_has_an_end(tmp_path: Path) -> None:
    """What is left when the time is up is a defect: neither passed nor silent."""
    loaded = pack(tmp_path, cluster_rule(id="VC-X-001"), rule(id="VC-X-002"))
    under = context(loaded)
    under.started -= 1000
    assert [judge(each, under) for each in loaded.rules] == [[], []]
    assert [defect.partition(": ")[2] for defect in under.defects] == [
        "VC-X-001 cannot be evaluated: judging has taken longer than 120 s",
        "VC-X-002 cannot be evaluated: judging has taken longer than 120 s",
    ]


def test_no_name_reaches_a_terminal_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write(tmp_path / "pack")
    (folder / "VC-\x1b[31m.yaml").write_text("t\x1b[31m: 1\n")
    (folder / "VC-X-001.yaml").write_text('"\\e[2Jkey": 1\n')
    assert run(["rules", "lint", str(folder)]) == 3
    captured = capsys.readouterr()
    assert "\x1b" not in captured.out + captured.err
    assert "\\x1b[31m" in captured.out


def test_a_thousand_rules_load_quickly(tmp_path: Path) -> None:
    folder = write(tmp_path / "pack")
    text = yaml.safe_dump(rule(id="VC-X-0000"), sort_keys=False)
    for number in range(1000):
        (folder / f"VC-X-{number:04}.yaml").write_text(text.replace("VC-X-0000", f"VC-X-{number:04}"))
    began = time.monotonic()
    assert len(load_pack(folder).rules) == 1000
    assert time.monotonic() - began < SECONDS


def test_names_are_held_to_what_a_name_is(tmp_path: Path) -> None:
    yaml_text = yaml.safe_dump({"name": "x" * 500, "title": "t", "version": "1"})
    folder = with_file(tmp_path, yaml_text, "pack.yaml")
    assert "name: is written in small letters, digits, - and _" in said(folder)
