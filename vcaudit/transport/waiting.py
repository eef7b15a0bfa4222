"""Calls into libraries that know no deadline (Kerberos waits 25 s for a silent KDC), made to keep the wire's."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from vcaudit.errors import TimedOut

if TYPE_CHECKING:
    from vcaudit.transport.wire import Wire

T = TypeVar("T")
LOOK = 0.1
"""Seconds after which an interrupt is noticed."""


def within(wire: Wire, call: Callable[[], T]) -> T:
    """`call()`, or whatever it raises; TimedOut when it takes longer than the wire has left, or the wire is cut.

    A call that is given up goes on in its thread until its library lets go; its result is dropped.
    """
    answers: queue.SimpleQueue[tuple[list[T], BaseException | None]] = queue.SimpleQueue()

    def work() -> None:
        try:
            answers.put(([call()], None))
        except BaseException as error:
            answers.put(([], error))

    threading.Thread(target=work, name=f"logon {wire.target.node}", daemon=True).start()
    while True:
        try:
            values, error = answers.get(timeout=min(LOOK, wire.left()))
        except queue.Empty:
            if wire.cut_off or time.monotonic() >= wire.until:
                raise TimedOut(
                    "the Kerberos servers (KDC) did not answer before the deadline", where=wire.target.place,
                    hint="see [realms] of krb5.conf, or the SRV records of the realm; port 88 of a domain controller",
                ) from None
            continue
        if error is not None:
            raise error
        return values[0]
