"""Nodes that are not reached over a network: what to carry to them, and what came back by hand → Snapshot.

Kit output and folders become Captures; from there on everything is as in a scan. Nothing here reaches the network.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from vcaudit import __version__
from vcaudit.capture import Capture, Limits, Locations, Request
from vcaudit.collect.files import read_files
from vcaudit.collect.kitfile import is_kit_output, read_kit
from vcaudit.collect.merge import merge
from vcaudit.collect.tree import Entry, Tree, Unreadable, open_tree
from vcaudit.errors import BadOutput, Problem, SourceError, TargetError
from vcaudit.inventory.types import Cluster
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts.extra import Ask
from vcaudit.snapshot.model import Auditor, Declared, Snapshot

LARGEST = 256 << 20
NO_EXPORT = Missing(
    reason="not_asked", where="inventory",
    detail="no export of the VirtualCenter role holders: name its CSV as `permissions` in an inventory",
)  # fmt: skip
NO_NETWORK = Missing(reason="not_asked", detail="an import reaches no network, so no name was resolved from here")


class Source(NamedTuple):
    """One argument of `vcaudit import`."""

    path: Path
    node: str | None = None
    """As the owner calls it, where they said so: NODE=PATH."""


class _Found(NamedTuple):
    """What one source holds about one node."""

    source: Source
    capture: Capture


def requests(locations: Locations, asks: Sequence[Ask] = ()) -> tuple[Request, ...]:
    """What a node is asked, for whoever carries it there."""
    from vcaudit import sections

    return sections.requests(locations, asks)


def snapshot(
    sources: Sequence[Source], *, cluster: Cluster | None, name: str, asks: Sequence[Ask] = ()
) -> Snapshot:
    """The snapshot of one cluster from what was carried here. `cluster`: what the inventory says of it, if any.

    `asks`: what rule packs ask for, as far as it was carried along.

    Raises SourceError with what is wrong with every source, TargetError for two nodes of one name, PermissionsError.
    """
    from vcaudit import sections

    asked = requests(cluster.locations if cluster else Locations(), asks)
    limits = cluster.limits if cluster else Limits()
    found = _read(sources, asked, limits)
    if cluster:
        found = [_Found(one.source, _named(one, cluster)) for one in found]
    nodes = _nodes(found, cluster)
    merged = [_merged(parts) for parts in nodes]
    permissions = sections.read_permissions(cluster.permissions) if cluster and cluster.permissions else NO_EXPORT
    declared = cluster.declared if cluster else Declared(nodes=tuple(one.node for one in merged))
    return sections.read(
        merged, cluster=name, declared=declared, permissions=permissions,
        auditor=Auditor(version=__version__, names=NO_NETWORK, resolver="none"),
        taken_at=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", asks=asks,
    )  # fmt: skip


def _read(sources: Sequence[Source], asked: tuple[Request, ...], limits: Limits) -> list[_Found]:
    """All sources; what is wrong with any of them at once."""
    problems: list[Problem] = []
    found: list[_Found] = []
    for source in sources:
        try:
            found += [_Found(source, capture) for capture in _captures(source, asked, limits)]
        except SourceError as error:
            problems += error.problems
    if problems:
        hint = "give a .vca that a kit printed, a folder, or a ZIP archive; docs/offline.md says what may be in them"
        raise SourceError(problems, hint=hint)
    return found


def _captures(source: Source, asked: tuple[Request, ...], limits: Limits) -> list[Capture]:
    """Of a file that a kit printed, or of a folder or archive, in which there may be one as well."""
    path = source.path
    if path.is_file():
        data = _head(path)
        if is_kit_output(data) or not data.startswith(b"PK"):
            return [read_kit(str(path), _content(path), source.node)]
    tree = open_tree(path)
    kits = [entry for entry in tree.entries if _may_be_kit(entry)]
    if len(kits) > 1:
        listed = ", ".join(entry.shown for entry in kits)
        raise _wrong(path, f"holds several answers of kits: keep one, or give each by itself: {listed}")
    answered = [read_kit(f"{path}/{entry.shown}", _of(entry, path), source.node) for entry in kits]
    rest = Tree(tree.name, [entry for entry in tree.entries if entry not in kits], tree.folders, tree.warnings)
    if kits and not rest.entries:
        return answered
    files = read_files(source.node, rest, asked, limits)
    own = files.node or (answered[0].node if answered else _plain(path))
    if answered and files.node and files.node.casefold() != answered[0].node.casefold():
        raise _wrong(path, f"holds the answer of {answered[0].node} and the registry of {files.node}: two machines")
    return [_renamed(one, own) for one in (*answered, files)]


def _may_be_kit(entry: Entry) -> bool:
    name = entry.name.lower()
    return name.endswith(".vca") or (name.endswith((".txt", ".out")) and is_kit_output(entry.head()))


def _renamed(capture: Capture, node: str) -> Capture:
    import msgspec

    return msgspec.structs.replace(capture, node=node)


def _plain(path: Path) -> str:
    """The name of a folder or archive as that of a node."""
    resolved = path.resolve()
    return (resolved.stem if resolved.is_file() else resolved.name) or "node"


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(1 << 16)
    except OSError as error:
        raise _wrong(path, f"cannot be read: {error.strerror}") from None


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST + 1)
    except OSError as error:
        raise _wrong(path, f"cannot be read: {error.strerror}") from None


def _of(entry: Entry, path: Path) -> bytes:
    try:
        return entry.read(LARGEST)
    except Unreadable as error:
        raise _wrong(path, f"{entry.shown} cannot be read: {error}") from None


def _named(one: _Found, cluster: Cluster) -> Capture:
    """The capture under the name that the inventory has for the node. Raises SourceError for one that it lacks."""
    for node in cluster.nodes:
        if node.name.casefold() == one.capture.node.casefold():
            return _renamed(one.capture, node.name)
    known = ", ".join(node.name for node in cluster.nodes)
    path = one.source.path
    what = f"is of {one.capture.node}, which is no node of {cluster.name} ({known}); if it is one, write NODE={path}"
    raise _wrong(path, what)


def _nodes(found: Sequence[_Found], cluster: Cluster | None) -> list[list[Capture]]:
    """The captures of each node, in the inventory's order, or in that in which they were given."""
    groups: dict[str, list[_Found]] = {node.name.casefold(): [] for node in cluster.nodes} if cluster else {}
    for one in found:
        others = groups.setdefault(one.capture.node.casefold(), [])
        _check(one, others)
        others.append(one)
    names = {node.name.casefold(): node.name for node in cluster.nodes} if cluster else {}
    return [[one.capture for one in group] or [_nothing(names[key])] for key, group in groups.items()]


def _check(one: _Found, others: Sequence[_Found]) -> None:
    """Two sources of one kind for one node are more likely two nodes that were named alike, or one given twice."""
    for other in others:
        said = one.source.node is not None and other.source.node is not None
        if other.capture.route == one.capture.route and not said:
            raise TargetError(
                f"two sources are of {one.capture.node}: {other.source.path} and {one.source.path}",
                hint="comparing a node with itself would prove nothing: give each node once. If both are of one node, "
                f"put them into one folder, or write {one.capture.node}=PATH for each; of another: NODE=PATH",
            )  # fmt: skip


def _merged(parts: Sequence[Capture]) -> Capture:
    try:
        return merge(parts)
    except BadOutput as error:
        raise SourceError([Problem(parts[0].node, 0, error.what)]) from None


def _nothing(node: str) -> Capture:
    """A node of the inventory that nobody brought anything of."""
    gap = Missing(reason="not_asked", detail="nothing of this node was imported", where=node)
    return Capture(
        node=node, route="none", address="", user="", started=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", finished="",
        seconds=0.0, requests=0, bytes_sent=0, bytes_received=0, script_sha256="", asked=(), stdout=b"", failure=gap,
    )  # fmt: skip


def _wrong(path: Path, what: str) -> SourceError:
    return SourceError([Problem(str(path), 0, what)])
