"""Files are whole or not there, whatever goes wrong while writing."""

from __future__ import annotations

import os
import resource
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from vcaudit.errors import OutputError
from vcaudit.output import check_writable, write_file


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(autouse=True)
def umask() -> object:
    before = os.umask(0o027)
    yield
    os.umask(before)


def test_a_new_file_gets_the_umask_and_evidence_is_private(tmp_path: Path) -> None:
    write_file(tmp_path / "a", b"1")
    write_file(tmp_path / "b", b"2", private=True)
    assert (mode(tmp_path / "a"), mode(tmp_path / "b")) == (0o640, 0o600)
    assert (tmp_path / "a").read_bytes() == b"1"


def test_an_existing_file_keeps_its_mode_but_evidence_becomes_private(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).write_bytes(b"old")
        (tmp_path / name).chmod(0o664)
    write_file(tmp_path / "a", b"new")
    write_file(tmp_path / "b", b"new", private=True)
    assert (mode(tmp_path / "a"), mode(tmp_path / "b")) == (0o664, 0o600)
    assert sorted(os.listdir(tmp_path)) == ["a", "b"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real" / "file")
    write_file(tmp_path / "link", b"x")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real" / "file").read_bytes() == b"x"


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_bytes(b"old")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(OutputError, match=r"report.html: cannot be written: File too large"):
            write_file(path, b"x" * 5000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert os.listdir(tmp_path) == ["report.html"]
    assert path.read_bytes() == b"old"


def test_a_reader_sees_the_old_or_the_new_content_only(tmp_path: Path) -> None:
    path = tmp_path / "f"
    old, new = b"a" * 300_000, b"b" * 300_000
    write_file(path, old)
    seen: set[bytes] = set()
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            seen.add(path.read_bytes())

    reader = threading.Thread(target=read)
    reader.start()
    for index in range(20):
        write_file(path, new if index % 2 else old)
    stop.set()
    reader.join()
    assert seen <= {old, new}


def test_devices_and_pipes_are_written_to_as_they_are(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append((tmp_path / "fifo").read_bytes()))
    reader.start()
    write_file(tmp_path / "fifo", b"through")
    reader.join()
    assert got == [b"through"]
    with pytest.raises(OutputError, match="/dev/full: cannot be written: No space left on device"):
        write_file(Path("/dev/full"), b"x")


def test_what_cannot_be_written_is_known_before(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match="is a folder"):
        check_writable(tmp_path)
    with pytest.raises(OutputError, match="there is no such folder") as caught:
        check_writable(tmp_path / "no" / "report.pdf")
    assert "mkdir -p" in str(caught.value)
    with pytest.raises(OutputError, match="there is no such folder"):
        check_writable(tmp_path / "file" / "report.pdf")
    check_writable(tmp_path / "new")
    with pytest.raises(OutputError, match="cannot be written: Is a directory"):
        write_file(tmp_path, b"x")


STDOUT = "import sys; from vcaudit.output import write_stdout as w; w(b'x' * 200000); sys.stderr.write('alive\\n')"


def test_a_reader_that_goes_away_is_no_error() -> None:
    process = subprocess.Popen([sys.executable, "-c", STDOUT], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == b"alive\n"
    assert process.wait() == 0


def test_a_full_standard_output_is_an_error() -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run([sys.executable, "-c", STDOUT], stdout=full, stderr=subprocess.PIPE, check=False)
    assert b"OutputError: standard output: cannot be written: No space left on device" in done.stderr
