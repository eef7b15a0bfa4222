"""Who may log on to an endpoint: Basic, certificates, and tokens (NTLM, Kerberos, CredSSP) through pyspnego."""

from __future__ import annotations

import base64
import functools
import os
import struct
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

import spnego
from cryptography import x509
from spnego.channel_bindings import GssChannelBindings
from spnego.exceptions import SpnegoError
from spnego.tls import default_tls_context, generate_tls_certificate

from vcaudit.lab.server.tls import UPN

NTLM_USERS, KEYTAB, REPLAYS = "NTLM_USER_FILE", "KRB5_KTNAME", "KRB5RCACHENAME"
_lock = threading.Lock()  # the acceptors find their accounts through environment variables: one at a time


class Accounts:
    """Accounts of one node: name (`CORP\\name`, `name` or `name@corp.example`) → password. Names ignore case.

    `keytab` holds the node's own keys: who has a ticket for it, and an account here, is logged on by Kerberos.
    `certificates` maps principal names (UPN) of client certificates to accounts.
    """

    def __init__(
        self, users: Mapping[str, str], *, keytab: str | None = None, certificates: Mapping[str, str] | None = None
    ) -> None:
        self._users = {name.lower(): password for name, password in users.items()}
        self._certificates = {name.lower(): user for name, user in (certificates or {}).items()}
        if any(sign in text for pair in users.items() for text in pair for sign in ":\r\n"):
            raise ValueError("names and passwords of lab accounts hold no colon and no line break")
        # 0600 by mkstemp; removed by close().
        handle, self._path = tempfile.mkstemp(prefix="vcaudit-lab-")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            for name, password in users.items():
                domain, _, user = name.rpartition("\\")
                file.write(f"{domain}:{user}:{password}\n")
        # A replay cache would be one file of the whole machine; no client of the lab's plays anything again.
        self._environment = {NTLM_USERS: self._path, REPLAYS: "none:", KEYTAB: f"FILE:{keytab or os.devnull}"}

    def close(self) -> None:
        """Removes the acceptor's file."""
        os.unlink(self._path)

    def knows(self, name: str) -> bool:
        """Whether there is an account of this name."""
        return name.lower() in self._users

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

    def certified(self, certificate: bytes | None) -> str | None:
        """The user whom a client's certificate (DER; TLS has verified it) is mapped to, by its principal name."""
        return self._certificates.get(principal(certificate).lower()) if certificate else None

    @contextmanager
    def store(self) -> Iterator[None]:
        """Shows the acceptors these accounts."""
        with _lock, ExitStack() as stack:
            for name, value in self._environment.items():
                stack.callback(_restore, name, os.environ.get(name))
                os.environ[name] = value
            yield

    def negotiation(self, binding: bytes | None) -> Negotiation:
        """A fresh exchange, bound to the TLS connection when `binding` (its certificate's hash) is given.

        A client that does not bind is refused: Windows with CbtHardeningLevel=Strict; its default lets it pass.
        """
        return Negotiation(self, binding)


def _restore(name: str, value: str | None) -> None:
    if value is None:
        del os.environ[name]
    else:
        os.environ[name] = value


def principal(certificate: bytes) -> str:
    """The user principal name among the alternative names of a certificate, else its common name, else nothing."""
    parsed = x509.load_der_x509_certificate(certificate)
    try:
        names = parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        names = x509.SubjectAlternativeName([])
    for name in names.get_values_for_type(x509.OtherName):
        if name.type_id == UPN:
            return name.value[2:].decode("utf-8", "replace")  # behind tag and length of a short UTF8String
    common = parsed.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(common[0].value) if common else ""


class Negotiation:
    """The logon of one TCP connection: bare tokens of NTLM or Kerberos, both wrapped in SPNEGO, or CredSSP."""

    def __init__(self, accounts: Accounts, binding: bytes | None) -> None:
        self._accounts = accounts
        self._binding = GssChannelBindings(application_data=b"tls-server-end-point:" + binding) if binding else None
        self.context: spnego.ContextProxy | None = None
        self.user: str | None = None

    def step(self, token: bytes, scheme: str = "Negotiate") -> bytes | None:
        """The next token to send back; None when refused, the exchange starts anew then. `user` is set at the end."""
        try:
            with self._accounts.store():
                if self.context is None or token.startswith((b"NTLMSSP\0\x01", b"\x60")):
                    self.user = None
                    self.context = _credssp() if scheme == "CredSSP" else self._acceptor(token)
                out = self.context.step(token)
                if not self.context.complete:
                    return out or b""
                self.user = self._known(self.context)
                return out or b"" if self.user else None
        except SpnegoError as error:
            self.context = self.user = None
            # Kerberos says why, in a token.
            said: bytes | None = getattr(error.base_error, "token", None)
            return said
        except (ValueError, LookupError, struct.error):
            # A token that is none.
            self.context = self.user = None
            return None

    def _acceptor(self, token: bytes) -> spnego.ContextProxy:
        _speak_up()
        bare, options = token.startswith(b"NTLMSSP"), spnego.NegotiateOptions
        return spnego.server(
            protocol="ntlm" if bare else "negotiate",
            channel_bindings=self._binding,
            options=options.use_ntlm if bare else options.use_negotiate,
        )

    def _known(self, context: spnego.ContextProxy) -> str | None:
        user: str = context.client_principal or ""
        # A ticket proves who somebody is, not that there is an account here.
        return user if context.negotiated_protocol != "kerberos" or self._accounts.knows(user) else None


@functools.cache
def _speak_up() -> None:
    """Makes a refusal of Kerberos an error with its token, where pyspnego would stumble over a deferred one."""
    library: Any = sys.modules.get("gssapi")  # an extra, which pyspnego has imported if it is there
    if library is not None:
        library.SecurityContext.__DEFER_STEP_ERRORS__ = False


_credssp_identity: list[tuple[bytes, bytes, bytes]] = []


def _credssp() -> spnego.ContextProxy:
    """An acceptor with a certificate of its own, as WinRM's CredSSP has; made once per process."""
    if not _credssp_identity:
        _credssp_identity.append(generate_tls_certificate())
    certificate, key, public = _credssp_identity[0]
    tls = default_tls_context(usage="accept")
    with tempfile.NamedTemporaryFile(prefix="vcaudit-lab-") as file:
        file.write(certificate + key)
        file.flush()
        tls.context.load_cert_chain(file.name)
    tls.public_key = public
    return spnego.server(protocol="credssp", credssp_tls_context=tls,
                         options=spnego.NegotiateOptions.use_negotiate)  # fmt: skip
