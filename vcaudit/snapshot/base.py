"""The base of every fact, and Missing: what could not be looked at is a value of its own."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

Reason: TypeAlias = Literal[
    "unreachable", "authentication", "access_denied", "timeout", "unavailable",
    "not_installed", "not_found", "bad_output", "refused", "not_asked",
]  # fmt: skip

class Fact(msgspec.Struct, frozen=True, kw_only=True, tag_field="fact", tag=str.lower):
    """Base of everything in a snapshot; the tag lets any fact be Missing instead."""


class Missing(Fact, frozen=True, kw_only=True):
    """Could not be looked at. Never a value, never an empty list."""

    reason: Reason
    detail: str = ""
    """What happened, as the node or the network said it; never a secret."""
    where: str = ""
    """Node and probe: `VCNODE2 registry vc`."""


NOT_ASKED_THEN = Missing(reason="not_asked", detail="the snapshot was taken by a version that did not ask")
"""Default of every fact that came later, so that older snapshots still load and say what they do not hold."""
