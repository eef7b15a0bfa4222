"""The collector's own text on simulated nodes: files and folders, and what is covered in them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import pytest

from vcaudit.capture import Limits, Request
from vcaudit.snapshot.base import Missing

from .rich import NODE, ask, changed, reason


def one_file(path: str, mode: str, node: Mapping[str, Any] = NODE, **more: Any) -> Any:
    found = ask(Request("file", "f", (path, mode)), node=node, **more).files("f")
    assert not isinstance(found, Missing)
    assert len(found) == 1
    return found[0]


def test_text_is_covered_before_it_leaves() -> None:
    file = one_file("%allusersprofile%\\VPXD.CFG", "text")
    assert file.content == b"<config><password>***</password><a>1</a></config>\r\n"
    original = b"<config><password>CANARY-config</password><a>1</a></config>\r\n"
    assert (file.size, file.sha256) == (len(original), hashlib.sha256(original).hexdigest())
    assert (file.redacted, file.withheld, file.modified) == (True, None, "2007-06-19T10:00:00Z")


def test_modes() -> None:
    assert one_file("C:\\Programs\\VC\\vpxd.exe", "version").version == "2.0.1.42389"
    assert one_file("C:\\Programs\\VC\\vpxd.exe", "version").sha256 is None
    assert one_file("C:\\big.txt", "version").version is None, "0.0.0.0 is no version"
    assert one_file("C:\\big.txt", "hash").content is None
    large = one_file("C:\\big.txt", "text", limits=Limits(file_bytes=4999))
    assert (large.withheld, large.content, large.size) == ("too large", None, 5000)


@pytest.mark.parametrize("path", ["C:\\Programs\\VC\\ssl\\rui.key"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-be", "utf-16-le", "utf-32"])
def test_a_private_key_never_leaves(path: str, encoding: str) -> None:
    key = {"text": NODE["files"][path], "encoding": encoding}
    file = one_file(path, "text", changed(files={path: key}))
    assert (file.content, file.withheld) == (None, "private key")
    assert len(file.sha256) == 64


@pytest.mark.parametrize(
    ("encoding", "mark", "withheld"),
    [
        ("utf-8", "", None), ("utf-8-sig", "", None), ("latin-1", "", None), ("utf-16", "", None),
        ("utf-16-le", "\ufeff", None), ("utf-16-be", "\ufeff", None), ("utf-16-le", "", None),
        ("utf-16-be", "", "unknown encoding"), ("utf-32", "", "unknown encoding"),
    ],
)  # fmt: skip
def test_secrets_are_found_in_every_encoding(encoding: str, mark: str, withheld: str | None) -> None:
    text = f"{mark}<a>é</a><password>CANARY-1</password><password>CANARY-2</password>ü"
    node = changed(files={"C:\\x.cfg": {"text": text, "encoding": encoding}})
    file = one_file("C:\\x.cfg", "text", node)
    assert file.withheld == withheld
    # what does not say its encoding may hold lengths, as the file of a scheduled task does
    stars = "********" if (encoding, mark) == ("utf-16-le", "") else "***"
    expected = text.replace("CANARY-1", stars).replace("CANARY-2", stars).encode(encoding)
    assert file.content == (None if withheld else expected)


def test_without_a_group_the_whole_match_is_covered() -> None:
    deny = Request("deny", "d", ("text", r"key=\w+"))
    optional = Request("deny", "e", ("text", r"(?:a=(\w+)|b=(\w+))"))
    node = changed(files={"C:\\x": "key=CANARY a=CANARY b=CANARY c=kept"})
    found = ask(deny, optional, Request("file", "f", ("C:\\x", "text")), node=node).files("f")
    assert found[0].content == b"*** a=*** b=*** c=kept"  # type: ignore[index]


@pytest.mark.parametrize(
    ("path", "part", "expected", "word"),
    [
        ("C:\\no.txt", {}, "not_found", "80070002"),
        ("C:\\no\\no.txt", {}, "not_found", "80070003"),
        ("D:\\no.txt", {}, "not_found", "80070003"),
        ("C:\\empty", {}, "unavailable", "is a directory"),
        ("C:\\big.txt", {"denied": ["C:\\big.txt"]}, "access_denied", "80070005"),
        ("C:\\Programs\\VC\\ssl\\rui.crt", {"denied": ["C:\\Programs"]}, "access_denied", "80070005"),
        ("C:\\big.txt", {"broken": {"C:\\big.txt": "80070020"}}, "unavailable", "80070020"),
        ("%NoSuch%\\x", {}, "not_installed", "variable not set"),
        ("%SystemRoot%\\%NoSuch%\\x", {}, "not_installed", "variable not set"),
        ("vpxd.cfg", {}, "bad_output", "not an absolute path"),
        ("C:vpxd.cfg", {}, "bad_output", "not an absolute path"),
    ],
)
def test_why_a_file_gives_nothing(path: str, part: dict[str, Any], expected: str, word: str) -> None:
    file = one_file(path, "text", changed(**part))
    assert reason(file.failure) == expected
    assert word in file.failure.detail
    assert (file.size, file.sha256, file.content) == (None, None, None)


@pytest.mark.parametrize("name", ["50% to 100% old.crt", "a %TEMP%.lic", "%NoSuch%.crt", "x %SystemRoot%.crt"])
def test_a_name_from_a_listing_is_no_variable(name: str) -> None:
    """Windows lets a name hold %: only a configured path can mean a variable by it."""
    node = changed(files={f"C:\\Programs\\VC\\ssl\\{name}": "x"})
    folder = ask(Request("folder", "d", ("%ProgramFiles%\\VC\\ssl", r"", "0")), node=node).folder("d")
    assert not isinstance(folder, Missing)
    (found,) = [file for file in folder.files if file.name == name]
    assert (found.failure, found.size) == (None, 1)


def test_a_folder_with_what_is_below_it() -> None:
    folder = ask(Request("folder", "d", ("%ProgramFiles%\\VC", r"\.(xml|key)$", "9"))).folder("d")
    assert not isinstance(folder, Missing)
    assert (folder.path, folder.failure, folder.deeper) == ("C:\\Programs\\VC", None, False)
    names = ["ssl\\rui.crt", "ssl\\rui.key", "upgrade\\b.xml", "upgrade\\one\\two\\three.txt", "vpxd.exe"]
    assert [file.name for file in folder.files] == names
    assert [file.content for file in folder.files] == [None, None, b"<b/>", None, None]
    assert [file.withheld for file in folder.files] == [None, "private key", None, None, None]
    assert all(file.sha256 and file.path == f"C:\\Programs\\VC\\{file.name}" for file in folder.files)


def test_depth_is_what_was_asked_for_and_says_so() -> None:
    for depth, count, deeper in (("0", 1, True), ("1", 4, True), ("2", 4, True), ("3", 5, False)):
        folder = ask(Request("folder", "d", ("C:\\Programs\\VC", "", depth))).folder("d")
        assert not isinstance(folder, Missing)
        assert (len(folder.files), folder.deeper, folder.failure) == (count, deeper, None)


@pytest.mark.parametrize(
    ("path", "part", "expected"),
    [
        ("C:\\no", {}, "not_found"),
        ("E:\\", {}, "not_found"),
        ("C:\\big.txt", {}, "unavailable"),
        ("C:\\Programs", {"denied": ["C:\\Programs"]}, "access_denied"),
        ("C:\\Programs", {"denied": ["C:\\Programs\\VC\\upgrade"]}, "access_denied"),
        ("%NoSuch%", {}, "not_installed"),
        ("Programs", {}, "bad_output"),
    ],
)
def test_why_a_folder_is_not_whole(path: str, part: dict[str, Any], expected: str) -> None:
    folder = ask(Request("folder", "d", (path, "", "9")), node=changed(**part)).folder("d")
    assert not isinstance(folder, Missing)
    assert reason(folder.failure) == expected


def test_an_empty_folder_is_there() -> None:
    folder = ask(Request("folder", "d", ("C:\\empty\\", "", "9"))).folder("d")
    assert not isinstance(folder, Missing)
    assert (folder.path, folder.files, folder.failure) == ("C:\\empty", (), None)


def test_a_file_of_a_folder_that_cannot_be_read() -> None:
    node = changed(broken={"C:\\Programs\\VC\\ssl\\rui.crt": "80070020"})
    folder = ask(Request("folder", "d", ("C:\\Programs\\VC\\ssl", "", "9")), node=node).folder("d")
    assert not isinstance(folder, Missing)
    assert [None if file.failure is None else file.failure.reason for file in folder.files] == ["unavailable", None]
    assert folder.failure is None


def test_too_many_files() -> None:
    """All folders of a run share the limit."""
    first, second = (Request("folder", id, ("C:\\Programs", "", "9")) for id in ("a", "b"))
    answer = ask(first, second, limits=Limits(registry_values=9))
    assert answer.failure("a") is None
    assert reason(answer.folder("b")) == "refused"
    assert ask(first, second, limits=Limits(registry_values=10)).failure("b") is None


def test_fips_takes_the_other_provider() -> None:
    assert one_file("C:\\empty.txt", "hash", changed(files={"C:\\empty.txt": ""}), fips=True).sha256.startswith(
        "e3b0c4"
    )
