"""A simulated VirtualCenter as the tests start it, and hostile ones that only pretend to be one."""

from __future__ import annotations

import datetime
import functools
import hashlib
import ipaddress
import json
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from tests.vcsim.build import program
from vcaudit.inventory.types import CredentialSpec, VirtualCenter
from vcaudit.secrets import Credential, Secret

READER = "CORP\\vcreader"
PASSWORD = "canary-Pa55w0rd-ü"
ACCOUNTS = [
    {"user": READER, "password": PASSWORD, "role": -2},
    {"user": "vcadmin", "password": PASSWORD, "role": -1},
    {"user": "branch", "password": PASSWORD, "role": -3},
    {"user": "nobody", "password": PASSWORD, "role": -5},
]
DAY = datetime.timedelta(days=1)


class Identity:
    """A certificate that vouches for itself, and its key in the same file."""

    def __init__(self, folder: Path, *, bits: int = 2048, names: Sequence[str] = ("127.0.0.1",), common: str = "vc",
                 ended: bool = False) -> None:  # fmt: skip
        key = rsa.generate_private_key(65537, bits)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])
        end = datetime.datetime.now(datetime.UTC) + (-DAY if ended else 30 * DAY)
        builder = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
                   .serial_number(x509.random_serial_number()).not_valid_before(end - 60 * DAY).not_valid_after(end)
                   .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True))  # fmt: skip
        if names:
            alternatives = [x509.IPAddress(ipaddress.ip_address(each)) for each in names]
            builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        signed = builder.sign(key, hashes.SHA256())
        self.pem = folder / f"{signed.serial_number}.pem"
        self.pem.write_bytes(signed.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))  # fmt: skip
        self.fingerprint = hashlib.sha256(signed.public_bytes(serialization.Encoding.DER)).hexdigest()


@functools.cache
def usual() -> Identity:
    """One for all tests of this process that do not care: keys take their time."""
    return Identity(Path(_FOLDER.name))


_FOLDER = tempfile.TemporaryDirectory(prefix="vcaudit-vc-")


class Simulated:
    """A running one."""

    def __init__(self, port: int, identity: Identity) -> None:
        self.port, self.identity = port, identity

    def center(self, user: str = READER, **settings: Any) -> VirtualCenter:
        """As an inventory names it, its certificate trusted unless said otherwise."""
        return center(self.port, user, **{"ca": self.identity.pem, **settings})

    def spent(self) -> dict[str, Any]:
        """Calls since the last time, and open sessions."""
        context = ssl._create_unverified_context()  # not a client's question, and the endpoint may be as old as can be
        context.set_ciphers("DEFAULT@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        with urllib.request.urlopen(f"https://127.0.0.1:{self.port}/spent", context=context) as answer:
            spent = json.load(answer)
        return {"sessions": spent["sessions"], "calls": spent["calls"] or []}


def center(port: int, user: str = READER, **settings: Any) -> VirtualCenter:
    """An endpoint on this machine."""
    spec = CredentialSpec(name="vc", user=user, source="env", place="UNUSED")
    return VirtualCenter(**{"address": "127.0.0.1", "port": port, "credential": spec, **settings})


def credential(user: str = READER, password: str = PASSWORD) -> Credential:
    """As `secrets` gives it."""
    return Credential(user=user, secret=Secret(password))


@contextmanager
def simulated(folder: Path, permissions: Sequence[Mapping[str, Any]], *, identity: Identity | None = None,
              namespace: str = "vim25", old_tls: bool = False,
              slow: Mapping[str, int] | None = None) -> Iterator[Simulated]:  # fmt: skip
    """Starts one; ends with the block, and with this process. `slow`: milliseconds by method."""
    shown = identity or usual()
    config = folder / f"vcsim-{time.monotonic_ns()}.json"
    config.write_text(json.dumps({
        "certificate": str(shown.pem), "namespace": namespace, "old_tls": old_tls, "accounts": ACCOUNTS,
        "permissions": list(permissions), "slow": dict(slow or {}),
    }), encoding="utf-8")  # fmt: skip
    with subprocess.Popen([program(), config], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        try:
            yield Simulated(json.loads(process.stdout.readline())["port"], shown)
        finally:
            process.stdin.close()


Behaviour = Callable[[socket.socket], None]


@contextmanager
def pretender(behave: Behaviour, identity: Identity | None = None) -> Iterator[int]:
    """A port where `behave` does what it likes with each connection, over TLS when there is an identity."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if identity:
        context.load_cert_chain(identity.pem)
    held: list[socket.socket] = []

    def serve(listener: socket.socket) -> None:
        while True:
            with suppress(OSError):
                connection, _ = listener.accept()
                held.append(connection)
                if identity:
                    connection = context.wrap_socket(connection, server_side=True)
                    held.append(connection)
                threading.Thread(target=_quietly, args=(behave, connection), daemon=True).start()
            if listener.fileno() < 0:
                return

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        yield listener.getsockname()[1]
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
    for each in held:
        each.close()


def _quietly(behave: Behaviour, connection: socket.socket) -> None:
    with suppress(OSError, ValueError):
        behave(connection)


def silent(connection: socket.socket) -> None:
    """Takes everything, says nothing."""
    while connection.recv(65536):
        pass


def trickling(connection: socket.socket) -> None:
    """A byte from time to time, for ever: no time-out of a socket ever comes."""
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n<")
    while True:
        connection.sendall(b" ")
        time.sleep(0.05)


def saying(answer: bytes) -> Behaviour:
    """The same answer to everything, whatever was asked; then the connection is closed."""

    def behave(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(answer)
        connection.shutdown(socket.SHUT_RDWR)

    return behave
