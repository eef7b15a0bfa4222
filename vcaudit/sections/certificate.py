"""rui.crt: what ESX hosts are shown when they are asked to trust this VirtualCenter (Table 1)."""

from __future__ import annotations

import re
import warnings
from datetime import datetime
from hashlib import sha256
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
        names=_names(certificate),
        modulus=_modulus(certificate),
    )


def _names(certificate: X509) -> tuple[str, ...] | Missing:
    """Whoever connects looks for one of them; a name of another kind (a mail address, a directory) is none."""
    from cryptography.x509 import DNSName, ExtensionNotFound, GeneralName, IPAddress, SubjectAlternativeName
    from cryptography.x509.oid import NameOID

    found = [str(one.value) for one in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    others: list[GeneralName] = []
    try:
        others = list(certificate.extensions.get_extension_for_class(SubjectAlternativeName).value)
    except ExtensionNotFound:
        pass  # the usual one of that time
    except ValueError as error:
        return Missing(reason="bad_output", detail=f"its extensions cannot be decoded: {error}"[:200])
    found += [str(one.value) for one in others if isinstance(one, DNSName | IPAddress)]
    return tuple(dict.fromkeys(found))


def _modulus(certificate: X509) -> str | None | Missing:
    """As the node computes it of the key (`Modulus` in collector.ps1)."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm) as error:
        return Missing(reason="bad_output", detail=f"its public key cannot be decoded: {error}"[:200])
    if not isinstance(key, RSAPublicKey):
        return None
    number = key.public_numbers().n
    return sha256(number.to_bytes((number.bit_length() + 7) // 8, "big")).hexdigest()


def _utc(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
