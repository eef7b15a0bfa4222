"""Compliance, counts, exit codes, and several clusters in one document."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from msgspec.structs import replace

from tests.evaluate.test_readiness import result
from vcaudit.evaluate.exitcode import exit_code
from vcaudit.evaluate.scores import compliance, summary
from vcaudit.results import AuditResults, Cell, Outcome, Readiness, Result, Severity, Tool, merge

TOOL = Tool(name="vcaudit", version="1")


def res(outcome: str, severity: str = "high", *requirements: str) -> Result:
    return result("VC-X-1", outcome=outcome, severity=Severity(severity), requirements=requirements or ("A1",))


@pytest.mark.parametrize(
    ("results", "figures"),
    [
        ([res("pass"), res("pass", "high", "B1")], (1.0, 1.0, 1.0, 2, 0, 0)),
        ([res("pass"), res("fail"), res("unknown")], (0.0, 0.0, 0.0, 1, 1, 0)),
        ([res("pass"), res("unknown"), res("pass", "low", "B1")], (0.5, 1.0, 1.0, 2, 0, 1)),
        ([res("not_asked"), res("pass", "low", "B1")], (0.5, 1.0, 1.0, 2, 0, 1)),
        ([res("waived"), res("pass", "low", "B1")], (1.0, 1.0, 0.5, 2, 0, 0)),
        ([res("not_applicable"), res("pass", "low", "B1")], (1.0, 1.0, 1.0, 1, 0, 0)),
        ([res("pass", "info"), res("unknown", "info", "B9"), res("fail", "low", "B1")], (0.0, 0.0, 0.0, 1, 1, 0)),
        ([res("fail", "high", "A1", "A2"), res("pass", "high", "A3", "A2")], (1 / 3, 1 / 3, 1 / 3, 3, 2, 0)),
        ([], (0.0, 1.0, 1.0, 0, 0, 0)),
    ],
)
def test_compliance(results: list[Result], figures: tuple[float, ...]) -> None:
    found = compliance(results)
    assert (found.lower, found.upper, found.without_waivers, found.applicable, found.failed, found.undecided) == figures


@pytest.mark.parametrize(
    ("results", "lower", "upper"),
    [
        ([res("waived"), res("unknown", "low", "B1"), res("pass", "low", "B2")], 1 / 3, 2 / 3),
        ([res("waived"), res("unknown"), res("pass", "low", "B1")], 0.5, 0.5),
        ([res("waived"), res("fail", "low", "B1"), res("not_asked", "low", "B2")], 0.0, 1 / 3),
        ([res("pass"), res("unknown", "low", "B1")], 0.5, 1.0),
        ([], 0.0, 1.0),
    ],
)
def test_compliance_without_waivers_is_what_it_would_be_if_they_had_failed(
    results: list[Result], lower: float, upper: float
) -> None:
    found = compliance(results)
    assert (found.lower_without_waivers, found.without_waivers) == (lower, upper)
    failed = [replace(one, outcome=Outcome.FAIL) if one.outcome is Outcome.WAIVED else one for one in results]
    assert (compliance(failed).lower, compliance(failed).upper) == (lower, upper)


def test_summary() -> None:
    found = summary([res(outcome.value) for outcome in Outcome] + [res("fail", "low"), res("pass", "info")])
    assert found.failed == {"critical": 0, "high": 1, "medium": 0, "low": 1}
    assert (found.passed, found.unknown, found.not_asked, found.not_applicable, found.waived) == (2, 1, 1, 1, 1)


def code(*results: Result, defects: tuple[str, ...] = (), **options: Any) -> int:
    return exit_code(AuditResults(tool=TOOL, clusters=(), results=results, defects=defects), **options)


@pytest.mark.parametrize(
    ("results", "options", "expected"),
    [
        ([], {}, 0),
        ([res("pass")], {}, 0),
        ([res("fail", "critical")], {}, 2),
        ([res("fail", "high")], {}, 2),
        ([res("fail", "medium")], {}, 1),
        ([res("fail", "low")], {}, 0),
        ([res("fail", "low")], {"strict": True}, 1),
        ([res("fail", "info")], {"strict": True}, 0),
        ([res("unknown", "low")], {}, 3),
        ([res("unknown", "info")], {"strict": True}, 0),
        ([res("not_asked")], {}, 0),
        ([res("not_asked")], {"strict": True}, 3),
        ([res("waived", "critical"), res("not_applicable")], {"strict": True}, 0),
        ([res("fail", "critical"), res("unknown")], {}, 2),
        ([res("fail", "medium"), res("unknown")], {}, 3),
        ([res("fail", "high")], {"fail_on": Severity.CRITICAL}, 1),
        ([res("fail", "medium")], {"fail_on": Severity.MEDIUM}, 2),
        ([res("fail", "medium")], {"warn_on": Severity.HIGH}, 0),
        ([res("fail", "low")], {"warn_on": Severity.LOW}, 1),
    ],
)
def test_exit_code(results: list[Result], options: dict[str, Any], expected: int) -> None:
    assert code(*results, **options) == expected


def test_a_defective_rule_is_unknown() -> None:
    assert code(res("pass"), defects=("x",)) == 3
    assert code(res("fail", "medium"), defects=("x",)) == 3
    assert code(res("fail", "critical"), defects=("x",)) == 2


def _cluster(name: str) -> AuditResults:
    import msgspec

    from vcaudit.results import ClusterResult

    anchor = "vc-x-1--s"
    cell = Cell(role="ip", node="N1", state=Readiness.NO_GO, because=(anchor,))
    cluster = {
        "name": name, "taken_at": "t", "owner": None, "readiness": [msgspec.to_builtins(cell)], "not_looked": [],
        "verdict": {"answer": "no", "sentence": "s", "nodes": [], "exit_code": 2},
        "compliance": {"lower": 0, "upper": 0, "without_waivers": 0, "applicable": 1, "failed": 1, "undecided": 0},
        "summary": {"failed": {}, "passed": 0, "unknown": 0, "not_asked": 0, "not_applicable": 0, "waived": 0},
        "provenance": {"taken_at": "t", "judged_by": "v", "rule_pack": "p", "rule_pack_sha256": "", "resolver": "",
                       "snapshot_sha256": "", "nodes": []},
        "pictures": {"groups": [], "comparison": {"nodes": [], "rows": []}},
    }  # fmt: skip
    return AuditResults(
        tool=TOOL,
        clusters=(msgspec.convert(cluster, ClusterResult),),
        results=(result("VC-X-1", cluster=name, anchor=anchor),),
        defects=("the pack's",),
    )


def test_merge_keeps_anchors_unique_and_references_right() -> None:
    one = _cluster("A")
    assert merge([one]) is one
    merged = merge([one, _cluster("B")])
    assert [cluster.name for cluster in merged.clusters] == ["A", "B"]
    anchors = [found.anchor for found in merged.results]
    assert len(set(anchors)) == 2
    because = itertools.chain.from_iterable(cell.because for cluster in merged.clusters for cell in cluster.readiness)
    assert list(because) == anchors
    assert merged.defects == ("the pack's",)
