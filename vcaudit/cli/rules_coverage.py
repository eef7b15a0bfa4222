"""`vcaudit rules coverage`: every requirement, the rules that answer it, and what in the lab proves that they do.

A rule is proved by a fault that makes it fail; one that never fails, by a fault with which it shows something else.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import click

from vcaudit.cli.packs import loaded

if TYPE_CHECKING:
    from vcaudit.evaluate.rule import Pack, Rule
    from vcaudit.lab.faults import Fault

NOT_WHOLE = 3
_WIDTH = 110


@dataclass(frozen=True)
class Proof:
    """One rule, and the faults of the lab that show what it is worth."""

    rule: str
    pack: str
    severity: str
    title: str
    how: str
    """fails, shows, refused; empty: nothing proves it."""
    faults: tuple[str, ...]
    why: str = ""
    """Why no fault can."""


@dataclass(frozen=True)
class Requirement:
    """One id of the catalogue."""

    id: str
    title: str
    rules: tuple[Proof, ...]
    reason: str = ""
    """Why no rule answers it."""

    @property
    def covered(self) -> bool:
        """Rules answer it, and each of them is proved; or there is a reason."""
        return all(proof.how for proof in self.rules) if self.rules else bool(self.reason)


@dataclass(frozen=True)
class Coverage:
    """Of the shipped packs."""

    requirements: tuple[Requirement, ...]
    beyond: tuple[Proof, ...]
    """Rules that answer no requirement of the note."""
    manual: tuple[tuple[str, str], ...]
    """What is left to people, and why."""

    @property
    def proofs(self) -> tuple[Proof, ...]:
        """Of all rules, each once."""
        every = [*(proof for each in self.requirements for proof in each.rules), *self.beyond]
        return tuple({proof.rule: proof for proof in every}.values())

    @property
    def percent(self) -> int:
        """Requirements that are covered, rounded down: 100 is all of them."""
        return 100 * sum(each.covered for each in self.requirements) // len(self.requirements)

    @property
    def whole(self) -> bool:
        """Nothing is left unproved, in any pack."""
        return self.percent == 100 and all(proof.how for proof in self.proofs)


def coverage(packs: Sequence[Pack], faults: Iterable[Fault]) -> Coverage:
    """What is covered by which rule, and what proves it."""
    from vcaudit.evaluate.catalogue import REQUIREMENTS, VIEWS

    known = [fault for fault in faults if fault.kind == "model"]
    proofs = [(rule, _proof(rule, pack, known)) for pack in packs for rule in pack.rules]
    requirements = tuple(
        Requirement(id=name, title=title, rules=tuple(proof for rule, proof in proofs if name in rule.requirements),
                    reason=VIEWS.get(name, "") or _left(packs, name))
        for name, title in REQUIREMENTS.items()
    )  # fmt: skip
    manual = tuple((each.what, each.reason) for pack in packs for each in pack.not_looked)
    return Coverage(requirements, tuple(proof for rule, proof in proofs if not rule.requirements), manual)


def _left(packs: Sequence[Pack], requirement: str) -> str:
    """Why a pack leaves a requirement to people."""
    return next((each.reason for pack in packs for each in pack.not_looked if each.requirement == requirement), "")


def _proof(rule: Rule, pack: Pack, faults: Sequence[Fault]) -> Proof:
    from vcaudit.evaluate.catalogue import REFUSED

    fails = tuple(fault.name for fault in faults if rule.id in (*fault.rules, *fault.drift))
    shows = tuple(fault.name for fault in faults if rule.id in fault.shows)
    why = REFUSED.get(rule.id, "")
    how = "fails" if fails else "shows" if shows and not rule.scored else "refused" if why else ""
    return Proof(rule.id, pack.name, rule.severity.value, rule.title, how, fails or shows, why)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For programs: JSON on stdout.")
def coverage_(as_json: bool) -> int:
    """Show what answers each requirement of the note: rules, and the faults of the lab that prove them.

    Of the shipped packs; what is left to people stands at the end. Exit 3 when anything is not covered.
    """
    from vcaudit.lab.faults import load_faults

    found = coverage(loaded(()), load_faults().values())
    click.echo(json.dumps(as_document(found), indent=2, ensure_ascii=False) if as_json else "\n".join(as_text(found)))
    return 0 if found.whole else NOT_WHOLE


def as_document(found: Coverage) -> Mapping[str, object]:
    """For programs."""
    return {
        "requirements": [{**asdict(each), "covered": each.covered} for each in found.requirements],
        "beyond": [asdict(proof) for proof in found.beyond],
        "manual": [{"what": what, "reason": reason} for what, reason in found.manual],
        "summary": {
            "requirements": len(found.requirements),
            "covered": sum(each.covered for each in found.requirements),
            "percent": found.percent,
            "rules": len(found.proofs),
            "proved": sum(bool(proof.how) for proof in found.proofs),
        },
    }


def as_text(found: Coverage) -> Iterator[str]:
    """For people."""
    for each in found.requirements:
        yield f"{each.id:<4} {each.title}"
        if not each.rules:
            yield from _wrapped(each.reason or "nothing answers it")
        for proof in each.rules:
            yield from _row(proof)
    if found.beyond:
        yield "\nbeyond the note"
        for proof in found.beyond:
            yield from _row(proof)
    yield "\nleft to people"
    for what, reason in found.manual:
        yield from _wrapped(f"{what}: {reason}")
    yield f"\n{summary(found)}"


def summary(found: Coverage) -> str:
    """`47 of 47 requirements are covered: 100 %; …`"""
    covered, proved = sum(each.covered for each in found.requirements), sum(bool(one.how) for one in found.proofs)
    open_ = [one.rule for one in found.proofs if not one.how]
    unproved = f" (not: {', '.join(open_)})" if open_ else ""
    return (
        f"{covered} of {len(found.requirements)} requirements are covered: {found.percent} %; "
        f"{proved} of {len(found.proofs)} rules are proved{unproved}"
    )


def _row(proof: Proof) -> Iterator[str]:
    what = ", ".join(proof.faults) or proof.why or "nothing proves it"
    head = f"     {proof.rule:<12} {proof.severity:<8} {'shows: ' if proof.how == 'shows' else ''}"
    yield from textwrap.wrap(what, _WIDTH, initial_indent=head, subsequent_indent=" " * 27, break_on_hyphens=False)


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent="     ", subsequent_indent="     ")


# The page in docs/rules


def page(found: Coverage) -> str:
    """The same for the documentation, with links to the rules."""
    lines = [
        "# What covers the note\n",
        "Written by `make docs`; `vcaudit rules coverage` prints it. A rule is proved by faults of the [lab]"
        "(../lab-format.md) that make it\nfail; one that never fails, by those with which it shows something else.\n",
        f"**{summary(found)}.**\n",
        "| | requirement | rule | proved by |\n|---|---|---|---|",
    ]
    for each in found.requirements:
        head = f"| {each.id} | {each.title} |"
        if not each.rules:
            lines.append(f"{head} | {each.reason} |")
        for proof in each.rules:
            lines.append(f"{head} {_cells(proof)} |")
            head = "| | |"
    lines += ["\n## Beyond the note\n", "| rule | proved by |\n|---|---|"]
    lines += [f"| {_cells(proof)} |" for proof in found.beyond]
    lines += ["\n## Left to people\n", *(f"- {what}: {reason}" for what, reason in found.manual)]
    return "\n".join(lines) + "\n"


def _cells(proof: Proof) -> str:
    faults = ", ".join(f"`{name}`" for name in proof.faults)
    shown = "shows something else with " if proof.how == "shows" else ""
    return f"[{proof.rule}]({proof.rule}.md) | {shown}{faults or proof.why}"
