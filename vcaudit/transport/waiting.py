"""Calls into libraries that know no deadline, or cannot be interrupted, made to keep ours."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
LOOK = 0.1
"""Seconds after which giving up is noticed."""


class GivenUp(Exception):
    """Somebody no longer waits for the call."""


def within(call: Callable[[], T], name: str, given_up: Callable[[], bool], look: float = LOOK) -> T:
    """`call()` in a thread called `name`, or whatever it raises. Raises GivenUp once `given_up` says so.

    A call that is given up goes on in its thread until its library lets go; its result is dropped. `look`: seconds
    between two questions.
    """
    answers: queue.SimpleQueue[tuple[list[T], BaseException | None]] = queue.SimpleQueue()

    def work() -> None:
        try:
            answers.put(([call()], None))
        except BaseException as error:
            answers.put(([], error))

    threading.Thread(target=work, name=name, daemon=True).start()
    while True:
        try:
            values, error = answers.get(timeout=look)
        except queue.Empty:
            if given_up():
                raise GivenUp from None
            continue
        if error is None:
            return values[0]
        try:
            raise error
        finally:
            del error  # its trace holds this frame, and with it whatever the call was about
