"""One exit code for every verb that judges: Nagios' own (architecture, "Exit codes")."""

from __future__ import annotations

from vcaudit.results import AuditResults, Outcome, Severity

OK, WARNING, CRITICAL, UNKNOWN = 0, 1, 2, 3
_STALE = frozenset({"expired", "value changed", "matched nothing", "invalid"})
"""States of waivers that somebody should look after."""


def exit_code(
    results: AuditResults,
    fail_on: Severity = Severity.HIGH,
    warn_on: Severity = Severity.MEDIUM,
    strict: bool = False,
) -> int:
    """2: a failure at or above `fail_on`; else 3: something could not be judged, or a rule is defective; else 1: a
    failure at or above `warn_on`; else 0. A waived failure counts as none. `strict`: not_asked counts as unknown, and
    every failure warns at least, as does a waiver that did not apply and should be looked after."""
    scored = [result for result in results.results if result.severity is not Severity.INFO]
    failed = [result.severity.rank for result in scored if result.outcome is Outcome.FAIL]
    if any(rank <= fail_on.rank for rank in failed):
        return CRITICAL
    undecided = {Outcome.UNKNOWN, Outcome.NOT_ASKED} if strict else {Outcome.UNKNOWN}
    if results.defects or any(result.outcome in undecided for result in scored):
        return UNKNOWN
    stale = any(waiver.state in _STALE for cluster in results.clusters for waiver in cluster.waivers)
    return WARNING if (strict and stale) or any(strict or rank <= warn_on.rank for rank in failed) else OK
