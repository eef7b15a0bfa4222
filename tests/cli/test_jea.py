"""`vcaudit jea`: what it writes, for which inventory, and what it does not overwrite."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest

from vcaudit.cli.app import run

INVENTORY = r"""
clusters:
  ONE: {nodes: {A1: 192.0.2.1, A2: 192.0.2.2}, locations: {ssl: 'D:\One\SSL'}}
  TWO: {nodes: {B1: 192.0.2.3, B2: 192.0.2.4}, locations: {ssl: 'D:\Two\SSL'}}
credentials: {admin: {user: x, prompt: true}}
"""


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("VCAUDIT_INVENTORY", raising=False)
    monkeypatch.chdir(tmp_path)


def baked() -> list[str]:
    lists = re.findall(r"^    '([A-Za-z0-9+/=]{100,})'", Path("out/Vcaudit/Vcaudit.psm1").read_text(), re.MULTILINE)
    return [base64.b64decode(each).decode() for each in lists]


def test_it_writes_a_folder_and_says_where_to_go_on(capsys):
    assert run(["jea", "-o", "out"]) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert "wrote 5 files into out" in err
    assert "README.md" in err
    assert Path("out/Vcaudit/RoleCapabilities/Vcaudit.psrc").is_file()
    assert len(baked()) == 1


@pytest.mark.parametrize("how", ["option", "environment", "folder"])
def test_it_answers_what_the_clusters_of_the_inventory_need(how, monkeypatch):
    Path("vcaudit.yaml" if how == "folder" else "other.yaml").write_text(INVENTORY)
    if how == "environment":
        monkeypatch.setenv("VCAUDIT_INVENTORY", "other.yaml")
    assert run(["jea", "-o", "out", *(["-i", "other.yaml"] if how == "option" else [])]) == 0
    assert len(baked()) == 2
    assert {name for name in ("One", "Two") for text in baked() if f"D:\\{name}\\SSL" in text} == {"One", "Two"}


def test_it_overwrites_nothing_unasked(capsys):
    assert run(["jea", "-o", "out"]) == 0
    mine = Path("out/Vcaudit.pssc")
    mine.write_text("mine")
    assert run(["jea", "-o", "out"]) == 3
    assert "is there already" in capsys.readouterr().err
    assert mine.read_text() == "mine"
    assert run(["jea", "-o", "out", "--force"]) == 0
    assert mine.read_text() != "mine"


def test_the_group_is_named():
    assert run(["jea", "-o", "out", "--group", "CORP\\Näher O’Brien 'x'"]) == 0
    session = Path("out/Vcaudit.pssc").read_bytes()
    assert "'CORP\\Näher O’’Brien ''x''' =" in session.decode("utf-8-sig")
    # Without the mark Windows PowerShell would read another group's name.
    assert session.startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize("group", ["", "a\nb", 'a"b', "a*", "x" * 300])
def test_a_group_that_cannot_be_is_refused(group, capsys):
    assert run(["jea", "-o", "out", "--group", group]) == 3
    assert "--group: is no name of a group" in capsys.readouterr().err
    assert not Path("out").exists()


def test_a_folder_that_cannot_be_made(capsys):
    Path("file").write_text("")
    assert run(["jea", "-o", "file/out"]) == 3
    assert "cannot be made" in capsys.readouterr().err


def test_the_folder_is_needed(capsys):
    assert run(["jea"]) == 3
    assert "--output" in capsys.readouterr().err
