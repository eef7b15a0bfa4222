"""A port that neither accepts nor refuses, as of a machine that is switched off or behind a firewall that drops."""

from __future__ import annotations

import socket


def fall_silent(listener: socket.socket) -> list[socket.socket]:
    """Lets a bound socket answer nobody any more; what is given back keeps it so until it is closed.

    The queue of a listener that accepts none is filled. The kernel then ignores further SYNs, on loopback as a
    switched-off machine would on a network.
    """
    listener.listen(0)
    fillers = []
    for _ in range(8):
        filler = socket.socket()
        filler.settimeout(0.02)
        fillers.append(filler)
        try:
            filler.connect(listener.getsockname())
        except TimeoutError:
            break
    return fillers
