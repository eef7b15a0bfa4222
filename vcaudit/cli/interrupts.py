"""Ctrl-C and SIGTERM: one way out of the program, and none through the middle of an import."""

from __future__ import annotations

import signal
from types import FrameType

AGAIN = 0.02
"""Seconds until an interrupt that came during an import is tried again."""


def begin() -> None:
    """From now on both raise KeyboardInterrupt; to be called in the main thread.

    A scheduler that ends the program must leave no shell open on a node either, so SIGTERM goes the way of Ctrl-C.
    """
    signal.signal(signal.SIGTERM, _interrupt)
    # A shell that starts a program in the background has it ignore Ctrl-C, which is meant for another.
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, _interrupt)
    if hasattr(signal, "SIGALRM"):
        signal.signal(signal.SIGALRM, _interrupt)


def end() -> None:
    """Everything is done: the exit code stands, and what Python does at its exit is not to be interrupted."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _interrupt(number: int, frame: FrameType | None) -> None:
    # Raised there, it can leave a lock of the import system held (Python 3.11), and every thread that imports hangs.
    if hasattr(signal, "setitimer") and _importing(frame):
        signal.setitimer(signal.ITIMER_REAL, AGAIN)
        return
    raise KeyboardInterrupt


def _importing(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib."):
            return True
        frame = frame.f_back
    return False
