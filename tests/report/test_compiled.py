"""Kept templates: used when they are ours, harmless when they are not, or damaged, or cannot be kept."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.report import samples
from vcaudit.report import compiled, page, render


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where they will be kept."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    page.environment.cache_clear()
    yield tmp_path / "vcaudit" / "templates"
    page.environment.cache_clear()


def html() -> bytes:
    page.environment.cache_clear()
    return render("html", samples.broken())


def test_the_second_run_reads_what_the_first_kept(folder: Path) -> None:
    first = html()
    kept = {file: file.stat().st_mtime_ns for file in folder.iterdir()}
    assert kept
    assert html() == first
    assert {file: file.stat().st_mtime_ns for file in folder.iterdir()} == kept


@pytest.mark.parametrize("content", [b"", b"not code", b"\xe3" * 64], ids=["empty", "text", "bytes"])
def test_a_damaged_one_is_made_anew(folder: Path, content: bytes) -> None:
    first = html()
    for file in folder.iterdir():
        head = file.read_bytes()[:40]
        file.write_bytes(content if content != b"\xe3" * 64 else head + content)
    assert html() == first


def test_a_folder_that_others_may_write_to_is_not_used(folder: Path) -> None:
    folder.mkdir(parents=True)
    folder.chmod(0o777)
    assert compiled.cache() is None
    html()
    assert not list(folder.iterdir())


def test_somebody_elses_folder_is_not_used(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.mkdir(parents=True)
    monkeypatch.setattr(os, "getuid", lambda: folder.stat().st_uid + 1)
    assert compiled.cache() is None


def test_no_folder_at_all(folder: Path) -> None:
    folder.parent.write_text("in the way")
    assert compiled.cache() is None
    assert html()
