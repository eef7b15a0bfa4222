"""Judges a snapshot: reads no file, reaches no network, knows no clock but the snapshot's."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from vcaudit import __version__
from vcaudit.evaluate.accept import accept, said, unknown_rules
from vcaudit.evaluate.context import Context
from vcaudit.evaluate.exitcode import exit_code
from vcaudit.evaluate.rule import Pack
from vcaudit.evaluate.waivers import Waiver, WaiverFile
from vcaudit.results import (
    AuditResults,
    BaselineUsed,
    ClusterResult,
    NodeBudget,
    NodeProvenance,
    PackUsed,
    ProvenanceRecord,
    Result,
    Tool,
    Verdict,
    WaiverFileUsed,
)
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.codec import encode
from vcaudit.snapshot.drills import Recorded
from vcaudit.snapshot.model import Budget, NodeSnapshot, Snapshot

if TYPE_CHECKING:
    from vcaudit.evaluate.baseline import Baseline

__all__ = ["Waiver", "WaiverFile", "evaluate"]


def evaluate(
    snapshot: Snapshot, pack: Pack, waivers: Sequence[WaiverFile] = (), baseline: Baseline | None = None,
    drills: Sequence[Recorded] = (),
) -> AuditResults:  # fmt: skip
    """Results of one cluster. `drills`: beside those of its inventory; only records of this cluster count."""
    from vcaudit.evaluate.engine import judge
    from vcaudit.evaluate.findings import with_anchors
    from vcaudit.evaluate.view import build_view

    context = Context(snapshot, build_view(snapshot, drills), pack, baseline)
    found = [result for rule in pack.rules for result in sorted(judge(rule, context), key=_order)]
    results, states = accept(with_anchors(found), snapshot, waivers, pack)
    defects = (*context.defects, *unknown_rules(snapshot.declared.exceptions, pack))
    tool = Tool(name="vcaudit", version=__version__)
    judged = AuditResults(tool=tool, clusters=(), results=results, defects=defects)
    cluster = msgspec.structs.replace(_cluster(context, judged), waivers=states)
    if waivers:
        cluster = msgspec.structs.replace(cluster, provenance=_granted(cluster.provenance, waivers))
    return msgspec.structs.replace(judged, clusters=(cluster,))


def _granted(record: ProvenanceRecord, files: Sequence[WaiverFile]) -> ProvenanceRecord:
    """With the files of waivers, and who read them."""
    used = (WaiverFileUsed(file=each.file, sha256=each.sha256, max_days=each.max_days, waivers=len(each.waivers))
            for each in files)  # fmt: skip
    users = dict.fromkeys(each.run_as for each in files if each.run_as)
    return msgspec.structs.replace(record, waiver_files=tuple(used), run_as=", ".join(users))


def _order(result: Result) -> tuple[str, str]:
    return result.subject.casefold(), (result.node or "").casefold()


def _cluster(context: Context, judged: AuditResults) -> ClusterResult:
    from vcaudit.evaluate.pictures import pictures
    from vcaudit.evaluate.readiness import readiness
    from vcaudit.evaluate.scores import of_packs, summary
    from vcaudit.evaluate.verdict import verdict

    snapshot, view, results = context.snapshot, context.view, judged.results
    cells = readiness(results, view, context.pack, _partial(context))
    scores = of_packs(results, context.pack.heads)
    answer: Verdict = verdict(results, cells, view, context.pack, exit_code(judged))
    return ClusterResult(
        name=snapshot.cluster,
        taken_at=snapshot.taken_at,
        owner=context.owner,
        verdict=answer,
        readiness=cells,
        compliance=scores[0].compliance,
        summary=summary(results),
        provenance=_provenance(context),
        pictures=pictures(snapshot, view, results),
        not_looked=context.pack.not_looked,
        accepted=tuple(map(said, snapshot.declared.exceptions)),
        banner=_banner(context),
        scores=scores,
    )


def _banner(context: Context) -> str | None:
    said = list(context.snapshot.warnings)
    for head in context.pack.heads:
        versions, foreign = head.versions, context.foreign_versions(head)
        if versions is not None and foreign:
            said.append(
                f"{head.title} is about VirtualCenter {versions.text}; {', '.join(foreign)}. "
                "Rules that are bound to a version were not applied where no node has one of these."
            )
    return " ".join(said) or None


def _partial(context: Context) -> frozenset[str]:
    """Nodes of which only files were imported, or nothing."""
    nodes = context.snapshot.nodes
    return frozenset(node.name for node in nodes if node.provenance.route in ("files", "none"))


def _provenance(context: Context) -> ProvenanceRecord:
    snapshot, pack = context.snapshot, context.pack
    return ProvenanceRecord(
        taken_at=snapshot.taken_at,
        judged_by=f"vcaudit {__version__}",
        rule_pack=", ".join(f"{head.name} {head.version}" for head in pack.heads),
        rule_pack_sha256=pack.sha256,
        # The same bytes that `collect` saves: anyone can check it with sha256sum.
        snapshot_sha256=hashlib.sha256(encode(snapshot)).hexdigest(),
        nodes=tuple(map(_spent, snapshot.nodes)),
        resolver=snapshot.auditor.resolver,
        baseline=_approved(context.baseline),
        declared=_declared(snapshot),
        packs=tuple(PackUsed(name=each.name, title=each.title, version=each.version, sha256=each.sha256)
                    for each in pack.heads),
        overrides=pack.changes,
    )  # fmt: skip


def _approved(baseline: Baseline | None) -> BaselineUsed | None:
    if baseline is None:
        return None
    return BaselineUsed(file=baseline.file, taken_at=baseline.snapshot.taken_at, sha256=baseline.sha256)


def _spent(node: NodeSnapshot) -> NodeProvenance:
    known = node.provenance
    return NodeProvenance(
        node=node.name,
        route=known.route,
        address=known.address,
        user=known.user,
        started=known.started,
        seconds=known.seconds,
        requests=known.requests,
        bytes_sent=known.bytes_sent,
        bytes_received=known.bytes_received,
        collector_milliseconds=known.collector_milliseconds,
        script_sha256=known.script_sha256,
        requests_sha256=known.requests_sha256,
        warnings=known.warnings,
        budget=_budget(known.budget),
        sources=_sources(node),
    )


def _budget(budget: Budget | None) -> NodeBudget | None:
    if budget is None:
        return None
    return NodeBudget(**{name: getattr(budget, name) for name in NodeBudget.__struct_fields__})


def _sources(node: NodeSnapshot) -> tuple[str, ...]:
    if isinstance(node.cluster, Missing):
        return ()
    return tuple(f"{one.what}: {one.source}" for one in node.cluster.sources)


def _declared(snapshot: Snapshot) -> tuple[str, ...]:
    """`virtual address: 192.0.2.50`, a line for each thing the owner declared."""
    declared = snapshot.declared
    plain = [name for name in declared.__struct_fields__ if name not in ("params", "exceptions", "drills")]
    lines = [(name.replace("_", " "), getattr(declared, name)) for name in plain]
    out = [f"{name}: {', '.join(value) if isinstance(value, tuple) else value}" for name, value in lines if value]
    out += [f"{param.rule}, {param.name}: {param.value}" for param in declared.params]
    out += [f"drill: {each.file}, SHA-256 {each.sha256}" for each in declared.drills]
    return (*out, *_role_holders(snapshot))


def _role_holders(snapshot: Snapshot) -> tuple[str, ...]:
    """Where they came from, and what a reader should know about that."""
    origin = snapshot.permissions_origin
    if origin is None:
        return ()
    known = snapshot.permissions
    count = f"could not be had ({known.reason})" if isinstance(known, Missing) else f"{len(known)}"
    if origin.source == "file":
        line = f"role holders: {count}, exported to {origin.place}"
    else:
        said = f", {origin.version}" if origin.version else ""
        spent = f"{origin.requests} requests, {origin.seconds:.1f} s"
        line = f"role holders: {count}, asked of VirtualCenter {origin.place} as {origin.user}{said}; {spent}"
    return (line, *(f"role holders, warning: {warning}" for warning in origin.warnings))
