"""`vcaudit waivers`, and waivers where clusters are judged: through the same entry as the program."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from vcaudit.cli.app import run
from vcaudit.lab.faults import apply
from vcaudit.lab.harness import Lab
from vcaudit.lab.scenario import load

Capture = pytest.CaptureFixture[str]
NETBIOS, SSL = "VC-PAR-003", "VC-DATA-003"
GIVEN = ["--ticket", "CHG-1", "--justification", "known", "--requested-by", "CORP\\roe", "--approved-by", "doe"]


def day(days: int) -> str:
    return (datetime.now(UTC).date() + timedelta(days=days)).isoformat()


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A snapshot with two failures."""
    folder = tmp_path_factory.mktemp("broken")
    faulty, _ = apply(load("quorum-disk-2003"), "netbios-off")
    faulty, _ = apply(faulty, "ssl-differs")
    with Lab(faulty) as lab, pytest.MonkeyPatch.context() as patch:
        for name, value in lab.environment.items():
            patch.setenv(name, value)
        assert run(["collect", "-o", str(folder / "s.json")]) == 0
        return (folder / "s.json").read_bytes()


@pytest.fixture
def here(broken: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Capture) -> Path:
    """A folder with the snapshot and its results, and no inventory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("VCAUDIT_INVENTORY", raising=False)
    (tmp_path / "s.json").write_bytes(broken)
    assert run(["evaluate", "s.json", "--format", "json:r.json"]) == 2
    capfd.readouterr()
    return tmp_path


def add(rule: str, *more: str, expires: int = 90) -> int:
    return run(["waivers", "add", "r.json", rule, "--expires", day(expires), *GIVEN, *more])


def judged(*more: str) -> tuple[int, Any]:
    code = run(["evaluate", "s.json", "--waivers", "waivers.yaml", "--format", "json:w.json", *more])
    return code, json.loads(Path("w.json").read_bytes())


def test_from_a_result_to_a_report(here: Path, capfd: Capture) -> None:
    assert add(NETBIOS) == 0
    said = capfd.readouterr().err
    assert "wrote W-1 into waivers.yaml" in said
    assert "write `waivers: waivers.yaml` into the inventory" in said
    assert add(SSL) == 0
    assert "into the inventory" not in capfd.readouterr().err
    assert run(["waivers", "lint"]) == 0
    assert capfd.readouterr().out == "2 waivers, no problems\n"
    code, found = judged("--format", "text", "--format", "html:w.html")
    assert code == 0
    assert [each["state"] for each in found["clusters"][0]["waivers"]] == ["applied", "applied"]
    waived = [each for each in found["results"] if each["outcome"] == "waived"]
    assert sorted(each["rule"] for each in waived) == [SSL, NETBIOS]
    assert all(each["waiver"]["run_as"] for each in waived)
    text = capfd.readouterr().out
    assert "VCNODE2 would not take over" in text  # a waiver makes no failover work
    assert "without waivers" in text
    assert "names as asserted" in " ".join(text.split())
    assert "asserted, not verified" in (here / "w.html").read_text("utf-8")


def test_what_is_written_is_what_was_seen(here: Path) -> None:
    assert add(SSL) == 0
    (entry,) = yaml.safe_load(Path("waivers.yaml").read_text("utf-8"))["waivers"]
    (seen,) = [each for each in json.loads(Path("r.json").read_bytes())["results"] if each["differences"]]
    assert entry["scope"] == {"cluster": "quorum-disk-2003", "node": "VCNODE2", "subject": seen["subject"]}
    assert [each["path"] for each in entry["expected"]] == [each["path"] for each in seen["differences"]]
    assert entry["created"] == day(0)
    assert entry["recorded_by"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--approved-by", "roe@corp.example"], "it takes two persons"),
        (["--expires", day(366)], "it would live for 366 days"),
        (["--expires", day(-1)], "before it starts"),
        (["--expires", "soon"], "soon is no day such as 2027-03-31"),
        (["--ticket", " "], "no ticket is named"),
        (["--id", "W 1"], "id must be letters"),
        (["--to", "missing/w.yaml"], "no such folder"),
    ],
)
def test_what_could_never_apply_is_not_written(here: Path, capfd: Capture, arguments: list[str], says: str) -> None:
    assert add(NETBIOS, *arguments) == 3
    assert says in capfd.readouterr().err
    assert not Path("waivers.yaml").exists()


def test_an_approval_may_come_later(here: Path, capfd: Capture) -> None:
    assert run(["waivers", "add", "r.json", NETBIOS, "--expires", day(9), *GIVEN[:-2]]) == 0
    assert "W-1 does not apply until somebody else's name stands in approved_by" in capfd.readouterr().err
    assert run(["waivers", "lint"]) == 3
    assert "waivers.yaml:3: W-1 does not apply: nobody approved it" in capfd.readouterr().out
    code, found = judged()
    assert code == 2
    assert found["clusters"][0]["waivers"][0]["state"] == "invalid"


def test_without_a_terminal_what_is_missing_is_named(here: Path, capfd: Capture) -> None:
    assert run(["waivers", "add", "r.json", NETBIOS]) == 3
    assert "needs --justification, --ticket, --requested-by, --expires" in capfd.readouterr().err
    assert run(["waivers", "add", "r.json", "VC-PAR-03", "--expires", day(1), *GIVEN]) == 3
    assert "no result has the anchor VC-PAR-03" in capfd.readouterr().err


def test_ids_go_on_and_are_used_once(here: Path, capfd: Capture) -> None:
    assert add(NETBIOS, "--id", "W-41") == 0
    assert add(NETBIOS) == 0
    assert "wrote W-42" in capfd.readouterr().err
    assert add(NETBIOS, "--id", "w-41") == 3
    assert "there is a waiver w-41 already" in capfd.readouterr().err


def test_a_list_with_what_is_about_to_end(here: Path, capfd: Capture) -> None:
    assert add(NETBIOS, expires=20) == 0
    assert add(SSL, expires=300) == 0
    capfd.readouterr()
    assert run(["waivers", "list", "--expiring", "30d"]) == 1
    out = capfd.readouterr().out
    assert f"W-1  in force: until {day(20)}, 20 days left" in out
    assert "W-2" not in out
    assert run(["waivers", "list", "--expiring", "2w"]) == 0
    assert capfd.readouterr().out == "no waiver ends within 14 days\n"
    assert run(["waivers", "list", "--at", day(21), "--json"]) == 0
    listed = json.loads(capfd.readouterr().out)
    assert [(each["id"], each["state"], each["days"]) for each in listed] == [
        ("W-1", "expired", -1), ("W-2", "in force", 279),
    ]  # fmt: skip
    assert listed[0]["file_sha256"]
    for wrong in (["--expiring", "soon"], ["--at", "31.12.2026"]):
        assert run(["waivers", "list", *wrong]) == 3


def test_no_name_in_a_file_acts_on_a_terminal(here: Path, capfd: Capture) -> None:
    assert add(NETBIOS, "--justification", "x\x1b[31m\u202ey", "--requested-by", "A <b>") == 0
    capfd.readouterr()
    assert run(["waivers", "list"]) == 0
    out = capfd.readouterr().out
    assert "\x1b" not in out
    assert "\u202e" not in out
    code, _ = judged("--format", "html:w.html")
    assert code == 2  # the other one fails
    page = (here / "w.html").read_text("utf-8")
    assert "A &lt;b&gt;" in page
    assert "\x1b" not in page


def test_the_inventory_names_files(here: Path, capfd: Capture) -> None:
    assert add(NETBIOS) == 0
    Path("waivers.yaml").rename("ours.yaml")
    document = {"clusters": {"C": {"nodes": {"N1": "192.0.2.1"}}},
                "credentials": {"a": {"user": "x", "password_env": "P"}}}  # fmt: skip
    for value in ("ours.yaml", ["ours.yaml"]):
        Path("vcaudit.yaml").write_text(yaml.safe_dump({**document, "waivers": value}))
        capfd.readouterr()
        assert run(["waivers", "list"]) == 0
        assert "ours.yaml:3" in capfd.readouterr().out
    Path("vcaudit.yaml").unlink()
    assert run(["waivers", "list"]) == 3
    assert "no file of waivers is named" in capfd.readouterr().err


def test_a_scan_takes_those_of_the_inventory(at_lab: Lab, capfd: Capture) -> None:
    assert at_lab.inventory is not None
    document = yaml.safe_load(at_lab.inventory.read_text("utf-8"))
    inventory = at_lab.inventory.with_name("with-waivers.yaml")
    inventory.write_text(yaml.safe_dump({**document, "waivers": "w.yaml"}))
    assert run(["scan", "-i", str(inventory)]) == 3
    assert "w.yaml: cannot be read" in capfd.readouterr().err
    entry = f"waivers:\n- {{id: W-1, rule: {NETBIOS}, scope: {{cluster: quorum-disk-203}}, expires: {day(9)}}}\n"
    inventory.with_name("w.yaml").write_text(entry)
    assert run(["scan", "-i", str(inventory), "--strict", "--exit-zero"]) == 0
    said = capfd.readouterr()
    for text in (said.err, " ".join(said.out.split())):
        assert "about the cluster quorum-disk-203, which is not judged here (did you mean" in text


@pytest.mark.parametrize("rule", ["VC-PAR-03", "VC-DATA-03"])
def test_a_rule_that_does_not_exist_judges_nothing(here: Path, capfd: Capture, rule: str) -> None:
    Path("waivers.yaml").write_text(f"waivers:\n- id: W-1\n  rule: {rule}\n  expires: 2027-01-01\n")
    for arguments in (["evaluate", "s.json", "--waivers", "waivers.yaml"], ["waivers", "lint"]):
        assert run(arguments) == 3
        out, err = capfd.readouterr()
        assert f"waivers.yaml:3: there is no rule {rule} (did you mean " in out + err


def test_what_has_changed_is_a_failure_again(here: Path) -> None:
    assert add(NETBIOS) == 0
    path = Path("waivers.yaml")
    path.write_text(path.read_text("utf-8").replace("expected: disabled", "expected: something else"))
    code, found = judged("--strict")
    assert code == 2
    (state,) = found["clusters"][0]["waivers"]
    assert state["state"] == "value changed"
    assert "`something else` was granted, `disabled` is seen now" in state["detail"]


def test_import_from_inspec(here: Path, capfd: Capture) -> None:
    ours = f"{NETBIOS}:\n  justification: ops\n  run: no\n  expiration_date: {day(30)}\n"
    Path("i.yml").write_text(f"{ours}other: {{justification: x}}\n")
    assert run(["waivers", "import", "i.yml", "--cluster", "quorum-disk-2003"]) == 0
    err = capfd.readouterr().err
    assert f"W-1, until the end of {day(29)} UTC; does not apply until these are filled in" in err
    assert "other: left out" in err
    assert run(["waivers", "lint", "--json"]) == 3
    assert len(json.loads(capfd.readouterr().out)) == 4
    assert run(["waivers", "import", "r.json"]) == 3
    Path("i.json").write_text('{"a": {"justification": "x"}}')
    before = Path("waivers.yaml").read_bytes()
    assert run(["waivers", "import", "i.json"]) == 3
    assert Path("waivers.yaml").read_bytes() == before


def test_import_knows_how_long_a_waiver_of_the_file_may_live(here: Path, capfd: Capture) -> None:
    Path("i.yml").write_text(f"{NETBIOS}: {{justification: ops, expiration_date: {day(31)}}}\n")
    Path("waivers.yaml").write_text("max_days: 20\nwaivers: []\n")
    assert run(["waivers", "import", "i.yml"]) == 0
    assert f"at most 20 are allowed; let it end by {day(20)}, as --expires {day(20)} does" in capfd.readouterr().err


def test_the_schema(here: Path, capfd: Capture) -> None:
    assert run(["waivers", "lint", "--schema"]) == 0
    assert json.loads(capfd.readouterr().out)["title"] == "vcaudit waivers"


class Terminal(io.StringIO):
    """Somebody who types."""

    def isatty(self) -> bool:
        return True


def test_at_a_terminal_what_is_missing_is_asked_for(
    here: Path, monkeypatch: pytest.MonkeyPatch, capfd: Capture
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(f"known\nCHG-1\nroe\nsoon\n{day(9)}\n\n"))
    assert run(["waivers", "add", "r.json", NETBIOS]) == 0
    assert "soon is no day" in capfd.readouterr().err
    (entry,) = yaml.safe_load(Path("waivers.yaml").read_text("utf-8"))["waivers"]
    assert (entry["justification"], entry["requested_by"], entry["expires"]) == ("known", "roe", day(9))
    assert "approved_by" not in entry


def test_many_at_once_lose_nothing(here: Path) -> None:
    command = [sys.executable, "-m", "vcaudit", "waivers", "add", "r.json", NETBIOS, "--expires", day(9), *GIVEN]
    several = [subprocess.Popen([*command, "--id", f"X-{number}"], stderr=subprocess.PIPE) for number in range(4)]
    assert [process.communicate() and process.returncode for process in several] == [0] * 4
    found = yaml.safe_load(Path("waivers.yaml").read_text("utf-8"))["waivers"]
    assert sorted(entry["id"] for entry in found) == ["X-0", "X-1", "X-2", "X-3"]


def test_an_inventory_says_where_to_add(here: Path) -> None:
    document = {"clusters": {"C": {"nodes": {"N1": "192.0.2.1"}}}, "waivers": "ours.yaml",
                "credentials": {"a": {"user": "x", "password_env": "P"}}}  # fmt: skip
    Path("vcaudit.yaml").write_text(yaml.safe_dump(document))
    assert add(NETBIOS) == 0
    assert Path("ours.yaml").exists()
    assert run(["waivers", "lint"]) == 0
