"""From a snapshot to the results document."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.evaluate.build import change, healthy
from tests.evaluate.packs import IDENTICAL, cluster_rule, pack, rule
from tests.evaluate.test_missing import broken
from vcaudit import __version__
from vcaudit.evaluate import evaluate
from vcaudit.evaluate.loader import load_pack
from vcaudit.evaluate.rule import Identical
from vcaudit.resources import rules_dir
from vcaudit.results import AuditResults, Outcome
from vcaudit.snapshot import codec
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.model import AcceptedException, Param, Snapshot

PACK = load_pack(rules_dir() / "tn019")


def test_a_healthy_cluster(tmp_path: Path) -> None:
    found = evaluate(healthy(), PACK)
    (cluster,) = found.clusters
    assert found.defects == ()
    assert {result.outcome for result in found.results} <= {Outcome.PASS, Outcome.NOT_APPLICABLE, Outcome.NOT_ASKED}
    assert (cluster.name, cluster.owner, cluster.verdict.answer) == ("CORP-VC", "VCNODE1", "yes")
    assert cluster.verdict.sentence == "VCNODE2 would take over."
    assert cluster.verdict.exit_code == 0
    assert {cell.state.value for cell in cluster.readiness} == {"go"}
    assert cluster.compliance.upper == 1.0
    assert cluster.summary.passed > 30
    assert cluster.not_looked == PACK.not_looked
    assert cluster.banner is None


def test_a_broken_one() -> None:
    found = evaluate(broken(), PACK)
    (cluster,) = found.clusters
    assert cluster.verdict.answer == "no"
    assert cluster.verdict.sentence.startswith("VCNODE2 would not take over: ")
    assert cluster.verdict.exit_code == 2
    assert cluster.compliance.failed >= 8
    anchors = {result.anchor for result in found.results}
    assert len(anchors) == len(found.results)
    assert {anchor for cell in cluster.readiness for anchor in cell.because} <= anchors
    for result in found.results:
        assert result.message
        assert result.source is not None
        if result.outcome is Outcome.FAIL:
            assert result.impact and result.remediation and result.observed, result.rule  # noqa: PT018


def test_the_order_is_the_packs_then_subject_then_node() -> None:
    found = evaluate(broken(), PACK).results
    keys = [(result.rule, result.subject.casefold(), (result.node or "").casefold()) for result in found]
    assert keys == sorted(keys)


def test_the_same_snapshot_gives_the_same_document() -> None:
    one, other = (msgspec.json.encode(evaluate(broken(), PACK)) for _ in range(2))
    assert one == other
    assert msgspec.json.decode(one, type=AuditResults) == evaluate(broken(), PACK)


def test_provenance() -> None:
    snapshot = change(healthy(), "declared.params", (Param(rule="VC-CLU-001", name="minimum", value=2),))
    record = evaluate(snapshot, PACK).clusters[0].provenance
    assert record.judged_by == f"vcaudit {__version__}"
    assert (record.rule_pack, record.rule_pack_sha256) == (f"{PACK.name} {PACK.version}", PACK.sha256)
    assert record.snapshot_sha256 == hashlib.sha256(codec.encode(snapshot)).hexdigest()
    assert [(node.node, node.requests) for node in record.nodes] == [("VCNODE1", 8), ("VCNODE2", 8)]
    assert "virtual address: 192.0.2.50" in record.declared
    assert "nodes: VCNODE1, VCNODE2" in record.declared
    assert "VC-CLU-001, minimum: 2" in record.declared
    assert record.resolver == "system"


def accepted(folder: Path, snapshot: Snapshot, **given: Any) -> AuditResults:
    rules = pack(folder, rule(IDENTICAL), cluster_rule(id="VC-A-001", expression="cluster.owner == null"))
    return evaluate(snapshot, rules, **given)


def test_what_the_owner_accepts_is_waived(tmp_path: Path) -> None:
    exceptions = (AcceptedException(rule="vc-a-001", subject="corp-vc", reason="agreed with operations"),)
    snapshot = change(healthy(), "declared.exceptions", exceptions)
    found = accepted(tmp_path, snapshot)
    result = next(result for result in found.results if result.rule == "VC-A-001")
    assert (result.outcome, result.reason) == (Outcome.WAIVED, "agreed with operations")
    assert result.impact is not None
    assert found.clusters[0].accepted == ("vc-a-001, corp-vc: agreed with operations",)
    assert found.clusters[0].verdict.exit_code == 0
    assert accepted(tmp_path, healthy()).clusters[0].verdict.exit_code == 2


@pytest.mark.parametrize("kind", ["params", "exceptions"])
def test_rules_that_do_not_exist_are_said(tmp_path: Path, kind: str) -> None:
    entry: Any = Param(rule="VC-X-9", name="a", value=1)
    entry = entry if kind == "params" else AcceptedException(rule="VC-X-9", reason="r")
    found = accepted(tmp_path, change(healthy(), f"declared.{kind}", (entry,)))
    (defect,) = found.defects
    assert "VC-X-9" in defect
    assert "no such rule in demo" in defect
    assert found.clusters[0].verdict.exit_code == 2  # CRITICAL wins
    good = pack(tmp_path / "good", cluster_rule())
    assert evaluate(change(healthy(), f"declared.{kind}", (entry,)), good).clusters[0].verdict.exit_code == 3


def test_a_banner_when_the_pack_is_about_something_else() -> None:
    found = evaluate(change(healthy(), "nodes.*.software.vpxd.version", "5.0.0"), PACK).clusters[0]
    assert found.banner is not None
    assert "VCNODE1 has 5.0.0, VCNODE2 has 5.0.0" in found.banner


def test_a_silent_node_leaves_comparisons_unknown_and_the_other_judged() -> None:
    gap = Missing(reason="unreachable", detail="no route to host", where="VCNODE2")
    snapshot = healthy()
    for section in (
        "host", "software", "services", "files", "registry", "database", "accounts", "names", "cluster",
        "synchronization",
    ):  # fmt: skip
        snapshot = change(snapshot, f"nodes.VCNODE2.{section}", gap)
    found = evaluate(snapshot, PACK)
    comparing = {rule.id for rule in PACK.rules if isinstance(rule.body, Identical)}
    open_ones = {result.rule for result in found.results if result.outcome is Outcome.UNKNOWN}
    assert comparing <= open_ones | {"VC-SW-005"}, comparing - open_ones
    assert not [result for result in found.results if result.outcome is Outcome.FAIL]
    assert [result for result in found.results if result.outcome is Outcome.PASS]
    (cluster,) = found.clusters
    assert (cluster.verdict.answer, cluster.verdict.exit_code) == ("unknown", 3)
    assert cluster.verdict.sentence.startswith("Cannot tell whether VCNODE2 would take over: it could not be")


HOSTILE = ["a\0b", "<script>alert(1)</script>", "\u202eevil", "' or true or '", 'x"&calc', "\x1b[2J", "{x}", "\ud800"]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_judged_like_any_other(name: str) -> None:
    def found(called: str) -> AuditResults:
        return evaluate(change(broken(), "nodes.*.cluster.resources.VC Web Access.name", called), PACK)

    hostile, plain = found(name), found("VC Plain")
    assert hostile.defects == ()
    outcomes = [sorted((r.rule, r.outcome) for r in each.results) for each in (hostile, plain)]
    assert outcomes[0] == outcomes[1]
    for result in hostile.results:
        said = [result.message, result.impact or ""]
        advice = result.remediation
        said += [text for text in (advice.text, advice.cluster_exe, advice.powershell) if text] if advice else []
        assert not any(char in text for text in said for char in "\0\x1b\u202e\ud800"), result.rule


def test_clusters_are_judged_side_by_side() -> None:
    snapshots = [healthy(), broken(), change(healthy(), "nodes.VCNODE2.files.ssl", None)] * 4
    one_by_one = [evaluate(snapshot, PACK) for snapshot in snapshots]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda snapshot: evaluate(snapshot, PACK), snapshots)) == one_by_one


def test_nothing_heavy_is_loaded_for_it() -> None:
    import subprocess
    import sys

    code = (
        "import sys\nfrom tests.evaluate.test_evaluate import PACK, healthy, evaluate\nevaluate(healthy(), PACK)\n"
        "print([m for m in ('winrm', 'requests', 'lxml', 'deepdiff', 'jinja2', 'weasyprint', 'cryptography', 'dns', "
        "'rich', 'vcaudit.transport', 'vcaudit.collect.runner') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(__file__).parents[2])
    assert done.stdout.strip() == "[]", done.stderr
