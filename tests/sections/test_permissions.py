"""The owner's CSV of role holders: whatever a spreadsheet writes, and every mistake with its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vcaudit.errors import PermissionsError
from vcaudit.sections import permissions, read_permissions
from vcaudit.snapshot.facts import Permission

GOOD = "principal,is_group,role,entity\nAdministrators,true,Administrator,Datacenters\nCORP\\Ops,yes,Read only,Prod\n"
EXPECTED = (
    Permission(principal="Administrators", is_group=True, role="Administrator", entity="Datacenters"),
    Permission(principal="CORP\\Ops", is_group=True, role="Read only", entity="Prod"),
)


@pytest.fixture
def written(tmp_path: Path):
    def write(content: str | bytes) -> Path:
        path = tmp_path / "roles.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.mark.parametrize(
    "content",
    [
        GOOD,
        GOOD.replace("\n", "\r\n"),
        GOOD.replace(",", ";"),
        GOOD.replace(",", "\t"),
        "sep=;\r\n" + GOOD.replace(",", ";"),
        GOOD.encode("utf-8-sig"),
        GOOD.encode("utf-16"),
        GOOD + "\n,,,\n",
        '"entity",ID, Role,Is_Group,PRINCIPAL\n'
        "Datacenters,1,Administrator,1,Administrators\nProd,2,Read only,TRUE,CORP\\Ops\n",
        GOOD.removesuffix("\n"),
    ],
)
def test_what_a_spreadsheet_writes(written, content: str | bytes) -> None:
    assert read_permissions(written(content)) == EXPECTED


def test_hostile_fields_are_text(written) -> None:
    fields = [
        "=cmd|' /C calc'!A0",
        "@SUM(1)",
        "<script>alert(1)</script>",
        "\x1b[31mred",
        "${x:y}",
        "a,b",
        'say "hi"',
        "Müller",
    ]
    quoted = "".join('"{}",no,role,e\n'.format(field.replace('"', '""')) for field in fields)
    found = read_permissions(written("principal,is_group,role,entity\n" + quoted))
    assert [one.principal for one in found] == fields


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", ":1: is empty"),
        ("\n\n", ":1: is empty"),
        ("a,b\n", ":1: no column principal, is_group, role, entity"),
        ("principal,is_group,role\nx,true,y\n", ":1: no column entity"),
        ("principal,role,role,is_group,entity\n", ":1: column role twice"),
        (GOOD + "x,maybe,role,e\n", ":4: is_group: allowed are true and false"),
        (GOOD + "x,true,role\n", ":4: 1 fields too few"),
        (GOOD + "x,true,role,e,f\n", ":4: 1 fields too many"),
        (GOOD + " ,true,role,e\n", ":4: principal is empty"),
        (GOOD + "x,true,,e\n", ":4: role is empty"),
        (GOOD + '"x,true,role,e\n', ":4: is no CSV"),
    ],
)
def test_mistakes(written, content: str | bytes, expected: str) -> None:
    path = written(content)
    with pytest.raises(PermissionsError) as caught:
        read_permissions(path)
    assert str(caught.value.problems[0]).startswith(f"{path}{expected}")
    assert "principal,is_group,role,entity" in str(caught.value)


@pytest.mark.parametrize("content", [GOOD.replace("Ops", "Öps").encode("latin-1"), GOOD.encode("utf-16") + b"\0"])
def test_another_encoding_is_told_how_to_save_it(written, content: bytes) -> None:
    with pytest.raises(PermissionsError, match="neither UTF-8 nor UTF-16") as caught:
        read_permissions(written(content))
    assert "-Encoding UTF8" in (caught.value.hint or "")
    assert "first line" not in str(caught.value), "its columns are not what is wrong"


def test_all_mistakes_at_once_up_to_a_point(written) -> None:
    with pytest.raises(PermissionsError) as caught:
        read_permissions(written(GOOD + "x,maybe,role,e\n" * 60))
    assert [problem.line for problem in caught.value.problems[:3]] == [4, 5, 6]
    assert caught.value.problems[-1].message == "10 more lines are wrong"


def test_a_file_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written) -> None:
    for path, text in ((tmp_path / "none.csv", "No such file"), (tmp_path, "directory")):
        with pytest.raises(PermissionsError, match=text) as caught:
            read_permissions(path)
        assert "first line" not in str(caught.value)
    monkeypatch.setattr(permissions, "MOST_BYTES", 10)
    with pytest.raises(PermissionsError, match="is larger than"):
        read_permissions(written(GOOD))


@settings(max_examples=60, deadline=None)
@given(
    content=st.binary(max_size=200) | st.text('principal,is_grouprole,entity\n;"\r\t01x', max_size=200).map(str.encode)
)
def test_nothing_crashes(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("csv") / "x.csv"
    path.write_bytes(GOOD.encode() + content)
    try:
        found = read_permissions(path)
    except PermissionsError as error:
        found = ()
        told = str(error)
    assert found[:1] == EXPECTED[:1] or f"{path}:" in told
