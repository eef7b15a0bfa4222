"""Which failovers were tried, and what came of them (H3), out of records that people wrote.

Both directions means: every node has taken over every VirtualCenter group once; with three nodes, from whichever node.
The newest drill of a group onto a node counts. Names are the records'; nothing here verifies them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from vcaudit.evaluate.known import among, same
from vcaudit.evaluate.nodes import Node
from vcaudit.evaluate.schema import GroupVar
from vcaudit.evaluate.schema_operation import DrillStep, DrillVar, TakeoverView
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.drills import Checks, Drill, Recorded, Step, StepResult
from vcaudit.snapshot.model import Declared, Snapshot

STEPS: Final[Mapping[Step, tuple[str, str]]] = {
    "esx_host_connected": ("vpxd", "a managed ESX host is in the inventory and connected"),
    "web_client": ("web", "the web client answers"),
    "license_server_up": ("license", "the license server reports UP"),
    "standalone_host_licensed": ("license", "a stand-alone ESX host is still licensed"),
}
"""Step → the role it is about, and the step in words (Test the VirtualCenter Failover Functionality)."""
NO_DRILL: Final = Missing(
    reason="not_asked", where="inventory",
    detail="no drill is recorded: move the group to the other node and back as the note's test says, write down what "
           "you saw (docs/drills.md) and name the files as `drills` in the inventory, or with --drill",
)  # fmt: skip


def of_cluster(snapshot: Snapshot, given: Iterable[Recorded]) -> tuple[Recorded, ...]:
    """The records that its inventory named and those given beside them, the same one once."""
    own = (each for each in (*snapshot.declared.drills, *given) if each.drill.cluster == snapshot.cluster)
    found: dict[str, Recorded] = {}
    for each in own:
        found.setdefault(each.sha256, each)
    return tuple(found.values())


class Drills:
    """The records of one cluster, joined with its groups and nodes."""

    def __init__(
        self, recorded: Sequence[Recorded], groups: tuple[GroupVar, ...] | Missing, nodes: Sequence[Node],
        taken_at: str, declared: Declared,
    ) -> None:  # fmt: skip
        # Newest first; of two that began at the same time the one that was named later.
        ordered = sorted(enumerate(recorded), key=lambda pair: (pair[1].drill.started, pair[0]), reverse=True)
        self._recorded = tuple(each for _, each in ordered)
        self.groups, self._now = groups, taken_at
        self._nodes = [node for node in nodes if node.member is not False]
        self._unasked = NO_DRILL if not self._recorded and declared.drill_max_age is None else None

    def all(self) -> tuple[DrillVar, ...]:
        """Every record, whether it counts or not."""
        return tuple(self._record(each) for each in self._recorded)

    def takeovers(self) -> tuple[TakeoverView, ...] | Missing:
        """Every group with every node; Missing(not_asked) when there is no record, and none has to be."""
        gap = self._unasked or (self.groups if isinstance(self.groups, Missing) else None)
        return gap or tuple(self._takeover(group, node) for group, node in self._pairs())

    def steps(self) -> tuple[DrillStep, ...] | Missing:
        """Every step that a group's roles ask for, for every node."""
        gap = self._unasked or (self.groups if isinstance(self.groups, Missing) else None)
        return gap or tuple(step for group, node in self._pairs() for step in self._steps(group, node))

    def _pairs(self) -> Iterator[tuple[GroupVar, Node]]:
        assert not isinstance(self.groups, Missing)
        return ((group, node) for group in self.groups for node in self._nodes)

    def _of(self, group: GroupVar, node: Node) -> Recorded | None:
        return next((each for each in self._recorded if same(each.drill.group, group.name)
                     and among(each.drill.target, node.names) and not self._later(each.drill)), None)  # fmt: skip

    def _later(self, drill: Drill) -> bool:
        return _time(drill.started) > _time(self._now)

    def _is_recorded(self, found: Recorded | None, node: Node) -> bool | Missing:
        """A node that is not known by all its names could be the one that a record means."""
        if found is not None:
            return True
        if node.identified and node.member is True:
            return False
        gap = node.member if isinstance(node.member, Missing) else node.state
        return gap if isinstance(gap, Missing) else False

    def _takeover(self, group: GroupVar, node: Node) -> TakeoverView:
        found = self._of(group, node)
        recorded = self._is_recorded(found, node)
        drill = found.drill if found else None
        # Of a record that may be there nothing is known.
        gap = recorded if isinstance(recorded, Missing) else None
        return TakeoverView(
            group=group.name,
            node=node.name,
            vpxd="vpxd" in group.roles,
            recorded=recorded,
            file=found.file if found else gap,
            date=drill.started[:10] if drill else gap,
            age=(_time(self._now) - _time(drill.started)) // timedelta(days=1) if drill else gap,
            online=drill.resources_online is not None if drill else gap,
            seconds=_seconds(drill) if drill else gap,
            operator=drill.operator if drill else gap,
        )

    def _steps(self, group: GroupVar, node: Node) -> Iterator[DrillStep]:
        found = self._of(group, node)
        recorded = self._is_recorded(found, node)
        checks = found.drill.checks if found else Checks()
        for step, (role, words) in STEPS.items():
            if role not in group.roles:
                continue
            told: StepResult | None = getattr(checks, step)
            gap = recorded if isinstance(recorded, Missing) else None
            yield DrillStep(
                group=group.name, node=node.name, what=words, recorded=recorded,
                result=told.result if told else gap, said=gap or _said(told),
            )  # fmt: skip

    def _record(self, each: Recorded) -> DrillVar:
        drill = each.drill
        why_not = self._why_not(drill)
        return DrillVar(
            file=each.file,
            digest=each.sha256,
            group=drill.group,
            source=drill.source,
            target=drill.target,
            started=drill.started,
            operator=drill.operator,
            tool=drill.tool,
            counts=why_not if isinstance(why_not, Missing) else not why_not,
            why_not=why_not,
            text=f"{drill.group} from {drill.source} to {drill.target} on {drill.started[:10]}",
        )

    def _why_not(self, drill: Drill) -> str | Missing:
        if self._later(drill):
            return "it began after the snapshot was taken"
        if isinstance(self.groups, Missing):
            return self.groups
        if not any(same(drill.group, group.name) for group in self.groups):
            known = ", ".join(group.name for group in self.groups) or "none"
            return f"{drill.group} is no VirtualCenter group of this cluster (there is: {known})"
        for name in (drill.source, drill.target):
            if not any(among(name, node.names) for node in self._nodes):
                gap = next((n.state for n in self._nodes if not n.identified and isinstance(n.state, Missing)), None)
                return gap or f"{name} is no node of this cluster"
        return ""


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _seconds(drill: Drill) -> int | None:
    """From the last resource online to the answer. VirtualCenter may answer before the last of the others is online."""
    if drill.resources_online is None or drill.address_answered is None:
        return None
    return max(0, round((_time(drill.address_answered) - _time(drill.resources_online)).total_seconds()))


def _said(told: StepResult | None) -> str:
    if told is None:
        return "not recorded"
    note = f": {told.note}" if told.note else ""
    return f"{told.result} ({'operator' if told.how == 'operator' else 'API,'} {told.by}{note})"
