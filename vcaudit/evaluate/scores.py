"""Compliance by requirement, and the counts of results (requirements, top)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from vcaudit.evaluate.rule import PackHead
from vcaudit.results import Compliance, Outcome, PackScore, Result, Severity, Summary

_UNDECIDED = (Outcome.UNKNOWN, Outcome.NOT_ASKED)


def compliance(results: Iterable[Result]) -> Compliance:
    """Unweighted, each requirement once; info is never scored, and what is not applicable anywhere is left out.

    A rule that answers to no requirement counts by its own id.
    """
    outcomes: dict[str, set[Outcome]] = {}
    for result in results:
        if result.severity is not Severity.INFO and result.outcome is not Outcome.NOT_APPLICABLE:
            for requirement in result.requirements or (result.rule,):
                outcomes.setdefault(requirement, set()).add(result.outcome)
    failed = {name for name, found in outcomes.items() if Outcome.FAIL in found}
    waived = {name for name, found in outcomes.items() if Outcome.WAIVED in found}
    undecided = {name for name, found in outcomes.items() if found & set(_UNDECIDED)} - failed
    applicable = len(outcomes)

    def share(without: int) -> float:
        # Nothing applicable: nothing failed, and nothing was shown either.
        return (applicable - without) / applicable if applicable else 0.0

    return Compliance(
        lower=share(len(failed | undecided)),
        upper=share(len(failed)) if applicable else 1.0,
        without_waivers=share(len(failed | waived)) if applicable else 1.0,
        lower_without_waivers=share(len(failed | undecided | waived)),
        applicable=applicable,
        failed=len(failed),
        undecided=len(undecided),
    )


def of_packs(results: Sequence[Result], heads: Iterable[PackHead]) -> tuple[PackScore, ...]:
    """A score for each pack, of its own rules only."""
    return tuple(
        PackScore(pack=head.name, title=head.title, version=head.version, sha256=head.sha256,
                  compliance=compliance(result for result in results if result.pack == head.name))
        for head in heads
    )  # fmt: skip


def summary(results: Iterable[Result]) -> Summary:
    """Counts by outcome; failures by severity."""
    failed = {severity.value: 0 for severity in Severity if severity is not Severity.INFO}
    counts = dict.fromkeys(Outcome, 0)
    for result in results:
        counts[result.outcome] += 1
        if result.outcome is Outcome.FAIL and result.severity is not Severity.INFO:
            failed[result.severity.value] += 1
    return Summary(
        failed=failed,
        passed=counts[Outcome.PASS],
        unknown=counts[Outcome.UNKNOWN],
        not_asked=counts[Outcome.NOT_ASKED],
        not_applicable=counts[Outcome.NOT_APPLICABLE],
        waived=counts[Outcome.WAIVED],
    )
