"""Whose host the database is on (A8): texts that look alike and are not, and the other way round."""

from __future__ import annotations

import pytest

from tests.evaluate.build import EVERY_NODE, GONE, change, healthy
from vcaudit.evaluate.database import instance, split
from vcaudit.evaluate.projections import PROJECTIONS
from vcaudit.evaluate.schema import DatabaseView
from vcaudit.evaluate.view import build_view
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.model import Snapshot

SERVER = "nodes.VCNODE1.database.server"


def database(snapshot: Snapshot) -> DatabaseView:
    found = build_view(snapshot).nodes[0].database
    assert not isinstance(found, Missing)
    return found


@pytest.mark.parametrize(
    ("server", "host", "rest"),
    [
        ("SQL1", "SQL1", ""),
        ("SQL1\\VC", "SQL1", "\\vc"),
        ("sql1.corp.example,1444", "sql1.corp.example", ",1444"),
        ("SQL1,1433", "SQL1", ""),
        ("SQL1\\MSSQLSERVER", "SQL1", ""),
        ("tcp:SQL1\\VC, 1444", "SQL1", "\\vc,1444"),
        ("np:\\\\SQL1\\pipe\\sql\\query", "SQL1", "sql\\query"),
        ("//ora1:1521/vc", "ora1", ":1521/vc"),
        ("[2001:db8::1],1433", "2001:db8::1", ""),
        ("2001:db8::1", "2001:db8::1", ""),
        (" . ", ".", ""),
    ],
)
def test_server_texts(server: str, host: str, rest: str) -> None:
    assert split(server)[0] == host
    assert instance(server) == rest


@pytest.mark.parametrize(
    ("server", "on"),
    [
        ("SQL1", None),
        ("sql1.corp.example", None),
        ("192.0.2.200", None),
        ("localhost", "VCNODE1"),
        (".", "VCNODE1"),
        ("(local)\\VC", "VCNODE1"),
        ("127.0.0.1,1433", "VCNODE1"),
        ("vcnode2.corp.example", "VCNODE2"),
        ("VCNODE1", "VCNODE1"),
        ("192.0.2.12", "VCNODE2"),
        ("vcvirtual", "VCVIRTUAL"),
        ("192.0.2.50", "192.0.2.50"),
        ("CLU", "CLU"),
        ("tcp:192.0.2.40,1433", "192.0.2.40"),
    ],
)
def test_whose_host_it_is(server: str, on: str | None) -> None:
    assert database(change(healthy(), SERVER, server)).on == on


@pytest.mark.parametrize(
    ("server", "path", "on"),
    [
        ("SQL1", EVERY_NODE + "resources", GONE),
        ("SQL1", EVERY_NODE + "resources.Cluster Name.properties", GONE),
        ("SQL1", "nodes.VCNODE2.host.addresses", None),
        ("192.0.2.200", "nodes.VCNODE2.host.addresses", GONE),
        ("VCNODE2", EVERY_NODE + "resources", "VCNODE2"),
        ("localhost", EVERY_NODE + "resources", "VCNODE1"),
        ("192.0.2.12", "nodes.*.host.addresses", "VCNODE2"),
    ],
)
def test_what_was_not_looked_at_could_be_it(server: str, path: str, on: object) -> None:
    assert database(change(change(healthy(), SERVER, server), path, GONE)).on == on


@pytest.mark.parametrize(
    ("first", "second", "alike"),
    [
        ("SQL1\\VC,1444", "sql1.corp.example\\vc,1444", True),
        ("SQL1", "tcp:SQL1,1433", True),
        ("SQL1", "SQL1\\OTHER", False),
        ("SQL1", "SQL2", False),
        ("sql1.a.example", "SQL1.A.Example.", True),
        ("sql1.a.example", "sql1.b.example", False),
        ("192.0.2.90", "192.0.2.91", False),
        # The same text, and two databases.
        ("localhost", "localhost", False),
        ("VCNODE1", "VCNODE1", True),
        (None, None, True),
        (None, "SQL1", False),
    ],
)
def test_one_database_for_every_node(first: str | None, second: str | None, alike: bool) -> None:
    snapshot = change(change(healthy(), SERVER, first), "nodes.VCNODE2.database.server", second)
    view = build_view(snapshot)
    one, other = (PROJECTIONS["database"](node, view) for node in snapshot.nodes)
    assert (one == other) is alike


def test_two_full_names_are_two_machines_only_when_it_is_known_whose_counts() -> None:
    snapshot = change(change(healthy(), SERVER, "sql1.a.example"), "nodes.VCNODE2.database.server", "sql1.b.example")
    unowned = change(snapshot, EVERY_NODE + "groups.VC Group.owner", GONE)
    assert PROJECTIONS["database"](unowned.nodes[1], build_view(unowned)) == GONE


@pytest.mark.parametrize("field", ["dsn", "server", "database"])
def test_a_part_that_was_not_read_leaves_the_whole_unknown(field: str) -> None:
    snapshot = change(healthy(), f"nodes.VCNODE1.database.{field}", GONE)
    assert PROJECTIONS["database"](snapshot.nodes[0], build_view(snapshot)) == GONE


def test_no_data_source_is_nothing_to_compare() -> None:
    snapshot = change(healthy(), "nodes.VCNODE1.database.dsn", None)
    assert PROJECTIONS["database"](snapshot.nodes[0], build_view(snapshot)) is None
