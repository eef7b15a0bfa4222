"""Snapshots survive being written and read; what is no snapshot is refused with the field that is wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vcaudit.errors import SnapshotError
from vcaudit.snapshot import codec
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import Registry, RegistryKey, RegistryTree, RegistryValue, Resolution
from vcaudit.snapshot.model import SCHEMA, Auditor, Declared, NodeSnapshot, Provenance, Snapshot

UNSEEN = Missing(reason="timeout", detail="no answer", where="VCNODE1")
PROVENANCE = Provenance(
    route="winrm ntlm http", address="192.0.2.11:5985", user="u", started="2026-11-22T12:00:00Z", seconds=1.5,
    requests=8, bytes_sent=1, bytes_received=2, script_sha256="0", requests_sha256="1",
)  # fmt: skip

FIELDS = (
    "host", "software", "services", "files", "registry", "database", "accounts", "names", "cluster", "synchronization",
)  # fmt: skip


def snapshot(**fields: Any) -> Snapshot:
    """One node of which hardly anything was seen."""
    node: dict[str, Any] = dict.fromkeys(FIELDS, UNSEEN)
    return Snapshot(
        cluster="vc",
        taken_at="2026-11-22T12:00:02Z",
        declared=Declared(nodes=("VCNODE1",)),
        auditor=Auditor(version="0", names=UNSEEN, resolver="system"),
        nodes=(NodeSnapshot(name="VCNODE1", provenance=PROVENANCE, **{**node, **fields}),),
        permissions=UNSEEN,
    )


def with_text(text: str) -> Snapshot:
    return snapshot(names=(Resolution(name=text, addresses=(text,)),))


def with_data(data: Any) -> Snapshot:
    value = RegistryValue(name="n", type="REG", data=data)
    tree = RegistryTree(path="p", keys=(RegistryKey(path="", values=(value,)),))
    return snapshot(registry=Registry(native=tree, wow6432=None))


@pytest.mark.parametrize("data", ["x", "", 0, 2**64 - 1, -1, ("a", ""), (), None, UNSEEN])
def test_every_kind_of_fact_comes_back(data: Any) -> None:
    one = with_data(data)
    assert codec.decode(codec.encode(one), "s.json") == one


@settings(max_examples=60, deadline=None)
@given(text=st.text(st.characters(exclude_categories=()), max_size=30))
def test_every_text_comes_back_lone_surrogates_and_nul_too(text: str) -> None:
    one = with_text(text)
    assert codec.decode(codec.encode(one), "s.json") == one


def test_it_is_readable_json_that_ends_in_a_line_break() -> None:
    data = codec.encode(snapshot())
    assert data.endswith(b"\n")
    assert json.loads(data)["nodes"][0]["host"] == {
        "fact": "missing", "reason": "timeout", "detail": "no answer", "where": "VCNODE1",
    }  # fmt: skip


def changed(*path: Any, to: Any, of: Snapshot | None = None) -> bytes:
    """A written snapshot with one field changed; Ellipsis: taken out."""
    document = json.loads(codec.encode(of or snapshot()))
    here = document
    for part in path[:-1]:
        here = here[part]
    if to is ...:
        del here[path[-1]]
    else:
        here[path[-1]] = to
    return json.dumps(document).encode()


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (changed("schema", to=SCHEMA + 1), f"has schema {SCHEMA + 1}; this vcaudit reads schemas up to {SCHEMA}"),
        (changed("schema", to=SCHEMA + 1, of=with_text("\ud800")), f"has schema {SCHEMA + 1}"),
        (changed("schema", to="1"), "`$.schema`"),
        (changed("schema", to=...), "`schema`"),
        (changed("nodes", 0, "name", to=7), "`$.nodes[0].name`"),
        (changed("nodes", 0, "host", "reason", to="bored"), "`$.nodes[0].host.reason`"),
        (changed("nodes", 0, "host", "fact", to="ghost"), "`$.nodes[0].host.fact`"),
        (
            changed("nodes", 0, "provenance", "seconds", to="x", of=with_text("\ud800")),
            "`$.nodes[0].provenance.seconds`",
        ),
        (changed("taken_at", to=...), "`taken_at`"),
        (changed("taken_at", to="yesterday"), "'yesterday' is no moment in UTC, as in 2026-11-22T09:14:05Z"),
        (changed("taken_at", to=""), "`$.taken_at`"),
        (changed("taken_at", to="2026-13-40T25:61:61Z"), "`$.taken_at`"),
        (changed("taken_at", to="2026-11-22T12:00:02+01:00"), "`$.taken_at`"),
        (changed("taken_at", to="2026-11-22T12:00:02Z\x1b[31m"), "\\x1b[31m' is no moment"),
        (codec.encode(snapshot())[:400], "is no JSON, or was cut"),
        (b"", "is no JSON, or was cut"),
        (b"<xml/>", "is no JSON, or was cut"),
        (b"\xff\xfe", "is no JSON, or was cut"),
        (b"[1, 2]", "is no snapshot"),
        (b"[" * 200_000, "is no"),
        (b'{"schema": 1, "x": ' + b"[" * 200_000, "is no"),
    ],
)
def test_what_is_no_snapshot_is_refused(data: bytes, text: str) -> None:
    with pytest.raises(SnapshotError) as caught:
        codec.decode(data, "s.json")
    assert str(caught.value).startswith("s.json: ")
    assert text in str(caught.value)
    assert caught.value.hint


def test_a_later_version_may_have_added_fields() -> None:
    assert codec.decode(changed("nodes", 0, "novelty", to={"a": 1}), "s.json") == snapshot()
