"""Passwords from a keyring and from a command's output: asked for once, and never said again."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import keyring
import keyring.backends.fail
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked

from vcaudit import password_command
from vcaudit.errors import CredentialError
from vcaudit.inventory import CredentialSpec
from vcaudit.secrets import Credentials, resolve

CANARY = "canary-9e0c"


class Shelf(KeyringBackend):
    """A backend of keyring that keeps passwords in memory, and counts how often it is asked."""

    priority: ClassVar[float] = 1
    kept: ClassVar[dict[tuple[str, str], str]] = {}
    asked: ClassVar[list[str]] = []
    trouble: ClassVar[Exception | None] = None

    def get_password(self, service: str, username: str) -> str | None:
        self.asked.append(service)
        if self.trouble is not None:
            raise self.trouble
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


@pytest.fixture
def shelf() -> Iterator[type[Shelf]]:
    before = keyring.get_keyring()
    keyring.set_keyring(Shelf())
    Shelf.kept.clear()
    Shelf.asked.clear()
    Shelf.trouble = None
    yield Shelf
    keyring.set_keyring(before)


def in_keyring(user: str = "CORP\\x") -> CredentialSpec:
    return CredentialSpec(name="admin", user="CORP\\x", source="keyring", place="vcaudit", words=(user,))


def printed(*words: str, folder: Path | str = "/") -> CredentialSpec:
    return CredentialSpec(name="admin", user="CORP\\x", source="command", place=str(folder), words=words)


def python(code: str, *arguments: str) -> CredentialSpec:
    return printed(sys.executable, "-c", code, *arguments)


def refusal(spec: CredentialSpec) -> str:
    with pytest.raises(CredentialError) as caught:
        resolve(spec)
    assert caught.value.__cause__ is None
    assert CANARY not in str(caught.value)
    assert str(caught.value).startswith("credential admin: ")
    return str(caught.value)


def test_from_a_keyring(shelf: type[Shelf]) -> None:
    keyring.set_password("vcaudit", "CORP\\x", CANARY)
    keyring.set_password("vcaudit", "other", "canary-other")
    assert resolve(in_keyring()).secret.reveal() == CANARY
    assert resolve(in_keyring("other")).secret.reveal() == "canary-other"
    assert resolve(in_keyring("other")).user == "CORP\\x"


def test_a_keyring_that_has_no_such_password(shelf: type[Shelf]) -> None:
    said = refusal(in_keyring())
    assert "the keyring has no password of CORP\\x for vcaudit" in said
    assert "keyring set vcaudit 'CORP\\x'" in said


def test_a_keyring_in_trouble(shelf: type[Shelf]) -> None:
    shelf.trouble = KeyringLocked(f"cannot show {CANARY}")
    assert "the keyring is locked" in refusal(in_keyring())
    shelf.trouble = RuntimeError(f"cannot show {CANARY}")
    assert "the keyring failed (RuntimeError)" in refusal(in_keyring())


def test_a_machine_without_a_keyring(shelf: type[Shelf]) -> None:
    keyring.set_keyring(keyring.backends.fail.Keyring())
    said = refusal(in_keyring())
    assert "this machine has no keyring to ask" in said
    assert "password_command" in said


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert "pip install 'vcaudit[keyring]'" in refusal(in_keyring())


def test_everything_is_looked_up_once_its_failure_too(shelf: type[Shelf]) -> None:
    credentials = Credentials()
    credentials.ask([in_keyring(), in_keyring()])
    for _ in range(3):
        with pytest.raises(CredentialError, match="has no password"):
            credentials.of(in_keyring())
    assert shelf.asked == ["vcaudit"]


def test_from_the_first_line_of_a_command(tmp_path: Path) -> None:
    assert resolve(python(f"print('{CANARY}'); print('user: x')")).secret.reveal() == CANARY
    assert resolve(python(f"print('{CANARY}', end='\\r\\n')")).secret.reveal() == CANARY
    script = tmp_path / "show"
    script.write_text('#!/bin/sh\nprintf "%s in %s" "$1" "$PWD"\n')
    script.chmod(0o755)
    assert resolve(printed("./show", "$HOME;x", folder=tmp_path)).secret.reveal() == f"$HOME;x in {tmp_path}"


def test_a_command_is_run_once(tmp_path: Path) -> None:
    credentials = Credentials()
    spec = python(f"open('{tmp_path}/log', 'a').write('.'); print('{CANARY}')")
    credentials.ask([spec])
    assert [credentials.of(spec).secret.reveal() for _ in range(3)] == [CANARY] * 3
    assert (tmp_path / "log").read_text() == "."


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (f"import sys; print('{CANARY}'); sys.exit('no store for {CANARY}\\nmore')",
         "ended with exit code 1: no store for ***"),
        ("import sys; sys.exit(7)", "ended with exit code 7\n"),
        ("import sys; sys.stderr.write('\\x1b[2Jx'); sys.exit(2)", "ended with exit code 2:  [2Jx"),
        (f"import os; print('{CANARY}', flush=True); os.kill(os.getpid(), 9)", "was ended by signal 9"),
        ("", "printed no password"),
        ("print()", "printed no password"),
        (f"print('{CANARY}\\0')", "printed no password"),
        ("import sys; sys.stdout.buffer.write(b'\\xff')", "is not UTF-8 text"),
        ("while True: print('x' * 1000)", "printed more than a password"),
    ],
)  # fmt: skip
def test_a_command_that_gives_none(code: str, said: str) -> None:
    message = refusal(python(code, "canary-9e0c-argument"))
    assert said in message
    assert sys.executable in message


def test_programs_that_are_not_there_or_cannot_be_run(tmp_path: Path) -> None:
    assert "there is no program nosuchprogram" in refusal(printed("nosuchprogram"))
    (tmp_path / "plain").write_text("x")
    assert "./plain cannot be run: Permission denied" in refusal(printed("./plain", folder=tmp_path))
    assert "cannot be run: ValueError" in refusal(printed("a\0b"))


def test_a_command_that_hangs_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(password_command, "SECONDS", 0.5)
    begin = time.monotonic()
    assert "did not end within 0.5 s" in refusal(python(f"import time; print('{CANARY}', flush=True); time.sleep(60)"))
    assert time.monotonic() - begin < 5


def test_a_helper_left_behind_is_not_waited_for() -> None:
    begin = time.monotonic()
    code = f"import subprocess; subprocess.Popen(['sleep', '20']); print('{CANARY}')"
    assert resolve(python(code)).secret.reveal() == CANARY
    assert time.monotonic() - begin < 10
