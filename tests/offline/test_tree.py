"""Folders and archives: what is in them is read, what leads out of them is not, and no archive can fill the machine."""

from __future__ import annotations

import hashlib
import io
import os
import stat
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vcaudit.collect import tree as module
from vcaudit.collect.tree import Unreadable, open_tree
from vcaudit.errors import SourceError


def archive(path: Path, members: dict[str, bytes], **options: int) -> Path:
    with zipfile.ZipFile(path, "w", options.get("method", zipfile.ZIP_DEFLATED)) as file:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, (2007, 6, 19, 10, 0, 59))
            file.writestr(info, content, compress_type=options.get("method", zipfile.ZIP_DEFLATED))
    return path


@pytest.fixture(params=["folder", "archive"])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    members = {"a.reg": b"x" * 5000, "C/Data/vpxd.cfg": b"<config/>", "C/Data/SSL/rui.crt": b"cert"}
    if request.param == "archive":
        return archive(tmp_path / "node.zip", {**members, "empty/": b""})
    for name, content in members.items():
        path = tmp_path / "node" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        os.utime(path, (1182247259, 1182247259))
    (tmp_path / "node" / "empty").mkdir()
    return tmp_path / "node"


def test_files_and_folders(source: Path):
    found = open_tree(source)
    assert [entry.shown for entry in found.entries] == ["C/Data/SSL/rui.crt", "C/Data/vpxd.cfg", "a.reg"]
    assert found.folders == {(), ("C",), ("C", "Data"), ("C", "Data", "SSL"), ("empty",)}
    big = found.entries[2]
    assert (big.size, big.read(5000), big.head(3)) == (5000, b"x" * 5000, b"xxx")
    assert big.sha256() == hashlib.sha256(b"x" * 5000).hexdigest()
    assert big.modified.startswith("2007-06-19T10:00:5")
    assert found.warnings == []
    with pytest.raises(Unreadable, match="larger than 4999"):
        big.read(4999)


def test_links_and_pipes_are_left_out_and_said(tmp_path: Path):
    (tmp_path / "secret").write_text("of this machine")
    folder = tmp_path / "node"
    folder.mkdir()
    (folder / "vpxd.cfg").symlink_to(tmp_path / "secret")
    (folder / "up").symlink_to(tmp_path)
    os.mkfifo(folder / "pipe")
    found = open_tree(folder)
    assert found.entries == []
    assert sorted(warning.split(":")[0] for warning in found.warnings) == ["pipe", "up", "vpxd.cfg"]


def test_a_file_that_became_a_link_is_not_followed(tmp_path: Path):
    (tmp_path / "secret").write_text("of this machine")
    (tmp_path / "node").mkdir()
    (tmp_path / "node" / "a").write_text("plain")
    (entry,) = open_tree(tmp_path / "node").entries
    (tmp_path / "node" / "a").unlink()
    (tmp_path / "node" / "a").symlink_to(tmp_path / "secret")
    with pytest.raises(Unreadable):
        entry.read(100)
    assert entry.head() == b""


def test_what_may_not_be_read_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "a").write_text("x")
    (entry,) = open_tree(tmp_path).entries

    def denied(*_: object) -> int:  # root, as whom tests may run, may read everything
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(module.os, "open", denied)
    with pytest.raises(Unreadable) as caught:
        entry.read(10)
    assert caught.value.trouble == "access_denied"


@pytest.mark.parametrize("name", ["../up", "/etc/passwd", "a/../../b", "..\\up", "\\\\srv\\share", "a/..", "x\0y/.."])
def test_names_that_lead_out_are_left_out(name: str, tmp_path: Path):
    found = open_tree(archive(tmp_path / "a.zip", {name: b"x", "good": b"y"}))
    assert all(".." not in entry.parts and not entry.shown.startswith("/") for entry in found.entries)
    assert "good" in [entry.shown for entry in found.entries]


def test_windows_separators_are_separators(tmp_path: Path):
    found = open_tree(archive(tmp_path / "a.zip", {"C\\Data\\vpxd.cfg": b"x"}))
    assert found.entries[0].parts == ("C", "Data", "vpxd.cfg")


def test_a_link_in_an_archive_is_left_out(tmp_path: Path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as file:
        info = zipfile.ZipInfo("vpxd.cfg")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        file.writestr(info, "/etc/passwd")
    found = open_tree(path)
    assert (found.entries, found.warnings) == ([], ["vpxd.cfg: left out: a link"])


def test_a_name_twice_is_refused(tmp_path: Path):
    with pytest.raises(SourceError, match=r"VPXD\.cfg twice"):
        open_tree(archive(tmp_path / "a.zip", {"vpxd.cfg": b"1", "VPXD.cfg": b"2"}))


def test_a_bomb_does_not_go_off(tmp_path: Path):
    path = archive(tmp_path / "a.zip", {"bomb.reg": b"\0" * (64 << 20), "vpxd.cfg": b"x"})
    assert path.stat().st_size < 100_000
    found = open_tree(path)
    with pytest.raises(Unreadable, match="far more than it is"):
        found.entries[0].sha256()
    assert found.spent <= 24 << 20
    assert found.entries[1].read(10) == b"x"


def test_a_member_that_lies_about_its_size(tmp_path: Path):
    """What it says of itself is only shown; what is read is counted."""
    path = archive(tmp_path / "a.zip", {"x": b"y" * 100_000})
    raw = bytearray(path.read_bytes())
    at = raw.rindex(b"PK\x01\x02")
    raw[at + 24 : at + 28] = (10).to_bytes(4, "little")
    path.write_bytes(raw)
    (entry,) = open_tree(path).entries
    assert entry.size == 10
    with pytest.raises(Unreadable):
        entry.read(1000)


def test_everything_that_is_read_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "MOST_BYTES", 10)
    (tmp_path / "a").write_bytes(b"x" * 8)
    (tmp_path / "b").write_bytes(b"x" * 8)
    one, other = open_tree(tmp_path).entries
    assert one.read(8) == b"x" * 8
    with pytest.raises(Unreadable, match="were read from this source"):
        other.read(8)


def test_too_many_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "MOST_ENTRIES", 2)
    for name in "abc":
        (tmp_path / name).touch()
    with pytest.raises(SourceError, match="more than 2 files"):
        open_tree(tmp_path)


def test_damage_is_told_when_it_is_met(tmp_path: Path):
    path = archive(tmp_path / "a.zip", {"x": b"y" * 1000}, method=zipfile.ZIP_STORED)
    path.write_bytes(path.read_bytes().replace(b"yyyyy", b"yyyzy", 1))
    (entry,) = open_tree(path).entries
    with pytest.raises(Unreadable) as caught:
        entry.read(2000)
    assert caught.value.trouble == "damaged"


def test_an_encrypted_member_is_told(tmp_path: Path):
    path = archive(tmp_path / "a.zip", {"x": b"y"})
    raw = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        raw[raw.index(mark) + offset] |= 1
    path.write_bytes(raw)
    (entry,) = open_tree(path).entries
    with pytest.raises(Unreadable, match="encrypted"):
        entry.read(10)


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04"])
def test_no_archive(content: bytes, tmp_path: Path):
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(SourceError, match="is no folder, no ZIP archive"):
        open_tree(tmp_path / "x")


def test_nothing_there(tmp_path: Path):
    with pytest.raises(SourceError, match="No such file"):
        open_tree(tmp_path / "x")


@given(st.integers(0, 400), st.integers(0, 255))
@settings(max_examples=120, deadline=None)
def test_any_damage_is_an_error_or_the_same_content(tmp_path_factory: pytest.TempPathFactory, at: int, flip: int):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a/vpxd.cfg", b"<config>" * 20)
        file.writestr("b.reg", b"REGEDIT4")
    raw = bytearray(buffer.getvalue())
    raw[at % len(raw)] ^= flip
    path = tmp_path_factory.getbasetemp() / f"{os.getpid()}.zip"
    path.write_bytes(raw)
    try:
        entries = open_tree(path).entries
    except SourceError:
        return
    for entry in entries:
        try:
            content = entry.read(1000)
        except Unreadable:
            continue
        assert zlib.crc32(content) in (zlib.crc32(b"<config>" * 20), zlib.crc32(b"REGEDIT4"))
