"""Scheduled tasks and cluster resources as ways of synchronisation: what each copies on the node where it runs.

What could not be looked at is Missing. What is not understood is named in `unclear`: it counts neither as a copy nor as
nothing without being said.
"""

from __future__ import annotations

import ntpath
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from vcaudit.evaluate.known import any_of, first_missing, same
from vcaudit.evaluate.nodes import Node
from vcaudit.evaluate.sync import running
from vcaudit.evaluate.sync.copying import Copy
from vcaudit.evaluate.sync.letters import Letters
from vcaudit.evaluate.sync.places import Around, End, end, variables
from vcaudit.evaluate.sync.shell import OWNER, UNKNOWN, Played
from vcaudit.evaluate.sync.things import THINGS, Thing, Transfer, carried, part, transfers
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import Action, ScheduledTask, Script

CONDITION = Missing(reason="bad_output", detail="it copies under a condition that is not understood")

LETTER = Missing(
    reason="bad_output",
    detail="it copies over a drive letter; what a script says to net use stays on the node, for it may be a password",
)


@dataclass(frozen=True)
class Move:
    """A copy with whose its ends are."""

    copy: Copy
    source: End
    target: End

    @property
    def doubt(self) -> Missing | None:
        """Why it may not be made."""
        if "hidden" in {self.source.kind, self.target.kind}:
            return LETTER
        return CONDITION if self.copy.guard == UNKNOWN else None

    def about(self, thing: Thing) -> Move:
        """As it counts for one thing of Table 1."""
        return replace(self, source=self.source.about(thing.requirement), target=self.target.about(thing.requirement))


@dataclass(frozen=True)
class Way:
    """A task or a resource on one node."""

    kind: Literal["task", "resource"]
    name: str
    node: Node
    """Where it runs."""
    enabled: bool | Missing
    """Of a resource: this node may hold it."""
    moves: tuple[Move, ...]
    gap: Missing | None
    """Something of it could not be looked at: it may copy more."""
    unclear: tuple[str, ...]
    played: tuple[Played, ...]
    """One for each command."""
    task: ScheduledTask | None = None
    apart: bool = False
    """Of a resource: it is in the license server's own group, which need not be where VirtualCenter's is."""

    def brings(self, thing: Thing, one: Node, other: Node) -> bool | Missing:
        """Whether it keeps a thing on `other` the same as on `one` while `one` holds the group."""
        sure, unsure, gap, doubt = self._transfers(thing, one, other)
        gap = gap or self.gap
        found = carried(sure, thing, one, other)
        if found is False and gap is not None:
            found = gap
        elif found is False and unsure:
            possible = carried([*sure, *unsure], thing, one, other)
            found = doubt or possible if possible is True else possible
        if self.enabled is False or found is False:
            return False
        return self.enabled if isinstance(self.enabled, Missing) else found

    def _transfers(
        self, thing: Thing, one: Node, other: Node
    ) -> tuple[list[Transfer], list[Transfer], Missing | None, Missing | None]:
        """Those that are made, those that may be, why some could not be told, and why some may not be made."""
        sure: list[Transfer] = []
        unsure: list[Transfer] = []
        gap = doubt = None
        for move in (move.about(thing) for move in self.moves):
            follows = self._follows(move, thing)
            if (follows and not same(self.node.name, one.name)) or (self.kind == "resource" and not follows):
                continue
            found = transfers(move.copy, move.source, move.target, thing, one, other)
            if isinstance(found, Missing):
                gap = gap or found
            elif found:
                (unsure if move.doubt else sure).extend(found)
                doubt = doubt or move.doubt
        return sure, unsure, gap, doubt

    def _follows(self, move: Move, thing: Thing) -> bool:
        """Whether it runs only where the group that a thing is for is: a resource of that group, and what asks the
        cluster who the owner is."""
        home = self.kind == "resource" and (not self.apart or thing.requirement == "F1")
        return home or move.copy.guard == OWNER

    def touches(self, thing: Thing, nodes: Sequence[Node]) -> bool | Missing:
        """Whether it brings any part of a thing anywhere, whether or not it is enabled."""
        told: list[bool | Missing] = [] if self.gap is None else [self.gap]
        for one, other in _pairs(nodes):
            told += [_part(move.about(thing), thing, one, other, LETTER) for move in self.moves]
        return any_of(told)

    @property
    def endless(self) -> bool | Missing:
        """Whether it goes on until somebody ends it."""
        return any(one.endless for one in self.played) if self.gap is None else self.gap

    def overwrites(self, nodes: Sequence[Node]) -> tuple[bool | Missing, tuple[str, ...] | Missing]:
        """Whether a copy of it can put older data over the owner's newer, and how, in words."""
        if self.enabled is False:
            return False, ()
        told: list[bool | Missing] = [] if self.gap is None else [self.gap]
        words: list[str] = []
        for thing, move in ((thing, move.about(thing)) for move in self.moves for thing in THINGS):
            for one, other in self._stale(move, thing, nodes):
                found = _part(move, thing, one, other, LETTER, CONDITION)
                told.append(found)
                if found is True:
                    words.append(_stale_words(move, one, other))
        answer = any_of(told)
        if isinstance(self.enabled, Missing) and answer is not False:
            answer = self.enabled
        return answer, first_missing(*told) or tuple(dict.fromkeys(words))

    def _stale(self, move: Move, thing: Thing, nodes: Sequence[Node]) -> Iterator[tuple[Node, Node]]:
        """From where to where a copy goes against the owner: its source is fixed, and its target may be the owner."""
        if move.source.kind not in {"node", "stray", "hidden"} or (move.copy.newer_only and not move.copy.purges):
            return
        for one, other in _pairs(nodes):
            fixed = move.source.kind != "node" or same(move.source.node, one.name)
            meant = move.target.kind in {"virtual", "stray", "hidden"} or same(move.target.node, other.name)
            if fixed and meant and (not self._follows(move, thing) or same(self.node.name, other.name)):
                yield one, other


def _pairs(nodes: Sequence[Node]) -> Iterator[tuple[Node, Node]]:
    return ((one, other) for one in nodes for other in nodes if one is not other)


def _stale_words(move: Move, one: Node, other: Node) -> str:
    held = f"{move.source.node}, which need not be where the group is," if move.source.kind == "stray" else one.name
    return f"from {held} to {other.name} also while {other.name} holds the group"


def _part(move: Move, thing: Thing, one: Node, other: Node, *doubts: Missing) -> bool | Missing:
    """Whether any of a thing comes along, with virtual servers where they have to be for that; unknown for these
    doubts."""
    found = transfers(move.copy, move.source.held(one), move.target.held(other), thing, one, other)
    if isinstance(found, Missing):
        return found
    comes = any_of(part(each, thing, one, other) for each in found)
    return move.doubt if comes is True and move.doubt in doubts else comes


def of_tasks(node: Node, around: Around) -> tuple[Way, ...] | Missing:
    """The tasks of a node; each may be a way or something else altogether."""
    known = node.facts.synchronization
    tasks = known if isinstance(known, Missing) else known.tasks
    if isinstance(tasks, Missing):
        return tasks
    return tuple(_of_task(task, node, around) for task in tasks)


def _of_task(task: ScheduledTask, node: Node, around: Around) -> Way:
    if isinstance(task.actions, Missing):
        gap = task.actions
        return Way("task", task.name, node, task.enabled, (), gap, (), (), task)
    commands = [(_line(action), action.directory) for action in task.actions if action.command]
    other = () if len(commands) == len(task.actions) else ("an action that starts no program",)
    way = of_commands("task", task.name, node, around, commands)
    return replace(way, enabled=task.enabled, task=task, unclear=(*way.unclear, *other))


def _line(action: Action) -> str:
    command = action.command.strip().strip('"')
    return f'"{command}" {action.arguments}'.strip()


def of_commands(
    kind: Literal["task", "resource"], name: str, node: Node, around: Around, commands: Sequence[tuple[str, str]]
) -> Way:
    """A way by its command lines and the folders in which they start."""
    known = variables(node)
    gap = known if isinstance(known, Missing) else None
    environment = {} if isinstance(known, Missing) else known
    if node.identified:
        environment = {**environment, "COMPUTERNAME": node.name}
    else:
        gap = gap or (node.state if isinstance(node.state, Missing) else None)
    lookup = _Scripts(node, gap)
    letters = Letters()  # what one action gives, the next one finds
    played = tuple(running.play(line, environment, folder, lookup, letters) for line, folder in commands)
    moves: list[Move] = []
    unclear = [said for one in played for said in one.unclear]
    for one in played:
        gap = gap or one.gap
        for copy in one.copies:
            ends = [end(path, node, around) for path in (copy.source, copy.target)]
            gap = gap or next((found for found in ends if isinstance(found, Missing)), None)
            unclear += [found for found in ends if isinstance(found, str)]
            source, target = ends
            if isinstance(source, End) and isinstance(target, End):
                moves.append(Move(copy, source, target))
    return Way(kind, name, node, True, tuple(moves), gap, tuple(dict.fromkeys(unclear)), played)


class _Scripts:
    """What is known of the scripts of a node."""

    def __init__(self, node: Node, gap: Missing | None) -> None:
        self._node, self._gap = node, gap

    def __call__(self, path: str) -> Sequence[str] | Missing | None:
        if "%" in path:
            return self._gap
        found = script(self._node, path)
        if isinstance(found, Missing):
            return found
        return None if found.sha256 is None else found.lines


def script(node: Node, path: str) -> Script | Missing:
    """What is known of a script by its path."""
    known = node.facts.synchronization
    scripts = known if isinstance(known, Missing) else known.scripts
    if isinstance(scripts, Missing):
        return scripts
    wanted = ntpath.normpath(path)
    found = next((one for one in scripts if same(ntpath.normpath(one.path), wanted)), None)
    return found or Missing(reason="not_asked", detail=f"the script {path} was not read", where=node.name)
