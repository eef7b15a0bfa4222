"""Nodes that are not reached over a network: what to carry to them, and what came back by hand → Snapshot."""

from __future__ import annotations

from vcaudit.capture import Locations, Request


def requests(locations: Locations) -> tuple[Request, ...]:
    """What a node is asked, for whoever carries it there."""
    from vcaudit import sections

    return sections.requests(locations)
