"""The table of what becomes of the rules' answers: written so that a person can read it, and read again by the test.

    cluster.resources[].possible_owners
      {ip_resource} | {vpxd_resource} -> missing @every: unknown RES-002 · empty|less @one: differs
      Disk Q: -> missing @every: unknown QUO-002

`{…}`: what the scenario calls so. `@one`: on the owner alone or on a standby alone; `@any`: there, and on every node.
`differs`: the nodes disagree (fail CLU-004), and all else is as if the fact were missing on every node, because nobody
knows which of them is right. `*`: all records of this field that no other line names. What
is not there changes nothing. The first scenario stands there whole; of another one, what is different from it. Ids of
rules lose their `VC-`; a long set of rules has a name, and the names stand at the end.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final, TypeAlias

from tests.mutation.judging import Effect

Fact: TypeAlias = tuple[str, tuple[str, ...]]
"""Fields and names of records."""
Change: TypeAlias = tuple[str, str]
"""How, and where."""
Effects: TypeAlias = frozenset[Effect]
Profile: TypeAlias = Mapping[Change, Effects]
Rows: TypeAlias = dict[Fact, dict[Change, Effects]]

NOTHING: Final = "nothing"
_BETWEEN: Final = " | "
_BELOW: Final = " > "
_ONLY: Final = "->"
_AND: Final = " · "
_WIDE: Final = 118
_DIFFERS: Final = frozenset({("", "differs")})
_DISAGREE: Final = frozenset({("VC-CLU-004", "fail")})
_LONG: Final = 6
"""Rules from which on a set gets a name."""
_WHERE: Final = {
    "owner standby": "one", "every owner standby": "any", "every owner": "owner,every",
    "every standby": "standby,every",
}  # fmt: skip
_ONE: Final = ("owner", "standby")
_WHERES: Final = {short: tuple(full.split()) for full, short in _WHERE.items()}


# Writing


def written(tables: Mapping[str, Rows]) -> str:
    """All scenarios as one text."""
    short = {name: {fact: _short(profile) for fact, profile in rows.items()} for name, rows in tables.items()}
    names = _Names()
    (first, base), *others = short.items()
    out = [f"== {first}", *_whole(base, names)]
    for scenario, rows in others:
        different = {fact: _different(profile, base.get(fact)) for fact, profile in rows.items()}
        told = _classes({fact: profile for fact, profile in different.items() if profile})
        out += ["", f"== {scenario}", *_blocks(told, names, rest=False)]
    return "\n".join((*out, "", "== names", *names.legend(), ""))


def _short(profile: Profile) -> dict[Change, Effects]:
    """`differs`, where no more is the matter."""
    usual = _differing(profile.get(("missing", "every"), frozenset()))
    return {
        (how, where): _DIFFERS if where in _ONE and how != "missing" and effects == usual else effects
        for (how, where), effects in profile.items()
    }


def _differing(gone: Effects) -> Effects:
    return _DISAGREE | {(rule, what) for rule, what in gone if rule != "VC-CLU-004"}


def _different(profile: Profile, base: Profile | None) -> dict[Change, Effects]:
    if base is None:
        return {change: effects for change, effects in profile.items() if effects}
    return {change: effects for change, effects in profile.items() if effects != base.get(change, frozenset())}


class _Names:
    """Of long sets of rules: by what is in them, so that a new set renames no other."""

    def __init__(self) -> None:
        self._used: dict[str, str] = {}

    def of(self, outcome: str, rules: tuple[str, ...]) -> str:
        text = " ".join(rules)
        if len(rules) < _LONG:
            return f"{outcome} {text}"
        name = "#" + hashlib.sha256(text.encode()).hexdigest()[:3]
        while self._used.setdefault(name, text) != text:
            name += "+"
        return f"{outcome} {name}"

    def legend(self) -> Iterator[str]:
        yield from (f"{name}: {text}" for name, text in sorted(self._used.items()))


def _parts(effects: Effects) -> dict[str, tuple[str, ...]]:
    """Outcome → rules."""
    out: dict[str, list[str]] = defaultdict(list)
    for rule, outcome in sorted(effects):
        out[outcome].append(rule.removeprefix("VC-"))
    return {outcome: tuple(rules) for outcome, rules in sorted(out.items())}


def _said(effects: Effects, names: _Names) -> str:
    if effects == _DIFFERS:
        return "differs"
    return "; ".join(names.of(outcome, rules) for outcome, rules in _parts(effects).items()) or NOTHING


def _whole(rows: Rows, names: _Names) -> Iterator[str]:
    """Every fact; those that change nothing together at the end."""
    loud = {fact: {change: effects for change, effects in rows[fact].items() if effects} for fact in rows}
    classes = _classes(loud)
    silent = [fields for fields, found in classes.items() if set(found) == {()}]
    yield from _blocks({fields: found for fields, found in classes.items() if fields not in silent}, names, rest=True)
    beside: dict[str, list[str]] = defaultdict(list)
    for fields in silent:
        parent, dot, name = fields.rpartition(".")
        beside[parent + dot].append(name)
    yield from ("", f"{NOTHING}:", *(f"  {parent}{','.join(found)}" for parent, found in beside.items()))


def _blocks(every: Mapping[str, _Classes], names: _Names, *, rest: bool) -> Iterator[str]:
    """Field by field; fields beside each other of which all the same is true are told once."""
    before: tuple[str, list[str], list[str]] | None = None
    for fields, classes in every.items():
        lines = list(_records(classes, names, rest=rest))
        parent, _, name = fields.rpartition(".")
        if before is not None and before[0] == parent and before[2] == lines:
            before[1].append(name)
            continue
        if before is not None:
            yield from _block(*before)
        before = (parent, [name], lines)
    if before is not None:
        yield from _block(*before)


def _block(parent: str, fields: list[str], lines: list[str]) -> Iterator[str]:
    head = f"{parent}.{','.join(fields)}".removeprefix(".")
    together = f"{head} {_ONLY} {_AND.join(line.strip() for line in lines)}"
    if all(line.startswith("    ") for line in lines) and (len(lines) == 1 or len(together) <= _WIDE):
        yield together
    else:
        yield from (head, *lines)


_Lines: TypeAlias = tuple[tuple[str, Effects], ...]
_Classes: TypeAlias = dict[_Lines, list[str]]


def _classes(rows: Rows) -> dict[str, _Classes]:
    """Field → what can become of it → the records of which all that is true."""
    out: dict[str, _Classes] = defaultdict(lambda: defaultdict(list))
    for (fields, keys), profile in rows.items():
        out[fields][_folded(profile)].append(_record(keys))
    return out


def _record(keys: tuple[str, ...]) -> str:
    return _BELOW.join(key or "(top)" for key in keys)


def _folded(profile: Profile) -> _Lines:
    """`empty|less @one` → effects."""
    by: dict[tuple[str, Effects], list[str]] = defaultdict(list)
    for (how, where), effects in profile.items():
        by[how, effects].append(where)
    lines: dict[tuple[str, Effects], list[str]] = defaultdict(list)
    for (how, effects), wheres in by.items():
        full = " ".join(sorted(wheres))
        lines[_WHERE.get(full, full), effects].append(how)
    return tuple((f"{'|'.join(hows)} @{where}", effects) for (where, effects), hows in lines.items())


def _records(classes: _Classes, names: _Names, *, rest: bool) -> Iterator[str]:
    largest = max(classes.values(), key=len) if rest else []
    for lines, records in classes.items():
        who = "*" if records is largest and len(records) > 3 else _BETWEEN.join(records)
        if not lines:
            yield f"  {who}: {NOTHING}"
            continue
        said = [f"{change}: {_said(effects, names)}" for change, effects in lines]
        together = f"  {who} {_ONLY} {_AND.join(said)}"
        if who and (len(said) == 1 or len(together) <= _WIDE):
            yield together
            continue
        if who:
            yield f"  {who}"
        yield from (f"    {one}" for one in said)


# Reading


class Table:
    """The text, taken apart."""

    def __init__(self, text: str) -> None:
        self._names: dict[str, str] = {}
        self._rows: dict[str, dict[str, dict[str, dict[str, str]]]] = {}
        """Scenario → field → records → change → what is said."""
        scenario = who = ""
        fields: tuple[str, ...] = ()
        for line in text.splitlines():
            content = line.strip()
            indent = len(line) - len(line.lstrip())
            if line.startswith("== "):
                scenario = line[3:]
                if scenario != "names":
                    self._rows[scenario] = {}
            elif scenario == "names":
                name, _, rules = content.partition(": ")
                self._names[name] = rules
            elif content and indent == 0:
                head, _, only = content.partition(f" {_ONLY} ")
                parent, dot, last = head.rpartition(".")
                fields, who = tuple(f"{parent}{dot}{one}" for one in last.split(",")), ""
                for one in only.split(_AND):
                    self._note(scenario, fields, who, one)
            elif indent == 2 and fields != (f"{NOTHING}:",):
                who, _, only = line[2:].removesuffix(f": {NOTHING}").partition(f" {_ONLY} ")
                for one in only.split(_AND):
                    self._note(scenario, fields, who, one)
            elif indent == 4:
                self._note(scenario, fields, who, content)

    @property
    def scenarios(self) -> tuple[str, ...]:
        """In the order of the text."""
        return tuple(self._rows)

    def _note(self, scenario: str, every: tuple[str, ...], who: str, line: str) -> None:
        for fields in every:
            records = self._rows[scenario].setdefault(fields, {}).setdefault(who, {})
            if line:
                change, _, said = line.partition(": ")
                records[change] = said

    def effects(self, scenario: str, fact: Fact, change: Change, first: Mapping[str, frozenset[Fact]]) -> Effects:
        """What the table says; `first`: the first scenario with all its facts."""
        told = self._told(scenario, fact, change)
        ((base, facts),) = first.items()
        if told is None and scenario != base and fact in facts:
            told = self._told(base, fact, change)
        if told == "differs":
            return _differing(self.effects(scenario, fact, ("missing", "every"), first))
        return self._read(told or NOTHING)

    def _told(self, scenario: str, fact: Fact, change: Change) -> str | None:
        found = self._rows[scenario].get(fact[0], {})
        own = next((lines for who, lines in found.items() if _record(fact[1]) in who.split(_BETWEEN)), None)
        lines = found.get("*", {}) if own is None else own
        return next((said for line, said in lines.items() if _is(line, change)), None)

    def _read(self, said: str) -> Effects:
        if said == NOTHING:
            return frozenset()
        out: set[Effect] = set()
        for part in said.split("; "):
            outcome, *rules = part.split()
            named = [rule for one in rules for rule in (self._names[one].split() if one.startswith("#") else [one])]
            out |= {(rule if rule.startswith("REC-") else f"VC-{rule}", outcome) for rule in named}
        return frozenset(out)


def _is(line: str, change: Change) -> bool:
    hows, _, where = line.rpartition(" @")
    return change[0] in hows.split("|") and change[1] in _WHERES.get(where, tuple(where.split()))
