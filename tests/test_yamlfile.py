"""The shared YAML reader: values, lines, and every way YAML misleads the one who writes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from vcaudit.errors import InventoryError
from vcaudit.yamlfile import SIZE_LIMIT, load, suggest


def messages(text: str | bytes, **options: bool) -> list[str]:
    return [str(problem) for problem in load("f.yaml", text, **options).problems]


def test_values_are_plain_python() -> None:
    document = load("f.yaml", "a: 1\nb: [x, 2.5, true, null, ~]\nc: {d: '1', e: 0x10}\nf: |\n  two\n  lines\ng:\n")
    assert document.problems == []
    assert document.value == {
        "a": 1, "b": ["x", 2.5, True, None, None], "c": {"d": "1", "e": 16}, "f": "two\nlines\n", "g": None,
    }  # fmt: skip


def test_lines_are_known_for_every_path() -> None:
    document = load("f.yaml", "# comment\na:\n  b: 1\n  c:\n  - x\n  - y\nd: |\n\n  text\n")
    assert [document.line(p) for p in ((), ("a",), ("a", "b"), ("a", "c", 1), ("d",))] == [2, 2, 3, 6, 7]
    assert document.value_line(("a", "c")) == 5
    assert document.line(("a", "b", "not", "there")) == 3


SURPRISES = ("no", "Yes", "on", "OFF", "22:30", "010", "1_000", "0b11", "1:2.5", ".inf", ".nan", "2007-06-19", "9" * 99)


@pytest.mark.parametrize("text", SURPRISES)
def test_yaml_surprises_are_mistakes(text: str) -> None:
    (message,) = messages(f"a: 1\nb: {text}\n")
    assert message.startswith(f"f.yaml:2: `{text[:40]}` is not what it looks like")
    assert "in quotes" in message
    assert messages(f"b: '{text}'") == []


def test_what_may_be_a_password_is_not_repeated() -> None:
    assert messages("password: 22:30") == ["f.yaml:1: the value " + messages("x: 22:30")[0].partition("` ")[2]]


@pytest.mark.parametrize("text", ["no", "22:30", "010", "2007-06-19T10:00:00Z", "1_000"])
def test_lenient_files_keep_the_text_that_was_written(text: str) -> None:
    document = load("f.yaml", f"b: {text}", lenient=True)
    assert (document.value, document.problems) == ({"b": text}, [])


def test_keys_are_the_text_that_was_written() -> None:
    assert load("f.yaml", "1: dsn\n010: x\nno: y\n").value == {"1": "dsn", "010": "x", "no": "y"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\nb: 2\na: 3\n", "f.yaml:3: a is given twice (first in line 1)"),
        ("a: 1\n---\nb: 2\n", "f.yaml:2: a second YAML document begins here"),
        ("a: !!python/object:os.system x\n", "f.yaml:1: the tag tag:yaml.org,2002:python/object:os.system is not read"),
        ("a: !secret x\n", "f.yaml:1: the tag !secret is not read here"),
        ("a: !!int '5'\n", "f.yaml:1: the tag tag:yaml.org,2002:int is not read here"),
        ("a: !!set {b}\n", "f.yaml:1: the tag tag:yaml.org,2002:set is not read here"),
        ("a: &x {c: 1}\nb:\n  <<: *x\n", "f.yaml:3: merge keys"),
        ("? [a]\n: b\n", "f.yaml:1: a key must be plain text"),
        ("a: [1,\n", "f.yaml:2: is not YAML: did not find expected node content"),
        ("a: 1\n\tb: 2\n", "f.yaml:2: is not YAML"),
        ("a: *nothing\n", "f.yaml:1: is not YAML: found undefined alias"),
        ("ä: 1\nb: \x01\n", "f.yaml:2: is not YAML: holds a control character"),
        ("a: \ud800\n", "f.yaml: holds characters that are not text"),
        (b"a: 1\nb: \xe4\n", "f.yaml:2: is not UTF-8 text"),
        (b"a" * (SIZE_LIMIT + 1), "f.yaml: is larger than 8 MB"),
        ("[" * 100_000, "f.yaml:1: is nested deeper than 100 levels"),
        ("- " * 100_000, "f.yaml:1: is nested deeper than 100 levels"),
        ("".join(" " * level + "a:\n" for level in range(300)), "f.yaml:101: is nested deeper than 100 levels"),
        ("&a [*a]\n", "f.yaml:1: grows without end"),
        ("a: &a [1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\n"
         "d: &d [*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d]\nf: [*e,*e,*e,*e,*e,*e,*e,*e]\n",
         "f.yaml:1: grows without end: aliases"),
    ],
)  # fmt: skip
def test_mistakes_are_named_with_their_line(text: str | bytes, said: str) -> None:
    assert any(message.startswith(said) for message in messages(text)), messages(text)


def test_many_brackets_are_fine_when_they_do_not_nest() -> None:
    document = load("f.yaml", "a:\n" + "- {b: [c]}\n" * 2000)
    assert document.problems == []
    assert isinstance(document.value, dict)
    assert len(document.value["a"]) == 2000  # type: ignore[arg-type]


def test_a_moderate_alias_is_written_out() -> None:
    assert load("f.yaml", "a: &x [1]\nb: *x\n").value == {"a": [1], "b": [1]}


def test_all_mistakes_come_at_once_in_the_order_of_the_lines() -> None:
    document = load("f.yaml", "a: no\nb: 010\na: 2\n")
    document.add(("b",), "is too odd")
    with pytest.raises(InventoryError) as caught:
        document.raise_if_any(InventoryError, hint="see docs")
    assert [problem.line for problem in caught.value.problems] == [1, 2, 2, 3]
    assert str(caught.value).endswith("see docs")


def test_windows_editors_and_missing_files(tmp_path: Path) -> None:
    for encoding in ("utf-8-sig", "utf-16"):
        file = tmp_path / encoding
        file.write_bytes("a: ä\r\nb: 1\r\n".encode(encoding))
        assert load(file).value == {"a": "ä", "b": 1}
    (problem,) = load(tmp_path / "no").problems
    assert str(problem) == f"{tmp_path / 'no'}: cannot be read: No such file or directory"
    assert "Is a directory" in load(tmp_path).problems[0].message
    assert load("f.yaml", "").value is None


def test_suggestions() -> None:
    assert suggest("Adress", ["address", "port"]) == " (did you mean address?)"
    assert suggest("zzz", ["address"]) == ""
    assert suggest("vcnode3", ["VCNODE1", "Other"]) == " (did you mean VCNODE1?)"
