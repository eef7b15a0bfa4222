"""What the owner accepts: a failure becomes waived, is shown with its reason, and counts in `without waivers`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from vcaudit.evaluate.placeholders import visible
from vcaudit.evaluate.rule import Pack
from vcaudit.results import Outcome, Result
from vcaudit.snapshot.model import AcceptedException


class Waiver(msgspec.Struct, frozen=True, kw_only=True):
    """A failure that is accepted."""

    rule: str
    subject: str | None
    """A result's subject, or the path of one difference; None: everything the rule finds."""
    reason: str

    def covers(self, rule: str, subject: str) -> bool:
        """Whether it is about a subject of a rule; names ignore case as Windows does."""
        return self.rule.lower() == rule.lower() and (
            self.subject is None or self.subject.casefold() == subject.casefold()
        )

    def __str__(self) -> str:
        return f"{self.rule}, {self.subject or 'whatever it finds'}: {self.reason}"


def of_inventory(exceptions: Iterable[AcceptedException]) -> tuple[Waiver, ...]:
    """The exceptions that the inventory declares."""
    return tuple(Waiver(rule=item.rule, subject=item.subject, reason=item.reason) for item in exceptions)


def unknown_rules(waivers: Iterable[Waiver], pack: Pack) -> list[str]:
    """A sentence for each waiver of a rule that the pack does not have."""
    return [f"an exception is accepted for {item.rule}, and there is no such rule in {pack.name}"
            for item in waivers if pack.rule(item.rule) is None and item.rule not in pack.elsewhere]  # fmt: skip


def accept(results: Iterable[Result], waivers: Sequence[Waiver]) -> list[Result]:
    """Turns accepted failures into waived ones; nothing else changes."""
    return [_accepted(result, waivers) if result.outcome is Outcome.FAIL else result for result in results]


def _accepted(result: Result, waivers: Sequence[Waiver]) -> Result:
    own = [item for item in waivers if item.rule.lower() == result.rule.lower()]
    whole = [item.reason for item in own if item.covers(result.rule, result.subject)]
    if whole:
        return msgspec.structs.replace(result, outcome=Outcome.WAIVED, reason="; ".join(whole))
    found = [(difference.path, _reason(own, difference.path)) for difference in result.differences]
    reasons = list(dict.fromkeys(reason for _, reason in found if reason is not None))
    if not reasons:
        return result
    if all(reason is not None for _, reason in found):
        return msgspec.structs.replace(result, outcome=Outcome.WAIVED, reason="; ".join(reasons))
    # One difference that nobody accepted keeps the failure; the others are still said to be accepted.
    notes = tuple(f"accepted: {visible(path)} ({reason})" for path, reason in found if reason is not None)
    return msgspec.structs.replace(result, evidence=(*result.evidence, *notes))


def _reason(waivers: Sequence[Waiver], path: str) -> str | None:
    return next((item.reason for item in waivers if item.covers(item.rule, path)), None)
