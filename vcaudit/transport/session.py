"""pywinrm's Protocol over our own wire: NTLM without the first 401, no proxies, no .netrc, no redirects."""

from __future__ import annotations

import base64
import logging
import re
from typing import Any

import requests
import spnego
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from requests.auth import AuthBase, HTTPBasicAuth
from spnego.channel_bindings import GssChannelBindings
from winrm.protocol import Protocol
from winrm.transport import Transport

from vcaudit.errors import Unreachable
from vcaudit.transport.wire import Adapter, Wire

PLACEHOLDER = "***"
READ_TIMEOUT = 3600  # seconds; pywinrm wants one, the wire's own deadline comes first

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


class Ntlm(AuthBase):
    """NTLM that sends its first token with the first request, which saves a round trip."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        target = wire.target
        self._context = spnego.client(
            target.user, target.secret.reveal(), protocol="ntlm", hostname=target.address, service="http",
            options=spnego.NegotiateOptions.use_ntlm,
        )  # fmt: skip
        self._begun = False
        self.session_security: Sealing | None = None
        """Set once the node has our answer to its challenge."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Prepares a request."""
        request.headers["Connection"] = "Keep-Alive"
        if not self._begun:
            self._begun = True
            self._add(request, self._context.step())
        request.hooks["response"].append(self._answered)
        return request

    @staticmethod
    def _add(request: requests.PreparedRequest, token: bytes | None) -> None:
        request.headers["Authorization"] = "Negotiate " + base64.b64encode(token or b"").decode()

    def _answered(self, response: requests.Response, **options: Any) -> requests.Response:
        if response.status_code != 401:
            return response
        if self.session_security is not None:
            # NTLM belongs to the connection, and something in between has put us on another one.
            raise Unreachable("the node closed the connection", where=self._wire.target.place, retry=True)
        challenge = re.search(r"\b(?:Negotiate|NTLM) ([A-Za-z0-9+/=]+)", response.headers.get("WWW-Authenticate", ""))
        if not challenge:
            return response
        request = response.request.copy()
        self._add(request, self._context.step(base64.b64decode(challenge[1]), channel_bindings=self._bindings()))
        last: requests.Response = response.connection.send(request, **options)
        last.history.append(response)
        self.session_security = Sealing(self._context)
        return last

    def _bindings(self) -> GssChannelBindings | None:
        """Ties the logon to this TLS connection, so that nobody between can use it (RFC 5929, tls-server-end-point)."""
        if not self._wire.certificate:
            return None
        digest = hashes.Hash(_binding_hash(self._wire.certificate))
        digest.update(self._wire.certificate)
        return GssChannelBindings(application_data=b"tls-server-end-point:" + digest.finalize())


def _binding_hash(certificate: bytes) -> hashes.HashAlgorithm:
    try:
        algorithm = x509.load_der_x509_certificate(certificate).signature_hash_algorithm
    except (UnsupportedAlgorithm, ValueError):
        algorithm = None
    weak = algorithm is None or algorithm.name in {"md5", "sha1"}
    return hashes.SHA256() if weak or algorithm is None else algorithm


class NodeTransport(Transport):
    """pywinrm's transport on our session."""

    def __init__(self, wire: Wire, **options: Any) -> None:
        super().__init__(**options)
        self._wire = wire

    def build_session(self) -> requests.Session:
        """The session of this node; the first call over http also agrees on message encryption."""
        if self.session is None:
            self.session = self._new_session()
            if self.auth_method == "ntlm" and self._wire.target.scheme == "http":
                self.setup_encryption(self.session)
        return self.session

    def _new_session(self) -> requests.Session:
        session = requests.Session()
        # The environment's proxies, CA bundles and ~/.netrc are not what the inventory says.
        session.trust_env = False
        session.max_redirects = 0
        session.headers.clear()
        session.headers.update(self.default_headers)
        session.adapters.clear()
        session.mount(f"{self._wire.target.scheme}://", Adapter(self._wire))
        if self.auth_method == "ntlm":
            session.auth = Ntlm(self._wire)
        else:
            target = self._wire.target
            # As UTF-8, which is what requests does with bytes only.
            session.auth = HTTPBasicAuth(target.user.encode(), target.secret.reveal().encode())
        return session


def protocol(wire: Wire) -> Protocol:
    """A Protocol for one run in one thread (pywinrm's is not safe for more)."""
    target = wire.target
    assert target.authentication != "local"  # routes.py gives that to another transport
    # The placeholder keeps the password out of the objects that pywinrm makes: only the session's auth needs it.
    made = Protocol(
        target.endpoint, transport=target.authentication, username=target.user, password=PLACEHOLDER,
        read_timeout_sec=READ_TIMEOUT, proxy=None,
    )  # fmt: skip
    made.transport = NodeTransport(
        wire, endpoint=target.endpoint, username=target.user, password=PLACEHOLDER,
        auth_method=target.authentication, read_timeout_sec=READ_TIMEOUT,
    )  # fmt: skip
    return made
