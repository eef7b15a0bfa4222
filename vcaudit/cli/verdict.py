"""How every verb that judges ends: reports written, errors said, one exit code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vcaudit.cli.app import say
from vcaudit.cli.writing import Target, write
from vcaudit.errors import VcauditError
from vcaudit.results import AuditResults, Severity, merge

CRITICAL = 2


@dataclass(frozen=True)
class Judging:
    """The options that decide the exit code."""

    fail_on: Severity
    warn_on: Severity
    strict: bool
    exit_zero: bool

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Judging:
        """From click's parameters."""
        return cls(Severity(given["fail_on"]), Severity(given["warn_on"]), given["strict"], given["exit_zero"])


def finish(
    results: Sequence[AuditResults], errors: Sequence[VcauditError], chosen: Sequence[Target], judging: Judging,
    given: Mapping[str, Any],
) -> int:  # fmt: skip
    """Writes what could be judged, says what could not, and gives the exit code."""
    if not results:
        # Nothing was judged: no report, and --exit-zero does not hide it.
        for error in errors[:-1]:
            say(str(error))
        raise errors[-1]
    merged = merge(results)
    write(merged, chosen, paper=given["paper"], sign_off=given["sign_off"], verbose=given["full"])
    for error in errors:
        say(str(error))
    return 0 if judging.exit_zero else _code(merged, errors, judging)


def _code(merged: AuditResults, errors: Sequence[VcauditError], judging: Judging) -> int:
    """Critical wins over unknown, unknown over warning; a cluster that could not be judged is unknown."""
    from vcaudit.evaluate.exitcode import exit_code

    code = exit_code(merged, fail_on=judging.fail_on, warn_on=judging.warn_on, strict=judging.strict)
    return max((error.exit_code for error in errors), default=code) if errors and code != CRITICAL else code
