"""What was knocked at, joined with the roles: does it answer at the virtual server's address (H2)?

Judged whatever state the resources are in: clients see the address, not the cluster. Refused, silent and late mean that
it does not answer; only where no way leads there from here is it not known.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from vcaudit.evaluate.known import apply, same
from vcaudit.evaluate.nodes import Node
from vcaudit.evaluate.resources import WORDS
from vcaudit.evaluate.schema import ResourceVar
from vcaudit.evaluate.schema_operation import AnswerView
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import Door, Probe
from vcaudit.snapshot.model import Auditor

_WORDS: Final = {
    "answered": "answered",
    "refused": "refused the connection",
    "timeout": "did not answer",
    "silent": "takes connections and says nothing",
    "no host": "is nobody's address, or barred",
    "unreachable": "cannot be reached from here",
}


def answers(
    auditor: Auditor, bound: tuple[ResourceVar, ...] | Missing, nodes: Sequence[Node]
) -> tuple[AnswerView, ...] | Missing:
    """Every door in the order in which they were tried; Missing(not_asked) without `--probe`."""
    return apply(lambda tried: tuple(_answer(each, bound, nodes) for each in tried), auditor.probes)


def _answer(probe: Probe, bound: tuple[ResourceVar, ...] | Missing, nodes: Sequence[Node]) -> AnswerView:
    door = probe.door
    at = _at(door)
    resource = bound if isinstance(bound, Missing) else next((r for r in bound if r.role == door.role), None)
    return AnswerView(
        role=door.role,
        what=WORDS[door.role],
        at=at,
        via=apply(lambda own: "" if probe.via == own else probe.via, at),
        told_by=door.told_by,
        answers=_answers(probe),
        said=_said(probe),
        state=resource.state if isinstance(resource, ResourceVar) else resource,
        certificate=probe.certificate,
        known_as=_known_as(probe.certificate, resource, nodes),
    )


def _at(door: Door) -> str | Missing:
    return apply(lambda address: f"{address}:{door.port}", door.address)


def _answers(probe: Probe) -> bool | Missing:
    if isinstance(probe.outcome, Missing) or probe.outcome == "answered":
        return probe.outcome if isinstance(probe.outcome, Missing) else True
    if probe.outcome == "unreachable":
        return Missing(reason="unreachable", detail=probe.error or "no way leads there", where=f"auditor, {probe.via}")
    # A port that was only guessed need not be the one.
    return probe.door.expected if isinstance(probe.door.expected, Missing) else False


def _said(probe: Probe) -> str | Missing:
    if isinstance(probe.outcome, Missing):
        return probe.outcome
    why = f" ({probe.error})" if probe.error else ""
    return f"{_WORDS[probe.outcome]} after {probe.milliseconds} ms{why}"


def _known_as(
    shown: str | None, resource: ResourceVar | None | Missing, nodes: Sequence[Node]
) -> str | None | Missing:
    """Whose certificate it is, by its fingerprint: the owner's is the one that clients should see."""
    if shown is None:
        return None
    owner = resource.owner if isinstance(resource, ResourceVar) else resource
    if isinstance(owner, Missing):
        return owner
    node = next((node for node in nodes if same(node.name, owner)), None)
    held = None if node is None else _rui_crt(node)
    if isinstance(held, Missing):
        return held
    if node is None or held is None:
        return "a certificate, and the node that holds the group has none to compare it with"
    return f"rui.crt of {node.name}" if held == shown else f"another certificate than rui.crt of {node.name}"


def _rui_crt(node: Node) -> str | None | Missing:
    files = node.facts.files
    ssl = files if isinstance(files, Missing) else files.ssl
    found = ssl if ssl is None or isinstance(ssl, Missing) else ssl.certificate
    return found if found is None or isinstance(found, Missing) else found.sha256.casefold().replace(":", "")
