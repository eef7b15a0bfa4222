"""Asking again when a node is busy: a few times, each time after a longer wait, and never beyond the deadline."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

from vcaudit.errors import Busy, TimedOut

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
    from tenacity import (
        RetryCallState,
        Retrying,
        retry_if_exception_type,
        stop_after_attempt,
        stop_before_delay,
        stop_when_event_set,
        wait_exponential,
    )
    from tenacity.nap import sleep_using_event

    left = max(0.0, until - time.monotonic())
    seen: list[Busy] = []

    def waiting(state: RetryCallState) -> None:
        assert state.outcome is not None
        error = state.outcome.exception()
        assert isinstance(error, Busy)
        seen.append(error)
        note(f"the node was busy ({error.what}): asked again after {state.upcoming_sleep:.1f} s")

    again = Retrying(
        retry=retry_if_exception_type(Busy),
        stop=stop_after_attempt(TRIES) | stop_before_delay(left) | stop_when_event_set(stopped),
        wait=wait_exponential(multiplier=min(FIRST_WAIT, left / 30)),
        sleep=sleep_using_event(stopped),
        before_sleep=waiting,
        reraise=True,
    )
    try:
        return again(attempt)
    except TimedOut:
        # The deadline came while asking again: that there was no room is what a reader should know.
        if seen:
            raise seen[-1] from None
        raise
