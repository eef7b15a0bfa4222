"""Who may log on to an endpoint: Basic, and NTLM through pyspnego's acceptor."""

from __future__ import annotations

import base64
import os
import struct
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import spnego
from spnego.channel_bindings import GssChannelBindings
from spnego.exceptions import SpnegoError

VARIABLE = "NTLM_USER_FILE"
_lock = threading.Lock()  # the acceptor finds its accounts through an environment variable: one at a time


class Accounts:
    """Accounts of one node: name (`CORP\\name`, `name` or `name@corp.example`) → password. Names ignore case."""

    def __init__(self, users: Mapping[str, str]) -> None:
        self._users = {name.lower(): password for name, password in users.items()}
        if any(sign in text for pair in users.items() for text in pair for sign in ":\r\n"):
            raise ValueError("names and passwords of lab accounts hold no colon and no line break")
        # 0600 by mkstemp; removed by close().
        handle, self._path = tempfile.mkstemp(prefix="vcaudit-lab-")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            for name, password in users.items():
                domain, _, user = name.rpartition("\\")
                file.write(f"{domain}:{user}:{password}\n")

    def close(self) -> None:
        """Removes the acceptor's file."""
        os.unlink(self._path)

    def basic(self, credentials: str) -> str | None:
        """The user of a Basic header, if the password is right."""
        try:
            pair = base64.b64decode(credentials)
        except ValueError:
            return None
        # Clients send either; every byte string is Latin-1.
        for encoding in ("utf-8", "latin-1"):
            user, _, password = pair.decode(encoding, "replace").partition(":")
            if self._users.get(user.lower()) == password:
                return user
        return None

    @contextmanager
    def _store(self) -> Iterator[None]:
        with _lock:
            before = os.environ.get(VARIABLE)
            os.environ[VARIABLE] = self._path
            try:
                yield
            finally:
                if before is None:
                    del os.environ[VARIABLE]
                else:
                    os.environ[VARIABLE] = before

    def negotiation(self, binding: bytes | None) -> Negotiation:
        """A fresh NTLM exchange, bound to the TLS connection when `binding` (its certificate's hash) is given.

        A client that does not bind is refused: Windows with CbtHardeningLevel=Strict; its default lets it pass.
        """
        return Negotiation(self, binding)


class Negotiation:
    """NTLM on one TCP connection: bare NTLMSSP tokens, or wrapped in SPNEGO."""

    def __init__(self, accounts: Accounts, binding: bytes | None) -> None:
        self._accounts = accounts
        self._binding = GssChannelBindings(application_data=b"tls-server-end-point:" + binding) if binding else None
        self.context: spnego.ContextProxy | None = None
        self.user: str | None = None

    def step(self, token: bytes) -> bytes | None:
        """The next token to send back; None when refused, the exchange starts anew then. `user` is set at the end."""
        try:
            with self._accounts._store():
                if self.context is None or token.startswith((b"NTLMSSP\0\x01", b"\x60")):
                    self.user = None
                    bare, options = token.startswith(b"NTLMSSP"), spnego.NegotiateOptions
                    self.context = spnego.server(
                        protocol="ntlm" if bare else "negotiate",
                        channel_bindings=self._binding,
                        options=options.use_ntlm if bare else options.use_negotiate,
                    )
                out = self.context.step(token)
        except (SpnegoError, ValueError, LookupError, struct.error):
            # The others than SpnegoError: a token that is none.
            self.context = self.user = None
            return None
        if self.context.complete:
            self.user = self.context.client_principal
        return out or b""
