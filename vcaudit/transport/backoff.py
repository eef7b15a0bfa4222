"""Asking again when a node is busy: a few times, each time after a longer wait, and never beyond the deadline."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from vcaudit.errors import Busy, TimedOut

if TYPE_CHECKING:
    from tenacity import RetryCallState, Retrying

T = TypeVar("T")

TRIES = 4
"""In all: a node that has no room needs none of us asking over and over."""
FIRST_WAIT = 4.0
"""Seconds, and twice as many each further time; less where the deadline is near."""


def patiently(
    attempt: Callable[[], T], until: float, stopped: threading.Event, note: Callable[[str], None]
) -> T:  # fmt: skip
    """What `attempt` gives, within `until` (monotonic). Raises what it raises; Busy only when waiting did not help.

    `stopped` ends a wait early; `note` is told of every one.
    """
    seen: list[Busy] = []

    def waiting(state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        assert isinstance(error, Busy)
        seen.append(error)
        note(f"the node was busy ({error.what}): asked again after {state.upcoming_sleep:.1f} s")

    try:
        return _retrying(max(0.0, until - time.monotonic()), stopped, waiting)(attempt)
    except TimedOut:
        # The deadline came while asking again: that there was no room is what a reader should know.
        if seen:
            raise seen[-1] from None
        raise


def _retrying(left: float, stopped: threading.Event, waiting: Callable[[RetryCallState], None]) -> Retrying:
    import tenacity
    from tenacity.nap import sleep_using_event

    return tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(Busy),
        stop=tenacity.stop_any(
            tenacity.stop_after_attempt(TRIES),
            tenacity.stop_before_delay(left),
            tenacity.stop_when_event_set(stopped),
        ),
        wait=tenacity.wait_exponential(multiplier=min(FIRST_WAIT, left / 30)),
        sleep=sleep_using_event(stopped),
        before_sleep=waiting,
        reraise=True,
    )
