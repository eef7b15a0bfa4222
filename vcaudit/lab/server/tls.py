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
import warnings
from pathlib import Path
from typing import TypeAlias

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

HERE = ("127.0.0.1", "localhost")
DAY = datetime.timedelta(days=1)
UPN = x509.ObjectIdentifier("1.3.6.1.4.1.311.20.2.3")
"""A user principal name among the alternative names, as Windows maps certificates by it."""
Key: TypeAlias = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


class Look(msgspec.Struct, frozen=True):
    """What is old about an endpoint's TLS."""

    version: ssl.TLSVersion | None = None
    """The only one that is spoken."""
    small: bool = False
    """The certificate's key is RSA of 1024 bits."""
    common_name_only: bool = False
    """It bears its name as common name, and has no alternative names."""


NEW = Look()


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
        self._certificate = self._sign(name, self._key.public_key(), [], None)
        self.ca_file = Path(self._folder.name) / "ca.pem"
        """For the inventory: the PEM file to trust."""
        self.ca_file.write_bytes(self._certificate.public_bytes(serialization.Encoding.PEM))
        self._issued = 0

    def identity(
        self, hosts: tuple[str, ...] = HERE, *, expired: bool = False, look: Look = NEW, clients: Path | None = None
    ) -> Identity:
        """TLS settings with a new certificate for `hosts` (names or addresses).

        `look`: what is old about it; `clients`: the authorities whose client certificates are asked for.
        """
        certificate, key = self.issue(hosts[0], hosts=hosts, expired=expired, look=look)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if look.version is not None:
            _only(context, look.version)
        if look.small:
            context.set_ciphers("DEFAULT@SECLEVEL=0")
        self._load(context, certificate, key)
        if clients:
            context.verify_mode = ssl.CERT_OPTIONAL
            context.load_verify_locations(clients)
        der = certificate.public_bytes(serialization.Encoding.DER)
        return Identity(context, hashlib.sha256(der).digest())

    def _load(self, context: ssl.SSLContext, certificate: x509.Certificate, key: Key) -> None:
        self._issued += 1
        file = Path(self._folder.name) / f"{self._issued}.pem"
        file.touch(0o600)
        # ssl loads keys from files only.
        file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + pem(key))
        context.load_cert_chain(file)
        file.unlink()

    def issue(
        self,
        name: str,
        *,
        hosts: tuple[str, ...] = (),
        upn: str | None = None,
        expired: bool = False,
        look: Look = NEW,
    ) -> tuple[x509.Certificate, Key]:
        """A certificate and its key: a machine's (`hosts`), or a user's with a principal name."""
        key: Key = ec.generate_private_key(ec.SECP256R1())
        if look.small:
            key = rsa.generate_private_key(65537, 1024)  # noqa: S505  (as old machines have)
        names: list[x509.GeneralName] = [] if look.common_name_only else [_name(host) for host in hosts]
        if upn:
            # DER: a short UTF8String.
            text = upn.encode()
            names.append(x509.OtherName(UPN, bytes((0x0C, len(text))) + text))
        purpose = ExtendedKeyUsageOID.SERVER_AUTH if hosts else ExtendedKeyUsageOID.CLIENT_AUTH
        return self._sign(name, key.public_key(), names, purpose, expired=expired), key

    def _sign(
        self,
        name: str,
        key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey,
        names: list[x509.GeneralName],
        purpose: x509.ObjectIdentifier | None,
        *,
        expired: bool = False,
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
            .add_extension(x509.BasicConstraints(ca=purpose is None, path_length=None), critical=True)
        )
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        if purpose:
            builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        return builder.sign(self._key, hashes.SHA256())


def pem(key: Key, phrase: str | None = None) -> bytes:
    """A key as a file holds it, encrypted when there is a pass phrase."""
    encryption: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if phrase:
        encryption = serialization.BestAvailableEncryption(phrase.encode())
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)


def _only(context: ssl.SSLContext, version: ssl.TLSVersion) -> None:
    with warnings.catch_warnings():
        # Python warns of old versions; playing one is the point.
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = version
    if version < ssl.TLSVersion.TLSv1_2:
        context.set_ciphers("DEFAULT@SECLEVEL=0")


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
