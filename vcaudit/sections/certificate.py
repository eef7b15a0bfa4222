"""rui.crt: what ESX hosts are shown when they are asked to trust this VirtualCenter (Table 1)."""

from __future__ import annotations

import re
import warnings
from datetime import datetime
from typing import TYPE_CHECKING

from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import Certificate

if TYPE_CHECKING:
    from cryptography.x509 import Certificate as X509

_PEM = re.compile(rb"-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----[^-]+-----END (?:X509 |TRUSTED )?CERTIFICATE-----")
_DER = b"\x30"


def read(content: bytes, where: str) -> Certificate | None | Missing:
    """The first certificate of a PEM or DER file; None: none in it; Missing(bad_output): one that cannot be decoded."""
    block = _PEM.search(content)
    if block is None and b"-----BEGIN CERTIFICATE" not in content and not content.startswith(_DER):
        return None
    try:
        with warnings.catch_warnings():
            # certificates of that time have serial numbers and lengths that today's standards frown upon
            warnings.simplefilter("ignore")
            return _facts(_load(block[0] if block else content))
    except (ValueError, TypeError, OverflowError) as error:
        return Missing(reason="bad_output", detail=f"the certificate cannot be decoded: {error}"[:200], where=where)


def _load(content: bytes) -> X509:
    from cryptography import x509

    if content.startswith(_DER):
        return x509.load_der_x509_certificate(content)
    return x509.load_pem_x509_certificate(content)


def _facts(certificate: X509) -> Certificate:
    from cryptography.hazmat.primitives.hashes import SHA256

    return Certificate(
        subject=certificate.subject.rfc4514_string(),
        issuer=certificate.issuer.rfc4514_string(),
        serial=f"{certificate.serial_number:x}",
        not_before=_utc(certificate.not_valid_before_utc),
        not_after=_utc(certificate.not_valid_after_utc),
        sha256=certificate.fingerprint(SHA256()).hex(),
    )


def _utc(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
