"""The results document, of one cluster or several."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from vcaudit.results.cluster import Cell, ClusterResult
from vcaudit.results.core import Result

SCHEMA = 1


class Tool(msgspec.Struct, frozen=True, kw_only=True):
    """What wrote the results."""

    name: str
    version: str


class AuditResults(msgspec.Struct, frozen=True, kw_only=True):
    """The results document (schema published in docs/)."""

    schema: int = SCHEMA
    tool: Tool
    clusters: tuple[ClusterResult, ...]
    results: tuple[Result, ...]
    """Flat however many clusters; the pack's order, then subject, then node."""
    defects: tuple[str, ...] = ()
    """Rules that could not be evaluated for a fault of their own; exit 3."""


def merge(several: Sequence[AuditResults]) -> AuditResults:
    """Results of several clusters as one document; anchors get the cluster's number in front, to stay unique."""
    if len(several) == 1:
        return several[0]
    marked = [_marked(one, f"c{number}-") for number, one in enumerate(several, 1)]
    return AuditResults(
        tool=several[0].tool,
        clusters=tuple(cluster for one in marked for cluster in one.clusters),
        results=tuple(result for one in marked for result in one.results),
        defects=tuple(dict.fromkeys(defect for one in several for defect in one.defects)),
    )


def _marked(one: AuditResults, mark: str) -> AuditResults:
    replace = msgspec.structs.replace
    clusters = []
    for cluster in one.clusters:
        cells = (_moved(cell, mark) for cell in cluster.readiness)
        states = (replace(each, results=tuple(mark + anchor for anchor in each.results)) for each in cluster.waivers)
        clusters.append(replace(cluster, readiness=tuple(cells), waivers=tuple(states)))
    results = tuple(replace(result, anchor=mark + result.anchor) for result in one.results)
    return replace(one, clusters=tuple(clusters), results=results)


def _moved(cell: Cell, mark: str) -> Cell:
    blockers = (msgspec.structs.replace(each, anchor=mark + each.anchor) for each in cell.blocked_by)
    because = tuple(mark + anchor for anchor in cell.because)
    return msgspec.structs.replace(cell, because=because, blocked_by=tuple(blockers))
