"""How far TLS may be weakened for one node that is too old for today's settings, and what the report says about it."""

from __future__ import annotations

import ssl
import threading
import warnings
from typing import Literal

import msgspec

Version = Literal["1.0", "1.1", "1.2", "1.3"]

SAFE_LEVEL = 2
"""OpenSSL's security level below which keys of 1024 bits or signatures with SHA-1 are accepted."""
_VERSIONS = {"1.0": ssl.TLSVersion.TLSv1, "1.1": ssl.TLSVersion.TLSv1_1,
             "1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}  # fmt: skip
_OLD = frozenset({"1.0", "1.1"})
_LEGACY_SERVER_CONNECT = 0x4
"""OpenSSL's option, which ssl names from Python 3.12 on."""
_lock = threading.Lock()


class TlsPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Every field is opt-in: without any, TLS is what this machine has, and never older than 1.2."""

    minimum: Version | None = None
    """Oldest version to speak."""
    security_level: int | None = None
    """OpenSSL's, from 0 (small keys, SHA-1 and MD5 signatures) to 5."""
    common_name: bool = False
    """A certificate without alternative names may bear the address as its common name."""
    legacy_renegotiation: bool = False
    """A node without secure renegotiation (RFC 5746: before MS10-049) may be spoken to."""

    @property
    def weakened(self) -> tuple[str, ...]:
        """What is allowed beyond what is safe today, a sentence each."""
        out = []
        if self.minimum in _OLD:
            out.append(f"version {self.minimum} is accepted (tls.minimum)")
        if self.security_level is not None and self.security_level < SAFE_LEVEL:
            weak = "small keys, signatures with SHA-1 or MD5" if self.security_level == 0 else "keys of 1024 bits"
            out.append(f"security level {self.security_level}: {weak} (tls.security_level)")
        if self.common_name:
            out.append("a certificate may bear its name as common name only (tls.common_name)")
        if self.legacy_renegotiation:
            out.append("renegotiation need not be secure (tls.legacy_renegotiation)")
        return tuple(f"TLS weakened by the inventory: {each}" for each in out)

    def apply(self, context: ssl.SSLContext) -> None:
        """Sets a client's context up. Whom to trust is not decided here."""
        context.hostname_checks_common_name = self.common_name
        if self.minimum:
            # Python warns of TLS 1.0 and 1.1, where the report does; its filters are one for all threads.
            with _lock, warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                context.minimum_version = _VERSIONS[self.minimum]
        elif context.minimum_version < ssl.TLSVersion.TLSv1_2:
            # A system that allows more, by its openssl.cnf, has not been asked to.
            context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self.security_level is not None:
            # Python's own list has no cipher that TLS 1.0 knows.
            context.set_ciphers(f"DEFAULT@SECLEVEL={self.security_level}")
        if self.legacy_renegotiation:
            context.options |= _LEGACY_SERVER_CONNECT
