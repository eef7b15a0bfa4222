"""What goes offline with a resource, and what waits for it: everything in its group that depends on it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Final

from vcaudit.results import Action, ClusterResult

WhyNot = Callable[[Action], str]
"""Why an action cannot be written as commands; empty: it can."""
WITH_OFFLINE: Final = frozenset({"dependencies"})
"""Operations that always need their resource offline; the others say so themselves."""


class Chains:
    """The dependencies of a cluster's resources, as they are now. Names ignore case, as the cluster does."""

    def __init__(self, cluster: ClusterResult) -> None:
        self._told = cluster.pictures.depends or ()
        self._named = {row.resource.casefold(): row for row in self._told}
        self._idle = {row.resource.casefold() for row in self._told if row.online is False}
        self._dependents: dict[str, list[str]] = {}
        for row in self._told:
            for on in row.on or ():
                self._dependents.setdefault(on.casefold(), []).append(row.resource)

    def names(self) -> tuple[str, ...]:
        """Of all resources that are known."""
        return tuple(row.resource for row in self._told)

    def group(self, name: str) -> str | None:
        """The group of a resource, as far as it is known."""
        row = self._named.get(name.casefold())
        return None if row is None else row.group

    def known(self, name: str) -> bool:
        """Whether everything that could depend on a resource says what it depends on."""
        group = self.group(name)
        return group is not None and all(row.on is not None for row in self._told if row.group in (None, group))

    def over(self, names: Iterable[str]) -> tuple[str, ...]:
        """The resources, and everything that depends on them: what depends on others first."""
        above: dict[str, list[str]] = {}
        look = [self._spelled(name) for name in names]
        while look:
            name = look.pop(0)
            if name not in above:
                above[name] = self._dependents.get(name.casefold(), [])
                look += above[name]
        try:
            return tuple(TopologicalSorter(above).static_order())
        except CycleError:  # which no cluster has
            return tuple(above)

    def again(self, names: Sequence[str]) -> tuple[str, ...]:
        """What comes online again of what went offline, in the other direction: all but what was not online before."""
        return tuple(name for name in reversed(names) if name.casefold() not in self._idle)

    def _spelled(self, name: str) -> str:
        row = self._named.get(name.casefold())
        return name if row is None else row.resource


def goes_offline(action: Action) -> bool:
    """Whether its resource is offline meanwhile."""
    return action.offline or action.do in WITH_OFFLINE


def with_all(chains: Chains, why_not: WhyNot) -> WhyNot:
    """Also asks whether everything that goes offline with it can be named, so that it comes online again."""

    def why(action: Action) -> str:
        if said := why_not(action):
            return said
        if not goes_offline(action):
            return ""
        if not chains.known(action.on):
            return "it needs the resource offline, and it is not known what else goes offline with it"
        for name in chains.over([action.on]):
            if said := why_not(Action(do="online", on=name)):
                return f"of what goes offline with it, {said}"
        return ""

    return why
