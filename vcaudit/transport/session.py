"""pywinrm's Protocol over our own wire: no first 401 where that can be, no proxies, no .netrc, no redirects."""

from __future__ import annotations

from typing import Any, Literal

import requests
from requests.auth import AuthBase, HTTPBasicAuth
from winrm.encryption import Encryption
from winrm.protocol import Protocol
from winrm.transport import Transport

from vcaudit.transport.credssp import CredSsp, CredSspEncryption
from vcaudit.transport.negotiate import Kerberos, Ntlm
from vcaudit.transport.wire import BY_CONNECTION, Adapter, Wire

PLACEHOLDER = "***"
BARE: Literal["basic"] = "basic"
"""What pywinrm is told: any of its own ways of logging on, because ours takes its place."""
READ_TIMEOUT = 3600  # seconds; pywinrm wants one, the wire's own deadline comes first
MUTUAL = "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual"
"""Says that the certificate of the TLS connection is the logon (DSP0226, C.3.1)."""


class Certified(AuthBase):
    """Our certificate has been shown in the TLS handshake."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Prepares a request."""
        request.headers["Authorization"] = MUTUAL
        return request


def _logon(wire: Wire) -> AuthBase:
    target = wire.target
    if target.authentication == "ntlm":
        return Ntlm(wire)
    if target.authentication == "kerberos":
        return Kerberos(wire)
    if target.authentication == "credssp":
        return CredSsp(wire)
    if target.authentication == "certificate":
        return Certified()
    # As UTF-8, which is what requests does with bytes only.
    return HTTPBasicAuth(target.user.encode(), target.secret.reveal().encode())


class NodeTransport(Transport):
    """pywinrm's transport on our session."""

    def __init__(self, wire: Wire, **options: Any) -> None:
        super().__init__(**options)
        self._wire = wire

    def build_session(self) -> requests.Session:
        """The session of this node; the first call over http also agrees on message encryption."""
        if self.session is None:
            self.session = self._new_session()
            if self._wire.target.authentication in BY_CONNECTION and self._wire.target.scheme == "http":
                self.setup_encryption(self.session)
        return self.session

    def setup_encryption(self, session: requests.Session) -> None:
        """Logs on with an empty message; from then on all are sealed."""
        request = session.prepare_request(requests.Request("POST", self.endpoint, data=None))
        self._send_message_request(session, request)
        if isinstance(session.auth, CredSsp):
            self.encryption = CredSspEncryption(session, session.auth)
        else:
            # NTLM and Kerberos are framed alike.
            self.encryption = Encryption(session, "ntlm")

    def _new_session(self) -> requests.Session:
        session = requests.Session()
        # The environment's proxies, CA bundles and ~/.netrc are not what the inventory says.
        session.trust_env = False
        session.max_redirects = 0
        session.headers.clear()
        session.headers.update(self.default_headers)
        session.adapters.clear()
        session.mount(f"{self._wire.target.scheme}://", Adapter(self._wire))
        session.auth = _logon(self._wire)
        return session


def protocol(wire: Wire) -> Protocol:
    """A Protocol for one run in one thread (pywinrm's is not safe for more)."""
    target = wire.target
    assert target.authentication != "local"  # routes.py gives that to another transport
    # The placeholder keeps the password out of the objects that pywinrm makes: only the session's auth needs it.
    made = Protocol(
        target.endpoint, transport=BARE, username=target.user, password=PLACEHOLDER,
        read_timeout_sec=READ_TIMEOUT, proxy=None,
    )  # fmt: skip
    made.transport = NodeTransport(
        wire, endpoint=target.endpoint, username=target.user, password=PLACEHOLDER,
        auth_method=BARE, read_timeout_sec=READ_TIMEOUT,
    )  # fmt: skip
    return made
