r"""Facts that WMI and the cluster hive both tell on one node, and tell differently.

Both come from one database: where they differ, one of them is stale or somebody changed the hive by hand, and a report
that rests on either would be about a cluster that does not exist.
"""

from __future__ import annotations

from collections.abc import Iterator

from vcaudit.collect.answer import Answer
from vcaudit.sections.hive import Hive, StoredResource, hive
from vcaudit.sections.properties import plain, unlike
from vcaudit.sections.reading import same
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import Property, Resource
from vcaudit.snapshot.sources import SourceConflict


def conflicts(answer: Answer, resources: tuple[Resource, ...] | Missing, wmi: Missing | None) -> (
    tuple[SourceConflict, ...] | Missing
):  # fmt: skip
    """Over all resources. `wmi`: why WMI did not give them, when they are the hive's own."""
    if wmi is not None or isinstance(resources, Missing):
        return wmi or resources  # type: ignore[return-value]  # one of the two is Missing here
    stored = hive(answer)
    kept = stored.resources() if isinstance(stored, Hive) else stored
    if isinstance(kept, Missing):
        return kept
    gap = next((gap for resource in resources for gap in _gaps(resource, kept)), None)
    return gap or tuple(found for resource in resources for found in _of(resource, kept))


def _gaps(resource: Resource, kept: tuple[StoredResource, ...]) -> Iterator[Missing]:
    other = next((one for one in kept if same(one.name, resource.name)), None)
    for told in (resource.properties, resource.checkpoints, *((other.properties, other.checkpoints) if other else ())):
        if isinstance(told, Missing):
            yield told


def _of(resource: Resource, kept: tuple[StoredResource, ...]) -> Iterator[SourceConflict]:
    stored = next((one for one in kept if same(one.name, resource.name)), None)
    if stored is None:
        yield SourceConflict(subject=resource.name, said="WMI: there; hive: not there")
        return
    if resource.checkpoints_from == "wmi":
        yield from _checkpoints(resource, stored)
    if resource.properties_from == "wmi" and isinstance(resource.properties, tuple):
        for one in resource.properties:
            yield from _property(resource.name, one, stored)


def _checkpoints(resource: Resource, stored: StoredResource) -> Iterator[SourceConflict]:
    told, kept = resource.checkpoints, stored.checkpoints
    assert isinstance(told, tuple)
    assert isinstance(kept, tuple)
    if {path.casefold() for path in told} != {path.casefold() for path in kept}:
        said = f"WMI: {', '.join(told) or 'none'}; hive: {', '.join(kept) or 'none'}"
        yield SourceConflict(subject=f"{resource.name}: registry checkpoints", said=said)


def _property(resource: str, one: Property, stored: StoredResource) -> Iterator[SourceConflict]:
    """Only what both have: a property that keeps its default stands in one of them only."""
    assert isinstance(stored.properties, tuple)
    other = next((other for other in stored.properties if same(other.name, one.name)), None)
    if other is not None and unlike(one, other):
        said = f"WMI: {_shown(one)}; hive: {_shown(other)}"
        yield SourceConflict(subject=f"{resource}: {one.name}", said=said)


def _shown(one: Property) -> str:
    if isinstance(one.value, tuple):
        return ", ".join(map(str, one.value)) or "empty"
    return str(one.value) if plain(one.value) else "empty"
