"""Passwords: where they come from, and a wrapper that cannot be printed by accident.

Never from the command line (other users see it) and never from the inventory (it is shared and versioned).
"""

from __future__ import annotations

import hmac
import os
import shlex
import stat
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from vcaudit.errors import CredentialError
from vcaudit.inventory.types import CredentialSpec
from vcaudit.redaction import remember

_LONGEST = 4096
"""Bytes of a password file: more is another file."""


class Secret:
    """A value that shows `***` wherever it is printed, formatted or dumped; `reveal` gives it where it is used."""

    __slots__ = ("__value",)

    def __init__(self, value: str) -> None:
        self.__value = value

    def reveal(self) -> str:
        """The value itself. Call it only in the argument of what needs it."""
        return self.__value

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format("***", spec)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self.__value.encode(), other.__value.encode())

    def __hash__(self) -> int:
        return hash(Secret)

    def __bool__(self) -> bool:
        return bool(self.__value)

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: object) -> Secret:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not written anywhere")


@dataclass(frozen=True)
class Credential:
    """An account and its password."""

    user: str
    secret: Secret


class Credentials:
    """Looks every credential up once, however many nodes share it; threads may ask at the same time."""

    def __init__(self) -> None:
        self._known: dict[CredentialSpec, Credential | CredentialError] = {}
        self._lock = threading.Lock()

    def of(self, spec: CredentialSpec) -> Credential:
        """The credential of a specification. Raises CredentialError."""
        with self._lock:
            if spec not in self._known:
                # A failure is kept as well: a keyring that stays locked is not to ask once for each node.
                try:
                    self._known[spec] = resolve(spec)
                except CredentialError as error:
                    self._known[spec] = error
            known = self._known[spec]
        if isinstance(known, CredentialError):
            # A fresh one each time: a traceback belongs to one raise.
            raise CredentialError(known.what, where=known.where, hint=known.hint)
        return known

    def ask(self, specs: Iterable[CredentialSpec]) -> None:
        """Looks up what may ask at the terminal, before anything else is shown there.

        Raises CredentialError only for a prompt; what a keyring or command did not give is told where it is needed.
        """
        for spec in specs:
            if spec.source == "prompt":
                self.of(spec)
            elif spec.source in ("keyring", "command"):
                with suppress(CredentialError):
                    self.of(spec)


def resolve(spec: CredentialSpec) -> Credential:
    """Looks a password up where the inventory says it is; from then on no message of ours repeats it.

    Raises CredentialError with what to do about it.
    """
    secret = _SOURCES[spec.source](spec)
    remember(secret.reveal())
    return Credential(user=spec.user or _whoever(), secret=secret)


def _nothing(spec: CredentialSpec) -> Secret:
    return Secret("")


def _whoever() -> str:
    """The account that runs vcaudit, for the report."""
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a number without a name, as in some containers
        return ""


def _from_environment(spec: CredentialSpec) -> Secret:
    value = os.environ.get(spec.place, "")
    if not value:
        raise _failure(spec, f"the environment variable {spec.place} is not set", f"export {spec.place}=…")
    return Secret(value)


def _from_file(spec: CredentialSpec) -> Secret:
    path = Path(spec.place)
    try:
        with path.open("rb") as file:
            # The open file is looked at, so that it cannot be another one by the time it is read.
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise _failure(spec, f"{path} is not a file", "give a file that holds nothing but the password")
            if os.name == "posix" and status.st_mode & 0o077:
                raise _failure(spec, f"{path} can be read by others", f"chmod 600 {path}")
            content = file.read(_LONGEST + 1)
    except OSError as error:
        raise _failure(spec, f"{path} cannot be read: {error.strerror}", "see password_file in the inventory") from None
    try:
        text = content.decode("utf-8-sig").removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise _failure(spec, f"{path} is not UTF-8 text", "write the password as UTF-8") from None
    if not text or len(content) > _LONGEST or "\n" in text or "\0" in text:
        raise _failure(spec, f"{path} does not hold one line with a password", "write it alone on the first line")
    return Secret(text)


def _from_terminal(spec: CredentialSpec) -> Secret:
    if not _has_terminal():
        hint = "without a terminal, use password_env or password_file in the inventory"
        raise _failure(spec, "there is no terminal to ask for the password at", hint)
    import getpass

    try:
        value = getpass.getpass(f"Password of {spec.user} ({spec.name}): ", stream=None)
    except EOFError:
        raise _failure(spec, "no password was given", "type it at the prompt") from None
    if not value:
        raise _failure(spec, "the password given is empty", "type it at the prompt")
    return Secret(value)


def _from_keyring(spec: CredentialSpec) -> Secret:
    service, user = spec.place, spec.words[0]
    try:
        import keyring
        from keyring.errors import KeyringLocked, NoKeyringError
    except ImportError:
        raise _failure(spec, "this vcaudit has no support for keyrings", "pip install 'vcaudit[keyring]'") from None
    other = "or use password_command or password_file in the inventory"
    try:
        value = keyring.get_password(service, user)
    except NoKeyringError:
        raise _failure(spec, "this machine has no keyring to ask", f"start one, {other}") from None
    except KeyringLocked:
        raise _failure(spec, "the keyring is locked", f"unlock it and run again, {other}") from None
    except Exception as error:
        # Everything: backends are other people's programs, and what they say could hold the password.
        hint = f"see whether `keyring get {shlex.quote(service)} {shlex.quote(user)}` works, {other}"
        raise _failure(spec, f"the keyring failed ({type(error).__name__})", hint) from None
    if not value:
        hint = f"keyring set {shlex.quote(service)} {shlex.quote(user)}"
        raise _failure(spec, f"the keyring has no password of {user} for {service}", hint)
    return Secret(value)


def _from_command(spec: CredentialSpec) -> Secret:
    from vcaudit.password_command import password

    try:
        return Secret(password(spec.words, Path(spec.place)))
    except CredentialError as error:
        raise _failure(spec, error.what, error.hint) from None


def _has_terminal() -> bool:
    # getpass would fall back to reading stdin with echo when there is none: that is not a prompt.
    try:
        with open("/dev/tty", "rb"):
            return True
    except OSError:
        return os.name != "posix" and sys.stdin is not None and sys.stdin.isatty()


def _failure(spec: CredentialSpec, what: str, hint: str) -> CredentialError:
    return CredentialError(what, where=f"credential {spec.name}", hint=hint)


_SOURCES: Mapping[str, Callable[[CredentialSpec], Secret]] = {
    "env": _from_environment,
    "file": _from_file,
    "prompt": _from_terminal,
    "keyring": _from_keyring,
    "command": _from_command,
    "none": _nothing,
}
"""How each source of the inventory is looked up."""
