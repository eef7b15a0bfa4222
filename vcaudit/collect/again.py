"""Looking again when what was seen was between two states: a few times, within the time-out, for what it costs."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

import msgspec

from vcaudit.capture import Capture
from vcaudit.inventory.types import Cluster

LOG = logging.getLogger(__name__)
WAITS = (10.0, 20.0)
"""Seconds before the second and the third look; less where the time-out is short."""
LEAST_REQUESTS = 20
"""Below which there is no budget for another look."""

Captures = tuple[Capture, ...]


def settled(
    cluster: Cluster,
    look: Callable[[Cluster], Captures],
    moving: Callable[[Captures], str | None],
    wait: Callable[[float], bool],
) -> tuple[Captures, str | None]:
    """What `look` saw, and what was still moving when there was no time left to look again.

    `wait` waits so many seconds and says whether somebody interrupted. The cluster's time-out holds for everything
    together, and so does the budget of each node.
    """
    end = time.monotonic() + cluster.timeout
    captures = look(cluster)
    for pause in WAITS:
        why = moving(captures)
        if why is None:
            return captures, None
        left = end - time.monotonic()
        pause = min(pause, left / 4)
        rest = _rest(cluster, captures, left - pause)
        if rest is None:
            return captures, why
        LOG.warning("%s: %s; looking again in %.1f s", cluster.name, why, pause)
        if wait(pause):
            return captures, why
        captures = _together(captures, look(rest), why)
    return captures, moving(captures)


def _rest(cluster: Cluster, captures: Captures, seconds: float) -> Cluster | None:
    """The cluster with what is left of time and budget; None where that is too little for a look like the last."""
    slowest = max((capture.seconds for capture in captures), default=0.0)
    requests = cluster.limits.requests - max((capture.requests for capture in captures), default=0)
    received = cluster.limits.received_bytes - max((capture.bytes_received for capture in captures), default=0)
    if seconds < 1 + 1.5 * slowest or requests < LEAST_REQUESTS or received <= 0:
        return None
    limits = msgspec.structs.replace(cluster.limits, requests=requests, received_bytes=received)
    return msgspec.structs.replace(cluster, limits=limits).with_timeout(seconds)


def _together(before: Captures, after: Captures, why: str) -> Captures:
    """The later look with the cost of both. A node that answered only before keeps the others at that moment, too."""
    lost = any(new.failure and not old.failure for old, new in zip(before, after, strict=True))
    told = "and did not answer then" if lost else "what is shown was seen then"
    return tuple(_summed(old if lost else new, old, new, f"looked at again, {told}: {why}")
                 for old, new in zip(before, after, strict=True))  # fmt: skip


def _summed(shown: Capture, old: Capture, new: Capture, note: str) -> Capture:
    return msgspec.structs.replace(
        shown,
        started=old.started,
        seconds=round(old.seconds + new.seconds, 3),
        requests=old.requests + new.requests,
        bytes_sent=old.bytes_sent + new.bytes_sent,
        bytes_received=old.bytes_received + new.bytes_received,
        limits=old.limits,
        timeout=old.timeout,
        warnings=tuple(dict.fromkeys((*old.warnings, *new.warnings, note))),
    )


def banner(why: str) -> str:
    """For the top of a report."""
    return f"VirtualCenter was moving while it was looked at: {why}. Scan again when it has come to rest."

