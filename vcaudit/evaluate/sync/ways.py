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
from vcaudit.evaluate.sync.places import Around, End, end, variables
from vcaudit.evaluate.sync.shell import OWNER, UNKNOWN, Played
from vcaudit.evaluate.sync.things import THINGS, Thing, Transfer, carried, part, transfer
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import Action, ScheduledTask, Script

CONDITION = Missing(reason="bad_output", detail="it copies under a condition that is not understood")


@dataclass(frozen=True)
class Move:
    """A copy with whose its ends are."""

    copy: Copy
    source: End
    target: End

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

    def brings(self, thing: Thing, one: Node, other: Node) -> bool | Missing:
        """Whether it keeps a thing on `other` the same as on `one` while `one` holds the group."""
        sure, unsure, gap = self._transfers(thing, one, other)
        gap = gap or self.gap
        found = carried(sure, thing, one, other)
        if found is False and gap is not None:
            found = gap
        elif found is False and unsure:
            possible = carried([*sure, *unsure], thing, one, other)
            found = CONDITION if possible is True else possible
        if self.enabled is False or found is False:
            return False
        return self.enabled if isinstance(self.enabled, Missing) else found

    def _transfers(
        self, thing: Thing, one: Node, other: Node
    ) -> tuple[list[Transfer], list[Transfer], Missing | None]:
        """Those that are made, those that may be, and why some could not be told."""
        sure: list[Transfer] = []
        unsure: list[Transfer] = []
        gap: Missing | None = None
        for move in (move.about(thing) for move in self.moves):
            if self._follows(move) and not same(self.node.name, one.name):
                continue
            found = transfer(move.copy, move.source, move.target, one, other)
            if isinstance(found, Missing):
                gap = gap or found
            elif found is not None:
                (unsure if move.copy.guard == UNKNOWN else sure).append(found)
        return sure, unsure, gap

    def _follows(self, move: Move) -> bool:
        """Whether it runs only where the group is: a resource, and what asks the cluster who the owner is."""
        return self.kind == "resource" or move.copy.guard == OWNER

    def touches(self, thing: Thing, nodes: Sequence[Node]) -> bool | Missing:
        """Whether it brings any part of a thing anywhere, whether or not it is enabled."""
        told: list[bool | Missing] = [] if self.gap is None else [self.gap]
        for one, other in _pairs(nodes):
            told += [_part(move.about(thing), thing, one, other) for move in self.moves]
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
            for one, other in self._stale(move, nodes):
                found = _part(move, thing, one, other)
                found = CONDITION if found is True and move.copy.guard == UNKNOWN else found
                told.append(found)
                if found is True:
                    words.append(_stale_words(move, one, other))
        answer = any_of(told)
        if isinstance(self.enabled, Missing) and answer is not False:
            answer = self.enabled
        return answer, first_missing(*told) or tuple(dict.fromkeys(words))

    def _stale(self, move: Move, nodes: Sequence[Node]) -> Iterator[tuple[Node, Node]]:
        """From where to where a copy goes against the owner: its source is fixed, and its target may be the owner."""
        if move.source.kind not in {"node", "stray"} or (move.copy.newer_only and not move.copy.purges):
            return
        for one, other in _pairs(nodes):
            fixed = move.source.kind == "stray" or same(move.source.node, one.name)
            meant = move.target.kind in {"virtual", "stray"} or same(move.target.node, other.name)
            if fixed and meant and (not self._follows(move) or same(self.node.name, other.name)):
                yield one, other


def _pairs(nodes: Sequence[Node]) -> Iterator[tuple[Node, Node]]:
    return ((one, other) for one in nodes for other in nodes if one is not other)


def _stale_words(move: Move, one: Node, other: Node) -> str:
    held = f"{move.source.node}, which need not be where the group is," if move.source.kind == "stray" else one.name
    return f"from {held} to {other.name} also while {other.name} holds the group"


def _part(move: Move, thing: Thing, one: Node, other: Node) -> bool | Missing:
    """Whether any of a thing comes along, with virtual servers where they have to be for that."""
    found = transfer(move.copy, move.source.held(one), move.target.held(other), one, other)
    if found is None or isinstance(found, Missing):
        return False if found is None else found
    return part(found, thing, one, other)


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
    played = tuple(running.play(line, environment, folder, lookup) for line, folder in commands)
    moves: list[Move] = []
    unclear = [said for one in played for said in one.unclear]
    for one in played:
        gap = gap or one.gap
        for copy in one.copies:
            ends = [end(path, node, around) for path in (copy.source, copy.target)]
            gap = gap or next((found for found in ends if isinstance(found, Missing)), None)
            unclear += [found for found in ends if isinstance(found, str)]
            unclear += [f"drive {letter}" for letter in _letters(ends) if one.letters]
            source, target = ends
            if isinstance(source, End) and isinstance(target, End):
                moves.append(Move(copy, source, target))
    return Way(kind, name, node, True, tuple(moves), gap, tuple(dict.fromkeys(unclear)), played)


def _letters(ends: Sequence[object]) -> list[str]:
    """Drives that a share may stand behind: the system's own is none of them."""
    local = [found.path[:2].upper() for found in ends if isinstance(found, End) and not found.share]
    return [letter for letter in local if letter not in ("C:", "D:")]


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
