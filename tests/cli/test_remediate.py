"""`vcaudit remediate`, as it is called."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.inprocess import judged
from vcaudit.cli.app import run
from vcaudit.cli.remediate import FORMATS
from vcaudit.lab.faults import apply
from vcaudit.lab.scenario import load
from vcaudit.report import render
from vcaudit.report.remediation import SCRIPTS


@pytest.fixture
def results(tmp_path: Path) -> str:
    path = tmp_path / "results.json"
    path.write_bytes(render("json", judged(apply(load("quorum-disk-2003"), "ssl-differs")[0])))
    return str(path)


def test_the_formats_of_the_command_are_those_there_are() -> None:
    assert set(FORMATS) == set(SCRIPTS)


@pytest.mark.parametrize(("name", "start"), [("cluster-exe", b"@echo off\r\n"), ("powershell", b"\xef\xbb\xbf# Rem"),
                                             ("markdown", b"# Rem")])  # fmt: skip
def test_a_script_goes_to_a_file(name: str, start: bytes, results: str, tmp_path: Path) -> None:
    assert run(["remediate", results, "--format", name, "-o", str(tmp_path / "out")]) == 0
    assert (tmp_path / "out").read_bytes().startswith(start)


def test_or_to_standard_output_byte_by_byte(results: str, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert run(["remediate", results, "--format", "cluster-exe"]) == 0
    out, err = capfdbinary.readouterr()
    assert out.startswith(b"@echo off\r\n")
    assert out.count(b"\n") == out.count(b"\r\n")
    assert err == b""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere.json", "--format", "markdown"], "cannot be read"),
        (["RESULTS"], "--format"),
        (["RESULTS", "--format", "bash"], "bash"),
        (["RESULTS", "--format", "markdown", "--cluster", "other"], "no cluster other"),
        (["RESULTS", "--format", "markdown", "-o", "no/such/folder/x"], "no such folder"),
        ([__file__, "--format", "markdown"], "not a results document"),
    ],
)
def test_what_is_wrong_ends_with_3_and_a_sentence(
    arguments: list[str], said: str, results: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["remediate", *(results if item == "RESULTS" else item for item in arguments)]) == 3
    assert said in capsys.readouterr().err


def test_the_results_are_never_written_over(results: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = Path(results).read_bytes()
    (tmp_path / "link").symlink_to(results)
    for name in (results, str(tmp_path / "link")):
        assert run(["remediate", results, "--format", "markdown", "-o", name]) == 3
        assert "is the results file itself" in capsys.readouterr().err
    assert Path(results).read_bytes() == before
