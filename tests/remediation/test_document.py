"""The document for review, and what steps say to people beside their commands."""

from __future__ import annotations

import re

import pytest

from tests.remediation.test_lab import broken
from vcaudit.report.remediation import SCRIPTS, markdown, render, texts
from vcaudit.report.remediation.markdown import escape
from vcaudit.results import Action

HERE = "quorum-disk-2003"


def document(*faults: str) -> str:
    return markdown.render(broken(HERE, *faults)[1]).decode()


def test_the_window_shows_what_goes_down_and_comes_up() -> None:
    page = document("netmask-other")
    down, step, up = page.index('"VC IP Address" /offline'), page.index("### 1."), page.index('"VC IP Address" /online')
    assert down < step < up
    assert page.index("Stop-ClusterResource") < step < page.index("$Down = @(Start-Again @('VC IP Address'")


@pytest.mark.parametrize("fault", ["ssl-differs", "settings-differ", "registry-differs", "vpxd-runs-on-standby"])
def test_every_function_that_is_called_is_there(fault: str) -> None:
    page = document(fault)
    defined = set(re.findall(r"^function ([\w-]+)", page, re.MULTILINE))
    ours = {"Copy-OneFolder", "Copy-OneFile", "Backup-Key", "Confirm-Owner", "Confirm-Group", "Get-OneService"}
    assert defined & ours
    for name in set(re.findall(r"\b(?:Copy|Backup|Confirm|Get-One|Compare|Open|Show|Restore)-?\w+\b", page)) & ours:
        assert name in defined, name
    assert "Confirm-Owner" in defined


def test_what_only_goes_on_or_stops_is_not_shown() -> None:
    for fault in ("ssl-differs", "settings-differ", "registry-differs", "vpxd-runs-on-standby"):
        page = document(fault)
        assert "goto" not in page
        assert "ERRORLEVEL" not in page
        assert "The script asks first" in page
        assert "This is for reading and approving" in page


def test_a_document_without_steps_defines_nothing() -> None:
    page = document("version-differs")
    assert "function " not in page
    assert "This is for reading" not in page


@pytest.mark.parametrize(
    ("text", "shown"),
    [("http://x.example", r"http\://x.example"), ("HTTPS://x", r"HTTPS\://x"), ("www.x.example", r"www\.x.example"),
     ("VC-PAR-001: 10:15", "VC-PAR-001: 10:15")],
)  # fmt: skip
def test_no_name_becomes_a_link(text: str, shown: str) -> None:
    assert escape(text) == shown


def test_a_step_without_undo_says_why() -> None:
    assert "nobody wants that back" in texts.no_undo(Action(do="online", on="X"))
    assert "not to run" in texts.no_undo(Action(do="stop_service", on="X"))
    assert "already" in texts.no_undo(Action(do="parameter", on="X", value=1, was=1))
    assert "not known" in texts.no_undo(Action(do="parameter", on="X", value=1))
    for name in SCRIPTS:
        assert b"is needed: it was not online" in render(name, broken(HERE, "license-offline")[1])


def test_a_move_warns() -> None:
    results = broken("license-group-2003", "groups-on-one-node")[1]
    for name in SCRIPTS:
        assert b"is not available while it moves" in render(name, results)


def test_start_parameters_act_only_later() -> None:
    for name in SCRIPTS:
        assert b"comes online the next time" in render(name, broken(HERE, "vpxd-start-parameters")[1])
    assert b"comes online the next time" not in render("powershell", broken(HERE, "netmask-other")[1])
