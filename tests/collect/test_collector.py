"""The collector's own text on simulated nodes: registry, WMI, names and accounts come back as the node holds them."""

from __future__ import annotations

from typing import Any

import pytest

from vcaudit.capture import Limits, Request
from vcaudit.snapshot.base import Missing

from .rich import VC, ask, changed, reason


def test_the_head_says_who_answered() -> None:
    answer = ask(node=changed(bits=32, powershell="5.1", clock_skew=-7200))
    assert (answer.host, answer.bits, answer.powershell, answer.clr) == ("VCNODE1", 32, "5.1", "4.0.30319.42000")
    assert answer.os == "Microsoft Windows NT 5.2.3790"
    assert answer.utc.endswith("Z")
    assert set(answer.probes) == {"d.registry", "d.wmi", "d.text"}, "the answer shows that the deny list was armed"


def test_a_password_among_the_arguments_of_a_service_stays_on_the_node() -> None:
    line = '"C:\\a.exe" -hush CANARY-1 -v'
    services = {"Win32_Service": {"x": {"Name": "x", "PathName": line}}}
    stored = {"CommandLine": line, "Other": "-hush x"}
    node = changed(wmi={"root\\cimv2": services}, registry={"SOFTWARE\\P": stored})
    answer = ask(
        Request("deny", "d.command", ("command", r"-hush ([^ ]+)")),
        Request("wmi", "svc", ("root\\cimv2", "SELECT Name,PathName FROM Win32_Service", "Name,PathName")),
        Request("registry", "p", ("SOFTWARE\\P",)), node=node,
    )  # fmt: skip
    rows, keys = answer.wmi("svc"), answer.registry("p")
    assert not isinstance(rows, Missing)
    assert not isinstance(keys, Missing)
    assert [row["pathname"] for row in rows] == ['"C:\\a.exe" -hush *** -v']
    told = {value.name: value.data for value in keys[0].values}
    assert told == {"CommandLine": '"C:\\a.exe" -hush *** -v', "Other": "-hush x"}


# Registry


def test_a_tree_with_all_its_values() -> None:
    keys = ask(Request("registry", "vc", (f"\\{VC}\\",))).registry("vc")
    assert not isinstance(keys, Missing)
    root, db = keys
    assert (root.path, db.path) == (VC, f"{VC}\\DB")
    values = {value.name: value for value in root.values}
    assert (values["InstalledVersion"].data, values["InstalledVersion"].type) == ("2.0.1", "REG_SZ")
    assert (values["HttpsPort"].data, values[""].data, values["List"].data) == (443, "default", ("a", "b"))
    assert (values["Path"].data, values["Path"].type) == ("%PATH%\\x", "REG_EXPAND_SZ"), "variables stay as they are"


def test_what_is_denied_in_the_registry_shows_that_it_is_there() -> None:
    keys = ask(Request("registry", "vc", (VC,))).registry("vc")
    assert not isinstance(keys, Missing)
    hidden = [value for key in keys for value in key.values if value.redacted]
    assert [(value.name, value.type, value.data, value.size) for value in hidden] == [
        ("Serial", "REG_SZ", None, None),
        ("3", "REG_SZ", None, None),
    ]


def test_a_key_that_is_not_there_and_one_that_may_not_be_read() -> None:
    node = changed(denied=[f"{VC}\\DB"], broken={"SOFTWARE\\Other": "3fa"})
    answer = ask(
        Request("registry", "vc", (VC,)), Request("registry", "no", ("SOFTWARE\\No",)),
        Request("registry", "other", ("SOFTWARE\\Other",)), node=node,
    )  # fmt: skip
    vc, no, other = answer.registry("vc"), answer.registry("no"), answer.registry("other")
    assert not isinstance(vc, Missing)
    assert not isinstance(no, Missing)
    assert not isinstance(other, Missing)
    assert [None if key.failure is None else key.failure.reason for key in vc] == [None, "access_denied"]
    assert reason(no[0].failure) == "not_found"
    assert reason(other[0].failure) == "not_found"


@pytest.mark.parametrize(("bits", "first", "second"), [(64, "native", "wow"), (32, "wow", "wow")])
def test_a_32_bit_shell_sees_one_view_under_both_names(bits: int, first: str, second: str) -> None:
    node = {"bits": bits, "registry": {"SOFTWARE\\X": {"v": "native"}, "SOFTWARE\\Wow6432Node\\X": {"v": "wow"}}}
    answer = ask(
        Request("registry", "a", ("SOFTWARE\\X",)), Request("registry", "b", ("SOFTWARE\\Wow6432Node\\X",)), node=node
    )
    assert answer.bits == bits
    assert [answer.registry(id)[0].values[0].data for id in "ab"] == [first, second]  # type: ignore[index]


def test_limits_of_values_leave_no_believable_rest() -> None:
    answer = ask(
        Request("registry", "vc", (VC,)), Request("registry", "other", ("SOFTWARE\\Other",)),
        limits=Limits(registry_values=7),
    )  # fmt: skip
    assert reason(answer.registry("vc")) == "refused"
    assert reason(answer.registry("other")) == "refused"


def test_a_path_longer_than_one_call_takes() -> None:
    deep = "\\".join(["SOFTWARE", *(f"part{number:03}" * 4 for number in range(20))])
    found = ask(Request("registry", "deep", (deep,)), node={"registry": {deep: {"v": "found"}}}).registry("deep")
    assert not isinstance(found, Missing)
    assert found[0].values[0].data == "found"


# WMI


def test_instances_and_embedded_objects() -> None:
    query = Request("wmi", "r", ("root\\MSCluster", "SELECT * FROM MSCluster_Resource",
                                 "Name,State,RegistryCheckpoints,PrivateProperties,MonitorProcessId"))  # fmt: skip
    rows = ask(query).wmi("r")
    assert not isinstance(rows, Missing)
    name, other = rows
    assert (name["Name"], name["State"], name["RegistryCheckpoints"]) == ("VC Name", "4294967295", ("SOFTWARE\\A",))
    assert dict(name["PrivateProperties"]) == {"Name": "VCVIRTUAL", "ResourceData": "***"}  # type: ignore[arg-type]
    assert other["RegistryCheckpoints"] == ()
    assert reason(name["MonitorProcessId"]) == "not_found", "2003 has no such property, probably"


def test_a_property_without_a_value() -> None:
    rows = ask(Request("wmi", "s", ("root\\cimv2", "SELECT * FROM Win32_Service", "Name,None"))).wmi("s")
    assert not isinstance(rows, Missing)
    assert rows[0]["None"] is None
    assert ask(Request("wmi", "e", ("root\\cimv2", "SELECT * FROM Empty", "Name"))).wmi("e") == ()


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ({"denied": ["root\\cimv2"]}, "access_denied"),
        ({"denied": ["root\\cimv2:Win32_Service"]}, "access_denied"),
        ({"broken": {"root\\cimv2": "80070005"}}, "access_denied"),
        ({"broken": {"root\\cimv2": "800706ba"}}, "unavailable"),
        ({"broken": {"root\\cimv2": "80070422"}}, "unavailable"),
        ({"broken": {"root\\cimv2:Win32_Service": "80041004"}}, "unavailable"),
        ({"broken": {"root\\cimv2:Win32_Service": "80041032"}}, "timeout"),
        ({"broken": {"root\\cimv2:Win32_Service": "8004106c"}}, "refused"),
        ({"broken": {"root\\cimv2:Win32_Service": "800410ff"}}, "bad_output"),
        ({"hanging": ["root\\cimv2:Win32_Service"]}, "timeout"),
        ({"broken": {"root\\cimv2:Win32_Service": "80041010"}}, "not_installed"),
        ({"wmi": {}}, "not_installed"),
    ],
)
def test_why_wmi_gives_nothing(part: dict[str, Any], expected: str) -> None:
    query = Request("wmi", "s", ("root\\cimv2", "SELECT * FROM Win32_Service", "Name"))
    assert reason(ask(query, node=changed(**part)).wmi("s")) == expected


def test_a_namespace_that_hangs_costs_one_time_limit_and_no_other_fact() -> None:
    queries = [
        Request("wmi", f"q{n}", ("root\\MSCluster", "SELECT * FROM MSCluster_Resource", "Name")) for n in range(9)
    ]
    answer = ask(*queries, Request("registry", "vc", (VC,)), node=changed(hanging=["root\\MSCluster"]))
    assert {reason(answer.wmi(query.id)) for query in queries} == {"timeout"}
    assert not isinstance(answer.registry("vc"), Missing)
    assert answer.milliseconds == 20_000


def test_time_that_is_used_up() -> None:
    node = changed(hanging=["SOFTWARE\\Other"])
    answer = ask(
        Request("registry", "slow", ("SOFTWARE\\Other",)), Request("file", "f", ("C:\\big.txt", "hash")), node=node
    )
    assert reason(answer.registry("slow")) == "timeout"
    assert reason(answer.files("f")) == "timeout"


# Names and accounts


def test_names() -> None:
    found = ask(Request("names", "n", ("vcvirtual nosuch 192.0.2.9",))).names("n")
    assert not isinstance(found, Missing)
    assert {name.name: name.addresses for name in found} == {
        "vcvirtual": ("192.0.2.50",), "nosuch": (), "192.0.2.9": ("192.0.2.9",),
    }  # fmt: skip


@pytest.mark.parametrize(("code", "expected"), [("2afa", "unavailable"), ("2afb", "unavailable"), ("2afc", "none")])
def test_a_name_server_that_does_not_answer_is_not_a_name_that_is_not_there(code: str, expected: str) -> None:
    found = ask(Request("names", "n", ("vcvirtual",)), node=changed(broken={"dns": code})).names("n")
    assert not isinstance(found, Missing)
    assert found[0].addresses == () if expected == "none" else reason(found[0].addresses) == expected


def test_accounts() -> None:
    found = ask(Request("accounts", "a", ("local",))).accounts("a")
    assert not isinstance(found, Missing)
    users = {user.name: user for user in found.users}  # type: ignore[union-attr]
    state = {n: (u.disabled, u.locked, u.must_change_password, u.expired) for n, u in users.items()}
    assert state == {
        "vcadmin": (False, True, False, False), "old": (True, False, False, True), "new": (False, False, True, False),
    }  # fmt: skip
    assert users["vcadmin"].sid == "S-1-5-21-1-2-3-1001"
    administrators, nobody = found.groups  # type: ignore[misc]
    assert (administrators.name, administrators.sid, nobody.members) == ("Administratoren", "S-1-5-32-544", ())
    local, domain, orphan, unknown = administrators.members
    assert (local.name, local.domain, local.sid, local.is_group) == (
        "vcadmin",
        "VCNODE1",
        "S-1-5-21-1-2-3-1001",
        False,
    )
    assert (domain.name, domain.domain, domain.sid) == ("VC Admins", "CORP", "S-1-5-21-9-9-9-1130")
    assert domain.is_group is True
    assert (orphan.name, orphan.domain, orphan.sid) == ("S-1-5-21-7-7-7-7", None, "S-1-5-21-7-7-7-7")
    assert orphan.is_group is None
    assert reason(unknown.sid) == "not_found"


@pytest.mark.parametrize(
    ("part", "expected"),
    [({"denied": ["accounts"]}, "access_denied"), ({"broken": {"accounts": "800706ba"}}, "unavailable")],
)
def test_why_accounts_give_nothing(part: dict[str, Any], expected: str) -> None:
    found = ask(Request("accounts", "a", ("local",)), node=changed(**part)).accounts("a")
    assert not isinstance(found, Missing)
    assert {reason(found.users), reason(found.groups)} == {expected}


def test_secrets_in_other_texts_of_the_registry_stay_on_the_node() -> None:
    stored = {"Conn": "DSN=x;PWD=CANARY 1;A=1", "Many": ["a=1", "pwd=CANARY"], "CommandLine": "a pwd=b c", "N": 1}
    answered = ask(
        Request("deny", "d.data", ("data", r"pwd=([^;]+)")), Request("registry", "p", ("SOFTWARE\\P",)),
        node=changed(registry={"SOFTWARE\\P": stored}),
    )  # fmt: skip
    keys = answered.registry("p")
    assert not isinstance(keys, Missing)
    assert {value.name: value.data for value in keys[0].values} == {
        "Conn": "DSN=x;PWD=***;A=1", "Many": ("a=1", "pwd=***"), "CommandLine": "a pwd=b c", "N": 1,
    }  # fmt: skip
