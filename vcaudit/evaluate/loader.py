"""A folder of rule files → Pack, or every problem of every file.

The folder of a pack holds `pack.yaml` and one file a rule; a rule's id is its file's name. See docs/rules.md.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from vcaudit.errors import Problem, RuleError
from vcaudit.evaluate.collect import read_collect
from vcaudit.evaluate.overrides import read_override
from vcaudit.evaluate.packfiles import PackFiles, read_folder
from vcaudit.evaluate.reader import Reader, read_document
from vcaudit.evaluate.rule import Pack, Rule, Versions
from vcaudit.evaluate.rulefile import DOCUMENT, ROLES, About, load_rule
from vcaudit.results import NotLooked
from vcaudit.yamlfile import Document

_PACK = ("name", "title", "version", "versions", "roles", "notLooked", "overrides", "collect", "document")
NOTE = "tn019"
"""The pack of the tech note."""
MOST_PROBLEMS = 500
"""Of a whole pack."""
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}\Z")
_VERSION = re.compile(r"(\d{1,3})\.(\d{1,3})(?:\.(\d{1,3}))?\Z")


def load_pack(folder: Path) -> Pack:
    """Reads a folder of rules; raises RuleError with the problems of all its files."""
    # A folder that was never meant to be a pack is not read: all that is odd about its files would bury the reason.
    found = read_folder(folder) if os.path.lexists(folder / "pack.yaml") or not os.path.isdir(folder) else None
    if found is None or found.head is None:
        raise _headless(folder, found)
    document = read_document(found.head.path, found.head.content)
    if not isinstance(document.value, dict):
        Reader(document, document.value, what="pack.yaml")
        raise _error([*found.problems, *document.problems])
    head = Reader(document, document.value, what="pack.yaml")
    collect = read_collect(head, head.text("name"))
    rules, problems = _rules(found, folder, About(_document(head), collect.shape if collect else None), document)
    pack = _pack(head, folder, tuple(rules[name] for name in sorted(rules)))
    pack = replace(pack, sha256=found.sha256, collect=(collect,) if collect else ())
    problems += (*found.problems, *document.problems)
    if not (problems or pack.rules or pack.overrides or pack.not_looked or pack.collect):
        problems.append(Problem(str(found.head.path), 1, "the pack holds nothing: neither rules nor overrides"))
    if problems:
        raise _error(problems)
    return pack


def _error(problems: Iterable[Problem]) -> RuleError:
    return RuleError(sorted(set(problems)), hint="docs/rules.md says how rules are written")


def _headless(folder: Path, found: PackFiles | None) -> RuleError:
    """Of a folder without a pack.yaml, or with one that cannot be read."""
    problems = found.problems if found else ()
    if any(problem.file == str(folder / "pack.yaml") for problem in problems):
        return _error(problems)
    why = Problem(str(folder), 0, "is no rule pack: it has no pack.yaml")
    hint = "name a folder that holds pack.yaml and one .yaml file for each rule"
    return RuleError([*problems, why], hint=hint)


def _rules(
    found: PackFiles, folder: Path, about: About, head: Document
) -> tuple[dict[str, Rule], list[Problem]]:
    """The rules that are right, and what is wrong with the others."""
    rules: dict[str, Rule] = {}
    problems: list[Problem] = []
    # Where pack.yaml is wrong, `extra` may be what it is not meant to be: rules that see it are not to blame.
    for file, content in (each for each in found.rules if not head.problems or b"extra" not in each.content):
        rule, wrong = load_rule(file, content, about)
        problems += wrong
        if rule is not None and rule.id in rules:
            problems.append(Problem(str(file), rule.lines["id"], f"{rule.id} is also in {rules[rule.id].file}"))
        elif rule is not None:
            rules[rule.id] = rule
        if len(problems) > MOST_PROBLEMS:
            problems.append(Problem(str(folder), 0, f"has more problems than {MOST_PROBLEMS}: reading stopped here"))
            break
    return rules, problems


def _document(head: Reader) -> str:
    """What its rules cite: the note for the note's own pack, the pack itself where nothing else is said."""
    note = "" if head.text("name") != NOTE else DOCUMENT
    return head.text("document") or note or head.text("title") or DOCUMENT


def _pack(reader: Reader, folder: Path, rules: tuple[Rule, ...]) -> Pack:
    reader.keys(_PACK)
    name = reader.text("name", required=True)
    if name and not _NAME.match(name):
        reader.problem("name", "is written in small letters, digits, - and _, 40 at most")
    return Pack(
        name=name,
        title=reader.text("title", required=True),
        version=reader.text("version", required=True),
        sha256="",
        rules=tuple(replace(rule, pack=name) for rule in rules),
        not_looked=tuple(map(_not_looked, reader.items("notLooked"))),
        roles=_roles(reader),
        versions=_versions(reader),
        folder=str(folder),
        overrides=tuple(map(read_override, reader.items("overrides"))),
    )


def _not_looked(entry: Reader) -> NotLooked:
    entry.keys(("requirement", "what", "reason"))
    what, reason = entry.text("what", required=True), entry.text("reason", required=True)
    return NotLooked(requirement=entry.text("requirement") or None, what=what, reason=reason)


def _roles(reader: Reader) -> tuple[str, ...]:
    given = reader.texts("roles")
    reader.choices("roles", ROLES)
    return (*given, *(role for role in ROLES if role not in given))


def _versions(reader: Reader) -> Versions | None:
    inner = reader.inner("versions")
    if inner is None:
        return None
    inner.keys(("from", "below"))
    first, end = inner.text("from", required=True), inner.text("below", required=True)
    for key, text in (("from", first), ("below", end)):
        if text and not _VERSION.match(text):
            inner.problem(key, 'must be a version in quotes: "2.0.1"')
    return Versions(release(first), release(end), f"from {first} up to, and without, {end}")


def release(text: str) -> int:
    """2.0.1 as 2000001; 0 for what is no version."""
    match = _VERSION.match(text)
    major, minor, patch = (int(part or 0) for part in match.groups()) if match else (0, 0, 0)
    return major * 10**6 + minor * 10**3 + patch
