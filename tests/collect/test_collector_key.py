"""The public half of a private key, and single values of a key: the collector's own text, and its twin for folders."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from vcaudit.capture import Limits, Request
from vcaudit.collect.modulus import modulus_sha256
from vcaudit.snapshot.base import Missing

from .rich import VC, ask, changed, reason

KEY = rsa.generate_private_key(public_exponent=65537, key_size=1024)
CURVE = ec.generate_private_key(ec.SECP521R1())
PATH = "C:\\SSL\\rui.key"


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, kind: PrivateFormat, secret: bytes = b"") -> bytes:
    how = BestAvailableEncryption(secret) if secret else NoEncryption()
    return key.private_bytes(Encoding.PEM, kind, how)


def expected(key: rsa.RSAPrivateKey) -> str:
    number = key.public_key().public_numbers().n
    return hashlib.sha256(number.to_bytes((number.bit_length() + 7) // 8, "big")).hexdigest()


def on_a_node(content: bytes) -> str | None:
    given = {PATH: {"base64": base64.b64encode(content).decode()}}
    found = ask(Request("file", "f", (PATH, "key")), node=changed(files=given)).files("f")
    assert not isinstance(found, Missing)
    (file,) = found
    assert (file.content, file.withheld) == (None, None)
    if file.failure is None:
        assert file.sha256 == hashlib.sha256(content).hexdigest()
    return file.modulus


PKCS1, PKCS8 = pem(KEY, PrivateFormat.TraditionalOpenSSL), pem(KEY, PrivateFormat.PKCS8)
BOTH = pytest.mark.parametrize("read", [on_a_node, modulus_sha256], ids=["node", "folder"])


@BOTH
@pytest.mark.parametrize("bits", [1024, 2048, 4096])
@pytest.mark.parametrize("kind", [PrivateFormat.TraditionalOpenSSL, PrivateFormat.PKCS8])
def test_keys_of_every_length_and_form(read: Callable[[bytes], str | None], bits: int, kind: PrivateFormat) -> None:
    key = rsa.generate_private_key(public_exponent=3, key_size=bits)
    assert read(pem(key, kind)) == expected(key)


@BOTH
@pytest.mark.parametrize(
    "content", [PKCS1.replace(b"\n", b"\r\n"), b"Bag Attributes\n" + PKCS1, PKCS1.replace(b"\n", b" ")],
    ids=["windows", "with-attributes", "one-line"],
)  # fmt: skip
def test_however_it_is_written(read: Callable[[bytes], str | None], content: bytes) -> None:
    assert read(content) == expected(KEY)


@BOTH
@pytest.mark.parametrize(
    "content",
    [
        pem(CURVE, PrivateFormat.PKCS8),
        pem(CURVE, PrivateFormat.TraditionalOpenSSL),
        pem(KEY, PrivateFormat.PKCS8, b"secret"),
        pem(KEY, PrivateFormat.TraditionalOpenSSL, b"secret"),
        KEY.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption()),
        b"",
        b"no key at all",
        b"-----BEGIN RSA PRIVATE KEY-----\nCANARY-key\n-----END RSA PRIVATE KEY-----\n",
        b"-----BEGIN RSA PRIVATE KEY-----\n" + base64.b64encode(b"\x02\x7f" + b"x" * 20) + b"\n-----END RSA",
        b"-----BEGIN RSA PRIVATE KEY-----\n" + base64.b64encode(b"\x30\xff" + b"\xff" * 300) + b"\n-----END RSA",
        b"-----BEGIN RSA PRIVATE KEY-----\n" + base64.b64encode(b"\x02\x81\x80" + b"\0" * 64) + b"\n-----END RSA",
    ],
    ids=["curve", "old-curve", "encrypted", "old-encrypted", "der", "empty", "text", "no-base64", "cut", "long",
         "short"],
)  # fmt: skip
def test_what_is_no_rsa_key_gives_nothing(read: Callable[[bytes], str | None], content: bytes) -> None:
    assert read(content) is None


@pytest.mark.parametrize("cut", range(0, len(PKCS1), 41))
def test_a_key_that_is_cut_anywhere_is_the_same_for_both(cut: int) -> None:
    content = PKCS1[:cut] + b"\n-----END RSA PRIVATE KEY-----\n"
    assert on_a_node(content) == modulus_sha256(content)


def test_nothing_else_of_the_key_is_in_the_answer() -> None:
    given = {PATH: {"base64": base64.b64encode(PKCS1).decode()}}
    found = repr(ask(Request("file", "f", (PATH, "key")), node=changed(files=given)))
    numbers = KEY.private_numbers()
    for secret in (numbers.d, numbers.p, numbers.q):
        raw = secret.to_bytes((secret.bit_length() + 7) // 8, "big")
        assert raw.hex() not in found
        assert base64.b64encode(raw)[:20].decode() not in found
    assert "PRIVATE" not in found
    for line in PKCS1.decode().splitlines()[1:-1]:
        assert line not in found


def test_one_that_is_too_large_is_hashed_only() -> None:
    given = {PATH: {"base64": base64.b64encode(PKCS1).decode()}}
    answer = ask(Request("file", "f", (PATH, "key")), node=changed(files=given), limits=Limits(file_bytes=100))
    found = answer.files("f")
    assert not isinstance(found, Missing)
    assert (found[0].modulus, found[0].sha256) == (None, hashlib.sha256(PKCS1).hexdigest())


# Single values


def values(pattern: str, path: str = VC) -> list[str]:
    found = ask(Request("key", "k", (path, pattern))).key("k")
    assert not isinstance(found, Missing)
    (key,) = found
    assert key.path == path
    return sorted(value.name for value in key.values)


def test_the_values_that_are_named_and_nothing_below() -> None:
    assert values("^(HttpsPort|installedversion)$") == ["HttpsPort", "InstalledVersion"]
    assert values("^$") == [""], "the default value"
    assert values("^1$") == [], "that of a key below"
    assert ask(Request("key", "k", (VC, "^nothing$"))).key("k")[0].failure is None  # type: ignore[index]


def test_a_secret_stays_a_secret() -> None:
    (key,) = ask(Request("key", "k", (VC, "^Serial$"))).key("k")  # type: ignore[misc]
    assert [(value.data, value.redacted) for value in key.values] == [(None, True)]


def test_a_key_that_is_not_there_or_not_to_be_read() -> None:
    (gone,) = ask(Request("key", "k", ("SOFTWARE\\Nowhere", "^x$"))).key("k")  # type: ignore[misc]
    assert reason(gone.failure) == "not_found"
    (denied,) = ask(Request("key", "k", (VC, "^x$")), node=changed(denied=[VC])).key("k")  # type: ignore[misc]
    assert reason(denied.failure) == "access_denied"
    assert reason(ask(Request("key", "k", (VC, "^x$"))).registry("k")) == "bad_output"
