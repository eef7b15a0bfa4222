"""The generator misses no fact, and the table reads back as it was written."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest

from tests.drift.sample import places, sample
from tests.evaluate.build import healthy
from tests.mutation.mutants import GAP, Mutant, mutants, spelled
from tests.mutation.table import Effects, Rows, Table, written
from vcaudit.snapshot.base import Fact, Missing
from vcaudit.snapshot.model import Snapshot

WORDS = {"owner": "VCNODE1", "vpxd_resource": "VC Server", "group": "VC Group"}
AT = {"owner": ["VCNODE1"], "standby": ["VCNODE2"], "every": ["VCNODE1", "VCNODE2"], "-": []}
HEALTHY = healthy()
EVERY = list(mutants(HEALTHY, WORDS))
OWN_NAME = re.compile(r"\[\]\.name$|(settings|keys|scripts)\[\]\.path$")
"""What a record is called among its like: settings, registry keys and scripts are called by their paths."""


def of(name: str) -> list[Mutant]:
    return [mutant for mutant in EVERY if spelled(*mutant.fact) == name]


def ways(name: str) -> set[str]:
    return {" @".join(mutant.change) for mutant in of(name)}


# The generator


def test_every_fact_that_the_types_know_is_made_different() -> None:
    """Another walker over a snapshot with something in every place names the same fields."""
    full = sample()
    made = {mutant.fact[0].replace("{own}", "native").replace("{other}", "wow6432")
            for mutant in mutants(full, {"owner": full.nodes[0].name})}  # fmt: skip
    wanted = set()
    for place in places(full):
        path = place.path[2:] if place.path[:1] == ("nodes",) else place.path
        name = re.sub(r"\.?\[\]", "[]", ".".join("[]" if isinstance(part, int) else part for part in path))
        plain = isinstance(place.value, Fact) and not isinstance(place.value, tuple)
        # A record that may neither be missing nor absent is different by its fields; its own name by being another one.
        if name and not OWN_NAME.search(name) and not (plain and not place.may_be_missing):
            wanted.add(name)
    assert len(wanted) > 200
    assert wanted <= made | {"nodes"}
    assert {"services[].path", "synchronization.shares[].path", "synchronization.folders[].path"} <= wanted


def test_a_mutant_is_different_in_one_place() -> None:
    for mutant in EVERY:
        changed = mutant.make()
        assert changed != HEALTHY, mutant.name
        touched = [one.name for one, other in zip(HEALTHY.nodes, changed.nodes, strict=True) if one != other]
        assert touched == AT[mutant.change[1]]


def test_no_mutant_is_made_twice() -> None:
    names = sorted(mutant.name for mutant in EVERY)
    assert [one for one, other in pairwise(names) if one == other] == []


def test_how_a_fact_can_be_different() -> None:
    state = "cluster.resources[{vpxd_resource}].state"
    assert ways(state) == {f"{how} @{where}" for how in ("missing", "=offline", "=failed")
                           for where in ("owner", "standby", "every")}  # fmt: skip
    assert {"null @every", "empty @owner", "changed @standby"} <= ways("host.domain")
    assert {"missing @every", "empty @every", "less @every", "more @every"} <= ways(
        "cluster.resources[{vpxd_resource}].possible_owners"
    )
    assert {"removed @every", "twin @owner"} <= ways("services[vpxd]")
    assert {"null @-", "empty @-", "changed @-"} == ways("declared.virtual_address")
    assert {"more @-"} == ways("declared.params")
    # The accounts of a machine are one fact, whatever the machine is called.
    assert {mutant.change[1] for mutant in of("accounts.users[IUSR_{node}].disabled")} == {"owner", "standby", "every"}


def test_what_a_mutant_holds() -> None:
    [gone] = [mutant for mutant in of("host.domain") if mutant.change == ("missing", "standby")]
    host = gone.make().nodes[1].host
    assert not isinstance(host, Missing)
    assert host.domain == GAP
    [twin] = [mutant for mutant in of("services[vpxd]") if mutant.change == ("twin", "owner")]
    services = twin.make().nodes[0].services
    assert not isinstance(services, Missing)
    assert [one.name for one in services if "vpxd" in one.name] == ["vpxd", "vpxd twin"]


# The table


def effects(*said: str) -> Effects:
    return frozenset((rule, what) for rule, what in (one.split() for one in said))


FAIL = effects("VC-RES-002 fail")
GONE = effects("VC-RES-002 unknown")
DIFFERS = effects("VC-CLU-004 fail", "VC-RES-002 unknown")
MANY = frozenset((f"VC-X-{number:03}", "unknown") for number in range(9)) | effects("REC-A-001 fail")
NONE: Effects = frozenset()
FIELD = "cluster.resources[].possible_owners"


def rows() -> Rows:
    usual = {("missing", "every"): GONE, ("less", "every"): FAIL}
    usual |= {("less", "owner"): DIFFERS, ("less", "standby"): DIFFERS}
    return {
        **{(FIELD, (f"VC {name}",)): dict(usual) for name in "ABCDE"},
        (FIELD, ("Disk Q:",)): dict.fromkeys(usual, NONE),
        ("declared.netmask", ()): {("null", "-"): MANY, ("changed", "-"): NONE},
        ("files.ssl.path", ()): {("empty", "owner"): FAIL, ("empty", "every"): FAIL, ("empty", "standby"): FAIL},
        ("files.ssl.files", ()): {("empty", "owner"): FAIL, ("empty", "every"): FAIL, ("empty", "standby"): FAIL},
        ("registry.{own}.keys[].values[]", ("", "Serial")): {("twin", "every"): GONE},
        ("schema", ()): {("changed", "-"): NONE},
    }


def second() -> Rows:
    other = rows()
    other[FIELD, ("VC A",)] = {("missing", "every"): FAIL, ("less", "owner"): NONE, ("less", "every"): FAIL}
    other[FIELD, ("VC New",)] = {("missing", "every"): GONE, ("less", "every"): NONE}
    del other["schema", ()]
    return other


def read(text: str, scenario: str, tables: dict[str, Rows]) -> Rows:
    table, first = Table(text), {"one": frozenset(tables["one"])}
    return {fact: {change: table.effects(scenario, fact, change, first) for change in profile}
            for fact, profile in tables[scenario].items()}  # fmt: skip


@pytest.mark.parametrize("scenario", ["one", "two"])
def test_the_table_reads_back_as_it_was_written(scenario: str) -> None:
    tables = {"one": rows(), "two": second()}
    assert read(written(tables), scenario, tables) == tables[scenario]


def test_the_table_is_folded_so_that_people_can_read_it() -> None:
    text = written({"one": rows(), "two": second()})
    assert f"{FIELD}\n" in text
    assert "  * -> missing @every: unknown RES-002 · less @every: fail RES-002 · less @one: differs" in text
    assert "  Disk Q:: nothing" in text
    assert "files.ssl.path,files -> empty @any: fail RES-002" in text
    assert re.search(r"^declared.netmask -> null @-: fail REC-A-001; unknown #[0-9a-f]{3}$", text, re.MULTILINE)
    assert "  (top) > Serial -> twin @every: unknown RES-002" in text
    assert "nothing:\n  schema" in text
    other = text.partition("== two\n")[2].partition("\n\n")[0].splitlines()
    assert other == [
        FIELD,
        "  VC A -> missing @every: fail RES-002 · less @owner: nothing",
        "  VC New -> missing @every: unknown RES-002",
    ]


def test_a_table_of_the_same_facts_in_any_order_is_about_the_same() -> None:
    tables = {"one": dict(reversed(rows().items())), "two": second()}
    assert read(written(tables), "one", tables) == tables["one"]


def test_the_snapshots_of_mutants_are_snapshots() -> None:
    assert all(isinstance(mutant.make(), Snapshot) for mutant in EVERY[::50])
