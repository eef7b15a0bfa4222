"""Two faults in one cluster: their snapshots laid over each other where they are about different things."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from tests.inprocess import snapshot
from vcaudit.lab.faults import Fault, apply
from vcaudit.lab.scenario import load
from vcaudit.snapshot.base import Fact, Missing
from vcaudit.snapshot.model import NodeSnapshot, Snapshot
from vcaudit.snapshot.tree import key_of

NEAR = 20.0
"""Seconds by which clocks differ from run to run."""


class Clash(Exception):
    """Both are about the same fact."""


@functools.cache
def healthy(scenario: str) -> Snapshot:
    return snapshot(load(scenario))


@functools.cache
def broken(scenario: str, fault: str) -> Snapshot:
    """With one fault, where it is put by default."""
    return _steady(snapshot(apply(load(scenario), fault)[0]), healthy(scenario))


def _steady(snapshot: Snapshot, base: Snapshot) -> Snapshot:
    """Without what is another in every run: how the facts were had, and when."""
    return msgspec.structs.replace(snapshot, nodes=tuple(_of_node(node, base) for node in snapshot.nodes))


def _of_node(node: NodeSnapshot, base: Snapshot) -> NodeSnapshot:
    before = next((one for one in base.nodes if one.name == node.name), node)
    host = node.host
    if not isinstance(host, Missing) and not isinstance(before.host, Missing):
        skews = (host.clock_skew, before.host.clock_skew)
        near = all(isinstance(skew, float) for skew in skews) and abs(skews[0] - skews[1]) < NEAR  # type: ignore[operator]
        host = msgspec.structs.replace(host, clock=before.host.clock, clock_skew=skews[1] if near else skews[0])
    return msgspec.structs.replace(node, provenance=before.provenance, host=host)


def both(scenario: str, one: Fault, other: Fault) -> Snapshot:
    """With two. Raises Clash."""
    merged: Snapshot = merge(healthy(scenario), broken(scenario, one.name), broken(scenario, other.name))
    return merged


def merge(base: Any, left: Any, right: Any) -> Any:
    """Whatever either side has changed."""
    if left in (base, right):
        return right
    if right == base:
        return left
    if isinstance(base, Fact) and type(base) is type(left) is type(right) and not isinstance(base, Missing):
        fields = {name: merge(*(getattr(one, name) for one in (base, left, right))) for name in base.__struct_fields__}
        return msgspec.structs.replace(base, **fields)
    if all(isinstance(one, tuple) for one in (base, left, right)):
        return _lists(base, left, right)
    raise Clash


def _lists(base: Sequence[Any], left: Sequence[Any], right: Sequence[Any]) -> tuple[Any, ...]:
    """Record by record; lists of anything else are one fact."""
    known = [_keyed(one) for one in (base, left, right)]
    names = dict.fromkeys(name for one in known for name in one)
    merged = (merge(*(one.get(name) for one in known)) for name in names)
    return tuple(item for item in merged if item is not None)


def _keyed(values: Sequence[Any]) -> Mapping[str, Any]:
    if not all(isinstance(value, Fact) for value in values):
        raise Clash
    out = {str(key_of(value)).casefold(): value for value in values}
    if len(out) < len(values):
        raise Clash
    return out
