"""TLS of nodes that are too old: refused without the line of the inventory, which the error names; accepted with it."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
import time
import warnings
from typing import Any

import pytest
from oldtls import sha1
from wirekit import SCRIPT, endpoint, target

from vcaudit.errors import TransportError, Unreachable
from vcaudit.lab.server.tls import Identity, Look, authority
from vcaudit.transport.base import Spent
from vcaudit.transport.contexts import tls_context
from vcaudit.transport.policy import TlsPolicy
from vcaudit.transport.winrm import WinRm
from vcaudit.transport.wire import Wire

ROUTE = "ntlm https"
V1, V11, V12 = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2
OLDEST = {"minimum": "1.0", "security_level": 0}


@pytest.fixture(scope="module")
def signed_with_sha1(tmp_path_factory) -> tuple[Identity, str]:
    return sha1(tmp_path_factory.mktemp("sha1"))


def old(kind: str, request: pytest.FixtureRequest) -> tuple[Identity, dict[str, Any]]:
    """An endpoint's TLS, and how it is aimed at."""
    if kind == "sha1":
        identity, ca = request.getfixturevalue("signed_with_sha1")
        return identity, {"ca": ca}
    looks = {"tls 1.0": Look(version=V1), "tls 1.1": Look(version=V11), "tls 1.2": Look(version=V12),
             "1024 bits": Look(small=True), "common name": Look(common_name_only=True)}  # fmt: skip
    return authority().identity(("localhost", "127.0.0.1"), look=looks[kind]), {"address": "localhost"}


def run(identity: Identity, **options: Any):
    with endpoint(ROUTE, identity=identity) as place:
        result = WinRm(target(place, ROUTE, **options)).run(SCRIPT, 10)
        assert place.open_shells == 0
        return result


@pytest.mark.parametrize(
    ("kind", "allowed", "what", "line"),
    [
        ("tls 1.0", OLDEST, "no common TLS version", "`tls: {minimum: '1.0', security_level: 0}` in the node's"),
        ("tls 1.1", {"minimum": "1.1", "security_level": 0}, "no common TLS version", "`tls: {minimum: '1.0', secur"),
        ("sha1", {"security_level": 0}, "signed with SHA-1 or MD5", "`tls: {security_level: 0}` in the node's `winrm`"),
        ("1024 bits", {"security_level": 1}, "too small a key", "`tls: {security_level: 1}` in the node's `winrm`"),
        ("common name", {"common_name": True}, "not made out to localhost", "`tls: {common_name: true}` in the node's"),
    ],
)
def test_refused_with_the_line_that_allows_it_and_accepted_with_it(request, kind, allowed, what, line):
    identity, aimed = old(kind, request)
    with pytest.raises(Unreachable) as caught:
        run(identity, **aimed)
    assert what in caught.value.what
    assert line in caught.value.hint
    assert caught.value.hint.startswith("nothing was sent")
    result = run(identity, **aimed, tls=TlsPolicy(**allowed))
    assert result.requests == 6
    assert len(result.warnings) == len(allowed)
    assert all(each.startswith("TLS weakened by the inventory: ") for each in result.warnings)
    assert all(any(f"(tls.{key})" in each for each in result.warnings) for key in allowed)


@pytest.mark.parametrize("kind", ["sha1", "1024 bits", "common name"])
def test_a_pin_takes_the_place_of_weakening(request, kind):
    identity, aimed = old(kind, request)
    assert run(identity, **{**aimed, "ca": None}, fingerprint=identity.fingerprint).warnings == ()


@pytest.mark.parametrize(("kind", "level"), [("sha1", 1), ("1024 bits", 2), ("tls 1.0", 1), ("tls 1.0", None)])
def test_half_of_it_does_not_suffice(request, kind, level):
    identity, aimed = old(kind, request)
    minimum = "1.0" if kind == "tls 1.0" else None
    with pytest.raises(Unreachable, match=r"security_level|weak|small key"):
        run(identity, **aimed, tls=TlsPolicy(minimum=minimum, security_level=level))


def test_a_minimum_may_also_be_raised(request):
    identity, aimed = old("tls 1.2", request)
    with pytest.raises(Unreachable, match=r"asks for TLS 1\.3"):
        run(identity, **aimed, tls=TlsPolicy(minimum="1.3"))
    assert run(identity, **aimed, tls=TlsPolicy(minimum="1.2")).warnings == ()


def test_a_common_name_is_no_address(request):
    identity = authority().identity(("127.0.0.1",), look=Look(common_name_only=True))
    with pytest.raises(Unreachable, match="not made out to") as caught:
        run(identity, tls=TlsPolicy(common_name=True))
    assert "common_name" not in caught.value.hint


def test_a_failed_run_is_warned_of_as_well():
    with endpoint(ROUTE, faults=["refused"]) as place:
        transport = WinRm(target(place, ROUTE, tls=TlsPolicy(**OLDEST)))
        with pytest.raises(TransportError):
            transport.run(SCRIPT, 5)
    assert len(transport.warnings) == 2


def test_certificates_are_checked_whatever_the_policy(request):
    weakest = TlsPolicy(minimum="1.0", security_level=0, common_name=True, legacy_renegotiation=True)
    for fault in ("tls-untrusted", "tls-expired", "tls-other-host"):
        with endpoint(ROUTE, faults=[fault]) as place, pytest.raises(Unreachable, match="certificate"):
            WinRm(target(place, ROUTE, tls=weakest)).run(SCRIPT, 5)
    with endpoint(ROUTE) as place:
        assert tls_context(target(place, ROUTE, tls=weakest)).verify_mode == ssl.CERT_REQUIRED


def test_by_default_nothing_older_than_1_2_is_spoken_whatever_the_system_allows():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    TlsPolicy().apply(context)
    assert context.minimum_version == V12


def test_old_versions_are_set_without_a_warning_of_pythons():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        TlsPolicy(minimum="1.0").apply(context)
    assert context.minimum_version == V1


class WithoutSecureRenegotiation(threading.Thread):
    """A TLS 1.2 server of before RFC 5746, as far as one can be played by hand: hello, certificate, hello done.

    `went_on`: the client answered with its key exchange, where one that does not trust such a server sends an alert.
    """

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.went_on = False

    def run(self) -> None:
        with self.listener, self.listener.accept()[0] as client:
            client.settimeout(5)
            client.recv(1 << 16)
            # TLS_RSA_WITH_AES_128_CBC_SHA, no compression, and no extension at all.
            hello = b"\x03\x03" + bytes(32) + b"\x00" + b"\x00\x2f" + b"\x00"
            der = ssl.PEM_cert_to_DER_cert(RSA)
            chain = struct.pack(">I", len(der))[1:] + der
            messages = [(2, hello), (11, struct.pack(">I", len(chain))[1:] + chain), (14, b"")]
            flight = b""
            for kind, body in messages:
                message = bytes([kind]) + struct.pack(">I", len(body))[1:] + body
                flight += b"\x16\x03\x03" + struct.pack(">H", len(message)) + message
            # All at once: a client that goes after the hello would make a second sending fail.
            client.sendall(flight)
            try:
                answer = client.recv(6)
            except ConnectionResetError:
                answer = b""
            self.went_on = answer[:1] == b"\x16" and answer[5:] == b"\x10"


RSA = ""


@pytest.fixture(autouse=True, scope="module")
def _rsa_certificate():
    from cryptography.hazmat.primitives.serialization import Encoding

    global RSA
    certificate, _ = authority().issue("127.0.0.1", hosts=("127.0.0.1",), look=Look(small=True))
    RSA = certificate.public_bytes(Encoding.PEM).decode()


@pytest.mark.parametrize("allowed", [False, True])
def test_secure_renegotiation(allowed):
    server = WithoutSecureRenegotiation()
    server.start()
    policy = TlsPolicy(legacy_renegotiation=allowed, security_level=1)
    with endpoint(ROUTE) as place:
        aimed = target(place, ROUTE, port=server.port, tls=policy, connect_timeout=5)
    with pytest.raises(Unreachable) as caught:
        WinRm(aimed).run(SCRIPT, 5)
    server.join(5)
    assert server.went_on is allowed
    assert ("`tls: {legacy_renegotiation: true}`" in caught.value.hint) is not allowed


def test_the_wire_uses_it():
    with endpoint(ROUTE) as place:
        wire = Wire(target(place, ROUTE, tls=TlsPolicy(**OLDEST)), Spent(), time.monotonic() + 5)
        wire.close()
        assert tls_context(wire.target).minimum_version == V1
