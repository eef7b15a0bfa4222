"""Runs the command that prints a password, without a shell, within a time limit, and keeps what it prints to itself."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from vcaudit.errors import CredentialError
from vcaudit.redaction import remember

SECONDS = 60.0
"""That the command may take; time enough for somebody to unlock what it asks."""
LONGEST = 4096
"""Bytes that it may print: more is no password."""
GRACE = 0.5
"""Seconds for output that is still in the pipe when the program has ended."""
_SEE = "see password_command in the inventory"


def password(words: Sequence[str], folder: Path) -> str:
    """The first line that a command prints; it runs in `folder`, to which a relative program is relative too.

    Raises CredentialError with exit code and the first line of stderr; never with anything of stdout, nor with an
    argument, which can be secrets both.
    """
    program = words[0]
    code, stdout, stderr = _run(words, folder)
    for line in stdout.decode("utf-8", "replace").splitlines():
        # Before anything is said about it: programs repeat on stderr what they have printed.
        remember(line)
    if code:
        said = "".join(each if each.isprintable() else " " for each in _first_line(stderr, "replace"))[:200]
        ended = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
        raise CredentialError(f"{program} {ended}{': ' if said else ''}{said}", hint="run it by hand to see why")
    try:
        value = _first_line(stdout, "strict")
    except UnicodeDecodeError:
        raise CredentialError(f"what {program} printed is not UTF-8 text", hint="let it print UTF-8") from None
    if not value or "\0" in value:
        hint = "the first line that it prints is taken as the password"
        raise CredentialError(f"{program} printed no password", hint=hint)
    return value


def _first_line(output: bytes, errors: str) -> str:
    return output.partition(b"\n")[0].removesuffix(b"\r").decode("utf-8", errors)


def _run(words: Sequence[str], folder: Path) -> tuple[int, bytes, bytes]:
    """Exit code, stdout, stderr."""
    program = words[0]
    # A bare name is looked for as a shell would look.
    found = str(folder / program) if os.path.dirname(program) else program
    try:
        process = subprocess.Popen(  # noqa: S603  (what the owner wrote into the inventory; no shell)
            [found, *words[1:]], cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
    except FileNotFoundError:
        raise CredentialError(f"there is no program {program}", hint=_SEE) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise CredentialError(f"{program} cannot be run: {reason}", hint=_SEE) from None
    try:
        return _read(program, process)
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        process.stderr.close()


def _read(program: str, process: subprocess.Popen[bytes]) -> tuple[int, bytes, bytes]:
    """What it prints until it ends. A helper that it left behind may hold the pipes open: that is not waited for."""
    out, err = bytearray(), bytearray()
    readers = [threading.Thread(target=_take, args=each, daemon=True)
               for each in ((process.stdout, out), (process.stderr, err))]  # fmt: skip
    for reader in readers:
        reader.start()
    end = time.monotonic() + SECONDS
    while process.poll() is None and len(out) <= LONGEST:
        if time.monotonic() >= end:
            hint = "it may wait for an answer that nobody can give it"
            raise CredentialError(f"{program} did not end within {SECONDS:g} s", hint=hint)
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.05)
    for reader in readers:
        reader.join(GRACE)
    if len(out) > LONGEST:
        raise CredentialError(f"{program} printed more than a password", hint="only the password should come out")
    return process.returncode, bytes(out), bytes(err)


def _take(stream: IO[bytes], into: bytearray) -> None:
    """Reads on to the end, and remembers no more than is wanted: a program that prints on is not to fill the memory."""
    with suppress(ValueError, OSError):  # closed under our hands when the time is up
        while chunk := os.read(stream.fileno(), LONGEST):
            if len(into) <= LONGEST:
                into += chunk
