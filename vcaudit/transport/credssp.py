"""CredSSP: NTLM inside TLS inside HTTP headers; it hands the node the password, so that it can go on from there."""

from __future__ import annotations

import struct
from typing import Any

import requests
import spnego
from winrm.encryption import Encryption

from vcaudit.errors import AuthenticationFailed
from vcaudit.transport.negotiate import Sealing, TokenAuth

MOST_STEPS = 12
"""Tokens of one logon; TLS 1.2 and NTLM take five."""


class CredSsp(TokenAuth):
    """The node's TLS certificate is not checked in here, by design of the protocol: its key is bound to the logon."""

    scheme = "CredSSP"
    offers = "CredSSP"

    def begin(self) -> bytes | None:
        """The ClientHello of the inner TLS."""
        target = self._wire.target
        user, password = target.user, target.secret.reveal()
        # NTLM on purpose: a password for Kerberos is what `transport: kerberos` is for.
        inner = spnego.client(
            user, password, protocol="ntlm", hostname=target.address, service="HTTP",
            options=spnego.NegotiateOptions.use_ntlm,
        )  # fmt: skip
        self._context = spnego.client(
            user, password, protocol="credssp", hostname=target.address, service="HTTP",
            credssp_negotiate_context=inner,
        )  # fmt: skip
        token: bytes | None = self._context.step()
        return token

    def _log_on(self, response: requests.Response, options: dict[str, Any]) -> requests.Response:
        for _ in range(MOST_STEPS):
            token = self._token(response)
            if response.status_code != 401 or not token:
                break
            response = self._again(response, self._context.step(token), options)
        if response.status_code == 401:
            return response
        if not self._context.complete:
            raise AuthenticationFailed(
                "the node did not prove who it is", where=self._wire.target.place,
                hint="something between here and the node answers in its place; the password was not sent",
            )  # fmt: skip
        self.session_security = Sealing(self._context)
        return response


class CredSspEncryption(Encryption):
    """pywinrm's framing of CredSSP (pieces of 16 kB) around pyspnego's context instead of another library's."""

    def __init__(self, session: requests.Session, logon: CredSsp) -> None:
        super().__init__(session, "credssp")
        self._logon = logon
        self._build_message, self._decrypt_message = self._seal, self._open

    @property
    def _security(self) -> Sealing:
        assert self._logon.session_security is not None  # set by the first, empty message
        return self._logon.session_security

    def _seal(self, message: bytes, host: str | bytes | None) -> bytes:
        sealed, trailer = self._security.wrap(message)
        return struct.pack("<i", len(trailer)) + trailer + sealed

    def _open(self, encrypted_data: bytes, host: str | bytes | None) -> bytes:
        return self._security.unwrap(encrypted_data[4:], b"")
