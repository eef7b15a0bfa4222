"""What a plan holds: every failure once, what shares a mend together, what is left out said."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from tests.inprocess import judged, of_outcome
from tests.remediation.batch import Batch
from tests.remediation.model import Refused, World
from tests.remediation.pwsh import Script, Thrown
from tests.remediation.test_lab import FAULTS, broken
from vcaudit.errors import UsageError
from vcaudit.lab.faults import Fault, apply
from vcaudit.lab.merge import merge as patched
from vcaudit.lab.powershell.syntax import parse
from vcaudit.lab.scenario import load
from vcaudit.report.json import render as as_json
from vcaudit.report.remediation import SCRIPTS, cluster_exe, plan, powershell, render, texts
from vcaudit.report.remediation.plan import WINDOW, Plan
from vcaudit.results import Action, AuditResults, Outcome, merge


def made(results: AuditResults) -> Plan:
    return plan.make(results, None, powershell.why_not)


def several(*faults: str, scenario: str = "quorum-disk-2003") -> AuditResults:
    found = load(scenario)
    for fault in faults:
        found = apply(found, fault)[0]
    return judged(found)


@pytest.mark.parametrize("fault", [pytest.param(fault, id=fault.name) for fault in FAULTS])
def test_every_failure_is_there_exactly_once(fault: Fault) -> None:
    _, results = broken(fault.scenarios[0], fault.name)
    found = made(results)
    named = [result.anchor for step in found.steps for result in step.because]
    named += [item.result.anchor for item in found.by_hand]
    assert sorted(named) == sorted(result.anchor for result in of_outcome(results, Outcome.FAIL))


@pytest.mark.parametrize("fault", [pytest.param(fault, id=fault.name) for fault in FAULTS])
def test_every_script_parses_and_names_every_failing_rule(fault: Fault) -> None:
    _, results = broken(fault.scenarios[-1], fault.name)
    rules = {result.rule for result in of_outcome(results, Outcome.FAIL)}
    for name in SCRIPTS:
        written = render(name, results)
        assert not [rule for rule in rules if rule.encode() not in written], name
    tree = parse(render("powershell", results).removeprefix(b"\xef\xbb\xbf"))
    assert not tree.root_node.has_error


def test_failures_with_one_mend_share_a_step() -> None:
    found = made(several("license-port-differs"))
    (step,) = found.steps
    assert {result.rule for result in step.because} == {"VC-DATA-002", "VC-SW-008"}
    found = made(several("address-other"))
    (step,) = found.steps
    assert {result.rule for result in step.because} == {"VC-PAR-001", "VC-IP-002", "VC-PAR-004"}
    assert found.by_hand == ()


def test_what_needs_resources_offline_comes_together_in_dependency_order() -> None:
    found = made(several("netbios-off", "vpxd-own-computer-name", "vpxd-automatic", "ssl-differs"))
    parts = [step.part for step in found.steps]
    assert parts == sorted(parts)
    assert len(found.part(WINDOW)) == 2
    order = found.offline
    assert order.index("VC Web Access") < order.index("VC Server") < order.index("VC Network Name")
    assert order[-1] == "VC IP Address"


def test_only_what_depends_on_it_goes_offline() -> None:
    assert made(several("web-own-computer-name")).offline == ("VC Web Access",)


def test_waived_and_unknown_are_left_out_and_said() -> None:
    results = several("netbios-off", "ssl-differs")
    changed = tuple(
        msgspec.structs.replace(result, outcome=Outcome.WAIVED, reason="CHG-1 until spring")
        if (result.rule, result.outcome) == ("VC-PAR-003", Outcome.FAIL) else result
        for result in results.results
    )  # fmt: skip
    results = msgspec.structs.replace(results, results=changed)
    found = made(results)
    assert [result.rule for result in found.waived] == ["VC-PAR-003"]
    assert [step.action.do for step in found.steps] == ["copy"]
    for name in SCRIPTS:
        text = render(name, results).decode("utf-8-sig")
        assert "CHG" in text
        assert "EnableNetBIOS" not in text
        assert all(result.rule in text for result in found.undecided)


def test_nothing_failed() -> None:
    results = judged(load("quorum-disk-2003"))
    for name in SCRIPTS:
        assert b"0 steps" in render(name, results)
    assert Batch(World(load("quorum-disk-2003"))).run(cluster_exe.render(results)) == 0


def test_of_several_clusters_one_is_chosen() -> None:
    one, other = several("netbios-off"), several("ssl-differs", scenario="three-nodes-2008")
    both = merge([one, other])
    with pytest.raises(UsageError, match="2 clusters"):
        render("powershell", both)
    with pytest.raises(UsageError, match="no cluster elsewhere"):
        render("powershell", both, "elsewhere")
    text = render("powershell", both, "three-nodes-2008").decode("utf-8-sig")
    assert "Copy-OneFolder '" in text
    assert "EnableNetBIOS" not in text


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(UsageError, match="no format"):
        render("bash", judged(load("quorum-disk-2003")))


def with_action(results: AuditResults, action: Action) -> AuditResults:
    """The first failure says that this would mend it."""
    first = of_outcome(results, Outcome.FAIL)[0]
    assert first.remediation
    better = msgspec.structs.replace(first.remediation, actions=(action,))
    changed = tuple(msgspec.structs.replace(r, remediation=better) if r is first else r for r in results.results)
    return msgspec.structs.replace(results, results=changed)


def test_an_operation_of_a_later_version_is_done_by_hand() -> None:
    found = made(with_action(several("netbios-off"), Action(do="teleport", on="VC Server")))
    assert found.steps == ()
    assert "newer version" in found.by_hand[0].why


def test_results_that_would_copy_the_wrong_way_are_refused() -> None:
    """Whatever a results file says: the target of a copy is never the owner, its source always."""
    results = several("ssl-differs")
    copy = made(results).steps[0].action.copies
    assert copy
    turned = msgspec.structs.replace(copy, source=copy.target, target=copy.source)
    foreign = msgspec.structs.replace(copy, source="VCNODE2", target="VCNODE9")
    hidden = msgspec.structs.replace(copy, target="vcnode1")
    for wrong in (turned, foreign, hidden):
        for node in (wrong.target, copy.target):
            action = Action(do="copy", on="ssl", node=node, group=copy.group, copies=wrong)
            found = made(with_action(results, action))
            assert found.steps == (), wrong


def test_a_copy_under_another_name_is_refused() -> None:
    """Commands are made from what is copied, whatever the operation is called."""
    results = several("ssl-differs")
    copy = made(results).steps[0].action.copies
    assert copy
    turned = msgspec.structs.replace(copy, source=copy.target, target=copy.source)
    for do in sorted(plan.PARTS.keys() - {"copy"}):
        found = made(with_action(results, Action(do=do, on="VC Server", node=copy.target, copies=turned)))
        assert found.steps == (), do
        assert "contradict" in found.by_hand[0].why
    empty = Action(do="copy", on="ssl", node=copy.target, group=copy.group)
    assert made(with_action(results, empty)).steps == ()


@pytest.mark.parametrize("key", ["SYSTEM\\CurrentControlSet\\Services\\vpxd", "SOFTWARE\\VMware, Inc.\\VMware Virtual"])
def test_a_registry_value_elsewhere_is_not_copied(key: str) -> None:
    results = several("registry-differs")
    copy = made(results).steps[0].action.copies
    assert copy
    assert copy.entries
    assert not key.startswith(copy.target_path)
    outside = msgspec.structs.replace(copy, entries=(msgspec.structs.replace(copy.entries[0], key=key),))
    action = Action(do="copy", on="registry", node=copy.target, group=copy.group, copies=outside)
    assert made(with_action(results, action)).steps == ()


def test_an_owner_that_cannot_be_asked_for_keeps_services_running() -> None:
    results = several("vpxd-runs-on-standby")
    group = msgspec.structs.replace(results.clusters[0].pictures.groups[0], owner="a node")
    pictures = msgspec.structs.replace(results.clusters[0].pictures, groups=(group,))
    cluster = msgspec.structs.replace(results.clusters[0], pictures=pictures)
    found = made(msgspec.structs.replace(results, clusters=(cluster,)))
    assert not [step for step in found.steps if step.action.do == "stop_service"]


def test_a_group_that_could_pass_for_its_node_stops_copies_in_a_batch_file() -> None:
    """The listing of cluster.exe shows the group's name before the node's."""
    results = several("ssl-differs")
    group = msgspec.structs.replace(results.clusters[0].pictures.groups[0], name="VCNODE1 and VCNODE2")
    pictures = msgspec.structs.replace(results.clusters[0].pictures, groups=(group,))
    cluster = msgspec.structs.replace(results.clusters[0], pictures=pictures)
    results = msgspec.structs.replace(results, clusters=(cluster,))
    copy = made(several("ssl-differs")).steps[0].action.copies
    assert copy
    renamed = msgspec.structs.replace(copy, group="VCNODE1 and VCNODE2")
    action = Action(do="copy", on="ssl", node=copy.target, group=renamed.group, copies=renamed)
    results = with_action(results, action)
    assert b"tell them apart" in cluster_exe.render(results)
    assert b"xcopy" not in cluster_exe.render(results)
    assert b"Copy-OneFolder '" in powershell.render(results)


def test_software_of_another_version_gets_no_files_of_this_one() -> None:
    found = made(several("version-differs", "upgrade-differs", "settings-differ"))
    assert not [step for step in found.steps if step.action.do == "copy"]


def test_secrets_are_never_in_a_script() -> None:
    names = ("registry-differs", "ssl-differs", "settings-differ", "license-file-differs")
    for name in SCRIPTS:
        assert b"CANARY" not in render(name, several(*names))


def test_the_fix_of_ssl_names_vpxd_p() -> None:
    for name in SCRIPTS:
        assert b"vpxd -p" in render(name, several("ssl-differs")).replace(b"\\", b"")


def test_a_step_that_fails_brings_everything_online_again() -> None:
    before, results = broken("quorum-disk-2003", "vpxd-depends-on-nothing")
    gone = World(before)

    def refuse(resource: str, provider: str) -> None:
        raise Refused("the cluster says no")

    gone.add_dependency = refuse  # type: ignore[method-assign]
    batch = Batch(gone)
    assert batch.run(cluster_exe.render(results)) == 1
    assert gone.is_online("VC Server")
    assert gone.is_online("VC Web Access")
    assert any("Stopped at step 1" in line for line in batch.said)
    again = World(before)
    again.add_dependency = refuse  # type: ignore[method-assign]
    with pytest.raises(Thrown, match="says no"):
        Script(again).run(powershell.render(results))
    assert again.is_online("VC Server")
    assert again.is_online("VC Web Access")


def test_names_beyond_a_code_page_are_left_to_people() -> None:
    scenario = load("german-2003")
    assert b"chcp 1252" in cluster_exe.render(judged(apply(scenario, "netbios-off")[0]))
    results = several("netbios-off")
    action = Action(do="online", on="\u6f22\u5b57")
    found = with_action(results, action)
    assert b"one code page" in cluster_exe.render(found)
    assert "Get-OneResource '\u6f22\u5b57'" in powershell.render(found).decode("utf-8-sig")


def test_the_same_results_give_the_same_script() -> None:
    results = several("netbios-off", "ssl-differs")
    for name in SCRIPTS:
        assert render(name, results) == render(name, msgspec.json.decode(as_json(results), type=AuditResults))


def test_an_owner_nobody_knows_makes_no_copies() -> None:
    scenario = apply(load("quorum-disk-2003"), "ssl-differs")[0]
    nodes = {name: patched(node, {"wmi": {"root\\MSCluster": {"MSCluster_NodeToActiveGroup": {}}}})
             for name, node in scenario.nodes.items()}  # fmt: skip
    for node in nodes.values():
        node["wmi"]["root\\MSCluster"]["MSCluster_NodeToActiveGroup"].pop("VC Group", None)
    found = made(judged(replace(scenario, nodes=nodes)))
    assert not [step for step in found.steps if step.action.do == "copy"]


def test_every_operation_has_a_sentence() -> None:
    for do in plan.PARTS.keys() - {"copy"}:
        assert "X" in texts.what(Action(do=do, on="X", node="N", name="Address", value=1, add=("A",)))


def test_what_is_wrong_on_the_owner_is_not_copied_to_the_others() -> None:
    found = made(several("license-of-one-machine", "license-file-differs"))
    assert not [step for step in found.steps if step.action.do == "copy"]
    assert any("VC-LIC-002" in item.why for item in found.by_hand)


def test_nothing_is_brought_online_before_what_keeps_it_offline_is_mended() -> None:
    """No address is declared, so that nobody but its owner knows it."""
    found = made(several("address-missing", scenario="minimal-2003"))
    assert found.steps == ()
    assert {item.result.rule for item in found.by_hand} >= {"VC-PAR-007", "VC-RES-006"}
    assert any("are mended" in item.why for item in found.by_hand)


def test_a_service_gets_one_of_two_start_modes_or_none() -> None:
    for value, said in (
        (None, b"start= demand"),
        ("Auto", b"start= auto"),
        ("Disabled", b"start mode that scripts do"),
    ):
        action = Action(do="start_mode", on="ClusSvc", node="VCNODE2", value=value)
        assert said in cluster_exe.render(with_action(several("netbios-off"), action))
