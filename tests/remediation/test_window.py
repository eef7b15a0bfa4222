"""With resources offline: all that goes down comes up again, and what nobody could name is not taken down."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest

from tests.inprocess import judged
from tests.remediation.batch import Batch
from tests.remediation.model import Refused, World
from tests.remediation.pwsh import Script, Thrown
from tests.remediation.test_lab import broken
from tests.remediation.test_plan import with_action
from vcaudit.lab.faults import apply
from vcaudit.lab.scenario import load
from vcaudit.report.remediation import SCRIPTS, cluster_exe, plan, powershell, render
from vcaudit.results import Action, AuditResults, Depends, merge

HERE, ADDRESS = "quorum-disk-2003", "VC IP Address"


def with_depends(results: AuditResults, depends: Sequence[Depends] | None) -> AuditResults:
    """The same results, with other dependencies in the cluster."""
    cluster = results.clusters[0]
    told = None if depends is None else tuple(depends)
    pictures = msgspec.structs.replace(cluster.pictures, depends=told)
    return msgspec.structs.replace(results, clusters=(msgspec.structs.replace(cluster, pictures=pictures),))


def depends(results: AuditResults) -> tuple[Depends, ...]:
    told = results.clusters[0].pictures.depends
    assert told
    return told


def other(name: str, *on: str) -> Depends:
    return Depends(resource=name, group="VC Group", on=on)


def made(results: AuditResults) -> plan.Plan:
    return plan.make(results, None, powershell.why_not)


def test_what_fills_no_role_goes_offline_before_what_it_depends_on() -> None:
    order = made(broken(HERE, "netmask-other-under-a-copy-task")[1]).offline
    assert order.index("Copy task") < order.index("VC Network Name") < order.index(ADDRESS)
    assert len(order) == len(set(order)) == 6


@pytest.mark.parametrize("format_", SCRIPTS)
def test_what_was_offline_at_the_scan_stays_so(format_: str) -> None:
    """A copy task that somebody has taken out of use may copy what it must not."""
    _, results = broken(HERE, "netmask-other-under-a-copy-task")
    assert {row.online for row in depends(results)} == {True}
    rows = (msgspec.structs.replace(row, online=row.resource != "Copy task") for row in depends(results))
    results = with_depends(results, tuple(rows))
    told = made(results)
    assert set(told.offline) - set(told.again) == {"Copy task"}
    text = render(format_, results).decode("utf-8-sig")
    starts = [line for line in text.splitlines() if "Copy task" in line and ("/online" in line or "Start-" in line)]
    assert starts == []
    assert "not brought online here: Copy task" in text


def test_what_is_itself_mended_is_in_the_same_order() -> None:
    results = judged(apply(apply(load(HERE), "netmask-other")[0], "sync-monitor-not-separate")[0])
    told = tuple(
        msgspec.structs.replace(row, on=("VC Network Name",)) if row.resource == "Copy task" else row
        for row in depends(results)
    )
    order = made(with_depends(results, told)).offline
    assert order.index("Copy task") < order.index("VC Network Name") < order.index(ADDRESS)


def test_a_resource_may_be_called_like_a_role() -> None:
    _, results = broken(HERE, "netmask-other")
    order = made(with_depends(results, (*depends(results), other("vpxd", "VC Server")))).offline
    assert order.index("vpxd") < order.index("VC Server") < order.index(ADDRESS)


def test_names_ignore_case() -> None:
    _, results = broken(HERE, "netmask-other")
    order = made(with_depends(results, (*depends(results), other("Late", "vc ip ADDRESS")))).offline
    assert order.index("Late") < order.index(ADDRESS)
    assert len(order) == 6


@pytest.mark.parametrize("told", [None, (), "one"])
def test_nothing_goes_offline_of_which_it_is_not_known_what_depends_on_it(told: object) -> None:
    """None at all in results of an older version, and a resource that does not tell could depend on anything."""
    _, results = broken(HERE, "netmask-other")
    silent = Depends(resource="Silent", group=None, on=None)
    found = made(with_depends(results, (*depends(results), silent) if told == "one" else None if told is None else ()))
    assert found.steps == ()
    assert found.offline == ()
    assert {item.result.rule for item in found.by_hand} == {"VC-PAR-002"}
    assert "not known what else goes offline" in found.by_hand[0].why


def test_what_is_not_known_of_another_group_keeps_nothing_back() -> None:
    _, results = broken(HERE, "netmask-other")
    elsewhere = Depends(resource="Silent", group="Cluster Group", on=None)
    assert ADDRESS in made(with_depends(results, (*depends(results), elsewhere))).offline


def test_a_circle_ends() -> None:
    _, results = broken(HERE, "netmask-other")
    told = (*depends(results), other("A", ADDRESS, "B"), other("B", "A"))
    assert {"A", "B", ADDRESS} <= set(made(with_depends(results, told)).offline)


BAD_FOR_BATCH = ["VC Web Access 50%", 'say "hello"', "-dependent", "/off"]
BAD_FOR_BOTH = ["line\nbreak", "zero\u200bwidth"]


@pytest.mark.parametrize("name", [*BAD_FOR_BATCH, *BAD_FOR_BOTH])
def test_a_dependent_with_a_name_that_cannot_be_written_leaves_the_step_to_people(name: str) -> None:
    _, results = broken(HERE, "netmask-other")
    results = with_depends(results, (*depends(results), other(name, ADDRESS)))
    written = {form: render(form, results).decode("utf-8-sig") for form in SCRIPTS}
    assert "/offline" not in written["cluster-exe"]
    assert "of what goes offline with it, a name" in written["cluster-exe"]
    assert ("Stop-ClusterResource" in written["powershell"]) == (name in BAD_FOR_BATCH)
    assert ("Stop-ClusterResource" in written["markdown"]) == (name in BAD_FOR_BATCH)


def test_a_dependent_that_does_not_fit_into_the_code_page_leaves_the_step_to_people() -> None:
    results = judged(apply(load("german-2003"), "netmask-other")[0])
    address = next(a.on for r in results.results if r.remediation for a in r.remediation.actions if a.offline)
    cyrillic = Depends(resource="\u0417\u0430\u043f\u0430\u0441", group=group_of(results, address), on=(address,))
    written = cluster_exe.render(with_depends(results, (*depends(results), cyrillic)))
    assert b"/offline" not in written
    assert b"one code page" in written


def test_the_code_page_is_that_of_the_chosen_cluster() -> None:
    german = judged(apply(load("german-2003"), "netbios-off")[0])
    russian = with_action(
        judged(apply(load(HERE), "netbios-off")[0]), Action(do="online", on="\u0421\u0435\u0440\u0432\u0435\u0440")
    )
    many = merge([german, german_again(german), russian])
    assert b"chcp 1251" in cluster_exe.render(many, russian.clusters[0].name)
    assert b"chcp 1252" in cluster_exe.render(many, german.clusters[0].name)


def german_again(results: AuditResults) -> AuditResults:
    """Another cluster with the same names."""
    cluster = msgspec.structs.replace(results.clusters[0], name="second")
    again = tuple(msgspec.structs.replace(result, cluster="second") for result in results.results)
    return msgspec.structs.replace(results, clusters=(cluster,), results=again)


def group_of(results: AuditResults, resource: str) -> str | None:
    return next(row.group for row in depends(results) if row.resource == resource)


def renamed_group(results: AuditResults, name: str) -> AuditResults:
    cluster = results.clusters[0]
    groups = tuple(msgspec.structs.replace(group, name=name) for group in cluster.pictures.groups)
    pictures = msgspec.structs.replace(cluster.pictures, groups=groups)
    return msgspec.structs.replace(results, clusters=(msgspec.structs.replace(cluster, pictures=pictures),))


@pytest.mark.parametrize("name", ["\u865a\u62df\u4e2d\u5fc3", "50%", "VC\nGroup"])
def test_a_group_whose_name_cannot_be_written_is_not_asked_for(name: str) -> None:
    results = renamed_group(judged(load(HERE)), name)
    assert b"cannot tell which node holds" in cluster_exe.render(results)
    assert Batch(World(load(HERE))).run(cluster_exe.render(results)) == 0
    for form in SCRIPTS:
        assert b"0 steps" in render(form, results)


def test_of_two_groups_one_can_be_asked_for() -> None:
    results = judged(load("license-group-2003"))
    first, second = results.clusters[0].pictures.groups
    pictures = msgspec.structs.replace(
        results.clusters[0].pictures, groups=(first, msgspec.structs.replace(second, name="\u865a\u62df"))
    )
    cluster = msgspec.structs.replace(results.clusters[0], pictures=pictures)
    written = cluster_exe.render(msgspec.structs.replace(results, clusters=(cluster,))).decode()
    assert "It does not check 1 group" in written
    assert ":owner" in written


def test_an_owner_nobody_knows_is_not_asked_for() -> None:
    results = judged(load(HERE))
    groups = tuple(msgspec.structs.replace(group, owner=None) for group in results.clusters[0].pictures.groups)
    pictures = msgspec.structs.replace(results.clusters[0].pictures, groups=groups)
    cluster = msgspec.structs.replace(results.clusters[0], pictures=pictures)
    results = msgspec.structs.replace(results, clusters=(cluster,))
    written = powershell.render(results).decode("utf-8-sig")
    assert "It cannot tell which node holds the groups" in written
    assert "It stops when a group" not in written
    assert "Confirm-Owner" not in written
    Script(World(load(HERE))).run(powershell.render(results))


class Stubborn(World):
    """One resource does not come online any more."""

    def online(self, resource: str) -> None:
        if resource == "VC License":
            raise Refused("VC License failed to come online")
        super().online(resource)


def test_one_that_does_not_come_online_keeps_no_other_down() -> None:
    before, results = broken(HERE, "netmask-other")
    by_batch, by_powershell = Stubborn(before), Stubborn(before)
    assert Batch(by_batch).run(cluster_exe.render(results)) == 1
    with pytest.raises(Thrown, match="Not online again: VC License"):
        Script(by_powershell).run(powershell.render(results))
    for world in (by_batch, by_powershell):
        assert [name for name in world.names("Resource") if not world.is_online(name)] == ["VC License"]


def test_the_error_of_a_step_is_told_and_not_that_of_what_stays_down() -> None:
    before, results = broken(HERE, "netmask-other")
    world = Stubborn(before)

    def refuse(resource: str, name: str, value: object) -> int:
        raise Refused("the step's own error")

    world.parameter = refuse  # type: ignore[method-assign]
    with pytest.raises((Thrown, Refused), match="the step's own error"):
        Script(world).run(powershell.render(results))
    assert world.is_online("VC Server")
