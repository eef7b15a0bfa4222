"""What a snapshot is held against."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vcaudit.evaluate.rule import Pack
from vcaudit.evaluate.waivers import WaiverFile


@dataclass(frozen=True, kw_only=True)
class Against:
    """Everything `evaluate` takes beside the snapshot; the same for every cluster of a run."""

    pack: Pack
    """One pack, or several put together."""
    waivers: Sequence[WaiverFile] = ()
