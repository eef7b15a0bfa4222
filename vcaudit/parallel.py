"""The same work for several clusters at once, and a way out of it that waits for nothing but open shells."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from typing import TypeVar

from vcaudit.errors import VcauditError

In = TypeVar("In")
Out = TypeVar("Out")
LEAVING = 3.5
"""Seconds in which what is under way can end, once it was told to: a node has 3 to answer that a shell is deleted."""


def _nothing() -> None:
    """What is done when nothing is asked for."""


def side_by_side(
    items: Sequence[In], work: Callable[[In], Out], stop: Callable[[], None] = _nothing,
    meanwhile: Callable[[], object] = _nothing, jobs: int = 4,
) -> tuple[list[Out], list[VcauditError]]:  # fmt: skip
    """`work` for each cluster; one that cannot be judged does not cost the others their results.

    At most `jobs` at once. `meanwhile` runs here while the nodes are waited for. When that fails, or somebody
    interrupts, `stop` is called, so that what is under way ends early.
    """
    done: list[Out] = []
    errors: list[VcauditError] = []
    futures: list[Future[Out]] = [Future() for _ in items]
    try:
        _start(list(zip(futures, items, strict=True)), work, jobs)
        meanwhile()
        for future in futures:
            try:
                done.append(future.result())
            except VcauditError as error:
                errors.append(error)
    except BaseException:
        for future in futures:
            future.cancel()
        stop()
        wait([future for future in futures if future.running()], LEAVING)
        raise
    return done, errors


def _start(tasks: Sequence[tuple[Future[Out], In]], work: Callable[[In], Out], jobs: int) -> None:
    """Not a ThreadPoolExecutor: Python waits at its exit for the threads of one, however long they hang."""
    waiting: queue.SimpleQueue[tuple[Future[Out], In]] = queue.SimpleQueue()
    for task in tasks:
        waiting.put(task)
    for number in range(min(jobs, len(tasks))):
        threading.Thread(target=_serve, args=(waiting, work), name=f"cluster {number}", daemon=True).start()


def _serve(waiting: queue.SimpleQueue[tuple[Future[Out], In]], work: Callable[[In], Out]) -> None:
    while True:
        try:
            future, item = waiting.get_nowait()
        except queue.Empty:
            return
        if not future.set_running_or_notify_cancel():
            continue
        try:
            result = work(item)
        except BaseException as error:
            future.set_exception(error)
        else:
            future.set_result(result)
            del result  # what one cluster told is not kept while the next is asked
        del future, item
