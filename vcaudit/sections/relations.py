"""Association classes of MSCluster as relations between names (field facts, section 5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from vcaudit.collect.answer import Answer, Row
from vcaudit.sections import references
from vcaudit.sections.reading import needed, same, where
from vcaudit.snapshot.base import Missing

Pairs: TypeAlias = "tuple[tuple[str, str], ...]"
"""(from, to), in the order of the answer."""

ENDS: Mapping[str, tuple[str, str]] = {
    "MSCluster_ResourceGroupToResource": ("GroupComponent", "PartComponent"),
    "MSCluster_NodeToActiveGroup": ("GroupComponent", "PartComponent"),
    "MSCluster_ResourceToPossibleOwner": ("GroupComponent", "PartComponent"),
    "MSCluster_ResourceGroupToPreferredNode": ("GroupComponent", "PartComponent"),
    # against the usual sense: the antecedent depends, the dependent is depended on
    "MSCluster_ResourceToDependentResource": ("Antecedent", "Dependent"),
    "MSCluster_ClusterToQuorumResource": ("GroupComponent", "PartComponent"),
}
"""Association class: its two properties, from and to."""


def pairs(answer: Answer, probe: str, classname: str) -> Pairs | Missing:
    """A relation whole, or Missing: half of one reads as if the other half did not exist."""
    rows = answer.wmi(probe)
    if isinstance(rows, Missing):
        return rows
    one, other = ENDS[classname]
    out: list[tuple[str, str]] = []
    for row in rows:
        ends = (_name(row, one), _name(row, other))
        missing = next((end for end in ends if isinstance(end, Missing)), None)
        if missing is not None:
            return Missing(reason=missing.reason, detail=missing.detail, where=where(answer, "wmi", probe))
        out.append((str(ends[0]), str(ends[1])))
    return tuple(out)


def _name(row: Row, name: str) -> str | Missing:
    text = needed(row, name)
    if isinstance(text, Missing):
        return text
    reference = references.parse(text)
    return reference.name if reference else Missing(reason="bad_output", detail=f"{name} is no reference: {text[:80]}")


def targets(relation: Pairs | Missing, source: str) -> tuple[str, ...] | Missing:
    """What `source` relates to."""
    if isinstance(relation, Missing):
        return relation
    return tuple(other for one, other in relation if same(one, source))


def source(relation: Pairs | Missing, target: str) -> str | None | Missing:
    """What relates to `target`, of which there is one at most; None: nothing does."""
    if isinstance(relation, Missing):
        return relation
    return next((one for one, other in relation if same(other, target)), None)
