"""One thread keeps the time of all sessions: a thread for each would cost a twentieth of a scan."""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Callable


class Alarm:
    """Rings once, at its moment. Moved and cancelled by its owner, from any thread."""

    def __init__(self, when: float, ring: Callable[[], None]) -> None:
        self.when = when
        """Monotonic."""
        self.ring: Callable[[], None] | None = ring
        """None: it rang, or was cancelled."""

    def move(self, when: float) -> None:
        """To another moment; one that rang stays silent."""
        earlier = when < self.when
        self.when = when
        # A later one needs nothing: when the old moment comes, the clock sees that this is not it.
        if earlier and self.ring is not None:
            _CLOCK.add(self)

    def cancel(self) -> None:
        """It does not ring any more. What it would have called is let go at once."""
        self.ring = None


class _Clock:
    """Waits for the earliest alarm."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: list[tuple[float, int, Alarm]] = []
        self._numbers = itertools.count()
        self._thread: threading.Thread | None = None

    def add(self, alarm: Alarm) -> None:
        with self._changed:
            first = not self._waiting or alarm.when < self._waiting[0][0]
            heapq.heappush(self._waiting, (alarm.when, next(self._numbers), alarm))
            # Not alive in a process that was forked from one with a clock.
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="alarms", daemon=True)
                self._thread.start()
            elif first:
                self._changed.notify()

    def _run(self) -> None:
        while True:
            ring = self._next()
            if ring is not None:
                ring()

    def _next(self) -> Callable[[], None] | None:
        """What is due, once it is; None when it was cancelled, or moved."""
        with self._changed:
            while not self._waiting or self._waiting[0][0] > time.monotonic():
                self._changed.wait(self._waiting[0][0] - time.monotonic() if self._waiting else None)
            _, _, alarm = heapq.heappop(self._waiting)
            ring = alarm.ring
            if ring is not None and alarm.when > time.monotonic():
                heapq.heappush(self._waiting, (alarm.when, next(self._numbers), alarm))
                return None
            alarm.ring = None
            return ring


_CLOCK = _Clock()


def alarm(when: float, ring: Callable[[], None]) -> Alarm:
    """Calls `ring`, which must return at once, at a moment (monotonic) in a thread that all alarms share."""
    made = Alarm(when, ring)
    _CLOCK.add(made)
    return made
