"""Secrets stay where they are: canaries in every secret place of a lab appear in nothing that vcaudit writes."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pypdf
import pytest

from tests.inprocess import pack, snapshot
from vcaudit import pipeline
from vcaudit.cli.app import run
from vcaudit.evaluate import evaluate
from vcaudit.lab.faults import apply
from vcaudit.lab.harness import Lab
from vcaudit.lab.scenario import Scenario, load, shipped
from vcaudit.report import render
from vcaudit.snapshot.codec import encode
from vcaudit.yamlfile import Document

VC = r"SOFTWARE\VMware, Inc.\VMware VirtualCenter"
DATA = r"C:\Documents and Settings\All Users\Application Data\VMware\VMware VirtualCenter"
PASSWORD = "CANARY-password-of-the-auditor"


def planted(node: str) -> dict[str, object]:
    """Secrets that differ between the nodes, so that every comparison would like to show them."""
    return {
        "registry": {
            VC: {
                "Serial": f"CANARY-serial-{node}", "AdminPassword": f"CANARY-admin-{node}",
                "ApiToken": f"CANARY-token-{node}", "Pass": f"CANARY-pass-{node}",
                "Proxy": f"http://admin:CANARY-url-{node}@proxy:8080", "Some": ["a=1", f"pwd=CANARY-item-{node}"],
            },
            rf"{VC}\DB": {"3": f"*CANARY-db-{node}", "4": f"DSN=VC;UID=vpx;PWD=CANARY-dsn-{node};"},
        },
        "files": {
            rf"{DATA}\SSL\rui.key": f"-----BEGIN RSA PRIVATE KEY-----\nCANARY-key-{node}\n",
            rf"{DATA}\SSL\rui.pfx": f"CANARY-pfx-{node}",
        },
    }


def broken() -> Scenario:
    """A lab with canaries and with failures whose evidence lies next to them."""
    scenario = load("quorum-disk-2003")
    for fault in ("ssl-differs", "settings-differ", "registry-differs"):
        scenario, _ = apply(scenario, fault)
    return scenario.patched({"nodes": {node: planted(node) for node in scenario.nodes}}, Document("canaries"))


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Lab]:
    monkeypatch.chdir(tmp_path)
    with Lab(broken(), password=PASSWORD) as running:
        for name, value in running.environment.items():
            monkeypatch.setenv(name, value)
        yield running


def assert_clean(name: str, data: bytes) -> None:
    """No canary, in any of the forms a careless encoder would leave it in."""
    assert data, f"{name} is empty"
    forms = {"plain": data, "UTF-16": data.replace(b"\0", b"")}
    for found in re.findall(rb"[A-Za-z0-9+/]{16,}", data):
        forms[f"base64 {found[:16]!r}"] = decoded(found)
    for form, text in forms.items():
        assert b"canary-" not in text.lower(), f"{name}: {form}"
    assert b"CANARY-".hex().encode() not in data.lower(), f"{name}: hexadecimal"


def decoded(text: bytes) -> bytes:
    return base64.b64decode(text[: len(text) // 4 * 4])


def pdf_text(data: bytes) -> bytes:
    reader = pypdf.PdfReader(io.BytesIO(data))
    attached = b"".join(content for files in reader.attachments.values() for content in files)
    return "\n".join(page.extract_text() for page in reader.pages).encode() + attached


def test_no_canary_leaves_a_node(lab: Lab, capfd: pytest.CaptureFixture[str]) -> None:
    assert any("CANARY" in str(node) for node in lab.scenario.nodes.values())
    reports = ["text:r.txt", "json:r.json", "html:r.html", "pdf:r.pdf", "text"]
    arguments = [part for each in reports for part in ("--format", each)]
    assert run(["scan", "-vv", "--log-file", "log", "--full", *arguments]) == 2
    assert run(["collect", "-vv", "--log-file", "log", "-o", "s.json"]) == 0
    out, err = capfd.readouterr()
    for name in ("r.txt", "r.json", "r.html", "s.json", "log"):
        assert_clean(name, Path(name).read_bytes())
    assert_clean("r.pdf", pdf_text(Path("r.pdf").read_bytes()))
    assert_clean("stdout", out.encode())
    assert_clean("stderr", err.encode())


@pytest.mark.parametrize("name", shipped())
def test_no_canary_of_a_shipped_scenario_leaves_its_nodes(name: str) -> None:
    """The places a scenario has secrets in: serial, database and proxy password, vpxd.cfg, keys, the cluster's own."""
    scenario = load(name)
    for fault in ("ssl-differs", "version-differs"):
        scenario, _ = apply(scenario, fault)
    assert str(scenario.nodes).count("CANARY") > 10
    seen = snapshot(scenario)
    assert_clean("snapshot", encode(seen))
    results = evaluate(seen, pack())
    for format_ in ("text", "json", "html"):
        assert_clean(format_, render(format_, results))


def test_no_canary_is_in_a_crash(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    def crash(snapshot: object, pack: object) -> None:
        held = str(lab.scenario.nodes) + PASSWORD
        raise RuntimeError(held)

    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(pipeline, "judge", crash)
    assert run(["scan", "-vv"]) == 3
    (file,) = (tmp_path / "state").rglob("vcaudit-crash-*.txt")
    assert_clean("crash file", file.read_bytes())
    assert_clean("stderr", capfd.readouterr().err.encode())


def test_a_wrong_password_is_not_repeated(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VCAUDIT_LAB_PASSWORD", "CANARY-wrong-password")
    assert run(["scan", "-vv", "--format", "json"]) == 3
    out, err = capfd.readouterr()
    assert "authentication" in out
    assert_clean("stdout", out.encode())
    assert_clean("stderr", err.encode())
