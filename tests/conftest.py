"""The same examples in every run, and what the chaos runs found at its end, however many processes ran them."""

from __future__ import annotations

import signal
from collections import Counter, defaultdict
from typing import Any

import pytest
from hypothesis import settings

from vcaudit import redaction

# What fails must fail again: the long runs (marker soak) choose their own seeds.
settings.register_profile("steady", derandomize=True, deadline=None, database=None)
settings.load_profile("steady")

# A shell starts what runs in the background deaf to Ctrl-C, and what the tests start would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one test looked up as a password is no secret of the next: vcaudit ends after a run, pytest goes on."""
    monkeypatch.setattr(redaction, "_known", set())


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """One line for each family of runs: how many, what came of them, the slowest."""
    outcomes: dict[str, Counter[str]] = defaultdict(Counter)
    slowest: dict[str, float] = defaultdict(float)
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        for name, value in report.user_properties if report.when == "call" else ():
            if name == "chaos":
                family, counts, seconds = value
                outcomes[family] += Counter(counts)
                slowest[family] = max(slowest[family], seconds)
    if not outcomes:
        return
    terminalreporter.section("chaos: what became of the disturbed scans")
    rows = [*sorted(outcomes), "all"]
    outcomes["all"], slowest["all"] = sum(outcomes.values(), Counter()), max(slowest.values())
    for family in rows:
        counts = outcomes[family]
        missing = ", ".join(f"{number} {name}" for name, number in counts.most_common() if name != "whole")
        terminalreporter.write_line(
            f"{family:<34} {counts.total():>5} runs  {counts['whole']:>5} whole  "
            f"{slowest[family]:>5.2f} s slowest  {'unknown: ' + missing if missing else ''}"
        )
