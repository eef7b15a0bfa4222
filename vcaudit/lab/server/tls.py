"""A certificate authority of the lab's own, and the certificates its endpoints show.

Made once per process and kept in a temporary directory (0700) that goes with the process: endpoints start often.
"""

from __future__ import annotations

import datetime
import functools
import hashlib
import ipaddress
import ssl
import tempfile
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

HERE = ("127.0.0.1", "localhost")
DAY = datetime.timedelta(days=1)


class Identity(msgspec.Struct, frozen=True):
    """What one endpoint shows: its TLS settings and the hash of its certificate."""

    context: ssl.SSLContext
    der_sha256: bytes

    @property
    def fingerprint(self) -> str:
        """As an inventory pins it: hexadecimal pairs with colons."""
        return self.der_sha256.hex(":").upper()


class Authority:
    """Signs the certificates of simulated nodes."""

    def __init__(self, name: str = "vcaudit lab") -> None:
        # The object holds the directory: it is removed when the process ends.
        self._folder = tempfile.TemporaryDirectory(prefix="vcaudit-lab-")
        self._name = name
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._certificate = self._sign(name, self._key.public_key(), authority=True)
        self.ca_file = Path(self._folder.name) / "ca.pem"
        """For the inventory: the PEM file to trust."""
        self.ca_file.write_bytes(self._certificate.public_bytes(serialization.Encoding.PEM))
        self._issued = 0

    def identity(self, hosts: tuple[str, ...] = HERE, *, expired: bool = False) -> Identity:
        """TLS settings with a new certificate for `hosts` (names or addresses)."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._sign(hosts[0], key.public_key(), hosts=hosts, expired=expired)
        self._issued += 1
        pem = Path(self._folder.name) / f"{self._issued}.pem"
        pem.touch(0o600)
        # ssl loads keys from files only.
        pem.write_bytes(
            certificate.public_bytes(serialization.Encoding.PEM)
            + key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        pem.unlink()
        der = certificate.public_bytes(serialization.Encoding.DER)
        return Identity(context, hashlib.sha256(der).digest())

    def _sign(
        self,
        name: str,
        key: ec.EllipticCurvePublicKey,
        *,
        hosts: tuple[str, ...] = (),
        expired: bool = False,
        authority: bool = False,
    ) -> x509.Certificate:
        now = datetime.datetime.now(datetime.UTC)
        end = now - DAY if expired else now + 30 * DAY
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self._name)]))
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(end - 60 * DAY)
            .not_valid_after(end)
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        )
        if hosts:
            builder = builder.add_extension(x509.SubjectAlternativeName([_name(h) for h in hosts]), critical=False)
            builder = builder.add_extension(
                x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False
            )
        return builder.sign(self._key, hashes.SHA256())


def _name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


@functools.cache
def authority() -> Authority:
    """The lab's authority, one per process."""
    return Authority()


@functools.cache
def identity_for(faults: frozenset[str]) -> Identity:
    """The certificate of an endpoint on 127.0.0.1 with these faults, one per process and kind."""
    signer = Authority("nobody") if "tls-untrusted" in faults else authority()
    hosts = ("othernode.corp.example",) if "tls-other-host" in faults else HERE
    return signer.identity(hosts, expired="tls-expired" in faults)
