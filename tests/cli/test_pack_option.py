"""`--pack`, as it is typed: every verb that asks nodes, and every verb that judges."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.evaluate.packs import cluster_rule, write
from tests.evaluate.test_collect import RULE
from tests.offline.test_kit import answer_of
from vcaudit import sections
from vcaudit.capture import Limits, Locations
from vcaudit.cli.app import run
from vcaudit.collect.kit import build_kit, verify
from vcaudit.evaluate.loader import load_pack
from vcaudit.lab.scenario import load

SERVICES: dict[str, Any] = {
    "wmi": "Win32_Service", "where": {"Name": "vpxd"},
    "columns": {"letter": {"property": "StartName", "type": "text"},
                "free": {"property": "ProcessId", "type": "number"}},
}  # fmt: skip
ASKING = {**RULE, "expression": "each.rows.exists(d, d.letter == 'LocalSystem')"} | {
    "examples": {"pass": [{"each": {"rows": [{"letter": "LocalSystem"}]}}], "fail": [{"each": {"rows": []}}]}
}
PLAIN = cluster_rule(id="OURS-002", requirements=None)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a pack in it that asks for services."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("VCAUDIT_INVENTORY", raising=False)
    write(tmp_path / "ours", ASKING, PLAIN, name="ours", collect={"disks": SERVICES})
    return tmp_path


def outcomes(document: str) -> dict[str, set[str]]:
    out: dict[str, set[str]] = {}
    for result in json.loads(document)["results"]:
        out.setdefault(result["rule"], set()).add(result["outcome"])
    return out


def lab(*command: str) -> subprocess.CompletedProcess[str]:
    vcaudit = [sys.executable, "-m", "vcaudit"]
    call = [*vcaudit, "lab", "run", "quorum-disk-2003", "--", *vcaudit, *command]
    return subprocess.run(call, capture_output=True, text=True, check=False)


@pytest.mark.usefixtures("folder")
def test_a_scan_asks_and_judges() -> None:
    done = lab("scan", "--pack", "tn019,./ours", "--format", "json")
    found = outcomes(done.stdout)
    assert (found["OURS-001"], found["OURS-002"]) == ({"pass"}, {"pass"})
    assert found["VC-RES-001"] == {"pass"}
    (cluster,) = json.loads(done.stdout)["clusters"]
    assert [score["pack"] for score in cluster["scores"]] == ["tn019", "ours"]
    assert [pack["name"] for pack in cluster["provenance"]["packs"]] == ["tn019", "ours"]


def test_what_is_collected_with_the_pack_can_be_judged_with_it(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, options in (("with.json", ("--pack", "./ours")), ("without.json", ())):
        assert lab("collect", *options, "-o", str(folder / name)).returncode == 0
    expected = {"with.json": {"pass"}, "without.json": {"not_asked"}}
    for name, outcome in expected.items():
        run(["evaluate", name, "--pack", "./ours", "--format", "json"])
        assert outcomes(capsys.readouterr().out)["OURS-001"] == outcome
    # What the pack asks for is nothing that another pack would see.
    run(["evaluate", "with.json", "--format", "json"])
    assert "OURS-001" not in outcomes(capsys.readouterr().out)


def test_a_pack_alone_says_nothing_of_a_takeover(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert lab("collect", "-o", str(folder / "seen.json")).returncode == 0
    run(["evaluate", "seen.json", "--pack", "./ours", "--format", "json"])
    (cluster,) = json.loads(capsys.readouterr().out)["clusters"]
    assert cluster["verdict"]["answer"] == "unknown"
    assert "no rule that was applied says whether it could" in cluster["verdict"]["sentence"]
    assert {cell["state"] for cell in cluster["readiness"]} == {"unknown"}


def test_a_kit_takes_the_questions_along(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["kit", "--pack", "./ours", "-o", "collect.ps1"]) == 0
    kit = (folder / "collect.ps1").read_bytes()
    checked = verify(kit)
    assert checked is not None
    assert checked.differs == ""
    assert kit == build_kit(sections.requests(Locations(), load_pack(folder / "ours").asks), Limits())
    sources = []
    for name, about in load("quorum-disk-2003").nodes.items():
        (folder / f"{name}.vca").write_bytes(answer_of(dict(about), kit, name))
        sources.append(f"{name}.vca")
    for options, outcome in ((("--pack", "./ours"), "pass"), ((), "not_asked")):
        assert run(["import", *sources, "--cluster", "C", *options, "-o", "seen.json"]) == 0
        capsys.readouterr()
        run(["evaluate", "seen.json", "--pack", "./ours", "--format", "json"])
        assert outcomes(capsys.readouterr().out)["OURS-001"] == {outcome}


def test_an_endpoint_answers_with_and_without(folder: Path) -> None:
    assert run(["jea", "-o", "plain"]) == 0
    assert run(["jea", "--pack", "./ours", "-o", "more"]) == 0
    plain, more = ((folder / name / "Vcaudit" / "Vcaudit.psm1").read_text() for name in ("plain", "more"))
    one, two = ({line.rstrip(",") for line in text.splitlines() if line.startswith("    '")} for text in (plain, more))
    assert one < two
    assert len(two - one) == 1


@pytest.mark.parametrize("verb", ["collect -o x", "kit -o x", "jea -o x", "import y -o x --cluster C"])
def test_a_pack_that_is_wrong_is_told_before_anything_is_asked(
    verb: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "ours" / "OURS-002.yaml").write_text("tilte: x\n")
    (folder / "vcaudit.yaml").write_text(
        "credentials: {a: {user: b, password_env: C}}\n"
        "clusters: {C: {credential: a, nodes: {N1: {address: 127.0.0.1}, N2: {address: 127.0.0.2}}}}\n"
    )
    assert run([*verb.split(), "--pack", "./ours"]) == 3
    assert "OURS-002.yaml:1: tilte: unknown key (did you mean title?)" in capsys.readouterr().err
    assert not (folder / "x").exists()


def test_an_inventory_may_speak_of_rules_of_packs_that_are_left_out(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of a shipped pack, and of a rule that is switched off; never of one that is nowhere."""
    from vcaudit.errors import InventoryError
    from vcaudit.inventory import load_inventory
    from vcaudit.pipeline import rules

    drift = next(path.stem for path in (Path(__file__).parents[2] / "rules" / "drift").glob("VC-*.yaml"))
    write(folder / "off", name="off", overrides=[{"rule": "VC-SYN-003", "off": True, "reason": "x"}])
    text = (
        "credentials: {a: {user: b, password_env: C}}\nclusters:\n  C:\n    credential: a\n"
        "    nodes: {N1: {address: 127.0.0.1}, N2: {address: 127.0.0.2}}\n    exceptions:\n"
        "    - {rule: RULE, reason: so}\n"
    )
    for name in (drift, "VC-SYN-003"):
        assert rules(load_inventory(Path("v.yaml"), text.replace("RULE", name)), ("tn019", "./off"))
    with pytest.raises(InventoryError, match="there is no rule VC-SYN-033"):
        rules(load_inventory(Path("v.yaml"), text.replace("RULE", "VC-SYN-033")), ("tn019", "./off"))


def test_what_a_pack_changes_in_rules_does_not_keep_it_from_asking(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where nothing is judged, the rules it speaks of need not be there; where all is, an idle override is said."""
    changes = [{"rule": name, "severity": "low", "reason": "so"} for name in ("VC-RES-001", "VC-DRIFT-001", "X-1")]
    head = {"name": "ours", "collect": {"disks": SERVICES}}
    write(folder / "ours", **head, overrides=changes)
    assert run(["kit", "--pack", "./ours", "-o", "kit.ps1"]) == 0
    assert run(["jea", "--pack", "./ours", "-o", "endpoint"]) == 0
    write(folder / "ours", **head, overrides=changes[:2])
    done = lab("scan", "--pack", "tn019,./ours", "--format", "json")
    (cluster,) = json.loads(done.stdout)["clusters"]
    assert cluster["provenance"]["overrides"] == [
        "VC-RES-001 severity low instead of high, set by pack ours: so",
        "VC-DRIFT-001 is not judged here, which pack ours overrides: so",
    ]


def test_packs_without_a_rule_judge_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change = {"rule": "VC-RES-001", "severity": "low", "reason": "so"}
    write(folder / "only", name="only", overrides=[change])
    assert lab("collect", "-o", str(folder / "seen.json")).returncode == 0
    assert run(["evaluate", "seen.json", "--pack", "./only"]) == 3
    assert "there is no rule in only: nothing would be judged" in capsys.readouterr().err
