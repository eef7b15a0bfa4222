"""A running lab and what a scan of it saw, shared by the tests of the verbs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from vcaudit.cli.app import run
from vcaudit.lab.harness import Lab
from vcaudit.lab.scenario import load

SCENARIO = "quorum-disk-2003"


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab(load(SCENARIO)) as running:
        yield running


@pytest.fixture
def at_lab(lab: Lab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Lab:
    """The lab's inventory and password in the environment, and an empty folder to work in."""
    for name, value in lab.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    return lab


@pytest.fixture(scope="module")
def snapshot_bytes(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("snapshot") / "s.json"
    with pytest.MonkeyPatch.context() as patch:
        for name, value in lab.environment.items():
            patch.setenv(name, value)
        assert run(["collect", "-o", str(path)]) == 0
    return path.read_bytes()


@pytest.fixture
def snapshot(snapshot_bytes: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A saved snapshot in the folder one is in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("VCAUDIT_INVENTORY", raising=False)
    path = tmp_path / "snapshot.json"
    path.write_bytes(snapshot_bytes)
    return path
