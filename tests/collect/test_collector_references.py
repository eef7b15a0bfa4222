"""Requests that refer to what earlier ones of the same run have read."""

from __future__ import annotations

from typing import Any

import pytest

from vcaudit.capture import Request
from vcaudit.snapshot.base import Missing

from .rich import VC, ask, changed, reason, service


def test_references_to_values_of_the_same_run() -> None:
    answer = ask(
        Request("registry", "vc", (VC,)),
        Request("registry", "dsn", ("SOFTWARE\\ODBC\\ODBC.INI\\${vc:db\\1}",)),
        service("vpxd", "vpxd"), service("plain", "plain"),
        Request("file", "exe", ("${VPXD:pathname|program}", "version")),
        Request("file", "exe2", ("${plain:PathName|program}", "version")),
        Request("folder", "up", ("${vpxd:PathName|folder}\\upgrade", "", "0")),
        Request("wmi", "res", ("root\\MSCluster", "SELECT * FROM MSCluster_Resource", "PrivateProperties")),
        Request("names", "n", ("${res:PrivateProperties.Name}",)),
    )  # fmt: skip
    assert answer.registry("dsn")[0].values[0].data == "SQL1"  # type: ignore[index]
    for id in ("exe", "exe2"):
        assert answer.files(id)[0].version == "2.0.1.42389"  # type: ignore[index]
    assert answer.folder("up").path == "C:\\Programs\\VC\\upgrade"  # type: ignore[union-attr]
    names = answer.names("n")
    assert [name.name for name in names] == ["VCVIRTUAL", "vcother"]  # type: ignore[union-attr]


def test_each_distinct_value_is_asked_once() -> None:
    node = changed(
        registry={"SOFTWARE\\P": {"Paths": ["C:\\empty", "c:\\EMPTY", "C:\\Programs\\VC\\ssl", "%NoSuch%\\x"]}}
    )
    answer = ask(
        Request("registry", "p", ("SOFTWARE\\P",)), Request("folder", "d", ("${p:Paths}", "", "1")), node=node
    )
    folders = answer.folders("d")
    assert not isinstance(folders, Missing)
    assert [folder.path for folder in folders] == ["C:\\empty", "C:\\Programs\\VC\\ssl", "%NoSuch%\\x"]
    assert [folder.failure is None for folder in folders] == [True, True, False]


def test_what_a_value_holds_is_never_code() -> None:
    """Not a reference, not a quote that ends a text of WQL, not another argument."""
    node = changed(registry={"SOFTWARE\\P": {"name": "it's", "loop": "${p:name}", "tab": "C:\\a\tb"}})
    answer = ask(
        Request("registry", "p", ("SOFTWARE\\P",)), service("s", "${p:name}"),
        Request("registry", "loop", ("SOFTWARE\\${p:loop}",)), Request("file", "tab", ("${p:tab}", "hash")), node=node,
    )  # fmt: skip
    assert [row["Name"] for row in answer.wmi("s")] == ["it's"]  # type: ignore[union-attr]
    assert answer.registry("loop")[0].path == "SOFTWARE\\${p:name}"  # type: ignore[index]
    assert reason(answer.files("tab")) == "bad_output"


@pytest.mark.parametrize(
    ("part", "expected"),
    [({}, "not_found"), ({"denied": [VC]}, "access_denied"), ({"hanging": [VC]}, "timeout")],
)
def test_no_value_is_absent_only_where_one_could_be_read(part: dict[str, Any], expected: str) -> None:
    dsn = Request("registry", "dsn", ("SOFTWARE\\ODBC\\ODBC.INI\\${vc:Other\\1}",))
    answer = ask(Request("registry", "vc", (VC,)), dsn, node=changed(**part))
    assert reason(answer.registry("dsn")) == expected


def test_a_denied_value_cannot_be_fetched_through_a_reference() -> None:
    request = Request("registry", "x", ("SOFTWARE\\${vc:DB\\3}",))
    answer = ask(Request("registry", "vc", (VC,)), request)
    assert reason(answer.registry("x")) == "bad_output"
    assert "CANARY" not in repr(answer)
