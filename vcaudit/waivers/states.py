"""What waivers are worth on a day, before anything is judged: in force, about to end, ended, or of no effect."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec

from vcaudit.evaluate.waivers import Waiver, WaiverFile, lapse, objections

IN_FORCE = "in force"
_SPAN = re.compile(r"([0-9]{1,4})([dw])\Z")


@dataclass(frozen=True)
class Listed:
    """One waiver on one day."""

    waiver: Waiver
    file: WaiverFile
    state: str
    """in force, expired, not started or invalid."""
    detail: str
    """Why it is not in force; empty when it is."""
    days: int
    """Until its last day; negative when that has passed."""

    def expiring(self, within: int) -> bool:
        """Whether it is in force and ends within so many days."""
        return self.state == IN_FORCE and self.days <= within

    def plain(self) -> dict[str, Any]:
        """For programs."""
        record = msgspec.to_builtins(self.file.record(self.waiver))
        record.pop("together_with")
        return {**record, "state": self.state, "detail": self.detail, "days": self.days}


def listed(files: Iterable[WaiverFile], day: date) -> list[Listed]:
    """All waivers, those that end first before the others."""
    return sorted(_all(files, day), key=lambda each: (each.waiver.expires, each.waiver.id.lower()))


def span(text: str) -> int | None:
    """Days of `30d` or `4w`; None for anything else."""
    found = _SPAN.match(text.strip().lower())
    return int(found[1]) * (7 if found[2] == "w" else 1) if found else None


def _all(files: Iterable[WaiverFile], day: date) -> Iterator[Listed]:
    for file in files:
        for waiver in file.waivers:
            wrong = "; ".join(why for _, why in objections(waiver, file.max_days))
            state, detail = ("invalid", wrong) if wrong else lapse(waiver, day) or (IN_FORCE, "")
            yield Listed(waiver, file, state, detail, (waiver.expires - day).days)
