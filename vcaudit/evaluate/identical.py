"""`kind: identical`: what must be the same on every node, compared with the node that holds its group.

The note names the standby that deviates, so differences are named from the owner's point of view; an owner that has
nothing has lost it, and is named itself. Nobody knows the owner: equal everywhere still passes, and different is one
failure of the cluster as a whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec

from vcaudit.evaluate.actions import filled
from vcaudit.evaluate.findings import Finding
from vcaudit.evaluate.known import any_of
from vcaudit.evaluate.oddity import marked, odd_one_out
from vcaudit.evaluate.placeholders import visible
from vcaudit.evaluate.projections import DATA_OF, EMPTY, NEEDS, PARTS
from vcaudit.evaluate.rule import Identical, Ignore
from vcaudit.results import Action, Difference, Result, odd_in_all
from vcaudit.snapshot.base import Missing

_NAMED = 5
"""Differences named in the short text; all of them stand in the result."""


@dataclass(frozen=True)
class Copy:
    """What one node holds: canonical built-ins, None for nothing."""

    node: str
    value: object


def compare(body: Identical, finding: Finding) -> list[Result]:
    """One failure per deviating node, one pass when none deviates, one unknown per node that could not be compared."""
    copies = _copies(body, finding)
    finding.data_of = DATA_OF.get(body.path)
    finding.subject = body.subject.render(finding.value)
    finding.notes = tuple(f"not compared: {item.path.pattern} ({item.reason})" for item in body.ignore)
    lost = _lost(body, finding) if all(copy.value is None for copy in copies) else None
    return [finding.undecided(lost)] if lost else judge_copies(body, finding, _levelled(body, copies))


def _levelled(body: Identical, copies: list[Copy]) -> list[Copy]:
    """Where no node has any of it, a node without a place for it holds the same as the others: none."""
    if body.path not in EMPTY or any(copy.value for copy in copies if not isinstance(copy.value, Missing)):
        return copies
    if all(copy.value is None or isinstance(copy.value, Missing) for copy in copies):
        return copies
    return [replace(copy, value={}) if copy.value is None else copy for copy in copies]


def _lost(body: Identical, finding: Finding) -> Missing | None:
    """Why what no node has was only not found: VirtualCenter is there, and needs it."""
    if body.path not in NEEDS:
        return None
    there = any_of(node.installed.vpxd for node in finding.context.view.nodes)
    if isinstance(there, Missing):
        return there
    return Missing(reason="not_found", detail=NEEDS[body.path]) if there else None


def judge_copies(body: Identical, finding: Finding, copies: list[Copy]) -> list[Result]:
    """The same, of copies that are already at hand."""
    if all(copy.value is None for copy in copies):
        return [finding.not_applicable()]
    reference = next((copy for copy in copies if copy.node == finding.owner), None)
    known = [copy for copy in copies if not isinstance(copy.value, Missing)]
    if reference is None:
        return _without_owner(body, finding, copies, known)
    if isinstance(reference.value, Missing):
        # Nothing to compare with: each standby is as unknown as the owner.
        return [_unknown(finding, copy.node, reference.value) for copy in copies]
    out = [_unknown(finding, copy.node, copy.value) for copy in copies if isinstance(copy.value, Missing)]
    odd = _odd(body.ignore, copies) if any(copy.value is None for copy in known) else ""
    having = [copy for copy in known if copy.value is not None]
    stray = odd in {copy.node for copy in having} and body.path not in PARTS
    if having and reference.value is None and not stray:
        return [*out, *_lost_by_owner(body, finding, known, having, odd)]
    found = {copy.node: _differences(body.ignore, reference, copy) for copy in known}
    if len(known) == len(copies):  # one that could not be looked at could be like either side
        found = marked(reference.node, [copy.node for copy in copies], found)
    if parts := _parts_lost(body, found):
        return [*out, *_lost_in_part(finding, parts, reference, known, found, odd)]
    for copy in known:
        if found[copy.node]:
            lacks = _lacks(finding, copy, reference, odd)
            out.append(lacks or _deviates(finding, copy.node, reference.node, found[copy.node]))
    return out or [finding.passed()]


def _copies(body: Identical, finding: Finding) -> list[Copy]:
    from vcaudit.evaluate.projections import PROJECTIONS

    context = finding.context
    project = PROJECTIONS[body.path]
    return [Copy(name, project(facts, context.view)) for name, facts in context.compared]


def _without_owner(body: Identical, finding: Finding, copies: list[Copy], known: list[Copy]) -> list[Result]:
    for copy in known[1:]:
        found = _differences(body.ignore, known[0], copy)
        if found:
            return [_deviates(finding, None, f"{known[0].node} and {copy.node}", found)]
    gaps = [_unknown(finding, copy.node, copy.value) for copy in copies if isinstance(copy.value, Missing)]
    return gaps or [finding.passed()]


def _unknown(finding: Finding, node: str, gap: object) -> Result:
    assert isinstance(gap, Missing)
    return replace(finding, node=node).undecided(gap)


def _differences(ignore: tuple[Ignore, ...], one: Copy, other: Copy) -> tuple[Difference, ...]:
    if one.value == other.value:
        return ()
    from vcaudit.snapshot.diff import differences  # late: deepdiff is only needed once something differs

    return differences(one.value, other.value, lambda path: not any(rule.path.search(path) for rule in ignore))


def _lacks(finding: Finding, copy: Copy, reference: Copy, odd: str) -> Result | None:
    """One of the two has nothing at all: there is no place to name where they differ."""
    if copy.value is not None and reference.value is not None:
        return None
    has, has_not = (reference, copy) if copy.value is None else (copy, reference)
    own = replace(finding, node=copy.node, observed="nothing" if copy.value is None else f"nothing on {reference.node}")
    own.expected = f"the same as on {reference.node}"
    own.differences = _as_a_whole(finding, copy, odd)
    own.actions = _actions(own)
    plain = f"{finding.subject}: there is nothing on {has_not.node}, unlike on {has.node}"
    return own.failed(None if finding.rule.message else plain)


def _lost_by_owner(
    body: Identical, finding: Finding, known: Sequence[Copy], having: Sequence[Copy], odd: str
) -> list[Result]:
    """The owner has nothing: nothing to compare with, and nothing to copy from. Who has it deviates from nobody."""
    others = " and ".join(copy.node for copy in having)
    out = []
    for copy in known:
        if copy.value is None:
            own = replace(finding, node=copy.node, observed="nothing", expected=f"the same as on {others}")
            own.differences = _as_a_whole(finding, copy, odd)
            plain = f"{finding.subject}: there is nothing on {copy.node}, unlike on {others}"
            out.append(_brought_back(own.failed(None if finding.rule.message else plain), others))
    for copy in having[1:]:
        found = _differences(body.ignore, having[0], copy)
        if found:
            pair = f"{having[0].node} and {copy.node}"
            plain = f"{finding.subject}: {pair} differ, and {finding.owner} has nothing that could tell which is right"
            return [*out, msgspec.structs.replace(_deviates(finding, None, pair, found), message=plain)]
    return out


def _brought_back(lacking: Result, others: str) -> Result:
    """The rule's own advice copies from the owner: where that has nothing, it comes from elsewhere."""
    text = f"Bring it back to {lacking.node}: from a backup of that node, or as it is on {others}."
    return msgspec.structs.replace(_advised(lacking, text), impact=lacking.impact and f"it lacks {lacking.subject}")


def _advised(result: Result, text: str) -> Result:
    """With other words than the rule's, and nothing to be copied."""
    advice = result.remediation
    advice = advice and msgspec.structs.replace(advice, text=text, cluster_exe=None, powershell=None, actions=())
    return msgspec.structs.replace(result, remediation=advice)


def _parts_lost(body: Identical, found: Mapping[str, Sequence[Difference]]) -> tuple[str, ...]:
    """Files that the owner needs and only others have."""
    added = {item.path for differences in found.values() for item in differences if item.change == "added"}
    return tuple(name for name in PARTS.get(body.path, ()) if name in added)


def _lost_in_part(
    finding: Finding, parts: tuple[str, ...], reference: Copy, known: Sequence[Copy],
    found: Mapping[str, tuple[Difference, ...]], odd: str,
) -> list[Result]:  # fmt: skip
    """The owner lacks some of it: those that have that deviate from nobody, unless they do in something else."""
    rest = {node: tuple(item for item in differences if item.path.partition(":")[0] not in parts)
            for node, differences in found.items()}  # fmt: skip
    lost = {copy.node: tuple(item for item in found[copy.node] if item.path in parts) for copy in known if copy.value}
    having = [node for node, items in lost.items() if items]
    like = [node for node in having if not rest[node]]
    held = {item.path: item for node in reversed(having) for item in lost[node]}
    same = all(item.deviating == held[item.path].deviating for node in having for item in lost[node])
    out = [] if same else [_undecided_parts(finding, reference.node, parts, having)]
    for copy in known:
        if copy.node == reference.node or (copy.value is not None and not lost.get(copy.node) and not rest[copy.node]):
            out.append(_lacks_parts(finding, copy.node, tuple(held.values()), having, like if same else []))
        elif rest[copy.node]:
            plain = _lacks(finding, copy, reference, odd)
            plain = plain or _deviates(finding, copy.node, reference.node, rest[copy.node])
            first = f"First bring {_and(parts)} back to {reference.node}, which has no whole copy to give."
            out.append(_advised(plain, first))
    return out


def _lacks_parts(
    finding: Finding, node: str, held: Sequence[Difference], having: Sequence[str], sources: Sequence[str]
) -> Result:
    names, others = _and([item.path for item in held]), _and(having)
    own = replace(finding, node=node, observed=f"without {names}", expected=f"the same as on {others}")
    own.differences = tuple(
        msgspec.structs.replace(item, change="removed", reference=item.deviating, deviating=None) for item in held
    )
    plain = f"{finding.subject}: {node} has no {names}, unlike {others}"
    lacking = own.failed(None if finding.rule.message else plain)
    whence = f"or from {_and(sources)}, where all else is the same" if sources else "for no node has it beside the same"
    advised = _advised(lacking, f"Bring {names} back to {node}: from a backup of that node, {whence}.")
    return msgspec.structs.replace(advised, impact=lacking.impact and f"it lacks {names}")


def _undecided_parts(finding: Finding, owner: str, parts: Sequence[str], having: Sequence[str]) -> Result:
    """Those that have what the owner lost do not agree."""
    own = replace(finding, node=None, observed=f"differs in {_and(parts)}", expected="the same on every node")
    why = f"{_and(having)} differ in {_and(parts)}, and {owner} has nothing that could tell which is right"
    return own.failed(f"{finding.subject}: {why}")


def _and(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _odd(ignore: tuple[Ignore, ...], copies: Sequence[Copy]) -> str:
    """The node that alone holds something else as a whole; empty where there is none, or one could not be looked at."""
    if any(isinstance(copy.value, Missing) for copy in copies):
        return ""
    kinds: list[Copy] = []
    held: dict[str, int] = {}
    for copy in copies:
        like = (at for at, one in enumerate(kinds) if not _differences(ignore, one, copy))
        held[copy.node] = next(like, len(kinds))
        if held[copy.node] == len(kinds):
            kinds.append(copy)
    return odd_one_out(held) or ""


def _as_a_whole(finding: Finding, copy: Copy, odd: str) -> tuple[Difference, ...]:
    """Where one has nothing there is no element to name; which node is odd is still worth telling."""
    if not odd:
        return ()
    lacking = copy.value is None
    return (
        Difference(
            path=finding.subject, change="removed" if lacking else "added", odd=odd,
            reference="there" if lacking else None, deviating=None if lacking else "there",
        ),
    )  # fmt: skip


def _deviates(finding: Finding, node: str | None, than: str, found: tuple[Difference, ...]) -> Result:
    named = ", ".join(visible(item.path) for item in found[:_NAMED])
    more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    own = replace(finding, node=node, differences=found, observed=f"differs in {named}{more}")
    if node is None:
        own.expected = "the same on every node"
        return own.failed(f"{finding.subject}: {than} differ, and nobody knows which of them holds the group")
    own.expected = f"the same as on {than}"
    own.actions = _actions(own)
    where = named if len(found) == 1 else f"{len(found)} places"
    odd = odd_in_all(found)
    which = f"; {odd} is the odd one out, the others agree" if odd and odd != node else ""
    plain = f"{finding.subject}: {node} differs from {than} in {where}{which}"
    return own.failed(None if finding.rule.message else plain)


def _actions(finding: Finding) -> tuple[Action, ...]:
    """A copy is all that can mend a difference."""
    advice = finding.rule.remediation
    return filled(advice.actions if advice else (), finding, lambda item: None)
