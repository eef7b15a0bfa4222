"""What must be the same everywhere: who deviates from whom, and what nobody could compare."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.evaluate.packs import GAP, IDENTICAL, context, pack, rule
from vcaudit.evaluate import projections, reference
from vcaudit.evaluate.accept import accept
from vcaudit.evaluate.engine import judge
from vcaudit.evaluate.rule import Identical
from vcaudit.evaluate.schema import NodeVar
from vcaudit.results import Outcome, Result
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.model import AcceptedException

A, B = {"rui.crt": "aa", "rui.key": "kk"}, {"rui.crt": "bb", "rui.key": "kk"}


def compare(
    folder: Path, values: list[Any], owner: str | None | Missing = "N1", nodes: Sequence[NodeVar] = (), **changes: Any
) -> list[Result]:
    """Nodes N1, N2, … hold `values`; the projection is replaced by them."""
    node = reference.view().nodes[0]
    nodes = tuple(nodes or (msgspec.structs.replace(node, name=f"N{i}") for i, _ in enumerate(values, 1)))
    cluster = msgspec.structs.replace(reference.view().cluster, owner=owner)
    view = msgspec.structs.replace(reference.view(), nodes=nodes, cluster=cluster)
    loaded = pack(folder, rule(IDENTICAL, **changes))
    under = context(loaded, view)
    by_name = {node.name: value for node, value in zip(nodes, values, strict=True)}
    under.__dict__["compared"] = tuple((node.name, node.name) for node in nodes)
    assert isinstance(loaded.rules[0].body, Identical)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(projections, "PROJECTIONS", {loaded.rules[0].body.path: lambda node, view: by_name[node]})
        found = judge(loaded.rules[0], under)
    assert under.defects == []
    return found


def outcomes(found: list[Result]) -> list[tuple[str | None, str]]:
    return [(result.node, result.outcome.value) for result in found]


@pytest.mark.parametrize(
    ("values", "owner", "expected"),
    [
        ([A, A], "N1", [(None, "pass")]),
        ([A, B], "N1", [("N2", "fail")]),
        ([A, B], "N2", [("N1", "fail")]),
        ([A, B, B], "N1", [("N2", "fail"), ("N3", "fail")]),
        ([A, A, B], "N1", [("N3", "fail")]),
        ([A, GAP], "N1", [("N2", "unknown")]),
        ([A, GAP, B], "N1", [("N2", "unknown"), ("N3", "fail")]),
        ([GAP, A], "N1", [("N1", "unknown"), ("N2", "unknown")]),
        ([GAP, A, B], "N1", [("N1", "unknown"), ("N2", "unknown"), ("N3", "unknown")]),
        ([None, None], "N1", [(None, "not_applicable")]),
        ([A, None], "N1", [("N2", "fail")]),
        ([None, A], "N1", [("N1", "fail")]),
        ([None, A, A], "N1", [("N1", "fail")]),
        ([None, A, GAP], "N1", [("N3", "unknown"), ("N1", "fail")]),
        ([None, None, A], "N1", [("N1", "fail"), ("N2", "fail")]),
        ([None, None, A, A], "N1", [("N1", "fail"), ("N2", "fail")]),
        ([None, A, B], "N1", [("N1", "fail"), (None, "fail")]),
        ([None, GAP], "N1", [("N2", "unknown")]),
        ([A, A], None, [(None, "pass")]),
        ([A, B], None, [(None, "fail")]),
        ([A, B], GAP, [(None, "fail")]),
        ([A, GAP], GAP, [("N2", "unknown")]),
        ([A, GAP, B], GAP, [(None, "fail")]),
        ([GAP, GAP], GAP, [("N1", "unknown"), ("N2", "unknown")]),
        ([A, B], "ELSEWHERE", [(None, "fail")]),
    ],
)
def test_outcomes(tmp_path: Path, values: list[Any], owner: Any, expected: list[tuple[str | None, str]]) -> None:
    assert outcomes(compare(tmp_path, values, owner)) == expected


@pytest.mark.parametrize(
    ("installed", "expected"),
    [
        ((True, True), "unknown"), ((False, True), "unknown"), ((GAP, True), "unknown"), ((False, GAP), "unknown"),
        ((False, False), "not_applicable"),
    ],
)  # fmt: skip
def test_what_virtualcenter_cannot_run_without_was_not_found(
    tmp_path: Path, installed: tuple[Any, Any], expected: str
) -> None:
    node = reference.view().nodes[0]
    parts = [msgspec.structs.replace(node.installed, vpxd=there) for there in installed]
    nodes = [msgspec.structs.replace(node, name=f"N{i}", installed=part) for i, part in enumerate(parts, 1)]
    (found,) = compare(tmp_path, [None, None], nodes=nodes, path="vpxd_settings")
    assert found.outcome.value == expected
    if True in installed:
        assert found.reason == "not_found"
        assert "locations: vpxd_cfg" in str(found.detail)


def test_a_node_that_has_nothing_at_all_is_told_so(tmp_path: Path) -> None:
    (found,) = compare(tmp_path, [A, None])
    assert (found.node, found.observed) == ("N2", "nothing")
    assert found.message == "SSL files: there is nothing on N2, unlike on N1"


@pytest.mark.parametrize(
    ("values", "others", "odd"),
    [([None, A], "N2", []), ([None, A, A], "N2 and N3", ["N1"]), ([None, A, B], "N2 and N3", [])],
)
def test_an_owner_that_lost_it_is_named_itself_and_has_nothing_to_give(
    tmp_path: Path, values: list[Any], others: str, odd: list[str]
) -> None:
    found = compare(tmp_path, values)[0]
    assert (found.node, found.observed, found.expected) == ("N1", "nothing", f"the same as on {others}")
    assert found.message == f"SSL files: there is nothing on N1, unlike on {others}"
    assert found.remediation is not None
    assert found.remediation.text == f"Bring it back to N1: from a backup of that node, or as it is on {others}."
    assert (found.remediation.actions, found.impact) == ((), "it lacks SSL files")
    assert [item.odd for item in found.differences] == odd


def test_those_that_have_what_the_owner_lost_may_still_differ(tmp_path: Path) -> None:
    found = compare(tmp_path, [None, A, B])[1]
    assert found.message == "SSL files: N2 and N3 differ, and N1 has nothing that could tell which is right"
    assert [item.path for item in found.differences] == ["rui.crt"]


WHOLE = {"rui.crt": "aa", "rui.key": "kk", "rui.pfx": "pp"}
NO_KEY = {"rui.crt": "aa", "rui.pfx": "pp"}
OTHER = {"rui.crt": "bb", "rui.key": "zz", "rui.pfx": "pp"}
BACKUP = "from a backup of that node"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([NO_KEY, WHOLE], [("N1", f"Bring rui.key back to N1: {BACKUP}, or from N2, where all else is the same.")]),
        ([NO_KEY, WHOLE, GAP], [("N3", None),
            ("N1", f"Bring rui.key back to N1: {BACKUP}, or from N2, where all else is the same.")]),
        ([NO_KEY, WHOLE, NO_KEY], [
            ("N1", f"Bring rui.key back to N1: {BACKUP}, or from N2, where all else is the same."),
            ("N3", f"Bring rui.key back to N3: {BACKUP}, or from N2, where all else is the same."),
        ]),
        ([NO_KEY, OTHER], [
            ("N1", f"Bring rui.key back to N1: {BACKUP}, for no node has it beside the same."),
            ("N2", "First bring rui.key back to N1, which has no whole copy to give."),
        ]),
        ([NO_KEY, None, WHOLE], [
            ("N1", f"Bring rui.key back to N1: {BACKUP}, or from N3, where all else is the same."),
            ("N2", "First bring rui.key back to N1, which has no whole copy to give."),
        ]),
        ([{"x": "1"}, {**WHOLE, "x": "1"}], [("N1",
            "Bring rui.crt, rui.key and rui.pfx back to N1: from a backup of that node, or from N2, where all else is "
            "the same.")]),
    ],
)  # fmt: skip
def test_an_owner_that_lost_a_file_gives_no_copy(
    tmp_path: Path, values: list[Any], expected: list[tuple[str, str | None]]
) -> None:
    found = compare(tmp_path, values)
    assert [(one.node, one.remediation.text if one.remediation else None) for one in found] == expected
    assert all(one.remediation.actions == () for one in found if one.remediation)


def test_what_the_owner_lost_is_named_and_the_others_do_not_deviate(tmp_path: Path) -> None:
    (found,) = compare(tmp_path, [NO_KEY, WHOLE, WHOLE])
    assert found.message == "SSL files: N1 has no rui.key, unlike N2 and N3"
    assert (found.observed, found.expected) == ("without rui.key", "the same as on N2 and N3")
    assert (found.impact, [item.odd for item in found.differences]) == ("it lacks rui.key", ["N1"])


def test_two_keys_and_none_on_the_owner(tmp_path: Path) -> None:
    first, second = compare(tmp_path, [NO_KEY, WHOLE, {**WHOLE, "rui.key": "zz"}])
    assert first.message == "SSL files: N2 and N3 differ in rui.key, and N1 has nothing that could tell which is right"
    assert (first.node, second.node) == (None, "N1")
    assert second.remediation is not None
    assert second.remediation.text == f"Bring rui.key back to N1: {BACKUP}, for no node has it beside the same."


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([{}, None], [(None, "pass")]), ([None, {}], [(None, "pass")]), ([None, None], [(None, "not_applicable")]),
        ([{"o": "1"}, None], [("N2", "fail")]), ([{}, None, GAP], [("N3", "unknown")]),
        ([None, GAP], [("N2", "unknown")]),
    ],
)  # fmt: skip
def test_no_options_and_no_place_for_them_are_the_same(
    tmp_path: Path, values: list[Any], expected: list[tuple[str | None, str]]
) -> None:
    assert outcomes(compare(tmp_path, values, path="license_options")) == expected


@pytest.mark.parametrize(
    ("values", "node", "odd"),
    [
        ([A, None, A], "N2", "N2"), ([None, None, A], "N3", "N3"), ([A, None, B], "N2", None),
        ([A, None, GAP], "N2", None),
    ],
)
def test_a_node_with_nothing_is_odd_when_all_others_agree(
    tmp_path: Path, values: list[Any], node: str, odd: str | None
) -> None:
    found = next(one for one in compare(tmp_path, values, path="upgrade") if one.node == node)
    assert [item.odd for item in found.differences] == ([odd] if odd else [])


def test_the_failure_names_what_differs_and_from_whom(tmp_path: Path) -> None:
    (found,) = compare(tmp_path, [A, B])
    assert [(item.path, item.reference, item.deviating) for item in found.differences] == [("rui.crt", "aa", "bb")]
    assert found.message == "SSL files: N2 differs from N1 in rui.crt"
    assert (found.subject, found.observed, found.expected) == ("SSL files", "differs in rui.crt", "the same as on N1")
    assert found.remediation is not None
    assert found.remediation.text == "Copy them from N1 to N2."
    (found,) = compare(tmp_path, [A, B], None)
    assert found.message == "SSL files: N1 and N2 differ, and nobody knows which of them holds the group"


def test_many_differences_are_counted(tmp_path: Path) -> None:
    many = [{f"f{i}": str(i + shift) for i in range(9)} for shift in (0, 1)]
    (found,) = compare(tmp_path, many)
    assert found.observed == "differs in f0, f1, f2, f3, f4 and 4 more"
    assert found.message == "SSL files: N2 differs from N1 in 9 places"
    assert len(found.differences) == 9


def test_the_rule_may_say_it_itself(tmp_path: Path) -> None:
    (found,) = compare(tmp_path, [A, B], message="{node}: {observed} ({expected})")
    assert found.message == "N2: differs in rui.crt (the same as on N1)"


def test_what_is_ignored_is_shown(tmp_path: Path) -> None:
    ignore = [{"path": r"^rui\.crt$", "reason": "renewed by hand"}]
    (found,) = compare(tmp_path, [A, B], ignore=ignore)
    assert found.outcome is Outcome.PASS
    assert found.evidence == (r"not compared: ^rui\.crt$ (renewed by hand)",)
    assert compare(tmp_path, [A, {**B, "rui.key": "zz"}], ignore=ignore)[0].outcome is Outcome.FAIL


def test_ignored_differences_hide_none_that_count(tmp_path: Path) -> None:
    one = {f"a{i}": "x" for i in range(300)}
    ignore = [{"path": "^a", "reason": "noise"}]
    assert outcomes(compare(tmp_path, [one, dict.fromkeys(one, "y")], ignore=ignore)) == [(None, "pass")]
    (found,) = compare(tmp_path, [{**one, "z": "1"}, {**dict.fromkeys(one, "y"), "z": "2"}], ignore=ignore)
    assert [item.path for item in found.differences] == ["z"]


@pytest.mark.parametrize(
    ("when", "outcome"), [("cluster.name == 'x'", "not_applicable"), ("cluster.quorum_type == 'x'", "unknown")]
)
def test_when(tmp_path: Path, when: str, outcome: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        cluster = msgspec.structs.replace(reference.view().cluster, quorum_type=GAP)
        patch.setattr(reference, "view", lambda: msgspec.structs.replace(_VIEW, cluster=cluster))
        assert outcomes(compare(tmp_path, [A, B], when=when)) == [(None, outcome)]


_VIEW = reference.view()


def exception(subject: str | None, rule_id: str = "VC-DATA-003", reason: str = "agreed") -> AcceptedException:
    return AcceptedException(rule=rule_id, subject=subject, reason=reason)


@pytest.mark.parametrize(
    ("exceptions", "outcome"),
    [
        ([exception(None)], "waived"),
        ([exception("ssl FILES")], "waived"),
        ([exception("RUI.crt")], "fail"),
        ([exception("RUI.crt"), exception("rui.key")], "waived"),
        ([exception("other")], "fail"),
        ([exception(None, "VC-DATA-004")], "fail"),
    ],
)
def test_accepted_differences(tmp_path: Path, exceptions: list[AcceptedException], outcome: str) -> None:
    found = compare(tmp_path, [A, {"rui.crt": "bb", "rui.key": "zz"}])
    loaded = pack(tmp_path, rule(IDENTICAL))
    (result,), _ = accept(found, context(loaded, exceptions=tuple(exceptions)).snapshot, (), loaded)
    assert result.outcome == outcome
    assert (result.reason == "agreed") is (outcome == "waived")
    if [item.subject for item in exceptions] == ["RUI.crt"]:
        assert "accepted: rui.crt (agreed)" in result.evidence
