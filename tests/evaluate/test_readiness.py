"""The readiness matrix and the verdict that is read from it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.evaluate.packs import GAP, cluster_rule, pack
from vcaudit.evaluate import reference
from vcaudit.evaluate.readiness import readiness
from vcaudit.evaluate.schema import RuleView
from vcaudit.evaluate.verdict import verdict
from vcaudit.results import (
    Action,
    NodeVerdict,
    Outcome,
    Readiness,
    Remediation,
    Result,
    Severity,
    Verdict,
    WaiverRecord,
)
from vcaudit.snapshot.base import Missing

DESIGN_ONE = ("ip", "name", "vpxd", "web", "license")
DESIGN_G = (*DESIGN_ONE, "license_ip", "license_name")
RULES = {
    "VC-IP-1": {"blocks": ["ip"]},
    "VC-NAME-1": {"blocks": ["name"]},
    "VC-VPXD-1": {"blocks": ["vpxd"]},
    "VC-VPXD-2": {"degrades": ["vpxd"]},
    "VC-WEB-1": {"blocks": ["web"]},
    "VC-LIC-1": {"blocks": ["license"]},
    "VC-LICIP-1": {"blocks": ["license_ip"]},
    "VC-ALL-1": {"blocks": list(DESIGN_G)},
    "VC-NONE-1": {},
}


WAIVER = WaiverRecord(id="W-1", rule="VC-WEB-1", expires="2027-03-31")


def view(roles: tuple[str, ...] = DESIGN_ONE, owner: Any = "N1", nodes: int = 2, members: Any = ()) -> RuleView:
    base = reference.view()
    row = base.vc.required[0]
    found = tuple(msgspec.structs.replace(base.nodes[0], name=f"N{i}") for i in range(1, nodes + 1))
    required = tuple(msgspec.structs.replace(row, role=role, needed=True) for role in roles)
    return msgspec.structs.replace(
        base,
        nodes=found,
        vc=msgspec.structs.replace(base.vc, required=required),
        cluster=msgspec.structs.replace(base.cluster, owner=owner, members=members),
    )


def result(rule: str, node: str | None = "N2", outcome: str = "fail", **changes: Any) -> Result:
    plain: dict[str, Any] = {
        "cluster": "C", "rule": rule, "title": rule, "severity": Severity.CRITICAL, "requirements": ("A1",),
        "subject": "s", "node": node, "role": None, "outcome": Outcome(outcome), "observed": None, "expected": None,
        "message": "m", "reason": None, "impact": f"{rule} is broken", "anchor": f"{rule}-{node}-{outcome}",
    }  # fmt: skip
    return Result(**{**plain, **changes})


@pytest.fixture
def cells(tmp_path: Path) -> Any:
    loaded = pack(tmp_path, *(cluster_rule(id=name, **extra) for name, extra in RULES.items()))

    def fold(*results: Result, seen: RuleView | None = None) -> dict[str, str]:
        seen = seen or view()
        found = readiness(results, seen, loaded)
        return {f"{cell.role} {cell.node}": cell.state.value for cell in found if cell.state is not Readiness.GO}

    fold.pack = loaded  # type: ignore[attr-defined]
    return fold


NO, UNKNOWN, DEGRADED = "no-go", "unknown", "degraded"


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ([], {}),
        ([result("VC-NONE-1")], {}),
        ([result("VC-WEB-1")], {"web N2": NO}),
        ([result("VC-WEB-1", None)], {"web N1": NO, "web N2": NO}),
        ([result("VC-WEB-1", "N9")], {}),
        ([result("VC-WEB-1", outcome="waived")], {}),  # by the inventory: by design
        ([result("VC-WEB-1", outcome="waived", waiver=WAIVER)], {"web N2": NO}),
        ([result("VC-VPXD-2", outcome="waived", waiver=WAIVER)], {"vpxd N2": DEGRADED}),
        ([result("VC-WEB-1", outcome="not_asked")], {}),
        ([result("VC-WEB-1", outcome="unknown")], {"web N2": UNKNOWN}),
        ([result("VC-VPXD-1")], {"vpxd N2": NO, "web N2": NO}),
        ([result("VC-NAME-1")], {"name N2": NO, "vpxd N2": NO, "web N2": NO, "license N2": NO}),
        ([result("VC-IP-1")], dict.fromkeys((f"{role} N2" for role in DESIGN_ONE), NO)),
        ([result("VC-IP-1", outcome="unknown")], dict.fromkeys((f"{role} N2" for role in DESIGN_ONE), UNKNOWN)),
        ([result("VC-VPXD-2")], {"vpxd N2": DEGRADED}),
        ([result("VC-VPXD-2", outcome="unknown")], {}),
        ([result("VC-VPXD-2"), result("VC-VPXD-1", outcome="unknown")], {"vpxd N2": UNKNOWN, "web N2": UNKNOWN}),
        ([result("VC-VPXD-2"), result("VC-VPXD-1")], {"vpxd N2": NO, "web N2": NO}),
        ([result("VC-IP-1", outcome="unknown"), result("VC-WEB-1")],
         {"ip N2": UNKNOWN, "name N2": UNKNOWN, "vpxd N2": UNKNOWN, "license N2": UNKNOWN, "web N2": NO}),
        ([result("VC-ALL-1", role="web")], {"web N2": NO}),
        ([result("VC-WEB-1", role="vpxd")], {}),
    ],
)  # fmt: skip
def test_states(cells: Any, results: list[Result], expected: dict[str, str]) -> None:
    assert cells(*results) == expected


def test_an_unknown_that_could_only_degrade_is_said(cells: Any) -> None:
    found = readiness([result("VC-VPXD-2", outcome="unknown")], view(), cells.pack)
    cell = next(cell for cell in found if (cell.role, cell.node) == ("vpxd", "N2"))
    assert (cell.state, cell.because) == (Readiness.GO, ("VC-VPXD-2-N2-unknown",))
    assert "could not be looked at" in cell.note


def test_a_cell_says_when_all_that_makes_it_so_is_waived(cells: Any) -> None:
    waived = result("VC-WEB-1", outcome="waived", waiver=WAIVER, anchor="a")
    for others, note in (((), "waived (W-1)"), ((result("VC-WEB-1", anchor="b"),), "")):
        found = readiness([waived, *others], view(), cells.pack)
        cell = next(cell for cell in found if (cell.role, cell.node) == ("web", "N2"))
        assert (cell.state, cell.note) == (Readiness.NO_GO, note)


LIST = Action(do="dependencies", on="A", add=("B", "C"))


@pytest.mark.parametrize(
    ("advice", "fix"),
    [
        ({"text": "Mend it; then rest."}, "Mend it"),
        ({"text": "Mend it. Then rest.", "cluster_exe": "cluster res"}, "Mend it."),  # it only lists
        ({"text": "Mend it.", "cluster_exe": "cluster res A /on", "actions": (Action(do="online", on="A"),)},
         "cluster res A /on"),
        ({"text": "Mend it.", "powershell": "Start-It", "actions": (Action(do="online", on="A"),)}, "Mend it."),
        ({"text": "Mend A: B and C.", "cluster_exe": 'cluster res A /adddep:"B, C"', "actions": (LIST,)},
         "Mend A: B and C."),
    ],
)  # fmt: skip
def test_a_cell_shows_a_command_only_where_that_is_all(cells: Any, advice: dict[str, Any], fix: str) -> None:
    found = readiness([result("VC-WEB-1", remediation=Remediation(**advice))], view(), cells.pack)
    (blocker,) = next(cell for cell in found if (cell.role, cell.node) == ("web", "N2")).blocked_by
    assert blocker.fix == fix


def test_a_second_group_has_its_own_chain(cells: Any) -> None:
    assert cells(result("VC-LICIP-1"), seen=view(DESIGN_G)) == {
        "license_ip N2": NO, "license_name N2": NO, "license N2": NO,
    }  # fmt: skip
    assert "license N2" not in cells(result("VC-NAME-1"), seen=view(DESIGN_G))


def test_order_reasons_and_roles_nobody_needs(cells: Any) -> None:
    seen = view(("vpxd", "ip", "name"))
    spare = msgspec.structs.replace(seen.vc.required[0], role="web", needed=False)
    maybe = msgspec.structs.replace(seen.vc.required[0], role="license", needed=GAP)
    seen = msgspec.structs.replace(
        seen, vc=msgspec.structs.replace(seen.vc, required=(*seen.vc.required, spare, maybe))
    )
    found = readiness([result("VC-NAME-1")], seen, cells.pack)
    assert [(cell.role, cell.node) for cell in found] == [
        (role, node) for role in ("ip", "name", "vpxd", "license") for node in ("N1", "N2")
    ]
    by_place = {(cell.role, cell.node): cell for cell in found}
    assert by_place["name", "N2"].because == ("VC-NAME-1-N2-fail",)
    assert by_place["vpxd", "N2"].because == ("VC-NAME-1-N2-fail",)
    assert by_place["vpxd", "N2"].note == "needs name"
    assert by_place["vpxd", "N1"].because == ()


def answer(cells: Any, *results: Result, seen: RuleView | None = None) -> Verdict:
    seen = seen or view()
    return verdict(results, readiness(results, seen, cells.pack), seen, cells.pack, 0)


def said(found: Verdict, node: str) -> NodeVerdict:
    return next(item for item in found.nodes if item.node == node)


@pytest.mark.parametrize(
    ("results", "expected", "sentence"),
    [
        ([], "yes", "N2 would take over."),
        ([result("VC-VPXD-1")], "no", "N2 would not take over: VC-VPXD-1 is broken."),
        ([result("VC-VPXD-1", impact="it stops.")], "no", "N2 would not take over: it stops."),
        ([result("VC-VPXD-1", "N1")], "yes", "N2 would take over."),
        ([result("VC-LIC-1")], "degraded", "N2 would take over, but VC-LIC-1 is broken."),
        ([result("VC-VPXD-2", severity=Severity.HIGH)], "degraded", "N2 would take over, but VC-VPXD-2 is broken."),
        ([result("VC-NONE-1")], "degraded", "N2 would take over, but VC-NONE-1 is broken."),
        ([result("VC-NONE-1", severity=Severity.HIGH)], "yes", "N2 would take over."),
        ([result("VC-NONE-1", outcome="waived")], "yes", "N2 would take over."),
        ([result("VC-NONE-1", outcome="waived", waiver=WAIVER)], "degraded",
         "N2 would take over, but VC-NONE-1 is broken (waived until 2027-03-31: W-1)."),
        ([result("VC-VPXD-1", outcome="waived", waiver=WAIVER)], "no",
         "N2 would not take over: VC-VPXD-1 is broken (waived until 2027-03-31: W-1)."),
        ([result("VC-VPXD-1", outcome="unknown", reason="access_denied", subject="SSL files", detail="x")], "unknown",
         "Cannot tell whether N2 would take over: access was denied (SSL files)."),
        ([result("VC-VPXD-1", outcome="unknown", reason="unreachable", subject="SSL files", detail="x")], "unknown",
         "Cannot tell whether N2 would take over: the node could not be reached (SSL files)."),
        ([result("VC-VPXD-1", outcome="unknown", reason="bad_output", subject="vpxd.cfg", detail="x")], "unknown",
         "Cannot tell whether N2 would take over: what was read there is damaged (vpxd.cfg)."),
        ([result("VC-WEB-1", outcome="unknown", reason="not_installed", subject="w"), result("VC-LIC-1")], "unknown",
         "Cannot tell whether N2 would take over: it is not installed there (w)."),
        ([result("VC-WEB-1", outcome="unknown", detail="x"), result("VC-IP-1")], "no",
         "N2 would not take over: VC-IP-1 is broken."),
        ([result("VC-IP-1", severity=Severity.HIGH), result("VC-VPXD-1")], "no",
         "N2 would not take over: VC-VPXD-1 is broken."),
        ([result("VC-VPXD-1", None, anchor="a"), result("VC-IP-1", anchor="b")], "no",
         "N2 would not take over: VC-IP-1 is broken."),
    ],
)  # fmt: skip
def test_verdict(cells: Any, results: list[Result], expected: str, sentence: str) -> None:
    found = answer(cells, *results)
    assert (found.answer, found.sentence) == (expected, sentence)
    assert [node.node for node in found.nodes] == ["N2", "N1"]


@pytest.mark.parametrize("silent", ["N1", "N2"])
@pytest.mark.parametrize(
    ("reason", "words"), [("unreachable", "could not be reached"), ("bad_output", "gave an answer that was damaged")]
)
def test_a_node_that_told_nothing_is_named(cells: Any, silent: str, reason: Any, words: str) -> None:
    # N1 holds the group: without it N2 has nothing to be compared with.
    seen = view()
    gap = Missing(reason=reason, detail="x", where=silent)
    nodes = (msgspec.structs.replace(n, os_version=gap) if n.name == silent else n for n in seen.nodes)
    seen = msgspec.structs.replace(seen, nodes=tuple(nodes))
    found = answer(cells, result("VC-VPXD-1", outcome="unknown", reason=reason, detail="x"), seen=seen)
    who = "it" if silent == "N2" else "N1"
    assert found.sentence == f"Cannot tell whether N2 would take over: {who} {words}."


def test_a_member_that_the_inventory_does_not_name_was_not_tried(cells: Any) -> None:
    seen = view()
    first, second = seen.nodes
    seen = msgspec.structs.replace(seen, nodes=(first, msgspec.structs.replace(second, declared=False)))
    unread = result("VC-VPXD-1", outcome="unknown", reason="unreachable", subject="x", detail="x")
    found = answer(cells, unread, seen=seen)
    assert found.sentence == "Cannot tell whether N2 would take over: it is not in the inventory."
    assert answer(cells, result("VC-VPXD-1"), seen=seen).sentence == "N2 would not take over: VC-VPXD-1 is broken."


@pytest.mark.parametrize(
    ("results", "sentence"),
    [
        ([], "N1 holds the group now and could start it again."),
        ([result("VC-IP-1", "N1")], "N1 holds the group now and would not start it again: VC-IP-1 is broken."),
        ([result("VC-LIC-1", "N1")], "N1 holds the group now, but VC-LIC-1 is broken."),
        ([result("VC-LIC-1", "N1", "unknown", reason="timeout")],
         "Cannot tell whether N1 would start it again: it took too long (s)."),
    ],
)
def test_the_owner_is_told_apart(cells: Any, results: list[Result], sentence: str) -> None:
    owner = said(answer(cells, *results), "N1")
    assert (owner.owner, owner.sentence) == (True, sentence)


def test_the_worst_of_the_others_counts(cells: Any) -> None:
    three = view(nodes=3)
    found = answer(cells, result("VC-LIC-1", "N2"), result("VC-IP-1", "N3"), result("VC-IP-1", "N1"), seen=three)
    assert (found.answer, found.sentence[:2]) == ("no", "N3")
    assert answer(cells, result("VC-IP-1", "N1"), seen=view(owner=GAP)).answer == "no"


@pytest.mark.parametrize(("members", "expected"), [((), "no"), (Missing(reason="timeout"), "unknown")])
def test_a_node_alone(cells: Any, members: Any, expected: str) -> None:
    found = answer(cells, seen=view(nodes=1, members=members))
    assert found.answer == expected
    assert "other node" in found.sentence or "another node" in found.sentence
