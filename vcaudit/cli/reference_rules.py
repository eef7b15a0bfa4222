"""docs/rules/: a page for every shipped rule, from the rules themselves; `python -m vcaudit.cli.reference_rules docs`.

A page stands for a reader who has a finding in hand: what it means, how it is checked, what mends it. A test holds all
pages to the rules.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from vcaudit import yamlfile
from vcaudit.cli.reference_facts import facts
from vcaudit.cli.rules_coverage import coverage, page
from vcaudit.evaluate.catalogue import REQUIREMENTS
from vcaudit.evaluate.loader import load_pack
from vcaudit.evaluate.rule import Advice, Identical, Judgement, Pack, Rule, Unchanged
from vcaudit.lab.faults import Fault, load_faults
from vcaudit.output import write_file
from vcaudit.resources import rules_dir

_HEAD = """# The rules

Written from the rules by `make docs`, a page each. [Writing a rule](../rules.md), [packs](../packs.md),
[what a rule can see](../facts.md), [what covers the note](coverage.md).
"""
_USUAL = "quorum-disk-2003"


def pages() -> dict[str, str]:
    """File name → content, of the index and of every rule."""
    packs = [load_pack(head.parent) for head in sorted(rules_dir().glob("*/pack.yaml"))]
    faults = load_faults().values()
    broken_by = _broken_by(faults)
    out = {"README.md": _index(packs), "coverage.md": page(coverage(packs, faults))}
    for pack in packs:
        for rule in pack.rules:
            text = "\n".join(_page(pack, rule, broken_by.get(rule.id, ())))
            out[f"{rule.id}.md"] = re.sub(r"\n{3,}", "\n\n", text).rstrip() + "\n"
    return out


def _broken_by(faults: Any) -> Mapping[str, Sequence[Fault]]:
    out: dict[str, list[Fault]] = {}
    for fault in faults:
        # Of a transport fault, these are the rules that become unknown.
        for rule in fault.rules if fault.kind == "model" else ():
            out.setdefault(rule, []).append(fault)
    return out


def _index(packs: Sequence[Pack]) -> str:
    lines = [_HEAD]
    for pack in packs:
        lines += [f"## {pack.name}: {_plain(pack.title)}\n"]
        lines += ["| rule | severity | requirements | title |", "|---|---|---|---|"]
        lines += [f"| [{rule.id}]({rule.id}.md) | {rule.severity} | {', '.join(rule.requirements)} | "
                  f"{_plain(rule.title)} |" for rule in pack.rules]  # fmt: skip
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _page(pack: Pack, rule: Rule, faults: Sequence[Fault]) -> Iterator[str]:
    yield f"# {rule.id}: {_plain(rule.title)}\n"
    yield from _facts(pack, rule)
    if rule.impact:
        yield "\n## Why it matters\n"
        yield _sentence(str(rule.impact))
    yield "\n## How it is checked\n"
    yield from _checked(rule)
    if rule.remediation is not None:
        yield "\n## What to do\n"
        for case in rule.remediation.cases:
            yield f"Where `{case.when.text}`:\n"
            yield from _advice(case.advice)
        yield from ["Otherwise:\n"] if rule.remediation.cases else []
        yield from _advice(rule.remediation)
    if rule.examples:
        yield "\n## Examples\n"
        yield "Each is laid over a complete model; only what matters is said.\n"
        yield from _examples(rule)
    if faults:
        yield "\n## What breaks it\n"
        yield "In the [lab](../lab-format.md), each of these makes it fail:\n"
        yield from (f"- `{fault.name}`: {_plain(fault.title.replace('${target}', 'the node'))}" for fault in faults)
        yield "\n" + _try(faults[0], pack)


def _advice(advice: Advice) -> Iterator[str]:
    yield _plain(str(advice.text)) + "\n"
    for command in (advice.cluster_exe, advice.powershell):
        if command is not None:
            yield f"```text\n{command}\n```\n"


def _try(fault: Fault, pack: Pack) -> str:
    option = f" --pack {pack.name}" if pack.name != "tn019" else ""
    scenario = _USUAL if _USUAL in fault.scenarios else fault.scenarios[0]
    return f"```sh\nvcaudit lab run {scenario} --fault {fault.name} -- vcaudit scan{option}\n```"


def _facts(pack: Pack, rule: Rule) -> Iterator[str]:
    source = rule.source
    rows = [
        ("severity", str(rule.severity)),
        ("asked for by", f"{source.document}, {source.section}" + (f", {source.table}" if source.table else "")),
        ("requirements", "; ".join(f"{name}: {REQUIREMENTS[name]}" for name in rule.requirements)),
        ("pack", f"{pack.name} {pack.version}"),
        ("keeps from starting", ", ".join(sorted(rule.blocks))),
        ("makes worse", ", ".join(sorted(rule.degrades))),
        ("versions", "only those the pack is about" if rule.version_bound else ""),
    ]
    yield "| | |\n|---|---|"
    yield from (f"| {name} | {_plain(text)} |" for name, text in rows if text)


def _checked(rule: Rule) -> Iterator[str]:
    body = rule.body
    if isinstance(body, Judgement):
        if body.for_each is not None:
            yield f"- for each of `{_code(body.for_each.text)}`"
        if rule.when is not None:
            yield f"- applies when `{_code(rule.when.text)}`"
        if body.asks is not None:
            yield f"- not asked when `{_code(body.asks.when.text)}`: {_plain(str(body.asks.give))}"
        yield f"- passes when `{_code(body.expression.text)}`"
        if body.observed is not None:
            yield f"- shows `{_code(body.observed.text)}`"
        if body.expected is not None:
            yield f"- requires `{_code(body.expected.text)}`"
    else:
        yield from _comparison(rule, body)
    if rule.message is not None:
        yield f"- says of a failure: {_plain(str(rule.message))}"
    yield from (f"- parameter `{name}`, by default `{_value(value)}`" for name, value in rule.params.items())
    yield from (f"- seen in: {_plain(str(each))}" for each in rule.evidence)


def _comparison(rule: Rule, body: Identical) -> Iterator[str]:
    against = "with the approved snapshot" if isinstance(body, Unchanged) else "with the node that holds the group"
    place = "#what-kind-unchanged-compares" if isinstance(body, Unchanged) else "#what-kind-identical-compares"
    if rule.when is not None:
        yield f"- applies when `{_code(rule.when.text)}`"
    yield f"- compares [`{body.path}`](../facts.md{place}) {against}"
    yield from (f"- leaves out `{_code(item.path.pattern)}`: {_plain(item.reason)}" for item in body.ignore)


def _examples(rule: Rule) -> Iterator[str]:
    for outcome in ("pass", "fail"):
        given: list[dict[str, Any]] = [
            {**({"each": each.each} if each.has_each else {}), **({"vars": dict(each.vars)} if each.vars else {})}
            for each in rule.examples if each.outcome == outcome
        ]  # fmt: skip
        if given:
            yield f"```yaml\n{yamlfile.dump({outcome: given})}```\n"


def _value(value: object) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(value) + "]"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _sentence(text: str) -> str:
    return _plain(text[:1].upper() + text[1:].rstrip(".") + ".") + "\n"


def _code(text: str) -> str:
    return " ".join(text.split())


def _plain(text: str) -> str:
    """Text for Markdown: nothing in it becomes markup."""
    return re.sub(r"([<|*_\[\]`])", r"\\\1", " ".join(text.split()))


def write(folder: Path) -> None:
    """docs/facts.md and docs/rules/, and takes away pages of rules that are gone."""
    wanted = pages()
    (folder / "rules").mkdir(exist_ok=True)
    for old in (folder / "rules").glob("*.md"):
        if old.name not in wanted:
            old.unlink()
    for name, text in wanted.items():
        write_file(folder / "rules" / name, text.encode())
    write_file(folder / "facts.md", facts().encode())


if __name__ == "__main__":
    write(Path(sys.argv[1]))
