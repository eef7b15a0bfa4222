"""`vcaudit diff` and `--baseline`, through the same entry as the program."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.evaluate.build import EVERY_NODE, change, healthy, registry_mode, separate_license_group
from vcaudit.cli.app import run
from vcaudit.cli.diff_text import SHOWN
from vcaudit.drift.document import Drift
from vcaudit.lab.harness import Lab
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.codec import decode, encode
from vcaudit.snapshot.facts import Service
from vcaudit.snapshot.model import Snapshot

Capture = pytest.CaptureFixture[str]
N2 = "nodes.VCNODE2."
GAP = Missing(reason="timeout", detail="no answer", where="VCNODE2 registry vc")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(**snapshots: Snapshot) -> None:
    for name, snapshot in snapshots.items():
        Path(f"{name}.json").write_bytes(encode(snapshot))


def diffed(capfd: Capture, *arguments: str) -> tuple[int, str, str]:
    code = run(["diff", *arguments])
    out, err = capfd.readouterr()
    return code, out, err


def two(after: Snapshot, before: Snapshot | None = None) -> None:
    write(a=before or healthy(), b=after)


def test_the_same_is_0(capfd: Capture) -> None:
    two(healthy())
    code, out, err = diffed(capfd, "a.json", "b.json")
    assert (code, err) == (0, "")
    assert out.splitlines()[-1].strip().startswith("no difference")


def test_a_difference_is_1_and_stands_under_its_node(capfd: Capture) -> None:
    two(change(healthy(), f"{N2}services.vpxd.start_mode", "Auto"))
    code, out, _ = diffed(capfd, "a.json", "b.json")
    assert code == 1
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert lines[lines.index("VCNODE2") + 1] == "service vpxd start mode Manual → Auto"
    assert lines[-1].startswith("1 difference")
    assert "\x1b" not in out


def test_what_cannot_be_told_is_3_unless_something_differs(capfd: Capture) -> None:
    less = change(healthy(), f"{N2}registry", GAP)
    two(less)
    code, out, _ = diffed(capfd, "a.json", "b.json")
    assert code == 3
    assert "cannot tell" in out
    assert "VCNODE2: registry: timeout in the second (VCNODE2 registry vc: no answer)" in " ".join(out.split())
    two(change(less, f"{N2}services.vpxd.start_mode", "Auto"))
    assert diffed(capfd, "a.json", "b.json")[0] == 1


def test_what_nobody_asked_for_is_3_with_strict_only(capfd: Capture) -> None:
    bare = change(healthy(), "permissions", Missing(reason="not_asked", detail="give an export"))
    write(a=bare)
    code, out, _ = diffed(capfd, "a.json", "a.json")
    assert code == 0
    assert "nobody asked for" in out
    assert diffed(capfd, "a.json", "a.json", "--strict")[0] == 3
    assert "role holders: not asked on both sides (give an export)" in " ".join(
        diffed(capfd, "a.json", "a.json", "--full")[1].split()
    )


def test_a_moved_group_is_a_line_and_full_shows_what_follows(capfd: Capture) -> None:
    after = change(healthy(), EVERY_NODE + "groups.VC Group.owner", "VCNODE2")
    after = change(after, "nodes.VCNODE1.services.vpxd.state", "Stopped")
    two(after)
    code, out, _ = diffed(capfd, "a.json", "b.json")
    assert code == 1
    assert "group VC Group moved from VCNODE1 to VCNODE2" in out
    assert "Running → Stopped" not in out
    assert "1 group moved · no other difference" in out
    full = " ".join(diffed(capfd, "a.json", "b.json", "--full")[1].split())
    assert "VCNODE1 service vpxd state Running → Stopped" in full


def test_volatile_facts_are_counted_and_shown_with_their_reason(capfd: Capture) -> None:
    two(change(healthy(), f"{N2}host.clock", "2030-01-01T00:00:00Z"))
    code, out, _ = diffed(capfd, "a.json", "b.json")
    assert code == 0
    assert "1 volatile not shown (--volatile)" in " ".join(out.split())
    shown = " ".join(diffed(capfd, "a.json", "b.json", "--volatile")[1].split())
    assert "the snapshot was taken VCNODE2 machine clock 2026-11-22T09:14:05Z → 2030-01-01T00:00:00Z" in shown


def test_json_holds_everything_and_is_what_its_types_say(capfd: Capture) -> None:
    after = change(healthy(), f"{N2}services.vpxd.start_mode", "Auto")
    after = change(after, EVERY_NODE + "groups.VC Group.owner", "VCNODE2")
    two(change(change(after, f"{N2}registry", GAP), f"{N2}host.clock", "x"))
    code, out, _ = diffed(capfd, "a.json", "b.json", "--json")
    assert code == 1
    found = msgspec.json.decode(out.encode(), type=Drift)
    assert found.same is False
    assert [(line.nodes, line.subject, line.text) for line in found.changes] == [
        (("VCNODE2",), "service vpxd", "start mode Manual → Auto")
    ]
    (fact,) = found.changes[0].facts
    assert (fact.path, fact.before, fact.after) == (("services", "vpxd", "start_mode"), "Manual", "Auto")
    assert [move.group for move in found.moves] == ["VC Group"]
    assert [gap.what for gap in found.cannot_tell] == [("registry",)]
    assert [line.reason for line in found.volatile] == ["tells when the snapshot was taken"]
    assert len(found.before.sha256) == 64


def test_two_nodes_of_one_snapshot(capfd: Capture) -> None:
    alike = change(healthy(), "nodes.*.accounts.users", lambda users: users[:2])
    write(a=alike, b=change(alike, f"{N2}services.vpxd.start_mode", "Auto"))
    code, out, _ = diffed(capfd, "a.json", "--nodes", "VCNODE1", "vcnode2")
    assert code == 0
    assert "group VC Group is on VCNODE1, not on VCNODE2" in out
    code, out, _ = diffed(capfd, "b.json", "--nodes", "VCNODE1", "VCNODE2")
    assert code == 1
    assert "start mode Manual → Auto" in out


@pytest.mark.parametrize(("arguments", "message"), [
    (["a.json"], "needs two snapshots, and was given 1"),
    (["a.json", "b.json", "--nodes", "VCNODE1", "VCNODE2"], "needs one snapshot, whose nodes are compared"),
    (["a.json", "--nodes", "VCNODE1", "VCNODE9"], "has no node VCNODE9"),
    (["a.json", "nowhere.json"], "nowhere.json: cannot be read"),
    (["a.json", "broken.json"], "broken.json: is no JSON, or was cut"),
    (["a.json", "later.json"], "later.json: has schema 99"),
    (["a.json", "other.json"], "are of two clusters: identity"),
    (["-", "-"], "standard input can be read once"),
    (["a.json", "b.json", "--vol"], "No such option"),
])  # fmt: skip
def test_a_wrong_call_is_3_with_a_sentence(arguments: list[str], message: str, capfd: Capture) -> None:
    two(healthy())
    Path("broken.json").write_bytes(Path("a.json").read_bytes()[:500])
    Path("later.json").write_text(json.dumps({**json.loads(Path("a.json").read_bytes()), "schema": 99}))
    write(other=change(healthy(), EVERY_NODE + "identity", "another"))
    code, out, err = diffed(capfd, *arguments)
    assert (code, out) == (3, "")
    assert message in err
    assert "Traceback" not in err


def test_one_of_the_two_may_come_from_standard_input(capfd: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    two(healthy())
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(Path("b.json").read_bytes())))
    assert diffed(capfd, "a.json", "-")[0] == 0


HOSTILE = "evil\x1b[2J\u202e\nname [red]"


def test_names_act_on_no_terminal(capfd: Capture) -> None:
    service = Service(name=HOSTILE, display_name=None, state="x", start_mode="x", account=None, path=None)
    after = change(healthy(), f"{N2}services", lambda services: (*services, service))
    two(change(after, f"{N2}services.vpxd.account", HOSTILE))
    for options in ([], ["--full", "--volatile"]):
        _, out, _ = diffed(capfd, "a.json", "b.json", *options)
        assert "\x1b" not in out
        assert "\u202e" not in out
        assert "[red]" in out
    assert json.loads(diffed(capfd, "a.json", "b.json", "--json")[1])["same"] is False


def test_lone_surrogates_do_not_stop_it(capfd: Capture) -> None:
    path = "nodes.VCNODE1.registry.native.keys.@0.values.InstalledVersion.data"
    two(change(healthy(), path, "\udc80"))
    for options in ([], ["--json"]):
        assert diffed(capfd, "a.json", "b.json", *options)[0] == 1


def test_a_secret_reaches_no_output(capfd: Capture) -> None:
    secret = "nodes.VCNODE1.registry.native.keys.@1.values.3"
    leaked = change(change(healthy(), f"{secret}.redacted", False), f"{secret}.data", "hunter2")
    leaked = change(leaked, f"{N2}files.vpxd_cfg.settings.config/log/level.value", "hunter2")
    two(change(healthy(), f"{N2}files.vpxd_cfg.settings.config/log/level.value", "***"), leaked)
    for options in ([], ["--json"], ["--full", "--volatile"]):
        code, out, err = diffed(capfd, "a.json", "b.json", *options)
        assert code == 1
        assert "hunter2" not in out + err


def test_what_is_too_long_to_read_is_counted(capfd: Capture) -> None:
    many = tuple(Service(name=f"s{n}", display_name=None, state="x", start_mode="x", account=None, path=None)
                 for n in range(SHOWN + 5))  # fmt: skip
    two(change(healthy(), f"{N2}services", lambda services: (*services, *many)))
    _, out, _ = diffed(capfd, "a.json", "b.json")
    assert "and 5 more lines: --json has them all" in out
    assert len(json.loads(diffed(capfd, "a.json", "b.json", "--json")[1])["changes"]) == SHOWN + 5


def results(path: str = "r.json") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(Path(path).read_bytes())["results"]
    return found


def test_a_baseline_brings_its_pack_along(capfd: Capture) -> None:
    two(change(healthy(), f"{N2}services.vpxd.start_mode", "Auto"))
    assert run(["evaluate", "b.json", "--baseline", "a.json", "--format", "json:r.json"]) == 2
    packs = {one["pack"] for one in results()}
    assert packs == {"tn019", "drift"}
    (failed,) = [one for one in results() if one["pack"] == "drift" and one["outcome"] == "fail"]
    assert failed["message"] == "VCNODE2 service vpxd: start mode Manual → Auto"
    used = json.loads(Path("r.json").read_bytes())["clusters"][0]["provenance"]["baseline"]
    assert used["file"] == "a.json"
    capfd.readouterr()


@pytest.mark.parametrize("packs", ["drift", "tn019,drift", "drift,tn019"])
def test_naming_the_pack_as_well_makes_no_difference(packs: str) -> None:
    two(healthy())
    assert run(["evaluate", "b.json", "--baseline", "a.json", "--pack", packs, "--format", "json:r.json"]) == 0
    assert {one["outcome"] for one in results() if one["pack"] == "drift"} == {"pass"}


def test_the_pack_without_a_baseline_says_how_to_give_one(capfd: Capture) -> None:
    two(healthy())
    assert run(["evaluate", "a.json", "--pack", "drift"]) == 0
    assert "--baseline approved.json" in " ".join(capfd.readouterr().out.split())
    assert run(["evaluate", "a.json", "--pack", "drift", "--strict"]) == 3


def test_each_cluster_has_a_baseline_of_its_own() -> None:
    second = change(change(registry_mode(), "cluster", "SECOND"), EVERY_NODE + "identity", "second")
    write(a=healthy(), b=second, c=change(second, f"{N2}services.vpxd.start_mode", "Auto"))
    assert run(["evaluate", "a.json", "c.json", "--baseline", "b.json", "--baseline", "a.json", "--format",
                "json:r.json", "--pack", "drift"]) == 2  # fmt: skip
    assert {one["cluster"] for one in results() if one["outcome"] == "fail"} == {"SECOND"}
    assert run(["evaluate", "a.json", "c.json", "--baseline", "b.json", "--format", "json:r.json", "--pack",
                "drift"]) == 2  # fmt: skip
    assert {one["outcome"] for one in results() if one["cluster"] == "CORP-VC"} == {"not_asked"}


@pytest.mark.parametrize(("baselines", "message"), [
    (["named.json"], "snapshot of CORP-VD, which is none of the clusters that are judged (did you mean CORP-VC?)"),
    (["a.json", "named.json"], "named.json: is an approved snapshot of CORP-VD, which is none"),
    (["a.json", "renamed.json"], "two approved snapshots are of the cluster"),
    (["identity.json"], "identity.json: is the baseline of another cluster: identity"),
    (["a.json", "a.json"], "two approved snapshots are of the cluster CORP-VC"),
    (["nowhere.json"], "nowhere.json: cannot be read"), (["broken.json"], "broken.json: is no JSON, or was cut"),
])  # fmt: skip
def test_a_baseline_that_is_none_is_refused(baselines: list[str], message: str, capfd: Capture) -> None:
    renamed, identity = change(healthy(), "cluster", "CORP-VD"), change(healthy(), EVERY_NODE + "identity", "another")
    write(a=healthy(), renamed=renamed, identity=identity, named=change(identity, "cluster", "CORP-VD"))
    Path("broken.json").write_text("{")
    given = [word for name in baselines for word in ("--baseline", name)]
    assert run(["evaluate", "a.json", *given]) == 3
    out, err = capfd.readouterr()
    assert out == ""
    assert message in err


def test_a_cluster_that_the_inventory_calls_otherwise_now_is_the_same() -> None:
    two(change(change(healthy(), "cluster", "LONDON"), f"{N2}services.vpxd.start_mode", "Auto"))
    assert run(["evaluate", "b.json", "--baseline", "a.json", "--pack", "drift", "--format", "json:r.json"]) == 2
    assert [one["message"] for one in results() if one["outcome"] == "fail"] == [
        "VCNODE2 service vpxd: start mode Manual → Auto"
    ]


def test_reports_say_approved_instead_of_owner(capfd: Capture) -> None:
    two(change(separate_license_group(), f"{N2}services.vpxd.start_mode", "Auto"), separate_license_group())
    run(["evaluate", "b.json", "--pack", "drift", "--baseline", "a.json", "--full", "--format", "text", "--format",
         "html:r.html"])  # fmt: skip
    text = " ".join(capfd.readouterr().out.split())
    assert "service vpxd: start mode: Auto; approved was Manual" in text
    assert "approved a.json, taken 2026-11-22 09:14:07Z, sha256" in text
    html = Path("r.html").read_text()
    assert "What has changed" in html
    assert ">approved</th>" in html
    assert "Approved snapshot" in html


def test_from_approval_to_drift_against_the_lab(at_lab: Lab, capfd: Capture) -> None:
    assert run(["collect", "-o", "approved.json"]) == 0
    assert run(["scan", "--baseline", "approved.json"]) == 0
    write(renamed=change(decode(Path("approved.json").read_bytes(), "approved.json"), "cluster", "LONDON"))
    assert run(["scan", "--baseline", "renamed.json", "--format", "json:r.json"]) == 0
    assert {one["outcome"] for one in results() if one["pack"] == "drift"} == {"pass"}
    write(other=change(healthy(), "cluster", "LONDON"))
    capfd.readouterr()
    assert run(["scan", "--baseline", "other.json", "--format", "json:r.json"]) == 3
    assert "other.json: is an approved snapshot of LONDON, which is none of the clusters" in capfd.readouterr().err
    assert {one["outcome"] for one in results() if one["pack"] == "drift"} == {"not_asked"}
    assert run(["collect", "-o", "now.json"]) == 0
    assert run(["diff", "approved.json", "now.json"]) == 0
    capfd.readouterr()
