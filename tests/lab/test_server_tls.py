"""The lab's own certificate authority."""

from __future__ import annotations

import datetime
import hashlib
import socket
import ssl

import pytest
from cryptography import x509
from wirekit import endpoint

from vcaudit.lab.server.tls import Authority, authority, identity_for


def shown(node, **options) -> bytes:
    context = ssl.create_default_context(cafile=str(authority().ca_file))
    for name, value in options.items():
        setattr(context, name, value)
    with (
        socket.create_connection(("127.0.0.1", node.port), 5) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as secure,
    ):
        return secure.getpeercert(binary_form=True) or b""


def test_a_client_that_trusts_the_authority_is_content():
    with endpoint("ntlm https") as node:
        der = shown(node)
    assert node.fingerprint == hashlib.sha256(der).digest().hex(":").upper()


@pytest.mark.parametrize(
    ("fault", "code"), [("tls-expired", 10), ("tls-other-host", 64), ("tls-untrusted", 20)]
)
def test_faulty_certificates_are_faulty_in_one_way(fault, code):
    with endpoint("ntlm https", faults=[fault]) as node, pytest.raises(ssl.SSLCertVerificationError) as caught:
        shown(node)
    assert caught.value.verify_code == code


def test_the_expired_one_was_valid_once():
    with endpoint("ntlm https", faults=["tls-expired"]) as node:
        der = shown(node, check_hostname=False, verify_mode=ssl.CERT_NONE)
    certificate = x509.load_der_x509_certificate(der)
    assert certificate.not_valid_before_utc < certificate.not_valid_after_utc < datetime.datetime.now(datetime.UTC)


def test_certificates_are_made_once_per_process():
    assert authority() is authority()
    assert identity_for(frozenset()) is identity_for(frozenset())


def test_no_key_stays_on_disk():
    mine = Authority("test")
    mine.identity()
    assert [file.name for file in mine.ca_file.parent.iterdir()] == ["ca.pem"]
    assert "PRIVATE" not in mine.ca_file.read_text()


def test_plain_http_where_https_should_be():
    with endpoint("ntlm https", faults=["plain-http-on-tls"]) as node, pytest.raises(ssl.SSLError):
        shown(node)
