"""Waivers as judging sees them: what each covers, from when until when, and what keeps it from applying at all.

Nothing here reads a file or a clock: the day is that of the snapshot.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Final, Literal, TypeAlias

import msgspec

from vcaudit.evaluate.people import is_person, same_person
from vcaudit.results import Difference, Result, WaiverRecord

MAX_DAYS: Final = 365
"""How many days after its start a waiver may end, unless its file says otherwise."""
PIN_LIMIT: Final = 200
"""Characters; what is longer, or cannot be printed, is pinned by its hash."""
_HASH = "sha256:"


class Pin(msgspec.Struct, frozen=True, kw_only=True):
    """One difference between nodes that is known and taken on."""

    path: str
    change: Literal["added", "removed", "changed"] | None = None
    """None: any."""
    reference: str | None = None
    """On the owner; None: not there."""
    deviating: str | None = None

    def holds(self, found: Difference) -> bool:
        """Whether it is this very difference."""
        return (
            self.path == found.path
            and self.change in (None, found.change)
            and same_value(self.reference, found.reference)
            and same_value(self.deviating, found.deviating)
        )


Expected: TypeAlias = "str | tuple[Pin, ...] | None"


class Waiver(msgspec.Struct, frozen=True, kw_only=True):
    """A failure that somebody takes on until a day."""

    id: str
    rule: str
    cluster: str | None = None
    """Scope; None: any, and so with the next two. Names ignore case as Windows does."""
    node: str | None = None
    subject: str | None = None
    expected: Expected = None
    """What was seen when it was granted: the observed value, or each difference; None: nothing was pinned."""
    justification: str = ""
    ticket: str = ""
    requested_by: str = ""
    approved_by: str = ""
    created: date | None = None
    starts: date | None = None
    """None: the day it was created."""
    expires: date
    """To the end of this day, UTC."""
    line: int = 0
    """In its file."""

    @property
    def first_day(self) -> date | None:
        """From when on it applies; None when nobody said."""
        return self.starts or self.created

    def concerns(self, cluster: str) -> bool:
        """Whether it is about a cluster."""
        return _within(self.cluster, cluster)

    def covers(self, result: Result) -> bool:
        """Whether a result is in its scope, whatever was seen there."""
        return (
            self.rule.casefold() == result.rule.casefold()
            and _within(self.node, result.node)
            and _within(self.subject, result.subject)
        )


class WaiverFile(msgspec.Struct, frozen=True, kw_only=True):
    """Waivers with what is not asserted about them: the file's hash, and who read it."""

    waivers: tuple[Waiver, ...]
    file: str = ""
    """As it was named."""
    sha256: str = ""
    max_days: int = MAX_DAYS
    run_as: str = ""
    """User of the system."""
    strays: Mapping[str, str] = {}
    """Id → a sentence, of each that is about a cluster which nobody knows: every report says so."""

    def record(self, waiver: Waiver) -> WaiverRecord:
        """What results keep of a waiver."""
        return WaiverRecord(
            id=waiver.id, rule=waiver.rule, cluster=waiver.cluster, node=waiver.node, subject=waiver.subject,
            justification=waiver.justification, ticket=waiver.ticket, requested_by=waiver.requested_by,
            approved_by=waiver.approved_by, created=_iso(waiver.created), starts=_iso(waiver.first_day),
            expires=_iso(waiver.expires), file=self.file, line=waiver.line, file_sha256=self.sha256, run_as=self.run_as,
        )  # fmt: skip


def objections(waiver: Waiver, max_days: int = MAX_DAYS) -> Iterator[tuple[str, str]]:
    """Why a waiver does not apply whatever the day: the key it is about, and a sentence without a full stop."""
    for key, why in (
        ("justification", "no reason is given"), ("ticket", "no ticket is named"),
        ("requested_by", "nobody is named as having asked for it"), ("approved_by", "nobody approved it"),
    ):  # fmt: skip
        value = getattr(waiver, key)
        if not value.strip() or (key.endswith("_by") and not is_person(value)):
            yield key, f"{why} ({key})"
    if same_person(waiver.requested_by, waiver.approved_by):
        yield "approved_by", f"{waiver.approved_by} asked for it and approved it: it takes two persons"
    if not waiver.expected:
        yield "expected", "nothing is pinned (expected): without what was seen it would hide whatever comes"
    yield from _wrong_life(waiver, max_days)


def _wrong_life(waiver: Waiver, max_days: int) -> Iterator[tuple[str, str]]:
    if waiver.created is None:
        yield "created", "the day it was created is missing (created)"
        return
    first = waiver.first_day or waiver.created
    if first < waiver.created:
        yield "starts", f"it starts on {first}, before it was created ({waiver.created})"
    days = (waiver.expires - first).days
    if days > max_days:
        yield "expires", f"it would live for {days} days, and at most {max_days} are allowed: renew it in time instead"


def lapse(waiver: Waiver, day: date) -> tuple[Literal["expired", "not started"], str] | None:
    """Why it does not apply on a day of UTC; None when it does."""
    if day > waiver.expires:
        return "expired", f"it expired at the end of {waiver.expires} UTC"
    if waiver.first_day is not None and day < waiver.first_day:
        return "not started", f"it starts on {waiver.first_day}"
    return None


def day_of(moment: str) -> date | None:
    """The day in UTC of an RFC 3339 time; None when it is none, or says no time zone."""
    try:
        read = datetime.fromisoformat(moment)
        return read.astimezone(UTC).date() if read.tzinfo else None
    except (ValueError, OverflowError):
        return None


def seen(result: Result) -> str:
    """What a waiver of a result without differences pins."""
    return result.observed if result.observed is not None else result.message


def pinned(value: str | None) -> str | None:
    """A value as it is written into `expected`: itself, or its hash when it is long or cannot be printed."""
    if value is None or (len(value) <= PIN_LIMIT and value.isprintable() and value == value.strip()):
        return value
    return _hashed(value)


def same_value(pin: str | None, value: str | None) -> bool:
    """Whether a pinned value is the one that is there now; a block text of YAML ends with a line end of its own."""
    if pin is None or value is None:
        return pin is value
    return pin.rstrip("\n") == value or pin == _hashed(value)


def is_summary(found: Difference) -> bool:
    """Whether it stands for differences that were too many to be listed: nobody can pin those."""
    return found.change == "changed" and found.reference is None and found.deviating is None


def _hashed(value: str) -> str:
    return _HASH + hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()


def _within(scope: str | None, name: str | None) -> bool:
    return scope is None or (name is not None and scope.casefold() == name.casefold())


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""
