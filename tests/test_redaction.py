"""A password that this run knows is in no message, whoever says it."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from vcaudit import pipeline, redaction
from vcaudit.cli.app import run, say
from vcaudit.cli.logs import configure
from vcaudit.errors import BadOutput, DataError, Problem, Unreachable
from vcaudit.lab.harness import Lab
from vcaudit.lab.scenario import load
from vcaudit.redaction import remember, wipe

SECRET = 'canary "6f&1" ü'


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redaction, "_known", set())
    remember(SECRET)


@pytest.mark.parametrize("text", [SECRET, f"a{SECRET}b", repr({"p": SECRET}), "canary%20%226f%261%22%20%C3%BC",
                                  '{"p": "canary \\"6f&1\\" \\u00fc"}'])  # fmt: skip
def test_every_spelling_is_covered(text: str) -> None:
    assert "6f" not in wipe(text)
    assert "***" in wipe(text)


def test_what_is_no_secret_stays() -> None:
    remember("abc")  # too short: stars in its place would tell what it is
    remember("")
    assert wipe("abc canary") == "abc canary"
    remember("canary")
    assert wipe(f"{SECRET} canary") == "*** ***"


def test_no_error_of_ours_repeats_it() -> None:
    for error in (
        Unreachable(f"a {SECRET}", where=f"b {SECRET}", hint=f"c {SECRET}"),
        BadOutput("x", said=f"d {SECRET}"),
        DataError([Problem("f", 1, SECRET)]),
    ):
        texts = [str(error), repr(error), *map(str, error.args), error.what, error.where, error.hint]
        assert not any("6f" in text for text in [*texts, getattr(error, "said", "")])


def test_no_message_and_no_log_repeats_it(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    configure(2, tmp_path / "log")
    logging.getLogger("vcaudit.test").warning("said %s", SECRET)
    say(f"said {SECRET}")
    texts = (capfd.readouterr().err, (tmp_path / "log").read_text(encoding="utf-8"))
    assert all("said ***" in text and "6f" not in text for text in texts)


def test_what_was_looked_up_is_known(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """From the inventory to the crash file: a defect whose place holds the password."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with Lab(load("quorum-disk-2003")) as lab:
        for name, value in lab.environment.items():
            monkeypatch.setenv(name, value)

        def crash(snapshot: object, pack: object) -> None:
            code = compile("raise RuntimeError", f"/x/{lab.password}.py", "exec")
            exec(code)

        monkeypatch.setattr(pipeline, "judge", crash)
        assert run(["scan"]) == 3
        (file,) = (tmp_path / "state").rglob("vcaudit-crash-*.txt")
        text = file.read_text(encoding="utf-8")
        assert "/x/***.py" in text
        assert lab.password not in text + capfd.readouterr().err
