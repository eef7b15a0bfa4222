"""One rule over one view: outcomes, texts, and what a gap does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.evaluate.packs import GAP, cluster_rule, context, pack, results, rule, with_resources, with_vc
from vcaudit.evaluate import reference
from vcaudit.evaluate.engine import judge
from vcaudit.evaluate.findings import with_anchors
from vcaudit.results import Outcome
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.model import Param

NOT_GIVEN = Missing(reason="not_asked", detail="export the roles as CSV", where="inventory")


def outcomes(folder: Path, changed: dict[str, Any], *resources: dict[str, Any]) -> list[tuple[str, str]]:
    found = results(folder, changed, with_resources(*resources))
    return [(result.subject, result.outcome.value) for result in found]


def test_pass_and_fail_by_element(tmp_path: Path) -> None:
    found = outcomes(tmp_path, rule(), {"name": "A"}, {"name": "B", "separate": False})
    assert found == [("A", "pass"), ("B", "fail")]


def test_a_failure_says_everything(tmp_path: Path) -> None:
    changed = rule(
        node="nodes[0].name", evidence=["MSCluster_Resource {subject}"], params={"hours": 24},
        message="{subject} ({role}) on {node} in {cluster}: {observed}, {expected}, {params.hours}, {each.type}",
        remediation={"text": "Mend {subject}.", "cluster_exe": 'res "{subject|cmd}"', "powershell": "X '{subject|ps}'"},
    )  # fmt: skip
    (found,) = results(tmp_path, changed, with_resources({"name": "O'Hara", "separate": False, "type": "IP Address"}))
    assert found.message == "O'Hara (ip) on VCNODE1 in VCNODE1: no, yes, 24, IP Address"
    assert (found.subject, found.node, found.role, found.cluster) == ("O'Hara", "VCNODE1", "ip", "CORP-VC")
    assert (found.observed, found.expected) == ("no", "yes")
    assert found.impact == "a crash takes O'Hara down"
    assert found.remediation is not None
    assert found.remediation.text == "Mend O'Hara."
    assert (found.remediation.cluster_exe, found.remediation.powershell) == ('res "O\'Hara"', "X 'O''Hara'")
    assert found.evidence == ("MSCluster_Resource O'Hara",)
    assert found.source is not None
    assert found.source.section == "Create the remaining resources"
    assert found.requirements == ("C1",)


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        ({"state": "failed"}, ("See why A has failed.", None, None)),
        ({"state": "offline"}, ("Bring A up.", 'res "A" /on', "On 'A'")),
        ({"state": GAP}, ("Look at A.", 'res "A"', None)),  # what nobody knows is no case
        ({"state": "online"}, ("Look at A.", 'res "A"', None)),
    ],
)
def test_the_advice_suits_what_was_seen(tmp_path: Path, resource: dict[str, Any], expected: Any) -> None:
    cases = [
        {"when": "each.state == 'failed'", "text": "See why {subject} has failed."},
        {"when": "each.state == 'offline'",
         "text": "Bring {subject} up.", "cluster_exe": 'res "{subject|cmd}" /on', "powershell": "On '{subject|ps}'"},
    ]  # fmt: skip
    changed = rule(remediation={"text": "Look at {subject}.", "cluster_exe": 'res "{subject|cmd}"', "cases": cases})
    (found,) = results(tmp_path, changed, with_resources({"name": "A", "separate": False, **resource}))
    advice = found.remediation
    assert advice is not None
    assert (advice.text, advice.cluster_exe, advice.powershell) == expected


def test_a_pass_has_no_impact_and_nothing_to_mend(tmp_path: Path) -> None:
    (found,) = results(tmp_path, rule(passMessage="{subject} is alone"), with_resources({"name": "A"}))
    assert (found.message, found.impact, found.remediation) == ("A is alone", None, None)
    assert found.observed == "yes"
    (found,) = results(tmp_path, rule(), with_resources({"name": "A"}))
    assert found.message == "Each resource runs in a separate Resource Monitor"


def test_a_message_may_be_an_expression(tmp_path: Path) -> None:
    changed = rule(message=None, messageExpression="each.name + ' shares with ' + each.shares_monitor_with.join(', ')")
    lame = {"name": "A", "separate": False, "shares_monitor_with": ("B", "C")}
    assert results(tmp_path, changed, with_resources(lame))[0].message == "A shares with B, C"
    (found,) = results(tmp_path, changed, with_resources({**lame, "shares_monitor_with": GAP}))
    assert (found.outcome, found.message) == (Outcome.FAIL, found.title)


def test_a_gap_is_unknown_with_its_reason(tmp_path: Path) -> None:
    found = results(tmp_path, rule(), with_resources({"name": "A", "separate": GAP}, {"name": "B"}))
    assert [result.outcome for result in found] == [Outcome.UNKNOWN, Outcome.PASS]
    first = found[0]
    assert (first.subject, first.role, first.reason) == ("A", "ip", "access_denied")
    assert first.detail == "access was denied (VCNODE2 wmi cluster: Access is denied)"
    assert "cannot tell, access was denied (VCNODE2 wmi cluster" in first.message
    assert first.observed == "(unknown)"
    assert first.impact is None


def test_what_only_the_owner_can_give_is_not_asked(tmp_path: Path) -> None:
    (found,) = results(tmp_path, rule(), with_resources({"separate": NOT_GIVEN}))
    assert (found.outcome, found.reason, found.detail) == (Outcome.NOT_ASKED, "not_asked", "export the roles as CSV")


def test_not_looked_outranks_not_given(tmp_path: Path) -> None:
    changed = rule(expression="each.separate && each.netbios")
    for separate, netbios in ((NOT_GIVEN, GAP), (GAP, NOT_GIVEN)):
        (found,) = results(tmp_path, changed, with_resources({"separate": separate, "netbios": netbios}))
        assert found.outcome in (Outcome.UNKNOWN, Outcome.NOT_ASKED)
    changed = rule(when="each.netbios", expression="each.separate")
    (found,) = results(tmp_path, changed, with_resources({"separate": NOT_GIVEN, "netbios": GAP}))
    assert found.outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("gap", "outcome"), [(GAP, Outcome.UNKNOWN), (NOT_GIVEN, Outcome.NOT_ASKED), ((), Outcome.NOT_APPLICABLE)]
)
def test_no_list_is_one_result(tmp_path: Path, gap: Any, outcome: Outcome) -> None:
    (found,) = results(tmp_path, rule(), with_vc(resources=gap))
    assert (found.outcome, found.subject, found.node, found.role) == (outcome, found.title, None, None)


def test_a_filter_over_a_gap_is_one_unknown(tmp_path: Path) -> None:
    changed = rule(forEach="vc.resources.filter(r, r.state == 'online')")
    view = with_resources({"name": "A", "state": "online"}, {"name": "B", "state": GAP})
    (found,) = results(tmp_path, changed, view)
    assert (found.outcome, found.reason) == (Outcome.UNKNOWN, "access_denied")


@pytest.mark.parametrize(
    ("netbios", "separate", "outcome"),
    [
        (False, False, Outcome.NOT_APPLICABLE),
        (False, GAP, Outcome.NOT_APPLICABLE),
        (GAP, True, Outcome.UNKNOWN),
        (GAP, False, Outcome.UNKNOWN),
        (True, False, Outcome.FAIL),
    ],
)
def test_when(tmp_path: Path, netbios: Any, separate: Any, outcome: Outcome) -> None:
    view = with_resources({"netbios": netbios, "separate": separate})
    (found,) = results(tmp_path, rule(when="each.netbios"), view)
    assert found.outcome is outcome


def test_nothing_is_evaluated_after_a_gap_in_when(tmp_path: Path) -> None:
    """What `when` rules out may be null: no defect may come of it."""
    changed = rule(when="each.netbios || each.address != null", expression="each.address.size() > 3")
    (found,) = results(tmp_path, changed, with_resources({"netbios": GAP, "address": None}))
    assert found.outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("when", "asked", "outcome"),
    [
        ("true", None, Outcome.NOT_ASKED),
        ("true", 3, Outcome.PASS),
        ("each.netbios", None, Outcome.UNKNOWN),
        ("each.separate_flag", None, Outcome.NOT_APPLICABLE),
    ],
)
def test_asks(tmp_path: Path, when: str, asked: int | None, outcome: Outcome) -> None:
    view = with_resources({"netbios": GAP, "separate_flag": False})
    view = msgspec.structs.replace(view, declared=msgspec.structs.replace(view.declared, minimum_build=asked))
    changed = rule(when=when, asks={"when": "declared.minimum_build == null", "give": "say minimum_build of {cluster}"})
    (found,) = results(tmp_path, changed, view)
    assert found.outcome is outcome
    if outcome is Outcome.NOT_ASKED:
        assert (found.reason, found.detail) == ("not_asked", "say minimum_build of VCNODE1")


@pytest.mark.parametrize("key", ["subject", "node", "role"])
def test_without_a_name_nothing_is_decided(tmp_path: Path, key: str) -> None:
    (found,) = results(tmp_path, rule(**{key: "each.network_name"}), with_resources({"network_name": GAP}))
    assert found.outcome is Outcome.UNKNOWN


def test_a_null_node_is_the_cluster(tmp_path: Path) -> None:
    (found,) = results(tmp_path, rule(node="null", role="null"), with_resources({"name": "A"}))
    assert (found.node, found.role) == (None, None)


def test_a_rule_about_the_cluster(tmp_path: Path) -> None:
    (found,) = results(tmp_path, cluster_rule())
    assert (found.subject, found.outcome, found.observed) == ("VCNODE1", Outcome.PASS, "VCNODE1")


def test_what_is_wrong_without_a_gap_is_a_defect(tmp_path: Path) -> None:
    loaded = pack(tmp_path, rule(expression="each.address.size() > 3"))
    under = context(loaded, with_resources({"name": "A", "address": None}, {"name": "B", "address": "192.0.2.1"}))
    found = judge(loaded.rules[0], under)
    assert [(result.subject, result.outcome) for result in found] == [("B", Outcome.PASS)]
    (defect,) = under.defects
    assert defect.startswith(f"{tmp_path}/VC-RES-001.yaml:")
    assert "VC-RES-001 cannot be evaluated: `each.address.size() > 3`" in defect


def test_a_gap_elsewhere_does_not_excuse_a_defect(tmp_path: Path) -> None:
    loaded = pack(tmp_path, rule(expression="each.address.size() > 3"))
    under = context(loaded, with_resources({"name": "A", "address": None, "netbios": GAP}))
    assert judge(loaded.rules[0], under) == []
    assert len(under.defects) == 1


def test_parameters_of_the_inventory(tmp_path: Path) -> None:
    changed = rule(params={"tolerated": []}, expression="each.separate || each.name in params.tolerated")
    view = with_resources({"name": "A", "separate": False})
    assert results(tmp_path, changed, view)[0].outcome is Outcome.FAIL
    given = (Param(rule="VC-RES-001", name="tolerated", value=("A",)),)
    assert results(tmp_path, changed, view, params=given)[0].outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("param", "said"),
    [
        (Param(rule="VC-X-1", name="a", value=1), "there is no such rule in demo"),
        (Param(rule="VC-RES-001", name="hour", value=1), "no such parameter (it has: hours)"),
        (Param(rule="VC-RES-001", name="hours", value="1"), "must be int"),
        (Param(rule="VC-RES-001", name="hours", value=True), "must be int"),
    ],
)
def test_wrong_parameters_are_defects(tmp_path: Path, param: Param, said: str) -> None:
    loaded = pack(tmp_path, rule(params={"hours": 1}))
    under = context(loaded, params=(param,))
    judge(loaded.rules[0], under)
    assert said in under.defects[0]


VERSIONS = {"from": "2.0.1", "below": "4.0"}
INSIDE, OUTSIDE = 2000001, 4000000


@pytest.mark.parametrize(
    ("releases", "outcome"),
    [
        ((INSIDE, INSIDE), Outcome.PASS),
        ((OUTSIDE, OUTSIDE), Outcome.NOT_APPLICABLE),
        ((OUTSIDE, INSIDE), Outcome.PASS),
        ((None, None), Outcome.PASS),
        ((OUTSIDE, None), Outcome.NOT_APPLICABLE),
        ((INSIDE, GAP), Outcome.PASS),
        ((OUTSIDE, GAP), Outcome.UNKNOWN),
        ((None, GAP), Outcome.UNKNOWN),
        ((GAP, GAP), Outcome.UNKNOWN),
    ],
)
def test_versions(tmp_path: Path, releases: tuple[Any, ...], outcome: Outcome) -> None:
    view = reference.view()
    node = view.nodes[0]

    def at(release: Any) -> Any:
        vpxd = node.vpxd if release is None else msgspec.structs.replace(node.vpxd, release=release)  # type: ignore[type-var]
        return msgspec.structs.replace(node, vpxd=None if release is None else vpxd)

    view = msgspec.structs.replace(view, nodes=tuple(map(at, releases)))
    loaded = pack(tmp_path, rule(versionBound=True), versions=VERSIONS)
    (found,) = judge(loaded.rules[0], context(loaded, view))
    assert found.outcome is outcome


HOSTILE = ["a\0b", "\ud800lone", "<b>&\"'`", "{subject}", "a\nb\u202e", "=HYPERLINK()", "\x1b[2J", "x' || true || '"]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_pass_through_a_rule(tmp_path: Path, name: str) -> None:
    changed = rule(
        expression="each.name == each.network_name && each.separate", evidence=["{each.name}"],
        remediation={"text": "{subject}", "cluster_exe": 'res "{subject|cmd}"', "powershell": "X '{subject|ps}'"},
    )  # fmt: skip
    view = with_resources({"name": name, "network_name": name}, {"name": name, "network_name": name, "separate": False})
    good, bad = results(tmp_path, changed, view)
    assert (good.outcome, bad.outcome) == (Outcome.PASS, Outcome.FAIL)
    assert msgspec.json.decode(msgspec.json.encode(bad)) is not None
    assert "\x1b" not in bad.message
    assert "\n" not in bad.message
    assert bad.remediation is not None
    if any(char in name for char in "\0\ud800\n\x1b\u202e"):
        assert (bad.remediation.cluster_exe, bad.remediation.powershell) == (None, None)
        assert "no command line can quote safely" in bad.remediation.text


def test_anchors_are_unique_stable_and_plain(tmp_path: Path) -> None:
    names = ["VC IP", "vc ip", "VC  IP", "Größe", "Grosse", "日本", "中国", "<script>", ""]
    found = results(tmp_path, rule(node="each.name"), with_resources(*({"name": name} for name in names)))
    anchors = [result.anchor for result in with_anchors(found)]
    assert anchors[0] == "vc-res-001--vc-ip-vc-ip"
    assert len(set(anchors)) == len(names)
    assert all(anchor.isascii() and not set(anchor) & set(" <>\"'&/") for anchor in anchors)
    assert anchors == [result.anchor for result in with_anchors(found)]
