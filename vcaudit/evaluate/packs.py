"""Several packs put together into one before anything is judged, and what packs change in each other's rules.

Nothing here is silent: a rule that is switched off is listed as not looked at, a changed one says so in its evidence
and in the provenance, each with the reason that the pack gives. What cannot be meant (one id in two packs, a rule that
is not there, two packs that want different things) is an error with every place.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, TypeAlias

from vcaudit.errors import Problem, RuleError, UsageError
from vcaudit.evaluate import shapes
from vcaudit.evaluate.loader import NOTE
from vcaudit.evaluate.pattern import wrong_patterns
from vcaudit.evaluate.placeholders import Template
from vcaudit.evaluate.rule import Override, Pack, Rule
from vcaudit.results import NotLooked, Severity
from vcaudit.yamlfile import suggest

_HINT = "docs/packs.md says how packs go together"
MOST_ASKS: Final = 60
"""Of all packs: a node is asked for what the note is about, and for little else."""
_HELPED = 20
"""Mistakes for which the nearest right name is looked for: among thousands of rules that takes its time."""
_Wish: TypeAlias = tuple[Pack, Override]


def find(names: Sequence[str], shipped: Path) -> list[Path]:
    """Folders of the packs that are meant: the name of a shipped pack, or a path; several with commas between them.

    Raises UsageError for one that is neither.
    """
    known = sorted(head.parent.name for head in shipped.glob("*/pack.yaml"))
    hint = f"shipped: {', '.join(known)}; one of your own is given by its path: ./ours"
    folders: dict[Path, Path] = {}
    for name in (part for text in names for part in _parts(text)):
        folder = shipped / name if name in known else Path(name).expanduser()
        if name not in known and not _is_path(name):
            near = suggest(name, known) or (f" (did you mean ./{name}?)" if folder.is_dir() else "")
            raise UsageError(f"there is no rule pack {name}{near}", where="--pack", hint=hint)
        folders.setdefault(folder.resolve(), folder)
    if not folders:
        raise UsageError("no rule pack is named", where="--pack", hint=hint)
    return list(folders.values())


def _parts(text: str) -> list[str]:
    if text.strip() and Path(text).is_dir():
        return [text]
    return [part.strip() for part in text.split(",") if part.strip()]


def _is_path(name: str) -> bool:
    return name.startswith((".", "~")) or "/" in name or "\\" in name


def together(packs: Sequence[Pack], elsewhere: Collection[str] = ()) -> Pack:
    """One pack of all, their overrides done. Raises RuleError with every problem and its place.

    `elsewhere`: ids of rules in packs that this run does without; an override of one of them changes nothing here.
    """
    # The note's comes first wherever it was named: compliance is about it.
    first = min(packs, key=lambda pack: pack.name != NOTE)
    if len(packs) == 1 and not first.overrides:
        return first
    problems = list(_clashes(packs))
    if (count := sum(len(pack.asks) for pack in packs)) > MOST_ASKS:
        problems.append(Problem(_file(packs[-1]), 1, f"{count} requests in all packs, and {MOST_ASKS} are the most"))
    rules = {rule.id: rule for pack in packs for rule in pack.rules}
    wishes = _wishes(packs, rules, elsewhere, problems)
    changed, off = _overridden(wishes, rules, problems)
    if problems:
        raise RuleError(sorted(set(problems)), hint=_HINT)
    return replace(
        first,
        name=", ".join(pack.name for pack in packs),
        sha256=_digest(packs),
        rules=tuple(rule for name, rule in changed.items() if name not in off),
        not_looked=(*(each for pack in packs for each in pack.not_looked), *_not_looked(changed[name] for name in off)),
        collect=tuple(each for pack in packs for each in pack.collect),
        overrides=(),
        switched_off=tuple(changed[name] for name in off),
        idle=tuple(f"{wish.rule} is not judged here, which pack {pack.name} overrides: {wish.reason}"
                   for pack in packs for wish in pack.overrides if wish.rule not in rules),
        parts=tuple(head for pack in (first, *(p for p in packs if p is not first)) for head in pack.heads),
    )


def _digest(packs: Sequence[Pack]) -> str:
    if len(packs) == 1:
        return packs[0].sha256
    return hashlib.sha256("".join(f"{pack.name} {pack.sha256}\n" for pack in packs).encode()).hexdigest()


def _clashes(packs: Sequence[Pack]) -> Iterator[Problem]:
    """Packs of one name, and rules of one id: which of them is meant cannot be told."""
    folders: dict[str, str] = {}
    files: dict[str, str] = {}
    for pack in packs:
        if pack.name in folders:
            yield Problem(_file(pack), 1, f"name: {folders[pack.name]} is a pack {pack.name}, too")
        folders.setdefault(pack.name, pack.folder)
        for rule in pack.rules:
            if rule.id in files:
                yield Problem(rule.file, rule.lines.get("id", 1), f"{rule.id} is also in {files[rule.id]}")
            files.setdefault(rule.id, rule.file)


def _file(pack: Pack) -> str:
    return str(Path(pack.folder) / "pack.yaml")


def wrong_overrides(pack: Pack, others: Sequence[Pack]) -> list[Problem]:
    """What is wrong with the overrides of a pack, held against its own rules and those of all the others."""
    problems: list[Problem] = []
    packs = (pack, *(each for each in others if each.name != pack.name))
    rules = {rule.id: rule for each in reversed(packs) for rule in each.rules}
    wishes = _wishes((pack,), rules, (), problems, [each.name for each in packs])
    _overridden(wishes, rules, problems)
    return sorted(set(problems))


def _wishes(
    packs: Sequence[Pack], rules: dict[str, Rule], elsewhere: Collection[str], problems: list[Problem],
    names: Sequence[str] = (),
) -> dict[str, list[_Wish]]:  # fmt: skip
    """What is wanted of each rule; notes those that are in none of the packs (`names`) and not `elsewhere` either."""
    names = names or [pack.name for pack in packs]
    wishes: dict[str, list[_Wish]] = {}
    for pack in packs:
        for override in pack.overrides:
            if override.rule in rules:
                wishes.setdefault(override.rule, []).append((pack, override))
            elif override.rule not in elsewhere:
                known = (*rules, *elsewhere) if len(problems) < _HELPED else ()
                problems.append(_at(pack, override, "rule", _no_rule(override.rule, names, known)))
    return wishes


def _overridden(
    wishes: dict[str, list[_Wish]], rules: dict[str, Rule], problems: list[Problem]
) -> tuple[dict[str, Rule], list[str]]:
    """All rules as the overrides leave them, and the ids of those that are switched off."""
    out = dict(rules)
    for name, own in wishes.items():
        problems += _conflicts(own)
        for pack, override in own:
            wrong = list(_senseless(override, rules[name]))
            problems += [_at(pack, override, key, message) for key, message in wrong]
            if not wrong:
                out[name] = _changed(out[name], pack, override)
    return out, [name for name, own in wishes.items() if any(override.off for _, override in own)]


def _at(pack: Pack, override: Override, key: str, message: str) -> Problem:
    return Problem(_file(pack), override.lines.get(key, override.lines.get("rule", 1)), message)


def _no_rule(name: str, names: Sequence[str], rules: Iterable[str]) -> str:
    near = suggest(name, rules)
    if NOTE not in names:
        near += f"; those of the note are there with --pack {NOTE}"
    return f"overrides: there is no rule {name} in {', '.join(names)}{near}"


def _conflicts(wishes: Sequence[_Wish]) -> Iterator[Problem]:
    """Two overrides of one rule that want different things."""
    said: dict[str, tuple[object, str]] = {}
    for pack, override in wishes:
        wants: dict[str, object] = {f"params.{name}": value for name, value in override.params.items()}
        wants |= {"severity": override.severity} if override.severity else {}
        wants |= {"off": True} if override.off else {}
        place = f"{_file(pack)}:{override.lines.get('rule', 1)}"
        for what, value in wants.items():
            before = said.get(what)
            if before is not None and before[0] != value:
                yield _at(pack, override, what.partition(".")[0], f"overrides {what} of {override.rule}, "
                          f"and {before[1]} overrides it in another way")  # fmt: skip
            said.setdefault(what, (value, place))
        if "off" in said and len(said) > 1:
            other = next(place for what, (_, place) in said.items() if (what == "off") is not override.off)
            yield _at(pack, override, "rule", f"{override.rule} is switched off and changed: see {other}")


def _senseless(override: Override, rule: Rule) -> Iterator[tuple[str, str]]:
    """What this rule cannot take: key and why."""
    if override.severity is not None and Severity.INFO in (override.severity, rule.severity):
        what = "becomes info" if override.severity is Severity.INFO else "of severity info becomes another"
        yield "severity", f"overrides: no rule {what}; what should not fail is switched off (off: true)"
    for name, value in override.params.items():
        if name not in rule.params:
            known = ", ".join(rule.params) or "none"
            near = suggest(name, rule.params)
            yield "params", f"overrides: {rule.id} has no parameter {name}{near}; it has: {known}"
        elif not shapes.fits(value, rule.params[name]):
            yield "params", f"overrides: {name} of {rule.id} must be {shapes.of_value(rule.params[name])}"
        elif _below_zero(value, rule.params[name]):
            yield "params", f"overrides: {name} of {rule.id} is below zero; its default is {rule.params[name]}"
        else:
            given = {name: value}
            wrong = dict.fromkeys(why for one in rule.expressions for why in wrong_patterns(one.tree, given))
            yield from (("params", f"overrides: {rule.id}: {why}") for why in wrong)


def _below_zero(value: object, default: object) -> bool:
    """No limit, age or count that is positive by default makes sense there."""
    return isinstance(value, int | float) and isinstance(default, int | float) and value < 0 < default


def _changed(rule: Rule, pack: Pack, override: Override) -> Rule:
    said = list(_said(rule, override))
    lines = tuple(f"{text} by pack {pack.name}: {override.reason}" for text in said)
    severity = override.severity or rule.severity
    return replace(
        rule, severity=severity, params={**rule.params, **override.params}, overridden=(*rule.overridden, *lines),
        evidence=(*rule.evidence, *(Template((f"{rule.id} {line}",)) for line in lines)),
    )  # fmt: skip


def _said(rule: Rule, override: Override) -> Iterator[str]:
    if override.off:
        yield "switched off"
    if override.severity is not None and override.severity is not rule.severity:
        yield f"severity {override.severity} instead of {rule.severity}, set"
    for name, value in override.params.items():
        yield f"{name} {_plain(value)} instead of {_plain(rule.params.get(name))}, set"


def _plain(value: object) -> str:
    return "[" + ", ".join(map(str, value)) + "]" if isinstance(value, tuple) else str(value)


def _not_looked(rules: Iterable[Rule]) -> Iterator[NotLooked]:
    """One entry for each requirement of a rule that is switched off."""
    for rule in rules:
        for requirement in rule.requirements or (None,):
            yield NotLooked(requirement=requirement, what=f"{rule.title} ({rule.id})",
                            reason="; ".join(rule.overridden), rule=rule.id)  # fmt: skip
