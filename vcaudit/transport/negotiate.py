"""Logging on with tokens that carry the message encryption as well: NTLM and Kerberos, the first one sent unasked."""

from __future__ import annotations

import base64
import logging
import re
import time
from typing import Any

import requests
import spnego
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from requests.auth import AuthBase
from spnego._ntlm_raw.crypto import ntowfv1  # nowhere else: OpenSSL 3 has no MD4 any more
from spnego.channel_bindings import GssChannelBindings

from vcaudit.errors import AuthenticationFailed, TimedOut, Unreachable
from vcaudit.transport.base import Target
from vcaudit.transport.waiting import LOOK, GivenUp, within
from vcaudit.transport.wire import Wire

# At debug level pyspnego logs its tokens, from which a password can be guessed off line.
logging.getLogger("spnego").setLevel(logging.INFO)


class Sealing:
    """Message encryption in the form that pywinrm asks for."""

    def __init__(self, context: spnego.ContextProxy) -> None:
        self._context = context

    def wrap(self, message: bytes) -> tuple[bytes, bytes]:
        """Sealed message and its signature."""
        sealed = self._context.wrap_winrm(message)
        return sealed.data, sealed.header

    def unwrap(self, message: bytes, signature: bytes) -> bytes:
        """The message. Raises SpnegoError when it was changed on the way."""
        plain: bytes = self._context.unwrap_winrm(signature, message)
        return plain


class TokenAuth(AuthBase):
    """What all logons by token share. `session_security` is set once the node has our last token."""

    scheme = "Negotiate"
    offers = "Negotiate|NTLM"
    """Regular expression of the schemes behind which the node's tokens stand."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._first = True
        self._context: Any = None
        self.session_security: Sealing | None = None

    @property
    def unasked(self) -> bool:
        """Whether the first request carries a token already."""
        return True

    def begin(self) -> bytes | None:
        """The first token."""
        raise AssertionError("each kind of logon has one")

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Prepares a request."""
        request.headers["Connection"] = "Keep-Alive"
        if self._first and self.unasked:
            self._add(request, self.begin())
        self._first = False
        request.hooks["response"].append(self._answered)
        return request

    def _add(self, request: requests.PreparedRequest, token: bytes | None) -> None:
        request.headers["Authorization"] = f"{self.scheme} " + base64.b64encode(token or b"").decode()

    def _answered(self, response: requests.Response, **options: Any) -> requests.Response:
        if self.session_security is None:
            return self._log_on(response, options)
        if response.status_code == 401:
            # The logon belongs to the connection, and something in between has put us on another one.
            raise Unreachable("the node closed the connection", where=self._wire.target.place, retry=True)
        return response

    def _log_on(self, response: requests.Response, options: dict[str, Any]) -> requests.Response:
        raise AssertionError("each kind of logon has one")

    def _token(self, response: requests.Response) -> bytes | None:
        """The node's token, if the answer has one."""
        pattern = rf"\b(?:{self.offers}) ([A-Za-z0-9+/=]+)"
        found = re.search(pattern, response.headers.get("WWW-Authenticate", ""))
        return base64.b64decode(found[1]) if found else None

    def _again(self, response: requests.Response, token: bytes | None, options: dict[str, Any]) -> requests.Response:
        """The same request with the next token."""
        request = response.request.copy()
        self._add(request, token)
        last: requests.Response = response.connection.send(request, **options)
        last.history.append(response)
        return last


class Ntlm(TokenAuth):
    """NTLM that sends its first token with the first request, which saves a round trip."""

    def begin(self) -> bytes | None:
        """NEGOTIATE."""
        target = self._wire.target
        self._context = spnego.client(
            _hashed(target), protocol="ntlm", hostname=target.address, service="http",
            options=spnego.NegotiateOptions.use_ntlm,
        )  # fmt: skip
        token: bytes | None = self._context.step()
        return token

    def _log_on(self, response: requests.Response, options: dict[str, Any]) -> requests.Response:
        if response.status_code != 401:
            return response
        challenge = self._token(response)
        if not challenge:
            return response
        answer = self._context.step(challenge, channel_bindings=bindings(self._wire.certificate))
        last = self._again(response, answer, options)
        self.session_security = Sealing(self._context)
        return last


def _hashed(target: Target) -> spnego.NTLMHash:
    """All that NTLMv2 needs of a password. Of the password itself pyspnego would make the LM hash as well.

    That one is weak, never sent, and an eighth of the CPU of a whole scan: DES, in Python.
    """
    return spnego.NTLMHash(target.user, nt_hash=ntowfv1(target.secret.reveal()).hex())


class Kerberos(TokenAuth):
    """Kerberos: one token to the node, and one back by which the node proves that it is the one we meant."""

    offers = "Negotiate|Kerberos"

    @property
    def unasked(self) -> bool:
        """Over https the token is bound to the connection, which is there only once a request was sent."""
        return self._wire.target.scheme == "http"

    def begin(self) -> bytes | None:
        """Fetches a ticket for the node. libkrb5 waits as long as it likes, so the wire's deadline watches it."""
        wire = self._wire
        try:
            return within(
                self._ticket, f"logon {wire.target.node}", lambda: wire.cut_off or time.monotonic() >= wire.until,
                min(LOOK, wire.left()),
            )  # fmt: skip
        except GivenUp:
            raise TimedOut(
                "the Kerberos servers (KDC) did not answer before the deadline", where=wire.target.place,
                hint="see [realms] of krb5.conf, or the SRV records of the realm; port 88 of a domain controller",
            ) from None

    def _ticket(self) -> bytes | None:
        target = self._wire.target
        # Never delegated: what runs on the node has no business elsewhere.
        self._context = spnego.client(
            _credential(target), protocol="kerberos", service=target.service,
            hostname=target.hostname_override or target.address,
        )  # fmt: skip
        token: bytes | None = self._context.step(channel_bindings=bindings(self._wire.certificate))
        return token

    def _log_on(self, response: requests.Response, options: dict[str, Any]) -> requests.Response:
        if self._context is None:
            if response.status_code != 401 or not re.search(rf"\b(?:{self.offers})\b", self._wire.offered):
                return response
            response = self._again(response, self.begin(), options)
        token = self._token(response)
        if token and not self._context.complete:
            # Raises when it is a refusal (clocks, keys), or not from whom it should be.
            self._context.step(token)
        if response.status_code == 401:
            return response
        if not self._context.complete:
            raise AuthenticationFailed(
                "the node did not prove who it is", where=self._wire.target.place,
                hint="something between here and the node answers in its place; nothing was read",
            )  # fmt: skip
        self.session_security = Sealing(self._context)
        return response


def _credential(target: Target) -> Any:
    if target.keytab:
        return spnego.KerberosKeytab(target.keytab, target.user)
    if target.ticket:
        return spnego.CredentialCache(target.user or None)
    return spnego.Password(target.user, target.secret.reveal())


def bindings(certificate: bytes | None) -> GssChannelBindings | None:
    """Ties the logon to this TLS connection, so that nobody between can use it (RFC 5929, tls-server-end-point)."""
    if not certificate:
        return None
    digest = hashes.Hash(_binding_hash(certificate))
    digest.update(certificate)
    return GssChannelBindings(application_data=b"tls-server-end-point:" + digest.finalize())


def _binding_hash(certificate: bytes) -> hashes.HashAlgorithm:
    try:
        algorithm = x509.load_der_x509_certificate(certificate).signature_hash_algorithm
    except (UnsupportedAlgorithm, ValueError):
        algorithm = None
    weak = algorithm is None or algorithm.name in {"md5", "sha1"}
    return hashes.SHA256() if weak or algorithm is None else algorithm
