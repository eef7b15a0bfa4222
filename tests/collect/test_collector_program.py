"""cluster.exe as the collector asks it: only where something else failed, only to list, never beyond its limit."""

from __future__ import annotations

from typing import Any

import pytest

from vcaudit.capture import Limits, Request
from vcaudit.collect import clusterexe
from vcaudit.collect.answer import Answer, decode
from vcaudit.collect.script import build
from vcaudit.lab import scenario
from vcaudit.lab.merge import merge
from vcaudit.lab.node import Node
from vcaudit.lab.windows import Session, run
from vcaudit.sections.secrets import requests as deny_list
from vcaudit.snapshot.base import Missing

WMI = Request("wmi", "resources", (r"root\MSCluster", "SELECT * FROM MSCluster_Resource", "Name"))
HIVE = Request("registry", "hive", ("Cluster",))
HANGING = {"hanging": [r"root\MSCluster"]}


def listing(what: str, name: str = "", *unless: str) -> Request:
    return Request("program", what, (what, name), unless)


def ask(*asked: Request, patch: dict[str, Any] | None = None, of: str = "quorum-disk-2003",
        limits: Limits | None = None) -> tuple[Answer, Session]:  # fmt: skip
    name, description = next(iter(scenario.load(of).nodes.items()))
    session = Session(Node.from_description(name, merge(description, patch or {})))
    stdout, stderr, code = run(session, build((*deny_list(), *asked), limits or Limits()).text)
    assert (stderr, code) == (b"", 0)
    assert session.running == 0, "a program was left behind"
    return decode(stdout), session


def text_of(answer: Answer, id: str) -> str:
    found = answer.listings(id)
    assert not isinstance(found, Missing), found
    assert found[0].text is not None, found[0].failure
    return found[0].text


def test_listings_are_those_of_the_cluster() -> None:
    answer, session = ask(*(listing(what) for what in ("node", "group", "resource")))
    assert [row.name for row in clusterexe.nodes(text_of(answer, "node"))] == ["VCNODE1", "VCNODE2"]
    groups = clusterexe.groups(text_of(answer, "group"))
    assert groups[1] == ("VC Group", "VCNODE1", "Online")
    rows = clusterexe.resources(text_of(answer, "resource"), [row.name for row in groups])
    assert ("VC Server", "VC Group", "VCNODE1", "Online") in rows
    assert session.started == ["node", "group", "resource"]


def test_listings_of_each_resource_that_the_hive_names() -> None:
    each = "${hive:Resources\\*\\Name}"
    answer, session = ask(HIVE, listing("priv", each), listing("listowners", each))
    found = answer.listings("priv")
    assert not isinstance(found, Missing)
    assert len(found) == 8
    (server,) = (one for one in found if one.name == "VC Server")
    values = {row.name: row.value for row in clusterexe.properties(server.text or "", "VC Server")}
    assert values == {"ServiceName": "vpxd", "StartupParameters": "", "UseNetworkName": 1}
    assert 'resource "Disk Q:" /listowners' in session.started


@pytest.mark.parametrize("patch", [{}, HANGING, {"broken": {r"root\MSCluster": "800706ba"}}])
def test_it_runs_only_where_wmi_failed(patch: dict[str, Any]) -> None:
    answer, session = ask(WMI, listing("resource", "", "resources"), patch=patch)
    if patch:
        assert session.started == ["resource"]
        assert "VC Server" in text_of(answer, "resource")
    else:
        assert session.started == []
        assert answer.listings("resource").reason == "not_asked"  # type: ignore[union-attr]
        assert answer.probes["resource"].error == "not needed"


def test_one_of_several_that_failed_is_enough() -> None:
    other = Request("wmi", "other", (r"root\MSCluster", "SELECT * FROM MSCluster_Node", "Name"))
    broken = {"broken": {r"root\MSCluster:MSCluster_Node": "80041004"}}
    _, session = ask(WMI, other, listing("node", "", "resources", "OTHER"), patch=broken)
    assert session.started == ["node"]
    _, session = ask(WMI, other, listing("node", "", "resources", "other"))
    assert session.started == []


def test_letters_of_the_node_come_back_as_they_were() -> None:
    page = {"registry": {r"SYSTEM\CurrentControlSet\Control\Nls\CodePage": {"OEMCP": "850"}}}
    answer, _ = ask(listing("node"), of="german-2003", patch=page)
    assert [row.name for row in clusterexe.nodes(text_of(answer, "node"))] == ["KÖLN-VC1", "KÖLN-VC2"]
    nobody_says = {"registry": {r"SYSTEM\CurrentControlSet\Control\Nls\CodePage": None}}
    answer, _ = ask(listing("node"), of="german-2003", patch=nobody_says)
    assert answer.listings("node")[0].failure.reason == "bad_output"  # type: ignore[index,union-attr]


def test_a_program_that_hangs_is_ended_and_not_asked_again() -> None:
    answer, session = ask(*(listing(what) for what in ("node", "group")), HIVE, patch={"hanging": ["cluster.exe"]})
    assert answer.listings("node")[0].failure.reason == "timeout"  # type: ignore[index,union-attr]
    assert answer.listings("group").reason == "timeout"  # type: ignore[union-attr]
    assert session.started == ["node"]
    assert not isinstance(answer.registry("hive"), Missing)
    assert 20_000 <= answer.milliseconds < 21_000


@pytest.mark.parametrize(
    ("patch", "reason"),
    [
        ({"broken": {"cluster.exe": "2"}}, "not_installed"),
        ({"broken": {"cluster.exe": "6d9"}}, "unavailable"),
        ({"denied": ["cluster.exe"]}, "bad_output"),
        ({"wmi": {r"root\MSCluster": None}}, "not_installed"),
        ({"wmi": {r"root\MSCluster": {"MSCluster_Node": {"VCNODE1": None, "VCNODE2": None}}}}, "unavailable"),
    ],
)
def test_why_it_gives_nothing(patch: dict[str, Any], reason: str) -> None:
    answer, _ = ask(listing("node"), patch=patch)
    assert answer.listings("node")[0].failure.reason == reason  # type: ignore[index,union-attr]


def test_a_listing_longer_than_the_limit() -> None:
    answer, _ = ask(listing("resource"), limits=Limits(file_bytes=300))
    assert answer.listings("resource")[0].failure.reason == "refused"  # type: ignore[index,union-attr]


@pytest.mark.parametrize(
    "name", ["/delete", "-x", 'a" /offline "b', "VC /off", "Address=1", "tab\there", "line\nbreak", "\x7f\x01"]
)
def test_a_name_that_could_be_an_option_is_never_given_to_it(name: str) -> None:
    hive = {"registry": {"Cluster\\Resources\\x": {"Name": name}}}
    answer, session = ask(HIVE, listing("priv", "${hive:Resources\\*\\Name}"), patch=hive)
    assert not any(name in line for line in session.started)
    found = answer.listings("priv")
    if isinstance(found, Missing):  # a tab ends the line of the request: nothing of it is believed
        assert found.reason == "bad_output"
    else:
        assert next(one.failure.reason for one in found if one.failure) == "refused"


def test_secrets_in_a_listing_stay_on_the_node() -> None:
    answer, _ = ask(listing("priv", "VC Network Name"))
    text = text_of(answer, "priv")
    assert "CANARY" not in text
    rows = {row.name: row.value for row in clusterexe.properties(text, "VC Network Name")}
    assert rows["ResourceData"] == "***"
    assert rows["Name"] == "VCVIRTUAL"


@pytest.mark.parametrize(
    ("request_", "what"),
    [
        (Request("program", "p", ("offline", "")), "cluster.exe lists"),
        (Request("program", "p", ("priv", "")), "a resource is named"),
        (Request("program", "p", ("node", "VCNODE1")), "a resource is named"),
        (Request("program", "p", ("node", ""), ("later",)), "no earlier request"),
    ],
)
def test_a_list_that_asks_for_more_is_not_sent(request_: Request, what: str) -> None:
    with pytest.raises(ValueError, match=what):
        build([request_, WMI], Limits())
