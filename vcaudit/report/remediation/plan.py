"""Results → the plan that every kind of script writes down: steps in order, what is left to people, what is left out.

Every failed result is in it exactly once: at a step, together with the others that the same step mends, or by hand.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from vcaudit.errors import UsageError
from vcaudit.report.json import sha256
from vcaudit.report.remediation.chains import Chains, WhyNot, goes_offline, with_all
from vcaudit.report.remediation.quote import Unquotable, node
from vcaudit.results import Action, AuditResults, ClusterResult, Copy, Outcome, Result

NODES, COPIES, CLUSTER, WINDOW, ONLINE, MOVE = range(6)
TITLES: Final = (
    "On the nodes",
    "Copies from the owner to the other nodes",
    "In the cluster, while everything stays online",
    "With resources offline",
    "Create and bring online",
    "Move",
)
"""Of the parts, in their order."""
PARTS: Final = {
    "resume": NODES, "start_mode": NODES, "stop_service": NODES,
    "copy": COPIES,
    "owner": CLUSTER, "preferred_owners": CLUSTER, "group_property": CLUSTER, "checkpoints": CLUSTER,
    "parameter": CLUSTER, "property": CLUSTER, "dependencies": WINDOW,
    "create": ONLINE,
    "online": ONLINE, "online_group": ONLINE,
    "move": MOVE,
}  # fmt: skip

_ABOUT: Final = {
    "licenses": frozenset({"F9"}), "vpxd.cfg": frozenset({"E1", "E2", "E3", "E4"}), "ssl": frozenset({"F3"}),
    "registry": frozenset({"E1", "E2", "E4"}),
}  # fmt: skip
"""The requirements that are about the content of what is copied, on one node."""
_CONTRADICTION: Final = "the results contradict themselves about what is copied"


@dataclass(frozen=True)
class Step:
    """One operation."""

    number: int
    """From 1."""
    part: int
    action: Action
    because: tuple[Result, ...]
    """The results it mends, each named here for the first time."""
    also: tuple[Result, ...] = ()
    """Results that an earlier step has named already, and that need this one too."""


@dataclass(frozen=True)
class ByHand:
    """A failure for which no command is written."""

    result: Result
    why: str


@dataclass(frozen=True)
class Owner:
    """A group and the node it was on at the time of the scan."""

    group: str
    node: str


@dataclass(frozen=True)
class Plan:
    """What a script says, in any language."""

    cluster: ClusterResult
    sha256: str
    """Of the results as JSON."""
    steps: tuple[Step, ...]
    by_hand: tuple[ByHand, ...]
    waived: tuple[Result, ...]
    undecided: tuple[Result, ...]
    """Unknown and not asked: not covered."""
    owners: tuple[Owner, ...]
    """Checked before anything is done, and before each step that would do harm elsewhere."""
    offline: tuple[str, ...]
    """Resources that go offline for a while: what depends on others first."""
    again: tuple[str, ...]
    """Those of them that come online again, in the other direction: what was offline or had failed stays so."""

    def part(self, part: int) -> tuple[Step, ...]:
        """The steps of one part."""
        return tuple(step for step in self.steps if step.part == part)


def make(results: AuditResults, cluster: str | None, why_not: WhyNot) -> Plan:
    """The plan of one cluster. Raises UsageError when it is not clear which one is meant."""
    chosen = choose(results, cluster)
    mine = [result for result in results.results if result.cluster == chosen.name]
    owners = owners_of(chosen)
    failed = [result for result in mine if result.outcome is Outcome.FAIL]
    chains = Chains(chosen)
    why = with_all(chains, why_not)
    reasons = {result.anchor: _why_by_hand(result, owners, why) or _wrong_source(result, failed) for result in failed}
    _wait_for(failed, reasons, chains)
    by_hand = [ByHand(result, reasons[result.anchor]) for result in failed if reasons[result.anchor]]
    steps = _steps(result for result in failed if not reasons[result.anchor])
    offline = chains.over(step.action.on for step in steps if step.part == WINDOW)
    return Plan(
        cluster=chosen, sha256=sha256(results), steps=steps, by_hand=tuple(by_hand), owners=owners,
        waived=tuple(result for result in mine if result.outcome is Outcome.WAIVED),
        undecided=tuple(result for result in mine if result.outcome in (Outcome.UNKNOWN, Outcome.NOT_ASKED)),
        offline=offline, again=chains.again(offline),
    )  # fmt: skip


def owners_of(cluster: ClusterResult) -> tuple[Owner, ...]:
    """The groups whose node is known."""
    return tuple(Owner(group.name, group.owner) for group in cluster.pictures.groups if group.owner is not None)


def choose(results: AuditResults, name: str | None) -> ClusterResult:
    """The cluster that is meant."""
    names = [cluster.name for cluster in results.clusters]
    found = [cluster for cluster in results.clusters if name is None or cluster.name == name]
    if name is not None and not found:
        raise UsageError(f"no cluster {name} in the results", hint=f"clusters: {', '.join(names) or 'none'}")
    if len(found) != 1:
        which = "no cluster" if not found else f"{len(found)} clusters"
        raise UsageError(f"the results are of {which}, and a script is about one",
                         hint=f"--cluster NAME ({', '.join(names)})" if found else "")  # fmt: skip
    return found[0]


def _why_by_hand(result: Result, owners: Sequence[Owner], why_not: WhyNot) -> str:
    actions = result.remediation.actions if result.remediation else ()
    if not actions:
        return "it takes a decision, or more than commands to the cluster"
    for action in actions:
        if action.do not in PARTS:
            return "a newer version of vcaudit wrote these results, and this one does not know how"
        if why := _unsafe(action, owners) or why_not(action):
            return why
    return ""


def _unsafe(action: Action, owners: Sequence[Owner]) -> str:
    """What must be in a place that the script can check when it runs."""
    if (action.copies is not None) != (action.do == "copy"):
        return _CONTRADICTION
    if action.do not in ("copy", "stop_service"):
        return ""
    owner = next((owner.node for owner in owners if owner.group == action.group), None)
    if owner is None:
        return "the script could not check which node holds the group"
    try:
        node(owner)
    except Unquotable as error:
        return str(error)
    if action.node is None or action.node.casefold() == owner.casefold():
        return "the node that holds the group is never touched"
    return _CONTRADICTION if action.copies is not None and _contradicts(action, action.copies, owner) else ""


def _contradicts(action: Action, copy: Copy, owner: str) -> bool:
    """A copy goes from the owner to the node of the action, and within what it names."""
    below = f"{copy.target_path}\\".casefold()
    return (
        copy.source.casefold() != owner.casefold()
        or copy.target.casefold() != (action.node or "").casefold()
        or copy.group != action.group
        or not all(f"{entry.key}\\".casefold().startswith(below) for entry in copy.entries)
    )


def _wrong_source(result: Result, failed: Sequence[Result]) -> str:
    """A copy of what is wrong itself would make the other node wrong too."""
    for action in result.remediation.actions if result.remediation else ():
        if (copy := action.copies) is None:
            continue
        for other in failed:
            if other.node == copy.source and set(other.requirements) & _ABOUT.get(copy.what, frozenset()):
                return f"what {copy.source} holds is wrong itself ({other.rule}): mend it there, then scan again"
    return ""


def _wait_for(failed: Sequence[Result], reasons: dict[str, str], chains: Chains) -> None:
    """What is not mended by a step keeps its resource, and what depends on it, from coming online."""
    left = {result.subject.casefold() for result in failed if reasons[result.anchor]}
    blocked = chains.over(name for name in chains.names() if name.casefold() in left)
    held = {chains.group(name) for name in blocked}
    for result in failed:
        for action in result.remediation.actions if result.remediation else ():
            waits = blocked if action.do == "online" else held if action.do == "online_group" else ()
            if action.on in waits and not reasons[result.anchor]:
                reasons[result.anchor] = (
                    "it can come online once the failures of its resources that stand here are mended"
                )


def _part(action: Action) -> int:
    return WINDOW if goes_offline(action) else PARTS[action.do]


def _same(action: Action) -> Action:
    """Two that do the same are one step, whatever was there before."""
    return msgspec.structs.replace(action, was=None)


def _steps(results: Iterable[Result]) -> tuple[Step, ...]:
    first: dict[Action, Action] = {}
    found: dict[Action, list[Result]] = {}
    for result in results:
        for action in result.remediation.actions if result.remediation else ():
            key = _same(action)
            if key not in first or first[key].was is None:
                first[key] = action
            if result not in found.setdefault(key, []):
                found[key].append(result)
    # What is created comes before what brings a group online; within a part the order of the rules stays.
    ordered = sorted(found, key=lambda action: (_part(action), action.do != "create"))
    named: set[str] = set()
    out = []
    for number, key in enumerate(ordered, 1):
        new = tuple(result for result in found[key] if result.anchor not in named)
        also = tuple(result for result in found[key] if result.anchor in named)
        named |= {result.anchor for result in new}
        out.append(Step(number, _part(key), first[key], new, also))
    return tuple(out)
