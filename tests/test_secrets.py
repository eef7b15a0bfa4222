"""Passwords cannot be printed, and are looked up where the inventory says, once."""

from __future__ import annotations

import copy
import json
import os
import pickle
import pty
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from vcaudit.errors import CredentialError
from vcaudit.inventory import CredentialSpec
from vcaudit.secrets import Credential, Credentials, Secret, resolve

CANARY = "canary-5d1f"


def spec(source: str, place: str = "") -> CredentialSpec:
    return msgspec.convert({"name": "admin", "user": "CORP\\x", "source": source, "place": place}, CredentialSpec)


def file_with(folder: Path, content: bytes, mode: int = 0o600) -> CredentialSpec:
    path = folder / "password"
    path.write_bytes(content)
    path.chmod(mode)
    return spec("file", str(path))


def test_a_secret_shows_stars_everywhere() -> None:
    secret = Secret(CANARY)
    holder = Credential("x", secret)
    shown = [str(secret), repr(secret), f"{secret}", f"{secret:>20}", "%s" % secret, repr([secret]), repr(holder),  # noqa: UP031
             json.dumps({"a": secret}, default=str), repr(vars(holder))]  # fmt: skip
    assert all("***" in text and CANARY not in text for text in shown)
    assert secret.reveal() == CANARY
    assert not hasattr(secret, "__dict__")


def test_a_secret_is_written_nowhere() -> None:
    for write in (pickle.dumps, msgspec.json.encode, msgspec.to_builtins, json.dumps):
        with pytest.raises(TypeError) as caught:
            write(Secret(CANARY))
        assert CANARY not in str(caught.value)


def test_copies_and_comparisons() -> None:
    secret = Secret(CANARY)
    assert copy.deepcopy([secret])[0] == secret == copy.copy(secret)
    assert secret != Secret("other")
    assert secret != CANARY
    assert len({Secret("a"), Secret("a")}) == 1
    assert (bool(secret), bool(Secret(""))) == (True, False)


def test_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VC_TEST", CANARY)
    assert resolve(spec("env", "VC_TEST")) == Credential("CORP\\x", Secret(CANARY))


@pytest.mark.parametrize("value", [None, ""])
def test_an_environment_variable_that_is_not_there(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    monkeypatch.delenv("VC_TEST", raising=False)
    if value is not None:
        monkeypatch.setenv("VC_TEST", value)
    with pytest.raises(CredentialError, match="credential admin: the environment variable VC_TEST is not set"):
        resolve(spec("env", "VC_TEST"))


@pytest.mark.parametrize("content", [b"canary-5d1f", b"canary-5d1f\n", b"canary-5d1f\r\n", b"\xef\xbb\xbfcanary-5d1f"])
def test_from_a_file(tmp_path: Path, content: bytes) -> None:
    assert resolve(file_with(tmp_path, content)).secret.reveal() == CANARY


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
def test_a_file_that_others_can_reach_is_refused(tmp_path: Path, mode: int) -> None:
    given = file_with(tmp_path, b"x", mode)
    with pytest.raises(CredentialError) as caught:
        resolve(given)
    assert f"chmod 600 {given.place}" in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "does not hold one line"),
        (b"\n", "does not hold one line"),
        (b"canary-5d1f\nmore", "does not hold one line"),
        (b"x" * 5000, "does not hold one line"),
        (b"canary-5d1f\0", "does not hold one line"),
        (b"canary-5d1f\xff", "is not UTF-8 text"),
    ],
)
def test_a_file_that_is_no_password_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(CredentialError, match=said) as caught:
        resolve(file_with(tmp_path, content))
    assert CANARY not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_file_that_is_not_there_or_no_file(tmp_path: Path) -> None:
    with pytest.raises(CredentialError, match="cannot be read: No such file"):
        resolve(spec("file", str(tmp_path / "no")))
    with pytest.raises(CredentialError, match="cannot be read: Is a directory"):
        resolve(spec("file", str(tmp_path)))
    with pytest.raises(CredentialError, match="is not a file"):
        resolve(spec("file", "/dev/null"))


def test_each_credential_is_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    credentials = Credentials()
    monkeypatch.setenv("VC_TEST", CANARY)
    first = credentials.of(spec("env", "VC_TEST"))
    monkeypatch.delenv("VC_TEST")
    assert credentials.of(spec("env", "VC_TEST")) is first


PROMPT = """
from vcaudit.inventory import CredentialSpec
from vcaudit.secrets import resolve
from vcaudit.errors import CredentialError
try:
    print("GOT", resolve(CredentialSpec(name="a", user="u", source="prompt")).secret.reveal()[::-1])
except CredentialError as error:
    print("ERROR", error)
"""


def test_without_a_terminal_there_is_no_prompt() -> None:
    done = subprocess.run([sys.executable, "-c", PROMPT], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          start_new_session=True, check=True)  # fmt: skip
    assert "ERROR credential a: there is no terminal" in done.stdout
    assert "password_env or password_file" in done.stdout


def test_at_a_terminal_the_password_is_asked_for_without_echo() -> None:
    child, terminal = pty.fork()
    if child == 0:
        os.execv(sys.executable, [sys.executable, "-c", PROMPT])
    shown = b""
    while b"): " not in shown:
        shown += os.read(terminal, 1024)
    os.write(terminal, CANARY.encode() + b"\n")
    try:
        while chunk := os.read(terminal, 1024):
            shown += chunk
    except OSError:
        pass  # Linux says so when the other end of a terminal is closed
    os.waitpid(child, 0)
    assert b"Password of u (a): " in shown
    assert b"GOT " + CANARY[::-1].encode() in shown
    assert CANARY.encode() not in shown
