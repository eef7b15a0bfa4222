"""`vcaudit import`: what is taken for which node, what is refused with which words, and what comes of it."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.offline.folder import complete, export
from tests.offline.test_kit import answer_of
from vcaudit.cli.app import run
from vcaudit.lab.scenario import load
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.codec import decode
from vcaudit.snapshot.model import Snapshot

SCENARIO = load("quorum-disk-2003")
NODES = {name: complete(name, node) for name, node in SCENARIO.nodes.items()}
INVENTORY = """
clusters:
  CORP-VC:
    nodes: {VCNODE1: 192.0.2.11, VCNODE2: 192.0.2.12}
    virtual_address: 192.0.2.50
    permissions: roles.csv
credentials: {a: {user: u, prompt: true}}
"""


@pytest.fixture(scope="module")
def carried(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Kit output and a folder of each node."""
    folder = tmp_path_factory.mktemp("carried")
    for name, node in NODES.items():
        (folder / f"{name}.vca").write_bytes(answer_of(node, name=name))
        export(folder / name, name, node)
    return folder


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("VCAUDIT_INVENTORY", raising=False)


def imported(*arguments: object, cluster: bool = True) -> tuple[int, Snapshot | None]:
    """Exit code, and the snapshot if one was written."""
    path = Path("s.json")
    path.unlink(missing_ok=True)
    code = run(["import", *map(str, arguments), "-o", str(path), *(["--cluster", "CORP-VC"] if cluster else [])])
    return code, decode(path.read_bytes(), "s.json") if path.exists() else None


def names(snapshot: Snapshot | None) -> list[str]:
    assert snapshot is not None
    return [node.name for node in snapshot.nodes]


def refused(capsys: pytest.CaptureFixture[str], *arguments: object, cluster: bool = True) -> str:
    """What is said when nothing is written."""
    code, snapshot = imported(*arguments, cluster=cluster)
    assert (code, snapshot) == (3, None)
    return capsys.readouterr().err


# What is taken


def test_kits_of_both_nodes(carried: Path):
    code, snapshot = imported(carried / "VCNODE1.vca", carried / "VCNODE2.vca")
    assert (code, names(snapshot)) == (0, ["VCNODE1", "VCNODE2"])
    assert snapshot is not None
    assert (snapshot.cluster, snapshot.declared.nodes) == ("CORP-VC", ("VCNODE1", "VCNODE2"))
    assert isinstance(snapshot.permissions, Missing)
    assert Path("s.json").stat().st_mode & 0o777 == 0o600


def test_judging_it_takes_over_or_says_what_is_not_known(carried: Path, capsys: pytest.CaptureFixture[str]):
    imported(carried / "VCNODE1.vca", carried / "VCNODE2.vca")
    assert run(["evaluate", "s.json", "--format", "json:r.json"]) == 0
    (cluster,) = json.loads(Path("r.json").read_text())["clusters"]
    assert [node["answer"] for node in cluster["verdict"]["nodes"]] == ["yes", "yes"]
    imported(carried / "VCNODE1", carried / "VCNODE2")
    run(["evaluate", "s.json", "--format", "json:r.json"])
    (cluster,) = json.loads(Path("r.json").read_text())["clusters"]
    assert {node["answer"] for node in cluster["verdict"]["nodes"]} == {"unknown"}, "services were not looked at"


def test_a_fault_is_found_in_folders(tmp_path: Path, carried: Path):
    shutil.copytree(carried / "VCNODE2", "VCNODE2")
    (key,) = Path("VCNODE2").rglob("rui.crt")
    key.write_text("another certificate")
    imported(carried / "VCNODE1", "VCNODE2")
    assert run(["evaluate", "s.json", "--format", "json:r.json"]) == 2
    failed = {one["rule"] for one in json.loads(Path("r.json").read_text())["results"] if one["outcome"] == "fail"}
    assert "VC-DATA-003" in failed or any(rule.startswith("VC-DATA") for rule in failed)


def test_a_folder_a_zip_and_a_kit_in_it(carried: Path):
    shutil.copytree(carried / "VCNODE1", "one")
    shutil.copy(carried / "VCNODE1.vca", "one/answer.vca")
    with zipfile.ZipFile("two.zip", "w") as archive:
        for path in (carried / "VCNODE2").rglob("*"):
            archive.write(path, Path("VCNODE2") / path.relative_to(carried / "VCNODE2"))
    code, snapshot = imported("one", "two.zip")
    assert (code, names(snapshot)) == (0, ["VCNODE1", "VCNODE2"])
    assert snapshot is not None
    assert [node.provenance.route for node in snapshot.nodes] == ["kit + files", "files"]


@pytest.mark.parametrize(("argument", "name"), [
    ("VCNODE1", "VCNODE1"), ("X=VCNODE1", "X"), ("bare", "bare"), ("X=bare", "X"), ("a=b", "a=b"),
])  # fmt: skip
def test_names_of_nodes(argument: str, name: str, carried: Path):
    """The owner's word, the computer's name in the registry, the folder's name; a folder may be called a=b."""
    shutil.copytree(carried / "VCNODE1", "VCNODE1")
    for folder in ("bare", "a=b"):
        Path(folder).mkdir()
        Path(folder, "vpxd.cfg").write_text("<config/>")
    assert names(imported(argument)[1]) == [name]


def test_the_inventory_says_what_the_owner_knows(carried: Path):
    Path("vcaudit.yaml").write_text(INVENTORY)
    Path("roles.csv").write_text("principal,is_group,role,entity\nvcadmin,false,Administrator,Datacenters\n")
    code, snapshot = imported(f"vcnode2={carried / 'VCNODE2'}", carried / "VCNODE1.vca", cluster=False)
    assert (code, names(snapshot)) == (0, ["VCNODE1", "VCNODE2"])
    assert snapshot is not None
    assert snapshot.declared.virtual_address == "192.0.2.50"
    assert isinstance(snapshot.permissions, tuple)


def test_a_node_that_nobody_brought_is_not_asked(carried: Path):
    Path("vcaudit.yaml").write_text(INVENTORY.replace("    permissions: roles.csv\n", ""))
    code, snapshot = imported(carried / "VCNODE1.vca", cluster=False)
    assert (code, names(snapshot)) == (0, ["VCNODE1", "VCNODE2"])
    assert snapshot is not None
    host = snapshot.nodes[1].host
    assert isinstance(host, Missing)
    assert (host.reason, host.detail) == ("not_asked", "nothing of this node was imported")


def test_the_same_files_give_the_same_snapshot(carried: Path):
    def without_times(snapshot: Any) -> Any:
        import msgspec

        return msgspec.structs.replace(snapshot, taken_at="")

    assert without_times(imported(carried / "VCNODE1")[1]) == without_times(imported(carried / "VCNODE1")[1])


def test_to_standard_output(carried: Path, capfdbinary: pytest.CaptureFixture[bytes]):
    assert run(["import", str(carried / "VCNODE1.vca"), "-o", "-", "--cluster", "X"]) == 0
    assert decode(capfdbinary.readouterr().out, "-").cluster == "X"


def test_what_was_assumed_is_said(carried: Path, capsys: pytest.CaptureFixture[str]):
    imported(carried / "VCNODE1")
    said = capsys.readouterr().err
    assert "VCNODE1: read from files in" in said
    assert "vpxd_cfg from C/" in said
    assert "judge it with: vcaudit evaluate s.json" in said


# What is refused


def test_two_of_one_name_are_refused(carried: Path, capsys: pytest.CaptureFixture[str]):
    shutil.copy(carried / "VCNODE1.vca", "copy.vca")
    said = refused(capsys, carried / "VCNODE1.vca", "copy.vca")
    assert "two sources are of VCNODE1" in said
    assert "give each node once" in said
    assert "two sources are of VCNODE1" in refused(capsys, carried / "VCNODE1", carried / "VCNODE1")


def test_two_that_the_owner_gives_one_name_are_one(carried: Path):
    Path("more").mkdir()
    Path("more", "vpxd.cfg").write_text("<config/>")
    code, snapshot = imported(f"VCNODE1={carried / 'VCNODE1'}", "VCNODE1=more")
    assert (code, names(snapshot)) == (0, ["VCNODE1"])
    assert snapshot is not None
    assert any("vpxd_cfg.1" in line and "unlike in" in line for line in snapshot.nodes[0].provenance.warnings)


def test_the_same_machine_under_two_names_is_not_judged(carried: Path, capsys: pytest.CaptureFixture[str]):
    imported(f"A={carried / 'VCNODE1.vca'}", f"B={carried / 'VCNODE1.vca'}")
    assert run(["evaluate", "s.json"]) == 3
    assert "are the same machine, VCNODE1" in capsys.readouterr().err


def test_a_kit_and_a_registry_of_two_machines(carried: Path, capsys: pytest.CaptureFixture[str]):
    shutil.copytree(carried / "VCNODE1", "node")
    shutil.copy(carried / "VCNODE2.vca", "node/a.vca")
    assert "holds the answer of VCNODE2 and the registry of VCNODE1: two machines" in refused(capsys, "node")


def test_a_folder_with_several_answers(carried: Path, capsys: pytest.CaptureFixture[str]):
    Path("node").mkdir()
    for name in NODES:
        shutil.copy(carried / f"{name}.vca", f"node/{name}.vca")
    assert "holds several answers of kits" in refused(capsys, "node")


def test_a_stranger_to_the_inventory(carried: Path, capsys: pytest.CaptureFixture[str]):
    Path("vcaudit.yaml").write_text(INVENTORY.replace("VCNODE2", "OTHER").replace("    permissions: roles.csv\n", ""))
    said = refused(capsys, carried / "VCNODE2.vca", cluster=False)
    assert "is of VCNODE2, which is no node of CORP-VC (VCNODE1, OTHER)" in said


def test_everything_that_is_wrong_at_once(carried: Path, capsys: pytest.CaptureFixture[str]):
    Path("cut.vca").write_bytes((carried / "VCNODE1.vca").read_bytes()[:-300])
    Path("html").write_text("<html>")
    said = refused(capsys, "nowhere", "cut.vca", "html", carried / "VCNODE1.vca")
    assert "nowhere: cannot be read: No such file" in said
    assert "cut.vca: the answer is cut" in said
    assert "html: is no answer of a kit" in said


@pytest.mark.parametrize(("arguments", "said"), [
    ([], "there is nothing to import"),
    (["x"], "nowhere"),
])  # fmt: skip
def test_wrong_calls(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]):
    assert run(["import", *arguments, "-o", "nowhere/s.json", "--cluster", "X"]) == 3
    assert said in capsys.readouterr().err


def test_without_a_name_of_the_cluster(carried: Path, capsys: pytest.CaptureFixture[str]):
    assert "the cluster has no name" in refused(capsys, carried / "VCNODE1.vca", cluster=False)


def test_one_of_several_clusters(carried: Path, capsys: pytest.CaptureFixture[str]):
    Path("vcaudit.yaml").write_text(INVENTORY.replace("    permissions: roles.csv\n", "").replace(
        "credentials:", "  OTHER: {nodes: {N3: 192.0.2.3, N4: 192.0.2.4}}\ncredentials:"))  # fmt: skip
    assert "the inventory has 2 clusters" in refused(capsys, carried / "VCNODE1.vca", cluster=False)
    assert imported(carried / "VCNODE1.vca")[0] == 0


HOSTILE = ["\x1b[31mred", "<script>", "=cmd()", "a\nb", "..", "ü" * 90]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_harm_nobody(name: str, capsys: pytest.CaptureFixture[str]):
    folder = Path("n") / (name if name != ".." else "dots")
    folder.mkdir(parents=True)
    (folder / f"{name if name != '..' else 'x'}.reg").write_bytes(b"junk")
    (folder / "vpxd.cfg").write_text("<config/>")
    assert imported(folder)[0] == 0
    assert "\x1b" not in capsys.readouterr().err
    assert run(["evaluate", "s.json", "--format", "html:r.html", "--format", "text"]) in (0, 1, 2, 3)
    assert Path("r.html").read_text().count("<script") == 1, "the report's own"
    assert "\x1b" not in capsys.readouterr().out
