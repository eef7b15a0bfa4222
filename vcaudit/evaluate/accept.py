"""What is accepted: a failure becomes waived, keeps everything that was seen, and counts in `without waivers`.

Two kinds: exceptions of the inventory (by design, without an end) and waivers (known to be wrong, until a day). Neither
touches anything but failures, and what neither names stays a failure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

import msgspec

from vcaudit.evaluate.placeholders import visible
from vcaudit.evaluate.rule import Pack
from vcaudit.evaluate.waivers import Waiver, WaiverFile, day_of, is_summary, lapse, objections, same_value, seen
from vcaudit.results import Difference, Outcome, Result, WaiverOutcome, WaiverRecord, WaiverState
from vcaudit.snapshot.model import AcceptedException, Snapshot
from vcaudit.yamlfile import suggest

_CLIP = 80
"""Characters of a value in a sentence."""


@dataclass
class _Use:
    """A waiver that is about this cluster, and what became of it."""

    waiver: Waiver
    record: WaiverRecord
    idle: tuple[WaiverOutcome, str] | None
    """Why it does not apply whatever there is to see."""
    covered: list[str] = field(default_factory=list)
    """Anchors."""
    refused: list[str] = field(default_factory=list)
    """Sentences: what is in its scope and is not what was pinned."""
    spare: list[str] = field(default_factory=list)
    """Sentences: what it pins, and another waiver covers already."""


def accept(
    results: Sequence[Result], snapshot: Snapshot, files: Sequence[WaiverFile], pack: Pack
) -> tuple[tuple[Result, ...], tuple[WaiverState, ...]]:
    """The results with accepted failures waived, and what became of every waiver of this cluster.

    The day is that of the snapshot. Results need their anchors.
    """
    exceptions = snapshot.declared.exceptions
    uses = list(_uses(snapshot, files, pack))
    if not exceptions and not uses:
        return tuple(results), ()
    by_rule: dict[str, list[_Use]] = {}
    for use in uses:
        by_rule.setdefault(use.waiver.rule.casefold(), []).append(use)
    out = tuple(_judged(result, exceptions, by_rule.get(result.rule.casefold(), ())) for result in results)
    found: dict[str, list[Result]] = {}
    for result in out:
        if result.rule.casefold() in by_rule:
            found.setdefault(result.rule.casefold(), []).append(result)
    nodes = [node.name for node in snapshot.nodes]
    return out, tuple(_state(use, found.get(use.waiver.rule.casefold(), ()), nodes) for use in uses)


def unknown_rules(exceptions: Iterable[AcceptedException], pack: Pack) -> list[str]:
    """A sentence for each exception of a rule that the pack does not have."""
    return [f"an exception is accepted for {item.rule}, and there is no such rule in {pack.name}"
            for item in exceptions if pack.rule(item.rule) is None and item.rule not in pack.elsewhere]  # fmt: skip


def said(exception: AcceptedException) -> str:
    """In a line."""
    return f"{exception.rule}, {exception.subject or 'whatever it finds'}: {exception.reason}"


def _uses(snapshot: Snapshot, files: Sequence[WaiverFile], pack: Pack) -> Iterator[_Use]:
    day = day_of(snapshot.taken_at)
    for file in files:
        for waiver in file.waivers:
            if waiver.concerns(snapshot.cluster):
                yield _Use(waiver, file.record(waiver), _idle(waiver, file, day, pack))
            elif waiver.id in file.strays:
                yield _Use(waiver, file.record(waiver), ("not judged", file.strays[waiver.id]))


def _idle(waiver: Waiver, file: WaiverFile, day: date | None, pack: Pack) -> tuple[WaiverOutcome, str] | None:
    if (wrong := "; ".join(why for _, why in objections(waiver, file.max_days))) != "":
        return "invalid", wrong
    if day is None:
        return "invalid", "the time of the snapshot cannot be read, so nobody knows whether it has expired"
    if (passed := lapse(waiver, day)) is not None:
        return passed
    if pack.rule(waiver.rule) is None:
        if waiver.rule.casefold() in {name.casefold() for name in pack.elsewhere}:
            return "not judged", f"{waiver.rule} is in none of the packs of this run ({pack.name})"
        near = suggest(waiver.rule, [rule.id for rule in pack.rules])
        return "invalid", f"there is no rule {waiver.rule} in {pack.name}{near}"
    if any(rule.id.casefold() == waiver.rule.casefold() for rule in pack.switched_off):
        return "not judged", f"{waiver.rule} is switched off"
    return None


def _judged(result: Result, exceptions: Sequence[AcceptedException], uses: Sequence[_Use]) -> Result:
    if result.outcome is not Outcome.FAIL:
        return result
    live = [use for use in uses if use.idle is None and use.waiver.covers(result)]
    own = [item for item in exceptions if item.rule.casefold() == result.rule.casefold()]
    if not live and not own:
        return result
    if result.differences:
        return _by_difference(result, own, live)
    holding = [use for use in live if _holds(use, result)]
    if holding:
        return _waived(result, holding)
    return _by_design(result, [item for item in own if _is_about(item, result.subject)])


def _holds(use: _Use, result: Result) -> bool:
    """Whether what is seen is what was pinned; notes it when not."""
    now, then = seen(result), use.waiver.expected
    if isinstance(then, str) and same_value(then, now):
        return True
    was = f"`{_short(then)}`" if isinstance(then, str) else "differences between nodes"
    use.refused.append(f"{_place(result)}: {was} was granted, `{_short(now)}` is seen now")
    return False


def _by_difference(result: Result, own: Sequence[AcceptedException], live: Sequence[_Use]) -> Result:
    """Each difference needs somebody who accepts it: one that nobody does keeps the failure."""
    whole = [item for item in own if _is_about(item, result.subject)]
    # The one that lasts longest first, so that as few as possible are leant on.
    lasting = sorted(live, key=lambda use: use.waiver.expires, reverse=True)
    notes: list[str] = []
    leant: list[_Use] = []
    designed: list[AcceptedException] = []
    bare: list[Difference] = []
    for found in result.differences:
        use = next((each for each in lasting if _pins(each.waiver, found)), None)
        exception = next((item for item in own if _is_about(item, found.path)), None)
        if use is not None:
            leant += [] if use in leant else [use]
            notes.append(f"waived: {visible(found.path)} ({use.waiver.id} until {use.waiver.expires})")
        elif exception is not None:
            designed.append(exception)
            notes.append(f"accepted: {visible(found.path)} ({exception.reason})")
        else:
            bare.append(found)
    if not bare and leant:
        _spared(result, leant, live)
        return _waived(result, leant)
    if not bare or whole:
        return _by_design(result, whole or designed)
    for use in live:
        use.refused.append(f"{_place(result)} {_not_pinned(use.waiver, bare)}")
    return msgspec.structs.replace(result, evidence=(*result.evidence, *notes)) if notes else result


def _spared(result: Result, leant: Sequence[_Use], live: Sequence[_Use]) -> None:
    """Says of each waiver that was not needed, though it pins something there, which ones were."""
    names = " and ".join(use.waiver.id for use in leant)
    for use in live:
        if use not in leant and any(_pins(use.waiver, found) for found in result.differences):
            cover = "covers" if len(leant) == 1 else "cover"
            use.spare.append(f"{_place(result)}: {names} {cover} it already")


def _pins(waiver: Waiver, found: Difference) -> bool:
    pins = waiver.expected if isinstance(waiver.expected, tuple) else ()
    return not is_summary(found) and any(pin.holds(found) for pin in pins)


def _not_pinned(waiver: Waiver, bare: Sequence[Difference]) -> str:
    if isinstance(waiver.expected, str):
        return "differs between nodes, and a text is pinned: pin each difference with its path and values"
    return f"also differs in {_differs(bare)}"


def _by_design(result: Result, own: Sequence[AcceptedException]) -> Result:
    if not own:
        return result
    reasons = dict.fromkeys(item.reason for item in own)
    return msgspec.structs.replace(result, outcome=Outcome.WAIVED, reason="; ".join(reasons))


def _waived(result: Result, uses: Sequence[_Use]) -> Result:
    """`uses` cover it together where it has differences, else each of them alone."""
    for use in uses:
        use.covered.append(result.anchor)
    ends = min if result.differences else max
    first = ends(uses, key=lambda use: use.waiver.expires)
    others = tuple(use.waiver.id for use in uses if use is not first)
    record = msgspec.structs.replace(first.record, together_with=others)
    reason = "; ".join(f"{use.waiver.id}: {use.waiver.justification}" for use in uses)
    return msgspec.structs.replace(result, outcome=Outcome.WAIVED, reason=reason, waiver=record)


def _is_about(exception: AcceptedException, name: str) -> bool:
    return exception.subject is None or exception.subject.casefold() == name.casefold()


def _state(use: _Use, own: Sequence[Result], nodes: Sequence[str]) -> WaiverState:
    """`own`: all results of its rule; `nodes`: those of the cluster."""
    state, detail = use.idle or _became(use, own, nodes)
    return WaiverState(waiver=use.record, state=state, detail=detail, results=tuple(use.covered))


def _became(use: _Use, own: Sequence[Result], nodes: Sequence[str]) -> tuple[WaiverOutcome, str]:
    refused = _few(use.refused)
    if use.covered:
        return "applied", f"not covered: {refused}" if refused else ""
    if use.refused:
        return "value changed", refused
    if use.spare:
        return "matched nothing", f"{_few(use.spare)}: remove one of them"
    scope = [result for result in own if use.waiver.covers(result)] or _as_a_whole(use.waiver, own, nodes)
    if open_ones := [result for result in scope if result.outcome in (Outcome.UNKNOWN, Outcome.NOT_ASKED)]:
        return "undecided", f"what it is about could not be judged: {_place(open_ones[0])}"
    if any(result.outcome is Outcome.WAIVED for result in scope):
        return "matched nothing", "the inventory accepts what it is about"
    if scope:
        return "matched nothing", f"{_place(scope[0])} does not fail any more: remove it"
    return "matched nothing", _elsewhere(use.waiver, own)


def _as_a_whole(waiver: Waiver, own: Sequence[Result], nodes: Sequence[str]) -> list[Result]:
    """Passes without a node: where nothing differs between the nodes, there is no result of each of them."""
    if waiver.node is None or waiver.node.casefold() not in [name.casefold() for name in nodes]:
        return []
    passed = (result for result in own if result.outcome is Outcome.PASS and result.node is None)
    return [result for result in passed if waiver.covers(msgspec.structs.replace(result, node=waiver.node))]


def _elsewhere(waiver: Waiver, own: Sequence[Result]) -> str:
    """Why nothing is in its scope: the name that is not there, and the nearest that is."""
    for what, wanted, there in (
        ("node", waiver.node, [result.node for result in own if result.node]),
        ("subject", waiver.subject, [result.subject for result in own]),
    ):
        if wanted is not None and wanted.casefold() not in [name.casefold() for name in there]:
            return f"{waiver.rule} judges no {what} {_short(wanted)}{visible(suggest(wanted, there))}"
    return f"nothing that {waiver.rule} judges is in its scope"


def _place(result: Result) -> str:
    node = f" on {result.node}" if result.node and result.node not in result.subject else ""
    return f"{result.rule}, {_short(result.subject)}{visible(node)}"


def _differs(found: Sequence[Difference]) -> str:
    return _few([_short(each.path) for each in found], ", ")


def _few(texts: Sequence[str], between: str = "; ") -> str:
    return between.join(texts[:3]) + (f" and {len(texts) - 3} more" if len(texts) > 3 else "")


def _short(text: str) -> str:
    plain = visible(text)
    return plain if len(plain) <= _CLIP else f"{plain[:_CLIP]}…"
