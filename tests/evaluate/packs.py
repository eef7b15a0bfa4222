"""Rules and packs for tests: a valid rule, changed key by key, and what it finds on the reference model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import yaml

from vcaudit.evaluate import reference
from vcaudit.evaluate.context import Context
from vcaudit.evaluate.engine import judge
from vcaudit.evaluate.loader import load_pack
from vcaudit.evaluate.rule import Pack
from vcaudit.evaluate.schema import RuleView
from vcaudit.results import Result
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.model import Auditor, Declared, Snapshot

GAP = Missing(reason="access_denied", detail="Access is denied.", where="VCNODE2 wmi cluster")

RULE: dict[str, Any] = {
    "id": "VC-RES-001",
    "title": "Each resource runs in a separate Resource Monitor",
    "severity": "high",
    "requirements": ["C1"],
    "source": {"section": "Create the remaining resources"},
    "forEach": "vc.resources",
    "subject": "each.name",
    "role": "each.role",
    "expression": "each.separate",
    "observed": "each.separate",
    "expected": "true",
    "message": "{subject} shares its monitor",
    "impact": "a crash takes {subject} down",
    "remediation": {"text": "Give {subject} its own."},
    "examples": {"pass": [{"each": {"separate": True}}], "fail": [{"each": {"separate": False}}]},
}

IDENTICAL: dict[str, Any] = {
    "id": "VC-DATA-003",
    "title": "SSL files are the same",
    "severity": "critical",
    "requirements": ["F3"],
    "blocks": ["vpxd"],
    "source": {"section": "Clustering Considerations", "table": "Table 1"},
    "kind": "identical",
    "path": "ssl",
    "subject": "SSL files",
    "impact": "every ESX host would refuse its certificate",
    "remediation": {"text": "Copy them from {owner} to {node}."},
}

HEAD: dict[str, Any] = {"name": "demo", "title": "Demo", "version": "1"}


def rule(base: dict[str, Any] = RULE, /, **changes: Any) -> dict[str, Any]:
    """A rule with some keys changed; None takes a key away."""
    return {key: value for key, value in {**base, **changes}.items() if value is not None}


def cluster_rule(**changes: Any) -> dict[str, Any]:
    """A rule about the cluster: no forEach, no examples that need one."""
    plain = {"forEach": None, "subject": None, "role": None, "expression": "cluster.owner != null"}
    examples = {"pass": [{"vars": {"cluster": {}}}], "fail": [{"vars": {"cluster": {"owner": None}}}]}
    return rule(**{**plain, "observed": "cluster.owner", "examples": examples, **changes})


def write(folder: Path, *rules: dict[str, Any], **head: Any) -> Path:
    """A pack on disk; the file is called as the rule's id says."""
    folder.mkdir(exist_ok=True)
    (folder / "pack.yaml").write_text(yaml.safe_dump({**HEAD, **head}, sort_keys=False), "utf-8")
    for each in rules:
        text = yaml.safe_dump(each, sort_keys=False, allow_unicode=True)
        (folder / f"{each.get('id', 'VC-X-001')}.yaml").write_text(text, "utf-8")
    return folder


def pack(folder: Path, *rules: dict[str, Any], **head: Any) -> Pack:
    """The same, loaded."""
    return load_pack(write(folder, *rules, **head))


def context(loaded: Pack, view: RuleView | None = None, **declared: Any) -> Context:
    """The reference model under judgement."""
    snapshot = Snapshot(
        cluster="CORP-VC", taken_at="2026-01-01T00:00:00Z", declared=Declared(nodes=("VCNODE1",), **declared),
        auditor=Auditor(version="1", names=(), resolver="system"), nodes=(), permissions=(),
    )  # fmt: skip
    return Context(snapshot, view or reference.view(), loaded)


def with_resources(*changes: dict[str, Any]) -> RuleView:
    """A view whose bound resources are the model's one, changed."""
    view = reference.view()
    assert isinstance(view.vc.resources, tuple)
    found = tuple(msgspec.structs.replace(view.vc.resources[0], **each) for each in changes)
    return with_vc(resources=found)


def with_vc(**changes: Any) -> RuleView:
    """A view with some fields of `vc` changed."""
    view = reference.view()
    return msgspec.structs.replace(view, vc=msgspec.structs.replace(view.vc, **changes))


def results(folder: Path, changed: dict[str, Any], view: RuleView | None = None, **declared: Any) -> Sequence[Result]:
    """What one rule finds; it must not be defective."""
    loaded = pack(folder, changed)
    under = context(loaded, view, **declared)
    found = judge(loaded.rules[0], under)
    assert under.defects == []
    return found
