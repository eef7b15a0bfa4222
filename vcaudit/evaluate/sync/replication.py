"""DFS replication as a way of synchronisation: folders that are replicated between the nodes, and connections."""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence

from vcaudit.evaluate.hosts import Hosts
from vcaudit.evaluate.known import all_of, first_missing
from vcaudit.evaluate.nodes import Node
from vcaudit.evaluate.sync.places import canonical
from vcaudit.evaluate.sync.things import Thing, Transfer, carried, part, spot
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import ReplicatedFolder, ReplicationConnection


def folders(node: Node) -> tuple[ReplicatedFolder, ...] | Missing:
    """The replicated folders of a node."""
    known = node.facts.synchronization
    return known if isinstance(known, Missing) else known.folders


def brings(thing: Thing, one: Node, other: Node, nodes: Sequence[Node], hosts: Hosts) -> bool | Missing:
    """Whether replication keeps a thing on `other` the same as on `one`."""
    here, there = folders(one), folders(other)
    if here == () or there == ():
        return False
    for gap in (here, there):
        if isinstance(gap, Missing):
            return gap
    assert not isinstance(here, Missing)
    assert not isinstance(there, Missing)
    sure: list[Transfer] = []
    open_: Missing | None = None
    for mine in here:
        for theirs in there:
            if mine.identity != theirs.identity or mine.read_only:
                continue
            runs = all_of((mine.enabled, theirs.enabled, _connected(mine.group, one, other, nodes, hosts)))
            moved = _transfer(mine, theirs)
            if runs is True and isinstance(moved, Transfer):
                sure.append(moved)
            elif runs is not False:
                open_ = open_ or (runs if isinstance(runs, Missing) else moved if isinstance(moved, Missing) else None)
    found = carried(sure, thing, one, other)
    return open_ if found is False and open_ is not None else found


def _transfer(mine: ReplicatedFolder, theirs: ReplicatedFolder) -> Transfer | Missing:
    for gap in (mine.path, theirs.path, mine.file_filter, mine.directory_filter):
        if isinstance(gap, Missing):
            return gap
    left_files, left_folders = _names(mine.file_filter), _names(mine.directory_filter)

    def takes(name: str) -> bool:
        *above, last = name.split("\\")
        return not _among(last, left_files) and not any(_among(folder, left_folders) for folder in above)

    return Transfer(canonical(str(mine.path)), canonical(str(theirs.path)), takes)


def _names(listed: str | Missing) -> list[str]:
    return [name.strip().casefold() for name in str(listed).split(",") if name.strip()]


def _among(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatch.fnmatchcase(name.casefold(), pattern) for pattern in patterns)


def touches(folder: ReplicatedFolder, thing: Thing, node: Node) -> bool | Missing:
    """Whether a replicated folder holds any part of a thing on its node."""
    moved = _transfer(folder, folder)
    if isinstance(moved, Missing):
        return moved
    here = spot(thing, node)
    return here if isinstance(here, Missing) else here is not None and part(moved, thing, node, node)


def _connected(group: str, one: Node, other: Node, nodes: Sequence[Node], hosts: Hosts) -> bool | Missing:
    """Whether what changes on one member comes to another, over enabled connections and other members.

    Both ends of a connection hold it: disabled at either it brings nothing, and an end that was not looked at may have
    it disabled.
    """
    told: dict[tuple[str, str], list[bool | Missing]] = {}
    unseen: dict[str, Missing] = {}
    for node in nodes:
        known = node.facts.synchronization
        listed = known if isinstance(known, Missing) else known.connections
        for connection in () if isinstance(listed, Missing) else listed:
            edge = _edge(connection, node, hosts) if connection.group == group else None
            if isinstance(edge, Missing):
                unseen[node.name.casefold()] = edge
            elif edge is not None:
                told.setdefault(edge, []).append(connection.enabled)
        if isinstance(listed, Missing):
            unseen[node.name.casefold()] = listed
    for edge, ends in told.items():
        ends += [unseen[name] for name in edge if name in unseen]
    runs = {edge: all_of(ends) for edge, ends in told.items()}
    if other.name.casefold() in _reached(one.name, [edge for edge, found in runs.items() if found is True]):
        return True
    return first_missing(*unseen.values(), *runs.values()) or False


def _reached(start: str, edges: Sequence[tuple[str, str]]) -> set[str]:
    reached = {start.casefold()}
    for _ in edges:
        reached |= {end for begin, end in edges if begin in reached}
    return reached


def _edge(connection: ReplicationConnection, node: Node, hosts: Hosts) -> tuple[str, str] | Missing:
    """From whom to whom."""
    for gap in (connection.partner, connection.inbound):
        if isinstance(gap, Missing):
            return gap
    where = hosts.find(str(connection.partner), node.name)
    if isinstance(where, Missing):
        return where
    # a member outside the cluster may stand between two nodes
    partner = (where.name or str(connection.partner)).casefold()
    own = node.name.casefold()
    return (partner, own) if connection.inbound else (own, partner)
