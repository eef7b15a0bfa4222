"""One connection to an endpoint: HTTP, authentication, sealing; then WS-Management."""

from __future__ import annotations

import base64
import ssl
import time
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING

from spnego.exceptions import SpnegoError

from vcaudit.lab.server import sealing, wsman
from vcaudit.lab.server.identify import HEADER, identified

if TYPE_CHECKING:
    from vcaudit.lab.server.endpoint import Endpoint

SOAP = "application/soap+xml;charset=UTF-8"
MUTUAL = "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual"
"""In the place of a scheme: the certificate of the TLS connection is the logon."""


class Connection(BaseHTTPRequestHandler):
    """Serves requests until the client, or a fault, closes the connection. NTLM belongs to the connection."""

    protocol_version = "HTTP/1.1"
    server_version = "Microsoft-HTTPAPI/2.0"
    sys_version = ""
    wbufsize = -1
    disable_nagle_algorithm = True
    server: Endpoint  # type: ignore[assignment]  # takes the place of socketserver's own

    def setup(self) -> None:
        """Nobody is logged on yet."""
        super().setup()
        self.negotiation = self.server.accounts.negotiation(self.server.binding)
        self.user: str | None = None
        self.sealed = False
        self.last: str | None = None
        self.kind = "auth"
        self.received = 0

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on stderr: `Endpoint.served` is the log."""

    def do_GET(self) -> None:
        """WinRM answers POST only."""
        self._reply(405)

    def do_POST(self) -> None:
        """One request."""
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        if len(body) < length:
            # The client went away in the middle of it.
            self.close_connection = True
            return
        if self.server.delay:
            time.sleep(self.server.delay)
        self.kind, self.received = "auth", len(body)
        number = self.server.count()
        if number in self.server.faults.drop_at:
            self.server.note(self, 0, 0)
            self.close_connection = True
            return
        # Without `Connection: close`: the client learns of it only when it sends its next request.
        self.close_connection = number in self.server.faults.drop_after
        if self._elsewhere():
            return
        if (identity := identified(self.headers.get(HEADER), body)) is not None:
            self.kind = "Identify"
            self._reply(200, identity)
        elif self._authenticate():
            self._serve(body)

    def _elsewhere(self) -> bool:
        """Faults in which no WinRM answers."""
        faults = self.server.faults
        if "not-winrm" in faults:
            self._reply(404, b"<html>Not Found</html>", "text/html")
        elif "redirect" in faults:
            self._reply(302, extra=[("Location", "https://portal.corp.example/login")])
        elif "server-error" in faults:
            self._reply(500)
        else:
            return False
        return True

    def _reply(
        self, status: int, body: bytes = b"", content_type: str = SOAP, extra: list[tuple[str, str]] | None = None
    ) -> None:
        close = self.close_connection
        self.server.note(self, status, len(body))
        self.send_response(status)
        if body:
            self.send_header("Content-Type", content_type)
        if self.last:
            self.send_header("WWW-Authenticate", self.last)
            self.last = None
        for name, value in extra or []:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = close

    def _challenge(self, token: bytes | None = None, scheme: str = "Negotiate") -> bool:
        """401; always False, so that callers stop there."""
        if token:
            offers = [f"{scheme} " + base64.b64encode(token).decode()]
        else:
            offers = ['Basic realm="WSMAN"' if scheme == "Basic" else scheme for scheme in self.server.schemes]
        self._reply(401, extra=[("WWW-Authenticate", offer) for offer in offers])
        return False

    def _authenticate(self) -> bool:
        scheme, _, credentials = self.headers.get("Authorization", "").partition(" ")
        if not scheme:
            # Without a header only a connection that NTLM has authenticated goes on.
            return self.negotiation.user is not None or self._challenge()
        if scheme == "Basic" and "Basic" in self.server.schemes:
            self.user = self.server.accounts.basic(credentials)
            return self.user is not None or self._challenge()
        if scheme == MUTUAL and self.server.certificates:
            self.user = self.server.accounts.certified(self._shown())
            return self.user is not None or self._challenge()
        # A Kerberos token may come under either name.
        known = "Negotiate" if scheme in {"NTLM", "Kerberos"} else scheme
        if known in {"Negotiate", "CredSSP"} and known in self.server.schemes:
            return self._negotiate(credentials, known)
        return self._challenge()

    def _shown(self) -> bytes | None:
        """The client's certificate, verified in the handshake."""
        shown = self.connection.getpeercert(binary_form=True) if isinstance(self.connection, ssl.SSLSocket) else None
        return shown or None

    def _negotiate(self, credentials: str, scheme: str) -> bool:
        try:
            token = base64.b64decode(credentials, validate=True)
        except ValueError:
            return self._challenge()
        out = self.negotiation.step(token, scheme)
        self.user = self.negotiation.user
        if self.user is None:
            return self._challenge(out, scheme)
        if out:
            # By which the client sees whom it has logged on to.
            self.last = f"{scheme} {base64.b64encode(out).decode()}"
        return True

    def _serve(self, body: bytes) -> None:
        if len(body) > self.server.limits.envelope:
            self._reply(413)
            return
        try:
            message = self._open(body)
        except (SpnegoError, ValueError):
            # Sealed in a session that this connection never had: what WinRM answers after a dropped keep-alive.
            self._reply(400)
            return
        if message is None:
            self._reply(500)
        elif not message:
            self._reply(200)
        else:
            self._perform(message)

    def _open(self, body: bytes) -> bytes | None:
        """The message inside; None when it came unsealed where that is not allowed."""
        self.sealed = self.headers.get("Content-Type", "").startswith("multipart/")
        if self.sealed:
            if self.negotiation.context is None:
                raise ValueError("sealed without a session")
            return sealing.unseal(self.negotiation.context, body)
        if body and self.server.identity is None and not self.server.allow_unencrypted:
            return None
        return body

    def _perform(self, message: bytes) -> None:
        request = wsman.Envelope(message)
        self.kind = request.header("a:Action").rpartition("/")[2]
        user = self.user or self.negotiation.user or ""
        try:
            status, data = 200, self.server.shells.perform(request, user)
        except wsman.WsmanFault as fault:
            status, data = 500, wsman.refusal(request, fault)
        content_type = SOAP
        if self.sealed and self.negotiation.context is not None:
            content_type = sealing.content_type(self.negotiation.context, data)
            data = sealing.seal(self.negotiation.context, data)
        self._reply(status, data, content_type)
