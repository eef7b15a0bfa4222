"""Updates by the numbers of their articles, as three Windows list them."""

from __future__ import annotations

import pytest

from tests.sections.nodes import patched
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import Host


def hotfixes(patch: dict[str, object], name: str = "quorum-disk-2003") -> tuple[str, ...] | Missing:
    host = patched(patch, name).host
    assert isinstance(host, Host)
    return host.hotfixes


def listed(rows: dict[str, object] | None) -> dict[str, object]:
    return {"wmi": {r"root\cimv2": {"Win32_QuickFixEngineering": rows}}}


@pytest.mark.parametrize(
    ("scenario", "expected"),
    [
        ("quorum-disk-2003", ("KB926122", "KB948963", "KB968930")),
        ("quorum-disk-2008", ("KB955430", "KB968930")),
        ("license-group-2008", ("KB955430", "KB968930")),
    ],
)
def test_articles_are_sorted_and_found_where_the_service_pack_belongs(scenario: str, expected: tuple[str, ...]) -> None:
    assert hotfixes({}, scenario) == expected


def test_spelling_and_repetition_do_not_count() -> None:
    rows = {
        "a": {"HotFixID": " kb921181 ", "ServicePackInEffect": "SP2"},
        "b": {"HotFixID": "KB921181", "ServicePackInEffect": None},
        "c": {"HotFixID": "KB924667-v2", "ServicePackInEffect": None},
        "d": {"HotFixID": "S867460", "ServicePackInEffect": "SP1"},
        "KB948963": None, "KB968930": None, "File 1": None,
    }  # fmt: skip
    assert hotfixes(listed(rows)) == ("KB921181", "KB924667-V2")


def test_a_new_installation_has_none() -> None:
    assert hotfixes(listed({"KB948963": None, "KB968930": None, "File 1": None})) == ()


@pytest.mark.parametrize(
    ("patch", "reason"),
    [
        ({"denied": [r"root\cimv2:Win32_QuickFixEngineering"]}, "access_denied"),
        ({"hanging": [r"root\cimv2:Win32_QuickFixEngineering"]}, "timeout"),
        ({"broken": {r"root\cimv2:Win32_QuickFixEngineering": "80041004"}}, "unavailable"),
    ],
)
def test_what_was_not_listed_is_a_gap_of_this_fact_alone(patch: dict[str, object], reason: str) -> None:
    node = patched(patch)
    assert isinstance(node.host, Host)
    assert isinstance(node.host.hotfixes, Missing)
    assert node.host.hotfixes.reason == reason
    assert not isinstance(node.services, Missing)
    assert node.host.maker == "HP"
