"""Listings of cluster.exe: the recorded ones, names that push their row, and what cannot be read whole."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vcaudit.collect import clusterexe
from vcaudit.collect.clusterexe import GroupRow, NodeRow, PropertyRow, ResourceRow
from vcaudit.collect.element import Damaged

DATA = Path(__file__).parent.parent / "data" / "clusterexe"
LINE_ENDS = pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])


def recorded(name: str, end: str = "\n") -> str:
    return (DATA / f"{name}.txt").read_text(encoding="ascii").replace("\n", end)


@LINE_ENDS
def test_the_recorded_listings(end: str) -> None:
    rows = clusterexe.resources(recorded("res", end), ["Disk Group"])
    assert len(rows) == 8
    assert rows[0] == ResourceRow("Disks K:", "Disk Group", "NODEAPG1A", "Online")
    assert rows == clusterexe.resources(recorded("res", end)), "short names need no list of groups"
    assert clusterexe.groups(recorded("group", end)) == (GroupRow("abc1db1", "NOD1DB1", "Online"),)
    assert clusterexe.nodes(recorded("node", end)) == (NodeRow("NODEAPG1A", 1, "Up"), NodeRow("NODEAPG1B", 2, "Up"))
    assert clusterexe.owners(recorded("listowners", end)) == ("NODE01DB02", "NODE01DB01")


@LINE_ENDS
def test_the_recorded_properties(end: str) -> None:
    listing = recorded("priv", end).split("(Windows 2000 cluster)")[1]
    assert clusterexe.properties(listing, "Disk Q:") == (
        PropertyRow("D", "Signature", 1415371731), PropertyRow("D", "SkipChkdsk", 0),
        PropertyRow("D", "ConditionalMount", 1), PropertyRow("B", "DiskInfo", None),
        PropertyRow("B", "MountVolumeInfo", None),
    )  # fmt: skip
    head = "T  Resource             Name                           Value\n-- -------------------- ------ -----\n"
    (row,) = clusterexe.properties(head + recorded("prop_line", end).splitlines()[-1], "SQL Server (TSQ9)")
    assert row == PropertyRow("S", "Type", "SQL Server")


HEAD = "Auflistung\n\nRessource            Gruppe               Knoten          Status\n"
DASHES = "-------------------- -------------------- --------------- ------\n"


def listing(*rows: tuple[str, str, str, str]) -> str:
    """As cluster.exe prints them: columns are filled up, and what is longer pushes the rest to the right."""
    return HEAD + DASHES + "".join(f"{a:<20} {b:<20} {c:<15} {d}\n" for a, b, c, d in rows)


@pytest.mark.parametrize("status", ["Online", "Online Pending", "Offline Pending", "Partially Online", "Fehler"])
@pytest.mark.parametrize("name", ["VC", "a name of 20 letters", "VirtualCenter Server Service", "A VC Group x Group y"])
@pytest.mark.parametrize("group", ["Group", "VC Group", "A group with a very long name"])
@pytest.mark.parametrize("node", ["N1", "NODE-WITH-15-CH"])
def test_names_longer_than_their_column(name: str, group: str, node: str, status: str) -> None:
    row = (name, group, node, status)
    known = ["Group", "VC Group", "A group with a very long name"]
    assert clusterexe.resources(listing(row), known, ["VC", "Other", name]) == (row,)
    if group == "VC Group" and len(name) >= 20:
        with pytest.raises(Damaged, match="told apart"):
            clusterexe.resources(listing(row), known)
    else:
        assert clusterexe.resources(listing(row), known) == (row,)


WORD = st.text("abcXYZ019-_()äß", min_size=1, max_size=9)
NAME = st.lists(WORD, min_size=1, max_size=5).map(" ".join)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(NAME, st.sampled_from(["A", "A A", "B A", "a long group of resources A"]), WORD,
                          st.sampled_from(["Online", "Failed", "Online Pending"])), max_size=4))  # fmt: skip
def test_no_row_is_read_as_another(rows: list[tuple[str, str, str, str]]) -> None:
    known = ["A", "A A", "B A", "a long group of resources A"]
    try:
        assert clusterexe.resources(listing(*rows), known) == tuple(rows)
    except Damaged:
        # Two readings: only where one name with its group is spelled like another.
        assert any(len(name) >= 20 for name, *_ in rows)


def test_texts_of_several_lines_and_empty_ones() -> None:
    head = "T  Resource   Name   Value\n-- ---- ---- -----\n"
    rows = "S  VC   A   \nM  VC   L   one\nM  VC   L   two words\nDR VC   N   -1 (0xffffffff)\n"
    assert clusterexe.properties(head + rows, "vc") == (
        PropertyRow("S", "A", ""), PropertyRow("M", "L", ("one", "two words")), PropertyRow("DR", "N", -1),
    )  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Der Clusterdienst antwortet nicht.\n",
        HEAD,
        HEAD + DASHES + "VC Online\n",
        listing(("VirtualCenter Server Service", "Another", "N1", "Online")),
        listing(("VC", "Group", "N1", "Online")) + "\n" + listing(("VC", "Group", "N1", "Online")),
    ],
)
def test_what_is_no_whole_listing_is_refused(text: str) -> None:
    with pytest.raises(Damaged):
        clusterexe.resources(text, ["Group"])


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (clusterexe.nodes, "- - -\nN1 one Up\n"),
        (clusterexe.owners, "-----\nnot a node\n"),
        (clusterexe.groups, "- - -\nGroup\n"),
        (lambda text: clusterexe.properties(text, "VC"), "- - - -\nD VC N many\n"),
        (lambda text: clusterexe.properties(text, "VC"), "- - - -\nS Other N x\n"),
        (lambda text: clusterexe.properties(text, "VC"), "- - - -\nS VC N x\nS VC n y\n"),
    ],
)
def test_rows_that_make_no_sense(read, text: str) -> None:
    with pytest.raises(Damaged):
        read(text)


@pytest.mark.parametrize(
    ("printed", "names", "expected"),
    [
        ("VC", ["vc", "VX"], "vc"),
        ("Gruppe ?S?d?", ["Gruppe „Süd“", "Gruppe Süd"], "Gruppe „Süd“"),
        ('Gruppe "Süd"', ["Gruppe „Süd“"], "Gruppe „Süd“"),
        ("???", ["日本語", "中国語"], None),
        ("VC", ["VX"], None),
        ("V?", ["VC"], None),
    ],
)
def test_names_that_the_code_page_cannot_print(printed: str, names: list[str], expected: str | None) -> None:
    assert clusterexe.spelled(printed.replace("?S?d?", "?Süd?"), names) == expected
